"""Where ground lies on the screen in each frame of the map 图面坐标系, without the page's own code."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import shapely
from pyproj import Geod, Transformer

FRAMES = ("gk", "4490", "mercator")
EPSG = {"gk": 4549, "4490": 4490, "mercator": 3857}
DEGREE_M = 6378137 * math.pi / 180
TILE_PX = 512
BARE = (400, 100, 820, 680)
"""Left, top, right, bottom of the part of a test's window that no panel and no card covers."""
GEOD = Geod(ellps="GRS80")

Picture = np.ndarray[Any, Any]


class Ground:
    """A view of the map: its middle, its zoom as links state it, its size in pixels."""

    def __init__(self, frame: str, lon: float, lat: float, zoom: float, width: int, height: int) -> None:
        self._to = Transformer.from_crs(4490, EPSG[frame], always_xy=True)
        self._unit = DEGREE_M if frame == "4490" else 1.0
        self._middle = self._plane(lon, lat)
        self._size = (width, height)
        mercator_m = 360 * DEGREE_M / TILE_PX / 2**zoom
        on_ground = math.cos(math.radians(city_middle_lat()))
        # A link's zoom means a size on the ground; each frame's own metres are longer than that.
        stretch = {"gk": 1.0, "4490": 1 / math.sqrt(on_ground), "mercator": 1 / on_ground}[frame]
        self._m_per_px = mercator_m * on_ground * stretch

    def pixel(self, lon: float, lat: float) -> tuple[float, float]:
        """Where a position is on the screen: x to the right, y down."""
        x, y = self._plane(lon, lat)
        left, top = self._size[0] / 2, self._size[1] / 2
        return left + (x - self._middle[0]) / self._m_per_px, top - (y - self._middle[1]) / self._m_per_px

    def outline(self, shape: shapely.Polygon, parts: int = 20) -> shapely.Polygon:
        """An area as it lies on the screen, its edges as bent as the frame bends them."""
        dense = shapely.segmentize(shape, shape.length / 4 / parts)
        return shapely.Polygon([self.pixel(lon, lat) for lon, lat in dense.exterior.coords])

    def metres_across(self, pixels: float) -> float:
        """Ground length of so many pixels through the middle, from left to right."""
        half = pixels / 2 * self._m_per_px / self._unit
        x, y = (each / self._unit for each in self._middle)
        (west, north), (east, south) = (
            self._to.transform(x + side * half, y, direction="INVERSE") for side in (-1, 1)
        )
        return float(GEOD.inv(west, north, east, south)[2])

    def _plane(self, lon: float, lat: float) -> tuple[float, float]:
        x, y = self._to.transform(lon, lat)
        return x * self._unit, y * self._unit


def city_middle_lat() -> float:
    """Middle latitude of the city, at which a zoom's size on the ground is meant."""
    from spatial.catalogue.city import read_city

    extent = read_city("370783").extent_4490
    return (extent.south + extent.north) / 2


def hull(picture: Picture, color: tuple[int, int, int], within: int = 30) -> shapely.Geometry:
    """The hull of the pixels of a colour, by their middles, where nothing lies over the map."""
    off = np.abs(picture.astype(int) - np.array(color)[:, None, None]).max(axis=0)
    left, top, right, bottom = BARE
    rows, columns = np.nonzero(off[top:bottom, left:right] <= within)
    return shapely.MultiPoint(np.column_stack((columns + left + 0.5, rows + top + 0.5))).convex_hull
