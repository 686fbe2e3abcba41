"""Group 6: each shape for itself 几何."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from math import cos, radians
from typing import Any, Final

import numpy as np
import shapely

from planning.review import kernel
from planning.review.model import LISTED, Finding, Floats, Ints, LayerState, Outcome, outcome
from planning.review.parcels import Parcels, Rings
from planning.review.subject import Said, Subject

_SLIVER_M2: Final = 0.5
"""Smaller than half a square metre is a crumb whatever its width (待核)."""
_PLACE = re.compile(r"\[(-?[\d.eE+-]+) (-?[\d.eE+-]+)\]")
_REASONS = {
    "Self-intersection": "自相交",
    "Ring Self-intersection": "环自相交",
    "Duplicate Rings": "环重复",
    "Hole lies outside shell": "洞在外环之外",
    "Holes are nested": "洞相套",
    "Interior is disconnected": "内部不连通",
    "Too few points in geometry component": "顶点过少",
    "Invalid Coordinate": "坐标无效",
    "Nested shells": "部件相套",
    "Ring not closed": "环不闭合",
}


def geometry(subject: Subject) -> Iterator[Outcome]:
    """Missing, invalid, curved; then vertices, parts and slivers."""
    curved = [each for each in subject.delivery.problems if each.code == "curved-geometry"]
    yield outcome(
        "curve-present",
        "",
        len(subject.delivery.layers) + len(curved),
        (Finding("curve-present", each.name, (), each.zh, each.en) for each in curved),
    )
    for state in subject.placed:
        shapes = state.shapes_4490
        assert shapes is not None
        gone = shapely.is_missing(shapes) | shapely.is_empty(shapes)
        yield subject.of_rows(
            "geometry-missing", state, gone, lambda _: Said("要素没有几何", "the feature has no geometry")
        )
        if "Polygon" in (state.contract.geometry or ""):
            yield from _areal(subject, state)


def _areal(subject: Subject, state: LayerState) -> Iterator[Outcome]:
    parcels = subject.parcels(state.id)
    yield _validity(subject, state, parcels)
    yield from _vertices(subject, state, parcels.rings)
    counts = shapely.get_num_geometries(parcels.shapes)
    yield subject.of_rows(
        "multipart",
        state,
        np.asarray(counts > 1),
        lambda row: Said(f"由 {counts[row]} 个部件组成", f"has {counts[row]} parts", float(counts[row])),
    )
    area_m2, width_m = parcels.widths
    least = subject.tolerance("sliver")
    yield subject.of_rows(
        "sliver",
        state,
        parcels.there & ((width_m < least) | (area_m2 < _SLIVER_M2)),
        lambda row: Said(
            f"狭长或碎小,平均宽 {width_m[row]:.3f} m,面积 {area_m2[row]:.2f} m²",
            f"a sliver, {width_m[row]:.3f} m wide on average, {area_m2[row]:.2f} m²",
            float(width_m[row]),
            parcels.shapes[row],
        ),
    )


def _validity(subject: Subject, state: LayerState, parcels: Parcels) -> Outcome:
    bad = np.flatnonzero(parcels.areal & ~parcels.valid)
    reasons = dict(
        zip(bad[:LISTED].tolist(), shapely.is_valid_reason(parcels.shapes[bad[:LISTED]]), strict=True)
    )
    return subject.of_rows("geometry-invalid", state, bad, lambda row: _reason(reasons[row]))


def _reason(reason: str) -> Said:
    place = _PLACE.search(reason)
    name = reason.partition("[")[0].strip()
    spot = shapely.Point(float(place[1]), float(place[2])) if place else None
    where = f",位于 {spot.x:.9f}, {spot.y:.9f}" if spot is not None else ""
    zh = f"几何无效:{_REASONS.get(name, name)}{where}"
    return Said(zh, f"invalid geometry: {reason}", None, spot)


def _vertices(subject: Subject, state: LayerState, rings: Rings) -> Iterator[Outcome]:
    close_m, sharp_deg = subject.tolerance("vertices-too-close"), subject.tolerance("sharp-angle")
    marks = kernel.vertex_marks(rings.coords, rings.offsets, close_m, cos(radians(sharp_deg)))
    places = {mark: np.flatnonzero(marks & mark) for mark in (kernel.REPEATED, kernel.CLOSE, kernel.SHARP)}
    examined = int(len(rings.coords) - len(rings.offsets) + 1)

    def told(check: str, mark: int, tell: Callable[[int, Any], Said]) -> Outcome:
        found: Ints = places[mark]
        findings = tuple(
            subject.finding(check, state, (row,), tell(at, shapely.Point(rings.coords[at])))
            for at, row in zip(found[:LISTED].tolist(), rings.owner_of(found[:LISTED]).tolist(), strict=True)
        )
        return Outcome(check, state.id, examined, len(found), findings)

    yield told(
        "vertex-repeated",
        kernel.REPEATED,
        lambda _, spot: Said("相邻顶点重复", "a vertex stands twice in a row", 0.0, spot),
    )
    yield told("vertices-too-close", kernel.CLOSE, lambda at, spot: _close(rings, at, spot))
    yield told("sharp-angle", kernel.SHARP, lambda at, spot: _sharp(rings, at, spot))


def _close(rings: Rings, at: int, spot: Any) -> Said:
    x, y = _metres(rings.coords, at, at + 1)
    length_m = float(np.hypot(x, y))
    zh = f"相邻顶点相距 {length_m * 1000:.3f} mm,小于 1 mm"
    return Said(zh, f"vertices {length_m * 1000:.3f} mm apart, less than 1 mm", length_m, spot)


def _sharp(rings: Rings, at: int, spot: Any) -> Said:
    ring = int(np.searchsorted(rings.offsets, at, side="right")) - 1
    first, last = int(rings.offsets[ring]), int(rings.offsets[ring + 1]) - 1
    before = at
    while True:  # the vertex before that is another position
        before = before - 1 if before > first else last - 1
        if before == at or (rings.coords[before] != rings.coords[at]).any():
            break
    ax, ay = _metres(rings.coords, at, before)
    bx, by = _metres(rings.coords, at, at + 1)
    turn = np.degrees(np.arctan2(ax * by - ay * bx, ax * bx + ay * by))
    angle = abs(float(turn))
    return Said(f"尖锐角 {angle:.2f}°", f"an angle of {angle:.2f}°", angle, spot)


def _metres(coords: Floats, origin: int, end: int) -> tuple[float, float]:
    mx, my = kernel.metres_per_degree(float(coords[origin, 1]))
    dx, dy = coords[end] - coords[origin]
    return float(dx * mx), float(dy * my)
