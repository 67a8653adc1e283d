"""`python -m worker` runs the worker; `upscale …` upscales files, `check` looks at the model."""

import argparse
import sys

from worker import check, cli


def main(arguments: list[str]) -> int:
    """The exit code of what `arguments` ask for."""
    parser = argparse.ArgumentParser(
        prog="python -m worker",
        description="Upscale boards: from the queue, or files by themselves.",
    )
    commands = parser.add_subparsers(dest="command")
    cli.add_arguments(
        commands.add_parser("upscale", help="upscale pictures and folders without any server")
    )
    commands.add_parser("check", help="say whether MODEL and DEVICE can be used, and end")
    parsed = parser.parse_args(arguments)
    if parsed.command == "upscale":
        return cli.run(parsed)
    if parsed.command == "check":
        return check.run()
    from worker.main import main as serve  # noqa: PLC0415 -- the queue's packages, for it alone

    return serve()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
