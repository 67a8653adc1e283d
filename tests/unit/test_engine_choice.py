"""Which engine makes the boards of which quality."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.settings import Settings
from core.values import Quality
from worker.child import engine_specs
from worker.engines.base import EngineSpec
from worker.engines.load import load_engines
from worker.errors import ModelHashMismatch, ModelNotFound

HASH, OTHER_HASH = "a" * 64, "b" * 64
PINNED_FILE = {"model": "own.pth", "model_sha256": HASH, "model_fast": "own.pth"}


def interpolation(folder: Path) -> EngineSpec:
    return EngineSpec(model="bicubic", sha256="", weights_dir=folder, device="cpu")


@pytest.mark.parametrize(
    ("given", "is_one"),
    [
        ({}, False),
        ({"model": "x4plus", "model_fast": "realesr-animevideov3"}, False),
        ({"model": "bicubic"}, True),
        (PINNED_FILE, True),
        (PINNED_FILE | {"model_fast_sha256": OTHER_HASH}, False),
    ],
)
def test_fast_and_best_boards_share_an_engine_where_both_settings_name_it(
    given: dict[str, str],
    is_one: bool,  # noqa: FBT001 -- a parameter of pytest's
) -> None:
    specs = engine_specs(Settings(_env_file=None, **given))  # type: ignore[arg-type]  # all are str
    assert (specs[Quality.FAST] == specs[Quality.BEST]) == is_one
    assert specs[Quality.FAST].model == given.get("model_fast", "bicubic")


def test_an_engine_that_both_qualities_name_is_loaded_once(tmp_path: Path) -> None:
    spec = interpolation(tmp_path)
    shared = load_engines({Quality.BEST: spec, Quality.FAST: replace(spec)})
    assert shared[Quality.FAST] is shared[Quality.BEST]
    apart = load_engines({Quality.BEST: spec, Quality.FAST: replace(spec, sha256=HASH)})
    assert apart[Quality.FAST] is not apart[Quality.BEST]


def test_a_fault_of_the_fast_engine_names_its_setting_and_keeps_its_kind(tmp_path: Path) -> None:
    spec = interpolation(tmp_path)
    missing = replace(spec, model="no-such-model")
    with pytest.raises(ModelNotFound, match=r"^MODEL_FAST: no model 'no-such-model'"):
        load_engines({Quality.BEST: spec, Quality.FAST: missing})
    with pytest.raises(ModelNotFound, match=r"^no model 'no-such-model'"):
        load_engines({Quality.BEST: missing, Quality.FAST: spec})
    (tmp_path / "own.pth").write_bytes(b"weights")
    other = replace(spec, model=str(tmp_path / "own.pth"), sha256=HASH)
    with pytest.raises(ModelHashMismatch) as caught:
        load_engines({Quality.BEST: spec, Quality.FAST: other})
    assert caught.value.context["expected"] == HASH
