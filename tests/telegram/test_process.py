"""`python -m bot` as a process: killed, stopped, alone, and with a token that nobody may see."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text

from bot.link import TokenRefused, make_bot
from core.services import Services
from core.settings import Settings
from tests.conftest import ROOT, Room
from tests.pictures import photo
from tests.telegram.botapi import TOKEN, BotApi
from tests.telegram.conftest import make_ready
from tests.telegram.lecture import join, waiting_board
from tests.telegram.people import person

STARTS_WITHIN_S = 60.0  # importing aiogram takes 5 s of a processor that others use too
# Below the 20 s of a request and the 25 s of a long poll: it did not wait for them.
STOPS_WITHIN_S = 15.0
SECRET = TOKEN.partition(":")[2]


class BotProcess:
    """A running `python -m bot` and what it has written."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.log = ""
        self._written = asyncio.Condition()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stderr is not None
        while line := await self.process.stderr.readline():
            async with self._written:
                self.log += line.decode()
                self._written.notify_all()

    async def says(self, words: str) -> None:
        """Wait until it has written so."""
        async with self._written:
            waiting = self._written.wait_for(lambda: words in self.log)
            await asyncio.wait_for(waiting, STARTS_WITHIN_S)

    async def ends(self, within_s: float) -> int:
        """Its exit code; all that it wrote is then in the log."""
        code = await asyncio.wait_for(self.process.wait(), within_s)
        await self._reading
        return code


@asynccontextmanager
async def bot_process(
    environment: dict[str, str], api: BotApi, token: str | None = TOKEN
) -> AsyncIterator[BotProcess]:
    inherited = {name: value for name, value in os.environ.items() if name != "BOT_TOKEN"}
    own = {"TELEGRAM_API_URL": api.url, "LOG_LEVEL": "DEBUG"}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        cwd=ROOT,
        env=inherited | environment | own | ({} if token is None else {"BOT_TOKEN": token}),
        stderr=asyncio.subprocess.PIPE,
    )
    running = BotProcess(process)
    try:
        yield running
    finally:
        if process.returncode is None:
            process.kill()
        await running.ends(STARTS_WITHIN_S)


async def polls(api: BotApi, more_than: int = 0) -> None:
    await api.until(lambda: len(api.called("getUpdates")) > more_than, STARTS_WITHIN_S)


async def test_a_bot_killed_between_claim_and_send_loses_no_board(
    services: Services, room: Room, environment: dict[str, str], api: BotApi
) -> None:
    emmy = person(api)
    await join(services, room, emmy)
    async with bot_process(environment, api) as first:
        await polls(api)
        board_id = await waiting_board(services, emmy)
        api.hang("sendPhoto")
        await make_ready(services, board_id)
        await api.until(lambda: bool(api.called("sendPhoto")))
        first.process.kill()
        await first.ends(STOPS_WITHIN_S)
    async with services.sessions.begin() as session:
        await session.execute(
            text(
                "UPDATE delivery SET lease_until = now() - interval '1 s'"
                " WHERE lease_until IS NOT NULL"
            )
        )
    async with bot_process(environment, api):
        message = (await emmy.got(2, STARTS_WITHIN_S))[-1]
    assert "photo" in message
    assert len(api.called("sendPhoto")) == 2


async def test_a_photo_in_hand_at_a_kill_is_sent_again_by_telegram_and_stored_once(
    services: Services, room: Room, environment: dict[str, str], api: BotApi
) -> None:
    emmy = person(api)
    await join(services, room, emmy)
    async with bot_process(environment, api) as first:
        await polls(api)
        api.hang("getFile")
        await emmy.sends_photo(photo(1))
        await api.until(lambda: bool(api.called("getFile")))
        first.process.kill()
        await first.ends(STOPS_WITHIN_S)
    async with bot_process(environment, api):
        await emmy.got(1, STARTS_WITHIN_S)
    assert emmy.inbox[0]["text"].startswith("Got it: board 1.")


async def test_a_photo_that_was_confirmed_while_still_in_hand_is_not_lost_at_a_kill(
    services: Services, room: Room, environment: dict[str, str], api: BotApi
) -> None:
    emmy = person(api)
    await join(services, room, emmy)
    async with bot_process(environment, api) as first:
        await polls(api)
        api.hang("getFile")
        sent = await emmy.sends_photo(photo(1))
        # Its handler takes longer than the others are held up for.
        await api.until(lambda: api.confirmed >= sent.update_id)
        first.process.kill()
        await first.ends(STOPS_WITHIN_S)
    assert emmy.inbox == []
    async with bot_process(environment, api):
        await emmy.got(1, STARTS_WITHIN_S)
    assert emmy.inbox[0]["text"].startswith("Got it: board 1.")


