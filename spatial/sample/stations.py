"""5G sites of the sample city: places, operators and bands generated 合成基站."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spatial.sample.coverage import Coverage
from spatial.sample.life import LAST_DAY, STATES, Columns, upkeep
from spatial.sample.placing import along_roads, apart, around_seats, around_villages
from spatial.sample.plane import Floats, to_degrees
from spatial.sample.roads import Road

COUNT: Final = 3600
APART_M: Final = 40.0
OPERATORS: Final = (("a", 0.46), ("b", 0.30), ("c", 0.24))
"""运营商甲、乙、丙: nobody in particular."""
BANDS: Final = (("n78", 0.42), ("n41", 0.33), ("n28", 0.17), ("n1", 0.08))
FIRST_DAY: Final = date(2019, 11, 1)
DAYS: Final = 2230


@dataclass(frozen=True, slots=True)
class Stations:
    """All sites, one array per attribute, each of shape (n,) but the points (n, 2)."""

    points_deg: Floats
    operators: NDArray[np.str_]
    bands: NDArray[np.str_]
    mounts_m: Floats
    """Height of the antenna above the ground 挂高."""
    heights_m: Floats
    """Height of the antenna, 1985 normal height, over a made-up ground that falls to the bay."""
    life: Columns
    """State, its days, and upkeep."""


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
        mounts,
        np.round(ground + mounts, 1),
        _life(days, generator),
    )


def _life(built: NDArray[np.int64], generator: np.random.Generator) -> Columns:
    """States, and days in their order; ``built`` since the first day."""
    count, span = len(built), (LAST_DAY - FIRST_DAY).days
    states = _chosen(STATES, count, generator).tolist()
    opened = np.minimum(built + generator.integers(5, 90, count), span)
    retired = np.minimum(opened + generator.integers(200, 800, count), span)
    begun = (built - generator.integers(60, 400, count), built, opened, retired)
    names = [name for name, _ in STATES]
    life: dict[str, list[object]] = {"status": states}
    for place, (name, days) in enumerate(
        zip(("planned_on", "built_on", "in_service_on", "retired_on"), begun, strict=True)
    ):
        life[name] = [
            FIRST_DAY + timedelta(days=day) if names.index(state) >= place else None
            for day, state in zip(days.tolist(), states, strict=True)
        ]
    return {**life, **upkeep(life, generator)}


def _points(coverage: Coverage, roads: tuple[Road, ...], generator: np.random.Generator) -> Floats:
    found = np.concatenate(
        [
            around_seats(int(COUNT * 0.40), generator),
            around_villages(coverage, int(COUNT * 0.42), generator),
            along_roads(roads, int(COUNT * 0.18), generator),
        ]
    )
    return apart(found, coverage, APART_M, COUNT, generator)


def _chosen(
    shares: tuple[tuple[str, float], ...], count: int, generator: np.random.Generator
) -> NDArray[np.str_]:
    names, weights = zip(*shares, strict=True)
    return generator.choice(np.array(names), count, p=np.array(weights))
