"""Offsets and legal area beside their limits and peers, in one run: ``python -m benchmarks.datum``.

Everything runs on one core and is timed by the processor's clock, so that a busy
machine shows the same figures. The limit of an offset loop is what one core copies;
peers are the same formula in numpy and PyPI's prcoords point by point. The peer
of the legal area is PROJ's geodesic polygon over the same densified rings.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np
import prcoords
import shapely
from numpy.typing import NDArray
from pyproj import Geod, Transformer

from spatial.datum import (
    bd09_from_cgcs2000,
    cgcs2000_from_bd09,
    cgcs2000_from_gcj02,
    frame,
    gcj02_from_cgcs2000,
    legal_areas_m2,
)

Floats = NDArray[np.float64]

_POINTS = 2_000_000
_VERTICES = 1_200_000
_LIMIT_VERTICES = 12_000_000
_GOAL_FORWARD = 5.0e6
_GOAL_AREA_S = 10.0


def best_s(work: Callable[[], object], rounds: int = 3) -> float:
    times = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def numpy_gcj02(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """The published formula, term by term, as most code has it."""
    x, y = lon - 105.0, lat - 35.0
    c = 20 * np.sin(6 * np.pi * x) + 20 * np.sin(2 * np.pi * x)
    root = np.sqrt(np.abs(x))
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += (c + 20 * np.sin(np.pi * y) + 40 * np.sin(np.pi * y / 3)) * 2 / 3
    north += (160 * np.sin(np.pi * y / 12) + 320 * np.sin(np.pi * y / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += (c + 20 * np.sin(np.pi * x) + 40 * np.sin(np.pi * x / 3)) * 2 / 3
    east += (150 * np.sin(np.pi * x / 12) + 300 * np.sin(np.pi * x / 30)) * 2 / 3
    phi = np.radians(lat)
    m = 1 - 0.00669342162296594323 * np.sin(phi) ** 2
    a = 6378245.0
    return (
        lon + east * 180 / (np.pi * a / np.sqrt(m) * np.cos(phi)),
        lat + north * 180 / (np.pi * a * (1 - 0.00669342162296594323) / (m * np.sqrt(m))),
    )


def offsets() -> bool:
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(118.539, 119.116, _POINTS), rng.uniform(36.720, 37.304, _POINTS)
    gcj02, bd09 = gcj02_from_cgcs2000(lon, lat), bd09_from_cgcs2000(lon, lat)
    cgcs2000_from_bd09(*bd09)
    few = list(zip(lat[:20_000].tolist(), lon[:20_000].tolist(), strict=True))
    copies = (np.empty_like(lon), np.empty_like(lat))

    def copy() -> None:
        np.copyto(copies[0], lon)
        np.copyto(copies[1], lat)

    rates = {
        "limit: copy both coordinates": _POINTS / best_s(copy),
        "GCJ-02 forward": _POINTS / best_s(lambda: gcj02_from_cgcs2000(lon, lat)),
        "GCJ-02 exact inverse": _POINTS / best_s(lambda: cgcs2000_from_gcj02(*gcj02)),
        "BD-09 forward": _POINTS / best_s(lambda: bd09_from_cgcs2000(lon, lat)),
        "BD-09 exact inverse": _POINTS / best_s(lambda: cgcs2000_from_bd09(*bd09)),
        "peer: numpy GCJ-02 forward": _POINTS / best_s(lambda: numpy_gcj02(lon, lat)),
        "peer: prcoords GCJ-02 forward": len(few) / best_s(lambda: [prcoords.wgs_gcj(p) for p in few]),
        "peer: prcoords GCJ-02 inverse": len(few) / best_s(lambda: [prcoords.gcj_wgs_bored(p) for p in few]),
    }
    for name, rate in rates.items():
        print(f"{name:36s} {rate / 1e6:10.3f} M points/s")
    forward = rates["GCJ-02 forward"]
    ours, theirs = rates["GCJ-02 exact inverse"], rates["peer: prcoords GCJ-02 inverse"]
    print(f"{'forward : numpy':36s} {forward / rates['peer: numpy GCJ-02 forward']:10.1f} times")
    print(f"{'forward : prcoords':36s} {forward / rates['peer: prcoords GCJ-02 forward']:10.1f} times")
    print(f"{'inverse : prcoords':36s} {ours / theirs:10.1f} times")
    print(f"{'forward, of the limit':36s} {100 * forward / rates['limit: copy both coordinates']:10.1f} %")
    return verdict("forward ≥ 5 M points/s", forward >= _GOAL_FORWARD)


def parcels(edge_m: float) -> NDArray[np.object_]:
    """Rings of 100 edges of the given length in zone CM 120, together ``_VERTICES`` vertices."""
    rng = np.random.default_rng(2)
    turn = np.linspace(0, 2 * np.pi, 101)
    radius_m = 100 * edge_m / (2 * np.pi)
    ring = radius_m * np.column_stack((np.cos(turn), np.sin(turn)))
    centres = rng.uniform([385_000, 4_075_000], [410_000, 4_105_000], (_VERTICES // 100, 2))
    return np.asarray(shapely.polygons(centres[:, None, :] + ring), dtype=object)


def areas() -> bool:
    zone = frame("4549")
    proj = Transformer.from_crs(4549, 4490, always_xy=True)
    geod = Geod(a=6378137.0, rf=298.257222101)
    good = True
    for edge_m in (5.0, 20.0, 95.0):
        drawn = parcels(edge_m)
        legal_areas_m2(drawn[:10], zone)

        def legal(drawn: NDArray[np.object_] = drawn) -> None:
            legal_areas_m2(drawn, zone)

        ours_s = best_s(legal, 2) * _LIMIT_VERTICES / _VERTICES
        few = drawn[:600]

        def geodesic(few: NDArray[np.object_] = few) -> None:
            for parcel in few:
                lon, lat = proj.transform(*shapely.get_coordinates(parcel).T)
                geod.polygon_area_perimeter(lon, lat)

        peer_s = best_s(geodesic, 2) * _LIMIT_VERTICES / (len(few) * 100)
        name = f"legal area, 12 M vertices, {edge_m:g} m edges"
        peer = f"PROJ unproject + geodesic {peer_s:7.2f} s   {peer_s / ours_s:.1f} times"
        print(f"{name:44s} {ours_s:7.2f} s   {peer}")
        good &= verdict("12 M vertices ≤ 10 s", ours_s <= _GOAL_AREA_S)
    return good


def verdict(goal: str, met: bool) -> bool:
    print(f"{'goal: ' + goal:44s} {'met' if met else 'MISSED'}")
    return met


if __name__ == "__main__":
    results = [offsets(), areas()]
    sys.exit(0 if all(results) else 1)
