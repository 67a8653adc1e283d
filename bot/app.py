"""The bot put together: what runs beside what, who may run, and how it stops."""

import asyncio
from contextlib import AsyncExitStack, suppress
from typing import Final

from aiogram import Bot, Dispatcher, F
from aiogram.enums import ChatType
from aiogram.exceptions import TelegramAPIError
from aiogram.types import BotCommand

from bot.handlers import boards, rooms, uploads
from bot.link import REFUSED, Link, TokenRefused, bot_id, make_bot
from bot.middlewares import Language, TellErrors
from bot.outgoing import Replies
from bot.pictures import BoardPictures
from bot.polling import Polling
from bot.sender import Sender
from bot.stopping import stops_within
from bot.turns import Turns
from core.errors import DatabaseUnavailable
from core.exclusive import Exclusive
from core.logs import get_logger
from core.services import Services, open_services
from core.settings import Settings
from core.texts import SOURCE_LOCALE, Catalogues, Texts, load_texts

log = get_logger(__name__)

# A bot that waits behind another takes over within this time of its end.
_LOCK_RETRY_S: Final = 2.0
# Closing sessions takes half a second more; the supervisor kills after five.
_STOP_WITHIN_S: Final = 3.5


def make_dispatcher(
    services: Services, pictures: BoardPictures, catalogues: Catalogues
) -> Dispatcher:
    """Handlers for private chats, with what they need."""
    dispatcher = Dispatcher(services=services, pictures=pictures)
    dispatcher.message.filter(F.chat.type == ChatType.PRIVATE)
    for observer in (dispatcher.message, dispatcher.callback_query):
        observer.middleware(Language(catalogues))
        observer.middleware(TellErrors())
    dispatcher.include_routers(rooms.make_router(), uploads.make_router(), boards.make_router())
    return dispatcher


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Until told to stop. Raises TokenRefused."""
    if settings.bot_token is None:
        raise TokenRefused("BOT_TOKEN is not set")
    token = settings.bot_token.get_secret_value()
    async with AsyncExitStack() as stack:
        services = await stack.enter_async_context(open_services(settings))
        lock = await stack.enter_async_context(Exclusive(settings, f"bot {bot_id(token)}"))
        # Replies and boards go by bots of their own: only replies retry by themselves.
        replies, bulk = make_bot(settings, token), make_bot(settings, token)
        stack.push_async_callback(replies.session.close)
        stack.push_async_callback(bulk.session.close)
        working = asyncio.create_task(_work(services, lock, replies, bulk, stop), name="bot")
        stopping = asyncio.create_task(stop.wait(), name="stop")
        try:
            await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait({working}, timeout=_STOP_WITHIN_S)
        finally:
            stopping.cancel()
            working.cancel()
            with suppress(asyncio.CancelledError):
                await working


async def _work(
    services: Services, lock: Exclusive, replies: Bot, bulk: Bot, stop: asyncio.Event
) -> None:
    turns = Turns(services.redis, replies.id)
    pictures, link = BoardPictures(services), Link(stop)
    catalogues = await asyncio.to_thread(load_texts)
    replies.session.middleware(Replies(turns))
    polling = Polling(make_dispatcher(services, pictures, catalogues), replies, link)
    sender = Sender(services, bulk, turns, pictures, catalogues)
    while await _only_one(lock, stop):
        name = await _introduce(replies, link, catalogues)
        if name is None:
            return
        log.info("bot.ready", username=name)
        ends = asyncio.Event()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_watch(lock, stop, ends), name="lock")
                group.create_task(polling.run(ends), name="polling")
                group.create_task(sender.run(ends), name="sender")
        except* TokenRefused:
            raise TokenRefused(REFUSED) from None
        log.info("bot.stopped")


async def _only_one(lock: Exclusive, stop: asyncio.Event) -> bool:
    """Wait until no other process serves this bot; False when told to stop."""
    waits_for = ""
    while not stop.is_set():
        try:
            if await lock.acquire():
                return True
            reason = "another process serves this bot"
        except DatabaseUnavailable:
            reason = "the database does not answer"
        if reason != waits_for:
            log.warning("bot.waits", reason=reason)
            waits_for = reason
        await stops_within(stop, _LOCK_RETRY_S)
    return False


async def _watch(lock: Exclusive, stop: asyncio.Event, ends: asyncio.Event) -> None:
    """End the work at a stop, or when the lock is lost with its connection."""
    while not await stops_within(stop, _LOCK_RETRY_S):
        if not await lock.still_held():
            log.warning("bot.lock_lost")
            break
    ends.set()


async def _introduce(bot: Bot, link: Link, catalogues: Catalogues) -> str | None:
    """Who we are to Telegram, once it answers; None when told to stop. Raises TokenRefused."""
    me = await link.ask(bot.get_me)
    # Where a webhook is set Telegram refuses to be polled; what waits there stays.
    if me is None or await link.ask(bot.delete_webhook) is None:
        return None
    try:
        for locale, texts in catalogues.items():
            await bot.set_my_commands(
                _commands(texts), language_code=None if locale == SOURCE_LOCALE else locale
            )
    except TelegramAPIError as error:
        # Only the menu of commands: not worth holding anybody up.
        log.warning("bot.no_menu", error=type(error).__name__)
    return me.username or me.full_name


def _commands(texts: Texts) -> list[BotCommand]:
    return [
        BotCommand(command="start", description=texts.gettext("Join an auditorium")),
        BotCommand(command="help", description=texts.gettext("How it works")),
    ]
