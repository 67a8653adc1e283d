"""What the answers of PostgreSQL, Valkey and the object store mean. Pure."""

from typing import Final

from core.operate.doctor.ask_postgres import Migrations, PostgresFacts
from core.operate.doctor.ask_redis import RedisFacts
from core.operate.doctor.ask_store import StoreFacts
from core.operate.doctor.finding import Finding, Subject, failed, ok, warning
from core.operate.doctor.reach import Unreachable, Why, away
from core.settings import Settings

# bit_count() of bit strings, by which duplicates are found, came with it.
LEAST_POSTGRES: Final = 14
# Streams, which carry the live events, came with it.
LEAST_REDIS: Final = 5
# Leases use the database's clock alone, but logs and pages show both; NTP keeps below 0.1 s.
MOST_CLOCK_S: Final = 5.0
# Share of connections or memory in use from which the next busy minute may meet the end.
NEARLY_FULL: Final = 0.9
# A worker makes a board in about a second: this is minutes of waiting.
LONG_QUEUE: Final = 100
# Four calls with some bytes take 0.02 s nearby; people wait for two of them at each upload.
SLOW_STORE_S: Final = 1.0

Found = PostgresFacts | Unreachable


def judge_postgres(
    settings: Settings, where: str, found: Found, migrations: Migrations, help_: str
) -> list[Finding]:
    """help_: what an operator does when it is away."""
    if isinstance(found, Unreachable):
        advice = (
            "Are DATABASE_URL and DATABASE_PASSWORD those of a role and a database there?"
            if found.why is Why.DENIED
            else help_
        )
        return [away(Subject.POSTGRES, where, found, advice)]
    version = f"{found.version // 10_000}.{found.version % 10_000}"
    findings = [_postgres_version(where, version, found), _migrations(found, migrations)]
    findings += _connections(settings, found)
    if abs(found.clock_ahead_s) - found.took_s > MOST_CLOCK_S:
        side = "ahead of" if found.clock_ahead_s > 0 else "behind"
        findings.append(
            warning(
                Subject.POSTGRES,
                "clock",
                f"its clock is {abs(found.clock_ahead_s):.0f} s {side} this machine's",
                "Let both machines keep time (NTP): `timedatectl` shows whether this one does.",
            )
        )
    return findings


def judge_redis(where: str, found: RedisFacts | Unreachable, help_: str) -> list[Finding]:
    """help_: what an operator does when it is away."""
    if isinstance(found, Unreachable):
        advice = (
            "Is REDIS_PASSWORD (and the user in REDIS_URL) right, and may it read?"
            if found.why is Why.DENIED
            else help_
        )
        return [away(Subject.REDIS, where, found, advice)]
    findings = [_redis_version(where, found), *_memory(found)]
    if found.queued and not found.workers:
        findings.append(
            warning(
                Subject.REDIS,
                "no_worker",
                f"{_boards(found.queued)} for a worker, and none reports",
                "Start one (`make run`, AUDITORIUM_WORKERS, or `python -m worker`); if one runs, "
                "its log says what holds it up.",
            )
        )
    elif found.queued >= LONG_QUEUE:
        findings.append(
            warning(
                Subject.REDIS,
                "long_queue",
                f"{_boards(found.queued)} for a worker",
                "The workers cannot keep up: a faster MODEL, a GPU or more workers help.",
            )
        )
    return findings


def judge_store(where: str, found: StoreFacts | Unreachable, help_: str) -> list[Finding]:
    """help_: what an operator does when it is away."""
    if isinstance(found, Unreachable):
        advice = (
            "S3_ACCESS_KEY and S3_SECRET_KEY need the right to read, write and delete there."
            if found.why is Why.DENIED
            else help_
        )
        return [away(Subject.STORE, where, found, advice)]
    if not found.bucket_exists:
        return [
            failed(
                Subject.STORE,
                "no_bucket",
                f"{where}: there is no such bucket",
                "The web process makes it when it starts, if its key may; else make it yourself, "
                "or set S3_BUCKET.",
            )
        ]
    if not found.same_bytes:
        return [
            failed(
                Subject.STORE,
                "other_bytes",
                f"{where}: what was put is not what comes back",
                "Does S3_URL reach one store alone? Look at the store's own log.",
            )
        ]
    took = f"{found.took_s * 1000:.0f} ms"
    if found.left_behind:
        return [
            warning(
                Subject.STORE,
                "not_removed",
                f"{where}: put and read in {took}, but {found.left_behind} could not be removed",
                "The key needs the right to delete; then remove that object.",
            )
        ]
    if found.took_s > SLOW_STORE_S:
        return [
            warning(
                Subject.STORE,
                "slow",
                f"{where}: put, read and removed in {took}, which is slow",
                "People wait for it at every upload: is the store far away, or its disk busy?",
            )
        ]
    return [ok(Subject.STORE, "works", f"{where}: put, read and removed in {took}")]


