"""What is asked of a layer's history, and the statement that it becomes: nouns without SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from spatial.history.model import SRID, Column, FeatureTable
from spatial.history.order import SortKey

Form = Literal["stored", "row"]
Value = str | int | float | bool | datetime | bytes | object


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of valid time; ``None`` is an open end.

    ``end_included`` tells the closed interval of two instants (OGC API
    Features Part 1, 7.15.4) from the half-open one of whole days.
    """

    start: datetime | None
    end: datetime | None
    end_included: bool = True


@dataclass(frozen=True, slots=True)
class Area:
    """Where items must lie: a rectangle in CGCS2000 degrees, or what it encloses.

    ``outline_4490`` is the WKB of a polygon inside the rectangle: a rectangle
    of a projected frame, its edges densified and moved to CGCS2000.
    """

    west: float
    south: float
    east: float
    north: float
    outline_4490: bytes | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """A property that must equal a value of the column's own type."""

    column: Column
    value: Value


@dataclass(frozen=True, slots=True)
class Condition:
    """SQL over a row aliased ``v``, with ``%s`` places and the values for them, hashable."""

    sql: str
    params: tuple[Value, ...] = ()
    meets_4490: bytes | None = None
    """WKB of a geometry in CGCS2000, where all that is demanded is that items intersect it."""


@dataclass(frozen=True, slots=True)
class Output:
    """The frame geometries are written in.

    ``swapped``: latitude or northing first, as the authority of the frame says.
    """

    srid: int = SRID
    swapped: bool = False
    decimals: int = 9
    fields: tuple[Column, ...] | None = None
    """The attributes to write, in this order; ``None`` for the public ones of the stored text."""
    geometry: bool = True
    """Whether geometries are written at all; ``null`` stands for them otherwise."""

    @property
    def moved(self) -> bool:
        """The geometry is not written as it is stored."""
        return self.swapped or self.srid not in (SRID, 4326) or not self.geometry

    @property
    def form(self) -> Form:
        """``stored`` where the stored text already is the answer."""
        return "row" if self.moved or self.fields is not None else "stored"


STORED = Output()


@dataclass(frozen=True, slots=True)
class ItemsQuery:
    """Which items of a layer, as they were when, as known when."""

    table: FeatureTable
    areas: tuple[Area, ...] = ()
    """Items in any of them; more than one where a box crosses the 180th meridian."""
    at: datetime | Span | None = None
    """``None``: valid now."""
    asof: datetime | None = None
    """``None``: believed now."""
    filters: tuple[Filter, ...] = ()
    conditions: tuple[Condition, ...] = ()
    """What must hold besides."""
    sort: tuple[SortKey, ...] = ()
    """The order of the items; identity decides between equals, and where nothing is said."""
    after: str | None = None
    """Identity of the last item of the page before."""
    after_keys: tuple[Value | None, ...] = ()
    """What that item was sorted by, one value for each key."""
    limit: int = 100
    output: Output = STORED


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL text with ``%s`` places and the values for them."""

    sql: str
    params: tuple[Value, ...]
    form: Form = "stored"
