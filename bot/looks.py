"""What a message shows of a board: which view, as which picture, as a photo or a file. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from core.errors import RenditionNotReady
from core.result_views import PICTURES, nearest, offered
from core.telegram_files import SendablePicture
from core.values import RenditionKind, ResultView

Pictures = Mapping[RenditionKind, SendablePicture]

# core.telegram.org/bots/api#sendphoto
PHOTO_BYTES: Final = 10_000_000
PHOTO_SIDES: Final = 10_000  # width + height
PHOTO_RATIO: Final = 20
# Pictures that go as JPEG whatever they are: sendPhoto promises nothing for WebP. They are small.
_RECODED: Final = frozenset({RenditionKind.PREVIEW})


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A view of a board in a message. others: the views that the board has beside it.

    as_file: the picture goes untouched, as a document, else as a photo.
    """

    view: ResultView
    others: tuple[ResultView, ...]
    picture: SendablePicture
    as_file: bool


def look_at(pictures: Pictures, wished: ResultView) -> Look:
    """The wished view, or what stands for it, as a photo where Telegram takes one of its shape.

    Raises RenditionNotReady.
    """
    view, others = _found(pictures, wished)
    photo = _photo_of(pictures, view)
    if photo is None:
        return Look(view=view, others=others, picture=_largest(pictures, view), as_file=True)
    return Look(view=view, others=others, picture=photo, as_file=False)


def file_of(pictures: Pictures, wished: ResultView) -> Look:
    """The same view as one keeps it: in its full size, as a file. Raises RenditionNotReady."""
    view, others = _found(pictures, wished)
    return Look(view=view, others=others, picture=_largest(pictures, view), as_file=True)


def fits_as_photo(picture: SendablePicture) -> bool:
    """Whether sendPhoto takes it: within Telegram's limits, JPEG or made so on the way."""
    longer, shorter = max(picture.width, picture.height), min(picture.width, picture.height)
    return (
        longer + shorter <= PHOTO_SIDES
        and longer <= PHOTO_RATIO * shorter
        and (picture.kind in _RECODED or _is_small_jpeg(picture))
    )


def _is_small_jpeg(picture: SendablePicture) -> bool:
    return picture.media_type == "image/jpeg" and picture.byte_size <= PHOTO_BYTES


def _found(pictures: Pictures, wished: ResultView) -> tuple[ResultView, tuple[ResultView, ...]]:
    view = nearest(wished, pictures)
    if view is None:
        raise RenditionNotReady(wished.value)
    return view, tuple(other for other in offered(pictures) if other is not view)


def _photo_of(pictures: Pictures, view: ResultView) -> SendablePicture | None:
    """The largest that goes as a photo: phones now show 2560 pixels of it."""
    for kind in reversed(PICTURES[view]):
        picture = pictures.get(kind)
        if picture is not None and fits_as_photo(picture):
            return picture
    return None


def _largest(pictures: Pictures, view: ResultView) -> SendablePicture:
    return pictures[PICTURES[view][-1]]
