"""Shrinking large pictures band by band, so that no second copy of them is needed."""

import math
from typing import Final

import numpy as np
from PIL import Image

from core.imaging import Pixels

# Output rows of a band: 10,240 x 512 input pixels as Pillow stores them are 21 MB.
_BAND_ROWS: Final = 256
# Lanczos looks three source-to-target ratios to each side.
_LOBES: Final = 3


def shrink(pixels: Pixels, width: int, height: int) -> Pixels:
    """uint8 (H, W, 3) -> uint8 (height, width, 3), Lanczos with three lobes, anti-aliased.

    The same as resizing the whole at once, in bounded memory. width <= W, height <= H.
    """
    source_height, source_width = pixels.shape[:2]
    if (source_width, source_height) == (width, height):
        return pixels
    result = np.empty((height, width, 3), dtype=np.uint8)
    ratio = source_height / height
    margin = math.ceil(_LOBES * ratio) + 1
    for top in range(0, height, _BAND_ROWS):
        bottom = min(height, top + _BAND_ROWS)
        first = max(0, math.floor(top * ratio) - margin)
        last = min(source_height, math.ceil(bottom * ratio) + margin)
        band = Image.fromarray(pixels[first:last]).resize(
            (width, bottom - top),
            Image.Resampling.LANCZOS,
            box=(0, top * ratio - first, source_width, min(bottom * ratio, source_height) - first),
        )
        result[top:bottom] = np.asarray(band, dtype=np.uint8)
    return result
