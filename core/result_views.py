"""Which pictures a view of a result is shown with, and which view comes first. Pure."""

from collections.abc import Collection, Mapping
from typing import Final

from core.values import RenditionKind, ResultView

# Of each view the pictures from the quickest to the largest; the last is what one keeps.
PICTURES: Final[Mapping[ResultView, tuple[RenditionKind, ...]]] = {
    ResultView.COMPOSED: (RenditionKind.PREVIEW, RenditionKind.UPSCALED),
    ResultView.CLEAN: (RenditionKind.CLEAN,),
    ResultView.SHARP: (RenditionKind.SHARP,),
    ResultView.STRAIGHT: (RenditionKind.STRAIGHT,),
    ResultView.ORIGINAL: (RenditionKind.UPRIGHT,),
}
# What a member may fix as his own: every board has these, or something that stands for them.
DEFAULTS: Final = (
    ResultView.COMPOSED,
    ResultView.CLEAN,
    ResultView.SHARP,
    ResultView.ORIGINAL,
)
# A fast board has no sharp view, one that is left as it is neither; then what is nearest to it.
_INSTEAD: Final[Mapping[ResultView, ResultView]] = {
    ResultView.CLEAN: ResultView.COMPOSED,
    ResultView.SHARP: ResultView.COMPOSED,
    ResultView.STRAIGHT: ResultView.COMPOSED,
    ResultView.COMPOSED: ResultView.ORIGINAL,
}
_OF_KIND: Final[Mapping[RenditionKind, ResultView]] = {
    kind: view for view, kinds in PICTURES.items() for kind in kinds
} | {RenditionKind.LOSSLESS: ResultView.COMPOSED}


def offered(kinds: Collection[RenditionKind]) -> tuple[ResultView, ...]:
    """The views that a board with these renditions has, in the order in which they are offered."""
    return tuple(view for view, needed in PICTURES.items() if needed[-1] in kinds)


def nearest(wished: ResultView, kinds: Collection[RenditionKind]) -> ResultView | None:
    """The wished view, or what stands for it; None: a board without any picture."""
    has = offered(kinds)
    view: ResultView | None = wished
    while view is not None and view not in has:
        view = _INSTEAD.get(view)
    return view


def view_of_kind(kind: RenditionKind) -> ResultView | None:
    """The view that this picture belongs to; None: of no view in particular, as a thumbnail."""
    return _OF_KIND.get(kind)
