"""Ellipsoids of the datums, and the way between geographic and geocentric coordinates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pyproj import Geod

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ellipsoid:
    """Semi-major axis and inverse flattening."""

    semi_major_m: float
    inverse_flattening: float

    @property
    def e2(self) -> float:
        """First eccentricity squared."""
        f = 1.0 / self.inverse_flattening
        return f * (2.0 - f)


_GRS80 = Ellipsoid(6378137.0, 298.257222101)
_KRASSOWSKY = Ellipsoid(6378245.0, 298.3)
ELLIPSOIDS: Mapping[str, Ellipsoid] = MappingProxyType(
    {
        "CGCS2000": _GRS80,
        "WGS84": Ellipsoid(6378137.0, 298.257223563),
        "XIAN80": Ellipsoid(6378140.0, 298.257),
        "BEIJING54": _KRASSOWSKY,
        "NEWBEIJING54": _KRASSOWSKY,
        "ITRF97": _GRS80,
        "ITRF2008": _GRS80,
        "ITRF2014": _GRS80,
        "ITRF2020": _GRS80,
    }
)
"""By the datum of a frame; GRS 80 and CGCS2000 share both numbers."""


@cache
def geod() -> Geod:
    """Geodesics on the ellipsoid of CGCS2000."""
    from pyproj import Geod

    ellipsoid = ELLIPSOIDS["CGCS2000"]
    return Geod(a=ellipsoid.semi_major_m, rf=ellipsoid.inverse_flattening)


class Geocentric(NamedTuple):
    """空间直角坐标, metres."""

    x: Floats
    y: Floats
    z: Floats


class Geographic(NamedTuple):
    """大地坐标: degrees, degrees, metres above the ellipsoid."""

    lon: Floats
    lat: Floats
    height_m: Floats


def geocentric_from_geographic(place: Geographic, on: Ellipsoid) -> Geocentric:
    """Geocentric coordinates of positions on an ellipsoid.

    >>> import numpy as np
    >>> place = Geographic(np.array([0.0]), np.array([0.0]), np.array([10.0]))
    >>> x, y, z = geocentric_from_geographic(place, ELLIPSOIDS["CGCS2000"])
    >>> float(x[0]), float(y[0]), float(z[0])
    (6378147.0, 0.0, 0.0)
    """
    lam, phi, height_m = np.radians(place.lon), np.radians(place.lat), place.height_m
    sin_phi, cos_phi = np.sin(phi), np.cos(phi)
    prime_m = on.semi_major_m / np.sqrt(1.0 - on.e2 * sin_phi**2)
    return Geocentric(
        (prime_m + height_m) * cos_phi * np.cos(lam),
        (prime_m + height_m) * cos_phi * np.sin(lam),
        (prime_m * (1.0 - on.e2) + height_m) * sin_phi,
    )


def geographic_from_geocentric(point: Geocentric, on: Ellipsoid) -> Geographic:
    """Positions on an ellipsoid of geocentric coordinates, for heights of −10 to 100 km.

    Iterated from Bowring's start; each step gains four digits, so six leave
    rounding alone.
    """
    x, y, z = point
    p = np.hypot(x, y)
    phi = np.arctan2(z, p * (1.0 - on.e2))
    for _ in range(6):
        sin_phi = np.sin(phi)
        prime_m = on.semi_major_m / np.sqrt(1.0 - on.e2 * sin_phi**2)
        phi = np.arctan2(z + on.e2 * prime_m * sin_phi, p)
    sin_phi, cos_phi = np.sin(phi), np.cos(phi)
    prime_m = on.semi_major_m / np.sqrt(1.0 - on.e2 * sin_phi**2)
    height_m = p * cos_phi + z * sin_phi - prime_m * (1.0 - on.e2 * sin_phi**2)
    return Geographic(np.degrees(np.arctan2(y, x)), np.degrees(phi), height_m)
