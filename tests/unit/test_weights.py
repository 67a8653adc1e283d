"""worker.weights, worker.ncnn, worker.download: what MODEL names, verified before it is loaded."""

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from worker.errors import (
    ModelDownloadFailed,
    ModelFolderUnwritable,
    ModelHashMismatch,
    ModelNotFound,
    ModelUnknownArchitecture,
)
from worker.ncnn import convert, read_param
from worker.releases import BUNDLED, DOWNLOADS, Download
from worker.weights import file_sha256, resolve

CONTENT = bytes(range(256)) * 40


class _Releases(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/missing.pth":
            self.send_error(404)
            return
        self.send_response(200)
        promised = len(CONTENT) + (100 if self.path == "/cut.pth" else 0)
        self.send_header("Content-Length", str(promised))
        self.end_headers()
        self.wfile.write(CONTENT)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Releases)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def _release(url: str, *, sha256: str | None = None, most_bytes: int = 100_000) -> Download:
    right = hashlib.sha256(CONTENT).hexdigest()
    return Download(url=url, sha256=sha256 or right, most_bytes=most_bytes)


def test_the_default_model_is_converted_once_out_of_its_wheel(tmp_path: Path) -> None:
    first = resolve("realesr-animevideov3", "", tmp_path)
    written = first.path.stat().st_mtime_ns
    again = resolve("realesr-animevideov3", "", tmp_path)
    assert again == first
    assert again.path.stat().st_mtime_ns == written
    assert [path.name for path in tmp_path.iterdir()] == ["realesr-animevideov3.safetensors"]


@pytest.mark.parametrize("damage", [b"", b"\x08\x00\x00\x00\x00\x00\x00\x00{}", b"cut"])
def test_a_converted_file_that_was_damaged_is_made_again(tmp_path: Path, damage: bytes) -> None:
    weights = resolve("realesr-animevideov3", "", tmp_path)
    whole = load_file(weights.path)
    weights.path.write_bytes(damage)
    resolve("realesr-animevideov3", "", tmp_path)
    assert load_file(weights.path).keys() == whole.keys()


def test_a_converted_file_with_one_changed_number_is_made_again(tmp_path: Path) -> None:
    weights = resolve("realesr-animevideov3", "", tmp_path)
    content = bytearray(weights.path.read_bytes())
    content[-1] ^= 1
    weights.path.write_bytes(content)
    resolve("realesr-animevideov3", "", tmp_path)
    assert weights.path.read_bytes()[-1] == content[-1] ^ 1


def test_a_wheel_with_other_weights_is_refused(tmp_path: Path) -> None:
    changed = replace(BUNDLED["realesr-animevideov3"], bin_sha256="0" * 64)
    with pytest.raises(ModelHashMismatch):
        resolve("x", "", tmp_path, bundled={"x": changed})
    assert list(tmp_path.iterdir()) == []


def test_a_wheel_that_is_not_installed_is_told(tmp_path: Path) -> None:
    absent = replace(BUNDLED["realesr-animevideov3"], package="no_such_package_anywhere")
    with pytest.raises(ModelNotFound, match="not installed"):
        resolve("x", "", tmp_path, bundled={"x": absent})


def test_a_weights_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ModelFolderUnwritable):
        resolve("realesr-animevideov3", "", tmp_path / "file" / "weights")


def test_the_default_network_has_the_size_that_is_published(tmp_path: Path) -> None:
    arrays = load_file(resolve("realesr-animevideov3", "", tmp_path).path)
    # SRVGGNetCompact, 64 features, 16 convolutions between the first and the last, 4x.
    assert sum(array.size for array in arrays.values()) == 621_424
    assert sum(array.ndim == 4 for array in arrays.values()) == 18


def test_a_file_by_its_path_may_be_pinned_to_a_hash(tmp_path: Path) -> None:
    path = tmp_path / "own.safetensors"
    save_file({"a": np.zeros(3, dtype=np.float32)}, path)
    right = file_sha256(path)
    assert resolve(str(path), "", tmp_path).sha256 == right
    assert resolve(str(path), right, tmp_path).name == "own"
    with pytest.raises(ModelHashMismatch) as caught:
        resolve(str(path), "f" * 64, tmp_path)
    assert caught.value.context == {"expected": "f" * 64, "actual": right}


@pytest.mark.parametrize(
    "model", ["no-such-model", "missing.pth", "hf:owner/file.pth", "hf:owner/repo/model.ckpt", ""]
)
def test_what_names_nothing_is_not_found(model: str, tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound):
        resolve(model, "", tmp_path)


