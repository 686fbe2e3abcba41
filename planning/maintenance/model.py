"""What the maintenance package is made of 动态维护包: its reason and place, its feature classes, its codes.

Field lengths are those of the practitioners' tables (待核).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final

from planning.edition import Shapes
from planning.errors import BadAmendment
from planning.maintenance.roles import Change, Role

if TYPE_CHECKING:
    import pyarrow as pa

_HUNDREDTH: Final = Decimal("0.01")
WHOLE_AREA: Final = ("mj", "tbmj", "yjjbnttbmj")
"""Fields for the area of the figure itself."""
NET_AREA: Final = ("tbdlmj", "yjjbntmj")
"""Fields for what is left of it when the share ``kcxs`` is deducted as ``kcmj`` (待核)."""
AREAS: Final = (*WHOLE_AREA, "kcmj", *NET_AREA)
LENGTHS: Final[dict[str, int]] = {
    "BSM": 18,
    "YSDM": 10,
    "XZQDM": 12,
    "XZQMC": 100,
    "WHLX": 2,
    "WHLY": 3,
    "JDZBLY": 10,
    "WHBH": 18,
    "KZBSHSLX": 3,
    "BZ": 255,
}
"""Text fields of WHC."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, by the fields of WHC; code lists 待核."""

    whbh: str = ""
    """维护编号, 18 characters at most."""
    whly: str = ""
    """维护理由, a code of 3 characters at most."""
    jdzbly: str = ""
    """机动指标来源, 10."""
    kzbshslx: str = ""
    """扩展倍数核算类型, 3."""
    bz: str = ""
    """备注, 255."""

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value, most = getattr(self, name), LENGTHS[name.upper()]
            if len(value) > most:
                raise BadAmendment(
                    f"{name.upper()} 超过 {most} 字符,请缩短:{value}",
                    f"{name.upper()} holds {most} characters at most, shorten it: {value}",
                    value=value,
                )


@dataclass(frozen=True, slots=True)
class Place:
    """Whose package it is."""

    xzqdm: str
    """Six-digit division code."""
    xzqmc: str
    year: int

    @property
    def name(self) -> str:
        """What the package is called.

        >>> Place("370783", "寿光市", 2026).name
        '370783寿光市2026年度县级国土空间总体规划动态维护'
        """
        return f"{self.xzqdm}{self.xzqmc}{self.year}年度县级国土空间总体规划动态维护"


@dataclass(frozen=True, slots=True)
class FeatureClass:
    """One feature class of the package: single polygons in degrees of CGCS2000, and their fields."""

    name: str
    title: str
    table: pa.Table
    """Columns by their national names, ``BSM`` first."""
    lengths: dict[str, int]
    """Field → length of its text."""
    aliases: dict[str, str]
    shapes: Shapes


@dataclass(frozen=True, slots=True)
class Maintained:
    """The three feature classes of one layer, and what is told of them."""

    role: Role
    classes: tuple[FeatureClass, FeatureClass, FeatureClass]
    """WHQ, WHH, WHC."""
    recoded: tuple[tuple[str, str, str], ...]
    """Feature class, new code, code in the platform 标识码对照."""
    counts: dict[Change, int]
    """Records of WHC."""
    areas_m2: dict[Change, float]
    hairs: int
    """Pieces narrower than the tolerance, which WHC leaves out."""
    hairs_m2: float

    @property
    def unexpected(self) -> tuple[Change, ...]:
        """Kinds that are there and that the practitioners' table does not list for the layer 待核."""
        return tuple(each for each, count in self.counts.items() if count and each not in self.role.kinds)


def half_up(value: float) -> float:
    """Two decimals, ties away from zero, of the decimal that is shown: never Python's ``round``.

    >>> half_up(2.675), half_up(0.125), round(0.125, 2)
    (2.68, 0.13, 0.12)
    """
    return float(Decimal(repr(float(value))).quantize(_HUNDREDTH, ROUND_HALF_UP))


class Codes:
    """标识码: county, last four digits of the feature code, a number through all three classes (待核)."""

    def __init__(self, xzqdm: str, ysdm: str) -> None:
        self._head, self._number = f"{xzqdm[:6]}{ysdm[-4:] or '0000'}", 0

    def take(self, count: int) -> list[str]:
        """The next so many codes."""
        first, self._number = self._number + 1, self._number + count
        return [f"{self._head}{number:08d}" for number in range(first, first + count)]
