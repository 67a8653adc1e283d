"""Sending what is owed: who sends a delivery now, and how each send ended.

A sender claims what is due for the time of a lease. The attempt that goes with a claim is its
fencing token: once the lease was taken back that attempt is over, and a late sender changes
nothing. All times are the database's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import case, delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.chat_life import MEMBER_INACTIVE, deactivate_chat
from core.db import in_seconds, rows_changed, transaction
from core.errors import LeaseLost
from core.services import Services
from core.surveys import owe_after_boards
from core.tables import Attempt, Board, Delivery, Member, TelegramChat, Upload
from core.values import (
    AttemptOutcome,
    AttemptPurpose,
    DeliveryState,
    MemberState,
    ResultView,
)

# Three times the longest send: fetch the picture 10 s, give it to Telegram 20 s, wait for a turn.
LEASE_S: Final = 60.0
# With doubling pauses of at most a minute these are four minutes: an outage of one passes.
MOST_TRIES: Final = 10
SENDER_LOST: Final = "sender_lost"
_TAKE_BACK_LIMIT: Final = 100
_FREE: Final = {"lease_owner": None, "lease_until": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A claimed delivery. tries: this one included, as far as they count against MOST_TRIES.

    view: which the chat sees first. left_as_it_is: the worker found the photo sharp already.
    """

    delivery_id: UUID
    attempt_id: UUID
    tries: int
    board_id: UUID
    board_number: int
    chat_id: int
    topic_id: int | None
    locale: str
    view: ResultView
    left_as_it_is: bool


async def claim_due(services: Services, owner: str, limit: int) -> Sequence[Due]:
    """At most `limit` deliveries that are due, for LEASE_S; who sent the board gets it first.

    Several senders do not meet: rows that another one is claiming are skipped.
    """
    sent_it = exists().where(
        col(Upload.board_id) == col(Delivery.board_id),
        col(Upload.member_id) == col(Delivery.member_id),
    )
    async with transaction(services.sessions) as session:
        rows = (
            await session.execute(
                select(
                    Delivery,
                    Member,
                    col(Board.number),
                    col(TelegramChat.first_view),
                    col(Board.record).contains({"left_as_it_is": True}),
                )
                .join(Member, col(Member.id) == col(Delivery.member_id))
                .join(Board, col(Board.id) == col(Delivery.board_id))
                .outerjoin(TelegramChat, col(TelegramChat.chat_id) == col(Member.telegram_chat_id))
                .where(col(Delivery.state) == DeliveryState.OWED)
                .where(col(Delivery.not_before) <= func.now())
                .where(col(Member.state) == MemberState.ACTIVE)
                .where(col(Member.telegram_chat_id).is_not(None))
                .order_by(col(Delivery.not_before), sent_it.desc(), col(Delivery.id))
                .limit(limit)
                .with_for_update(of=Delivery, skip_locked=True)
            )
        ).all()
        due = [
            Due(
                delivery_id=delivery.id,
                attempt_id=uuid4(),
                tries=delivery.attempts + 1,
                board_id=delivery.board_id,
                board_number=number,
                chat_id=member.telegram_chat_id or 0,  # the query has only those who have one
                topic_id=member.telegram_topic_id,
                locale=member.locale,
                view=ResultView(first_view or services.settings.default_view),
                left_as_it_is=left_as_it_is,
            )
            for delivery, member, number, first_view, left_as_it_is in rows
        ]
        await _begin(session, due, owner)
    return due


async def _begin(session: AsyncSession, due: Sequence[Due], owner: str) -> None:
    ids = [each.delivery_id for each in due]
    if not ids:
        return
    await session.execute(
        update(Delivery)
        .where(col(Delivery.id).in_(ids))
        .values(
            state=DeliveryState.SENDING,
            attempts=col(Delivery.attempts) + 1,
            lease_owner=owner,
            lease_until=in_seconds(LEASE_S),
        )
    )
    made = await session.execute(
        select(col(Attempt.delivery_id), func.max(col(Attempt.number)))
        .where(col(Attempt.delivery_id).in_(ids))
        .group_by(col(Attempt.delivery_id))
    )
    last: dict[UUID | None, int] = {delivery_id: number for delivery_id, number in made}  # noqa: C416 -- rows, not tuples, to mypy
    session.add_all(
        Attempt(
            id=each.attempt_id,
            delivery_id=each.delivery_id,
            purpose=AttemptPurpose.SEND,
            number=last.get(each.delivery_id, 0) + 1,
            owner=owner,
        )
        for each in due
    )


