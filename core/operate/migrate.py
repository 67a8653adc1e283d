"""`python -m core migrate`: bring the database to the newest schema."""

from alembic import command
from alembic.config import Config
from sqlalchemy.exc import OperationalError

from core.operate.problems import CannotStart
from core.operate.programs import REPOSITORY


def alembic_config() -> Config:
    """Where the migrations lie; the settings say which database."""
    config = Config()
    config.set_main_option("script_location", str(REPOSITORY / "migrations"))
    return config


def migrate() -> int:
    """Run all migrations that the database has not seen. Blocks. Raises CannotStart."""
    try:
        command.upgrade(alembic_config(), "head")
    except OperationalError as problem:
        raise CannotStart(f"The database cannot be reached: {problem.orig}") from problem
    return 0
