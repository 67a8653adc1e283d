"""What an engine makes of a whole picture, for tests and measurements."""

import numpy as np

from worker.engines.base import Engine, Pixels, Progress


def upscaled(
    engine: Engine, rgb: Pixels, progress: Progress = lambda _: None, *, from_row: int = 0
) -> Pixels:
    """All of the engine's bands as one picture: uint8 (scale (H - from_row), scale W, 3)."""
    bands = engine.bands(rgb, progress, from_row=from_row)
    return np.concatenate([band.copy() for band in bands])
