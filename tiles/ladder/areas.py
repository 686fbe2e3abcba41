"""Dissolved areas 合并同类: what covers the ground stays, class by class; large features stay single."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.history.model import Column
from tiles.ground import EXTENT, degrees
from tiles.ladder import encode, kernel
from tiles.ladder.encode import Outline, Value
from tiles.ladder.lattice import BLOCKS, Floats, Ints, Lattice, row_areas_m2
from tiles.matrix import TILE_PX
from tiles.vector import PACKED_MOST, TileQuery, packed_bytes

CORNERS_MOST = 1000
"""Of the outlines of a block; with so many in each, a tile is still below the limit of its size."""
LARGER = (1, 2, 4, 8, 16, 64, 1024)
"""So many times as large must be what stays by itself, where a tile is too large."""
WHOLE_TYPES = ("smallint", "integer", "bigint")


@dataclass(frozen=True, slots=True)
class Material:
    """What lies in and about a tile, in the order of identities; read by ``tiles.ladder.store.material``."""

    fids: Sequence[str]
    classes: Sequence[str | None]
    sizes_px: Sequence[float]
    attributes: Sequence[str | None]
    """As JSON; only of what is large enough to stay by itself."""
    geometries: Sequence[bytes]


class Dissolved(NamedTuple):
    """A tile, and the identities of all that went into it."""

    body: bytes
    fids: list[str]


def material_of(row: Sequence[Any]) -> Material:
    """From a row of the statement, whose arrays are null where there is nothing."""
    return Material(*(each or [] for each in row))


def dissolved(query: TileQuery, material: Material) -> Dissolved:
    """The tile. Where its features' own attributes make it too large, fewer stay by themselves."""
    assert query.rung is not None
    if not material.fids:
        return Dissolved(b"", [])
    lattice = Lattice(query.matrix_set, query.tile.zoom, round(TILE_PX / query.rung.minimum_px))
    ground = _Ground(query, lattice, material)
    body = b""
    for larger in LARGER:
        body = ground.tile(larger * query.rung.single_px)
        if packed_bytes(body) <= PACKED_MOST:
            break
    return Dissolved(body, ground.fids() if query.counted else [])


