"""The short survey: who is asked and when, what is answered, and the figures of it.

A member is asked once, and he is a member of one lecture. That he is asked is a notice (see
core.tables.telegram), owed in the transaction that gives the reason; the row of his answers comes
with the first of them. Each answer is stored at once and can be changed until he has finished.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, String, case, cast, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.access import Viewer, require_manager
from core.db import transaction
from core.errors import SurveyNotFound
from core.services import Services
from core.settings import Settings
from core.tables import Auditorium, Delivery, Member, Notice, Survey
from core.values import (
    AuditoriumState,
    DeliveryState,
    Hears,
    MemberState,
    NoticeKind,
    SurveyAnswer,
    SurveyQuestion,
)

KEY: Final = "survey"  # of the notice: one per member
TEXT_LIMIT: Final = 1000  # about a phone's screen; the table's own limit
# More boards than any lecture has.
_NEVER: Final = 1_000_000
# What the teacher reads at once; the export has all of them.
_TEXTS_SHOWN: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a member has answered so far; None: not yet, or skipped."""

    member_id: UUID
    title: str
    readable: SurveyAnswer | None
    fast: SurveyAnswer | None
    missing: str | None
    ended: bool

    def to(self, question: SurveyQuestion) -> SurveyAnswer | None:
        """The answer to a question that has choices."""
        match question:
            case SurveyQuestion.READABLE:
                return self.readable
            case SurveyQuestion.FAST:
                return self.fast
            case SurveyQuestion.MISSING:
                return None


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyFigures:
    """asked: who got the question. answered: who answered any. finished: who went to the end.

    missing: what was written, newest first, without names.
    """

    asked: int
    answered: int
    finished: int
    readable: Mapping[SurveyAnswer, int]
    fast: Mapping[SurveyAnswer, int]
    missing: tuple[str, ...]


def next_question(answers: Answers, after: SurveyQuestion | None = None) -> SurveyQuestion | None:
    """What to ask after this question was answered; None: nothing is left to ask.

    Questions are asked in their order. What was answered before its turn, as a text that came
    early, is not asked again; what was left out is asked last.
    """
    order = list(SurveyQuestion)
    later = order[order.index(after) + 1 :] if after is not None else []
    for question in later:
        # A choice is shown again, since he may have gone back to change it; a text is not.
        if question is not SurveyQuestion.MISSING or answers.missing is None:
            return question
    for question in (SurveyQuestion.READABLE, SurveyQuestion.FAST):
        if answers.to(question) is None:
            return question
    return None


def clean_text(text: str) -> tuple[str, bool]:
    """What is stored of a free text, and whether it was cut at TEXT_LIMIT characters.

    Without control characters, except for line breaks; "" if nothing is left.
    """
    kept = "".join(c for c in text.replace("\t", " ") if c.isprintable() or c == "\n").strip()
    return kept[:TEXT_LIMIT].strip(), len(kept) > TEXT_LIMIT


# --- who is asked


async def owe_after_boards(session: AsyncSession, settings: Settings, delivery_id: UUID) -> None:
    """Ask whom this delivery was sent to, if he has had enough boards to have an opinion.

    One is enough where the auditorium was closed while it was on its way.
    """
    member_id = (
        select(col(Delivery.member_id)).where(col(Delivery.id) == delivery_id).scalar_subquery()
    )
    is_closed = col(Auditorium.state) == AuditoriumState.CLOSED
    enough = settings.survey_after_boards
    await _owe(
        session,
        col(Member.id) == member_id,
        least_boards=case((is_closed, 1), else_=enough if enough > 0 else _NEVER),
    )


async def owe_at_closing(session: AsyncSession, auditorium_id: UUID) -> None:
    """The auditorium is being closed: ask those who got a board and were not asked before."""
    await _owe(session, col(Member.auditorium_id) == auditorium_id, least_boards=literal(1))


async def _owe(
    session: AsyncSession, whom: ColumnElement[bool], *, least_boards: ColumnElement[int]
) -> None:
    sent = (
        select(func.count())
        .select_from(Delivery)
        .where(col(Delivery.member_id) == col(Member.id))
        .where(col(Delivery.state) == DeliveryState.SENT)
        # What only stands in the gallery was not sent to him.
        .where(col(Delivery.telegram_message_id).is_not(None))
        .correlate(Member)
        .scalar_subquery()
    )
    asked = (
        select(
            func.gen_random_uuid(),
            col(Member.id),
            literal(NoticeKind.SURVEY.value),
            literal(KEY),
            func.jsonb_build_object(
                "member_id", cast(col(Member.id), String), "title", col(Auditorium.title)
            ),
            literal(DeliveryState.OWED.value),
            literal(0),
        )
        .join(Auditorium, col(Auditorium.id) == col(Member.auditorium_id))
        .where(whom)
        .where(col(Member.state) == MemberState.ACTIVE)
        # Who muted the auditorium wants no messages of it; groups have negative ids.
        .where(col(Member.hears) == Hears.ALL)
        .where(col(Member.telegram_chat_id) > 0)
        .where(sent >= least_boards)
    )
    await session.execute(
        insert(Notice)
        .from_select(["id", "member_id", "kind", "key", "data", "state", "attempts"], asked)
        .on_conflict_do_nothing(index_elements=["member_id", "key"])
    )


# --- what is answered


async def survey_of(services: Services, chat_id: int, member_id: UUID) -> Answers:
    """What this chat's member has answered. Raises SurveyNotFound."""
    async with transaction(services.sessions) as session:
        title = await _title(session, chat_id, member_id)
        survey = await session.get(Survey, member_id)
    return _answers(member_id, title, survey)


