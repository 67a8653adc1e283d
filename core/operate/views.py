"""`python -m core views`: which views of boards people open, keep and like, as a table."""

import asyncio
import os
from collections.abc import Sequence
from typing import Final

from core.errors import Unavailable
from core.logs import configure_logs
from core.operate.doctor.find_servers import find_servers
from core.operate.problems import CannotStart
from core.operate.terminal import say
from core.services import open_services
from core.settings import Settings
from core.view_choices import ViewFigures, view_figures

_HEADER: Final = ("board", "writing", "view", "opened", "kept", "likes", "dislikes")
_WORDS: Final = 3  # columns of words, to the left; numbers to the right


def views(settings: Settings) -> int:
    """Print the figures. Beside a running `make run` its servers are found. Raises CannotStart."""
    settings = find_servers(settings, os.environ).settings
    configure_logs(settings.model_copy(update={"log_level": "WARNING"}), "views")
    try:
        figures = asyncio.run(_figures(settings))
    except Unavailable as problem:
        raise CannotStart(
            f"The database does not answer ({problem.detail}): `python -m core doctor` says more."
        ) from problem
    for line in table(figures):
        say(line)
    return 0


async def _figures(settings: Settings) -> Sequence[ViewFigures]:
    async with open_services(settings) as services:
        return await view_figures(services)


def table(figures: Sequence[ViewFigures]) -> list[str]:
    """The figures as lines, in their order. Pure."""
    if not figures:
        return ["Nobody has chosen a view yet."]
    rows = [
        _HEADER,
        *(
            (
                each.kind,
                each.size,
                each.view.value,
                str(each.opened),
                str(each.kept),
                str(each.likes),
                str(each.dislikes),
            )
            for each in figures
        ),
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if position < _WORDS else cell.rjust(width)
            for position, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
