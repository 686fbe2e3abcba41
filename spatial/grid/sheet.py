"""Map sheets 图幅 of the national series, 1:1,000,000 to 1:500 (GB/T 13989).

The 1:1,000,000 sheet is 6° × 4°: a letter for the row from the equator, two digits
for the column from 180° W. Larger scales divide it into rows and columns counted
from its **north-west** corner, three digits each, four for 1:1000 and 1:500:
``J50E019020``. (Beidou rows of the same sheet count from the equator.)

The numbering follows the common description of the standard; the rule, and scales
1:2000 and larger in particular, could not be checked against its text (unverified).
A number names the same graticule in Beijing 1954, Xi'an 1980 and CGCS2000: its
bounds are in the frame of the map, and frames differ by up to some hundred metres.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Final

from spatial.errors import BadCoordinate, BadGridCode, OutsideArea, TooLarge
from spatial.grid.units import (
    UNITS_PER_DEGREE,
    UNITS_PER_SECOND,
    Bounds,
    Degrees,
    position_units,
    to_degrees,
)

SHEET_WIDTH: Final = 6 * UNITS_PER_DEGREE
SHEET_HEIGHT: Final = 4 * UNITS_PER_DEGREE
LATITUDE_LIMIT_DEG: Final = 60
"""North of 60° the 1:1,000,000 sheets are joined in pairs and more; China ends at 54°."""
_LETTERS: Final = "ABCDEFGHIJKLMNO"
_NUMBER = re.compile(r"([A-O])(\d{2})(?:([B-K])(\d+))?", re.ASCII)
_HALF_TURN: Final = 180 * UNITS_PER_DEGREE
_AROUND = ((0, -1), (1, -1), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1))


class Scale(Enum):
    """The basic scales 基本比例尺: letter, denominator, divisions of the 1:1,000,000 sheet."""

    A = ("A", 1_000_000, 1)
    B = ("B", 500_000, 2)
    C = ("C", 250_000, 4)
    D = ("D", 100_000, 12)
    E = ("E", 50_000, 24)
    F = ("F", 25_000, 48)
    G = ("G", 10_000, 96)
    H = ("H", 5_000, 192)
    I = ("I", 2_000, 576)  # noqa: E741
    J = ("J", 1_000, 1152)
    K = ("K", 500, 2304)

    @property
    def letter(self) -> str:
        """The scale's letter in a sheet number; A is not written."""
        return self.value[0]

    @property
    def denominator(self) -> int:
        """10000 for 1:10,000."""
        return self.value[1]

    @property
    def divisions(self) -> int:
        """Rows, and columns, of the 1:1,000,000 sheet at this scale."""
        return self.value[2]

    @property
    def width(self) -> int:
        """Extent of a sheet along longitude, in units of 1/2048″."""
        return SHEET_WIDTH // self.divisions

    @property
    def height(self) -> int:
        """Extent of a sheet along latitude, in units of 1/2048″."""
        return SHEET_HEIGHT // self.divisions

    @property
    def digits(self) -> int:
        """Digits of a row or column number."""
        return 4 if self.divisions > 999 else 3

    @staticmethod
    def of(denominator: int) -> Scale:
        """The scale of a denominator.

        >>> Scale.of(10_000).letter
        'G'
        """
        for scale in Scale:
            if scale.denominator == denominator:
                return scale
        raise BadGridCode(
            f"不是国家基本比例尺:1:{denominator}",
            f"this is no scale of the national series: 1:{denominator}",
            value=denominator,
        )


