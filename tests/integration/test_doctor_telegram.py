"""What doctor asks of a Bot API, and what it makes of the answers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from core.operate.doctor.ask_telegram import (
    TelegramAway,
    TelegramFacts,
    Webhook,
    ask_telegram,
)
from core.operate.doctor.finding import Level
from core.operate.doctor.judge_telegram import judge_telegram
from core.operate.doctor.reach import Unreachable, Why
from core.settings import Settings

CANARY = "canary-" * 5
TOKEN = f"123456789:{CANARY}"
ME = {"id": 123456789, "is_bot": True, "first_name": "B", "username": "board_bot"}
NOW = 1_800_000_000


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of the machine that runs the tests are no business of theirs."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


Bodies = dict[str, tuple[int, Any]]  # method -> status and body, text or JSON


@asynccontextmanager
async def bot_api(bodies: Bodies) -> AsyncIterator[str]:
    """A Bot API that answers as it is told, and to nothing but TOKEN."""

    async def answer(request: web.Request) -> web.Response:
        status, body = bodies[request.match_info["method"]]
        if isinstance(body, str):
            return web.Response(status=status, text=body, headers={"Location": "http://x.invalid"})
        return web.json_response(body, status=status)

    app = web.Application()
    app.router.add_get(f"/bot{TOKEN}/{{method}}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def result(**values: Any) -> tuple[int, Any]:
    return 200, {"ok": True, "result": values}


async def asked(me: tuple[int, Any], webhook: tuple[int, Any]) -> TelegramFacts | TelegramAway:
    async with bot_api({"getMe": me, "getWebhookInfo": webhook}) as url:
        return await asyncio.to_thread(ask_telegram, TOKEN, url)


def with_token(**changes: Any) -> Settings:
    return Settings(_env_file=None, bot_token=SecretStr(TOKEN), **changes)


async def test_the_bots_name_and_its_webhook_are_read() -> None:
    found = await asked(
        result(**ME, can_join_groups=True, can_read_all_group_messages=False),
        result(
            url="https://board.example/telegram",
            has_custom_certificate=False,
            pending_update_count=7,
            max_connections=40,
            last_error_date=NOW,
            last_error_message="Wrong response from the webhook: 502 Bad Gateway",
        ),
    )
    assert isinstance(found, TelegramFacts)
    assert (found.username, found.may_join_groups, found.reads_all_messages) == (
        "board_bot",
        True,
        False,
    )
    assert found.webhook == Webhook(
        url="https://board.example/telegram",
        pending=7,
        last_error_at=NOW,
        last_error="Wrong response from the webhook: 502 Bad Gateway",
        max_connections=40,
    )


@pytest.mark.parametrize(
    ("me", "why", "no_such_bot"),
    [
        ((401, {"ok": False, "error_code": 401, "description": "Unauthorized"}), Why.DENIED, True),
        ((404, {"ok": False, "error_code": 404, "description": "Not Found"}), Why.DENIED, True),
        ((429, {"ok": False, "error_code": 429, "description": TOKEN}), Why.STRANGE, False),
        ((502, "<html>Bad Gateway</html>"), Why.STRANGE, False),
        ((302, "signed in?"), Why.STRANGE, False),
        ((200, "[]"), Why.STRANGE, False),
        ((200, {"ok": True, "result": []}), Why.STRANGE, False),
    ],
)
async def test_what_is_no_answer_of_a_bot_is_told(
    me: tuple[int, Any], why: Why, *, no_such_bot: bool
) -> None:
    found = await asked(me, result(url=""))
    assert isinstance(found, TelegramAway)
    assert (found.problem.why, found.no_such_bot) == (why, no_such_bot)
    assert CANARY not in repr(judge_telegram(with_token(), found, NOW))


def test_what_cannot_be_a_token_is_not_sent_anywhere() -> None:
    for token in ("", "token", f"{TOKEN}/../x", f"{TOKEN} ", '"1:a"'):
        found = ask_telegram(token, "http://127.0.0.1:1")
        assert isinstance(found, TelegramAway)
        assert found.no_such_bot


HOOK = "https://board.example/telegram"
HOOKED = {"telegram_webhook_url": HOOK, "telegram_webhook_secret": "s" * 40}
FACTS = TelegramFacts(
    where="api.telegram.org",
    username="board_bot",
    may_join_groups=True,
    reads_all_messages=True,
    webhook=Webhook(),
    took_s=0.1,
)


@pytest.mark.parametrize(
    ("changes", "webhook", "code", "level"),
    [
        ({}, Webhook(), "polling", Level.OK),
        ({}, Webhook(pending=99), "polling", Level.OK),
        ({}, Webhook(pending=100), "pending", Level.WARNING),
        ({}, Webhook(url=HOOK), "webhook_in_the_way", Level.WARNING),
        (HOOKED, Webhook(), "no_webhook", Level.WARNING),
        (HOOKED, Webhook(url=HOOK), "webhook", Level.OK),
        (HOOKED, Webhook(url="https://other.example/x"), "other_webhook", Level.FAILED),
        (
            HOOKED,
            Webhook(url=HOOK, last_error="Connection refused", last_error_at=NOW - 60, pending=3),
            "webhook_error",
            Level.FAILED,
        ),
        (
            HOOKED,
            Webhook(url=HOOK, last_error="Connection refused", last_error_at=NOW - 60),
            "webhook_error",
            Level.WARNING,
        ),
        (
            HOOKED,
            Webhook(url=HOOK, last_error="Connection refused", last_error_at=NOW - 3600, pending=3),
            "webhook_error",
            Level.WARNING,
        ),
    ],
)
def test_the_way_of_updates_is_compared_with_the_settings(
    changes: dict[str, Any], webhook: Webhook, code: str, level: Level
) -> None:
    findings = judge_telegram(with_token(**changes), replace(FACTS, webhook=webhook), NOW)
    assert {finding.code: finding.level for finding in findings}[code] is level


def test_an_old_or_foreign_error_of_a_webhook_is_history() -> None:
    old = Webhook(url=HOOK, last_error="Connection refused", last_error_at=NOW - 86_401, pending=3)
    findings = judge_telegram(with_token(**HOOKED), replace(FACTS, webhook=old), NOW)
    assert "webhook_error" not in {finding.code for finding in findings}
    young = replace(old, url="", last_error_at=NOW)
    findings = judge_telegram(with_token(), replace(FACTS, webhook=young), NOW)
    assert "webhook_error" not in {finding.code for finding in findings}


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("Wrong response from the webhook: 502 Bad Gateway", "cannot reach the bot"),
        ("Wrong response from the webhook: 403 Forbidden", "secret"),
        ("Connection timed out", "firewall"),
        ("SSL error {error:0A000086:SSL routines::certificate verify failed}", "chain"),
        ("Failed to resolve host: Name or service not known", "DNS"),
        ("something new", "docs/runbook.md"),
    ],
)
def test_what_telegram_complains_of_is_explained(error: str, words: str) -> None:
    webhook = Webhook(url=HOOK, last_error=error, last_error_at=NOW - 60)
    findings = judge_telegram(with_token(**HOOKED), replace(FACTS, webhook=webhook), NOW)
    (told,) = [finding for finding in findings if finding.code == "webhook_error"]
    assert error in told.says
    assert words in told.advice


def test_the_path_of_a_webhook_which_may_hold_a_token_is_not_shown() -> None:
    for changes in ({}, HOOKED):
        webhook = Webhook(url=f"https://other.example:8443/{CANARY}")
        findings = judge_telegram(with_token(**changes), replace(FACTS, webhook=webhook), NOW)
        assert CANARY not in repr(findings)
        assert "other.example:8443" in repr(findings)


@pytest.mark.parametrize(
    ("may_join", "reads_all", "code"),
    [(False, False, "no_groups"), (True, True, "reads_groups"), (True, False, "privacy_mode")],
)
def test_what_the_bot_sees_in_groups_is_explained(
    *, may_join: bool, reads_all: bool, code: str
) -> None:
    facts = replace(FACTS, may_join_groups=may_join, reads_all_messages=reads_all)
    assert judge_telegram(with_token(), facts, NOW)[-1].code == code


def test_a_proxy_in_the_environment_that_the_bot_does_not_use_is_told() -> None:
    away = TelegramAway(where="api.telegram.org", problem=Unreachable(Why.SILENT))
    (plain,) = judge_telegram(with_token(), away, NOW, {})
    (told,) = judge_telegram(with_token(), away, NOW, {"HTTPS_PROXY": f"http://u:{CANARY}@proxy"})
    assert "HTTPS_PROXY" not in plain.advice
    assert "HTTPS_PROXY" in told.advice
    assert CANARY not in repr(told)


def test_without_a_token_the_bot_is_not_started_which_is_no_failure() -> None:
    (told,) = judge_telegram(Settings(_env_file=None, bot_token=None), None, NOW)
    assert (told.code, told.level) == ("no_token", Level.WARNING)
