"""What the worker chose for a board, in plain words, out of its record. Pure.

The record is JSON that workers of several versions wrote: what is missing or of another kind is
passed over, and never an error on a page.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from core.messages import mark
from core.texts import Texts
from core.values import ChoiceReason, RenderChoice

# A board with letters lower than this is told to have small writing: below it the network was read
# worse than the photo (docs/legibility.md, x-height in the photo's pixels).
_SMALL_PX: Final = 7.5

# By what a worker did and why. Keys of str: another version's worker may have words of his own.
_CHOSEN: Final[Mapping[tuple[str, str], str]] = {
    (RenderChoice.SMALLER_INPUT, ChoiceReason.DEADLINE): mark(
        "Fewer pixels than asked, so that it is ready in time."
    ),
    (RenderChoice.CLEAN_ONLY, ChoiceReason.DEADLINE): mark(
        "Clean only: a network would not have been ready in time."
    ),
    (RenderChoice.CLEAN_ONLY, ChoiceReason.MEMORY): mark(
        "Clean only: the machine has not enough memory for a network on so large a photo."
    ),
    (RenderChoice.CLEAN_ONLY, ChoiceReason.NETWORK_FAILED): mark(
        "Clean only: the network failed on this photo."
    ),
}


def record_lines(texts: Texts, record: Mapping[str, Any]) -> tuple[str, ...]:
    """Sentences about a board, the most important first; none where the record says nothing.

    record: BoardView.record, {"left_as_it_is", "appearance", "composition", "chosen"}, all of them
    optional. Any: JSON's values.
    """
    if record.get("left_as_it_is") is True:
        return (texts.gettext("Already sharp: left as it is."),)
    composed = _composition(
        texts, _mapping(record.get("appearance")), _mapping(record.get("composition"))
    )
    return (*composed, *_chosen(texts, record.get("chosen")))


def _composition(
    texts: Texts, appearance: Mapping[str, Any], composition: Mapping[str, Any]
) -> tuple[str, ...]:
    lines = _count(composition.get("lines"))
    sharp, mixed = _count(composition.get("sharp")), _count(composition.get("mixed"))
    clean = _count(composition.get("clean"))
    if lines == 0 or clean + sharp + mixed == 0:
        return ()
    if sharp + mixed == 0:
        return (_all_clean(texts, appearance),)
    if clean + mixed == 0:
        return (texts.gettext("Drawn sharp by a network: the writing is large enough for it."),)
    said = texts.gettext(
        "Pieces of writing: %(n)s. Sharp, where that reads no worse: %(sharp)s; the others clean.",
        n=lines,
        sharp=sharp + mixed,
    )
    read = _count(composition.get("by_reader"))
    if read == 0:
        return (said,)
    return (said, texts.gettext("Of them a reading program kept clean: %(n)s.", n=read))


def _all_clean(texts: Texts, appearance: Mapping[str, Any]) -> str:
    x_height = _number(appearance.get("x_height"))
    if 0 < x_height < _SMALL_PX:
        return texts.gettext(
            "Small writing (about %(px)s px): shown clean, because a network would invent letters.",
            px=max(round(x_height), 1),
        )
    if appearance.get("pale") is True:
        return texts.gettext("Pale writing: shown clean, because a network would lose strokes.")
    return texts.gettext("Shown clean: a network would not make it easier to read.")


def _chosen(texts: Texts, chosen: Any) -> tuple[str, ...]:  # Any: JSON's values
    if not isinstance(chosen, Sequence) or isinstance(chosen, str):
        return ()
    known = (
        _CHOSEN.get((str(each.get("what")), str(each.get("why"))))
        for each in chosen
        if isinstance(each, Mapping)
    )
    # Each sentence once, in the order of the choices.
    return tuple(dict.fromkeys(texts.gettext(sentence) for sentence in known if sentence))


def _mapping(value: Any) -> Mapping[str, Any]:  # Any: JSON's values
    return value if isinstance(value, Mapping) else {}


def _count(value: Any) -> int:  # Any: JSON's values
    return int(_number(value))


def _number(value: Any) -> float:  # Any: JSON's values
    """Positive, or 0 where it is none."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return max(value, 0.0) if is_number else 0.0
