"""Statements that read rows in bulk: a chunk of lines in a format, joined by the database.

A chunk is one row however many features it holds, so that nothing passes one by
one through the reader. Chunks go on by key and each is a statement of its own:
pinned to one snapshot (``at`` and ``asof`` given) they are pieces of one state,
and no transaction stays open while a slow reader takes them.

As :mod:`spatial.history.read`, this module builds SQL text and runs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from psycopg.sql import SQL

from spatial.history import form, read
from spatial.history.model import Column, FeatureTable
from spatial.history.read import ItemsQuery, Output, Statement, Value

_UTC = "rtrim(to_json(v.{name} at time zone interval '00:00')::text, '\"') || 'Z\"'"
_QUOTED = """'"' || replace(v.{name}::text, '"', '""') || '"'"""
_BARE = frozenset(("bigint", "double precision", "numeric", "boolean", "date", "timestamptz"))
"""Types whose JSON text is a cell as it is."""
_OPENING = len('{"type":"Feature",')


@dataclass(frozen=True, slots=True)
class Line:
    """How a row is written: an SQL expression over a row aliased ``v``, and what stands between rows."""

    sql: str
    separator: str


def chunk(query: ItemsQuery, line: Line, rows: int) -> Statement:
    """The next ``rows`` features in order of identity.

    One row; columns: the layer's newest changeset, its instant and the instant
    that "now" stood for, as :func:`read.items` tells them; the joined lines
    (null where there are none), the identity of the last feature, their number.
    """
    return _chunk(query, line, rows)


def chunk_if_unmoved(query: ItemsQuery, line: Line, rows: int) -> Statement:
    """:func:`chunk` for an ``asof`` that no changeset is later than, as :func:`read.items_if_unmoved`."""
    gate = ("coalesce((select recorded_at from head) <= %s, true)", query.asof)
    return _chunk(replace(query, asof=None), line, rows, *gate)


def _chunk(query: ItemsQuery, line: Line, rows: int, *gate: Any) -> Statement:
    source, params = _ordered(query, f"v.fid, {line.sql} as line", *gate)
    sql = (
        f"{read._HEAD} select h.id, h.recorded_at, h.at, c.lines, c.last, c.number from head h cross join"
        f" (select string_agg(line, %s) as lines, max(fid) as last, count(*) as number"
        f" from ({source} limit %s) page) c"
    )
    return Statement(sql, (query.table.layer, line.separator, *params, rows), "row")


def last_of_page(query: ItemsQuery) -> Statement:
    """Identity of the last feature of a page of ``limit``; a second row tells that more follow."""
    source, params = _ordered(query, "v.fid")
    sql = f"{read._HEAD} select fid from ({source} offset %s limit 2) page order by fid"
    return Statement(sql, (query.table.layer, *params, query.limit - 1), "row")


def _ordered(query: ItemsQuery, columns: str, *gate: Any) -> tuple[str, list[Value]]:
    conditions = read._conditions(query, *gate)
    conditions.page(query)
    return read._rows(query, conditions, columns, conditions.latest(query)), conditions.params


# Lines.


def sequence_line(output: Output) -> Line:
    """A GeoJSON feature as one record of a text sequence (RFC 8142)."""
    return Line(f"E'\\x1e' || {read.feature_text(output)} || E'\\n'", "")


def jsonfg_line(output: Output) -> Line:
    """A JSON-FG feature (OGC 21-045r1): its time in UTC; ``place`` in any frame but CRS84."""
    until = f"case when v.valid_to = 'infinity' then '\"..\"' else {_of(_UTC, 'valid_to')} end"
    head = (
        f"""'{{"type":"Feature","time":{{"interval":[' || {_of(_UTC, "valid_from")} || ',' || {until}"""
        """ || ']},"place":'"""
    )
    if output.form == "stored":
        return Line(f"{head} || 'null,' || substr(v.feature, {_OPENING + 1})", ",\n")
    shape = read._geometry(output)
    place, geometry = (shape, "'null'") if output.moved else ("'null'", shape)
    if output.fields is None:
        properties = """substr(v.feature, strpos(v.feature, ',"properties":{'))"""
    else:
        properties = form.properties_text(output.fields).as_string(None)
    return Line(
        f"""{head} || {place} || ',"id":' || to_json(v.fid)::text || ',"geometry":' || {geometry}"""
        f" || {properties}",
        ",\n",
    )


def csv_header(table: FeatureTable, columns: Sequence[Column], projected: bool) -> list[str]:
    """The names over the cells of :func:`csv_line`."""
    return [*_names(columns), *_coordinates(table, columns, projected), *(["geom"] if table.geometry else [])]


def csv_line(table: FeatureTable, columns: Sequence[Column], output: Output, projected: bool) -> Line:
    """A row of CSV (RFC 4180): every text in quotation marks, an empty cell for null.

    Points have their two numbers in columns of their own; ``geom`` is WKT in
    the axis order of the frame.
    """
    cells = _cells(columns)
    if table.geometry is not None:
        east_first = read.placed(replace(output, swapped=False))
        for axis in ("ST_X", "ST_Y")[: len(_coordinates(table, columns, projected))]:
            scale = f"1e{int(output.decimals)}::float8"
            cells.append(f"(round({axis}({east_first}) * {scale}) / {scale})::text")
        cells.append(f"""'"' || ST_AsText({read.placed(output)}, {int(output.decimals)}) || '"'""")
    return Line(_joined(cells), "\r\n")


def typed_line(table: FeatureTable, columns: Sequence[Column], srid: int) -> Line:
    """A row of CSV for programs: as :func:`csv_line`, but the geometry as WKB in hexadecimal.

    East or longitude comes first in every frame.
    """
    cells = _cells(columns)
    if table.geometry is not None:
        cells.append(f"encode(ST_AsBinary({read.placed(Output(srid))}, 'NDR'), 'hex')")
    return Line(_joined(cells), "\n")


def _names(columns: Sequence[Column]) -> list[str]:
    return ["fid", *(column.name for column in columns), "valid_from", "valid_to", "changeset"]


def _coordinates(table: FeatureTable, columns: Sequence[Column], projected: bool) -> list[str]:
    """The two columns of a point; none where a field of the layer already has such a name."""
    names = ["east", "north"] if projected else ["lon", "lat"]
    taken = {column.name for column in columns}
    return names if table.geometry == "Point" and taken.isdisjoint(names) else []


def _cells(columns: Sequence[Column]) -> list[str]:
    return [
        _of(_QUOTED, "fid"),
        *(_of(form._SERVED[c.sql_type] if c.sql_type in _BARE else _QUOTED, c.name) for c in columns),
        _of(form._BEIJING, "valid_from"),
        f"case when v.valid_to < 'infinity' then {_of(form._BEIJING, 'valid_to')} end",
        "v.opened_by::text",
    ]


def _joined(cells: Sequence[str]) -> str:
    """Cells with commas between; an absent value is an empty cell."""
    pieces = [cells[0], *(piece for cell in cells[1:] for piece in ("','", cell))]
    return f"concat({form._concatenated([SQL(piece) for piece in pieces]).as_string(None)})"


def _of(template: str, name: str) -> str:
    return form._of(template, name).as_string(None)
