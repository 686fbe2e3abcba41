"""What overlaps, lies open or lies outside 拓扑: exact on stored coordinates, measured on the city's plane.

How many parcels cover a point changes only across an edge that is not passed
once in each direction. Of a sound coverage those edges are its outline; of any
other they hold every overlap, gap and hole. So the edges of all parcels are
matched by their stored coordinates, bit by bit, and only what is left over goes
to geometry: on the plane, snapped to 0.01 mm, it is cut into faces, and each face
is asked which parcels cover it. This misses nothing and takes nothing for a defect
that is none: there is no tolerance before the measuring.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely

from planning.review import kernel
from planning.review.model import Floats, Ints, Objects, Truths
from planning.review.parcels import Parcels, from_plane, on_plane, slots

GRID_M: Final = 1e-5
"""Positions on the plane are snapped to this: a hundredth of what must be found."""
_ON_EDGE_M: Final = 2e-4
"""A vertex is on an edge where it is no further off than the rounding of both to 1e-9°."""
_OPEN = -1


@dataclass(frozen=True, slots=True)
class Face:
    """A piece of ground that is not covered once 面状问题."""

    shape_4490: Any
    rows: tuple[int, ...]
    """Overlap: the features that cover it. Gap: those beside it. Outside: the one that covers it."""
    area_m2: float
    """On the plane; for the report it is told as legal area."""
    width_m: float
    """Mean width, 2·area/perimeter of its widest part."""
    at_edge: bool = False
    """A gap at the edge of the administrative area, not among parcels."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two vertices that nearly coincide 近似重合."""

    line_4490: Any
    rows: tuple[int, ...]
    distance_m: float


@dataclass(frozen=True, slots=True)
class Lone:
    """A vertex that stands on the edge of a neighbour without a vertex 顶点不对应."""

    point_4490: Any
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Topology:
    """What is wrong with how the polygons of a layer fit."""

    overlaps: tuple[Face, ...]
    gaps: tuple[Face, ...]
    outside: tuple[Face, ...]
    pairs: tuple[Pair, ...]
    lone: tuple[Lone, ...]
    ignored: int
    """Faces narrower than the resolution, left out."""
    unmatched: int
    """Edges that had to be looked at; the others fit to the last digit."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What counts."""

    width_m: float = 0.0001
    """Faces of a smaller mean width are the rounding of coordinates and left out."""
    near_m: float = 1.0
    """Vertices of a defect that are nearer than this to each other are told as a pair."""


def examine(
    parcels: Parcels, area_4490: Any = None, limits: Limits | None = None, *, covers: bool = True
) -> Topology:
    """Everything that is not covered exactly once.

    With the administrative area, what it has and the layer lacks is a gap and what
    lies beyond is outside; without it, gaps are what parcels enclose on all sides.
    A layer that is no coverage (``covers`` false) has only overlaps: outlines that
    keep clear of all others are left out before anything is cut.
    """
    limits = limits or Limits()
    chain = _Chain(parcels)
    unmatched = len(chain.edges)
    if not covers:
        chain.keep(_entangled(parcels, chain))
    if not len(chain.edges) and area_4490 is None:
        return Topology((), (), (), (), (), 0, unmatched)
    faces = _Faces(parcels, chain, area_4490)
    wide = faces.widths_m >= limits.width_m
    gaping = faces.gaping & covers
    bad = faces.overlapping | gaping | faces.outlying
    pairs, lone = _vertices(parcels, chain, faces, limits.near_m)
    return Topology(
        tuple(_overlaps(parcels, faces, faces.overlapping & wide, limits.width_m)),
        tuple(_gaps(parcels, faces, gaping & wide)),
        tuple(_outside(parcels, faces, faces.outlying & wide, limits.width_m)),
        pairs,
        lone,
        int((bad & ~wide).sum()),
        unmatched,
    )


class _Chain:
    """The edges left over, between numbered vertices on the plane."""

    def __init__(self, parcels: Parcels) -> None:
        rings = parcels.sound_rings
        ids, first = rings.numbered()
        begin = kernel.unmatched(ids, rings.coords, rings.offsets, rings.holes, slots(len(ids)))
        ends = np.column_stack((ids[begin], ids[begin + 1]))
        self.vertices, edges = np.unique(ends, return_inverse=True)
        self.edges: Ints = edges.reshape(-1, 2).astype(np.int64)
        self.rows: Ints = rings.owner_of(begin)
        at = rings.coords[first[self.vertices]]
        self.places_4490: Floats = at
        self.points_m: Floats = snapped(on_plane(at, parcels.epsg)) if len(at) else np.empty((0, 2))

    def keep(self, chosen: Truths) -> None:
        """Leave out the other edges."""
        self.edges, self.rows = self.edges[chosen], self.rows[chosen]

    @property
    def lines(self) -> Objects:
        """Each edge on the plane."""
        lines: Objects = shapely.linestrings(self.points_m[self.edges])
        return lines


