"""The database's schema, stepped up and down by Alembic from the program itself.

Every step runs in one transaction under one advisory lock: two processes that
migrate at once do so one after the other, and a step that fails leaves nothing.
The version table is ``spatial.alembic_version``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources

import sqlalchemy
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext

from spatial.database import describe, engine
from spatial.errors import Unavailable
from spatial.migrations.ground import prepare

__all__ = ["current", "downgrade", "upgrade"]

_LOCK = 7283_2020
"""Key of the advisory lock of all migrations; the platform uses it for nothing else."""


def upgrade(dsn: str, revision: str = "head") -> None:
    """Bring a database up to a revision; nothing happens where it is there already.

    The connecting role owns the database; what only an administrator may do
    (an extension, a role) is done where permitted and otherwise reported as
    ``EnvironmentProblem`` with the SQL to run.
    """
    with _connection(dsn) as connection:
        _lock(connection)
        prepare(connection)
        command.upgrade(_config(connection), revision)


def downgrade(dsn: str, revision: str) -> None:
    """Take a database back to a revision, with its data as far as that revision holds it.

    ``base`` removes all the platform's schemas. Extensions and roles stay: others
    in the database or the cluster may use them.
    """
    with _connection(dsn) as connection:
        _lock(connection)
        command.downgrade(_config(connection), revision)


def current(dsn: str) -> str | None:
    """The revision a database is at, ``None`` for one the platform has never touched."""
    with _connection(dsn) as connection:
        context = MigrationContext.configure(connection, opts={"version_table_schema": "spatial"})
        return context.get_current_revision()


@contextmanager
def _connection(dsn: str) -> Iterator[sqlalchemy.Connection]:
    """One connection in one transaction, gone afterwards."""
    pool = engine(dsn)
    try:
        with pool.begin() as connection:
            yield connection
    except sqlalchemy.exc.OperationalError as failure:
        raise Unavailable(
            f"数据库连接不上或中断,请确认已执行 ./onemap up:{describe(dsn)}",
            f"cannot reach the database; is it up (./onemap up)? {failure.orig}: {describe(dsn)}",
            value=describe(dsn),
        ) from failure
    finally:
        pool.dispose()


def _lock(connection: sqlalchemy.Connection) -> None:
    connection.execute(sqlalchemy.text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def _config(connection: sqlalchemy.Connection) -> Config:
    config = Config()
    folder = str(resources.files("spatial") / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
