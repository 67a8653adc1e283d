"""What the bot says of members to those who manage them."""

from core.membership import Listing, MemberEntry, MembersPage
from core.texts import Texts
from core.values import Channel, Role

_STAR = "★"


def members(texts: Texts, *, title: str, listing: Listing, query: str, shown: MembersPage) -> str:
    """Above the buttons of a list."""
    lines = [_question(texts, listing, title)]
    if query:
        lines.append(texts.gettext('With "%(query)s" in the name:', query=query))
    if shown.total == 0:
        lines.append(_nobody(texts, listing))
    elif shown.pages > 1:
        lines.append(
            texts.gettext(
                "Page %(page)s of %(pages)s. To search: /%(command)s and a part of the name.",
                page=shown.page + 1,
                pages=shown.pages,
                command="moderators" if listing is Listing.PEOPLE else "kick",
            )
        )
    return "\n".join(lines)


def _question(texts: Texts, listing: Listing, title: str) -> str:
    match listing:
        case Listing.REMOVABLE:
            return texts.gettext('Whom to remove from "%(title)s"?', title=title)
        case Listing.REMOVED:
            return texts.gettext('Whom to let into "%(title)s" again?', title=title)
        case Listing.PEOPLE:
            return texts.gettext(
                'Who manages "%(title)s" with you? A press makes somebody a moderator (★), '
                "another one takes it back.",
                title=title,
            )


def _nobody(texts: Texts, listing: Listing) -> str:
    if listing is Listing.REMOVED:
        return texts.gettext("Nobody is removed.")
    return texts.gettext("There is nobody.")


def member_button(texts: Texts, member: MemberEntry) -> str:
    """A member's name, and what tells him from others of that name."""
    star = f"{_STAR} " if member.role is Role.MODERATOR else ""
    where = "" if member.channel is Channel.TELEGRAM else " · " + texts.gettext("web")
    return f"{star}{member.name}{where}"


def removed_button(texts: Texts) -> str:
    """To the list of the removed."""
    return texts.gettext("Who was removed")


def back_button(texts: Texts) -> str:
    """To the list."""
    return texts.gettext("Back to the list")


def remove_button(texts: Texts) -> str:
    """Does it."""
    return texts.gettext("Remove")


def let_in_button(texts: Texts) -> str:
    """Undoes it."""
    return texts.gettext("Let in again")


def sure(texts: Texts, name: str, title: str) -> str:
    """Before somebody is removed."""
    return texts.gettext(
        'Remove %(name)s from "%(title)s"? Boards no longer come there, and joining again works '
        "only when you allow it.",
        name=name,
        title=title,
    )


def removed(texts: Texts, name: str, title: str) -> str:
    """It is done."""
    return texts.gettext('%(name)s is removed from "%(title)s".', name=name, title=title)


def let_in(texts: Texts, name: str, title: str) -> str:
    """It is undone."""
    return texts.gettext('%(name)s may take part in "%(title)s" again.', name=name, title=title)


def moderates(texts: Texts, name: str, *, is_moderator: bool) -> str:
    """A short line that appears above the chat."""
    if is_moderator:
        return texts.gettext("%(name)s moderates now.", name=name)
    return texts.gettext("%(name)s no longer moderates.", name=name)


def you_moderate(texts: Texts, title: str) -> str:
    """To a new moderator, in his own chat."""
    return texts.gettext(
        'You manage "%(title)s" now: /qr, /close, /open, /kick, /export and /stats are yours.',
        title=title,
    )


def owner_only(texts: Texts, title: str) -> str:
    """To a moderator who asks for moderators."""
    return texts.gettext('Only the owner of "%(title)s" chooses its moderators.', title=title)
