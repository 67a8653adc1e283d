"""What the page of one board gets."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from core.access import Viewer
from core.boards import BoardView
from core.messages import mark
from core.texts import Texts, ago_text, size_text, stage_text
from core.values import BoardState, RenditionKind, Stage
from web import urls
from web.record_text import record_lines
from web.shown_views import Views
from web.views import Card, Shown, card, shown

# In the order of what most people want; the lossless one has a button of its own.
_DOWNLOADS: Final[dict[RenditionKind, str]] = {
    RenditionKind.UPSCALED: mark("Best picture"),
    RenditionKind.CLEAN: mark("Clean picture"),
    RenditionKind.SHARP: mark("Sharp picture"),
    RenditionKind.STRAIGHT: mark("Straight picture"),
    RenditionKind.UPRIGHT: mark("Original photo"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A link to save a picture."""

    label: str
    href: str
    size_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lossless:
    """The lossless picture: there, or wanted, or neither. url: where it is when it is there."""

    ready: bool
    wanted: bool
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """One act of sending."""

    sender: str
    created_iso: str
    created_text: str
    caption: str | None
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTime:
    """How long the worker took for a stage."""

    name: str
    ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardDetails:
    """The board's page. before: the photo. views: once it is ready. record: what was chosen for it.

    seconds: queued to ready. prev_href, next_href: the boards that came just before and just after
    this one.
    """

    card: Card
    before: Shown | None
    views: Views | None
    record: tuple[str, ...]
    downloads: tuple[Download, ...]
    lossless: Lossless
    uploads: tuple[Sending, ...]
    engine: str | None
    seconds: float | None
    stages: tuple[StageTime, ...]
    prev_href: str | None
    next_href: str | None

    def context(self) -> dict[str, Any]:
        """The fields by name, as a template takes them."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


def lossless_of(code: str, board: BoardView) -> Lossless:
    """How it stands with the lossless picture."""
    made = board.renditions.get(RenditionKind.LOSSLESS)
    return Lossless(
        ready=made is not None,
        wanted=board.lossless_wanted,
        url=urls.media(
            code,
            board.board_id,
            RenditionKind.LOSSLESS,
            sha256=made.sha256 if made else "",
            download=True,
        ),
    )


def board_details(
    texts: Texts,
    viewer: Viewer,
    board: BoardView,
    views: Views | None,
    *,
    neighbours: tuple[UUID | None, UUID | None],
    now: datetime,
) -> BoardDetails:
    """A board with everything that its page shows. views: shown once it is ready."""
    below, above = (
        urls.board(viewer.code, other) if other is not None else None for other in neighbours
    )
    ready = board.state is BoardState.READY
    return BoardDetails(
        card=card(texts, viewer, board, now),
        before=shown(viewer.code, board.board_id, board.renditions.get(RenditionKind.UPRIGHT)),
        views=views if ready else None,
        record=record_lines(texts, board.record) if ready else (),
        downloads=tuple(
            Download(
                label=texts.gettext(label),
                href=urls.media(
                    viewer.code, board.board_id, kind, sha256=made.sha256, download=True
                ),
                size_text=size_text(texts, made.byte_size),
            )
            for kind, label in _DOWNLOADS.items()
            if (made := board.renditions.get(kind)) is not None
        ),
        lossless=lossless_of(viewer.code, board),
        uploads=tuple(
            Sending(
                sender=upload.sender,
                created_iso=upload.created_at.isoformat(),
                created_text=ago_text(texts, upload.created_at, now),
                caption=upload.caption,
                verdict=upload.verdict.value,
            )
            for upload in board.uploads
        ),
        engine=board.engine,
        seconds=seconds_to_ready(board),
        stages=tuple(
            StageTime(name=_stage_name(texts, name), ms=ms) for name, ms in board.stages_ms.items()
        ),
        prev_href=below,
        next_href=above,
    )


def seconds_to_ready(board: BoardView) -> float | None:
    """From queued to ready; None before."""
    if board.ready_at is None:
        return None
    return (board.ready_at - board.queued_at).total_seconds()


def _stage_name(texts: Texts, name: str) -> str:
    return stage_text(texts, Stage(name)) if name in set(Stage) else name
