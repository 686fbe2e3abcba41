"""A small layer and short ways to deliver to it; for the tests of the history store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import shapely

from spatial.database import Connection
from spatial.history import store, write
from spatial.history.model import Changeset, Column, Delivery, FeatureTable, Intent

BEIJING = timezone(timedelta(hours=8))
ZERO = datetime(2026, 1, 1, tzinfo=BEIJING)

SITES = FeatureTable(
    "cell-sites",
    (
        Column("name", "text"),
        Column("height_m", "double precision"),
        Column("floors", "bigint"),
        Column("active", "boolean"),
        Column("built", "date"),
        Column("seen", "timestamptz"),
        Column("keeper", "text", public=False),
    ),
    "Point",
)


def day(n: int) -> datetime:
    """The n-th day of 2026, counted from 0, at its beginning in Beijing."""
    return ZERO + timedelta(days=n)


def ewkb(shape: str, srid: int = 4490) -> bytes:
    """EWKB of a WKT."""
    return bytes(shapely.to_wkb(shapely.set_srid(shapely.from_wkt(shape), srid), include_srid=True))


def point(lon: float = 118.75, lat: float = 36.9) -> bytes:
    return ewkb(f"POINT ({lon!r} {lat!r})")


def stage(conn: Connection, table: FeatureTable, rows: Sequence[dict[str, Any]]) -> write.Staging:
    """Rows as dicts, numbered from 1, staged in canonical form."""
    staging = write.create_staging(conn, table)
    columns = ["line", *dict.fromkeys(name for row in rows for name in row)]
    values = [[n, *(_value(row, name) for name in columns[1:])] for n, row in enumerate(rows, 1)]
    write.copy_rows(conn, staging, columns, values)
    write.canonicalise(conn, staging)
    return staging


def _value(row: dict[str, Any], name: str) -> Any:
    return row.get(name, False) if name == "remove" else row.get(name)


def intent(from_day: int = 0, delivery: Delivery = Delivery.PARTIAL, reason: str = "测试") -> Intent:
    return Intent("李工", "自然资源和规划局", reason, day(from_day), delivery, b"\x01" * 32)


def deliver(
    conn: Connection,
    table: FeatureTable,
    rows: Sequence[dict[str, Any]],
    from_day: int = 0,
    delivery: Delivery = Delivery.PARTIAL,
) -> Changeset | None:
    """Stage, apply, drop the staging table, commit."""
    staging = stage(conn, table, rows)
    changeset = write.apply(conn, staging, intent(from_day, delivery))
    write.drop_staging(conn, staging)
    conn.commit()
    return changeset


def must(changeset: Changeset | None) -> Changeset:
    assert changeset is not None
    return changeset


def site(fid: str, name: str = "站", **more: Any) -> dict[str, Any]:
    return {"fid": fid, "geom": point(), "name": name, **more}


def make(conn: Connection, *tables: FeatureTable) -> None:
    for table in tables:
        store.create_table(conn, table)
    conn.commit()


def shown(
    conn: Connection, table: FeatureTable, at: datetime, asof: datetime | None = None
) -> dict[str, Any]:
    """Name by fid, as the layer's view shows it."""
    with conn.transaction():
        conn.execute("select set_config('spatial.at', %s, true)", (at.astimezone(UTC).isoformat(),))
        if asof is not None:
            conn.execute("select set_config('spatial.asof', %s, true)", (asof.isoformat(),))
        return dict(conn.execute(f'select fid, name from layer."{table.name}"').fetchall())
