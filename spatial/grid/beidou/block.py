"""Three-dimensional Beidou grid codes 北斗三维网格位置码 (GB/T 39409-2020 §6.2, Annex C).

Height is ellipsoidal, in metres, CGCS2000. It is turned into a whole number *n*
of layers whose thickness grows with the distance from the Earth's centre, so that
a block stays about as high as it is wide:

    n = ⌊(θ0/θ) · ln((H + r0)/r0) / ln(1 + θ0)⌋,  θ0 = π/180, θ = 1/2048″, r0 = 6378137 m

Below the ellipsoid *n* is negative and is written as a sign and the bits of |n|
(sign-magnitude); the borrow rule of Annex C.5 contradicts this and is not used.
A coarser level keeps the high bits of |n|. The standard says that the part of level 5
runs over 0–E (§6.2), while its four bits reach F (Annex C), first between 1839 and
1962 m of height: F is written and read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Final

from spatial.errors import BadCoordinate, OutsideArea
from spatial.grid.beidou import cell as plane_cell
from spatial.grid.beidou.cell import DIGITS, Cell, bad_code, from_segments, segments
from spatial.grid.beidou.levels import DEEPEST, LEVELS
from spatial.grid.units import Degrees, exact_value, require_level

RADIUS_M: Final = 6_378_137
"""r0: the semi-major axis of CGCS2000."""
LAYERS_PER_FACTOR: Final = 3600 * 2048
"""θ0/θ: layers from one height to the one (1 + θ0) times as far from the centre."""
MAGNITUDE_BITS: Final = 31
_PI: Final = Decimal("3.14159265358979323846264338327950288419716939937510")


@dataclass(frozen=True, slots=True, order=True)
class Block:
    """A cell with a range of heights 三维网格: ``magnitude`` holds the high bits of |n|."""

    cell: Cell
    below: bool
    """Under the ellipsoid: the sign bit a0."""
    magnitude: int

    def __post_init__(self) -> None:
        bits = LEVELS[require_level(self.cell.level, 1, DEEPEST)].height_bits
        if not 0 <= self.magnitude < 1 << bits:
            raise OutsideArea(
                f"高度层数超出该级网格的 {bits} 位:{self.magnitude}",
                f"the height takes more than the {bits} bits of this level: {self.magnitude}",
                value=self.magnitude,
            )

    @property
    def level(self) -> int:
        """Level of the cell, 1–10."""
        return self.cell.level

    @property
    def code(self) -> str:
        """The interleaved code: each part of the height follows its part of the plane code.

        >>> decode("N036J0093000780B3010010520430140").code
        'N036J0093000780B3010010520430140'
        """
        total = LEVELS[self.level].height_bits
        text = f"{'N' if self.cell.row >= 0 else 'S'}{int(self.below)}"
        for level, plane in zip(LEVELS[1:], segments(self.cell), strict=False):
            digit = self.magnitude >> (total - level.height_bits) & (1 << level.digit_bits) - 1
            text += plane + (f"{digit:02d}" if level.number == 1 else DIGITS[digit])
        return text

    @property
    def heights_m(self) -> tuple[float, float]:
        """Bottom and top, ellipsoidal, in metres.

        >>> [round(h, 3) for h in encode("118.7909", "36.8560", 23.4).heights_m]
        [23.396, 23.411]
        """
        shift = MAGNITUDE_BITS - LEVELS[self.level].height_bits
        low, high = self.magnitude << shift, (self.magnitude + 1) << shift
        return (height_m(1 - high), height_m(1 - low)) if self.below else (height_m(low), height_m(high))

    @property
    def centre(self) -> tuple[float, float, float]:
        """Longitude, latitude in degrees and height in metres of the middle."""
        bottom, top = self.heights_m
        return *self.cell.centre, (bottom + top) / 2

    def parent(self, level: int | None = None) -> Block:
        """The block of a coarser level, 1 at least, that holds this one."""
        wanted = require_level(self.level - 1 if level is None else level, 1, self.level)
        shift = LEVELS[self.level].height_bits - LEVELS[wanted].height_bits
        return Block(self.cell.parent(wanted), self.below, self.magnitude >> shift)


def encode(lon: Degrees, lat: Degrees, height: Degrees, level: int = DEEPEST) -> Block:
    """The block of a position; ``height`` is ellipsoidal 大地高, in metres.

    A height of another kind (1985 normal height 正常高) must be converted first; the
    two differ by about a metre at Shouguang and by tens of metres elsewhere.

    >>> encode("118.7909", "36.8560", "23.4").code
    'N050J009105021065010463730513343'
    """
    n = layer(height)
    shift = MAGNITUDE_BITS - LEVELS[require_level(level, 1, DEEPEST)].height_bits
    return Block(plane_cell.encode(lon, lat, level), n < 0, abs(n) >> shift)


def decode(code: str) -> Block:
    """The block of a three-dimensional code; raises :class:`~spatial.errors.BadGridCode`.

    >>> decode("N050J00").heights_m[0], decode("N050J00").cell.code
    (0.0, 'N50J')
    """
    text = code.strip().upper()
    if text[:1] not in ("N", "S") or text[1:2] not in ("0", "1") or len(text) < 3:
        raise bad_code(code)
    plane, magnitude, rest = [], 0, text[2:]
    for level in LEVELS[1:]:
        if not rest:
            break
        width = level.characters
        digits = rest[width : width + (2 if level.number == 1 else 1)]
        plane.append(rest[:width])
        magnitude = magnitude << level.digit_bits | _height_digit(digits, level.number, code)
        rest = rest[width + len(digits) :]
    if rest:
        raise bad_code(code)
    return Block(from_segments(text[0] == "S", plane, code), text[1] == "1", magnitude)


def layer(height: Degrees) -> int:
    """The number n of the layer at an ellipsoidal height in metres, exactly (Annex C).

    >>> layer("23.4"), layer(0), layer(-1)
    (1563, 0, -67)
    """
    exact = exact_value(height)
    if exact <= -RADIUS_M:
        raise BadCoordinate(
            f"高度须在地心以上(单位米):{height}",
            f"the height, in metres, must lie above the Earth's centre: {height}",
            value=str(height),
        )
    with localcontext() as context:
        context.prec = 50
        ratio = 1 + Decimal(exact.numerator) / (Decimal(exact.denominator) * RADIUS_M)
        n = math.floor(LAYERS_PER_FACTOR * ratio.ln() / (1 + _PI / 180).ln())
    if abs(n) >= 1 << MAGNITUDE_BITS:
        raise OutsideArea(
            f"高度超出北斗网格 31 位高度的范围:{height}",
            f"the height leaves the 31 bits of the Beidou grid: {height}",
            value=str(height),
        )
    return n


def height_m(n: int) -> float:
    """Ellipsoidal height of the bottom of layer n, in metres (Annex C.3).

    >>> round(height_m(1 << 27), 1)
    2361447.9
    """
    return RADIUS_M * math.expm1(n / LAYERS_PER_FACTOR * math.log1p(math.pi / 180))


def _height_digit(text: str, level: int, code: str) -> int:
    bits = LEVELS[level].digit_bits
    if level == 1:
        value = int(text) if len(text) == 2 and text.isascii() and text.isdecimal() else -1
    else:
        value = DIGITS.find(text) if len(text) == 1 else -1
    if not 0 <= value < 1 << bits:
        raise bad_code(code)
    return value
