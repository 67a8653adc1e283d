"""ENGINE=realesrgan: the package of Real-ESRGAN's authors in our engine's place.

What needs the package itself is skipped where it is not installed; `make bench-reference` runs it.
"""

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import functional

from core.settings import Settings
from core.values import Quality
from tests.networks import own_weights, random_rrdb
from tests.upscaling import upscaled
from worker.check import CANNOT_START, USABLE, check
from worker.child import engine_specs
from worker.engines.base import REALESRGAN, TORCH, EngineSpec, Pixels
from worker.engines.load import load_engine
from worker.engines.network import read_state
from worker.engines.reference_networks import Compact, Rrdb, recognized, unwrapped
from worker.engines.reference_shim import LOST_MODULE, supply_lost_module
from worker.engines.torch_engine import TorchEngine
from worker.errors import ModelUnknownArchitecture, PackageMissing
from worker.weights import Weights, resolve

installed = pytest.mark.skipif(
    importlib.util.find_spec(REALESRGAN) is None,
    reason="the package realesrgan is not installed; `make bench-reference` runs this",
)


def spec(folder: Path, model: str = "realesr-animevideov3") -> EngineSpec:
    return EngineSpec(model=model, sha256="", weights_dir=folder, device="cpu", engine=REALESRGAN)


def noise(height: int, width: int) -> Pixels:
    return np.random.default_rng(5).integers(0, 256, (height, width, 3), dtype=np.uint8)


def worst(one: Pixels, other: Pixels) -> int:
    """The largest difference of two pixels."""
    return int(np.abs(one.astype(int) - other).max())


# --- choosing it ----------------------------------------------------------------------------------


def test_our_own_engine_runs_unless_the_setting_says_otherwise() -> None:
    usual = engine_specs(Settings(_env_file=None))
    assert {each.engine for each in usual.values()} == {TORCH}
    chosen = engine_specs(Settings(_env_file=None, engine=REALESRGAN))
    assert {each.engine for each in chosen.values()} == {REALESRGAN}
    assert chosen[Quality.BEST].model == usual[Quality.BEST].model


def test_a_missing_package_is_told_with_the_way_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, REALESRGAN, None)  # as if it were not installed
    with pytest.raises(PackageMissing, match="make reference"):
        load_engine(spec(tmp_path))
    told, code = check(spec(tmp_path))
    assert code == CANNOT_START
    assert "ENGINE=realesrgan" in told


def test_an_interpolation_needs_no_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, REALESRGAN, None)
    assert load_engine(spec(tmp_path, "bicubic")).name == "bicubic"


# --- torchvision's lost module --------------------------------------------------------------------


def test_the_lost_module_makes_pictures_grey_as_torchvision_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, LOST_MODULE, ModuleType(LOST_MODULE))
    monkeypatch.delitem(sys.modules, LOST_MODULE)  # taken away again when the test ends
    supply_lost_module()
    module = importlib.import_module(LOST_MODULE)
    picture = torch.rand(2, 3, 8, 9, generator=torch.Generator().manual_seed(1))
    grey = module.rgb_to_grayscale(picture, num_output_channels=1)
    assert torch.allclose(grey, functional.rgb_to_grayscale(picture, 1))
    # ITU-R BT.601's luma, whatever torchvision says.
    luma = 0.299 * picture[:, 0] + 0.587 * picture[:, 1] + 0.114 * picture[:, 2]
    assert torch.allclose(grey[:, 0], luma, atol=1e-3)


def test_a_torchvision_that_has_the_module_keeps_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    own = ModuleType(LOST_MODULE)
    monkeypatch.setitem(sys.modules, LOST_MODULE, own)
    supply_lost_module()
    assert importlib.import_module(LOST_MODULE) is own


# --- what it can load -----------------------------------------------------------------------------


