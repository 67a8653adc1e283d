"""What is made of a photo before it is read: named functions, so that one more is one line more."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageFilter

from tests.legibility.geometry import Pixels
from tests.legibility.painting import FINE
from tests.upscaling import upscaled
from worker.appearance import Appearance, look
from worker.board import clean, strengthened
from worker.composition import compose, examine
from worker.engines.base import Engine, EngineSpec
from worker.engines.interpolation import KERNEL
from worker.engines.load import load_engine
from worker.quality import Readers, find_readers

# uint8 (H, W, 3) -> uint8 (FINE H, FINE W, 3).
Rendition = Callable[[Pixels], Pixels]

# Read in the photo's own pixels: what a member has without this service.
ORIGINAL: Final = "original"
# What every viewer does when a photo is enlarged; the others are compared with it.
BICUBIC: Final = "bicubic"
# What differs from it by nothing that anybody sees.
CONTROL: Final = "bicubic, 5 % darker"
# The board under the photo's light before optics, sensor and files: what a perfect rendition shows.
TRUE: Final = "true picture"

_UNSEEN: Final = 0.95
# Figures must not hang on how busy a machine was.
_PATIENT_S: Final = 120.0
# Mild: a radius of one pixel of the photo, which no stroke is thinner than.
_UNSHARP: Final = ImageFilter.UnsharpMask(radius=FINE, percent=80, threshold=0)


def bicubic(photo: Pixels) -> Pixels:
    """Cubic convolution (Keys 1981)."""
    return _enlarged(photo, Image.Resampling.BICUBIC)


def darker(photo: Pixels) -> Pixels:
    """Bicubic and 5 % darker, which nobody sees: what chance alone gains and loses."""
    return (bicubic(photo) * _UNSEEN).astype(np.uint8)


def lanczos_unsharp(photo: Pixels) -> Pixels:
    """Lanczos with three lobes, then a mild unsharp mask: sharper, and nothing invented."""
    sharper = Image.fromarray(_enlarged(photo, Image.Resampling.LANCZOS)).filter(_UNSHARP)
    return np.asarray(sharper, dtype=np.uint8)


def by_engine(engine: Engine) -> Rendition:
    """The worker's engine alone. Raises ValueError where it doesn't enlarge by FINE."""
    if engine.scale != FINE:
        raise ValueError(f"{engine.name} enlarges by {engine.scale}, boards are {FINE} times finer")
    return lambda photo: upscaled(engine, photo)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """What the composed view is made of, out of one photo.

    cleaned, given (to the network): in the photo's own pixels.
    """

    photo: Pixels
    appearance: Appearance
    cleaned: Pixels
    given: Pixels
    sharp: Pixels


class Views:
    """The worker's views of a photo with one engine; what they share is made once a photo."""

    def __init__(self, engine: Engine) -> None:
        """Raises ValueError where the engine doesn't enlarge by FINE."""
        self._network = by_engine(engine)
        self._last: _Made | None = None

    def clean(self, photo: Pixels) -> Pixels:
        """Even light, and stronger ink where it is large, interpolated."""
        return _enlarged(self._made(photo).cleaned, KERNEL)

    def sharp(self, photo: Pixels) -> Pixels:
        """The network on the strengthened picture."""
        return self._made(photo).sharp

    def composed(self, readers: Readers | None) -> Rendition:
        """What is shown by default, its gate with these readers."""

        def rendition(photo: Pixels) -> Pixels:
            made = self._made(photo)
            return compose(
                cleaned=made.cleaned,
                sharp=made.sharp.copy(),
                examined=examine(given=made.given, sharp=made.sharp, appearance=made.appearance),
                appearance=made.appearance,
                readers=readers,
                within_s=_PATIENT_S,
            ).picture

        return rendition

    def _made(self, photo: Pixels) -> _Made:
        if self._last is None or self._last.photo is not photo:
            appearance = look(photo)
            given = strengthened(photo, appearance)
            self._last = _Made(
                photo=photo,
                appearance=appearance,
                cleaned=clean(photo, appearance),
                given=given,
                sharp=self._network(given),
            )
        return self._last


def renditions(models: list[str], weights: Path, device: str) -> tuple[dict[str, Rendition], str]:
    """The renditions by name, bicubic first, and a line on the engines.

    models: as the setting MODEL names them; the worker's views are made with the first.
    Raises worker.errors.ModelError.
    """
    named: dict[str, Rendition] = {
        BICUBIC: bicubic,
        CONTROL: darker,
        "Lanczos, unsharp": lanczos_unsharp,
    }
    described: list[str] = []
    for model in models:
        spec = EngineSpec(model=model, sha256="", weights_dir=weights, device=device)
        engine = load_engine(spec)
        named[engine.name] = by_engine(engine)
        if not described:
            named |= _views(Views(engine))
        described.append(str(engine.describe()))
    return named, "; ".join(described)


def _views(views: Views) -> dict[str, Rendition]:
    """The worker's views; the gate also with each reader alone, to be scored by the other one.

    A gate that is scored by its own reader flatters itself.
    """
    readers = find_readers() or ()
    named = {
        "clean": views.clean,
        "sharp": views.sharp,
        "composed, no readers": views.composed(None),
        **{f"composed, {one.name}": views.composed((one,)) for one in readers},
    }
    return {**named, "composed": views.composed(readers)}


def _enlarged(photo: Pixels, how: Image.Resampling) -> Pixels:
    height, width = photo.shape[:2]
    picture = Image.fromarray(photo).resize((width * FINE, height * FINE), how)
    return np.asarray(picture, dtype=np.uint8)
