"""GeoSOT grid codes 地球空间剖分网格码 (GB/T 40087-2021).

Degrees, minutes, seconds and 1/2048″ are written as 9, 6, 6 and 11 binary digits of
latitude and longitude, interleaved as quaternary digits 2·latitude + longitude:
``Gddddddddd-mmmmmm-ssssss.fffffffffff``. The level is the number of digits kept,
0–32. Since 60 is not 64 and 180 not 256, some digit strings name no place on Earth
and some cells are cut off at the next whole minute or degree.

The first digit carries the sign: south adds 2, west adds 1 (unverified against the
text of the standard; China has digit 0 either way).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from spatial.errors import BadCoordinate, BadGridCode
from spatial.grid.units import (
    UNITS_PER_DEGREE,
    Bounds,
    Degrees,
    away_index,
    position_units,
    require_level,
    to_degrees,
)

DEEPEST: Final = 32
_PARTS: Final = ((9, UNITS_PER_DEGREE), (6, 60 * 2048), (6, 2048), (11, 1))
_FORM = re.compile(r"G([0-3]{0,9})(?:-([0-3]{0,6}))?(?:-([0-3]{0,6}))?(?:\.([0-3]{0,11}))?")


@dataclass(frozen=True, slots=True, order=True)
class GeoSotCell:
    """A cell 剖分面片: the digits kept, as text of 0–3; the empty text is the whole Earth."""

    digits: str

    def __post_init__(self) -> None:
        if len(self.digits) > DEEPEST or set(self.digits) - set("0123"):
            raise _bad_code(self.digits)
        for bits, limit in zip(self._bits(), (90, 180), strict=True):
            if _magnitude(_filled(bits, "0")) is None or _degrees_of(bits) >= limit:
                raise _bad_code(self.digits)

    @property
    def level(self) -> int:
        """Number of digits, 0–32."""
        return len(self.digits)

    @property
    def code(self) -> str:
        """The code, written with its separators.

        >>> encode("118.7909", "36.8560", 15).code
        'G001310310-321133'
        """
        d = self.digits
        text = f"G{d[:9]}"
        for part, separator in ((d[9:15], "-"), (d[15:21], "-"), (d[21:], ".")):
            text += separator + part if part else ""
        return text

    @property
    def bounds_units(self) -> tuple[int, int, int, int]:
        """West, south, east, north in whole units of 1/2048″, cut to what exists."""
        south, north = _range(self._bits()[0], 90)
        west, east = _range(self._bits()[1], 180)
        return west, south, east, north

    @property
    def bounds(self) -> Bounds:
        """Edges in degrees.

        >>> decode("G001310310").bounds
        Bounds(west_deg=118.0, south_deg=36.0, east_deg=119.0, north_deg=37.0)
        """
        west, south, east, north = self.bounds_units
        return Bounds(to_degrees(west), to_degrees(south), to_degrees(east), to_degrees(north))

    @property
    def centre(self) -> tuple[float, float]:
        """Longitude and latitude of the middle, in degrees: encodes to this cell again."""
        west, south, east, north = self.bounds_units
        return to_degrees(Fraction(west + east, 2)), to_degrees(Fraction(south + north, 2))

    def parent(self) -> GeoSotCell:
        """The next coarser cell; the whole Earth is its own."""
        return GeoSotCell(self.digits[:-1])

    def children(self) -> Iterator[GeoSotCell]:
        """The cells of the next finer level that exist: four, two or one.

        >>> [child.code for child in decode("G001310310-3").children()]
        ['G001310310-30', 'G001310310-31', 'G001310310-32', 'G001310310-33']
        >>> [child.code for child in decode("G001310310-333").children()]
        ['G001310310-3330']
        """
        require_level(self.level + 1, 1, DEEPEST)
        for digit in "0123":
            try:
                yield GeoSotCell(self.digits + digit)
            except BadGridCode:
                continue

    def _bits(self) -> tuple[str, str]:
        return (
            "".join("1" if digit in "23" else "0" for digit in self.digits),
            "".join("1" if digit in "13" else "0" for digit in self.digits),
        )


def encode(lon: Degrees, lat: Degrees, level: int = DEEPEST) -> GeoSotCell:
    """The cell of a CGCS2000 position; ±90° and ±180° count to the last cell.

    >>> encode("118.7909", "36.8560").code
    'G001310310-321133-031213.20133103211'
    """
    require_level(level, 0, DEEPEST)
    x, y = position_units(lon, lat)
    return GeoSotCell(_digits(away_index(x, 1), away_index(y, 1))[:level])


def decode(code: str) -> GeoSotCell:
    """The cell of a code; raises :class:`~spatial.errors.BadGridCode`.

    >>> decode("G001310310-321133-031213.20133103211").level
    32
    """
    found = _FORM.fullmatch(code.strip().upper())
    if found is None:
        raise _bad_code(code)
    parts = [part or "" for part in found.groups()]
    for (width, _), part, following in zip(_PARTS, parts, parts[1:], strict=False):
        if following and len(part) != width:
            raise _bad_code(code)
    return GeoSotCell("".join(parts))


def object_cell(west: Degrees, south: Degrees, east: Degrees, north: Degrees) -> GeoSotCell:
    """The cell that stands for an object: the deepest single one that holds its box.

    Where only the whole Earth does (a box across the equator or the prime meridian),
    the deepest cell around the box's centre that is at least as wide and high as it.

    >>> object_cell("118.539", "36.720", "119.116", "37.304").code
    'G00131031'
    """
    x_west, y_south = position_units(west, south)
    x_east, y_north = position_units(east, north)
    if x_east < x_west or y_north < y_south:
        raise BadCoordinate(
            f"对象范围颠倒(西南角在前):{west}, {south}, {east}, {north}",
            f"the box is reversed (south-west corner first): {west}, {south}, {east}, {north}",
            value=f"{west}, {south}, {east}, {north}",
        )
    x_first, y_first = math.floor(x_west), math.floor(y_south)
    first = _digits(x_first, y_first)
    last = _digits(max(x_first, math.ceil(x_east) - 1), max(y_first, math.ceil(y_north) - 1))
    shared = next((k for k, (a, b) in enumerate(zip(first, last, strict=True)) if a != b), DEEPEST)
    if shared:
        return GeoSotCell(first[:shared])
    return _centre_cell(x_west, y_south, x_east, y_north)


def _centre_cell(x_west: Fraction, y_south: Fraction, x_east: Fraction, y_north: Fraction) -> GeoSotCell:
    digits = _digits(away_index((x_west + x_east) / 2, 1), away_index((y_south + y_north) / 2, 1))
    for level in range(DEEPEST, 0, -1):
        cell = GeoSotCell(digits[:level])
        west, south, east, north = cell.bounds_units
        if east - west >= x_east - x_west and north - south >= y_north - y_south:
            return cell
    return GeoSotCell("")


def _digits(x_index: int, y_index: int) -> str:
    """The 32 digits of a unit cell, given by its signed indices (−1 is the first west or south)."""
    pairs = zip(_binary(y_index, 90), _binary(x_index, 180), strict=True)
    return "".join(str(2 * int(lat) + int(lon)) for lat, lon in pairs)


def _binary(index: int, limit_deg: int) -> str:
    """32 binary digits of a coordinate: sign, degrees, minutes, seconds, 1/2048″."""
    rest = min(index if index >= 0 else -index - 1, limit_deg * UNITS_PER_DEGREE - 1)
    text = ""
    for bits, size in _PARTS:
        value, rest = divmod(rest, size)
        text += f"{value:0{bits}b}"
    return ("1" if index < 0 else "0") + text[1:]


def _filled(bits: str, filler: str) -> str:
    """All 32 digits, the missing ones filled."""
    return bits + filler * (DEEPEST - len(bits))


def _magnitude(bits: str) -> int | None:
    """Units of 32 binary digits, sign apart; None where minutes or seconds reach 60."""
    degrees, minutes, seconds, fraction = (
        int(bits[1:9], 2),
        int(bits[9:15], 2),
        int(bits[15:21], 2),
        int(bits[21:], 2),
    )
    if minutes >= 60 or seconds >= 60:
        return None
    return degrees * UNITS_PER_DEGREE + (minutes * 60 + seconds) * 2048 + fraction


def _degrees_of(bits: str) -> int:
    return int(_filled(bits, "0")[1:9], 2)


def _range(bits: str, limit_deg: int) -> tuple[int, int]:
    """Signed ends of a coordinate's range in units; a void part of the cell is cut off."""
    if not bits:
        return -limit_deg * UNITS_PER_DEGREE, limit_deg * UNITS_PER_DEGREE
    low = _magnitude(_filled(bits, "0"))
    assert low is not None
    full = _filled(bits, "1")
    degrees = min(int(full[1:9], 2), limit_deg - 1)
    minutes, seconds = min(int(full[9:15], 2), 59), min(int(full[15:21], 2), 59)
    high = degrees * UNITS_PER_DEGREE + (minutes * 60 + seconds) * 2048 + int(full[21:], 2) + 1
    return (-high, -low) if bits[0] == "1" else (low, high)


def _bad_code(code: str) -> BadGridCode:
    return BadGridCode(
        f"不是 GeoSOT 网格码,或所指之处不存在:{code}",
        f"this is no GeoSOT code, or it names no place on Earth: {code}",
        value=code,
    )
