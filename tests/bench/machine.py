"""What the figures were measured on."""

import os
import platform
import subprocess
from pathlib import Path

import psutil


def commit() -> str:
    """The commit's short id, with a mark when the tree differs from it."""
    answer = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=10"],
        capture_output=True,
        text=True,
        check=True,
    )
    return answer.stdout.strip()


def machine() -> str:
    """One line: processor, cores, memory, Python."""
    cpuinfo = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    lines = dict(line.split(":", 1) for line in cpuinfo.splitlines() if ":" in line)
    facts = {key.strip(): value.strip() for key, value in lines.items()}
    bf16 = "with avx512_bf16" if "avx512_bf16" in facts.get("flags", "") else "without avx512_bf16"
    return (
        f"{facts.get('model name', platform.processor())} {bf16}, "
        f"{len(os.sched_getaffinity(0))} cores, "
        f"{psutil.virtual_memory().total / 2**30:.0f} GiB, Python {platform.python_version()}."
    )
