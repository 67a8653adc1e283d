"""How much is done to a board's ink, by the size of its writing. Pure.

There are two answers. What people see must be read no worse than the photo, so small writing keeps
its tones to the last bit: any gain, any unsharp masking and any clipping costs letters that are a
pixel wide. What a network is given is stronger, since pale strokes are erased by it otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from worker.appearance import Appearance
from worker.ground import Polarity

USUAL_SIZE: Final = 8.0  # x-height in pixels where no writing was found
WHITE: Final = 255.0
# Half of the bare surface's grain lies above it: at 257 most of that is white.
_WHITEST: Final = 257.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Strength:
    """What is done to writing of one size; gains are factors of optical density.

    even: the share of one gain for all pixels of the board, 0 to 1; the rest goes by how surely
    each pixel is ink. deep: the transmission that the usual stroke's core is brought to, dark with
    its colour still to be seen. most: the most that ink gains. bare: what is left of density where
    there is surely no ink, apart from writing. between: the same between strokes. sharpen: unsharp
    masking's amount. paper: what a bare light surface becomes, in levels of 255.
    """

    even: float
    deep: float
    most: float
    bare: float
    between: float
    sharpen: float
    paper: float


_CHALKY: Final = 0.28  # what chalk is brought to, as if it were ink: a white that does not glow

# For people, by the x-height in pixels (ADR 19 has the figures). Up to 8 px the light is divided
# out and nothing else. Paper is 245: what is brighter, the rim that a phone's sharpening puts
# around a stroke, is not clipped; at 257 PP-OCR reads 4 points fewer words of 4 to 5 px. Up to 13
# px all tones gain alike: by evidence, chalk's grains become other letters. From 16 px on the eye
# profits from what strengthens most.
_SHOWN_SIZES: Final = (8.0, 10.0, 13.0, 16.0)
_SHOWN: Final = {
    "even": (1.0, 1.0, 1.0, 0.0),
    # Where all tones gain, strokes that are darker than the usual one must keep their colour.
    "deep": (0.2, 0.2, 0.2, 0.12),
    "most": (1.0, 1.5, 2.5, 4.0),
    "bare": (0.35, 0.35, 0.35, 0.35),
    "between": (0.7, 0.7, 0.7, 0.7),
    "sharpen": (0.0, 0.0, 0.0, 0.7),
    "paper": (245.0, 245.0, 248.0, _WHITEST),
}
# For a network (ADR 13): it reads the result of this no better than the photo's below 8 px, but
# keeps more pale strokes and large writing than out of what people see (ADR 19).
_GIVEN_SIZES: Final = (5.0, 8.0, 16.0)
_GIVEN: Final = {
    "even": (0.0, 0.0, 0.0),
    "deep": (0.12, 0.12, 0.12),
    "most": (1.2, 1.8, 4.0),
    "bare": (0.85, 0.6, 0.35),
    "between": (1.0, 1.0, 0.7),
    "sharpen": (0.2, 0.35, 0.7),
    "paper": (_WHITEST, _WHITEST, _WHITEST),
}


def shown(appearance: Appearance) -> Strength:
    """For the clean view."""
    return _at(appearance, _SHOWN_SIZES, _SHOWN)


def given(appearance: Appearance) -> Strength:
    """For what a network is given."""
    return _at(appearance, _GIVEN_SIZES, _GIVEN)


def white_of(appearance: Appearance) -> float:
    """What bare light surface is in the clean view, in levels of 255; WHITE for dark boards."""
    if appearance.already_clean or appearance.polarity is Polarity.LIGHT_ON_DARK:
        return WHITE
    return min(WHITE, shown(appearance).paper)


def _at(
    appearance: Appearance, sizes: tuple[float, ...], table: Mapping[str, tuple[float, ...]]
) -> Strength:
    size = appearance.x_height or USUAL_SIZE
    values = {name: float(np.interp(size, sizes, row)) for name, row in table.items()}
    if appearance.polarity is Polarity.LIGHT_ON_DARK:
        # Chalk is porous: what lies between its grains belongs to it.
        values["between"] = 1.0
        values["deep"] = max(values["deep"], _CHALKY)
    return Strength(**values)
