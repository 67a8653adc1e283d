"""What the bot says of auditoriums: joining, switching, muting, leaving; and of itself."""

from bot.texts.boards import how_to_join
from core.own_rooms import RoomOfChat
from core.texts import Texts
from core.values import AuditoriumState, Quality

LANGUAGES = {"ru": "Русский", "en": "English"}


def joined(texts: Texts, title: str, *, boards: int = 0, is_open: bool = True) -> str:
    """To those who have just joined, come back or switched. boards: how many there are by now."""
    says = texts.gettext('You\'re in "%(title)s".', title=title)
    if not is_open:
        follows = texts.gettext("It is closed: its boards can be read, nothing can be sent.")
    else:
        follows = texts.gettext("Send a photo of the board; sent as a file it gets sharper.")
    parts = [f"{says} {follows}"]
    if boards:
        parts.append(
            texts.ngettext(
                "There is %(n)s board already: /gallery",
                "There are %(n)s boards already: /gallery",
                boards,
                n=boards,
            )
        )
    return "\n".join(parts)


def send_the_code(texts: Texts) -> str:
    """To /join without a code."""
    return texts.gettext("Send me the code on the projector: six letters and digits.")


def unknown_command(texts: Texts) -> str:
    """To a command that there is not."""
    return texts.gettext("I don't know this command. /help lists what I understand.")


def help_text(texts: Texts) -> str:
    """All that one needs to know."""
    return texts.gettext(
        "I make photos of a far-away board sharp, for everybody in the auditorium.\n"
        "1. Send the code of your auditorium, or scan its QR code.\n"
        "2. Send a photo of the board, cropped to it. Sent as a file it gets sharper.\n"
        "3. When the board is ready, everybody gets it here.\n"
        "\n"
        "/room: switch between your auditoriums\n"
        "/gallery: all boards, in the browser\n"
        "/quality: sharper or faster\n"
        "/view: which view of a board comes first\n"
        "/mute: only my own boards\n"
        "/leave: leave the auditorium\n"
        "/delete: delete a photo of mine\n"
        "/lang: language\n"
        "/privacy: what is stored\n"
        "\n"
        "For a lecture of your own: /newroom, then /qr, /close, /open, /kick, /moderators, "
        "/export, /stats.\n"
        "In a group: /bind with the code."
    )


def which_room(texts: Texts, rooms: tuple[RoomOfChat, ...]) -> str:
    """Above the buttons of /room; an invitation where there are none."""
    if not rooms:
        return how_to_join(texts)
    return texts.gettext("Your photos go to the auditorium that you choose:")


def room_button(texts: Texts, room: RoomOfChat) -> str:
    """One auditorium, with what is special about it."""
    marks = ["✓"] if room.is_current else []
    if room.state is AuditoriumState.CLOSED:
        marks.append(texts.gettext("closed"))
    if room.muted:
        marks.append(texts.gettext("muted"))
    return f"{room.title} ({', '.join(marks)})" if marks else room.title


def muted(texts: Texts, title: str, *, is_muted: bool) -> str:
    """After /mute, which is a switch."""
    if is_muted:
        return texts.gettext(
            '"%(title)s" is muted: you get only the boards that you send yourself. '
            "All are in /gallery. /mute again ends it.",
            title=title,
        )
    return texts.gettext('"%(title)s" is no longer muted: you get all its boards.', title=title)


def left(texts: Texts, title: str) -> str:
    """After /leave."""
    return texts.gettext(
        'You have left "%(title)s". Its code brings you back. /room shows where you are now.',
        title=title,
    )


def which_language(texts: Texts) -> str:
    """Above the buttons of /lang."""
    return texts.gettext("In which language shall I write?")


def language_chosen(texts: Texts) -> str:
    """In the language that was chosen."""
    return texts.gettext("I write in English now.")


def which_quality(texts: Texts, chosen: Quality) -> str:
    """Above the buttons of /quality."""
    now = quality_name(texts, chosen)
    return texts.gettext(
        "How shall I make your boards? Now: %(now)s.\n"
        "Best: a neural network draws the lines sharp.\n"
        "Fast: plainly enlarged, ready in a moment; good when many wait.",
        now=now,
    )


def quality_name(texts: Texts, quality: Quality) -> str:
    """The name of a quality, as on its button."""
    return texts.gettext("best") if quality is Quality.BEST else texts.gettext("fast")


def quality_chosen(texts: Texts, quality: Quality) -> str:
    """After a press."""
    if quality is Quality.BEST:
        return texts.gettext("Your next boards are made as sharp as possible.")
    return texts.gettext("Your next boards are made fast. /quality changes it back.")
