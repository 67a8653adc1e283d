"""What an engine makes of a whole picture, for tests and measurements."""

import numpy as np

from worker.engines.base import Engine, Pixels, Progress


def upscaled(engine: Engine, rgb: Pixels, progress: Progress = lambda _: None) -> Pixels:
    """All of the engine's bands as one picture: uint8 (scale H, scale W, 3)."""
    return np.concatenate([band.copy() for band in engine.bands(rgb, progress)])
