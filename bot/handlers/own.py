"""What a person has given and takes back: single photos, or everything."""

from collections.abc import Sequence

from aiogram import Bot, Router
from aiogram.exceptions import TelegramAPIError
from aiogram.filters import Command
from aiogram.types import CallbackQuery, Message

from bot.edits import is_shown
from bot.keyboards import (
    Erase,
    Step,
    TakeBack,
    erase_keyboard,
    privacy_keyboard,
    take_back_keyboard,
    uploads_keyboard,
)
from bot.presses import press_of
from bot.texts import own as answers
from core.erasure import delete_member_data
from core.errors import UploadNotFound
from core.logs import get_logger
from core.removal import SentMessage, own_upload, own_uploads, remove_own_upload
from core.services import Services
from core.texts import Texts

log = get_logger(__name__)


def make_router() -> Router:
    """A fresh router: aiogram gives each one parent for ever."""
    router = Router(name="own")
    router.message.register(delete, Command("delete"))
    router.message.register(privacy, Command("privacy"))
    router.callback_query.register(take_back, TakeBack.filter())
    router.callback_query.register(erase, Erase.filter())
    return router


async def delete(message: Message, services: Services, texts: Texts) -> None:
    """The photo that is replied to, or a choice of the last ones."""
    if message.from_user is None:
        return
    chat_id = message.from_user.id
    reply = message.reply_to_message
    if reply is not None:
        key = f"telegram:{message.chat.id}:{reply.message_id}"
        try:
            upload = await own_upload(services, chat_id, key=key)
        except UploadNotFound:
            pass
        else:
            await message.reply(
                answers.really_delete(texts, upload),
                reply_markup=take_back_keyboard(texts, upload.upload_id),
                allow_sending_without_reply=True,
            )
            return
    uploads = await own_uploads(services, chat_id)
    if not uploads:
        await message.reply(answers.none_of_yours(texts), allow_sending_without_reply=True)
        return
    asks = answers.which_one(texts)
    if reply is not None:
        asks = f"{answers.not_your_photo(texts)} {asks}"
    await message.reply(
        asks,
        reply_markup=uploads_keyboard(texts, uploads, services.clock()),
        allow_sending_without_reply=True,
    )


async def take_back(
    query: CallbackQuery, *, callback_data: TakeBack, bot: Bot, services: Services, texts: Texts
) -> None:
    """A question before it, then the deed."""
    press = press_of(query, texts)
    messages: Sequence[SentMessage] = ()
    keyboard = None
    match callback_data.step:
        case Step.ASK:
            upload = await own_upload(
                services, press.person.chat_id, upload_id=callback_data.upload_id
            )
            text = answers.really_delete(texts, upload)
            keyboard = take_back_keyboard(texts, upload.upload_id)
        case Step.YES:
            removed = await remove_own_upload(
                services, press.person.chat_id, callback_data.upload_id
            )
            text, messages = answers.deleted(texts, removed), removed.messages
        case Step.NO:
            # Only he may end his question, in a group too.
            await own_upload(services, press.person.chat_id, upload_id=callback_data.upload_id)
            text = answers.kept(texts)
    await is_shown(
        bot.edit_message_text(
            text, chat_id=press.chat_id, message_id=press.message_id, reply_markup=keyboard
        )
    )
    await query.answer()
    await _delete_messages(bot, messages)


async def privacy(message: Message, texts: Texts) -> None:
    """What is stored. The button stands in private chats: in a group anybody could press it."""
    is_private = message.from_user is not None and message.chat.id == message.from_user.id
    await message.answer(
        answers.privacy(texts), reply_markup=privacy_keyboard(texts) if is_private else None
    )


async def erase(
    query: CallbackQuery, *, callback_data: Erase, bot: Bot, services: Services, texts: Texts
) -> None:
    """A question before it, then the deed: everything of who presses."""
    press = press_of(query, texts)
    if not press.is_private:
        await query.answer(answers.only_in_private(texts), show_alert=True)
        return
    messages: Sequence[SentMessage] = ()
    keyboard = None
    match callback_data.step:
        case Step.ASK:
            text, keyboard = answers.really_erase(texts), erase_keyboard(texts)
        case Step.YES:
            gone = await delete_member_data(services, press.person.chat_id)
            text, messages = answers.erased(texts, gone), gone.messages
        case Step.NO:
            text = answers.kept(texts)
    await is_shown(
        bot.edit_message_text(
            text, chat_id=press.chat_id, message_id=press.message_id, reply_markup=keyboard
        )
    )
    await query.answer()
    await _delete_messages(bot, messages)


async def _delete_messages(bot: Bot, messages: Sequence[SentMessage]) -> None:
    """Take a deleted board out of the chats, as far as Telegram lets (48 hours, by its rules).

    One after the other, which stays below its limits. What cannot be reached now stays there.
    """
    left = 0
    for each in messages:
        try:
            await bot.delete_message(each.chat_id, each.message_id)
        except TelegramAPIError:
            left += 1
    if messages:
        log.info("board.messages_deleted", messages=len(messages) - left, left=left)
