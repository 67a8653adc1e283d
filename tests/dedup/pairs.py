"""Pairs of board photos by seed: every change of one board, the earlier photo in common."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Final

import numpy as np

from tests.dedup.copies import copied
from tests.dedup.planes import Planes, differing
from tests.dedup.shots import View, first_view, other_seat, photograph, same_seat, still
from tests.dedup.states import Board, board
from tests.dedup.truth import COPIES, NEGATIVES, TRUTHS, Camera, Change, Pair
from tests.legibility.boards import Rng
from tests.legibility.truth import BoardKind

# A messenger makes less of a photo that was larger, in pixels of the longer side.
_BEFORE_MESSENGER: Final = (1500, 2000)
# Half of the later states are seen from the very same place: hashes tell those worst.
_CAMERAS: Final = (Camera.STILL, Camera.SEAT, Camera.STILL, Camera.OTHER)
_CHANGES: Final = tuple(Change)


def changes_of(seed: int) -> tuple[Change, ...]:
    """What can happen to this seed's board: only a slide has a template."""
    is_slide = tuple(BoardKind)[seed % 4] is BoardKind.SLIDE
    return tuple(one for one in Change if is_slide or one is not Change.TEMPLATE)


def pairs(seed: int, changes: Iterable[Change]) -> Iterator[Pair]:
    """The pairs of one board; the same seed and change, the same pair. Raises FontsMissing."""
    scene = _Scene(seed)
    for change in changes:
        yield scene.pair(change)


class _Scene:
    """One board with what its pairs share."""

    def __init__(self, seed: int) -> None:
        self._board: Board = board(seed)
        self._planes = Planes(self._board)
        self._plane = self._planes.of(self._board.earlier)

    @cached_property
    def _earlier(self) -> bytes:
        plan = self._board.plan
        return photograph(self._plane.picture, plan, first_view(plan), self._noise(0))

    def _noise(self, number: int) -> Rng:
        """Of one photo; 0 is the earlier."""
        return np.random.default_rng([self._board.plan.seed, 18, number])

    def pair(self, change: Change) -> Pair:
        number = 1 + _CHANGES.index(change)
        plan = self._board.plan
        rng = np.random.default_rng([plan.seed, 19, number])
        earlier = self._earlier
        camera, ink = Camera.FILE, 0.0
        if change in COPIES:
            if change is Change.RESIZE:
                larger = first_view(plan, int(rng.integers(*_BEFORE_MESSENGER)))
                earlier = photograph(self._plane.picture, plan, larger, self._noise(number))
            later, details = copied(change, earlier, rng)
        else:
            camera = _camera_of(change, plan.seed)
            plane = self._planes.of(self._board.later(change))
            ink = float(differing(self._plane, plane).mean())
            later = photograph(
                plane.picture, plan, _view(self._board, camera, rng), self._noise(number)
            )
            details = self._board.details.get(change, "")
        return Pair(
            seed=plan.seed,
            change=change,
            kind=plan.kind,
            script=self._board.script,
            by_hand=self._board.by_hand,
            camera=camera,
            truth=TRUTHS[change],
            ink=ink,
            details=details,
            earlier=earlier,
            later=later,
        )


def _camera_of(change: Change, seed: int) -> Camera:
    match change:
        case Change.SAME_SEAT:
            return Camera.SEAT
        case Change.OTHER_SEAT:
            return Camera.OTHER
        case _:
            # Moves on by one with each change, so that a board is seen in every way.
            return _CAMERAS[(seed // 4 + NEGATIVES.index(change)) % len(_CAMERAS)]


def _view(one: Board, camera: Camera, rng: Rng) -> View:
    """How the later photo is taken."""
    first = first_view(one.plan)
    match camera:
        case Camera.SEAT:
            return same_seat(one.plan, first, rng)
        case Camera.OTHER:
            return other_seat(one.plan, rng)
        case _:
            return still(one.plan, first, rng)
