"""The operator's command line: `python -m core COMMAND`. Each command lives in its own module."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from pydantic import ValidationError

from core.operate.problems import CannotStart
from core.operate.terminal import complain
from core.settings import load_settings

WRONG_SETTINGS = 2  # as argparse exits for a wrong command line
INTERRUPTED = 130  # as shells tell of a command that Ctrl-C ended

EPILOG = """\
Everything is set by environment variables or .env; .env.example lists them with their reasons.
Exit codes: 0 stopped in order, 2 wrong command line or settings, 3 the data folder is in use,
4 the port is taken, 5 the data folder is unusable, 6 too little disk, 7 a server does not start,
1 anything else that an operator can put right (the message says how). doctor: 0 nothing failed, 1
something did.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code. What an operator can put right is one line on stderr."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = chosen.run
    try:
        return run(chosen)
    except CannotStart as problem:
        complain(f"auditorium: {problem}")
        return problem.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except ValidationError as problem:
        for error in problem.errors(include_input=False, include_url=False):
            name = ".".join(map(str, error["loc"])).upper()
            complain(f"auditorium: setting {name}: {error['msg']}")
        return WRONG_SETTINGS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m core",
        description="Runs Auditorium on one machine.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    command = commands.add_parser(
        "up",
        help="start the servers, web, workers and bot, and stay until Ctrl-C (`make run`)",
        description="Starts PostgreSQL, Valkey and the S3 server of the data folder, migrates, "
        "starts web, workers and (with BOT_TOKEN) the bot, makes the demo at the first start, "
        "and keeps everything running. Ctrl-C stops in order within 10 s, a second one kills.",
    )
    command.set_defaults(run=_up)

    command = commands.add_parser(
        "servers",
        help="run only PostgreSQL, Valkey and the S3 server; print their environment as JSON",
        description="Prints one JSON line with the settings of the servers when they are ready, "
        "obeys `stop NAME`, `start NAME` and `kill NAME` on its input, and stops when that ends.",
    )
    command.add_argument(
        "--data", type=Path, metavar="DIR", help="data folder (default: AUDITORIUM_DATA)"
    )
    command.set_defaults(run=_servers)

    command = commands.add_parser(
        "migrate", help="bring the database of DATABASE_URL to the newest schema"
    )
    command.set_defaults(run=_migrate)

    command = commands.add_parser(
        "demo",
        help="make the demo lecture if this data folder has none; print its links",
        description="Sends the bundled board photo twice (the second time re-encoded and smaller) "
        "through the intake that users use, and shows how it is upscaled once. `up` calls this.",
    )
    command.set_defaults(run=_demo)

    command = commands.add_parser(
        "doctor",
        help="check settings, servers, model, disk and Telegram, and say what is wrong",
        description="Looks at everything that an operator can get wrong and says what to do, within"
        " 20 s. It changes nothing and prints no secret. Beside a running `make run` it finds the "
        "servers by itself; docs/runbook.md explains its lines.",
    )
    command.add_argument("--json", action="store_true", help="one JSON object, for machines")
    command.set_defaults(run=_doctor)

    command = commands.add_parser(
        "views",
        help="which views of boards people open, keep and like, by kind and size of writing",
        description="Prints a table of how often each view was chosen, of the whole service and "
        "without names: what DEFAULT_VIEW may be set by. Beside a running `make run` it finds the "
        "database by itself.",
    )
    command.set_defaults(run=_views)
    return parser


# Imported in the command that needs them, hence PLC0415: `servers` needs none of the use cases.


def _up(_chosen: argparse.Namespace) -> int:
    from core.operate.supervisor import up  # noqa: PLC0415  # see above

    return up(load_settings())


def _servers(chosen: argparse.Namespace) -> int:
    from core.operate.serve import serve  # noqa: PLC0415  # see above

    return serve(chosen.data or load_settings().auditorium_data)


def _migrate(_chosen: argparse.Namespace) -> int:
    from core.operate.migrate import migrate  # noqa: PLC0415  # see above

    return migrate()


def _demo(_chosen: argparse.Namespace) -> int:
    from core.operate.demo import demo  # noqa: PLC0415  # see above

    return demo(load_settings())


def _doctor(chosen: argparse.Namespace) -> int:
    from core.operate.doctor.examine import doctor  # noqa: PLC0415  # see above

    return doctor(machine=chosen.json)


def _views(_chosen: argparse.Namespace) -> int:
    from core.operate.views import views  # noqa: PLC0415  # see above

    return views(load_settings())
