"""What was photographed, guessed from colours and shapes: for records and for mild choices."""

from enum import StrEnum
from typing import Final

from worker.ground import Polarity

# Greens of boards: the green channel over the mean of the other two.
_GREENISH: Final = 1.12
_DARK: Final = 110  # mean of 255: a blackboard under strong lamps
_GREYISH: Final = 0.35  # (most - least) / most of the channels, under lamps of any warmth
_LIT: Final = 60  # mean of 255: less is no white board
# A projector's picture in a dark room: on how many sides of the photo the room is seen.
_ROOM_SIDES: Final = 3
# Few write as much on a board as stands on a page. Nothing better was found: light, cast and ink of
# a page look like a board's. Joined letters are counted too low, so a page may pass for a board.
_PAGE_LETTERS: Final = 2000
_LEAST_BOARD: Final = 0.15  # of the photo: with less there may be none


class BoardKind(StrEnum):
    """What was photographed; UNSURE where colours and shapes do not tell."""

    WHITE = "white"
    GREEN = "green"
    BLACK = "black"
    SLIDE = "slide"
    PAPER = "paper"
    UNSURE = "unsure"


def kind_of(
    *,
    polarity: Polarity,
    surface: tuple[int, int, int],
    board: float,
    dark_sides: int,
    letters: int,
    made: bool,
) -> BoardKind:
    """The kind of board.

    surface: its median colour. board: its share of the photo. dark_sides: how many sides of the
    photo show a dark room. letters: about how many there are. made: by a computer, not a camera.
    """
    if made:
        return BoardKind.SLIDE
    if board < _LEAST_BOARD:
        return BoardKind.UNSURE
    red, green, blue = surface
    mean = (red + green + blue) / 3
    greyish = max(surface) - min(surface) <= _GREYISH * max(surface)
    if polarity is Polarity.LIGHT_ON_DARK:
        if mean > _DARK:
            return BoardKind.UNSURE
        if green >= _GREENISH * (red + blue) / 2:
            return BoardKind.GREEN
        return BoardKind.BLACK if greyish else BoardKind.UNSURE
    if dark_sides >= _ROOM_SIDES:
        return BoardKind.SLIDE
    if mean < _LIT or not greyish:
        return BoardKind.UNSURE
    return BoardKind.PAPER if letters >= _PAGE_LETTERS else BoardKind.WHITE
