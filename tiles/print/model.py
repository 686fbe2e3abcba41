"""The nouns of print 出图: paper, plan, and what was read for a sheet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from spatial.catalogue.city import City
from spatial.catalogue.contract import Contract, Legend, Title
from spatial.history.model import Column, FeatureTable
from tiles import matrix

SCALE_LEAST, SCALE_MOST = 500, 10_000
"""Denominators of the scale: 1:500 to 1:10,000."""
USUAL_SCALES = (500, 1000, 2000, 5000, 10_000)
FEATURES_MOST = 60_000
VERTICES_MOST = 1_500_000
"""On one sheet: what a person can look at, and what a child of half a gigabyte can hold."""
Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, in millimetres of the sheet or in metres of the zone, y up."""

    left: float
    bottom: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The right edge."""
        return self.left + self.width

    @property
    def top(self) -> float:
        """The upper edge."""
        return self.bottom + self.height

    def grown(self, by: float) -> Box:
        """As much larger on every side."""
        return Box(self.left - by, self.bottom - by, self.width + 2 * by, self.height + 2 * by)


def meet(one: Box | matrix.Box, other: Box | matrix.Box) -> bool:
    """Whether two of one plane have ground in common; edges that touch have none."""
    across = one.left < other.right and other.left < one.right
    return across and one.bottom < other.top and other.bottom < one.top


class Paper(StrEnum):
    """Sizes of paper 图幅 (GB/T 14689, ISO 216)."""

    A4 = "A4"
    A3 = "A3"
    A2 = "A2"
    A1 = "A1"
    A0 = "A0"


class Orientation(StrEnum):
    """Which way a sheet lies."""

    ACROSS = "across"
    """横幅: the long side from left to right."""
    UPRIGHT = "upright"
    """竖幅"""


SIDES_MM: Mapping[Paper, tuple[int, int]] = {
    Paper.A4: (210, 297),
    Paper.A3: (297, 420),
    Paper.A2: (420, 594),
    Paper.A1: (594, 841),
    Paper.A0: (841, 1189),
}
"""The short and the long side."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a sheet is to be."""

    paper: Paper
    orientation: Orientation
    scale: int
    """Denominator."""
    center: tuple[float, float]
    """Longitude and latitude of the middle of the map, CGCS2000."""
    title: str
    subtitle: str = ""
    unit: str = ""
    """制图单位: who draws the sheet."""
    language: Language = "zh"


@dataclass(frozen=True, slots=True)
class Times:
    """The instants a sheet speaks of; ``None`` for the present."""

    at: datetime | None
    asof: datetime | None
    printed: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """A layer that is to be on the sheet, as somebody may see it."""

    contract: Contract
    table: FeatureTable
    style: Legend
    """Without what hangs on fields that are not shown."""
    opacity: float
    by: Column | None
    label: Column | None
    at: datetime
    asof: datetime | None


@dataclass(frozen=True, slots=True)
class Stock:
    """What was read of a layer: features that may touch the sheet, in order of identity."""

    contract: Contract
    style: Legend
    opacity: float
    fids: tuple[str, ...] = ()
    codes: tuple[str | None, ...] = ()
    labels: tuple[str | None, ...] = ()
    shapes: tuple[bytes, ...] = ()
    """WKB in metres of the city's zone."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """Images to lie on the sheet: prepared files of the zone's matrix set, the topmost first."""

    title: Title
    folder: str
    files: tuple[Any, ...]
    style: str
    low: float
    high: float
    opacity: float
    synthetic: bool


@dataclass(frozen=True, slots=True)
class Job:
    """All that the press needs; it reads nothing but this, the fonts and the images."""

    plan: Plan
    city: City
    times: Times
    layers: tuple[Stock | Pictures, ...]
    """From the topmost down."""
    sketch: tuple[Mapping[str, Any], ...] = ()
    """Features of GeoJSON, in degrees."""