def _entangled(parcels: Parcels, chain: _Chain) -> Truths:
    """The edges of outlines that branch, come near another or themselves, or lie inside a feature.

    Every other outline is a simple ring with ground on one side that nothing else
    covers: it has no part in an overlap.
    """
    if not len(chain.edges):
        return np.zeros(0, np.bool_)
    count = len(chain.points_m)
    touched = np.bincount(chain.edges.ravel(), minlength=count) != 2
    lines = chain.lines
    one, other = shapely.STRtree(lines).query(lines, predicate="dwithin", distance=3 * GRID_M)
    later = one < other
    one, other = chain.edges[one[later]], chain.edges[other[later]]
    apart = (one[:, :, None] != other[:, None, :]).all(axis=(1, 2))
    touched[one[apart].ravel()] = touched[other[apart].ravel()] = True
    part = kernel.components(chain.edges, count)
    bad = np.zeros(count, np.bool_)
    bad[part[touched]] = True
    of_edge = part[chain.edges[:, 0]]
    clear, first = np.unique(of_edge[~bad[of_edge]], return_index=True)
    at = chain.places_4490[chain.edges[~bad[of_edge]][first, 0]]
    ring, row = parcels.tree.query(shapely.points(at), predicate="intersects")
    own = of_edge * len(parcels.shapes) + chain.rows
    bad[clear[ring[~np.isin(clear[ring] * len(parcels.shapes) + row, own)]]] = True
    return np.asarray(bad[of_edge])


class _Faces:
    """The faces that the left-over edges and the administrative boundary cut the plane into."""

    def __init__(self, parcels: Parcels, chain: _Chain, area_4490: Any) -> None:
        lines = [chain.lines]
        area = None
        if area_4490 is not None:
            area = _snapped_shapes(np.array([area_4490], dtype=object), parcels.epsg)[0]
            lines.append(_segments(area))
        noded = shapely.union_all(np.concatenate(lines), grid_size=GRID_M)
        found = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
        self.shapes: Objects = found
        self.epsg = parcels.epsg
        self.areas_m2: Floats = shapely.area(found)
        length = shapely.length(found)
        self.widths_m: Floats = np.divide(
            2 * self.areas_m2, length, where=length > 0, out=np.zeros_like(length)
        )
        inner = shapely.point_on_surface(found)
        self._cover(parcels, inner)
        self.inside: Truths = np.ones(len(found), np.bool_)
        self.bounded = area is not None
        if area is not None:
            shapely.prepare(area)
            self.inside = shapely.intersects(area, inner)
        self.segments = np.array(
            [] if noded is None else shapely.get_coordinates(_segments(noded)), np.float64
        ).reshape(-1, 4)

    def _cover(self, parcels: Parcels, inner: Objects) -> None:
        """Which features cover each face: judged on the plane, where the face was cut."""
        degrees = from_plane(inner, parcels.epsg) if len(inner) else inner
        margin = shapely.buffer(degrees, 1e-8, cap_style="square") if len(inner) else inner
        face, row = parcels.tree.query(margin) if len(inner) else (np.empty(0, int), np.empty(0, int))
        wanted, place = np.unique(row, return_inverse=True)
        moved = _snapped_shapes(parcels.sound[wanted], parcels.epsg)
        shapely.prepare(moved)
        held = shapely.intersects(moved[place], inner[face])
        self._face, self._row = face[held], row[held]
        order = np.argsort(self._face, kind="stable")
        self._face, self._row = self._face[order], self._row[order]
        self.covered: Ints = np.bincount(self._face, minlength=len(inner)).astype(np.int64)
        self._starts = np.concatenate(([0], np.cumsum(self.covered)))

    def rows(self, face: int) -> tuple[int, ...]:
        """The features that cover a face, in order."""
        return tuple(sorted(self._row[self._starts[face] : self._starts[face + 1]].tolist()))

    @property
    def overlapping(self) -> Truths:
        """Covered more than once."""
        return np.asarray(self.covered > 1)

    @property
    def gaping(self) -> Truths:
        """Not covered, though it should be."""
        return np.asarray((self.covered == 0) & self.inside)

    @property
    def outlying(self) -> Truths:
        """Covered beyond the administrative area."""
        return np.asarray((self.covered > 0) & ~self.inside)


