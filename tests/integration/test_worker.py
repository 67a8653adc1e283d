"""The worker as a process of its own: boards get ready whatever dies meanwhile."""

import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from hashlib import sha256
from pathlib import Path

import psutil
import pytest
from sqlmodel import col, select

from core.boards import BoardView, get_board, want_lossless
from core.events import Event, EventName, read
from core.imaging import limits_of
from core.intake import accept
from core.removal import remove_upload
from core.services import Services
from core.tables import Attempt, Delivery, Part
from core.values import (
    Arrival,
    AttemptOutcome,
    BoardState,
    Channel,
    Quality,
    Receipt,
    RenditionKind,
    Stage,
)
from tests.conftest import Room, Servers
from tests.pictures import chunks, photo
from tests.processes import Started, started
from tests.waiting import eventually
from worker.engines.interpolation import Interpolation
from worker.pipeline import RenderLimits, render

# Large enough that a kill meets the board while it is upscaled.
LONG = (800, 600)
# The service's own default; the other tests take the engine that needs no torch and starts at once.
NETWORK = "realesr-animevideov3"


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder of weights for all workers of the session: converted once."""
    return tmp_path_factory.mktemp("weights")


class Workers:
    """Starts workers on the test's own database."""

    def __init__(self, environment: dict[str, str], weights: Path, log: Path) -> None:
        self._environment = environment | {
            "WEIGHTS_DIR": str(weights),
            "LEASE_S": "3",
            "MODEL": "bicubic",
        }
        self._log = log

    def start(self, **settings: str) -> AbstractContextManager[Started]:
        """A worker until the block ends."""
        return started(["worker"], self._environment | settings, self._log)


@pytest.fixture
def workers(environment: dict[str, str], weights: Path, tmp_path: Path) -> Workers:
    """Workers whose leases are short, so that a takeover is soon."""
    return Workers(environment, weights, tmp_path / "worker.log")


async def send(
    services: Services,
    room: Room,
    seed: int,
    size: tuple[int, int],
    quality: Quality = Quality.BEST,
) -> Receipt:
    content: AsyncIterator[bytes] = chunks(photo(seed, size=size))
    return await accept(
        services,
        Arrival(
            member_id=room.student.member_id,
            channel=Channel.WEB,
            content=content,
            quality=quality,
        ),
    )


def is_ready(board: BoardView) -> bool:
    return board.state is BoardState.READY


def is_upscaled_now(board: BoardView) -> bool:
    return board.stage is Stage.UPSCALE


def states_told(events: Sequence[Event]) -> list[str]:
    return [event.data["state"] for event in events if event.name is EventName.BOARD]


async def said(worker: Started) -> str:
    return worker.said


async def descendants(worker: Started) -> list[psutil.Process]:
    return psutil.Process(worker.pid).children(recursive=True)


async def outcomes(services: Services, receipt: Receipt) -> list[str]:
    async with services.sessions() as session:
        rows = await session.execute(
            select(Attempt.outcome)
            .where(col(Attempt.board_id) == receipt.board_id)
            .order_by(col(Attempt.number))
        )
        return list(rows.scalars())


async def test_a_photo_becomes_a_ready_board_with_all_its_pictures(
    services: Services, room: Room, workers: Workers
) -> None:
    receipt = await send(services, room, 1, (200, 150))
    look = partial(get_board, services, room.student, receipt.board_id)
    with workers.start(MODEL=NETWORK):
        board = await eventually(look, is_ready)
    sizes = {kind: (made.width, made.height) for kind, made in board.renditions.items()}
    assert sizes == {
        RenditionKind.UPRIGHT: (200, 150),
        RenditionKind.UPSCALED: (800, 600),
        RenditionKind.PREVIEW: (800, 600),
        RenditionKind.THUMBNAIL: (320, 240),
        RenditionKind.CLEAN: (800, 600),
        RenditionKind.SHARP: (800, 600),
    }
    assert set(board.stages_ms) == set(Stage)
    assert await outcomes(services, receipt) == [AttemptOutcome.SUCCEEDED]
    async with services.sessions() as session:
        owed = (await session.execute(select(Delivery.member_id))).scalars().all()
    assert set(owed) == {room.owner.member_id, room.student.member_id}


async def test_the_pages_hear_of_every_step(
    services: Services, room: Room, workers: Workers
) -> None:
    await send(services, room, 2, (400, 300))

    async def hear() -> list[Event]:
        heard = await read(services.redis, {room.created.auditorium_id: "0-0"}, block_ms=1)
        return [received.event for received in heard.get(room.created.auditorium_id, ())]

    with workers.start():
        # Told after the board's row is written: who looks at the row may be earlier.
        events = await eventually(hear, lambda events: "ready" in states_told(events))
    assert states_told(events) == ["waiting", "running", "ready"]
    assert any(event.name is EventName.PROGRESS for event in events)


