"""Asks the Bot API who the bot is and how its updates travel: getMe and getWebhookInfo."""

import json
import re
import time
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import certifi
import urllib3

from core.operate.doctor.reach import Unreachable, Why, why_of

TELEGRAM: Final = "https://api.telegram.org"
# A working line answers in 0.1 to 0.5 s; two calls of these fit the check's limit.
CONNECT_S: Final = 3.0
READ_S: Final = 4.0
# Both answers have a few hundred bytes.
MOST_BYTES: Final = 64 * 1024
# What aiogram takes for a token; another one never leaves this machine.
_TOKEN: Final = re.compile(r"\d+:[^\s/?#]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """What getWebhookInfo tells. url: empty without a webhook. last_error_at: Unix time, or 0."""

    url: str = ""
    pending: int = 0
    last_error_at: int = 0
    last_error: str = ""
    max_connections: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramFacts:
    """took_s: of the first of the two calls, with its connection."""

    where: str
    username: str
    may_join_groups: bool
    reads_all_messages: bool
    webhook: Webhook
    took_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramAway:
    """The API cannot be used. no_such_bot: it can, but the token is of no bot."""

    where: str
    problem: Unreachable
    no_such_bot: bool = False


def where_of(api_url: str | None) -> str:
    """Host and port of the Bot API server, without anything secret."""
    parts = urlsplit(api_url or TELEGRAM)
    return f"{parts.hostname}:{parts.port}" if parts.port else f"{parts.hostname}"


def ask_telegram(token: str, api_url: str | None) -> TelegramFacts | TelegramAway:
    """Both calls, one after the other. Blocks for 14 s at most.

    Directly and with certifi's authorities, as the bot connects, so that doctor sees what it sees.
    """
    where = where_of(api_url)
    if _TOKEN.fullmatch(token) is None:
        problem = Unreachable(Why.DENIED, "not of a token's form")
        return TelegramAway(where=where, problem=problem, no_such_bot=True)
    base = f"{(api_url or TELEGRAM).rstrip('/')}/bot{token}"
    timeout = urllib3.Timeout(connect=CONNECT_S, read=READ_S)
    with urllib3.PoolManager(
        timeout=timeout, retries=False, ca_certs=certifi.where(), maxsize=1
    ) as http:
        began = time.monotonic()
        me = _call(http, f"{base}/getMe")
        took_s = time.monotonic() - began
        if isinstance(me, Unreachable):
            refused = me.why is Why.DENIED
            return TelegramAway(where=where, problem=me, no_such_bot=refused)
        webhook = _call(http, f"{base}/getWebhookInfo")
        if isinstance(webhook, Unreachable):
            return TelegramAway(where=where, problem=webhook)
    return TelegramFacts(
        where=where,
        username=str(me.get("username", "")),
        may_join_groups=me.get("can_join_groups") is True,
        reads_all_messages=me.get("can_read_all_group_messages") is True,
        webhook=Webhook(
            url=str(webhook.get("url", "")),
            pending=_number(webhook, "pending_update_count"),
            last_error_at=_number(webhook, "last_error_date"),
            last_error=str(webhook.get("last_error_message", "")),
            max_connections=_number(webhook, "max_connections"),
        ),
        took_s=took_s,
    )


def _call(http: urllib3.PoolManager, url: str) -> dict[str, Any] | Unreachable:
    """The `result` of one method. Any: the values of somebody else's JSON."""
    try:
        # No redirect is followed: the address holds the token.
        answer = http.request("GET", url, redirect=False, preload_content=False)
        try:
            body = answer.read(MOST_BYTES)
        finally:
            answer.release_conn()
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        return Unreachable(why_of(error))
    return _understood(answer.status, body)


def _understood(status: int, body: bytes) -> dict[str, Any] | Unreachable:
    try:
        told = json.loads(body)
    except ValueError:
        told = None
    match told:
        case {"ok": True, "result": dict(result)}:
            return result
        # A token of another form than Telegram's is answered with 404.
        case {"ok": False, "error_code": 401 | 404}:
            return Unreachable(Why.DENIED)
        case {"ok": False, "error_code": int(code)}:
            return Unreachable(Why.STRANGE, f"error {code}")
        case _:
            return Unreachable(Why.STRANGE, f"HTTP {status}, not the Bot API's JSON")


def _number(values: dict[str, Any], name: str) -> int:
    value = values.get(name, 0)
    return value if isinstance(value, int) else 0
