"""Statements that cut a tile of what differs between two states of a layer 变化瓦片.

One feature for each that was added, removed or changed, with the names of the
fields that differ. It is drawn where it is in the newer state, and in the tiles
that it has left where it was in the older one.
"""

from __future__ import annotations

from dataclasses import dataclass

from psycopg.sql import SQL, Identifier, Literal

from spatial.history import states
from spatial.history.model import Column, FeatureTable
from spatial.history.read import Area, Condition, Statement
from spatial.history.states import Comparison, State
from tiles import vector
from tiles.ground import degrees
from tiles.ladder.lattice import pixel_deg
from tiles.matrix import MatrixSet, Tile

GEOMETRY = "geometry"
"""The name under which ``fields`` tells that a feature lies elsewhere or is shaped otherwise."""


@dataclass(frozen=True, slots=True)
class DifferenceQuery:
    """A tile of a layer's difference, each state the map of an instant."""

    table: FeatureTable
    columns: tuple[Column, ...]
    """The attributes that are compared."""
    matrix_set: MatrixSet
    tile: Tile
    older: State
    newer: State
    counted: bool = False


def changed(query: DifferenceQuery, most: int | None) -> Statement:
    """What differs, all of it or the ``most`` of the largest. Columns as of :func:`tiles.vector.whole`."""
    box = degrees(query.matrix_set, query.tile)
    asked = Comparison(
        table=query.table,
        columns=query.columns,
        older=query.older,
        newer=query.newer,
        areas=(Area(box.left, box.bottom, box.right, box.top),),
        exact=False,
    )
    names = [Identifier(column.name) for column in query.columns]
    carried = SQL("").join(SQL(", v.{}").format(name) for name in names).as_string(None)
    moved = states.moved(asked, carried)
    differing = (
        "select coalesce(o.fid, n.fid) as fid,"
        " case when o.fid is null then 'added' when n.fid is null then 'removed' else 'changed' end as op,"
        f" case when o.fid = n.fid then nullif(concat_ws(',', {_fields(query)}), '') end as fields,"
        " o.geom as was, n.geom as is_now"
        " from (select * from moved where not newer) o"
        " full join (select * from moved where newer) n on o.fid = n.fid"
    )
    told = Condition(
        f"select * from (with moved as materialized {moved.sql} {differing} offset 0) d"
        " where op <> 'changed' or fields is not null",
        moved.params,
    )
    if most is not None:
        pixel = pixel_deg(query.matrix_set, query.tile.zoom)
        told = Condition(told.sql + _LARGEST, (*told.params, pixel, most))
    now, before = (
        vector.on_grid(query.table, query.matrix_set, query.tile, name, coarse=most is not None)
        for name in ("d.is_now", "d.was")
    )
    rows = Condition(
        f"select d.fid, d.op, d.fields, coalesce({now.sql}, {before.sql}) as geom"
        f" from ({told.sql}) d offset 0",
        now.params + before.params + told.params,
    )
    return vector.tile_of(query.table.layer, rows, counted=query.counted)


_LARGEST = (
    " order by greatest(%s, ST_XMax(coalesce(is_now, was)) - ST_XMin(coalesce(is_now, was)),"
    " ST_YMax(coalesce(is_now, was)) - ST_YMin(coalesce(is_now, was))) desc,"
    " hashtextextended(fid, 0), fid limit %s"
)
"""Among what is smaller than a pixel, in an order that is even over the ground."""


def _fields(query: DifferenceQuery) -> str:
    """Names of what differs, or null each, of the two states ``o`` and ``n``."""
    told = [
        # Equal are geometries that are stored alike, to the last bit and in the same order of vertices.
        SQL("case when o.geom is distinct from n.geom then {} end").format(Literal(GEOMETRY))
    ]
    told += [
        SQL("case when o.{name} is distinct from n.{name} then {told} end").format(
            name=Identifier(column.name), told=Literal(column.name)
        )
        for column in query.columns
    ]
    return SQL(", ").join(told).as_string(None)