class _Ground:
    """The features of a tile in units."""

    def __init__(self, query: TileQuery, lattice: Lattice, material: Material) -> None:
        self._query, self._lattice, self._material = query, lattice, material
        shapes = shapely.from_wkb(np.array(material.geometries, dtype=object))
        self._boxes: Floats = shapely.bounds(shapes).reshape(-1, 4)
        self._sizes = np.array(material.sizes_px, dtype=np.float64)
        self._large = np.array([each is not None for each in material.attributes], dtype=bool)
        names = sorted({each for each in material.classes if each is not None})
        self._names: list[str | None] = [None, *names]
        number = {name: at for at, name in enumerate(self._names)}
        self._classes = np.array([number[each] for each in material.classes], dtype=np.int64)
        self._rings = _rings_of(shapes)
        self._counted = _inside(lattice, query, self._boxes)

    def fids(self) -> list[str]:
        """Identities of what reaches into the tile."""
        box = degrees(self._query.matrix_set, self._query.tile)
        west, south, east, north = self._boxes.T
        touching = (west <= box.right) & (east >= box.left) & (south <= box.top) & (north >= box.bottom)
        return [fid for fid, in_it in zip(self._material.fids, touching.tolist(), strict=True) if in_it]

    def tile(self, single_px: float) -> bytes:
        """Whole, with those features by themselves that are so large."""
        single = self._large & (self._sizes >= single_px)
        labels = self._classes + 1
        numbers = np.flatnonzero(single)
        labels[numbers] = len(self._names) + 1 + np.arange(len(numbers))
        grid = self._burnt(labels)
        lattice = self._lattice
        kernel.coarsen(grid, lattice.block, CORNERS_MOST)
        edge = lattice.block - lattice.buffer
        own = np.ascontiguousarray(grid[edge : len(grid) - edge, edge : len(grid) - edge])
        counts = np.bincount(self._classes[self._counted & ~single], minlength=len(self._names))
        core = grid[lattice.block : -lattice.block, lattice.block : -lattice.block]
        weights = np.repeat(row_areas_m2(lattice, self._query.tile), lattice.cells)
        areas = np.bincount(core.ravel(), weights=weights, minlength=len(self._names) + 1)

        def properties(label: int) -> dict[str, Value | None]:
            if label > len(self._names):
                return self._own(int(numbers[label - len(self._names) - 1]))
            name = self._names[label - 1]
            return {
                **self._of_class(name),
                "count": int(counts[label - 1]),
                "area_m2": round(float(areas[label])),
            }

        return encode.layer(self._query.table.layer, _outlines(own, lattice, properties))

    def _burnt(self, labels: Ints) -> NDArray[np.int32]:
        lattice, tile = self._lattice, self._query.tile
        side = lattice.cells + 2 * lattice.block
        grid = np.zeros((side, side), np.int32)
        column, row = lattice.window(tile)
        origin_x, origin_y = (at * lattice.step + lattice.sample for at in (column, row))
        lon_lat, ring_ends, shape_ends = self._rings
        x, y = lattice.units(lon_lat[:, 0], lon_lat[:, 1])
        kernel.burn(x, y, ring_ends, shape_ends, labels, origin_x, origin_y, lattice.step, grid)
        return grid

    def _own(self, number: int) -> dict[str, Value | None]:
        told = self._material.attributes[number]
        assert told is not None  # only what is large stays by itself
        return {"fid": self._material.fids[number], **json.loads(told)}

    def _of_class(self, name: str | None) -> dict[str, Value | None]:
        query = self._query
        assert query.rung is not None
        by = query.rung.by
        if by is None or name is None or not query.classed:
            return {}
        return {by: int(name) if _column(query, by).sql_type in WHOLE_TYPES else name}


def _column(query: TileQuery, name: str) -> Column:
    return next(column for column in query.table.columns if column.name == name)


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


def _inside(lattice: Lattice, query: TileQuery, boxes: Floats) -> NDArray[np.bool_]:
    """Whose middle lies in the tile itself: each feature's in one tile of a level."""
    west, south, east, north = boxes.T
    x, y = lattice.units((west + east) / 2, (south + north) / 2)
    side = lattice.step * lattice.cells
    return np.asarray((x // side == query.tile.column) & (y // side == query.tile.row))


def _outlines(
    grid: NDArray[np.int32], lattice: Lattice, properties: Callable[[int], dict[str, Value | None]]
) -> list[Outline]:
    """Of every label of the grid, in order."""
    patches = kernel.components(grid)
    side, reach = lattice.cells, lattice.buffer
    # What lies within the buffers of two tiles is drawn alike by both.
    anchors = np.unique([0, reach, 2 * reach, side, side + reach, side + 2 * reach])
    points, ends, of_patch, outer = kernel.trace(grid, patches, anchors)
    if not len(ends):
        return []
    of_label = np.zeros(patches.max() + 1, np.int64)
    of_label[patches.ravel()] = grid.ravel()
    labels = of_label[of_patch]
    order = np.lexsort((~outer, of_patch, labels))
    starts = np.concatenate(([0], ends[:-1]))
    shown, firsts = np.unique(labels[order], return_index=True)
    group_ends = np.append(firsts[1:], len(order))
    steps = points.astype(np.int64) * (EXTENT // lattice.cells) // 2 - reach * (EXTENT // lattice.cells)
    commands = encode.rings(steps, starts[order], ends[order], group_ends)
    return [Outline(properties(int(label)), each) for label, each in zip(shown, commands, strict=True)]


assert BLOCKS * 4 == EXTENT // 64  # a block is four buffers
