"""Units of area as deliveries have them 面积单位: exact conversion, and what the shapes say of the unit."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class AreaUnit(StrEnum):
    """Units that areas are declared in."""

    M2 = "m2"
    HA = "ha"
    KM2 = "km2"
    MU = "mu"
    WAN_MU = "wan-mu"

    @property
    def zh(self) -> str:
        """As departments write it."""
        return _ZH[self]

    @property
    def in_m2(self) -> Fraction:
        """Square metres of one; 1 亩 = 10000/15 m²."""
        return _IN_M2[self]


_ZH: Final = {
    AreaUnit.M2: "平方米",
    AreaUnit.HA: "公顷",
    AreaUnit.KM2: "平方千米",
    AreaUnit.MU: "亩",
    AreaUnit.WAN_MU: "万亩",
}
_IN_M2: Final = {
    AreaUnit.M2: Fraction(1),
    AreaUnit.HA: Fraction(10_000),
    AreaUnit.KM2: Fraction(1_000_000),
    AreaUnit.MU: Fraction(2_000, 3),
    AreaUnit.WAN_MU: Fraction(20_000_000, 3),
}
AGREES: Final = 0.05
"""Sums of declared and of legal areas that differ by less than this share are in one unit: the units
lie factors of 6.7 and more apart, plane and legal area 0.04 %."""
_CENT: Final = Decimal("0.01")


def to_m2(text: str, unit: AreaUnit) -> str | None:
    """A declared area in m², exact; what has no end (亩) is rounded half up to 0.01 m². None for no number.

    >>> to_m2("12.3456789", AreaUnit.KM2), to_m2("15", AreaUnit.MU), to_m2("0.1", AreaUnit.MU)
    ('12345678.9', '10000', '66.67')
    >>> to_m2("1,234.5", AreaUnit.HA), to_m2("很大", AreaUnit.HA)
    ('12345000', None)
    """
    try:
        value = Decimal(text.strip().replace(",", ""))
    except InvalidOperation:
        return None
    if not value.is_finite():
        return None
    exact = Fraction(value) * unit.in_m2
    if 10**18 % exact.denominator == 0:
        found = Decimal(exact.numerator * (10**18 // exact.denominator)).scaleb(-18)
    else:
        cents = exact * 100
        doubled = 2 * abs(cents.numerator) + cents.denominator
        whole = doubled // (2 * cents.denominator)
        found = Decimal(whole if exact >= 0 else -whole) * _CENT
    return _plain(found)


def _plain(value: Decimal) -> str:
    """Digits without an exponent and without zeros that say nothing."""
    text = format(value.quantize(Decimal("1e-12"), ROUND_HALF_UP), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def ratios(declared: Floats, legal_m2: Floats) -> dict[AreaUnit, float]:
    """Σ declared in each unit ÷ Σ legal area, over the features that have both; empty where none has."""
    both = np.isfinite(declared) & np.isfinite(legal_m2) & (declared > 0) & (legal_m2 > 0)
    if not both.any():
        return {}
    told, true = float(declared[both].sum()), float(legal_m2[both].sum())
    return {unit: told * float(unit.in_m2) / true for unit in AreaUnit}


def agreeing(found: dict[AreaUnit, float], among: Sequence[AreaUnit]) -> AreaUnit | None:
    """The one unit in which the declared areas are those of the shapes.

    >>> agreeing(ratios(np.array([1.5]), np.array([1000.0])), tuple(AreaUnit))
    <AreaUnit.MU: 'mu'>
    """
    close = [unit for unit in among if unit in found and abs(found[unit] - 1) <= AGREES]
    return close[0] if len(close) == 1 else None
