"""RealESRGANer, from the package of Real-ESRGAN's authors: what our engine is compared with.

`realesrgan` 0.3.0 (Wang et al. 2021) with its own defaults: float32, the whole picture at once
(tile=0), memory that grows with the picture. The package is installed by `make reference` alone.
"""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from worker.cores import usable_cores
from worker.engines.base import REALESRGAN, EngineDescription, Pixels, Progress
from worker.engines.network import Layers, Network, first_line, read_state
from worker.engines.reference_networks import Compact, Rrdb, recognized, unwrapped
from worker.engines.reference_shim import import_realesrgan
from worker.engines.torch_engine import choose_device
from worker.errors import ModelUnknownArchitecture, RenderFailed
from worker.weights import Weights

# Rows and columns that the package reflects at the bottom and at the right: a picture must have
# more of them.
_PRE_PAD: Final = 10
# The picture whose passes are timed at a start.
_TIMING_SIDE: Final = 128
# Passes; the first one prepares the kernels.
_TIMING_PASSES: Final = 3


class ReferenceEngine:
    """RealESRGANer with our weights. See Engine."""

    def __init__(self, weights: Weights, device: str) -> None:
        """Loads and times the network.

        Raises DeviceUnavailable, ModelUnknownArchitecture, PackageMissing.
        """
        self._device = choose_device(device)
        if self._device.type == "cpu":
            torch.set_num_threads(usable_cores())
        self._name = weights.name
        # Any: the package has no types.
        self._upsampler, self._network = load_upsampler(weights, self._device)
        self._layers = Layers()
        self._layers.watch(self._network)
        self._seconds_per_pixel = self._timed()

    @property
    def name(self) -> str:
        """See Engine."""
        return self._name

    @property
    def scale(self) -> int:
        """See Engine."""
        return self._network.scale

    def describe(self) -> EngineDescription:
        """See Engine."""
        return EngineDescription(
            model=self._name,
            architecture=self._network.architecture,
            scale=self.scale,
            dtype="float32",
            device=str(self._device),
            package=REALESRGAN,
        )

    def seconds_for(self, height: int, width: int) -> float:
        """See Engine. From the speed on a small picture; a large one is slower for its memory."""
        return (height + _PRE_PAD) * (width + _PRE_PAD) * self._seconds_per_pixel

    def bands(self, rgb: Pixels, progress: Progress, *, from_row: int = 0) -> Iterator[Pixels]:
        """See Engine. One band, since the package makes a picture as a whole.

        from_row: the input row with which it begins; those above are computed in vain.
        """
        height, width = rgb.shape[:2]
        total = (height + _PRE_PAD) * (width + _PRE_PAD) * self._flop_per_pixel
        self._layers.restart(lambda done: progress(min(0.999, done / total)))
        try:
            result = self._enhance(rgb)
        except (RuntimeError, MemoryError) as error:
            # torch's own errors, out of memory on either device among them.
            raise RenderFailed(f"{self._name}: {first_line(error)}") from error
        finally:
            self._layers.restart(None)
        yield result[from_row * self.scale :]
        progress(1.0)

    def _enhance(self, rgb: Pixels) -> Pixels:
        """uint8 (H, W, 3) RGB -> uint8 (scale H, scale W, 3), for any H, W >= 1."""
        height, width = rgb.shape[:2]
        missing = [(0, max(0, _PRE_PAD + 1 - side)) for side in (height, width)]
        # cv2's order of channels, here and back.
        bgr = np.ascontiguousarray(np.pad(rgb, [*missing, (0, 0)], mode="edge")[:, :, ::-1])
        result: Pixels = self._upsampler.enhance(bgr)[0]
        finite = bool(torch.isfinite(self._upsampler.output.sum()))
        # The package would keep both until the next picture: 250 MB for one of 2560x1920.
        self._upsampler.img = self._upsampler.output = None
        if not finite:
            raise RenderFailed(f"{self._name} gave values that are no numbers")
        own = result[: height * self.scale, : width * self.scale, ::-1]
        return np.ascontiguousarray(own)

    def _timed(self) -> float:
        """Seconds per pixel; on the way, how many operations a pixel takes."""
        pixels = (_TIMING_SIDE + _PRE_PAD) ** 2
        grey = np.full((_TIMING_SIDE, _TIMING_SIDE, 3), 128, dtype=np.uint8)
        spent = []
        for _ in range(_TIMING_PASSES):
            self._layers.restart(None)
            begun = time.perf_counter()
            self._enhance(grey)
            spent.append(time.perf_counter() - begun)
        self._flop_per_pixel = max(1.0, self._layers.done / pixels)
        return min(spent) / pixels


def load_upsampler(weights: Weights, device: torch.device) -> tuple[Any, Network]:
    """A RealESRGANer on `device`, and the network in it. Any: the package has no types.

    Raises ModelUnknownArchitecture, PackageMissing.
    """
    state = unwrapped(read_state(weights))
    try:
        found = recognized({name: tuple(tensor.shape) for name, tensor in state.items()})
    except ModelUnknownArchitecture as error:
        raise ModelUnknownArchitecture(f"{weights.name}: {error.detail}") from error
    package = import_realesrgan()
    module = _built(found, package)
    with tempfile.TemporaryDirectory(prefix="auditorium-reference-") as scratch:
        # It reads files as its own training code writes them, and no safetensors.
        path = Path(scratch) / "weights.pth"
        torch.save({"params": state}, path)
        try:
            upsampler = package.RealESRGANer(
                scale=found.scale, model_path=str(path), model=module, device=device
            )
        except RuntimeError as error:
            raise ModelUnknownArchitecture(f"{weights.name}: {first_line(error)}") from error
    network = Network(
        architecture=str(found),
        scale=found.scale,
        align=1,
        supports_float16=False,
        supports_bfloat16=False,
        module=module,
        run=module,
    )
    return upsampler, network


def _built(found: Compact | Rrdb, package: Any) -> torch.nn.Module:
    """The package's network of this kind and size. Any: the package has no types."""
    match found:
        case Compact():
            module: torch.nn.Module = package.archs.srvgg_arch.SRVGGNetCompact(
                num_feat=found.features, num_conv=found.convolutions, upscale=found.scale
            )
        case Rrdb():
            # realesrgan uses basicsr's, and imports it.
            from basicsr.archs.rrdbnet_arch import RRDBNet  # noqa: PLC0415 -- behind the shim

            module = RRDBNet(
                num_in_ch=3,
                num_out_ch=3,
                scale=found.scale,
                num_feat=found.features,
                num_block=found.blocks,
                num_grow_ch=found.growth,
            )
    return module
