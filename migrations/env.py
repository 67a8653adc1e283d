"""Runs the migrations: `alembic upgrade head`, with the database from the settings."""

from alembic import context
from sqlalchemy import Connection, create_engine, pool

from core.db import database_url
from core.settings import load_settings
from core.tables import Table


def run(connection: Connection) -> None:
    """Run within one transaction: a migration that fails leaves the schema as it was."""
    context.configure(
        connection=connection, target_metadata=Table.metadata, compare_server_default=True
    )
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    """Use the connection that a caller hands over (tests do), else open one."""
    given = context.config.attributes.get("connection")
    if given is not None:
        run(given)
        return
    engine = create_engine(database_url(load_settings()), poolclass=pool.NullPool)
    with engine.connect() as connection:
        run(connection)
        connection.commit()


main()
