"""`python -m worker check`: whether MODEL can be used, without rendering or keeping anything."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from worker.check import CANNOT_START, NOT_HERE, USABLE, check
from worker.engines.base import EngineSpec

ROOT = Path(__file__).parents[2]


def spec(folder: Path, model: str, *, sha256: str = "", device: str = "cpu") -> EngineSpec:
    return EngineSpec(model=model, sha256=sha256, weights_dir=folder, device=device)


def test_the_default_model_is_usable_and_the_check_leaves_nothing(tmp_path: Path) -> None:
    told, code = check(spec(tmp_path, "realesr-animevideov3"))
    assert code == USABLE
    assert told == "realesr-animevideov3: RealESRGAN Compact 64nf 16nc, x4, cpu"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("model", ["realesr-general-x4v3", "hf:owner/repo/file.pth"])
def test_what_a_start_would_download_is_told_and_not_downloaded(tmp_path: Path, model: str) -> None:
    told, code = check(spec(tmp_path, model))
    assert code == NOT_HERE
    assert "not on this machine yet" in told
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_file_that_is_no_network_cannot_be_used(tmp_path: Path) -> None:
    path = tmp_path / "own.safetensors"
    save_file({"a": np.zeros(3, dtype=np.float32)}, path)
    told, code = check(spec(tmp_path, str(path)))
    assert code == CANNOT_START
    assert "own" in told
    wrong = hashlib.sha256(b"another").hexdigest()
    told, code = check(spec(tmp_path, str(path), sha256=wrong))
    assert code == CANNOT_START
    assert wrong in told


def test_a_device_that_is_not_there_is_told(tmp_path: Path) -> None:
    told, code = check(spec(tmp_path, "realesr-animevideov3", device="cuda:99"))
    assert code == CANNOT_START
    assert "DEVICE=cuda:99" in told


def test_without_a_network_there_are_no_weights_to_check(tmp_path: Path) -> None:
    assert check(spec(tmp_path, "bicubic"))[1] == USABLE


@pytest.mark.parametrize(
    ("model", "code", "words"),
    [("bicubic", USABLE, "needs no weights"), ("no-such-model", CANNOT_START, "no-such-model")],
)
def test_the_command_says_one_line_and_exits_by_it(
    tmp_path: Path, model: str, code: int, words: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "worker", "check"],
        cwd=ROOT,
        env=os.environ | {"MODEL": model, "WEIGHTS_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code
    assert words in done.stdout
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""
