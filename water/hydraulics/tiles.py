"""Active tiles 活动区: only where there is water, or may be before the next look, is anything computed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from water.hydraulics.model import Array, Grid

BAND = 16
BLOCK = 64
MARGIN = 8
"""Water spreads one cell in a step of local inertia and two in one of Godunov."""

NOTHING = np.zeros((0, 2), np.int64)
Runs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


@njit(cache=True, nogil=True)
def _spread(h, seeds, active, least, out):  # type: ignore[no-untyped-def]
    """Tiles that hold water, or a seed, or lie within the margin of one."""
    rows, columns = h.shape
    bands, blocks = active.shape
    out[:] = False
    for b in range(bands):
        for k in range(blocks):
            if not (active[b, k] or seeds[b, k]):
                continue
            top, bottom = b * BAND, min(rows, (b + 1) * BAND)
            left, right = k * BLOCK, min(columns, (k + 1) * BLOCK)
            up = down = before = after = wet = seeds[b, k]
            if active[b, k]:
                for j in range(top, bottom):
                    for i in range(left, right):
                        if h[j, i] > least:
                            wet = True
                            up = up or j < top + MARGIN
                            down = down or j >= bottom - MARGIN
                            before = before or i < left + MARGIN
                            after = after or i >= right - MARGIN
            if not wet:
                continue
            for y in range(max(0, b - up), min(bands, b + down + 1)):
                for x in range(max(0, k - before), min(blocks, k + after + 1)):
                    out[y, x] = True


@njit(cache=True, nogil=True)
def _quiet(old, new, across, along):  # type: ignore[no-untyped-def]
    """No flow is left behind in a tile that falls dry, as the next step would have found."""
    for b in range(old.shape[0]):
        for k in range(old.shape[1]):
            if old[b, k] and not new[b, k]:
                for j in range(b * BAND, min(across.shape[0], (b + 1) * BAND)):
                    across[j, k * BLOCK : (k + 1) * BLOCK] = 0.0
                for j in range(b * BAND, min(along.shape[0], (b + 1) * BAND)):
                    along[j, k * BLOCK : (k + 1) * BLOCK] = 0.0


@dataclass(slots=True)
class Tiles:
    """The tiles in use and the runs of columns that they make in every band of rows."""

    grid: Grid
    seeds: NDArray[np.bool_]
    active: NDArray[np.bool_]
    runs: Runs

    @classmethod
    def over(cls, grid: Grid, cells: NDArray[np.int64], everywhere: bool) -> Tiles:
        """``cells`` (row, column) may get water from outside at any time; with rain all may."""
        shape = (-(-grid.rows // BAND), -(-grid.columns // BLOCK))
        seeds = np.full(shape, everywhere)
        if len(cells):
            seeds[cells[:, 0] // BAND, cells[:, 1] // BLOCK] = True
        active = np.ones(shape, bool)
        return cls(grid, seeds, active, _runs(active, grid.columns))

    def look(self, h_m: Array, across: Array, along: Array, least_m: float) -> NDArray[np.int64]:
        """Find the tiles for the next steps; water deeper than ``least_m`` counts. Returns what fell dry."""
        if self.seeds.all():
            return NOTHING
        found = np.empty_like(self.active)
        _spread(h_m, self.seeds, self.active, least_m, found)
        if not np.array_equal(found, self.active):
            _quiet(self.active, found, across, along)
            dry = np.argwhere(self.active & ~found)
            self.active = found
            self.runs = _runs(found, self.grid.columns)
            return dry
        return NOTHING

    @property
    def share(self) -> float:
        """Part of the tiles that is computed."""
        return float(self.active.mean())


def _runs(active: NDArray[np.bool_], columns: int) -> Runs:
    padded = np.zeros((active.shape[0], active.shape[1] + 2), np.int8)
    padded[:, 1:-1] = active
    edges = np.diff(padded, axis=1)
    bands, low = np.nonzero(edges == 1)
    _, high = np.nonzero(edges == -1)
    pointer = np.searchsorted(bands, np.arange(active.shape[0] + 1)).astype(np.int64)
    return pointer, low.astype(np.int64) * BLOCK, np.minimum(high.astype(np.int64) * BLOCK, columns)
