"""worker.engines: one suite for every engine, and what is special to networks."""

import importlib.util
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from tests.networks import own_weights, random_rrdb
from tests.upscaling import upscaled
from worker.cores import has_fast_bfloat16, usable_cores
from worker.engines.base import REALESRGAN, Engine, EngineSpec, Pixels
from worker.engines.interpolation import Interpolation
from worker.engines.load import load_engine
from worker.engines.network import load_network, sight
from worker.engines.reference import ReferenceEngine
from worker.engines.torch_engine import TorchEngine, choose_device
from worker.errors import DeviceUnavailable, ModelUnknownArchitecture, RenderFailed
from worker.ncnn import convert
from worker.releases import BUNDLED
from worker.weights import Weights, resolve

Floats = NDArray[np.float64]


def board(width: int = 96, height: int = 72) -> Pixels:
    """A whiteboard with strokes, frame and a red line: smooth ground, sharp edges."""
    picture = Image.new("RGB", (width * 4, height * 4), (226, 228, 222))
    draw = ImageDraw.Draw(picture)
    for x in range(20, width * 4 - 40, 36):
        draw.line((x, 40, x + 22, height * 3), fill=(30, 34, 60), width=7)
    draw.ellipse((60, 60, width * 3, height * 3), outline=(200, 30, 40), width=6)
    return np.asarray(picture.resize((width, height), Image.Resampling.BOX), dtype=np.uint8)


def psnr(one: Pixels, other: Pixels) -> float:
    """Peak signal-to-noise ratio in dB of 8-bit pixels."""
    error = float(np.mean((one.astype(np.float64) - other.astype(np.float64)) ** 2))
    return 10 * float(np.log10(255.0**2 / max(error, 1e-9)))


def bicubic(rgb: Pixels, scale: int) -> Pixels:
    size = (rgb.shape[1] * scale, rgb.shape[0] * scale)
    picture = Image.fromarray(rgb).resize(size, Image.Resampling.BICUBIC)
    return np.asarray(picture, dtype=np.uint8)


@pytest.fixture(scope="module")
def weights_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("weights")


@pytest.fixture(scope="module")
def default(weights_dir: Path) -> Weights:
    return resolve("realesr-animevideov3", "", weights_dir)


@pytest.fixture(scope="module")
def compact(default: Weights) -> TorchEngine:
    return TorchEngine(default, "cpu")


@pytest.fixture(scope="module", params=["bicubic", "compact", "rrdb x4", "rrdb x2", "reference"])
def engine(
    request: pytest.FixtureRequest, compact: TorchEngine, default: Weights, weights_dir: Path
) -> Engine:
    match request.param:
        case "bicubic":
            return Interpolation()
        case "compact":
            return compact
        case "rrdb x4":
            return TorchEngine(own_weights(weights_dir, random_rrdb(), "x4"), "cpu")
        case "reference":
            if importlib.util.find_spec(REALESRGAN) is None:
                pytest.skip("the package realesrgan is not installed")
            return ReferenceEngine(default, "cpu")
        case _:
            return TorchEngine(own_weights(weights_dir, random_rrdb(2), "x2"), "cpu")


# --- every engine ---------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (2, 3), (17, 31), (16, 500)])
def test_any_size_is_upscaled_by_the_scale(engine: Engine, size: tuple[int, int]) -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (*size, 3), dtype=np.uint8)
    result = upscaled(engine, rgb)
    assert result.dtype == np.uint8
    assert result.shape == (size[0] * engine.scale, size[1] * engine.scale, 3)


def test_progress_rises_to_one(engine: Engine) -> None:
    told: list[float] = []
    upscaled(engine, board(), told.append)
    assert told[-1] == 1.0
    assert all(0 <= before <= after for before, after in pairwise(told))


@pytest.mark.parametrize("from_row", [1, 30, 41, 71])
def test_a_picture_goes_on_from_a_row_as_if_it_had_never_stopped(
    engine: Engine, from_row: int
) -> None:
    told: list[float] = []
    rest = upscaled(engine, board(), told.append, from_row=from_row)
    whole = upscaled(engine, board())[from_row * engine.scale :]
    assert rest.shape == whole.shape
    # Short numbers may round another way where a strip begins elsewhere.
    assert np.abs(rest.astype(int) - whole).max() <= 1
    assert told[-1] == 1.0


def test_the_input_stays_as_it_was_and_may_be_read_only(engine: Engine) -> None:
    rgb = board()
    rgb.setflags(write=False)
    before = rgb.copy()
    upscaled(engine, rgb)
    assert np.array_equal(rgb, before)


def test_the_same_input_gives_the_same_output(engine: Engine) -> None:
    first = upscaled(engine, board())
    assert np.array_equal(first, upscaled(engine, board()))


