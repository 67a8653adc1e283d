"""The migrations: there and back again, and the same schema as the tables say."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, pool, text

from core.tables import Table
from tests.conftest import ROOT, Servers, as_admin, drop_database, with_database

CONFIG = ROOT / "alembic.ini"
# All of the public schema that can drift, CHECK constraints among it, which autogenerate ignores.
CATALOGUE = {
    "column": """
        SELECT table_name, column_name, data_type, is_nullable, column_default
        FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name <> 'alembic_version'""",
    "constraint": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
        FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace
        AND conrelid::regclass::text <> 'alembic_version'""",
    "index": """
        SELECT tablename, indexname, indexdef FROM pg_indexes
        WHERE schemaname = 'public' AND tablename <> 'alembic_version'""",
}

NewDatabase = Callable[[], Engine]


@pytest.fixture
def new_database(embedded: Servers) -> Iterator[NewDatabase]:
    """Makes empty databases."""
    made: dict[str, Engine] = {}

    def make() -> Engine:
        name = f"empty_{uuid4().hex}"
        with as_admin(embedded.environment) as admin:
            admin.execute(f"CREATE DATABASE {name}")
        url = with_database(embedded.environment, name)["DATABASE_URL"]
        password = embedded.environment["DATABASE_PASSWORD"]
        made[name] = create_engine(
            url, poolclass=pool.NullPool, connect_args={"password": password}
        )
        return made[name]

    yield make
    for name, engine in made.items():
        engine.dispose()
        drop_database(embedded.environment, name)


def upgrade(engine: Engine, revision: str = "head") -> None:
    _migrate(engine, command.upgrade, revision)


def downgrade(engine: Engine, revision: str = "base") -> None:
    _migrate(engine, command.downgrade, revision)


def _migrate(engine: Engine, how: Callable[[Config, str], None], revision: str) -> None:
    config = Config(CONFIG)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        how(config, revision)


def schema(engine: Engine) -> set[tuple[object, ...]]:
    with engine.connect() as connection:
        return {
            (kind, *row)
            for kind, query in CATALOGUE.items()
            for row in connection.execute(text(query))
        }


def drift(connection: Connection) -> list[object]:
    context = MigrationContext.configure(
        connection, opts={"compare_type": True, "compare_server_default": True}
    )
    return list(compare_metadata(context, Table.metadata))


def test_migrations_lead_from_nothing_to_the_tables_and_back_to_nothing(
    new_database: NewDatabase,
) -> None:
    engine = new_database()
    upgrade(engine)
    assert {row[1] for row in schema(engine)} >= set(Table.metadata.tables)
    downgrade(engine)
    assert schema(engine) == set()


def test_every_step_can_be_taken_back_and_taken_again(new_database: NewDatabase) -> None:
    engine = new_database()
    steps = list(ScriptDirectory.from_config(Config(CONFIG)).walk_revisions())[::-1]
    assert steps
    for step in steps:
        before = schema(engine)
        upgrade(engine, step.revision)
        after = schema(engine)
        downgrade(engine, str(step.down_revision or "base"))
        assert schema(engine) == before
        upgrade(engine, step.revision)
        assert schema(engine) == after


def test_the_migrations_have_one_end() -> None:
    assert len(ScriptDirectory.from_config(Config(CONFIG)).get_heads()) == 1


def test_alembic_finds_no_drift(new_database: NewDatabase) -> None:
    engine = new_database()
    upgrade(engine)
    with engine.connect() as connection:
        assert drift(connection) == []


def test_migrated_and_declared_schema_are_the_same_down_to_the_checks(
    new_database: NewDatabase,
) -> None:
    migrated, declared = new_database(), new_database()
    upgrade(migrated)
    Table.metadata.create_all(declared)
    assert schema(migrated) == schema(declared)
