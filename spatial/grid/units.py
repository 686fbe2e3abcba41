"""The unit of the Chinese grid codes: 1/2048 of an arc second, counted in whole numbers.

Beidou grid codes, GeoSOT and map sheets all have their lines on multiples of this
unit (about 1.5 cm), so every position becomes a pair of integers before anything
is divided. A decimal degree is rarely a multiple: positions are therefore taken
from their text, :class:`~decimal.Decimal` or :class:`~fractions.Fraction` exactly.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spatial.errors import BadCoordinate, BadGridCode

UNITS_PER_SECOND = 2048
UNITS_PER_MINUTE = 60 * UNITS_PER_SECOND
UNITS_PER_DEGREE = 60 * UNITS_PER_MINUTE

Degrees = str | int | float | Decimal | Fraction
"""A coordinate in degrees. A float stands for its shortest decimal text: ``118.7909``
is read as 1187909/10000 and not as the binary number nearest to it."""

Integers = NDArray[np.int64]

_SEXAGESIMAL = re.compile(
    r"\s*(?P<sign>[+-]?)(?P<d>\d+)\s*°\s*(?:(?P<m>\d+(?:\.\d+)?)\s*[′'分]\s*)?"
    r"(?:(?P<s>\d+(?:\.\d+)?)\s*[″\"秒]\s*)?(?P<side>[NSEW]?)\s*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The edges of a cell in degrees, CGCS2000, each the nearest float of the exact line."""

    west_deg: float
    south_deg: float
    east_deg: float
    north_deg: float

    def holds(self, lon_deg: float, lat_deg: float) -> bool:
        """The position is inside or on an edge.

        >>> Bounds(118.75, 36.833, 119.0, 37.0).holds(118.7909, 36.8560)
        True
        """
        return self.west_deg <= lon_deg <= self.east_deg and self.south_deg <= lat_deg <= self.north_deg


def exact_value(value: Degrees) -> Fraction:
    """The exact value of a number in decimal, or of degrees, minutes and seconds 度分秒.

    Raises :class:`~spatial.errors.BadCoordinate` for what is no finite number.

    >>> exact_value("118.7909")
    Fraction(1187909, 10000)
    >>> exact_value("39°59′35.38″N")
    Fraction(7198769, 180000)
    >>> exact_value("2°30′W")
    Fraction(-5, 2)
    """
    if isinstance(value, str) and (parts := _SEXAGESIMAL.fullmatch(value)):
        return _sexagesimal(value, parts)
    try:
        if isinstance(value, bool):
            raise TypeError("a truth value is no coordinate")
        if isinstance(value, float | np.floating):
            return Fraction(Decimal(repr(float(value))))
        return Fraction(Decimal(value.strip()) if isinstance(value, str) else value)
    except (ValueError, TypeError, OverflowError, InvalidOperation) as failure:
        raise BadCoordinate(
            f"坐标不是有限的度数,请写十进制度或度分秒:{value!r}",
            f"the coordinate is no finite number of degrees; write decimal degrees or d°m′s″: {value!r}",
            value=str(value),
        ) from failure


def _sexagesimal(text: str, parts: re.Match[str]) -> Fraction:
    minutes, seconds = Fraction(parts["m"] or 0), Fraction(parts["s"] or 0)
    if minutes >= 60 or seconds >= 60:
        raise BadCoordinate(
            f"度分秒的分、秒须小于 60:{text}", f"minutes and seconds must be below 60: {text}", value=text
        )
    magnitude = int(parts["d"]) + minutes / 60 + seconds / 3600
    negative = (parts["sign"] == "-") != (parts["side"].upper() in {"S", "W"})
    return -magnitude if negative else magnitude


def position_units(lon: Degrees, lat: Degrees) -> tuple[Fraction, Fraction]:
    """Longitude and latitude as exact, signed numbers of units, with their range checked."""
    lon_deg, lat_deg = exact_value(lon), exact_value(lat)
    if abs(lon_deg) > 180 or abs(lat_deg) > 90:
        raise BadCoordinate(
            f"经度须在 ±180°、纬度须在 ±90° 以内(先经度后纬度):{lon}, {lat}",
            f"longitude must lie within ±180° and latitude within ±90° (longitude first): {lon}, {lat}",
            value=f"{lon}, {lat}",
        )
    return lon_deg * UNITS_PER_DEGREE, lat_deg * UNITS_PER_DEGREE


def away_index(units: Fraction, size: int) -> int:
    """Signed index of a cell, counted away from zero: 0, 1 … one way, −1, −2 … the other.

    A position on a line belongs to the cell farther from zero, in every hemisphere.

    >>> [away_index(Fraction(u), 10) for u in (0, 9, 10, -1, -10)]
    [0, 0, 1, -1, -2]
    """
    return math.floor(units / size) if units >= 0 else -math.floor(-units / size) - 1


def away_units(degrees: ArrayLike) -> tuple[Integers, NDArray[np.bool_]]:
    """⌊abs(degrees) · 7372800⌋ and the negative mask for an array of floats, shape (n,).

    Equal to the exact arithmetic on each float's shortest decimal text: where the
    product comes near a whole number, that one element is decided exactly.
    """
    values: NDArray[np.float64] = np.atleast_1d(np.asarray(degrees, dtype=np.float64))
    if not np.isfinite(values).all():
        bad = values[~np.isfinite(values)][0]
        raise BadCoordinate(
            f"坐标含有非有限值,请先剔除:{bad}", f"coordinates must be finite; remove: {bad}", value=str(bad)
        )
    product = np.abs(values) * UNITS_PER_DEGREE
    whole = np.floor(product)
    # Rounding of the product and of the decimal text together stay below 4e-7 units.
    doubtful = np.flatnonzero(np.abs(product - np.rint(product)) < 1e-6)
    units = whole.astype(np.int64)
    for place in doubtful:
        units[place] = math.floor(abs(exact_value(float(values[place]))) * UNITS_PER_DEGREE)
    return units, values < 0


def to_degrees(units: int | Fraction) -> float:
    """Degrees of a number of units, correctly rounded."""
    return float(Fraction(units) / UNITS_PER_DEGREE)


def require_level(level: Any, low: int, high: int) -> int:
    """The level, when it is a whole number within the limits."""
    if isinstance(level, bool) or not isinstance(level, int | np.integer) or not low <= level <= high:
        raise BadGridCode(
            f"网格级别须为 {low}–{high} 的整数:{level!r}",
            f"the grid level must be a whole number from {low} to {high}: {level!r}",
            value=str(level),
        )
    return int(level)
