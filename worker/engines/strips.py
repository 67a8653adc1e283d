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
from operator import mul

import torch

from worker.engines.recording import NotInStrips, Run, Step


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

    def made(self) -> Iterator[tuple[Step, _Value]]:
        """Each step with what it gives."""
        return zip(self.steps, self.values[1:], strict=True)


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


@dataclass(frozen=True, slots=True)
class _Move:
    """One step of a plan in whole numbers, since it is taken for every strip.

    An output row r is made of its inputs' rows around r * down / up.
    """

    run: Run
    inputs: tuple[int, ...]
    output: int
    reach: int
    up: int
    down: int
    owned: bool
    released: tuple[int, ...]

    def first(self, row: int) -> int:
        """The first input row that output rows from `row` on see."""
        return row * self.down // self.up - self.reach


class Pass:
    """One picture on its way through a plan. Not to be used again for another picture."""

    def __init__(self, plan: Plan, *, height: int, strip: int) -> None:
        """height: of the picture; strip: rows that are taken at once. Multiples of align."""
        self._result = plan.result
        self._turns = ceil((height + plan.lag) / strip)
        self._rows = [_Rows() for _ in plan.values]
        self._channels = [value.channels for value in plan.values]
        self._sources = [_sources(plan.steps, (number,)) for number in range(len(plan.values))]
        self._heights = [int(value.rate * height) for value in plan.values]
        self._strips = [int(value.rate * strip) for value in plan.values]
        self._lags = [value.lag for value in plan.values]
        self._moves = _moves(plan)
        by_number = {move.output: move for move in self._moves}
        self._readers = [[by_number[n + 1] for n in value.readers] for value in plan.values]
        # Operations per row of each value, as shares of all.
        per_row = [0.0, *(float(step.flop * value.rate) for step, value in plan.made())]
        whole = sum(map(mul, per_row, self._heights)) or 1.0
        self._shares = [each / whole for each in per_row]

    def strips(
        self, rows_of_picture: Callable[[int, int], torch.Tensor], progress: Callable[[float], None]
    ) -> Iterator[torch.Tensor]:
        """The result from top to bottom, (1, C, rows, columns) after each strip that gives any.

        rows_of_picture: (start, stop) -> float (1, C, stop - start, w).
        progress: told what share of all work is done.
        """
        before = [0] * len(self._rows)
        for turn in range(self._turns):
            now = self._given(turn)
            if before[0] < now[0]:
                self._rows[0].add(before[0], rows_of_picture(before[0], now[0]))
            for move in self._moves:
                self._do(move, before[move.output], now[move.output])
                for value in move.released:
                    needed = min(
                        reader.first(now[reader.output]) for reader in self._readers[value]
                    )
                    self._rows[value].forget_before(needed)
            progress(sum(map(mul, self._shares, now)))
            top, bottom = before[self._result], now[self._result]
            if top < bottom:
                yield self._taken(self._result, top, bottom)
                self._rows[self._result].forget_before(bottom)
            before = now

    def _given(self, turn: int) -> list[int]:
        """How many rows of each value there are after a turn; turns count from 0."""
        return [
            max(0, min(height, strip * (turn + 1) - lag))
            for height, strip, lag in zip(self._heights, self._strips, self._lags, strict=True)
        ]

    def _do(self, move: _Move, start: int, stop: int) -> None:
        if start < stop:
            first, last = move.first(start), stop * move.down // move.up + move.reach
            tensors = [self._taken(value, first, last) for value in move.inputs]
            self._rows[move.output].add(start, move.run(tensors, move.owned))

    def _taken(self, value: int, start: int, stop: int) -> torch.Tensor:
        """Rows of a value; rows outside of the picture are zeros."""
        sources = self._sources[value]
        if len(sources) == 1:
            there = self._rows[sources[0]].exactly(start, stop)
            if there is not None:
                return there
        like = self._rows[sources[0]].like()
        channels = sum(self._channels[source] for source in sources)
        shape = (1, channels, stop - start, like.shape[3])
        taken = torch.empty(
            shape, dtype=like.dtype, device=like.device, memory_format=torch.channels_last
        )
        if start < 0:
            taken[:, :, :-start].zero_()
        if stop > self._heights[value]:
            taken[:, :, self._heights[value] - start :].zero_()
        channel = 0
        for source in sources:
            end = channel + self._channels[source]
            self._rows[source].copy_to(taken[:, channel:end], start, stop)
            channel = end
        return taken


def _moves(plan: Plan) -> list[_Move]:
    """The steps that do something: joins of channels are made where they are read."""
    released: dict[int, list[int]] = {}
    for number, value in enumerate(plan.values):
        if value.readers:
            released.setdefault(max(value.readers), []).append(number)
    return [
        _Move(
            run=step.run,
            inputs=step.inputs,
            output=number + 1,
            reach=step.reach,
            up=step.rate.numerator,
            down=step.rate.denominator,
            # Its first input may be overwritten where nobody else reads it.
            owned=plan.values[step.inputs[0]].readers == (number,)
            and step.inputs.count(step.inputs[0]) == 1
            and step.inputs[0] != plan.result,
            released=tuple(released.get(number, ())),
        )
        for number, step in enumerate(plan.steps)
        if step.run is not None
    ]
