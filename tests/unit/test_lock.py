"""The lock file: complete, hashed, and divisible by extras."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
REFERENCE_LOCK = (ROOT / "deploy" / "reference.lock").read_text(encoding="utf-8")
# Extras of their own lock: 700 MB that the service does not need.
APART = {"reference", "compared"}
# Installed by pip beside the lock file: docs/adr/0006.
BESIDE = {"torch", "torchvision"}


def selected(*extras: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "deploy/select_lock.py", *extras],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def names(lock: str) -> set[str]:
    return {name.lower() for name in re.findall(r"^([A-Za-z0-9._-]+)==", lock, re.MULTILINE)}


def named(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=~!; ]", line, maxsplit=1)[0].lower() for line in requirements}


@pytest.mark.parametrize("part", ["web", "bot"])
def test_web_and_bot_carry_no_network_library(part: str) -> None:
    carried = names(selected(part).stdout)
    assert not carried & {"torch", "torchvision", "spandrel", "safetensors", "huggingface-hub"}


@pytest.mark.parametrize("part", sorted(PROJECT["optional-dependencies"].keys() - APART))
def test_a_part_holds_everything_that_pyproject_names_for_it(part: str) -> None:
    wanted = named(PROJECT["dependencies"] + PROJECT["optional-dependencies"][part]) - BESIDE
    assert wanted <= names(selected(part).stdout)


def test_the_database_driver_gets_its_greenlets() -> None:
    assert "greenlet" in names(selected("web").stdout)


@pytest.mark.parametrize("lock", [LOCK, REFERENCE_LOCK], ids=["ours", "reference"])
def test_every_locked_package_has_a_hash(lock: str) -> None:
    entries = re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.MULTILINE)[1:]
    assert entries
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_a_part_that_does_not_exist_is_refused() -> None:
    answer = selected("webb")
    assert answer.returncode == 2
    assert "webb" in answer.stderr


def pins(lock: str) -> set[tuple[str, str]]:
    """(name, version) of every entry; a package can have two, for two Pythons."""
    return set(re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", lock, re.MULTILINE))


def test_the_reference_is_locked_apart_and_whole() -> None:
    extras = PROJECT["optional-dependencies"]
    assert named([*extras["reference"], *extras["compared"]]) <= names(REFERENCE_LOCK)
    # torch stands beside it; opencv-python would overwrite the headless one.
    assert not names(REFERENCE_LOCK) & {*BESIDE, "opencv-python"}
    assert "realesrgan" not in names(LOCK)


def test_both_locks_fit_into_one_environment() -> None:
    shared = names(LOCK) & names(REFERENCE_LOCK)
    assert "numpy" in shared
    ours, theirs = (
        {pin for pin in pins(lock) if pin[0].lower() in shared} for lock in (LOCK, REFERENCE_LOCK)
    )
    assert theirs <= ours
