"""The Bot API server: sending, editing, files and buttons, with Telegram's limits and refusals."""

from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from tests.pictures import board, encoded, photo
from tests.telegram.botapi import BotApi, Message, Refused
from tests.telegram.calling import answer_to, call, form, texts
from tests.telegram.people import Person, person, size_of

KEYBOARD = {
    "inline_keyboard": [
        [{"text": "Like", "callback_data": "like"}],
        [{"text": "Gallery", "url": "https://a.example/"}],
    ]
}


@pytest.fixture
def emmy(api: BotApi) -> Person:
    return person(api)


async def says(api: BotApi, somebody: Person, text: str = "Hello", **more: Any) -> Message:
    """A message of the bot, as it stands in the chat."""
    sent = await call(api, "sendMessage", chat_id=somebody.chat_id, text=text, **more)
    return somebody.chat.messages[sent["message_id"]]


@pytest.mark.parametrize(
    "request_of",
    [
        lambda fields: {"json": fields},
        lambda fields: {"data": fields},
        lambda fields: {"data": form(fields)},
        lambda fields: {"params": fields, "verb": "GET"},
    ],
    ids=["json", "form", "multipart", "query"],
)
async def test_fields_come_in_four_encodings(api: BotApi, emmy: Person, request_of: Any) -> None:
    fields = {"chat_id": str(emmy.chat_id), "text": "Доска & board", "protect_content": "true"}
    await answer_to(api, "sendMessage", **request_of(fields))
    assert (emmy.inbox[0].says, emmy.inbox[0]["has_protected_content"]) == ("Доска & board", True)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"text": ""}, "message text is empty"),
        ({"text": " \n"}, "message text is empty"),
        ({"text": "<b></b>", "parse_mode": "HTML"}, "message text is empty"),
        ({"text": "😀" * 2049}, "message is too long"),
        ({"text": "x", "reply_parameters": {"message_id": 9}}, "message to be replied not found"),
        ({"text": "x", "message_thread_id": 9}, "message thread not found"),
        ({"text": "x", "chat_id": 9}, "chat not found"),
        ({"text": "x", "chat_id": "@nobody"}, "chat not found"),
        ({"text": "x", "chat_id": ""}, "chat_id is empty"),
        ({"text": "x", "reply_markup": "{"}, "can't parse reply_markup JSON object"),
    ],
)
async def test_messages_that_telegram_refuses(
    api: BotApi, emmy: Person, fields: dict[str, Any], words: str
) -> None:
    with pytest.raises(Refused, match=f"Bad Request: {words}"):
        await call(api, "sendMessage", **{"chat_id": emmy.chat_id} | fields)


async def test_the_longest_text_and_caption_are_counted_after_their_marks(
    api: BotApi, emmy: Person
) -> None:
    await says(api, emmy, f"<b>{'x' * 4096}</b>", parse_mode="HTML")
    here = {"chat_id": emmy.chat_id, "caption": f"*{'x' * 1024}*", "parse_mode": "MarkdownV2"}
    sent = await answer_to(api, "sendPhoto", data=form(here, photo=("a.jpg", photo(1))))
    with pytest.raises(Refused, match="message caption is too long"):
        await call(api, "sendPhoto", **here | {"photo": "x", "caption": "x" * 1025})
    assert sent["caption_entities"] == [{"type": "bold", "offset": 0, "length": 1024}]


