"""Statements that cut one vector tile 矢量瓦片 (MVT 2.1) out of the history.

SQL text with parameters; nothing runs here. A tile is read as a page of items
is: at an instant that is named, as known at an instant that is named. The index
finds by degrees; what it has found is placed in the frame of the tile. The
order is that of identities, so the same state gives the same bytes.

A whole tile holds every feature that shows on its grid. A generalised one, of
single features, holds no more than a number of them, made out of those that are
at least a pixel large, the largest first, and of one for each pixel among the
smaller ones, in an order that is even over the ground; vertices move, each by
itself, to a grid of a quarter of a pixel, so outlines that neighbours share stay
shared. What a layer's ladder dissolves or clusters is made in ``tiles.ladder``.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from psycopg.sql import SQL, Composable, Identifier

from spatial.catalogue.contract import Contract, Step
from spatial.catalogue.ladder import NEAR, Resolved, rung_at
from spatial.history import read
from spatial.history.model import SRID, Column, FeatureTable
from spatial.history.read import Area, Condition, ItemsQuery, Output, Span, Statement
from tiles.ground import BUFFER, EXTENT, degrees, followed
from tiles.ladder.lattice import pixel_deg
from tiles.matrix import TILE_PX, MatrixSet, Tile

FID = "fid"
"""The property that carries a feature's identity."""
FEATURES_MOST = 8000
"""Of a generalised tile: mostly that is below the limit of its size."""
PACKED_MOST = 200_000
"""Bytes of a tile as it is sent; a richer one is generalised."""

NOTHING = Condition("")
VERTICES_MOST = 4000
"""A geometry of more is cut and thinned before it is drawn."""
UNSEEN_STEPS = 2
"""So far an outline of a large geometry may be off in a whole tile: an eighth of a pixel."""


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
    rung: Resolved | None = None
    """How a far tile is generalised; ``None`` for a near one."""
    classed: bool = False
    """What is dissolved or clustered says of which class it is."""

    @property
    def near(self) -> bool:
        """Every feature is wanted."""
        return self.tile.zoom >= self.matrix_set.near_zoom

    @property
    def step(self) -> Step:
        """What is done with the features of the tile."""
        return Step.SINGLE if self.rung is None or self.labels else self.rung.step


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A tile of labels so many tiles beside the one that is drawn, or that one itself."""

    right: int
    down: int
    body: bytes


def laddered(query: TileQuery, contract: Contract, shown: Collection[str]) -> TileQuery:
    """The query as the layer's ladder has it, for somebody who is shown these fields."""
    if query.near:
        return query
    rung = rung_at(contract, query.tile.zoom - query.matrix_set.near_zoom + NEAR, shown)
    columns = tuple(column for column in query.columns if rung.keeps(column.name))
    classed = rung.by is not None and any(column.name == rung.by for column in query.columns)
    return replace(query, columns=columns, rung=rung, classed=classed)


