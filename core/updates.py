"""Updates from Telegram, each with one effect: also when it comes again, also to two processes.

An update is begun before it is handled and ended after it. What was begun and not ended, because
the process died, is handled again; what ended is not.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import delete, func, null, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from core.db import in_seconds, transaction
from core.services import Services
from core.tables import TelegramUpdate

# Longer than any handler takes: a photo is fetched within 30 s and stored within 10 s.
HANDLED_WITHIN_S: Final = 60.0
# Telegram keeps an update for a day (core.telegram.org/bots/api#getting-updates).
_KEPT_S: Final = 2 * 24 * 3600.0
_FORGET_LIMIT: Final = 5000
# A process has at most a few dozen in hand when it dies.
_RESUME_LIMIT: Final = 200
MOST_TRIES: Final = 3

Content = dict[str, Any]  # an Update of the Bot API, as JSON


class Begin(StrEnum):
    """Whose an update is."""

    OURS = "ours"  # handle it
    DONE = "done"  # it has had its effect
    ELSEWHERE = "elsewhere"  # another process has it in hand


async def begin(
    services: Services,
    bot_id: int,
    update_id: int,
    owner: str,
    *,
    alone: bool,
    content: Content | None = None,
) -> Begin:
    """Take an update in hand. alone: no other process serves this bot, so what was begun is ours.

    content: the update, kept until its end for unfinished(). Raises DatabaseUnavailable.
    """
    stale = col(TelegramUpdate.began_at) < in_seconds(-HANDLED_WITHIN_S)
    take = (
        insert(TelegramUpdate)
        .values(bot_id=bot_id, update_id=update_id, owner=owner, tries=1, content=content)
        .on_conflict_do_update(
            index_elements=["bot_id", "update_id"],
            set_={
                "owner": owner,
                "began_at": func.now(),
                "tries": col(TelegramUpdate.tries) + 1,
            },
            where=col(TelegramUpdate.ended_at).is_(None)
            & or_(true() if alone else col(TelegramUpdate.owner) == owner, stale),
        )
        .returning(col(TelegramUpdate.update_id))
    )
    async with transaction(services.sessions) as session:
        if await session.scalar(take) is not None:
            return Begin.OURS
        ended = await session.scalar(
            select(col(TelegramUpdate.ended_at))
            .where(col(TelegramUpdate.bot_id) == bot_id)
            .where(col(TelegramUpdate.update_id) == update_id)
        )
    return Begin.DONE if ended is not None else Begin.ELSEWHERE


async def end(services: Services, bot_id: int, update_id: int) -> None:
    """The update has had its effect. Raises DatabaseUnavailable."""
    async with transaction(services.sessions) as session:
        await session.execute(
            update(TelegramUpdate)
            .where(col(TelegramUpdate.bot_id) == bot_id)
            .where(col(TelegramUpdate.update_id) == update_id)
            .values(ended_at=func.now(), content=null())
        )


async def unfinished(services: Services, bot_id: int) -> Sequence[Content]:
    """What an earlier process began and did not end, oldest first; all of its effects may be new.

    Telegram may take them for delivered, so nobody else brings them again. One that was begun
    MOST_TRIES times is left: it may be what the processes died of. Raises DatabaseUnavailable.
    """
    async with transaction(services.sessions) as session:
        rows = await session.execute(
            select(col(TelegramUpdate.content))
            .where(col(TelegramUpdate.bot_id) == bot_id)
            .where(col(TelegramUpdate.ended_at).is_(None))
            .where(col(TelegramUpdate.content).is_not(None))
            .where(col(TelegramUpdate.tries) < MOST_TRIES)
            .order_by(col(TelegramUpdate.update_id))
            .limit(_RESUME_LIMIT)
        )
        return [content for content in rows.scalars() if content is not None]


async def forget_old(services: Services) -> None:
    """Drop what Telegram itself has forgotten. Raises DatabaseUnavailable."""
    old = (
        select(col(TelegramUpdate.bot_id), col(TelegramUpdate.update_id))
        .where(col(TelegramUpdate.began_at) < in_seconds(-_KEPT_S))
        .limit(_FORGET_LIMIT)
        .subquery()
    )
    async with transaction(services.sessions) as session:
        await session.execute(
            delete(TelegramUpdate)
            .where(col(TelegramUpdate.bot_id) == old.c.bot_id)
            .where(col(TelegramUpdate.update_id) == old.c.update_id)
        )
