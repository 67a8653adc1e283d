"""The honest fallback: no network, nothing invented.

Cubic, not Lanczos, whose rims around strokes cost PP-OCR words of 4 to 5 px (ADR 19).
"""

from collections.abc import Iterator
from typing import Final

from PIL import Image

from worker.engines.base import EngineDescription, Pixels, Progress
from worker.resample import enlarged_rows

# By which all that no network makes is enlarged.
KERNEL: Final = Image.Resampling.BICUBIC
# Pillow's on one slow core makes about this many output pixels in a second.
_OUTPUT_PIXELS_PER_SECOND: Final = 20e6
# Input rows at once: Pillow holds their 10,240 x 256 output pixels, 8 MB, four times for a moment.
_BAND_ROWS: Final = 64


class Interpolation:
    """Cubic convolution (Keys 1981, a = -0.5) in 8 bits."""

    def __init__(self, scale: int = 4) -> None:
        self._scale = scale

    @property
    def name(self) -> str:
        """Always "bicubic"."""
        return "bicubic"

    @property
    def scale(self) -> int:
        """Output pixels per input pixel and side."""
        return self._scale

    def describe(self) -> EngineDescription:
        """See Engine."""
        return EngineDescription(
            model=self.name,
            architecture="cubic convolution",
            scale=self.scale,
            dtype="uint8",
            device="cpu",
        )

    def seconds_for(self, height: int, width: int) -> float:
        """See Engine."""
        return height * width * self._scale**2 / _OUTPUT_PIXELS_PER_SECOND

    def bands(self, rgb: Pixels, progress: Progress, *, from_row: int = 0) -> Iterator[Pixels]:
        """See Engine. Bands begin at `from_row`, so rows below may be rounded otherwise."""
        height, width = rgb.shape[:2]
        size = width * self._scale, height * self._scale
        for top in range(from_row, height, _BAND_ROWS):
            bottom = min(height, top + _BAND_ROWS)
            rows = top * self._scale, bottom * self._scale
            yield enlarged_rows(rgb, rows, size, KERNEL)
            progress((bottom - from_row) / (height - from_row))
