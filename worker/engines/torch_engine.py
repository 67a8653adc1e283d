"""Any RGB super-resolution network that spandrel knows, on CUDA or the CPU.

In strips where the network can be computed so (worker.engines.strips), otherwise in tiles.
"""

import gc
import math
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import numpy as np
import torch

from worker.cores import has_fast_bfloat16, usable_cores
from worker.engines.base import EngineDescription, Pixels, Progress
from worker.engines.network import Layers, Network, first_line, load_network, sight
from worker.engines.recording import NotInStrips
from worker.engines.streaming import Streaming, streaming_of
from worker.engines.transfers import to_batch, to_bytes
from worker.errors import (
    DeviceUnavailable,
    ModelUnknownArchitecture,
    OutOfMemory,
    RenderFailed,
)
from worker.resample import below
from worker.tiling import Tile, computed, plan
from worker.weights import Weights

# Input pixels of a tile. A whole 800x600 frame runs at the speed of the matrix product once
# malloc keeps its pages (worker.memory); larger tiles only cost memory.
_MOST_TILE_PIXELS: Final = 512_000
# Below this the overlap is most of the work.
_LEAST_TILE_PIXELS: Final = 64_000
# Most bytes of one activation: RRDBNet's last layers take 2 KB per input pixel, SRVGG 128 bytes.
_MOST_ACTIVATION_BYTES: Final = 320_000_000
# The picture of the self-test: enough for every layer to have an inside, 13 ms with the default.
_SELF_TEST_SIDE: Final = 64
# bfloat16 is 56 dB from float32 on real boards; under 30 dB a rounding error would be visible.
_SELF_TEST_LEAST_DB: Final = 30.0
# Time for measuring speed: ten passes of the default network, one of RRDBNet-23.
_TIMING_S: Final = 0.2
# Out of memory: a strip's activations shrink with its rows; what is kept between strips does not.
_SMALLER_STRIPS: Final = (1, 2, 4)
# Rows of output turned into bytes at once: 3200 x 128 x 3 floats stay within the L3 cache.
_BAND_ROWS: Final = 128


def choose_device(wish: str) -> torch.device:
    """The device that DEVICE wishes for; "auto" is the first CUDA device, else the CPU.

    Raises DeviceUnavailable.
    """
    if wish == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    device = torch.device(wish)
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise DeviceUnavailable(f"DEVICE={wish}, but {torch.cuda.device_count()} CUDA devices")
    return device


def choose_dtype(network: Network, device: torch.device) -> torch.dtype:
    """The fastest of float16, bfloat16 and float32 that device and network do well."""
    if device.type == "cuda":
        if network.supports_float16:
            return torch.float16
        return torch.bfloat16 if network.supports_bfloat16 else torch.float32
    if network.supports_bfloat16 and has_fast_bfloat16():
        return torch.bfloat16
    return torch.float32


