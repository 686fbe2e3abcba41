"""Where a match is 定位: its own point, that of what holds it, a crossing, or metres away."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from address.match.tables import Tables
from address.model import LEVELS, Element, MatchLevel, Parsed, Qualifier, QualifierKind
from address.snapshot import Snapshot, levels

METRES_PER_DEGREE = 111_320.0
"""Of latitude; good to 0.6 %, far below what people mean by 200 metres."""
CROSSING_ACCURACY_M = 20.0
PACE_ERROR = 0.2
"""People misjudge distances by a fifth."""
BEARINGS = {
    "北": 0.0, "东北": 45.0, "东": 90.0, "东南": 135.0,
    "南": 180.0, "西南": 225.0, "西": 270.0, "西北": 315.0,
}  # fmt: skip


class Point(NamedTuple):
    """A point and how deep it is."""

    longitude_deg: float
    latitude_deg: float
    accuracy_m: float
    level: MatchLevel


NOWHERE = Point(math.nan, math.nan, math.nan, MatchLevel.NONE)


class Points:
    """The points of a snapshot: addresses, the middles of what holds them, crossings."""

    def __init__(self, snapshot: Snapshot, t: Tables) -> None:
        self._snapshot, self._tables = snapshot, t
        self._middle_x, self._middle_y, self._spread_m = _middles(snapshot, t)
        crossings = snapshot.crossings
        self._crossing = {
            (min(one, other), max(one, other)): (x, y)
            for one, other, x, y in zip(
                crossings.first.tolist(), crossings.second.tolist(),
                crossings.longitude_deg.tolist(), crossings.latitude_deg.tolist(), strict=True,
            )
        }  # fmt: skip

    def of(self, component: int, parsed: Parsed | None = None) -> Point:
        """The point of a component, moved by what the text says of its surroundings."""
        point = self._own(component)
        if parsed is None:
            return point
        crossing = self.crossing(parsed)
        if crossing is not None and self._tables.element.item(component) <= Element.ESTATE:
            point = crossing
        for qualifier in parsed.qualifiers:
            if (
                qualifier.kind is QualifierKind.DISTANCE
                and qualifier.distance_m
                and qualifier.direction in BEARINGS
            ):
                return moved(
                    self._from(qualifier, point), qualifier.distance_m, BEARINGS[qualifier.direction]
                )
        return point

    def crossing(self, parsed: Parsed) -> Point | None:
        """Where the two roads of a text meet; None where they do not in the register."""
        for qualifier in parsed.qualifiers:
            if qualifier.kind is not QualifierKind.CROSSING or len(qualifier.parts) < 2:
                continue
            for one in qualifier.parts[0].components:
                for other in qualifier.parts[1].components:
                    place = self._crossing.get((min(one, other), max(one, other)))
                    if place is not None:
                        return Point(*place, CROSSING_ACCURACY_M, MatchLevel.ROAD)
        return None

    def _from(self, qualifier: Qualifier, point: Point) -> Point:
        """What the distance is counted from: the place that the qualifier names, else the match."""
        for part in reversed(qualifier.parts):
            if part.components:
                own = self._own(part.components[0])
                return own if not math.isnan(own.longitude_deg) else point
        return point

    def _own(self, component: int) -> Point:
        row, addresses = component, self._snapshot.addresses
        while row >= 0:
            level = LEVELS[self._tables.element.item(row)]
            address = self._tables.address.item(row)
            if address >= 0 and not math.isnan(x := addresses.longitude_deg.item(address)):
                return Point(
                    x, addresses.latitude_deg.item(address), addresses.accuracy_m.item(address), level
                )
            if not math.isnan(x := self._middle_x.item(row)):
                return Point(x, self._middle_y.item(row), self._spread_m.item(row), level)
            row = self._tables.parent.item(row)
        return NOWHERE


def moved(point: Point, distance_m: float, bearing_deg: float) -> Point:
    """A point so many metres away; its level is no deeper than a road's, for nobody measured it.

    >>> there = moved(Point(118.79, 36.85, 5.0, MatchLevel.DOOR), 200.0, 180.0)
    >>> round(there.latitude_deg, 5), there.level.name
    (36.8482, 'ROAD')
    """
    turn = math.radians(bearing_deg)
    north, east = distance_m * math.cos(turn), distance_m * math.sin(turn)
    scale = METRES_PER_DEGREE * math.cos(math.radians(point.latitude_deg))
    return Point(
        point.longitude_deg + east / scale, point.latitude_deg + north / METRES_PER_DEGREE,
        point.accuracy_m + PACE_ERROR * distance_m, min(point.level, MatchLevel.ROAD),
    )  # fmt: skip


def _middles(snapshot: Snapshot, t: Tables) -> tuple[NDArray[np.float64], ...]:
    """Mean point and spread (metres) of the addresses under each component."""
    addresses = snapshot.addresses
    count = t.parent.size
    known = addresses.current & ~np.isnan(addresses.longitude_deg)
    x, y = addresses.longitude_deg[known], addresses.latitude_deg[known]
    below, around = addresses.component[known], addresses.region[known]
    totals = [
        np.bincount(below, weight, count) + np.bincount(around[around >= 0], weight[around >= 0], count)
        for weight in (np.ones(x.size), x, y, x * x, y * y)
    ]
    for rows in reversed(levels(t.parent)):
        for total in totals:
            np.add.at(total, t.parent[rows], total[rows])
    held = np.maximum(totals[0], 1.0)
    middle_x = np.where(totals[0] > 0, totals[1] / held, np.nan)
    middle_y = np.where(totals[0] > 0, totals[2] / held, np.nan)
    variance = np.maximum(totals[3] / held - middle_x**2, 0) * 0.64 + np.maximum(
        totals[4] / held - middle_y**2, 0
    )
    return middle_x, middle_y, METRES_PER_DEGREE * np.sqrt(variance)
