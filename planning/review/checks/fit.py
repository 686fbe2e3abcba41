"""Group 7: how the shapes of a layer fit together 拓扑."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import numpy as np
import shapely

from planning.review.model import LISTED, LayerState, Outcome, skipped
from planning.review.parcels import to_plane
from planning.review.subject import Said, Subject
from planning.review.topology import Face, Limits, Topology, examine
from spatial.datum import frame, legal_areas_m2

_GAP_M: Final = 1.0
"""Uncovered ground no wider than this is a gap 缝隙, else a hole 空洞."""


def fit(subject: Subject) -> Iterator[Outcome]:
    """Coverages are held against the administrative area; of other layers only overlaps count."""
    for state in subject.placed:
        kind = state.contract.geometry or ""
        if "LineString" in kind:
            yield _dangles(subject, state)
        elif "Polygon" in kind and len(state):
            yield from _areal(subject, state, state.id in subject.catalogue.coverage)


def _areal(subject: Subject, state: LayerState, covers: bool) -> Iterator[Outcome]:
    limits = Limits(width_m=subject.tolerance("overlap"), near_m=subject.tolerance("near-vertices"))
    area = subject.delivery.area_4490
    found = examine(subject.parcels(state.id), area if covers else None, limits, covers=covers)
    yield _faces(subject, "overlap", state, found.overlaps, found)
    if covers:
        yield from _uncovered(subject, state, found)
        if area is None:
            for check in ("outside-area", "boundary-differs"):
                yield skipped(check, state.id, "没有行政区范围", "the administrative area is not at hand")
        else:
            yield _faces(subject, "outside-area", state, found.outside, found)
        yield from _near(subject, state, found)


def _uncovered(subject: Subject, state: LayerState, found: Topology) -> Iterator[Outcome]:
    """Gaps and holes among parcels; what is open towards the boundary differs from it."""
    inner = [each for each in found.gaps if not each.at_edge]
    yield _faces(subject, "gap", state, [each for each in inner if each.width_m < _GAP_M], found)
    yield _faces(subject, "hole", state, [each for each in inner if each.width_m >= _GAP_M], found)
    if subject.delivery.area_4490 is not None:
        yield _faces(subject, "boundary-differs", state, [each for each in found.gaps if each.at_edge], found)


_WORDS: Final = {
    "overlap": ("重叠", "overlap"),
    "gap": ("缝隙", "gap"),
    "hole": ("空洞", "hole"),
    "outside-area": ("超出行政区", "outside of the administrative area"),
    "boundary-differs": ("未覆盖至行政区界线", "uncovered up to the administrative boundary"),
}


def _faces(
    subject: Subject, check: str, state: LayerState, faces: Iterable[Face], found: Topology
) -> Outcome:
    ordered = sorted(faces, key=lambda each: -each.area_m2)
    listed = ordered[:LISTED]
    areas = _legal(subject, [each.shape_4490 for each in listed])
    zh, en = _WORDS[check]
    findings = tuple(
        subject.finding(
            check,
            state,
            each.rows[:20],
            Said(
                f"{zh} {_area(area)},平均宽 {each.width_m:.4f} m",
                f"{en} of {_area(area)}, {each.width_m:.4f} m wide on average",
                area,
                each.shape_4490,
            ),
        )
        for each, area in zip(listed, areas, strict=True)
    )
    return Outcome(check, state.id, len(state), len(ordered), findings, found.ignored)


def _area(area_m2: float) -> str:
    """As many digits as a small area needs.

    >>> _area(0.00012), _area(1234.5)
    ('0.00012 m²', '1234.50 m²')
    """
    return f"{area_m2:.5f} m²" if area_m2 < 0.1 else f"{area_m2:.2f} m²"


def _legal(subject: Subject, shapes: list[Any]) -> list[float]:
    if not shapes:
        return []
    array = np.empty(len(shapes), object)
    array[:] = shapes
    areas = legal_areas_m2(array, frame(str(subject.epsg)), given_in=frame("4490"))
    return [float(each) for each in areas]


def _near(subject: Subject, state: LayerState, found: Topology) -> Iterator[Outcome]:
    if not found.vertices:
        for check in ("near-vertices", "vertex-unmatched"):
            yield skipped(check, state.id, "公共边大多不对应,未逐点比对", "most common edges fit to nothing")
        return
    pairs = sorted(found.pairs, key=lambda each: each.distance_m)
    findings = tuple(
        subject.finding(
            "near-vertices",
            state,
            each.rows[:20],
            Said(
                f"公共边顶点相距 {each.distance_m * 1000:.2f} mm 而不重合",
                f"vertices of neighbours {each.distance_m * 1000:.2f} mm apart",
                each.distance_m,
                each.line_4490,
            ),
        )
        for each in pairs[:LISTED]
    )
    yield Outcome("near-vertices", state.id, found.unmatched, len(pairs), findings)
    alone = tuple(
        subject.finding(
            "vertex-unmatched",
            state,
            each.rows[:20],
            Said("相邻图斑在此没有顶点", "the neighbour has no vertex here", None, each.point_4490),
        )
        for each in found.lone[:LISTED]
    )
    yield Outcome("vertex-unmatched", state.id, found.unmatched, len(found.lone), alone)


def _dangles(subject: Subject, state: LayerState) -> Outcome:
    """Ends of lines at which no other line ends or passes, on the plane to 1 mm."""
    assert state.shapes_4490 is not None
    lines, row = shapely.get_parts(to_plane(state.shapes_4490, subject.epsg), return_index=True)
    open_lines = np.flatnonzero(~shapely.is_closed(lines))
    ends = np.concatenate((shapely.get_point(lines[open_lines], 0), shapely.get_point(lines[open_lines], -1)))
    of = np.concatenate((open_lines, open_lines))
    tree = shapely.STRtree(lines)
    end, met = tree.query(ends, predicate="dwithin", distance=0.001)
    touched = np.bincount(end[met != of[end]], minlength=len(ends)) > 0
    loose = np.flatnonzero(~touched)
    where = {int(at): state.shapes_4490[row[of[at]]] for at in loose[:LISTED]}
    findings = tuple(
        subject.finding(
            "dangle",
            state,
            (int(row[of[at]]),),
            Said(
                "线的端点悬挂",
                "the line ends where no other does",
                None,
                _end(where[at], at < len(open_lines)),
            ),
        )
        for at in loose[:LISTED].tolist()
    )
    return Outcome("dangle", state.id, len(ends), len(loose), findings)


def _end(line: Any, at_start: bool) -> Any:
    coords = shapely.get_coordinates(line)
    return shapely.Point(coords[0 if at_start else -1])
