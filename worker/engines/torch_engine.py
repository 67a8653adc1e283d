"""Any RGB super-resolution network that spandrel knows, on CUDA or the CPU, tile by tile."""

import math
import time
from collections.abc import Iterator
from typing import Final

import torch

from worker.cores import has_fast_bfloat16, usable_cores
from worker.engines.base import EngineDescription, Pixels, Progress
from worker.engines.network import Layers, Network, load_network, sight
from worker.errors import (
    DeviceUnavailable,
    ModelUnknownArchitecture,
    OutOfMemory,
    RenderFailed,
)
from worker.resample import below
from worker.tiling import Tile, computed, plan
from worker.weights import Weights

# Input pixels computed at once. A whole 800x600 frame runs at the speed of the matrix product once
# malloc keeps its pages (worker.cores); larger tiles only cost memory.
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
    """A network with its device, number format and tile size. See Engine."""

    def __init__(
        self,
        weights: Weights,
        device: str,
        *,
        dtype: torch.dtype | None = None,
        most_tile_pixels: int = _MOST_TILE_PIXELS,
    ) -> None:
        """Loads and tests the network. dtype: None for the fastest that passes the self-test.

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
        self._tile_pixels = min(most_tile_pixels, max(_LEAST_TILE_PIXELS, fits))

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
        )

    def seconds_for(self, height: int, width: int) -> float:
        """See Engine. From the speed in the self-test and the pixels of all tiles."""
        tiles = self._plan(height, width)
        return sum(tile.outer_pixels for tile in tiles) * self._seconds_per_pixel

    def bands(self, rgb: Pixels, progress: Progress, *, from_row: int = 0) -> Iterator[Pixels]:
        """See Engine. One band for each row of tiles."""
        # What the rows from there on depend on.
        first = max(0, from_row - self._overlap) // self._align * self._align
        yield from below(self._tiled(rgb[first:], progress), (from_row - first) * self.scale)

    def _tiled(self, rgb: Pixels, progress: Progress) -> Iterator[Pixels]:
        height, width = rgb.shape[:2]
        tiles = self._plan(height, width)
        total = sum(tile.outer_pixels for tile in tiles) * self._flop_per_pixel
        self._layers.restart(lambda done: progress(min(0.999, done / total)))
        try:
            yield from computed(rgb, tiles, self.scale, self._compute)
        except (RuntimeError, MemoryError) as error:
            raise failure_of(self._name, error) from error
        finally:
            self._layers.restart(None)
        progress(1.0)

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
        result = self._network.run(self._to_input(torch.tensor(outer)))
        top = (tile.rows.start - tile.outer_rows.start) * self.scale
        left = (tile.columns.start - tile.outer_columns.start) * self.scale
        height, width = target.shape[:2]
        own = result[0, :, top : top + height, left : left + width]
        if not bool(torch.isfinite(own.sum(dtype=torch.float32))):
            raise RenderFailed(f"{self._name} gave values that are no numbers")
        bytes_view = torch.from_numpy(target)
        for row in range(0, height, _BAND_ROWS):
            band = own[:, row : row + _BAND_ROWS].to(torch.float32)
            rounded = band.mul_(255.0).round_().to(torch.uint8)
            bytes_view[row : row + _BAND_ROWS].copy_(rounded.permute(1, 2, 0))

    def _to_input(self, picture: torch.Tensor) -> torch.Tensor:
        """uint8 (h, w, 3) on the CPU -> (1, 3, h, w) in [0, 1] where and as the network is."""
        batch = picture.to(self._device).permute(2, 0, 1).unsqueeze(0)
        batch = batch.to(torch.float32).div_(255.0).to(self._dtype)
        return batch.contiguous(memory_format=torch.channels_last)

    @torch.inference_mode()
    def _settle(self, dtype: torch.dtype) -> float:
        """Takes up `dtype` if its result is close to float32's. Returns seconds per input pixel."""
        shape = (_SELF_TEST_SIDE, _SELF_TEST_SIDE, 3)
        seeded = torch.Generator().manual_seed(1)
        noise = torch.randint(0, 256, shape, generator=seeded, dtype=torch.uint8)
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

    def _best_seconds(self, picture: torch.Tensor) -> float:
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
    said = next(iter(str(error).splitlines()), type(error).__name__)
    # The allocator of the CPU has no error of its own.
    scarce = isinstance(error, MemoryError | torch.OutOfMemoryError) or "allocate memory" in said
    kind = OutOfMemory if scarce else RenderFailed
    return kind(f"{name}: {said}")
