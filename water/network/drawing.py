"""How a centre line comes to carry chainage: checked, measured, calibrated 绘制与率定."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, NoReturn

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from water.errors import BadCentreline
from water.network.centreline import Centreline, chained, inverse_m
from water.network.chainage import written
from water.network.pieces import projected

Floats = NDArray[np.float64]

SAME_M: Final = 0.0005
"""Vertices nearer than half a millimetre are one: that is beneath the grid coordinates are stored on."""
SHORTEST_M: Final = 1.0
WIDEST_DEG: Final = 6.0
STAKE_AWAY_M: Final = 100.0
"""A stake farther from its line than that belongs to another one."""
LINEAR_M: Final = 0.0005
"""M values that follow from their neighbours within half a millimetre need no stake of their own."""


@dataclass(frozen=True, slots=True)
class Stake:
    """A place of known chainage 里程桩."""

    id: str
    lon_deg: float
    lat_deg: float
    chainage_m: float


def draw(
    route: str,
    version: int,
    points_4490: ArrayLike,
    *,
    from_m: float = 0.0,
    to_m: float | None = None,
    stakes: Sequence[Stake] = (),
) -> Centreline:
    """A centre line with chainage, from its vertices downstream; ``BadCentreline`` says what is wrong where.

    ``from_m`` and ``to_m`` are the chainages of its ends; where ``to_m`` is not known, what lies
    beyond the last stake counts geodesic length.
    """
    line = _measured(route, version, points_4490)
    if not stakes:
        return _calibrated(line, [(0.0, from_m, "from_m"), *_last(line, to_m)])
    found = line.locate([(stake.lon_deg, stake.lat_deg) for stake in stakes])
    anchors = [(0.0, from_m, "from_m"), *_last(line, to_m)]
    put = zip(stakes, found.chainage_m.tolist(), found.offset_m.tolist(), strict=True)
    for stake, along, offset in put:
        if np.isnan(along) or abs(offset) > STAKE_AWAY_M:
            _refuse(
                route,
                f"里程桩距中心线 {abs(offset):.1f} m,请核对其位置或所属河道:{stake.id}",
                f"a stake lies {abs(offset):.1f} m from its line, check its place or route: {stake.id}",
                stake.id,
            )
        anchors.append((along, stake.chainage_m, stake.id))
    return _calibrated(line, anchors)


def measured_stakes(
    points_4490: ArrayLike, measures_m: ArrayLike, prefix: str
) -> tuple[float, float, list[Stake]]:
    """The M values that a source brings: the chainage of both ends, and the stakes that tell the rest.

    A vertex whose M follows from its neighbours gets none.
    """
    coordinates = np.asarray(points_4490, dtype=np.float64)
    measures = np.asarray(measures_m, dtype=np.float64)
    if len(measures) < 2 or len(measures) != len(coordinates) or not np.isfinite(measures).all():
        _refuse(prefix, f"中心线的 M 值不全:{prefix}", f"not every vertex has its M value: {prefix}", prefix)
    steps = inverse_m(coordinates[:-1, :2], coordinates[1:, :2])
    along = np.concatenate(([0.0], np.cumsum(steps)))
    kept = [0, len(along) - 1]
    waiting = [(0, len(along) - 1)]
    while waiting:
        low, high = waiting.pop()
        inner = np.arange(low + 1, high)
        if not len(inner) or along[high] <= along[low]:
            continue
        straight = np.interp(along[inner], along[[low, high]], measures[[low, high]])
        off = np.abs(straight - measures[inner])
        if off.max() > LINEAR_M:
            worst = int(inner[int(off.argmax())])
            kept.append(worst)
            waiting += [(low, worst), (worst, high)]
    stakes = [
        Stake(f"{prefix}-{place:05d}", float(coordinates[place, 0]), float(coordinates[place, 1]), float(m))
        for place, m in ((place, measures[place]) for place in sorted(kept)[1:-1])
    ]
    return float(measures[0]), float(measures[-1]), stakes


def _measured(route: str, version: int, points_4490: ArrayLike) -> Centreline:
    """The line by its geodesic length, once it is known to be one."""
    points = np.asarray(points_4490, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] < 2 or len(points) < 2:
        _refuse(
            route, f"中心线至少要有两个点:{route}", f"a centre line has two vertices at least: {route}", route
        )
    points = points[:, :2]
    if not np.isfinite(points).all() or (np.abs(points) > (180.0, 90.0)).any():
        wrong = points[~(np.abs(points) <= (180.0, 90.0)).all(axis=1)][0].tolist()
        _refuse(route, f"中心线坐标不是经纬度:{wrong}", f"no longitude and latitude: {wrong}", wrong)
    if np.ptp(points[:, 0]) > WIDEST_DEG:
        _refuse(
            route,
            f"中心线东西跨度超过 {WIDEST_DEG}°,请分段:{route}",
            f"the centre line is wider than {WIDEST_DEG}°, divide it: {route}",
            route,
        )
    apart = np.concatenate(([True], inverse_m(points[:-1], points[1:]) > SAME_M))
    kept = points[apart]
    if len(kept) < 2:
        _refuse(
            route,
            f"中心线长度为零,各点重合:{kept[0].tolist()}",
            f"the centre line has no length, all its vertices lie together: {kept[0].tolist()}",
            kept[0].tolist(),
        )
    _require_simple(route, kept)
    leaving, arriving, length = chained(kept)
    along = np.concatenate(([0.0], np.cumsum(length)))
    if along[-1] < SHORTEST_M:
        _refuse(
            route,
            f"中心线不足 {SHORTEST_M} m:{along[-1]:.3f} m",
            f"the centre line is shorter than {SHORTEST_M} m: {along[-1]:.3f} m",
            route,
        )
    ends = along[[0, -1]]
    return Centreline(
        route, version, kept, along, leaving, arriving, ends, ends, merged=len(points) - len(kept)
    )


def _require_simple(route: str, points: Floats) -> None:
    """A line that crosses, touches or runs back over itself has places of two chainages."""
    plane = projected(points, float(points[:, 0].mean()))
    line = shapely.LineString(plane)
    if line.is_simple and not line.is_ring:
        return
    where = points[0] if line.is_ring else _crossing(plane, points)
    shown = [round(value, 9) for value in where.tolist()]
    _refuse(
        route,
        f"中心线在此处自相交或重叠,一处会有两个桩号,请改正:{shown}",
        f"the centre line crosses or touches itself here, so one place would have two chainages: {shown}",
        shown,
    )


def _crossing(plane: Floats, points: Floats) -> Floats:
    """Where it first meets itself: the vertex before the crossing, which lies within its segment."""
    segments = shapely.linestrings(np.stack((plane[:-1], plane[1:]), axis=1))
    one, other = shapely.STRtree(segments).query(segments, predicate="intersects")
    far = one + 1 < other
    one, other = one[far], other[far]
    if len(one):
        first = int(np.lexsort((other, one))[0])
        spot = shapely.get_coordinates(shapely.intersection(segments[one[first]], segments[other[first]]))[0]
        at = plane[one[first]]
        ahead = plane[one[first] + 1] - at
        share = float(np.dot(spot - at, ahead) / np.dot(ahead, ahead))
        found: Floats = points[one[first]] + share * (points[one[first] + 1] - points[one[first]])
        return found
    # Neighbours that overlap: the line turns back on itself.
    back = np.einsum("ij,ij->i", np.diff(plane, axis=0)[:-1], np.diff(plane, axis=0)[1:])
    turned: Floats = points[1:-1][int(back.argmin())]
    return turned


def _last(line: Centreline, to_m: float | None) -> list[tuple[float, float, str]]:
    return [] if to_m is None else [(line.length_m, to_m, "to_m")]


def _calibrated(line: Centreline, anchors: Sequence[tuple[float, float, str]]) -> Centreline:
    """The line by what is known of its chainage: lengths, chainages and who says so."""
    ordered = sorted(anchors)
    along = [ordered[0][0]]
    measure = [ordered[0][1]]
    for before, (place, chainage, name) in pairwise(ordered):
        if place - before[0] <= SAME_M:
            if abs(chainage - before[1]) > SAME_M:
                _contradict(line, before, (place, chainage, name))
            continue
        along.append(place)
        measure.append(chainage)
    rising = len(measure) < 2 or measure[1] > measure[0]
    if line.length_m - along[-1] > SAME_M:
        along.append(line.length_m)
        measure.append(measure[-1] + (1 if rising else -1) * (line.length_m - along[-2]))
    steps = np.diff(measure) * (1 if rising else -1)
    if not np.isfinite(steps).all() or (steps <= 0).any():
        wrong = int(np.argmax(~(steps > 0)))
        names = {place: name for place, _, name in ordered}
        first, second = ((along[at], measure[at], names.get(along[at], "to_m")) for at in (wrong, wrong + 1))
        _contradict(line, first, second)
    anchor_along, anchor = np.array(along), np.array(measure)
    anchor_along[-1] = line.length_m
    return replace(line, anchor_along_m=anchor_along, anchor_m=anchor)


def _contradict(
    line: Centreline, first: tuple[float, float, str], second: tuple[float, float, str]
) -> NoReturn:
    shown = " / ".join(f"{name} {written(chainage)}" for _, chainage, name in (first, second))
    _refuse(
        line.route,
        f"桩号沿河须一直增大或一直减小,此两处矛盾,请核对:{shown}",
        f"chainage grows or falls all along a river, these two contradict each other: {shown}",
        shown,
    )


def _refuse(route: str, zh: str, en: str, value: object) -> NoReturn:
    raise BadCentreline(zh, en, value=value, details={"route": route})
