"""The bot put together: what runs beside what, who may run, and how it stops."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import Any, Final

from aiogram import Bot

from bot.dispatching import make_dispatcher
from bot.exports import Exports
from bot.link import REFUSED, Link, TokenRefused, bot_id, make_bot
from bot.menus import set_menus
from bot.notices import Notices
from bot.outgoing import Replies
from bot.overload import watch_overload
from bot.pictures import BoardPictures
from bot.polling import Polling
from bot.sender import Sender
from bot.statuses import Statuses
from bot.stopping import stops_within
from bot.turns import Turns
from bot.updates import Updates
from bot.uploads import Uploads
from bot.webhook import Webhook
from core.errors import DatabaseUnavailable
from core.exclusive import Exclusive
from core.logs import get_logger
from core.services import Services, open_services
from core.settings import Settings
from core.texts import Catalogues, load_texts

log = get_logger(__name__)

# A bot that waits behind another takes over within this time of its end.
_LOCK_RETRY_S: Final = 2.0
# Closing sessions takes half a second more; the supervisor kills after five.
_STOP_WITHIN_S: Final = 3.5

# Runs until the event is set.
Loop = Callable[[asyncio.Event], Coroutine[Any, Any, None]]  # Any: what a coroutine yields


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
        parts = await _parts(services, replies, bulk, stop)
        work = _poll(parts, lock, stop) if parts.webhook is None else _listen(parts, stop)
        working = asyncio.create_task(work, name="bot")
        stopping = asyncio.create_task(stop.wait(), name="stop")
        try:
            await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait({working}, timeout=_STOP_WITHIN_S)
        finally:
            stopping.cancel()
            working.cancel()
            with suppress(asyncio.CancelledError):
                await working


@dataclass(frozen=True, slots=True)
class _Parts:
    """What runs beside each other. webhook: None where updates are asked for."""

    replies: Bot
    link: Link
    catalogues: Catalogues
    polling: Polling
    webhook: Webhook | None
    loops: tuple[Loop, ...]


async def _parts(services: Services, replies: Bot, bulk: Bot, stop: asyncio.Event) -> _Parts:
    settings = services.settings
    turns, pictures, link = Turns(services.redis, replies.id), BoardPictures(services), Link(stop)
    catalogues = await asyncio.to_thread(load_texts)
    replies.session.middleware(Replies(turns))
    statuses = Statuses(services, bulk, turns, catalogues)
    exports = Exports(services)
    dispatcher = make_dispatcher(
        services,
        catalogues,
        pictures=pictures,
        uploads=Uploads(services, replies, statuses),
        exports=exports,
    )
    by_webhook = settings.telegram_webhook_url is not None
    updates = Updates(services, dispatcher, replies, alone=not by_webhook)
    return _Parts(
        replies=replies,
        link=link,
        catalogues=catalogues,
        polling=Polling(updates, replies, link),
        webhook=Webhook(settings, updates, replies, link) if by_webhook else None,
        loops=(
            Sender(services, bulk, turns, pictures, catalogues).run,
            Notices(services, bulk, turns, catalogues).run,
            statuses.run,
            exports.run,
            lambda ends: watch_overload(services, ends),
        ),
    )


async def _poll(parts: _Parts, lock: Exclusive, stop: asyncio.Event) -> None:
    """Only one process may ask for updates; the others wait for its end."""
    while await _only_one(lock, stop):
        # Where a webhook is set Telegram refuses to be polled; what waits there stays.
        if (
            not await _introduce(parts)
            or await parts.link.ask(parts.replies.delete_webhook) is None
        ):
            return
        ends = asyncio.Event()
        await _run(parts, ends, parts.polling.run, lambda end: _watch(lock, stop, end))
        log.info("bot.stopped")


async def _listen(parts: _Parts, stop: asyncio.Event) -> None:
    """Any number of processes may listen: Telegram posts an update to one of them."""
    webhook = parts.webhook
    if webhook is None or not await _introduce(parts):
        return
    await _run(parts, stop, webhook.run)
    log.info("bot.stopped")


async def _run(parts: _Parts, ends: asyncio.Event, *more: Loop) -> None:
    try:
        async with asyncio.TaskGroup() as group:
            for loop in (*parts.loops, *more):
                group.create_task(loop(ends))
    except* TokenRefused:
        raise TokenRefused(REFUSED) from None


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


async def _introduce(parts: _Parts) -> bool:
    """Who we are to Telegram, once it answers; False when told to stop. Raises TokenRefused."""
    me = await parts.link.ask(parts.replies.me)
    if me is None:
        return False
    await set_menus(parts.replies, parts.catalogues)
    log.info("bot.ready", username=me.username or me.full_name)
    return True
