"""What this process keeps of the memory that it frees, and what it gives back to the machine."""

import ctypes
import os
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

# mallopt parameters of glibc's malloc.h.
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_MAX: Final = -4
_M_ARENA_MAX: Final = -8
_NEVER: Final = 2**31 - 1
# The default network is loaded with 350 MB; a board of 800x600 needs no more than this.
ENOUGH: Final = 450_000_000
_MADV_DONTNEED: Final = 4  # linux/mman-common.h
# Mappings of a library that nobody writes to: its code and its constants.
_READ_ONLY: Final = frozenset({"r-xp", "r--p"})


def keep_freed_memory() -> bool:
    """Let malloc reuse large freed blocks instead of giving them back to the kernel.

    A network frees and takes activations of tens of megabytes per layer; fresh pages for each cost
    a third of the time at 800x600 (measured: 275 -> 411 GFLOP/s in bfloat16, at 400 GFLOP/s of the
    plain matrix product). What is kept is kept for all threads: with an arena each, what the
    network's freed would not serve readers and encoders. Between steps of a board give_back_freed()
    says when it is too much. Returns False where the C library is not glibc.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    wanted = ((_M_MMAP_MAX, 0), (_M_TRIM_THRESHOLD, _NEVER), (_M_ARENA_MAX, 1))
    return all(bool(mallopt(parameter, value)) for parameter, value in wanted)


def give_back_freed(beyond: int = ENOUGH) -> None:
    """Pages that malloc keeps and nobody uses go to the kernel, where there are enough for that.

    beyond: bytes that the process may have in memory before any go: the next step takes fresh
    pages, which costs 20 ms for 100 MB. For between two steps, never within a network's pass.
    """
    trim = _libc_function("malloc_trim")
    if trim is not None and resident_bytes() > beyond:
        trim(ctypes.c_size_t(0))


def resident_bytes() -> int:
    """What the process has in memory, libraries' pages among it; 0 where the system doesn't say."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGESIZE")


def give_back_libraries() -> int:
    """Pages of libraries' code and constants go; those that are used come back from the file.

    Importing torch touches 250 MB of CUDA's libraries, even where there is no GPU; 60 MB of them
    are used afterwards. Only mappings are dropped in which no page differs from the file. Returns
    the bytes that were dropped; 0 where the system is not Linux. Takes 70 ms.
    """
    madvise = _libc_function("madvise")
    try:
        listed = Path("/proc/self/smaps").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    if madvise is None:
        return 0
    dropped = 0
    for start, end, resident in unchanged_mappings(listed.splitlines()):
        size = ctypes.c_size_t(end - start)
        if madvise(ctypes.c_void_p(start), size, _MADV_DONTNEED) == 0:
            dropped += resident
    return dropped


def unchanged_mappings(lines: Iterable[str]) -> Iterator[tuple[int, int, int]]:
    """(start, end, resident bytes) of files' read-only mappings that are all the file's own pages.

    lines: of /proc/PID/smaps (proc_pid_smaps(5)). Relocated constants are read-only too, but their
    pages are the process's own: "Anonymous" counts them, and dropping them would lose them.
    """
    start = end = resident = 0
    wanted = False
    for line in lines:
        first, *rest = line.split()
        if not first.endswith(":"):
            start, end = (int(side, 16) for side in first.split("-"))
            mode, inode = rest[0], rest[3]
            wanted = mode in _READ_ONLY and inode != "0"
        elif first == "Rss:":
            resident = int(rest[0]) * 1024
        elif first == "Anonymous:" and wanted and resident and rest[0] == "0":
            yield start, end, resident


@cache
def _libc_function(name: str) -> Callable[..., int] | None:
    """A function of the C library; None where it has no such function."""
    try:
        return getattr(ctypes.CDLL(None), name, None)
    except OSError:
        return None
