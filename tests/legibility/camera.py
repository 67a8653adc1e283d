"""A phone's photo of a painted board: perspective, light, optics, sensor, sharpening, JPEG.

The same geometry gives the true pictures, FINE times as fine, that have none of what is lost.
"""

from dataclasses import dataclass
from io import BytesIO
from typing import Final

import numpy as np
from PIL import Image, ImageFilter

from tests.legibility.boards import Rng, Sketch, sketch
from tests.legibility.geometry import Pixels, homography, moved, rectangle, scaled, seen, sides
from tests.legibility.optics import light, psf, through
from tests.legibility.painting import FINE, Field, Painted, paint
from tests.legibility.truth import BoardKind, Line, Quad, Script

# sRGB's curve is close to this power (IEC 61966-2-1); light adds up in linear values.
GAMMA: Final = 2.2
# Phones zoom digitally where a board is far away; nobody sends what he can't read at all.
_MOST_ZOOM: Final = 3.0
_LEAST_X_HEIGHT: Final = 3.7  # in pixels of the sensor
# Radius of blur in x-heights: beyond it letters are gone, and nobody sends what shows nothing.
_MOST_BLUR: Final = 0.3
_MOST_BLUR_OF_FAINT: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """How one photo was taken. Blur in pixels of the sensor.

    corners: where the photo's corners lie on the plane, clockwise from the upper left, in the
    photo's pixels. zoom: the photo's pixels to one of the sensor (digital zoom). defocus: radius
    of the disc. motion: length of the smear, at `angle` radians. noise: deviation at
    middle grey, 0 to 255. sharpening: percent, as the phone does it. qualities: of the JPEGs that
    were made one out of the other (the phone's, then a messenger's).
    """

    corners: Quad
    zoom: float
    exposure: float
    cast: tuple[float, float, float]
    veil: float
    glare: float
    defocus: float
    motion: float
    angle: float
    noise: float
    sharpening: int
    qualities: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardPhoto:
    """A photo with its truth.

    photo: uint8 (H, W, 3), what a member would send. lit: uint8 (4H, 4W, 3), the board under the
    same light, without what optics, sensor and files lose. even: the same in even light, without
    cast and glare. jpeg: the photo's bytes.
    """

    seed: int
    kind: BoardKind
    faint: bool
    shot: Shot
    photo: Pixels
    lit: Pixels
    even: Pixels
    jpeg: bytes
    lines: tuple[Line, ...]


def take(seed: int) -> BoardPhoto:
    """The photo of this seed's board; the same seed, the same bytes. Raises FontsMissing."""
    plan = sketch(seed)
    rng = np.random.default_rng([seed, 3])
    shot = draw_shot(rng, plan)
    painted = paint(plan)
    fine = scaled(shot.corners, FINE)
    even = seen(painted.picture, fine, plan.width * FINE, plan.height * FINE)
    linear = (np.asarray(even, dtype=np.float32) / 255.0) ** GAMMA
    linear = light(linear, shot.exposure, shot.cast, rng)
    linear = veil_and_glare(linear, shot, rng)
    jpeg, photo = record(
        through(linear, psf(shot.defocus, shot.motion, shot.angle, shot.zoom)), shot, rng
    )
    return BoardPhoto(
        seed=seed,
        kind=plan.kind,
        faint=plan.faint,
        shot=shot,
        photo=photo,
        lit=_encoded(linear),
        even=np.asarray(even, dtype=np.uint8),
        jpeg=jpeg,
        lines=_lines(plan, painted, shot),
    )


def draw_shot(rng: Rng, plan: Sketch) -> Shot:
    """A photo as members take them: mostly good, sometimes blurred, dim or from the side."""
    margin = plan.margin
    nominal = (
        (margin, margin),
        (margin + plan.width, margin),
        (margin + plan.width, margin + plan.height),
        (margin, margin + plan.height),
    )
    a, b, c, d = (
        (x + float(rng.uniform(-1, 1)) * margin, y + float(rng.uniform(-1, 1)) * margin)
        for x, y in nominal
    )
    is_slide = plan.kind is BoardKind.SLIDE
    is_white = plan.kind is BoardKind.WHITE
    x_height = plan.lines[-1].x_height
    warmth = float(rng.normal(0.0, 0.06))
    most_glare = 0.7 if is_white else 0.08
    shaken = rng.random() < 0.35
    most_zoom = max(1.0, min(_MOST_ZOOM, x_height / _LEAST_X_HEIGHT))
    zoomed = rng.random() < 0.6
    zoom = float(rng.uniform(1.0, most_zoom)) if zoomed else 1.0
    defocus = float(rng.uniform(0.3, 1.2))
    motion = float(rng.uniform(0.6, 2.2)) if shaken else 0.0
    most_blur = x_height * (_MOST_BLUR_OF_FAINT if plan.faint else _MOST_BLUR)
    steadier = min(1.0, most_blur / (zoom * (defocus + motion / 2)))
    return Shot(
        corners=(a, b, c, d),
        zoom=zoom,
        # A phone lets more light in where the board is dark; chalkboards hardly mirror lamps.
        exposure=float(rng.uniform(0.45, 0.95) * (1.0 if is_white or is_slide else 2.0)),
        cast=(1 + warmth, 1 + float(rng.normal(0.0, 0.02)), 1 - warmth),
        veil=float(rng.uniform(0.02, 0.12)) if is_slide else float(rng.uniform(0.0, 0.03)),
        glare=0.0 if is_slide or rng.random() < 0.4 else most_glare * float(rng.uniform(0.1, 1.0)),
        defocus=steadier * defocus,
        motion=steadier * motion,
        angle=float(rng.uniform(0, np.pi)),
        noise=float(rng.uniform(2.0, 9.0)),
        sharpening=int(rng.integers(40, 140)),
        qualities=(int(rng.integers(86, 96)), int(rng.integers(66, 90))),
    )


