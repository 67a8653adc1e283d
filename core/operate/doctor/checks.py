"""Runs checks at once, each within its own time, none able to hold the command up."""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from core.operate.doctor.finding import Finding, Subject, failed

TICK_S: Final = 0.1  # how often the caller hears that we still wait

Ask = Callable[[], list[Finding]]


@dataclass(frozen=True, slots=True)
class Check:
    """ask: blocks, in a thread of its own. limit_s: after that it is told as not ended."""

    subject: Subject
    limit_s: float
    ask: Ask


def run_checks(
    checks: Sequence[Check], tick: Callable[[int], None] = lambda _done: None
) -> list[Finding]:
    """The findings of all checks, in the order of the checks.

    tick: told again and again how many have ended. What does not end in time is left behind in a
    daemon thread, which does not keep the process from ending: a name service or a network disk
    that hangs cannot be interrupted.
    """
    ended: queue.SimpleQueue[tuple[int, list[Finding]]] = queue.SimpleQueue()
    began = time.monotonic()
    for number, check in enumerate(checks):
        threading.Thread(
            target=lambda number=number, check=check: ended.put((number, _guarded(check))),
            name=f"check {check.subject}",
            daemon=True,
        ).start()
    found: dict[int, list[Finding]] = {}
    while len(found) < len(checks):
        try:
            number, findings = ended.get(timeout=TICK_S)
            found.setdefault(number, findings)
        except queue.Empty:
            pass
        took_s = time.monotonic() - began
        for number, check in enumerate(checks):
            if number not in found and took_s > check.limit_s:
                found[number] = [_not_ended(check)]
        tick(len(found))
    return [finding for number in range(len(checks)) for finding in found[number]]


def _guarded(check: Check) -> list[Finding]:
    try:
        return check.ask()
    except Exception as error:  # noqa: BLE001  # one broken check must not take the others along
        return [
            failed(
                check.subject,
                "check_broke",
                f"the check itself ended with {type(error).__name__}",
                "That is a fault of doctor: please report it.",
            )
        ]


def _not_ended(check: Check) -> Finding:
    return failed(
        check.subject,
        "hangs",
        f"no answer within {check.limit_s:g} s",
        "Something on the way hangs: the network, the name service or a disk.",
    )
