"""What members are told besides boards, as they read it."""

from sqlalchemy import text

from core.preferences import preferences
from core.services import Services
from core.values import Quality
from tests.conftest import Room
from tests.integration.test_overload import many_wait, nobody_waits
from tests.pictures import photo
from tests.telegram.botapi import BotApi
from tests.telegram.lecture import joined
from tests.telegram.people import person


async def test_overload_is_told_once_offers_the_fast_way_and_its_end_is_told(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy, sofya = await joined(bot, room), await joined(bot, room, "Софья", "ru")
    await emmy.sends_photo(photo(1))
    await emmy.got(2)
    await many_wait(services, room)
    (_, _, news) = await emmy.got(3)
    assert "Many boards are waiting just now: a new one takes about 2 min" in news["text"]
    # Who sends now is told as well, by the wait of his own board and by the news.
    await sofya.sends_photo(photo(2))
    told = [message["text"] for message in await sofya.got(3)]
    assert any("очереди: " in words and "мин" in words for words in told)
    assert any(words.startswith("Сейчас в очереди много досок") for words in told)
    await emmy.sends_photo(photo(3))
    await emmy.got(4)
    await emmy.hears(await emmy.presses(news, label="Make mine fast"))
    assert (await preferences(services, emmy.chat_id)).quality is Quality.FAST
    assert "made fast" in emmy.inbox[2]["text"]
    await nobody_waits(services)
    await bot.until(lambda: any("quick again" in m.get("text", "") for m in emmy.inbox))
    await bot.until(lambda: any("Снова быстро" in m.get("text", "") for m in sofya.inbox))
    assert len([m for m in emmy.inbox if "Many boards" in m.get("text", "")]) <= 1


async def test_who_has_blocked_the_bot_is_found_out_by_a_notice(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy = person(bot)
    await emmy.starts(room.created.code)
    await emmy.got(1)
    await emmy.sends_photo(photo(1))
    await emmy.got(2)
    emmy.account.is_deleted = True
    await many_wait(services, room)
    await bot.until(lambda: len(bot.called("sendMessage", emmy.chat_id)) == 3)
    async with services.sessions() as session:
        count = "SELECT count(*) FROM notice WHERE state = 'owed'"
        assert await session.scalar(text(count)) == 0
