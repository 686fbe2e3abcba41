"""Flow over a terrain 地形汇流: filled depressions, D8 directions, accumulation, height above drainage."""

from __future__ import annotations

import numpy as np
from numba import njit

STEPS = ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))
"""The eight neighbours, in the order in which they are visited."""


@njit(cache=True, nogil=True)
def _less(levels, a, b):  # type: ignore[no-untyped-def]
    return levels[a] < levels[b] or (levels[a] == levels[b] and a < b)


@njit(cache=True, nogil=True)
def _push(heap, size, cell, levels):  # type: ignore[no-untyped-def]
    k = size
    while k > 0:
        parent = (k - 1) >> 1
        if not _less(levels, cell, heap[parent]):
            break
        heap[k] = heap[parent]
        k = parent
    heap[k] = cell
    return size + 1


@njit(cache=True, nogil=True)
def _pop(heap, size, levels):  # type: ignore[no-untyped-def]
    last = heap[size - 1]
    size -= 1
    k = 0
    while True:
        child = 2 * k + 1
        if child >= size:
            break
        if child + 1 < size and _less(levels, heap[child + 1], heap[child]):
            child += 1
        if not _less(levels, heap[child], last):
            break
        heap[k] = heap[child]
        k = child
    if size > 0:
        heap[k] = last
    return size


@njit(cache=True, nogil=True)
def flood(terrain, filled, down, order):  # type: ignore[no-untyped-def]
    """Priority flood from the edge of the grid (Barnes et al. 2014), cells by level, then by number.

    ``filled`` gets the spill level, ``down`` the cell each flows to (itself at the edge), ``order`` the
    cells from the outlets upstream. Cells inside a depression wait in a small heap of their own.
    """
    rows, columns = terrain.shape
    count = rows * columns
    raw, levels, target = terrain.ravel(), filled.ravel(), down.ravel()
    known = np.zeros(count, np.bool_)
    heap = np.empty(count, np.int32)
    pit = np.empty(count, np.int32)
    size, inside = 0, 0
    for cell in range(count):
        j, i = cell // columns, cell % columns
        if j == 0 or i == 0 or j == rows - 1 or i == columns - 1:
            levels[cell], target[cell], known[cell] = raw[cell], cell, True
            size = _push(heap, size, cell, levels)
    done = 0
    while size > 0 or inside > 0:
        if inside > 0 and (size == 0 or _less(levels, pit[0], heap[0])):
            cell = pit[0]
            inside = _pop(pit, inside, levels)
        else:
            cell = heap[0]
            size = _pop(heap, size, levels)
        order[done] = cell
        done += 1
        j, i = cell // columns, cell % columns
        for dj, di in STEPS:
            y, x = j + dj, i + di
            if not (0 <= y < rows and 0 <= x < columns):
                continue
            near = y * columns + x
            if known[near]:
                continue
            known[near] = True
            target[near] = cell
            if raw[near] <= levels[cell]:
                levels[near] = levels[cell]
                inside = _push(pit, inside, near, levels)
            else:
                levels[near] = raw[near]
                size = _push(heap, size, near, levels)


@njit(cache=True, nogil=True)
def accumulate(down, order, cells):  # type: ignore[no-untyped-def]
    """Cells that drain through each cell, itself among them."""
    target, total = down.ravel(), cells.ravel()
    total[:] = 1
    for k in range(order.size - 1, -1, -1):
        cell = order[k]
        if target[cell] != cell:
            total[target[cell]] += total[cell]


@njit(cache=True, nogil=True)
def drain(filled, down, order, cells, least, longest, hand, reach):  # type: ignore[no-untyped-def]
    """Height above the nearest stream cell downstream, and the reach that cell is of.

    A stream begins where ``least`` cells drain; a reach ends at a confluence or after ``longest`` cells.
    Off any stream the height is infinite and the reach -1. Returns the number of reaches.
    """
    levels, target, total = filled.ravel(), down.ravel(), cells.ravel()
    height, number = hand.ravel(), reach.ravel()
    tributaries = np.zeros(levels.size, np.int8)
    length = np.zeros(levels.size, np.int32)
    base = np.empty(levels.size, levels.dtype)
    for cell in range(levels.size):
        if target[cell] != cell and total[cell] >= least:
            tributaries[target[cell]] += 1
    found = 0
    for k in range(order.size):
        cell = order[k]
        below = target[cell]
        if total[cell] >= least:
            base[cell] = levels[cell]
            follows = below != cell and tributaries[below] == 1 and length[below] < longest
            if follows:
                number[cell], length[cell] = number[below], length[below] + 1
            else:
                number[cell], length[cell] = found, 1
                found += 1
            height[cell] = 0
        elif below == cell or number[below] < 0:
            number[cell], height[cell] = -1, np.inf
        else:
            number[cell], base[cell] = number[below], base[below]
            height[cell] = levels[cell] - base[cell]
    return found


@njit(cache=True, nogil=True)
def storage(hand, reach, spacing, volume, area):  # type: ignore[no-untyped-def]
    """Per reach and stage: sum of depths and number of wet cells, at stages 0, spacing, 2·spacing, …"""
    height, number = hand.ravel(), reach.ravel()
    stages = volume.shape[1]
    # Counts and heights by class first; running sums make them depths.
    for cell in range(height.size):
        if number[cell] >= 0:
            k = int(np.floor(height[cell] / spacing)) + 1
            if k < stages:
                area[number[cell], k] += 1
                volume[number[cell], k] += height[cell]
    for r in range(volume.shape[0]):
        wet, heights = 0.0, 0.0
        for k in range(stages):
            wet += area[r, k]
            heights += volume[r, k]
            area[r, k] = wet
            volume[r, k] = wet * k * spacing - heights
