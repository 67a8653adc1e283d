"""Why a server cannot be used, told alike for all of them.

Never in the libraries' own texts: those may hold addresses with tokens and passwords.
"""

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from core.operate.doctor.finding import Finding, Subject, failed


class Why(StrEnum):
    """What stood in the way; also the code of the finding."""

    REFUSED = "refused"  # the machine is there, nothing listens
    NO_SUCH_HOST = "no_such_host"
    SILENT = "silent"  # no answer in time
    TLS = "tls"
    DENIED = "denied"  # the user, the password or the key is refused
    STRANGE = "strange"  # something answers that is not what it should be


@dataclass(frozen=True, slots=True)
class Unreachable:
    """detail: a few words of ours or of the server, for `says`."""

    why: Why
    detail: str = ""


_SAYS = {
    Why.REFUSED: "nothing listens there",
    Why.NO_SUCH_HOST: "this machine does not know the name",
    Why.SILENT: "no answer in time",
    Why.TLS: "TLS fails",
    Why.DENIED: "user, password or key are refused",
    Why.STRANGE: "it does not answer as it should",
}


def why_of(error: BaseException) -> Why:
    """What a client library's error comes down to, by the types in its chain of causes."""
    for link in _chain(error):
        match link:
            case ConnectionRefusedError():
                return Why.REFUSED
            case socket.gaierror():
                return Why.NO_SUCH_HOST
            case ssl.SSLError():
                return Why.TLS
            case TimeoutError():
                return Why.SILENT
    # A library's own time-outs are not Python's.
    if any("timeout" in type(link).__name__.lower() for link in _chain(error)):
        return Why.SILENT
    return Why.STRANGE


def away(subject: Subject, where: str, problem: Unreachable, advice: str) -> Finding:
    """The finding for a server that cannot be used. where: its address without credentials."""
    detail = f" ({problem.detail})" if problem.detail else ""
    return failed(subject, problem.why.value, f"{where}: {_SAYS[problem.why]}{detail}", advice)


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        link = waiting.pop(0)
        if not isinstance(link, BaseException) or id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        waiting += [link.__cause__, link.__context__, getattr(link, "reason", None), *link.args]
