"""The worker's side of the child process that does the pixel work: start, render, kill, restart.

Never imports torch. A thread that renders cannot be stopped and a library that crashes takes its
process along, so the pixels live in worker.renderer's process, which can be killed at any moment.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

from core.errors import DomainError
from core.imaging import limits_of
from core.settings import Settings
from core.values import Picture, Quality, RenditionKind, ResultPart, ResultView, Stage
from worker.cores import WAITING
from worker.engines.base import EngineDescription, EngineSpec
from worker.errors import RenderCrashed, RenderDeadline, error_from
from worker.pipeline import Rendered, RenderLimits
from worker.sharpening import TimeLimits
from worker.views import ViewLimits
from worker.wire import Message, WireError, pack, read_async

_ROOT: Final = Path(__file__).resolve().parent.parent
# Loading takes seconds; a first start may download 67 MB, which worker.download bounds by 600 s.
_START_S: Final = 900.0
# An idle child ends at once when its input closes; longer means that it hangs.
_STOP_S: Final = 5.0
# Shares of a board's deadline: what the engine's estimate may be on an idle machine, and when its
# pass is given up for the clean view; decoding, encoding and storing take the rest. Of the usual
# 120 s these are 72 and 102: with 8 s for all else it stays below the client's 110 s.
_PLANNED_SHARE: Final = 0.6
_MOST_SHARE: Final = 0.85
# The reader's buffer: a 3 MB result in few turns of the event loop.
_BUFFER_BYTES: Final = 1 << 20

_GONE: Final = (asyncio.IncompleteReadError, ConnectionError, WireError)


class PixelProcess:
    """One child process with an engine a quality; renders one picture at a time, as asked."""

    def __init__(self, settings: Settings) -> None:
        """Starts nothing yet. Reads models, device, weights and limits from `settings`."""
        self._specs = engine_specs(settings)
        self._reads = settings.readers == "auto"
        self._limits = RenderLimits(
            decode=limits_of(settings),
            views=ViewLimits(
                time=TimeLimits(
                    planned_s=settings.render_deadline_s * _PLANNED_SHARE,
                    most_s=settings.render_deadline_s * _MOST_SHARE,
                    keep_s=settings.render_keep_s,
                )
            ),
        )
        self._process: asyncio.subprocess.Process | None = None
        self._engines: dict[Quality, EngineDescription] = {}
        self._busy = False  # with a message that is not answered yet
        self._lock = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """The child's process id, None while there is none."""
        return self._process.pid if self._process is not None else None

    def describe(self, quality: Quality) -> EngineDescription:
        """What makes boards of this quality in the child. Only after `start`."""
        if not self._engines:
            raise RuntimeError("describe() before start()")
        return self._engines[quality]

    async def start(self) -> None:
        """Starts the child and loads the engines; a running child stays as it is.

        Raises ModelError's subclasses (a model or the device cannot be used), RenderCrashed.
        """
        async with self._lock:
            await self._start()

    async def render(
        self,
        original: bytes,
        *,
        quality: Quality,
        lossless: bool,
        on_progress: Callable[[Stage, float], None],
        deadline_s: float,
        view: ResultView = ResultView.COMPOSED,
        parts: Sequence[ResultPart] = (),
        on_part: Callable[[ResultPart], Awaitable[None]] | None = None,
    ) -> Rendered:
        """Renders in the child; see worker.pipeline.render. Starts it first where it has died.

        `on_progress` is called on the event loop. parts: what earlier attempts left, in order;
        `on_part` gets what a long pass has done so far. Cancelled, the child is killed.
        Raises BadPicture's subclasses, RenderFailed, RenderCrashed, RenderDeadline (after
        `deadline_s` seconds, with the child killed), and what `start` raises.
        """
        async with self._lock:
            await self._start()
            try:
                async with asyncio.timeout(deadline_s) as limit:
                    job = {
                        "quality": quality.value,
                        "lossless": lossless,
                        "view": view.value,
                        "parts": [[part.made_of, part.top] for part in parts],
                    }
                    blobs = (original, *(part.content for part in parts))
                    return await self._exchange(Message("render", job, blobs), on_progress, on_part)
            except TimeoutError:
                if not limit.expired():
                    raise
                raise RenderDeadline(
                    f"not rendered within {deadline_s:g} s", deadline_s=deadline_s
                ) from None
            except _GONE as error:
                status = await self._kill()
                raise RenderCrashed(
                    f"the pixel process ended with {status}", exit_status=status
                ) from error
            finally:
                # Whatever is unfinished, by deadline or cancellation, must not run on.
                if self._busy:
                    await self._kill()

    async def stop(self) -> None:
        """Ends the child: an idle one by closing its input, a busy or hanging one by SIGKILL."""
        if self._busy:
            await self._kill()
        process = self._process
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _STOP_S)
        await self._kill()

    async def _start(self) -> None:
        if self._process is not None and self._process.returncode is None:
            return
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # the folder we are called from is no place to import from
            "-m",
            "worker.renderer",
            str(os.getpid()),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_BUFFER_BYTES,
            env=_environment(),
            start_new_session=True,  # a terminal's Ctrl-C reaches us alone
        )
        self._busy = True
        limits = asdict(self._limits)
        specs = {
            quality.value: {**asdict(spec), "weights_dir": str(spec.weights_dir)}
            for quality, spec in self._specs.items()
        }
        try:
            async with asyncio.timeout(_START_S):
                await self._send(
                    Message("start", {"specs": specs, "limits": limits, "reads": self._reads})
                )
                answer = await self._receive()
            if answer.kind != "ready":
                raise _error(answer)
            self._engines = {
                Quality(quality): EngineDescription(**told)
                for quality, told in answer.fields["engines"].items()
            }
            self._busy = False
        except _GONE as error:
            status = await self._kill()
            raise RenderCrashed(
                f"the pixel process ended with {status} at its start", exit_status=status
            ) from error
        finally:
            if self._busy:
                await self._kill()

    async def _exchange(
        self,
        job: Message,
        on_progress: Callable[[Stage, float], None],
        on_part: Callable[[ResultPart], Awaitable[None]] | None,
    ) -> Rendered:
        self._busy = True
        await self._send(job)
        while (answer := await self._receive()).kind in {"progress", "part"}:
            if answer.kind == "progress":
                on_progress(Stage(answer.fields["stage"]), float(answer.fields["fraction"]))
            elif on_part is not None:
                (content,) = answer.blobs
                await on_part(ResultPart(answer.fields["made_of"], answer.fields["top"], content))
        self._busy = False
        if answer.kind != "done":
            raise _error(answer)
        return _rendered(answer)

    async def _send(self, message: Message) -> None:
        process = self._process
        if process is None or process.stdin is None:
            raise ConnectionError("no child process")
        for piece in pack(message):
            process.stdin.write(piece)
        await process.stdin.drain()

    async def _receive(self) -> Message:
        process = self._process
        if process is None or process.stdout is None:
            raise ConnectionError("no child process")
        return await read_async(process.stdout)

    async def _kill(self) -> int:
        """No child any more; its exit status, minus the signal's number where one ended it."""
        process, self._process, self._busy = self._process, None, False
        if process is None:
            return 0
        if process.returncode is None:
            # Not process.kill(): it polls first, and where the child is dead already it takes the
            # exit status away from asyncio, which then makes one up (255).
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        status = await process.wait()
        # Both pipes to their end, or they would outlive the event loop.
        if process.stdin is not None and process.stdout is not None:
            process.stdin.close()
            with suppress(OSError):
                await process.stdin.wait_closed()
            await process.stdout.read()
        return status


