"""Groups: bound to an auditorium by an administrator, topics respected, quiet otherwise."""

from aiogram import Bot, F, Router
from aiogram.enums import ChatMemberStatus
from aiogram.exceptions import TelegramAPIError
from aiogram.filters import Command, CommandObject
from aiogram.types import CallbackQuery, Message

from bot import choices
from bot.callbacks import edit_below
from bot.choices import ChooseLanguage, ChooseView
from bot.handlers.rooms import code_in
from bot.people import group_of, topic_of
from bot.texts import groups as texts_of
from bot.texts import rooms, views
from bot.uploads import Uploads
from core.errors import BadRequest
from core.groups import bind_group, unbind_group
from core.preferences import choose_locale, preferences
from core.services import Services
from core.texts import Catalogues, Texts
from core.view_choices import choose_first_view_of_chat

_ADMINISTRATORS = frozenset({ChatMemberStatus.CREATOR, ChatMemberStatus.ADMINISTRATOR})
# Telegram's own account for administrators who write as the group itself: GroupAnonymousBot.
_ANONYMOUS_ADMINISTRATOR = 1087968824


def make_router() -> Router:
    """A fresh router: aiogram gives each one parent for ever."""
    router = Router(name="groups")
    router.message.register(bind, Command("bind"))
    router.message.register(unbind, Command("unbind"))
    router.message.register(board, Command("board"))
    router.message.register(language, Command("lang"))
    router.message.register(view, Command("view"))
    router.message.register(show_help, Command("help", "start"))
    router.message.register(photo, F.photo | F.document)
    router.callback_query.register(language_chosen, ChooseLanguage.filter())
    router.callback_query.register(view_chosen, ChooseView.filter())
    return router


async def is_administrator(bot: Bot, chat_id: int, user_id: int) -> bool:
    """Whether somebody may bind the group."""
    if user_id == _ANONYMOUS_ADMINISTRATOR:
        return True
    member = await bot.get_chat_member(chat_id, user_id)
    return member.status in _ADMINISTRATORS


async def sees_all(bot: Bot, chat_id: int) -> bool:
    """Whether photos in the group reach the bot: it is an administrator, or has no privacy mode."""
    me = await bot.me()
    if me.can_read_all_group_messages:
        return True
    try:
        return await is_administrator(bot, chat_id, me.id)
    except TelegramAPIError:
        return False  # the hint on privacy mode is then given once too often


async def bind(
    message: Message, command: CommandObject, bot: Bot, services: Services, texts: Texts
) -> None:
    """The group, or the topic in which it is said, gets this auditorium's boards."""
    if not await _may(message, bot, texts):
        return
    if not command.args:
        await message.reply(texts_of.how_to_bind(texts))
        return
    topic_id = topic_of(message)
    binding = await bind_group(
        services,
        group_of(message.chat, texts.locale),
        code=code_in(command.args) or command.args,
        topic_id=topic_id,
    )
    await message.reply(
        texts_of.bound(
            texts,
            binding.title,
            in_topic=topic_id is not None,
            sees_all=await sees_all(bot, message.chat.id),
        )
    )


async def unbind(message: Message, bot: Bot, services: Services, texts: Texts) -> None:
    """No more boards here."""
    if not await _may(message, bot, texts):
        return
    binding = await unbind_group(services, message.chat.id)
    await message.reply(
        texts_of.how_to_bind(texts) if binding is None else texts_of.unbound(texts, binding.title)
    )


async def board(message: Message, uploads: Uploads, texts: Texts) -> None:
    """The photo that is answered is taken, also where the bot sees only commands."""
    answered = message.reply_to_message
    if answered is None or not (answered.photo or answered.document):
        await message.reply(texts_of.board_to_what(texts))
    elif not await uploads.from_group(answered, texts):
        await message.reply(texts_of.how_to_bind(texts))


async def photo(message: Message, uploads: Uploads, texts: Texts) -> None:
    """A photo in a bound group or topic; elsewhere it is none of the bot's business."""
    await uploads.from_group(message, texts, asked=False)


async def language(message: Message, bot: Bot, texts: Texts) -> None:
    """The languages as buttons."""
    if await _may(message, bot, texts):
        await message.reply(rooms.which_language(texts), reply_markup=choices.languages_keyboard())


async def language_chosen(
    query: CallbackQuery,
    *,
    callback_data: ChooseLanguage,
    bot: Bot,
    services: Services,
    catalogues: Catalogues,
    texts: Texts,
) -> None:
    """An administrator chose the group's language."""
    chosen = catalogues.get(callback_data.locale)
    if chosen is None or query.message is None:
        raise BadRequest("language", field="locale")
    chat_id = query.message.chat.id
    if not await is_administrator(bot, chat_id, query.from_user.id):
        await query.answer(texts_of.administrators_only(texts), show_alert=True)
        return
    await choose_locale(services, chat_id, chosen.locale)
    await edit_below(query, rooms.language_chosen(chosen), None)
    await query.answer()


async def view(message: Message, bot: Bot, services: Services, texts: Texts) -> None:
    """The views of a board that can come first in the group."""
    if await _may(message, bot, texts):
        chosen = (await preferences(services, message.chat.id)).first_view
        await message.reply(
            views.which_view(texts, chosen or services.settings.default_view),
            reply_markup=choices.views_keyboard(texts),
        )


async def view_chosen(
    query: CallbackQuery, *, callback_data: ChooseView, bot: Bot, services: Services, texts: Texts
) -> None:
    """An administrator chose what the group sees first."""
    if query.message is None:
        raise BadRequest("view", field="view")
    chat_id = query.message.chat.id
    if not await is_administrator(bot, chat_id, query.from_user.id):
        await query.answer(texts_of.administrators_only(texts), show_alert=True)
        return
    await choose_first_view_of_chat(services, chat_id, callback_data.view)
    await edit_below(query, views.view_chosen(texts, callback_data.view), None)
    await query.answer()


async def show_help(message: Message, texts: Texts) -> None:
    """The few commands for groups."""
    await message.reply(texts_of.help_in_group(texts))


async def _may(message: Message, bot: Bot, texts: Texts) -> bool:
    user = message.from_user
    if user is not None and await is_administrator(bot, message.chat.id, user.id):
        return True
    await message.reply(texts_of.administrators_only(texts))
    return False
