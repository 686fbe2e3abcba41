"""Tiles of instants of which no state is kept 历史时刻瓦片, by the stretch of valid time in which each holds.

Between two instants the map of a tile stays as it is while nothing in and about
it starts or ends. So a tile that was made for one of them is the tile of all,
byte for byte; and of what later changesets leave as it was at an instant, too.
SQL text with parameters, and the writing.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from spatial.catalogue.contract import Step
from spatial.database import Connection
from spatial.history import read, states
from spatial.history.read import Area, Condition, ItemsQuery, Span, Statement
from spatial.history.states import Comparison, State
from tiles.far.model import Shelf
from tiles.ground import degrees
from tiles.ladder.lattice import Lattice
from tiles.matrix import TILE_PX, Tile
from tiles.vector import TileQuery

BYTES_MOST = 2_000_000_000
"""Of all tiles that are kept; what was made longest ago goes first."""
LINES_MOST = 20_000
"""Of the tally of a layer, which are read to tell when something turns in it."""
_PLACE = "layer = %s and mark = %s and matrix_set = %s and zoom = %s and tile_row = %s and tile_column = %s"
_KNOWN = (
    "select max(id) as id, max(recorded_at) as recorded_at from spatial.changeset"
    " where layer = %s and recorded_at <= %s"
)
_CLAIM = "hashtextextended(%s, 0)"
_TURNS = (
    "greatest(max(v.valid_from) filter (where v.valid_from <= %s),"
    " max(v.valid_to) filter (where v.valid_to <= %s)) as since,"
    " least(min(v.valid_from) filter (where v.valid_from > %s),"
    " min(v.valid_to) filter (where v.valid_to > %s)) as until"
)
_LASTS = "(until > %s or until = %s and not %s)"
_ALWAYS = Span(None, None)


class Stretch(NamedTuple):
    """The valid time of which a tile is asked for: an instant, or a day throughout which one map holds."""

    start: datetime
    end: datetime
    end_included: bool

    @property
    def instant(self) -> bool:
        """It has no length."""
        return self.start == self.end


def stretch_of(at: datetime | Span) -> Stretch | None:
    """What is asked for; ``None`` where it is open on a side, which no map holds throughout."""
    if isinstance(at, datetime):
        return Stretch(at, at, end_included=True)
    if at.start is None or at.end is None:
        return None
    return Stretch(at.start, at.end, at.end_included)


def found(shelf: Shelf, tile: Tile, stretch: Stretch, asof: datetime) -> Statement:
    """The tile that was made after the last changeset up to ``asof``; no row where there is none.

    Columns: number and instant of the changeset after which it was made, then of the last one, and
    the tile. Where they differ, :func:`differs` has to tell whether it holds still.
    """
    return Statement(
        "select p.changeset, (select recorded_at from spatial.changeset where id = p.changeset),"
        f" coalesce(c.id, 0), c.recorded_at, p.body from ({_KNOWN}) c, lateral (select changeset, body"
        f" from tiles.past_tile where {_PLACE} and changeset <= coalesce(c.id, 0)"
        f" and since <= %s and {_LASTS} order by changeset desc limit 1) p",
        (shelf.layer, asof, *_place(shelf, tile), stretch.start, *_lasting(stretch)),
    )


def differs(query: TileQuery, older: State, newer: State) -> Statement:
    """Whether anything in and about a tile differs between two states of knowledge. Column: boolean."""
    asked = Comparison(query.table, (), older, newer, (_around(query),), exact=False)
    return states.differs(asked)


def keep(connection: Connection, shelf: Shelf, query: TileQuery, body: bytes) -> None:
    """Keep a tile for as long as nothing in all of its layer turns, which is told at once; or, where it
    turns very often, for its instant alone. Of a day within which something turns, nothing is kept."""
    stretch = stretch_of(query.at)
    assert stretch is not None
    at = stretch.start
    turns = (
        "select case when few then since else %s end as since,"
        " case when few then until else %s + interval '1 microsecond' end as until"
        f" from (select count(*) < %s as few, {_TURNS} from (select v.valid_from, v.valid_to"
        " from history.tally v, c where v.layer = %s and v.changeset <= c.id limit %s) v) v"
    )
    values = (at, at, LINES_MOST, at, at, at, at, shelf.layer, LINES_MOST)
    _put(connection, shelf, query, body, stretch, Condition(turns, values))


def widen(connection: Connection, shelf: Shelf, query: TileQuery, body: bytes) -> None:
    """Keep a tile, as :func:`keep` did, for as long as nothing turns in and about it. It reads all
    that ever lay there, which takes a good part of the time of making it."""
    stretch = stretch_of(query.at)
    assert stretch is not None
    at = stretch.start
    always = ItemsQuery(query.table, areas=(_around(query),), at=_ALWAYS, asof=query.asof)
    source, condition, values = read.held(always)
    turns = f"select {_TURNS} from {source} v where {condition}"
    _put(connection, shelf, query, body, stretch, Condition(turns, (at, at, at, at, *values)))


def _put(
    connection: Connection, shelf: Shelf, query: TileQuery, body: bytes, stretch: Stretch, turns: Condition
) -> None:
    """Between two turns, in place of what was kept for less; what a crash takes is made again."""
    place = _place(shelf, query.tile)
    lasting = connection.execute(
        f"with c as ({_KNOWN}) select changeset, since::text, until::text from (select"
        " coalesce(c.id, 0) as changeset, coalesce(t.since, '-infinity') as since,"
        f" coalesce(t.until, 'infinity') as until from c, ({turns.sql}) t) t where {_LASTS}",
        (shelf.layer, query.asof, *turns.params, *_lasting(stretch)),
    ).fetchone()
    if lasting is None:
        return
    connection.execute("set local synchronous_commit to off")
    shorter = f"{_PLACE} and changeset = %s and since >= %s and until <= %s and (since, until) <> (%s, %s)"
    connection.execute(f"delete from tiles.past_tile where {shorter}", (*place, *lasting, *lasting[1:]))
    connection.execute(
        "insert into tiles.past_tile values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
        (*place, *lasting, body),
    )


def claim(shelf: Shelf, tile: Tile) -> Statement:
    """Be the one session that makes a tile, whatever its instant. Column: whether it is."""
    return Statement(f"select pg_try_advisory_lock({_CLAIM})", _claim(shelf, tile))


def unclaim(shelf: Shelf, tile: Tile) -> Statement:
    """Let others make it. Column: whether it was claimed by this session."""
    return Statement(f"select pg_advisory_unlock({_CLAIM})", _claim(shelf, tile))


def prune(connection: Connection, bytes_most: int = BYTES_MOST) -> int:
    """Drop what is too much; how many tiles."""
    return connection.execute(
        "delete from tiles.past_tile p using (select ctid as id, sum(octet_length(body) + 200)"
        " over (order by kept_at desc, ctid) as held from tiles.past_tile) o"
        " where p.ctid = o.id and o.held > %s",
        (bytes_most,),
    ).rowcount


def _around(query: TileQuery) -> Area:
    """Where what lies may show in a tile."""
    box = degrees(query.matrix_set, query.tile)
    if query.step is not Step.SINGLE:
        box = Lattice(query.matrix_set, query.tile.zoom, TILE_PX).ground(query.tile)
    return Area(box.left, box.bottom, box.right, box.top)


def _place(shelf: Shelf, tile: Tile) -> tuple[str | int, ...]:
    return shelf.layer, shelf.mark, shelf.matrix_set.id, shelf.zoom, tile.row, tile.column


def _claim(shelf: Shelf, tile: Tile) -> tuple[str]:
    return ("/".join(("past-tile", *map(str, _place(shelf, tile)))),)


def _lasting(stretch: Stretch) -> tuple[datetime, datetime, bool]:
    return stretch.end, stretch.end, stretch.end_included