def snapped(points_m: Floats) -> Floats:
    """Positions on the grid of the plane.

    >>> snapped(np.array([[1.000004, 2.000006]])).tolist()
    [[1.0, 2.00001]]
    """
    return np.asarray(np.rint(points_m / GRID_M) * GRID_M)


def _snapped_shapes(shapes_4490: Objects, epsg: int) -> Objects:
    moved: Objects = shapely.transform(shapes_4490, lambda coords: snapped(on_plane(coords, epsg)))
    return moved


def _segments(shape: Any) -> Objects:
    """The single edges of lines, or of the rings of areas."""
    parts = shapely.get_parts(shapely.boundary(shape) if "Polygon" in shape.geom_type else shape)
    coords, line = shapely.get_coordinates(parts, return_index=True)
    follows = line[1:] == line[:-1]
    ends = np.stack((coords[:-1][follows], coords[1:][follows]), axis=1)
    segments: Objects = shapely.linestrings(ends)
    return segments


def _overlaps(parcels: Parcels, faces: _Faces, chosen: Truths, width_m: float) -> list[Face]:
    """Which features lie on each other there, and where.

    A face may run on under the edge between two sound neighbours, so its own
    features are told pair by pair. Those that are the same to the last digit are
    one overlap of all of them.
    """
    places = np.flatnonzero(chosen)
    if not len(places):
        return []
    rows = np.unique(_beneath(parcels, faces, places)[1])
    plane = _snapped_shapes(parcels.sound[rows], parcels.epsg)
    twins: dict[bytes, list[int]] = {}
    for at, form in enumerate(shapely.to_wkb(shapely.normalize(plane)).tolist()):
        twins.setdefault(form, []).append(at)
    found = [_piece(faces, plane[same[0]], rows[same]) for same in twins.values() if len(same) > 1]
    alone = np.array([same[0] for same in twins.values()], np.int64)
    one, other = shapely.STRtree(plane[alone]).query(plane[alone], predicate="intersects")
    later = one < other
    one, other = alone[one[later]], alone[other[later]]
    common = _cut(shapely.intersection, plane[one], plane[other])
    for shape, a, b in zip(common, one.tolist(), other.tolist(), strict=True):
        if shape is not None and _width_m(shape) >= width_m:
            found.append(_piece(faces, shape, rows[[a, b]]))
    return found + _untold(faces, places, [_face_on_plane(each, parcels.epsg) for each in found])


def _untold(faces: _Faces, places: Ints, told: list[Any]) -> list[Face]:
    """Faces that no pair accounts for are told by the features at their middle: none is lost."""
    tree = shapely.STRtree(faces.shapes[places])
    seen = tree.query(np.array(told, dtype=object), predicate="intersects")[1] if told else []
    left = np.setdiff1d(np.arange(len(places)), seen)
    return [_piece(faces, faces.shapes[places[at]], np.array(faces.rows(places[at]))) for at in left.tolist()]


def _face_on_plane(face: Face, epsg: int) -> Any:
    """The shape of a face on the plane."""
    return _snapped_shapes(np.array([face.shape_4490], dtype=object), epsg)[0]


def _outside(parcels: Parcels, faces: _Faces, chosen: Truths, width_m: float) -> list[Face]:
    """What of each feature lies beyond the area."""
    places = np.flatnonzero(chosen)
    if not len(places):
        return []
    face, row = _beneath(parcels, faces, places)
    wanted, at = np.unique(row, return_inverse=True)
    plane = _snapped_shapes(parcels.sound[wanted], parcels.epsg)
    ground = faces.shapes[places]
    shapely.prepare(ground)
    whole = shapely.contains_properly(ground[face], plane[at])
    pieces = plane[at].copy()
    pieces[~whole] = _cut(shapely.intersection, ground[face[~whole]], plane[at[~whole]])
    by_row: dict[int, list[Any]] = {}
    for shape, feature in zip(pieces.tolist(), row.tolist(), strict=True):
        if shape is not None and _width_m(shape) >= width_m:
            by_row.setdefault(feature, []).append(shape)
    return [
        _piece(faces, shapes[0] if len(shapes) == 1 else shapely.union_all(shapes), np.array([feature]))
        for feature, shapes in by_row.items()
    ]


