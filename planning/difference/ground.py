"""The ground of a difference 变化地块: what lay where before, and what lies there now.

Rows that differ are laid over each other on the plane on which they were drawn (Gauss–Krüger);
where nothing differs nothing is computed. Every piece has its legal area 椭球面积. A piece of the
older state that nothing of the changed newer rows covers has left the layer, and the other way round.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from planning.difference.difference import Difference
from planning.edition import GEOMETRY, Edition, Flags, Ints, Shapes, together
from spatial.datum import Frame, frame, legal_areas_m2, move

Floats = NDArray[np.float64]

TOLERANCE_M: Final = 0.001
"""XY tolerance of the national databases, 1 mm (from practitioners' tools, 待核): two lines nearer than
this are one line."""
_DECIMALS: Final = 9
NOWHERE: Final = -1


@dataclass(frozen=True, slots=True)
class Side:
    """The rows that differ, as they are in one of the states."""

    rows: Edition
    shapes: Shapes
    """On the plane; what was invalid is made valid here and only here."""
    areas_m2: Floats
    """Legal area of each row, 0 where it has no shape."""
    lengths_m: Floats
    """Length of its boundary on the plane."""


@dataclass(frozen=True, slots=True)
class Ground:
    """The ground on which two states differ, cut into pieces."""

    older: Side
    """Rows removed, then rows changed, as they were."""
    newer: Side
    """Rows inserted, then rows changed, as they are."""
    pieces: Shapes
    """Polygons or multipolygons on the plane."""
    old: Ints
    """Row of the older side that lay there; NOWHERE where the layer had nothing there."""
    new: Ints
    """Row of the newer side that lies there; NOWHERE where the layer has nothing there any more."""
    areas_m2: Floats
    """Legal area of each piece."""
    plane: Frame
    mended: int
    """How many shapes were not valid, and were made so to be overlaid."""

    @property
    def hairs(self) -> Flags:
        """Pieces narrower than the tolerance: two computations of one line, not ground."""
        half = 0.5 * shapely.length(self.pieces)
        flags: Flags = shapely.area(self.pieces) < TOLERANCE_M * half
        return flags

    @property
    def doubled_m2(self) -> float:
        """Ground counted more than once, because changed rows of one state overlap each other."""
        total = 0.0
        for side, rows in ((self.older, self.old), (self.newer, self.new)):
            there = rows != NOWHERE
            covered = np.bincount(rows[there], self.areas_m2[there], minlength=len(side.rows))
            excess = covered - side.areas_m2
            total += float(excess[excess > 0.01].sum())
        return total


def lay_out(difference: Difference, plane: Frame | None = None) -> Ground:
    """Cut the ground on which the states differ; ``plane`` is EPSG:4549 where not said.

    Raises OutsideArea where a shape lies outside the plane's zone.
    """
    into = plane or frame("EPSG:4549")
    older, mended_before = _side(Edition(together(difference.removed, difference.before)), into)
    newer, mended_after = _side(Edition(together(difference.inserted, difference.after)), into)
    whole = _whole(difference, older.rows, newer.rows)
    left = _rest(len(older.rows), whole[0]), _rest(len(newer.rows), whole[1])
    pieces, old, new = _overlay(older.shapes, newer.shapes, *left)
    pieces = np.concatenate([older.shapes[whole[0]], pieces])
    old, new = np.concatenate([whole[0], old]), np.concatenate([whole[1], new])
    areal = shapely.area(pieces) > 0
    areas = np.zeros(len(pieces))
    areas[: len(whole[0])] = older.areas_m2[whole[0]]
    areas[len(whole[0]) :] = _legal(pieces[len(whole[0]) :], into)
    return Ground(
        older, newer, pieces[areal], old[areal], new[areal], areas[areal], into, mended_before + mended_after
    )


def on_plane(shapes_4490: Shapes, plane: Frame) -> Shapes:
    """Geometries in degrees, moved vertex by vertex."""
    places = shapely.get_coordinates(shapes_4490)
    if not len(places):
        return shapes_4490
    moved = move(places[:, 0], places[:, 1], frame("EPSG:4490"), plane)
    found: Shapes = shapely.set_coordinates(
        shapely.force_2d(shapes_4490), np.column_stack((moved.x, moved.y))
    )
    return found


def in_degrees(shapes: Shapes, plane: Frame) -> Shapes:
    """The way back to CGCS2000."""
    places = shapely.get_coordinates(shapes)
    if not len(places):
        return shapes
    moved = move(places[:, 0], places[:, 1], plane, frame("EPSG:4490"))
    found: Shapes = shapely.set_coordinates(shapes.copy(), np.column_stack((moved.x, moved.y)))
    return found


def _side(rows: Edition, plane: Frame) -> tuple[Side, int]:
    if not rows.has_shapes:
        nothing = np.full(len(rows), None, dtype=object)
        return Side(rows, nothing, np.zeros(len(rows)), np.zeros(len(rows))), 0
    degrees = rows.shapes()
    shapes = on_plane(degrees, plane)
    bad = ~(shapely.is_valid(shapes) | shapely.is_missing(shapes))
    shapes[bad] = _areal(shapely.make_valid(shapes[bad]))
    return Side(rows, shapes, _legal(shapes, plane), np.nan_to_num(shapely.length(shapes))), int(bad.sum())


def _legal(shapes: Shapes, plane: Frame) -> Floats:
    return np.nan_to_num(legal_areas_m2(shapes, plane))


def _whole(difference: Difference, older: Edition, newer: Edition) -> tuple[Ints, Ints]:
    """Rows whose shape is the same in both states: those of one code, and those that got another one."""
    first, second = len(difference.removed), len(difference.inserted)
    kept: Ints = np.arange(len(difference.before))
    if difference.before.has_shapes:
        kept = kept[~difference.changed[GEOMETRY]]
    old, new = kept + first, kept + second
    if not older.has_shapes:
        return old, new
    moved_old, moved_new = _rest(len(older), old), _rest(len(newer), new)
    again_old, again_new = _same_shapes(older.take(moved_old), newer.take(moved_new))
    return np.concatenate([old, moved_old[again_old]]), np.concatenate([new, moved_new[again_new]])


def _same_shapes(older: Edition, newer: Edition) -> tuple[Ints, Ints]:
    """Rows whose shapes are equal at 1e-9°, each shape being there once on both sides."""
    import pyarrow as pa
    import pyarrow.compute as pc

    def plain(edition: Edition) -> Any:
        shapes = edition.shapes()
        places = np.round(shapely.get_coordinates(shapes), _DECIMALS) + 0.0
        if len(places):
            shapes = shapely.normalize(shapely.set_coordinates(shapely.force_2d(shapes), places))
        return pa.array(shapely.to_wkb(shapes, byte_order=1), pa.large_binary())

    left, right = plain(older), plain(newer)
    place = pc.index_in(left, value_set=right, skip_nulls=True)
    back = pc.index_in(right, value_set=left, skip_nulls=True)
    old: Ints = np.flatnonzero(place.is_valid().to_numpy(zero_copy_only=False))
    new: Ints = place.drop_null().to_numpy(zero_copy_only=False).astype(np.int64)
    counts = np.bincount(new, minlength=len(newer))
    first = pc.fill_null(back, NOWHERE).to_numpy(zero_copy_only=False).astype(np.int64)
    again = np.bincount(first[first >= 0], minlength=len(older))
    once = (counts[new] == 1) & (again[old] == 1)
    return old[once], new[once]


def _rest(count: int, taken: Ints) -> Ints:
    free = np.ones(count, np.bool_)
    free[taken] = False
    found: Ints = np.flatnonzero(free)
    return found


def _overlay(before: Shapes, after: Shapes, old: Ints, new: Ints) -> tuple[Shapes, Ints, Ints]:
    """Every common piece of those rows, and of each what nothing of the other side covers."""
    left, right = before[old], after[new]
    one, two = shapely.STRtree(right).query(left, predicate="intersects")
    common = _areal(_cut(shapely.intersection, left[one], right[two]))
    real = shapely.area(common) > 0
    one, two, common = one[real], two[real], common[real]
    gone = _uncovered(left, one, right[two])
    come = _uncovered(right, two, left[one])
    nowhere_old, nowhere_new = np.full(len(left), NOWHERE), np.full(len(right), NOWHERE)
    return (
        np.concatenate([common, gone, come]),
        np.concatenate([old[one], old, nowhere_new]),
        np.concatenate([new[two], nowhere_old, new]),
    )


def _uncovered(shapes: Shapes, owner: Ints, cover: Shapes) -> Shapes:
    """Of each shape what none of the covers that belong to it lies on."""
    order = np.argsort(owner, kind="stable")
    bounds = np.searchsorted(owner[order], np.arange(len(shapes) + 1))
    covers = cover[order]
    united = np.empty(len(shapes), dtype=object)
    for row in np.flatnonzero(np.diff(bounds)):
        united[row] = shapely.union_all(covers[bounds[row] : bounds[row + 1]])
    bare = shapely.is_missing(united)
    found = shapes.copy()
    found[~bare] = _areal(_cut(shapely.difference, shapes[~bare], united[~bare]))
    found[shapely.is_missing(found)] = shapely.Polygon()
    return found


def _cut(operation: Any, left: Shapes, right: Shapes) -> Shapes:
    """An overlay, and where floating point fails it, the same on a grid of a tenth of the tolerance."""
    try:
        found: Shapes = operation(left, right)
    except shapely.errors.GEOSException:
        found = operation(left, right, grid_size=0.1 * TOLERANCE_M)
    return found


def _areal(shapes: Shapes) -> Shapes:
    """Lines and points, where shapes only touch, left out."""
    kinds = shapely.get_type_id(shapes)
    found = shapes.copy()
    found[(kinds < 3) | (kinds == 4) | (kinds == 5)] = shapely.Polygon()
    for row in np.flatnonzero(kinds == 7):
        parts = shapely.get_parts(shapes[row])
        found[row] = shapely.multipolygons(parts[shapely.get_type_id(parts) == 3])
    return found
