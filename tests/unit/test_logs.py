"""Logs: no secret gets through, whichever way it comes."""

import json
import logging
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO

import pytest
import structlog
from pydantic import SecretStr

from core.logs import REDACTED, configure_logs, get_logger, secrets_of
from core.settings import Settings

# One canary for each secret of the settings, and some that no setting holds.
CANARIES = {
    "database_password": "canary-database-7f3a9c",  # pragma: allowlist secret
    "redis_password": "canary-redis-51be20",  # pragma: allowlist secret
    "s3_secret_key": "canary-s3-9d20aa",  # pragma: allowlist secret
    "bot_token": "123456789:canary-bot-AAF1b2c3d4e5f6g7h8i9j0k",
    "telegram_webhook_secret": "canary-webhook-51ad07-of-32-letters",  # pragma: allowlist secret
}
FOREIGN_BOT = "987654321:AAcanary-of-another-bot-0123456789abcdef"  # pragma: allowlist secret
OWNER = "canary-owner-token-that-no-setting-holds-0123"
Say = Callable[[str], None]


@dataclass
class Holder:
    """Something whose text form holds a secret."""

    held: str


def log() -> structlog.stdlib.BoundLogger:
    return get_logger("tests.canary")


def in_exception(secret: str) -> None:
    try:
        int(f"cannot connect with {secret}")
    except ValueError:
        log().exception("canary.failed")


def in_chained_exception(secret: str) -> None:
    try:
        try:
            dict[str, str]()[secret]
        except KeyError as error:
            raise RuntimeError("outer") from error
    except RuntimeError:
        logging.getLogger("foreign").exception("it failed")


def in_bound_context(secret: str) -> None:
    with structlog.contextvars.bound_contextvars(note=secret):
        log().info("canary.context")


# Ways in which a secret of the settings, known by its value, may come to a log.
BY_VALUE: dict[str, Say] = {
    "in the event": lambda s: log().info(f"canary {s} flew"),
    "as a value": lambda s: log().info("canary", note=s),
    "within a value": lambda s: log().info("canary", url=f"http://u:{s}@host/?q={s}"),
    "nested": lambda s: log().info("canary", a={"b": [{"c": (s, {"d": s})}]}),
    "in a set": lambda s: log().info("canary", a={s}),
    "as bytes": lambda s: log().info("canary", a=s.encode()),
    "in an object": lambda s: log().info("canary", a=Holder(s)),
    "as an error": lambda s: log().info("canary", error=ValueError(s)),
    "as a SecretStr": lambda s: log().info("canary", a=SecretStr(s), b=[SecretStr(s)]),
    "in a traceback": in_exception,
    "in a chained traceback": in_chained_exception,
    "in the context": in_bound_context,
    "from another library": lambda s: logging.getLogger("foreign").warning("with %s", s),
    "from another library's dictionary": lambda s: logging.getLogger("foreign").warning(
        "with %(a)s", {"a": s}
    ),
}
# Secrets that are known by the name or by the shape alone.
BY_LOOKS: dict[str, tuple[str, Say]] = {
    "a name": (OWNER, lambda s: log().info("canary", owner_token=s)),
    "a nested name": (OWNER, lambda s: log().info("canary", headers={"Authorization": s})),
    "a cookie": (OWNER, lambda s: log().info("canary", headers={"Set-Cookie": f"member={s}"})),
    "a name with a number": (OWNER, lambda s: log().info("canary", a=[{"S3_SECRET_KEY": s}])),
    "a key link": (OWNER, lambda s: log().info(f"GET /a/ABC234/admin?key={s}&x=1")),
    "a key link elsewhere": (
        OWNER,
        lambda s: logging.getLogger("uvicorn.error").error("at %s", f"/a/X/admin?a=1&key={s}"),
    ),
    "a bearer": (OWNER, lambda s: log().info("canary", sent=f"Authorization: Bearer {s}")),
    "a bot's address": (
        FOREIGN_BOT,
        lambda s: logging.getLogger("foreign").warning(f"POST /bot{s}/sendPhoto"),  # noqa: G004
    ),
    "a bot's token": (FOREIGN_BOT, lambda s: log().info("canary", a=f"token is {s}.")),
    "a database's address": (
        "hunter2",
        lambda s: log().info("canary", url=f"postgresql://ada:{s}@db/x"),
    ),
    "an address without a user": (
        "hunter2",
        lambda s: log().info("canary", url=f"redis://:{s}@valkey:6379/0"),
    ),
}


