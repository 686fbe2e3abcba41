"""The where clause of a read: its times, its place, its filters, over rows aliased ``v``."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from psycopg.sql import Identifier

from spatial.history.model import SRID, Column
from spatial.history.query import Area, ItemsQuery, Span, Value

SLACK_DEG = 1e-10
"""A hundredth of a millimetre added around a rectangle: a coordinate snapped to 1e-9 is stored as a
double a little beside the decimal that is shown, and a box drawn through what is shown must find it."""


@lru_cache(maxsize=1024)
def quoted(name: str) -> str:
    """The name of a table of the history."""
    return Identifier("history", name).as_string(None)


class Conditions:
    """The where clause under construction: texts and, in the same order, their values."""

    def __init__(self, clause: str | None = None, *values: Value) -> None:
        self.clauses: list[str] = []
        self.params: list[Value] = []
        if clause is not None:
            self.add(clause, *values)

    @property
    def sql(self) -> str:
        """All of them together."""
        return " and ".join(self.clauses) or "true"

    def add(self, clause: str, *values: Value) -> None:
        """One more, and the values for its places."""
        self.clauses.append(clause)
        self.params.extend(values)

    def time(self, query: ItemsQuery, now: str, asof: datetime | None) -> None:
        """The predicates of both times; ``now`` is the SQL of the present instant."""
        if asof is not None:
            # Known before any row is read: a walk along identities would find out at the last one.
            begun = "exists (select from spatial.changeset where layer = %s and recorded_at <= %s)"
            self.add(begun, query.table.layer, asof)
            self.add("v.recorded_from <= %s and v.recorded_to > %s", asof, asof)
        match query.at:
            case None:
                clause = f"v.valid_from <= {now} and v.valid_to > {now}"
                # What the planner cannot look up it takes for a third of the rows, and reads a whole
                # layer where a page's worth was near. Of NOT UNKNOWN it expects nearly all rows,
                # which most are that is believed now, and no index of starts serves it.
                narrowed = query.areas or query.filters or query.conditions or query.sort
                self.add(f"(case when {clause} then true end) is not unknown" if narrowed else clause)
            case Span(start, end, end_included):
                if end is not None:
                    self.add(f"v.valid_from {'<=' if end_included else '<'} %s", end)
                if start is not None:
                    self.add("v.valid_to > %s", start)
            case instant:
                self.add("v.valid_from <= %s and v.valid_to > %s", instant, instant)

    def latest(self, query: ItemsQuery) -> bool:
        """Of a stretch of time a feature's latest version counts; whether versions must be told apart for it.

        What is believed knows where the feature's next version begins, so that a page walks the identities.
        Where only some versions may meet the other conditions, the latest of these counts: whether one of
        those that follow within the stretch does, too, is asked of the few that are followed.
        """
        if not isinstance(query.at, Span):
            return False
        if query.asof is not None:
            return True
        last = ["v.next_from is null"]
        params: list[Value] = []
        if query.at.end is not None:
            last.append(f"v.next_from {'>' if query.at.end_included else '>='} %s")
            params.append(query.at.end)
        if query.areas or query.filters or query.conditions:
            last.append(
                "not exists (select from (select v.fid as fid_, v.valid_from as from_) o,"
                f" {quoted(query.table.believed)} v"
                f" where v.fid = o.fid_ and v.valid_from > o.from_ and {self.sql})"
            )
            params += self.params
        self.add(f"({' or '.join(last)})", *params)
        return False

    def place(self, query: ItemsQuery, *, exact: bool = True) -> None:
        """Filters, other conditions, areas; without the exact predicate what the index alone can say."""
        for condition in query.filters:
            self.add(_equal(condition.column, query.table.key), condition.value)
        for each in query.conditions:
            self.add(each.sql, *each.params)
        if not query.areas:
            return
        if query.table.geometry is None:
            self.add("true")  # a feature without a place always matches (Part 1, 7.15.3)
            return
        parts: list[str] = []
        values: list[Value] = []
        for area in query.areas:
            clause, some = _area(area, query.table.geometry, exact)
            parts.append(clause)
            values.extend(some)
        self.add(f"({' or '.join(parts)})", *values)

    def page(self, query: ItemsQuery) -> None:
        """In order of identity, what comes after the page before."""
        if query.after is not None:
            self.add("v.fid > %s", query.after)


@lru_cache(maxsize=4096)
def _column(name: str) -> str:
    return "v." + Identifier(name).as_string(None)


@lru_cache(maxsize=4096)
def _equal(column: Column, key: str) -> str:
    """That a property has a value; texts by code points, as their indexes have them. The key is the
    identity, which has one."""
    if column.name == key:
        return "v.fid = %s"
    collation = ' collate "C"' if column.sql_type == "text" else ""
    return f"{_column(column.name)}{collation} = %s::{column.sql_type}"


def _area(area: Area, geometry: str, exact: bool) -> tuple[str, tuple[Value, ...]]:
    """``&&`` for the index, then the exact predicate.

    ``&&`` compares boxes of single precision, which at 118° is a metre wide: a
    point needs its coordinates compared too. CASE keeps the planner from
    multiplying that into its estimate, which ``&&`` already carries.
    """
    if area.outline_4490 is not None:
        outline = f"ST_GeomFromWKB(%s, {SRID})"
        return (
            f"(v.geom && {outline} and ST_Intersects(v.geom, {outline}))",
            (area.outline_4490, area.outline_4490),
        )
    box = (area.west - SLACK_DEG, area.south - SLACK_DEG, area.east + SLACK_DEG, area.north + SLACK_DEG)
    envelope = f"ST_MakeEnvelope(%s, %s, %s, %s, {SRID})"
    if not exact:
        return f"v.geom && {envelope}", box
    if geometry == "Point":
        return (
            f"(v.geom && {envelope} and case when ST_X(v.geom) between %s and %s"
            " and ST_Y(v.geom) between %s and %s then true else false end)",
            (*box, box[0], box[2], box[1], box[3]),
        )
    return f"(v.geom && {envelope} and ST_Intersects(v.geom, {envelope}))", (*box, *box)
