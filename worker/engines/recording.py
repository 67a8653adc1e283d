"""What a network does to a picture, step by step, recorded from one real pass.

Recording what torch is asked to do, and not the modules, covers every architecture that is made of
the operations below, however its code looks; all others are told apart at once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode

# Tensors in, and whether the first of them may be overwritten; the result out.
Run = Callable[[Sequence[torch.Tensor], bool], torch.Tensor]
_ONE: Final = Fraction(1)
_RANK: Final = 4  # of a picture: (1, channels, rows, columns)


class NotInStrips(Exception):
    """A network that cannot be computed strip by strip; its argument says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One operation. inputs: numbers of values; 0 is the picture, n + 1 what step n gives.

    run: None joins the inputs' channels.
    reach: rows that an output row sees of its input above and below its own.
    rate: rows of the output per row of the input; the same for columns.
    channels: of the output. flop: floating-point operations per output pixel.
    """

    run: Run | None
    inputs: tuple[int, ...] = ()
    reach: int = 0
    rate: Fraction = _ONE
    channels: int = 0
    flop: int = 0


def record(
    run: Callable[[torch.Tensor], torch.Tensor], picture: torch.Tensor
) -> tuple[tuple[Step, ...], int]:
    """The steps from `picture`, float (1, C, h, w), to the result, and the result's number.

    Raises NotInStrips where an operation is none of those below or sees the picture as a whole.
    """
    recorder = _Recorder(picture)
    with torch.inference_mode(), recorder:
        result = run(picture)
    return tuple(recorder.steps), recorder.number(result)


@dataclass(frozen=True, slots=True)
class _Slot:
    """Stands among an operation's arguments for a value that the next strip brings."""

    number: int


