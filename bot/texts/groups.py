"""What the bot says in groups; it says little there."""

from core.texts import Texts


def added(texts: Texts, *, sees_all: bool) -> str:
    """When the bot was added. sees_all: it is an administrator, or its privacy mode is off."""
    says = texts.gettext(
        "I make photos of the board sharp. An administrator binds this group to an auditorium: "
        "/bind and its code. In a forum, do it in the topic that is meant."
    )
    return says if sees_all else f"{says}\n{privacy_mode(texts)}"


def privacy_mode(texts: Texts) -> str:
    """Why the bot does not see photos, and what helps."""
    return texts.gettext(
        "Telegram shows me only commands here (privacy mode). Make me an administrator, and I "
        "see the photos; or answer a photo with /board."
    )


def bound(texts: Texts, title: str, *, in_topic: bool, sees_all: bool) -> str:
    """After /bind."""
    if in_topic:
        says = texts.gettext(
            'This topic is bound to "%(title)s": photos of boards that are sent here are made '
            "sharp, and all its boards come here.",
            title=title,
        )
    else:
        says = texts.gettext(
            'This group is bound to "%(title)s": photos of boards that are sent here are made '
            "sharp, and all its boards come here.",
            title=title,
        )
    return says if sees_all else f"{says}\n{privacy_mode(texts)}"


def how_to_bind(texts: Texts) -> str:
    """To /bind without a code, and to /board in a group that is not bound."""
    return texts.gettext(
        "This group is bound to no auditorium. An administrator does it: /bind and the code, "
        "such as /bind 7KQ2MX."
    )


def unbound(texts: Texts, title: str) -> str:
    """After /unbind."""
    return texts.gettext('This group is no longer bound to "%(title)s".', title=title)


def administrators_only(texts: Texts) -> str:
    """To a member who wants to bind the group."""
    return texts.gettext("Only an administrator of this group may do that.")


def board_to_what(texts: Texts) -> str:
    """To /board that answers no photo."""
    return texts.gettext("Answer a photo of the board with /board.")


def help_in_group(texts: Texts) -> str:
    """To /help in a group."""
    return texts.gettext(
        "/bind CODE: bind this group, or this topic, to an auditorium (administrators)\n"
        "/unbind: end that (administrators)\n"
        "/board: as an answer to a photo: make it sharp\n"
        "Write to me in private for everything else."
    )


def already_here(texts: Texts, number: int) -> str:
    """Below the board that a photo in the group shows again."""
    return texts.gettext("This board is here already: board %(number)s.", number=number)
