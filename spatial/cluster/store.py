"""The statements of the first run: is this server good enough, is the database there."""

from __future__ import annotations

from psycopg import sql
from psycopg.conninfo import make_conninfo

from spatial.database import connect
from spatial.errors import ServerTooOld

LOWEST_POSTGRESQL = 15
LOWEST_POSTGIS = (3, 3)


def create_database(dsn: str, name: str) -> None:
    """Make the database where it is missing; ``dsn`` leads to another one of the same server."""
    with connect(make_conninfo(dsn, dbname="postgres"), autocommit=True) as admin:
        if admin.execute("select 1 from pg_database where datname = %s", (name,)).fetchone() is None:
            statement = "create database {} encoding 'UTF8' template template0"
            admin.execute(sql.SQL(statement).format(sql.Identifier(name)))


def require_database(
    dsn: str, postgresql: int = LOWEST_POSTGRESQL, postgis: tuple[int, int] = LOWEST_POSTGIS
) -> None:
    """Refuse a server older than PostgreSQL 15 or PostGIS 3.3, or without PostGIS."""
    with connect(dsn, autocommit=True) as connection:
        _require_postgresql(connection.info.server_version // 10000, postgresql)
        row = connection.execute(
            "select coalesce(installed_version, default_version)"
            " from pg_available_extensions where name = 'postgis'"
        ).fetchone()
    _require_postgis(str(row[0]) if row else "", postgis)


def _require_postgresql(found: int, lowest: int) -> None:
    if found < lowest:
        raise ServerTooOld(
            f"需要 PostgreSQL {lowest} 或更高,请升级或换一个 ONEMAP_DATABASE_URL;现为:{found}",
            f"PostgreSQL {lowest} or later is needed; upgrade it or set another ONEMAP_DATABASE_URL; "
            f"found {found}",
            value=found,
        )


def _require_postgis(found: str, lowest: tuple[int, int]) -> None:
    if tuple(int(part) for part in found.split(".")[:2] if part.isdecimal()) < lowest:
        wanted = ".".join(map(str, lowest))
        raise ServerTooOld(
            f"需要 PostGIS {wanted} 或更高,请在数据库服务器上安装或升级"
            f"(软件包 postgresql-15-postgis-3);现为:{found or '无'}",
            f"PostGIS {wanted} or later is needed; install or upgrade it on the database server "
            f"(package postgresql-15-postgis-3); found {found or 'none'}",
            value=found or None,
        )


def versions(dsn: str) -> str:
    """What the database is made of, for people: PostgreSQL, and PostGIS with GEOS and PROJ once it is in."""
    with connect(dsn, autocommit=True) as connection:
        found = connection.info.parameter_status("server_version") or ""
        held = connection.execute("select 1 from pg_extension where extname = 'postgis'").fetchone()
        row = connection.execute("select postgis_full_version()").fetchone() if held else None
    return f"PostgreSQL {found} {row[0] if row else ''}".strip()
