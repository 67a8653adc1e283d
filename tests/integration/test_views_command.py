"""`python -m core views` as an operator runs it."""

import os
import subprocess
import sys

from core.leases import finish
from core.operate.views import table
from core.services import Services
from core.values import ResultView, ViewUse
from core.view_choices import ViewFigures, record_view_use
from tests.acts import made, send_photo, take
from tests.conftest import ROOT, Room


def run(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "core", "views"],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


async def test_the_operator_reads_what_people_chose(
    services: Services, room: Room, environment: dict[str, str]
) -> None:
    assert run(environment).stdout == "Nobody has chosen a view yet.\n"
    receipt = await send_photo(services, room.student)
    await finish(services, await take(services, receipt.board_id), await made(services))
    for use in ViewUse:
        await record_view_use(services, room.student, receipt.board_id, ResultView.CLEAN, use)
    told = run(environment)
    assert told.returncode == 0, told.stderr
    header, line = told.stdout.splitlines()
    assert header.split() == ["board", "writing", "view", "opened", "kept", "likes", "dislikes"]
    assert line.split()[-5:] == ["clean", "1", "1", "0", "0"]


def test_the_columns_stand_below_each_other() -> None:
    figures = [
        ViewFigures(kind=kind, size="4-5 px", view=view, opened=opened, kept=1, likes=2, dislikes=0)
        for kind, view, opened in (
            ("chalk", ResultView.COMPOSED, 7),
            ("whiteboard", ResultView.SHARP, 1234),
        )
    ]
    lines = table(figures)
    assert len({len(line) for line in lines}) == 1
    assert lines[2].index("sharp") == lines[1].index("composed") == lines[0].index("view")


def test_a_database_that_is_away_is_told_in_one_line(environment: dict[str, str]) -> None:
    away = environment | {"DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:9/none"}
    told = run(away)
    assert told.returncode == 1
    assert told.stderr.startswith("auditorium: The database does not answer")
    assert len(told.stderr.splitlines()) == 1
