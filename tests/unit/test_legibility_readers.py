"""tests.legibility.readers: every reader keeps to the protocol and reads large clear print."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from tests.legibility.readers import Reader, readers
from tests.legibility.scoring import score_line
from tests.legibility.truth import Script
from tests.legibility.typefaces import PRINTS, size_for, write

LINES = {
    Script.LATIN: ("Linear", "independence"),
    Script.CYRILLIC: ("Закон", "сохранения"),
    Script.FORMULA: ("x = 12",),
}
PRESENT, MISSING = readers()


def printed(text: str, script: Script) -> NDArray[np.uint8]:
    picture = Image.new("L", (560, 80))
    size = size_for(PRINTS[0], 24, script)
    write(ImageDraw.Draw(picture), (20, 52), text, PRINTS[0], size)
    return np.asarray(Image.eval(picture, lambda value: 255 - value).convert("RGB"), dtype=np.uint8)


@pytest.mark.skipif(not PRESENT, reason="; ".join(MISSING) or "readers are present")
@pytest.mark.parametrize("reader", PRESENT, ids=lambda reader: reader.name)
def test_a_reader_reads_clear_print_of_its_scripts_in_order(reader: Reader) -> None:
    for script in reader.scripts:
        strips = [printed(" ".join(LINES[script]), script), printed("", script)]
        found = reader.read(strips, script)
        assert len(found) == 2
        assert all(score_line(LINES[script], found[0], script).readable)
        assert reader.read([], script) == []
    assert reader.name in reader.describe()
    assert any(letter.isdigit() for letter in reader.describe())


def test_a_missing_reader_says_how_it_is_installed() -> None:
    assert all("install" in line or "model" in line for line in MISSING)
    assert len(PRESENT) + len(MISSING) == 2
