"""The protocol that every engine keeps, and how one is named and described."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

# What can run a network, as ENGINE names it: our own code on torch, or the package of its authors.
TORCH: Final = "torch"
REALESRGAN: Final = "realesrgan"

Pixels = NDArray[np.uint8]
Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSpec:
    """Which engine to load. model, sha256: see worker.weights.resolve; "bicubic" needs no weights.

    device: "auto", "cpu", "cuda" or "cuda:N". engine: TORCH or REALESRGAN.
    """

    model: str
    sha256: str
    weights_dir: Path
    device: str
    engine: str = TORCH


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineDescription:
    """What is running, for logs, /readyz and the rendition's record. scale: output over input.

    way: how a picture goes through our own networks: "strips", or "tiles" and why.
    package: of others, where theirs runs the network and not our own code.
    """

    model: str
    architecture: str
    scale: int
    dtype: str
    device: str
    way: str = ""
    package: str = ""

    def __str__(self) -> str:
        return f"{self.model} x{self.scale} {self.dtype} {self.device} {self.package}".rstrip()


class Engine(Protocol):
    """Upscales pixels by a whole factor. Not thread-safe; one picture at a time."""

    @property
    def name(self) -> str:
        """The model's name as MODEL gives it."""
        ...

    @property
    def scale(self) -> int:
        """Output pixels per input pixel and side."""
        ...

    def describe(self) -> EngineDescription:
        """What is running."""
        ...

    def seconds_for(self, height: int, width: int) -> float:
        """About how long `upscale` takes for a picture of this size on this machine now."""
        ...

    def bands(self, rgb: Pixels, progress: Progress, *, from_row: int = 0) -> Iterator[Pixels]:
        """uint8 (H, W, 3) sRGB -> the result from top to bottom, for any H, W >= 1.

        Each band is uint8 (h, scale W, 3) and lives until the next one is asked for; together they
        have scale (H - from_row) rows.

        from_row: the input row, 0 to H - 1, with which the first band begins: for a picture whose
        rows above are kept from an earlier attempt. Nothing above is computed but what the rows
        below depend on, so the joined result is the same: exactly for interpolations and short
        networks, for deep ones as close as worker.engines.network.sight says.

        `progress` is called in this thread with rising fractions of what is left, at last 1.0.
        Raises RenderFailed.
        """
        ...
