"""Whose turn it is: waiting boards are made in the order of their `due`, of all auditoriums.

A board is due when it was queued, a fast one HEAD_START earlier. So fast boards overtake best ones,
and yet a best board waits for those fast ones alone that come within HEAD_START after it: whatever
goes on arriving, it does not starve. PostgreSQL and the queue in Redis sort by the same moment.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, case
from sqlalchemy.orm import Mapped
from sqlmodel import col

from core.tables import Board
from core.values import Quality

# Longer than any crowd takes: 200 people who send at once are 350 s of best boards on two cores
# (docs/benchmarks.md), and somebody who asks for a fast one then must not wait for all of them.
HEAD_START: Final[Mapping[Quality, timedelta]] = {
    Quality.FAST: timedelta(minutes=10),
    Quality.BEST: timedelta(0),
}


def due_at(queued_at: datetime, quality: Quality) -> datetime:
    """When the board is due; the earliest comes first."""
    return queued_at - HEAD_START[quality]


def in_turn() -> tuple[ColumnElement[datetime], Mapped[UUID]]:
    """What to order boards by in a query so that the next one comes first."""
    head_start = case(HEAD_START, value=col(Board.quality))
    return col(Board.queued_at) - head_start, col(Board.id)
