"""What can go wrong with a model or a rendering, as types with a stable code."""

from collections.abc import Iterator
from typing import Final

from core.errors import DomainError


class ModelError(DomainError):
    """The model cannot be used as configured. Raised at start, never at the first photo."""

    code = "model_unusable"


class ModelNotFound(ModelError):
    """MODEL names no release that we know, no file that exists and nothing on the hub."""

    code = "model_not_found"


class ModelHashMismatch(ModelError):
    """The file is not the one that was promised; context: expected, actual."""

    code = "model_hash_mismatch"


class ModelUnknownArchitecture(ModelError):
    """The file is damaged or holds no RGB super-resolution network that spandrel knows."""

    code = "model_unknown_architecture"


class ModelDownloadFailed(ModelError):
    """The file could not be fetched: no network, an HTTP error, too large, too slow."""

    code = "model_download_failed"


class ModelFolderUnwritable(ModelError):
    """Weights must be kept in a folder that this process cannot write, or the disk is full."""

    code = "model_folder_unwritable"


class PackageMissing(ModelError):
    """ENGINE names a package that is not installed, or cannot be imported here."""

    code = "package_missing"


class DeviceUnavailable(ModelError):
    """DEVICE asks for a CUDA device that this machine does not have."""

    code = "device_unavailable"


class RenderFailed(DomainError):
    """The engine or an encoder raised; the process that did it lives on."""

    code = "render_failed"


class OutOfMemory(RenderFailed):
    """The engine has not enough memory for this picture, in however small parts."""

    code = "out_of_memory"


class RenderCrashed(DomainError):
    """The child process died during this rendering; context: exit_status."""

    code = "render_crashed"


class RenderDeadline(DomainError):
    """The rendering took longer than it may and was killed; context: deadline_s."""

    code = "render_deadline"


def _subclasses(root: type[DomainError]) -> Iterator[type[DomainError]]:
    yield root
    for child in root.__subclasses__():
        yield from _subclasses(child)


_FALLBACK: Final = RenderFailed


def error_from(code: str, detail: str, context: dict[str, str | int | float]) -> DomainError:
    """The typed error that a child process described in words.

    A code that this process has no class for becomes RenderFailed and keeps its detail.
    """
    for kind in _subclasses(DomainError):
        if kind.code == code:
            return kind(detail, **context)
    return _FALLBACK(f"{code}: {detail}", **context)
