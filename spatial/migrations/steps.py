"""The steps, run by Alembic; it is imported here alone, since it takes long and is needed seldom."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources

import psycopg2
import sqlalchemy
from alembic import command
from alembic.config import Config
from psycopg.conninfo import make_conninfo

from spatial.database import describe
from spatial.errors import Unavailable
from spatial.migrations.ground import prepare

_LOCK = 7283_2020
"""Key of the advisory lock of all migrations; the platform uses it for nothing else."""


def upgrade(dsn: str, revision: str = "head") -> None:
    """As :func:`spatial.migrations.upgrade` says."""
    with _connection(dsn) as connection:
        _lock(connection)
        prepare(connection)
        command.upgrade(_config(connection), revision)


def downgrade(dsn: str, revision: str) -> None:
    """As :func:`spatial.migrations.downgrade` says."""
    with _connection(dsn) as connection:
        _lock(connection)
        command.downgrade(_config(connection), revision)


@contextmanager
def _connection(dsn: str) -> Iterator[sqlalchemy.Connection]:
    """One connection in one transaction, gone afterwards."""
    pool = _engine(dsn)
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


def _engine(dsn: str) -> sqlalchemy.Engine:
    conninfo = make_conninfo(dsn, application_name="onemap-admin")
    return sqlalchemy.create_engine(
        "postgresql+psycopg2://", creator=lambda: psycopg2.connect(conninfo), pool_pre_ping=True
    )


def _lock(connection: sqlalchemy.Connection) -> None:
    connection.execute(sqlalchemy.text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def _config(connection: sqlalchemy.Connection) -> Config:
    config = Config()
    folder = str(resources.files("spatial") / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
