"""The polygons of a layer, made ready once for all checks that look at their shape 图形."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from planning.review import kernel
from planning.review.model import Floats, Ints, Objects, Truths
from spatial.datum import frame, move

_CGCS2000 = frame("EPSG:4490")
_POLYGONS = (3, 6)


def on_plane(coords_4490: Floats, epsg: int) -> Floats:
    """Easting and northing in metres of the city's zone."""
    moved = move(coords_4490[:, 0], coords_4490[:, 1], _CGCS2000, frame(str(epsg)))
    return np.column_stack((moved.x, moved.y))


def off_plane(coords_m: Floats, epsg: int) -> Floats:
    """Longitude and latitude of CGCS2000 of positions in the city's zone."""
    moved = move(coords_m[:, 0], coords_m[:, 1], frame(str(epsg)), _CGCS2000)
    return np.column_stack((moved.x, moved.y))


def to_plane(shapes_4490: Objects, epsg: int) -> Objects:
    """Geometries moved to the plane; None stays None."""
    moved: Objects = shapely.transform(shapes_4490, lambda coords: on_plane(coords, epsg))
    return moved


def from_plane(shapes_m: Objects, epsg: int) -> Objects:
    """Geometries of the plane in degrees."""
    moved: Objects = shapely.transform(shapes_m, lambda coords: off_plane(coords, epsg))
    return moved


class Parcels:
    """The polygons of one layer: flat rings, validity, an index; each when it is asked for."""

    def __init__(self, shapes_4490: Objects, epsg: int) -> None:
        self.shapes = np.asarray(shapes_4490, dtype=object)
        self.epsg = epsg

    @cached_property
    def areal(self) -> Truths:
        """Which features are polygons that are not empty."""
        kinds = shapely.get_type_id(self.shapes)
        found: Truths = np.isin(kinds, _POLYGONS) & ~shapely.is_empty(self.shapes)
        return found

    @cached_property
    def there(self) -> Truths:
        """Which features have an area that can be judged: polygons whose coordinates are numbers."""
        coords, owner = shapely.get_coordinates(self.shapes, return_index=True)
        found = self.areal.copy()
        found[owner[~np.isfinite(coords).all(axis=1)]] = False
        return found

    @cached_property
    def valid(self) -> Truths:
        """Which are valid by OGC Simple Features; what is missing is not."""
        found: Truths = shapely.is_valid(self.shapes)
        return found

    @cached_property
    def sound(self) -> Objects:
        """The shapes that are there, the invalid ones mended, so that the others are judged beside them."""
        mended = self.shapes
        if not self.there.all():
            mended = mended.copy()
            mended[~self.there] = None
        bad = np.flatnonzero(self.there & ~self.valid)
        if len(bad):
            mended = mended.copy()
            mended[bad] = [_area_of(each) for each in shapely.make_valid(mended[bad])]
        return mended

    @cached_property
    def rings(self) -> Rings:
        """The rings as delivered."""
        return Rings(self.shapes)

    @cached_property
    def sound_rings(self) -> Rings:
        """The rings of :attr:`sound`."""
        return self.rings if self.sound is self.shapes else Rings(self.sound)

    @cached_property
    def tree(self) -> Any:
        """An index over :attr:`sound`."""
        return shapely.STRtree(self.sound)

    @cached_property
    def widths(self) -> tuple[Floats, Floats]:
        """Area in m² and mean width 2·area/perimeter in m of each feature, by a local plane."""
        rings = self.rings
        areas, lengths = kernel.ring_measures(rings.coords, rings.offsets)
        signed = np.where(rings.holes, -areas, areas)
        count = len(self.shapes)
        area: Floats = np.bincount(rings.owner, signed, count).astype(np.float64)
        length = np.bincount(rings.owner, lengths, count)
        width: Floats = np.divide(2 * area, length, out=np.zeros(count), where=length > 0)
        return area, width


class Rings:
    """All rings of many polygons in one array."""

    def __init__(self, shapes: Objects) -> None:
        parts, owner = shapely.get_parts(shapes, return_index=True)
        areal = shapely.get_type_id(parts) == 3
        parts, owner = parts[areal], owner[areal]
        rings, part = shapely.get_rings(parts, return_index=True)
        coords = shapely.get_coordinates(rings)
        counts = shapely.get_num_coordinates(rings)
        offsets = np.zeros(len(rings) + 1, np.int64)
        np.cumsum(counts, out=offsets[1:])
        holes = np.zeros(len(rings), np.bool_)
        holes[1:] = part[1:] == part[:-1]
        self.coords: Floats = np.ascontiguousarray(coords, np.float64)
        self.offsets: Ints = offsets
        self.owner: Ints = owner[part].astype(np.int64)
        """The feature each ring belongs to."""
        self.holes: Truths = holes

    def owner_of(self, places: Ints) -> Ints:
        """The feature that the vertices at these places belong to."""
        return self.owner[np.searchsorted(self.offsets, places, side="right") - 1]

    def numbered(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """A number for each different position, bit by bit, and where it stands first."""
        return kernel.vertex_ids(self.coords.view(np.uint64), slots(len(self.coords)))


def slots(count: int) -> int:
    """A power of two that leaves a table of so many entries a third empty at least.

    >>> slots(10), slots(12_000_000)
    (16, 33554432)
    """
    size = 16
    while size * 2 < count * 3:
        size *= 2
    return size


def _area_of(shape: Any) -> Any:
    """What of a mended shape is area."""
    kept = [each for each in shapely.get_parts(shape) if each.geom_type in ("Polygon", "MultiPolygon")]
    return (
        shapely.multipolygons(shapely.get_parts(np.array(kept, dtype=object)))
        if kept
        else shapely.MultiPolygon()
    )
