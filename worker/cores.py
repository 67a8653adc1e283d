"""What this process may really use of the machine: cores and instructions."""

import os
from pathlib import Path
from typing import Final

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
