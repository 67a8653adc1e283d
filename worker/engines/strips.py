"""A network run from the top of a picture to its bottom in strips of rows, nothing computed twice.

Every operation keeps the last rows of its input that the next strip needs. A convolution that sees
one row below its own can give one row less than it got, the next one two, and so on: each value
lags behind the picture by a fixed number of rows, and where two values of different lag meet, the
earlier one waits. At the picture's top and bottom rows of zeros are put, as the network's own
padding does. So the result is the whole frame's, and memory is a strip and the rows that are kept.
(Fused-layer execution: Alwani et al. 2016.)
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

import torch

from worker.engines.recording import NotInStrips, Step


@dataclass(frozen=True, slots=True)
class _Value:
    """What a step gives. lag: rows of its own by which it is behind the picture's rows times rate.

    readers: the steps that read it, by number, through joins of channels.
    """

    lag: int
    rate: Fraction
    channels: int
    readers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A network's steps and what follows from them. values[0] is the picture."""

    steps: tuple[Step, ...]
    values: tuple[_Value, ...]
    result: int

    @property
    def lag(self) -> int:
        """Input rows by which the result is behind the picture: how far the network looks."""
        value = self.values[self.result]
        return ceil(value.lag / value.rate)

    def kept_per_column(self) -> int:
        """Numbers that are kept between two strips, per input column."""
        kept = Fraction(0)
        for value in self.values:
            rows = [
                self.values[n + 1].lag / self.steps[n].rate + self.steps[n].reach - value.lag
                for n in value.readers
            ]
            kept += max([Fraction(0), *rows]) * value.channels * value.rate
        return ceil(kept)

    def flop_per_pixel(self) -> float:
        """Floating-point operations of the convolutions per input pixel."""
        return float(
            sum(
                step.flop * value.rate**2
                for step, value in zip(self.steps, self.values[1:], strict=True)
            )
        )


def plan_of(steps: tuple[Step, ...], result: int, *, channels: int, align: int) -> Plan:
    """What each step has to wait for. align: strips have multiples of it in rows.

    Raises NotInStrips where values of different resolution meet, or rows do not come out even.
    """
    lags, rates = [0], [Fraction(1)]
    for step in steps:
        rate = rates[step.inputs[0]]
        if any(rates[number] != rate for number in step.inputs):
            raise NotInStrips("values of different resolution meet")
        lags.append(ceil(max(lags[number] for number in step.inputs) * step.rate) + step.reach)
        rates.append(rate * step.rate)
        if (rates[-1] * align).denominator != 1:
            raise NotInStrips(f"its rows do not come out even in strips of {align}")
    readers: list[list[int]] = [[] for _ in lags]
    for number, step in enumerate(steps):
        if step.run is not None:
            for value in _sources(steps, step.inputs):
                readers[value].append(number)
    counts = [channels, *(step.channels for step in steps)]
    values = tuple(
        _Value(lag, rate, count, tuple(sorted(set(reading))))
        for lag, rate, count, reading in zip(lags, rates, counts, readers, strict=True)
    )
    return Plan(steps, values, result)


def _sources(steps: tuple[Step, ...], numbers: tuple[int, ...]) -> list[int]:
    """Values that are really there: joins of channels are made only where they are read."""
    found: list[int] = []
    for number in numbers:
        step = steps[number - 1] if number else None
        if step is not None and step.run is None:
            found += _sources(steps, step.inputs)
        else:
            found.append(number)
    return found


class _Rows:
    """The rows of one value that somebody still needs, as tensors (1, C, rows, columns)."""

    def __init__(self) -> None:
        self._pieces: deque[tuple[int, torch.Tensor]] = deque()

    def add(self, start: int, piece: torch.Tensor) -> None:
        """`piece` begins at row `start`."""
        self._pieces.append((start, piece))

    def exactly(self, start: int, stop: int) -> torch.Tensor | None:
        """These rows without a copy, where one tensor holds them."""
        for first, piece in self._pieces:
            if first <= start and stop <= first + piece.shape[2]:
                whole = first == start and stop == first + piece.shape[2]
                return piece if whole else piece[:, :, start - first : stop - first]
        return None

    def copy_to(self, target: torch.Tensor, start: int, stop: int) -> None:
        """Rows from `start` to `stop` into `target`, (1, C, stop - start, columns)."""
        for first, piece in self._pieces:
            top, bottom = max(start, first), min(stop, first + piece.shape[2])
            if top < bottom:
                rows = piece[:, :, top - first : bottom - first]
                target[:, :, top - start : bottom - start].copy_(rows)

    def forget_before(self, row: int) -> None:
        """Gives memory back; a few rows that are left of a tensor are copied out of it."""
        while self._pieces and self._pieces[0][0] + self._pieces[0][1].shape[2] <= row:
            self._pieces.popleft()
        if self._pieces:
            first, piece = self._pieces[0]
            rest = first + piece.shape[2] - row
            if 0 < rest <= piece.shape[2] // 2:
                left = piece[:, :, row - first :].clone(memory_format=torch.channels_last)
                self._pieces[0] = (row, left)

    def like(self) -> torch.Tensor:
        """Any of the tensors."""
        return self._pieces[0][1]


