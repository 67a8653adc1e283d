"""What the REST API tells of uploads and boards, with addresses that a client can follow."""

from typing import Any

from core import links
from core.boards import BoardPage, BoardView, UploadView
from core.result_views import offered
from core.settings import Settings
from core.values import Receipt
from web import urls
from web.api_models import BoardOut, BoardsOut, ReceiptOut, RenditionOut, SentOut, UploadOut
from web.views import percent


def receipt_out(settings: Settings, receipt: Receipt) -> ReceiptOut:
    """What the sender is told."""
    return ReceiptOut(
        upload_id=receipt.upload_id,
        board_id=receipt.board_id,
        board_number=receipt.board_number,
        verdict=receipt.verdict,
        state=receipt.state,
        board_url=settings.public_url + urls.api_board(receipt.board_id),
    )


def upload_out(settings: Settings, upload: UploadView, board: BoardView) -> UploadOut:
    """An upload and how its board stands."""
    return UploadOut(
        **_sent(upload),
        board_id=upload.board_id,
        board_number=board.number,
        state=board.state,
        board_url=settings.public_url + urls.api_board(upload.board_id),
    )


def board_out(settings: Settings, code: str, board: BoardView) -> BoardOut:
    """A board with addresses that a client can follow."""
    return BoardOut(
        board_id=board.board_id,
        number=board.number,
        state=board.state,
        quality=board.quality,
        stage=board.stage,
        progress=board.progress,
        percent=percent(board.state, board.stage, board.progress),
        ahead=board.ahead,
        error_code=board.error_code,
        engine=board.engine,
        views=list(offered(board.renditions)),
        record=board.record,
        width=board.width,
        height=board.height,
        thumbhash=board.thumbhash.hex() if board.thumbhash else None,
        created_at=board.created_at,
        queued_at=board.queued_at,
        started_at=board.started_at,
        ready_at=board.ready_at,
        stages_ms=board.stages_ms,
        lossless_wanted=board.lossless_wanted,
        renditions={
            kind: RenditionOut(
                url=settings.public_url + urls.api_rendition(board.board_id, kind, made.sha256),
                media_type=made.media_type,
                width=made.width,
                height=made.height,
                byte_size=made.byte_size,
                sha256=made.sha256,
            )
            for kind, made in board.renditions.items()
        },
        uploads=[SentOut(**_sent(upload)) for upload in board.uploads],
        page_url=f"{links.gallery_url(settings, code)}/boards/{board.board_id}",
    )


def boards_out(settings: Settings, code: str, found: BoardPage) -> BoardsOut:
    """A page of boards."""
    return BoardsOut(
        boards=[board_out(settings, code, board) for board in found.boards],
        next_before=found.next_before,
    )


def _sent(upload: UploadView) -> dict[str, Any]:  # Any: the fields differ in type
    return {
        "upload_id": upload.upload_id,
        "sender": upload.sender,
        "channel": upload.channel,
        "caption": upload.caption,
        "verdict": upload.verdict,
        "created_at": upload.created_at,
    }
