"""Areas that no cell can show are only counted: the tile is, byte for byte, the one made of all of them."""

from __future__ import annotations

import random

import numpy as np
import pytest
import shapely
from api_serving import Place, deliver, publish
from test_api_far_tiles import EACH_SET, laddered

from spatial.catalogue import store as catalogue
from spatial.database import Connection, connect
from tiles.cut import public_columns
from tiles.far import store
from tiles.far.model import touched
from tiles.far.refresh import far_query
from tiles.ground import placed
from tiles.ladder import store as ladder
from tiles.ladder.areas import dissolved, material_of
from tiles.ladder.lattice import Lattice
from tiles.ladder.plot import Material
from tiles.ladder.sieve import sieve_of
from tiles.matrix import Box, MatrixSet, Tile
from tiles.vector import TileQuery

IDS = [each.id for each in EACH_SET]


def shapes(dice: random.Random) -> list[shapely.Geometry]:
    """Specks, slivers that lie every way, areas of a cell, a few large ones, all about the city."""
    made: list[shapely.Geometry] = []
    for _ in range(1200):
        west, south = dice.uniform(118.3, 119.3), dice.uniform(36.6, 37.5)
        size = 10 ** dice.uniform(-4.5, -2.2)
        made.append(shapely.box(west, south, west + size, south + size * dice.uniform(0.2, 2)))
    for _ in range(150):
        west, south = dice.uniform(118.3, 119.3), dice.uniform(36.6, 37.5)
        east, north = dice.uniform(-0.3, 0.3), dice.uniform(-0.3, 0.3)
        line = shapely.LineString([(west, south), (west + east, south + north)])
        made.append(line.buffer(10 ** dice.uniform(-5, -3), cap_style="flat"))
    for _ in range(10):
        west, south = dice.uniform(117, 119), dice.uniform(36, 37)
        made.append(shapely.box(west, south, west + dice.uniform(0.05, 1), south + dice.uniform(0.05, 1)))
    return made


def material(connection: Connection, query: TileQuery) -> Material:
    asked = ladder.material(query, unmoved=True)
    row = connection.execute(asked.sql, asked.params, binary=True).fetchone()
    assert row is not None
    return material_of(row[1:])


@pytest.mark.parametrize("matrix_set", EACH_SET, ids=IDS)
def test_the_tile_is_that_of_all_areas(
    database: str, matrix_set: MatrixSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = random.Random(45)
    publish(database, laddered("uses"))
    places = [Place(f"A{at:05d}", each, "地", at % 9) for at, each in enumerate(shapes(dice))]
    deliver(database, "uses", places)
    compared = sifted = 0
    with connect(database, autocommit=True) as connection:
        layer = catalogue.get(connection, "uses")
        state = store.present(connection, layer.table)
        assert state is not None
        boxes = store.boxes(connection, layer.table)
        for zoom in range(matrix_set.near_zoom - 4):
            tiles = sorted(touched(matrix_set, zoom, boxes), key=lambda each: (each.row, each.column))
            for tile in dice.sample(tiles, min(len(tiles), 12)):
                query = far_query(layer, public_columns(layer), matrix_set, tile, state)
                some = material(connection, query)
                with monkeypatch.context() as patched:
                    patched.setattr(ladder, "SIFTED_UNITS", 1 << 40)
                    everything = material(connection, query)
                assert not everything.other_classes
                assert dissolved(query, some).body == dissolved(query, everything).body, tile
                compared += 1
                sifted += len(some.fids) < len(everything.fids)
    assert compared > 15 and sifted > 6, (compared, sifted)


@pytest.mark.parametrize("matrix_set", EACH_SET, ids=IDS)
def test_a_place_is_off_by_no_more_than_is_said(matrix_set: MatrixSet) -> None:
    """Measured between the points at which it was fitted; very far out it says that it is of no use."""
    dice = np.random.default_rng(3)
    useful = 0
    for zoom in range(matrix_set.near_zoom):
        lattice = Lattice(matrix_set, zoom, 512)
        for lon, lat in ((118.8, 36.9), (118.3, 36.6), (119.4, 37.6)):
            place = _at(matrix_set, zoom, lon, lat)
            sieve, box = sieve_of(lattice, place), lattice.ground(place)
            if not sieve.useful:
                continue
            useful += 1
            east, north = dice.uniform(box.left, box.right, 2000), dice.uniform(box.bottom, box.top, 2000)
            x, y = lattice.units(east, north)
            e, n = east - sieve.middle_lon_deg, north - sieve.middle_lat_deg
            terms = np.column_stack((np.ones_like(e), e, n, e * e, e * n, n * n))
            for found, units, first in ((sieve.across, x, place.column), (sieve.down, y, place.row)):
                wanted = (units - lattice.sample) / lattice.step - first * lattice.cells
                assert np.abs(terms @ np.array(found) - wanted).max() <= sieve.doubt
    assert useful >= 3 * 7, "from the zoom on at which a county is one tile"


def _at(matrix_set: MatrixSet, zoom: int, lon: float, lat: float) -> Tile:
    box = placed(matrix_set, Box(lon, lat, lon, lat))
    return matrix_set.at(zoom, box.left, box.bottom)