async def record_choice(
    services: Services,
    *,
    chat_id: int,
    member_id: UUID,
    question: SurveyQuestion,
    answer: SurveyAnswer,
) -> Answers:
    """Store an answer; after the end nothing changes any more. Raises SurveyNotFound."""
    async with transaction(services.sessions) as session:
        title = await _title(session, chat_id, member_id)
        survey = await _locked(session, member_id)
        if survey.ended_at is None:
            match question:
                case SurveyQuestion.READABLE:
                    survey.readable = answer
                case SurveyQuestion.FAST:
                    survey.fast = answer
                case SurveyQuestion.MISSING:
                    raise SurveyNotFound("free text has no choices")
            _end_if_done(services, survey, _answers(member_id, title, survey), question)
    return _answers(member_id, title, survey)


async def record_text(
    services: Services, *, chat_id: int, member_id: UUID, text: str
) -> tuple[Answers, bool]:
    """Store what was missing, and whether it was cut. Raises SurveyNotFound.

    A text of which nothing is left is as good as none.
    """
    kept, was_cut = clean_text(text)
    async with transaction(services.sessions) as session:
        title = await _title(session, chat_id, member_id)
        survey = await _locked(session, member_id)
        if survey.ended_at is None:
            survey.missing = kept or survey.missing
            answers = _answers(member_id, title, survey)
            _end_if_done(services, survey, answers, SurveyQuestion.MISSING)
    return _answers(member_id, title, survey), was_cut


async def finish(services: Services, *, chat_id: int, member_id: UUID) -> Answers:
    """He has nothing to add. Raises SurveyNotFound."""
    async with transaction(services.sessions) as session:
        title = await _title(session, chat_id, member_id)
        survey = await _locked(session, member_id)
        survey.ended_at = survey.ended_at or services.clock()
    return _answers(member_id, title, survey)


async def asked_by_message(services: Services, chat_id: int, message_id: int) -> UUID | None:
    """The member who was asked by this message of the bot; None: it asks nobody anything."""
    async with transaction(services.sessions) as session:
        return await session.scalar(
            select(col(Notice.member_id))
            .join(Member, col(Member.id) == col(Notice.member_id))
            .where(col(Notice.kind) == NoticeKind.SURVEY)
            .where(col(Notice.telegram_message_id) == message_id)
            .where(col(Member.telegram_chat_id) == chat_id)
        )


def _end_if_done(
    services: Services, survey: Survey, answers: Answers, answered: SurveyQuestion
) -> None:
    if next_question(answers, answered) is None:
        survey.ended_at = services.clock()


async def _title(session: AsyncSession, chat_id: int, member_id: UUID) -> str:
    """The lecture that is asked about. Raises SurveyNotFound if the chat was not asked so."""
    title = await session.scalar(
        select(col(Auditorium.title))
        .join(Member, col(Member.auditorium_id) == col(Auditorium.id))
        .join(Notice, col(Notice.member_id) == col(Member.id))
        .where(col(Member.id) == member_id, col(Member.telegram_chat_id) == chat_id)
        .where(col(Notice.kind) == NoticeKind.SURVEY)
    )
    if title is None:
        raise SurveyNotFound
    return title


async def _locked(session: AsyncSession, member_id: UUID) -> Survey:
    """His answers, made with the first of them; one change after the other."""
    asked_at = (
        select(func.coalesce(col(Notice.sent_at), func.now()))
        .where(col(Notice.member_id) == member_id, col(Notice.kind) == NoticeKind.SURVEY)
        .scalar_subquery()
    )
    await session.execute(
        insert(Survey)
        .values(member_id=member_id, asked_at=asked_at)
        .on_conflict_do_nothing(index_elements=["member_id"])
    )
    return await session.get_one(Survey, member_id, with_for_update=True)


def _answers(member_id: UUID, title: str, survey: Survey | None) -> Answers:
    return Answers(
        member_id=member_id,
        title=title,
        readable=_choice(survey.readable if survey else None),
        fast=_choice(survey.fast if survey else None),
        missing=survey.missing if survey else None,
        ended=survey is not None and survey.ended_at is not None,
    )


def _choice(stored: str | None) -> SurveyAnswer | None:
    return None if stored is None else SurveyAnswer(stored)


# --- figures


async def survey_figures(services: Services, viewer: Viewer) -> SurveyFigures:
    """The answers of the manager's auditorium. Raises NotAllowed."""
    require_manager(viewer)
    here = col(Member.auditorium_id) == viewer.auditorium_id
    asked_query = (
        select(func.count())
        .select_from(Notice)
        .join(Member, col(Member.id) == col(Notice.member_id))
        .where(here, col(Notice.kind) == NoticeKind.SURVEY)
        .where(col(Notice.state) == DeliveryState.SENT)
    )
    answers_query = (
        select(Survey)
        .join(Member, col(Member.id) == col(Survey.member_id))
        .where(here)
        .order_by(col(Survey.asked_at).desc(), col(Survey.member_id))
    )
    async with transaction(services.sessions) as session:
        asked = await session.scalar(asked_query)
        surveys = (await session.execute(answers_query)).scalars().all()
    return SurveyFigures(
        asked=asked or 0,
        answered=len(surveys),
        finished=sum(survey.ended_at is not None for survey in surveys),
        readable=_counted([survey.readable for survey in surveys]),
        fast=_counted([survey.fast for survey in surveys]),
        missing=tuple(each.missing for each in surveys if each.missing)[:_TEXTS_SHOWN],
    )


def _counted(given: list[str | None]) -> Mapping[SurveyAnswer, int]:
    return {answer: given.count(answer) for answer in SurveyAnswer}
