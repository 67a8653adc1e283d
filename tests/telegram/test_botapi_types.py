"""The Bot API server's methods, fields, answers and updates are those of aiogram's types."""

import inspect
import re
from typing import Any

import pytest
from aiogram.types import ReactionTypeEmoji

from tests.pictures import photo
from tests.telegram.botapi import BOT_ID, BotApi
from tests.telegram.botapi.fields import FIELDS
from tests.telegram.botapi.methods import METHODS
from tests.telegram.botapi.reactions import FREE
from tests.telegram.calling import answer_to, call, form, kinds, news
from tests.telegram.people import make_group, person
from tests.telegram.strict import Strict, method_type


def test_every_method_has_its_fields_and_the_other_way_round() -> None:
    assert METHODS.keys() == FIELDS.keys()


@pytest.mark.parametrize("method", FIELDS)
def test_every_field_is_one_of_the_bot_api(method: str) -> None:
    # reply_to_message_id and the like are older names, which Telegram still takes.
    assert set(method_type(method).model_fields) >= FIELDS[method]


@pytest.mark.parametrize("method", FIELDS)
def test_every_field_that_a_method_needs_is_known(method: str) -> None:
    fields = method_type(method).model_fields
    assert {name for name, field in fields.items() if field.is_required()} <= FIELDS[method]


def test_the_free_reactions_are_those_of_the_documentation() -> None:
    # aiogram keeps the field's documentation beside it, in the source only.
    source = inspect.getsource(ReactionTypeEmoji)
    listed = re.findall(r'"([^"]+)"', source.split("can be one of ")[1].split('"""')[0])
    assert set(listed) == FREE


def test_what_is_missing_or_unknown_is_noticed() -> None:
    strict = Strict()
    strict("getFile", {"file_id": "1", "file_unique_id": "2"})
    assert strict.complaints == []
    strict("getFile", {"file_id": "1"})
    strict("getFile", {"file_id": "1", "file_unique_id": "2", "colour": "red"})
    strict("sendMediaGroup", [{"message_id": 1, "date": 1, "chat": {"id": 1}}])
    assert len(strict.complaints) == 3
    assert strict.complaints[1] == "getFile: .colour is unknown"


async def test_every_method_answers_in_the_types_of_the_bot_api(api: BotApi) -> None:
    api.rates.is_on = False
    ada = person(api, "Ada")
    forum = make_group(api, "Year 2", ada, is_forum=True)
    await forum.adds_bot(by=ada)
    await forum.promotes_bot(by=ada)
    here: dict[str, Any] = {"chat_id": ada.chat_id}
    there: dict[str, Any] = {"chat_id": forum.chat_id}
    for method in ("getMe", "getUpdates", "logOut", "close", "getWebhookInfo", "getChatMenuButton"):
        await call(api, method)
    await call(api, "setWebhook", url="http://127.0.0.1:9/", secret_token="s")
    await call(api, "getWebhookInfo")
    await call(api, "deleteWebhook", drop_pending_updates=True)
    await _write_everything(api, here)
    for scope in ({"type": "default"}, {"type": "chat", "chat_id": ada.chat_id}):
        commands = [{"command": "start", "description": "Join"}]
        await call(api, "setMyCommands", commands=commands, scope=scope, language_code="ru")
        await call(api, "getMyCommands", scope=scope, language_code="ru")
        await call(api, "deleteMyCommands", scope=scope, language_code="ru")
    await call(api, "setMyDescription", description="Sharp boards")
    await call(api, "getMyDescription", language_code="ru")
    await call(api, "setMyShortDescription", short_description="Boards")
    await call(api, "getMyShortDescription")
    await call(api, "setChatMenuButton", menu_button={"type": "commands"})
    for place in (here, there):
        await call(api, "getChat", **place)
        await call(api, "getChatMember", **place, user_id=BOT_ID)
        await call(api, "getChatMemberCount", **place)
    await call(api, "getChatAdministrators", **there)
    topic = await call(api, "createForumTopic", **there, name="Boards")
    thread = there | {"message_thread_id": topic["message_thread_id"]}
    await call(api, "closeForumTopic", **thread)
    await call(api, "reopenForumTopic", **thread)
    sent = await call(api, "sendMessage", **thread, text="Pinned")
    await call(api, "pinChatMessage", **there, message_id=sent["message_id"])
    await call(api, "getChat", **there)
    await call(api, "unpinChatMessage", **there)
    await call(api, "leaveChat", **there)
    assert {each.method for each in api.calls} == METHODS.keys()


