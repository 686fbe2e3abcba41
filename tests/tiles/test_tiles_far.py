"""Which tiles a box touches: never one too few, by an independent computation."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatial.catalogue.city import read_city
from tiles.far.model import touched
from tiles.ground import BUFFER, EXTENT
from tiles.matrix import MatrixSet, Tile, matrix_sets

SETS = tuple(matrix_sets(read_city("370783")).by_id.values())


@pytest.mark.parametrize("matrix_set", SETS, ids=[each.id for each in SETS])
@given(
    west=st.floats(117.5, 120),
    south=st.floats(36, 38),
    width=st.floats(0, 1),
    height=st.floats(0, 1),
    zoom=st.integers(0, 12),
)
def test_every_tile_that_the_box_reaches_is_among_them(
    matrix_set: MatrixSet, west: float, south: float, width: float, height: float, zoom: int
) -> None:
    found = touched(matrix_set, zoom, np.array([[west, south, west + width, south + height]]))
    to_frame = pyproj.Transformer.from_crs(
        4326 if matrix_set.epsg == 3857 else 4490, matrix_set.epsg, always_xy=True
    )
    steps = np.linspace(0, 1, 25)
    lon = west + width * np.concatenate((steps, steps, 0 * steps, 0 * steps + 1))
    lat = south + height * np.concatenate((0 * steps, 0 * steps + 1, steps, steps))
    x, y = to_frame.transform(lon, lat)
    side = matrix_set.tile_side(zoom)
    reach = side * BUFFER / EXTENT * 0.999
    for east in (-reach, reach):
        for north in (-reach, reach):
            columns = np.floor((x + east - matrix_set.left) / side).astype(int)
            rows = np.floor((matrix_set.top - y - north) / side).astype(int)
            places = zip(rows.tolist(), columns.tolist(), strict=True)
            assert {Tile(zoom, row, column) for row, column in places} <= found
