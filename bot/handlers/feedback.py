"""What members say: votes on boards, and the survey."""

from typing import Any

from aiogram import Bot, F, Router
from aiogram.types import CallbackQuery, Message

from bot.edits import is_shown
from bot.keyboards import Answer, AskAgain, NothingMissing, Rate, board_keyboard
from bot.pictures import BoardPictures
from bot.presses import press_of, viewer_of_press
from bot.questions import question
from bot.texts import feedback as answers
from core.ratings import rate
from core.services import Services
from core.surveys import (
    Answers,
    asked_by_message,
    finish,
    next_question,
    record_choice,
    record_text,
    survey_of,
)
from core.texts import Texts
from core.values import SurveyQuestion


def make_router() -> Router:
    """A fresh router: aiogram gives each one parent for ever."""
    router = Router(name="feedback")
    router.callback_query.register(vote, Rate.filter())
    router.callback_query.register(choose, Answer.filter())
    router.callback_query.register(ask_again, AskAgain.filter())
    router.callback_query.register(nothing_missing, NothingMissing.filter())
    # A command is none, whatever it replies to.
    router.message.register(
        write, F.text, ~F.text.startswith("/"), F.reply_to_message, asked_for_text
    )
    return router


async def vote(
    query: CallbackQuery,
    *,
    callback_data: Rate,
    bot: Bot,
    services: Services,
    pictures: BoardPictures,
    texts: Texts,
) -> None:
    """A thumb below a board. A group's message belongs to many: it marks nobody's vote."""
    press = press_of(query, texts)
    viewer = await viewer_of_press(services, press, callback_data.board_id)
    board_id, view = callback_data.board_id, callback_data.view
    stands = await rate(services, viewer, board_id, callback_data.vote, view)
    if press.is_private:
        look = await pictures.look_at(board_id, view)
        keyboard = board_keyboard(texts, board_id, look, vote=stands)
        await is_shown(
            bot.edit_message_reply_markup(
                chat_id=press.chat_id, message_id=press.message_id, reply_markup=keyboard
            )
        )
    await query.answer(answers.voted(texts, stands))


async def choose(
    query: CallbackQuery, *, callback_data: Answer, bot: Bot, services: Services, texts: Texts
) -> None:
    """An answer to a question that has choices."""
    press = press_of(query, texts)
    given = await record_choice(
        services,
        chat_id=press.person.chat_id,
        member_id=callback_data.member_id,
        question=callback_data.question,
        answer=callback_data.answer,
    )
    asked = None if given.ended else next_question(given, callback_data.question)
    await _show(bot, texts, given, asked, chat_id=press.chat_id, message_id=press.message_id)
    was_over = given.ended and given.to(callback_data.question) is not callback_data.answer
    await query.answer(answers.survey_over(texts) if was_over else answers.survey_noted(texts))


async def ask_again(
    query: CallbackQuery, *, callback_data: AskAgain, bot: Bot, services: Services, texts: Texts
) -> None:
    """Back to an earlier question."""
    press = press_of(query, texts)
    given = await survey_of(services, press.person.chat_id, callback_data.member_id)
    asked = None if given.ended else callback_data.question
    await _show(bot, texts, given, asked, chat_id=press.chat_id, message_id=press.message_id)
    await query.answer(answers.survey_over(texts) if given.ended else None)


async def nothing_missing(
    query: CallbackQuery,
    *,
    callback_data: NothingMissing,
    bot: Bot,
    services: Services,
    texts: Texts,
) -> None:
    """The end without a text."""
    press = press_of(query, texts)
    given = await finish(services, chat_id=press.person.chat_id, member_id=callback_data.member_id)
    await _show(bot, texts, given, None, chat_id=press.chat_id, message_id=press.message_id)
    await query.answer()


async def asked_for_text(message: Message, services: Services) -> bool | dict[str, Any]:
    """A filter: whether this replies to a question of the survey, and whose it is."""
    if message.reply_to_message is None:
        return False
    member_id = await asked_by_message(
        services, message.chat.id, message.reply_to_message.message_id
    )
    return (
        False
        if member_id is None
        else {"given": await survey_of(services, message.chat.id, member_id)}
    )


async def write(
    message: Message, *, given: Answers, bot: Bot, services: Services, texts: Texts
) -> None:
    """What was missing, in his own words."""
    if given.ended or message.reply_to_message is None:
        await message.reply(answers.survey_over(texts), allow_sending_without_reply=True)
        return
    given, was_cut = await record_text(
        services, chat_id=message.chat.id, member_id=given.member_id, text=message.text or ""
    )
    asked = None if given.ended else next_question(given, SurveyQuestion.MISSING)
    shown = await _show(
        bot,
        texts,
        given,
        asked,
        chat_id=message.chat.id,
        message_id=message.reply_to_message.message_id,
        was_cut=was_cut,
    )
    if not shown:
        await message.reply(
            answers.survey_thanks(texts, was_cut=was_cut), allow_sending_without_reply=True
        )


async def _show(
    bot: Bot,
    texts: Texts,
    given: Answers,
    asked: SurveyQuestion | None,
    *,
    chat_id: int,
    message_id: int,
    was_cut: bool = False,
) -> bool:
    """Make the message this question, or the thanks; False if it cannot be edited any more."""
    if asked is None:
        text, keyboard = answers.survey_thanks(texts, was_cut=was_cut), None
    else:
        text, keyboard = question(texts, given, asked)
    return await is_shown(
        bot.edit_message_text(text, chat_id=chat_id, message_id=message_id, reply_markup=keyboard)
    )
