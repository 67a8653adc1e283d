"""Which view of a board people see first, open and keep; what that says of the default.

Recorded are the board, the member, the view and whether he opened or kept it, once each, and with
a vote the view that he voted on. Nothing else, and it goes with the member or the board.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Float, case, cast, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.access import Viewer
from core.db import transaction
from core.errors import BoardNotFound, DomainError, NotAllowed, NotAMember
from core.logs import get_logger
from core.result_views import DEFAULTS
from core.services import Services
from core.tables import Board, Member, Rating, TelegramChat, ViewChoice
from core.values import ResultView, ViewUse, Vote

log = get_logger(__name__)

# Where the sizes of writing part in the evaluation (docs/legibility.md), in pixels of x-height.
_SIZES: Final = (5.5, 7.5, 10.5)
_SIZE_NAMES: Final = ("4-5 px", "6-7 px", "8-10 px", "11 px and more")
NOT_MEASURED: Final = "no writing found"


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewFigures:
    """How often a view was chosen, by what was photographed and by the size of its writing.

    opened, kept: pairs of a member and a board. likes, dislikes: votes given while looking at it.
    """

    kind: str
    size: str
    view: ResultView
    opened: int
    kept: int
    likes: int
    dislikes: int


async def record_view_use(
    services: Services, viewer: Viewer, board_id: UUID, view: ResultView, use: ViewUse
) -> None:
    """The member opened or kept this view; once more says nothing more.

    Raises BoardNotFound, NotAMember (he has just gone).
    """
    async with transaction(services.sessions) as session:
        # Both held until the commit: who is being erased is gone before it or after it.
        member = await session.get(
            Member, viewer.member_id, with_for_update={"read": True, "key_share": True}
        )
        board = await session.get(
            Board, board_id, with_for_update={"read": True, "key_share": True}
        )
        if member is None:
            raise NotAMember
        if board is None or board.auditorium_id != viewer.auditorium_id:
            raise BoardNotFound
        await session.execute(
            insert(ViewChoice)
            .values(board_id=board_id, member_id=viewer.member_id, view=view, use=use)
            .on_conflict_do_nothing()
        )


async def note_view_use(
    services: Services, viewer: Viewer, board_id: UUID, view: ResultView, use: ViewUse
) -> None:
    """As record_view_use(), after he has what he asked for: a failure is logged, not raised."""
    try:
        await record_view_use(services, viewer, board_id, view, use)
    except (DomainError, SQLAlchemyError) as error:
        log.warning("view_use.unrecorded", board_id=str(board_id), error=type(error).__name__)


async def first_view(services: Services, viewer: Viewer) -> ResultView:
    """The view that the member sees first: his own choice, else the service's default."""
    own = await own_first_view(services, viewer)
    return services.settings.default_view if own is None else own


async def own_first_view(services: Services, viewer: Viewer) -> ResultView | None:
    """What the member chose to see first; None: whatever the service's default is."""
    async with transaction(services.sessions) as session:
        chosen = await session.scalar(
            select(func.coalesce(col(TelegramChat.first_view), col(Member.first_view)))
            .select_from(Member)
            .outerjoin(TelegramChat, col(TelegramChat.chat_id) == col(Member.telegram_chat_id))
            .where(col(Member.id) == viewer.member_id)
        )
    return None if chosen is None else ResultView(chosen)


async def choose_first_view(services: Services, viewer: Viewer, view: ResultView | None) -> None:
    """The member sees this view first from now on; None: the service's default again.

    A Telegram chat's choice holds in all its auditoriums, a guest is in one. Raises NotAMember,
    NotAllowed (a view that few boards have cannot come first).
    """
    _require_may_be_first(view)
    async with transaction(services.sessions) as session:
        member = await session.get(Member, viewer.member_id, with_for_update=True)
        if member is None:
            raise NotAMember
        if member.telegram_chat_id is None:
            member.first_view = view
            return
        await _choose_for_chat(session, member.telegram_chat_id, view)


async def choose_first_view_of_chat(
    services: Services, chat_id: int, view: ResultView | None
) -> None:
    """As choose_first_view(), for a chat that may be in no auditorium yet. Raises NotAllowed."""
    _require_may_be_first(view)
    async with transaction(services.sessions) as session:
        await _choose_for_chat(session, chat_id, view)


def _require_may_be_first(view: ResultView | None) -> None:
    if view is not None and view not in DEFAULTS:
        raise NotAllowed(f"{view} cannot come first")


async def _choose_for_chat(session: AsyncSession, chat_id: int, view: ResultView | None) -> None:
    await session.execute(
        insert(TelegramChat)
        .values(chat_id=chat_id, first_view=view)
        .on_conflict_do_update(
            index_elements=["chat_id"], set_={"first_view": view, "changed_at": func.now()}
        )
    )


async def view_figures(services: Services) -> Sequence[ViewFigures]:
    """What people chose in the whole service, for the operator; by kind of board, size and view."""
    async with transaction(services.sessions) as session:
        chosen = await session.execute(
            select(
                *_subject(),
                col(ViewChoice.view),
                col(ViewChoice.use),
                func.count(),
            )
            .join(Board, col(Board.id) == col(ViewChoice.board_id))
            .group_by("kind", "size", col(ViewChoice.view), col(ViewChoice.use))
        )
        rated = await session.execute(
            select(*_subject(), col(Rating.view), col(Rating.value), func.count())
            .join(Board, col(Board.id) == col(Rating.board_id))
            .where(col(Rating.view).is_not(None))
            .group_by("kind", "size", col(Rating.view), col(Rating.value))
        )
        counts: dict[tuple[str, str, str], Counter[str]] = {}
        for kind, size, view, use, times in (*chosen, *rated):
            counts.setdefault((kind, size, view), Counter())[str(use)] += times
    return [
        ViewFigures(
            kind=kind,
            size=size,
            view=ResultView(view),
            opened=counted[ViewUse.OPENED],
            kept=counted[ViewUse.KEPT],
            likes=counted[str(int(Vote.LIKE))],
            dislikes=counted[str(int(Vote.DISLIKE))],
        )
        for (kind, size, view), counted in sorted(counts.items())
    ]


def _subject() -> tuple[ColumnElement[str], ColumnElement[str]]:
    """A board's kind and the size of its writing, out of the worker's record."""
    appearance = col(Board.record)["appearance"]
    size = cast(appearance["x_height"].astext, Float)
    named = case(
        *((size < limit, name) for limit, name in zip(_SIZES, _SIZE_NAMES, strict=False)),
        (size.is_not(None), _SIZE_NAMES[-1]),
        else_=NOT_MEASURED,
    )
    return (
        func.coalesce(appearance["kind"].astext, NOT_MEASURED).label("kind"),
        named.label("size"),
    )
