"""Blocking, coming back, leaving Telegram: who is a member, and who is owed what."""

from sqlalchemy import select
from sqlmodel import col

from core.services import Services
from core.tables import Member
from core.values import MemberState
from tests.conftest import Room
from tests.telegram.botapi import BotApi
from tests.telegram.conftest import make_ready
from tests.telegram.lecture import joined, waiting_board
from tests.telegram.people import Person
from tests.waiting import eventually


async def state_of(services: Services, somebody: Person) -> tuple[str, str | None]:
    async with services.sessions() as session:
        member = (
            await session.execute(
                select(Member).where(col(Member.telegram_chat_id) == somebody.chat_id)
            )
        ).scalar_one()
    return member.state, member.inactive_reason


async def test_who_blocks_the_bot_is_inactive_at_once_and_back_at_start(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy, alan = await joined(bot, room), await joined(bot, room, "Alan")
    await emmy.blocks()
    blocked = (MemberState.INACTIVE, "blocked")
    await eventually(lambda: state_of(services, emmy), lambda state: state == blocked)
    await make_ready(services, await waiting_board(services, alan, seed=1))
    await alan.got(3)
    assert bot.called("sendPhoto", emmy.chat_id) == []
    await emmy.comes_back()
    await emmy.got(2)
    assert await state_of(services, emmy) == (MemberState.ACTIVE, None)
    await make_ready(services, await waiting_board(services, alan, seed=2))
    await bot.until(lambda: any("photo" in message for message in emmy.inbox))


async def test_who_deleted_his_account_is_found_out_at_the_next_board(
    services: Services, room: Room, bot: BotApi
) -> None:
    emmy, alan = await joined(bot, room), await joined(bot, room, "Alan")
    await emmy.deletes_account()
    await make_ready(services, await waiting_board(services, alan))
    gone = (MemberState.INACTIVE, "blocked")
    await eventually(lambda: state_of(services, emmy), lambda state: state == gone)
    await alan.got(3)