def test_an_engine_describes_itself_and_estimates_more_for_more(engine: Engine) -> None:
    described = engine.describe()
    assert described.scale == engine.scale
    assert described.model == engine.name
    assert str(described).startswith(f"{engine.name} x{engine.scale} ")
    assert 0 < engine.seconds_for(100, 100) < engine.seconds_for(1000, 1000)


# --- networks -------------------------------------------------------------------------------------


def test_the_default_network_stays_close_to_the_picture_it_enlarges(compact: TorchEngine) -> None:
    # 23.5 dB on this board; two layers swapped or one channel order wrong gives under 15.
    rgb = board()
    assert psnr(upscaled(compact, rgb), bicubic(rgb, 4)) > 21


def test_overlap_is_what_a_chain_of_convolutions_sees(default: Weights, tmp_path: Path) -> None:
    assert sight(load_network(default)) == 18  # eighteen 3x3 convolutions
    assert sight(load_network(own_weights(tmp_path, random_rrdb()))) == 36


def test_tiles_equal_the_whole_within_one_level_in_float32(default: Weights) -> None:
    rgb = np.random.default_rng(2).integers(0, 256, (90, 130, 3), dtype=np.uint8)
    whole = TorchEngine(default, "cpu", dtype=torch.float32)
    tiled = TorchEngine(default, "cpu", dtype=torch.float32, most_tile_pixels=6_000)
    one, other = (upscaled(each, rgb).astype(int) for each in (whole, tiled))
    assert np.abs(one - other).max() <= 1


def test_tiles_of_a_network_that_folds_pixels_begin_where_it_folds(tmp_path: Path) -> None:
    rgb = np.random.default_rng(2).integers(0, 256, (101, 150, 3), dtype=np.uint8)
    weights = own_weights(tmp_path, random_rrdb(2))
    whole = TorchEngine(weights, "cpu", dtype=torch.float32)
    tiled = TorchEngine(weights, "cpu", dtype=torch.float32, most_tile_pixels=12_000)
    one, other = (upscaled(each, rgb).astype(int) for each in (whole, tiled))
    assert np.abs(one - other).max() <= 1


def test_short_numbers_stay_close_to_float32(default: Weights) -> None:
    exact = upscaled(TorchEngine(default, "cpu", dtype=torch.float32), board())
    short = upscaled(TorchEngine(default, "cpu", dtype=torch.bfloat16), board())
    assert psnr(exact, short) > 45


@pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA device")
def test_cuda_agrees_with_the_cpu(default: Weights) -> None:
    on_cuda = TorchEngine(default, "cuda")
    exact = upscaled(TorchEngine(default, "cpu", dtype=torch.float32), board())
    assert psnr(exact, upscaled(on_cuda, board())) > 45


def test_the_operations_of_the_default_network_are_counted(compact: TorchEngine) -> None:
    # 2 x 9 x (3x64 + 16x64x64 + 64x48), by hand.
    assert compact.flop_per_pixel == 2 * 9 * (3 * 64 + 16 * 64 * 64 + 64 * 48)


def test_a_network_that_gives_no_numbers_is_refused_at_start(tmp_path: Path) -> None:
    state = random_rrdb()
    state["conv_last.bias"][0] = float("nan")
    with pytest.raises(ModelUnknownArchitecture, match="no numbers"):
        TorchEngine(own_weights(tmp_path, state), "cpu")


