"""Three small layers with values of every type, gaps and ties; geometries on a coarse grid."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import shapely

from spatial.database import Connection
from spatial.filter import Queryables, queryables
from spatial.history import store, write
from spatial.history.model import Column, FeatureTable, Intent
from spatial.history.read import relation

WORDS = (
    "Äpfel",
    "äpfel",
    "apfel",
    "STRASSE",
    "straße",
    "圣城街道",
    "圣城 街道",
    "50%",
    "a_b",
    "a\\b",
    "é",
    "",
    "Zz",
)
COLUMNS = (
    Column("name", "text"),
    Column("kind", "text"),
    Column("floors", "bigint"),
    Column("height", "double precision"),
    Column("listed", "boolean"),
    Column("built", "date"),
    Column("seen", "timestamptz"),
    Column("owner", "text", public=False),
)
VISIBLE = COLUMNS[:-1]
GRID_DEG = 0.125
WEST, SOUTH = 118.0, 36.0


@dataclass(frozen=True)
class Layer:
    """A layer, its queryables, and all its believed versions as the oracle takes them."""

    table: FeatureTable
    queryables: Queryables
    rows: list[dict[str, Any]]


def table(geometry: str) -> FeatureTable:
    return FeatureTable(f"filter-{geometry.lower()}", COLUMNS, geometry)


def make(conn: Connection, geometry: str, count: int = 90) -> Layer:
    """A layer of random rows, some changed and some ended later on."""
    made = table(geometry)
    dice = random.Random(geometry)
    store.create_table(conn, made)
    first = [_row(dice, geometry, number) for number in range(count)]
    _deliver(conn, made, first, datetime.fromisoformat("2020-01-01T00:00:00+08:00"))
    later = [{**_row(dice, geometry, number), "remove": number % 2 == 0} for number in range(0, count, 3)]
    _deliver(conn, made, later, datetime.fromisoformat("2021-06-01T12:00:00+08:00"))
    return Layer(made, queryables(made, VISIBLE), _rows(conn, made))


def shape(dice: random.Random, geometry: str) -> shapely.Geometry:
    """Sides along the grid only, so that touching is exact whatever the last digit of a double."""

    def spot() -> tuple[float, float]:
        return WEST + dice.randrange(7) * GRID_DEG, SOUTH + dice.randrange(7) * GRID_DEG

    x, y = spot()
    wide, high = (dice.randrange(1, 4) * GRID_DEG for _ in range(2))
    if geometry == "Point":
        return shapely.Point(x, y)
    if geometry == "LineString":
        return shapely.LineString([(x, y), (x + wide, y), (x + wide, y + high)])
    return shapely.box(x, y, x + wide, y + high)


def _row(dice: random.Random, geometry: str, number: int) -> dict[str, Any]:
    def maybe(value: Any) -> Any:
        return None if dice.random() < 0.2 else value

    day = date(2019, 1, 1) + timedelta(days=dice.randrange(800))
    return {
        "fid": f"F{number:03d}",
        "remove": False,
        "geom": maybe(shapely.to_wkb(shape(dice, geometry))),
        "name": maybe(dice.choice(WORDS)),
        "kind": maybe(dice.choice("abc")),
        "floors": maybe(dice.randrange(-3, 8)),
        "height": maybe(dice.randrange(-8, 30) / 4),
        "listed": maybe(dice.random() < 0.5),
        "built": maybe(day),
        "seen": maybe(datetime.fromisoformat(f"{day}T{dice.randrange(24):02}:30:00+08:00")),
        "owner": "王某",
    }


def _deliver(conn: Connection, made: FeatureTable, rows: Sequence[dict[str, Any]], start: datetime) -> None:
    staging = write.create_staging(conn, made)
    columns = list(rows[0])
    content = ([number, *row.values()] for number, row in enumerate(rows, 1))
    write.copy_rows(conn, staging, ["line", *columns], content)
    write.canonicalise(conn, staging)
    write.apply(conn, staging, Intent("李工", "测试", "测试", start))
    write.drop_staging(conn, staging)


def _rows(conn: Connection, made: FeatureTable) -> list[dict[str, Any]]:
    names = [column.name for column in COLUMNS]
    listed = ", ".join(f'"{name}"' for name in names)
    found = conn.execute(
        f"select fid, valid_from, nullif(valid_to, 'infinity'), ST_AsBinary(geom), {listed}"  # type: ignore[arg-type]
        f" from {relation(made)} where recorded_to = 'infinity'"
    ).fetchall()
    return [
        {
            "id": fid,
            "valid_from": start,
            "valid_to": end,
            "geometry": None if geom is None else shapely.from_wkb(bytes(geom)),
            **dict(zip(names, values, strict=True)),
        }
        for fid, start, end, geom, *values in found
    ]
