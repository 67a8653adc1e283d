"""`python -m worker upscale`, run as people run it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.pictures import encoded, photo
from tests.written_boards import Scene, drawn
from worker.__main__ import main
from worker.files import Job, find, plan, write_atomically
from worker.progress import ProgressLine

ROOT = Path(__file__).parents[2]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "MODEL": "bicubic",
        "WEIGHTS_DIR": str(tmp_path / "weights"),
    }


def upscale(
    environment: dict[str, str], tmp_path: Path, *arguments: str
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "worker", "upscale", *arguments],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_pictures_and_folders_are_upscaled_and_bad_ones_told(
    environment: dict[str, str], tmp_path: Path
) -> None:
    lecture = tmp_path / "lecture"
    (lecture / "week 2").mkdir(parents=True)
    (lecture / "a.jpg").write_bytes(photo(1, size=(40, 30)))
    (lecture / "week 2" / "b.JPG").write_bytes(photo(2, size=(40, 30)))
    (lecture / "notes.txt").write_text("no picture")
    (tmp_path / "bad.jpg").write_text("text named .jpg")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    done = upscale(environment, tmp_path, "lecture", "bad.jpg", "gone.jpg", "-o", "out")

    assert done.returncode == 1
    out = tmp_path / "out"
    written = {path for path in out.rglob("*") if path.is_file()}
    assert written == {out / "a.jpg", out / "week 2" / "b.jpg"}
    for path in written:
        with Image.open(path) as picture:
            assert (picture.format, picture.size) == ("JPEG", (160, 120))
    lines = done.stderr.splitlines()
    assert len(lines) == 4
    assert [line for line in lines if line.startswith("bad.jpg: unknown format")]
    assert [line for line in lines if line.startswith("gone.jpg: No such file")]
    assert done.stdout == ""
    assert all(path.read_bytes() == content for path, content in before.items())


def test_results_that_exist_are_kept_unless_told_otherwise(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "a.jpg").write_bytes(photo(size=(40, 30)))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.png").write_text("mine")
    kept = upscale(environment, tmp_path, "a.jpg", "-o", "out", "--format", "png")
    assert kept.returncode == 0
    assert "kept" in kept.stderr
    assert (tmp_path / "out" / "a.png").read_text() == "mine"
    replaced = upscale(
        environment, tmp_path, "a.jpg", "-o", "out", "--format", "png", "--overwrite"
    )
    assert replaced.returncode == 0
    with Image.open(tmp_path / "out" / "a.png") as picture:
        assert (picture.format, picture.size) == ("PNG", (160, 120))


def test_the_clean_view_needs_no_model_and_is_even_and_white(
    environment: dict[str, str], tmp_path: Path
) -> None:
    scene = Scene(size=(320, 240), light=(0.9, 0.5), tint=(1.0, 0.9, 0.8), font_size=16)
    (tmp_path / "a.jpg").write_bytes(encoded(Image.fromarray(drawn(scene))))
    environment |= {"MODEL": "no-such-model"}
    arguments = ("a.jpg", "-o", "out", "--view", "clean", "--format", "png")
    done = upscale(environment, tmp_path, *arguments)
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / "out" / "a.png") as picture:
        assert picture.size == (1280, 960)
        top = np.asarray(picture)[40:200].mean(axis=(0, 2))
    assert top.min() > 235
    with Image.open(tmp_path / "a.jpg") as photo:
        assert np.asarray(photo)[10:50].mean(axis=(0, 2)).min() < 140


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["a.jpg"], "required: -o"),
        (["a.jpg", "-o", "out", "--model", "no-such-model"], "no model 'no-such-model'"),
        (["a.jpg", "-o", "out", "--device", "tpu"], "device"),
        (["a.jpg", "-o", "out", "--view", "cleaner"], "invalid choice"),
        (
            ["a.jpg", "-o", "out", "--view", "clean", "--model", "x4plus"],
            "--view clean uses no model",
        ),
        (["a.jpg", "-o", "out", "--model", "own.pth", "--sha256", "abc"], "model_sha256"),
    ],
)
def test_what_cannot_start_exits_with_2_and_one_reason(
    arguments: list[str], why: str, environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "a.jpg").write_bytes(photo(size=(40, 30)))
    done = upscale(environment, tmp_path, *arguments)
    assert done.returncode == 2
    assert why in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_ctrl_c_ends_at_once_and_leaves_no_half_result(
    environment: dict[str, str], tmp_path: Path
) -> None:
    for number in range(200):
        (tmp_path / f"{number:03}.jpg").write_bytes(photo(size=(700, 500)))
    running = subprocess.Popen(
        [sys.executable, "-m", "worker", "upscale", str(tmp_path), "-o", "out"],
        cwd=tmp_path,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stderr is not None
    assert "->" in running.stderr.readline()
    running.send_signal(signal.SIGINT)
    _, told = running.communicate(timeout=30)
    assert running.returncode == 130
    assert "Traceback" not in told
    results = list((tmp_path / "out").iterdir())
    assert 0 < len(results) < 200
    for path in results:
        with Image.open(path) as picture:
            picture.load()


def test_no_command_line_word_but_upscale_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["downscale"])
    assert left.value.code == 2
    assert "invalid choice" in capsys.readouterr().err


def test_no_result_takes_the_place_of_a_source_or_of_another_result(tmp_path: Path) -> None:
    for name in ("a.jpg", "a.png", "a.heic"):
        (tmp_path / name).touch()
    jobs = plan(find([tmp_path], tmp_path / "out"), tmp_path, ".jpg")
    assert [(job.source.name, job.target.name) for job in jobs] == [
        ("a.heic", "a.heic.jpg"),
        ("a.jpg", "a.jpg.jpg"),
        ("a.png", "a.png.jpg"),
    ]


def test_a_file_named_twice_is_done_once(tmp_path: Path) -> None:
    source = tmp_path / "a.png"
    source.touch()
    found = find([source, tmp_path, tmp_path / "." / "a.png"], tmp_path / "out")
    assert plan(found, tmp_path / "out", ".jpg") == (Job(source, tmp_path / "out" / "a.jpg"),)


def test_the_output_folder_and_hidden_files_are_not_read(tmp_path: Path) -> None:
    for name in ("out/a.jpg", ".cache/b.jpg", ".c.jpg", "d.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = find([tmp_path], tmp_path / "out")
    assert [str(place) for _, place in found] == ["d.jpg"]


def test_a_result_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_atomically(tmp_path / "a.jpg", b"content")
    assert [path.name for path in tmp_path.iterdir()] == ["a.jpg"]


def test_the_progress_line_is_silent_off_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    line = ProgressLine(sys.stderr)
    line.show("a.jpg", "upscale", 0.5)
    line.clear()
    assert capsys.readouterr().err == ""
