"""What an error of Telegram's means for what was to be sent: a pure function of the error."""

from dataclasses import dataclass
from typing import Final

from aiogram.exceptions import (
    ClientDecodeError,
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)

from core.errors import DomainError, Unavailable

TOO_FAST: Final = "telegram_too_fast"
TELEGRAM_AWAY: Final = "telegram_away"
TELEGRAM_REFUSED: Final = "telegram_refused"
# Not 403, but the same: there is nobody to send to (wording of the Bot API server).
_NOBODY: Final = ("chat not found", "user not found", "peer_id_invalid", "group chat was deleted")
# The token was revoked while we run: only a person can help, and then all is sent.
_REFUSED_RETRY_S: Final = 60.0
_FIRST_RETRY_S: Final = 1.0
_LONGEST_RETRY_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class TooFast:
    """Telegram asks to wait for exactly `seconds`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class TokenGone:
    """The token is not known any more: nothing goes until a person puts that right."""

    seconds: float = _REFUSED_RETRY_S


@dataclass(frozen=True, slots=True)
class Gone:
    """Nobody is there: the bot was blocked or put out, or the chat is no more."""


@dataclass(frozen=True, slots=True)
class Moved:
    """The group is a supergroup now, with this id."""

    chat_id: int


@dataclass(frozen=True, slots=True)
class Away:
    """Telegram, or a server of ours, does not answer: later it will."""

    code: str


@dataclass(frozen=True, slots=True)
class Refused:
    """It will not be taken, however often it is tried."""

    code: str


Outcome = TooFast | TokenGone | Gone | Moved | Away | Refused


def outcome_of(error: Exception) -> Outcome:
    """What has to happen after this error of a send or an edit."""
    match error:
        case TelegramRetryAfter():
            return TooFast(float(error.retry_after))
        case TelegramUnauthorizedError() | TelegramNotFound():
            return TokenGone()
        case TelegramMigrateToChat():
            return Moved(error.migrate_to_chat_id)
        case TelegramForbiddenError():
            return Gone()
        case TelegramBadRequest() if _nobody(error):
            return Gone()
        case TelegramNetworkError() | TelegramServerError() | ClientDecodeError() | OSError():
            return Away(TELEGRAM_AWAY)
        case Unavailable():
            return Away(error.code)
        case DomainError():
            return Refused(error.code)
        case _:
            return Refused(TELEGRAM_REFUSED)


def _nobody(error: TelegramBadRequest) -> bool:
    return any(words in error.message.lower() for words in _NOBODY)


def retry_s(tries: int) -> float:
    """The pause after this many tries, in seconds: 1, 2, 4, ... 60."""
    return min(_LONGEST_RETRY_S, _FIRST_RETRY_S * 2.0 ** max(0, tries - 1))
