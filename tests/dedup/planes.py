"""States of a board painted on its plane, so that two states differ only where their pieces do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

from tests.dedup.states import Board, Piece
from tests.legibility.painting import draw_in, surface, write_line
from tests.legibility.truth import Quad

# A grey level or two is no ink that anybody sees.
_SEEN: Final = 8
_DRAWN: Final = 0.8  # of the boards with room for a drawing, as tests.legibility's


@dataclass(frozen=True, slots=True)
class Plane:
    """A painted state, FINE times as fine as its sketch. boxes: around the ink of each piece."""

    picture: Image.Image
    boxes: dict[Piece, Quad]


class Planes:
    """The planes of one board; what its states have in common is painted once."""

    def __init__(self, board: Board) -> None:
        self._board = board
        rng = np.random.default_rng([board.plan.seed, 12])
        empty = surface(board.plan, rng)
        if board.plan.free and rng.random() < _DRAWN:
            draw_in(empty, board.plan, board.plan.free[0], rng)
        self._empty = Plane(empty, {})
        self._common = self._with(self._empty, board.common)

    def of(self, state: Sequence[Piece]) -> Plane:
        """The plane of a state; the same state, the same picture."""
        common = self._board.common
        if tuple(state[: len(common)]) == common:
            return self._with(self._common, state[len(common) :])
        return self._with(self._empty, state)

    def _with(self, plane: Plane, pieces: Sequence[Piece]) -> Plane:
        picture, boxes = plane.picture.copy(), dict(plane.boxes)
        for piece in pieces:
            rng = np.random.default_rng([self._board.plan.seed, 13, piece.number])
            boxes[piece] = write_line(picture, self._board.plan.kind, piece.written, rng)
        return Plane(picture, boxes)


def differing(one: Plane, other: Plane) -> NDArray[np.bool_]:
    """Where two planes of one board look different: bool (H, W)."""
    red, green, blue = ImageChops.difference(one.picture, other.picture).split()
    largest = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    return np.asarray(np.asarray(largest) >= _SEEN, dtype=np.bool_)
