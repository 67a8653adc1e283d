"""Replies on their way to Telegram: what is counted, and what a refusal leads to."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramRetryAfter
from aiogram.methods import (
    AnswerCallbackQuery,
    CopyMessage,
    CopyMessages,
    DeleteMessage,
    EditMessageReplyMarkup,
    EditMessageText,
    ForwardMessages,
    GetFile,
    Response,
    SendChatAction,
    SendDocument,
    SendMediaGroup,
    SendMessage,
    TelegramMethod,
)
from aiogram.types import InputMediaPhoto

from bot.outgoing import Replies, messages_in
from bot.turns import Turns
from core.services import Services
from tests.waiting import eventually

BOT_ID = 424242
BOT = Bot(f"{BOT_ID}:never-used")
ALBUM: list[Any] = [InputMediaPhoto(media="id")] * 4


@pytest.mark.parametrize(
    ("method", "messages"),
    [
        (SendMessage(chat_id=1, text="x"), 1),
        (SendDocument(chat_id=1, document="id"), 1),
        (SendMediaGroup(chat_id=1, media=ALBUM), 4),
        (EditMessageText(chat_id=1, message_id=2, text="x"), 1),
        (EditMessageReplyMarkup(chat_id=1, message_id=2), 1),
        (CopyMessage(chat_id=1, from_chat_id=2, message_id=3), 1),
        (CopyMessages(chat_id=1, from_chat_id=2, message_ids=[3, 4]), 2),
        (ForwardMessages(chat_id=1, from_chat_id=2, message_ids=[3, 4, 5]), 3),
        (SendChatAction(chat_id=1, action="typing"), 0),
        (DeleteMessage(chat_id=1, message_id=2), 0),
        (AnswerCallbackQuery(callback_query_id="1"), 0),
        (GetFile(file_id="id"), 0),
    ],
    ids=lambda value: getattr(value, "__api_method__", str(value)),
)
def test_what_telegram_counts_as_messages(method: TelegramMethod[Any], messages: int) -> None:
    assert messages_in(method) == messages


class Telegram:
    """What make_request() reaches: answers, or refuses while `refuses` says so."""

    def __init__(self, refuses: Callable[[TelegramMethod[Any], int], int | None]) -> None:
        self._refuses = refuses
        self.asked: list[tuple[int, float]] = []

    async def __call__(self, bot: Bot, method: TelegramMethod[Any]) -> Response[Any]:
        del bot
        self.asked.append((getattr(method, "chat_id", 0), time.monotonic()))
        retry_after = self._refuses(method, len(self.asked))
        if retry_after is not None:
            raise TelegramRetryAfter(method, "Too Many Requests", retry_after)
        return Response(ok=True, result=True)


def say(chat_id: int) -> SendMessage:
    return SendMessage(chat_id=chat_id, text="x")


async def test_replies_to_a_refused_chat_wait_and_others_do_not(services: Services) -> None:
    replies = Replies(Turns(services.redis, BOT_ID))
    # Long enough that a busy machine sends to the other chat before it is over.
    telegram = Telegram(lambda _, asked: 3 if asked == 1 else None)
    refused = asyncio.create_task(replies(telegram, BOT, say(1)))

    async def asked() -> int:
        return len(telegram.asked)

    await eventually(asked, lambda times: times == 1)
    await asyncio.gather(refused, replies(telegram, BOT, say(1)), replies(telegram, BOT, say(2)))
    to_one = [at for chat_id, at in telegram.asked if chat_id == 1]
    (to_two,) = [at for chat_id, at in telegram.asked if chat_id == 2]
    assert len(to_one) == 3
    assert to_one[1] - to_one[0] >= 3.0
    assert to_two < to_one[1]


async def test_a_reply_to_a_chat_that_waits_for_long_does_not_ask_telegram_again(
    services: Services,
) -> None:
    replies = Replies(Turns(services.redis, BOT_ID))
    telegram = Telegram(lambda *_: 300)
    with pytest.raises(TelegramRetryAfter):
        await replies(telegram, BOT, say(1))
    with pytest.raises(TelegramRetryAfter) as told:
        await replies(telegram, BOT, say(1))
    assert 290 < told.value.retry_after <= 300
    assert len(telegram.asked) == 1


async def test_a_refused_method_that_is_no_message_holds_no_messages(services: Services) -> None:
    turns = Turns(services.redis, BOT_ID)
    telegram = Telegram(lambda _, asked: 1 if asked == 1 else None)
    asking = asyncio.create_task(Replies(turns)(telegram, BOT, GetFile(file_id="id")))
    assert await turns.take(1, 0.0) == 0.0
    await asking
    (_, refused), (_, taken) = telegram.asked
    assert taken - refused >= 1.0


async def test_a_storm_of_refusals_draws_few_more(services: Services) -> None:
    """Whoever asks within two seconds of the first refusal is refused, for what is left of them."""
    turns = Turns(services.redis, BOT_ID)
    replies = Replies(turns)
    refused: list[float] = []

    def refuses(_: TelegramMethod[Any], _asked: int) -> int | None:
        now = time.monotonic()
        if refused and now - refused[0] >= 2.0:
            return None
        refused.append(now)
        return 2

    async def held_s() -> float:
        return turns.held_s

    telegram = Telegram(refuses)
    early = [asyncio.create_task(replies(telegram, BOT, say(chat))) for chat in range(1, 4)]
    await eventually(held_s, lambda seconds: seconds > 0.0)
    late = [replies(telegram, BOT, say(chat)) for chat in range(10, 60)]
    await asyncio.gather(*early, *late)
    # The third may have been in flight when the second was refused; none of the fifty asked.
    assert 2 <= len(refused) <= 3
    assert len(telegram.asked) == len(refused) + 3 + 50