def _beneath(parcels: Parcels, faces: _Faces, places: Ints) -> tuple[Ints, Ints]:
    """Pairs of face and feature that meet, in degrees: what only touches is sorted out on the plane."""
    face, row = parcels.tree.query(
        from_plane(faces.shapes[places], faces.epsg), predicate="dwithin", distance=1e-9
    )
    return np.asarray(face, np.int64), np.asarray(row, np.int64)


def _cut(operation: Any, one: Objects, other: Objects) -> Objects:
    """The areal part of an operation, None where there is none; on the grid where GEOS must have it so."""
    try:
        done = operation(one, other)
    except shapely.errors.GEOSException:
        done = operation(one, other, grid_size=GRID_M)
    kinds = shapely.get_type_id(done)
    for at in np.flatnonzero(kinds == 7).tolist():
        parts = [each for each in shapely.get_parts(done[at]).tolist() if each.geom_type == "Polygon"]
        done[at] = shapely.multipolygons(parts) if parts else None
    done[(kinds != 3) & (kinds != 6) & (kinds != 7) | (shapely.area(done) == 0)] = None
    return np.asarray(done, object)


def _width_m(shape: Any) -> float:
    """Mean width of the widest part: 2·area/perimeter.

    >>> round(_width_m(shapely.box(0, 0, 0.001, 40)), 6)
    0.001
    """
    parts = shapely.get_parts(shape)
    return float((2 * shapely.area(parts) / shapely.length(parts)).max())


def _piece(faces: _Faces, shape_m: Any, rows: Ints, *, at_edge: bool = False) -> Face:
    degrees = from_plane(np.array([shape_m], dtype=object), faces.epsg)[0]
    named = tuple(sorted(rows.tolist()))
    return Face(degrees, named, float(shapely.area(shape_m)), _width_m(shape_m), at_edge)


def _gaps(parcels: Parcels, faces: _Faces, chosen: Truths) -> list[Face]:
    places = np.flatnonzero(chosen)
    if not len(places):
        return []
    degrees = from_plane(faces.shapes[places], faces.epsg)
    gap, row = parcels.tree.query(degrees, predicate="dwithin", distance=1e-8)
    beside: dict[int, set[int]] = {}
    for at, found in zip(gap.tolist(), row.tolist(), strict=True):
        beside.setdefault(at, set()).add(found)
    edge = _at_edge(faces, places)
    return [
        _piece(
            faces, faces.shapes[face], np.array(sorted(beside.get(at, ())), np.int64), at_edge=bool(edge[at])
        )
        for at, face in enumerate(places.tolist())
    ]


def _at_edge(faces: _Faces, places: Ints) -> Truths:
    """Whether each of these faces has an edge with nothing, or what lies outside, beyond it."""
    if not faces.bounded:
        return np.zeros(len(places), np.bool_)
    sides = _Sides(faces)
    found: Truths = np.isin(places, sides.at_edge)
    return found


class _Sides:
    """What lies on either side of each noded edge."""

    def __init__(self, faces: _Faces) -> None:
        rings = shapely.get_rings(faces.shapes, return_index=True)
        coords, ring = shapely.get_coordinates(rings[0], return_index=True)
        follows = ring[1:] == ring[:-1]
        here, there = _cells(coords[:-1][follows]), _cells(coords[1:][follows])
        face = rings[1][ring[:-1][follows]]
        swap = (here[:, 0] > there[:, 0]) | ((here[:, 0] == there[:, 0]) & (here[:, 1] > there[:, 1]))
        here[swap], there[swap] = there[swap], here[swap].copy()
        _, first, edge = np.unique(
            np.column_stack((here, there)), axis=0, return_index=True, return_inverse=True
        )
        edge = edge.reshape(-1)
        count = len(first)
        self.one: Ints = np.full(count, _OPEN)
        self.other: Ints = np.full(count, _OPEN)
        order = np.argsort(edge, kind="stable")
        starts = np.searchsorted(edge[order], np.arange(count))
        self.one[edge[order][starts]] = face[order][starts]
        later = np.ones(len(order), np.bool_)
        later[starts] = False
        self.other[edge[order][later]] = face[order][later]
        self.ends: Ints = np.column_stack((here[first], there[first]))
        good = np.append(~(faces.overlapping | faces.gaping | faces.outlying), True)
        held = np.append((faces.covered > 0) & faces.inside, False)
        #: Sound on both sides and the layer on one of them only: the outline itself.
        self.outline: Truths = good[self.one] & good[self.other] & (held[self.one] != held[self.other])
        open_side = (self.other == _OPEN) | ~np.append(faces.inside, False)[self.other]
        open_side |= ~np.append(faces.inside, False)[self.one]
        self.at_edge: Ints = np.unique(np.concatenate((self.one[open_side], self.other[open_side])))


