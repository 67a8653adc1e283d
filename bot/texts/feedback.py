"""What the bot says of votes and of old buttons, and in the survey."""

from typing import Final, assert_never

from core.surveys import TEXT_LIMIT
from core.texts import Texts
from core.values import SurveyAnswer, SurveyQuestion, Vote

_THUMBS: Final[dict[Vote, str]] = {Vote.LIKE: "👍", Vote.DISLIKE: "👎"}


def thumb(vote: Vote) -> str:
    """A vote as a sign."""
    return _THUMBS[vote]


def voted(texts: Texts, vote: Vote | None) -> str:
    """A toast. vote: the one that stands now."""
    match vote:
        case Vote.LIKE:
            return texts.gettext("👍 Counted, thank you!")
        case Vote.DISLIKE:
            return texts.gettext("👎 Counted. Thank you for telling.")
        case None:
            return texts.gettext("Your vote is taken back.")
        case _:
            assert_never(vote)


def old_button(texts: Texts) -> str:
    """An alert: the button does nothing any more."""
    return texts.gettext("This button is of an older message and does nothing any more.")


def survey_question(texts: Texts, title: str, question: SurveyQuestion) -> str:
    """A question of the survey. title: of the auditorium."""
    head = texts.gettext('Three short questions about "%(title)s":', title=title)
    place = list(SurveyQuestion).index(question) + 1
    return f"{head}\n\n{place}. {_question(texts, question)}"


def _question(texts: Texts, question: SurveyQuestion) -> str:
    match question:
        case SurveyQuestion.READABLE:
            return texts.gettext("Could you read the boards?")
        case SurveyQuestion.FAST:
            return texts.gettext("Was it fast enough?")
        case SurveyQuestion.MISSING:
            return texts.gettext(
                "What was missing? Write it as a reply to this message. "
                "The teacher reads it without your name."
            )
        case _:
            assert_never(question)


def choice(texts: Texts, answer: SurveyAnswer) -> str:
    """An answer as a button."""
    match answer:
        case SurveyAnswer.YES:
            return texts.gettext("Yes")
        case SurveyAnswer.PARTLY:
            return texts.gettext("Partly")
        case SurveyAnswer.NO:
            return texts.gettext("No")
        case _:
            assert_never(answer)


def survey_thanks(texts: Texts, *, was_cut: bool = False) -> str:
    """The end. was_cut: the text was longer than what is stored."""
    thanks = texts.gettext("Thank you! Your answers help to make the boards better.")
    if not was_cut:
        return thanks
    cut = texts.ngettext(
        "Your text was long: its first %(n)s character is kept.",
        "Your text was long: its first %(n)s characters are kept.",
        TEXT_LIMIT,
        n=TEXT_LIMIT,
    )
    return f"{thanks}\n{cut}"


def survey_noted(texts: Texts) -> str:
    """A toast after an answer."""
    return texts.gettext("Noted")


def survey_over(texts: Texts) -> str:
    """A toast: the survey had been finished before."""
    return texts.gettext("You have already finished these questions. Thank you!")
