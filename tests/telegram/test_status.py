"""The one message that tells a sender how far his photos are: sent once, edited, sparse."""

from core.leases import claim, fail, heartbeat
from core.services import Services
from core.values import AttemptPurpose, Stage
from tests.conftest import Room
from tests.pictures import photo
from tests.telegram.botapi import BotApi
from tests.telegram.conftest import make_ready
from tests.telegram.lecture import boards, joined, waiting_board
from tests.telegram.people import person


async def test_a_photo_is_seen_at_once_and_followed_in_one_message(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy = await joined(bot, room)
    sent = await emmy.sends_photo(photo(1))
    (_, status) = await emmy.got(2)
    assert [call.fields["message_id"] for call in bot.called("setMessageReaction")] == [
        str(sent["message_id"])
    ]
    assert status["text"].startswith("Got it: board 1. Next in the queue, about 5 s.")
    assert status["reply_to_message"]["message_id"] == sent["message_id"]
    (board_id,) = await boards(services)
    held = await claim(services, board_id, "test", AttemptPurpose.RENDER)
    assert held is not None
    await heartbeat(services, held, Stage.UPSCALE, 0.5)
    await bot.until(lambda: "Making it sharp" in emmy.inbox[1]["text"])
    await fail(services, held, "render_deadline", final=True)
    await bot.until(lambda: "took too long" in emmy.inbox[1]["text"])
    assert len(emmy.inbox) == 2
    first, second = bot.called("editMessageText")
    assert second.at - first.at >= 2.5


async def test_ready_is_told_in_the_same_message_and_the_board_comes_as_another(
    services: Services, room: Room, bot: BotApi
) -> None:
    sofya = await joined(bot, room, "Софья", "ru")
    await make_ready(services, await waiting_board(services, sofya))
    await bot.until(lambda: sofya.inbox[1]["text"] == "Доска 1 готова.")
    await sofya.got(3)
    assert "photo" in sofya.inbox[2]


async def test_an_album_is_acknowledged_once_and_each_photo_is_an_upload(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy = await joined(bot, room)
    album = await emmy.sends_album([photo(1), photo(2), photo(3)])
    await bot.until(lambda: len(emmy.inbox) == 2 and "3 photos" in emmy.inbox[1]["text"])
    lines = emmy.inbox[1]["text"].splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        "3 photos",
        "Board 1",
        "Board 2",
        "Board 3",
    ]
    assert len(await boards(services)) == 3
    reactions = {int(call.fields["message_id"]) for call in bot.called("setMessageReaction")}
    assert reactions == {message["message_id"] for message in album}
    assert len(bot.called("sendMessage", emmy.chat_id)) == 2


async def test_two_phones_one_board_the_second_is_told_whose_it_is(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy, alan = await joined(bot, room), await joined(bot, room, "Alan")
    await emmy.sends_photo(photo(4))
    await emmy.got(2)
    await alan.sends_photo(photo(4))
    told = (await alan.got(2))[1]["text"]
    assert told.startswith("A classmate has already sent this board: board 1. Next in the queue")
    assert len(await boards(services)) == 1


async def test_a_status_that_its_reader_deleted_is_not_written_again(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy = await joined(bot, room)
    board_id = await waiting_board(services, emmy)
    await emmy.deletes(emmy.inbox[1])
    await make_ready(services, board_id)
    await bot.until(lambda: any("photo" in message for message in emmy.inbox))
    await bot.until(lambda: bool(bot.called("editMessageText")))
    assert [message for message in emmy.inbox[1:] if "text" in message] == []


async def test_a_status_comes_when_telegram_is_back(room: Room, bot: BotApi) -> None:
    emmy = await joined(bot, room)
    bot.fail("sendMessage", 502, "Bad Gateway", chat_id=emmy.chat_id)
    await emmy.sends_photo(photo(5))
    assert "Got it: board 1" in (await emmy.got(2, within_s=30.0))[1]["text"]


async def test_a_photo_without_a_code_is_followed_as_well(bot: BotApi) -> None:
    emmy = person(bot)
    await emmy.sends_photo(photo(6), caption="<b>markup</b> & more")
    assert "Got it: board 1" in (await emmy.got(1))[0]["text"]
