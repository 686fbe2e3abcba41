"""What stands at a point 逆地理编码: the nearest doors and buildings, the road, the village.

Positions lie packed by cell of a grid; a question looks at the cells around it and
widens until nothing nearer can be left.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np
from numba import njit

from address.model import Element
from address.places import Places

Rows = np.ndarray[Any, np.dtype[np.int32]]
Floats = np.ndarray[Any, np.dtype[np.float64]]
Degrees = TypeVar("Degrees", float, Floats)
CELL_M: Final = 60.0
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
    street_door: Near | None
    """That door; what stands nearest may be none of a street."""
    region: int
    """The village, else the town, of the nearest door; -1 where nothing is near."""


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

    def nearest(
        self, x: float, y: float, limit: int, within_m: float, stretch: float
    ) -> list[tuple[float, int]]:
        """Distance and place of the nearest, with all that lie as far away as the last of them.

        ``stretch``: metres on the ground to one of the plane, eastwards, where it is asked.
        """
        if not len(self.x) or not self._reached(x, y, within_m / min(stretch, 1.0)):
            return []
        away, place = _nearest(
            self.x, self.y, self.cell, self.columns, self.lines, self.x0, self.y0,
            x, y, limit, within_m, stretch,
        )  # fmt: skip
        return list(zip(away.tolist(), place.tolist(), strict=True))

    def _reached(self, x: float, y: float, within_m: float) -> bool:
        return bool(
            -within_m <= x - self.x0 <= self.columns * CELL_M + within_m
            and -within_m <= y - self.y0 <= self.lines * CELL_M + within_m
        )


# Told its types, it is compiled where it is imported, not where somebody asks.
@njit(
    "Tuple((f8[::1], i8[::1]))(f8[::1], f8[::1], i8[::1], i8, i8, f8, f8, f8, f8, i8, f8, f8)",
    cache=True,
    nogil=True,
)
def _nearest(
    px: Any, py: Any, cell: Any, columns: Any, lines: Any, x0: Any, y0: Any,
    x: Any, y: Any, limit: Any, within_m: Any, stretch: Any,
) -> Any:  # fmt: skip
    """Distances and places, the nearest first, of a circle that grows until it holds ``limit``."""
    reach = CELL_M
    while True:
        radius = min(reach, within_m)
        box = radius / min(stretch, 1.0)
        first = max(math.floor((x - box - x0) / CELL_M), 0)
        last = min(math.floor((x + box - x0) / CELL_M), columns - 1)
        bottom = max(math.floor((y - box - y0) / CELL_M), 0)
        top = min(math.floor((y + box - y0) / CELL_M), lines - 1)
        spans = np.zeros((max(top - bottom + 1, 0), 2), np.int64)
        count = 0
        if first <= last:
            for line in range(bottom, top + 1):
                start = np.searchsorted(cell, line * columns + first)
                end = np.searchsorted(cell, line * columns + last, side="right")
                spans[line - bottom, 0], spans[line - bottom, 1] = start, end
                count += end - start
        away, place, held = np.empty(count, np.float64), np.empty(count, np.int64), 0
        for span in range(len(spans)):
            for at in range(spans[span, 0], spans[span, 1]):
                distance = math.hypot((px[at] - x) * stretch, py[at] - y)
                if distance <= radius:
                    away[held], place[held] = distance, at
                    held += 1
        if held >= limit or radius >= within_m:
            order = np.argsort(away[:held], kind="mergesort")
            kept = min(held, limit)
            while 0 < kept < held and away[order[kept]] <= away[order[kept - 1]]:
                kept += 1
            return away[order[:kept]], place[order[:kept]]
        reach *= 2.0


class Reverse:
    """Places of a register by their position."""

    def __init__(self, places: Places) -> None:
        self._places = places
        addresses, element = places.snapshot.addresses, places.element
        shown = addresses.current & np.isfinite(addresses.longitude_deg) & (places.main < 0)
        rows = np.flatnonzero(shown).astype(np.int32)
        # Rooms of a building are one place, which is where any of its entrances is.
        stands = addresses.component[rows]
        inside = np.isin(element[stands], (Element.UNIT, Element.FLOOR, Element.ROOM))
        while inside.any():
            stands = np.where(inside, places.parent[stands], stands)
            inside = np.isin(element[stands], (Element.UNIT, Element.FLOOR, Element.ROOM))
        longitude, latitude = addresses.longitude_deg[rows], addresses.latitude_deg[rows]
        order = np.lexsort((latitude, longitude, stands))
        rows, stands, longitude, latitude = rows[order], stands[order], longitude[order], latitude[order]
        other = np.ones(len(rows), np.bool_)
        other[1:] = (np.diff(stands) != 0) | (np.diff(longitude) != 0) | (np.diff(latitude) != 0)
        rows, stands, longitude, latitude = rows[other], stands[other], longitude[other], latitude[other]
        self._origin = (float(np.median(longitude)), float(np.median(latitude))) if len(rows) else (0.0, 0.0)
        self._degree_m = _degree_m(self._origin[1])
        self._doors = _Packed(*self._plane(longitude, latitude), stands.astype(np.int32))
        self._regions = np.full(len(element), -1, dtype=np.int32)
        self._regions[stands] = addresses.region[rows]
        on_road = np.isin(element[np.maximum(places.parent[stands], 0)], (Element.ROAD, Element.LANE))
        street = on_road & (element[stands] == Element.DOOR)
        self._street = _Packed(
            *self._plane(longitude[street], latitude[street]), stands[street].astype(np.int32)
        )

    def at(
        self, longitude_deg: float, latitude_deg: float, limit: int = 1, within_m: float = WITHIN_M
    ) -> Standing:
        """What stands at a point of CGCS2000; empty where nothing does within ``within_m``."""
        x, y = self._plane(longitude_deg, latitude_deg)
        stretch = _parallel_m(latitude_deg) / _parallel_m(self._origin[1])
        if stretch < 0.5:  # far from any county of this register
            return Standing((), None, None, -1)
        near = self._places_near(x, y, limit, within_m, stretch)
        doors = tuple(self._near(self._doors, x, y, each) for each in self._first(self._doors, near, limit))
        road = door = None
        for away, place in self._first(self._street, self._street.nearest(x, y, 1, within_m, stretch), 1):
            door = self._near(self._street, x, y, (away, place))
            road = Near(int(self._places.parent[door.component]), away, door.direction)
        region = int(self._regions[doors[0].component]) if doors else -1
        return Standing(doors, road, door, region)

    def _places_near(
        self, x: float, y: float, limit: int, within_m: float, stretch: float
    ) -> list[tuple[float, int]]:
        """The nearest places, each by the nearest of its entrances."""
        wanted = limit
        while True:
            found = self._doors.nearest(x, y, wanted, within_m, stretch)
            once: dict[int, tuple[float, int]] = {}
            for each in found:
                once.setdefault(self._doors.rows.item(each[1]), each)
            if len(once) >= limit or len(found) < wanted:
                return list(once.values())
            wanted *= 2

    def _first(self, packed: _Packed, found: list[tuple[float, int]], limit: int) -> list[tuple[float, int]]:
        """Of places at one distance the one of the lesser key, in whatever order the register holds them."""
        if len(found) > limit:
            keys = self._places.snapshot.components.key
            found = sorted(found, key=lambda each: (each[0], keys[int(packed.rows[each[1]])].as_py()))
        return found[:limit]

    def _near(self, packed: _Packed, x: float, y: float, found: tuple[float, int]) -> Near:
        away, place = found
        angle = math.atan2(y - packed.y.item(place), x - packed.x.item(place))
        direction = "" if away < 0.5 else _DIRECTIONS[round(angle / (math.pi / 4)) % 8]
        return Near(packed.rows.item(place), away, direction)

    def _plane(self, longitude_deg: Degrees, latitude_deg: Degrees) -> tuple[Degrees, Degrees]:
        """Metres east and north of the middle of the register, on its parallel."""
        return (
            (longitude_deg - self._origin[0]) * self._degree_m[0],
            (latitude_deg - self._origin[1]) * self._degree_m[1],
        )


def _degree_m(latitude_deg: float) -> tuple[float, float]:
    """Metres of a degree eastwards and northwards."""
    squared = _FLATTENING * (2 - _FLATTENING)
    bent = 1 - squared * math.sin(math.radians(latitude_deg)) ** 2
    north = math.radians(1) * _EQUATOR_M * (1 - squared) / bent**1.5
    return math.radians(1) * _parallel_m(latitude_deg), north


def _parallel_m(latitude_deg: float) -> float:
    """Length of a radian of a parallel."""
    phi = math.radians(latitude_deg)
    squared = _FLATTENING * (2 - _FLATTENING)
    return math.cos(phi) * _EQUATOR_M / math.sqrt(1 - squared * math.sin(phi) ** 2)
