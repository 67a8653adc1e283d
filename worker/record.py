"""The record of a rendering: what was estimated of the photo, what was chosen, and why."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from core.values import ChoiceReason, RenderChoice
from worker.appearance import Appearance
from worker.composition import CompositionRecord
from worker.quality import Why


@dataclass(frozen=True, slots=True)
class Chosen:
    """A choice with its reason; detail: for the operator, "" where there is nothing to say."""

    what: RenderChoice
    why: ChoiceReason
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderRecord:
    """appearance: in the pixels of `input`. left_as_it_is: it was sharp and clean already.

    input, network_input: (width, height) in pixels; None where no network was asked. scale: of the
    result over the input. restored: the share of the network's rows that an attempt before this one
    had done. composition, straight: what their makers tell. ms: what steps took.
    """

    appearance: Appearance
    left_as_it_is: bool = False
    input: tuple[int, int]
    network_input: tuple[int, int] | None = None
    scale: float = 1.0
    restored: float = 0.0
    chosen: tuple[Chosen, ...] = ()
    # Any: JSON's values, of which each step knows its own.
    composition: Mapping[str, Any] = field(default_factory=dict)
    straight: Mapping[str, Any] = field(default_factory=dict)
    ms: Mapping[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As PostgreSQL and the API take it; what the pages say hangs on `pale`, too."""
        fields = asdict(self)
        fields["appearance"]["pale"] = self.appearance.pale
        return fields


def composition_told(composition: CompositionRecord) -> dict[str, Any]:
    """The composition for the record: in numbers for people, and line by line for who asks why.

    lines: how many were found; clean, mixed, sharp: how many of them show none, some or all of the
    network's work; by_reader: how many a reader kept clean.
    """
    shares = [line.share for line in composition.lines]
    by_reader = (Why.READER, Why.CONTRADICTION)
    return {
        "lines": len(shares),
        "clean": sum(share == 0 for share in shares),
        "mixed": sum(0 < share < 1 for share in shares),
        "sharp": sum(share == 1 for share in shares),
        "by_reader": sum(composition.counts.get(why, 0) for why in by_reader),
        "rest": composition.rest,
        "doubted": composition.doubted,
        "readers": list(composition.readers),
        "each": [asdict(line) for line in composition.lines],
    }
