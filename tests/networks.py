"""Files of small networks with random weights, as somebody's own model would be."""

import math
from itertools import product
from pathlib import Path

import torch
from safetensors.torch import save_file

from worker.weights import Weights


def random_rrdb(unshuffle: int = 1) -> dict[str, torch.Tensor]:
    """The tensors of a small RRDBNet with two blocks, under the names of its training code."""
    torch.manual_seed(3)
    features, growth = 16, 32  # spandrel knows no other growth
    state: dict[str, torch.Tensor] = {}

    def add(name: str, outputs: int, inputs: int) -> None:
        state[f"{name}.weight"] = torch.randn(outputs, inputs, 3, 3) * 0.03
        state[f"{name}.bias"] = torch.randn(outputs) * 0.02

    add("conv_first", features, 3 * unshuffle**2)
    for block, dense, number in product(range(2), range(1, 4), range(1, 6)):
        outputs = features if number == 5 else growth
        add(f"body.{block}.rdb{dense}.conv{number}", outputs, features + growth * (number - 1))
    for name in ("conv_body", "conv_up1", "conv_up2", "conv_hr"):
        add(name, features, features)
    add("conv_last", 3, features)
    state["conv_last.bias"] += 0.5
    return state


def random_compact(convolutions: int = 3, *, features: int = 16) -> dict[str, torch.Tensor]:
    """The tensors of a SRVGGNetCompact x4, under the names of its training code."""
    torch.manual_seed(5)
    # Values neither fade nor grow from layer to layer (He et al. 2015).
    spread = math.sqrt(2 / (9 * features))
    state: dict[str, torch.Tensor] = {}
    for number in range(convolutions + 1):
        inputs = features if number else 3
        state[f"body.{2 * number}.weight"] = torch.randn(features, inputs, 3, 3) * spread
        state[f"body.{2 * number}.bias"] = torch.randn(features) * 0.02
        state[f"body.{2 * number + 1}.weight"] = torch.rand(features) * 0.5
    state[f"body.{2 * convolutions + 2}.weight"] = torch.randn(48, features, 3, 3) * spread / 2
    state[f"body.{2 * convolutions + 2}.bias"] = torch.zeros(48)
    return state


def own_weights(folder: Path, state: dict[str, torch.Tensor], name: str = "own") -> Weights:
    path = folder / f"{name}.safetensors"
    save_file(state, path)
    return Weights(name=name, path=path, sha256="")
