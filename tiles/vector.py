"""Statements that cut one vector tile 矢量瓦片 (MVT 2.1) out of the history.

SQL text with parameters; nothing runs here. A tile is read as a page of items
is: at an instant that is named, as known at an instant that is named. The index
finds by degrees; what it has found is placed in the frame of the tile. The
order is that of identities, so the same state gives the same bytes.

A whole tile holds every feature that shows on its grid. A generalised one holds
no more than a number of features, made out of those that are at least a pixel
large, the largest first, and of one for each pixel among the smaller ones, in
an order that is even over the ground; outlines are drawn to half a pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from psycopg.sql import SQL, Composable, Identifier

from spatial.history import read
from spatial.history.model import Column, FeatureTable
from spatial.history.read import Area, ItemsQuery, Output, Span, Statement, Value
from tiles.ground import BUFFER, EXTENT, degrees
from tiles.matrix import TILE_PX, Box, MatrixSet, Tile

FID = "fid"
"""The property that carries a feature's identity."""
FEATURES_MOST = 8000
"""Of a generalised tile: mostly that is below the limit of its size."""


@dataclass(frozen=True, slots=True)
class TileQuery:
    """A tile of one layer, at an instant, as known at an instant."""

    table: FeatureTable
    columns: tuple[Column, ...]
    """The attributes that features carry besides their identity."""
    matrix_set: MatrixSet
    tile: Tile
    at: datetime | Span
    asof: datetime | None
    """``None`` where the layer has no changeset yet."""
    counted: bool = False
    """Whether the identities of what is in the tile are wanted."""
    labels: bool = False
    """Points inside the features, where their labels stand, in place of their shapes."""


def whole(query: TileQuery, *, unmoved: bool) -> Statement:
    """A tile with all its features. Columns: the tile, when its layer was last written, the identities.

    ``unmoved`` reads what is believed now, which is quicker; where the layer
    was written after ``asof``, the tile is empty and has to be asked again.
    """
    source, condition, values = read.held(_items(query), unmoved=unmoved)
    rows = _rows(query, source, condition, _placed(query))
    return _statement(query, "", (), rows, (*_envelope(query), *values))


def generalised(query: TileQuery, most: int, *, unmoved: bool) -> Statement:
    """A tile with so many features at most. Columns as of :func:`whole`."""
    source, condition, values = read.held(_items(query), unmoved=unmoved)
    box, pixel = degrees(query.matrix_set, query.tile), _pixel_deg(query)
    latest = isinstance(query.at, Span)
    chosen = (
        ", lying as materialized (select"
        f" {'distinct on (v.fid) ' if latest else ''}v.fid,"
        " greatest(ST_XMax(v.geom) - ST_XMin(v.geom), ST_YMax(v.geom) - ST_YMin(v.geom)) / %s as size,"
        " floor(((ST_XMin(v.geom) + ST_XMax(v.geom)) / 2 - %s) / %s) as i,"
        " floor(((ST_YMin(v.geom) + ST_YMax(v.geom)) / 2 - %s) / %s) as j"
        f" from {source} v where {condition}{' order by v.fid, v.valid_from desc' if latest else ''}),"
        " chosen as materialized (select s.fid from ("
        "select fid, size from lying where size >= 1 union all"
        ' select min(fid collate "C"), 0 from lying where size < 1 group by i, j) s'
        " order by s.size desc, hashtextextended(s.fid, 0), s.fid limit %s)"
    )
    of_chosen = (pixel, box.left, pixel, box.bottom, pixel, *values, most)
    rows = _rows(
        query,
        source,
        f"v.fid = any (array(select fid from chosen)) and {condition}",
        _placed(query, "ST_Simplify(v.geom, %s, true)"),
    )
    finest = () if query.labels else (pixel / 2,)
    return _statement(query, chosen, of_chosen, rows, (*finest, *_envelope(query), *values))


def _statement(
    query: TileQuery, prelude: str, before: tuple[Value, ...], rows: str, values: tuple[Value, ...]
) -> Statement:
    head, of_head = read.head_first(query.table.layer)
    identities = 'array_agg(t.fid order by t.fid collate "C") filter (where t.geom is not null)'
    tile = f"""ST_AsMVT(t, %s, {EXTENT}, 'geom' order by t.fid collate "C")"""
    counted = identities if query.counted else "null::text[]"
    return Statement(
        f"{head}{prelude} select c.tile, h.recorded_at, c.fids from head h, lateral"
        f" (select {tile} as tile, {counted} as fids from ({rows}) t) c",
        (*of_head, *before, query.table.layer, *values),
    )


def _rows(query: TileQuery, source: str, condition: str, geometry: str) -> str:
    """The rows of a tile: what its features carry, and their geometry on its grid."""
    latest = isinstance(query.at, Span)
    carried = "".join(f", {said(column)}" for column in query.columns)
    return (
        f"select {'distinct on (v.fid) ' if latest else ''}v.fid{carried},"
        f" ST_AsMVTGeom({geometry}, ST_MakeEnvelope(%s, %s, %s, %s, {query.matrix_set.epsg}),"
        f" {EXTENT}, {BUFFER}, true) as geom from {source} v where {condition}"
        # The fence keeps the geometry from being made once for each place that uses it.
        f"{' order by v.fid, v.valid_from desc' if latest else ''} offset 0"
    )


def _items(query: TileQuery) -> ItemsQuery:
    box = degrees(query.matrix_set, query.tile)
    area = Area(box.left, box.bottom, box.right, box.top)
    return ItemsQuery(query.table, areas=(area,), at=query.at, asof=query.asof)


def _envelope(query: TileQuery) -> tuple[float, float, float, float]:
    box: Box = query.matrix_set.bounds(query.tile)
    return box.left, box.bottom, box.right, box.top


def _pixel_deg(query: TileQuery) -> float:
    """About a pixel, in degrees: the shorter of its sides."""
    box = degrees(query.matrix_set, query.tile)
    pixels = TILE_PX * (1 + 2 * BUFFER / EXTENT)
    return min(box.right - box.left, box.top - box.bottom) / pixels


def _placed(query: TileQuery, shape: str = "v.geom") -> str:
    """A stored shape, or the place of its label, in the frame of a set.

    The place is one for the whole feature, so only one tile shows it: each tile
    that cuts a shape would otherwise name it anew.
    """
    geometry = "ST_PointOnSurface(v.geom)" if query.labels else shape
    return read.placed(Output(query.matrix_set.epsg), geometry)


_SAID = {
    "numeric": "v.{name}::double precision",
    "date": "to_json(v.{name}) #>> '{{}}'",
    "timestamptz": "(to_json(v.{name} at time zone interval '08:00') #>> '{{}}') || '+08:00'",
    "jsonb": "v.{name}::text",
}
"""What a tile has no type for: dates and instants as the items write them."""


@lru_cache(maxsize=4096)
def said(column: Column) -> str:
    """An attribute of a row ``v`` as a tile carries it, by its name."""
    name: Composable = Identifier(column.name)
    value = SQL(_SAID.get(column.sql_type, "v.{name}")).format(name=name)
    return SQL("{} as {}").format(value, name).as_string(None)
