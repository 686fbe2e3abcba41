"""Queryables 可查询属性: the names a filter may use, what they are worth, and their SQL.

Derived from the columns somebody may see: a filter cannot name another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from psycopg.sql import Identifier

from spatial.filter.model import Kind
from spatial.history.model import Column, FeatureTable

GEOMETRY, IDENTITY, VALID_FROM, VALID_TO = "geometry", "id", "valid_from", "valid_to"
KINDS = {
    "text": Kind.TEXT,
    "bigint": Kind.INTEGER,
    "double precision": Kind.NUMBER,
    "numeric": Kind.NUMBER,
    "boolean": Kind.BOOLEAN,
    "date": Kind.DATE,
    "timestamptz": Kind.INSTANT,
}


@dataclass(frozen=True, slots=True)
class Queryable:
    """One name, over a row aliased ``v``."""

    name: str
    kind: Kind
    sql: str
    end_sql: str
    """Its SQL as the end of an interval: there an open end is infinite."""


@dataclass(frozen=True, slots=True, eq=False)
class Queryables:
    """All names of one layer, made once for all who see the same: what is compiled for them is kept."""

    listed: tuple[Queryable, ...]
    geometry: str | None
    precision_deg: float

    def find(self, name: str) -> Queryable | None:
        """The queryable of that name."""
        return next((each for each in self.listed if each.name == name), None)


def queryables(table: FeatureTable, visible: Iterable[Column]) -> Queryables:
    """The visible columns, then identity, geometry and the two ends of valid time.

    A key is the identity, which an index finds: it is read from there.
    """
    return _queryables(table, tuple(visible))


@lru_cache(maxsize=256)
def _queryables(table: FeatureTable, visible: tuple[Column, ...]) -> Queryables:
    return Queryables(tuple(_listed(table, visible)), table.geometry, table.precision_deg)


def _listed(table: FeatureTable, visible: tuple[Column, ...]) -> Iterator[Queryable]:
    for column in visible:
        kind = KINDS.get(column.sql_type)
        if kind is not None:
            name = "fid" if column.name == table.key else column.name
            sql = f"v.{Identifier(name).as_string(None)}"
            yield Queryable(column.name, kind, sql, sql)
    yield Queryable(IDENTITY, Kind.TEXT, "v.fid", "v.fid")
    if table.geometry is not None:
        yield Queryable(GEOMETRY, Kind.GEOMETRY, "v.geom", "v.geom")
    yield Queryable(VALID_FROM, Kind.INSTANT, "v.valid_from", "v.valid_from")
    yield Queryable(VALID_TO, Kind.INSTANT, "nullif(v.valid_to, 'infinity')", "v.valid_to")
