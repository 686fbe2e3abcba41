"""Alembic's environment: runs the steps on the connection it was handed."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, text


def _run(connection: Connection) -> None:
    connection.execute(text("create schema if not exists spatial"))
    context.configure(connection=connection, version_table_schema="spatial", target_metadata=None)
    context.run_migrations()
    # The version table goes last, so that the step below it can still be recorded.
    if not connection.execute(text("select count(*) from spatial.alembic_version")).scalar_one():
        connection.execute(text("drop schema spatial cascade"))


_run(context.config.attributes["connection"])
