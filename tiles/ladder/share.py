"""What a tile hands up 上交 to the level above, so that this need not survey all its features anew.

A cell's sample point is one of the finer level's too, and a feature that is
large enough to stay by itself on a level is large enough on the finer one. So
every second cell of a tile, with the classes and the large features on it, is
all that the level above could learn from the features themselves.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import numpy as np

from spatial.catalogue.contract import Step
from spatial.catalogue.ladder import Resolved
from tiles.ladder.lattice import Lattice
from tiles.ladder.model import Share
from tiles.ladder.plot import Cells, Plot, lattice_of, numbered
from tiles.matrix import MatrixSet, Tile
from tiles.vector import TileQuery

QUICK = 1  # a share is read oftener than it is kept


def hands_up(finer: Resolved | None, coarser: Resolved | None) -> bool:
    """Whether tiles of a rung can be made of what those of the next finer level hand up.

    >>> near = Resolved(Step.DISSOLVE, "use", 0.5, 4.0, 32, None)
    >>> hands_up(near, Resolved(Step.DISSOLVE, "use", 0.5, 4.0, 32, frozenset({"use"})))
    True
    >>> hands_up(near, Resolved(Step.DISSOLVE, "owner", 0.5, 4.0, 32, None))
    False
    """
    if finer is None or coarser is None or {finer.step, coarser.step} != {Step.DISSOLVE}:
        return False
    alike = finer.by == coarser.by and finer.minimum_px == coarser.minimum_px
    return alike and finer.single_px <= 2 * coarser.single_px


def handed_up(query: TileQuery, plot: Plot, single_px: float) -> Share | None:
    """A tile's share, where the level above keeps features of so many pixels; ``None`` of an empty tile."""
    lattice = lattice_of(query)
    above = Lattice(lattice.matrix_set, lattice.zoom - 1, lattice.cells)
    first = lattice.block + (above.sample - lattice.sample) // lattice.step
    half = plot.cells[first : first + lattice.cells : 2, first : first + lattice.cells : 2]
    told = plot.told(plot.single(2 * single_px))
    cells = told[half]
    shown = np.zeros(len(told), bool)
    shown[cells.ravel()] = True
    known = len(plot.names) + 1
    staying = np.flatnonzero(plot.single(2 * single_px) & (shown[known:] | plot.inside))
    if not shown[1:].any() and not plot.counts.any():
        return None
    places = np.arange(len(told), dtype=np.int32)
    places[known + staying] = known + np.arange(len(staying))
    return Share(
        names=plot.names,
        counts=plot.counts.tolist(),
        fids=[plot.fids[at] for at in staying.tolist()],
        kinds=plot.kinds[staying].tolist(),
        sizes_px=(plot.sizes_px[staying] / 2).tolist(),
        inside=plot.inside[staying].tolist(),
        cells=zlib.compress(places[cells].tobytes(), QUICK),
    )


def givers(matrix_set: MatrixSet, tile: Tile) -> list[Tile]:
    """The tiles of the finer level that lie in a tile and along its edges."""
    zoom, steps = tile.zoom + 1, range(-1, 3)
    rows, columns = matrix_set.rows(zoom), matrix_set.columns(zoom)
    places = [(2 * tile.row + down, 2 * tile.column + along) for down in steps for along in steps]
    return [Tile(zoom, r, c) for r, c in places if 0 <= r < rows and 0 <= c < columns]


def assembled(query: TileQuery, shares: Mapping[Tile, Share]) -> Plot:
    """From what the finer level hands up; a tile without a share is an empty one."""
    names, number = numbered([name for share in shares.values() for name in share.names])
    fids = sorted({fid for share in shares.values() for fid in share.fids})
    place = {fid: at for at, fid in enumerate(fids)}
    kinds, sizes_px = np.zeros(len(fids), np.int64), np.zeros(len(fids))
    inside, counts = np.zeros(len(fids), bool), np.zeros(len(names), np.int64)
    lattice = lattice_of(query)
    half, margin = lattice.cells // 2, lattice.cells // 2 - lattice.block
    cells = np.zeros((4 * half, 4 * half), np.int32)
    top, left = 2 * query.tile.row - 1, 2 * query.tile.column - 1
    for tile, share in shares.items():
        of_class = np.array([number[name] for name in share.names], np.int64)
        at = np.array([place[fid] for fid in share.fids], np.int64)
        kinds[at], sizes_px[at] = of_class[np.array(share.kinds, np.int64)], share.sizes_px
        if (tile.row // 2, tile.column // 2) == (query.tile.row, query.tile.column):
            counts[of_class] += np.array(share.counts, np.int64)
            inside[at] |= np.array(share.inside, bool)
        told = np.concatenate(([0], of_class + 1, at + len(names) + 1)).astype(np.int32)
        down, along = (tile.row - top) * half, (tile.column - left) * half
        cells[down : down + half, along : along + half] = told[_unpacked(share, half)]
    core = cells[margin:-margin, margin:-margin]
    return Plot(np.ascontiguousarray(core), names, counts, fids, kinds, sizes_px, inside)


def _unpacked(share: Share, side: int) -> Cells:
    return np.frombuffer(zlib.decompress(share.cells), np.int32).reshape(side, side)
