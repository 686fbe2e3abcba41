"""What is kept: states, tiles, and what of a layer has changed between two states."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import numpy as np
from psycopg.sql import SQL, Composed, Identifier

from spatial.database import Connection
from spatial.history import read
from spatial.history.model import FeatureTable
from spatial.history.read import Statement
from tiles.far.model import Floats, Shelf, State
from tiles.ladder.model import Share
from tiles.matrix import Tile

_SHELF = "layer = %s and mark = %s and matrix_set = %s and zoom = %s"


def present(connection: Connection, table: FeatureTable) -> State | None:
    """The state of a layer now; ``None`` before its first changeset."""
    statement = read.turn(table, 0)
    row = connection.execute(statement.sql, statement.params).fetchone()
    assert row is not None  # the statement always gives one
    changeset, recorded_at, _, last, _ = row
    return None if changeset is None else State(changeset, max(recorded_at, last or recorded_at), recorded_at)


def head(connection: Connection, table: FeatureTable) -> int | None:
    """The newest changeset of a layer."""
    row = connection.execute(
        "select max(id) from spatial.changeset where layer = %s", (table.layer,)
    ).fetchone()
    assert row is not None  # an aggregate always gives one
    return None if row[0] is None else int(row[0])


def changeset_at(connection: Connection, layer: str, asof: datetime) -> int:
    """The newest changeset that was recorded by then; 0 before the first."""
    row = connection.execute(
        "select coalesce(max(id), 0) from spatial.changeset where layer = %s and recorded_at <= %s",
        (layer, asof),
    ).fetchone()
    assert row is not None  # an aggregate always gives one
    return int(row[0])


def newest(connection: Connection, shelves: Sequence[Shelf]) -> list[State | None]:
    """Of each shelf the newest state of which all its tiles are kept, in one question."""
    found = connection.execute(
        "select s.changeset, s.at, c.recorded_at"
        " from unnest(%s::text[], %s::text[], %s::text[], %s::int[])"
        "   with ordinality w (layer, mark, matrix_set, zoom, place)"
        " left join lateral (select f.changeset, f.at from tiles.far_state f"
        "   where (f.layer, f.mark, f.matrix_set, f.zoom) = (w.layer, w.mark, w.matrix_set, w.zoom)"
        "   order by f.changeset desc, f.at desc limit 1) s on true"
        " left join spatial.changeset c on c.id = s.changeset order by w.place",
        [list(each) for each in zip(*map(_params, shelves), strict=True)],
    )
    return [None if changeset is None else State(changeset, *instants) for changeset, *instants in found]


def boxes(connection: Connection, table: FeatureTable) -> Floats:
    """Around every version that was ever held: west, south, east, north in degrees."""
    return _boxes(connection, SQL("select geom from {}").format(_versions(table)), ())


def boxes_changed(connection: Connection, table: FeatureTable, old: State, new: State) -> Floats:
    """Around every version by which the map of ``new`` may differ from that of ``old``.

    Versions that a changeset between them opened or closed, and versions
    believed in both that started or ended on the ground between their instants.
    """
    changesets, instants = (old.changeset, new.changeset), (old.at, new.at)
    changed = SQL(
        "select geom from {0} where opened_by > %s and opened_by <= %s"
        " union all select geom from {0} where closed_by > %s and closed_by <= %s"
        " union all select geom from {1} where valid_from > %s and valid_from <= %s"
        " or valid_to > %s and valid_to <= %s"
    ).format(_versions(table), Identifier("history", table.believed))
    return _boxes(connection, changed, (*changesets, *changesets, *instants, *instants))


def _versions(table: FeatureTable) -> Identifier:
    return Identifier("history", table.name)


def _boxes(connection: Connection, geometries: Composed, params: tuple[datetime | int, ...]) -> Floats:
    found = connection.execute(
        SQL(
            "select distinct ST_XMin(v.geom), ST_YMin(v.geom), ST_XMax(v.geom), ST_YMax(v.geom)"
            " from ({}) v where v.geom is not null"
        ).format(geometries),
        params,
    )
    return np.array(found.fetchall(), dtype=np.float64).reshape(-1, 4)


def keep(connection: Connection, shelf: Shelf, state: State, made: Iterable[tuple[Tile, bytes]]) -> None:
    """Keep tiles of a state, and that with them all of it is kept."""
    number = 0
    with connection.cursor() as cursor:
        for tile, body in made:
            number += 1
            cursor.execute(
                "insert into tiles.far_tile values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
                (*_params(shelf), tile.row, tile.column, state.changeset, state.at, body),
            )
        cursor.execute(
            "insert into tiles.far_state values (%s, %s, %s, %s, %s, %s, %s)",
            (*_params(shelf), state.changeset, state.at, number),
        )


def shares(connection: Connection, shelf: Shelf, tiles: Sequence[Tile]) -> dict[Tile, Share]:
    """What tiles of a shelf hand up in its newest state; of empty ones there is nothing."""
    found = connection.execute(
        "select tile_row, tile_column, names, counts, fids, kinds, sizes_px, inside, cells"
        f" from tiles.far_share where {_SHELF}"
        " and (tile_row, tile_column) in (select * from unnest(%s::int[], %s::int[]))",
        (*_params(shelf), [each.row for each in tiles], [each.column for each in tiles]),
        binary=True,
    )
    return {Tile(shelf.zoom, row[0], row[1]): Share(*row[2:]) for row in found}


def hand_up(connection: Connection, shelf: Shelf, tile: Tile, share: Share | None) -> None:
    """Keep what a tile of the newest state hands up, in place of what it did before."""
    place = (*_params(shelf), tile.row, tile.column)
    connection.execute(
        f"delete from tiles.far_share where {_SHELF} and tile_row = %s and tile_column = %s", place
    )
    if share is not None:
        connection.execute(
            "insert into tiles.far_share values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (
                *place,
                share.names,
                share.counts,
                share.fids,
                share.kinds,
                share.sizes_px,
                share.inside,
                share.cells,
            ),
        )


def forget(connection: Connection, shelf: Shelf) -> None:
    """Drop what is kept there of other forms of the layer."""
    for name in ("far_tile", "far_state", "far_share", "past_tile"):
        connection.execute(
            SQL("delete from {} where layer = %s and mark <> %s and matrix_set = %s and zoom = %s").format(
                Identifier("tiles", name)
            ),
            _params(shelf),
        )


def kept(shelf: Shelf, tile: Tile, at: datetime, recorded_at: datetime) -> Statement:
    """A tile of a state. No row where the state is not kept; a null column where the tile is empty.

    A state is told by its valid instant and when its newest changeset was recorded. Columns: the tile.
    """
    return Statement(
        "select t.body from tiles.far_state s left join lateral ("
        f" select body from tiles.far_tile where {_SHELF} and tile_row = %s and tile_column = %s"
        " and (changeset, at) <= (s.changeset, s.at) order by changeset desc, at desc limit 1) t on true"
        f" where s.{_SHELF.replace(' and ', ' and s.')} and s.at = %s and s.changeset ="
        " (select id from spatial.changeset where layer = %s and recorded_at = %s)",
        (*_params(shelf), tile.row, tile.column, *_params(shelf), at, shelf.layer, recorded_at),
    )


def _params(shelf: Shelf) -> tuple[str, str, str, int]:
    return shelf.layer, shelf.mark, shelf.matrix_set.id, shelf.zoom
