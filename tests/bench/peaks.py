"""What a process has, or ever had, in memory: lines of /proc/PID/status (proc_pid_status(5))."""

import os
from pathlib import Path


def memory_mb(what: str, pid: int | None = None) -> float:
    """In 10^6 bytes, libraries' pages among it. what: as the file has it. pid: ours without one.

    VmHWM is the most that it ever had; not as getrusage() tells it, which goes back to before exec.
    """
    status = Path(f"/proc/{pid or os.getpid()}/status").read_text(encoding="utf-8")
    return int(status.split(f"{what}:")[1].split()[0]) * 1024 / 1e6


def peak_mb() -> float:
    """The most that this process ever had."""
    return memory_mb("VmHWM")