def test_a_network_that_overflows_later_fails_that_picture_only(tmp_path: Path) -> None:
    # Nine white pixels of three channels drive the first layer over float32's range (27 x 1.5e37);
    # the self-test's noise stays at half of that. Infinities of both signs then meet.
    torch.manual_seed(1)
    state = {
        "body.0.weight": torch.full((4, 3, 3, 3), 1.5e37),
        "body.0.bias": torch.zeros(4),
        "body.1.weight": torch.ones(4),
        "body.2.weight": torch.randn(4, 4, 3, 3) * 1e-38,
        "body.2.bias": torch.zeros(4),
        "body.3.weight": torch.ones(4),
        "body.4.weight": torch.randn(48, 4, 3, 3) * 0.01,
        "body.4.bias": torch.zeros(48),
    }
    engine = TorchEngine(own_weights(tmp_path, state), "cpu", dtype=torch.float32)
    with pytest.raises(RenderFailed, match="no numbers"):
        upscaled(engine, np.full((64, 64, 3), 255, dtype=np.uint8))
    assert upscaled(engine, board() // 2).shape == (288, 384, 3)


def test_a_device_that_is_not_there_is_told() -> None:
    with pytest.raises(DeviceUnavailable):
        choose_device("cuda:63")


def test_an_interpolation_is_loaded_without_weights(tmp_path: Path) -> None:
    spec = EngineSpec(model="bicubic", sha256="", weights_dir=tmp_path, device="auto")
    assert load_engine(spec).name == "bicubic"
    assert list(tmp_path.iterdir()) == []


# --- the converter against an evaluation of the ncnn graph itself ---------------------------------


def run_ncnn_graph(  # noqa: C901, PLR0912 -- one case for each kind of layer
    param: str, content: bytes, picture: torch.Tensor
) -> torch.Tensor:
    """Evaluates a .param and .bin blob by blob, knowing layer kinds and nothing of the networks."""
    at = 0
    blobs: dict[str, torch.Tensor] = {"data": picture}

    def take(dtype: str, count: int) -> torch.Tensor:
        nonlocal at
        values = np.frombuffer(content, dtype, count, at).astype(np.float32)
        at += -(-values.size * np.dtype(dtype).itemsize // 4) * 4
        return torch.from_numpy(values)

    for line in param.splitlines()[2:]:
        kind, _, inputs, outputs, *rest = line.split()
        names, results = rest[: int(inputs)], rest[int(inputs) :][: int(outputs)]
        numbers = dict(pair.split("=") for pair in rest[int(inputs) + int(outputs) :])
        values = [blobs[name] for name in names]
        match kind:
            case "Input":
                continue
            case "Split":
                result = values[0]
            case "Convolution":
                channels, count = int(numbers["0"]), int(numbers["6"])
                half = int(take("<u4", 1).item()) != 0
                weight = take("<f2" if half else "<f4", count).reshape(channels, -1, 3, 3)
                bias = take("<f4", channels)
                result = torch.nn.functional.conv2d(values[0], weight, bias, padding=1)
                if numbers.get("9") == "2":
                    slope = float(numbers["-23310"].split(",")[1])
                    result = torch.nn.functional.leaky_relu(result, slope)
            case "PReLU":
                result = torch.nn.functional.prelu(values[0], take("<f4", int(numbers["0"])))
            case "Concat":
                result = torch.cat(values, dim=1)
            case "Eltwise":
                factors = [float(factor) for factor in numbers["-23301"].split(",")[1:]]
                result = sum(
                    (factor * value for factor, value in zip(factors, values, strict=True)),
                    torch.zeros(()),
                )
            case "BinaryOp":
                result = values[0] + values[1]
            case "PixelShuffle":
                result = torch.nn.functional.pixel_shuffle(values[0], int(numbers["0"]))
            case "Interp":
                result = torch.nn.functional.interpolate(
                    values[0], scale_factor=float(numbers["1"]), mode="nearest"
                )
            case _:
                raise AssertionError(kind)
        for name in results:
            blobs[name] = result
    assert at == len(content)
    return blobs["output"]


@pytest.mark.parametrize("name", ["realesr-animevideov3", "x4plus-anime", "x4plus"])
def test_a_converted_network_gives_what_its_ncnn_graph_gives(name: str) -> None:
    import spandrel  # noqa: PLC0415 -- a second of imports that only this test needs here

    bundled = BUNDLED[name]
    package = pytest.importorskip(bundled.package)
    stem = Path(package.__file__).parent / bundled.folder / bundled.stem
    param = stem.with_suffix(".param").read_text()
    content = stem.with_suffix(".bin").read_bytes()
    picture = torch.tensor(board(40, 30)).permute(2, 0, 1)[None].float() / 255
    state = {key: torch.from_numpy(array) for key, array in convert(param, content).items()}
    network = spandrel.ModelLoader().load_from_state_dict(state).model.eval()
    with torch.inference_mode():
        expected = run_ncnn_graph(param, content, picture)
        actual = network(picture)
    assert actual.shape == (1, 3, 120, 160)
    # Rounding in another order gives 1e-6; one wrong layer gives 0.1 and more.
    assert float((actual - expected).abs().max()) < 1e-4


# --- the machine ----------------------------------------------------------------------------------


def test_a_containers_quota_bounds_the_cores(tmp_path: Path) -> None:
    free = usable_cores(tmp_path)
    assert free >= 1
    (tmp_path / "cpu.max").write_text("100000 100000\n")
    assert usable_cores(tmp_path) == 1
    (tmp_path / "cpu.max").write_text("50000 100000\n")
    assert usable_cores(tmp_path) == 1
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert usable_cores(tmp_path) == free


def test_the_older_quota_files_are_read_too(tmp_path: Path) -> None:
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu/cpu.cfs_quota_us").write_text("100000")
    (tmp_path / "cpu/cpu.cfs_period_us").write_text("100000")
    assert usable_cores(tmp_path) == 1


@pytest.mark.parametrize(
    ("flags", "fast"),
    [("fpu avx512_bf16 avx2", True), ("fpu amx_bf16", True), ("fpu avx2 avx512f", False)],
)
def test_bfloat16_is_fast_where_the_processor_says_so(
    flags: str,
    fast: bool,  # noqa: FBT001 -- a parameter of pytest's
    tmp_path: Path,
) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"processor : 0\nflags\t\t: {flags}\n")
    assert has_fast_bfloat16(cpuinfo) is fast
    assert has_fast_bfloat16(tmp_path / "missing") is False
