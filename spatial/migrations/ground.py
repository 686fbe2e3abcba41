"""What a database must bring before the first step: versions, extensions, roles."""

from __future__ import annotations

import contextlib
import re

import psycopg2.errors
import sqlalchemy
from sqlalchemy import Connection, text

from spatial.errors import EnvironmentProblem
from spatial.migrations.needed import EXTENSIONS, OFFERED, ROLES

POSTGRESQL_NEEDED = 15
POSTGIS_NEEDED = (3, 3)


def prepare(connection: Connection) -> None:
    """Check versions and make the extensions and roles that are missing."""
    server = connection.execute(text("show server_version")).scalar_one()
    offered = connection.execute(
        text(
            "select coalesce(e.extversion, a.default_version) from pg_available_extensions a"
            " left join pg_extension e on e.extname = a.name where a.name = 'postgis'"
        )
    ).scalar()
    require(server, offered)
    for extension in EXTENSIONS:
        _make_extension(connection, extension)
    for extension in OFFERED:
        _take_extension(connection, extension)
    for role in ROLES:
        _make_role(connection, role)


def require(postgresql: str, postgis: str | None) -> None:
    """Refuse a server that is too old, naming what was found and what is needed.

    >>> require("15.6 (Debian 15.6-0+deb12u1)", "3.3.2")
    >>> require("14.11", "3.3.2")
    Traceback (most recent call last):
    ...
    spatial.errors.EnvironmentProblem: 需要 PostgreSQL 15 或更新...
    """
    if _numbers(postgresql)[0] < POSTGRESQL_NEEDED:
        raise EnvironmentProblem(
            f"需要 PostgreSQL {POSTGRESQL_NEEDED} 或更新,请升级或连到另一台服务器;现有:{postgresql}",
            f"PostgreSQL {POSTGRESQL_NEEDED} or newer is needed, upgrade or use another server;"
            f" found: {postgresql}",
            value=postgresql,
        )
    if postgis is None:
        raise EnvironmentProblem(
            "服务器没有 PostGIS,请管理员安装(Debian 12:apt-get install postgresql-15-postgis-3):无",
            "the server has no PostGIS, have it installed"
            " (Debian 12: apt-get install postgresql-15-postgis-3): none",
        )
    if _numbers(postgis)[:2] < POSTGIS_NEEDED:
        needed = ".".join(map(str, POSTGIS_NEEDED))
        raise EnvironmentProblem(
            f"需要 PostGIS {needed} 或更新,请管理员升级后执行"
            f" select postgis_extensions_upgrade();现有:{postgis}",
            f"PostGIS {needed} or newer is needed, upgrade the package and run"
            f" select postgis_extensions_upgrade(); found: {postgis}",
            value=postgis,
        )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def _make_extension(connection: Connection, name: str) -> None:
    if connection.execute(
        text("select true from pg_extension where extname = :name"), {"name": name}
    ).scalar():
        return
    _as_administrator(connection, f"create extension if not exists {name}", name)


def _take_extension(connection: Connection, name: str) -> None:
    """Make an extension that the server has; nothing is lacking where that fails."""
    offered = text(
        "select true from pg_available_extensions where name = :name and installed_version is null"
    )
    if not connection.execute(offered, {"name": name}).scalar():
        return
    with contextlib.suppress(sqlalchemy.exc.DBAPIError), connection.begin_nested():
        connection.execute(text(f"create extension if not exists {name}"))


def _make_role(connection: Connection, name: str) -> None:
    if connection.execute(text("select true from pg_roles where rolname = :name"), {"name": name}).scalar():
        return
    # Roles belong to the cluster: another database's migration may make the same one meanwhile.
    _as_administrator(
        connection,
        f"do $$ begin create role {name} nologin;"
        " exception when duplicate_object or unique_violation then null; end $$",
        name,
        shown=f"create role {name} nologin",
    )


def _as_administrator(connection: Connection, statement: str, name: str, *, shown: str | None = None) -> None:
    """Run what may need more rights than the owner of a database has."""
    try:
        with connection.begin_nested():
            connection.execute(text(statement))
    except sqlalchemy.exc.DBAPIError as failure:
        if not isinstance(failure.orig, psycopg2.errors.InsufficientPrivilege):
            raise
        database = connection.execute(text("select current_database()")).scalar_one()
        raise EnvironmentProblem(
            f"当前数据库用户无权执行,请管理员在数据库 {database} 中执行一次:{shown or statement};",
            f"the database user may not do this; have an administrator run once in {database}:"
            f" {shown or statement};",
            value=name,
        ) from failure
