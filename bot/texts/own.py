"""What the bot says of what is a person's own: deleting photos, and privacy."""

from datetime import datetime
from typing import Final

from core.erasure import Erased
from core.removal import OwnUpload, Removed
from core.texts import Texts, ago_text

# A button shows about so much of a title beside the number and the age.
_TITLE_SHOWN: Final = 24


def which_one(texts: Texts) -> str:
    """Above the list of one's last uploads."""
    return texts.gettext("Which of your photos shall be deleted?")


def none_of_yours(texts: Texts) -> str:
    """There is nothing to delete."""
    return texts.gettext("There is no photo of yours here.")


def not_your_photo(texts: Texts) -> str:
    """The message that was replied to is no photo of his; the list follows."""
    return texts.gettext("That message is not a photo of yours that I have.")


def upload_line(texts: Texts, upload: OwnUpload, now: datetime, *, with_title: bool) -> str:
    """An upload as a button."""
    parts = [texts.gettext("Board %(number)s", number=upload.board_number)]
    if with_title:
        title = upload.title
        parts.append(title if len(title) <= _TITLE_SHOWN else f"{title[: _TITLE_SHOWN - 1]}…")
    parts.append(ago_text(texts, upload.created_at, now))
    return " · ".join(parts)


def really_delete(texts: Texts, upload: OwnUpload) -> str:
    """What will happen, before it does."""
    asks = texts.gettext("Delete your photo of board %(number)s?", number=upload.board_number)
    if upload.by_others:
        follows = texts.gettext("Others have sent it too, so the board stays.")
    elif upload.by_himself:
        follows = texts.gettext(
            "You have sent it more than once, so the board stays until the last of them goes."
        )
    else:
        follows = texts.gettext("Nobody else has sent it, so the board goes for everybody.")
    return f"{asks} {follows}"


def deleted(texts: Texts, removed: Removed) -> str:
    """What has happened."""
    number = removed.board_number
    if removed.gone:
        return texts.gettext("Deleted: your photo and board %(number)s.", number=number)
    return texts.gettext("Your photo is deleted, board %(number)s stays.", number=number)


def kept(texts: Texts) -> str:
    """Nothing was deleted."""
    return texts.gettext("Nothing is deleted.")


def privacy(texts: Texts) -> str:
    """What is stored, how long, who sees it, and how to delete it."""
    return texts.gettext(
        "What is stored: the photos you send, as you sent them and sharp; your name and number in "
        "Telegram; your auditoriums; your votes and answers; which view of a board you opened or "
        "kept.\n"
        "Who sees it: everybody in the auditorium sees its boards with the names of who sent them. "
        "Votes and answers are shown to the teacher without names. Whoever runs this service can "
        "see everything. Where and with what a photo was taken is shown to nobody.\n"
        "How long: until you delete it.\n"
        "How to delete: /delete takes back a photo, the button below everything. Pictures that "
        "somebody has saved or that Telegram keeps are out of reach."
    )


def really_erase(texts: Texts) -> str:
    """What will happen to all data of a person, before it does."""
    return texts.gettext(
        "Delete all your photos, votes, answers and memberships? Boards that others have sent too "
        "stay. An auditorium that is yours alone goes; one that others are in passes to a "
        "moderator or is closed. This cannot be undone."
    )


def erased(texts: Texts, gone: Erased) -> str:
    """What has happened to all data of a person."""
    photos = texts.ngettext(
        "Everything of yours is deleted: %(n)s photo.",
        "Everything of yours is deleted: %(n)s photos.",
        gone.uploads,
        n=gone.uploads,
    )
    return photos + " " + texts.gettext("If you write to me again, we begin anew.")


def only_in_private(texts: Texts) -> str:
    """An alert: this cannot be done in a group."""
    return texts.gettext("Write to me in a private chat for this.")
