"""Verification of forecasts by GB/T 22482 水文情报预报精度评定: errors, allowed errors, DC, QR, grade.

An error equal to what is allowed qualifies 合格. Pure functions over the table of :mod:`limits`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from water.errors import BadVerification
from water.forecast.limits import WORST, Limits, limits

Floats = NDArray[np.float64]
_ROUNDING: Final = 1e-12
"""Relative: an error on the edge qualifies, whatever its last binary digit."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One quantity of one flood: how far off, how far it may be off, and whether it qualifies."""

    item: str
    """``peak``, ``peak-time``, ``volume`` or ``channel``."""
    error: float
    """Forecast less observed; m³/s, hours or mm."""
    allowed: float

    @property
    def qualified(self) -> bool:
        """合格: no farther off than is allowed."""
        return abs(self.error) <= self.allowed * (1 + _ROUNDING)


def peak(forecast_m3_s: float, observed_m3_s: float, of: Limits | None = None) -> Judged:
    """Peak flow 洪峰流量 of a rainfall-runoff forecast.

    >>> peak(120.0, 100.0).qualified, peak(120.1, 100.0).qualified, peak(79.9, 100.0).qualified
    (True, False, False)
    """
    _positive("洪峰流量", "peak flow", observed_m3_s)
    share = (of or limits()).peak_share
    return Judged("peak", _finite(forecast_m3_s) - observed_m3_s, _of(share, observed_m3_s))


def peak_time(error_h: float, step_h: float, lead_h: float | None = None, of: Limits | None = None) -> Judged:
    """Time of the peak 峰现时间; the limit is the widest of a step, some hours, and a share of the lead.

    ``lead_h``: from the basis of the forecast to the observed peak 预见期, None where whole floods are
    simulated.

    >>> peak_time(3.0, 1.0).allowed, peak_time(6.0, 6.0).allowed, peak_time(5.0, 1.0, lead_h=20.0).allowed
    (3.0, 6.0, 6.0)
    """
    _positive("计算时段", "step", step_h)
    table = of or limits()
    allowed = max(_of(table.peak_time_steps, step_h), float(table.peak_time_least_h))
    if lead_h is not None:
        allowed = max(allowed, _of(table.peak_time_lead_share, lead_h))
    return Judged("peak-time", _finite(error_h), allowed)


def volume(forecast_mm: float, observed_mm: float, of: Limits | None = None) -> Judged:
    """Volume of a flood as depth of runoff 径流深.

    >>> volume(24.0, 20.0).allowed, volume(0.0, 300.0).allowed
    (4.0, 20.0)
    """
    _positive("径流深", "depth of runoff", observed_mm)
    table = of or limits()
    allowed = min(_of(table.volume_share, observed_mm), float(table.volume_most_mm))
    return Judged("volume", _finite(forecast_mm) - observed_mm, allowed)


def channel(forecast: float, observed: float, at_issue: float, of: Limits | None = None) -> Judged:
    """Discharge or stage of a channel forecast 河道预报, held to the change observed within the lead.

    >>> channel(114.0, 120.0, 90.0).qualified, channel(113.9, 120.0, 90.0).qualified
    (True, False)
    """
    change = abs(_finite(observed) - _finite(at_issue))
    return Judged("channel", _finite(forecast) - observed, _of((of or limits()).channel_share, change))


def determination(forecast: Floats | Sequence[float], observed: Floats | Sequence[float]) -> float:
    """Coefficient of determination DC 确定性系数: 1 − Σ(Qc − Qo)² / Σ(Qo − Q̄o)².

    Steps at which nothing was observed do not count. BadVerification where there is nothing to compare,
    a forecast is missing, or nothing ever changed.

    >>> determination([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]), determination([2.0, 2.0, 2.0], [1.0, 2.0, 3.0])
    (1.0, 0.0)
    """
    made, seen = np.asarray(forecast, dtype=float), np.asarray(observed, dtype=float)
    if made.shape != seen.shape:
        raise BadVerification(
            f"预报与实测长度不同:{made.shape} {seen.shape}",
            f"forecast and observation differ in length: {made.shape} {seen.shape}",
            value=str(made.shape),
        )
    there = np.isfinite(seen)
    made, seen = made[there], seen[there]
    if not np.isfinite(made).all():
        raise BadVerification("预报过程缺值:nan", "a value of the forecast is missing: nan", value="nan")
    spread = float(np.sum((seen - seen.mean()) ** 2)) if len(seen) else 0.0
    if not spread > 0:
        raise BadVerification(
            f"实测过程为空或不变,确定性系数无意义:{len(seen)}",
            f"nothing was observed or nothing changed, DC means nothing: {len(seen)}",
            value=len(seen),
        )
    return 1.0 - float(np.sum((made - seen) ** 2)) / spread


def qualified_share(judged: Iterable[Judged]) -> Fraction:
    """Rate of qualified forecasts QR 合格率, exact. BadVerification where nothing was judged."""
    verdicts = [each.qualified for each in judged]
    if not verdicts:
        raise BadVerification("没有可评定的预报:0", "no forecast to grade: 0", value=0)
    return Fraction(sum(verdicts), len(verdicts))


def grade_by_share(share: Fraction, of: Limits | None = None) -> str:
    """The grade that a rate of qualified forecasts reaches.

    >>> [grade_by_share(Fraction(each, 100)) for each in (85, 84, 70, 69, 60, 59)]
    ['甲', '乙', '乙', '丙', '丙', '丁']
    """
    steps = (of or limits()).steps
    return next((each.grade for each in steps if share * 100 >= each.qualified_percent), WORST)


def grade_by_determination(value: float, of: Limits | None = None) -> str:
    """The grade that a coefficient of determination reaches.

    >>> [grade_by_determination(each) for each in (0.9, 0.899, 0.7, 0.5, 0.49, -3.0, math.nan)]
    ['甲', '乙', '乙', '丙', '丁', '丁', '丁']
    """
    steps = (of or limits()).steps
    return next((each.grade for each in steps if value >= each.determination), WORST)


def worst(grades: Iterable[str], of: Limits | None = None) -> str:
    """The worse of several grades: what is said in public rests on the weakest.

    >>> worst(["甲", "丙", "乙"])
    '丙'
    """
    return max(grades, key=(of or limits()).order)


def _of(share: Fraction, value: float) -> float:
    """An exact share of a value, rounded once."""
    return float(share * Fraction(value))


def _positive(zh: str, en: str, value: float) -> None:
    if not (math.isfinite(value) and value > 0):
        raise BadVerification(f"{zh}须为正数:{value}", f"a {en} is over 0: {value}", value=value)


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise BadVerification(f"须为有限的数:{value}", f"is a finite number: {value}", value=value)
    return value
