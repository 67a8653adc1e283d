"""`python -m tests.telegram.botapi --port 8081`: the server by itself, until Ctrl-C."""

import argparse
import asyncio
import signal
import sys
from typing import Final

from tests.telegram.botapi.api import BotApi
from tests.telegram.botapi.control import add_control
from tests.telegram.botapi.http import application, serving

DEFAULT_PORT: Final = 8081  # that of Telegram's own Bot API server


def main() -> int:
    """The exit code: 2 when the port is taken."""
    parser = argparse.ArgumentParser(prog="python -m tests.telegram.botapi", description=__doc__)
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0: a free one")
    parser.add_argument("--without-limits", action="store_true", help="never answer 429")
    arguments = parser.parse_args()
    try:
        asyncio.run(_run(arguments.port, has_limits=not arguments.without_limits))
    except OSError as error:
        sys.stderr.write(f"botapi: {error.strerror}\n")
        return 2
    return 0


async def _run(port: int, *, has_limits: bool) -> None:
    api = BotApi()
    api.begin_now()
    api.rates.is_on = has_limits
    app = application(api)
    add_control(app)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with serving(api, app, port):
        sys.stdout.write(
            f"A Bot API server without Telegram. People are played at {api.url}/control/\n"
            f"TELEGRAM_API_URL={api.url}\nBOT_TOKEN={api.token}\n"
        )
        sys.stdout.flush()
        await stop.wait()


if __name__ == "__main__":
    sys.exit(main())
