"""Faces told by feature 归属: which lie on each other, which beyond the area, which around a gap."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from planning.review.model import Ints, Truths
from planning.review.parcels import Parcels, from_plane
from planning.review.topology.faces import Faces, Sides
from planning.review.topology.model import Face
from planning.review.topology.plane import cut, snapped_shapes, width_of

Piece = tuple[Any, Ints]
"""A shape on the plane and the features that it is told of."""


def overlaps(parcels: Parcels, faces: Faces, chosen: Truths, width_m: float) -> list[Face]:
    """Which features lie on each other there, and where.

    A face may run on under the edge between two sound neighbours, so its own
    features are told pair by pair. Those that are the same to the last digit are
    one overlap of all of them.
    """
    places = np.flatnonzero(chosen)
    if not len(places):
        return []
    found, _ = _among(parcels, np.unique(_beneath(parcels, faces, places)[1]), width_m)
    return told(faces.epsg, [*found, *_untold(faces, places, [shape for shape, _ in found])])


def among(parcels: Parcels, rows: Ints, width_m: float) -> tuple[list[Face], int]:
    """The overlaps of these features with any others, and how many were too narrow to tell.

    Those that are the same to the last digit are one overlap of all of them.
    """
    found, narrow = _among(parcels, rows, width_m)
    return told(parcels.epsg, found), narrow


def _among(parcels: Parcels, rows: Ints, width_m: float) -> tuple[list[Piece], int]:
    one, other = parcels.tree.query(parcels.sound[rows], predicate="intersects")
    pairs = np.sort(np.column_stack((rows[one], other)), axis=1)
    pairs = np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)
    wanted, place = np.unique(pairs, return_inverse=True)
    plane = snapped_shapes(parcels.sound[wanted], parcels.epsg)
    twins: dict[bytes, list[int]] = {}
    for at, form in enumerate(shapely.to_wkb(shapely.normalize(plane)).tolist()):
        twins.setdefault(form, []).append(at)
    found: list[Piece] = []
    first = np.ones(len(wanted), np.bool_)
    for same in twins.values():
        if len(same) > 1:
            found.append((plane[same[0]], wanted[same]))
            first[same[1:]] = False
    left = place.reshape(-1, 2)
    left = left[first[left].all(axis=1)]
    common = cut(shapely.intersection, plane[left[:, 0]], plane[left[:, 1]])
    narrow = 0
    for shape, ends in zip(common.tolist(), left, strict=True):
        if shape is None:
            continue
        if width_of(shape) < width_m:
            narrow += 1
        else:
            found.append((shape, wanted[ends]))
    return found, narrow


def _untold(faces: Faces, places: Ints, known: list[Any]) -> list[Piece]:
    """Faces that no pair accounts for are told by the features at their middle: none is lost."""
    tree = shapely.STRtree(faces.shapes[places])
    seen = tree.query(np.array(known, dtype=object), predicate="intersects")[1] if known else []
    left = np.setdiff1d(np.arange(len(places)), seen)
    return [(faces.shapes[place], np.array(faces.rows(place))) for place in places[left].tolist()]


def outside(parcels: Parcels, faces: Faces, chosen: Truths, width_m: float) -> list[Face]:
    """What of each feature lies beyond the area."""
    places = np.flatnonzero(chosen)
    if not len(places):
        return []
    face, row = _beneath(parcels, faces, places)
    wanted, at = np.unique(row, return_inverse=True)
    plane = snapped_shapes(parcels.sound[wanted], parcels.epsg)
    ground = faces.shapes[places]
    shapely.prepare(ground)
    whole = shapely.contains_properly(ground[face], plane[at])
    pieces = plane[at].copy()
    pieces[~whole] = cut(shapely.intersection, ground[face[~whole]], plane[at[~whole]])
    by_row: dict[int, list[Any]] = {}
    for shape, feature in zip(pieces.tolist(), row.tolist(), strict=True):
        if shape is not None and width_of(shape) >= width_m:
            by_row.setdefault(feature, []).append(shape)
    return told(
        faces.epsg,
        [
            (shapes[0] if len(shapes) == 1 else shapely.union_all(shapes), np.array([feature]))
            for feature, shapes in by_row.items()
        ],
    )


def _beneath(parcels: Parcels, faces: Faces, places: Ints) -> tuple[Ints, Ints]:
    """Pairs of face and feature that meet, in degrees: what only touches is sorted out on the plane."""
    face, row = parcels.tree.query(
        from_plane(faces.shapes[places], faces.epsg), predicate="dwithin", distance=1e-9
    )
    return np.asarray(face, np.int64), np.asarray(row, np.int64)


def told(epsg: int, pieces: list[Piece], at_edge: Truths | None = None) -> list[Face]:
    """Pieces of the plane as faces in degrees."""
    shapes = np.empty(len(pieces), object)
    shapes[:] = [shape for shape, _ in pieces]
    degrees = from_plane(shapes, epsg) if len(pieces) else shapes
    edge = np.zeros(len(pieces), np.bool_) if at_edge is None else at_edge
    each = zip(degrees.tolist(), pieces, shapely.area(shapes).tolist(), edge.tolist(), strict=True)
    return [
        Face(shape, tuple(sorted(rows.tolist())), area_m2, width_of(piece), open_)
        for shape, (piece, rows), area_m2, open_ in each
    ]


def gaps(parcels: Parcels, faces: Faces, chosen: Truths) -> list[Face]:
    """Ground that is not covered, with the features beside it."""
    places = np.flatnonzero(chosen)
    if not len(places):
        return []
    degrees = from_plane(faces.shapes[places], faces.epsg)
    gap, row = parcels.tree.query(degrees, predicate="dwithin", distance=1e-8)
    beside: dict[int, set[int]] = {}
    for at, found in zip(gap.tolist(), row.tolist(), strict=True):
        beside.setdefault(at, set()).add(found)
    rows = [np.array(sorted(beside.get(at, ())), np.int64) for at in range(len(places))]
    pieces = list(zip(faces.shapes[places].tolist(), rows, strict=True))
    return told(faces.epsg, pieces, _at_edge(faces, places))


def _at_edge(faces: Faces, places: Ints) -> Truths:
    """Whether each of these faces has an edge with nothing, or what lies outside, beyond it."""
    if not faces.bounded:
        return np.zeros(len(places), np.bool_)
    sides = Sides(faces)
    found: Truths = np.isin(places, sides.at_edge)
    return found
