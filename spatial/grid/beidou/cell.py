"""Two-dimensional Beidou grid codes 北斗二维网格位置码 (GB/T 39409-2020 §5, §6.1).

The grid covers |latitude| < 88° of CGCS2000. A cell is identified by its level
and a pair of signed integers, column and row, counted away from the prime
meridian and the equator; the code is a way of writing that pair down. Corners in
degrees are roundings: encoding a rounded corner again gives a neighbour in about
half of all cases, encoding the centre never does.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from spatial.errors import BadCoordinate, BadGridCode, OutsideArea, TooLarge
from spatial.grid.beidou.levels import DEEPEST, LATITUDE_LIMIT_DEG, LEVELS, Level
from spatial.grid.units import (
    UNITS_PER_DEGREE,
    Bounds,
    Degrees,
    away_index,
    position_units,
    require_level,
    to_degrees,
)

DIGITS = "0123456789ABCDEF"
ROW_LETTERS = "ABCDEFGHIJKLMNOPQRSTUV"
_AROUND = ((0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1))


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """A cell 网格单元: ``level`` 0–10 and the integer pair that is its identity.

    ``column`` and ``row`` are ≥ 0 east and north; −1 is the first cell west or
    south. At level 0 a cell is a hemisphere: column 0, row 0 (N) or −1 (S).
    """

    level: int
    column: int
    row: int

    def __post_init__(self) -> None:
        columns, rows = _half_counts(LEVELS[require_level(self.level, 0, DEEPEST)])
        low = 0 if self.level == 0 else -columns
        if not (low <= self.column < columns and -rows <= self.row < rows):
            raise OutsideArea(
                f"网格列行号超出北斗网格范围:{self.level} 级 {self.column}, {self.row}",
                f"column and row leave the Beidou grid: level {self.level}, {self.column}, {self.row}",
                value=f"{self.level}, {self.column}, {self.row}",
            )

    @property
    def code(self) -> str:
        """The code of the cell.

        >>> encode("118.7909", "36.8560", 5).code
        'N50J9152165'
        """
        text = "N" if self.row >= 0 else "S"
        for part in segments(self):
            text += part
        return text

    @property
    def bounds(self) -> Bounds:
        """Edges in degrees. The far side of a boundary line belongs to the next cell."""
        west, south, east, north = self.bounds_units
        return Bounds(to_degrees(west), to_degrees(south), to_degrees(east), to_degrees(north))

    @property
    def bounds_units(self) -> tuple[int, int, int, int]:
        """West, south, east, north in whole units of 1/2048″: exact."""
        level = LEVELS[self.level]
        south = self.row * level.height
        if self.level == 0:
            return -level.width // 2, south, level.width // 2, south + level.height
        west = self.column * level.width
        return west, south, west + level.width, south + level.height

    @property
    def centre(self) -> tuple[float, float]:
        """Longitude and latitude of the middle, in degrees: encodes to this cell again.

        >>> cell = decode("N50J9152165146735134")
        >>> encode(*cell.centre, 10) == cell
        True
        """
        west, south, east, north = self.bounds_units
        return to_degrees(Fraction(west + east, 2)), to_degrees(Fraction(south + north, 2))

    def parent(self, level: int | None = None) -> Cell:
        """The cell of a coarser level that holds this one; the next coarser by default.

        >>> decode("N50J475491E").parent().code, decode("N50J475491E").parent(1).code
        ('N50J47549', 'N50J')
        """
        wanted = require_level(self.level - 1 if level is None else level, 0, self.level)
        if wanted == 0:
            return Cell(0, 0, 0 if self.row >= 0 else -1)
        here, there = LEVELS[self.level], LEVELS[wanted]
        return Cell(wanted, self.column * here.width // there.width, self.row * here.height // there.height)

    def children(self) -> Iterator[Cell]:
        """The cells of the next finer level, row by row from the south-west.

        >>> [child.code for child in decode("N50J475491E").children()]
        ['N50J475491E0', 'N50J475491E1', 'N50J475491E2', 'N50J475491E3']
        """
        finer = LEVELS[require_level(self.level + 1, 1, DEEPEST)]
        west, south, east, north = self.bounds_units
        for row in range(south // finer.height, north // finer.height):
            for column in range(west // finer.width, east // finer.width):
                yield Cell(finer.number, column, row)

    def moved(self, columns_east: int, rows_north: int) -> Cell | None:
        """The cell so many steps away; past ±180° it comes round, None past ±88°.

        >>> Cell(1, 29, 0).moved(1, 0) == Cell(1, -30, 0)
        True
        """
        columns, rows = _half_counts(LEVELS[self.level])
        row = self.row + rows_north
        if not -rows <= row < rows:
            return None
        if self.level == 0:
            return Cell(0, 0, row)
        return Cell(self.level, (self.column + columns_east + columns) % (2 * columns) - columns, row)

    def neighbours(self) -> tuple[Cell, ...]:
        """The cells around it 邻接网格, clockwise from the north; fewer at ±88°.

        >>> [cell.code for cell in decode("N50J475491E").neighbours()][:3]
        ['N50K4014010', 'N50K4014020', 'N50J475492E']
        """
        found = (self.moved(east, north) for east, north in _AROUND)
        return tuple(dict.fromkeys(cell for cell in found if cell is not None and cell != self))


def encode(lon: Degrees, lat: Degrees, level: int = DEEPEST) -> Cell:
    """The cell that holds a CGCS2000 position; longitude ±180° counts to the last cell.

    Exact for text, Decimal and Fraction. Raises
    :class:`~spatial.errors.OutsideArea` at |latitude| ≥ 88° and
    :class:`~spatial.errors.BadCoordinate` for what is no position.

    >>> encode("116°18′45.37″E", "39°59′35.38″N", 8).code
    'N50J47539B825534'
    >>> encode("-70.5", "-33.4", 3).code
    'S19I924'
    """
    require_level(level, 0, DEEPEST)
    x, y = position_units(lon, lat)
    if abs(y) >= LATITUDE_LIMIT_DEG * UNITS_PER_DEGREE:
        raise _polar(lat)
    shape = LEVELS[level]
    row = away_index(y, shape.height)
    if level == 0:
        return Cell(0, 0, row)
    columns, _ = _half_counts(shape)
    return Cell(level, max(-columns, min(columns - 1, away_index(x, shape.width))), row)


def decode(code: str) -> Cell:
    """The cell of a code of any level; raises :class:`~spatial.errors.BadGridCode`.

    >>> decode("N50J475491E")
    Cell(level=5, column=104686, row=35999)
    >>> decode("N50J").bounds
    Bounds(west_deg=114.0, south_deg=36.0, east_deg=120.0, north_deg=40.0)
    """
    text = code.strip().upper()
    if text[:4] in ("N000", "S000"):
        raise OutsideArea(
            f"极区网格码(§5.3)未实现:{code}",
            f"polar cap codes (§5.3) are not implemented: {code}",
            value=code,
        )
    if text[:1] not in ("N", "S"):
        raise bad_code(code)
    parts, rest = [], text[1:]
    for level in LEVELS[1:]:
        if not rest:
            break
        parts.append(rest[: level.characters])
        rest = rest[level.characters :]
    if rest:
        raise bad_code(code)
    return from_segments(text[0] == "S", parts, code)


def from_segments(south: bool, parts: list[str], code: str) -> Cell:
    """The cell of a hemisphere and the code's parts, level by level; ``code`` is for errors."""
    column = row = 0
    west = False
    for level, part in zip(LEVELS[1:], parts, strict=False):
        if level.number == 1:
            if len(part) != 3 or not part[:2].isascii() or not part[:2].isdecimal():
                raise bad_code(code)
            west, number = int(part[:2]) <= 30, int(part[:2])
            column = 30 - number if west else number - 31
            row = ROW_LETTERS.find(part[2])
            if not 1 <= number <= 60 or row < 0:
                raise bad_code(code)
        else:
            step_column, step_row = _split_digits(level, part, code)
            column = column * level.columns + step_column
            row = row * level.rows + step_row
    if not parts:
        return Cell(0, 0, -1 if south else 0)
    return Cell(len(parts), -column - 1 if west else column, -row - 1 if south else row)


