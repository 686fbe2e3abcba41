"""What the API's tests share: layers, deliveries, and a server as an installation runs it."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import shapely
from serving import Served, database_of, server, until

from spatial.catalogue import store
from spatial.catalogue.contract import Contract, Field, FieldType, Legend, Secrecy, Title
from spatial.database import connect
from spatial.datum.clock import parse_instant
from spatial.history import write
from spatial.history.model import Changeset, Delivery, Intent

__all__ = ["Served", "database_of", "server", "until"]
NEW_YEAR = parse_instant("2026-01-01")
_DRAWN = {"Point": "circle", "LineString": "line", "Polygon": "fill"}


def contract(layer_id: str, geometry: str | None = "Point", *, synthetic: bool = False) -> Contract:
    """A layer with a field of every type and one that is not public."""
    text = lambda zh: Title(zh, zh)  # noqa: E731
    return Contract(
        id=layer_id,
        title=Title("测试图层", "Test layer"),
        description=Title("为测试而设", "Made for tests"),
        steward="自然资源和规划局",
        source_standard="为测试而设",
        geometry=geometry,
        key="code",
        valid_time=Title("实地存在", "existence on the ground"),
        fields=(
            Field("code", FieldType.TEXT, text("代码"), required=True, max_length=40),
            Field("name", FieldType.TEXT, text("名称"), max_length=200),
            Field("floors", FieldType.INTEGER, text("层数")),
            Field("height", FieldType.NUMBER, text("高度"), unit="m"),
            Field("listed", FieldType.BOOLEAN, text("登记")),
            Field("built", FieldType.DATE, text("建成日期")),
            Field("seen", FieldType.INSTANT, text("核查时刻")),
            Field("owner", FieldType.TEXT, text("权利人"), secrecy=Secrecy.INTERNAL),
        ),
        legend=Legend(_DRAWN.get((geometry or "").removeprefix("Multi"), "none"), "#0f6b5c"),
        synthetic=synthetic,
    )


@dataclass(frozen=True)
class Place:
    """One feature as a test makes it."""

    code: str
    geometry: shapely.Geometry | None
    name: str | None = None
    floors: int | None = None
    remove: bool = False

    def row(self, line: int) -> tuple[object, ...]:
        geometry = None if self.geometry is None else shapely.to_wkb(self.geometry)
        listed = None if self.floors is None else self.floors % 2 == 0
        return (line, self.code, self.remove, geometry, self.code, self.name, self.floors, listed, "王某")


def places(count: int, seed: int = 1) -> list[Place]:
    """Points inside the city."""
    dice = random.Random(seed)
    return [
        Place(
            f"P{number:06d}",
            shapely.Point(round(dice.uniform(118.54, 119.11), 9), round(dice.uniform(36.73, 37.30), 9)),
            f"圣城街道 {number} 号",
            number % 30,
        )
        for number in range(count)
    ]


def deliver(
    dsn: str,
    layer_id: str,
    rows: Iterable[Place],
    *,
    valid_from: datetime = NEW_YEAR,
    full: bool = False,
    reason: str = "首次入库",
    author: str = "李工",
) -> Changeset | None:
    """Write places through the history's own write path."""
    with connect(dsn) as connection:
        table = store.get(connection, layer_id).table
        staging = write.create_staging(connection, table)
        columns = ["line", "fid", "remove", "geom", "code", "name", "floors", "listed", "owner"]
        content: Iterable[Sequence[object]] = (row.row(line) for line, row in enumerate(rows, 1))
        if table.geometry is None:
            columns.remove("geom")
            content = ((*row[:3], *row[4:]) for row in content)
        write.copy_rows(connection, staging, columns, content)
        write.canonicalise(connection, staging)
        intent = Intent(
            author=author,
            department="自然资源和规划局",
            reason=reason,
            valid_from=valid_from,
            delivery=Delivery.FULL if full else Delivery.PARTIAL,
            source_sha256=b"\x01" * 32,
        )
        changeset = write.apply(connection, staging, intent)
        write.drop_staging(connection, staging)
        return changeset


def publish(dsn: str, made: Contract) -> None:
    """Publish a layer."""
    with connect(dsn) as connection:
        store.publish(connection, made)


def withdraw(dsn: str, layer_id: str) -> None:
    """Withdraw a layer."""
    with connect(dsn) as connection:
        store.withdraw(connection, layer_id)


AREAS = [
    Place(
        f"Q{number:03d}",
        shapely.box(118.60 + number * 0.01, 36.80, 118.609 + number * 0.01, 36.81),
        f"地块 {number}",
        number,
    )
    for number in range(20)
]
POINTS = places(300)
