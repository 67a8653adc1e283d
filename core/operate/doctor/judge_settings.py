"""What the settings alone tell: contradictions, and what will surprise somebody. Pure."""

import ipaddress
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final
from urllib.parse import urlsplit

from pydantic import ValidationError

from core.operate.doctor.ask_machine import EnvFile
from core.operate.doctor.finding import Finding, Subject, failed, ok, warning
from core.settings import Settings

# Where Telegram's own servers send webhooks: its documentation of setWebhook.
WEBHOOK_PORTS: Final = (443, 80, 88, 8443)

# How alike a name in .env must be to a setting's to be taken for a slip: BOT_TOKN, S3_ACESS_KEY.
ALIKE: Final = 0.8

_EVERYWHERE: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104  # compared with, not bound


def judge_settings(settings: Settings, env_file: EnvFile) -> list[Finding]:
    """All that is wrong or risky; one OK where nothing is."""
    found = [*_addresses(settings), *_webhook(settings), *_secrets(settings, env_file)]
    return found or [ok(Subject.SETTINGS, "good", "nothing contradicts, nothing is risky")]


def unreadable(problem: ValueError | OSError) -> list[Finding]:
    """Settings that cannot be loaded: a finding each, without the value."""
    if not isinstance(problem, ValidationError):
        reason = problem.strerror if isinstance(problem, OSError) else "not UTF-8 text"
        return [
            failed(
                Subject.SETTINGS,
                "unreadable",
                f".env cannot be read ({reason})",
                "Make it a text file that this account can read.",
            )
        ]
    return [
        failed(
            Subject.SETTINGS,
            "wrong",
            f"{'.'.join(map(str, error['loc'])).upper()}: "
            f"{error['msg'].removeprefix('Value error, ')}",
            ".env.example says what it may be. Nothing else was checked.",
        )
        for error in problem.errors(include_input=False, include_url=False)
    ]


def _addresses(settings: Settings) -> Iterator[Finding]:
    bound_here = _is_private_name(settings.auditorium_bind, loopback_only=True)
    linked_here = _is_private_name(urlsplit(settings.public_url).hostname, loopback_only=True)
    if linked_here and not bound_here:
        yield warning(
            Subject.SETTINGS,
            "no_public_url",
            f"AUDITORIUM_BIND is {settings.auditorium_bind}, but links and QR codes say "
            f"{_origin(settings)}",
            "Set AUDITORIUM_PUBLIC_URL to the address that phones can reach.",
        )
    elif linked_here and settings.bot_token is not None:
        yield warning(
            Subject.SETTINGS,
            "links_lead_nowhere",
            f"the bot's links say {_origin(settings)}, which opens on this machine alone",
            "Set AUDITORIUM_PUBLIC_URL to the address that phones can reach.",
        )
    if _has_password(settings.database_url) or _has_password(settings.redis_url):
        yield warning(
            Subject.SETTINGS,
            "password_in_url",
            "DATABASE_URL or REDIS_URL holds a password",
            "Put it into DATABASE_PASSWORD or REDIS_PASSWORD: addresses end up in logs.",
        )


def _webhook(settings: Settings) -> Iterator[Finding]:
    url = settings.telegram_webhook_url
    if url is None:
        return
    if settings.bot_token is None:
        yield warning(
            Subject.SETTINGS,
            "webhook_without_bot",
            "TELEGRAM_WEBHOOK_URL is set, but BOT_TOKEN is not",
            "Set BOT_TOKEN too, or remove the webhook.",
        )
    # A Bot API server of one's own takes what Telegram's does not.
    if settings.telegram_api_url is None:
        if url.scheme != "https":
            yield failed(
                Subject.SETTINGS,
                "webhook_not_https",
                "TELEGRAM_WEBHOOK_URL is not https, which Telegram refuses",
                "Give the reverse proxy a certificate and set the https address.",
            )
        elif url.port not in WEBHOOK_PORTS:
            yield failed(
                Subject.SETTINGS,
                "webhook_port",
                f"Telegram sends no webhooks to port {url.port}",
                "Use 443, 80, 88 or 8443 at the proxy; TELEGRAM_WEBHOOK_PORT is another thing.",
            )
        if _is_private_name(url.host):
            yield failed(
                Subject.SETTINGS,
                "webhook_private",
                f"Telegram cannot reach {url.host}",
                "TELEGRAM_WEBHOOK_URL needs a public name; without one use long polling.",
            )
    public = settings.auditorium_public_url
    if public is not None and public.scheme != "https":
        yield warning(
            Subject.SETTINGS,
            "http_beside_webhook",
            "AUDITORIUM_PUBLIC_URL is http, though there is a proxy with https for the webhook",
            "Let the proxy serve the pages too: links carry keys that http shows to the network.",
        )
    same_port = settings.telegram_webhook_port == settings.auditorium_port
    binds = {settings.telegram_webhook_bind, settings.auditorium_bind}
    if same_port and (len(binds) == 1 or binds & _EVERYWHERE):
        yield failed(
            Subject.SETTINGS,
            "same_port",
            f"web and the bot's listener both want port {settings.auditorium_port}",
            "Set TELEGRAM_WEBHOOK_PORT to another one.",
        )


def _secrets(settings: Settings, env_file: EnvFile) -> Iterator[Finding]:
    if env_file.mode is not None and env_file.mode & 0o007 and _holds_secrets(settings):
        yield warning(
            Subject.SETTINGS,
            "open_env_file",
            f".env has mode {env_file.mode:04o}: every account of this machine can read it",
            "chmod 600 .env",
        )
    known = {name.upper() for name in Settings.model_fields}
    for name in env_file.names:
        alike = get_close_matches(name.upper(), known, 1, ALIKE)
        if name.upper() not in known and alike:
            yield warning(
                Subject.SETTINGS,
                "slip",
                f"{name} in .env is no setting",
                f"Is {alike[0]} meant?",
            )


def _holds_secrets(settings: Settings) -> bool:
    return settings.bot_token is not None or bool(
        settings.database_password.get_secret_value() or settings.s3_secret_key.get_secret_value()
    )


def _origin(settings: Settings) -> str:
    parts = urlsplit(settings.public_url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _has_password(url: object) -> bool:
    userinfo, at, _ = str(url).partition("://")[2].partition("@")
    return bool(at) and bool(userinfo.partition(":")[2])


def _is_private_name(host: str | None, *, loopback_only: bool = False) -> bool:
    """Whether nobody outside can reach the host; of names only the obvious ones are known."""
    if host is None or host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return not loopback_only and host.endswith((".local", ".internal", ".lan"))
    return address.is_loopback if loopback_only else not address.is_global
