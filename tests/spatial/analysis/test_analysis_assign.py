"""Each point to exactly one cell, shared edges and vertices included."""

from __future__ import annotations

import random

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial.analysis.assign import NOWHERE, Cells

STEPS = st.integers(0, 640).map(lambda step: step / 64)
"""Seats that lie closer than this make GEOS give up its Voronoi polygons."""
PLACES = st.lists(st.tuples(STEPS, STEPS), min_size=3, max_size=12, unique=True)


def one_by_one(codes: list[str], areas: list[shapely.Geometry], point: shapely.Point) -> str | None:
    return min(
        (code for code, area in zip(codes, areas, strict=True) if area.intersects(point)), default=None
    )


@given(PLACES, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_a_point_goes_where_one_look_after_another_would_put_it(
    seats: list[tuple[float, float]], dice: random.Random
) -> None:
    areas = list(shapely.voronoi_polygons(shapely.MultiPoint(seats)).geoms)
    codes = [f"C{number:02d}" for number in range(len(areas))]
    dice.shuffle(codes)
    corners = shapely.get_coordinates(areas)
    middles = (corners[:-1] + corners[1:]) / 2
    points = np.concatenate(
        [corners, middles, np.array(seats), np.random.default_rng(1).uniform(-5, 15, (40, 2))]
    )
    cells = Cells.of(codes, areas)
    found = [None if at == NOWHERE else cells.codes[at] for at in cells.assign(points).tolist()]
    assert found == [one_by_one(codes, areas, shapely.Point(point)) for point in points]
    assert all(code is not None for code in found[: len(corners)]), "a vertex belongs to one of its cells"
    alone = [cells.assign(points[at : at + 1])[0] for at in range(0, len(points), 7)]
    assert alone == cells.assign(points)[::7].tolist()


def test_nothing_lies_in_no_cell() -> None:
    cells = Cells.of(["a"], [shapely.box(0, 0, 1, 1)])
    assert cells.assign(np.empty((0, 2))).tolist() == []
    assert cells.assign(np.array([[2.0, 2.0], [1.0, 1.0]])).tolist() == [NOWHERE, 0]
