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
"""Cells; water spreads one in a step, so that after so many steps it is time to look again."""

NOTHING = np.zeros((0, 2), np.int64)
Runs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


WET, UP, DOWN, BEFORE, AFTER = range(5)
"""Of a tile: it holds water, and so within the margin of its first and last rows and columns."""


@njit(cache=True, nogil=True)
def _wet(h, active, least, marks):  # type: ignore[no-untyped-def]
    """Where active tiles hold water deeper than ``least``."""
    rows, columns = h.shape
    marks[:] = 0
    for b in range(active.shape[0]):
        for k in range(active.shape[1]):
            if active[b, k]:
                top, bottom = b * BAND, min(rows, (b + 1) * BAND)
                left, right = k * BLOCK, min(columns, (k + 1) * BLOCK)
                for j in range(top, bottom):
                    for i in range(left, right):
                        if h[j, i] > least:
                            mark(marks, b, k, j, i, top, bottom, left, right)


@njit(cache=True, nogil=True)
def mark(marks, b, k, j, i, top, bottom, left, right):  # type: ignore[no-untyped-def]
    """Note a wet cell of a tile."""
    marks[WET, b, k] = 1
    if j < top + MARGIN:
        marks[UP, b, k] = 1
    if j >= bottom - MARGIN:
        marks[DOWN, b, k] = 1
    if i < left + MARGIN:
        marks[BEFORE, b, k] = 1
    if i >= right - MARGIN:
        marks[AFTER, b, k] = 1


@njit(cache=True, nogil=True)
def _spread(marks, seeds, out):  # type: ignore[no-untyped-def]
    """Tiles that hold water, or a seed, or lie within the margin of one."""
    bands, blocks = seeds.shape
    out[:] = False
    for b in range(bands):
        for k in range(blocks):
            seed = seeds[b, k]
            if not (seed or marks[WET, b, k]):
                continue
            up, down = seed or marks[UP, b, k], seed or marks[DOWN, b, k]
            before, after = seed or marks[BEFORE, b, k], seed or marks[AFTER, b, k]
            for y in range(max(0, b - 1 if up else b), min(bands, b + 2 if down else b + 1)):
                for x in range(max(0, k - 1 if before else k), min(blocks, k + 2 if after else k + 1)):
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

    def look(self, h_m: Array, across: Array, along: Array, least_m: float) -> None:
        """Find the tiles for the next steps; water deeper than ``least_m`` counts."""
        if self.seeds.all():
            return
        marks = np.empty((5, *self.active.shape), np.uint8)
        _wet(h_m, self.active, least_m, marks)
        before = self.active
        if len(self.spread(marks)):
            _quiet(before, self.active, across, along)

    def spread(self, marks: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Take the tiles about those where water stands; returns what fell dry (band, block)."""
        found = np.empty_like(self.active)
        _spread(marks, self.seeds, found)
        if np.array_equal(found, self.active):
            return NOTHING
        dry = np.argwhere(self.active & ~found)
        self.active = found
        self.runs = _runs(found, self.grid.columns)
        return dry

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
