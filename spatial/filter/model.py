"""The nouns of CQL2 公共查询语言 (OGC 21-065r2): the nodes of a filter's tree. Frozen data.

A node knows where it stood: the place in a text counted from 1, or the JSON
Pointer in a document. Where it stood does not count when trees are compared.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

Where = int | str
"""Place in a text, counted from 1, or JSON Pointer in a document."""
Coordinates = tuple[float, ...] | tuple["Coordinates", ...]
"""Positions as GeoJSON nests them, of two coordinates each."""


class Kind(StrEnum):
    """What an expression is worth."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    INSTANT = "instant"
    INTERVAL = "interval"
    GEOMETRY = "geometry"
    ARRAY = "array"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Anything that stands in a filter."""

    at: Where = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class Value(Node):
    """A literal of one value; an instant carries its zone."""

    value: str | int | float | bool | date | datetime


@dataclass(frozen=True, slots=True)
class Open(Node):
    """``..``, the open end of an interval."""


@dataclass(frozen=True, slots=True)
class Property(Node):
    """A queryable by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function by its name, in lower case."""

    name: str
    args: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Interval(Node):
    """From an instant or day to another, both included."""

    start: Value | Property | Call | Open
    end: Value | Property | Call | Open


@dataclass(frozen=True, slots=True)
class Geometry(Node):
    """A geometry literal in the frame of the filter, as GeoJSON nests its coordinates."""

    type: str
    coordinates: Coordinates = ()
    members: tuple[Geometry, ...] = ()
    """Of a GeometryCollection."""


@dataclass(frozen=True, slots=True)
class Box(Node):
    """``BBOX`` of four numbers in the axis order of the filter's frame; heights were dropped."""

    corners: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Array(Node):
    """A list of values."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Fold(Node):
    """Text without its case (``casei``) or its accents (``accenti``)."""

    op: Literal["casei", "accenti"]
    operand: Expression


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """Two numbers joined by ``+ - * / % div ^``."""

    op: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    """Two values joined by ``= <> < > <= >=``."""

    op: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Like(Node):
    """Text against a pattern with ``%`` and ``_``; a backslash before them takes them literally."""

    operand: Expression
    pattern: Expression


@dataclass(frozen=True, slots=True)
class Between(Node):
    """Within two limits, both included."""

    operand: Expression
    low: Expression
    high: Expression


@dataclass(frozen=True, slots=True)
class In(Node):
    """One of a list."""

    operand: Expression
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class IsNull(Node):
    """Without a value."""

    operand: Expression


@dataclass(frozen=True, slots=True)
class Logical(Node):
    """Two or more conditions joined by ``and`` or ``or``."""

    op: Literal["and", "or"]
    args: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Not(Node):
    """The contrary; unknown stays unknown."""

    operand: Expression


@dataclass(frozen=True, slots=True)
class Relation(Node):
    """Two geometries, times or arrays held against each other: ``s_…``, ``t_…``, ``a_…``."""

    op: str
    left: Expression
    right: Expression


Expression = (
    Value
    | Property
    | Call
    | Interval
    | Geometry
    | Box
    | Array
    | Fold
    | Arithmetic
    | Comparison
    | Like
    | Between
    | In
    | IsNull
    | Logical
    | Not
    | Relation
)

COMPARISONS = ("=", "<>", "<", ">", "<=", ">=")
ARITHMETIC = ("+", "-", "*", "/", "%", "div", "^")
SPATIAL = (
    "s_intersects",
    "s_equals",
    "s_disjoint",
    "s_touches",
    "s_within",
    "s_overlaps",
    "s_crosses",
    "s_contains",
)
TEMPORAL = (
    "t_after",
    "t_before",
    "t_contains",
    "t_disjoint",
    "t_during",
    "t_equals",
    "t_finishedBy",
    "t_finishes",
    "t_intersects",
    "t_meets",
    "t_metBy",
    "t_overlappedBy",
    "t_overlaps",
    "t_startedBy",
    "t_starts",
)
ARRAY = ("a_contains", "a_containedBy", "a_equals", "a_overlaps")
RELATIONS = {op.lower(): op for op in (*SPATIAL, *TEMPORAL, *ARRAY)}
"""The relations by their names in lower case, as the standard's JSON writes them."""
GEOMETRIES = {
    name.upper(): name
    for name in (
        "Point",
        "MultiPoint",
        "LineString",
        "MultiLineString",
        "Polygon",
        "MultiPolygon",
        "GeometryCollection",
    )
}
"""GeoJSON's geometry types by their names in WKT."""
NESTING = {
    "Point": 0,
    "LineString": 1,
    "MultiPoint": 1,
    "Polygon": 2,
    "MultiLineString": 2,
    "MultiPolygon": 3,
}
"""How deep positions lie in the coordinates of a type."""
