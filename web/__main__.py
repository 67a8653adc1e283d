"""`python -m web`: the web process."""

import signal
import sys

from core.logs import configure_logs, get_logger
from core.settings import load_settings
from web.app import create_app
from web.server import make_server

log = get_logger(__name__)


def main() -> int:
    """Serve until SIGINT or SIGTERM. Returns the exit code: 0 after a signal, 1 if not started."""
    settings = load_settings()
    configure_logs(settings, "web")
    server = make_server(create_app(settings), settings)
    # uvicorn raises the signal again when it has stopped; both are an orderly end here.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        server.run()
    except KeyboardInterrupt:
        return 0
    except SystemExit:
        # uvicorn could not listen and has logged why.
        return 1
    return 0 if server.started else 1


if __name__ == "__main__":
    sys.exit(main())
