"""Pictures through a network strip by strip: bytes in, bands of bytes out."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from worker.engines.base import Pixels, Progress
from worker.engines.network import Network
from worker.engines.recording import NotInStrips, record
from worker.engines.strips import Pass, Plan, plan_of
from worker.engines.transfers import download_from, to_batch

# Input pixels of a strip, and most bytes of one of its activations: a layer's input, output and
# activation then stay within a few MB of cache, and a call's fixed cost is small beside its work.
_STRIP_PIXELS: Final = 32_000
_ACTIVATION_BYTES: Final = 32_000_000
# A CUDA device wants more at once, and has the memory.
_CUDA_TIMES: Final = 8
# Rows that are kept between strips. Pictures too wide for that go through in tiles: cutting strips
# into columns would not help, since the rows of all columns have to wait for the next strip.
_MOST_KEPT_BYTES: Final = 400_000_000
# The picture that a plan is tried on, in multiples of what the network's size must be one of.
_TRIAL_ROWS, _TRIAL_COLUMNS, _TRIAL_STRIP = 6, 5, 2
_LEAST_TRIAL_SIDE: Final = 12
# A wrong plan differs by tens of levels; bfloat16's rounding by a fraction of one on average.
_TRIAL_MOST_ERROR: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Streaming:
    """A network with its plan; `device` and `dtype` are those of its weights."""

    network: Network
    plan: Plan
    device: torch.device
    dtype: torch.dtype

    def fits(self, width: int) -> bool:
        """Whether the rows that are kept of a picture of this width fit into memory."""
        return self.plan.kept_per_column() * width * self.dtype.itemsize <= _MOST_KEPT_BYTES

    def strip_rows(self, width: int) -> int:
        """Rows of a strip: as many as keep its activations in cache, a multiple of align."""
        widest = max(value.channels * value.rate**2 for value in self.plan.values)
        pixels = min(_STRIP_PIXELS, int(_ACTIVATION_BYTES / (widest * self.dtype.itemsize)))
        if self.device.type == "cuda":
            pixels *= _CUDA_TIMES
        align = self.network.align
        return max(1, round(pixels / width / align)) * align

    @torch.inference_mode()
    def bands(self, rgb: Pixels, progress: Progress, *, strip: int) -> Iterator[Pixels]:
        """See Engine.bands. One band for each strip of `strip` rows, a multiple of align.

        Raises RenderFailed, RuntimeError and MemoryError.
        """
        height, width = rgb.shape[:2]
        rows = _padded(height, self.network)
        columns = _padded(width, self.network)
        scale = self.network.scale

        def strip_of_picture(start: int, stop: int) -> torch.Tensor:
            part = rgb[start:stop] if len(rows) == height else rgb[rows[start:stop]]
            part = part if len(columns) == width else part[:, columns]
            return to_batch(part, self.device, self.dtype)

        left = height * scale
        download = download_from(self.device)
        passing = Pass(self.plan, height=len(rows), strip=strip)
        for result in passing.strips(strip_of_picture, progress):
            own = result[0, :, :left, : width * scale]
            if own.shape[1]:
                left -= own.shape[1]
                yield from download.put(own)
        yield from download.rest()


def streaming_of(network: Network, device: torch.device, dtype: torch.dtype) -> Streaming:
    """Plans and tries it on a small picture.

    Raises NotInStrips where the network does what cannot be done strip by strip, or where the
    result differs from the whole frame's.
    """
    if network.square:
        raise NotInStrips("it takes squares only")
    unit = network.align * ceil(max(_LEAST_TRIAL_SIDE, network.least) / network.align)
    shape = (unit * _TRIAL_ROWS, unit * _TRIAL_COLUMNS, 3)
    noise = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    batch = to_batch(noise, device, dtype)
    steps, result = record(network.run, batch[:, :, :unit, :unit].clone())
    plan = plan_of(steps, result, channels=3, align=network.align)
    made = Streaming(network=network, plan=plan, device=device, dtype=dtype)
    with torch.inference_mode():
        whole = network.run(batch)[0].to(torch.float32).mul(255).permute(1, 2, 0).cpu().numpy()
    bands = made.bands(noise, lambda _: None, strip=unit * _TRIAL_STRIP)
    joined = np.concatenate([band.copy() for band in bands])
    if joined.shape != whole.shape or np.abs(joined - whole).mean() > _TRIAL_MOST_ERROR:
        raise NotInStrips("its result is another one than the whole frame's")
    return made


def _padded(length: int, network: Network) -> NDArray[np.intp]:
    """Which pixels a side consists of, mirrored at its end to the length that a network needs.

    As spandrel does it: mirrored as far as there are pixels, the last one repeated beyond.
    """
    longer = max(network.least, ceil(length / network.align) * network.align)
    own = np.arange(length)
    mirrored = np.pad(own, (0, min(longer - length, length - 1)), mode="reflect")
    return np.pad(mirrored, (0, longer - len(mirrored)), mode="edge")
