"""HAND and its rating against a plain search in Python and hand calculations."""

from __future__ import annotations

import heapq

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from water.errors import BadForcing, BadGround
from water.hydraulics.hand import drainage, hand, inundation, rating, stages
from water.hydraulics.model import Grid

AROUND = [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)]


def searched(terrain: np.ndarray, least: int):
    """Spill level, receiving cell, accumulation and HAND, cell by cell with dictionaries."""
    rows, columns = terrain.shape
    cells = [(j, i) for j in range(rows) for i in range(columns)]
    heap, level, to = [], {}, {}
    for j, i in cells:
        if j in (0, rows - 1) or i in (0, columns - 1):
            level[j, i], to[j, i] = terrain[j, i], None
            heapq.heappush(heap, (terrain[j, i], (j, i)))
    visited = []
    while heap:
        _, (j, i) = heapq.heappop(heap)
        visited.append((j, i))
        for dj, di in AROUND:
            near = (j + dj, i + di)
            if near in level or not (0 <= near[0] < rows and 0 <= near[1] < columns):
                continue
            level[near], to[near] = max(terrain[near], level[j, i]), (j, i)
            heapq.heappush(heap, (level[near], near))
    total = dict.fromkeys(cells, 0)
    for cell in cells:
        walk = cell
        while walk is not None:
            total[walk] += 1
            walk = to[walk]
    heights = {}
    for cell in cells:
        walk = cell
        while walk is not None and total[walk] < least:
            walk = to[walk]
        heights[cell] = np.inf if walk is None else level[cell] - level[walk]

    def grid(of):
        return np.array([of[cell] for cell in cells]).reshape(rows, columns)

    return grid(level), grid(total), grid(heights), to


@settings(max_examples=40, deadline=None)
@given(st.integers(3, 14), st.integers(3, 14), st.integers(0, 2**32 - 1), st.integers(2, 12), st.booleans())
def test_equal_to_a_plain_search(rows, columns, seed, least, steps):
    rng = np.random.default_rng(seed)
    terrain = rng.random((rows, columns)) * 10
    if steps:
        terrain = np.floor(terrain)
    found = drainage(Grid(rows, columns, 10.0), terrain)
    level, total, heights, to = searched(terrain, least)
    np.testing.assert_array_equal(found.filled_m, level)
    np.testing.assert_array_equal(found.cells, total)
    for (j, i), target in to.items():
        assert found.down[j, i] == (j * columns + i if target is None else target[0] * columns + target[1])
    over = hand(found, least * 100.0)
    np.testing.assert_array_equal(over.hand_m, heights)
    assert (np.isinf(over.hand_m) == (over.reach < 0)).all()


def valley(columns: int = 60) -> tuple[Grid, np.ndarray]:
    """A straight valley falling 1 in 1000 to the west, sides 1 in 10, cells of 10 m."""
    grid = Grid(21, columns, 10.0)
    return grid, 0.01 * np.arange(columns) + np.abs(np.arange(21.0) - 10)[:, None]


def test_the_rating_of_a_valley_is_manning_in_a_triangle():
    grid, terrain = valley()
    over = hand(drainage(grid, terrain), 100.0 * 21 * 5, reach_m=1e6)
    reach = int(over.reach[10, 20])
    assert over.slope[reach] == pytest.approx(1e-3, rel=0.05)
    table = rating(over, 0.05, highest_m=8.0, spacing_m=0.5)
    section = 4.0 * 4.0 * 10.0
    radius = section / (2 * 4.0 * 10.0)
    discharge = table.discharge_m3_s[reach, 8] * over.length_m[reach] / 600.0
    assert discharge == pytest.approx(section * radius ** (2 / 3) * 1e-3**0.5 / 0.05, rel=0.2)
    assert (np.diff(table.discharge_m3_s[reach]) > 0).all()


def test_a_stage_wets_what_lies_below_it():
    grid, terrain = valley()
    over = hand(drainage(grid, terrain), 100.0 * 21 * 5, reach_m=1e6)
    depth = inundation(over, 2.5)
    np.testing.assert_allclose(depth[:, 20], np.maximum(2.5 - np.abs(np.arange(21.0) - 10), 0), atol=0.1)
    table = rating(over, 0.05)
    wanted = table.discharge_m3_s[:, 7]
    np.testing.assert_allclose(stages(table, wanted), 7 * table.spacing_m)


def test_what_the_rating_does_not_know_is_refused():
    grid, terrain = valley()
    over = hand(drainage(grid, terrain), 100.0 * 21 * 5)
    table = rating(over, 0.05)
    with pytest.raises(BadForcing, match="1e\\+09"):
        stages(table, np.full(len(over.length_m), 1e9))
    with pytest.raises(BadForcing, match="reaches"):
        stages(table, np.zeros(len(over.length_m) + 1))
    terrain[3, 3] = np.nan
    with pytest.raises(BadGround, match="row 3"):
        drainage(grid, terrain)
