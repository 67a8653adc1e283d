"""The network's pass over a clean picture, within its time; and what to do where it fails."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.imaging import Pixels, fit
from core.values import ChoiceReason, RenderChoice
from worker.engines.base import Engine
from worker.errors import OutOfMemory, RenderFailed
from worker.parts import Keeper, NothingKept, made_of
from worker.record import Chosen
from worker.resample import below, first_source_row, joined, shrink

# With fewer than a quarter of the pixels the network sees less than the clean view shows.
_LEAST_SHARE_OF_SIDE: Final = 0.5
# Of the result over the clean picture, which it is composed with: not smaller, whatever is rounded.
_LEAST_SCALE: Final = 1.05

Clock = Callable[[], float]


class Overtime(Exception):
    """The pass has taken longer than it may. Ours alone: engines turn RuntimeErrors into others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLimits:
    """planned_s: what the estimate may be. most_s: when a pass is given up.

    keep_s: what is estimated to take longer is kept part by part. All in seconds.
    """

    planned_s: float = math.inf
    most_s: float = math.inf
    keep_s: float = math.inf


@dataclass(frozen=True, slots=True)
class Sharp:
    """picture: uint8 (H, W, 3). input_size: (width, height) that the network saw.

    restored: the share of its rows that an earlier attempt had done.
    """

    picture: Pixels
    input_size: tuple[int, int]
    restored: float
    chosen: tuple[Chosen, ...]


@dataclass(frozen=True, slots=True)
class NotSharp:
    """There is no network's picture, and why."""

    chosen: Chosen


def input_size(engine: Engine, width: int, height: int, seconds: float) -> tuple[int, int] | None:
    """(width, height), shrunk until the engine's estimate fits; None: it would be too small.

    Time goes with the area.
    """
    estimate = engine.seconds_for(height, width)
    if estimate <= seconds:
        return width, height
    share = math.sqrt(seconds / estimate)
    if share < max(_LEAST_SHARE_OF_SIDE, _LEAST_SCALE / engine.scale):
        return None
    return fit(width, height, max(1, int(max(width, height) * share)))


def sharpened(
    engine: Engine,
    cleaned: Pixels,
    *,
    output_side: int,
    limits: TimeLimits,
    progress: Callable[[float], None],
    keeper: Keeper | None = None,
    clock: Clock = time.monotonic,
) -> Sharp | NotSharp:
    """uint8 (H, W, 3) -> the engine's result, at most output_side pixels on its longer side.

    An engine that fails, gives no numbers, has no memory or takes too long costs the sharp view
    and not the board. keeper: for passes that are estimated to take longer than limits.keep_s.
    """
    height, width = cleaned.shape[:2]
    earlier = keeper.begun_size() if keeper is not None else None
    size = earlier or input_size(engine, width, height, limits.planned_s)
    if size is None:
        estimate = f"{engine.seconds_for(height, width):.0f} s estimated"
        return NotSharp(Chosen(RenderChoice.CLEAN_ONLY, ChoiceReason.DEADLINE, estimate))
    chosen: tuple[Chosen, ...] = ()
    if size != (width, height):
        chosen = (
            Chosen(RenderChoice.SMALLER_INPUT, ChoiceReason.DEADLINE, f"{size[0]}x{size[1]}"),
        )
    is_long = engine.seconds_for(size[1], size[0]) > limits.keep_s
    worth_it = is_long or earlier is not None
    kept = keeper if keeper is not None and worth_it else NothingKept()
    ends = clock() + limits.most_s

    def told(done: float) -> None:
        if clock() > ends:
            raise Overtime
        progress(done)

    try:
        picture, restored = _passed(engine, shrink(cleaned, *size), output_side, told, kept)
    except Overtime:
        done = f"given up after {limits.most_s:g} s"
        return NotSharp(Chosen(RenderChoice.CLEAN_ONLY, ChoiceReason.DEADLINE, done))
    except (MemoryError, OutOfMemory) as error:
        return NotSharp(Chosen(RenderChoice.CLEAN_ONLY, ChoiceReason.MEMORY, str(error)))
    except RenderFailed as error:
        return NotSharp(Chosen(RenderChoice.CLEAN_ONLY, ChoiceReason.NETWORK_FAILED, error.detail))
    return Sharp(picture, size, restored, chosen)


def _passed(
    engine: Engine,
    seen: Pixels,
    output_side: int,
    progress: Callable[[float], None],
    keeper: Keeper,
) -> tuple[Pixels, float]:
    """The engine's result for what it sees, and the share of it that an earlier attempt had done.

    Only what lies below that is computed.
    """
    height, width = (side * engine.scale for side in seen.shape[:2])
    size = fit(width, height, output_side)
    picture = np.empty((size[1], size[0], 3), dtype=np.uint8)
    name = made_of(engine, seen, size)
    restored = keeper.restore(name, picture)
    share = restored / size[1]
    if restored == size[1]:
        return picture, share

    def told(done: float) -> None:
        progress(share + (1 - share) * done)

    needed = first_source_row(height, size[1], restored)
    from_row = needed // engine.scale
    bands = below(engine.bands(seen, told, from_row=from_row), needed - from_row * engine.scale)
    for top, rows in joined(bands, (width, height), size, restored):
        picture[top : top + len(rows)] = rows
        keeper.done(name, picture, top + len(rows))
    return picture, share
