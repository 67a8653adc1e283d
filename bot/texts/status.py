"""The one message that tells a sender how far his photos are: its text, from values."""

import math
from collections.abc import Callable, Sequence
from typing import Final

from bot.texts.boards import already_sent, board_failed, got_it, status_line
from core.statuses import Followed
from core.texts import Texts
from core.values import BoardState

WaitOf = Callable[[Followed], float | None]

_MINUTE_S: Final = 60
# Nobody waits by the second, and a text that changes with every second would be edited for ever.
_STEP_S: Final = 5
_LONG_STEP_S: Final = 10


def rounded_wait(seconds: float) -> int:
    """Seconds as they are told: up to the next 5, above half a minute 10, above one minute 60."""
    step = _STEP_S if seconds <= _MINUTE_S / 2 else _LONG_STEP_S
    if seconds > _MINUTE_S:
        step = _MINUTE_S
    return max(_STEP_S, math.ceil(seconds / step) * step)


def wait_text(texts: Texts, seconds: float) -> str:
    """How long something is expected to take: "about 20 s", "about 3 min"."""
    rounded = rounded_wait(seconds)
    if rounded <= _MINUTE_S:
        return texts.gettext("about %(n)s s", n=rounded)
    return texts.gettext("about %(n)s min", n=rounded // _MINUTE_S)


def status_message(texts: Texts, uploads: Sequence[Followed], wait_of: WaitOf) -> str:
    """What is told of one photo, or of all photos of an album, a line each.

    wait_of: seconds until a board is expected to be ready; None where that cannot be said.
    No photo: all that the status was about has been deleted.
    """
    if not uploads:
        return texts.gettext("The photo is deleted.")
    if len(uploads) == 1:
        return _whole(texts, uploads[0], wait_of)
    head = texts.ngettext("%(n)s photo:", "%(n)s photos:", len(uploads), n=len(uploads))
    return "\n".join([head, *(_line(texts, upload, wait_of) for upload in uploads)])


def _whole(texts: Texts, upload: Followed, wait_of: WaitOf) -> str:
    if upload.state is BoardState.FAILED:
        return board_failed(texts, upload.number, upload.error_code or "")
    status = _status(texts, upload, wait_of)
    if upload.duplicate:
        return already_sent(
            texts,
            number=upload.number,
            state=upload.state,
            status=status,
            by_sender=upload.by_sender,
        )
    if upload.state is BoardState.READY:
        return texts.gettext("Board %(number)s is ready.", number=upload.number)
    return got_it(texts, upload.number, status)


def _line(texts: Texts, upload: Followed, wait_of: WaitOf) -> str:
    name = texts.gettext("Board %(number)s", number=upload.number)
    status = _status(texts, upload, wait_of)
    if upload.duplicate and not upload.by_sender:
        was_there = texts.gettext("a classmate has already sent it")
        return f"{name} ({was_there}): {_lower(status)}"
    return f"{name}: {_lower(status)}"


def _status(texts: Texts, upload: Followed, wait_of: WaitOf) -> str:
    told = status_line(
        texts,
        upload.state,
        stage=upload.stage,
        ahead=upload.ahead,
        error_code=upload.error_code,
    )
    # What is being made is due at any moment; its share of the work is not known to the second.
    seconds = wait_of(upload) if upload.state is BoardState.WAITING else None
    return told if seconds is None else f"{told}, {wait_text(texts, seconds)}"


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
