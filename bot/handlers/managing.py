"""Members and moderators, as lists of buttons: /kick and /moderators."""

from aiogram import Bot, F, Router
from aiogram.enums import ChatType
from aiogram.exceptions import TelegramAPIError
from aiogram.filters import Command, CommandObject
from aiogram.types import CallbackQuery, InlineKeyboardMarkup, Message

from bot import member_lists
from bot.callbacks import edit_below
from bot.managed import managed
from bot.member_lists import Act, OneMember, ShowMembers
from bot.menus import set_chat_menu
from bot.texts import managing as answers
from core.access import Viewer
from core.logs import get_logger
from core.membership import (
    Listing,
    MemberEntry,
    get_member,
    kick,
    let_in,
    list_members,
    manages_any,
    set_moderator,
    viewer_beside,
    viewer_by_code,
)
from core.services import Services
from core.texts import SOURCE_LOCALE, Catalogues, Texts
from core.values import Role

log = get_logger(__name__)


def make_router() -> Router:
    """A fresh router: aiogram gives each one parent for ever."""
    router = Router(name="managing")
    router.message.filter(F.chat.type == ChatType.PRIVATE)
    router.callback_query.filter(F.message.chat.type == ChatType.PRIVATE)
    router.message.register(whom_to_kick, Command("kick"))
    router.message.register(moderators, Command("moderators"))
    router.callback_query.register(show, ShowMembers.filter())
    router.callback_query.register(ask, OneMember.filter(F.act == Act.ASK))
    router.callback_query.register(remove, OneMember.filter(F.act == Act.KICK))
    router.callback_query.register(take_back, OneMember.filter(F.act == Act.LET_IN))
    router.callback_query.register(
        moderate, OneMember.filter(F.act.in_({Act.MODERATE, Act.UNMODERATE}))
    )
    return router


async def whom_to_kick(
    message: Message, command: CommandObject, services: Services, texts: Texts
) -> None:
    """The members, or those with a part of a name."""
    viewer = await managed(message, services, texts)
    if viewer is not None:
        told, keyboard = await _list(
            services, texts, viewer, Listing.REMOVABLE, query=command.args or ""
        )
        await message.answer(told, reply_markup=keyboard)


async def moderators(
    message: Message, command: CommandObject, services: Services, texts: Texts
) -> None:
    """Who moderates and who might; the owner's business."""
    viewer = await managed(message, services, texts)
    if viewer is None:
        return
    if viewer.role is not Role.OWNER:
        await message.answer(answers.owner_only(texts, viewer.title))
        return
    told, keyboard = await _list(services, texts, viewer, Listing.PEOPLE, query=command.args or "")
    await message.answer(told, reply_markup=keyboard)


async def _list(
    services: Services,
    texts: Texts,
    viewer: Viewer,
    listing: Listing,
    *,
    query: str = "",
    page: int = 0,
) -> tuple[str, InlineKeyboardMarkup]:
    shown = await list_members(services, viewer, listing, query=query, page=page)
    told = answers.members(texts, title=viewer.title, listing=listing, query=query, shown=shown)
    return told, member_lists.members_keyboard(
        texts, code=viewer.code, listing=listing, query=query, shown=shown
    )


async def show(
    query: CallbackQuery, callback_data: ShowMembers, services: Services, texts: Texts
) -> None:
    """A page of a list."""
    viewer = await viewer_by_code(services, query.from_user.id, callback_data.code)
    told, keyboard = await _list(
        services,
        texts,
        viewer,
        callback_data.listing,
        query=callback_data.query,
        page=callback_data.page,
    )
    await edit_below(query, told, keyboard)
    await query.answer()


async def ask(
    query: CallbackQuery, callback_data: OneMember, services: Services, texts: Texts
) -> None:
    """A member was pressed; whether he is meant."""
    member_id = callback_data.member_id
    viewer = await viewer_beside(services, query.from_user.id, member_id)
    member = await get_member(services, viewer, member_id)
    keyboard = member_lists.sure_keyboard(
        texts, code=viewer.code, member_id=member_id, page=callback_data.page
    )
    await edit_below(query, answers.sure(texts, member.name, viewer.title), keyboard)
    await query.answer()


async def remove(
    query: CallbackQuery,
    *,
    callback_data: OneMember,
    bot: Bot,
    services: Services,
    catalogues: Catalogues,
    texts: Texts,
) -> None:
    """He is."""
    member_id = callback_data.member_id
    viewer = await viewer_beside(services, query.from_user.id, member_id)
    member = await kick(services, viewer, member_id)
    keyboard = member_lists.removed_keyboard(
        texts, code=viewer.code, member_id=member_id, page=callback_data.page
    )
    await edit_below(query, answers.removed(texts, member.name, viewer.title), keyboard)
    await query.answer()
    if member.role is Role.MODERATOR:
        await _set_menu(bot, services, catalogues, member)


async def take_back(
    query: CallbackQuery, callback_data: OneMember, services: Services, texts: Texts
) -> None:
    """A removed member may come back."""
    member_id = callback_data.member_id
    viewer = await viewer_beside(services, query.from_user.id, member_id)
    member = await let_in(services, viewer, member_id)
    keyboard = member_lists.back_keyboard(texts, viewer.code)
    await edit_below(query, answers.let_in(texts, member.name, viewer.title), keyboard)
    await query.answer()


async def moderate(
    query: CallbackQuery,
    *,
    callback_data: OneMember,
    bot: Bot,
    services: Services,
    catalogues: Catalogues,
    texts: Texts,
) -> None:
    """A member moderates, or no longer does; he hears of the first and sees both in his menu."""
    member_id = callback_data.member_id
    viewer = await viewer_beside(services, query.from_user.id, member_id)
    is_moderator = callback_data.act is Act.MODERATE
    member = await set_moderator(services, viewer, member_id, is_moderator=is_moderator)
    told, keyboard = await _list(services, texts, viewer, Listing.PEOPLE, page=callback_data.page)
    await edit_below(query, told, keyboard)
    await query.answer(answers.moderates(texts, member.name, is_moderator=is_moderator))
    await _set_menu(bot, services, catalogues, member)
    if is_moderator and member.chat_id is not None:
        told = answers.you_moderate(_texts_of(catalogues, member), viewer.title)
        try:
            await bot.send_message(member.chat_id, told)
        except TelegramAPIError as error:
            # As of a blocked bot: the commands are his all the same.
            log.info("moderator.untold", error=type(error).__name__)


async def _set_menu(
    bot: Bot, services: Services, catalogues: Catalogues, member: MemberEntry
) -> None:
    if member.chat_id is not None:
        manages = await manages_any(services, member.chat_id)
        texts = _texts_of(catalogues, member)
        await set_chat_menu(bot, texts, member.chat_id, manages=manages)


def _texts_of(catalogues: Catalogues, member: MemberEntry) -> Texts:
    return catalogues.get(member.locale) or catalogues[SOURCE_LOCALE]
