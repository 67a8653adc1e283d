"""`python -m core migrate`: bring the database to the newest schema."""

from alembic import command
from alembic.config import Config
from sqlalchemy.exc import OperationalError

from core.operate.problems import CannotStart
from core.operate.programs import REPOSITORY


def migrate() -> int:
    """Run all migrations that the database has not seen. Blocks. Raises CannotStart."""
    config = Config()
    config.set_main_option("script_location", str(REPOSITORY / "migrations"))
    try:
        command.upgrade(config, "head")
    except OperationalError as problem:
        raise CannotStart(f"The database cannot be reached: {problem.orig}") from problem
    return 0
