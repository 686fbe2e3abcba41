"""Coordinate reference systems at the HTTP edge (OGC API Features Part 2).

Axis order is applied here and nowhere else: CRS84 is longitude, latitude; the
EPSG frames are as their authority orders them (4490 and 4326 latitude,
longitude; 4549 and 4528 northing, easting; 3857 easting, northing).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from api.problem import BadParameter
from spatial.catalogue.city import City
from spatial.datum.frames import EdgeOrder, Frame, Kind, frame
from spatial.filter import LiteralFrame
from spatial.history.model import SRID
from spatial.history.read import Area, Output

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_DEGREE_DECIMALS = 9  # 0.1 mm
_METRE_DECIMALS = 4
_EDGE_POINTS = 32
"""Points along each edge of a projected rectangle: its edges are curves in degrees. At the
extent of a city the sagitta left between two of them is below a centimetre."""
_SPHERE_M = 6378137.0
_MERCATOR_M = math.pi * _SPHERE_M
_REACH_M = 400_000.0
_SOUTH_M, _NORTH_M = 1_870_000.0, 5_900_000.0
"""Northings of about 16.9 and 53.2 degrees: the land of CGCS2000."""


@dataclass(frozen=True, slots=True, eq=False)
class Edge:
    """A frame a client may ask for; one object for each, as they are offered."""

    uri: str
    srid: int
    swapped: bool
    projected: bool
    frame: Frame | None

    @property
    def output(self) -> Output:
        """How the history writes geometries in it."""
        return Output(self.srid, self.swapped, _METRE_DECIMALS if self.projected else _DEGREE_DECIMALS)


@dataclass(frozen=True, slots=True)
class Edges:
    """The frames of one city: the world's, the nation's and its own zone, with and without prefix."""

    by_uri: dict[str, Edge]

    @property
    def uris(self) -> list[str]:
        """In the order in which documents list them; the first is the default."""
        return list(self.by_uri)

    def find(self, parameter: str, text: str) -> Edge:
        """The frame of a URI, URN or CURIE: ``http://…/EPSG/0/4549``, ``[EPSG:4549]``."""
        found = self.by_uri.get(text) or self.by_uri.get(_canonical(text))
        if found is None:
            known = "、".join(uri.rsplit("/", 1)[-1] for uri in self.by_uri)
            raise BadParameter(
                parameter,
                f"须为本服务提供的坐标系之一({known})的 URI",
                f"must be the URI of a frame offered here ({known.replace('、', ', ')})",
                value=text,
            )
        return found


def edges(city: City) -> Edges:
    """The frames offered for a city."""
    listed = [Edge(CRS84, SRID, False, False, None)]
    for epsg in (SRID, city.epsg_without_prefix, city.epsg_with_prefix, 4326, 3857):
        known = frame(f"EPSG:{epsg}")
        listed.append(
            Edge(
                known.uri,
                epsg,
                known.edge_order is EdgeOrder.YX,
                known.kind is Kind.PROJECTED,
                known,
            )
        )
    return Edges({edge.uri: edge for edge in listed})


def areas(parameter: str, text: str, edge: Edge) -> tuple[Area, ...]:
    """The areas of a ``bbox`` of four or six numbers (heights do not restrict plane data)."""
    numbers = _numbers(parameter, text)
    first, second, third, fourth = (
        numbers if len(numbers) == 4 else (numbers[0], numbers[1], numbers[3], numbers[4])
    )
    if edge.swapped:
        first, second, third, fourth = second, first, fourth, third
    if second > fourth or (edge.projected and first > third):
        raise BadParameter(
            parameter, "的下角不得大于上角", "has its lower corner above the upper one", value=text
        )
    if edge.projected:
        corners_m = (first, second, third, fourth)
        if edge.srid == 3857:
            return (_mercator(*corners_m),)
        assert edge.frame is not None
        return (_zone(parameter, text, edge.frame, corners_m),)
    if max(abs(first), abs(third)) > 180 or max(abs(second), abs(fourth)) > 90:
        raise BadParameter(
            parameter,
            f"超出经纬度范围(此坐标系次序为{'纬度、经度' if edge.swapped else '经度、纬度'})",
            f"is no range of degrees (order here: {'lat, lon' if edge.swapped else 'lon, lat'})",
            value=text,
        )
    if first <= third:
        return (Area(first, second, third, fourth),)
    return (Area(first, second, 180.0, fourth), Area(-180.0, second, third, fourth))


