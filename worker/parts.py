"""Rows of a long pass that are done, kept for the attempt after a worker's death."""

import time
from collections.abc import Callable, Sequence
from hashlib import sha256
from io import BytesIO
from typing import Final, Protocol

import numpy as np
from PIL import Image

from core.imaging import Pixels
from core.values import ResultPart
from worker.engines.base import Engine

# As lossless pictures are encoded: quick, and board-like rows become a third of their bytes.
_PNG: Final = {"compress_level": 1, "compress_type": 3}


class Keeper(Protocol):
    """What a pass asks about its earlier attempts, and tells of its own rows."""

    def begun_size(self) -> tuple[int, int] | None:
        """(width, height) of the input of an earlier attempt; None: there was none."""
        ...

    def restore(self, made_of: str, result: Pixels) -> int:
        """Fill in what is kept of this very result, from the top; how many rows that are."""
        ...

    def done(self, made_of: str, result: Pixels, bottom: int) -> None:
        """The rows above `bottom` are final."""
        ...


def made_of(engine: Engine, seen: Pixels, size: tuple[int, int]) -> str:
    """Names a result by all that it depends on: engine, its input and the result's size.

    The input's size stands in front, so that a later attempt can choose the same.
    """
    height, width = seen.shape[:2]
    digest = sha256(f"{engine.describe()} {size}".encode())
    digest.update(np.ascontiguousarray(seen).data)
    return f"{width}x{height} {digest.hexdigest()}"


class NothingKept:
    """For short passes, and where nobody takes parts."""

    def begun_size(self) -> tuple[int, int] | None:
        """See Keeper."""
        return None

    def restore(self, made_of: str, result: Pixels) -> int:
        """See Keeper."""
        del made_of, result
        return 0

    def done(self, made_of: str, result: Pixels, bottom: int) -> None:
        """See Keeper."""


class Parts:
    """Hands rows on as PNG every so many seconds, and takes those of an earlier attempt."""

    def __init__(
        self,
        earlier: Sequence[ResultPart],
        hand_on: Callable[[ResultPart], None],
        every_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """earlier: in the order of their rows. every_s: seconds between two parts."""
        self._earlier = earlier
        self._hand_on = hand_on
        self._every_s = every_s
        self._clock = clock
        self._kept = 0
        self._last = clock()

    def begun_size(self) -> tuple[int, int] | None:
        """See Keeper."""
        if not self._earlier:
            return None
        width, _, height = self._earlier[0].made_of.partition(" ")[0].partition("x")
        return (int(width), int(height)) if width.isdecimal() and height.isdecimal() else None

    def restore(self, made_of: str, result: Pixels) -> int:
        """See Keeper."""
        bottom = 0
        for part in self._earlier:
            if part.made_of != made_of or part.top != bottom:
                continue
            with Image.open(BytesIO(part.content)) as picture:
                rows = picture.height
                if picture.width != result.shape[1] or bottom + rows > len(result):
                    break
                result[bottom : bottom + rows] = np.asarray(picture.convert("RGB"))
            bottom += rows
        self._kept, self._last = bottom, self._clock()
        return bottom

    def done(self, made_of: str, result: Pixels, bottom: int) -> None:
        """See Keeper. What is left when the whole is done is not worth a part."""
        now = self._clock()
        if bottom >= len(result) or now - self._last < self._every_s:
            return
        buffer = BytesIO()
        Image.fromarray(result[self._kept : bottom]).save(buffer, "PNG", **_PNG)
        self._hand_on(ResultPart(made_of, self._kept, buffer.getvalue()))
        self._kept, self._last = bottom, now
