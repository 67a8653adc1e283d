"""The bot of test_botapi_clients.py, written with python-telegram-bot."""

import asyncio
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final

from aiohttp import web
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    Message,
    MessageOriginUser,
    ReplyParameters,
    Update,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest, RetryAfter
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    MessageReactionHandler,
    filters,
)

from tests.telegram.botapi.webhook import SECRET_HEADER

Context = ContextTypes.DEFAULT_TYPE
KINDS: Final = [
    "message",
    "edited_message",
    "callback_query",
    "message_reaction",
    "my_chat_member",
]
KEYBOARD: Final = InlineKeyboardMarkup(
    [
        [
            InlineKeyboardButton("Like", callback_data="like:1"),
            InlineKeyboardButton("Gallery", url="https://gallery.example/"),
        ],
        [InlineKeyboardButton("Same", callback_data="same")],
    ]
)


async def _content(message: Message) -> bytes:
    sent: Any = message.document or message.photo[-1]
    return bytes(await (await sent.get_file()).download_as_bytearray())


def _of(update: Update) -> Message:
    message = update.effective_message
    assert isinstance(message, Message)
    return message


async def _start(update: Update, context: Context) -> None:
    message = _of(update)
    assert message.from_user is not None
    await message.reply_text(
        f"Welcome, <b>{message.from_user.first_name}</b>: {' '.join(context.args or [])}",
        parse_mode=ParseMode.HTML,
        reply_markup=KEYBOARD,
    )


async def _flood(update: Update, _: Context) -> None:
    for number in range(1, 14):
        await _patiently(_of(update), f"number {number}")


async def _patiently(message: Message, text: str) -> None:
    while True:
        try:
            await message.reply_text(text)
        except RetryAfter as error:
            wait = error.retry_after  # whole seconds, unless PTB_TIMEDELTA is set
            await asyncio.sleep(wait.total_seconds() if isinstance(wait, timedelta) else wait)
        else:
            return


async def _topic(update: Update, context: Context) -> None:
    chat = _of(update).chat
    topic = await chat.create_forum_topic("Boards")
    await context.bot.send_message(
        chat.id, "In the topic", message_thread_id=topic.message_thread_id
    )
    await chat.send_message("Made")


async def _like(update: Update, _: Context) -> None:
    query = update.callback_query
    assert query is not None
    await query.answer("Thank you", show_alert=True)
    await query.edit_message_text("Liked")


async def _same(update: Update, _: Context) -> None:
    query, message = update.callback_query, _of(update)
    assert query is not None
    try:
        await query.edit_message_text(
            message.text or "", entities=message.entities, reply_markup=message.reply_markup
        )
    except BadRequest as error:
        await query.answer(f"Bad Request: {error.message[0].lower()}{error.message[1:]}"[:60])


async def _photo(update: Update, context: Context) -> None:
    message = _of(update)
    content = await _content(message)
    await message.set_reaction("👀")
    if message.media_group_id:
        await message.reply_text(f"album {message.media_group_id}")
        return
    chat_id = message.chat_id
    status = await message.reply_photo(
        content,
        filename="board.jpg",
        caption="Board 1",
        reply_parameters=ReplyParameters(message.message_id),
    )
    await message.reply_document(content, filename="board.jpg", caption="as it came")
    await message.reply_media_group(
        [
            InputMediaPhoto(status.photo[-1].file_id, caption="again"),
            InputMediaPhoto(content, filename="more.jpg"),
        ]
    )
    await context.bot.edit_message_caption(chat_id, status.message_id, caption="Board 1: ready")


async def _document(update: Update, _: Context) -> None:
    message = _of(update)
    assert message.document is not None
    await message.reply_text(f"{message.document.file_name}: {len(await _content(message))}")


async def _edited(update: Update, _: Context) -> None:
    await _of(update).reply_text(f"You mean: {_of(update).text}")


async def _reaction(update: Update, context: Context) -> None:
    reaction = update.message_reaction
    assert reaction is not None
    emoji: Any = reaction.new_reaction[0]
    await context.bot.send_message(reaction.chat.id, f"reacted {emoji.emoji}")


async def _forward(update: Update, _: Context) -> None:
    origin = _of(update).forward_origin
    assert isinstance(origin, MessageOriginUser)
    await _of(update).reply_text(f"by {origin.sender_user.first_name}")


async def _sticker(update: Update, _: Context) -> None:
    sticker = _of(update).sticker
    assert sticker is not None
    await _of(update).reply_text(f"sticker {sticker.emoji}")


async def _contact(update: Update, _: Context) -> None:
    await _of(update).reply_text("contact")


async def _text(update: Update, _: Context) -> None:
    await _of(update).reply_text(f"said {_of(update).text}")


def _application(url: str, token: str) -> Any:  # six type parameters that say nothing here
    application = (
        Application.builder()
        .token(token)
        .base_url(f"{url}/bot")
        .base_file_url(f"{url}/file/bot")
        .build()
    )
    new = filters.UpdateType.MESSAGE
    application.add_handlers(
        [
            CommandHandler("start", _start),
            CommandHandler("flood", _flood),
            CommandHandler("topic", _topic),
            CallbackQueryHandler(_like, "like:1"),
            CallbackQueryHandler(_same, "same"),
            MessageHandler(filters.UpdateType.EDITED_MESSAGE, _edited),
            MessageReactionHandler(_reaction),
            MessageHandler(new & filters.PHOTO, _photo),
            MessageHandler(new & filters.Document.ALL, _document),
            MessageHandler(new & filters.FORWARDED, _forward),
            MessageHandler(new & filters.Sticker.ALL, _sticker),
            MessageHandler(new & filters.CONTACT, _contact),
            MessageHandler(new & filters.TEXT, _text),
        ]
    )
    return application


@asynccontextmanager
async def ptb_bot(url: str, token: str, secret: str | None) -> AsyncIterator[None]:
    """The bot runs: it polls, or with a secret it sets a webhook."""
    application = _application(url, token)
    async with application:
        await application.start()
        if secret is None:
            await application.updater.start_polling(poll_interval=0, allowed_updates=KINDS)
            yield
            await application.updater.stop()
        else:
            async with _hook(application, secret):
                yield
        await application.stop()


@asynccontextmanager
async def _hook(application: Any, secret: str) -> AsyncIterator[None]:
    bot: Bot = application.bot

    async def take(request: web.Request) -> web.Response:
        if not hmac.compare_digest(request.headers.get(SECRET_HEADER, ""), secret):
            return web.Response(status=403)
        await application.update_queue.put(Update.de_json(await request.json(), bot))
        return web.Response()

    hook = web.Application()
    hook.router.add_post("/hook", take)
    runner = web.AppRunner(hook)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    await bot.set_webhook(
        f"http://127.0.0.1:{port}/hook", secret_token=secret, allowed_updates=KINDS
    )
    try:
        yield
    finally:
        await runner.cleanup()
