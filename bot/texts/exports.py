"""What the bot says of exports."""

from collections.abc import Sequence

from core.texts import Texts


def board_word(texts: Texts) -> str:
    """Of a picture's name: "01 Board 14-05.jpg"."""
    return texts.gettext("Board")


def table_header(texts: Texts) -> tuple[str, ...]:
    """The titles of the table of uploads."""
    return (
        texts.gettext("Board"),
        texts.gettext("Time"),
        texts.gettext("Sender"),
        texts.gettext("Channel"),
        texts.gettext("Verdict"),
        texts.gettext("Caption"),
    )


def begun(texts: Texts) -> str:
    """While it is made."""
    return texts.gettext("I am putting the boards together. The file comes by itself.")


def waits(texts: Texts) -> str:
    """Others are first."""
    return texts.gettext("Other exports are being made; yours comes after them, by itself.")


def already(texts: Texts) -> str:
    """Asked for twice."""
    return texts.gettext("Your export is being made already. The file comes by itself.")


def busy(texts: Texts) -> str:
    """Too many wait."""
    return texts.gettext("Too many exports are being made just now. Try again in a few minutes.")


def nothing(texts: Texts, title: str) -> str:
    """No board is ready."""
    return texts.gettext('"%(title)s" has no ready boards yet.', title=title)


def caption(texts: Texts, *, title: str, part: int, parts: int) -> str:
    """Below a file. part: from 1."""
    if parts == 1:
        return texts.gettext('Boards of "%(title)s"', title=title)
    return texts.gettext(
        'Boards of "%(title)s", part %(part)s of %(parts)s', title=title, part=part, parts=parts
    )


def too_large(texts: Texts, numbers: Sequence[int]) -> str:
    """Boards that no file took."""
    return texts.ngettext(
        "Board %(numbers)s is too large for Telegram; it is in the /gallery.",
        "Boards %(numbers)s are too large for Telegram; they are in the /gallery.",
        len(numbers),
        numbers=", ".join(str(number) for number in numbers),
    )


def too_many(texts: Texts) -> str:
    """More than one wants to get as files."""
    return texts.gettext("There are too many boards for files in Telegram.")


def interrupted(texts: Texts) -> str:
    """The service stops."""
    return texts.gettext("The export was interrupted. Send /export again in a minute.")