def fewer(most: int | None, packed_bytes: int) -> int | None:
    """How many features to try next where a tile of so many (``None``: all) came out so large.

    ``None`` where it is small enough, or holds but one.

    >>> fewer(None, 500_000), fewer(8000, 500_000), fewer(8000, 150_000), fewer(1, 500_000)
    (8000, 3200, None, None)
    """
    if packed_bytes <= PACKED_MOST or most == 1:
        return None
    if most is None:
        return FEATURES_MOST
    return max(1, min(most // 2, most * PACKED_MOST // packed_bytes))


def packed_bytes(body: bytes) -> int:
    """How large a tile is as it is sent; only a large one is packed to learn it."""
    return len(body) if len(body) <= PACKED_MOST else len(zlib.compress(body, 1))


def whole(query: TileQuery, *, unmoved: bool) -> Statement:
    """A tile with all its features. Columns: the tile, when its layer was last written, the identities.

    ``unmoved`` reads what is believed now, which is quicker; where the layer
    was written after ``asof``, it is not the tile, which has to be asked for again.
    """
    source, condition, values = read.held(_items(query, None if unmoved else query.asof))
    shape = _drawn(query)
    rows = _rows(query, source, condition, shape.sql)
    identities = _IDENTITIES if query.counted else "null::text[]"
    return Statement(
        f"select {_AS_MVT}), ({read.LAST_WRITTEN}), {identities} from ({rows}) t",
        (query.table.layer, query.table.layer, *shape.params, *values),
    )


def generalised(query: TileQuery, most: int, *, unmoved: bool) -> Statement:
    """A tile with so many features at most. Columns as of :func:`whole`."""
    source, condition, values = read.held(_items(query, query.asof), unmoved=unmoved)
    named_alone = query.labels and query.rung is not None and query.rung.step is Step.DISSOLVE
    minimum = 1.0
    if query.rung is not None:  # what is dissolved has no name of its own
        minimum = max(query.rung.single_px if named_alone else query.rung.minimum_px, LEAST_PX)
    pixel = minimum * pixel_deg(query.matrix_set, query.tile.zoom)
    latest = isinstance(query.at, Span)
    measured, size, middle_x, middle_y = _POINTS if query.table.geometry == "Point" else _SHAPES
    chosen = Condition(
        f", lying as materialized (select v.fid, {size} / %s as size, floor({middle_x} / %s) as i,"
        f" floor({middle_y} / %s) as j"
        f" from (select {'distinct on (v.fid) ' if latest else ''}v.fid, {measured} from {source} v"
        f" where {condition}{' order by v.fid, v.valid_from desc' if latest else ''} offset 0) v),"
        " chosen as materialized (select s.fid from ("
        f"select fid, size from lying where size >= 1{'' if named_alone else _ONE_EACH}) s"
        " order by s.size desc, hashtextextended(s.fid, 0), s.fid limit %s)",
        (pixel, pixel, pixel, *values, most),
    )
    shape = _drawn(query, coarse=True)
    condition = f"v.fid = any (array(select fid from chosen)) and {condition}"
    rows = Condition(_rows(query, source, condition, shape.sql), (*shape.params, *values))
    return tile_of(query.table.layer, rows, chosen, counted=query.counted)


_ONE_EACH = ' union all select min(fid collate "C"), 0 from lying where size < 1 group by i, j'
LEAST_PX = 1 / 64
"""Nothing smaller can be told apart in a tile."""
_POINTS = ("v.geom", "0.0", "ST_X(v.geom)", "ST_Y(v.geom)")
_SHAPES = (
    "box3d(v.geom) as box",
    "greatest(ST_XMax(v.box) - ST_XMin(v.box), ST_YMax(v.box) - ST_YMin(v.box))",
    "(ST_XMin(v.box) + ST_XMax(v.box)) / 2",
    "(ST_YMin(v.box) + ST_YMax(v.box)) / 2",
)
"""What is measured once, then the longer side of a feature, and its middle, in degrees."""


def tile_of(
    layer: str, rows: Condition, before: Condition = NOTHING, *, counted: bool, everyone: str = ""
) -> Statement:
    """One tile out of rows of ``fid``, attributes and ``geom`` on the grid. Columns as of :func:`whole`.

    ``before`` are further expressions of the opening ``with``; ``everyone`` is the one that tells the
    identities in the tile where its rows do not.
    """
    head, of_head = read.head_first(layer)
    identities = _IDENTITIES
    place = ", ST_Y(t.geom), ST_X(t.geom)" if everyone else ""
    if everyone:
        identities = f'(select array_agg(e.fid order by e.fid collate "C") from {everyone} e)'
    tile = f"{_AS_MVT}{place})"
    return Statement(
        f"{head}{before.sql} select c.tile, h.recorded_at, c.fids from head h, lateral"
        f" (select {tile} as tile, {identities if counted else 'null::text[]'} as fids"
        f" from ({rows.sql}) t) c",
        (*of_head, *before.params, layer, *rows.params),
    )


_AS_MVT = f"""ST_AsMVT(t, %s, {EXTENT}, 'geom' order by t.fid collate "C\""""
_IDENTITIES = 'array_agg(t.fid order by t.fid collate "C") filter (where t.geom is not null)'


def _drawn(query: TileQuery, *, coarse: bool = False) -> Condition:
    """A row's shape on the grid of a tile, or the place of its label.

    The place is one for the whole feature, so only one tile shows it: each tile
    that cuts a shape would otherwise name it anew.
    """
    if query.labels:
        place = Condition("ST_PointOnSurface(v.geom)")
        if followed(query.matrix_set) is not None:
            inside = _inside("p.place", query.matrix_set)
            place = Condition(
                f"(select case when {inside} then p.place end from (select {place.sql} as place offset 0) p)"
            )
        return _gridded(query.matrix_set, query.tile, place)
    return on_grid(query.table, query.matrix_set, query.tile, coarse=coarse)


def on_grid(
    table: FeatureTable, matrix_set: MatrixSet, tile: Tile, geometry: str = "v.geom", *, coarse: bool = False
) -> Condition:
    """A stored geometry on the grid of a tile, null where nothing shows; ``coarse``: to half a pixel."""
    shape = (
        Condition(geometry) if table.geometry == "Point" else _bearable(matrix_set, tile, geometry, coarse)
    )
    return _gridded(matrix_set, tile, shape)


def _gridded(matrix_set: MatrixSet, tile: Tile, shape: Condition) -> Condition:
    box = matrix_set.bounds(tile)
    placed = read.placed(Output(matrix_set.epsg), shape.sql)
    return Condition(
        # Of a box that is given whole nothing is made anew for each feature.
        f"ST_AsMVTGeom({placed}, %s::box2d, {EXTENT}, {BUFFER}, true)",
        (*shape.params, f"BOX({box.left!r} {box.bottom!r},{box.right!r} {box.top!r})"),
    )


def _bearable(matrix_set: MatrixSet, tile: Tile, geometry: str, coarse: bool) -> Condition:
    """A line or an area with no more vertices than a tile can use.

    What makes areas valid on the grid takes minutes for a ring of a million
    vertices and cannot be interrupted, so of a large geometry first the part
    about the tile is cut out, and of that what the grid cannot show is dropped.
    So is what reaches to where the frame has no places.
    """
    step = pixel_deg(matrix_set, tile.zoom) / (EXTENT / TILE_PX)
    around = degrees(matrix_set, tile).grown(BUFFER * step)
    sides = around.left, around.bottom, around.right, around.top
    sql = _bearable_sql(matrix_set, geometry, coarse)
    if coarse:
        quarter_pixel = EXTENT / TILE_PX / 4 * step
        return Condition(sql, (*sides, quarter_pixel, *sides))
    return Condition(sql, (*sides, UNSEEN_STEPS * step))


@lru_cache(maxsize=64)
def _bearable_sql(matrix_set: MatrixSet, geometry: str, coarse: bool) -> str:
    cut = f"ST_ClipByBox2D({geometry}, ST_MakeEnvelope(%s, %s, %s, %s, {SRID}))"
    unbearable = _many(geometry)
    if followed(matrix_set) is not None:
        unbearable = f"({unbearable} or not {_inside(geometry, matrix_set)})"
    if coarse:
        sql = f"case when {unbearable} then {cut} else {geometry} end"
        # What falls into one place is kept as it is: it is seen as a dot.
        return f"coalesce(ST_Simplify(ST_SnapToGrid({sql}, %s), 0, true), {sql})"
    return f"case when {unbearable} then ST_Simplify({cut}, %s, true) else {geometry} end"


@lru_cache(maxsize=64)
def _inside(geometry: str, matrix_set: MatrixSet) -> str:
    """Whether a geometry lies where the frame of a zone follows the ground."""
    domain = followed(matrix_set)
    assert domain is not None
    sides = ", ".join(
        f"'{side!r}'::float8" for side in (domain.left, domain.bottom, domain.right, domain.top)
    )
    return f"{geometry} @ ST_MakeEnvelope({sides}, {SRID})"


def _many(geometry: str) -> str:
    """Whether a geometry has too many vertices; of a small one none is counted, nor is it unpacked."""
    return f"pg_column_size({geometry}) > {VERTICES_MOST} and ST_NPoints({geometry}) > {VERTICES_MOST}"


def _rows(query: TileQuery, source: str, condition: str, geometry: str) -> str:
    """The rows of a tile: what its features carry, and their geometry on its grid."""
    latest = isinstance(query.at, Span)
    carried = _carried(query.columns)
    return (
        f"select {'distinct on (v.fid) ' if latest else ''}v.fid{carried}, {geometry} as geom"
        f" from {source} v where {condition}"
        # The fence keeps the geometry from being made once for each place that uses it.
        f"{' order by v.fid, v.valid_from desc' if latest else ''} offset 0"
    )


def _items(query: TileQuery, asof: datetime | None) -> ItemsQuery:
    box = degrees(query.matrix_set, query.tile)
    area = Area(box.left, box.bottom, box.right, box.top)
    return ItemsQuery(query.table, areas=(area,), at=query.at, asof=asof)


_SAID = {
    "numeric": "v.{name}::double precision",
    "date": "v.{name}::text",
    "timestamptz": "replace(replace((v.{name} at time zone interval '08:00')::text, ' ', 'T'), 'TBC', ' BC')"
    " || '+08:00'",
    "jsonb": "v.{name}::text",
}
"""What a tile has no type for: dates and instants as the items write them. Every session of ours has
the DateStyle ISO, in which these texts cost half of what JSON's do."""


@lru_cache(maxsize=1024)
def _carried(columns: tuple[Column, ...]) -> str:
    return "".join(f", {said(column)}" for column in columns)


@lru_cache(maxsize=4096)
def said(column: Column) -> str:
    """An attribute of a row ``v`` as a tile carries it, by its name."""
    name: Composable = Identifier(column.name)
    value = SQL(_SAID.get(column.sql_type, "v.{name}")).format(name=name)
    return SQL("{} as {}").format(value, name).as_string(None)
