"""What this process may really use of the machine: cores, instructions, memory from malloc."""

import ctypes
import os
from pathlib import Path
from typing import Final

# mallopt parameters of glibc's malloc.h.
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_MAX: Final = -4
_NEVER: Final = 2**31 - 1

# For a process that runs networks; OpenMP reads it once, when it is loaded. Threads that wait long
# sleep: spinning, they would take the cores from the servers beside us. But between two layers they
# wait for microseconds, and to be woken costs more: with about a tenth of a millisecond of spinning
# first, a pass of SRVGGNetCompact-16 takes 7 % less time, one of RRDBNet-23 more than that.
WAITING: Final = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "10000"}


def usable_cores(cgroup_root: Path = Path("/sys/fs/cgroup")) -> int:
    """Cores that the scheduler and the container's quota leave to this process, at least 1.

    More threads than that only wait for each other: a product over tiles runs at the slowest one.
    """
    cores = len(os.sched_getaffinity(0))
    quota = _quota(cgroup_root)
    return max(1, min(cores, int(quota))) if quota is not None else cores


def _quota(root: Path) -> float | None:
    """Cores by CPU quota of cgroup v2 (cpu.max) or v1 (cpu.cfs_*_us); None: no quota."""
    try:
        limit, period = (root / "cpu.max").read_text().split()
        return None if limit == "max" else int(limit) / int(period)
    except (OSError, ValueError):
        pass
    try:
        micros = int((root / "cpu/cpu.cfs_quota_us").read_text())
        return micros / int((root / "cpu/cpu.cfs_period_us").read_text()) if micros > 0 else None
    except (OSError, ValueError, ZeroDivisionError):
        return None


def has_fast_bfloat16(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether the processor multiplies bfloat16 natively (AVX-512 BF16 or AMX).

    Without it bfloat16 is emulated and slower than float32.
    """
    try:
        flags = next(
            line for line in cpuinfo.read_text().splitlines() if line.startswith("flags")
        ).split()
    except (OSError, StopIteration):
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def keep_freed_memory() -> bool:
    """Let malloc reuse large freed blocks instead of giving them back to the kernel.

    A network frees and takes activations of tens of megabytes per layer; fresh pages for each cost
    a third of the time at 800x600 (measured: 275 -> 411 GFLOP/s in bfloat16, at 400 GFLOP/s of the
    plain matrix product). The process then keeps its peak, which the tile size bounds.
    Returns False where the C library is not glibc.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    return bool(mallopt(_M_MMAP_MAX, 0)) and bool(mallopt(_M_TRIM_THRESHOLD, _NEVER))
