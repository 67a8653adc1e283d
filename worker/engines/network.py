"""A weights file to a network, through spandrel, without ever running a pickle's code."""

import math
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from worker.engines.architectures import (
    ImageModelDescriptor,
    ModelLoader,
    UnsupportedModelError,
)
from worker.errors import ModelUnknownArchitecture
from worker.weights import Weights

# Networks of hundreds of layers see hundreds of pixels in theory and far fewer in effect. Measured
# on board photos with RRDBNet-23 in float32: tiles differ from the whole by 0.35/255 at most with
# 64 pixels of overlap, by 1.3 with 48, by 3.3 with 32.
_FARTHEST_SIGHT: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """What spandrel says of a network, with types (spandrel ships none).

    run: float (1, 3, h, w) in [0, 1] -> (1, 3, scale h, scale w) in [0, 1], for any h, w >= 1.
    align: strips and tiles begin at multiples of it, in input pixels.
    least: a smaller side is padded to it. square: both sides must be equal.
    """

    architecture: str
    scale: int
    align: int
    supports_float16: bool
    supports_bfloat16: bool
    module: torch.nn.Module
    run: Callable[[torch.Tensor], torch.Tensor]
    least: int = 0
    square: bool = False


def load_network(weights: Weights) -> Network:
    """The network in evaluation mode on the CPU in float32.

    Raises ModelUnknownArchitecture where the file is damaged, is a pickle of more than tensors, or
    holds no network from RGB to RGB.
    """
    state = read_state(weights)
    try:
        network = ModelLoader().load_from_state_dict(state)
    except UnsupportedModelError as error:
        raise ModelUnknownArchitecture(f"{weights.name}: no architecture spandrel knows") from error
    except (RuntimeError, KeyError, ValueError, TypeError, AttributeError) as error:
        # What spandrel's detectors raise on a state dict that only half looks like a network.
        raise ModelUnknownArchitecture(f"{weights.name}: {first_line(error)}") from error
    if not isinstance(network, ImageModelDescriptor):
        raise ModelUnknownArchitecture(f"{weights.name}: needs a mask beside the picture")
    channels = (network.input_channels, network.output_channels)
    reason = unsuitable(purpose=network.purpose, channels=channels, scale=network.scale)
    if reason:
        raise ModelUnknownArchitecture(f"{weights.name}: {reason}")
    module: torch.nn.Module = network.model
    module.eval().requires_grad_(requires_grad=False)
    return Network(
        architecture=" ".join([network.architecture.name, *network.tags]),
        scale=network.scale,
        align=network.size_requirements.multiple_of,
        least=network.size_requirements.minimum,
        square=network.size_requirements.square,
        supports_float16=network.supports_half,
        supports_bfloat16=network.supports_bfloat16,
        module=module,
        run=network,
    )


def unsuitable(*, purpose: str, channels: tuple[int, int], scale: int) -> str | None:
    """Why a network that spandrel knows is none for boards; None: it is one.

    purpose: spandrel's word. channels: of input and output.
    """
    if purpose == "FaceSR":
        return "restores faces, and would invent them on boards"
    if channels != (3, 3) or scale == 1:
        return "does not upscale RGB to RGB"
    return None


def read_state(weights: Weights) -> dict[str, Any]:
    """What the file holds, tensors by name; only safetensors or torch's weights-only loader read.

    Raises ModelUnknownArchitecture where it is damaged or a pickle of more than tensors.
    """
    # Any: a .pth may nest its tensors under names; spandrel unwraps and checks them.
    try:
        if weights.path.suffix == ".safetensors":
            return dict(load_file(weights.path))
        state = torch.load(weights.path, map_location="cpu", weights_only=True)
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError, OSError) as error:
        raise ModelUnknownArchitecture(f"{weights.path.name}: {first_line(error)}") from error
    if not isinstance(state, dict):
        raise ModelUnknownArchitecture(f"{weights.path.name}: not a state dict")
    return state


def first_line(error: Exception) -> str:
    """What is wrong, without the list of all tensors that do not fit which torch adds."""
    return next(iter(str(error).splitlines()), type(error).__name__)


def sight(network: Network) -> int:
    """How far a network looks, in input pixels to each side; at most _FARTHEST_SIGHT.

    Exact for chains of convolutions at the input's resolution (SRVGGNetCompact), otherwise the sum
    over all convolutions is an upper bound and the measured farthest sight takes its place.
    """
    reach = 0
    for module in network.module.modules():
        if isinstance(module, torch.nn.Conv2d):
            kernel, dilation = module.kernel_size[0], module.dilation[0]
            reach += math.ceil((kernel - 1) * dilation / 2)
    return min(reach, _FARTHEST_SIGHT) if reach else _FARTHEST_SIGHT


class Layers:
    """Follows forward passes layer by layer: how much is done, how large activations become.

    done: floating-point operations since `restart`. widest: most values that one layer gave.
    """

    def __init__(self) -> None:
        self.done = 0.0
        self.widest = 0
        self._heard: Callable[[float], None] | None = None

    def watch(self, network: Network) -> None:
        """Counts from now on, at every convolution of `network`."""
        for module in network.module.modules():
            if isinstance(module, torch.nn.Conv2d):
                module.register_forward_hook(self._count)

    def restart(self, heard: Callable[[float], None] | None) -> None:
        """Counts from 0 again; `heard` is told `done` after each convolution."""
        self.done = 0.0
        self._heard = heard

    def _count(
        self, module: torch.nn.Module, _inputs: tuple[torch.Tensor, ...], output: torch.Tensor
    ) -> None:
        if isinstance(module, torch.nn.Conv2d):
            self.done += 2.0 * output.numel() * module.weight[0].numel()
        self.widest = max(self.widest, output.numel())
        if self._heard is not None:
            self._heard(self.done)
