"""Geometry literals in the store's frame: moved, judged, snapped, as WKB."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from spatial.filter import rules
from spatial.filter.model import Box, Coordinates, Geometry

if TYPE_CHECKING:
    import numpy as np
    import shapely
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_PARTS = 32
"""Pieces of the longest side of a literal on a plane: its sides are curves in degrees."""
_PIECES_MAX = 512
_WINDOW_CORNERS = 16
_DOUBT = 1e-12
"""Of two products of doubles: where they differ by less, rounding may have decided it."""


@dataclass(frozen=True, slots=True)
class LiteralFrame:
    """The frame in which geometry literals are written.

    ``swapped``: latitude or northing first. ``move`` brings x, y of a plane to
    longitude and latitude in CGCS2000, ``None`` where they are that already; it
    raises ValueError outside the frame.
    """

    swapped: bool = False
    move: Callable[[Floats, Floats], tuple[Floats, Floats]] | None = None


LON_LAT = LiteralFrame()


def literal_wkb(literal: Geometry | Box, frame: LiteralFrame, snap_deg: float | None) -> bytes:
    """The WKB of a literal in CGCS2000; ``BadFilter`` where it is no valid geometry there.

    ``snap_deg`` is the grid on which the layer's own coordinates lie: without
    it a corner copied from an answer would lie beside the corner it came from.
    """
    import shapely

    if (window := _window_wkb(literal, frame, snap_deg)) is not None:
        return window
    shape = _shape(literal, frame)
    if frame.move is not None:
        shape = _moved(literal, shape, frame)
    lon, lat = shapely.get_coordinates(shape).T
    if (abs(lon) > 180).any() or (abs(lat) > 90).any():
        rules.refuse(
            literal.at,
            f"坐标超出经纬度范围(此坐标系次序为{'纬度、经度' if frame.swapped else '经度、纬度'})",
            f"leaves the range of degrees (order here: {'lat, lon' if frame.swapped else 'lon, lat'})",
        )
    if not shapely.is_valid(shape):
        rules.refuse(literal.at, "几何无效", "is no valid geometry", shapely.is_valid_reason(shape))
    if snap_deg is not None:
        # As the store snaps: the same doubles come out.
        snapped = shapely.transform(shape, lambda xy: (xy / snap_deg).round() * snap_deg)
        shape = snapped if shapely.is_valid(snapped) else shape
    return bytes(shapely.to_wkb(shape, include_srid=False))


def _window_wkb(literal: Geometry | Box, frame: LiteralFrame, snap_deg: float | None) -> bytes | None:
    """A convex ring of few corners, as a map's window is; ``None`` where it is another one.

    Most places asked for are such, and asking GEOS about one takes as long as reading the whole filter.
    """
    if frame.move is not None:
        return None
    if isinstance(literal, Box):
        west, south, east, north = literal.corners
        if west >= east or south >= north:
            return None
        corners: Any = ((west, south), (east, south), (east, north), (west, north), (west, south))
    elif literal.type == "Polygon" and len(literal.coordinates) == 1:
        corners = literal.coordinates[0]
    else:
        return None
    if not 4 <= len(corners) <= _WINDOW_CORNERS or corners[0] != corners[-1]:
        return None
    ring = [(second, first) for first, second in corners] if frame.swapped else corners
    if not all(abs(lon) <= 180 and abs(lat) <= 90 for lon, lat in ring) or not _convex(ring):
        return None
    if snap_deg is not None:
        ring = [(round(lon / snap_deg) * snap_deg, round(lat / snap_deg) * snap_deg) for lon, lat in ring]
        if not _convex(ring):
            return None
    flat = [coordinate for position in ring for coordinate in position]
    return struct.pack(f"<BIII{len(flat)}d", 1, 3, 1, len(ring), *flat)


def _convex(ring: Sequence[tuple[float, float]]) -> bool:
    """Whether a closed ring turns to one side at each corner and goes round once, beyond doubt."""
    before_x, before_y = ring[-1][0] - ring[-2][0], ring[-1][1] - ring[-2][1]
    left = right = turned_back = 0
    heading = before_x
    for (x, y), (next_x, next_y) in pairwise(ring):
        along_x, along_y = next_x - x, next_y - y
        one, other = before_x * along_y, before_y * along_x
        if abs(one - other) <= _DOUBT * (abs(one) + abs(other)):
            return False
        left += one > other
        right += one < other
        if along_x * heading < 0:
            turned_back += 1
        heading = along_x or heading
        before_x, before_y = along_x, along_y
    return turned_back <= 2 and not (left and right)


def _shape(literal: Geometry | Box, frame: LiteralFrame) -> shapely.Geometry:
    import shapely

    if isinstance(literal, Box):
        return _box(literal, frame)
    if literal.members:
        return shapely.GeometryCollection([_shape(member, frame) for member in literal.members])
    coordinates = _ordered(literal.coordinates, frame.swapped)
    try:
        match literal.type:
            case "Point":
                return shapely.Point(coordinates)
            case "LineString":
                return shapely.LineString(coordinates)
            case "MultiPoint":
                return shapely.MultiPoint(coordinates)
            case "MultiLineString":
                return shapely.MultiLineString(coordinates)
            case "Polygon":
                return _polygon(literal, coordinates)
            case _:
                return shapely.MultiPolygon([_polygon(literal, part) for part in coordinates])
    except (ValueError, shapely.errors.GEOSException):
        rules.refuse(literal.at, "几何的点太少", "has too few points", literal.type)


def _polygon(literal: Geometry, rings: Any) -> shapely.Polygon:
    import shapely

    for ring in rings:
        if len(ring) < 4 or ring[0] != ring[-1]:
            rules.refuse(
                literal.at,
                "面的环须至少四点且首尾相同",
                "needs rings of at least four points that end where they begin",
            )
    return shapely.Polygon(rings[0], rings[1:])


def _ordered(coordinates: Coordinates, swapped: bool) -> Any:
    if coordinates and isinstance(coordinates[0], float):
        first, second = coordinates[0], coordinates[1]
        return (second, first) if swapped else (first, second)
    return [_ordered(part, swapped) for part in coordinates if isinstance(part, tuple)]


def _box(literal: Box, frame: LiteralFrame) -> shapely.Geometry:
    """A rectangle; one that crosses the 180th meridian is two; without area it is a line or a point."""
    import shapely

    west, south, east, north = literal.corners
    if frame.swapped:
        west, south, east, north = south, west, north, east
    plane = frame.move is not None
    if south > north or (plane and west > east):
        rules.refuse(literal.at, "BBOX 的下角大于上角", "is a BBOX with its lower corner above the upper one")
    if west > east:
        return shapely.MultiPolygon(
            [shapely.box(west, south, 180, north), shapely.box(-180, south, east, north)]
        )
    if west == east and south == north:
        return shapely.Point(west, south)
    if west == east or south == north:
        return shapely.LineString([(west, south), (east, north)])
    return shapely.box(west, south, east, north)


def _moved(literal: Geometry | Box, shape: shapely.Geometry, frame: LiteralFrame) -> shapely.Geometry:
    import numpy as np
    import shapely

    assert frame.move is not None
    west, south, east, north = (float(side) for side in shapely.bounds(shape))
    length = float(shapely.length(shape))
    step = max(max(east - west, north - south) / _PARTS, length / _PIECES_MAX, 1.0)
    if math.isfinite(step) and length > step:
        shape = shapely.segmentize(shape, step)
    move = frame.move

    def moved(xy: Floats) -> Floats:
        return np.column_stack(move(xy[:, 0], xy[:, 1]))

    try:
        return shapely.transform(shape, moved)
    except ValueError:
        rules.refuse(
            literal.at,
            "坐标不在 filter-crs 的范围内(次序依其权威定义;请检查带号)",
            "lies outside filter-crs (its own axis order; check the zone prefix)",
        )
