"""The idle memory of each program, shared pages counted once (PSS)."""

import psutil

from tests.bench.service import Running


def memory_rows(service: Running) -> list[tuple[str, str]]:
    """MB of each program, with its children."""
    names = {
        "web": 0.0,
        "worker": 0.0,
        "postgres": 0.0,
        "valkey": 0.0,
        "weed": 0.0,
        "supervisor": 0.0,
    }
    supervisor = psutil.Process(service.pid)
    for process in [supervisor, *supervisor.children(recursive=True)]:
        names[_program(process, supervisor)] += process.memory_full_info().pss / 1e6
    return [(name, f"{megabytes:.0f} MB") for name, megabytes in names.items()]


def _program(process: psutil.Process, supervisor: psutil.Process) -> str:
    line = [*([process] if process != supervisor else []), *process.parents()]
    for each in line:
        words = " ".join(each.cmdline())
        for name, mark in (
            ("web", "-m web"),
            ("worker", "-m worker"),
            ("postgres", "postgres"),
            ("valkey", "valkey"),
            ("weed", "weed"),
        ):
            if mark in words:
                return name
        if each == supervisor:
            break
    return "supervisor"
