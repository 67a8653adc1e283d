"""Exports on their way: made beside the updates, few at a time, each told how it ended."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from enum import StrEnum
from tempfile import NamedTemporaryFile
from typing import IO, Final

from aiogram import Bot
from aiogram.enums import ChatAction
from aiogram.exceptions import ClientDecodeError, TelegramAPIError
from aiogram.types import FSInputFile

from bot.gallery_link import send_gallery_link
from bot.texts import exports as answers
from bot.texts.boards import error_answer
from core.access import Viewer
from core.errors import DomainError
from core.exports import (
    MOST_PARTS,
    PART_BYTES,
    BoardFile,
    entry_name,
    plan,
    ready_boards,
    upload_rows,
    uploads_csv,
    write_archive,
)
from core.logs import get_logger
from core.services import Services
from core.texts import Texts

log = get_logger(__name__)

# Each holds a file of 50 MB on the disk and half of a narrow line.
_AT_ONCE: Final = 2
# Beyond this people wait longer than they remember what for.
_MOST_WAITING: Final = 20
# 50 MB at 2 Mbit/s are 200 s.
_SEND_S: Final = 300
# Telegram shows an action for five seconds.
_ACTION_S: Final = 4.5
# Of the seconds that a stop may take.
_TELL_S: Final = 1.0
_TABLE: Final = "uploads.csv"
_LEAST_DIGITS: Final = 2


class Begun(StrEnum):
    """What became of a wish for an export."""

    NOW = "now"
    LATER = "later"
    ALREADY = "already"
    BUSY = "busy"


class Exports:
    """The exports of this process. They end with it: who waited for one is told to ask again.

    part_bytes, most_parts: how large a file may be and how many a person gets.
    """

    def __init__(
        self, services: Services, *, part_bytes: int = PART_BYTES, most_parts: int = MOST_PARTS
    ) -> None:
        self._services = services
        self._part_bytes = part_bytes
        self._most_parts = most_parts
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._running: dict[int, asyncio.Task[None]] = {}

    def begin(self, bot: Bot, texts: Texts, viewer: Viewer, *, chat_id: int) -> Begun:
        """Make the viewer's auditorium into files for this chat; one at a time for a chat."""
        if chat_id in self._running:
            return Begun.ALREADY
        if len(self._running) >= _AT_ONCE + _MOST_WAITING:
            return Begun.BUSY
        begun = Begun.LATER if len(self._running) >= _AT_ONCE else Begun.NOW
        self._running[chat_id] = asyncio.create_task(
            self._export(bot, texts, viewer, chat_id), name=f"export {chat_id}"
        )
        return begun

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop; what is being made then ends."""
        try:
            await stop.wait()
        finally:
            tasks = tuple(self._running.values())
            for task in tasks:
                task.cancel()
            if tasks:
                await asyncio.wait(tasks)

    async def _export(self, bot: Bot, texts: Texts, viewer: Viewer, chat_id: int) -> None:
        try:
            async with self._slots:
                await self._send_all(bot, texts, viewer, chat_id)
            log.info("export.sent", auditorium_id=str(viewer.auditorium_id))
        except asyncio.CancelledError:
            await _tell(bot, chat_id, answers.interrupted(texts))
            raise
        except DomainError as error:
            log.warning("export.failed", code=error.code)
            await _tell(bot, chat_id, error_answer(texts, error))
        except (TelegramAPIError, ClientDecodeError, OSError) as error:
            # Types only: the texts of network errors hold URLs, and those the token.
            log.warning("export.failed", error=type(error).__name__)
            await _tell(bot, chat_id, answers.interrupted(texts))
        except Exception:
            log.exception("export.failed")
            await _tell(bot, chat_id, error_answer(texts, DomainError()))
        finally:
            del self._running[chat_id]

    async def _send_all(self, bot: Bot, texts: Texts, viewer: Viewer, chat_id: int) -> None:
        services = self._services
        boards = await ready_boards(services, viewer)
        if not boards:
            await bot.send_message(chat_id, answers.nothing(texts, viewer.title))
            return
        table = uploads_csv(
            await upload_rows(services, viewer),
            header=answers.table_header(texts),
            # Where the decimal sign is a comma, spreadsheets separate by semicolons.
            delimiter=";" if texts.locale == "ru" else ",",
            zone=None,
        )
        made = plan(boards, first_bytes=len(table), limit=self._part_bytes)
        if len(made.parts) > self._most_parts:
            says = answers.too_many(texts)
            await send_gallery_link(bot, services, texts, viewer, chat_id=chat_id, says=says)
            return
        names = _names(texts, boards)
        for part, part_boards in enumerate(made.parts, 1):
            async with _shows_sending(bot, chat_id), _temporary_file() as file:
                await write_archive(
                    services,
                    file,
                    boards={names[board.number]: board for board in part_boards},
                    texts={_TABLE: table} if part == 1 else {},
                    zone=None,
                )
                await asyncio.to_thread(file.flush)
                await bot.send_document(
                    chat_id,
                    FSInputFile(file.name, _file_name(viewer.code, part, len(made.parts))),
                    caption=answers.caption(
                        texts, title=viewer.title, part=part, parts=len(made.parts)
                    ),
                    request_timeout=_SEND_S,
                )
        if made.too_large:
            await bot.send_message(chat_id, answers.too_large(texts, made.too_large))


def _names(texts: Texts, boards: Sequence[BoardFile]) -> dict[int, str]:
    digits = max(_LEAST_DIGITS, len(str(max(board.number for board in boards))))
    word = answers.board_word(texts)
    return {
        board.number: entry_name(board, word=word, digits=digits, zone=None) for board in boards
    }


def _file_name(code: str, part: int, parts: int) -> str:
    return f"{code}.zip" if parts == 1 else f"{code}-{part}-{parts}.zip"


@asynccontextmanager
async def _temporary_file() -> AsyncIterator[IO[bytes]]:
    """A file with a name, removed at the end."""
    file = await asyncio.to_thread(lambda: NamedTemporaryFile(suffix=".zip"))  # noqa: SIM115 -- closed below
    try:
        yield file
    finally:
        await asyncio.to_thread(file.close)


@asynccontextmanager
async def _shows_sending(bot: Bot, chat_id: int) -> AsyncIterator[None]:
    """The chat says that a file is being sent, for as long as the block runs."""

    async def repeat() -> None:
        while True:
            try:
                await bot.send_chat_action(chat_id, ChatAction.UPLOAD_DOCUMENT)
            except (TelegramAPIError, ClientDecodeError, OSError) as error:
                log.debug("export.no_action", error=type(error).__name__)
            await asyncio.sleep(_ACTION_S)

    task = asyncio.create_task(repeat(), name=f"action {chat_id}")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def _tell(bot: Bot, chat_id: int, text: str) -> None:
    try:
        async with asyncio.timeout(_TELL_S):
            await bot.send_message(chat_id, text)
    except (TelegramAPIError, ClientDecodeError, OSError) as error:
        log.warning("export.untold", error=type(error).__name__)
