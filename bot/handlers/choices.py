"""Language, quality, first view, help: what a chat chooses whatever auditorium it is in."""

from aiogram import Bot, Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, Message

from bot import choices
from bot.callbacks import edit_below
from bot.choices import ChooseLanguage, ChooseQuality, ChooseView
from bot.menus import set_chat_menu
from bot.texts import rooms as texts_of
from bot.texts import views
from core.errors import BadRequest
from core.membership import manages_any
from core.preferences import choose_locale, choose_quality, preferences
from core.services import Services
from core.texts import Catalogues, Texts
from core.view_choices import choose_first_view_of_chat


def make_router() -> Router:
    """A fresh router: aiogram gives each one parent for ever."""
    router = Router(name="choices")
    router.message.register(language, Command("lang"))
    router.message.register(quality, Command("quality"))
    router.message.register(view, Command("view"))
    router.message.register(show_help, Command("help"))
    router.callback_query.register(language_chosen, ChooseLanguage.filter())
    router.callback_query.register(quality_chosen, ChooseQuality.filter())
    router.callback_query.register(view_chosen, ChooseView.filter())
    return router


async def show_help(message: Message, texts: Texts) -> None:
    """How it works."""
    await message.answer(texts_of.help_text(texts))


async def language(message: Message, texts: Texts) -> None:
    """The languages as buttons."""
    await message.answer(texts_of.which_language(texts), reply_markup=choices.languages_keyboard())


async def language_chosen(
    query: CallbackQuery,
    *,
    callback_data: ChooseLanguage,
    bot: Bot,
    services: Services,
    catalogues: Catalogues,
) -> None:
    """The answer is in the new language."""
    texts = catalogues.get(callback_data.locale)
    if texts is None:
        raise BadRequest("language", field="locale")
    await choose_locale(services, query.from_user.id, texts.locale)
    await edit_below(query, texts_of.language_chosen(texts), None)
    await query.answer()
    manages = await manages_any(services, query.from_user.id)
    await set_chat_menu(bot, texts, query.from_user.id, manages=manages)


async def quality(message: Message, services: Services, texts: Texts) -> None:
    """Best or fast."""
    chosen = (await preferences(services, message.chat.id)).quality
    await message.answer(
        texts_of.which_quality(texts, chosen), reply_markup=choices.qualities_keyboard(texts)
    )


async def quality_chosen(
    query: CallbackQuery, callback_data: ChooseQuality, services: Services, texts: Texts
) -> None:
    """From the next photo on."""
    await choose_quality(services, query.from_user.id, callback_data.quality)
    await edit_below(query, texts_of.quality_chosen(texts, callback_data.quality), None)
    await query.answer()


async def view(message: Message, services: Services, texts: Texts) -> None:
    """The views that can come first."""
    chosen = (await preferences(services, message.chat.id)).first_view
    await message.answer(
        views.which_view(texts, chosen or services.settings.default_view),
        reply_markup=choices.views_keyboard(texts),
    )


async def view_chosen(
    query: CallbackQuery, callback_data: ChooseView, services: Services, texts: Texts
) -> None:
    """From the next board on."""
    await choose_first_view_of_chat(services, query.from_user.id, callback_data.view)
    await edit_below(query, views.view_chosen(texts, callback_data.view), None)
    await query.answer()
