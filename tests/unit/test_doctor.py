"""doctor's command without its probes: settings, which servers it asks, checks, report."""

import io
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from core.operate import kept as keeping
from core.operate.doctor.ask_machine import EnvFile, read_env_file
from core.operate.doctor.checks import Check, run_checks
from core.operate.doctor.examine import nothing_runs
from core.operate.doctor.find_servers import Servers, choose, with_embedded
from core.operate.doctor.finding import Finding, Level, Subject, failed, ok, warning
from core.operate.doctor.judge_settings import judge_settings, unreadable
from core.operate.doctor.report import as_json, as_lines, without_secrets
from core.operate.folder import claim, is_claimed
from core.operate.terminal import has_colours
from core.settings import Settings

SERVERS = (Subject.POSTGRES, Subject.REDIS, Subject.STORE)


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of the machine that runs the tests are no business of theirs."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def read(**fields: Any) -> Settings:  # Any: what an environment holds, validated on the way in
    return Settings(_env_file=None, **fields)


def codes(findings: list[Finding]) -> dict[str, Level]:
    return {finding.code: finding.level for finding in findings}


# --- settings -------------------------------------------------------------------------------

WEBHOOK = {
    "bot_token": "1:a",
    "telegram_webhook_url": "https://board.example/telegram",
    "telegram_webhook_secret": "s" * 40,
    "auditorium_public_url": "https://board.example",
}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {"good": Level.OK}),
        ({"auditorium_bind": "0.0.0.0"}, {"no_public_url": Level.WARNING}),  # noqa: S104 -- not bound
        ({"auditorium_bind": "10.0.0.7"}, {"good": Level.OK}),
        ({"bot_token": "1:a"}, {"links_lead_nowhere": Level.WARNING}),
        ({"redis_url": "redis://:canary@127.0.0.1"}, {"password_in_url": Level.WARNING}),
        ({"redis_url": "redis://name@127.0.0.1"}, {"good": Level.OK}),
        (WEBHOOK, {"good": Level.OK}),
        (WEBHOOK | {"bot_token": None}, {"webhook_without_bot": Level.WARNING}),
        (
            WEBHOOK | {"telegram_webhook_url": "http://board.example/"},
            {"webhook_not_https": Level.FAILED},
        ),
        (
            WEBHOOK | {"telegram_webhook_url": "https://board.example:8081/"},
            {"webhook_port": Level.FAILED},
        ),
        (
            WEBHOOK | {"telegram_webhook_url": "https://192.168.1.4/"},
            {"webhook_private": Level.FAILED},
        ),
        (
            WEBHOOK
            | {
                "telegram_webhook_url": "http://127.0.0.1:9/",
                "telegram_api_url": "http://127.0.0.1:8",
            },
            {"good": Level.OK},
        ),
        (
            WEBHOOK | {"auditorium_public_url": "http://board.example"},
            {"http_beside_webhook": Level.WARNING},
        ),
        (WEBHOOK | {"telegram_webhook_port": 8000}, {"same_port": Level.FAILED}),
        (
            WEBHOOK | {"telegram_webhook_port": 8000, "telegram_webhook_bind": "10.0.0.1"},
            {"good": Level.OK},
        ),
    ],
)
def test_risky_settings_are_told(fields: dict[str, Any], expected: dict[str, Level]) -> None:
    assert codes(judge_settings(read(**fields), EnvFile())) == expected


def test_an_env_file_with_secrets_that_others_can_read_is_told() -> None:
    public = {"auditorium_public_url": "https://board.example", "bot_token": "1:a"}
    assert "open_env_file" in codes(judge_settings(read(**public), EnvFile((), 0o644)))
    assert "open_env_file" not in codes(judge_settings(read(**public), EnvFile((), 0o600)))
    assert "open_env_file" not in codes(judge_settings(read(), EnvFile((), 0o644)))


