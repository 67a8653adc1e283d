"""One network in a process of its own: how fast pictures go through it, and in how much memory.

    python -m tests.bench.passes speed|memory|cold WEIGHTS NAME WIDTHxHEIGHT... [--pictures N]

Prints one line of JSON. Bytes in, bands of bytes out, which nobody keeps.
"""

import argparse
import json
import math
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import torch

from tests.bench.peaks import peak_mb
from worker.engines.base import Pixels
from worker.engines.torch_engine import TorchEngine
from worker.memory import keep_freed_memory
from worker.weights import Weights

# A square product of this side is 17 GFLOP and 25 MB: long enough for the clock, far beyond caches.
_PRODUCT_SIDE: Final = 2048
_PRODUCTS: Final = 8
# The best of so many passes, or of what fits into the time.
_PASSES: Final = 4
_PASSES_S: Final = 40.0
# Pictures after the first few take no new memory; then it is looked at so many times.
_LOOKS: Final = 10


def gemm_gflops() -> float:
    """GFLOP/s of torch's bfloat16 matrix product, the best of a few."""
    one = torch.randn(_PRODUCT_SIDE, _PRODUCT_SIDE).to(torch.bfloat16)
    other = torch.randn(_PRODUCT_SIDE, _PRODUCT_SIDE).to(torch.bfloat16)
    best = min(_seconds(lambda: one @ other) for _ in range(_PRODUCTS))
    return 2 * _PRODUCT_SIDE**3 / best / 1e9


def speed(engine: TorchEngine, sizes: list[tuple[int, int]]) -> dict[str, object]:
    """Seconds of the best pass at each size, and the matrix product's best around it."""
    seconds, products = [], []
    for width, height in sizes:
        rgb = noise(width, height)
        before = gemm_gflops()
        passes: list[float] = []
        while not passes or (len(passes) < _PASSES and sum(passes) < _PASSES_S):
            passes.append(_seconds(partial(_pass, engine, rgb)))
        seconds.append(min(passes))
        products.append(max(before, gemm_gflops()))
    return {
        "seconds": seconds,
        "gemm_gflops": products,
        "gflop_per_pixel": engine.flop_per_pixel / 1e9,
        "described": str(engine.describe()),
        "way": engine.describe().way,
    }


def memory(engine: TorchEngine, sizes: list[tuple[int, int]], pictures: int) -> dict[str, object]:
    """Peak memory in MB after loading, and on the way through `pictures` of the sizes in turn."""
    loaded, peaks = peak_mb(), []
    for number in range(pictures):
        _pass(engine, noise(*sizes[number % len(sizes)]))
        if (number + 1) % math.ceil(pictures / _LOOKS) == 0:
            peaks.append(peak_mb())
    return {"loaded": loaded, "peaks": peaks}


def cold(engine: TorchEngine, size: tuple[int, int]) -> dict[str, object]:
    """Seconds of the first pass and of the best one after it."""
    rgb = noise(*size)
    first = _seconds(lambda: _pass(engine, rgb))
    return {"first": first, "next": min(_seconds(lambda: _pass(engine, rgb)) for _ in range(3))}


def noise(width: int, height: int) -> Pixels:
    """What is in a picture does not change how long it takes."""
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)


def _pass(engine: TorchEngine, rgb: Pixels) -> None:
    for _ in engine.bands(rgb, lambda _: None):
        pass


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _size(text: str) -> tuple[int, int]:
    width, height = text.split("x")
    return int(width), int(height)


def main() -> int:
    """Measure one thing."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.passes", description=__doc__)
    parser.add_argument("what", choices=["speed", "memory", "cold"])
    parser.add_argument("weights", type=Path)
    parser.add_argument("name")
    parser.add_argument("sizes", nargs="+", type=_size)
    parser.add_argument("--pictures", type=int, default=2)
    chosen = parser.parse_args()
    keep_freed_memory()
    engine = TorchEngine(Weights(name=chosen.name, path=chosen.weights, sha256=""), "cpu")
    match chosen.what:
        case "speed":
            told = speed(engine, chosen.sizes)
        case "memory":
            told = memory(engine, chosen.sizes, chosen.pictures)
        case _:
            told = cold(engine, chosen.sizes[0])
    sys.stdout.write(json.dumps(told) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
