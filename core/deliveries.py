"""Ready boards owed to members: who is owed what. How they are sent: core.sends."""

from uuid import UUID, uuid4

from sqlalchemy import case, exists, func, literal, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.db import transaction
from core.services import Services
from core.tables import Delivery, Member, Upload
from core.values import Channel, DeliveryState, Hears, MemberState


async def owe(session: AsyncSession, board_id: UUID, auditorium_id: UUID) -> None:
    """One delivery per active member. The gallery is the delivery of those who read on the web.

    Who muted the auditorium, or is known through a group, has the gallery too; the boards that he
    sent himself come to his chat all the same, unless the group has them.
    """
    sent_it = exists().where(
        col(Upload.board_id) == board_id, col(Upload.member_id) == col(Member.id)
    )
    by_telegram = (col(Member.channel) == Channel.TELEGRAM) & or_(
        col(Member.hears) == Hears.ALL, (col(Member.hears) == Hears.OWN) & sent_it
    )
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


async def owe_to(services: Services, board_id: UUID, member_id: UUID) -> int | None:
    """Owe a ready board to a Telegram member who joined after it was made, or whose send failed.

    The id of the message in his chat if he already has it; None if it is on its way.
    """
    async with transaction(services.sessions) as session:
        await session.execute(
            insert(Delivery)
            .values(
                id=uuid4(),
                board_id=board_id,
                member_id=member_id,
                state=DeliveryState.OWED,
                attempts=0,
            )
            .on_conflict_do_update(
                index_elements=["board_id", "member_id"],
                set_={
                    "state": DeliveryState.OWED,
                    "attempts": 0,
                    "error_code": None,
                    "not_before": func.now(),
                },
                where=col(Delivery.state) == DeliveryState.FAILED,
            )
        )
        return await session.scalar(
            select(col(Delivery.telegram_message_id))
            .where(col(Delivery.board_id) == board_id, col(Delivery.member_id) == member_id)
            .where(col(Delivery.state) == DeliveryState.SENT)
        )