def test_a_misspelt_setting_is_told_with_the_one_that_is_meant(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("# BOT_TOKE=\nexport BOT_TOKN=canary\nbot_token=1\nCOMPOSE_FILE=x\n")
    env_file = read_env_file(path)
    (slip,) = judge_settings(read(), env_file)
    assert (slip.code, slip.level) == ("slip", Level.WARNING)
    assert "BOT_TOKN" in slip.says
    assert "BOT_TOKEN" in slip.advice
    assert read_env_file(tmp_path / "none") == EnvFile()


def test_settings_that_cannot_be_loaded_are_a_finding_each_without_the_value() -> None:
    with pytest.raises(ValidationError) as refused:
        read(auditorium_port="canary", device="canary")
    findings = unreadable(refused.value)
    assert [finding.says.partition(":")[0] for finding in findings] == [
        "AUDITORIUM_PORT",
        "DEVICE",
    ]
    assert "canary" not in repr(findings)
    assert codes(unreadable(PermissionError(13, "Permission denied"))) == {
        "unreadable": Level.FAILED
    }


# --- which servers --------------------------------------------------------------------------


@pytest.fixture
def kept(tmp_path: Path) -> keeping.Kept:
    return keeping.load_or_make(tmp_path)


def test_the_servers_of_a_running_folder_are_taken_unless_the_environment_names_others(
    kept: keeping.Kept,
) -> None:
    copied = read(s3_url="http://store.example:9000")
    everything = frozenset(SERVERS)
    assert choose(copied, {}, kept=kept, running=True) == everything
    assert choose(copied, {}, kept=kept, running=False) == everything - {Subject.STORE}
    named = {"database_url": "postgresql://db.example/a", "REDIS_URL": ""}
    assert choose(read(), named, kept=kept, running=True) == everything - {Subject.POSTGRES}
    assert choose(read(), {}, kept=None, running=True) == frozenset()


def test_ports_and_passwords_come_from_the_folder(kept: keeping.Kept) -> None:
    settings = with_embedded(read(s3_bucket="other"), kept, frozenset(SERVERS))
    assert settings.database_url.hosts()[0]["port"] == kept.ports["postgres"]
    assert settings.redis_password == SecretStr(kept.redis_password)
    assert settings.s3_url.port == kept.ports["s3"]
    assert settings.s3_bucket == "auditorium"
    only = with_embedded(read(s3_bucket="other"), kept, frozenset({Subject.REDIS}))
    assert only.s3_bucket == "other"
    assert only.redis_password == SecretStr(kept.redis_password)


def test_a_folder_is_seen_to_be_claimed_while_a_supervisor_holds_it(tmp_path: Path) -> None:
    assert not is_claimed(tmp_path / "none")
    with claim(tmp_path):
        assert is_claimed(tmp_path)
    assert not is_claimed(tmp_path)


@pytest.mark.parametrize("running", [True, False])
def test_three_dead_servers_are_one_finding(running: bool, tmp_path: Path) -> None:  # noqa: FBT001 -- a parameter of the test
    servers = Servers(
        settings=read(), embedded=frozenset(), running=running, data=tmp_path, cluster=None
    )
    before, after = ok(Subject.DISK, "space", "x"), ok(Subject.MODEL, "usable", "x")
    dead = [failed(subject, "refused", "x", "y") for subject in SERVERS]
    told = nothing_runs([before, *dead, after], servers)
    assert [finding.code for finding in told] == ["space", "nothing_runs", "usable"]
    assert ("make run" in told[1].advice) is not running
    alive = [before, *dead[:2], ok(Subject.STORE, "works", "x"), after]
    assert nothing_runs(alive, servers) == alive


# --- the command ----------------------------------------------------------------------------


def test_checks_run_at_once_and_are_told_in_their_order() -> None:
    both = threading.Barrier(2)

    def ask(code: str) -> list[Finding]:
        both.wait(timeout=10)
        return [ok(Subject.DISK, code, "x")]

    checks = [Check(Subject.DISK, 20, lambda code=code: ask(code)) for code in ("a", "b")]  # type: ignore[misc]  # a bound default
    assert list(codes(run_checks(checks))) == ["a", "b"]


def test_a_check_that_hangs_or_breaks_is_told_and_holds_nobody_up() -> None:
    for_ever = threading.Event()

    def hang() -> list[Finding]:
        for_ever.wait()
        return []

    def broken() -> list[Finding]:
        raise RuntimeError("canary")

    found = run_checks([Check(Subject.STORE, 0.01, hang), Check(Subject.MODEL, 20, broken)])
    for_ever.set()
    assert codes(found) == {"hangs": Level.FAILED, "check_broke": Level.FAILED}
    assert "canary" not in repr(found)
    assert "RuntimeError" in found[1].says


FINDINGS = [
    ok(Subject.DISK, "space", "60.0 GB are free in /data"),
    warning(Subject.REDIS, "evicts", "long " * 30, "advice " * 20),
    failed(Subject.TELEGRAM, "token_refused", "x" * 30, "Copy it again."),
]


@pytest.mark.parametrize("columns", [80, 60, 20, 500])
def test_lines_fit_the_terminal_and_the_words_stand_below_each_other(columns: int) -> None:
    lines = as_lines(FINDINGS, columns, coloured=False)
    assert max(map(len, lines)) <= max(80, min(columns, 100))
    assert {line[: len("WARNING  ")].strip() for line in lines[:-2]} == {
        "OK",
        "WARNING",
        "FAILED",
        "",
    }
    assert lines[-1] == "1 failed, 1 warning."
    assert "\x1b" not in "".join(lines)


def test_only_the_level_is_coloured() -> None:
    first = as_lines(FINDINGS, 80, coloured=True)[0]
    assert first.startswith("\x1b[32mOK\x1b[0m ")
    assert first.count("\x1b") == 2


def test_colours_are_for_terminals_that_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert has_colours(Terminal())
    assert not has_colours(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not has_colours(Terminal())


def test_machines_get_one_object_with_codes() -> None:
    told = json.loads(as_json(FINDINGS, 1.234))
    assert (told["ok"], told["seconds"]) == (False, 1.23)
    assert [finding["code"] for finding in told["findings"]] == [
        "space",
        "evicts",
        "token_refused",
    ]
    assert json.loads(as_json(FINDINGS[:2], 1))["ok"] is True


def test_no_secret_and_no_control_character_comes_through() -> None:
    quoted, other = "canary%2Fpassword", "canary-secret"
    settings = read(
        bot_token="123456:canary-token",
        database_url=f"postgresql://u:{quoted}@db.example/a",
        s3_secret_key=other,
    )
    texts = [
        "https://api/bot123456:canary-token/getMe",
        "canary-token",
        quoted,
        "canary/password",
        other,
        "\x1b[2Jred\nline",
    ]
    findings = [warning(Subject.STORE, "x", text, text) for text in texts]
    cleaned = repr(without_secrets(findings, settings))
    assert "canary" not in cleaned
    assert "x1b" not in cleaned
    assert "\\n" not in cleaned
