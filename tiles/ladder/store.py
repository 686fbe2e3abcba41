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
from tiles.ladder.sieve import FOLLOWED, Sieve, sieve_of
from tiles.matrix import TILE_PX, Box
from tiles.vector import TileQuery, said, tile_of

SIFTED_UNITS = 256
"""Sides of cells from which on areas are sifted: 120 m. Nearer most areas cover a sample point."""
_MOST = 'number desc, class collate "C" nulls last'


def material(query: TileQuery, *, unmoved: bool) -> Statement:
    """The areas that a tile can show, and how many others lie in it.

    Columns: when the layer was last written; arrays in the order of identities:
    these, classes, longer sides in pixels, the attributes of those that may stay
    by themselves (JSON), geometries (WKB); classes of the others whose middle
    lies in the tile, and how many there are of each.
    """
    assert query.rung is not None
    lattice = Lattice(query.matrix_set, query.tile.zoom, round(TILE_PX / query.rung.minimum_px))
    source, condition, values = read.held(_items(query, lattice.ground(query.tile)), unmoved=unmoved)
    head, of_head = read.head_first(query.table.layer)
    latest = isinstance(query.at, Span)
    pixel = pixel_deg(query.matrix_set, query.tile.zoom)
    names = dict.fromkeys([column.name for column in query.columns])
    if query.rung.by is not None:
        names |= {query.rung.by: None}
    carried = "".join(f", v.{_named(name)}" for name in names)
    # Step by step, each fenced: what a later one uses twice is made once.
    sized = (
        "select v.*, ST_XMax(v._box) - ST_XMin(v._box) as _width,"
        " ST_YMax(v._box) - ST_YMin(v._box) as _height"
        f" from (select {'distinct on (v.fid) ' if latest else ''}v.fid, v.geom{carried},"
        f" box3d(v.geom) as _box from {source} v where {condition}"
        f"{' order by v.fid, v.valid_from desc' if latest else ''} offset 0) v offset 0"
    )
    told = (
        f"select v.fid, {_class(query.rung.by)} as class, greatest(v._width, v._height) / %s as size,"
        f" case when greatest(v._width, v._height) / %s >= %s then {_own(query)} end as own"
    )
    measures = (pixel, pixel, query.rung.single_px)
    # Sorted once for all arrays: they take the rows in the order in which these come.
    arrays = (
        "(select array_agg(t.fid), array_agg(t.class), array_agg(t.size), array_agg(t.own),"
        " array_agg(t.shape) from ({} order by fid offset 0) t) c"
    )
    sieve = sieve_of(lattice, query.tile) if lattice.step >= SIFTED_UNITS and not query.counted else None
    if sieve is None or not sieve.useful:
        rows = f"{told}, ST_AsBinary(v.geom, 'NDR') as shape from ({sized}) v"
        return Statement(
            f"{head} select h.recorded_at, c.*, null::text[], null::bigint[] from head h,"
            f" lateral {arrays.format(rows)}",
            (*of_head, *measures, *values),
        )
    sifted = _sifted(query, sieve, Condition(sized, values))
    return Statement(
        f"{head}, lying as materialized ({told},"
        " case when v._passes then ST_AsBinary(v.geom, 'NDR') end as shape,"
        f" v._passes as passes, v._within as within from ({sifted.sql}) v)"
        " select h.recorded_at, c.*, o.* from head h,"
        f" lateral {arrays.format('select * from lying where passes')},"
        " lateral (select array_agg(t.class), array_agg(t.number) from (select class, count(*) as number"
        " from lying where not passes and within group by class) t) o",
        (*of_head, *measures, *sifted.params),
    )


