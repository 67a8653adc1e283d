"""What a data folder keeps between starts: ports, passwords, and what the demo made.

One JSON file with mode 0600. It is written whole, beside, and renamed, so that a power cut leaves
the old one or the new one.
"""

import json
import os
import secrets
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from uuid import uuid4

from core.operate.ports import free_ports, is_free
from core.operate.problems import FolderUnusable

NAME = "servers.json"

# 24 random bytes: beyond guessing; URL-safe letters need no quoting in any configuration file.
SECRET_BYTES = 24

POSTGRES_PORT = "postgres"
VALKEY_PORT = "valkey"
S3_PORTS = (
    "s3",
    "s3.grpc",
    "s3.master",
    "s3.master.grpc",
    "s3.volume",
    "s3.volume.grpc",
    "s3.filer",
    "s3.filer.grpc",
    "s3.admin",  # its gRPC port is this + 10000: see core.operate.ports.free_ports
)
PORT_NAMES = (POSTGRES_PORT, VALKEY_PORT, *S3_PORTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoLecture:
    """The demo auditorium that this folder made. admin_token opens its admin page."""

    auditorium_id: str
    code: str
    admin_token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """folder_id names what has to live elsewhere, such as a cluster that root cannot keep here.

    cluster: absolute path of PostgreSQL's files when they are not in the data folder.
    """

    folder_id: str
    ports: dict[str, int]
    database_password: str = field(repr=False)
    superuser_password: str = field(repr=False)
    redis_password: str = field(repr=False)
    s3_access_key: str
    s3_secret_key: str = field(repr=False)
    s3_signing_key: str = field(repr=False)
    cluster: str | None = None
    demo: DemoLecture | None = None


def load_or_make(folder: Path) -> Kept:
    """The folder's kept values; at the first start new ones; a port that is taken is replaced.

    Only call this while no server of the folder runs. Raises FolderUnusable.
    """
    kept = load(folder)
    if kept is None:
        if (folder / "postgres").exists():
            raise FolderUnusable(
                f"{folder / NAME} is missing beside PostgreSQL's files: put it back from a backup; "
                "it holds their passwords."
            )
        kept = Kept(
            folder_id=uuid4().hex[:12],
            ports={},
            database_password=_secret(),
            superuser_password=_secret(),
            redis_password=_secret(),
            s3_access_key=secrets.token_hex(10).upper(),
            s3_secret_key=_secret(),
            s3_signing_key=_secret(),
        )
    usable = {
        name: port
        for name, port in kept.ports.items()
        if name in PORT_NAMES and is_free(port) and (name != "s3.admin" or is_free(port + 10_000))
    }
    fresh = free_ports(avoid=usable.values())
    ports = {name: usable.get(name) or next(fresh) for name in PORT_NAMES}
    kept = replace(kept, ports=ports)
    save(folder, kept)
    return kept


def load(folder: Path) -> Kept | None:
    """The kept values, or None before the first start. Raises FolderUnusable."""
    path = folder / NAME
    try:
        content = json.loads(path.read_bytes())
        demo = content.pop("demo", None)
        return Kept(**content, demo=None if demo is None else DemoLecture(**demo))
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise FolderUnusable(
            f"{path} cannot be read ({problem.strerror}): start as the account that made it."
        ) from problem
    except (ValueError, TypeError, AttributeError) as problem:
        raise FolderUnusable(
            f"{path} is damaged: put it back from a backup; without it the servers' "
            "passwords are lost."
        ) from problem


def save(folder: Path, kept: Kept) -> None:
    """Write the values whole. Raises FolderUnusable."""
    path = folder / NAME
    beside = path.with_suffix(".new")
    try:
        beside.unlink(missing_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(kept), file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as problem:
        raise FolderUnusable(f"{path} cannot be written ({problem.strerror}).") from problem


def _secret() -> str:
    return secrets.token_urlsafe(SECRET_BYTES)
