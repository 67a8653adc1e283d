"""What doctor makes of the values that servers, disk and worker give."""

import socket
import ssl
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import urllib3

from core.operate import kept as keeping
from core.operate.doctor.ask_machine import FolderFacts, ModelFacts, ask_folder
from core.operate.doctor.ask_postgres import Migrations, PostgresFacts
from core.operate.doctor.ask_redis import RedisFacts
from core.operate.doctor.ask_store import StoreFacts
from core.operate.doctor.finding import Finding, Level
from core.operate.doctor.judge_machine import judge_folder, judge_model
from core.operate.doctor.judge_servers import judge_postgres, judge_redis, judge_store
from core.operate.doctor.reach import Unreachable, Why, why_of
from core.settings import Settings

HEAD = Migrations(frozenset({"0002"}), frozenset({"0001", "0002"}))
HELP = "look at its log"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of the machine that runs the tests are no business of theirs."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def read(**fields: Any) -> Settings:  # Any: what an environment holds, validated on the way in
    return Settings(_env_file=None, **fields)


def codes(findings: list[Finding]) -> dict[str, Level]:
    return {finding.code: finding.level for finding in findings}


# --- servers --------------------------------------------------------------------------------


def postgres(**changes: Any) -> dict[str, Level]:
    facts = PostgresFacts(
        version=180003,
        revisions=("0002",),
        connections=3,
        connections_most=97,
        clock_ahead_s=0.01,
        took_s=0.02,
    )
    return codes(judge_postgres(read(), "db:5432/a", replace(facts, **changes), HEAD, HELP))


def test_a_good_database_is_told_in_two_lines() -> None:
    assert postgres() == {"answers": Level.OK, "migrated": Level.OK}


@pytest.mark.parametrize(
    ("changes", "code", "level"),
    [
        ({"version": 130011}, "too_old", Level.FAILED),
        ({"version": 140000}, "answers", Level.OK),
        ({"revisions": None}, "not_migrated", Level.FAILED),
        ({"revisions": ()}, "not_migrated", Level.FAILED),
        ({"revisions": ("0001",)}, "not_migrated", Level.FAILED),
        ({"revisions": ("0003",)}, "newer_schema", Level.FAILED),
        ({"connections": 90}, "connections_used", Level.WARNING),
        ({"connections_most": 20}, "pools_too_large", Level.WARNING),
        ({"clock_ahead_s": 6.0}, "clock", Level.WARNING),
        ({"clock_ahead_s": -6.0}, "clock", Level.WARNING),
    ],
)
def test_what_a_database_lacks_is_told(changes: dict[str, Any], code: str, level: Level) -> None:
    assert postgres(**changes)[code] is level


def test_a_slow_answer_is_no_difference_of_clocks() -> None:
    assert "clock" not in postgres(clock_ahead_s=6.0, took_s=2.0)


def test_a_refused_password_asks_for_the_password_and_a_dead_server_for_its_log() -> None:
    def told(why: Why) -> Finding:
        (finding,) = judge_postgres(read(), "db:5432/a", Unreachable(why), HEAD, HELP)
        return finding

    assert "DATABASE_PASSWORD" in told(Why.DENIED).advice
    assert told(Why.REFUSED).advice == HELP
    assert told(Why.SILENT).says.startswith("db:5432/a: ")


