"""Looks at the disk, the data folder and .env, and asks the worker about its model. Reads only."""

import os
import re
import shutil
import stat
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.operate import kept as keeping
from core.operate.children import launched
from core.operate.programs import python_program
from core.settings import Settings

# Loading torch takes 2 to 5 s; the whole command may take 20 s, its own start among them.
MODEL_WITHIN_S: Final = 14.0

_NAME: Final = re.compile(r"^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderFacts:
    """What holds the data. mode, owned: of servers.json; mode is None without one.

    cluster_free_mb: of the disk of PostgreSQL's files, when those are elsewhere.
    """

    path: Path
    exists: bool
    writable: bool
    free_mb: int
    mode: int | None = None
    owned: bool = True
    cluster: Path | None = None
    cluster_free_mb: int | None = None


@dataclass(frozen=True, slots=True)
class EnvFile:
    """names: what .env sets. mode: its permission bits; None without the file."""

    names: tuple[str, ...] = ()
    mode: int | None = None


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What `python -m worker check` said, and its exit code; None when it did not end in time."""

    said: str
    code: int | None


def ask_folder(path: Path, cluster: Path | None = None) -> FolderFacts:
    """The data folder, or what it would be made in. cluster: where PostgreSQL's files are."""
    path = path.absolute()
    there = _existing(path)
    file = path / keeping.NAME
    mode, owned = None, True
    try:
        kept = file.stat()
        mode, owned = stat.S_IMODE(kept.st_mode), kept.st_uid == os.geteuid()
    except OSError:
        pass
    return FolderFacts(
        path=path,
        exists=path.is_dir(),
        writable=there.is_dir() and os.access(there, os.W_OK | os.X_OK),
        free_mb=_free_mb(there),
        mode=mode,
        owned=owned,
        cluster=cluster,
        cluster_free_mb=None if cluster is None else _free_mb(_existing(cluster)),
    )


def read_env_file(path: Path = Path(".env")) -> EnvFile:
    """Which settings .env names. Never their values."""
    try:
        content = path.read_text(encoding="utf-8", errors="replace")
        return EnvFile(tuple(_NAME.findall(content)), stat.S_IMODE(path.stat().st_mode))
    except OSError:
        return EnvFile()


def ask_model(settings: Settings, environ: Mapping[str, str]) -> ModelFacts:
    """`python -m worker check`, killed when it takes too long or when we die."""
    environment = {**environ, "AUDITORIUM_DATA": str(settings.auditorium_data.absolute())}
    program = python_program("check", ["worker", "check"], environment)
    try:
        done = subprocess.run(  # noqa: S603  # our own words, no shell
            launched(program),
            cwd=program.cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=MODEL_WITHIN_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return ModelFacts("", None)
    lines = [line.strip() for line in (done.stdout or done.stderr).splitlines() if line.strip()]
    return ModelFacts(lines[-1] if lines else "", done.returncode)


def _existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())


def _free_mb(path: Path) -> int:
    return shutil.disk_usage(path).free // 1_000_000
