"""worker.child: a process that renders, can be killed at any moment, and leaves no orphan."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

from core.errors import DomainError, UnknownFormat
from core.settings import Settings
from core.values import Quality, RenditionKind, ResultView, Stage
from tests.pictures import photo
from tests.waiting import eventually
from worker.child import PixelProcess
from worker.errors import (
    ModelHashMismatch,
    ModelNotFound,
    ModelUnknownArchitecture,
    RenderCrashed,
    RenderDeadline,
    RenderFailed,
    error_from,
)
from worker.pipeline import Rendered
from worker.wire import Message, WireError, pack, read_async

ROOT = Path(__file__).parents[2]
LONG_S = 120.0


def settings(folder: Path, model: str = "bicubic", **more: str) -> Settings:
    return Settings.model_validate({"model": model, "weights_dir": folder, "device": "cpu", **more})


def ignore(_stage: Stage, _fraction: float) -> None:
    """Nobody is listening."""


def gone(pid: int) -> bool:
    """Whether there is no such process any more, or only its entry in the table."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.fixture
async def pixels(tmp_path: Path) -> AsyncIterator[PixelProcess]:
    process = PixelProcess(settings(tmp_path))
    await process.start()
    yield process
    await process.stop()


async def rendered(
    process: PixelProcess,
    original: bytes,
    *,
    quality: Quality = Quality.BEST,
    lossless: bool = False,
    deadline_s: float = LONG_S,
) -> Rendered:
    return await process.render(
        original, quality=quality, lossless=lossless, on_progress=ignore, deadline_s=deadline_s
    )


@pytest.mark.skipif(not find_spec("rapidocr"), reason="the readers are not installed")
async def test_readers_are_loaded_while_nobody_asks(pixels: PixelProcess) -> None:
    async def has_readers() -> bool:
        maps = await asyncio.to_thread(Path(f"/proc/{pixels.pid}/maps").read_text, "utf-8")
        return "onnxruntime" in maps

    await eventually(has_readers, lambda loaded: loaded, LONG_S)
    assert (await rendered(pixels, photo())).pictures


async def in_the_middle(
    process: PixelProcess, then: Callable[[], Awaitable[None] | None]
) -> "asyncio.Task[Rendered]":
    """A rendering of many seconds, at the moment when the child has begun to upscale."""
    begun = asyncio.Event()
    task = asyncio.create_task(
        process.render(
            photo(size=(2500, 2500)),
            quality=Quality.BEST,
            lossless=True,
            on_progress=lambda *_: begun.set(),
            deadline_s=LONG_S,
        )
    )
    await asyncio.wait_for(begun.wait(), LONG_S)
    after = then()
    if after is not None:
        await after
    return task


async def test_a_board_is_rendered_with_its_stages_told(pixels: PixelProcess) -> None:
    told: list[tuple[Stage, float]] = []
    result = await pixels.render(
        photo(size=(80, 60)),
        quality=Quality.BEST,
        lossless=False,
        on_progress=lambda *how_far: told.append(how_far),
        deadline_s=LONG_S,
    )
    assert [(picture.kind, picture.width) for picture in result.pictures] == [
        (RenditionKind.UPSCALED, 320),
        (RenditionKind.PREVIEW, 320),
        (RenditionKind.THUMBNAIL, 320),
        (RenditionKind.CLEAN, 320),
    ]
    assert result.pictures[0].content.startswith(b"\xff\xd8\xff")
    assert {stage for stage, _ in told} == {Stage.DECODE, Stage.UPSCALE, Stage.ENCODE}
    assert set(result.stages_ms) == {"decode", "upscale", "encode"}


async def test_lossless_is_given_on_demand(pixels: PixelProcess) -> None:
    result = await rendered(pixels, photo(size=(80, 60)), lossless=True)
    assert [picture.kind for picture in result.pictures] == [RenditionKind.LOSSLESS]


