"""How near a picture is to the true one: MSE, PSNR and SSIM. Pure."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Plane = NDArray[np.float32]

_PEAK: Final = 255.0
# Rec. ITU-R BT.601, as JPEG has it: what the eye sees as brightness.
_LUMA: Final = np.array([0.299, 0.587, 0.114], dtype=np.float32)
# Wang, Bovik, Sheikh, Simoncelli: Image Quality Assessment, IEEE TIP 13(4), 2004, section III-B.
_SIGMA: Final = 1.5
_RADIUS: Final = 5
_C1: Final = (0.01 * _PEAK) ** 2
_C2: Final = (0.03 * _PEAK) ** 2


@dataclass(frozen=True, slots=True)
class Fidelity:
    """mse: of the brightness, 0 to 255 squared. psnr: dB, infinite when equal. ssim: to 1.0."""

    mse: float
    psnr: float
    ssim: float


def luma(rgb: Pixels) -> Plane:
    """uint8 (H, W, 3) -> float32 (H, W), 0 to 255."""
    return rgb.astype(np.float32) @ _LUMA


def fidelity(picture: Pixels, truth: Pixels) -> Fidelity:
    """Compares the brightness of two uint8 (H, W, 3); both sides at least 11. Raises ValueError."""
    if picture.shape != truth.shape:
        raise ValueError(f"{picture.shape} cannot be compared with {truth.shape}")
    one, other = luma(picture), luma(truth)
    mse = float(np.mean(np.square(one - other), dtype=np.float64))
    psnr = float("inf") if mse == 0 else float(10 * np.log10(_PEAK**2 / mse))
    return Fidelity(mse=mse, psnr=psnr, ssim=_ssim(one, other))


def _ssim(one: Plane, other: Plane) -> float:
    """The mean over all windows that lie in the picture."""
    mean_1, mean_2 = _window(one), _window(other)
    variance_1 = _window(one * one) - mean_1 * mean_1
    variance_2 = _window(other * other) - mean_2 * mean_2
    covariance = _window(one * other) - mean_1 * mean_2
    likeness = ((2 * mean_1 * mean_2 + _C1) * (2 * covariance + _C2)) / (
        (mean_1 * mean_1 + mean_2 * mean_2 + _C1) * (variance_1 + variance_2 + _C2)
    )
    return float(np.mean(likeness, dtype=np.float64))


def _window(plane: Plane) -> Plane:
    """Each place's mean under the Gaussian window: (H, W) -> (H - 10, W - 10)."""
    steps = np.arange(-_RADIUS, _RADIUS + 1, dtype=np.float32)
    weights = np.exp(-(steps**2) / (2 * _SIGMA**2)).astype(np.float32)
    weights /= weights.sum()
    rows, columns = (side - 2 * _RADIUS for side in plane.shape)
    down = np.zeros((rows, plane.shape[1]), dtype=np.float32)
    for step, weight in enumerate(weights):
        down += weight * plane[step : step + rows]
    across = np.zeros((rows, columns), dtype=np.float32)
    for step, weight in enumerate(weights):
        across += weight * down[:, step : step + columns]
    return across
