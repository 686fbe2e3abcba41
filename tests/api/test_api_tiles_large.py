"""A geometry of very many vertices: tiles of it in good time, and right to a fraction of a pixel."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest
import shapely
from api_serving import Place, Served, contract, database_of, deliver, publish, server
from tile_requests import BUFFER, EXTENT, GRIDS, Grid, tile

ALL = pytest.mark.parametrize("grid", GRIDS.values(), ids=lambda grid: grid.id)
VERTICES = 300_000
LON, LAT, REACH_DEG = 118.8, 36.9, 0.1
"""Below the limit of a statement, on a machine under load; without thinning it takes minutes."""


def ring(vertices: int) -> np.ndarray:
    """A circle with five thousand bays, and a tremor from vertex to vertex."""
    angle = np.linspace(0, 2 * math.pi, vertices, endpoint=False)
    reach = REACH_DEG * (1 + 0.01 * np.sin(angle * 5000) + 0.0002 * np.sin(angle * vertices / 3))
    return np.column_stack([LON + reach * np.cos(angle), LAT + reach * np.sin(angle)])


SHAPE = shapely.Polygon(ring(VERTICES))


@pytest.fixture(scope="module")
def huge(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with database_of(server_dsn, template) as dsn:
        publish(dsn, contract("lakes", "Polygon"))
        deliver(dsn, "lakes", [Place("L", SHAPE)])
        publish(dsn, contract("shores", "LineString"))
        deliver(dsn, "shores", [Place("S", shapely.LineString(SHAPE.exterior.coords))])
        with server(dsn, tmp_path_factory.mktemp("huge") / "server.log") as running:
            yield running


@ALL
def test_tiles_of_a_huge_area_come_in_time_and_show_where_it_lies(huge: Served, grid: Grid) -> None:
    placed = grid.place(SHAPE)
    x, y = grid.place(shapely.Point(LON + REACH_DEG, LAT)).coords[0]
    for zoom in (grid.near - 6, grid.near - 2, grid.near, grid.near + 3):
        row, column = grid.tile_of(zoom, x, y)
        found = tile(huge, "lakes", grid.id, zoom, row, column)
        assert found
        drawn = found.of("L").geometry
        window = shapely.box(-BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)
        expected = shapely.intersection(grid.steps(zoom, row, column, placed), window)
        wrong = shapely.symmetric_difference(drawn, expected).area
        # A band as wide as is forgiven along the outline: half a pixel in far tiles, two steps in near ones.
        forgiven = 8 if zoom < grid.near else 3
        assert wrong <= forgiven * (expected.length + window.length)


@pytest.mark.parametrize("grid", [GRIDS["CGCS2000_GK120Quad"]], ids=lambda grid: grid.id)
def test_tiles_of_a_huge_line_come_in_time(huge: Served, grid: Grid) -> None:
    x, y = grid.place(shapely.Point(LON + REACH_DEG, LAT)).coords[0]
    for zoom in (grid.near - 4, grid.near, grid.near + 4):
        found = tile(huge, "shores", grid.id, zoom, *grid.tile_of(zoom, x, y))
        assert found and found.fids == {"S"}
