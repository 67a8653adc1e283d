"""From the bot to the web gallery: a link that works once, and never in a group."""

from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest

from bot.keyboards import Gallery
from core.access import viewer_by_token
from core.errors import LoginLinkSpent
from core.logins import open_link
from core.rooms import join_from_telegram
from core.services import Services
from tests.acts import send_photo
from tests.conftest import Room
from tests.telegram.botapi import BotApi, Message
from tests.telegram.calling import call
from tests.telegram.people import Person, make_group, person


def key_in(message: Message) -> str:
    """The key behind the message's button."""
    button = message["reply_markup"]["inline_keyboard"][0][0]
    return parse_qs(urlsplit(str(button["url"])).query)["key"][0]


async def joined(api: BotApi, room: Room, name: str = "Emmy", language: str = "en") -> Person:
    somebody = person(api, name, language)
    await somebody.writes(room.created.code)
    await somebody.got(1)
    return somebody


async def shows_board(api: BotApi, chat_id: int, board_id: UUID) -> Message:
    """A message of the bot's with a gallery button, as below a board."""
    button = {"text": "Gallery", "callback_data": Gallery(board_id=board_id).pack()}
    sent = await call(
        api,
        "sendMessage",
        chat_id=chat_id,
        text="Board 1",
        reply_markup={"inline_keyboard": [[button]]},
    )
    message = api.world.chats[chat_id].messages[sent["message_id"]]
    assert message.says == "Board 1"
    return message


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("en", ("The button works once, within 10 minutes", "Open the gallery")),
        ("ru", ("Кнопка срабатывает один раз, в течение 10 минут", "Открыть галерею")),
    ],
)
async def test_the_gallery_opens_once_by_a_button(
    services: Services, room: Room, bot: BotApi, language: str, says: tuple[str, str]
) -> None:
    emmy = await joined(bot, room, language=language)
    await emmy.writes("/gallery")
    link = (await emmy.got(2))[1]
    assert says[0] in link.says
    assert "Algebra, 14:00" in link.says
    assert link.buttons == [[says[1]]]
    sent = bot.called("sendMessage", emmy.chat_id)[-1].fields
    assert "is_disabled" in str(sent["link_preview_options"])
    assert link["has_protected_content"] is True
    # The link itself stands nowhere in the text, where it would be shown and copied.
    assert key_in(link) not in link.says
    opened = await open_link(services, key_in(link))
    assert opened.viewer.auditorium_id == room.created.auditorium_id
    assert (await viewer_by_token(services, opened.token)).name == "Emmy"
    with pytest.raises(LoginLinkSpent):
        await open_link(services, key_in(link))


async def test_asked_again_only_the_newest_link_works(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy = await joined(bot, room)
    for count in (2, 3):
        await emmy.writes("/gallery")
        await emmy.got(count)
    older, newer = emmy.inbox[1:]
    with pytest.raises(LoginLinkSpent):
        await open_link(services, key_in(older))
    assert (await open_link(services, key_in(newer))).viewer.name == "Emmy"


async def test_who_is_in_no_auditorium_is_told_how_to_join(bot: BotApi) -> None:
    emmy = person(bot)
    await emmy.writes("/gallery")
    (answer,) = await emmy.got(1)
    assert "code of your auditorium" in answer.says


async def test_the_button_below_a_board_gives_the_link_of_its_auditorium(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy = await joined(bot, room)
    board = await send_photo(services, room.student)
    shown = await shows_board(bot, emmy.chat_id, board.board_id)
    assert await emmy.hears(await emmy.presses(shown)) == ""
    link = emmy.inbox[-1]
    opened = await open_link(services, key_in(link))
    assert opened.viewer.auditorium_id == room.created.auditorium_id


async def test_in_a_group_the_press_leads_to_ones_own_chat_and_nobody_sees_a_link(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy = person(bot, has_started=False)
    group = make_group(bot, "Year 2", owner=emmy)
    await group.adds_bot(by=emmy)
    await join_from_telegram(
        services, code=room.created.code, chat_id=group.chat_id, name="Year 2", locale="en"
    )
    board = await send_photo(services, room.student)
    shown = await shows_board(bot, group.chat_id, board.board_id)
    in_group = len(group.inbox)
    query = await emmy.presses(shown)
    await emmy.hears(query)
    address = urlsplit(bot.answered[query]["url"])
    assert (address.netloc, address.path) == ("t.me", "/boards_test_bot")
    payload = parse_qs(address.query)["start"][0]
    await emmy.starts(payload)
    (link,) = await emmy.got(1)
    opened = await open_link(services, key_in(link))
    assert (opened.viewer.name, opened.viewer.code) == ("Emmy", room.created.code)
    assert len(group.inbox) == in_group
    assert all("url" not in str(message.get("reply_markup")) for message in group.inbox)


async def test_strangers_get_no_link_from_a_deep_link(
    services: Services, room: Room, bot: BotApi
) -> None:
    board = await send_photo(services, room.student)
    eve = person(bot, "Eve")
    for payload in (f"gallery-{board.board_id.hex}", f"gallery-{uuid4().hex}", "gallery-x"):
        count = len(eve.inbox)
        await eve.starts(payload)
        told = (await eve.got(count + 1))[count]
        assert "no such board" in told.says
        assert told.buttons == []
