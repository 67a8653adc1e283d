"""TCP ports: whether one is free, and free ones to keep."""

import errno
import random
import socket
from collections.abc import Collection, Iterator

from core.operate.problems import CannotStart, PortTaken

LOOPBACK = "127.0.0.1"

# Below Linux's range for outgoing connections (32768 to 60999), so that a port we keep is not
# somebody's source port at the next start, and so that + 10000 meets none of ours;
LOWEST, HIGHEST = 20_000, 29_999
TRIES = 1_000


def is_free(port: int, address: str = LOOPBACK) -> bool:
    """Whether a server could listen there now. Raises OSError for an address that is not ours."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: TIME_WAIT
        try:
            probe.bind((address, port))
            probe.listen(1)
        except OSError as problem:
            if problem.errno == errno.EADDRINUSE:
                return False
            raise
    return True


def free_ports(avoid: Collection[int] = ()) -> Iterator[int]:
    """Distinct free ports of 127.0.0.1, none of `avoid`, each with port + 10000 free as well.

    The second is for SeaweedFS, whose maintenance worker dials its admin server at that distance.
    Raises CannotStart when a thousand random tries found none.
    """
    used = set(avoid)
    for _ in range(TRIES):
        port = random.randint(LOWEST, HIGHEST)  # noqa: S311  # not a secret
        if port not in used and is_free(port) and is_free(port + 10_000):
            used.add(port)
            yield port
    raise CannotStart(f"No free port between {LOWEST} and {HIGHEST} on {LOOPBACK}.")


def check_web_port(address: str, port: int) -> None:
    """Raises PortTaken, or CannotStart when the address is not ours or the port needs root."""
    try:
        free = is_free(port, address)
    except OSError as problem:
        raise CannotStart(
            f"Cannot listen on {address}:{port} ({problem.strerror}): "
            "set AUDITORIUM_BIND and AUDITORIUM_PORT to an address and a port of this machine."
        ) from problem
    if not free:
        raise PortTaken(
            f"Port {port} on {address} is taken by another program: "
            f"stop it, or choose another with AUDITORIUM_PORT={port + 1}."
        )
