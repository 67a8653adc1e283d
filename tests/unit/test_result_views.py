"""core.result_views: which pictures stand for a view."""

from hypothesis import given
from hypothesis import strategies as st

from core.result_views import DEFAULTS, PICTURES, nearest, offered, view_of_kind
from core.values import RenditionKind, ResultView

MADE = st.sets(st.sampled_from(RenditionKind))


@given(MADE, st.sampled_from(ResultView))
def test_what_is_shown_instead_of_a_view_is_always_there(
    kinds: set[RenditionKind], wished: ResultView
) -> None:
    shown = nearest(wished, kinds)
    if shown is None:
        assert RenditionKind.UPRIGHT not in kinds
    else:
        assert PICTURES[shown][-1] in kinds
    if wished in offered(kinds):
        assert shown is wished


def test_a_fast_board_without_a_network_shows_what_was_composed_in_place_of_sharp() -> None:
    fast = {RenditionKind.UPRIGHT, RenditionKind.PREVIEW, RenditionKind.UPSCALED}
    assert nearest(ResultView.SHARP, fast) is ResultView.COMPOSED
    assert nearest(ResultView.SHARP, {RenditionKind.UPRIGHT}) is ResultView.ORIGINAL
    assert offered(fast) == (ResultView.COMPOSED, ResultView.ORIGINAL)


def test_every_view_is_of_some_picture_and_every_default_is_a_view() -> None:
    assert set(PICTURES) == set(ResultView)
    assert set(DEFAULTS) < set(ResultView)
    assert view_of_kind(RenditionKind.LOSSLESS) is ResultView.COMPOSED
    assert view_of_kind(RenditionKind.THUMBNAIL) is None