async def test_a_worker_killed_in_mid_board_is_replaced_and_the_board_made_once(
    services: Services, room: Room, workers: Workers
) -> None:
    receipt = await send(services, room, 3, LONG)
    look = partial(get_board, services, room.student, receipt.board_id)
    with workers.start(MODEL=NETWORK) as first:
        await eventually(look, is_upscaled_now)
        first.send_signal(signal.SIGKILL)
        first.wait()
    assert (await look()).state is BoardState.RUNNING
    with workers.start(MODEL=NETWORK):
        board = await eventually(look, is_ready)
    assert await outcomes(services, receipt) == [AttemptOutcome.LOST, AttemptOutcome.SUCCEEDED]
    assert board.attempts == 2


async def test_rows_that_a_killed_worker_had_done_are_not_done_again(
    services: Services, room: Room, workers: Workers
) -> None:
    receipt = await send(services, room, 5, (1600, 1200))
    look = partial(get_board, services, room.student, receipt.board_id)

    async def parts() -> list[str]:
        async with services.sessions() as session:
            return list((await session.execute(select(Part.object_key))).scalars())

    keeping = {"MODEL": NETWORK, "RENDER_KEEP_S": "0.4"}  # a part every tenth of a second
    with workers.start(**keeping) as first:
        kept = await eventually(parts, bool)
        first.send_signal(signal.SIGKILL)
        first.wait()

    async def left() -> list[bool]:
        return [await services.store.has(key) for key in kept]

    with workers.start(**keeping):
        board = await eventually(look, is_ready)
        await eventually(left, lambda each: not any(each))  # they go after the commit
    assert await outcomes(services, receipt) == [AttemptOutcome.LOST, AttemptOutcome.SUCCEEDED]
    assert board.record["restored"] > 0
    assert await parts() == []


async def test_a_worker_that_is_told_to_stop_gives_its_board_back_without_using_up_a_try(
    services: Services, room: Room, workers: Workers
) -> None:
    receipt = await send(services, room, 4, LONG)
    look = partial(get_board, services, room.student, receipt.board_id)
    with workers.start(MODEL=NETWORK) as first:
        await eventually(look, is_upscaled_now)
        first.send_signal(signal.SIGTERM)
        assert first.wait(10) == 0, first.said
    board = await look()
    assert (board.state, board.attempts) == (BoardState.WAITING, 0)


async def test_a_worker_that_is_told_to_stop_while_it_loads_its_network_ends_in_order(
    workers: Workers,
) -> None:
    with workers.start(MODEL=NETWORK) as worker:
        await eventually(partial(descendants, worker), bool)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(10) == 0, worker.said
    assert "worker.ready" not in worker.said


async def test_a_worker_stops_in_order_while_the_queue_is_away(
    workers: Workers, servers: Servers
) -> None:
    with workers.start() as worker:
        await eventually(partial(said, worker), lambda seen: "worker.ready" in seen)
        servers.stop("valkey")
        await eventually(partial(said, worker), lambda seen: "queue.away" in seen)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(10) == 0, worker.said


async def test_a_crash_of_the_pixel_process_costs_one_try_and_not_the_board(
    services: Services, room: Room, workers: Workers
) -> None:
    receipt = await send(services, room, 5, LONG)
    look = partial(get_board, services, room.student, receipt.board_id)
    with workers.start(MODEL=NETWORK) as worker:
        await eventually(look, is_upscaled_now)
        for child in psutil.Process(worker.pid).children(recursive=True):
            child.kill()
        await eventually(look, is_ready)
    assert await outcomes(services, receipt) == [AttemptOutcome.FAILED, AttemptOutcome.SUCCEEDED]


async def test_a_worker_whose_board_is_deleted_lets_go_of_it_and_makes_the_next(
    services: Services, room: Room, workers: Workers
) -> None:
    receipt = await send(services, room, 8, LONG)
    look = partial(get_board, services, room.student, receipt.board_id)
    with workers.start(MODEL=NETWORK) as worker:
        await eventually(look, is_upscaled_now)
        await remove_upload(services, room.student, receipt.upload_id)
        following = await send(services, room, 9, (64, 48))
        await eventually(partial(get_board, services, room.student, following.board_id), is_ready)
        assert "lease.lost" in worker.said
    assert "Traceback" not in worker.said


async def test_a_killed_worker_leaves_no_orphan(
    services: Services, room: Room, workers: Workers
) -> None:
    receipt = await send(services, room, 6, LONG)
    look = partial(get_board, services, room.student, receipt.board_id)
    with workers.start(MODEL=NETWORK) as worker:
        await eventually(look, is_upscaled_now)
        children = psutil.Process(worker.pid).children(recursive=True)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    assert children
    assert psutil.wait_procs(children, timeout=10)[1] == []