class _Recorder(TorchFunctionMode):
    """Hears of every call of torch's functions while it is active."""

    def __init__(self, picture: torch.Tensor) -> None:
        super().__init__()
        self.steps: list[Step] = []
        self._numbers = {id(picture): 0}
        # A freed tensor's id would be given to another one.
        self._alive = [picture]

    def number(self, tensor: torch.Tensor) -> int:
        """Which value a tensor is."""
        if id(tensor) not in self._numbers:
            raise NotInStrips("its result does not come from the picture")
        return self._numbers[id(tensor)]

    # Any: torch's functions take and return what they like.
    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        named = dict(kwargs or {})
        slotted = [self._slotted(value) for value in args]
        slotted_named = {key: self._slotted(value) for key, value in named.items()}
        slots = _slots(slotted) + _slots(list(slotted_named.values()))
        shapes = [value.shape for value in args if isinstance(value, torch.Tensor)]
        result = func(*args, **named)
        name = _name(func)
        if not slots or (name in _QUESTIONS and not isinstance(result, torch.Tensor)):
            return result
        if not isinstance(result, torch.Tensor):
            raise NotInStrips(f"it uses {name}")
        self._alive.append(result)
        if name in _SAME and result.shape == shapes[0]:
            self._numbers[id(result)] = slots[0].number
        else:
            step = _built(name, slotted, slotted_named)
            inputs = tuple(slot.number for slot in slots)
            self.steps.append(replace(step, inputs=inputs, channels=result.shape[1]))
            self._numbers[id(result)] = len(self.steps)
        return result

    def _slotted(self, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return [self._slotted(each) for each in value]
        number = self._numbers.get(id(value)) if isinstance(value, torch.Tensor) else None
        return value if number is None else _Slot(number)


def _slots(values: Sequence[Any]) -> list[_Slot]:
    found: list[_Slot] = []
    for value in values:
        if isinstance(value, list):
            found += _slots(value)
        elif isinstance(value, _Slot):
            found.append(value)
    return found


def _name(func: Callable[..., Any]) -> str:
    """conv2d, add, clamp: without the marks of operators, and of working in place."""
    name = str(getattr(func, "__name__", func)).strip("_")
    return name[1:] if name in {"iadd", "imul", "radd", "rmul"} else name


def _built(name: str, args: Sequence[Any], named: Mapping[str, Any]) -> Step:
    build = _BUILDERS.get(name)
    if build is None:
        raise NotInStrips(f"it uses {name}")
    try:
        return build(*args, **named)
    except TypeError as error:
        raise NotInStrips(f"it uses {name} in an unknown way") from error


# --- one builder for each operation ---------------------------------------------------------------
# Any: arguments as the network's code gave them, pictures replaced by slots.


def _pair(value: Any) -> tuple[int, int]:
    if isinstance(value, str):
        raise NotInStrips(f"a convolution is padded by {value!r}")
    sides = value if isinstance(value, (list, tuple)) else [value]
    return int(sides[0]), int(sides[-1])


def _conv2d(  # noqa: PLR0917 -- torch.conv2d's
    picture: Any,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Step:
    if not isinstance(picture, _Slot) or not isinstance(weight, torch.Tensor):
        raise NotInStrips("a convolution's weights depend on the picture")
    pads, spread = _pair(padding), _pair(dilation)
    height, width = weight.shape[-2:]
    kept = (spread[0] * (height - 1) / 2, spread[1] * (width - 1) / 2)
    if _pair(stride) != (1, 1) or pads != kept:
        raise NotInStrips("a convolution changes the picture's size")
    beside = (0, pads[1])

    def run(tensors: Sequence[torch.Tensor], _owned: bool) -> torch.Tensor:  # noqa: FBT001 -- Run
        return torch.conv2d(tensors[0], weight, bias, 1, beside, spread, groups)

    return Step(run=run, reach=pads[0], flop=2 * weight.numel())


def _pixelwise(
    fresh: Callable[..., torch.Tensor], over: Callable[..., torch.Tensor] | None = None
) -> Callable[..., Step]:
    """A builder. fresh: gives a new tensor; over: the same, written over its first argument."""

    def build(*args: Any, inplace: bool = False, **named: Any) -> Step:
        del inplace  # the executor knows better
        if any(isinstance(value, torch.Tensor) and _is_large(value) for value in args):
            raise NotInStrips("it brings a picture of its own")

        def run(tensors: Sequence[torch.Tensor], owned: bool) -> torch.Tensor:  # noqa: FBT001
            given = iter(tensors)
            filled = [next(given) if isinstance(value, _Slot) else value for value in args]
            may = owned and over is not None and isinstance(args[0], _Slot)
            return over(*filled, **named) if may and over else fresh(*filled, **named)

        return Step(run=run)

    return build


def _is_large(value: torch.Tensor) -> bool:
    return value.ndim > 1 and max(value.shape[-2:]) > 1


def _cat(_pictures: Any, dim: int = 0) -> Step:
    if dim not in {1, 1 - _RANK}:
        raise NotInStrips("it joins pictures side by side")
    return Step(run=None)


def _interpolate(
    _picture: Any, size: Any = None, scale_factor: Any = None, mode: str = "nearest", **_rest: Any
) -> Step:
    factors = set(scale_factor) if isinstance(scale_factor, (list, tuple)) else {scale_factor}
    factor = factors.pop()
    if size is not None or factors or not mode.startswith("nearest") or factor != int(factor):
        raise NotInStrips(f"it resizes by {mode}")

    def run(tensors: Sequence[torch.Tensor], _owned: bool) -> torch.Tensor:  # noqa: FBT001 -- Run
        return functional.interpolate(tensors[0], scale_factor=int(factor), mode="nearest")

    return Step(run=run, rate=Fraction(int(factor)))


def _pixel_shuffle(_picture: Any, upscale_factor: int) -> Step:
    def run(tensors: Sequence[torch.Tensor], _owned: bool) -> torch.Tensor:  # noqa: FBT001 -- Run
        return functional.pixel_shuffle(tensors[0], upscale_factor)

    return Step(run=run, rate=Fraction(upscale_factor))


def _pixel_unshuffle(_picture: Any, downscale_factor: int) -> Step:
    def run(tensors: Sequence[torch.Tensor], _owned: bool) -> torch.Tensor:  # noqa: FBT001 -- Run
        return functional.pixel_unshuffle(tensors[0], downscale_factor)

    return Step(run=run, rate=Fraction(1, downscale_factor))


# Asked of a tensor and answered without its values.
_QUESTIONS: Final = frozenset({"size", "dim", "get", "numel", "stride", "is_contiguous"})
# Gives what it got, where the shape stays.
_SAME: Final = frozenset({"getitem", "contiguous"})
_BUILDERS: Final[dict[str, Callable[..., Step]]] = {
    "conv2d": _conv2d,
    "cat": _cat,
    "interpolate": _interpolate,
    "pixel_shuffle": _pixel_shuffle,
    "pixel_unshuffle": _pixel_unshuffle,
    "prelu": _pixelwise(torch.prelu),
    "relu": _pixelwise(torch.relu, torch.relu_),
    "leaky_relu": _pixelwise(functional.leaky_relu, functional.leaky_relu_),
    "silu": _pixelwise(functional.silu),
    "gelu": _pixelwise(functional.gelu),
    "mish": _pixelwise(functional.mish),
    "sigmoid": _pixelwise(torch.sigmoid, torch.sigmoid_),
    "tanh": _pixelwise(torch.tanh, torch.tanh_),
    "clamp": _pixelwise(torch.clamp, torch.clamp_),
    "add": _pixelwise(torch.add, torch.Tensor.add_),
    "sub": _pixelwise(torch.sub, torch.Tensor.sub_),
    "mul": _pixelwise(torch.mul, torch.Tensor.mul_),
    "div": _pixelwise(torch.div, torch.Tensor.div_),
}
