"""A lecture to take away: its boards in archives that Telegram takes, its uploads in a table."""

import asyncio
import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from io import StringIO
from typing import IO, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from sqlalchemy import select
from sqlmodel import col

from core.access import Viewer, require_manager
from core.db import transaction
from core.services import Services
from core.tables import Board, Member, Rendition, Upload
from core.values import BoardState, Channel, RenditionKind, VerdictName

# sendDocument takes 50 MB (core.telegram.org/bots/api); a caption and headers travel with it.
PART_BYTES: Final = 49_000_000
# 490 MB: two hundred boards of 2.5 MB. Who wants more is better off in the gallery.
MOST_PARTS: Final = 10
# Of an entry in an archive: two headers of at most 46 bytes, its name twice, sizes behind it.
_ENTRY_BYTES: Final = 512
_EXTENSIONS: Final = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
# What makes a spreadsheet read a cell as a formula (OWASP, CSV injection).
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
# ZIP knows no earlier time.
_ZIP_BEGINS: Final = 1980


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardFile:
    """A ready board's upscaled picture."""

    number: int
    taken_at: datetime
    object_key: str
    media_type: str
    byte_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadRow:
    """One act of sending, as a row of the table. board: its number."""

    board: int
    sent_at: datetime
    sender: str
    channel: Channel
    verdict: VerdictName
    caption: str


@dataclass(frozen=True, slots=True)
class Plan:
    """parts: the boards of each archive, in order. too_large: numbers of those that fit in none."""

    parts: tuple[tuple[BoardFile, ...], ...]
    too_large: tuple[int, ...]


def plan(boards: Sequence[BoardFile], *, first_bytes: int, limit: int = PART_BYTES) -> Plan:
    """Boards to archives of at most `limit` bytes each. first_bytes: what else the first holds."""
    parts: list[list[BoardFile]] = [[]]
    filled, too_large = first_bytes + _ENTRY_BYTES, []
    for board in boards:
        size = board.byte_size + _ENTRY_BYTES
        if size > limit:
            too_large.append(board.number)
            continue
        if filled + size > limit:
            parts.append([])
            filled = 0
        parts[-1].append(board)
        filled += size
    return Plan(tuple(tuple(part) for part in parts), tuple(too_large))


def entry_name(board: BoardFile, *, word: str, digits: int, zone: tzinfo | None) -> str:
    """A board's name, as "01 Board 14-05.jpg": in order of numbers wherever it is unpacked.

    word: "Board" in the reader's language. digits: of the number. zone: None, the machine's own.
    """
    time = board.taken_at.astimezone(zone).strftime("%H-%M")
    extension = _EXTENSIONS.get(board.media_type, "jpg")
    return f"{board.number:0{digits}} {word} {time}.{extension}"


def cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def uploads_csv(
    rows: Sequence[UploadRow], *, header: Sequence[str], delimiter: str, zone: tzinfo | None
) -> bytes:
    """The table, UTF-8 with a byte order mark, by which spreadsheets know it.

    header: six titles. delimiter: "," or ";", which the reader's spreadsheet expects.
    """
    table = StringIO(newline="")
    writer = csv.writer(table, delimiter=delimiter)
    writer.writerow(header)
    writer.writerows(
        (
            row.board,
            row.sent_at.astimezone(zone).isoformat(" ", "seconds"),
            cell(row.sender),
            row.channel.value,
            row.verdict.value,
            cell(row.caption),
        )
        for row in rows
    )
    return table.getvalue().encode("utf-8-sig")


async def ready_boards(services: Services, viewer: Viewer) -> tuple[BoardFile, ...]:
    """The auditorium's ready boards by number. Raises NotAllowed."""
    require_manager(viewer)
    async with transaction(services.sessions) as session:
        rows = await session.execute(
            select(Board, Rendition)
            .join(Rendition, col(Rendition.board_id) == col(Board.id))
            .where(col(Board.auditorium_id) == viewer.auditorium_id)
            .where(col(Board.state) == BoardState.READY)
            .where(col(Rendition.kind) == RenditionKind.UPSCALED)
            .order_by(col(Board.number))
        )
        return tuple(
            BoardFile(
                number=board.number,
                taken_at=board.created_at,
                object_key=rendition.object_key,
                media_type=rendition.media_type,
                byte_size=rendition.byte_size,
            )
            for board, rendition in rows
        )


async def upload_rows(services: Services, viewer: Viewer) -> tuple[UploadRow, ...]:
    """All uploads, oldest first; there are as many as the quota allows. Raises NotAllowed."""
    require_manager(viewer)
    async with transaction(services.sessions) as session:
        rows = await session.execute(
            # Columns and not rows: an upload carries its sketch, which nobody wants here.
            select(
                col(Board.number),
                col(Upload.created_at),
                col(Member.name),
                col(Upload.channel),
                col(Upload.verdict),
                col(Upload.caption),
            )
            .join(Board, col(Board.id) == col(Upload.board_id))
            .join(Member, col(Member.id) == col(Upload.member_id))
            .where(col(Upload.auditorium_id) == viewer.auditorium_id)
            .order_by(col(Upload.created_at), col(Upload.id))
        )
        return tuple(
            UploadRow(
                board=number,
                sent_at=sent_at,
                sender=sender,
                channel=Channel(channel),
                verdict=VerdictName(verdict),
                caption=caption or "",
            )
            for number, sent_at, sender, channel, verdict, caption in rows
        )


async def write_archive(
    services: Services,
    file: IO[bytes],
    *,
    boards: Mapping[str, BoardFile],
    texts: Mapping[str, bytes],
    zone: tzinfo | None,
) -> None:
    """Write a ZIP archive of boards and texts, by their names in it, into `file`.

    One chunk of one picture is in memory at a time. Raises StorageUnavailable and its kinds.
    """
    # JPEGs get no smaller: packing them would only cost time.
    archive = ZipFile(file, "w", ZIP_STORED)
    try:
        for name, content in texts.items():
            await asyncio.to_thread(archive.writestr, name, content, ZIP_DEFLATED)
        for name, board in boards.items():
            await _add(services, archive, _zip_info(name, board, zone), board.object_key)
    finally:
        await asyncio.to_thread(archive.close)


def _zip_info(name: str, board: BoardFile, zone: tzinfo | None) -> ZipInfo:
    taken = board.taken_at.astimezone(zone)
    info = ZipInfo(name, (max(taken.year, _ZIP_BEGINS), *taken.timetuple()[1:6]))
    info.file_size = board.byte_size  # known before it is read: no room is kept for a larger one
    return info


async def _add(services: Services, archive: ZipFile, info: ZipInfo, object_key: str) -> None:
    chunks = await services.store.stream(object_key)
    entry = await asyncio.to_thread(archive.open, info, "w")
    try:
        async for chunk in chunks:
            await asyncio.to_thread(entry.write, chunk)
    finally:
        await asyncio.to_thread(entry.close)
