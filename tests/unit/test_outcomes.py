"""What Telegram's errors mean for what was to be sent."""

import pytest
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.methods import GetMe

from bot.outcomes import Away, Gone, Moved, Outcome, Refused, TokenGone, TooFast, outcome_of
from core.errors import RenditionNotReady, StorageUnavailable

ASKED = GetMe()


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (TelegramRetryAfter(ASKED, "Too Many Requests", 7), TooFast(7.0)),
        (TelegramUnauthorizedError(ASKED, "Unauthorized"), TokenGone()),
        (TelegramForbiddenError(ASKED, "bot was blocked by the user"), Gone()),
        (TelegramBadRequest(ASKED, "Bad Request: chat not found"), Gone()),
        (TelegramBadRequest(ASKED, "Bad Request: PEER_ID_INVALID"), Gone()),
        (TelegramMigrateToChat(ASKED, "upgraded to a supergroup", -100_777), Moved(-100_777)),
        (TelegramNetworkError(ASKED, "reset"), Away("telegram_away")),
        (TelegramServerError(ASKED, "Bad Gateway"), Away("telegram_away")),
        (ConnectionResetError(), Away("telegram_away")),
        (StorageUnavailable(), Away("storage_unavailable")),
        (RenditionNotReady(), Refused("rendition_not_ready")),
        (
            TelegramBadRequest(ASKED, "Bad Request: text is too long"),
            Refused("telegram_refused"),
        ),
    ],
)
def test_an_error_of_a_send_says_what_to_do(error: Exception, outcome: Outcome) -> None:
    assert outcome_of(error) == outcome
