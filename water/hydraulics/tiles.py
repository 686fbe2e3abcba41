"""Active tiles 活动区: only where there is water, or may be before the next look, is anything computed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from water.hydraulics.model import Array, Grid

BAND = 4
BLOCK = 16
"""Rows and columns of a tile. No scheme reads over more than two rows, so that it meets two bands at most."""
MARGIN = BAND
"""Cells; water spreads one in a step, so that after so many steps it is time to look again."""

NOTHING = np.zeros((0, 2), np.int64)
Runs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


WET, BEFORE, AFTER, MARKS = range(4)
"""Of a tile: it holds water, and so within the margin of its first and last columns; all its rows are."""


@njit(cache=True, nogil=True, error_model="numpy")
def _deeper(h, least, over):  # type: ignore[no-untyped-def]
    """Add to each column whether its cell of a row holds more than ``least``."""
    for i in range(h.size):
        over[i] |= h[i] > least


@njit(cache=True, nogil=True, error_model="numpy")
def _any(over):  # type: ignore[no-untyped-def]
    """Whether any is set."""
    found = np.uint8(0)
    for i in range(over.size):
        found |= over[i]
    return found


@njit(cache=True, nogil=True, error_model="numpy")
def _wet(h, runs, least, over, marks):  # type: ignore[no-untyped-def]
    """Where active tiles hold water deeper than ``least``; ``over`` is a row of scratch."""
    rows = h.shape[0]
    ptr, low, high = runs
    marks[:] = 0
    for b in range(marks.shape[1]):
        for n in range(ptr[2 * b], ptr[2 * b + 1]):
            lo, hi = low[n], high[n]
            over[lo:hi] = 0
            for j in range(b * BAND, min(rows, (b + 1) * BAND)):
                _deeper(h[j, lo:hi], least, over[lo:hi])
            for left in range(lo, hi, BLOCK):
                right, k = min(hi, left + BLOCK), left // BLOCK
                wet = _any(over[left:right])
                if wet:
                    marks[WET, b, k] = wet
                    marks[BEFORE, b, k] = _any(over[left : min(right, left + MARGIN)])
                    marks[AFTER, b, k] = _any(over[max(left, right - MARGIN) : right])


@njit(cache=True, nogil=True)
def mark(marks, j, i, rows, columns):  # type: ignore[no-untyped-def]
    """Note one wet cell of a grid, as :func:`_wet` does."""
    b, k = j // BAND, i // BLOCK
    marks[WET, b, k] = 1
    if i < k * BLOCK + MARGIN:
        marks[BEFORE, b, k] = 1
    if i >= min(columns, (k + 1) * BLOCK) - MARGIN:
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
            before, after = seed or marks[BEFORE, b, k], seed or marks[AFTER, b, k]
            for y in range(max(0, b - 1), min(bands, b + 2)):
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
    """The tiles in use and the runs of columns that they make in the bands of rows.

    Runs are (pointer, low, high). Entry 2·b of the pointer is of band b, 2·b + 1 of bands b and b + 1
    together: rows i and j beside each other find theirs at i // BAND + j // BAND.
    """

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
        marks = np.empty((MARKS, *self.active.shape), np.uint8)
        _wet(h_m, self.runs, h_m.dtype.type(least_m), np.empty(self.grid.columns, np.uint8), marks)
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
    bands, blocks = active.shape
    padded = np.zeros((2 * bands - 1, blocks + 2), np.int8)
    padded[::2, 1:-1] = active
    padded[1::2, 1:-1] = active[:-1] | active[1:]
    edges = np.diff(padded, axis=1)
    rows, low = np.nonzero(edges == 1)
    _, high = np.nonzero(edges == -1)
    pointer = np.searchsorted(rows, np.arange(2 * bands)).astype(np.int64)
    return pointer, low.astype(np.int64) * BLOCK, np.minimum(high.astype(np.int64) * BLOCK, columns)