def redis(**changes: Any) -> dict[str, Level]:
    facts = RedisFacts(
        product="valkey",
        version="9.1.2",
        policy="noeviction",
        memory=2_000_000,
        memory_most=128_000_000,
        queued=0,
        workers=False,
        took_s=0.01,
    )
    return codes(judge_redis("kv:6379", replace(facts, **changes), HELP))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"answers": Level.OK}),
        ({"product": "redis", "version": "4.0.9"}, {"too_old": Level.FAILED}),
        ({"policy": "allkeys-lru"}, {"answers": Level.OK, "evicts": Level.FAILED}),
        (
            {"policy": "allkeys-lru", "memory_most": 0},
            {"answers": Level.OK, "evicts": Level.WARNING},
        ),
        ({"memory": 120_000_000}, {"answers": Level.OK, "nearly_full": Level.WARNING}),
        ({"queued": 1}, {"answers": Level.OK, "no_worker": Level.WARNING}),
        ({"queued": 3, "workers": True}, {"answers": Level.OK}),
        ({"queued": 100, "workers": True}, {"answers": Level.OK, "long_queue": Level.WARNING}),
    ],
)
def test_what_redis_tells_is_judged(changes: dict[str, Any], expected: dict[str, Level]) -> None:
    assert redis(**changes) == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (StoreFacts(bucket_exists=True, same_bytes=True, took_s=0.02), {"works": Level.OK}),
        (StoreFacts(bucket_exists=True, same_bytes=True, took_s=2.0), {"slow": Level.WARNING}),
        (StoreFacts(bucket_exists=False), {"no_bucket": Level.FAILED}),
        (StoreFacts(bucket_exists=True), {"other_bytes": Level.FAILED}),
        (
            StoreFacts(bucket_exists=True, same_bytes=True, left_behind="doctor/1"),
            {"not_removed": Level.WARNING},
        ),
        (Unreachable(Why.DENIED), {"denied": Level.FAILED}),
    ],
)
def test_what_the_store_tells_is_judged(
    facts: StoreFacts | Unreachable, expected: dict[str, Level]
) -> None:
    assert codes(judge_store("s3:9000/a", facts, HELP)) == expected


def test_errors_of_every_library_come_down_to_what_stood_in_the_way() -> None:
    refused = urllib3.exceptions.HTTPError("at http://host/secret")
    refused.__cause__ = ConnectionRefusedError(111, "Connection refused")
    assert why_of(refused) is Why.REFUSED
    assert why_of(urllib3.exceptions.SSLError(ssl.SSLError("bad"))) is Why.TLS
    assert why_of(OSError(socket.gaierror(-2, "unknown"))) is Why.NO_SUCH_HOST
    assert why_of(TimeoutError()) is Why.SILENT
    assert why_of(urllib3.exceptions.TimeoutError()) is Why.SILENT
    assert why_of(ValueError("?")) is Why.STRANGE


# --- disk and model -------------------------------------------------------------------------


def folder(**changes: Any) -> dict[str, Level]:
    facts = FolderFacts(
        path=Path("/data"), exists=True, writable=True, free_mb=50_000, mode=0o600, owned=True
    )
    return codes(judge_folder(read(auditorium_least_free_mb=1000), replace(facts, **changes)))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"space": Level.OK}),
        ({"free_mb": 999}, {"full": Level.FAILED}),
        ({"free_mb": 1999}, {"nearly_full": Level.WARNING}),
        ({"writable": False}, {"not_writable": Level.FAILED}),
        ({"mode": 0o640}, {"space": Level.OK, "open_passwords": Level.FAILED}),
        ({"mode": None}, {"space": Level.OK}),
        ({"owned": False}, {"space": Level.OK, "other_owner": Level.WARNING}),
        (
            {"cluster": Path("/pg"), "cluster_free_mb": 10},
            {"space": Level.OK, "full": Level.FAILED},
        ),
    ],
)
def test_the_data_folder_is_judged(changes: dict[str, Any], expected: dict[str, Level]) -> None:
    assert folder(**changes) == expected


def test_a_folder_is_looked_at_and_not_made(tmp_path: Path) -> None:
    wanted = tmp_path / "a" / "b"
    found = ask_folder(wanted)
    assert (found.exists, found.writable, found.mode) == (False, True, None)
    assert found.free_mb > 0
    assert list(tmp_path.iterdir()) == []
    keeping.load_or_make(tmp_path)
    (tmp_path / keeping.NAME).chmod(0o604)
    assert ask_folder(tmp_path).mode == 0o604
    (tmp_path / "file").write_text("")
    assert not ask_folder(tmp_path / "file" / "var").writable


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (ModelFacts("m: Compact, x4, cpu", 0), ("usable", Level.OK)),
        (ModelFacts("m is not on this machine yet", 3), ("not_here", Level.WARNING)),
        (ModelFacts("no model 'x'", 2), ("unusable", Level.FAILED)),
        (ModelFacts("", -9), ("unusable", Level.FAILED)),
        (ModelFacts("", None), ("not_told", Level.WARNING)),
        (None, ("elsewhere", Level.OK)),
    ],
)
def test_the_workers_word_on_its_model_is_judged(
    facts: ModelFacts | None, expected: tuple[str, Level]
) -> None:
    (finding,) = judge_model(read(), facts)
    assert (finding.code, finding.level) == expected
    assert finding.says
