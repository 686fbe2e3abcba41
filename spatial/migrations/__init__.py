"""The database's schema, stepped up and down by Alembic from the program itself.

Every step runs in one transaction under one advisory lock: two processes that
migrate at once do so one after the other, and a step that fails leaves nothing.
The version table is ``spatial.alembic_version``.
"""

from __future__ import annotations

from importlib import resources

from spatial.database import Connection, connect
from spatial.migrations.needed import EXTENSIONS, ROLES

__all__ = ["current", "downgrade", "is_newest", "newest", "upgrade"]


def upgrade(dsn: str, revision: str = "head") -> None:
    """Bring a database up to a revision; nothing happens where it is there already.

    The connecting role owns the database; what only an administrator may do
    (an extension, a role) is done where permitted and otherwise reported as
    ``EnvironmentProblem`` with the SQL to run.
    """
    from spatial.migrations import steps

    steps.upgrade(dsn, revision)


def downgrade(dsn: str, revision: str) -> None:
    """Take a database back to a revision, with its data as far as that revision holds it.

    ``base`` removes all the platform's schemas. Extensions and roles stay: others
    in the database or the cluster may use them.
    """
    from spatial.migrations import steps

    steps.downgrade(dsn, revision)


def current(dsn: str) -> str | None:
    """The revision a database is at, ``None`` for one the platform has never touched."""
    with connect(dsn, application="onemap-admin") as connection:
        return _current(connection)


def newest() -> str:
    """The last revision that this code knows: its steps are numbered, each follows the one before."""
    folder = resources.files("spatial") / "migrations" / "versions"
    return max(each.name[:4] for each in folder.iterdir() if each.name[:4].isdigit())


def is_newest(dsn: str) -> bool:
    """Whether nothing is left to do: the newest revision, its extensions and its roles are there."""
    with connect(dsn, application="onemap-admin") as connection:
        if _current(connection) != newest():
            return False
        found = connection.execute(
            "select (select count(*) from pg_extension where extname = any(%s)),"
            " (select count(*) from pg_roles where rolname = any(%s))",
            (list(EXTENSIONS), list(ROLES)),
        ).fetchone()
    return found == (len(EXTENSIONS), len(ROLES))


def _current(connection: Connection) -> str | None:
    found = connection.execute("select to_regclass('spatial.alembic_version') is not null").fetchone()
    if found is None or not found[0]:
        return None
    at = connection.execute("select version_num from spatial.alembic_version").fetchone()
    return at and str(at[0])