def shapes(state: dict[str, torch.Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in state.items()}


def test_the_packages_two_networks_are_told_by_shapes(tmp_path: Path) -> None:
    default = unwrapped(read_state(resolve("realesr-animevideov3", "", tmp_path)))
    assert recognized(shapes(default)) == Compact(features=64, convolutions=16, scale=4)
    for unshuffle, scale in ((1, 4), (2, 2)):
        expected = Rrdb(features=16, growth=32, blocks=2, scale=scale)
        assert recognized(shapes(random_rrdb(unshuffle))) == expected


@pytest.mark.parametrize("nest", ["params", "params_ema"])
def test_tensors_are_found_where_training_code_nests_them(nest: str) -> None:
    state = random_rrdb()
    other = {"params": {"conv_first.weight": torch.zeros(1)}}
    assert unwrapped({**other, nest: state, "epoch": 3}).keys() == state.keys()
    assert unwrapped({**state, "epoch": 3}).keys() == state.keys()


@pytest.mark.parametrize(
    "change",
    [
        {"conv_first.weight": (16, 48, 3, 3)},  # x1
        {"conv_first.weight": (16, 1, 3, 3)},
        {"conv_last.weight": (1, 16, 3, 3)},
        {"body.x.rdb1.conv1.weight": (32, 16, 3, 3)},
    ],
)
def test_a_network_that_is_not_from_rgb_to_larger_rgb_is_refused(
    change: dict[str, tuple[int, ...]],
) -> None:
    with pytest.raises(ModelUnknownArchitecture, match="ENGINE=torch"):
        recognized(shapes(random_rrdb()) | change)


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"model.0.weight": (64, 3, 3, 3)},  # the older ESRGAN's names
        {"body.0.weight": (64, 3, 3, 3), "body.1.weight": (64,)},
        {"body.0.weight": (64, 3, 3, 3), "body.1.weight": (64,), "body.2.weight": (3, 64, 3, 3)},
        {"body.0.weight": (64, 3, 3, 3), "body.1.weight": (1,), "body.2.weight": (48, 64, 3, 3)},
    ],
)
def test_other_networks_are_refused_before_the_package_is_asked(
    other: dict[str, tuple[int, ...]],
) -> None:
    with pytest.raises(ModelUnknownArchitecture, match="SRVGGNetCompact and RRDBNet"):
        recognized(other)


# --- the package itself (the suite for every engine is in test_engines.py) ------------------------


@pytest.fixture(params=["compact", "rrdb x4", "rrdb x2"])
def weights(request: pytest.FixtureRequest, tmp_path: Path) -> Weights:
    if request.param == "compact":
        return resolve("realesr-animevideov3", "", tmp_path)
    return own_weights(tmp_path, random_rrdb(2 if request.param == "rrdb x2" else 1))


@installed
@pytest.mark.parametrize("size", [(64, 90), (61, 47)])
def test_it_makes_what_our_engine_makes_in_float32(
    weights: Weights, tmp_path: Path, size: tuple[int, int]
) -> None:
    theirs = load_engine(spec(tmp_path, str(weights.path)))
    ours = TorchEngine(weights, "cpu", dtype=torch.float32)
    rgb = noise(*size)
    one, other = upscaled(theirs, rgb), upscaled(ours, rgb)
    assert one.shape == other.shape
    # They border a picture with its reflection at the bottom and at the right, we with black.
    inside = slice(0, -40 * ours.scale)
    assert worst(one[inside, inside], other[inside, inside]) <= 1


@installed
def test_its_name_stands_in_what_it_makes_and_in_the_check(tmp_path: Path) -> None:
    described = load_engine(spec(tmp_path)).describe()
    assert str(described) == "realesr-animevideov3 x4 float32 cpu realesrgan"
    told, code = check(spec(tmp_path))
    assert code == USABLE
    assert told == "realesr-animevideov3: SRVGGNetCompact 64nf 16nc, x4, cpu, realesrgan"


@installed
def test_tensors_that_do_not_fit_together_are_refused(tmp_path: Path) -> None:
    state = random_rrdb()
    state["conv_up1.weight"] = torch.zeros(8, 16, 3, 3)
    broken = own_weights(tmp_path, state, "broken")
    with pytest.raises(ModelUnknownArchitecture, match="broken"):
        load_engine(replace(spec(tmp_path), model=str(broken.path)))
