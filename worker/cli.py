"""`python -m worker upscale`: pictures in, pictures out, without any server."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from core.errors import DomainError
from core.settings import Settings, load_settings
from core.values import Quality, RenditionKind, ResultView, Stage
from worker.child import PixelProcess
from worker.engines.load import BICUBIC
from worker.errors import ModelError
from worker.files import Job, find, plan, write_atomically
from worker.progress import ProgressLine

ALL_DONE: Final = 0
SOME_FAILED: Final = 1
CANNOT_START: Final = 2  # as argparse exits on bad usage
INTERRUPTED: Final = 130  # 128 + SIGINT, as shells do

_SUFFIXES: Final = {"jpg": ".jpg", "png": ".png"}
_SHOWN: Final = {"jpg": RenditionKind.UPSCALED, "png": RenditionKind.LOSSLESS}
_VIEWS: Final = (ResultView.COMPOSED, ResultView.CLEAN, ResultView.SHARP)
# Nobody else waits: the largest network on one slow core may have an hour for a picture.
_DEADLINE_S: Final = 3600.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `upscale`."""
    parser.add_argument(
        "inputs", nargs="+", type=Path, metavar="photo", help="a picture, or a folder (recursively)"
    )
    parser.add_argument("-o", "--output", required=True, type=Path, help="folder for the results")
    parser.add_argument(
        "--view",
        choices=[view.value for view in _VIEWS],
        default=ResultView.COMPOSED.value,
        help="composed (default): of the other two, line by line, what reads well; clean: even "
        "light, no model; sharp: the model's work on a strengthened picture",
    )
    parser.add_argument(
        "--model", help="as the setting MODEL: a name, a file or hf:owner/repo/file"
    )
    parser.add_argument("--sha256", help="what a file or hub model must hash to")
    parser.add_argument("--device", help="auto, cpu, cuda or cuda:N")
    parser.add_argument("--format", choices=sorted(_SUFFIXES), default="jpg", help="default: jpg")
    parser.add_argument("--overwrite", action="store_true", help="replace results that exist")


def run(arguments: argparse.Namespace) -> int:
    """Upscales what `arguments` name; the exit code: 0 all done, 1 some failed, 2 cannot start.

    Sources are only read. Results that exist are kept and reported unless --overwrite.
    """
    try:
        settings = _settings(arguments)
    except ValueError as error:
        sys.stderr.write(f"upscale: {error}\n")
        return CANNOT_START
    found = find(arguments.inputs, arguments.output)
    jobs = plan(found, arguments.output, _SUFFIXES[arguments.format])
    if not jobs:
        sys.stderr.write("upscale: no pictures in the folders named\n")
        return SOME_FAILED
    try:
        return asyncio.run(_upscale_all(jobs, settings, arguments))
    except ModelError as error:
        sys.stderr.write(f"upscale: {error.detail}\n")
        return CANNOT_START
    except DomainError as error:
        sys.stderr.write(f"upscale: {error.detail}\n")
        return SOME_FAILED
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.stderr.write("upscale: stopped; the results so far are complete\n")
        return INTERRUPTED


def _settings(arguments: argparse.Namespace) -> Settings:
    """The settings with what the command line says. Raises ValueError (pydantic's)."""
    settings = load_settings()
    model, sha256 = arguments.model, arguments.sha256 or ("" if arguments.model else None)
    if arguments.view == ResultView.CLEAN:
        if model:
            raise ValueError("--view clean uses no model, so --model says nothing")
        model, sha256 = BICUBIC, ""  # no network is loaded
    # Any: argparse's values; Settings validates them.
    given: dict[str, Any] = {
        "model": model,
        "model_sha256": sha256,
        "device": arguments.device,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    kept = {**settings.model_dump(), **changes}
    # One engine is enough here, and a MODEL_FAST that cannot be loaded is nobody's concern.
    one = {"model_fast": kept["model"], "model_fast_sha256": ""}
    return Settings.model_validate({**kept, **one, "render_deadline_s": _DEADLINE_S})


async def _upscale_all(
    jobs: Sequence[Job], settings: Settings, arguments: argparse.Namespace
) -> int:
    # asyncio's own handler runs between any two instructions, as where a future is being set.
    if (task := asyncio.current_task()) is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, task.cancel)
    pixels = PixelProcess(settings)
    line = ProgressLine(sys.stderr)
    failed = 0
    try:
        for number, job in enumerate(jobs, start=1):
            label = f"{number}/{len(jobs)} {job.source.name}"
            if job.target.exists() and not arguments.overwrite:
                _say(line, f"{job.source}: kept {job.target}, which exists (--overwrite)")
                continue
            line.show(label, "start", 0.0)
            try:
                told = await _upscale(job, pixels, arguments, label, line)
            except ModelError:
                raise  # no picture can be done
            except DomainError as error:
                failed += 1
                told = f"{job.source}: {_reason(error)}"
            except OSError as error:
                failed += 1
                told = f"{error.filename or job.source}: {error.strerror}"
            _say(line, told)
    finally:
        line.clear()
        await pixels.stop()
    return SOME_FAILED if failed else ALL_DONE


async def _upscale(
    job: Job, pixels: PixelProcess, arguments: argparse.Namespace, label: str, line: ProgressLine
) -> str:
    def on_progress(stage: Stage, fraction: float) -> None:
        line.show(label, stage.value, fraction)

    original = await asyncio.to_thread(job.source.read_bytes)
    wanted = _SHOWN[arguments.format]
    rendered = await pixels.render(
        original,
        quality=Quality.BEST,
        lossless=wanted is RenditionKind.LOSSLESS,
        on_progress=on_progress,
        deadline_s=_DEADLINE_S,
        view=ResultView(arguments.view),
    )
    picture = next(picture for picture in rendered.pictures if picture.kind is wanted)
    await asyncio.to_thread(write_atomically, job.target, picture.content)
    seconds = sum(rendered.stages_ms.values()) / 1000
    return f"{job.source} -> {job.target}  {picture.width}x{picture.height}  {seconds:.1f} s"


def _reason(error: DomainError) -> str:
    name = error.code.replace("_", " ")
    return name if error.detail == error.code else f"{name} ({error.detail})"


def _say(line: ProgressLine, text: str) -> None:
    line.clear()
    sys.stderr.write(f"{text}\n")
