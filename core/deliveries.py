"""Ready boards owed to members."""

from uuid import UUID

from sqlalchemy import case, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.tables import Delivery, Member
from core.values import Channel, DeliveryState, MemberState


async def owe(session: AsyncSession, board_id: UUID, auditorium_id: UUID) -> None:
    """One delivery per active member. The gallery is the delivery of those who read on the web."""
    by_telegram = col(Member.channel) == Channel.TELEGRAM
    members = (
        select(
            func.gen_random_uuid(),
            literal(board_id),
            col(Member.id),
            case((by_telegram, DeliveryState.OWED.value), else_=DeliveryState.SENT.value),
            case((by_telegram, None), else_=func.now()),
            literal(0),
        )
        .where(col(Member.auditorium_id) == auditorium_id)
        .where(col(Member.state) == MemberState.ACTIVE)
    )
    await session.execute(
        insert(Delivery)
        .from_select(["id", "board_id", "member_id", "state", "sent_at", "attempts"], members)
        .on_conflict_do_nothing(index_elements=["board_id", "member_id"])
    )
