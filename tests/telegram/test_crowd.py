"""A lecture that begins: many people join while others send their photos, all at once."""

from core.services import Services
from tests.conftest import Room
from tests.pictures import photo
from tests.telegram.botapi import BotApi
from tests.telegram.botapi.acts import say
from tests.telegram.crowds import crowd
from tests.telegram.people import person

JOIN = 100
SEND = 20
WITHIN_S = 90.0  # some 10 s where nobody else uses the machine


async def test_nobody_stays_unanswered_when_many_join_and_send_at_once(
    services: Services, room: Room, bot: BotApi
) -> None:
    senders = await crowd(services, room, bot, SEND)
    boards = [
        await bot.files.take_photo(photo(seed, size=(800, 600)), "photo.jpg")
        for seed in range(SEND)
    ]
    joiners = [person(bot, f"Late {number}", has_started=False) for number in range(JOIN)]
    sent = [
        say(bot, each.account, each.chat, {"photo": board})
        for each, board in zip(senders, boards, strict=True)
    ]
    for each in joiners:
        await each.starts(room.created.code)
    # They are as many as Telegram tells of at once; one more must be heard of all the same.
    last = person(bot, "The last", has_started=False)
    await last.starts(room.created.code)
    everybody = [*senders, *joiners, last]
    await bot.until(lambda: all(each.inbox for each in everybody), WITHIN_S)
    await bot.until(lambda: all(bot.reactions_on(message) for message in sent), WITHIN_S)
    assert {len(each.inbox) for each in everybody} == {1}
    assert all("Algebra" in each.inbox[0]["text"] for each in joiners)
    assert all("Got it" in each.inbox[0]["text"] for each in senders)
    await bot.until(lambda: bot.updates.waiting == {}, WITHIN_S)


async def test_a_photo_that_is_slow_to_come_holds_up_nobody_and_is_not_confirmed(
    services: Services, room: Room, bot: BotApi
) -> None:
    (emmy,) = await crowd(services, room, bot, 1)
    released = bot.hang("getFile")
    sent = await emmy.sends_photo(photo(1))
    await bot.until(lambda: bool(bot.called("getFile")))
    alan = person(bot, "Alan", has_started=False)
    await alan.starts(room.created.code)
    await alan.got(1)
    assert bot.confirmed < sent.update_id
    released.set()
    assert "Got it" in (await emmy.got(1))[0]["text"]
    await bot.until(lambda: bot.updates.waiting == {})
