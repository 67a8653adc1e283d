"""What the bot says to those who open, show, close and count auditoriums."""

from collections.abc import Mapping
from typing import Final

from babel.numbers import format_decimal

from core.access import Viewer
from core.ratings import RatingFigures
from core.rooms import TITLE_LIMIT
from core.summary import Figures
from core.surveys import SurveyFigures
from core.texts import Texts
from core.values import AuditoriumState, SurveyAnswer

# Below this a second more or less can be felt.
_TENTHS_BELOW_S: Final = 10


def open_gallery(texts: Texts) -> str:
    """The button behind which the gallery is."""
    return texts.gettext("Open the gallery")


def gallery_link(texts: Texts, title: str, minutes: int) -> str:
    """Above the button."""
    return texts.ngettext(
        'All boards of "%(title)s" on the web. The button works once, within %(minutes)s minute; '
        "/gallery gives you a new one.",
        'All boards of "%(title)s" on the web. The button works once, within %(minutes)s minutes; '
        "/gallery gives you a new one.",
        minutes,
        title=title,
        minutes=minutes,
    )


def ask_title(texts: Texts) -> str:
    """The question whose answer is a lecture's name. Answers are known by it: plain, unfilled."""
    return texts.gettext("What is the lecture called? Answer this message with its name.")


def title_hint(texts: Texts) -> str:
    """In the empty field in which the answer is typed; Telegram allows 64 characters."""
    return texts.gettext("Algebra, 14:00")


def title_refused(texts: Texts) -> str:
    """A name that is none."""
    return texts.gettext("The name has 1 to %(limit)s characters.", limit=TITLE_LIMIT)


def room_card(
    texts: Texts, *, title: str, code: str, state: AuditoriumState, telegram: str, web: str
) -> str:
    """Below the QR code. telegram, web: the two ways to join."""
    lines = [
        texts.gettext('"%(title)s"', title=title),
        texts.gettext("Code: %(code)s", code=code),
        "",
        texts.gettext("In Telegram: %(url)s", url=telegram),
        texts.gettext("In a browser: %(url)s", url=web),
    ]
    if state is AuditoriumState.CLOSED:
        lines += ["", texts.gettext("It is closed: its boards can be read, nothing can be sent.")]
    return "\n".join(lines)


def what_next(texts: Texts) -> str:
    """To who has just opened an auditorium."""
    return texts.gettext(
        "The auditorium is open. Show this QR code to the hall or forward this message: who scans "
        "it is in. /qr shows it again, /close ends the lecture."
    )


def closed(texts: Texts, title: str) -> str:
    """The teacher closed the auditorium."""
    return texts.gettext(
        '"%(title)s" is closed: no more photos are taken. Its boards stay where they are, here and '
        "in the gallery. /open takes photos again, /export gives you all boards.",
        title=title,
    )


def opened(texts: Texts, title: str) -> str:
    """The teacher opened it again."""
    return texts.gettext(
        '"%(title)s" is open: photos are taken. /close ends that again.', title=title
    )


def not_a_manager(texts: Texts, title: str | None) -> str:
    """To who manages nothing here. title: of his current auditorium, None if he is in none."""
    if title is None:
        return texts.gettext("You are in no auditorium. /newroom opens one of your own.")
    return texts.gettext(
        'Only those who manage "%(title)s" may do this. /room switches to another auditorium, '
        "/newroom opens one of your own.",
        title=title,
    )


def stats(
    texts: Texts,
    *,
    viewer: Viewer,
    figures: Figures,
    ratings: RatingFigures,
    survey: SurveyFigures,
) -> str:
    """A lecture in figures."""
    is_open = viewer.state is AuditoriumState.OPEN
    state = texts.gettext("open") if is_open else texts.gettext("closed")
    lines = [
        texts.gettext('"%(title)s"', title=viewer.title) + f" · {viewer.code} · {state}",
        "",
        texts.gettext("Members: %(count)s", count=figures.members),
        texts.gettext(
            "Boards: %(count)s (ready %(ready)s, in work %(working)s, failed %(failed)s)",
            count=figures.boards,
            ready=figures.ready,
            working=figures.waiting + figures.running,
            failed=figures.failed,
        ),
        texts.gettext(
            "Photos sent: %(count)s, of them repeated: %(repeated)s (%(percent)s%%)",
            count=figures.uploads,
            repeated=figures.duplicates,
            percent=percent(figures.duplicates, figures.uploads),
        ),
    ]
    if figures.seconds_median is not None:
        seconds = _seconds(texts, figures.seconds_median)
        lines.append(
            texts.gettext("A board is ready after: %(seconds)s s (median)", seconds=seconds)
        )
    lines.append(_ratings(texts, ratings))
    if survey.answered:
        lines += [
            "",
            texts.gettext("Survey, answers: %(count)s", count=survey.answered),
            texts.gettext("Readable: %(answers)s", answers=_answers(texts, survey.readable)),
            texts.gettext("Fast enough: %(answers)s", answers=_answers(texts, survey.fast)),
        ]
    return "\n".join(lines)


def _ratings(texts: Texts, ratings: RatingFigures) -> str:
    votes = ratings.likes + ratings.dislikes
    if not votes:
        return texts.gettext("Likes: none yet")
    return texts.gettext(
        "Likes: %(likes)s (%(liked)s%%), dislikes: %(dislikes)s (%(disliked)s%%)",
        likes=ratings.likes,
        liked=percent(ratings.likes, votes),
        dislikes=ratings.dislikes,
        disliked=percent(ratings.dislikes, votes),
    )


def _answers(texts: Texts, counts: Mapping[SurveyAnswer, int]) -> str:
    return texts.gettext(
        "yes %(yes)s, partly %(partly)s, no %(no)s",
        yes=counts[SurveyAnswer.YES],
        partly=counts[SurveyAnswer.PARTLY],
        no=counts[SurveyAnswer.NO],
    )


def percent(part: int, whole: int) -> int:
    """A whole number of percent; 0 of nothing."""
    return round(100 * part / whole) if whole else 0


def _seconds(texts: Texts, seconds: float) -> str:
    digits = 1 if seconds < _TENTHS_BELOW_S else 0
    return format_decimal(round(seconds, digits), locale=texts.locale)