class TorchEngine:
    """A network with its device, number format and way through a picture. See Engine."""

    def __init__(
        self,
        weights: Weights,
        device: str,
        *,
        dtype: torch.dtype | None = None,
        strip_rows: int | None = None,
        most_tile_pixels: int | None = None,
    ) -> None:
        """Loads and tests the network. dtype: None for the fastest that passes the self-test.

        strip_rows: of the input, a multiple of what the network folds; None for the best.
        most_tile_pixels: tiles of this size even where strips can be used; None: only where not.

        Raises DeviceUnavailable, ModelUnknownArchitecture.
        """
        self._device = choose_device(device)
        if self._device.type == "cpu":
            torch.set_num_threads(usable_cores())
        self._network = load_network(weights)
        self._name = weights.name
        self._overlap = sight(self._network)
        self._align = self._network.align
        self._layers = Layers()
        self._layers.watch(self._network)
        self._dtype = torch.float32
        self._seconds_per_pixel = self._settle(dtype or choose_dtype(self._network, self._device))
        per_pixel = self._layers.widest * self._dtype.itemsize / _SELF_TEST_SIDE**2
        fits = int(_MOST_ACTIVATION_BYTES / per_pixel)
        self._tile_pixels = min(
            most_tile_pixels or _MOST_TILE_PIXELS, max(_LEAST_TILE_PIXELS, fits)
        )
        self._strip_rows = strip_rows
        self._streaming: Streaming | None = None
        self._way = "tiles, as asked"
        if most_tile_pixels is None:
            self._stream()

    def _stream(self) -> None:
        """Takes up strips, or says why not."""
        try:
            self._streaming = streaming_of(self._network, self._device, self._dtype)
            self._way = "strips"
        except NotInStrips as reason:
            self._way = f"tiles: {reason}"

    @property
    def name(self) -> str:
        """See Engine."""
        return self._name

    @property
    def scale(self) -> int:
        """See Engine."""
        return self._network.scale

    @property
    def flop_per_pixel(self) -> float:
        """Floating-point operations of the convolutions per input pixel, without overlap."""
        return self._flop_per_pixel

    def describe(self) -> EngineDescription:
        """See Engine."""
        return EngineDescription(
            model=self._name,
            architecture=self._network.architecture,
            scale=self.scale,
            dtype=str(self._dtype).removeprefix("torch."),
            device=str(self._device),
            way=self._way,
        )

    def seconds_for(self, height: int, width: int) -> float:
        """See Engine. From the speed in the self-test and the pixels that are computed."""
        if self._streaming is not None and self._streaming.fits(width):
            return height * width * self._seconds_per_pixel
        tiles = self._plan(height, width)
        return sum(tile.outer_pixels for tile in tiles) * self._seconds_per_pixel

    def bands(self, rgb: Pixels, progress: Progress, *, from_row: int = 0) -> Iterator[Pixels]:
        """See Engine. One band for each strip, or for each row of tiles."""
        told = 0.0

        def rising(done: float) -> None:  # also where a part is begun again
            nonlocal told
            told = max(told, min(0.999, done))
            progress(told)

        try:
            yield from self._bands(rgb, rising, from_row * self.scale)
        except RenderFailed as error:
            raise RenderFailed(f"{self._name} gave {error.detail}") from error
        except (RuntimeError, MemoryError) as error:
            raise failure_of(self._name, error) from error
        progress(1.0)

    def _bands(self, rgb: Pixels, progress: Progress, top: int) -> Iterator[Pixels]:
        """The result's rows from `top` on; where memory runs out, in smaller strips from there."""
        width = rgb.shape[1]
        streaming = self._streaming
        if streaming is None or not streaming.fits(width):
            yield from self._from(top, rgb, lambda rest: self._tiled(rest, progress))
            return
        strip = self._strip_rows or streaming.strip_rows(width)
        for smaller in _SMALLER_STRIPS:
            rows = max(1, strip // smaller // self._align) * self._align
            streamed = partial(streaming.bands, progress=progress, strip=rows)
            try:
                for band in self._from(top, rgb, streamed):
                    yield band
                    top += len(band)
            except (RuntimeError, MemoryError) as error:
                scarce = isinstance(failure_of(self._name, error), OutOfMemory)
                if smaller == _SMALLER_STRIPS[-1] or not scarce:
                    raise
            else:
                return
            # What the failed strip held hangs on frames that refer to each other.
            gc.collect()

    def _from(
        self, top: int, rgb: Pixels, bands: Callable[[Pixels], Iterator[Pixels]]
    ) -> Iterator[Pixels]:
        """The result's rows from `top` on, out of what the rows that they depend on give."""
        first = max(0, top // self.scale - self._overlap) // self._align * self._align
        yield from below(bands(rgb[first:]), top - first * self.scale)

    def _tiled(self, rgb: Pixels, progress: Progress) -> Iterator[Pixels]:
        height, width = rgb.shape[:2]
        tiles = self._plan(height, width)
        total = sum(tile.outer_pixels for tile in tiles) * self._flop_per_pixel
        self._layers.restart(lambda done: progress(done / total))
        try:
            yield from computed(rgb, tiles, self.scale, self._compute)
        finally:
            self._layers.restart(None)

    def _plan(self, height: int, width: int) -> tuple[Tile, ...]:
        return plan(
            height,
            width,
            most_pixels=self._tile_pixels,
            overlap=self._overlap,
            align=self._align,
        )

    @torch.inference_mode()
    def _compute(self, outer: Pixels, target: Pixels, tile: Tile) -> None:
        """One tile: bytes to the network's range [0, 1], through it, its own pixels to bytes."""
        result = self._network.run(self._to_input(outer))
        top = (tile.rows.start - tile.outer_rows.start) * self.scale
        left = (tile.columns.start - tile.outer_columns.start) * self.scale
        height, width = target.shape[:2]
        own = result[0, :, top : top + height, left : left + width]
        for row in range(0, height, _BAND_ROWS):
            rows = slice(row, row + _BAND_ROWS)
            content, are_numbers = to_bytes(own[:, rows])
            if not bool(are_numbers):
                raise RenderFailed("values that are no numbers")
            torch.from_numpy(target[rows]).copy_(content)

    def _to_input(self, picture: Pixels) -> torch.Tensor:
        return to_batch(picture, self._device, self._dtype)

    @torch.inference_mode()
    def _settle(self, dtype: torch.dtype) -> float:
        """Takes up `dtype` if its result is close to float32's. Returns seconds per input pixel."""
        shape = (_SELF_TEST_SIDE, _SELF_TEST_SIDE, 3)
        noise = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
        self._network.module.to(self._device).to(memory_format=torch.channels_last)
        exact = self._network.run(self._to_input(noise)).to(torch.float32)
        if not bool(torch.isfinite(exact).all()):
            raise ModelUnknownArchitecture(f"{self._name} gives values that are no numbers")
        self._flop_per_pixel = max(1.0, self._layers.done / _SELF_TEST_SIDE**2)
        if dtype is not torch.float32:
            self._network.module.to(dtype)
            self._dtype = dtype
            # Compared before the clock starts: the first pass also prepares the kernels.
            short = self._network.run(self._to_input(noise)).to(torch.float32)
            error = float(torch.mean((short - exact) ** 2))
            if math.isnan(error) or error > 10 ** (-_SELF_TEST_LEAST_DB / 10):
                self._network.module.to(torch.float32)
                self._dtype = torch.float32
        return self._best_seconds(noise) / _SELF_TEST_SIDE**2

    def _best_seconds(self, picture: Pixels) -> float:
        """The shortest of a few passes: what else runs at a start must not make boards smaller."""
        best, spent = math.inf, 0.0
        while spent < _TIMING_S:
            begun = time.perf_counter()
            self._network.run(self._to_input(picture)).cpu()
            took = time.perf_counter() - begun
            best, spent = min(best, took), spent + took
        return best


def failure_of(name: str, error: RuntimeError | MemoryError) -> RenderFailed:
    """What torch raised in the network `name`, as ours: out of memory on either device, or else."""
    said = first_line(error)
    # The allocators of the CPU, torch's and oneDNN's, have no error of their own.
    scarce = (
        isinstance(error, MemoryError | torch.OutOfMemoryError)
        or "allocate memory" in said
        or "bad_alloc" in said
    )
    kind = OutOfMemory if scarce else RenderFailed
    return kind(f"{name}: {said}")
