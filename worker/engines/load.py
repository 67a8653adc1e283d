"""From an EngineSpec to a running engine."""

from worker.engines.base import Engine, EngineSpec
from worker.engines.lanczos import LanczosEngine
from worker.weights import resolve

LANCZOS = "lanczos"


def load_engine(spec: EngineSpec) -> Engine:
    """Resolves, verifies, loads and tests what `spec` names. Blocking: seconds.

    Raises ModelError's subclasses: see worker.weights.resolve and TorchEngine.
    """
    if spec.model == LANCZOS:
        return LanczosEngine()
    weights = resolve(spec.model, spec.sha256, spec.weights_dir)
    # torch takes seconds to import, and a wrong MODEL is told before that.
    from worker.engines.torch_engine import TorchEngine  # noqa: PLC0415 -- the reason above

    return TorchEngine(weights, spec.device)