@dataclass(frozen=True, slots=True)
class Sheet:
    """A map sheet: scale, and column and row counted from 180° W and the equator."""

    scale: Scale
    column: int
    row: int

    def __post_init__(self) -> None:
        columns = 2 * _HALF_TURN // self.scale.width
        rows = LATITUDE_LIMIT_DEG * UNITS_PER_DEGREE // self.scale.height
        if not (0 <= self.column < columns and 0 <= self.row < rows):
            raise _outside(f"{self.column}, {self.row}")

    @property
    def number(self) -> str:
        """The sheet number 图幅号.

        >>> encode("118.7909", "36.8560", Scale.of(10_000)).number
        'J50G076077'
        """
        divisions, width = self.scale.divisions, self.scale.digits
        big_column, column = divmod(self.column, divisions)
        big_row, row = divmod(self.row, divisions)
        base = f"{_LETTERS[big_row]}{big_column + 1:02d}"
        if self.scale is Scale.A:
            return base
        return f"{base}{self.scale.letter}{divisions - row:0{width}d}{column + 1:0{width}d}"

    @property
    def bounds_units(self) -> tuple[int, int, int, int]:
        """West, south, east, north in whole units of 1/2048″: exact."""
        west = self.column * self.scale.width - _HALF_TURN
        south = self.row * self.scale.height
        return west, south, west + self.scale.width, south + self.scale.height

    @property
    def bounds(self) -> Bounds:
        """The neat line 内图廓 in degrees of the map's own frame.

        >>> decode("J50G076077").bounds
        Bounds(west_deg=118.75, south_deg=36.833333333333336, east_deg=118.8125, north_deg=36.875)
        """
        west, south, east, north = self.bounds_units
        return Bounds(to_degrees(west), to_degrees(south), to_degrees(east), to_degrees(north))

    @property
    def centre(self) -> tuple[float, float]:
        """Longitude and latitude of the middle, in degrees."""
        west, south, east, north = self.bounds_units
        return to_degrees(Fraction(west + east, 2)), to_degrees(Fraction(south + north, 2))

    def at_scale(self, scale: Scale) -> Sheet:
        """The sheet of a smaller scale that holds this one.

        >>> decode("J50G076077").at_scale(Scale.of(50_000)).number
        'J50E019020'
        """
        if self.scale.divisions % scale.divisions:
            raise BadGridCode(
                f"该图幅不完全落在 1:{scale.denominator} 的一幅之内:{self.number}",
                f"this sheet does not lie within one of 1:{scale.denominator}: {self.number}",
                value=self.number,
            )
        ratio = self.scale.divisions // scale.divisions
        return Sheet(scale, self.column // ratio, self.row // ratio)

    def neighbours(self) -> tuple[Sheet, ...]:
        """The joining sheets 接图表, clockwise from the north; fewer at the series' edges.

        >>> [sheet.number for sheet in decode("J50G001001").neighbours()][:3]
        ['K50G096001', 'K50G096002', 'J50G001002']
        """
        columns = 2 * _HALF_TURN // self.scale.width
        rows = LATITUDE_LIMIT_DEG * UNITS_PER_DEGREE // self.scale.height
        return tuple(
            Sheet(self.scale, (self.column + east) % columns, self.row - south)
            for east, south in _AROUND
            if 0 <= self.row - south < rows
        )


def encode(lon: Degrees, lat: Degrees, scale: Scale) -> Sheet:
    """The sheet that holds a position; one on a line belongs to the north and east.

    Raises :class:`~spatial.errors.OutsideArea` outside 0° ≤ latitude < 60°.

    >>> encode("118.7909", "36.8560", Scale.A).number
    'J50'
    """
    x, y = position_units(lon, lat)
    if not 0 <= y < LATITUDE_LIMIT_DEG * UNITS_PER_DEGREE:
        raise _outside(str(lat))
    column = math.floor((min(x, Fraction(_HALF_TURN - 1)) + _HALF_TURN) / scale.width)
    return Sheet(scale, column, math.floor(y / scale.height))


def decode(number: str) -> Sheet:
    """The sheet of a number, for example to know its bounds.

    >>> decode("J50").bounds
    Bounds(west_deg=114.0, south_deg=36.0, east_deg=120.0, north_deg=40.0)
    """
    found = _NUMBER.fullmatch(number.strip().upper())
    if found is None or not 1 <= int(found[2]) <= 60:
        raise _bad_number(number)
    scale = Scale.A if found[3] is None else Scale[found[3]]
    row = column = 1
    if found[3] is not None:
        if len(found[4]) != 2 * scale.digits:
            raise _bad_number(number)
        row, column = int(found[4][: scale.digits]), int(found[4][scale.digits :])
    if not (1 <= row <= scale.divisions and 1 <= column <= scale.divisions):
        raise _bad_number(number)
    return Sheet(
        scale,
        (int(found[2]) - 1) * scale.divisions + column - 1,
        _LETTERS.index(found[1]) * scale.divisions + scale.divisions - row,
    )


def covering(
    west: Degrees, south: Degrees, east: Degrees, north: Degrees, scale: Scale, *, limit: int = 100_000
) -> Iterator[Sheet]:
    """The sheets that cover the inside of a box, row by row from the north-west 图幅结合表.

    >>> [sheet.number for sheet in covering("118.6", "36.8", "118.9", "36.9", Scale.of(50_000))]
    ['J50E019019', 'J50E019020', 'J50E020019', 'J50E020020']
    """
    x_west, y_south = position_units(west, south)
    x_east, y_north = position_units(east, north)
    if x_east < x_west or y_north < y_south:
        raise BadCoordinate(
            f"范围颠倒(西南角在前):{west}, {south}, {east}, {north}",
            f"the box is reversed (south-west corner first): {west}, {south}, {east}, {north}",
            value=f"{west}, {south}, {east}, {north}",
        )
    if y_south < 0 or y_north > LATITUDE_LIMIT_DEG * UNITS_PER_DEGREE:
        raise _outside(f"{south}, {north}")
    first, last = encode(west, south, scale), _far_corner(x_east, y_north, scale)
    columns = range(first.column, max(first.column, last.column) + 1)
    rows = range(max(first.row, last.row), first.row - 1, -1)
    if len(columns) * len(rows) > limit:
        raise TooLarge(
            f"覆盖该范围的图幅数超过上限 {limit}:{len(columns) * len(rows)}",
            f"the box takes more than {limit} sheets: {len(columns) * len(rows)}",
            value=len(columns) * len(rows),
        )
    return (Sheet(scale, column, row) for row in rows for column in columns)


def seconds(scale: Scale) -> tuple[float, float]:
    """Width and height of a sheet in arc seconds.

    >>> seconds(Scale.of(2_000))
    (37.5, 25.0)
    """
    return scale.width / UNITS_PER_SECOND, scale.height / UNITS_PER_SECOND


def _far_corner(x_east: Fraction, y_north: Fraction, scale: Scale) -> Sheet:
    column = math.ceil((x_east + _HALF_TURN) / scale.width) - 1
    return Sheet(scale, max(column, 0), max(math.ceil(y_north / scale.height) - 1, 0))


def _outside(value: str) -> OutsideArea:
    return OutsideArea(
        f"图幅编号在此仅支持北纬 0°–60°:{value}",
        f"sheet numbers are available for 0° to 60° north only: {value}",
        value=value,
    )


def _bad_number(number: str) -> BadGridCode:
    return BadGridCode(
        f"不是图幅号(形如 J50G076077):{number}",
        f"this is no sheet number (such as J50G076077): {number}",
        value=number,
    )
