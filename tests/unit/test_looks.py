"""bot.looks: which picture of a view goes to Telegram, and as what."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.looks import PHOTO_BYTES, PHOTO_SIDES, file_of, fits_as_photo, look_at
from core.errors import RenditionNotReady
from core.result_views import offered
from core.telegram_files import SendablePicture
from core.values import RenditionKind, ResultView

ALL_VIEWS = set(RenditionKind)
MADE_BEFORE = {RenditionKind.UPRIGHT, RenditionKind.UPSCALED, RenditionKind.PREVIEW}


def picture(
    kind: RenditionKind, width: int = 1600, height: int = 1200, byte_size: int = 300_000
) -> SendablePicture:
    return SendablePicture(
        rendition_id=UUID(int=list(RenditionKind).index(kind)),
        kind=kind,
        object_key=kind.value,
        media_type="image/webp" if kind is RenditionKind.PREVIEW else "image/jpeg",
        width=width,
        height=height,
        byte_size=byte_size,
        photo_id=None,
        document_id=None,
    )


def pictures(
    kinds: set[RenditionKind], width: int = 1600, height: int = 1200
) -> dict[RenditionKind, SendablePicture]:
    return {kind: picture(kind, width, height) for kind in kinds}


@given(
    kinds=st.sets(st.sampled_from(RenditionKind)),
    wished=st.sampled_from(ResultView),
    width=st.integers(1, 12_000),
    height=st.integers(1, 12_000),
)
def test_whatever_is_there_a_photo_fits_and_every_other_view_is_offered(
    kinds: set[RenditionKind], wished: ResultView, width: int, height: int
) -> None:
    made = pictures(kinds | {RenditionKind.UPRIGHT}, width, height)
    look = look_at(made, wished)
    assert look.as_file or fits_as_photo(look.picture)
    assert {look.view, *look.others} == set(offered(made))
    assert look.view not in look.others
    assert file_of(made, wished).view is look.view


@pytest.mark.parametrize(
    ("view", "kind"),
    [
        (ResultView.COMPOSED, RenditionKind.UPSCALED),
        (ResultView.CLEAN, RenditionKind.CLEAN),
        (ResultView.SHARP, RenditionKind.SHARP),
        (ResultView.STRAIGHT, RenditionKind.STRAIGHT),
        (ResultView.ORIGINAL, RenditionKind.UPRIGHT),
    ],
)
def test_each_view_is_shown_and_kept_with_its_own_picture(
    view: ResultView, kind: RenditionKind
) -> None:
    made = pictures(ALL_VIEWS)
    assert look_at(made, view).picture.kind is file_of(made, view).picture.kind is kind


def test_a_result_too_large_for_a_photo_is_shown_small_and_kept_large() -> None:
    made = pictures(MADE_BEFORE) | {
        RenditionKind.UPSCALED: picture(RenditionKind.UPSCALED, PHOTO_SIDES, 5000),
    }
    look = look_at(made, ResultView.COMPOSED)
    assert (look.picture.kind, look.as_file) == (RenditionKind.PREVIEW, False)
    assert file_of(made, ResultView.COMPOSED).picture.kind is RenditionKind.UPSCALED
    heavy = picture(RenditionKind.UPSCALED, byte_size=PHOTO_BYTES + 1)
    assert not fits_as_photo(heavy)


def test_a_strip_goes_as_a_file_and_an_older_board_shows_what_it_has() -> None:
    strip = look_at(pictures(MADE_BEFORE, 4000, 100), ResultView.COMPOSED)
    assert (strip.picture.kind, strip.as_file) == (RenditionKind.UPSCALED, True)
    older = look_at(pictures(MADE_BEFORE), ResultView.SHARP)
    assert (older.view, older.others) == (ResultView.COMPOSED, (ResultView.ORIGINAL,))


def test_a_board_without_any_picture_is_not_ready() -> None:
    with pytest.raises(RenditionNotReady):
        look_at({}, ResultView.COMPOSED)
    with pytest.raises(RenditionNotReady):
        file_of({}, ResultView.ORIGINAL)
