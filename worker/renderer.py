"""The child process: owns the engines, renders one original after another (`-m worker.renderer`).

It reads messages on standard input and answers on standard output, ends with its input, and is
killed by the kernel when the worker dies. worker.child is the other side.
"""

import ctypes
import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, Final

from core.errors import DomainError
from core.imaging import Limits
from core.values import Quality, ResultPart, ResultView, Stage
from worker.engines.base import Engine, EngineSpec
from worker.engines.load import load_engines
from worker.errors import RenderFailed
from worker.memory import give_back_freed, give_back_libraries, keep_freed_memory
from worker.parts import Keeper, Parts
from worker.pipeline import Rendered, RenderLimits, render
from worker.quality import Readers, find_readers
from worker.sharpening import TimeLimits
from worker.views import ViewLimits
from worker.wire import Message, pack, read

_PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h
# Ten reports a second are smooth to look at.
_REPORT_S: Final = 0.1

# Who has waited so long for the first board is not in a hurry.
_IDLE_S: Final = 5.0


def main(arguments: list[str]) -> int:
    """`arguments`: the worker's process id. Returns when the worker closes the input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the worker, which then stops us
    if not _die_with(int(arguments[0])):
        return 0
    keep_freed_memory()
    incoming, outgoing = _take_streams()
    with suppress(BrokenPipeError):  # the worker has gone
        _serve(incoming, outgoing)
    return 0


def _die_with(parent: int) -> bool:
    """SIGKILL for us as soon as the worker's process ends. False: it already has."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    return os.getppid() == parent


def _take_streams() -> tuple[BinaryIO, BinaryIO]:
    """Standard input and output for us alone: what a library prints goes to standard error."""
    incoming = os.fdopen(os.dup(0), "rb")
    outgoing = os.fdopen(os.dup(1), "wb")
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    return incoming, outgoing


def _send(outgoing: BinaryIO, message: Message) -> None:
    outgoing.writelines(pack(message))
    outgoing.flush()


def _failure(error: DomainError) -> Message:
    return Message(
        "failed", {"code": error.code, "detail": error.detail[:2000], "context": error.context}
    )


def _serve(incoming: BinaryIO, outgoing: BinaryIO) -> None:
    start = read(incoming)
    if start is None:
        return
    limits = _limits(start.fields["limits"])
    try:
        engines = load_engines(_specs(start.fields["specs"]))
    except DomainError as error:
        _send(outgoing, _failure(error))
        return
    # Loaded with the first board that needs them, or while nobody asks: two seconds.
    readers = cache(_loaded_readers) if start.fields["reads"] else _no_readers
    give_back_libraries()
    told = {quality.value: asdict(engine.describe()) for quality, engine in engines.items()}
    _send(outgoing, Message("ready", {"engines": told}))
    if not select.select([incoming], [], [], _IDLE_S)[0]:
        readers()
    while (job := read(incoming)) is not None:
        _send(outgoing, _answer(job, engines, limits, readers, outgoing))
        give_back_freed()


def _loaded_readers() -> Readers | None:
    found = find_readers()
    give_back_libraries()
    return found


def _no_readers() -> Readers | None:
    return None


def _specs(fields: dict[str, dict[str, Any]]) -> dict[Quality, EngineSpec]:
    # Any: JSON's values, written by worker.child from EngineSpecs.
    return {
        Quality(quality): EngineSpec(**{**spec, "weights_dir": Path(spec["weights_dir"])})
        for quality, spec in fields.items()
    }


def _limits(fields: dict[str, Any]) -> RenderLimits:
    # Any: JSON's values, written by worker.child from a RenderLimits.
    views = fields["views"]
    return RenderLimits(
        decode=Limits(**fields["decode"]),
        input_side=fields["input_side"],
        views=ViewLimits(**{**views, "time": TimeLimits(**views["time"])}),
    )


def _answer(
    job: Message,
    engines: Mapping[Quality, Engine],
    limits: RenderLimits,
    readers: Callable[[], Readers | None],
    outgoing: BinaryIO,
) -> Message:
    reporter = _Reporter(outgoing)
    engine = engines[Quality(job.fields["quality"])]
    try:
        rendered = render(
            job.blobs[0],
            engine,
            limits,
            reporter.report,
            lossless=bool(job.fields["lossless"]),
            view=ResultView(job.fields["view"]),
            keeper=_keeper(job, limits, outgoing),
            readers=readers,
        )
    except DomainError as error:
        return _failure(error)
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 -- one bad picture must not end the process
        traceback.print_exc()
        return _failure(RenderFailed(f"{type(error).__name__}: {error}"))
    return done_message(rendered)


def _keeper(job: Message, limits: RenderLimits, outgoing: BinaryIO) -> Keeper:
    """Four parts in what is too long to be done again: a death costs a quarter of it at most."""
    earlier = [
        ResultPart(str(told[0]), int(told[1]), content)
        for told, content in zip(job.fields["parts"], job.blobs[1:], strict=True)
    ]

    def hand_on(part: ResultPart) -> None:
        told = {"made_of": part.made_of, "top": part.top}
        _send(outgoing, Message("part", told, (part.content,)))

    return Parts(earlier, hand_on, every_s=limits.views.time.keep_s / 4)


def done_message(rendered: Rendered) -> Message:
    """What worker.child makes a Rendered of again."""
    pictures = [
        {
            "kind": picture.kind.value,
            "media_type": picture.media_type,
            "width": picture.width,
            "height": picture.height,
        }
        for picture in rendered.pictures
    ]
    fields = {
        "pictures": pictures,
        "thumbhash": rendered.thumbhash.hex(),
        "engine": rendered.engine,
        "stages_ms": rendered.stages_ms,
        "record": rendered.record,
    }
    return Message("done", fields, tuple(picture.content for picture in rendered.pictures))


class _Reporter:
    """Sends progress: every change of stage, and at most every _REPORT_S within one."""

    def __init__(self, outgoing: BinaryIO) -> None:
        self._outgoing = outgoing
        self._stage: Stage | None = None
        self._sent = 0.0

    def report(self, stage: Stage, fraction: float) -> None:
        """See worker.pipeline.render."""
        now = time.monotonic()
        if stage is self._stage and fraction < 1.0 and now - self._sent < _REPORT_S:
            return
        self._stage, self._sent = stage, now
        _send(self._outgoing, Message("progress", {"stage": stage.value, "fraction": fraction}))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