def segments(cell: Cell) -> tuple[str, ...]:
    """The parts of a code from level 1 to the cell's level, without the hemisphere."""
    parts = []
    for number in range(1, cell.level + 1):
        level, at = LEVELS[number], cell.parent(number)
        column = at.column if at.column >= 0 else -at.column - 1
        row = at.row if at.row >= 0 else -at.row - 1
        if number == 1:
            parts.append(f"{31 + at.column:02d}{ROW_LETTERS[row]}")
        elif level.paired:
            parts.append(DIGITS[column % level.columns] + DIGITS[row % level.rows])
        else:
            parts.append(str(row % level.rows * 2 + column % level.columns))
    return tuple(parts)


def covering(
    west: Degrees, south: Degrees, east: Degrees, north: Degrees, level: int, *, limit: int = 100_000
) -> tuple[Cell, ...]:
    """The cells that cover the inside of a box, row by row from the south-west.

    A box that ends exactly on a grid line does not reach the cells beyond it.
    ``west > east`` means a box across the antimeridian. Raises
    :class:`~spatial.errors.TooLarge` where there would be more than ``limit``.

    >>> [cell.code for cell in covering("118.5", "36.5", "119.25", "37", 2)]
    ['N50J91', 'N50JA1']
    """
    shape = LEVELS[require_level(level, 1, DEEPEST)]
    columns, rows = _half_counts(shape)
    x_west, y_south = position_units(west, south)
    x_east, y_north = position_units(east, north)
    if y_north < y_south:
        raise BadCoordinate(
            f"范围的南北界颠倒:{south}, {north}",
            f"the box ends south of where it begins: {south}, {north}",
            value=f"{south}, {north}",
        )
    if max(y_north, -y_south) > LATITUDE_LIMIT_DEG * UNITS_PER_DEGREE:
        raise _polar(north if y_north > -y_south else south)
    first_column, last_column = _reached(x_west, x_east, shape.width, columns)
    first_row, last_row = _reached(y_south, y_north, shape.height, rows)
    if x_west > x_east:
        last_column = math.ceil(x_east / shape.width) - 1 + 2 * columns
    count = (last_column - first_column + 1) * (last_row - first_row + 1)
    if count > limit:
        raise TooLarge(
            f"覆盖该范围的网格数超过上限 {limit},请减小范围或取较粗级别:{count}",
            f"the box takes more than {limit} cells; take a smaller box or a coarser level: {count}",
            value=count,
        )
    return tuple(
        Cell(level, (column + columns) % (2 * columns) - columns, row)
        for row in range(first_row, last_row + 1)
        for column in range(first_column, last_column + 1)
    )