def test_asking_another_hash_of_a_named_release_is_refused_before_any_download(
    tmp_path: Path,
) -> None:
    for name in (*BUNDLED, *DOWNLOADS):
        with pytest.raises(ModelHashMismatch):
            resolve(name, "0" * 64, tmp_path)


def test_a_release_is_fetched_verified_and_kept(site: str, tmp_path: Path) -> None:
    weights = resolve("r", "", tmp_path, downloads={"r": _release(f"{site}/r.pth")})
    assert weights.path.read_bytes() == CONTENT
    unreachable = {"r": _release("http://127.0.0.1:9/r.pth")}
    assert resolve("r", "", tmp_path, downloads=unreachable) == weights


def test_a_kept_release_that_rotted_is_fetched_again(site: str, tmp_path: Path) -> None:
    (tmp_path / "r.pth").write_bytes(b"rotten")
    weights = resolve("r", "", tmp_path, downloads={"r": _release(f"{site}/r.pth")})
    assert weights.path.read_bytes() == CONTENT


def test_a_release_with_a_wrong_hash_leaves_nothing_behind(site: str, tmp_path: Path) -> None:
    with pytest.raises(ModelHashMismatch):
        resolve("r", "", tmp_path, downloads={"r": _release(f"{site}/r.pth", sha256="0" * 64)})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "release",
    ["/missing.pth", "/cut.pth", "too large", "nobody there"],
)
def test_a_download_that_fails_is_told_and_leaves_nothing(
    release: str, site: str, tmp_path: Path
) -> None:
    broken = {
        "too large": _release(f"{site}/r.pth", most_bytes=1000),
        "nobody there": _release("http://127.0.0.1:9/r.pth"),
    }
    download = broken.get(release) or _release(f"{site}{release}")
    with pytest.raises(ModelDownloadFailed):
        resolve("r", "", tmp_path, downloads={"r": download})
    assert list(tmp_path.iterdir()) == []


def test_official_releases_come_from_the_projects_own_site() -> None:
    for download in DOWNLOADS.values():
        assert download.url.startswith("https://github.com/xinntao/Real-ESRGAN/releases/download/")
        assert len(download.sha256) == 64


PARAM = """7767517
3 3
Input data 0 1 data
Convolution c0 1 1 data a 0=2 1=1 5=1 6=6
PReLU p0 1 1 a b 0=2
"""


def test_ncnn_weights_are_read_with_their_flag_and_padding() -> None:
    weight = np.array([1, 2, 3, 4, 5, 6], dtype="<f2")
    content = (
        (0x01306B47).to_bytes(4, "little")
        + weight.tobytes()
        + np.array([7, 8], dtype="<f4").tobytes()
        + np.array([0.25, 0.5], dtype="<f4").tobytes()
    )
    tail = "Convolution c1 1 1 b c 0=1 1=1 5=0 6=2\n"
    more = content + (0).to_bytes(4, "little") + np.array([9, 10], dtype="<f4").tobytes()
    state = convert(PARAM.replace("3 3", "4 4") + tail, more)
    assert state["body.0.weight"].reshape(2, 3).tolist() == [[1, 2, 3], [4, 5, 6]]
    assert state["body.0.bias"].tolist() == [7, 8]
    assert state["body.1.weight"].tolist() == [0.25, 0.5]
    assert state["body.2.weight"].ravel().tolist() == [9, 10]
    assert "body.2.bias" not in state


@pytest.mark.parametrize(
    ("param", "content"),
    [
        ("", b""),
        ("hello\n1 1\n", b""),
        (PARAM.replace("3 3", "9 9"), b""),
        (PARAM, b"\x00\x00\x00\x00"),
        (PARAM, b"\x01\x00\x00\x00" + bytes(64)),
        (PARAM, bytes(4 + 24 + 8 + 8 + 4)),
        (PARAM.replace("0=2 1=1", "0=0 1=0"), bytes(100)),
        (PARAM, bytes(4 + 24 + 8 + 8)),  # ends on a PReLU: no such network
    ],
)
def test_damaged_or_foreign_ncnn_files_are_an_unknown_architecture(
    param: str, content: bytes
) -> None:
    with pytest.raises(ModelUnknownArchitecture):
        convert(param, content)


def test_a_param_file_lists_its_layers_in_order() -> None:
    assert [layer.kind for layer in read_param(PARAM)] == ["Input", "Convolution", "PReLU"]
