"""One layer over another 叠加: what lies on both, and what of one the other does not cover.

What two layers share to the last digit is cleared by its bytes; only the rest is
cut, on the city's plane, and large shapes are divided first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely

from planning.review.model import Ints, Objects, Truths
from planning.review.parcels import Parcels, to_plane

_VERTICES: Final = 256
"""Shapes of more are divided before they are cut with others."""
_DEPTH: Final = 12


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of ground on the city's plane."""

    row: int
    other: int
    """Row of the other layer; -1 where it has nothing there."""
    shape_m: Any
    area_m2: float


def common(one: Parcels, rows: Ints, other: Parcels, others: Ints) -> list[Piece]:
    """What lies on both, by pair of features; boundaries that only touch are nothing.

    ``rows`` and ``others`` choose the features that are looked at.
    """
    pairs = _pairs(one, rows, other, others)
    if not len(pairs):
        return []
    first, first_row = _divided(one, np.unique(pairs[:, 0]))
    second, second_row = _divided(other, np.unique(pairs[:, 1]))
    at, found = shapely.STRtree(second).query(first, predicate="intersects")
    shapes = _areal(_safe(shapely.intersection, first[at], second[found]))
    area = shapely.area(shapes)
    by_pair: dict[tuple[int, int], list[int]] = {}
    keys = zip(first_row[at].tolist(), second_row[found].tolist(), strict=True)
    for place, key in enumerate(keys):
        if area[place] > 0:
            by_pair.setdefault(key, []).append(place)
    return [
        Piece(a, b, shapely.union_all(shapes[places]), float(area[places].sum()))
        for (a, b), places in by_pair.items()
    ]


def uncovered(one: Parcels, rows: Ints, other: Parcels, others: Ints) -> list[Piece]:
    """What of the one the other's features together do not cover, by feature and connected part."""
    rest = rows[~twins(one, rows, other, others)]
    pairs = _pairs(one, rest, other, others)
    moved = to_plane(one.sound[rest], one.epsg)
    wanted, place = np.unique(pairs[:, 1], return_inverse=True)
    beside = to_plane(other.sound[wanted], one.epsg)
    order = np.argsort(pairs[:, 0], kind="stable")
    starts = np.searchsorted(pairs[order, 0], rest)
    ends = np.searchsorted(pairs[order, 0], rest, side="right")
    found: list[Piece] = []
    for shape, row, start, end in zip(moved, rest.tolist(), starts.tolist(), ends.tolist(), strict=True):
        cover = beside[place[order[start:end]]]
        left = shape if not len(cover) else _difference(shape, shapely.union_all(cover))
        found += [Piece(row, -1, part, part.area) for part in _polygons(left)]
    return found


def _pairs(one: Parcels, rows: Ints, other: Parcels, others: Ints) -> Ints:
    """Rows of both whose shapes meet, shape (n, 2)."""
    if not len(rows) or not len(others):
        return np.empty((0, 2), np.int64)
    at, found = other.tree.query(one.sound[rows], predicate="intersects")
    chosen = np.zeros(len(other.shapes), np.bool_)
    chosen[others] = True
    kept = chosen[found]
    return np.column_stack((rows[at[kept]], found[kept])).astype(np.int64)


def twins(one: Parcels, rows: Ints, other: Parcels, others: Ints) -> Truths:
    """Which rows have a twin in the other layer, whatever vertex it begins with."""
    known = set(shapely.to_wkb(shapely.normalize(other.sound[others])).tolist())
    wanted = shapely.to_wkb(shapely.normalize(one.sound[rows])).tolist()
    return np.array([each in known for each in wanted], np.bool_)


def _divided(parcels: Parcels, rows: Ints) -> tuple[Objects, Ints]:
    """The shapes on the plane, large ones in parts, and the row of each part."""
    shapes = to_plane(parcels.sound[rows], parcels.epsg)
    large = shapely.get_num_coordinates(shapes) > _VERTICES
    parts, owner = list(shapes[~large]), list(rows[~large])
    for shape, row in zip(shapes[large], rows[large].tolist(), strict=True):
        for part in _halved(shape, _DEPTH):
            parts.append(part)
            owner.append(row)
    array = np.empty(len(parts), object)
    array[:] = parts
    return array, np.asarray(owner, np.int64)


def _halved(shape: Any, depth: int) -> Iterator[Any]:
    if depth == 0 or shapely.get_num_coordinates(shape) <= _VERTICES:
        yield shape
        return
    west, south, east, north = shape.bounds
    x, y = (west + east) / 2, (south + north) / 2
    boxes = (
        ((west, south, x, north), (x, south, east, north))
        if east - west > north - south
        else ((west, south, east, y), (west, y, east, north))
    )
    for box in boxes:
        for part in _polygons(_intersection(shape, shapely.box(*box))):
            yield from _halved(part, depth - 1)


def _polygons(shape: Any) -> list[Any]:
    return [
        each for each in shapely.get_parts(shape).tolist() if each.geom_type == "Polygon" and each.area > 0
    ]


def _areal(shapes: Objects) -> Objects:
    """Of collections only what is area."""
    mixed = np.flatnonzero(shapely.get_type_id(shapes) == 7)
    for place in mixed.tolist():
        shapes[place] = shapely.multipolygons(_polygons(shapes[place]))
    return shapes


def _safe(operation: Any, one: Objects, other: Objects) -> Objects:
    """An operation over arrays; what GEOS cannot do exactly is done on a grid of 0.01 mm."""
    try:
        done: Objects = operation(one, other)
    except shapely.errors.GEOSException:
        done = operation(one, other, grid_size=1e-5)
    return done


def _difference(one: Any, other: Any) -> Any:
    return _safe(shapely.difference, one, other)


def _intersection(one: Any, other: Any) -> Any:
    return _safe(shapely.intersection, one, other)