class Pass:
    """One picture on its way through a plan. Not to be used again for another picture."""

    def __init__(self, plan: Plan, *, height: int, strip: int) -> None:
        """height: of the picture; strip: rows that are taken at once. Multiples of align."""
        self._plan = plan
        self._height = height
        self._strip = strip
        self._rows = [_Rows() for _ in plan.values]
        self._last_reader = [max(value.readers, default=-1) for value in plan.values]
        self._released: list[list[int]] = [[] for _ in plan.steps]
        for number, last in enumerate(self._last_reader):
            if last >= 0:
                self._released[last].append(number)
        self._work = sum(
            step.flop * value.rate**2
            for step, value in zip(plan.steps, plan.values[1:], strict=True)
        )

    def strips(
        self, rows_of_picture: Callable[[int, int], torch.Tensor], progress: Callable[[float], None]
    ) -> Iterator[torch.Tensor]:
        """The result from top to bottom, (1, C, rows, columns) after each strip that gives any.

        rows_of_picture: (start, stop) -> float (1, C, stop - start, w).
        progress: told what share of all work is done.
        """
        result = self._plan.result
        for turn in range(ceil((self._height + self._plan.lag) / self._strip)):
            start, stop = self._given(0, turn - 1), self._given(0, turn)
            if start < stop:
                self._rows[0].add(start, rows_of_picture(start, stop))
            for number, step in enumerate(self._plan.steps):
                if step.run is not None:
                    self._do(number, step, turn)
            progress(self._share_done(turn))
            top, bottom = self._given(result, turn - 1), self._given(result, turn)
            if top < bottom:
                yield self._taken(result, top, bottom)
                self._rows[result].forget_before(bottom)

    def _given(self, value: int, turn: int) -> int:
        """How many rows of a value there are after a turn; turns count from 0."""
        described = self._plan.values[value]
        rows = int(described.rate * self._strip * (turn + 1)) - described.lag
        return max(0, min(int(described.rate * self._height), rows))

    def _do(self, number: int, step: Step, turn: int) -> None:
        start, stop = self._given(number + 1, turn - 1), self._given(number + 1, turn)
        if start < stop and step.run is not None:
            first = int(start / step.rate) - step.reach
            last = int(stop / step.rate) + step.reach
            tensors = [self._taken(value, first, last) for value in step.inputs]
            owned = self._plan.values[step.inputs[0]].readers == (number,)
            result = step.run(tensors, owned and step.inputs.count(step.inputs[0]) == 1)
            self._rows[number + 1].add(start, result)
        for value in self._released[number]:
            self._rows[value].forget_before(self._needed(value, turn))

    def _needed(self, value: int, turn: int) -> int:
        """The first row of a value that a later turn reads."""
        return min(
            int(self._given(reader + 1, turn) / self._plan.steps[reader].rate)
            - self._plan.steps[reader].reach
            for reader in self._plan.values[value].readers
        )

    def _taken(self, value: int, start: int, stop: int) -> torch.Tensor:
        """Rows of a value; rows outside of the picture are zeros."""
        sources = _sources(self._plan.steps, (value,))
        if len(sources) == 1:
            there = self._rows[sources[0]].exactly(start, stop)
            if there is not None:
                return there
        like = self._rows[sources[0]].like()
        channels = sum(self._plan.values[source].channels for source in sources)
        shape = (1, channels, stop - start, like.shape[3])
        taken = torch.empty(
            shape, dtype=like.dtype, device=like.device, memory_format=torch.channels_last
        )
        height = int(self._plan.values[value].rate * self._height)
        if start < 0:
            taken[:, :, :-start].zero_()
        if stop > height:
            taken[:, :, height - start :].zero_()
        channel = 0
        for source in sources:
            end = channel + self._plan.values[source].channels
            self._rows[source].copy_to(taken[:, channel:end], start, stop)
            channel = end
        return taken

    def _share_done(self, turn: int) -> float:
        done = sum(
            step.flop * value.rate * self._given(number + 1, turn)
            for number, (step, value) in enumerate(
                zip(self._plan.steps, self._plan.values[1:], strict=True)
            )
        )
        return float(done / (self._work * self._height)) if self._work else 1.0
