"""The idle memory of each program, shared pages counted once (PSS)."""

import psutil

from tests.bench.service import Running

# What stands in the command line of a program or of its parent.
MARKS = {
    "web": "-m web",
    "bot": "-m bot",
    "worker": "-m worker",
    "postgres": "postgres",
    "valkey": "valkey",
    "weed": "weed",
}
SUPERVISOR = "supervisor"


def memory_rows(service: Running) -> list[tuple[str, str]]:
    """MB of each program, with its children."""
    used = dict.fromkeys((*MARKS, SUPERVISOR), 0.0)
    supervisor = psutil.Process(service.pid)
    used[SUPERVISOR] = supervisor.memory_full_info().pss / 1e6
    for process in supervisor.children(recursive=True):
        used[_program(process, supervisor)] += process.memory_full_info().pss / 1e6
    return [(name, f"{megabytes:.0f} MB") for name, megabytes in used.items()]


def _program(process: psutil.Process, supervisor: psutil.Process) -> str:
    """The program that a process belongs to: by its own command line, or its nearest parent's."""
    while process != supervisor:
        words = " ".join(process.cmdline())
        for name, mark in MARKS.items():
            if mark in words:
                return name
        parent = process.parent()
        if parent is None:
            break
        process = parent
    return SUPERVISOR