async def test_an_upload_that_was_accepted_while_the_queue_was_down_is_made_when_it_returns(
    services: Services, room: Room, workers: Workers, servers: Servers
) -> None:
    with workers.start():
        servers.stop("valkey")
        receipt = await send(services, room, 7, (200, 150))
        servers.start("valkey")
        await eventually(partial(get_board, services, room.student, receipt.board_id), is_ready)


async def test_a_board_that_meets_a_store_that_is_down_waits_for_it_without_using_up_a_try(
    services: Services, room: Room, workers: Workers, servers: Servers
) -> None:
    receipt = await send(services, room, 8, (200, 150))
    look = partial(get_board, services, room.student, receipt.board_id)
    servers.stop("s3")
    with workers.start():
        await eventually(
            partial(outcomes, services, receipt), lambda seen: AttemptOutcome.LOST in seen
        )
        servers.start("s3")
        board = await eventually(look, is_ready)
    assert board.attempts == 1


async def test_the_lossless_picture_is_made_when_it_is_asked_for(
    services: Services, room: Room, workers: Workers
) -> None:
    receipt = await send(services, room, 9, (200, 150))
    look = partial(get_board, services, room.student, receipt.board_id)
    with workers.start():
        await eventually(look, is_ready)
        await want_lossless(services, room.student, receipt.board_id)
        board = await eventually(look, lambda seen: RenditionKind.LOSSLESS in seen.renditions)
    lossless = board.renditions[RenditionKind.LOSSLESS]
    assert (lossless.media_type, lossless.width, lossless.height) == ("image/png", 800, 600)
    assert board.state is BoardState.READY


async def test_a_board_past_its_deadline_is_failed_with_the_reason(
    services: Services, room: Room, workers: Workers
) -> None:
    with workers.start(RENDER_DEADLINE_S="1.1", RENDER_ATTEMPTS="1") as worker:
        await eventually(partial(said, worker), lambda seen: "worker.ready" in seen)
        for child in psutil.Process(worker.pid).children(recursive=True):
            child.suspend()
        receipt = await send(services, room, 10, (200, 150))
        look = partial(get_board, services, room.student, receipt.board_id)
        board = await eventually(look, lambda seen: seen.state is BoardState.FAILED)
    assert board.error_code == "render_deadline"


async def test_fast_boards_are_made_first_by_the_fast_engine_and_best_ones_by_the_network(
    services: Services, room: Room, workers: Workers
) -> None:
    qualities = (Quality.BEST, Quality.FAST, Quality.BEST, Quality.FAST)
    looks = [
        partial(
            get_board,
            services,
            room.student,
            (await send(services, room, 20 + n, (200, 150), quality)).board_id,
        )
        for n, quality in enumerate(qualities)
    ]
    assert [(await look()).ahead for look in looks] == [2, 0, 3, 1]
    with workers.start(MODEL=NETWORK, MODEL_FAST="bicubic"):
        boards = [await eventually(look, is_ready) for look in looks]
        await want_lossless(services, room.student, boards[1].board_id)
        with_lossless = await eventually(
            looks[1], lambda seen: RenditionKind.LOSSLESS in seen.renditions
        )
    engines = [(board.engine or "").split(" x4")[0] for board in boards]
    assert engines == [NETWORK, "clean, bicubic", NETWORK, "clean, bicubic"]
    began = [board.started_at for board in boards if board.started_at]
    assert sorted(range(4), key=began.__getitem__) == [1, 3, 0, 2]
    lossless = with_lossless.renditions[RenditionKind.LOSSLESS]
    limits = RenderLimits(decode=limits_of(services.settings))
    plain = render(
        photo(21, size=(200, 150)), Interpolation(), limits, lambda *_: None, lossless=True
    )
    assert lossless.sha256 == sha256(plain.pictures[0].content).hexdigest()


@pytest.mark.parametrize("setting", ["MODEL", "MODEL_FAST"])
@pytest.mark.parametrize(
    ("model", "why"), [("no-such-model", "no-such-model"), ("/no/such/file.pth", "file.pth")]
)
def test_a_model_that_cannot_be_loaded_ends_the_worker_at_once_with_one_line(
    workers: Workers, setting: str, model: str, why: str
) -> None:
    with workers.start(**{setting: model}) as worker:
        assert worker.wait() == 2
        last = worker.said.strip().splitlines()[-1]
        assert last.startswith("worker: ")
        assert why in last
        assert ("MODEL_FAST" in last) == (setting == "MODEL_FAST")
        assert "Traceback" not in worker.said
