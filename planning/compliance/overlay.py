"""What of sites lies where 叠加: cut in the plane of the zone, joined before it is measured.

The plane is that of the city's zone, in which boundaries are drawn; areas are legal areas
on the ellipsoid. Shapes that are invalid are mended on copies and said to be so. Nothing
here knows rules, layers or the database. Sites are worked on together, but what comes of one
depends on it and on the shapes alone: the same digits, however many are beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.datum.plane import Plane

Geometries = NDArray[Any]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]

_RETRY_GRID_M: Final = 1e-4
"""Where an overlay fails, it is made on a grid of a tenth of a millimetre."""
_WIDTH_M: Final = 5e-4
_SAME_AREA: Final = 1e-13
"""Of an area: what its sum may be off by, from rounding alone."""
_POLYGON, _MULTIPOLYGON, _COLLECTION = 3, 6, 7


@dataclass(frozen=True, slots=True)
class Cut:
    """What shapes have of sites, in the plane: columns of one length, in order of site and shape."""

    site: Ints
    """Place of the site."""
    shape: Ints
    """Place of the shape, which shares ground with it."""
    pieces: Geometries
    """The ground that they share."""
    pieces_m2: Floats
    mended: Flags
    """By shape: it was invalid and was mended on a copy."""


@dataclass(frozen=True, slots=True)
class Area:
    """Pieces joined: what counts, and what is too small or too narrow to count."""

    counted: Any
    """Multipolygon of the plane."""
    counted_m2: float
    ignored: int
    """Parts left out of account."""
    ignored_m2: float
    ignored_width_m: float
    """Width of the widest of them: the diameter of its largest circle."""


def cut(
    sites: Geometries,
    shapes: Geometries,
    plane: Plane,
    looked_at: Callable[[Ints, Ints], Flags] | None = None,
) -> Cut:
    """What shapes share with sites. All are in the plane; sites are valid.

    ``looked_at`` says of pairs of places which of them are wanted, all where it is not given.
    """
    site, shape = _touching(sites, shapes)
    if looked_at is not None:
        wanted = looked_at(site, shape)
        site, shape = site[wanted], shape[wanted]
    shapes, mended = _valid(shapes, np.unique(shape))
    own, pieces = sites[site], shapes[shape]
    partly = np.flatnonzero(~shapely.covers(own, pieces))
    whole = shapely.covers(pieces[partly], own[partly])
    pieces[partly[whole]] = own[partly[whole]]
    crossing = partly[~whole]
    pieces[crossing] = _exactly(shapely.intersection, pieces[crossing], own[crossing])
    pieces = _areal(pieces)
    areas = plane.areas_m2(pieces) if len(pieces) else np.zeros(0)
    shared = areas > 0
    return Cut(site[shared], shape[shared], pieces[shared], areas[shared], mended)


def outside(sites: Geometries, held: Geometries) -> Geometries:
    """The part of each site that what it is held against leaves over; an empty shape where it fills it."""
    return _areal(_exactly(shapely.difference, sites, held))


def joined(pieces: Geometries, owner: Ints) -> Geometries:
    """The union of the pieces of each owner, so that nothing is counted twice; owners are in order.

    >>> near, far, over = shapely.box(0, 0, 2, 1), shapely.box(2, 0, 3, 1), shapely.box(2, 0, 4, 1)
    >>> shapely.area(joined(np.array([near, far, far, over]), np.array([0, 0, 1, 1]))).tolist()
    [3.0, 2.0]
    """
    if not len(pieces):
        return pieces
    starts = np.flatnonzero(np.diff(owner, prepend=owner[0] - 1))
    counts = np.diff(starts, append=len(owner))
    found: Geometries = pieces[starts]
    # Rows of about one length: a wide one does not widen those of two pieces.
    size = np.ceil(np.log2(counts)).astype(int)
    for wide in np.unique(size[counts > 1]):
        places = np.flatnonzero(size == wide)
        rows = np.full((len(places), int(counts[places].max())), None, dtype=object)
        for row, place in zip(rows, places, strict=True):
            row[: counts[place]] = pieces[starts[place] : starts[place] + counts[place]]
        found[places] = _united(rows)
    return found


def measured(unions: Geometries, tolerances: Sequence[tuple[float, float]], plane: Plane) -> list[Area]:
    """Each union measured part by part against its tolerance (least area in m², least width in m)."""
    count = len(unions)
    if not count:
        return []
    parts, owner = shapely.get_parts(_areal(unions), return_index=True)
    areas = plane.areas_m2(parts) if len(parts) else np.zeros(0)
    least_m2, least_m = np.array(tolerances, dtype=float).T
    slight = areas < least_m2[owner]
    # A shape holds a circle of radius area over perimeter at least: only narrower ones need a look.
    doubtful = np.flatnonzero(~slight & (areas < shapely.length(parts) * least_m[owner] / 2))
    slight[doubtful] = shapely.is_empty(shapely.buffer(parts[doubtful], -least_m[owner[doubtful]] / 2))
    kept = ~slight
    counted = np.full(count, shapely.MultiPolygon(), dtype=object)
    held = np.unique(owner[kept])
    if len(held):
        counted[held] = shapely.multipolygons(parts[kept], indices=np.searchsorted(held, owner[kept]))
    # Summed in their order, one by one: what is beside a union does not change its last digit.
    counted_m2 = np.bincount(owner[kept], weights=areas[kept], minlength=count)
    ignored_m2 = np.bincount(owner[slight], weights=areas[slight], minlength=count)
    ignored = np.bincount(owner[slight], minlength=count)
    width_m = np.zeros(count)
    for place in np.flatnonzero(ignored):
        width_m[place] = _width_m(parts[slight & (owner == place)])
    columns = (counted_m2, ignored, ignored_m2, width_m)
    return [Area(*row) for row in zip(counted, *(column.tolist() for column in columns), strict=True)]


def _width_m(parts: Geometries) -> float:
    """Width of the widest of parts, to half a millimetre: how far it may be shrunk before nothing is left.

    Halving finds it in a fiftieth of the time that an inscribed circle takes in a long strip.
    """
    low = 2 * shapely.area(parts) / np.maximum(shapely.length(parts), 1e-12)  # no shape is narrower
    high = 2 * np.sqrt(shapely.area(parts) / np.pi)  # nor wider than a circle of its area
    while (high - low).max() > _WIDTH_M:
        middle = (low + high) / 2
        gone = shapely.is_empty(shapely.buffer(parts, -middle / 2))
        low, high = np.where(gone, low, middle), np.where(gone, middle, high)
    return float(high.max())


def _touching(sites: Geometries, shapes: Geometries) -> tuple[Ints, Ints]:
    """Which sites and shapes meet; a shape that cannot be held against a site, being broken, meets it."""
    tree = shapely.STRtree(shapes)
    try:
        site, shape = tree.query(sites, predicate="intersects")
    except shapely.GEOSException:
        site, shape = tree.query(sites)
        met = [_may_meet(sites[a], shapes[b]) for a, b in zip(site, shape, strict=True)]
        site, shape = site[met], shape[met]
    order = np.lexsort((shape, site))
    return site[order], shape[order]


def _may_meet(site: Any, shape: Any) -> bool:
    try:
        return bool(shapely.intersects(site, shape))
    except shapely.GEOSException:
        return True


def _valid(shapes: Geometries, near: Ints) -> tuple[Geometries, Flags]:
    """The shapes, of those near the broken ones mended on copies."""
    mended = np.zeros(len(shapes), bool)
    mended[near] = ~shapely.is_valid(shapes[near])
    if not mended.any():
        return shapes, mended
    found = shapes.copy()
    found[mended] = shapely.make_valid(shapes[mended])
    return found, mended


def _united(rows: Geometries) -> Geometries:
    """The union of each row.

    Parcels of a coverage lie side by side, and so do their pieces: edges that two of them share are
    left out, and what remains is their union, in a fifth of the time. That is proved each time: if
    the rest is valid and as large as the pieces together, no two of them overlap. Else they are joined
    by nodes.
    """
    try:
        found: Geometries = shapely.coverage_union_all(rows, axis=1)
    except shapely.GEOSException:
        found = np.array([_side_by_side(row) for row in rows], dtype=object)
    held = rows != np.array(None)
    # One by one in their order: the width of the rows does not change the last digit.
    total = np.bincount(np.nonzero(held)[0], weights=shapely.area(rows[held]), minlength=len(rows))
    proved = (
        np.isin(shapely.get_type_id(found), (_POLYGON, _MULTIPOLYGON))
        & (np.abs(shapely.area(found) - total) <= _SAME_AREA * total)
        & shapely.is_valid(found)
    )
    crossing = ~proved
    if crossing.any():
        found[crossing] = _exactly(
            lambda part, **grid: shapely.union_all(part, axis=1, **grid), rows[crossing]
        )
    return found


def _side_by_side(row: Geometries) -> Any:
    try:
        return shapely.coverage_union_all(row)
    except shapely.GEOSException:
        return None


def _exactly(operation: Callable[..., Any], *columns: Geometries) -> Geometries:
    """An operation over arrays; what GEOS cannot do exactly is done on a grid, that alone."""
    try:
        found: Geometries = operation(*columns)
    except shapely.GEOSException:
        found = np.empty(len(columns[0]), dtype=object)
        for place in range(len(found)):
            one = [column[place : place + 1] for column in columns]
            try:
                found[place : place + 1] = operation(*one)
            except shapely.GEOSException:
                found[place : place + 1] = operation(*one, grid_size=_RETRY_GRID_M)
    return found


def _areal(shapes: Geometries) -> Geometries:
    """What has area of each shape: lines and points where they only touch are dropped."""
    kinds = shapely.get_type_id(shapes)
    other = np.flatnonzero(~np.isin(kinds, (_POLYGON, _MULTIPOLYGON)))
    if not len(other):
        return shapes
    found = shapes.copy()
    for place in other:
        parts = shapely.get_parts(shapes[place]) if kinds[place] == _COLLECTION else np.zeros(0, object)
        flat = [
            each
            for part in parts
            for each in shapely.get_parts(part)
            if shapely.get_type_id(each) == _POLYGON
        ]
        found[place] = shapely.MultiPolygon(flat)
    return found