async def test_a_photo_is_recompressed_and_a_document_is_not(api: BotApi, emmy: Person) -> None:
    content = encoded(board(1, size=(2600, 1900)), "PNG")
    here = {"chat_id": emmy.chat_id}
    await answer_to(api, "sendPhoto", data=form(here, photo=("a.png", content)))
    attached = form(here | {"document": "attach://file"}, file=("a.png", content))
    await answer_to(api, "sendDocument", data=attached)
    picture, file = emmy.inbox
    assert [size["width"] for size in picture["photo"]] == [90, 320, 800, 1280]
    assert size_of(api, picture) == (1280, 935)
    assert api.files.kept[file["document"]["file_id"]].content == content
    assert [sorted(each.uploaded) for each in api.calls] == [["photo"], ["document"]]
    # Each id is good for its kind only.
    photo_id, document_id = picture["photo"][0]["file_id"], file["document"]["file_id"]
    again = await call(api, "sendPhoto", **here, photo=photo_id)
    assert again["photo"] == picture["photo"]
    with pytest.raises(Refused, match="can't use file of type Document as Photo"):
        await call(api, "sendPhoto", **here, photo=document_id)
    with pytest.raises(Refused, match="can't use file of type Photo as Document"):
        await call(api, "sendDocument", **here, document=photo_id)
    with pytest.raises(Refused, match="wrong file identifier/HTTP URL specified"):
        await call(api, "sendPhoto", **here, photo="AgACmadeup")


def picture_of(*size: int) -> bytes:
    buffer = BytesIO()
    Image.new("1", (size[0], size[1])).save(buffer, "PNG")
    return buffer.getvalue()


REFUSED_FILES = {
    "no bytes": ("sendPhoto", b"", "file must be non-empty"),
    "no picture": ("sendPhoto", b"no picture", "IMAGE_PROCESS_FAILED"),
    "too large": ("sendPhoto", picture_of(9000, 1001), "PHOTO_INVALID_DIMENSIONS"),
    "too long": ("sendPhoto", picture_of(2100, 100), "PHOTO_INVALID_DIMENSIONS"),
    "over 10 MB": ("sendPhoto", bytes(10_000_001), "Request Entity Too Large"),
    "an empty file": ("sendDocument", b"", "file must be non-empty"),
    "over 50 MB": ("sendDocument", bytes(50_000_001), "Request Entity Too Large"),
}


@pytest.mark.parametrize("case", REFUSED_FILES)
async def test_files_that_telegram_refuses(api: BotApi, emmy: Person, case: str) -> None:
    method, content, words = REFUSED_FILES[case]
    name = method.removeprefix("send").lower()
    body = form({"chat_id": emmy.chat_id}, **{name: ("a.png", content)})
    with pytest.raises(Refused, match=words):
        await answer_to(api, method, data=body)
    assert emmy.inbox == []


async def test_files_up_to_twenty_megabytes_can_be_had(api: BotApi, emmy: Person) -> None:
    fits = await emmy.sends_file(b"\1" * 20_000_000, "a.bin", None)
    large = await emmy.sends_file(b"\1" * 20_000_001, "b.bin", None)
    file = await call(api, "getFile", file_id=fits["document"]["file_id"])
    assert file["file_size"] == 20_000_000
    with pytest.raises(Refused, match="file is too big"):
        await call(api, "getFile", file_id=large["document"]["file_id"])
    with pytest.raises(Refused, match="wrong file_id or the file is temporarily unavailable"):
        await call(api, "getFile", file_id="x")


async def test_old_files_make_room_for_new_ones(api: BotApi, emmy: Person) -> None:
    first = await emmy.sends_file(b"\1" * 50_000_000, "a.bin", None)
    for _ in range(5):
        await emmy.sends_file(b"\2" * 50_000_000, "b.bin", None)
    assert len(api.files.kept) == 5
    assert first["document"]["file_id"] not in api.files.kept