async def test_the_default_network_and_the_fast_engine_run_in_one_child(tmp_path: Path) -> None:
    process = PixelProcess(settings(tmp_path, "realesr-animevideov3"))
    await process.start()
    try:
        child = process.pid
        for quality, model in ((Quality.BEST, "realesr-animevideov3"), (Quality.FAST, "bicubic")):
            described = process.describe(quality)
            assert (described.model, described.scale) == (model, 4)
            result = await rendered(process, photo(size=(48, 32)), quality=quality)
            assert result.engine.endswith(str(described))
            assert (result.pictures[0].width, result.pictures[0].height) == (192, 128)
        assert process.pid == child
    finally:
        await process.stop()


async def test_lossless_is_made_by_the_engine_of_the_boards_quality(tmp_path: Path) -> None:
    process = PixelProcess(settings(tmp_path, "realesr-animevideov3"))
    try:
        best, fast = [
            # The composed view of writing as small as this shows nothing of the network.
            await process.render(
                photo(size=(48, 32)),
                quality=quality,
                lossless=True,
                on_progress=ignore,
                deadline_s=LONG_S,
                view=ResultView.SHARP,
            )
            for quality in (Quality.BEST, Quality.FAST)
        ]
    finally:
        await process.stop()
    assert best.engine.startswith("realesr-animevideov3")
    assert fast.engine.startswith("clean, bicubic")
    assert best.pictures[0].content != fast.pictures[0].content


def test_the_worker_itself_never_imports_torch() -> None:
    imports = "import sys, worker.child; sys.exit(bool({'torch', 'spandrel'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", imports], cwd=ROOT, check=False).returncode == 0


async def test_a_bad_picture_fails_alone_and_typed(pixels: PixelProcess) -> None:
    child = pixels.pid
    with pytest.raises(UnknownFormat):
        await rendered(pixels, b"text named .jpg")
    await rendered(pixels, photo(size=(40, 30)))
    assert pixels.pid == child


async def test_boards_asked_for_at_once_are_rendered_one_after_another(
    pixels: PixelProcess,
) -> None:
    results = await asyncio.gather(
        *(rendered(pixels, photo(size=(40 + 4 * n, 30))) for n in range(4))
    )
    assert [result.pictures[0].width for result in results] == [160, 176, 192, 208]


@pytest.mark.parametrize(
    ("model", "more", "expected"),
    [
        ("no-such-model", {}, ModelNotFound),
        ("realesr-animevideov3", {"model_sha256": "0" * 64}, ModelHashMismatch),
        ("damaged.safetensors", {}, ModelUnknownArchitecture),
        ("bicubic", {"model_fast": "no-such-model"}, ModelNotFound),
        (
            "bicubic",
            {"model_fast": "realesr-animevideov3", "model_fast_sha256": "0" * 64},
            ModelHashMismatch,
        ),
    ],
)
async def test_a_model_that_cannot_be_used_is_told_at_start(
    model: str, more: dict[str, str], expected: type[DomainError], tmp_path: Path
) -> None:
    (tmp_path / "damaged.safetensors").write_bytes(b"damaged")
    if model.endswith(".safetensors"):
        model = str(tmp_path / model)
    process = PixelProcess(settings(tmp_path, model, **more))
    with pytest.raises(expected) as caught:
        await process.start()
    assert process.pid is None
    assert caught.value.detail.startswith("MODEL_FAST: ") == ("model_fast" in more)


async def test_a_child_that_dies_fails_its_board_and_the_next_one_is_rendered(
    pixels: PixelProcess,
) -> None:
    child = pixels.pid
    assert child is not None
    task = await in_the_middle(pixels, lambda: os.kill(child, signal.SIGKILL))
    with pytest.raises(RenderCrashed) as caught:
        await task
    assert caught.value.context == {"exit_status": -signal.SIGKILL}
    await rendered(pixels, photo(size=(40, 30)))
    assert pixels.pid not in {None, child}


async def test_a_child_that_died_while_idle_is_replaced_unnoticed(pixels: PixelProcess) -> None:
    child = pixels.pid
    assert child is not None
    os.kill(child, signal.SIGKILL)
    for _ in range(2):  # at the first its death may not be known yet
        try:
            result = await rendered(pixels, photo(size=(40, 30)))
        except RenderCrashed:
            continue
        break
    assert result.pictures
    assert pixels.pid != child