def _sifted(query: TileQuery, sieve: Sieve, sized: Condition) -> Condition:
    """Rows with whether each ``_passes`` the sieve, and whether its middle lies ``_within`` the tile."""
    assert query.rung is not None
    (across_e, across_n, down_e, down_n), doubt = sieve.slopes, sieve.doubt
    low, high = sieve.edges
    across, down = _place(sieve.across), _place(sieve.down)
    reach = "(%s + %s * _width + %s * _height)"
    told = (
        "select v.*, (ST_XMin(_box) + ST_XMax(_box)) / 2 - %s as _e,"
        f" (ST_YMin(_box) + ST_YMax(_box)) / 2 - %s as _n from ({sized.sql}) v offset 0"
    )
    placed = (
        f"select v.*, {across.sql} as _x, {down.sql} as _y, {reach} as _reach_x, {reach} as _reach_y"
        f" from ({told}) v offset 0"
    )
    return Condition(
        "select v.*, greatest(_width, _height) >= %s or _reach_x > %s or _reach_y > %s"
        " or (abs(_x - round(_x)) <= _reach_x and abs(_y - round(_y)) <= _reach_y)"
        " or least(abs(_x - %s), abs(_x - %s), abs(_y - %s), abs(_y - %s)) <= %s as _passes,"
        f" _x > %s and _x < %s and _y > %s and _y < %s as _within from ({placed}) v offset 0",
        (
            query.rung.single_px * pixel_deg(query.matrix_set, query.tile.zoom) * 0.999,
            *(FOLLOWED / 2, FOLLOWED / 2, low, high, low, high, doubt, low, high, low, high),
            *(*across.params, *down.params),
            *(doubt, across_e / 2, across_n / 2, doubt, down_e / 2, down_n / 2),
            *(sieve.middle_lon_deg, sieve.middle_lat_deg, *sized.params),
        ),
    )


def _place(terms: tuple[float, ...]) -> Condition:
    """A polynomial as :class:`tiles.ladder.sieve.Sieve` has it; frames that are straight have few terms."""
    names = ("", " * _e", " * _n", " * _e * _e", " * _e * _n", " * _n * _n")
    held = [(name, term) for name, term in zip(names, terms, strict=True) if term or not name]
    return Condition(f"({' + '.join(f'%s{name}' for name, _ in held)})", tuple(term for _, term in held))


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
    # The planner would take a range of places for a handful of rows, and sort them all to group them.
    lying = Condition(
        ", lying as materialized (select l.fid, l.class, l.x, l.y from (select p.fid, p.class,"
        " case when p.e >= %s and p.e < %s then"
        f" least({EXTENT - 1}, floor((p.e - %s) / %s)::int) end as x,"
        " case when p.n <= %s and p.n > %s then"
        f" least({EXTENT - 1}, floor((%s - p.n) / %s)::int) end as y"
        " from (select r.fid, r.class, ST_X(r.place) as e, ST_Y(r.place) as n"
        f" from (select {'distinct on (v.fid) ' if latest else ''}v.fid, {_class(by)} as class,"
        f" {read.placed(Output(matrix_set.epsg), 'v.geom')} as place from {source} v where {condition}"
        f"{' order by v.fid, v.valid_from desc' if latest else ''} offset 0) r offset 0) p offset 0) l"
        # An edge belongs to one of the two tiles that share it.
        " where l.x is not null and l.y is not null),"
        ' kinds as (select x / %s as i, y / %s as j, class, count(*) as number, min(fid collate "C") as fid,'
        " sum(x) as x, sum(y) as y from lying group by 1, 2, 3),"
        ' cells as materialized (select sum(number)::int as count, min(fid collate "C") as fid,'
        " (sum(x) / sum(number))::int as x, (sum(y) / sum(number))::int as y,"
        f" (array_agg(class order by {_MOST}))[1] as class,"
        f" string_agg(coalesce(class, '') || ':' || number, ',' order by {_MOST}) as classes"
        " from kinds group by i, j)",
        (
            *(bounds.left, bounds.right, bounds.left, step, bounds.top, bounds.bottom, bounds.top, step),
            *(*values, cell, cell),
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
