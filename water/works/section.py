"""Points of a cross-section 断面点: distance from its beginning and elevation, both in metres. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise

from spatial.errors import shorten
from water.errors import PlaceRefused
from water.works.datum import VerticalDatum
from water.works.offset import Shifted


@dataclass(frozen=True, slots=True)
class Section:
    """A surveyed cross-section 河道断面."""

    id: str
    name: str
    route: str
    chainage_m: float
    datum: VerticalDatum
    points: tuple[tuple[float, float], ...]
    """起点距 and elevation, m."""
    surveyed_on: str | None
    synthetic: bool
    lon_deg: float
    lat_deg: float

    def in_datum(self, datum: VerticalDatum, shifted: Shifted) -> Section:
        """The same section with its elevations in another datum."""
        points = tuple((distance, shifted.height_m(height)) for distance, height in self.points)
        return replace(self, datum=datum, points=points)


def points_of(text: str | None) -> tuple[tuple[float, float], ...]:
    """Points as the layer writes them; PlaceRefused where they are none.

    >>> points_of("0 21.5; 12.5 18.25")
    ((0.0, 21.5), (12.5, 18.25))
    """
    parts = [part.split() for part in (text or "").split(";") if part.strip()]
    try:
        found = tuple((float(distance), float(height)) for distance, height in parts)
    except ValueError:
        found = ((math.nan, math.nan),)
    if not all(math.isfinite(value) for point in found for value in point) or any(
        one[0] > two[0] for one, two in pairwise(found)
    ):
        shown = shorten(text or "")
        raise PlaceRefused(
            f"断面点须为“起点距 高程”,起点距不减,点间以分号隔开:{shown}",
            "points of a section are distance and elevation, distances not falling, parted by semicolons:"
            f" {shown}",
            value=shown,
        )
    return found
