"""`python -m bot`: serve the bot whose BOT_TOKEN is set, by polling, until SIGTERM or SIGINT."""

import asyncio
import signal
import sys

from bot.app import run
from bot.link import TokenRefused
from core.logs import configure_logs, get_logger
from core.settings import Settings, load_settings

log = get_logger(__name__)

CANNOT_START = 2
CRASHED = 1


def main() -> int:
    """The exit code: 2 if the token is missing or refused."""
    settings = load_settings()
    configure_logs(settings, "bot")
    if settings.bot_token is None:
        sys.stderr.write("bot: set BOT_TOKEN, which @BotFather gives\n")
        return CANNOT_START
    try:
        asyncio.run(_run(settings))
    except TokenRefused as error:
        sys.stderr.write(f"bot: {error.detail}\n")
        return CANNOT_START
    except Exception:
        # Through the log and its redactor: Python's own traceback would print URLs as they are.
        log.exception("bot.crashed")
        return CRASHED
    return 0


async def _run(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await run(settings, stop)


if __name__ == "__main__":
    sys.exit(main())
