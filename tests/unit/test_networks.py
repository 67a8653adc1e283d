"""worker.engines.network: which files become networks, and how others are refused."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from tests.conftest import ROOT
from tests.networks import own_weights, random_rrdb
from worker.engines.network import unsuitable
from worker.engines.torch_engine import TorchEngine
from worker.errors import ModelUnknownArchitecture
from worker.weights import Weights


@pytest.mark.parametrize("content", [b"", b"not a file of weights", b"PK\x03\x04 cut"])
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_damaged_file_is_an_unknown_architecture(
    content: bytes, suffix: str, tmp_path: Path
) -> None:
    path = tmp_path / f"own{suffix}"
    path.write_bytes(content)
    with pytest.raises(ModelUnknownArchitecture):
        TorchEngine(Weights(name="own", path=path, sha256=""), "cpu")


def test_tensors_that_are_no_known_network_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnknownArchitecture):
        TorchEngine(own_weights(tmp_path, {"a.weight": torch.zeros(4)}), "cpu")
    half = {key: value for key, value in random_rrdb().items() if "rdb2" not in key}
    with pytest.raises(ModelUnknownArchitecture):
        TorchEngine(own_weights(tmp_path, half, "half"), "cpu")


@pytest.mark.parametrize(
    ("purpose", "channels", "scale", "reason"),
    [
        ("SR", (3, 3), 4, None),
        ("SR", (1, 1), 2, "RGB"),
        ("Restoration", (3, 3), 1, "upscale"),
        ("FaceSR", (3, 3), 8, "faces"),
    ],
)
def test_networks_for_something_else_are_refused_with_a_reason(
    purpose: str, channels: tuple[int, int], scale: int, reason: str | None
) -> None:
    told = unsuitable(purpose=purpose, channels=channels, scale=scale)
    assert told is None if reason is None else told is not None and reason in told


def test_loading_networks_brings_no_compiler_and_leaves_torchvision_to_others() -> None:
    program = (
        "import sys, worker.engines.network\n"
        "assert not {'torchvision', 'torch._dynamo', 'sympy'} & set(sys.modules)\n"
        "from torchvision.transforms.functional import rotate\n"
        "assert rotate.__module__ == 'torchvision.transforms.functional'\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


@dataclass
class Trap:
    """Unpickled by pickle itself, this would make a file."""

    path: str

    def __reduce__(self) -> tuple[object, ...]:
        return (open, (self.path, "w"))


def test_code_in_a_pickle_is_never_run(tmp_path: Path) -> None:
    path, proof = tmp_path / "own.pth", tmp_path / "ran"
    torch.save({"a": Trap(str(proof))}, path)
    with pytest.raises(ModelUnknownArchitecture):
        TorchEngine(Weights(name="own", path=path, sha256=""), "cpu")
    assert not proof.exists()


def test_a_pth_file_of_tensors_is_loaded_and_unwrapped(tmp_path: Path) -> None:
    path = tmp_path / "own.pth"
    torch.save({"params_ema": random_rrdb()}, path)
    engine = TorchEngine(Weights(name="own", path=path, sha256=""), "cpu")
    assert engine.describe().architecture.startswith("ESRGAN")
