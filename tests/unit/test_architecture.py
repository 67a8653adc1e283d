"""Rules about the code itself. Which package may import which: import-linter's contracts."""

import subprocess
import sys
from pathlib import Path

import pytest

import core
from tests.conftest import ROOT

SOURCES = ("core", "bot", "web", "worker", "migrations", "templates", "tests", "deploy")
KINDS = {".py", ".js", ".css", ".html", ".jinja", ".j2", ".sh"}
# Not written by hand: builds, and migrations, which alembic drafts and which are never edited.
MADE = {"node_modules", "static", "__pycache__", "versions"}
LONGEST = 400

IMPORT_ALL = """
import importlib, pkgutil, sys
package = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
loaded = {name.partition(".")[0] for name in sys.modules}
print(*sorted(loaded & set(sys.argv[2:])))
"""
MODELS = {"torch", "torchvision", "spandrel"}
PAGES = {"fastapi", "starlette", "jinja2"}


def source_files() -> list[Path]:
    return [
        path
        for folder in SOURCES
        for path in (ROOT / folder).rglob("*")
        if path.suffix in KINDS and not MADE & set(path.parts)
    ]


@pytest.mark.parametrize(
    ("package", "strangers"),
    [
        ("core", MODELS | PAGES | {"aiogram"}),
        ("web", MODELS | {"aiogram"}),
        ("bot", MODELS | PAGES),
    ],
)
def test_a_process_loads_nothing_that_is_anothers(package: str, strangers: set[str]) -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, package, *sorted(strangers)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert loaded.returncode == 0, loaded.stderr
    assert loaded.stdout.split() == []


def test_the_core_that_is_tested_is_the_one_in_this_repository() -> None:
    assert core.__file__ is not None
    assert Path(core.__file__).resolve() == (ROOT / "core" / "__init__.py").resolve()


def test_no_source_file_is_longer_than_one_duty_takes() -> None:
    files = source_files()
    assert len(files) > 50
    too_long = {
        str(path.relative_to(ROOT)): lines
        for path in files
        if (lines := len(path.read_text().splitlines())) > LONGEST
    }
    assert too_long == {}
