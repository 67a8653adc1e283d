"""What a Telegram chat chose, whatever auditoriums it is in: language, quality, first view."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from core.db import transaction
from core.services import Services
from core.tables import Member, TelegramChat
from core.values import Quality, ResultView


@dataclass(frozen=True, slots=True)
class Preferences:
    """locale: "ru", "en", or None for the language of the person's Telegram.

    first_view: None for the service's default; core.view_choices changes it.
    """

    locale: str | None = None
    quality: Quality = Quality.BEST
    first_view: ResultView | None = None


NO_PREFERENCES: Final = Preferences()


async def preferences(services: Services, chat_id: int) -> Preferences:
    """The chat's choices. Raises DatabaseUnavailable."""
    async with transaction(services.sessions) as session:
        row = await session.get(TelegramChat, chat_id)
    if row is None:
        return NO_PREFERENCES
    return Preferences(
        row.locale,
        Quality(row.quality),
        None if row.first_view is None else ResultView(row.first_view),
    )


async def choose_locale(services: Services, chat_id: int, locale: str) -> None:
    """The chat reads this language from now on, in all its auditoriums."""
    async with transaction(services.sessions) as session:
        await session.execute(
            insert(TelegramChat)
            .values(chat_id=chat_id, locale=locale, quality=Quality.BEST)
            .on_conflict_do_update(
                index_elements=["chat_id"], set_={"locale": locale, "changed_at": func.now()}
            )
        )
        await session.execute(
            update(Member).where(col(Member.telegram_chat_id) == chat_id).values(locale=locale)
        )


async def choose_quality(services: Services, chat_id: int, quality: Quality) -> None:
    """The chat's next photos are rendered so."""
    async with transaction(services.sessions) as session:
        await session.execute(
            insert(TelegramChat)
            .values(chat_id=chat_id, quality=quality)
            .on_conflict_do_update(
                index_elements=["chat_id"], set_={"quality": quality, "changed_at": func.now()}
            )
        )
