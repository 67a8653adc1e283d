"""worker.memory: what is freed goes back when it is asked for, and libraries work without pages."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.pictures import photo
from worker.memory import unchanged_mappings

ROOT = Path(__file__).parents[2]
# What the pixel process does, in one of its own: mallopt() is for a whole process.
_FREED = """
import numpy as np
from worker.memory import give_back_freed, keep_freed_memory, resident_bytes
assert keep_freed_memory()
arrays = [np.ones(5_000_000, dtype=np.uint8) for _ in range(20)]
last = np.ones(1_000, dtype=np.uint8)
full = resident_bytes()
del arrays
kept = resident_bytes()
give_back_freed(beyond=full + 1_000_000_000)
still = resident_bytes()
give_back_freed(beyond=0)
print(full, kept, still, resident_bytes())
"""
_LIBRARIES = """
import numpy as np
from scipy import ndimage
from worker.memory import give_back_libraries, resident_bytes
def worked():
    plane = np.random.default_rng(1).random((64, 64))
    return float(ndimage.gaussian_filter(plane, 2.0).sum() + (plane @ plane).sum())
result, before = worked(), resident_bytes()
dropped = give_back_libraries()
after = resident_bytes()
assert worked() == result
print(before, dropped, after)
"""
_BOARD = """
import sys
from pathlib import Path
from core.imaging import Limits
from tests.engines import Doubling
from worker.memory import keep_freed_memory
from worker.pipeline import RenderLimits, render
class InStrips(Doubling):
    def bands(self, rgb, progress, *, from_row=0):
        for top in range(from_row, len(rgb), 16):
            yield rgb[top : top + 16].repeat(2, axis=0).repeat(2, axis=1)
def peak_bytes():
    # Not getrusage(): what it tells goes back to before exec().
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) * 1024
def rendered(original):
    limits = RenderLimits(decode=Limits(pixels=50_000_000, least_px=16))
    return render(original, InStrips(), limits, lambda *_: None, lossless=False)
keep_freed_memory()
small, large = (Path(name).read_bytes() for name in sys.argv[1:])
assert rendered(small).record["composition"]["lines"]
before = peak_bytes()
peaks = []
for _ in range(3):
    found = rendered(large)
    peaks.append(peak_bytes() - before)
assert found.record["composition"]["lines"] > 30
print(*peaks)
"""
_SMAPS = """\
55d000000000-55d000100000 r-xp 00000000 fe:00 1234                       /usr/lib/code.so
Rss:                 800 kB
Anonymous:             0 kB
VmFlags: rd ex mr mw me
55d000100000-55d000200000 r--p 00100000 fe:00 1234                       /usr/lib/code.so
Rss:                 900 kB
Anonymous:             4 kB
55d000200000-55d000300000 rw-p 00200000 fe:00 1234                       /usr/lib/code.so
Rss:                 900 kB
Anonymous:             0 kB
55d000300000-55d000400000 r--p 00000000 00:00 0
Rss:                 900 kB
Anonymous:             0 kB
55d000400000-55d000500000 r--p 00300000 fe:00 1234                       /usr/lib/with space.so
Rss:                   0 kB
Anonymous:             0 kB
"""

linux = pytest.mark.skipif(sys.platform != "linux", reason="malloc and /proc as Linux has them")


def told(program: str, *arguments: Path) -> list[int]:
    """The whole numbers that a Python program prints."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    answer = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return [int(word) for word in answer.stdout.split()]


@linux
def test_what_is_freed_is_kept_until_there_is_too_much_of_it() -> None:
    full, kept, still, given_back = told(_FREED)
    assert kept > full - 5_000_000
    assert still > full - 5_000_000
    assert given_back < full - 80_000_000


@linux
def test_libraries_work_as_before_when_their_pages_are_gone() -> None:
    before, dropped, after = told(_LIBRARIES)
    assert dropped > 5_000_000
    assert after < before - dropped / 2


@linux
@pytest.mark.parametrize("size", [(2560, 1920), (4000, 3000)])
def test_a_board_takes_few_copies_of_its_result_however_many_there_were(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    result = 5120 * 3840 * 3
    small, large = tmp_path / "small.jpg", tmp_path / "large.jpg"
    small.write_bytes(photo(size=(400, 300)))
    large.write_bytes(photo(size=size, lines=40))
    first, *_, last = told(_BOARD, small, large)
    assert first < 3.6 * result
    assert last < 1.1 * first


def test_only_pages_that_are_the_files_own_are_dropped() -> None:
    assert list(unchanged_mappings(_SMAPS.splitlines())) == [
        (0x55D000000000, 0x55D000100000, 800 * 1024)
    ]
