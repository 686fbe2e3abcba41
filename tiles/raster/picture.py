"""Pixels → pictures 成图: ramps, shaded relief, encoded heights. Pure functions over arrays."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tiles.raster.model import Range, Style

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]
_SUN_AZIMUTH_DEG, _SUN_HEIGHT_DEG = 315.0, 45.0
_M_PER_DEG = 6378137.0 * math.pi / 180


@dataclass(frozen=True, slots=True)
class Ramp:
    """Colours from the low end to the high one, evenly spaced, mixed in between."""

    colors: tuple[str, ...]

    @property
    def rgb(self) -> Floats:
        """One row a colour."""
        return np.array(
            [[int(each[place : place + 2], 16) for place in (1, 3, 5)] for each in self.colors], float
        )


HEIGHTS = Ramp(("#2f6f8f", "#4f9a6c", "#a8c66c", "#efe3a0", "#d9a05b", "#9c6644", "#f4f1ec"))
"""Low land blue-green, high land brown to white 分层设色."""
DIFFERENCE = Ramp(("#2166ac", "#67a9cf", "#d1e5f0", "#f7f7f7", "#fddbc7", "#ef8a62", "#b2182b"))
"""Lower blue (挖方), equal white, higher red (填方); apart for the colour-blind, too."""
DEPTH = Ramp(("#d6ecf8", "#9fd0ec", "#5aa9d6", "#2b7bba", "#174f8f", "#0b2a5b"))
"""Shallow water light, deep water dark 淹没水深."""
ARRIVAL = Ramp(("#7a0403", "#c92903", "#f6692a", "#fbb938", "#a4d65e", "#3b8fc4"))
"""Soon red, late blue 到达时间."""
SPEED = Ramp(("#fff4d6", "#fecf6a", "#f79a3b", "#df5a2b", "#9c1f3a", "#4a0d3f"))
"""Still water pale, rushing water dark 流速."""
PROBABILITY = Ramp(("#f2e9f7", "#cdb5e0", "#a37fc6", "#7a4aa8", "#531d83", "#2f0a52"))
"""Seldom light, almost surely dark 淹没概率."""


RAMPS = {Style.HEIGHTS: HEIGHTS, Style.DIFFERENCE: DIFFERENCE}


def colored(values: Floats, ramp: Ramp, span: Range) -> Bytes:
    """Red, green, blue and opacity, shape (4, rows, columns); nan is clear."""
    known = np.isfinite(values)
    width = span.high - span.low or 1.0
    share = np.clip((np.where(known, values, span.low) - span.low) / width, 0.0, 1.0)
    colors = ramp.rgb
    stops = np.linspace(0.0, 1.0, len(colors))
    bands = [np.interp(share, stops, colors[:, band]) for band in range(3)]
    return _picture(np.round(bands), known)


def shaded(values: Floats, pixel_x_m: float, pixel_y_m: float) -> Bytes:
    """Shaded relief by Horn's gradient; the border of one pixel around the tile is dropped."""
    v = np.pad(values, 0)
    west = v[:-2, :-2] + 2 * v[1:-1, :-2] + v[2:, :-2]
    east = v[:-2, 2:] + 2 * v[1:-1, 2:] + v[2:, 2:]
    north = v[:-2, :-2] + 2 * v[:-2, 1:-1] + v[:-2, 2:]
    south = v[2:, :-2] + 2 * v[2:, 1:-1] + v[2:, 2:]
    to_east = (east - west) / (8 * pixel_x_m)
    to_north = (north - south) / (8 * pixel_y_m)
    azimuth, height = math.radians(_SUN_AZIMUTH_DEG), math.radians(_SUN_HEIGHT_DEG)
    light = (math.sin(azimuth) * math.cos(height), math.cos(azimuth) * math.cos(height), math.sin(height))
    # The normal of the surface is (-dz/dx, -dz/dy, 1).
    shade = (light[2] - light[0] * to_east - light[1] * to_north) / np.sqrt(1 + to_east**2 + to_north**2)
    known = np.isfinite(shade)
    grey = np.round(255 * np.clip(np.where(known, shade, 0.0), 0.0, 1.0))
    return _picture(np.stack((grey, grey, grey)), known)


def encoded(values: Floats) -> Bytes:
    """Heights to 4 mm in three bytes; where there is nothing stands 0 m, clear."""
    known = np.isfinite(values)
    steps = np.round((np.clip(np.where(known, values, 0.0), -32768.0, 32767.99) + 32768.0) * 256).astype(
        np.int64
    )
    return _picture(np.stack((steps >> 16, (steps >> 8) & 255, steps & 255)), known)


def decoded(picture: Bytes) -> Floats:
    """What a web map reads from :func:`encoded`."""
    bands: Floats = picture[:3].astype(np.float64)
    metres: Floats = bands[0] * 256 + bands[1] + bands[2] / 256 - 32768.0
    return metres


def pixel_m(epsg: int, pixel: float, y: float) -> tuple[float, float]:
    """Ground size of a pixel, east and north, at the y of a frame: degrees and Mercator stretch."""
    if epsg == 4490:
        return pixel * _M_PER_DEG * math.cos(math.radians(y)), pixel * _M_PER_DEG
    if epsg == 3857:
        return (pixel / math.cosh(y / 6378137.0),) * 2
    return pixel, pixel


def _picture(bands: NDArray[np.generic], known: NDArray[np.bool_]) -> Bytes:
    return np.concatenate((bands.astype(np.uint8), (known * 255).astype(np.uint8)[None]))