def literal_frame(edge: Edge) -> LiteralFrame:
    """How geometry literals written in a frame become longitude and latitude in CGCS2000."""
    if not edge.projected:
        return LiteralFrame(edge.swapped)
    if edge.srid == 3857:
        return LiteralFrame(edge.swapped, _mercator_lon_lat)
    assert edge.frame is not None
    return LiteralFrame(edge.swapped, partial(_zone_lon_lat, edge.frame))


def _mercator_lon_lat(x_m: Floats, y_m: Floats) -> tuple[Floats, Floats]:
    import numpy as np

    if not (np.abs(x_m) <= _MERCATOR_M).all() or not (np.abs(y_m) <= _MERCATOR_M).all():
        raise ValueError("outside the projection")
    return np.degrees(x_m / _SPHERE_M), np.degrees(np.arctan(np.sinh(y_m / _SPHERE_M)))


def _zone_lon_lat(grid: Frame, x_m: Floats, y_m: Floats) -> tuple[Floats, Floats]:
    import numpy as np

    from spatial.datum.projection import window_lon_lat

    middle_m = grid.false_easting_m or 0.0
    if not (np.abs(x_m - middle_m) <= _REACH_M).all() or not ((y_m >= _SOUTH_M) & (y_m <= _NORTH_M)).all():
        raise ValueError("outside the zone")
    return window_lon_lat(x_m, y_m, grid)


def _numbers(parameter: str, text: str) -> tuple[float, ...]:
    parts = text.split(",")
    try:
        numbers = tuple(float(part) for part in parts)
    except ValueError:
        numbers = ()
    plain = len(text) <= 400 and text.isascii() and "_" not in text
    if len(numbers) not in (4, 6) or not plain or not all(math.isfinite(number) for number in numbers):
        raise BadParameter(
            parameter,
            "须为 4 或 6 个以逗号分隔的有限数",
            "must be 4 or 6 finite numbers with commas",
            value=text,
        )
    return numbers


def _mercator(west_m: float, south_m: float, east_m: float, north_m: float) -> Area:
    """A rectangle of EPSG:3857 is one of degrees, too (spherical formulas, EPSG method 1024)."""

    def lon(x_m: float) -> float:
        return max(-180.0, min(180.0, math.degrees(x_m / _SPHERE_M)))

    def lat(y_m: float) -> float:
        return math.degrees(math.atan(math.sinh(max(-_MERCATOR_M, min(_MERCATOR_M, y_m)) / _SPHERE_M)))

    return Area(lon(west_m), lat(south_m), lon(east_m), lat(north_m))


def _zone(parameter: str, text: str, grid: Frame, corners_m: tuple[float, float, float, float]) -> Area:
    """A rectangle of a Gauss–Krüger zone as an outline in CGCS2000.

    It is first cut to where the projection is sound, so that a client zoomed
    far out still gets what lies inside.
    """
    import numpy as np
    import shapely

    from spatial.datum.projection import window_lon_lat

    middle_m = grid.false_easting_m or 0.0
    west_m, east_m = max(corners_m[0], middle_m - _REACH_M), min(corners_m[2], middle_m + _REACH_M)
    south_m, north_m = max(corners_m[1], _SOUTH_M), min(corners_m[3], _NORTH_M)
    if west_m > east_m or south_m > north_m:
        raise BadParameter(
            parameter,
            f"不在坐标系 {grid.id} 的范围内,次序为北、东;请检查带号",
            f"lies outside {grid.id}, order is north, east; check the zone prefix",
            value=text,
        )
    outline = shapely.segmentize(
        shapely.box(west_m, south_m, east_m, north_m),
        max(east_m - west_m, north_m - south_m, 1.0) / _EDGE_POINTS,
    )
    x, y = shapely.get_coordinates(outline).T
    outline_4490 = shapely.polygons(np.column_stack(window_lon_lat(x, y, grid)))
    west, south, east, north = (float(side) for side in shapely.bounds(outline_4490))
    return Area(west, south, east, north, shapely.to_wkb(outline_4490))


def _canonical(text: str) -> str:
    """URNs, CURIEs and https spellings of one URI."""
    name = text.strip("[]").removeprefix("urn:ogc:def:crs:").replace("::", ":")
    if name in ("CRS84", "OGC:CRS84", "OGC:1.3:CRS84"):
        return CRS84
    authority, _, code = name.partition(":")
    if authority == "EPSG" and code.isdecimal():
        return f"http://www.opengis.net/def/crs/EPSG/0/{code}"
    return text.replace("https://", "http://", 1) if text.startswith("https://") else text
