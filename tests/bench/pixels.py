"""One pixel process from its start on, as the worker runs it: photos in, pictures out.

    python -m tests.bench.pixels auto|off WEIGHTS_DIR PHOTO... [--pictures N]

Prints one line of JSON. This process stands for the worker: what it imports of it is all that
the worker's side of the pixel process needs.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from core.settings import Settings
from core.values import Quality, Stage
from tests.bench.peaks import memory_mb, peak_mb
from worker.child import PixelProcess
from worker.pipeline import Rendered

# Many times what the largest photo takes: neither given up nor made smaller on a busy machine.
_DEADLINE_S: Final = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One picture. seconds: bytes in to pictures out. ms: by step; `rest` is in no step.

    child_mb, own_mb: the most memory that either process ever had (VmHWM), its libraries among it,
    in 10^6 bytes. anonymous_mb: the child's own pages right after it, without files' pages.
    lines: of writing that were composed.
    """

    seconds: float
    ms: dict[str, float]
    child_mb: float
    anonymous_mb: float
    own_mb: float
    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """start_s: until the engines are loaded. loaded_mb: the child's peak by then."""

    start_s: float
    loaded_mb: float
    pictures: list[Seen] = field(default_factory=list)


async def told_of(photos: list[Path], *, readers: str, pictures: int, weights: Path) -> Told:
    """A child with the default network, and `pictures` of the photos in turn through it."""
    settings = Settings.model_validate(
        {"weights_dir": weights, "readers": readers, "render_deadline_s": _DEADLINE_S}
    )
    pixels = PixelProcess(settings)
    begun = time.perf_counter()
    await pixels.start()
    started = time.perf_counter() - begun
    child = pixels.pid or 0
    told = Told(start_s=started, loaded_mb=memory_mb("VmHWM", child))
    try:
        for number in range(pictures):
            content = photos[number % len(photos)].read_bytes()
            begun = time.perf_counter()
            rendered = await pixels.render(
                content,
                quality=Quality.BEST,
                lossless=False,
                on_progress=_nobody_listens(),
                deadline_s=_DEADLINE_S,
            )
            seconds = time.perf_counter() - begun
            told.pictures.append(
                Seen(
                    seconds=seconds,
                    ms=by_step(rendered),
                    child_mb=memory_mb("VmHWM", child),
                    anonymous_mb=memory_mb("RssAnon", child),
                    own_mb=peak_mb(),
                    lines=int((rendered.record.get("composition") or {}).get("lines", 0)),
                )
            )
    finally:
        await pixels.stop()
    return told


def by_step(rendered: Rendered) -> dict[str, float]:
    """Milliseconds of decode, the steps of `upscale`, what of it is in none, and encode."""
    steps = {str(name): float(ms) for name, ms in rendered.record["ms"].items()}
    stages = rendered.stages_ms
    decode = stages["decode"] - steps.get("look", 0.0)
    rest = stages["upscale"] - sum(ms for name, ms in steps.items() if name != "look")
    return {"decode": decode, **steps, "rest": rest, "encode": stages["encode"]}


def _nobody_listens() -> Callable[[Stage, float], None]:
    return lambda _stage, _fraction: None


def main() -> int:
    """Measure one process."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.pixels", description=__doc__)
    parser.add_argument("readers", choices=["auto", "off"])
    parser.add_argument("weights", type=Path, help="folder of converted weights")
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("--pictures", type=int, default=1)
    chosen = parser.parse_args()
    work = told_of(
        chosen.photos, readers=chosen.readers, pictures=chosen.pictures, weights=chosen.weights
    )
    told = asyncio.run(work)
    sys.stdout.write(json.dumps(asdict(told)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
