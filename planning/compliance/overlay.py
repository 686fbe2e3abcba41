"""What of a site lies where 叠加: cut in the plane of the zone, joined before it is measured.

The plane is that of the city's zone, in which boundaries are drawn; areas are legal areas
on the ellipsoid. Shapes that are invalid are mended on copies and said to be so. Nothing
here knows rules, layers or the database; the same shapes give the same digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.datum.plane import Plane

Geometries = NDArray[Any]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_RETRY_GRID_M: Final = 1e-4
"""Where an overlay fails, it is made on a grid of a tenth of a millimetre."""
_WIDTH_M: Final = 5e-4
_POLYGON, _MULTIPOLYGON, _COLLECTION = 3, 6, 7


@dataclass(frozen=True, slots=True)
class Cut:
    """What candidates have of a site, in the plane."""

    kept: NDArray[np.intp]
    """Places of the candidates that share ground with the site."""
    pieces: Geometries
    """The ground that each of those shares."""
    pieces_m2: Floats
    mended: frozenset[int]
    """Candidates that were invalid and were mended on a copy."""


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


def cut(site: Any, candidates: Geometries, plane: Plane) -> Cut:
    """What candidates share with a site. All are in the plane; the site is valid."""
    shapely.prepare(site)
    near = _touching(site, candidates)
    shapes, mended = _valid(candidates, near)
    pieces = shapes[near].copy()
    partly = ~shapely.covers(site, pieces)
    whole = np.zeros(len(near), bool)
    whole[partly] = shapely.covers(pieces[partly], site)
    pieces[whole] = site
    crossing = partly & ~whole
    pieces[crossing] = _intersections(pieces[crossing], site)
    pieces = _areal(pieces)
    areas = plane.areas_m2(pieces) if len(pieces) else np.zeros(0)
    shared = areas > 0
    return Cut(near[shared], pieces[shared], areas[shared], mended)


def outside(site: Any, pieces: Geometries) -> Any:
    """The part of a site in none of its pieces; an empty shape where they fill it."""
    if not len(pieces):
        return site
    left = _difference(site, joined(pieces))
    return _areal(np.array([left], dtype=object))[0]


def joined(pieces: Geometries) -> Any:
    """The union of pieces, so that nothing is counted twice."""
    if len(pieces) == 1:
        return pieces[0]
    try:
        return shapely.union_all(pieces)
    except shapely.GEOSException:
        return shapely.union_all(pieces, grid_size=_RETRY_GRID_M)


def measured(unions: Sequence[Any], tolerances: Sequence[tuple[float, float]], plane: Plane) -> list[Area]:
    """Each union measured part by part against its tolerance (least area in m², least width in m)."""
    if not unions:
        return []
    parts, owner = shapely.get_parts(_areal(np.array(unions, dtype=object)), return_index=True)
    areas = plane.areas_m2(parts) if len(parts) else np.zeros(0)
    least_m2, least_m = np.array(tolerances, dtype=float).T
    slight = areas < least_m2[owner]
    # A shape holds a circle of radius area over perimeter at least: only narrower ones need a look.
    lengths = shapely.length(parts)
    doubtful = ~slight & (areas < lengths * least_m[owner] / 2)
    for place in np.flatnonzero(doubtful):
        slight[place] = bool(shapely.is_empty(shapely.buffer(parts[place], -least_m[owner[place]] / 2)))
    return [_area(parts[owner == n], areas[owner == n], slight[owner == n]) for n in range(len(unions))]


def _area(parts: Geometries, areas: Floats, slight: Flags) -> Area:
    kept, small = parts[~slight], parts[slight]
    width = _width_m(small)
    return Area(
        shapely.multipolygons(kept) if len(kept) else shapely.MultiPolygon(),
        float(areas[~slight].sum()),
        len(small),
        float(areas[slight].sum()),
        width,
    )


def _width_m(parts: Geometries) -> float:
    """Width of the widest of parts, to half a millimetre: how far it may be shrunk before nothing is left.

    Halving finds it in a fiftieth of the time that an inscribed circle takes in a long strip.
    """
    if not len(parts):
        return 0.0
    low = 2 * shapely.area(parts) / np.maximum(shapely.length(parts), 1e-12)  # no shape is narrower
    high = 2 * np.sqrt(shapely.area(parts) / np.pi)  # nor wider than a circle of its area
    while (high - low).max() > _WIDTH_M:
        middle = (low + high) / 2
        gone = shapely.is_empty(shapely.buffer(parts, -middle / 2))
        low, high = np.where(gone, low, middle), np.where(gone, middle, high)
    return float(high.max())


def _touching(site: Any, shapes: Geometries) -> NDArray[np.intp]:
    """Which shapes meet a site; one that cannot be held against it, being broken, is among them."""
    if not len(shapes):
        return np.zeros(0, np.intp)
    try:
        met = shapely.intersects(site, shapes)
    except shapely.GEOSException:
        met = np.array([_may_meet(site, shape) for shape in shapes])
    return np.flatnonzero(met)


def _may_meet(site: Any, shape: Any) -> bool:
    try:
        return bool(shapely.intersects(site, shape))
    except shapely.GEOSException:
        return True


def _valid(shapes: Geometries, near: NDArray[np.intp]) -> tuple[Geometries, frozenset[int]]:
    """The shapes, of those near the broken ones mended on copies."""
    bad = near[~shapely.is_valid(shapes[near])] if len(near) else near
    if not len(bad):
        return shapes, frozenset()
    mended = shapes.copy()
    mended[bad] = shapely.make_valid(shapes[bad])
    return mended, frozenset(bad.tolist())


def _intersections(shapes: Geometries, site: Any) -> Geometries:
    try:
        found: Geometries = shapely.intersection(shapes, site)
    except shapely.GEOSException:
        found = shapely.intersection(shapes, site, grid_size=_RETRY_GRID_M)
    return found


def _difference(site: Any, held: Any) -> Any:
    try:
        return shapely.difference(site, held)
    except shapely.GEOSException:
        return shapely.difference(site, held, grid_size=_RETRY_GRID_M)


def _areal(shapes: Geometries) -> Geometries:
    """What has area of each shape: lines and points where they only touch are dropped."""
    kinds = shapely.get_type_id(shapes)
    if np.isin(kinds, (_POLYGON, _MULTIPOLYGON)).all():
        return shapes
    found = shapes.copy()
    for place in np.flatnonzero(~np.isin(kinds, (_POLYGON, _MULTIPOLYGON))):
        parts = shapely.get_parts(shapes[place]) if kinds[place] == _COLLECTION else np.zeros(0, object)
        flat = [
            each
            for part in parts
            for each in shapely.get_parts(part)
            if shapely.get_type_id(each) == _POLYGON
        ]
        found[place] = shapely.MultiPolygon(flat)
    return found
