"""Which of the package's two networks a file of weights is, told by names and shapes alone."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import torch

from worker.errors import ModelUnknownArchitecture

Shapes = Mapping[str, tuple[int, ...]]

# Under which a .pth of Real-ESRGAN keeps its tensors; the smoothed ones first, as the package does.
_NESTS: Final = ("params_ema", "params")
_RGB: Final = 3
# conv_first's inputs: of a network that folds 2 x 2 pixels into channels first, its scale is 2.
_RRDB_SCALES: Final = {3: 4, 12: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Compact:
    """SRVGGNetCompact. convolutions: of its body, without the first and the last."""

    features: int
    convolutions: int
    scale: int

    def __str__(self) -> str:
        return f"SRVGGNetCompact {self.features}nf {self.convolutions}nc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rrdb:
    """RRDBNet. growth: channels that a convolution in a dense block adds."""

    features: int
    growth: int
    blocks: int
    scale: int

    def __str__(self) -> str:
        return f"RRDBNet {self.features}nf {self.blocks}nb"


def unwrapped(state: Mapping[str, Any]) -> dict[str, torch.Tensor]:
    """The tensors of a file, which a .pth nests. Any: whatever else the file holds is left out."""
    inner = next((state[nest] for nest in _NESTS if isinstance(state.get(nest), dict)), state)
    return {name: value for name, value in inner.items() if isinstance(value, torch.Tensor)}


def recognized(shapes: Shapes) -> Compact | Rrdb:
    """The network that has tensors of these names and shapes.

    Raises ModelUnknownArchitecture where it is neither of the two, from RGB to RGB.
    """
    try:
        return _rrdb(shapes) if "conv_first.weight" in shapes else _compact(shapes)
    except (KeyError, ValueError, IndexError) as error:
        raise ModelUnknownArchitecture(
            "ENGINE=realesrgan loads SRVGGNetCompact and RRDBNet alone, under the names of their "
            "training code; ENGINE=torch loads what spandrel knows"
        ) from error


def _compact(shapes: Shapes) -> Compact:
    """Raises KeyError, ValueError or IndexError where it is none."""
    last = max(int(name.split(".")[1]) for name in shapes if name.startswith("body."))
    features, inputs = shapes["body.0.weight"][:2]
    outputs = shapes[f"body.{last}.weight"][0]
    scale = math.isqrt(outputs // _RGB)
    # A convolution and a PReLU each; before them one of each, behind them the last convolution.
    convolutions, rest = divmod(last - 2, 2)
    if inputs != _RGB or outputs != _RGB * scale**2 or scale == 1 or rest or convolutions < 0:
        raise ValueError(outputs)
    if shapes["body.1.weight"] != (features,):
        raise ValueError(features)
    return Compact(features=features, convolutions=convolutions, scale=scale)


def _rrdb(shapes: Shapes) -> Rrdb:
    """Raises KeyError, ValueError or IndexError where it is none."""
    features, inputs = shapes["conv_first.weight"][:2]
    blocks = 1 + max(int(name.split(".")[1]) for name in shapes if name.startswith("body."))
    growth = shapes["body.0.rdb1.conv1.weight"][0]
    if shapes["conv_last.weight"][0] != _RGB:
        raise ValueError(shapes["conv_last.weight"])
    return Rrdb(features=features, growth=growth, blocks=blocks, scale=_RRDB_SCALES[inputs])
