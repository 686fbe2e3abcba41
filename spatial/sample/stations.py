"""5G sites of the sample city: places, operators and bands generated 合成基站."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.sample.coverage import Coverage
from spatial.sample.outline import SEATS, seats_m
from spatial.sample.plane import Floats, to_degrees, to_plane
from spatial.sample.roads import Road

COUNT: Final = 3600
OPERATORS: Final = (("a", 0.46), ("b", 0.30), ("c", 0.24))
"""运营商甲、乙、丙: nobody in particular."""
BANDS: Final = (("n78", 0.42), ("n41", 0.33), ("n28", 0.17), ("n1", 0.08))
STATUSES: Final = (("in-service", 0.91), ("building", 0.06), ("retired", 0.03))
FIRST_DAY: Final = date(2019, 11, 1)
DAYS: Final = 2230


@dataclass(frozen=True, slots=True)
class Stations:
    """All sites, one array per attribute, each of shape (n,) but the points (n, 2)."""

    points_deg: Floats
    operators: NDArray[np.str_]
    bands: NDArray[np.str_]
    statuses: NDArray[np.str_]
    mounts_m: Floats
    """Height of the antenna above the ground 挂高."""
    heights_m: Floats
    """Height of the antenna, 1985 normal height, over a made-up ground that falls to the bay."""
    built: tuple[date, ...]


def stations(coverage: Coverage, roads: tuple[Road, ...], generator: np.random.Generator) -> Stations:
    """Sites crowd in towns and villages, follow the main roads and thin out elsewhere."""
    points = _points(coverage, roads, generator)
    count = len(points)
    mounts = np.round(generator.gamma(9.0, 3.4, count).clip(8, 60), 1)
    ground = np.interp(points[:, 1], (-30_000, 33_000), (46.0, 2.0)) + generator.normal(0, 0.8, count)
    days = np.sort(generator.integers(0, DAYS, count))
    return Stations(
        to_degrees(points),
        _chosen(OPERATORS, count, generator),
        _chosen(BANDS, count, generator),
        _chosen(STATUSES, count, generator),
        mounts,
        np.round(ground + mounts, 1),
        tuple(FIRST_DAY + timedelta(days=day) for day in days.tolist()),
    )


def _points(coverage: Coverage, roads: tuple[Road, ...], generator: np.random.Generator) -> Floats:
    area = shapely.transform(coverage.city, to_plane)
    shapely.prepare(area)
    found = np.concatenate(
        [
            _around_seats(int(COUNT * 0.40), generator),
            _around_villages(coverage, int(COUNT * 0.42), generator),
            _along_roads(roads, int(COUNT * 0.18), generator),
        ]
    )
    found = found[shapely.contains_xy(area, found[:, 0], found[:, 1])]
    _, first = np.unique(np.floor(found / 40.0), axis=0, return_index=True)
    apart: Floats = generator.permutation(found[np.sort(first)])
    return apart


def _around_seats(count: int, generator: np.random.Generator) -> Floats:
    size = np.array([{"0": 1.0, "1": 0.55, "4": 0.3}[seat.code[6]] for seat in SEATS])
    size[[0, 3]] = 5.0, 2.6
    seat = generator.choice(len(SEATS), count, p=size / size.sum())
    reach = np.where(size >= 2, 2300.0, 900.0)[seat, None]
    scattered: Floats = seats_m()[seat] + generator.normal(0, 1, (count, 2)) * reach
    return scattered


def _around_villages(coverage: Coverage, count: int, generator: np.random.Generator) -> Floats:
    village = generator.integers(0, len(coverage.settlement.seats_m), count)
    scattered: Floats = coverage.settlement.seats_m[village] + generator.normal(0, 330, (count, 2))
    return scattered


def _along_roads(roads: tuple[Road, ...], count: int, generator: np.random.Generator) -> Floats:
    main = [shapely.transform(road.line, to_plane) for road in roads
            if road.grade in ("expressway", "national", "provincial")]  # fmt: skip
    length = shapely.length(main)
    chosen = generator.choice(len(main), count, p=length / length.sum())
    on_road = shapely.line_interpolate_point(np.array(main)[chosen], generator.random(count), normalized=True)
    scattered: Floats = shapely.get_coordinates(on_road) + generator.normal(0, 90, (count, 2))
    return scattered


def _chosen(
    shares: tuple[tuple[str, float], ...], count: int, generator: np.random.Generator
) -> NDArray[np.str_]:
    names, weights = zip(*shares, strict=True)
    return generator.choice(np.array(names), count, p=np.array(weights))
