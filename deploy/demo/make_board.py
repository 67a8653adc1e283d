"""Draws deploy/demo/board.jpg: a phone photo of a far-away chalkboard, made by us from nothing.

Usage: make_board.py [FONT [OUT]]. Needs the font Klee One (SIL OFL 1.1, Debian's fonts-klee), which
looks written and has Cyrillic. The picture is committed: nobody needs the font to run Auditorium.

The way is that of light: chalk on a slate, seen askew under lamps, through a small lens, by a noisy
sensor, into JPEG. Each random choice comes from one seed: the same font gives the same picture.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

Plane = NDArray[np.float32]

FONT: Final = "/usr/share/fonts/truetype/klee/KleeOne-SemiBold.ttf"
OUT: Final = Path(__file__).with_name("board.jpg")
SEED: Final = 20260901

SLATE: Final = (2400, 1760)  # three times the photo, so that strokes have shape before the lens
PHOTO: Final = (800, 600)
SUBSCRIPT: Final = "_"  # the next letter is one
LARGE: Final = "Σ∫"
MARGIN: Final = 90  # wall and frame around the slate, in slate pixels

GREEN: Final = (38.0, 74.0, 62.0)
WALL: Final = (176.0, 168.0, 150.0)
WOOD: Final = (122.0, 88.0, 56.0)
WHITE: Final = (232.0, 232.0, 222.0)
YELLOW: Final = (236.0, 212.0, 120.0)
PINK: Final = (226.0, 150.0, 160.0)

# Where the slate's corners come to lie in the photo, clockwise from the upper left: seen from the
# left rows, from below.
CORNERS: Final = ((31.0, 46.0), (778.0, 14.0), (789.0, 577.0), (22.0, 548.0))


@dataclass(frozen=True, slots=True)
class Line:
    """A line of writing. x, y: its left end and baseline's top in slate pixels; size: font size."""

    x: int
    y: int
    size: int
    words: str
    colour: tuple[float, float, float] = WHITE


LINES: Final = (
    Line(90, 60, 104, "Лекция 7.  Ряды Фурье", YELLOW),
    Line(96, 240, 66, "Опр. Пусть f ∈ L₁[-π, π], f(x+2π) = f(x)."),
    Line(96, 340, 66, "Её ряд Фурье:"),
    Line(150, 455, 66, "f(x) ~   a₀ /2 + Σ ( a_n cos nx + b_n sin nx )"),
    Line(96, 600, 58, "коэффициенты:"),
    Line(130, 690, 62, "a_n = 1/π ∫ f(x) cos nx dx,    n = 0, 1, 2, ..."),
    Line(130, 800, 62, "b_n = 1/π ∫ f(x) sin nx dx,    n = 1, 2, ..."),
    Line(96, 935, 64, "Теорема (Дирихле)", YELLOW),
    Line(96, 1025, 50, "f кусочно-гладкая ⇒ ряд сходится в каждой точке"),
    Line(130, 1105, 54, "S(x) = ½ ( f(x+0) + f(x-0) )"),
    Line(96, 1215, 52, "Док-во: ядро  D_n(t) = sin(n+½)t / 2 sin ½t ,"),
    Line(130, 1290, 48, "∫ D_n(t) dt = π,  лемма Римана: a_n, b_n → 0"),
    Line(96, 1400, 52, "Равенство Парсеваля:", PINK),
    Line(130, 1480, 56, "½ a₀² + Σ (a_n² + b_n²) = 1/π ∫ f²(x) dx"),
    Line(1690, 130, 46, "д/з: № 412, 415, 420"),
    Line(1690, 200, 40, "к четвергу! ауд. 314"),
    Line(1560, 960, 50, "Пример. f(x) = sign x", YELLOW),
    Line(1580, 1040, 50, "b_n = 4/πn, n нечётно"),
    Line(1580, 1120, 46, "S₃(x) = 4/π (sin x +"),
    Line(1640, 1190, 46, "+ 1/3 sin 3x)"),
    Line(1560, 1300, 44, "при x = π/2:"),
    Line(1580, 1370, 50, "π/4 = 1 - 1/3 + 1/5 - ..."),
    Line(1560, 1480, 42, "эффект Гиббса ~ 9 % скачка", PINK),
    Line(2010, 640, 38, "S₃(x)", PINK),
    Line(2210, 760, 40, "x"),
    Line(1900, 395, 40, "y"),
    Line(2110, 760, 38, "π"),
    Line(1650, 760, 38, "-π"),
)