def _postgres_version(where: str, version: str, found: PostgresFacts) -> Finding:
    if found.version < LEAST_POSTGRES * 10_000:
        return failed(
            Subject.POSTGRES,
            "too_old",
            f"{where}: PostgreSQL {version}",
            f"{LEAST_POSTGRES} is the least that Auditorium works with.",
        )
    return ok(
        Subject.POSTGRES,
        "answers",
        f"{where.partition('/')[0]}: PostgreSQL {version}, "
        f"{found.connections} of {found.connections_most} connections",
    )


def _migrations(found: PostgresFacts, migrations: Migrations) -> Finding:
    if found.revisions is not None and frozenset(found.revisions) == migrations.heads:
        return ok(Subject.POSTGRES, "migrated", "the schema is the newest")
    if found.revisions is not None and not migrations.known.issuperset(found.revisions):
        return failed(
            Subject.POSTGRES,
            "newer_schema",
            "the schema is of a newer version of Auditorium than this one",
            "Start that version; this one must not run on it.",
        )
    says = "there are no tables yet" if not found.revisions else "the schema is an older one"
    return failed(
        Subject.POSTGRES,
        "not_migrated",
        says,
        "`python -m core migrate` brings it up; `make run` does that by itself.",
    )


def _connections(settings: Settings, found: PostgresFacts) -> list[Finding]:
    """Too few connections, now or when every process has filled its pool."""
    if found.connections >= NEARLY_FULL * found.connections_most:
        return [
            warning(
                Subject.POSTGRES,
                "connections_used",
                f"{found.connections} of {found.connections_most} connections are in use",
                "Raise max_connections, or lower DATABASE_POOL or the number of processes.",
            )
        ]
    # The bot holds one more: the lock by which only one polls.
    processes = 1 + settings.auditorium_workers + (settings.bot_token is not None)
    wanted = processes * settings.database_pool + 1
    if wanted <= found.connections_most:
        return []
    return [
        warning(
            Subject.POSTGRES,
            "pools_too_large",
            f"{processes} processes may want {wanted} connections, there are "
            f"{found.connections_most}",
            "Lower DATABASE_POOL or raise max_connections.",
        )
    ]


def _redis_version(where: str, found: RedisFacts) -> Finding:
    name = f"{where}: {found.product} {found.version}"
    major = found.version.partition(".")[0]
    if major.isdigit() and int(major) < LEAST_REDIS:
        return failed(
            Subject.REDIS,
            "too_old",
            name,
            f"{LEAST_REDIS} is the least: live events need streams.",
        )
    memory = f"{_mb(found.memory)} of {_mb(found.memory_most)} MB"
    if not found.memory_most:
        memory = f"{_mb(found.memory)} MB"
    queue = _boards(found.queued) if found.queued else "nothing queued"
    return ok(Subject.REDIS, "answers", f"{name}, {memory}, {queue}")


def _memory(found: RedisFacts) -> list[Finding]:
    findings = []
    if found.policy != "noeviction":
        # Without a limit nothing is evicted today.
        level = failed if found.memory_most else warning
        findings.append(
            level(
                Subject.REDIS,
                "evicts",
                f"maxmemory-policy is {found.policy}: when full it throws the queue away",
                "Set maxmemory-policy noeviction, in its configuration.",
            )
        )
    if found.memory_most and found.memory >= NEARLY_FULL * found.memory_most:
        findings.append(
            warning(
                Subject.REDIS,
                "nearly_full",
                f"{_mb(found.memory)} of {_mb(found.memory_most)} MB are in use",
                "Raise maxmemory. When it is full, pages are no longer told live.",
            )
        )
    return findings


def _boards(number: int) -> str:
    return "1 board waits" if number == 1 else f"{number} boards wait"


def _mb(size: int) -> int:
    return round(size / 1_000_000)
