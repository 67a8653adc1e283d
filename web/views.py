"""What the templates of an auditorium get: frozen values in the reader's language."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from core import links
from core.access import Viewer
from core.boards import BoardView, RenditionView
from core.rooms import Room
from core.settings import Settings
from core.texts import Texts, ago_text, error_code_text, status_text
from core.values import AuditoriumState, BoardState, RenditionKind, Stage
from web import urls

# Where each stage begins on the bar and how much of it it takes; gallery.js counts the same, so
# that the bar never jumps back. Upscaling takes nearly all of the time.
SPANS: Final[Mapping[Stage, tuple[int, int]]] = {
    Stage.FETCH: (0, 4),
    Stage.DECODE: (4, 6),
    Stage.UPSCALE: (10, 75),
    Stage.ENCODE: (85, 10),
    Stage.STORE: (95, 5),
}
# Names on a card; more of them only make it long.
_SENDERS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomFacts:
    """An auditorium at the head of a page. admin_url: for those who manage it.

    telegram_url: joins by the bot, where its name is known.
    """

    code: str
    title: str
    is_open: bool
    join_url: str
    gallery_url: str
    qr_url: str
    admin_url: str | None = None
    telegram_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A picture in a page. width, height: pixels."""

    src: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A board in the gallery. percent: over all stages. thumbhash: base64, "" before there is one.

    retry_url: for a manager, where the board failed.
    """

    id: str
    number: int
    state: str
    stage: str | None
    percent: int
    status_text: str
    href: str
    picture: Shown | None
    srcset: str
    thumbhash: str
    uploads: int
    senders: tuple[str, ...]
    created_iso: str
    created_text: str
    error_text: str | None
    retry_url: str | None


def percent(state: BoardState, stage: Stage | None, progress: float) -> int:
    """How far a board is, 0 to 100. progress: 0 to 1 within the stage."""
    if state is BoardState.READY:
        return 100
    if state is not BoardState.RUNNING or stage is None:
        return 0
    start, span = SPANS[stage]
    return int(start + span * min(max(progress, 0.0), 1.0))


def room_facts(settings: Settings, viewer: Viewer) -> RoomFacts:
    """The auditorium as its member sees it."""
    return RoomFacts(
        code=viewer.code,
        title=viewer.title,
        is_open=viewer.state is AuditoriumState.OPEN,
        join_url=links.join_url(settings, viewer.code),
        gallery_url=urls.gallery(viewer.code),
        qr_url=urls.qr(viewer.code),
        admin_url=urls.admin(viewer.code) if viewer.manages else None,
    )


def room_at_the_door(settings: Settings, room: Room) -> RoomFacts:
    """The auditorium as everybody with the code may see it."""
    bot = settings.telegram_bot_username
    return RoomFacts(
        code=room.code,
        title=room.title,
        is_open=room.state is AuditoriumState.OPEN,
        join_url=links.join_url(settings, room.code),
        gallery_url=urls.gallery(room.code),
        qr_url=urls.qr(room.code),
        telegram_url=links.telegram_url(bot, room.code) if bot else None,
    )


def shown(code: str, board_id: UUID, rendition: RenditionView | None) -> Shown | None:
    """A rendition as a picture in a page, if it is there."""
    if rendition is None:
        return None
    return Shown(
        src=urls.media(code, board_id, rendition.kind, sha256=rendition.sha256),
        width=rendition.width,
        height=rendition.height,
    )


def card(texts: Texts, viewer: Viewer, board: BoardView, now: datetime) -> Card:
    """A board as a card of the gallery."""
    pictures = {
        kind: shown(viewer.code, board.board_id, board.renditions.get(kind))
        for kind in (RenditionKind.THUMBNAIL, RenditionKind.PREVIEW, RenditionKind.UPRIGHT)
    }
    failed = board.state is BoardState.FAILED
    error = error_code_text(texts, board.error_code) if failed and board.error_code else None
    return Card(
        id=str(board.board_id),
        number=board.number,
        state=board.state.value,
        stage=board.stage.value if board.stage else None,
        percent=percent(board.state, board.stage, board.progress),
        status_text=status_text(
            texts,
            state=board.state,
            stage=board.stage,
            ahead=board.ahead,
            error_code=board.error_code,
        ),
        href=urls.board(viewer.code, board.board_id),
        picture=pictures[RenditionKind.THUMBNAIL] or pictures[RenditionKind.UPRIGHT],
        srcset=", ".join(
            f"{picture.src} {picture.width}w"
            for kind in (RenditionKind.THUMBNAIL, RenditionKind.PREVIEW)
            if (picture := pictures[kind]) is not None
        ),
        thumbhash=base64.b64encode(board.thumbhash or b"").decode(),
        uploads=len(board.uploads),
        # Each sender once, in the order of sending.
        senders=tuple(dict.fromkeys(upload.sender for upload in board.uploads))[:_SENDERS],
        created_iso=board.created_at.isoformat(),
        created_text=ago_text(texts, board.created_at, now),
        error_text=error.says if error else None,
        retry_url=urls.retry(viewer.code, board.board_id) if failed and viewer.manages else None,
    )
