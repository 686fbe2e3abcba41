"""The ground on which the sample register stands: villages and roads of the sample city, in its plane."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.sample import city as sample_city
from spatial.sample.coverage import Geometries
from spatial.sample.divisions import Division
from spatial.sample.loading import SEED
from spatial.sample.outline import SEATS, seats_m
from spatial.sample.plane import Floats, to_degrees, to_plane

Rows = NDArray[np.int32]

OF_ONE_TOWN: Final = 0.97
"""A road with this share of its length in one town belongs to the town, else to the county."""
HALVINGS: Final = 12


@dataclass(frozen=True, slots=True)
class Ground:
    """What of the sample city the register needs; lengths and positions in metres of the plane."""

    towns: tuple[Division, ...]
    """In the order of ``SEATS``."""
    town_seats_m: Floats
    town_areas_deg: Geometries
    villages: tuple[Division, ...]
    village_town: Rows
    """Index of the town of each village."""
    village_areas_deg: Geometries
    village_areas_m: Geometries
    village_hearts_m: Floats
    """The seat where it lies in the village, else a point that does."""
    roads: tuple[Street, ...]
    city_deg: shapely.MultiPolygon

    def village_at(self, points_m: Floats) -> Rows:
        """Index of the village at each point; the nearest one outside the city."""
        tree = shapely.STRtree(self.village_areas_m)
        where = shapely.points(points_m)
        found = np.full(len(points_m), -1, dtype=np.int32)
        point, village = tree.query(where, predicate="intersects")
        found[point] = village
        lost = found < 0
        if lost.any():
            found[lost] = tree.nearest(where[lost])
        return found

    def within(self, points_m: Floats, village: Rows) -> Floats:
        """The points, drawn towards the heart of their village until they lie in it."""
        moved = points_m.copy()
        hearts = self.village_hearts_m[village]
        areas = self.village_areas_m[village]
        outside = np.arange(len(moved))
        for _ in range(HALVINGS):
            inside = shapely.contains_xy(areas[outside], moved[outside, 0], moved[outside, 1])
            outside = outside[~inside]
            if not len(outside):
                return moved
            moved[outside] = hearts[outside] + 0.7 * (moved[outside] - hearts[outside])
        moved[outside] = hearts[outside]
        return moved


@dataclass(frozen=True, slots=True)
class Street:
    """A road of the sample city that the register names."""

    map_name: str
    """Its name on the map: the register is not the map's source."""
    grade: str
    line_m: Floats
    """From its first number on: from the east, or from the south."""
    width_m: float
    town: int
    """Index of the town, -1 where it crosses several."""
    near: int
    """Index of the town whose seat is nearest to its middle."""
    east_west: bool

    @property
    def length_m(self) -> float:
        """Length in the plane."""
        return float(np.hypot(*np.diff(self.line_m, axis=0).T).sum())

    @property
    def line_deg(self) -> shapely.LineString:
        """In CGCS2000."""
        return shapely.LineString(to_degrees(self.line_m))


@cache
def ground() -> Ground:
    """The ground of the sample city as it is loaded; generated once in a process, about 15 s."""
    city = sample_city.generate(SEED)
    by_code = {town.code: town for town in city.divisions.towns}
    areas_m = np.asarray(shapely.transform(city.coverage.villages, to_plane))
    shapely.prepare(areas_m)
    hearts = city.coverage.settlement.seats_m.copy()
    astray = ~shapely.contains_xy(areas_m, hearts[:, 0], hearts[:, 1])
    hearts[astray] = shapely.get_coordinates(shapely.point_on_surface(areas_m[astray]))
    towns_m = np.asarray(shapely.transform(city.coverage.towns, to_plane))
    named = [road for road in city.roads if road.grade in ("street", "county")]
    return Ground(
        towns=tuple(by_code[seat.code] for seat in SEATS),
        town_seats_m=seats_m(),
        town_areas_deg=city.coverage.towns,
        villages=city.divisions.villages,
        village_town=city.coverage.settlement.towns.astype(np.int32),
        village_areas_deg=city.coverage.villages,
        village_areas_m=areas_m,
        village_hearts_m=hearts,
        roads=tuple(
            _street(
                road.name, road.grade, road.width_m, to_plane(shapely.get_coordinates(road.line)), towns_m
            )
            for road in named
        ),
        city_deg=city.coverage.city,
    )


def _street(name: str, grade: str, width_m: float, line_m: Floats, towns_m: Geometries) -> Street:
    line = shapely.linestrings(line_m)
    shares = shapely.length(shapely.intersection(towns_m, line)) / shapely.length(line)
    across = line_m[-1] - line_m[0]
    east_west = bool(abs(across[0]) > abs(across[1]))
    backwards = across[0] > 0 if east_west else across[1] < 0
    near = int(np.argmin(np.hypot(*(seats_m() - line_m.mean(axis=0)).T)))
    town = int(np.argmax(shares)) if shares.max() >= OF_ONE_TOWN else -1
    return Street(name, grade, line_m[::-1] if backwards else line_m, width_m, town, near, east_west)
