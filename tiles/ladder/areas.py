"""Dissolved areas 合并同类: what covers the ground stays, class by class; large features stay single."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.history.model import Column
from tiles.ground import EXTENT, degrees
from tiles.ladder import encode, kernel
from tiles.ladder.encode import Outline, Value
from tiles.ladder.lattice import BLOCKS, Lattice, row_areas_m2
from tiles.ladder.plot import Flags, Material, Plot, lattice_of, surveyed
from tiles.vector import PACKED_MOST, TileQuery, packed_bytes

CORNERS_MOST = 1000
"""Of the outlines of a block; with so many in each, a tile is still below the limit of its size."""
LARGER = (2, 4, 8, 16, 64, 1024)
"""So many times as large must be what stays by itself, where a tile is too large."""
WHOLE_TYPES = ("smallint", "integer", "bigint")


class Dissolved(NamedTuple):
    """A tile, and the identities of all that went into it."""

    body: bytes
    fids: list[str]


def material_of(row: Sequence[Any]) -> Material:
    """From a row of the statement, whose arrays are null where there is nothing."""
    return Material(*(each or [] for each in row))


def dissolved(query: TileQuery, material: Material) -> Dissolved:
    """The tile. Where its features' own attributes make it too large, fewer stay by themselves."""
    if not material.fids:
        return Dissolved(b"", [])
    return Dissolved(drawn(query, surveyed(query, material), own_of(material)), _fids(query, material))


def own_of(material: Material) -> dict[str, str]:
    """Attributes of what may stay by itself, by identity."""
    own = zip(material.fids, material.attributes, strict=True)
    return {fid: told for fid, told in own if told is not None}


def drawn(query: TileQuery, plot: Plot, own: Mapping[str, str]) -> bytes:
    """The tile of what lies there; ``own``: attributes of the features that may stay by themselves (JSON)."""
    assert query.rung is not None
    single = plot.single(query.rung.single_px)
    body = _tile(query, plot, own, single)
    for larger in LARGER:
        if packed_bytes(body) <= PACKED_MOST:
            break
        fewer = plot.single(larger * query.rung.single_px)
        if (fewer != single).any():  # else nothing would come out otherwise
            single = fewer
            body = _tile(query, plot, own, single)
    return body


def _fids(query: TileQuery, material: Material) -> list[str]:
    """Identities of what reaches into the tile, where they are wanted."""
    if not query.counted:
        return []
    box = degrees(query.matrix_set, query.tile)
    west, south, east, north = shapely.bounds(shapely.from_wkb(np.array(material.geometries, dtype=object))).T
    touching = (west <= box.right) & (east >= box.left) & (south <= box.top) & (north >= box.bottom)
    return [fid for fid, in_it in zip(material.fids, touching.tolist(), strict=True) if in_it]


def _tile(query: TileQuery, plot: Plot, own: Mapping[str, str], single: Flags) -> bytes:
    """Whole, with some features by themselves."""
    lattice, known = lattice_of(query), len(plot.names)
    grid = plot.told(single).astype(np.int32)[plot.cells]
    kernel.coarsen(grid, lattice.block, CORNERS_MOST)
    edge = lattice.block - lattice.buffer
    shown = np.ascontiguousarray(grid[edge : len(grid) - edge, edge : len(grid) - edge])
    counts = plot.counts - np.bincount(plot.kinds[plot.inside & single], minlength=known)
    core = grid[lattice.block : -lattice.block, lattice.block : -lattice.block]
    weights = np.repeat(row_areas_m2(lattice, query.tile), lattice.cells)
    areas = np.bincount(core.ravel(), weights=weights, minlength=known + 1)

    def properties(label: int) -> dict[str, Value | None]:
        if label > known:
            fid = plot.fids[label - known - 1]
            return {"fid": fid, **json.loads(own[fid])}
        return {
            **_of_class(query, plot.names[label - 1]),
            "count": int(counts[label - 1]),
            "area_m2": round(float(areas[label])),
        }

    return encode.layer(query.table.layer, _outlines(shown, lattice, properties))


def _of_class(query: TileQuery, name: str | None) -> dict[str, Value | None]:
    assert query.rung is not None
    by = query.rung.by
    if by is None or name is None or not query.classed:
        return {}
    return {by: int(name) if _column(query, by).sql_type in WHOLE_TYPES else name}


def _column(query: TileQuery, name: str) -> Column:
    return next(column for column in query.table.columns if column.name == name)


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