async def mark_sent(services: Services, due: Due, message_id: int) -> None:
    """Telegram took it. Raises LeaseLost."""
    values = {
        **_FREE,
        "state": DeliveryState.SENT,
        "sent_at": func.now(),
        "telegram_message_id": message_id,
    }
    async with transaction(services.sessions) as session:
        await _end(session, due, AttemptOutcome.SUCCEEDED, values)
        await owe_after_boards(session, services.settings, due.delivery_id)


async def postpone(
    services: Services, due: Due, *, seconds: float, error_code: str, counts: bool = True
) -> None:
    """The send failed: try again in `seconds`. Raises LeaseLost.

    counts: whether it uses up one of MOST_TRIES; having been too fast for Telegram does not.
    """
    values = {
        **_FREE,
        "state": DeliveryState.OWED,
        "not_before": in_seconds(seconds),
        "attempts": col(Delivery.attempts) - (0 if counts else 1),
    }
    async with transaction(services.sessions) as session:
        await _end(session, due, AttemptOutcome.FAILED, values, error_code)


async def hand_back(services: Services, due: Due, *, seconds: float = 0.0) -> None:
    """Nothing was sent: due again in `seconds`, as if it had not been claimed. Raises LeaseLost."""
    async with transaction(services.sessions) as session:
        await _lock(session, due)
        gone = await session.execute(
            delete(Attempt)
            .where(col(Attempt.id) == due.attempt_id)
            .where(col(Attempt.outcome) == AttemptOutcome.RUNNING)
        )
        if rows_changed(gone) == 0:
            raise LeaseLost(f"delivery {due.delivery_id}")
        await session.execute(
            update(Delivery)
            .where(col(Delivery.id) == due.delivery_id)
            .values(
                **_FREE,
                state=DeliveryState.OWED,
                not_before=in_seconds(seconds),
                attempts=col(Delivery.attempts) - 1,
            )
        )


async def give_up(services: Services, due: Due, error_code: str) -> None:
    """The delivery failed for good. Raises LeaseLost."""
    values = {**_FREE, "state": DeliveryState.FAILED, "error_code": error_code}
    async with transaction(services.sessions) as session:
        await _end(session, due, AttemptOutcome.FAILED, values, error_code)


async def deactivate(services: Services, due: Due) -> None:
    """The chat blocked the bot or is gone: it is owed nothing until it comes back.

    Raises LeaseLost.
    """
    failed = {**_FREE, "state": DeliveryState.FAILED, "error_code": MEMBER_INACTIVE}
    async with transaction(services.sessions) as session:
        await _end(session, due, AttemptOutcome.FAILED, failed, MEMBER_INACTIVE)
        await deactivate_chat(session, due.chat_id)


async def take_back_expired(services: Services) -> int:
    """Deliveries whose sender is gone are due again; how many there were."""
    async with transaction(services.sessions) as session:
        ids = (
            (
                await session.execute(
                    select(col(Delivery.id))
                    .where(col(Delivery.state) == DeliveryState.SENDING)
                    .where(col(Delivery.lease_until) < func.now())
                    .limit(_TAKE_BACK_LIMIT)
                    .with_for_update(skip_locked=True)
                )
            )
            .scalars()
            .all()
        )
        if not ids:
            return 0
        await session.execute(
            update(Attempt)
            .where(col(Attempt.delivery_id).in_(ids))
            .where(col(Attempt.outcome) == AttemptOutcome.RUNNING)
            .values(outcome=AttemptOutcome.LOST, ended_at=func.now(), error_code=SENDER_LOST)
        )
        used_up = col(Delivery.attempts) >= MOST_TRIES
        await session.execute(
            update(Delivery)
            .where(col(Delivery.id).in_(ids))
            .values(
                **_FREE,
                state=case((used_up, DeliveryState.FAILED.value), else_=DeliveryState.OWED.value),
                error_code=case((used_up, SENDER_LOST)),
            )
        )
    return len(ids)


async def _end(
    session: AsyncSession,
    due: Due,
    outcome: AttemptOutcome,
    values: Mapping[str, object],
    error_code: str | None = None,
) -> None:
    await _lock(session, due)
    ended = await session.execute(
        update(Attempt)
        .where(col(Attempt.id) == due.attempt_id)
        .where(col(Attempt.outcome) == AttemptOutcome.RUNNING)
        .values(outcome=outcome, ended_at=func.now(), error_code=error_code)
    )
    if rows_changed(ended) == 0:
        raise LeaseLost(f"delivery {due.delivery_id}")
    await session.execute(
        update(Delivery).where(col(Delivery.id) == due.delivery_id).values(**values)
    )


async def _lock(session: AsyncSession, due: Due) -> None:
    # The delivery first, as in take_back_expired(): two orders would be a deadlock.
    await session.execute(
        select(col(Delivery.id)).where(col(Delivery.id) == due.delivery_id).with_for_update()
    )