def _lines(plan: Sketch, painted: Painted, shot: Shot) -> tuple[Line, ...]:
    """Each line's truth, moved from the plane into the photo."""
    matrix = homography(shot.corners, rectangle(plan.width, plan.height))
    lines = []
    for written, box in zip(plan.lines, painted.boxes, strict=True):
        a, b, c, d = (moved(matrix, point) for point in scaled(box, 1 / FINE))
        # The photo's box and the plane's differ in height as their writing does.
        closer = sides((a, b, c, d))[1] / sides(scaled(box, 1 / FINE))[1]
        is_formula = written.script is Script.FORMULA
        lines.append(
            Line(
                words=("".join(written.words),) if is_formula else written.words,
                script=written.script,
                quad=(a, b, c, d),
                x_height=written.x_height * closer,
            )
        )
    return tuple(lines)


def veil_and_glare(linear: Field, shot: Shot, rng: Rng) -> Field:
    """Light that doesn't come from the ink: the room's, and a lamp's mirror image."""
    height, width = linear.shape[:2]
    x, y = float(rng.uniform(0.1, 0.9)), float(rng.uniform(0.1, 0.9))
    across, down = float(rng.uniform(0.05, 0.16)), float(rng.uniform(0.04, 0.2))
    columns = np.exp(-(((np.linspace(0, 1, width) - x) / across) ** 2)).astype(np.float32)
    rows = np.exp(-(((np.linspace(0, 1, height) - y) / down) ** 2)).astype(np.float32)
    spot = np.float32(shot.glare) * rows[:, None] * columns[None, :]
    return linear * np.float32(1 - shot.veil) + np.float32(shot.veil * 0.6) + spot[..., None]


def _encoded(linear: Field) -> Pixels:
    """Linear light to the 8 bits of a picture."""
    return (255.0 * linear.clip(0, 1) ** (1 / GAMMA) + 0.5).astype(np.uint8)


def _sensed(linear: Field, width: int, height: int) -> Field:
    """Each pixel of the sensor gathers the light of its square: (height, width, 3)."""
    planes = [
        Image.fromarray(linear[..., channel]).resize((width, height), Image.Resampling.BOX)
        for channel in range(3)
    ]
    return np.stack([np.asarray(plane, dtype=np.float32) for plane in planes], axis=-1)


def record(linear: Field, shot: Shot, rng: Rng, *, fine: int = FINE) -> tuple[bytes, Pixels]:
    """The sensor's pixels, the phone's processing, its file, and the messenger's file of it.

    fine: how many times as fine as the photo the light is, (H, W, 3), that fell on the sensor.
    """
    height, width = linear.shape[0] // fine, linear.shape[1] // fine
    pixels = _sensed(linear, round(width / shot.zoom), round(height / shot.zoom))
    # Photons: noise grows with the root of the light; a floor stands for reading the sensor out.
    grain = rng.standard_normal(pixels.shape).astype(np.float32)
    deviation = np.float32(shot.noise / 255) * np.sqrt(np.float32(0.1) + pixels.clip(0, 1))
    # Demosaicing takes each colour from its neighbours: the noise has the size of a pixel or two.
    grain = 0.6 * grain + 0.2 * (np.roll(grain, 1, axis=0) + np.roll(grain, 1, axis=1))
    picture = Image.fromarray(_encoded(pixels + deviation * grain))
    picture = picture.resize((width, height), Image.Resampling.BICUBIC)
    picture = picture.filter(ImageFilter.UnsharpMask(1.2, shot.sharpening, 2))
    content = b""
    for quality in shot.qualities:
        buffer = BytesIO()
        picture.save(buffer, "JPEG", quality=quality)
        content = buffer.getvalue()
        picture = Image.open(BytesIO(content)).convert("RGB")
    return content, np.asarray(picture, dtype=np.uint8)
