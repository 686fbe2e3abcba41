"""Village and town outlines: a coverage without gaps or overlaps 无缝覆盖, generated.

Villages are the cells of generated seats, cut by the outline; every edge between
two faces is roughened once and used by both, so the villages fit to the last
digit. A town is the union of its villages and the city the union of its towns, so
the three layers agree exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.sample.divisions import Divisions
from spatial.sample.outline import outline_m
from spatial.sample.places import Places, Settlement, settle
from spatial.sample.plane import Floats, to_degrees
from spatial.sample.roughen import roughened

Geometries = NDArray[Any]
"""Shapely geometries, dtype object."""

NODE_M = 0.01
OUTLINE_DEPTH = 3
EDGE_M = 75.0
"""Edges are broken into pieces of about this length."""
DEEPEST = 5
MOST_REPAIRS = 8


@dataclass(frozen=True, slots=True)
class Coverage:
    """The generated areas in degrees of CGCS2000, and the seats they grew from."""

    city: shapely.MultiPolygon
    towns: Geometries
    """15 MultiPolygons in the order of ``SEATS``."""
    villages: Geometries
    """1,013 MultiPolygons in the order of the divisions."""
    settlement: Settlement


@dataclass(frozen=True, slots=True)
class _Arcs:
    """The edges between faces: ends, and the face on either side (−1 is outside)."""

    ends: Floats
    """Shape (n, 2, 2)."""
    faces: NDArray[np.intp]
    """Shape (n, 2)."""
    rings: list[list[tuple[int, bool]]]
    """For each face its arcs in order, and whether an arc is walked backwards."""


def grow(divisions: Divisions, generator: np.random.Generator) -> Coverage:
    """Generate the areas; the same state of the generator gives the same digits."""
    outline = shapely.Polygon(_bent_outline(generator))
    settlement = settle(divisions, outline, generator)
    arcs, patch = _cut(outline, settlement.patches_m)
    villages = _fitting(arcs, patch, settlement, int(generator.integers(1 << 62)))
    towns = [_united(villages[settlement.towns == town]) for town in range(int(settlement.towns.max()) + 1)]
    return Coverage(_united(villages), np.array(towns), villages, settlement)


def _bent_outline(generator: np.random.Generator) -> Floats:
    """The hand-drawn outline with its long sides bent, before cells are cut."""
    start = outline_m()
    end = np.roll(start, -1, axis=0)
    middle, normal = (start + end) / 2, (end - start)[:, ::-1] * np.array([1.0, -1.0])
    bent = roughened(start, end, middle + 0.42 * normal, middle - 0.42 * normal, OUTLINE_DEPTH, generator)
    points: Floats = bent[:, :-1].reshape(-1, 2)
    return points


def _cut(outline: shapely.Polygon, patches: Floats) -> tuple[_Arcs, Places]:
    """Faces of the patches, cut by the outline, that share nodes and edges; and the patch of each."""
    around = shapely.box(*outline.bounds).buffer(20_000)
    cells = shapely.voronoi_polygons(shapely.MultiPoint(patches), extend_to=around, only_edges=True)
    lines = shapely.union_all([cells, outline.exterior], grid_size=NODE_M)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    inside = shapely.get_coordinates(shapely.point_on_surface(faces))
    kept = shapely.contains_xy(outline, inside[:, 0], inside[:, 1])
    faces, inside = faces[kept], inside[kept]
    order = np.lexsort(inside.T)
    nearest = shapely.STRtree(shapely.points(patches)).nearest(shapely.points(inside[order]))
    return _linked(faces[order]), np.asarray(nearest, dtype=np.intp)


def _linked(faces: Geometries) -> _Arcs:
    index: dict[tuple[tuple[float, ...], tuple[float, ...]], int] = {}
    sides: list[list[int]] = []
    ends: list[tuple[tuple[float, ...], tuple[float, ...]]] = []
    rings: list[list[tuple[int, bool]]] = []
    for face, polygon in enumerate(shapely.normalize(faces)):
        corners = [tuple(point) for point in shapely.get_coordinates(polygon.exterior).tolist()]
        ring = []
        for a, b in pairwise(corners):
            key = (a, b) if a < b else (b, a)
            arc = index.setdefault(key, len(sides))
            if arc == len(sides):
                sides.append([-1, -1])
                ends.append(key)
            backwards = a > b
            sides[arc][int(backwards)] = face
            ring.append((arc, backwards))
        rings.append(ring)
    return _Arcs(np.array(ends), np.array(sides, dtype=np.intp), rings)


def _fitting(arcs: _Arcs, patch: Places, settlement: Settlement, seed: int) -> Geometries:
    """Villages of roughened edges; where edges would cross, those of that place are calmed."""
    village = _connected(arcs, settlement.villages[patch], settlement.towns)
    middles = settlement.patches_m[patch]
    strength = np.where((village[arcs.faces[:, 0]] == village[arcs.faces[:, 1]]), 0.0, 1.0)
    strength[(arcs.faces < 0).any(axis=1)] = 1.0
    for _ in range(MOST_REPAIRS):
        faces = _faces(arcs, middles, strength, np.random.Generator(np.random.PCG64(seed)))
        broken = ~shapely.is_valid(faces) | ~shapely.is_empty(shapely.coverage_invalid_edges(faces))
        if not broken.any():
            return np.array([_united(faces[village == index]) for index in range(len(settlement.seats_m))])
        strength[np.isin(arcs.faces, np.flatnonzero(broken)).any(axis=1)] *= 0.5
    raise AssertionError("the sample coverage does not close; choose another seed")


def _faces(arcs: _Arcs, middles: Floats, strength: Floats, generator: np.random.Generator) -> Geometries:
    """The faces in degrees, every edge roughened as far as its strength allows."""
    start, end = arcs.ends[:, 0], arcs.ends[:, 1]
    middle = (start + end) / 2
    outside = (arcs.faces < 0)[..., None]
    towards = [middles[np.maximum(arcs.faces[:, side], 0)] - middle for side in (0, 1)]
    corners = [np.where(outside[:, side], -towards[1 - side], towards[side]) for side in (0, 1)]
    reach = 0.92 * np.where(outside.any(axis=1), 0.45, 1.0) * strength[:, None]
    length = np.hypot(*(end - start).T)
    depth = np.clip(np.ceil(np.log2(np.maximum(length, 1.0) / EDGE_M)), 0, DEEPEST).astype(int)
    depth[strength == 0] = 0
    lines: list[Floats] = [np.empty(0)] * len(start)
    for level in range(DEEPEST + 1):
        chosen = np.flatnonzero(depth == level)
        left, right = (middle[chosen] + corner[chosen] * reach[chosen] for corner in corners)
        drawn = to_degrees(roughened(start[chosen], end[chosen], left, right, level, generator))
        for place, arc in enumerate(chosen):
            lines[arc] = drawn[place]
    return np.array([shapely.Polygon(_ring(ring, lines)) for ring in arcs.rings])


def _ring(ring: list[tuple[int, bool]], lines: list[Floats]) -> Floats:
    return np.concatenate(
        [lines[arc][::-1][:-1] if backwards else lines[arc][:-1] for arc, backwards in ring]
    )


def _connected(arcs: _Arcs, village: Places, town: Places) -> Places:
    """Hand stray faces on, across their longest edge, until every village is in one piece."""
    length = np.hypot(*(arcs.ends[:, 0] - arcs.ends[:, 1]).T)
    inner = (arcs.faces >= 0).all(axis=1)
    around: list[list[tuple[int, float]]] = [[] for _ in village]
    for (a, b), metres in zip(arcs.faces[inner].tolist(), length[inner].tolist(), strict=True):
        around[a].append((b, metres))
        around[b].append((a, metres))
    owner: list[int] = village.tolist()
    for stray in _strays(around, owner):
        home = town[owner[stray]]
        others = [
            (town[owner[b]] == home, metres, b) for b, metres in around[stray] if owner[b] != owner[stray]
        ]
        owner[stray] = owner[max(others)[2]]
    return np.array(owner, dtype=np.intp)


def _strays(around: list[list[tuple[int, float]]], owner: list[int]) -> list[int]:
    """Faces that do not hang together with the largest part of their village."""
    parts: dict[int, list[list[int]]] = {}
    seen = [False] * len(owner)
    for first in range(len(owner)):
        if not seen[first]:
            seen[first] = True
            part, ahead = [], [first]
            while ahead:
                face = ahead.pop()
                part.append(face)
                for other, _ in around[face]:
                    if not seen[other] and owner[other] == owner[first]:
                        seen[other] = True
                        ahead.append(other)
            parts.setdefault(owner[first], []).append(part)
    return [face for of in parts.values() for part in sorted(of, key=len)[:-1] for face in part]


def _united(parts: Geometries) -> shapely.MultiPolygon:
    """The union of faces of the coverage, digits untouched."""
    union = shapely.normalize(shapely.coverage_union_all(parts))
    return shapely.MultiPolygon(shapely.get_parts(union).tolist())
