"""The page of four phones with a bot of a few lines behind it, in a thread of its own.

A thread, because Playwright's synchronous interface keeps an event loop running in the tests'.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from aiogram import Bot, Dispatcher, F
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import Command, CommandObject, CommandStart
from aiogram.types import (
    BotCommand,
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
    ReactionTypeEmoji,
)

from tests.telegram.botapi import BotApi
from tests.telegram.botapi.http import serving
from tests.telegram.demo.server import demo_application

START_S = 30


def _keyboard(label: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(
        inline_keyboard=[
            [
                InlineKeyboardButton(text=label, callback_data="like"),
                InlineKeyboardButton(text="Warn me", callback_data="warn"),
            ],
            [InlineKeyboardButton(text="Gallery", url="https://gallery.example/a/1")],
        ]
    )


async def _welcome(message: Message, command: CommandObject) -> None:
    await message.answer(f"Welcome to <b>{command.args}</b>", parse_mode="HTML")


async def _board(message: Message) -> None:
    await message.react([ReactionTypeEmoji(emoji="👀")])
    status = await message.reply("Sharpening")
    assert message.photo is not None
    await message.answer_photo(
        message.photo[-1].file_id, caption="Board 1", reply_markup=_keyboard("Like")
    )
    await status.edit_text("Board 1 is ready")


async def _pressed(query: CallbackQuery) -> None:
    if query.data == "warn":
        await query.answer("The auditorium is closed", show_alert=True)
        return
    assert isinstance(query.message, Message)
    await query.message.edit_reply_markup(reply_markup=_keyboard("Like ✓"))
    await query.answer("Thank you")


async def _help(message: Message) -> None:
    await message.reply("Send a photo")


def _dispatcher() -> Dispatcher:
    dispatcher = Dispatcher()
    dispatcher.message.register(_welcome, CommandStart(deep_link=True))
    dispatcher.message.register(_help, Command("help"))
    dispatcher.message.register(_board, F.photo)
    dispatcher.callback_query.register(_pressed)
    return dispatcher


@dataclass(frozen=True)
class Telegram:
    """A running server. url: of the page."""

    api: BotApi
    loop: asyncio.AbstractEventLoop

    @property
    def url(self) -> str:
        """The page."""
        return f"{self.api.url}/"

    def ask(self, look: Callable[[BotApi], Any]) -> Any:  # whatever is looked at
        """Look at the server's state where it lives."""
        answer: Future[Any] = Future()
        self.loop.call_soon_threadsafe(lambda: answer.set_result(look(self.api)))
        return answer.result(START_S)


async def _run(started: "Future[Telegram]", stop: asyncio.Event) -> None:
    api = BotApi()
    async with serving(api, demo_application(api)):
        session = AiohttpSession(api=TelegramAPIServer.from_base(api.url))
        async with Bot(api.token, session=session) as bot:
            await bot.set_my_commands([BotCommand(command="help", description="How it works")])
            await bot.set_my_description("Makes boards readable")
            dispatcher = _dispatcher()
            polling = asyncio.create_task(
                dispatcher.start_polling(bot, handle_signals=False), name="polling"
            )
            started.set_result(Telegram(api, asyncio.get_running_loop()))
            await stop.wait()
            await dispatcher.stop_polling()
            await polling


@contextmanager
def scripted_telegram() -> Iterator[Telegram]:
    """The server, its page and its bot, for as long as the block runs."""
    started: Future[Telegram] = Future()
    stop = asyncio.Event()

    def work() -> None:
        try:
            asyncio.run(_run(started, stop))
        except BaseException as error:
            if not started.done():
                started.set_exception(error)
            raise

    thread = threading.Thread(target=work, name="telegram")
    thread.start()
    try:
        telegram = started.result(START_S)
        yield telegram
    finally:
        if started.done() and started.exception() is None:
            started.result().loop.call_soon_threadsafe(stop.set)
        thread.join(START_S)
