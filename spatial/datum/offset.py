"""GCJ-02 and BD-09 加密偏移坐标: forward by the published formulas, inverse exact.

Both are tags of a delivery's source, never storage frames. A converted vendor
point carries about ±1 m of the vendor's own noise (``VENDOR_ACCURACY_M``); the
inversion itself returns to the formula's argument within 1e-7 m.

Outside China: circulating code returns positions outside a rough box
unchanged. The platform does not: the box is a rectangle over several states,
and inside it data of Hong Kong, Macao, Taiwan and abroad may be unshifted. Here
a position inside ``OFFSET_AREA`` is always shifted and one outside refused
(``OutsideArea``), because nothing tells whether it was shifted.

Every function takes numbers or arrays of any one shape, in degrees.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from spatial.datum.checks import check_degrees, check_inside
from spatial.datum.frames import FRAMES, Frame

Floats = NDArray[np.float64]
N = TypeVar("N", float, Floats)

VENDOR_ACCURACY_M = 1.0
"""Vendors add noise of about ±1 m before they shift."""
_Loop = Callable[[Floats, Floats, Floats, Floats], None]


class LonLat(NamedTuple, Generic[N]):
    """A position or many, degrees."""

    lon: N
    lat: N


def gcj02_from_cgcs2000(lon: N, lat: N) -> LonLat[N]:
    """GCJ-02 (高德、腾讯) of CGCS2000 positions.

    >>> lon, lat = gcj02_from_cgcs2000(118.7909, 36.8560)
    >>> f"{lon:.9f} {lat:.9f}"
    '118.796580930 36.856394968'
    """
    from spatial.datum import offset_kernel

    return _over(offset_kernel.gcj02_forward, lon, lat, FRAMES["EPSG:4490"])


def cgcs2000_from_gcj02(lon: N, lat: N) -> LonLat[N]:
    """CGCS2000 of GCJ-02 positions, the exact inverse (within 1e-7 m of the formula).

    >>> lon, lat = cgcs2000_from_gcj02(118.79658092982213, 36.856394967906574)
    >>> f"{lon:.10f} {lat:.10f}"
    '118.7909000000 36.8560000000'
    """
    from spatial.datum import offset_kernel

    return _over(offset_kernel.gcj02_inverse, lon, lat, FRAMES["GCJ02"])


def bd09_from_gcj02(lon: N, lat: N) -> LonLat[N]:
    """BD-09 (百度) of GCJ-02 positions.

    >>> lon, lat = bd09_from_gcj02(118.79658092982213, 36.856394967906574)
    >>> f"{lon:.9f} {lat:.9f}"
    '118.802986584 36.862750147'
    """
    from spatial.datum import offset_kernel

    return _over(offset_kernel.bd09_forward, lon, lat, FRAMES["GCJ02"])


def gcj02_from_bd09(lon: N, lat: N) -> LonLat[N]:
    """GCJ-02 of BD-09 positions, the exact inverse (the closed form errs by 0.15 m)."""
    from spatial.datum import offset_kernel

    return _over(offset_kernel.bd09_inverse, lon, lat, FRAMES["BD09"])


def bd09_from_cgcs2000(lon: N, lat: N) -> LonLat[N]:
    """BD-09 of CGCS2000 positions."""
    return bd09_from_gcj02(*gcj02_from_cgcs2000(lon, lat))


def cgcs2000_from_bd09(lon: N, lat: N) -> LonLat[N]:
    """CGCS2000 of BD-09 positions, the exact inverse.

    >>> lon, lat = cgcs2000_from_bd09(118.8029865838743, 36.86275014697258)
    >>> f"{lon:.10f} {lat:.10f}"
    '118.7909000000 36.8560000000'
    """
    return cgcs2000_from_gcj02(*gcj02_from_bd09(lon, lat))


def _over(loop: _Loop, lon: N, lat: N, source: Frame) -> LonLat[N]:
    lons, lats = np.broadcast_arrays(np.asarray(lon, np.float64), np.asarray(lat, np.float64))
    flat_lon = np.ascontiguousarray(lons).reshape(-1)
    flat_lat = np.ascontiguousarray(lats).reshape(-1)
    check_degrees(flat_lon, flat_lat, source)
    check_inside(flat_lon, flat_lat, FRAMES["GCJ02"])
    out_lon, out_lat = np.empty_like(flat_lon), np.empty_like(flat_lat)
    loop(flat_lon, flat_lat, out_lon, out_lat)
    if lons.ndim == 0:
        return cast(LonLat[N], LonLat(float(out_lon[0]), float(out_lat[0])))
    return cast(LonLat[N], LonLat(out_lon.reshape(lons.shape), out_lat.reshape(lons.shape)))