async def _write_everything(api: BotApi, here: dict[str, Any]) -> None:
    keyboard = {"inline_keyboard": [[{"text": "Like", "callback_data": "1"}]]}
    text = await call(api, "sendMessage", **here, text="<b>Hi</b>", parse_mode="HTML")
    board = ("board.jpg", photo(1))
    picture = await answer_to(api, "sendPhoto", data=form(here, photo=board))
    photo_id = picture["photo"][-1]["file_id"]
    await call(api, "getFile", file_id=photo_id)
    document = await answer_to(api, "sendDocument", data=form(here, document=board))
    media = [{"type": "photo", "media": photo_id, "caption": "1"}] * 2
    await call(api, "sendMediaGroup", **here, media=media)
    await call(api, "sendChatAction", **here, action="typing")
    of_text = here | {"message_id": text["message_id"]}
    of_picture = here | {"message_id": picture["message_id"]}
    await call(api, "editMessageText", **of_text, text="Hello", reply_markup=keyboard)
    await call(api, "editMessageCaption", **of_picture, caption="Board")
    await call(api, "editMessageReplyMarkup", **of_picture, reply_markup=keyboard)
    media_id = document["document"]["file_id"]
    changed = {"type": "document", "media": media_id, "caption": "As a file"}
    await call(api, "editMessageMedia", **of_picture, media=changed)
    away = {"from_chat_id": here["chat_id"], "message_id": text["message_id"]}
    await call(api, "forwardMessage", **here, **away)
    await call(api, "copyMessage", **here, **away)
    emmy = person(api)
    query = await emmy.presses(api.written_in(here["chat_id"])[0])
    await call(api, "answerCallbackQuery", callback_query_id=query, text="Thanks")
    reaction = [{"type": "emoji", "emoji": "👍"}]
    await call(api, "setMessageReaction", **of_text, reaction=reaction)
    await call(api, "deleteMessage", **of_text)
    await call(api, "deleteMessages", **here, message_ids=[document["message_id"], 1])


async def test_every_kind_of_update_is_in_the_types_of_the_bot_api(api: BotApi) -> None:
    api.updates.allow(
        [
            "message",
            "edited_message",
            "callback_query",
            "my_chat_member",
            "chat_member",
            "message_reaction",
        ]
    )
    ada, emmy = person(api, "Ada"), person(api, language="")
    basic = make_group(api, "Year 1", ada, kind="group")
    await basic.adds_bot(by=ada)
    await basic.migrates(by=ada, is_forum=True)
    await basic.promotes_bot(by=ada)
    await basic.joins(emmy, by=ada)
    await basic.promotes(emmy)
    topic = await basic.new_topic("Boards", by=ada)
    said = await emmy.writes("look at https://example.org #limits", in_=topic)
    await emmy.edits(said, "look")
    picture = await emmy.sends_photo(photo(1), "caption", in_=topic, reply_to=said)
    await emmy.edits(picture, "another caption")
    await ada.forwards(picture)
    await ada.sends_album([photo(1), photo(2)], "both", as_files=True)
    await ada.sends_album([photo(1), photo(2)])
    await ada.sends_file(b"x", "x.bin", None)
    await ada.sends_sticker()
    await ada.sends_voice()
    await ada.sends_contact()
    await ada.reacts(said, "👍")
    await ada.reacts(said, "")
    keyboard = {"inline_keyboard": [[{"text": "Like", "callback_data": "1"}]]}
    await call(api, "sendMessage", chat_id=ada.chat_id, text="Board", reply_markup=keyboard)
    (board,) = ada.inbox
    await ada.presses(board)
    await ada.deletes(board)
    await ada.presses(board)
    await basic.leaves(emmy)
    await basic.demotes_bot(by=ada)
    await basic.removes_bot(by=ada)
    await ada.blocks()
    await ada.comes_back()
    assert frozenset(kinds(await news(api))) == api.updates.allowed
