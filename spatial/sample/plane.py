"""The flat plane in metres on which the sample city is drawn.

A local equirectangular plane around the city's middle: good for generating
shapes, not for measuring. Areas and lengths that are stored come from the datum.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

MIDDLE_LON_DEG: Final = 118.83
MIDDLE_LAT_DEG: Final = 37.00
METRES_PER_DEGREE_LAT: Final = 110_980.0
METRES_PER_DEGREE_LON: Final = 111_320.0 * math.cos(math.radians(MIDDLE_LAT_DEG))
DECIMALS: Final = 9
"""Positions in degrees are rounded once, to 1e-9° (0.1 mm), so that shared points stay shared."""


def to_plane(points_deg: ArrayLike) -> Floats:
    """Plane metres of longitudes and latitudes, shape (…, 2)."""
    points = np.asarray(points_deg, dtype=np.float64)
    scale = np.array([METRES_PER_DEGREE_LON, METRES_PER_DEGREE_LAT])
    moved: Floats = (points - np.array([MIDDLE_LON_DEG, MIDDLE_LAT_DEG])) * scale
    return moved


def to_degrees(points_m: ArrayLike) -> Floats:
    """Longitudes and latitudes, rounded to 1e-9°, of plane metres, shape (…, 2)."""
    points = np.asarray(points_m, dtype=np.float64)
    scale = np.array([METRES_PER_DEGREE_LON, METRES_PER_DEGREE_LAT])
    moved: Floats = np.round(points / scale + np.array([MIDDLE_LON_DEG, MIDDLE_LAT_DEG]), DECIMALS)
    return moved