async def test_an_album_goes_whole_or_not_at_all(api: BotApi, emmy: Person) -> None:
    here = {"chat_id": emmy.chat_id}

    async def album(*media: dict[str, str]) -> Any:
        body = form(here | {"media": list(media)}, a=("a.jpg", photo(1)), b=("b.jpg", photo(2)))
        return await answer_to(api, "sendMediaGroup", data=body)

    first = {"type": "photo", "media": "attach://a", "caption": "<b>A</b>", "parse_mode": "HTML"}
    second = {"type": "photo", "media": "attach://b"}
    sent = await album(first, second)
    assert len({message["media_group_id"] for message in sent}) == 1
    assert texts(emmy.inbox) == ["A", ""]
    for media in ([first], [first, second] * 6, [first, second | {"type": "document"}]):
        with pytest.raises(Refused):
            await album(*media)
    made_up = [first, second | {"media": "AgACmadeup"}]
    with pytest.raises(Refused, match="wrong file identifier"):
        await answer_to(
            api, "sendMediaGroup", data=form(here | {"media": made_up}, a=("a.jpg", photo(1)))
        )
    assert len(emmy.inbox) == 2


async def test_edits_keep_their_history_and_the_same_again_is_refused(
    api: BotApi, emmy: Person
) -> None:
    sent = await says(api, emmy, "In queue", reply_markup=KEYBOARD)
    this = {"chat_id": emmy.chat_id, "message_id": sent["message_id"]}
    with pytest.raises(Refused, match="message is not modified: specified new message content"):
        await call(api, "editMessageText", **this, text="In queue", reply_markup=KEYBOARD)
    await call(api, "editMessageText", **this, text="Processing", reply_markup=KEYBOARD)
    # Without its keyboard a message loses it.
    await call(api, "editMessageText", **this, text="Ready")
    assert texts(api.edits_of(sent)) == ["In queue", "Processing", "Ready"]
    assert [bool(version.buttons) for version in api.edits_of(sent)] == [True, True, False]
    with pytest.raises(Refused, match="there is no caption in the message to edit"):
        await call(api, "editMessageCaption", **this, caption="x")
    with pytest.raises(Refused, match="message to edit not found"):
        await call(api, "editMessageText", **this | {"message_id": 9}, text="x")
    theirs = await emmy.writes("mine")
    with pytest.raises(Refused, match="message can't be edited"):
        await call(api, "editMessageText", **this | {"message_id": theirs["message_id"]}, text="x")


async def test_what_is_deleted_is_gone(api: BotApi, emmy: Person) -> None:
    sent, theirs = await says(api, emmy), await emmy.writes("mine")
    for message in (sent, theirs):
        this = {"chat_id": emmy.chat_id, "message_id": message["message_id"]}
        await call(api, "deleteMessage", **this)
        with pytest.raises(Refused, match="message to delete not found"):
            await call(api, "deleteMessage", **this)
    assert emmy.inbox == []
    assert [sight.kind for sight in emmy.sees()] == ["message", "message", "deletion", "deletion"]


async def test_a_reply_stays_without_what_it_answered_if_it_may(api: BotApi, emmy: Person) -> None:
    theirs = await emmy.writes("hello")
    reply = {"message_id": theirs["message_id"], "allow_sending_without_reply": True}
    answer = await says(api, emmy, reply_parameters=reply)
    assert answer["reply_to_message"]["text"] == "hello"
    await emmy.deletes(theirs)
    assert "reply_to_message" not in await says(api, emmy, reply_parameters=reply)
    with pytest.raises(Refused, match="message to be replied not found"):
        await says(api, emmy, reply_to_message_id=theirs["message_id"])


async def test_presses_are_answered_once_and_in_time(api: BotApi, emmy: Person) -> None:
    sent = await says(api, emmy, reply_markup=KEYBOARD)
    assert sent.buttons == [["Like"], ["Gallery"]]
    pressed = [await emmy.presses(sent, label="Like") for _ in range(3)]
    answer = {"callback_query_id": pressed[0], "text": "Thanks", "show_alert": True}
    await call(api, "answerCallbackQuery", **answer)
    assert emmy.alerts == ["Thanks"]
    assert emmy.sees("answer")[0].content["is_alert"]
    api.expire(pressed[1])
    for query_id in (*pressed[:2], "1"):
        with pytest.raises(Refused, match="query is too old and response timeout expired"):
            await call(api, "answerCallbackQuery", callback_query_id=query_id)
    with pytest.raises(Refused, match="MESSAGE_TOO_LONG"):
        await call(api, "answerCallbackQuery", callback_query_id=pressed[2], text="x" * 201)
    with pytest.raises(AssertionError, match="is a link"):
        await emmy.presses(sent, label="Gallery")
    with pytest.raises(AssertionError, match="no button 'Dislike'"):
        await emmy.presses(sent, label="Dislike")


