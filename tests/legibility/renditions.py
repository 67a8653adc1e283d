"""What is made of a photo before it is read: named functions, so that one more is one line more."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageFilter

from tests.legibility.geometry import Pixels
from tests.legibility.painting import FINE
from tests.upscaling import upscaled
from worker.engines.base import Engine, EngineSpec
from worker.engines.load import load_engine

# uint8 (H, W, 3) -> uint8 (FINE H, FINE W, 3).
Rendition = Callable[[Pixels], Pixels]

# Read in the photo's own pixels: what a member has without this service.
ORIGINAL: Final = "original"
# What every viewer does when a photo is enlarged; the others are compared with it.
BICUBIC: Final = "bicubic"
# The board under the photo's light before optics, sensor and files: what a perfect rendition shows.
TRUE: Final = "true picture"

# Mild: a radius of one pixel of the photo, which no stroke is thinner than.
_UNSHARP: Final = ImageFilter.UnsharpMask(radius=FINE, percent=80, threshold=0)


def bicubic(photo: Pixels) -> Pixels:
    """Cubic convolution (Keys 1981)."""
    return _enlarged(photo, Image.Resampling.BICUBIC)


def lanczos_unsharp(photo: Pixels) -> Pixels:
    """Lanczos with three lobes, then a mild unsharp mask: sharper, and nothing invented."""
    sharper = Image.fromarray(_enlarged(photo, Image.Resampling.LANCZOS)).filter(_UNSHARP)
    return np.asarray(sharper, dtype=np.uint8)


def by_engine(engine: Engine) -> Rendition:
    """The worker's engine alone. Raises ValueError where it doesn't enlarge by FINE."""
    if engine.scale != FINE:
        raise ValueError(f"{engine.name} enlarges by {engine.scale}, boards are {FINE} times finer")
    return lambda photo: upscaled(engine, photo)


def renditions(models: list[str], weights: Path, device: str) -> tuple[dict[str, Rendition], str]:
    """The renditions by name, bicubic first, and a line on the engines.

    models: as the setting MODEL names them. Raises worker.errors.ModelError.
    """
    named: dict[str, Rendition] = {BICUBIC: bicubic, "Lanczos, unsharp": lanczos_unsharp}
    described = []
    for model in models:
        spec = EngineSpec(model=model, sha256="", weights_dir=weights, device=device)
        engine = load_engine(spec)
        named[engine.name] = by_engine(engine)
        described.append(str(engine.describe()))
    return named, "; ".join(described)


def _enlarged(photo: Pixels, how: Image.Resampling) -> Pixels:
    height, width = photo.shape[:2]
    picture = Image.fromarray(photo).resize((width * FINE, height * FINE), how)
    return np.asarray(picture, dtype=np.uint8)