def _cells(points_m: Floats) -> Ints:
    return np.asarray(np.rint(points_m / GRID_M), np.int64)


def _vertices(
    parcels: Parcels, chain: _Chain, faces: _Faces, near_m: float
) -> tuple[tuple[Pair, ...], tuple[Lone, ...]]:
    """Vertices of left-over edges that are not on the sound outline: near pairs, and those alone."""
    if not len(chain.edges):
        return (), ()
    used = np.zeros(len(chain.points_m), np.bool_)
    used[chain.edges.ravel()] = True
    suspects = np.flatnonzero(used & ~_on_outline(chain, faces))
    if not len(suspects):
        return (), ()
    owners: dict[int, set[int]] = {}
    linked = set(map(tuple, np.sort(chain.edges, axis=1).tolist()))
    for (a, b), row in zip(chain.edges.tolist(), chain.rows.tolist(), strict=True):
        owners.setdefault(a, set()).add(row)
        owners.setdefault(b, set()).add(row)
    points = shapely.points(chain.points_m[suspects])
    tree = shapely.STRtree(points)
    one, other = tree.query(points, predicate="dwithin", distance=near_m)
    apart = one < other
    pairs = []
    for a, b in zip(suspects[one[apart]].tolist(), suspects[other[apart]].tolist(), strict=True):
        if (a, b) in linked or (b, a) in linked:
            continue
        distance = float(np.hypot(*(chain.points_m[a] - chain.points_m[b])))
        if distance > 0:
            pairs.append((a, b, distance))
    paired = {each for a, b, _ in pairs for each in (a, b)}
    lone = [each for each in _lone(chain, suspects).tolist() if each not in paired]
    told = [
        Pair(line, tuple(sorted(owners[a] | owners[b])), distance)
        for (a, b, distance), line in zip(
            pairs, _degrees_of_lines(chain, [(a, b) for a, b, _ in pairs], parcels.epsg), strict=True
        )
    ]
    places = from_plane(shapely.points(chain.points_m[lone]), parcels.epsg) if lone else []
    alone = [Lone(point, tuple(sorted(owners[each]))) for each, point in zip(lone, places, strict=True)]
    return tuple(told), tuple(alone)


def _degrees_of_lines(chain: _Chain, pairs: list[tuple[int, int]], epsg: int) -> Objects:
    if not pairs:
        return np.empty(0, object)
    return from_plane(shapely.linestrings(chain.points_m[np.array(pairs)]), epsg)


def _on_outline(chain: _Chain, faces: _Faces) -> Truths:
    """Whether every noded edge at a vertex is part of the outline."""
    sides = _Sides(faces)
    plain: dict[tuple[int, int], bool] = {}
    for (ax, ay, bx, by), outline in zip(sides.ends.tolist(), sides.outline.tolist(), strict=True):
        plain[ax, ay] = plain.get((ax, ay), True) and outline
        plain[bx, by] = plain.get((bx, by), True) and outline
    edges = set(map(tuple, sides.ends.tolist()))
    for ax, ay, bx, by in _cells(faces.segments.reshape(-1, 2)).reshape(-1, 4).tolist():
        a, b = ((ax, ay), (bx, by)) if (ax, ay) <= (bx, by) else ((bx, by), (ax, ay))
        if (*a, *b) not in edges:
            plain[a] = plain[b] = False
    cells = _cells(chain.points_m)
    return np.array([plain.get((x, y), False) for x, y in cells.tolist()], np.bool_)


def _lone(chain: _Chain, suspects: Ints) -> Ints:
    """Of the suspects, those that stand on an edge, within the rounding, of which they are no end."""
    points = shapely.points(chain.points_m[suspects])
    at, edge = shapely.STRtree(chain.lines).query(points, predicate="dwithin", distance=_ON_EDGE_M)
    foreign = (chain.edges[edge] != suspects[at][:, None]).all(axis=1)
    return suspects[np.unique(at[foreign])]