async def test_reactions_are_seen_on_the_message(api: BotApi, emmy: Person) -> None:
    theirs = await emmy.writes("hello")
    this = {"chat_id": emmy.chat_id, "message_id": theirs["message_id"]}
    await call(api, "setMessageReaction", **this, reaction=[{"type": "emoji", "emoji": "👀"}])
    assert api.reactions_on(theirs) == ["👀"]
    await call(api, "setMessageReaction", **this, reaction=[])
    assert api.reactions_on(theirs) == []
    assert [sight.content["emoji"] for sight in emmy.sees("reaction")] == [["👀"], []]
    with pytest.raises(Refused, match="message to react not found"):
        await call(api, "setMessageReaction", **this | {"message_id": 9}, reaction=[])


async def test_protected_messages_are_neither_forwarded_nor_copied(
    api: BotApi, emmy: Person
) -> None:
    alan = person(api, "Alan")
    open_one = await says(api, emmy)
    protected = await says(api, emmy, protect_content=True)
    this = {"chat_id": alan.chat_id, "from_chat_id": emmy.chat_id}
    forwarded = await call(api, "forwardMessage", **this, message_id=open_one["message_id"])
    assert forwarded["forward_origin"]["sender_user"]["is_bot"]
    await call(api, "copyMessage", **this, message_id=open_one["message_id"])
    assert ["forward_origin" in message for message in alan.inbox] == [True, False]
    for method in ("forwardMessage", "copyMessage"):
        with pytest.raises(Refused, match="message can't be"):
            await call(api, method, **this, message_id=protected["message_id"])


async def test_the_menu_is_that_of_the_narrowest_scope_and_of_the_language(
    api: BotApi, emmy: Person
) -> None:
    sofya = person(api, "Софья", "ru")

    async def menu(says: str, **more: Any) -> None:
        commands = [{"command": "start", "description": says}]
        await call(api, "setMyCommands", commands=commands, **more)

    await menu("Join")
    await menu("Войти", language_code="ru")
    await menu("Teach", scope={"type": "chat", "chat_id": emmy.chat_id})
    assert (emmy.menu(), sofya.menu()) == (["/start Teach"], ["/start Войти"])
    for bad in ([{"command": "Start", "description": "x"}], [{"command": "a", "description": ""}]):
        with pytest.raises(Refused, match="BOT_COMMAND"):
            await call(api, "setMyCommands", commands=bad)


async def test_a_bot_that_writes_too_fast_is_told_how_long_to_wait(
    api: BotApi, emmy: Person
) -> None:
    api.clock = lambda: 1000.0  # the whole test in one moment
    for _ in range(10):
        await says(api, emmy)
    with pytest.raises(Refused, match="Too Many Requests: retry after 1") as refused:
        await says(api, emmy)
    assert (refused.value.status, refused.value.parameters) == (429, {"retry_after": 1})
    assert api.rates.refused == 1
    await call(api, "sendChatAction", chat_id=emmy.chat_id, action="typing")
    assert [sight.content for sight in emmy.sees("action")] == [{"action": "typing"}]


async def test_a_chat_keeps_its_newest_messages(api: BotApi, emmy: Person) -> None:
    emmy.chat.most_messages = 3
    for text in "abcd":
        await says(api, emmy, text)
    assert texts(emmy.inbox) == ["b", "c", "d"]
    assert len(emmy.chat.versions) == 3
