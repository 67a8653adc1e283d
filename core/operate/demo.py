"""The demo lecture: at the first start a real board goes the real way; later it is found as it was.

Which start is the first is decided by the database: whether it knows the owner whose token this
data folder keeps. The sends carry idempotency keys, so a first start that was cut off is taken up
again.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from io import BytesIO
from typing import Final

from PIL import Image
from sqlalchemy import text

from core import boards, intake, links, rooms
from core.access import Viewer, viewer_by_token
from core.boards import BoardView
from core.db import transaction
from core.errors import DomainError, NotAMember, Unavailable
from core.logs import configure_logs
from core.operate import kept as keeping
from core.operate.kept import DemoLecture
from core.operate.problems import CannotStart
from core.operate.programs import REPOSITORY
from core.operate.terminal import Progress, complain, qr_code, say
from core.services import Services, open_services
from core.settings import Settings
from core.values import Arrival, BoardState, Channel, Receipt

TITLE: Final = "Demo lecture"
OWNER: Final = "Demo teacher"
PHOTO: Final = REPOSITORY / "deploy" / "demo" / "board.jpg"

# What a messenger makes of the same photo: smaller, and compressed again.
COPY_SCALE: Final = 0.8
COPY_QUALITY: Final = 75

# By these the intake knows the photo and its copy again.
KEYS: Final = ("demo-photo", "demo-copy")
UNFINISHED: Final = (BoardState.WAITING, BoardState.RUNNING)

CHUNK_BYTES: Final = 64 * 1024
LOOK_EVERY_S: Final = 0.2  # a stage lasts 0.1 to 10 s
# The board's own deadline and attempts end sooner; this is for a worker that never comes.
GIVE_UP_AFTER_S: Final = 300.0


def demo(settings: Settings) -> int:
    """Make or find the demo lecture and print its links. Raises CannotStart."""
    # The progress says what the lines of the INFO level would, on the same terminal.
    configure_logs(settings.model_copy(update={"log_level": "WARNING"}), "demo")
    try:
        return asyncio.run(_demo(settings))
    except Unavailable as problem:
        raise CannotStart(f"The demo lecture cannot be shown: {problem.detail}.") from problem
    except DomainError as problem:
        raise CannotStart(
            f"The demo lecture was refused: {problem.code} ({problem.detail})."
        ) from problem


async def _demo(settings: Settings) -> int:
    async with open_services(settings) as services:
        lecture, owner = await _find_or_make(services)
        shown = await boards.list_boards(services, owner, limit=boards.PAGE_LIMIT)
        done = sum(len(board.uploads) for board in shown.boards) >= len(KEYS) and not any(
            board.state in UNFINISHED for board in shown.boards if board.number == 1
        )
        outcome = "" if done else _told(await _send_both(services, owner))
        await _conclude(services, lecture, owner, outcome)
    return 0


async def _find_or_make(services: Services) -> tuple[DemoLecture, Viewer]:
    folder = services.settings.auditorium_data
    kept = await asyncio.to_thread(keeping.load, folder)
    if kept is None:
        raise CannotStart(f"{folder} has no servers of its own: `python -m core up` makes them.")
    if kept.demo is not None:
        try:
            return kept.demo, await viewer_by_token(services, kept.demo.admin_token)
        except NotAMember:
            pass  # the database is a new one
    created = await rooms.create_auditorium(services, title=TITLE, owner_name=OWNER)
    lecture = DemoLecture(
        auditorium_id=str(created.auditorium_id),
        code=created.code,
        admin_token=created.owner_token,
    )
    await asyncio.to_thread(keeping.save, folder, replace(kept, demo=lecture))
    return lecture, await viewer_by_token(services, created.owner_token)


async def _send_both(services: Services, owner: Viewer) -> BoardView:
    """The photo and its copy, through the intake that users use; then the board as it ends up."""
    try:
        photo = await asyncio.to_thread(PHOTO.read_bytes)
    except OSError as problem:
        raise CannotStart(f"The demo's photo {PHOTO} cannot be read.") from problem
    copy = await asyncio.to_thread(_messengers_copy, photo)
    say(f"{TITLE}: a photo of a board, and a smaller copy of it, go the way of every upload.")
    started = time.monotonic()
    with Progress() as progress:

        def show(stage: str, share: float | None = None) -> None:
            progress.show(stage, time.monotonic() - started, share)

        show("sending the photo")
        receipt = await _send(services, owner, photo, KEYS[0])
        show("sending a re-encoded, smaller copy")
        await _send(services, owner, copy, KEYS[1])
        if services.settings.auditorium_workers == 0:  # they run elsewhere, or later
            return await boards.status(services, receipt.board_id)
        return await _until_done(services, receipt, show)


async def _send(services: Services, owner: Viewer, content: bytes, key: str) -> Receipt:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(content), CHUNK_BYTES):
            yield content[start : start + CHUNK_BYTES]

    return await intake.accept(
        services,
        Arrival(
            member_id=owner.member_id, channel=Channel.WEB, content=chunks(), idempotency_key=key
        ),
    )


async def _until_done(
    services: Services, receipt: Receipt, show: Callable[[str, float | None], None]
) -> BoardView:
    deadline = time.monotonic() + GIVE_UP_AFTER_S
    while True:
        board = await boards.status(services, receipt.board_id)
        match board.state:
            case BoardState.READY | BoardState.FAILED:
                show("ready" if board.state is BoardState.READY else "failed", 1.0)
                return board
            case BoardState.WAITING:
                show("waiting for a worker", None)
            case BoardState.RUNNING:
                show(board.stage.value if board.stage else "starting", board.progress)
        if time.monotonic() > deadline:
            return board
        await asyncio.sleep(LOOK_EVERY_S)


async def _conclude(services: Services, lecture: DemoLecture, owner: Viewer, outcome: str) -> None:
    """The links, the QR code and the sums, as they are in the database."""
    settings = services.settings
    async with transaction(services.sessions) as session:
        row = await session.execute(
            text(
                "SELECT (SELECT count(*) FROM board WHERE auditorium_id = :id),"
                " (SELECT count(*) FROM upload WHERE auditorium_id = :id)"
            ),
            {"id": owner.auditorium_id},
        )
        board_count, upload_count = row.one()
    join = links.join_url(settings, lecture.code)
    say("")
    say(qr_code(join))
    say(f"Join:    {join}")
    say(f"Gallery: {links.gallery_url(settings, lecture.code)}")
    say(f"Admin:   {links.admin_url(settings, lecture.code, lecture.admin_token)}")
    say(f"{TITLE}: {_count(board_count, 'board')}, {_count(upload_count, 'upload')}{outcome}")


def _told(board: BoardView) -> str:
    """How the upscaling went, to follow the sums; complaints go to stderr."""
    match board.state:
        case BoardState.READY:
            seconds = sum(board.stages_ms.values()) / 1000
            times = "once" if board.attempts == 1 else f"in {board.attempts} attempts"
            return f", upscaled {times} in {seconds:.1f} s"
        case BoardState.FAILED:
            complain(f"The demo's board failed ({board.error_code}); the workers' logs say why.")
            return ", not upscaled"
        case BoardState.WAITING | BoardState.RUNNING:
            complain("The demo's board waits for a worker; AUDITORIUM_WORKERS or the logs say why.")
            return ", not upscaled yet"


def _messengers_copy(photo: bytes) -> bytes:
    with Image.open(BytesIO(photo)) as picture:
        size = round(picture.width * COPY_SCALE), round(picture.height * COPY_SCALE)
        copy = BytesIO()
        picture.convert("RGB").resize(size, Image.Resampling.LANCZOS).save(
            copy, "JPEG", quality=COPY_QUALITY
        )
    return copy.getvalue()


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
