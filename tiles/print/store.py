"""What is read for a sheet 读取图幅内要素. The only SQL of print."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from psycopg.sql import SQL, Identifier

from spatial.database import Connection
from spatial.errors import TooLarge
from spatial.history import read
from spatial.history.model import SRID, Column
from spatial.history.read import Area, Condition, ItemsQuery, Output, Statement
from tiles.print.model import FEATURES_MOST, VERTICES_MOST, Box, Stock, Wanted

LARGE_VERTICES = 4000
"""A geometry of more is cut to the surroundings of the sheet before it is sent."""
BATCH = 2000
_VERTEX_BYTES = 16


def found(wanted: Wanted, around_4490: Box, epsg: int, most: int) -> Statement:
    """Columns: identity, the value that decides the colour, the label, the shape in the zone as WKB.

    ``around_4490`` are degrees a little beyond the sheet. One feature more than
    ``most`` tells that there are too many.
    """
    box = around_4490
    area = Area(box.left, box.bottom, box.right, box.top)
    source, condition, values = read.held(ItemsQuery(wanted.table, (area,), at=wanted.at, asof=wanted.asof))
    place = _cut(box)
    shape = read.placed(Output(epsg), place.sql)
    return Statement(
        f"select v.fid, {_text(wanted.by)}, {_text(wanted.label)}, ST_AsBinary({shape}) from {source} v"
        f' where {condition} order by v.fid collate "C" limit {int(most) + 1}',
        (*place.params, *values),
    )


def _cut(box: Box) -> Condition:
    envelope = f"ST_MakeEnvelope(%s, %s, %s, %s, {SRID})"
    return Condition(
        f"case when ST_NPoints(v.geom) > {LARGE_VERTICES} then ST_ClipByBox2D(v.geom, {envelope})"
        " else v.geom end",
        (box.left, box.bottom, box.right, box.top),
    )


@lru_cache(maxsize=1024)
def _text(column: Column | None) -> str:
    if column is None:
        return "null::text"
    return SQL("v.{}::text").format(Identifier(column.name)).as_string(None)


def stock(
    connection: Connection,
    wanted: Sequence[Wanted],
    around_4490: Box,
    epsg: int,
    going_on: Callable[[], None],
) -> list[Stock]:
    """All layers of a sheet; ``TooLarge`` where it would hold more than anybody can look at.

    ``going_on`` is called between rows and raises to end the reading.
    """
    made: list[Stock] = []
    features = bytes_read = 0
    for each in wanted:
        rows: list[tuple[str, str | None, str | None, bytes]] = []
        statement = found(each, around_4490, epsg, FEATURES_MOST - features)
        with connection.cursor(binary=True) as cursor:
            for row in cursor.stream(statement.sql, statement.params):
                rows.append(row)
                bytes_read += len(row[3] or b"")
                if features + len(rows) > FEATURES_MOST or bytes_read > VERTICES_MOST * _VERTEX_BYTES:
                    raise _too_much(each.contract.id)
                if len(rows) % BATCH == 0:
                    going_on()
        going_on()
        features += len(rows)
        shown = [row for row in rows if row[3]]
        columns = [tuple(column) for column in zip(*shown, strict=True)] if shown else [(), (), (), ()]
        made.append(Stock(each.contract, each.style, each.opacity, *columns))
    return made


def _too_much(layer: str) -> TooLarge:
    return TooLarge(
        f"图幅内的要素超过 {FEATURES_MOST} 个或 {VERTICES_MOST} 个顶点,请改用更大的比例尺、更小的图幅,"
        f"或少选图层:{layer}",
        f"the sheet would hold more than {FEATURES_MOST} features or {VERTICES_MOST} vertices; choose a"
        f" larger scale, a smaller paper or fewer layers: {layer}",
        value=layer,
    )
