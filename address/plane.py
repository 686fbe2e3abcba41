"""Shapes on the city's plane, where lengths and sides are reckoned 平面坐标."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from spatial.datum.frames import frame
from spatial.datum.projection import window_x_y

Floats = np.ndarray[Any, np.dtype[np.float64]]


def projected(lon_lat: Floats, epsg: int) -> Floats:
    """Metres east and north in the Gauss–Krüger zone, shape (n, 2); NaN stays."""
    known = np.isfinite(lon_lat).all(axis=1)
    placed = np.full(lon_lat.shape, np.nan)
    placed[known, 0], placed[known, 1] = window_x_y(
        lon_lat[known, 0], lon_lat[known, 1], frame(f"EPSG:{epsg}")
    )
    return placed


def on_plane(shape: shapely.Geometry, epsg: int) -> shapely.Geometry:
    """A shape in degrees of CGCS2000, on the plane."""
    return shapely.transform(shape, lambda points: projected(points, epsg))
