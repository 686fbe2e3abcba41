"""Statements of the ladder: what lies about a tile, and points clustered where they are kept.

SQL text with parameters; nothing runs here.
"""

from __future__ import annotations

from collections.abc import Sequence

from psycopg.sql import SQL, Identifier

from spatial.history import read
from spatial.history.model import Column
from spatial.history.read import Area, Condition, ItemsQuery, Output, Span, Statement
from tiles.ground import EXTENT
from tiles.ladder.lattice import Lattice, pixel_deg
from tiles.matrix import TILE_PX, Box
from tiles.vector import SHAPE_SIZE, TileQuery, said, tile_of

_MOST = 'number desc, class collate "C" nulls last'


def material(query: TileQuery, *, unmoved: bool) -> Statement:
    """All areas in a tile and a little about it.

    Columns: when the layer was last written; arrays in the order of identities:
    these, classes, longer sides in pixels, the attributes of those that may stay
    by themselves (JSON), geometries (WKB).
    """
    assert query.rung is not None
    lattice = Lattice(query.matrix_set, query.tile.zoom, round(TILE_PX / query.rung.minimum_px))
    source, condition, values = read.held(_items(query, lattice.ground(query.tile)), unmoved=unmoved)
    head, of_head = read.head_first(query.table.layer)
    latest = isinstance(query.at, Span)
    own = _own(query)
    pixel = pixel_deg(query.matrix_set, query.tile.zoom)
    return Statement(
        f"{head} select h.recorded_at, c.* from head h, lateral (select array_agg(t.fid), array_agg(t.class),"
        " array_agg(t.size), array_agg(t.own), array_agg(t.shape) from ("
        f" select {'distinct on (v.fid) ' if latest else ''}v.fid, {_class(query.rung.by)} as class,"
        f" {SHAPE_SIZE} / %s as size, case when {SHAPE_SIZE} / %s >= %s then {own} end as own,"
        f" ST_AsBinary(v.geom, 'NDR') as shape from {source} v where {condition}"
        # Sorted once for all arrays: they take the rows in the order in which these come.
        f" order by v.fid{', v.valid_from desc' if latest else ''} offset 0) t) c",
        (*of_head, pixel, pixel, query.rung.single_px, *values),
    )


def own(query: TileQuery, fids: Sequence[str], *, unmoved: bool) -> Statement:
    """What features carry that stay by themselves. Columns: identity, attributes (JSON)."""
    items = ItemsQuery(query.table, at=query.at, asof=query.asof)
    source, condition, values = read.held(items, unmoved=unmoved)
    head, of_head = read.head_first(query.table.layer)
    return Statement(
        f"{head} select v.fid, {_own(query)} from {source} v where v.fid = any (%s) and {condition}",
        (*of_head, list(fids), *values),
    )


def clusters(query: TileQuery, *, unmoved: bool) -> Statement:
    """A tile of points: those of a cell as one, with their number and how many there are of each class.

    A cluster lies in the middle of its points and shows the class that is there
    most often. Columns as of :func:`tiles.vector.whole`.
    """
    assert query.rung is not None
    matrix_set, tile, by = query.matrix_set, query.tile, query.rung.by
    lattice = Lattice(matrix_set, tile.zoom, TILE_PX // query.rung.cell_px)
    source, condition, values = read.held(_items(query, lattice.ground(tile)), unmoved=unmoved)
    latest = isinstance(query.at, Span)
    step = matrix_set.tile_side(tile.zoom) / EXTENT
    bounds = matrix_set.bounds(tile)
    cell = EXTENT * query.rung.cell_px // TILE_PX
    names = [column.name for column in query.columns]
    lying = Condition(
        ", lying as materialized (select p.fid, p.class,"
        f" least({EXTENT - 1}, floor((ST_X(p.place) - %s) / %s)::int) as x,"
        f" least({EXTENT - 1}, floor((%s - ST_Y(p.place)) / %s)::int) as y"
        f" from (select {'distinct on (v.fid) ' if latest else ''}v.fid, {_class(by)} as class,"
        f" {read.placed(Output(matrix_set.epsg), 'v.geom')} as place from {source} v where {condition}"
        f"{' order by v.fid, v.valid_from desc' if latest else ''} offset 0) p"
        # An edge belongs to one of the two tiles that share it.
        " where ST_X(p.place) >= %s and ST_X(p.place) < %s and ST_Y(p.place) <= %s and ST_Y(p.place) > %s),"
        ' kinds as (select x / %s as i, y / %s as j, class, count(*) as number, min(fid collate "C") as fid,'
        " sum(x) as x, sum(y) as y from lying group by 1, 2, 3),"
        ' cells as materialized (select sum(number)::int as count, min(fid collate "C") as fid,'
        " (sum(x) / sum(number))::int as x, (sum(y) / sum(number))::int as y,"
        f" (array_agg(class order by {_MOST}))[1] as class,"
        f" string_agg(coalesce(class, '') || ':' || number, ',' order by {_MOST}) as classes"
        " from kinds group by i, j)",
        (
            *(bounds.left, step, bounds.top, step, *values),
            *(bounds.left, bounds.right, bounds.top, bounds.bottom, cell, cell),
        ),
    )
    columns = "".join(f", {_single(column, by if query.classed else None)}" for column in query.columns)
    told = ", case when c.count > 1 then c.classes end as classes" if by and query.classed else ""
    again = read.held(_items(query, lattice.ground(tile)), unmoved=unmoved)
    own = (
        f" left join lateral (select {'distinct on (v.fid) ' if latest else ''}"
        f"{', '.join(said(column) for column in query.columns)} from {again[0]} v where v.fid = c.fid"
        f" and {again[1]}{' order by v.fid, v.valid_from desc' if latest else ''} offset 0) o on c.count = 1"
        if names
        else ""
    )
    point = "ST_SetSRID(ST_MakePoint(c.x, c.y), 0)"
    rows = Condition(
        f"select case when c.count = 1 then c.fid end as fid{columns},"
        f" case when c.count > 1 then c.count end as count{told}, {point} as geom from cells c{own}",
        again[2] if names else (),
    )
    return tile_of(query.table.layer, rows, lying, counted=query.counted, everyone="lying")


def _own(query: TileQuery) -> str:
    carried = ", ".join(said(column) for column in query.columns)
    return f"(select row_to_json(o) from (select {carried}) o)::text" if carried else "'{}'"


def _named(name: str) -> str:
    return SQL("{}").format(Identifier(name)).as_string(None)


def _class(by: str | None) -> str:
    return "null::text" if by is None else f"v.{_named(by)}::text"


def _single(column: Column, by: str | None) -> str:
    """An attribute of a point that is alone; of a cluster the class."""
    name = _named(column.name)
    if column.name != by:
        return f"o.{name}"
    return f"coalesce(o.{name}, c.class::{column.sql_type}) as {name}"


def _items(query: TileQuery, box: Box) -> ItemsQuery:
    area = Area(box.left, box.bottom, box.right, box.top)
    return ItemsQuery(query.table, areas=(area,), at=query.at, asof=query.asof)