def clouds(rng: np.random.Generator, size: tuple[int, int], cell: int) -> Plane:
    """Smooth noise of mean 0 and about unit range, with features of `cell` pixels; (H, W)."""
    width, height = size
    coarse = rng.normal(size=(height // cell + 2, width // cell + 2)).astype(np.float32)
    grown = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
    return np.array(grown, dtype=np.float32)


def write(canvas: Image.Image, line: Line, font_path: str, rng: np.random.Generator) -> None:
    """Write a line as a hand does: letters turn, hop and vary, the baseline wanders.

    Letters follow each other by their ink: the font sets Cyrillic as wide as Chinese.
    """
    x = float(line.x)
    drift = rng.uniform(-0.012, 0.012)
    low = False
    for letter in line.words:
        if letter == SUBSCRIPT:
            low = True
            continue
        scale = (0.62 if low else 1.0) * (1.45 if letter in LARGE else 1.0)
        font = ImageFont.truetype(font_path, round(line.size * scale * rng.normal(1.0, 0.035)))
        if letter.isspace():
            x += 0.34 * line.size * rng.uniform(0.8, 1.2)
            continue
        side = 3 * line.size
        cell = Image.new("L", (side, side), 0)
        # Subscripts hang lower, large signs are centred on the line.
        shift = 0.50 if low else 0.52 * (1 - scale)
        ImageDraw.Draw(cell).text(
            (line.size, line.size * (0.5 + shift)),
            letter,
            fill=int(rng.integers(205, 256)),
            font=font,
            stroke_width=float(rng.uniform(0.0, 1.1)),
        )
        left, _, right, _ = cell.getbbox() or (0, 0, 0, 0)
        slant = rng.normal(0.12, 0.03)  # to the right, as most people write
        cell = cell.transform(
            cell.size,
            Image.Transform.AFFINE,
            (1, slant, -slant * 1.5 * line.size, 0, 1, 0),
            Image.Resampling.BICUBIC,
        )
        cell = cell.rotate(rng.normal(0, 1.8), Image.Resampling.BICUBIC)
        hop = rng.normal(0, 0.022 * line.size) + drift * (x - line.x)
        corner = (round(x) - left, round(line.y + hop) - line.size // 2)
        canvas.paste(255, (*corner, corner[0] + side, corner[1] + side), cell)
        x += (right - left) + line.size * rng.normal(0.13, 0.02)
        low = False


def stroke(canvas: Image.Image, points: Plane, rng: np.random.Generator, width: int = 5) -> None:
    """Draw a line through points (N, 2) by a hand that trembles a little."""
    shaken = points + rng.normal(0, 1.1, points.shape)
    drawn = ImageDraw.Draw(canvas)
    drawn.line([(float(x), float(y)) for x, y in shaken], fill=235, width=width, joint="curve")


def between(start: tuple[float, float], end: tuple[float, float]) -> Plane:
    """Points every few pixels from start to end, with a slight bow."""
    share = np.linspace(0, 1, 40, dtype=np.float32)[:, None]
    line = np.asarray(start) + share * (np.asarray(end) - np.asarray(start))
    line[:, 1] += 4 * np.sin(np.pi * share[:, 0])
    return np.array(line, dtype=np.float32)


def graph(white: Image.Image, pink: Image.Image, rng: np.random.Generator) -> None:
    """The square wave, its third partial sum, and the axes, in the upper right."""
    stroke(white, between((1600, 740), (2270, 732)), rng)
    stroke(white, between((2240, 716), (2270, 732)), rng)
    stroke(white, between((2240, 752), (2270, 732)), rng)
    stroke(white, between((1885, 930), (1880, 400)), rng)
    for x0, x1, y in ((1660, 1882, 860), (1882, 2125, 600)):
        stroke(white, between((x0, y), (x1, y)), rng, 7)
    angle = np.linspace(-np.pi, np.pi, 160, dtype=np.float32)
    wave = 4 / np.pi * (np.sin(angle) + np.sin(3 * angle) / 3)
    stroke(pink, np.stack([1885 + 72 * angle, 735 - 130 * wave], axis=1), rng, 6)
    stroke(white, between((96, 206), (1220, 198)), rng, 6)  # under the title
    for offset in (0, 14):  # twice around the result
        stroke(white, between((110, 1572 + offset), (1330, 1566 + offset)), rng)
    stroke(white, between((1500, 80), (1490, 1660)), rng, 4)  # between the columns


def slate(font_path: str, rng: np.random.Generator) -> Plane:
    """The slate with its writing, float32 (H, W, 3) of 0 to 255."""
    layers = {colour: Image.new("L", SLATE, 0) for colour in (WHITE, YELLOW, PINK)}
    for line in LINES:
        write(layers[line.colour], line, font_path, rng)
    graph(layers[WHITE], layers[PINK], rng)

    wiped = 9 * clouds(rng, SLATE, 240) + 5 * clouds(rng, SLATE, 60)
    sponge = rng.normal(size=(SLATE[1] // 14, SLATE[0] // 300)).astype(np.float32)
    wiped += 3.5 * np.asarray(  # from left to right
        Image.fromarray(sponge).resize(SLATE, Image.Resampling.BICUBIC)
    )
    seen = np.asarray(GREEN, dtype=np.float32) + wiped[:, :, None]
    # Last week's writing shows through where the sponge was dry.
    ghost = layers[WHITE].transpose(Image.Transpose.FLIP_TOP_BOTTOM).rotate(180)
    ghost = ghost.filter(ImageFilter.GaussianBlur(9))
    seen += 0.06 * np.asarray(ghost, dtype=np.float32)[:, :, None]

    grain = clouds(rng, SLATE, 3)
    pressure = 0.80 + 0.16 * clouds(rng, SLATE, 120)
    for colour, layer in layers.items():
        soft = np.asarray(layer.filter(ImageFilter.GaussianBlur(1.2)), dtype=np.float32) / 255
        chalk = np.clip(soft * pressure * (1 + 0.38 * np.minimum(grain, 0.6)), 0, 0.93)
        dust = np.asarray(layer.filter(ImageFilter.GaussianBlur(14)), dtype=np.float32) / 255
        cover = np.clip(chalk + 0.05 * dust, 0, 1)[:, :, None]
        seen = seen * (1 - cover) + np.asarray(colour, dtype=np.float32) * cover
    return np.clip(seen, 0, 255).astype(np.float32)


def framed(board: Plane, rng: np.random.Generator) -> Image.Image:
    """The slate in its wooden frame on the wall."""
    width, height = SLATE[0] + 2 * MARGIN, SLATE[1] + 2 * MARGIN
    wall = np.asarray(WALL, dtype=np.float32) + 3 * clouds(rng, (width, height), 90)[:, :, None]
    wood = MARGIN - 34
    wall[wood:-wood, wood:-wood] = WOOD
    wall[wood:-wood, wood:-wood] += (
        6 * clouds(rng, (width - 2 * wood, height - 2 * wood), 20)[:, :, None]
    )
    wall[MARGIN:-MARGIN, MARGIN:-MARGIN] = board
    return Image.fromarray(np.clip(wall, 0, 255).astype(np.uint8))


def photographed(scene: Image.Image, rng: np.random.Generator) -> Image.Image:
    """What the phone made of it: askew, lit unevenly, blurred, noisy."""
    fine = 3  # the warp samples points: done at three times the size, then averaged
    size = (PHOTO[0] * fine, PHOTO[1] * fine)
    right, low = scene.width - MARGIN, scene.height - MARGIN
    there = ((MARGIN, MARGIN), (right, MARGIN), (right, low), (MARGIN, low))
    here = [(x * fine, y * fine) for x, y in CORNERS]
    warped = scene.transform(
        size,
        Image.Transform.PERSPECTIVE,
        perspective(here, there),
        Image.Resampling.BICUBIC,
        fillcolor=tuple(int(c) for c in WALL),
    )
    lens = warped.filter(ImageFilter.GaussianBlur(2.5)).resize(PHOTO, Image.Resampling.BOX)
    light = np.asarray(lens, dtype=np.float32) / 255

    rows, columns = np.mgrid[0 : PHOTO[1], 0 : PHOTO[0]].astype(np.float32)
    across, down = columns / PHOTO[0] - 0.5, rows / PHOTO[1] - 0.5
    lamps = 1.02 + 0.22 * across - 0.18 * down - 0.55 * (across**2 + down**2)
    glare = np.exp(-(((columns - 610) / 120) ** 2 + ((rows - 90) / 60) ** 2))
    light = light * lamps[:, :, None] + 0.10 * glare[:, :, None]
    light *= np.asarray((1.04, 1.0, 0.90), dtype=np.float32)  # warm lamps

    noise = rng.normal(0, 1, light.shape).astype(np.float32)
    light += noise * (0.013 + 0.02 * np.sqrt(np.clip(light, 0, 1)))
    taken = Image.fromarray((np.clip(light, 0, 1) * 255).astype(np.uint8))
    # The phone's own denoising and sharpening: small strokes lose, edges get a rim.
    taken = taken.filter(ImageFilter.GaussianBlur(0.55))
    return taken.filter(ImageFilter.UnsharpMask(radius=1.6, percent=70, threshold=2))


def perspective(
    source: list[tuple[float, float]], target: tuple[tuple[int, int], ...]
) -> tuple[float, ...]:
    """The eight numbers of the homography that takes four points of `source` to `target`."""
    rows = []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
    solved = np.linalg.solve(np.asarray(rows), np.asarray(target, dtype=float).reshape(8))
    return tuple(float(number) for number in solved)


def main(arguments: list[str]) -> None:
    """Draw, save, and say how large it became."""
    font_path = arguments[0] if arguments else FONT
    out = Path(arguments[1]) if len(arguments) > 1 else OUT
    rng = np.random.default_rng(SEED)
    photo = photographed(framed(slate(font_path, rng), rng), rng)
    photo.save(out, "JPEG", quality=80)
    print(f"{out}: {photo.width} x {photo.height}, {out.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
