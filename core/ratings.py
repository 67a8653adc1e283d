"""What members say of boards: one vote per member and board, changeable, and the figures of it."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from core.access import Viewer, require_manager
from core.db import transaction
from core.errors import BoardNotFound, NotAMember
from core.services import Services
from core.tables import Board, Member, Rating
from core.values import ResultView, Vote


@dataclass(frozen=True, slots=True)
class RatingFigures:
    """Counts of votes. boards: how many different boards they are about."""

    likes: int
    dislikes: int
    boards: int

    @property
    def share_positive(self) -> float | None:
        """Likes among all votes, 0 to 1; None before the first vote."""
        votes = self.likes + self.dislikes
        return self.likes / votes if votes else None


async def rate(
    services: Services,
    viewer: Viewer,
    board_id: UUID,
    vote: Vote,
    view: ResultView | None = None,
) -> Vote | None:
    """The member's vote from now on. The same vote again takes it back: then None.

    view: which he was looking at, where that is known.

    Raises BoardNotFound, NotAMember (he has just gone).
    """
    async with transaction(services.sessions) as session:
        # His presses one after the other: two at once would both find no vote.
        member = await session.get(Member, viewer.member_id, with_for_update={"key_share": True})
        if member is None:
            raise NotAMember
        # Held until the commit, so that a board that is being deleted is gone before or after.
        board = await session.get(
            Board, board_id, with_for_update={"read": True, "key_share": True}
        )
        if board is None or board.auditorium_id != viewer.auditorium_id:
            raise BoardNotFound
        before = await session.get(Rating, (board_id, viewer.member_id))
        if before is not None and before.value == vote:
            await session.delete(before)
            return None
        await session.execute(
            insert(Rating)
            .values(board_id=board_id, member_id=viewer.member_id, value=vote, view=view)
            .on_conflict_do_update(
                index_elements=["board_id", "member_id"],
                set_={"value": vote, "view": view, "changed_at": func.now()},
            )
        )
    return vote


async def vote_of(services: Services, viewer: Viewer, board_id: UUID) -> Vote | None:
    """The member's vote on a board; None if he has none."""
    async with transaction(services.sessions) as session:
        rating = await session.get(Rating, (board_id, viewer.member_id))
    return None if rating is None else Vote(rating.value)


async def room_ratings(services: Services, viewer: Viewer) -> RatingFigures:
    """The votes on the boards of the manager's auditorium. Raises NotAllowed."""
    require_manager(viewer)
    query = (
        _counts()
        .join(Board, col(Board.id) == col(Rating.board_id))
        .where(col(Board.auditorium_id) == viewer.auditorium_id)
    )
    return await _figures(services, query)


async def all_ratings(services: Services) -> RatingFigures:
    """All votes of the whole service, for the operator."""
    return await _figures(services, _counts())


def _counts() -> Select[int, int, int]:
    votes = func.count()
    return select(
        votes.filter(col(Rating.value) == Vote.LIKE),
        votes.filter(col(Rating.value) == Vote.DISLIKE),
        func.count(col(Rating.board_id).distinct()),
    ).select_from(Rating)


async def _figures(services: Services, query: Select[int, int, int]) -> RatingFigures:
    async with transaction(services.sessions) as session:
        likes, dislikes, boards = (await session.execute(query)).one()
    return RatingFigures(likes=likes, dislikes=dislikes, boards=boards)
