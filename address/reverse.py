"""What stands at a point 逆地理编码: the nearest doors and buildings, the road, the village.

Positions lie packed by cell of a grid; a question looks at the cells around it and
widens until nothing nearer can be left.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple, TypeVar

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
_TIED: Final = 16
"""Room for what lies as far away as the last that is asked for; seldom there is more."""
_DIRECTIONS: Final = "东", "东北", "北", "西北", "西", "西南", "南", "东南"


class Near(NamedTuple):
    """A place near a point."""

    component: int
    distance_m: float
    direction: str
    """Of the point, as seen from the place: 东, 东北 …; empty where they are one."""


class Standing(NamedTuple):
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
        # Of an island far off the grid would be mostly empty: its lines' starts are kept, its cells' found.
        self.cell = cell[order]
        self.starts = np.searchsorted(self.cell, np.arange(self.lines + 1) * self.columns)

    def columns_of(self) -> tuple[Any, ...]:
        """The points as compiled code takes them."""
        return self.x, self.y, self.rows, self.cell, self.starts, self.columns, self.x0, self.y0


# Told their types, both are compiled where they are imported, not where somebody asks.
_POINTS: Final = "f8[::1], f8[::1], i4[::1], i8[::1], i8[::1], i8, f8, f8"


@njit(f"f8[:,::1]({_POINTS}, f8, f8, i8, b1, f8, f8)", cache=True, nogil=True)
def _nearest(
    px: Any, py: Any, rows: Any, cell: Any, starts: Any, columns: Any, x0: Any, y0: Any,
    x: Any, y: Any, limit: Any, once: Any, within_m: Any, stretch: Any,
) -> Any:  # fmt: skip
    """Distance, row and direction (an eighth of the circle from the east; -1 where they are one) of the
    nearest, the nearest first: ``limit``, and all that lie as far away as the last of them.

    A circle grows until it holds as many. ``once``: of each row its nearest point alone. ``stretch``:
    metres on the ground to one of the plane, eastwards, where it is asked.
    """
    outer = within_m / min(stretch, 1.0)
    across, along, lines = x - x0, y - y0, starts.size - 1
    if (
        px.size == 0
        or not -outer <= across <= columns * CELL_M + outer
        or not -outer <= along <= lines * CELL_M + outer
    ):
        return np.empty((0, 3), np.float64)
    reach, wanted = CELL_M, limit
    while True:
        radius = min(reach, within_m)
        box = radius / min(stretch, 1.0)
        first = max(math.floor((across - box) / CELL_M), 0)
        last = min(math.floor((across + box) / CELL_M), columns - 1)
        bottom = max(math.floor((along - box) / CELL_M), 0)
        top = min(math.floor((along + box) / CELL_M), lines - 1)
        spans = np.zeros((max(top - bottom + 1, 0), 2), np.int64)
        count = 0
        if first <= last:
            for line in range(bottom, top + 1):
                here, start = cell[starts[line] : starts[line + 1]], starts[line]
                end = start + np.searchsorted(here, line * columns + last, side="right")
                start += np.searchsorted(here, line * columns + first)
                spans[line - bottom, 0], spans[line - bottom, 1] = start, end
                count += end - start
        away, place, held = np.empty(count, np.float64), np.empty(count, np.int64), 0
        for span in range(len(spans)):
            for at in range(spans[span, 0], spans[span, 1]):
                distance = math.hypot((px[at] - x) * stretch, py[at] - y)
                if distance <= radius:
                    away[held], place[held] = distance, at
                    held += 1
        order = np.argsort(away[:held], kind="mergesort")
        while held >= wanted or radius >= within_m:
            looked = min(held, wanted)
            while 0 < looked < held and away[order[looked]] <= away[order[looked - 1]]:
                looked += 1
            found, kept = np.empty((looked, 3), np.float64), 0
            for each in order[:looked]:
                at, new = place[each], True
                if once:
                    for other in range(kept):
                        new = new and found[other, 1] != rows[at]
                if new:
                    angle = math.atan2(y - py[at], x - px[at])
                    found[kept, 0], found[kept, 1] = away[each], rows[at]
                    found[kept, 2] = -1 if away[each] < 0.5 else round(angle / (math.pi / 4)) % 8
                    kept += 1
            if not once or kept >= limit or looked < wanted:
                return found[:kept]
            wanted *= 2
        reach *= 2.0


@njit(f"UniTuple(i8, 2)({_POINTS}, {_POINTS}, f8, f8, i8, f8, f8, f8[:,::1])", cache=True, nogil=True)
def _around(
    px: Any, py: Any, rows: Any, cell: Any, starts: Any, columns: Any, x0: Any, y0: Any,
    street_px: Any, street_py: Any, street_rows: Any, street_cell: Any, street_starts: Any,
    street_columns: Any, street_x0: Any, street_y0: Any,
    x: Any, y: Any, limit: Any, within_m: Any, stretch: Any, found: Any,
) -> Any:  # fmt: skip
    """The nearest places, behind them the nearest doors of a street, into ``found``; how many of each.

    Where there is no room for all nothing is written. An array that compiled code returns costs as much
    as the search.
    """
    places = _nearest(
        px, py, rows, cell, starts, columns, x0, y0, x, y, limit, True, within_m, stretch
    )  # fmt: skip
    street = _nearest(
        street_px, street_py, street_rows, street_cell, street_starts, street_columns, street_x0, street_y0,
        x, y, 1, False, within_m, stretch,
    )  # fmt: skip
    count, both = len(places), len(places) + len(street)
    if both <= len(found):
        found[:count], found[count:both] = places, street
    return count, both


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
        self._columns: Any = (*self._doors.columns_of(), *self._street.columns_of())

    def at(
        self, longitude_deg: float, latitude_deg: float, limit: int = 1, within_m: float = WITHIN_M
    ) -> Standing:
        """What stands at a point of CGCS2000; empty where nothing does within ``within_m``."""
        x, y = self._plane(longitude_deg, latitude_deg)
        stretch = _parallel_m(latitude_deg) / _parallel_m(self._origin[1])
        if stretch < 0.5:  # far from any county of this register
            return Standing((), None, None, -1)
        found = np.empty((2 * limit + _TIED, 3))
        asked: Any = (*self._columns, x, y, limit, within_m, stretch, found)
        count, both = _around(*asked)
        if both > len(found):
            found = np.empty((both, 3))
            asked = (*asked[:-1], found)
            _around(*asked)
        near = found[:both].tolist()
        doors = tuple(map(_near, self._first(near[:count], limit)))
        road = door = None
        for each in self._first(near[count:], 1):
            door = _near(each)
            road = Near(int(self._places.parent[door.component]), door.distance_m, door.direction)
        region = int(self._regions[doors[0].component]) if doors else -1
        return Standing(doors, road, door, region)

    def _first(self, found: list[list[float]], limit: int) -> list[list[float]]:
        """Of places at one distance the one of the lesser key, in whatever order the register holds them."""
        if len(found) > limit and _tied(found):
            keys = self._places.snapshot.components.key
            found = sorted(found, key=lambda each: (each[0], keys[int(each[1])].as_py()))
        return found[:limit]

    def _plane(self, longitude_deg: Degrees, latitude_deg: Degrees) -> tuple[Degrees, Degrees]:
        """Metres east and north of the middle of the register, on its parallel."""
        return (
            (longitude_deg - self._origin[0]) * self._degree_m[0],
            (latitude_deg - self._origin[1]) * self._degree_m[1],
        )


def _tied(found: list[list[float]]) -> bool:
    return any(one[0] == other[0] for one, other in pairwise(found))


def _near(found: Sequence[float]) -> Near:
    away, row, eighth = found
    return Near(int(row), away, _DIRECTIONS[int(eighth)] if eighth >= 0 else "")


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
