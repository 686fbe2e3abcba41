"""What lies where on the cells in and about a tile 格网底图, surveyed from its features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from tiles.ground import followed
from tiles.ladder import kernel
from tiles.ladder.lattice import Floats, Ints, Lattice
from tiles.matrix import TILE_PX, Box
from tiles.vector import TileQuery

Cells = NDArray[np.int32]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Material:
    """What a tile can show of what lies in and about it, in the order of identities.

    It is read by ``tiles.ladder.store.material``.
    """

    fids: Sequence[str]
    classes: Sequence[str | None]
    sizes_px: Sequence[float]
    attributes: Sequence[str | None]
    """As JSON; only of what is large enough to stay by itself."""
    geometries: Sequence[bytes]
    other_classes: Sequence[str | None] = ()
    """Of areas too small for the level's cells, with their middle in the tile."""
    other_counts: Sequence[int] = ()
    """How many there are of each."""


@dataclass(frozen=True, slots=True)
class Plot:
    """The cells of a tile and of a block more on every side, each with the label of what lies on it.

    0 where nothing lies, then the classes, then the features that may stay by themselves.
    """

    cells: Cells
    names: Sequence[str | None]
    """Of the classes: first that of features without one."""
    counts: Ints
    """Of each class, features with their middle in the tile."""
    fids: Sequence[str]
    """Of the features that may stay by themselves, in order; the rest is of these."""
    kinds: Ints
    """Places of their classes among the names."""
    sizes_px: Floats
    inside: Flags
    """Whether their middle lies in the tile."""

    def told(self, single: Flags) -> Ints:
        """The label under which each is shown, where only some of the features stay by themselves."""
        own = len(self.names) + 1 + np.arange(len(self.fids))
        features = np.where(single, own, self.kinds + 1)
        return np.concatenate((np.arange(len(self.names) + 1), features))

    def single(self, least_px: float) -> Flags:
        """Which features are so large."""
        return np.asarray(self.sizes_px >= least_px)


def lattice_of(query: TileQuery) -> Lattice:
    """The cells that a dissolved tile is told on."""
    assert query.rung is not None
    return Lattice(query.matrix_set, query.tile.zoom, round(TILE_PX / query.rung.minimum_px))


def numbered(classes: Sequence[str | None]) -> tuple[list[str | None], dict[str | None, int]]:
    """The names of the classes in order, and the place of each."""
    names: list[str | None] = [None, *sorted({each for each in classes if each is not None})]
    return names, {name: at for at, name in enumerate(names)}


def surveyed(query: TileQuery, material: Material) -> Plot:
    """From all features that lie there."""
    lattice = lattice_of(query)
    shapes = shapely.from_wkb(np.array(material.geometries, dtype=object))
    boxes = shapely.bounds(shapes).reshape(-1, 4)
    domain = followed(query.matrix_set)
    if domain is not None:
        shapes, boxes = _cut_to(domain, shapes, boxes)
    names, number = numbered([*material.classes, *material.other_classes])
    kinds = np.array([number[each] for each in material.classes], dtype=np.int64)
    large = np.flatnonzero(np.array([each is not None for each in material.attributes], dtype=bool))
    labels = kinds + 1
    labels[large] = len(names) + 1 + np.arange(len(large))
    inside = _inside(lattice, query, boxes)
    counts = np.bincount(kinds[inside], minlength=len(names))
    counts[[number[each] for each in material.other_classes]] += np.array(material.other_counts, np.int64)
    return Plot(
        cells=_burnt(lattice, query, shapes, labels),
        names=names,
        counts=counts,
        fids=[material.fids[at] for at in large.tolist()],
        kinds=kinds[large],
        sizes_px=np.array(material.sizes_px, dtype=np.float64)[large],
        inside=inside[large],
    )


def _cut_to(domain: Box, shapes: NDArray[np.object_], boxes: Floats) -> tuple[NDArray[np.object_], Floats]:
    """Areas, and the boxes around them, as far as the frame has places for them."""
    least, most = (domain.left, domain.bottom) * 2, (domain.right, domain.top) * 2
    cut = np.clip(boxes, least, most)
    for at in np.flatnonzero((cut != boxes).any(axis=1)).tolist():
        parts = shapely.get_parts(shapely.clip_by_rect(shapes[at], *least[:2], *most[:2]))
        shapes[at] = shapely.MultiPolygon([part for part in parts if part.geom_type == "Polygon"])
    return shapes, cut


def _burnt(lattice: Lattice, query: TileQuery, shapes: NDArray[np.object_], labels: Ints) -> Cells:
    side = lattice.cells + 2 * lattice.block
    cells = np.zeros((side, side), np.int32)
    column, row = lattice.window(query.tile)
    origin_x, origin_y = (at * lattice.step + lattice.sample for at in (column, row))
    lon_lat, ring_ends, shape_ends = _rings_of(shapes)
    x, y = lattice.units(lon_lat[:, 0], lon_lat[:, 1])
    kernel.burn(x, y, ring_ends, shape_ends, labels, origin_x, origin_y, lattice.step, cells)
    # Beyond the edges of the set there are no tiles, so nothing could be handed up from there.
    rows, columns = (
        number * lattice.cells
        for number in (query.matrix_set.rows(lattice.zoom), query.matrix_set.columns(lattice.zoom))
    )
    for first, end, axis in ((row, rows, cells), (column, columns, cells.T)):
        axis[: max(0, -first)] = 0
        axis[max(0, end - first) :] = 0
    return cells


def _rings_of(shapes: NDArray[np.object_]) -> tuple[Floats, Ints, Ints]:
    """All vertices, where rings end among them, and where shapes end among the rings."""
    if not len(shapes):
        return np.empty((0, 2)), np.empty(0, np.int64), np.empty(0, np.int64)
    kind, coordinates, offsets = shapely.to_ragged_array(shapes, include_z=False)
    rings = np.asarray(offsets[0][1:], np.int64)
    ends = np.asarray(offsets[1], np.int64)
    if kind is shapely.GeometryType.MULTIPOLYGON:
        ends = ends[np.asarray(offsets[2], np.int64)]
    return coordinates, rings, ends[1:]


def _inside(lattice: Lattice, query: TileQuery, boxes: Floats) -> Flags:
    """Whose middle lies in the tile itself: each feature's in one tile of a level."""
    west, south, east, north = boxes.T
    x, y = lattice.units((west + east) / 2, (south + north) / 2)
    side = lattice.step * lattice.cells
    return np.asarray((x // side == query.tile.column) & (y // side == query.tile.row))
