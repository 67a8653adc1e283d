"""Teachers' commands: a new auditorium, its QR code, open and closed, the lecture as a file."""

import asyncio

from aiogram import Bot, F, Router
from aiogram.enums import ChatType
from aiogram.filters import Command, CommandObject, Filter
from aiogram.types import BufferedInputFile, ForceReply, LinkPreviewOptions, Message

from bot.exports import Begun, Exports
from bot.managed import managed
from bot.menus import set_chat_menu
from bot.qr import qr_png
from bot.texts import boards, teaching
from bot.texts import exports as export_texts
from core.access import Viewer
from core.chats import come_back
from core.errors import BadRequest
from core.links import join_url, telegram_url
from core.ratings import room_ratings
from core.rooms import create_from_telegram, set_open
from core.services import Services
from core.summary import figures
from core.surveys import survey_figures
from core.texts import Catalogues, Texts


class AnswersTitle(Filter):
    """An answer to our question for a lecture's name, in whatever language it was asked.

    Known by the question's text, so that nothing has to be remembered of who was asked.
    """

    def __init__(self, catalogues: Catalogues) -> None:
        self._questions = frozenset(teaching.ask_title(texts) for texts in catalogues.values())

    async def __call__(self, message: Message, bot: Bot) -> bool:
        """Whether it is one."""
        asked = message.reply_to_message
        return (
            message.text is not None
            and asked is not None
            and asked.from_user is not None
            and asked.from_user.id == bot.id
            and asked.text in self._questions
        )


def make_router(catalogues: Catalogues) -> Router:
    """A fresh router: aiogram gives each one parent for ever. Before those that take any text."""
    router = Router(name="teaching")
    router.message.filter(F.chat.type == ChatType.PRIVATE)
    router.message.register(new_room, Command("newroom"))
    router.message.register(qr, Command("qr"))
    router.message.register(close, Command("close"))
    router.message.register(reopen, Command("open"))
    router.message.register(stats, Command("stats"))
    router.message.register(export, Command("export"))
    router.message.register(titled, AnswersTitle(catalogues))
    return router


async def new_room(
    message: Message, command: CommandObject, bot: Bot, services: Services, texts: Texts
) -> None:
    """A new auditorium of the writer's; without a title the bot asks for it."""
    if command.args:
        await _open_room(message, command.args, bot, services, texts)
    else:
        await _ask_title(message, texts, teaching.ask_title(texts))


async def titled(message: Message, bot: Bot, services: Services, texts: Texts) -> None:
    """The title that was asked for."""
    await _open_room(message, message.text or "", bot, services, texts)


async def _open_room(
    message: Message, title: str, bot: Bot, services: Services, texts: Texts
) -> None:
    chat_id = message.chat.id
    name = message.from_user.full_name if message.from_user else ""
    try:
        owner = await create_from_telegram(
            services, title=title, chat_id=chat_id, name=name, locale=texts.locale
        )
    except BadRequest:
        await message.answer(teaching.title_refused(texts))
        await _ask_title(message, texts, teaching.ask_title(texts))
        return
    await _send_qr(message, bot, services, texts, owner, more=teaching.what_next(texts))
    await set_chat_menu(bot, texts, chat_id, manages=True)


async def _ask_title(message: Message, texts: Texts, question: str) -> None:
    await message.answer(
        question,
        reply_markup=ForceReply(input_field_placeholder=teaching.title_hint(texts)),
    )


async def qr(message: Message, bot: Bot, services: Services, texts: Texts) -> None:
    """The current auditorium's QR code, for everybody in it: the more are in, the better."""
    viewer = await come_back(services, message.chat.id)
    if viewer is None:
        await message.answer(boards.how_to_join(texts))
        return
    await _send_qr(message, bot, services, texts, viewer)


async def _send_qr(
    message: Message,
    bot: Bot,
    services: Services,
    texts: Texts,
    viewer: Viewer,
    *,
    more: str = "",
) -> None:
    """The code holds the deep link: one scan, one Start, and no page in between.

    Who has no Telegram finds the join page in the caption. The QR code of the pages is the other
    way round: it holds the join page, which offers both.
    """
    me = await bot.me()
    telegram = telegram_url(me.username or "", viewer.code)
    picture = await asyncio.to_thread(qr_png, telegram)
    card = teaching.room_card(
        texts,
        title=viewer.title,
        code=viewer.code,
        state=viewer.state,
        telegram=telegram,
        web=join_url(services.settings, viewer.code),
    )
    await message.answer_photo(
        BufferedInputFile(picture, f"{viewer.code}.png"),
        caption=f"{card}\n\n{more}" if more else card,
    )


async def close(message: Message, services: Services, texts: Texts) -> None:
    """End the lecture."""
    viewer = await managed(message, services, texts)
    if viewer is not None:
        await set_open(services, viewer, is_open=False)
        await message.answer(teaching.closed(texts, viewer.title))


async def reopen(message: Message, services: Services, texts: Texts) -> None:
    """Take photos again."""
    viewer = await managed(message, services, texts)
    if viewer is not None:
        await set_open(services, viewer, is_open=True)
        await message.answer(teaching.opened(texts, viewer.title))


async def stats(message: Message, services: Services, texts: Texts) -> None:
    """The lecture in figures."""
    viewer = await managed(message, services, texts)
    if viewer is None:
        return
    told = teaching.stats(
        texts,
        viewer=viewer,
        figures=await figures(services, viewer),
        ratings=await room_ratings(services, viewer),
        survey=await survey_figures(services, viewer),
    )
    # A title may be an address.
    await message.answer(told, link_preview_options=LinkPreviewOptions(is_disabled=True))


async def export(
    message: Message, bot: Bot, services: Services, exports: Exports, texts: Texts
) -> None:
    """All boards as files; they come when they are made."""
    viewer = await managed(message, services, texts)
    if viewer is None:
        return
    match exports.begin(bot, texts, viewer, chat_id=message.chat.id):
        case Begun.NOW:
            told = export_texts.begun(texts)
        case Begun.LATER:
            told = export_texts.waits(texts)
        case Begun.ALREADY:
            told = export_texts.already(texts)
        case Begun.BUSY:
            told = export_texts.busy(texts)
    await message.answer(told)