async def test_at_the_deadline_the_child_is_killed_and_the_next_board_rendered(
    pixels: PixelProcess,
) -> None:
    child = pixels.pid
    assert child is not None
    with pytest.raises(RenderDeadline) as caught:
        await rendered(pixels, photo(size=(2500, 2500)), deadline_s=0.05)
    assert caught.value.context == {"deadline_s": 0.05}
    assert gone(child)
    await rendered(pixels, photo(size=(40, 30)))


async def test_a_cancelled_rendering_does_not_run_on(pixels: PixelProcess) -> None:
    child = pixels.pid
    assert child is not None
    task = await in_the_middle(pixels, lambda: None)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert gone(child)
    await rendered(pixels, photo(size=(40, 30)))


async def test_stopping_ends_an_idle_and_a_busy_child(tmp_path: Path) -> None:
    process = PixelProcess(settings(tmp_path))
    await process.start()
    idle = process.pid
    await process.stop()
    await process.stop()
    assert process.pid is None
    assert idle is not None
    assert gone(idle)

    await process.start()
    busy = process.pid
    task = await in_the_middle(process, process.stop)
    with pytest.raises(RenderCrashed):
        await task
    assert busy is not None
    assert gone(busy)


async def test_the_event_loop_goes_on_while_a_large_picture_is_sent_and_rendered(
    pixels: PixelProcess,
) -> None:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    await rendered(pixels, photo(size=(1200, 900)) + bytes(15_000_000))
    counting.cancel()
    assert turns > 1000


PARENT = """
import asyncio, sys
from pathlib import Path
from core.settings import Settings
from core.values import Quality
from worker.child import PixelProcess

async def main():
    pixels = PixelProcess(Settings(model="bicubic", weights_dir=Path(sys.argv[1])))
    await pixels.start()
    print(pixels.pid, flush=True)
    photo = Path(sys.argv[2]).read_bytes()
    def told(stage, fraction):
        print(stage, flush=True)
    await pixels.render(
        photo, quality=Quality.BEST, lossless=True, on_progress=told, deadline_s=100
    )

asyncio.run(main())
"""


def test_kill_9_of_the_worker_leaves_no_orphan(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(photo(size=(2500, 2500)))
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path), str(tmp_path / "photo.jpg")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    assert parent.stdout.readline().strip() == "decode"
    # Stopped, it cannot notice a closed pipe: only the kernel's own signal can end it.
    child.suspend()
    parent.kill()
    parent.wait(timeout=10)
    parent.stdout.close()
    try:
        child.wait(timeout=10)
    except psutil.TimeoutExpired:
        assert gone(child.pid)  # a zombie that nobody reaps here is dead as well
    finally:
        with suppress(psutil.NoSuchProcess):
            child.kill()


async def test_a_renderer_whose_worker_has_already_gone_ends_at_once() -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "worker.renderer", "1", cwd=ROOT, stdin=asyncio.subprocess.PIPE
    )
    assert await asyncio.wait_for(child.wait(), 30) == 0


# --- messages -------------------------------------------------------------------------------------


async def _received(content: bytes) -> Message:
    stream = asyncio.StreamReader()
    stream.feed_data(content)
    stream.feed_eof()
    return await read_async(stream)


async def test_a_message_comes_as_it_was_sent() -> None:
    message = Message("done", {"a": [1, "b", None]}, (b"one", b"", b"two" * 1000))
    assert await _received(b"".join(pack(message))) == message


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xff\xff\xff" + b"x" * 100,
        b"\x00\x00\x00\x02[]",
        b"\x00\x00\x00\x04oops",
        b'\x00\x00\x00\x2c{"kind":"a","fields":{},"blobs":[999999999]}',
        b'\x00\x00\x00\x25{"kind":"a","fields":{},"blobs":[-1]}',
    ],
)
async def test_what_is_no_message_or_too_large_is_refused_unread(content: bytes) -> None:
    with pytest.raises(WireError):
        await _received(content)


def test_an_error_crosses_the_pipe_with_its_type() -> None:
    error = error_from("model_hash_mismatch", "other file", {"expected": "a"})
    assert type(error) is ModelHashMismatch
    assert (error.detail, error.context) == ("other file", {"expected": "a"})
    assert type(error_from("never_heard_of", "x", {})) is RenderFailed
