"""The eleven levels of the Beidou grid and how many bits of height each one keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from spatial.grid.units import UNITS_PER_DEGREE, UNITS_PER_MINUTE, UNITS_PER_SECOND


@dataclass(frozen=True, slots=True)
class Level:
    """One level of the grid 网格级别 (GB/T 39409-2020 §5)."""

    number: int
    width: int
    """Extent along longitude, in units of 1/2048″."""
    height: int
    """Extent along latitude, in units of 1/2048″."""
    columns: int
    """Into how many columns the parent is split."""
    rows: int
    paired: bool
    """Two characters, longitude then latitude; else one digit, row · 2 + column."""
    digit_bits: int
    """Bits of height this level adds (Annex C)."""
    height_bits: int
    """Bits of height kept down to this level, sign apart."""

    @property
    def characters(self) -> int:
        """Characters this level adds to a two-dimensional code."""
        return 3 if self.number == 1 else 2 if self.paired else 1


def _levels() -> tuple[Level, ...]:
    second, minute, degree = UNITS_PER_SECOND, UNITS_PER_MINUTE, UNITS_PER_DEGREE
    rows = (
        (6 * degree, 4 * degree, 60, 22, True, 6),
        (30 * minute, 30 * minute, 12, 8, True, 3),
        (15 * minute, 10 * minute, 2, 3, False, 1),
        (minute, minute, 15, 10, True, 4),
        (4 * second, 4 * second, 15, 15, True, 4),
        (2 * second, 2 * second, 2, 2, False, 1),
        (second // 4, second // 4, 8, 8, True, 3),
        (second // 32, second // 32, 8, 8, True, 3),
        (second // 256, second // 256, 8, 8, True, 3),
        (1, 1, 8, 8, True, 3),
    )
    found = [Level(0, 360 * degree, 88 * degree, 1, 2, False, 0, 0)]
    for number, (width, height, columns, split, paired, bits) in enumerate(rows, start=1):
        kept = found[-1].height_bits + bits
        found.append(Level(number, width, height, columns, split, paired, bits, kept))
    return tuple(found)


LEVELS: Final = _levels()
DEEPEST: Final = 10
LATITUDE_LIMIT_DEG: Final = 88
"""The polar caps beyond have a rule of their own (§5.3), which is not implemented."""
