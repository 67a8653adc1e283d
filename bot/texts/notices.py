"""What members are told besides boards: overload and its end, that they were removed."""

from bot.texts.status import wait_text
from core.texts import Texts


def overload(texts: Texts, wait_s: float) -> str:
    """When many wait. wait_s: what a board that is sent now is expected to take."""
    return texts.gettext(
        "Many boards are waiting just now: a new one takes %(wait)s. Yours is not lost, it comes "
        "by itself. I write again when it is quick.",
        wait=wait_text(texts, wait_s),
    )


def overload_over(texts: Texts) -> str:
    """When it has passed."""
    return texts.gettext("It is quick again: boards are made without waiting.")


def make_it_fast(texts: Texts) -> str:
    """A button: fast quality from now on."""
    return texts.gettext("Make mine fast")


def kicked(texts: Texts, title: str) -> str:
    """To whom a manager has removed."""
    return texts.gettext('The teacher has removed you from "%(title)s".', title=title)
