"""The bot in this process, on the real servers, talking to our Bot API server."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from PIL import Image
from pydantic import AnyHttpUrl, SecretStr

from bot.app import run
from core.intake import RENDITIONS
from core.leases import Finished, claim, finish
from core.services import Services
from core.settings import Settings
from core.values import AttemptPurpose, Picture, RenditionKind
from tests.pictures import board
from tests.telegram.botapi import TOKEN, BotApi, bot_api
from tests.telegram.strict import Strict

STOPS_WITHIN_S = 10.0
# Of the views beside the composed one; no two alike, so that a size says what was sent.
SIZES = {
    RenditionKind.CLEAN: (1200, 900),
    RenditionKind.SHARP: (1120, 840),
    RenditionKind.STRAIGHT: (1000, 700),
}


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    """A Bot API server of this test's own; all that it says must be as aiogram's types have it."""
    strict = Strict()
    async with bot_api(inspect=strict) as server:
        yield server
    assert strict.complaints == []


@pytest.fixture
def bot_settings(settings: Settings, api: BotApi) -> Settings:
    """Settings with a token and the server's address."""
    return settings.model_copy(
        update={"bot_token": SecretStr(TOKEN), "telegram_api_url": AnyHttpUrl(api.url)}
    )


class RunningBot:
    """The bot as a task of this process."""

    def __init__(self, settings: Settings) -> None:
        self._stop = asyncio.Event()
        self.task = asyncio.create_task(run(settings, self._stop))

    async def stop(self) -> None:
        """Stop it in order; what it was doing is then in the database."""
        self._stop.set()
        await asyncio.wait_for(asyncio.shield(self.task), STOPS_WITHIN_S)


@pytest.fixture
async def running(
    services: Services, bot_settings: Settings, api: BotApi
) -> AsyncIterator[RunningBot]:
    """The bot runs and polls; `services` comes first, because it empties Redis."""
    del services
    bot = RunningBot(bot_settings)
    try:
        await api.until(lambda: bool(api.called("getUpdates")) or bot.task.done())
        yield bot
    finally:
        await bot.stop()


@pytest.fixture
def bot(running: RunningBot, api: BotApi) -> BotApi:
    """The server to which a running bot talks."""
    del running
    return api


async def make_ready(
    services: Services,
    board_id: UUID,
    size: tuple[int, int] = (1600, 1200),
    *,
    kinds: Sequence[RenditionKind] = (),
    record: Mapping[str, Any] | None = None,
) -> None:
    """The worker's part: the board gets its pictures and is owed to the members.

    size: of the composed view. kinds: pictures of the other views; without them it is as boards
    were before there were any.
    """
    held = await claim(services, board_id, "test", AttemptPurpose.RENDER)
    assert held is not None
    pictures = [
        _picture(RenditionKind.UPSCALED, "JPEG", size),
        _picture(RenditionKind.PREVIEW, "WEBP", (size[0] // 2, size[1] // 2)),
        *(_picture(kind, "JPEG", SIZES[kind]) for kind in kinds),
    ]
    stored = [
        (picture, await services.store.put(RENDITIONS, picture.content, picture.media_type))
        for picture in pictures
    ]
    made = Finished(stored, b"\x01" * 25, "test", {"upscale": 1.0}, record or {})
    await finish(services, held, made)


def _picture(kind: RenditionKind, form: str, size: tuple[int, int]) -> Picture:
    buffer = BytesIO()
    board(7, size=(400, 300)).resize(size, Image.Resampling.BILINEAR).save(buffer, form)
    return Picture(
        kind=kind,
        media_type=f"image/{form.lower()}",
        width=size[0],
        height=size[1],
        content=buffer.getvalue(),
    )
