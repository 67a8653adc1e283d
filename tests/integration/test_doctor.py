"""What doctor finds on the real servers, alive, stopped, silent and refusing."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from minio import Minio
from pydantic import SecretStr
from sqlalchemy.engine import make_url

from core.jobs import QUEUE
from core.operate.doctor.ask_machine import ask_model
from core.operate.doctor.ask_postgres import PostgresFacts, ask_postgres, read_migrations
from core.operate.doctor.ask_redis import RedisFacts, ask_redis
from core.operate.doctor.ask_store import FOLDER, StoreFacts, ask_store
from core.operate.doctor.ask_telegram import TelegramAway, ask_telegram
from core.operate.doctor.examine import examine
from core.operate.doctor.finding import Finding, Level
from core.operate.doctor.reach import Unreachable, Why
from core.settings import Settings
from tests.conftest import Servers, as_admin, drop_database

TOKEN = f"123456789:{'canary-' * 5}"


def codes(findings: list[Finding]) -> dict[str, Level]:
    return {finding.code: finding.level for finding in findings}


def test_a_migrated_database_tells_its_facts(settings: Settings) -> None:
    found = ask_postgres(settings)
    assert isinstance(found, PostgresFacts)
    assert found.version >= 140_000
    assert frozenset(found.revisions or ()) == read_migrations().heads
    assert 0 < found.connections < found.connections_most
    assert abs(found.clock_ahead_s) < 5


def test_an_empty_database_has_no_revisions(servers: Servers, settings: Settings) -> None:
    url = make_url(str(settings.database_url)).set(database="bare")
    with as_admin(servers.environment) as admin:
        admin.execute("CREATE DATABASE bare")
    try:
        bare = Settings.model_validate(settings.model_dump() | {"database_url": str(url)})
        found = ask_postgres(bare)
    finally:
        drop_database(servers.environment, "bare")
    assert isinstance(found, PostgresFacts)
    assert found.revisions is None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"database_password": SecretStr("guessed")}, Unreachable(Why.DENIED)),
        (
            {"database_url": "/nowhere"},
            Unreachable(Why.DENIED, "no such role or database"),
        ),
    ],
)
def test_a_refused_password_and_a_missing_database_are_told_apart(
    settings: Settings, change: dict[str, Any], expected: Unreachable
) -> None:
    if "database_url" in change:
        url = make_url(str(settings.database_url)).set(database="nowhere")
        change = {"database_url": str(url)}
    assert ask_postgres(Settings.model_validate(settings.model_dump() | change)) == expected


def test_valkey_tells_its_policy_and_how_many_boards_wait(settings: Settings) -> None:
    with redis.Redis.from_url(
        str(settings.redis_url), password=settings.redis_password.get_secret_value()
    ) as client:
        client.flushdb()
        client.zadd(QUEUE, {"render:1": 1.0, "render:2": 2.0})
        found = ask_redis(settings)
        client.flushdb()
    assert isinstance(found, RedisFacts)
    assert (found.product, found.policy) == ("valkey", "noeviction")
    assert found.memory_most == 128 * 1024 * 1024
    assert (found.queued, found.workers) == (2, False)
    wrong = settings.model_copy(update={"redis_password": SecretStr("guessed")})
    assert ask_redis(wrong) == Unreachable(Why.DENIED)


def objects(settings: Settings) -> list[str | None]:
    url = settings.s3_url
    client = Minio(
        f"{url.host}:{url.port}",
        access_key=settings.s3_access_key,
        secret_key=settings.s3_secret_key.get_secret_value(),
        secure=False,
    )
    found = client.list_objects(settings.s3_bucket, prefix=f"{FOLDER}/", recursive=True)
    return [each.object_name for each in found]


def test_the_store_keeps_nothing_of_the_probe(settings: Settings) -> None:
    found = ask_store(settings)
    assert isinstance(found, StoreFacts)
    assert (found.bucket_exists, found.same_bytes, found.left_behind) == (True, True, "")
    assert objects(settings) == []


def test_a_missing_bucket_and_a_refused_key_are_told_apart(settings: Settings) -> None:
    missing = settings.model_copy(update={"s3_bucket": "no-such-bucket"})
    assert ask_store(missing) == StoreFacts(bucket_exists=False)
    for change in ({"s3_secret_key": SecretStr("guessed")}, {"s3_access_key": "GUESSED"}):
        found = ask_store(settings.model_copy(update=change))
        assert isinstance(found, Unreachable)
        assert found.why is Why.DENIED


def test_stopped_servers_are_refused_each_and_one_finding_together(
    servers: Servers, settings: Settings, environment: dict[str, str]
) -> None:
    settings = settings.model_copy(update={"auditorium_workers": 0})
    servers.stop("valkey")
    assert ask_redis(settings) == Unreachable(Why.REFUSED)
    one = codes(examine(settings, environment))
    assert one["refused"] is Level.FAILED
    assert one["works"] is Level.OK
    servers.stop("postgres")
    servers.stop("s3")
    assert ask_postgres(settings) == Unreachable(Why.REFUSED)
    assert ask_store(settings) == Unreachable(Why.REFUSED)
    told = codes(examine(settings, environment))
    assert told["nothing_runs"] is Level.FAILED
    assert "refused" not in told


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_server_that_never_answers_is_silent(settings: Settings, silent: int) -> None:
    deaf = Settings.model_validate(
        settings.model_dump()
        | {
            "redis_url": f"redis://127.0.0.1:{silent}/0",
            "s3_url": f"http://127.0.0.1:{silent}",
            "database_url": f"postgresql://u@127.0.0.1:{silent}/a",
        }
    )
    for found in (ask_redis(deaf), ask_store(deaf), ask_postgres(deaf)):
        assert isinstance(found, Unreachable)
        assert found.why is Why.SILENT
    away = ask_telegram(TOKEN, f"http://127.0.0.1:{silent}")
    assert isinstance(away, TelegramAway)
    assert away.problem.why is Why.SILENT


def test_a_name_that_nobody_has_is_told_as_such(settings: Settings) -> None:
    nowhere = "no-such-host.invalid"  # RFC 6761
    lost = Settings.model_validate(
        settings.model_dump()
        | {
            "redis_url": f"redis://{nowhere}:6379/0",
            "s3_url": f"http://{nowhere}:9000",
            "database_url": f"postgresql://u@{nowhere}:5432/a",
        }
    )
    for found in (ask_redis(lost), ask_store(lost), ask_postgres(lost)):
        assert found == Unreachable(Why.NO_SUCH_HOST)


def test_the_worker_is_asked_about_its_model(settings: Settings, tmp_path: Path) -> None:
    environment = os.environ | {"MODEL": "no-such-model", "WEIGHTS_DIR": str(tmp_path)}
    found = ask_model(settings, environment)
    assert found.code == 2
    assert "no-such-model" in found.said
