"""What the tests of tiles share: their grids by hand, and a reader of tiles over HTTP."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import httpx
import shapely
import tile_reader
from pyproj import Transformer
from serving import Served
from tile_reader import Layer

MVT = "application/vnd.mapbox-vector-tile"
EXTENT, BUFFER = 4096, 64


@dataclass(frozen=True)
class Grid:
    """A matrix set, written down by hand from its definition."""

    id: str
    epsg: int
    left: float
    top: float
    side: float
    near: int

    def place(self, shape: shapely.Geometry) -> shapely.Geometry:
        """A shape of longitude and latitude in the frame of the set."""
        if self.epsg == 4490:
            return shape
        return shapely.transform(shape, _placing(self.epsg).transform, interleaved=False)

    def tile_of(self, zoom: int, x: float, y: float) -> tuple[int, int]:
        side = self.side / 2**zoom
        return math.floor((self.top - y) / side), math.floor((x - self.left) / side)

    def steps(self, zoom: int, row: int, column: int, placed: shapely.Geometry) -> shapely.Geometry:
        """A placed shape in steps of a tile's grid, y downwards."""
        side = self.side / 2**zoom
        x0, y0, step = self.left + column * side, self.top - row * side, side / EXTENT
        return shapely.transform(placed, lambda x, y: ((x - x0) / step, (y0 - y) / step), interleaved=False)

    def around(self, zoom: int, placed: shapely.Geometry) -> Iterator[tuple[int, int]]:
        """Every tile at or beside the bounds of a placed shape: row, column."""
        west, south, east, north = placed.bounds
        first, last = self.tile_of(zoom, west, north), self.tile_of(zoom, east, south)
        for row in range(first[0] - 1, last[0] + 2):
            for column in range(first[1] - 1, last[1] + 2):
                yield row, column


GRIDS = {
    grid.id: grid
    for grid in (
        Grid("WebMercatorQuad", 3857, -20037508.342789244, 20037508.342789244, 40075016.685578488, 14),
        Grid("CGCS2000Quad", 4490, -180.0, 90.0, 360.0, 14),
        Grid("CGCS2000_GK120Quad", 4549, -548576.0, 4548576.0, 2097152.0, 10),
    )
}


@lru_cache
def _placing(epsg: int) -> Transformer:
    return Transformer.from_crs(4326 if epsg == 3857 else 4490, epsg, always_xy=True)


def ask(served: Served, path: str, **parameters: Any) -> httpx.Response:
    """A tile as it is answered; ``from_`` stands for ``from``."""
    asked = {name.rstrip("_"): text for name, text in parameters.items()}
    answer = served.get(path, params=asked) if asked else served.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == MVT
    return answer


def tile(
    served: Served, layer: str, grid: str, zoom: int, row: int, column: int, **parameters: Any
) -> Layer | None:
    """The one layer of a tile, checked to be valid; ``None`` where nothing lies in it."""
    answer = ask(served, f"/collections/{layer}/tiles/{grid}/{zoom}/{row}/{column}", **parameters)
    return one(answer, layer)


def one(answer: httpx.Response, layer: str) -> Layer | None:
    layers = tile_reader.read(answer.content)
    assert set(layers) <= {layer}
    found = layers.get(layer)
    assert found is None or found.extent == EXTENT
    return found


def items(served: Served, layer: str, **parameters: Any) -> dict[str, dict[str, Any]]:
    """All items, by id."""
    answer = served.get(f"/collections/{layer}/items", params={"limit": 10_000, **parameters})
    assert answer.status_code == 200, answer.text
    return {feature["id"]: feature for feature in answer.json()["features"]}
