"""Compiles the loops of the ladder 预编译: once an installation, so that nobody's first map waits for it.

python -m tiles.ladder.ready
"""

from __future__ import annotations

from datetime import UTC, datetime

import shapely

from spatial.catalogue.city import read_city
from spatial.catalogue.contract import Step
from spatial.catalogue.ladder import Resolved
from spatial.history.model import FeatureTable
from tiles.ground import degrees
from tiles.ladder.areas import dissolved
from tiles.ladder.plot import Material
from tiles.matrix import matrix_sets
from tiles.vector import TileQuery


def ready() -> None:
    """Draw one small tile with everything in it that a tile can have."""
    matrix_set = matrix_sets(read_city("370783")).by_id["CGCS2000Quad"]
    tile = matrix_set.at(11, 118.8, 36.9)
    box = degrees(matrix_set, tile)
    west, south, east, north = box.left, box.bottom, box.right, box.top
    middle = (west + east) / 2
    shapes = [shapely.box(west, south, middle, north), shapely.box(middle, south, east, (south + north) / 2)]
    table = FeatureTable("ready", (), "Polygon")
    rung = Resolved(Step.DISSOLVE, None, 0.5, 4.0, 32, None)
    query = TileQuery(table, (), matrix_set, tile, datetime(2026, 1, 1, tzinfo=UTC), None, rung=rung)
    wkb = [shapely.to_wkb(each) for each in shapes]
    dissolved(query, Material(("a", "b"), ("1", "2"), (100.0, 1.0), ("{}", None), wkb))


if __name__ == "__main__":
    ready()
