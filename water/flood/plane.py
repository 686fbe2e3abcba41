"""The plane of a run 计算平面: the city's Gauss–Krüger zone, and the raster over an area in it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.datum import Frame, frame, move
from water.errors import BadScenario
from water.flood.extent import Raster
from water.pointing import about

Floats = NDArray[np.float64]
GEOGRAPHIC: Final = frame("EPSG:4490")
CELLS_MOST: Final = 12_000_000
"""Twice the whole city at 20 m."""


def to_plane(places_4490: Floats, zone: int) -> Floats:
    """East and north, shape (n, 2), of longitudes and latitudes in CGCS2000."""
    return _moved(places_4490, GEOGRAPHIC, frame(f"EPSG:{zone}"))


def to_degrees(places_m: Floats, zone: int) -> Floats:
    """Longitude and latitude, shape (n, 2), of places of the plane."""
    return _moved(places_m, frame(f"EPSG:{zone}"), GEOGRAPHIC)


def _moved(places: Floats, source: Frame, target: Frame) -> Floats:
    given = np.asarray(places, np.float64).reshape(-1, 2)
    found = move(given[:, 0], given[:, 1], source, target)
    return np.column_stack((found.x, found.y))


def raster(box_4490: Sequence[float], cell_m: float, zone: int) -> Raster:
    """The least raster of whole cells around a box of degrees; ``BadScenario`` where that is none."""
    west, south, east, north = box_4490
    if not (-180 <= west < east <= 180 and -90 < south < north < 90):
        text = ",".join(f"{each:g}" for each in box_4490)
        with about("area"):
            raise BadScenario(
                f"范围须为西,南,东,北(经纬度):{text}",
                f"an area is west, south, east, north: {text}",
                value=text,
            )
    edge = shapely.get_coordinates(shapely.segmentize(shapely.box(*box_4490), (east - west) / 8))
    with about("area"):
        places = to_plane(edge, zone)
    low, high = places.min(axis=0), places.max(axis=0)
    left, bottom = (math.floor(each / cell_m) * cell_m for each in low)
    right, top = (math.ceil(each / cell_m) * cell_m for each in high)
    made = Raster(zone, left, top, cell_m, round((top - bottom) / cell_m), round((right - left) / cell_m))
    if made.rows * made.columns > CELLS_MOST:
        count = made.rows * made.columns
        with about("cell_m"):
            raise BadScenario(
                f"网格过多,至多 {CELLS_MOST} 格,请缩小范围或加大网格:{count}",
                f"too many cells, at most {CELLS_MOST}; take a smaller area or larger cells: {count}",
                value=count,
            )
    return made


def outline(of: Raster) -> shapely.Polygon:
    """What a raster covers, in degrees."""
    east, south = of.west_m + of.columns * of.cell_m, of.north_m - of.rows * of.cell_m
    ring = shapely.get_coordinates(
        shapely.segmentize(shapely.box(of.west_m, south, east, of.north_m), (east - of.west_m) / 8)
    )
    return shapely.Polygon(to_degrees(ring, of.zone))


def centres(of: Raster) -> tuple[Floats, Floats]:
    """Eastings of the columns and northings of the rows, at the middles of their cells."""
    columns, rows = np.arange(of.columns, dtype=np.float64), np.arange(of.rows, dtype=np.float64)
    east: Floats = of.west_m + (columns + 0.5) * of.cell_m
    north: Floats = of.north_m - (rows + 0.5) * of.cell_m
    return east, north
