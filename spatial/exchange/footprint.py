"""Where a catalogued file lies 覆盖范围: the outline of its pixels or points in CGCS2000."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import shapely

from spatial.datum import STANDARD, Frame, Kind, Registry, frame, move

_PIECES = 8
"""Straight edges of one plane are bent in another: each is cut into so many."""
_EARTH_M = 6_371_008.8
_STORED = frame("EPSG:4490")


def outline(corners: list[tuple[float, float]], source: Frame, registry: Registry = STANDARD) -> Any:
    """The polygon of four corners, moved into CGCS2000, counter-clockwise."""
    share = np.arange(_PIECES)[:, None] / _PIECES
    ends = np.array([*corners[1:], corners[0]])
    edges = [start + share * (end - start) for start, end in zip(np.array(corners), ends, strict=True)]
    positions = np.vstack(edges)
    moved = move(positions[:, 0], positions[:, 1], source, _STORED, registry=registry)
    return shapely.orient_polygons(shapely.Polygon(np.column_stack((moved.x, moved.y))))


def raster_corners(width: int, height: int, matrix: list[float]) -> list[tuple[float, float]]:
    """The outer corners of an image's pixels."""
    x0, a, b, y0, d, e = matrix
    return [
        (x0 + column * a + row * b, y0 + column * d + row * e)
        for column, row in ((0, 0), (0, height), (width, height), (width, 0))
    ]


def raster_resolution_m(matrix: list[float], source: Frame) -> float:
    """The longer edge of a pixel; degrees are taken along the meridian."""
    _, a, b, _, d, e = matrix
    size = max(math.hypot(a, d), math.hypot(b, e))
    metres = size if source.kind is Kind.PROJECTED else math.radians(size) * _EARTH_M
    return float(f"{metres:.6g}")


def cloud_corners(bounds: list[float]) -> list[tuple[float, float]]:
    """The corners of the box around the points."""
    west, south, east, north = bounds
    return [(west, south), (east, south), (east, north), (west, north)]


def cloud_spacing_m(bounds: list[float], points: int, source: Frame) -> float:
    """Mean distance of points, were they spread evenly over the box."""
    west, south, east, north = bounds
    area = (east - west) * (north - south)
    size = math.sqrt(area / points) if area > 0 else 0.0
    metres = size if source.kind is Kind.PROJECTED else math.radians(size) * _EARTH_M
    return float(f"{metres:.6g}")
