"""Logs: structlog, for people on a terminal and as JSON lines elsewhere; no secret gets through."""

import logging
import re
import sys
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from typing import Any, Final

import structlog
from pydantic import SecretStr

from core.settings import Settings

REDACTED: Final = "[redacted]"
# Names of values that are secret whatever they hold.
_SECRET_NAME: Final = re.compile(
    r"token|secret|password|authorization|cookie|access_key", re.IGNORECASE
)
# Shapes that are secret wherever they stand: a Telegram bot token, also inside a URL; a bearer
# token; credentials or one of our own tokens in a URL.
_SECRET_SHAPE: Final = re.compile(
    r"(?<!\d)\d{6,12}:[A-Za-z0-9_-]{30,}"
    r"|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"
    r"|(?<=[Bb]earer )[A-Za-z0-9._~+/=-]+"
    r"|(?<=[?&]key=)[^&\s\"']+"
)
# Shorter values would blank innocent text; every secret that we make is longer.
_LEAST_SECRET: Final = 8
_QUIET: Final = (
    "arq.worker",
    "uvicorn.access",
    "httpx",
    "httpcore",
    "urllib3",
    "PIL",
    "multipart",
    "aiogram.event",
)


class Redactor:
    """A structlog processor that blanks secrets by name, by shape and by value."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._values = tuple(secret for secret in secrets if len(secret) >= _LEAST_SECRET)

    def __call__(
        self, _logger: Any, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """Blank `event` in place."""
        for name, value in event.items():
            event[name] = REDACTED if self._named_secret(name, value) else self.clean(value)
        return event

    @staticmethod
    def _named_secret(name: str, value: object) -> bool:
        return value is not None and _SECRET_NAME.search(name) is not None

    def clean(self, value: Any) -> Any:
        """`value` without secrets, containers included."""
        match value:
            case str():
                return self.clean_text(value)
            case bytes():
                return f"<{len(value)} bytes>"
            case SecretStr():
                return REDACTED
            case Mapping():
                return {
                    key: REDACTED if self._named_secret(str(key), held) else self.clean(held)
                    for key, held in value.items()
                }
            case Sequence():
                return [self.clean(item) for item in value]
            case int() | float() | None:
                return value
            case _:
                return self.clean_text(str(value))

    def clean_text(self, text: str) -> str:
        """`text` without secrets."""
        for secret in self._values:
            text = text.replace(secret, REDACTED)
        return _SECRET_SHAPE.sub(REDACTED, text)


def secrets_of(settings: Settings) -> list[str]:
    """Every secret value that the settings hold."""
    values = (getattr(settings, name) for name in type(settings).model_fields)
    return [value.get_secret_value() for value in values if isinstance(value, SecretStr)]


def configure_logs(settings: Settings, process: str, *, as_json: bool | None = None) -> None:
    """Set up logging for this process; `process` names it on every line.

    as_json: None means JSON unless stderr is a terminal. The standard library's records, those of
    dependencies among them, take the same way through the redactor, tracebacks included.
    """
    if as_json is None:
        as_json = not sys.stderr.isatty()
    redactor = Redactor(secrets_of(settings))
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redactor,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=True)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                redactor,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.contextvars.bind_contextvars(process=process)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger for dotted events with ids: log.info("board.ready", board_id=...)."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger
