"""Waves of overload: when the expected wait passes a bound, senders are told, once a wave.

A wave is a row, at most one of them open, so that several bot processes agree on it. Whom it was
told is a notice with the wave's id in its key.
"""

from datetime import timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.db import rows_changed, transaction
from core.logs import get_logger
from core.notices import owe_notice
from core.services import Services
from core.tables import Member, Notice, OverloadWave, Upload
from core.values import DeliveryState, Hears, MemberState, NoticeKind, Quality
from core.waiting import queue_now, wait_for_new

log = get_logger(__name__)

WAVE_OVER: Final = "overload_over"
_WAIT: Final = "wait_s"


class Turn(StrEnum):
    """What the expected wait means for the wave."""

    BEGINS = "begins"
    GOES_ON = "goes_on"
    ENDS = "ends"
    NONE = "none"


def turn_of(wait_s: float, *, is_open: bool, begins_at_s: float, ends_below_s: float) -> Turn:
    """Begins above one bound, ends below a lower one, so that it does not flicker between."""
    if not is_open:
        return Turn.BEGINS if wait_s > begins_at_s else Turn.NONE
    return Turn.ENDS if wait_s < ends_below_s else Turn.GOES_ON


async def watch(services: Services) -> Turn:
    """Look at the queue, begin or end a wave, and owe the news of it. Raises DatabaseUnavailable.

    Any number of processes may do this: the open wave is unique.
    """
    settings = services.settings
    wait_s = wait_for_new(await queue_now(services), Quality.BEST)
    async with transaction(services.sessions) as session:
        wave = (
            await session.execute(
                select(OverloadWave)
                .where(col(OverloadWave.ended_at).is_(None))
                .with_for_update(skip_locked=True)
            )
        ).scalar_one_or_none()
        turn = turn_of(
            wait_s,
            is_open=wave is not None,
            begins_at_s=settings.overload_wait_s,
            ends_below_s=min(settings.overload_over_s, settings.overload_wait_s),
        )
        if turn is Turn.BEGINS:
            await _begin(session, wait_s, settings.overload_recent_s)
        elif wave is not None and turn is Turn.ENDS:
            wave.ended_at = (await session.execute(select(func.now()))).scalar_one()
            await _tell_the_end(session, wave.id)
        elif wave is not None:
            wave.longest_wait_s = max(wave.longest_wait_s, wait_s)
    if turn in {Turn.BEGINS, Turn.ENDS}:
        log.info("overload.turn", turn=turn.value, wait_s=round(wait_s, 1))
    return turn


async def tell_sender(services: Services, member_id: UUID) -> None:
    """Who sends during a wave is told of it, once, with what a board takes by now."""
    async with transaction(services.sessions) as session:
        wave_id = await session.scalar(
            select(col(OverloadWave.id)).where(col(OverloadWave.ended_at).is_(None))
        )
    if wave_id is None:
        return
    wait_s = wait_for_new(await queue_now(services), Quality.BEST)
    async with transaction(services.sessions) as session:
        await _owe(session, [member_id], wave_id, wait_s)


async def _begin(session: AsyncSession, wait_s: float, recent_s: float) -> None:
    wave_id = uuid4()
    begun = await session.execute(
        insert(OverloadWave).values(id=wave_id, longest_wait_s=wait_s).on_conflict_do_nothing()
    )
    if rows_changed(begun) == 0:
        return  # another process was first
    recent = (
        await session.execute(
            select(col(Member.id))
            .join(Upload, col(Upload.member_id) == col(Member.id))
            .where(col(Upload.created_at) > func.now() - timedelta(seconds=recent_s))
            .where(col(Member.state) == MemberState.ACTIVE)
            .where(col(Member.hears) != Hears.NOTHING)
            .distinct()
        )
    ).scalars()
    await _owe(session, list(recent), wave_id, wait_s)


async def _owe(session: AsyncSession, member_ids: list[UUID], wave_id: UUID, wait_s: float) -> None:
    await owe_notice(
        session,
        member_ids,
        NoticeKind.OVERLOAD,
        key=f"overload:{wave_id}",
        data={_WAIT: round(wait_s)},
    )


async def _tell_the_end(session: AsyncSession, wave_id: UUID) -> None:
    """To those who were told of the wave; who was not told yet is told neither."""
    told = col(Notice.key) == f"overload:{wave_id}"
    await session.execute(
        update(Notice)
        .where(told, col(Notice.state) == DeliveryState.OWED)
        .values(state=DeliveryState.FAILED, error_code=WAVE_OVER)
    )
    members = (
        await session.execute(
            select(col(Notice.member_id)).where(
                told, col(Notice.state).in_([DeliveryState.SENT, DeliveryState.SENDING])
            )
        )
    ).scalars()
    await owe_notice(
        session, list(members), NoticeKind.OVERLOAD_OVER, key=f"overload_over:{wave_id}"
    )
