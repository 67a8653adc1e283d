"""Which files a single use reads and which it writes."""

import os
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# What core.imaging decodes. In folders only; a file that is named is tried whatever its suffix.
PICTURE_SUFFIXES: Final = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".avif", ".tif", ".tiff", ".bmp", ".gif"}
)


@dataclass(frozen=True, slots=True)
class Job:
    """One picture to upscale and the file to write."""

    source: Path
    target: Path


def find(inputs: Iterable[Path], output: Path) -> tuple[tuple[Path, Path], ...]:
    """(file, its place below the output folder) for files and, recursively, for folders.

    Hidden files and folders, links to folders and the output folder itself are passed over.
    """
    found: list[tuple[Path, Path]] = []
    for given in inputs:
        if not given.is_dir():
            found.append((given, Path(given.name)))
            continue
        for folder, folders, names in os.walk(given):
            here = Path(folder)
            folders[:] = sorted(
                name
                for name in folders
                if not name.startswith(".") and (here / name).resolve() != output.resolve()
            )
            found += [
                (here / name, (here / name).relative_to(given))
                for name in sorted(names)
                if not name.startswith(".") and Path(name).suffix.lower() in PICTURE_SUFFIXES
            ]
    return tuple(found)


def plan(found: Sequence[tuple[Path, Path]], output: Path, suffix: str) -> tuple[Job, ...]:
    """Where each result goes: board.heic -> output/board.jpg. No two go to one place.

    A result never takes the place of a source: then, and when two sources would meet, the whole
    source name is kept (board.heic.jpg), with a number if need be. The same file is done once.
    """
    sources = {source.resolve() for source, _ in found}
    taken = set(sources)
    jobs: list[Job] = []
    done: set[Path] = set()
    for source, place in found:
        if source.resolve() in done:
            continue
        done.add(source.resolve())
        target = output / place.with_suffix(suffix)
        number = 1
        while target.resolve() in taken:
            extra = "" if number == 1 else f"-{number}"
            target = output / place.with_name(f"{place.name}{extra}{suffix}")
            number += 1
        taken.add(target.resolve())
        jobs.append(Job(source, target))
    return tuple(jobs)


def write_atomically(target: Path, content: bytes) -> None:
    """The whole file or none, also when we are stopped meanwhile. Raises OSError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=target.suffix)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _umask() -> int:
    """The process's mask for new files; there is no way to read it without setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
