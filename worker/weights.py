"""MODEL to a verified weights file on this machine.

Everything is checked before anything is loaded, and a file appears under its name only when it is
whole: temporary file, verification, rename. No torch here.
"""

import hashlib
import importlib.util
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from worker.download import fetch
from worker.errors import (
    ModelDownloadFailed,
    ModelFolderUnwritable,
    ModelHashMismatch,
    ModelNotFound,
)
from worker.ncnn import StateArrays, convert
from worker.releases import BUNDLED, DOWNLOADS, Bundled, Download

HUB_PREFIX: Final = "hf:"
FILE_SUFFIXES: Final = frozenset({".pth", ".safetensors"})
# Part of a converted file's record: a change of the converter makes files be converted again.
_CONVERTER: Final = "1"
_READ_BYTES: Final = 1 << 20
# The hub's metadata request; the transfer itself has the client's own time-outs.
_HUB_TIMEOUT_S: Final = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """A file that may be loaded. sha256: of what was verified (where converted, the .bin)."""

    name: str
    path: Path
    sha256: str


def resolve(
    model: str,
    sha256: str,
    weights_dir: Path,
    *,
    may_download: bool = True,
    downloads: dict[str, Download] = DOWNLOADS,
    bundled: dict[str, Bundled] = BUNDLED,
) -> Weights:
    """The verified file that `model` names: a release, hf:owner/repo/file, or a file's path.

    sha256: 64 hex digits that the file must hash to, or "" to take files and hub models as they
    are; releases are always checked against the table. may_download: False fails with
    ModelDownloadFailed where a file is not on this machine yet. Blocking (disk, network).
    Raises ModelNotFound, ModelHashMismatch, ModelDownloadFailed, ModelUnknownArchitecture.
    """
    if model in bundled:
        return _from_wheel(model, bundled[model], sha256, weights_dir)
    if model in downloads:
        return _download(model, downloads[model], sha256, weights_dir, may_download=may_download)
    if model.startswith(HUB_PREFIX):
        return _from_hub(model, sha256, weights_dir, may_download=may_download)
    path = Path(model).expanduser()
    if path.suffix not in FILE_SUFFIXES:
        known = ", ".join([*bundled, *downloads])
        raise ModelNotFound(f"no model {model!r}: a .pth or .safetensors file, hf:..., or {known}")
    if not path.is_file():
        raise ModelNotFound(f"no file {path}")
    return Weights(name=path.stem, path=path, sha256=_verify(path, sha256, path.name))


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, as 64 hex digits."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_READ_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _verify(path: Path, expected: str, name: str) -> str:
    try:
        actual = file_sha256(path)
    except OSError as error:
        raise ModelNotFound(f"{path} cannot be read: {error.strerror}") from error
    if expected and actual != expected:
        raise ModelHashMismatch(
            f"{name}: SHA-256 is {actual}, should be {expected}", expected=expected, actual=actual
        )
    return actual


def _agree(name: str, pinned: str, asked: str) -> None:
    if asked and asked != pinned:
        raise ModelHashMismatch(
            f"{name} hashes to {pinned}, asked for is {asked}",
            expected=asked,
            actual=pinned,
        )


def write_whole(target: Path, write: Callable[[Path], None]) -> None:
    """`target` appears with all that `write` put into it, or not at all.

    Raises ModelFolderUnwritable, and what `write` raises of our own errors.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        os.close(handle)
        try:
            write(Path(temporary))
            Path(temporary).replace(target)
        finally:
            Path(temporary).unlink(missing_ok=True)
    except (OSError, SafetensorError) as error:
        raise ModelFolderUnwritable(f"{target.parent} cannot be written: {error}") from error


def _from_wheel(name: str, bundled: Bundled, sha256: str, weights_dir: Path) -> Weights:
    _agree(name, bundled.bin_sha256, sha256)
    path = weights_dir / f"{name}.safetensors"
    record = {"source_sha256": bundled.bin_sha256, "converter": _CONVERTER}
    if not _is_converted(path, record):
        spec = importlib.util.find_spec(bundled.package)
        if spec is None or not spec.submodule_search_locations:
            raise ModelNotFound(f"{name} comes with {bundled.package}, which is not installed")
        folder = Path(spec.submodule_search_locations[0]) / bundled.folder
        param, content = folder / f"{bundled.stem}.param", folder / f"{bundled.stem}.bin"
        _verify(param, bundled.param_sha256, param.name)
        _verify(content, bundled.bin_sha256, content.name)
        arrays = convert(param.read_text(encoding="ascii"), content.read_bytes())
        record["arrays_sha256"] = _arrays_sha256(arrays)
        write_whole(path, lambda temporary: save_file(arrays, temporary, metadata=record))
    return Weights(name=name, path=path, sha256=bundled.bin_sha256)


def _is_converted(path: Path, record: dict[str, str]) -> bool:
    """Whether an earlier start left a whole file of this very source and converter."""
    try:
        with safe_open(path, framework="numpy") as stored:
            metadata = stored.metadata() or {}
            if any(metadata.get(key) != value for key, value in record.items()):
                return False
            arrays = {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118 -- not a dict
    except (OSError, SafetensorError):
        return False
    return bool(metadata.get("arrays_sha256") == _arrays_sha256(arrays))


def _arrays_sha256(arrays: StateArrays) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(f"{name}{arrays[name].shape}".encode())
        digest.update(np.ascontiguousarray(arrays[name]).data)
    return digest.hexdigest()


def _download(
    name: str, download: Download, sha256: str, weights_dir: Path, *, may_download: bool
) -> Weights:
    _agree(name, download.sha256, sha256)
    path = weights_dir / f"{name}.pth"
    weights = Weights(name=name, path=path, sha256=download.sha256)
    # A file that rotted on disk is fetched again; what is fetched must be right.
    if path.is_file() and file_sha256(path) == download.sha256:
        return weights
    if not may_download:
        raise ModelDownloadFailed(f"{name} is not on this machine yet")

    def write(temporary: Path) -> None:
        fetch(download.url, temporary, most_bytes=download.most_bytes)
        _verify(temporary, download.sha256, name)

    write_whole(path, write)
    return weights


def _from_hub(model: str, sha256: str, weights_dir: Path, *, may_download: bool) -> Weights:
    owner, repo, file = (*model.removeprefix(HUB_PREFIX).split("/", 2), "", "", "")[:3]
    if not (owner and repo and file) or Path(file).suffix not in FILE_SUFFIXES:
        raise ModelNotFound(f"{model!r} is not hf:owner/repo/file with a .pth or .safetensors file")
    from huggingface_hub import hf_hub_download  # noqa: PLC0415 -- 0.3 s that only hub models need
    from huggingface_hub.errors import (  # noqa: PLC0415 -- the same
        EntryNotFoundError,
        HfHubHTTPError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
    )

    try:
        path = Path(
            hf_hub_download(
                f"{owner}/{repo}",
                file,
                cache_dir=weights_dir / "hub",
                etag_timeout=_HUB_TIMEOUT_S,
                local_files_only=not may_download,
            )
        )
    except LocalEntryNotFoundError as error:
        reason = "the hub can't be reached, nothing cached"
        if not may_download:
            reason = "not on this machine yet"
        raise ModelDownloadFailed(f"{model}: {reason}") from error
    except (RepositoryNotFoundError, EntryNotFoundError) as error:
        raise ModelNotFound(f"{model}: not on the hub") from error
    except (HfHubHTTPError, OSError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelDownloadFailed(f"{model}: {reason}") from error
    return Weights(name=Path(file).stem, path=path, sha256=_verify(path, sha256, model))
