"""Pixels to a fingerprint: what `core.dedup` judges. CPU work on values, for a thread."""

from hashlib import sha256
from typing import Final

import imagehash
import numpy as np
from PIL import Image

from core.imaging import Decoded, fit
from core.values import Fingerprint

# The sketch's side: at 1000 px of board one of its cells covers 8 x 8 px, about a written letter.
SKETCH_SIDE: Final = 128
# Hashes and sketch are taken from a grey picture of at most this longer side: 12 megapixels cost
# as little as one, and both stay the same for all sizes of one photo.
_GREY_SIDE: Final = 1024


def fingerprint(content: bytes, decoded: Decoded) -> Fingerprint:
    """The fingerprint of a decoded picture; `content` is what it was decoded from."""
    pixels = decoded.pixels
    grey = Image.fromarray(pixels)
    grey = grey.resize(
        fit(grey.width, grey.height, _GREY_SIDE), Image.Resampling.BILINEAR, reducing_gap=2.0
    ).convert("L")
    sketch = grey.resize((SKETCH_SIDE, SKETCH_SIDE), Image.Resampling.BILINEAR)
    shape = f"{decoded.width}x{decoded.height}:".encode()
    return Fingerprint(
        bytes_sha256=sha256(content).digest(),
        pixels_sha256=sha256(shape + np.ascontiguousarray(pixels).data.tobytes()).digest(),
        phash64=_as_int(imagehash.phash(grey, hash_size=8)),
        phash256=_as_int(imagehash.phash(grey, hash_size=16)),
        sketch=sketch.tobytes(),
        width=decoded.width,
        height=decoded.height,
    )


def _as_int(hashed: imagehash.ImageHash) -> int:
    return int.from_bytes(np.packbits(hashed.hash.flatten()).tobytes(), "big")
