"""Which servers to ask: those the environment names, else those of the data folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from core.operate import kept as keeping
from core.operate import postgres, seaweed, valkey
from core.operate.doctor.finding import Subject
from core.operate.folder import is_claimed
from core.operate.kept import POSTGRES_PORT, VALKEY_PORT, Kept
from core.settings import Settings

# The setting whose presence says where a server is.
ADDRESSES: Final = {
    Subject.POSTGRES: "DATABASE_URL",
    Subject.REDIS: "REDIS_URL",
    Subject.STORE: "S3_URL",
}
LOGS: Final = {
    Subject.POSTGRES: "postgres.log",
    Subject.REDIS: "valkey.log",
    Subject.STORE: "s3.log",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """settings: with the addresses to ask. embedded: those of the data folder.

    running: whether a supervisor holds the data folder. cluster: PostgreSQL's files when they are
    elsewhere.
    """

    settings: Settings
    embedded: frozenset[Subject]
    running: bool
    data: Path
    cluster: Path | None

    def help_for(self, subject: Subject) -> str:
        """What to do when that server is away."""
        if subject in self.embedded:
            log = self.data / "logs" / LOGS[subject]
            return f"Its supervisor starts it again; {log} says what is wrong."
        return f"Is it running, and is {ADDRESSES[subject]} right? The way may be barred, too."


def find_servers(settings: Settings, environ: Mapping[str, str]) -> Servers:
    """Decide for each of the three. Raises FolderUnusable when the folder's file cannot be read."""
    data = settings.auditorium_data.absolute()
    kept, running = keeping.load(data), is_claimed(data)
    embedded = choose(settings, environ, kept=kept, running=running)
    if kept is not None:
        settings = with_embedded(settings, kept, embedded)
    cluster = Path(kept.cluster) if kept is not None and kept.cluster else None
    return Servers(
        settings=settings, embedded=embedded, running=running, data=data, cluster=cluster
    )


def choose(
    settings: Settings, environ: Mapping[str, str], *, kept: Kept | None, running: bool
) -> frozenset[Subject]:
    """Which servers are the data folder's. Pure.

    As for `make run`, a copy of .env.example counts for nothing while the folder's own servers run;
    when they don't, an address in .env that is not the default says that they are not wanted.
    """
    if kept is None:
        return frozenset()
    given = {name.upper() for name, value in environ.items() if value}
    own = set()
    for subject, name in ADDRESSES.items():
        field = name.lower()
        default = type(settings).model_fields[field].default
        in_env_file = getattr(settings, field) != default
        if name not in given and (running or not in_env_file):
            own.add(subject)
    return frozenset(own)


def with_embedded(settings: Settings, kept: Kept, embedded: frozenset[Subject]) -> Settings:
    """The settings with the kept ports and passwords of those servers. Pure."""
    found: dict[str, str] = {}
    ports = kept.ports
    if Subject.POSTGRES in embedded:
        found |= postgres.environment(ports[POSTGRES_PORT], kept.database_password)
    if Subject.REDIS in embedded:
        found |= valkey.environment(ports[VALKEY_PORT], kept.redis_password)
    if Subject.STORE in embedded:
        found |= seaweed.environment(ports["s3"], kept.s3_access_key, kept.s3_secret_key)
    if not found:
        return settings
    fields: dict[str, object] = dict(settings.model_dump())
    for name, value in found.items():
        secret = isinstance(fields[name.lower()], SecretStr)
        fields[name.lower()] = SecretStr(value) if secret else value
    return Settings.model_validate(fields)
