"""What the Bot API's answers mean for this installation. Pure."""

import os
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from core.operate.doctor.ask_telegram import TelegramAway, TelegramFacts, Webhook
from core.operate.doctor.finding import Finding, Subject, failed, ok, warning
from core.operate.doctor.reach import Why, away
from core.settings import Settings

# One answer of getUpdates carries 100; more than that have waited since before the last one.
MANY_PENDING: Final = 100
# Telegram tries a webhook again after seconds, then minutes: a younger error still stands.
STANDING_ERROR_S: Final = 600
# An older one is history: Telegram keeps updates for a day.
OLD_ERROR_S: Final = 24 * 3600

# Parts of Telegram's last_error_message -> what it means here.
_MEANS: Final = (
    ("refused", "nothing listens behind the proxy: is the bot running, is the proxy's port right?"),
    ("timed out", "a firewall drops it, or the bot does not answer: look at its log."),
    ("timeout", "a firewall drops it, or the bot does not answer: look at its log."),
    ("ssl", "the proxy's certificate is not trusted: it needs the full chain, not self-signed."),
    ("certificate", "the proxy's certificate is not trusted: it needs the full chain."),
    ("resolve", "the name of TELEGRAM_WEBHOOK_URL is not in the public DNS."),
    ("name or service", "the name of TELEGRAM_WEBHOOK_URL is not in the public DNS."),
    ("401", "the secret differs: restart the bot, which sets it anew."),
    ("403", "the proxy forbids it, or the secret differs: restart the bot, which sets it anew."),
    ("404", "the proxy does not send this path to the bot."),
    ("405", "the proxy does not let POST through to the bot."),
    ("413", "the proxy limits bodies too tightly: 1 MB is enough for an update."),
    ("500", "the bot has failed: its log says why."),
    ("502", "the proxy cannot reach the bot: TELEGRAM_WEBHOOK_BIND and _PORT, and is it running?"),
    ("503", "the proxy cannot reach the bot: TELEGRAM_WEBHOOK_BIND and _PORT, and is it running?"),
    ("504", "the proxy waits for the bot in vain: look at its log."),
)


def judge_telegram(
    settings: Settings,
    found: TelegramFacts | TelegramAway | None,
    now: float,
    environ: Mapping[str, str] = os.environ,
) -> list[Finding]:
    """found: None without a token. now: Unix time."""
    if settings.bot_token is None or found is None:
        return [
            warning(
                Subject.TELEGRAM,
                "no_token",
                "BOT_TOKEN is not set: the bot is not started",
                "Take one from @BotFather (docs/runbook.md) and put it into .env.",
            )
        ]
    if isinstance(found, TelegramAway):
        return [_away(found, environ)]
    findings = [
        ok(
            Subject.TELEGRAM,
            "answers",
            f"@{found.username} on {found.where}, answered in {found.took_s:.1f} s",
        ),
        _way(settings, found.webhook),
    ]
    if settings.telegram_webhook_url is not None:
        findings += _webhook_error(found.webhook, now)
    if found.webhook.pending >= MANY_PENDING:
        findings.append(
            warning(
                Subject.TELEGRAM,
                "pending",
                f"{found.webhook.pending} updates wait at Telegram",
                "The bot is not running or cannot keep up: its log says which. They are kept "
                "for a day.",
            )
        )
    findings.append(_groups(found))
    return findings


