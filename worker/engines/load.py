"""From an EngineSpec to a running engine, and the engines of a worker: one a quality."""

from collections.abc import Mapping

from core.values import Quality
from worker.engines.base import REALESRGAN, Engine, EngineSpec
from worker.engines.interpolation import Interpolation
from worker.errors import ModelError
from worker.weights import resolve

BICUBIC = "bicubic"


def load_engines(specs: Mapping[Quality, EngineSpec]) -> dict[Quality, Engine]:
    """An engine for each quality; where two specs are equal, one engine serves both.

    Raises what load_engine raises; a fault of the fast engine names its setting.
    """
    loaded: dict[EngineSpec, Engine] = {}
    for quality, spec in specs.items():
        if spec in loaded:
            continue
        try:
            loaded[spec] = load_engine(spec)
        except ModelError as error:
            if quality is Quality.BEST:
                raise
            # Whoever reads the one line looks at MODEL otherwise.
            raise type(error)(f"MODEL_FAST: {error.detail}", **error.context) from error
    return {quality: loaded[spec] for quality, spec in specs.items()}


def load_engine(spec: EngineSpec) -> Engine:
    """Resolves, verifies, loads and tests what `spec` names. Blocking: seconds.

    Raises ModelError's subclasses: see worker.weights.resolve, TorchEngine and ReferenceEngine.
    """
    if spec.model == BICUBIC:
        return Interpolation()
    weights = resolve(spec.model, spec.sha256, spec.weights_dir)
    # torch takes seconds to import, and a wrong MODEL is told before that.
    if spec.engine == REALESRGAN:
        from worker.engines.reference import ReferenceEngine  # noqa: PLC0415 -- the reason above

        return ReferenceEngine(weights, spec.device)
    from worker.engines.torch_engine import TorchEngine  # noqa: PLC0415 -- the reason above

    return TorchEngine(weights, spec.device)