@pytest.fixture
def settings() -> Settings:
    fields = {name: SecretStr(value) for name, value in CANARIES.items()}
    return Settings(_env_file=None, **fields)  # type: ignore[arg-type]  # all of them SecretStr


@pytest.fixture
def stderr(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """Where the logs go; pytest's own capture changes its streams between set-up and test."""
    stream = StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    return stream


@pytest.fixture(params=[True, False], ids=["json", "human"])
def as_json(
    request: pytest.FixtureRequest,
    settings: Settings,
    stderr: StringIO,  # noqa: ARG001 -- it must be there when the logs are set up
) -> Iterator[bool]:
    """Logs as a process sets them up, and everything as before afterwards."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in logging.root.manager.loggerDict}
    configure_logs(settings, "tests", as_json=request.param)
    yield request.param
    root.handlers[:] = before
    root.setLevel(level)
    for name, old in levels.items():
        logging.getLogger(name).setLevel(old)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def test_every_secret_setting_has_its_canary(settings: Settings) -> None:
    secret = {
        name
        for name, field in Settings.model_fields.items()
        if "SecretStr" in str(field.annotation)
    }
    assert set(CANARIES) == secret
    assert set(secrets_of(settings)) == set(CANARIES.values())


@pytest.mark.usefixtures("as_json")
@pytest.mark.parametrize("way", BY_VALUE)
@pytest.mark.parametrize("name", CANARIES)
def test_no_secret_setting_reaches_the_log(stderr: StringIO, name: str, way: str) -> None:
    BY_VALUE[way](CANARIES[name])
    written = stderr.getvalue()
    assert written
    assert CANARIES[name] not in written
    assert "canary-" not in written


@pytest.mark.usefixtures("as_json")
@pytest.mark.parametrize("look", BY_LOOKS)
def test_no_secret_is_known_by_its_value_alone(stderr: StringIO, look: str) -> None:
    secret, say = BY_LOOKS[look]
    say(secret)
    written = stderr.getvalue()
    assert REDACTED in written
    assert secret not in written


def test_what_is_no_secret_stays_readable(stderr: StringIO, *, as_json: bool) -> None:
    log().info("board.ready", board_id="0b54", sizes=[1, 2.5, None], at="12:34:56")
    line = stderr.getvalue()
    if as_json:
        told = json.loads(line)
        assert told["event"] == "board.ready"
        assert (told["board_id"], told["sizes"], told["at"]) == ("0b54", [1, 2.5, None], "12:34:56")
        assert (told["level"], told["process"]) == ("info", "tests")
        assert told["timestamp"].endswith("Z")
    else:
        assert "board.ready" in line
        assert "0b54" in line


def test_a_traceback_is_told_with_its_place(stderr: StringIO, *, as_json: bool) -> None:
    in_exception("nothing secret")
    written = stderr.getvalue()
    assert "in_exception" in written
    assert "'cannot connect with nothing secret'" in written
    if as_json:
        assert written.count("\n") == 1


@pytest.mark.usefixtures("as_json")
def test_lines_below_the_level_and_chatter_are_left_out(
    stderr: StringIO,
) -> None:
    log().debug("canary.small")
    logging.getLogger("httpx").info("HTTP Request: POST")
    assert stderr.getvalue() == ""
