"""The statements of the first run: is this server good enough, is the database there."""

from __future__ import annotations

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from spatial.database import connect
from spatial.errors import ServerTooOld

LOWEST_POSTGRESQL = 150000
LOWEST_POSTGIS = (3, 3)


def create_database(dsn: str, name: str) -> None:
    """Make the database where it is missing; ``dsn`` leads to another one of the same server."""
    with connect(make_conninfo(dsn, dbname="postgres"), autocommit=True) as admin:
        if admin.execute("select 1 from pg_database where datname = %s", (name,)).fetchone() is None:
            statement = "create database {} encoding 'UTF8' template template0"
            admin.execute(sql.SQL(statement).format(sql.Identifier(name)))


def require_database(dsn: str) -> None:
    """Refuse a server older than PostgreSQL 15 or PostGIS 3.3, or without PostGIS."""
    with connect(dsn, autocommit=True) as connection:
        _require_postgresql(connection)
        _require_postgis(connection)


def _require_postgresql(connection: psycopg.Connection[object]) -> None:
    found = connection.info.server_version
    if found < LOWEST_POSTGRESQL:
        raise ServerTooOld(
            f"需要 PostgreSQL 15 或更高,请升级或换一个 ONEMAP_DATABASE_URL;现为:{found // 10000}",
            f"PostgreSQL 15 or later is needed; upgrade it or set another ONEMAP_DATABASE_URL; "
            f"found {found // 10000}",
            value=found // 10000,
        )


def _require_postgis(connection: psycopg.Connection[object]) -> None:
    row = connection.execute(
        "select coalesce(installed_version, default_version)"
        " from pg_available_extensions where name = 'postgis'"
    ).fetchone()
    version = str(row[0]) if isinstance(row, tuple) else ""
    if tuple(int(part) for part in version.split(".")[:2] if part.isdecimal()) < LOWEST_POSTGIS:
        name = conninfo_to_dict(connection.info.dsn).get("host", "")
        raise ServerTooOld(
            f"数据库服务器 {name} 需要 PostGIS 3.3 或更高,请安装或升级"
            f"(软件包 postgresql-15-postgis-3);现为:{version or '无'}",
            f"the database server {name} needs PostGIS 3.3 or later; install or upgrade it "
            f"(package postgresql-15-postgis-3); found {version or 'none'}",
            value=version or None,
        )


def versions(dsn: str) -> str:
    """What the database is made of, for people: PostgreSQL, and PostGIS with GEOS and PROJ once it is in."""
    with connect(dsn, autocommit=True) as connection:
        found = connection.info.parameter_status("server_version") or ""
        held = connection.execute("select 1 from pg_extension where extname = 'postgis'").fetchone()
        row = connection.execute("select postgis_full_version()").fetchone() if held else None
    return f"PostgreSQL {found} {row[0] if row else ''}".strip()
