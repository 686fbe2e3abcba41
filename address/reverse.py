"""What stands at a point 逆地理编码: the nearest doors and buildings, the road, the village, the crossing.

Positions lie packed by cell of a grid; a question looks at the cells around it and
widens until nothing nearer can be left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from address.model import Element
from address.places import Places

Rows = np.ndarray[Any, np.dtype[np.int32]]
Floats = np.ndarray[Any, np.dtype[np.float64]]
CELL_M: Final = 60.0
FEW: Final = 2048
"""So many points are looked at all together."""
WITHIN_M: Final = 2000.0
_EQUATOR_M: Final = 6_378_137.0
_FLATTENING: Final = 1 / 298.257222101
_DIRECTIONS: Final = "东", "东北", "北", "西北", "西", "西南", "南", "东南"


@dataclass(frozen=True, slots=True)
class Near:
    """A place near a point."""

    component: int
    distance_m: float
    direction: str
    """Of the point, as seen from the place: 东, 东北 …; empty where they are one."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a point."""

    doors: tuple[Near, ...]
    road: Near | None
    """By its nearest door."""
    region: int
    """The village, else the town, of the nearest door; -1 where nothing is near."""
    crossing: tuple[int, int, float] | None
    """Rows of the two roads, and the distance in m."""


class _Packed:
    """Points by cell."""

    def __init__(self, x: Floats, y: Floats, rows: Rows) -> None:
        self.x0, self.y0 = (float(x.min()), float(y.min())) if len(x) else (0.0, 0.0)
        column = ((x - self.x0) // CELL_M).astype(np.int64)
        line = ((y - self.y0) // CELL_M).astype(np.int64)
        self.columns = int(column.max(initial=0)) + 1
        self.lines = int(line.max(initial=0)) + 1
        cell = line * self.columns + column
        order = np.argsort(cell, kind="stable")
        self.x, self.y, self.rows = x[order], y[order], rows[order]
        # Of an island far off the grid would be mostly empty: starts are found, not kept, there.
        self.cell = cell[order]
        self._all = np.arange(len(x)) if len(x) <= FEW else None

    def nearest(
        self, x: float, y: float, limit: int, within_m: float, stretch: float
    ) -> list[tuple[float, int]]:
        """Distance and place of the nearest, with all that lie as far away as the last of them.

        ``stretch``: metres on the ground to one of the plane, eastwards, where it is asked.
        """
        if not len(self.x) or not self._reached(x, y, within_m / min(stretch, 1.0)):
            return []
        reach = CELL_M
        while True:
            radius = min(reach, within_m)
            found = self._all if self._all is not None else self._around(x, y, radius / min(stretch, 1.0))
            away = np.hypot((self.x[found] - x) * stretch, self.y[found] - y)
            inside = away <= radius
            if inside.sum() >= limit or radius >= within_m:
                kept = np.flatnonzero(inside)
                kept = kept[np.argsort(away[kept], kind="stable")]
                last = away[kept[min(limit, len(kept)) - 1]] if len(kept) else 0.0
                return [(float(away[each]), int(found[each])) for each in kept if away[each] <= last]
            reach = within_m if self._all is not None else reach * 2

    def _reached(self, x: float, y: float, within_m: float) -> bool:
        return bool(
            -within_m <= x - self.x0 <= self.columns * CELL_M + within_m
            and -within_m <= y - self.y0 <= self.lines * CELL_M + within_m
        )

    def _around(self, x: float, y: float, radius: float) -> np.ndarray[Any, np.dtype[np.int64]]:
        first = max(int((x - radius - self.x0) // CELL_M), 0)
        last = min(int((x + radius - self.x0) // CELL_M), self.columns - 1)
        bottom = max(int((y - radius - self.y0) // CELL_M), 0)
        top = min(int((y + radius - self.y0) // CELL_M), self.lines - 1)
        if first > last or bottom > top:
            return np.empty(0, dtype=np.int64)
        lines = np.arange(bottom, top + 1, dtype=np.int64) * self.columns
        starts = np.searchsorted(self.cell, lines + first, side="left")
        ends = np.searchsorted(self.cell, lines + last, side="right")
        return np.concatenate([np.arange(a, b) for a, b in zip(starts.tolist(), ends.tolist(), strict=True)])


class Reverse:
    """Places of a register by their position."""

    def __init__(self, places: Places) -> None:
        self._places = places
        addresses, element = places.snapshot.addresses, places.element
        shown = addresses.current & np.isfinite(addresses.longitude_deg) & (places.main < 0)
        rows = np.flatnonzero(shown).astype(np.int32)
        # Rooms of a building are one place; a floor or a unit is none.
        stands = addresses.component[rows]
        inside = np.isin(element[stands], (Element.UNIT, Element.FLOOR, Element.ROOM))
        while inside.any():
            stands = np.where(inside, places.parent[stands], stands)
            inside = np.isin(element[stands], (Element.UNIT, Element.FLOOR, Element.ROOM))
        order = np.argsort(addresses.component[rows] != stands, kind="stable")  # its own entrance first
        rows, stands = rows[order], stands[order]
        _, first = np.unique(stands, return_index=True)
        rows, stands = rows[first], stands[first]
        longitude, latitude = addresses.longitude_deg[rows], addresses.latitude_deg[rows]
        self._origin = (float(np.median(longitude)), float(np.median(latitude))) if len(rows) else (0.0, 0.0)
        self._doors = _Packed(*self._plane(longitude, latitude), stands.astype(np.int32))
        self._regions = np.full(len(element), -1, dtype=np.int32)
        self._regions[stands] = addresses.region[rows]
        on_road = np.isin(element[np.maximum(places.parent[stands], 0)], (Element.ROAD, Element.LANE))
        street = on_road & (element[stands] == Element.DOOR)
        self._street = _Packed(
            *self._plane(longitude[street], latitude[street]), stands[street].astype(np.int32)
        )
        met = places.snapshot.crossings
        numbers = np.arange(len(met.first), dtype=np.int32)
        self._crossings = _Packed(*self._plane(met.longitude_deg, met.latitude_deg), numbers)

    def at(
        self, longitude_deg: float, latitude_deg: float, limit: int = 1, within_m: float = WITHIN_M
    ) -> Standing:
        """What stands at a point of CGCS2000; empty where nothing does within ``within_m``."""
        here = self._plane(np.array([longitude_deg]), np.array([latitude_deg]))
        x, y = float(here[0][0]), float(here[1][0])
        stretch = _parallel_m(latitude_deg) / _parallel_m(self._origin[1])
        if stretch < 0.5:  # far from any county of this register
            return Standing((), None, -1, None)
        near = self._doors.nearest(x, y, limit, within_m, stretch)
        doors = tuple(self._near(self._doors, x, y, each) for each in self._first(self._doors, near, limit))
        road = None
        for away, place in self._first(self._street, self._street.nearest(x, y, 1, within_m, stretch), 1):
            door = self._near(self._street, x, y, (away, place))
            road = Near(int(self._places.parent[door.component]), away, door.direction)
        crossing = None
        for away, place in self._crossings.nearest(x, y, 1, within_m, stretch)[:1]:
            number = int(self._crossings.rows[place])
            met = self._places.snapshot.crossings
            crossing = (int(met.first[number]), int(met.second[number]), away)
        region = int(self._regions[doors[0].component]) if doors else -1
        return Standing(doors, road, region, crossing)

    def _first(self, packed: _Packed, found: list[tuple[float, int]], limit: int) -> list[tuple[float, int]]:
        """Of places at one distance the one of the lesser key, in whatever order the register holds them."""
        if len(found) > limit:
            keys = self._places.snapshot.components.key
            found = sorted(found, key=lambda each: (each[0], keys[int(packed.rows[each[1]])].as_py()))
        return found[:limit]

    def _near(self, packed: _Packed, x: float, y: float, found: tuple[float, int]) -> Near:
        away, place = found
        angle = np.arctan2(y - packed.y[place], x - packed.x[place])
        direction = "" if away < 0.5 else _DIRECTIONS[round(float(angle) / (np.pi / 4)) % 8]
        return Near(int(packed.rows[place]), away, direction)

    def _plane(self, longitude_deg: Floats, latitude_deg: Floats) -> tuple[Floats, Floats]:
        """Metres east and north of the middle of the register, on its parallel."""
        squared = _FLATTENING * (2 - _FLATTENING)
        phi = np.radians(self._origin[1])
        bent = 1 - squared * np.sin(phi) ** 2
        east = np.radians(longitude_deg - self._origin[0]) * np.cos(phi) * _EQUATOR_M / np.sqrt(bent)
        north = np.radians(latitude_deg - self._origin[1]) * _EQUATOR_M * (1 - squared) / bent**1.5
        return east, north


def _parallel_m(latitude_deg: float) -> float:
    """Length of a radian of a parallel."""
    phi = np.radians(latitude_deg)
    squared = _FLATTENING * (2 - _FLATTENING)
    return float(np.cos(phi) * _EQUATOR_M / np.sqrt(1 - squared * np.sin(phi) ** 2))
