"""worker.engines.strips: a network in strips of rows gives the whole frame's result."""

import gc
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from tests.conftest import ROOT
from tests.networks import own_weights, random_compact, random_rrdb
from tests.upscaling import upscaled
from worker.engines.base import Pixels
from worker.engines.network import Network, load_network
from worker.engines.recording import NotInStrips
from worker.engines.streaming import streaming_of
from worker.engines.torch_engine import TorchEngine
from worker.engines.transfers import to_batch, to_bytes

CPU = torch.device("cpu")
STATES: dict[str, Callable[[], dict[str, torch.Tensor]]] = {
    "compact": random_compact,
    "rrdb x4": random_rrdb,
    "rrdb x2": partial(random_rrdb, 2),
}


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Network]:
    folder = tmp_path_factory.mktemp("networks")
    return {
        name: load_network(own_weights(folder, state(), name)) for name, state in STATES.items()
    }


def picture(height: int, width: int, seed: int = 1) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def in_strips(network: Network, rgb: Pixels, strip: int, dtype: torch.dtype) -> Pixels:
    streaming = streaming_of(network, CPU, dtype)
    bands = streaming.bands(rgb, lambda _: None, strip=strip * network.align)
    return np.concatenate([band.copy() for band in bands])


@torch.inference_mode()
def at_once(network: Network, rgb: Pixels) -> Pixels:
    """By spandrel's own call, which also pads what the network cannot take."""
    result, _ = to_bytes(network.run(to_batch(rgb, CPU, torch.float32))[0])
    whole: Pixels = result.numpy()
    return whole


def engine(folder: Path, state: dict[str, torch.Tensor], **options: int) -> TorchEngine:
    return TorchEngine(own_weights(folder, state), "cpu", dtype=torch.float32, **options)


# --- the same picture -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(STATES))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    height=st.integers(1, 70),
    width=st.integers(1, 40),
    strip=st.integers(1, 30),
    seed=st.integers(0, 9),
)
def test_strips_of_any_height_equal_the_whole_frame(  # noqa: PLR0917 -- given by hypothesis
    networks: dict[str, Network], name: str, height: int, width: int, strip: int, seed: int
) -> None:
    rgb = picture(height, width, seed)
    joined = in_strips(networks[name], rgb, strip, torch.float32)
    whole = at_once(networks[name], rgb)
    assert joined.shape == whole.shape
    assert np.abs(joined.astype(int) - whole).max() <= 1


@pytest.mark.parametrize("name", list(STATES))
@pytest.mark.parametrize("size", [(1, 1), (1, 90), (90, 1), (16, 900), (900, 16)])
def test_pictures_of_extreme_shape_equal_the_whole_frame(
    networks: dict[str, Network], name: str, size: tuple[int, int]
) -> None:
    rgb = picture(*size)
    joined = in_strips(networks[name], rgb, 16, torch.float32)
    assert np.abs(joined.astype(int) - at_once(networks[name], rgb)).max() <= 1


@pytest.mark.parametrize("name", list(STATES))
def test_a_picture_leaves_nothing_behind_for_the_next_one(name: str, tmp_path: Path) -> None:
    alone = engine(tmp_path, STATES[name](), strip_rows=8)
    first, second = picture(40, 33), picture(25, 50)
    expected = upscaled(alone, second)
    upscaled(alone, first)
    assert np.array_equal(upscaled(alone, second), expected)
    unfinished = alone.bands(first, lambda _: None)
    next(unfinished)
    del unfinished
    assert np.array_equal(upscaled(alone, second), expected)


# --- which networks -------------------------------------------------------------------------------


def of(module: nn.Module, *, scale: int = 1) -> Network:
    return Network(
        architecture="made here",
        scale=scale,
        align=1,
        supports_float16=True,
        supports_bfloat16=True,
        module=module,
        run=module,
    )