def engine_specs(settings: Settings) -> dict[Quality, EngineSpec]:
    """Which engine makes the boards of each quality; equal specs are one engine."""
    best = EngineSpec(
        model=settings.model,
        sha256=settings.model_sha256,
        weights_dir=settings.weights.absolute(),
        device=settings.device,
        engine=settings.engine,
    )
    fast = replace(best, model=settings.model_fast, sha256=settings.model_fast_sha256)
    if fast.model == best.model and not fast.sha256:
        fast = best  # a file that was verified once
    return {Quality.BEST: best, Quality.FAST: fast}


def _environment() -> dict[str, str]:
    """Ours, with the repository to import from and threads that sleep while they wait."""
    return {
        **os.environ,
        "PYTHONPATH": str(_ROOT),
        **WAITING,
    }


def _error(answer: Message) -> DomainError:
    fields = answer.fields
    return error_from(str(fields["code"]), str(fields["detail"]), dict(fields["context"]))


def _rendered(answer: Message) -> Rendered:
    fields = answer.fields
    try:
        pictures = tuple(
            Picture(
                kind=RenditionKind(told["kind"]),
                media_type=str(told["media_type"]),
                width=int(told["width"]),
                height=int(told["height"]),
                content=content,
            )
            for told, content in zip(fields["pictures"], answer.blobs, strict=True)
        )
        return Rendered(
            pictures=pictures,
            thumbhash=bytes.fromhex(fields["thumbhash"]),
            engine=str(fields["engine"]),
            stages_ms={str(stage): float(ms) for stage, ms in fields["stages_ms"].items()},
            record=dict(fields["record"]),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise WireError(f"not a result: {error}") from error
