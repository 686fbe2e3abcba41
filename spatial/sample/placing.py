"""Where generated things stand: around seats and villages, along roads, apart from each other."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import numpy as np
import shapely

from spatial.sample.coverage import Coverage
from spatial.sample.outline import SEATS, seats_m
from spatial.sample.plane import Floats, to_plane
from spatial.sample.roads import Road

HIGHER: Final = ("expressway", "national", "provincial")


def around_seats(count: int, generator: np.random.Generator) -> Floats:
    """Most of them around the seat city, some around each town."""
    size = np.array([{"0": 1.0, "1": 0.55, "4": 0.3}[seat.code[6]] for seat in SEATS])
    size[[0, 3]] = 5.0, 2.6
    seat = generator.choice(len(SEATS), count, p=size / size.sum())
    reach = np.where(size >= 2, 2300.0, 900.0)[seat, None]
    scattered: Floats = seats_m()[seat] + generator.normal(0, 1, (count, 2)) * reach
    return scattered


def around_villages(
    coverage: Coverage, count: int, generator: np.random.Generator, reach_m: float = 330
) -> Floats:
    """Any village as likely as another."""
    village = generator.integers(0, len(coverage.settlement.seats_m), count)
    scattered: Floats = coverage.settlement.seats_m[village] + generator.normal(0, reach_m, (count, 2))
    return scattered


def along_roads(
    roads: tuple[Road, ...],
    count: int,
    generator: np.random.Generator,
    grades: Collection[str] = HIGHER,
    aside_m: float = 90,
) -> Floats:
    """Evenly along the length of the roads of these grades, so far aside as a rule."""
    chosen = [shapely.transform(road.line, to_plane) for road in roads if road.grade in grades]
    length = shapely.length(chosen)
    which = generator.choice(len(chosen), count, p=length / length.sum())
    on_road = shapely.line_interpolate_point(
        np.array(chosen)[which], generator.random(count), normalized=True
    )
    scattered: Floats = shapely.get_coordinates(on_road) + generator.normal(0, aside_m, (count, 2))
    return scattered


def apart(
    points_m: Floats, coverage: Coverage, least_m: float, count: int, generator: np.random.Generator
) -> Floats:
    """At most ``count`` of those inside the city, in no order, no two in one square of that side."""
    area = shapely.transform(coverage.city, to_plane)
    shapely.prepare(area)
    inside = points_m[shapely.contains_xy(area, points_m[:, 0], points_m[:, 1])]
    _, first = np.unique(np.floor(inside / least_m), axis=0, return_index=True)
    kept: Floats = generator.permutation(inside[np.sort(first)])[:count]
    return kept