async def test_a_stop_finishes_and_confirms_what_is_in_hand(
    services: Services, room: Room, environment: dict[str, str], api: BotApi
) -> None:
    emmy = person(api)
    await join(services, room, emmy)
    async with bot_process(environment, api) as running:
        await polls(api)
        released = api.hang("sendMessage")
        sent = await emmy.sends_photo(photo(2))
        await api.until(lambda: bool(api.called("sendMessage")))
        running.process.send_signal(signal.SIGTERM)
        released.set()
        assert await running.ends(STOPS_WITHIN_S) == 0
    assert emmy.inbox[0]["text"].startswith("Got it")
    assert api.confirmed >= sent.update_id
    assert "Traceback" not in running.log


async def test_a_stop_waits_neither_for_a_hanging_telegram_nor_for_the_long_poll(
    services: Services, room: Room, environment: dict[str, str], api: BotApi
) -> None:
    emmy = person(api)
    await join(services, room, emmy)
    async with bot_process(environment, api) as running:
        await polls(api)
        api.hang("getFile")
        sent = await emmy.sends_photo(photo(3))
        await api.until(lambda: bool(api.called("getFile")))
        running.process.send_signal(signal.SIGINT)
        assert await running.ends(STOPS_WITHIN_S) == 0
    assert api.confirmed < sent.update_id  # the next process gets it again
    assert "Traceback" not in running.log


async def test_only_one_process_polls_and_the_other_takes_over(
    services: Services, environment: dict[str, str], api: BotApi
) -> None:
    del services
    async with bot_process(environment, api) as first:
        await polls(api)
        async with bot_process(environment, api) as second:
            await second.says("bot.waits")
            assert "another process serves this bot" in second.log
            assert len(api.called("getMe")) == 1
            before = len(api.called("getUpdates"))
            first.process.kill()
            await first.ends(STOPS_WITHIN_S)
            await polls(api, more_than=before)


async def test_a_telegram_that_cannot_be_reached_is_one_line_and_waited_for(
    services: Services, environment: dict[str, str], api: BotApi
) -> None:
    del services
    api.fail("getMe", 502, "Bad Gateway", times=2)
    async with bot_process(environment, api) as running:
        await polls(api)
        await running.says("bot.ready")
    assert running.log.count("telegram.away") == 1
    assert running.log.count("telegram.back") == 1
    assert "Traceback" not in running.log


async def test_a_refused_token_is_one_line_and_an_exit_code(
    services: Services, environment: dict[str, str], api: BotApi
) -> None:
    del services
    async with bot_process(environment, api, TOKEN + "x") as running:
        assert await running.ends(STARTS_WITHIN_S) == 2
    assert "Telegram refuses BOT_TOKEN" in running.log
    assert "Traceback" not in running.log
    assert SECRET not in running.log


def test_what_cannot_be_a_token_is_refused_without_asking_telegram(settings: Settings) -> None:
    with pytest.raises(TokenRefused):
        make_bot(settings, "no token at all")


async def test_the_token_is_in_no_log_whatever_goes_wrong(
    services: Services, room: Room, environment: dict[str, str], api: BotApi
) -> None:
    emmy = person(api)
    await join(services, room, emmy)
    async with bot_process(environment, api) as running:
        await polls(api)
        api.fail("getFile", 500, f"Internal Server Error at /bot{TOKEN}/getFile")
        await emmy.sends_photo(photo(4))
        await emmy.got(1)
        api.fail("download", 404, "Not Found")
        await emmy.sends_photo(photo(4))
        await emmy.got(2)
        api.fail("sendMessage", 400, f"Bad Request: /bot{TOKEN}/sendMessage")
        await emmy.writes("/help")
        await api.until(lambda: len(api.called("sendMessage")) == 3)
        api.fail("getUpdates", 500, f"Internal Server Error at /bot{TOKEN}/getUpdates")
        await emmy.writes("/help")
        await emmy.got(3)
        running.process.terminate()
        await running.ends(STOPS_WITHIN_S)
    assert "reply.failed" in running.log
    assert SECRET not in running.log
    assert all(SECRET not in str(message) for message in emmy.inbox)


async def test_the_bot_process_holds_no_torch(
    services: Services, environment: dict[str, str], api: BotApi
) -> None:
    del services
    async with bot_process(environment, api) as running:
        await polls(api)
        mapped = {
            Path(each.path).name for each in psutil.Process(running.process.pid).memory_maps()
        }
    assert not [name for name in mapped if "torch" in name]


async def test_without_a_token_it_says_where_to_get_one(
    environment: dict[str, str], api: BotApi
) -> None:
    async with bot_process(environment, api, token=None) as running:
        assert await running.ends(STARTS_WITHIN_S) == 2
    assert "BotFather" in running.log