def bad_code(code: str) -> BadGridCode:
    """The error for a text that is no Beidou grid code."""
    return BadGridCode(
        f"不是北斗网格位置码,请核对位数与字符:{code}",
        f"this is no Beidou grid code; check its length and characters: {code}",
        value=code,
    )


def _half_counts(level: Level) -> tuple[int, int]:
    """Columns from the meridian to 180° and rows from the equator to 88°."""
    columns = 1 if level.number == 0 else 180 * UNITS_PER_DEGREE // level.width
    return columns, LATITUDE_LIMIT_DEG * UNITS_PER_DEGREE // level.height


def _reached(low: Fraction, high: Fraction, size: int, half: int) -> tuple[int, int]:
    """First and last index of the cells between two lines; one cell at least."""
    first = min(math.floor(low / size), half - 1)
    return first, max(first, math.ceil(high / size) - 1)


def _polar(lat: Degrees) -> OutsideArea:
    return OutsideArea(
        f"北斗网格码在此仅支持纬度绝对值小于 88° 的范围(极区另有规则,未实现):{lat}",
        f"Beidou codes are available for |latitude| < 88° only (polar caps not implemented): {lat}",
        value=str(lat),
    )


def _split_digits(level: Level, part: str, code: str) -> tuple[int, int]:
    digits = [DIGITS.find(character) for character in part]
    if len(part) != level.characters or min(digits) < 0:
        raise bad_code(code)
    if not level.paired:
        digits = [digits[0] % 2, digits[0] // 2]
    if digits[0] >= level.columns or digits[1] >= level.rows:
        raise bad_code(code)
    return digits[0], digits[1]
