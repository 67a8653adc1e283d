"""What members are told besides boards: owed in the transaction that gives the reason, sent once.

A sender claims what is due for the time of a lease; the lease's own name is its fencing token, so
that a sender whose lease was taken over changes nothing. All times are the database's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import and_, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.db import in_seconds, rows_changed, transaction
from core.errors import LeaseLost
from core.services import Services
from core.tables import Member, Notice, StatusMessage
from core.values import Channel, DeliveryState, MemberState, NoticeKind

# A text goes within a second or two; a hanging Telegram is given up after 20 s.
NOTICE_LEASE_S: Final = 30.0
# With doubling pauses of at most a minute these are four minutes: an outage of one passes.
MOST_TRIES: Final = 10
_FREE: Final = {"lease_owner": None, "lease_until": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class DueNotice:
    """A claimed notice. lease: the token by which its end is recorded. tries: this one included."""

    notice_id: UUID
    lease: str
    kind: NoticeKind
    data: Mapping[str, Any]  # Any: JSON, as the one who owed it wrote it
    tries: int
    chat_id: int
    topic_id: int | None
    locale: str


async def owe_notice(
    session: AsyncSession,
    member_ids: Sequence[UUID],
    kind: NoticeKind,
    *,
    key: str,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Owe it to those of the members who are in Telegram; who was owed this key is left out."""
    in_telegram = (
        await session.execute(
            select(col(Member.id))
            .where(col(Member.id).in_(member_ids))
            .where(col(Member.channel) == Channel.TELEGRAM)
        )
    ).scalars()
    rows = [
        {
            "id": uuid4(),
            "member_id": member_id,
            "kind": kind,
            "key": key,
            "data": dict(data or {}),
            "state": DeliveryState.OWED,
            "attempts": 0,
        }
        for member_id in in_telegram
    ]
    if rows:
        await session.execute(
            insert(Notice).values(rows).on_conflict_do_nothing(index_elements=["member_id", "key"])
        )


async def claim_notices(services: Services, limit: int) -> Sequence[DueNotice]:
    """At most `limit` notices that are due, oldest first, for NOTICE_LEASE_S.

    One whose sender is gone is due again when its lease has run out. Who is inactive is told
    nothing, except that he was removed. Who has just sent a photo hears of that first.
    """
    lease = uuid4().hex
    due = or_(
        and_(col(Notice.state) == DeliveryState.OWED, col(Notice.not_before) <= func.now()),
        and_(col(Notice.state) == DeliveryState.SENDING, col(Notice.lease_until) < func.now()),
    )
    told_anyway = col(Notice.kind) == NoticeKind.KICKED
    hears_of_a_photo = exists().where(
        col(StatusMessage.chat_id) == col(Member.telegram_chat_id),
        col(StatusMessage.message_id).is_(None),
        col(StatusMessage.done).is_(False),
    )
    async with transaction(services.sessions) as session:
        rows = (
            await session.execute(
                select(Notice, Member)
                .join(Member, col(Member.id) == col(Notice.member_id))
                .where(due, col(Member.telegram_chat_id).is_not(None))
                .where(or_(col(Member.state) == MemberState.ACTIVE, told_anyway))
                .where(or_(~hears_of_a_photo, told_anyway))
                .order_by(col(Notice.not_before), col(Notice.id))
                .limit(limit)
                .with_for_update(of=Notice, skip_locked=True)
            )
        ).all()
        ids = [notice.id for notice, _ in rows]
        if ids:
            await session.execute(
                update(Notice)
                .where(col(Notice.id).in_(ids))
                .values(
                    state=DeliveryState.SENDING,
                    attempts=col(Notice.attempts) + 1,
                    lease_owner=lease,
                    lease_until=in_seconds(NOTICE_LEASE_S),
                )
                .execution_options(synchronize_session=False)
            )
    return [
        DueNotice(
            notice_id=notice.id,
            lease=lease,
            kind=NoticeKind(notice.kind),
            data=notice.data,
            tries=notice.attempts + 1,
            chat_id=member.telegram_chat_id or 0,  # the query has only those who have one
            topic_id=member.telegram_topic_id,
            locale=member.locale,
        )
        for notice, member in rows
    ]


async def notice_sent(services: Services, due: DueNotice, message_id: int) -> None:
    """Telegram took it. Raises LeaseLost."""
    await _end(
        services,
        due,
        {
            "state": DeliveryState.SENT,
            "sent_at": func.now(),
            "telegram_message_id": message_id,
        },
    )


async def notice_later(
    services: Services, due: DueNotice, *, seconds: float, error_code: str, counts: bool = True
) -> None:
    """It was not sent: again in `seconds`, unless that was the last of MOST_TRIES.

    counts: whether this try is one of them. Raises LeaseLost.
    """
    if counts and due.tries >= MOST_TRIES:
        await notice_failed(services, due, error_code)
        return
    await _end(
        services,
        due,
        {
            "state": DeliveryState.OWED,
            "not_before": in_seconds(seconds),
            "attempts": col(Notice.attempts) - (0 if counts else 1),
        },
    )


async def notice_failed(services: Services, due: DueNotice, error_code: str) -> None:
    """It will not be sent. Raises LeaseLost."""
    await _end(services, due, {"state": DeliveryState.FAILED, "error_code": error_code})


async def _end(services: Services, due: DueNotice, values: Mapping[str, object]) -> None:
    async with transaction(services.sessions) as session:
        ended = await session.execute(
            update(Notice)
            .where(col(Notice.id) == due.notice_id, col(Notice.lease_owner) == due.lease)
            .values(**_FREE, **values)
        )
        if rows_changed(ended) == 0:
            raise LeaseLost(f"notice {due.notice_id}")