class GlobalMean(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x - x.mean(dim=(2, 3), keepdim=True)


class TurnedPicture(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.flip(x, (2,))


class Fading(nn.Module):
    """Brings a picture of its own, as large as the input."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * torch.linspace(0, 1, x.shape[2]).reshape(1, 1, -1, 1)


class Skipping(nn.Module):
    """Convolutions of several sizes with skips between rows of different lag."""

    def __init__(self) -> None:
        super().__init__()
        self.wide = nn.Conv2d(3, 8, 5, padding=2)
        self.spread = nn.Conv2d(8, 8, 3, padding=3, dilation=3)
        self.point = nn.Conv2d(11, 3, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first = torch.relu(self.wide(x))
        second = torch.sigmoid(self.spread(first)) * first + 0.5 * first
        out = self.point(torch.cat((second, x), 1))
        out += x
        return torch.nn.functional.interpolate(out, scale_factor=2).clamp(0, 1)


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        (GlobalMean(), "mean"),
        (TurnedPicture(), "flip"),
        (Fading(), "picture of its own"),
        (nn.Conv2d(3, 3, 3, padding=1, padding_mode="reflect"), "pad"),
        (nn.Conv2d(3, 3, 3, stride=2, padding=1), "size"),
        (nn.Conv2d(3, 3, 3), "size"),
        (nn.Upsample(scale_factor=2, mode="bilinear"), "bilinear"),
    ],
)
def test_a_network_that_sees_more_than_rows_nearby_is_told_apart(
    module: nn.Module, reason: str
) -> None:
    with pytest.raises(NotInStrips, match=reason):
        streaming_of(of(module), CPU, torch.float32)


def test_skips_between_convolutions_of_several_sizes_wait_for_each_other() -> None:
    torch.manual_seed(4)
    network, rgb = of(Skipping().eval(), scale=2), picture(50, 30)
    joined = in_strips(network, rgb, 7, torch.float32)
    assert np.abs(joined.astype(int) - at_once(network, rgb)).max() <= 1
    assert streaming_of(network, CPU, torch.float32).plan.lag == 2 + 3


def test_an_engine_says_which_way_it_goes(tmp_path: Path) -> None:
    assert engine(tmp_path, random_compact()).describe().way == "strips"
    asked = engine(tmp_path, random_compact(), most_tile_pixels=70_000)
    assert asked.describe().way.startswith("tiles")


# --- memory ---------------------------------------------------------------------------------------


def test_memory_stays_flat_over_pictures_and_does_not_grow_with_their_height(
    tmp_path: Path,
) -> None:
    small = engine(tmp_path, random_compact(), strip_rows=16)

    def consumed(rgb: Pixels) -> None:
        for _ in small.bands(rgb, lambda _: None):
            pass

    consumed(picture(200, 300))
    gc.collect()
    before = psutil.Process().memory_info().rss
    for seed in range(20):
        consumed(picture(200, 300, seed))
    tall = picture(4000, 300)  # 58 MB as a result, 307 MB as one activation
    consumed(tall)
    assert psutil.Process().memory_info().rss - before < 40e6


def test_a_picture_too_wide_for_kept_rows_goes_through_in_tiles(tmp_path: Path) -> None:
    streaming = streaming_of(
        load_network(own_weights(tmp_path, random_compact())), CPU, torch.float32
    )
    assert streaming.fits(5000)
    assert not streaming.fits(1_000_000)
    assert streaming.strip_rows(1_000_000) == 1


TIGHT = """
import resource, sys
from pathlib import Path
import numpy as np
import torch
from tests.conftest import ROOT
from tests.networks import own_weights, random_compact
from worker.engines.torch_engine import TorchEngine

weights = own_weights(Path(sys.argv[1]), random_compact())
engine = TorchEngine(weights, "cpu", dtype=torch.float32, strip_rows=800)
rgb = np.random.default_rng(1).integers(0, 256, (800, 400, 3), dtype=np.uint8)
whole = np.zeros((3200, 1600, 3), dtype=np.uint8)
tight = np.ones_like(whole)

def make(result, progress):
    heights = []
    for band in engine.bands(rgb, progress):
        result[sum(heights) : sum(heights) + len(band)] = band
        heights.append(len(band))
    return heights

at_once = make(whole, lambda _: None)
used = int(Path("/proc/self/status").read_text().split("VmData:")[1].split()[0]) * 1024
for spare in (int(sys.argv[2]), 1):
    told, failed = [], ""
    resource.setrlimit(resource.RLIMIT_DATA, (used + spare * 1_000_000, resource.RLIM_INFINITY))
    try:
        heights = make(tight, told.append)
    except Exception as error:
        failed = type(error).__name__
    resource.setrlimit(resource.RLIMIT_DATA, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    if failed:
        print(failed)
    else:
        same = np.abs(tight.astype(int) - whole).max() <= 1
        print(len(at_once) < len(heights), same, told == sorted(told))
"""


def test_where_memory_runs_out_smaller_strips_go_on_and_then_the_picture_fails(
    tmp_path: Path,
) -> None:
    # 150 MB are enough for a strip of 800 rows, 80 MB for smaller ones, 70 MB for none.
    told = subprocess.run(
        [sys.executable, "-c", TIGHT, str(tmp_path), "100"],
        cwd=ROOT,
        # Freed memory goes back at once, or what is left over decides.
        env={**os.environ, "MALLOC_MMAP_THRESHOLD_": "65536", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.stdout.splitlines() == ["True True True", "OutOfMemory"], told.stderr