def _away(found: TelegramAway, environ: Mapping[str, str]) -> Finding:
    if found.no_such_bot:
        return failed(
            Subject.TELEGRAM,
            "token_refused",
            f"{found.where} refuses BOT_TOKEN",
            "Copy it again from @BotFather, digits, colon and letters, without quotes or spaces; "
            "after /revoke only the new one works.",
        )
    if found.problem.why is Why.STRANGE:
        advice = (
            "Is something between us and Telegram, such as a proxy or a sign-in page of the "
            "network? Is TELEGRAM_API_URL right? Try again in a minute."
        )
    elif found.problem.why is Why.TLS:
        advice = "Is this machine's clock right? Does a proxy open TLS? The bot trusts neither."
    else:
        advice = (
            "Does this machine reach the internet, and may it reach Telegram? Else set "
            "TELEGRAM_API_URL to a Bot API server that it reaches."
        )
    proxies = [name for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY") if environ.get(name)]
    if proxies:
        advice += f" {proxies[0]} is set, but the bot connects directly."
    return away(Subject.TELEGRAM, found.where, found.problem, advice)


def _way(settings: Settings, webhook: Webhook) -> Finding:
    """Whether updates come the way that the settings say."""
    wanted = settings.telegram_webhook_url
    if wanted is None:
        if not webhook.url:
            return ok(Subject.TELEGRAM, "polling", f"long polling{_waiting(webhook)}")
        return warning(
            Subject.TELEGRAM,
            "webhook_in_the_way",
            f"a webhook to {_host(webhook.url)} is set, but long polling is configured",
            "The bot removes it when it starts. If it comes back, another program uses this token: "
            "stop that, or /revoke the token.",
        )
    if not webhook.url:
        return warning(
            Subject.TELEGRAM,
            "no_webhook",
            "no webhook is set, though TELEGRAM_WEBHOOK_URL is",
            "The bot sets it when it starts. If it runs, its log says why it could not.",
        )
    if webhook.url.rstrip("/") != str(wanted).rstrip("/"):
        return failed(
            Subject.TELEGRAM,
            "other_webhook",
            f"the webhook goes to another address, on {_host(webhook.url)}",
            "Restart the bot, which sets its own. If it changes again, another installation uses "
            "this token.",
        )
    return ok(
        Subject.TELEGRAM,
        "webhook",
        f"webhook to {_host(webhook.url)}, {webhook.max_connections} connections at most"
        f"{_waiting(webhook)}",
    )


def _webhook_error(webhook: Webhook, now: float) -> list[Finding]:
    """Telegram's last complaint about the webhook, while it matters."""
    age_s = now - webhook.last_error_at
    if not webhook.last_error_at or age_s > OLD_ERROR_S:
        return []
    says = f'Telegram could not deliver {_ago(age_s)}: "{webhook.last_error}"'
    lower = webhook.last_error.lower()
    means = next((meaning for words, meaning in _MEANS if words in lower), "")
    advice = f"It means: {means}" if means else "docs/runbook.md tells what a webhook needs."
    level = failed if webhook.pending and age_s < STANDING_ERROR_S else warning
    return [level(Subject.TELEGRAM, "webhook_error", says, advice)]


def _groups(found: TelegramFacts) -> Finding:
    if not found.may_join_groups:
        return ok(
            Subject.TELEGRAM,
            "no_groups",
            "cannot be added to groups",
            "@BotFather's /setjoingroups changes that; private chats need nothing.",
        )
    if found.reads_all_messages:
        return ok(Subject.TELEGRAM, "reads_groups", "privacy mode is off: sees photos in groups")
    return ok(
        Subject.TELEGRAM,
        "privacy_mode",
        "privacy mode is on: in groups it sees commands and replies only",
        "To take photos there, make it an admin of the group, or turn it off with @BotFather's "
        "/setprivacy and add the bot anew.",
    )


def _waiting(webhook: Webhook) -> str:
    return f", {webhook.pending} updates wait" if 0 < webhook.pending < MANY_PENDING else ""


def _host(url: str) -> str:
    """Host and port alone: paths of webhooks often hold a token."""
    parts = urlsplit(url)
    try:
        return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
    except ValueError:
        return "an address that cannot be read"


def _ago(seconds: float) -> str:
    if seconds < 120:  # noqa: PLR2004  # below two minutes they are told in seconds
        return f"{max(0, round(seconds))} s ago"
    if seconds < 2 * 3600:
        return f"{round(seconds / 60)} min ago"
    return f"{round(seconds / 3600)} h ago"
