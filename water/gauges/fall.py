"""Stage-fall ratings 落差法: under back water one stage means many discharges, and the fall tells which.

Q = Q_r(h) · (F / F_r)^n, with the curve Q_r of the reference fall F_r 定落差 and the measured fall F from
the station to another one downstream, both stages in one datum. A small F is all error, and where it is
negative the river flows back: below the least fall nothing is said. Pure.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from water.errors import OutsideRating
from water.gauges.station import Point

WITHIN_S: Final = 3600.0
"""The other station's values on both sides of an instant may lie so far apart, in s."""


@dataclass(frozen=True, slots=True)
class Fall:
    """The fall part of a rating."""

    station: str
    """The other station 辅助站, downstream."""
    reference_m: float
    """F_r."""
    exponent: float
    """n; 0.5 by the Manning and Chézy formulas, else fitted."""
    least_m: float
    uncertainty_m: float
    """Standard uncertainty of a measured fall."""

    def factor(self, fall_m: float) -> float:
        """What the discharge of the reference fall is multiplied with; OutsideRating below the least fall."""
        if not fall_m >= self.least_m:
            raise OutsideRating(
                f"落差小于可用下限 {self.least_m:g} m(倒流或顶托),落差法不再成立:{fall_m:g} m",
                f"the fall is under the least {self.least_m:g} m (back water or reverse flow),"
                f" the rating has no meaning there: {fall_m:g} m",
                value=fall_m,
            )
        return float((fall_m / self.reference_m) ** self.exponent)

    def relative_uncertainty(self, fall_m: float, datum_m: float = 0.0) -> float:
        """What the error of the fall adds to the relative standard uncertainty of Q: n · u(F) / F.

        ``datum_m``: standard uncertainty of the conversion between the two stations' datums.
        """
        return self.exponent * math.hypot(self.uncertainty_m, datum_m) / fall_m

    def fault(self) -> tuple[str, str] | None:
        """Why it is none."""
        numbers = (self.reference_m, self.exponent, self.least_m, self.uncertainty_m)
        if not self.station or not all(map(math.isfinite, numbers)):
            return "落差法须有辅助站与有限的参数", "a fall has a second station and finite parameters"
        if not (self.reference_m > 0 and self.exponent > 0 and self.least_m > 0 and self.uncertainty_m >= 0):
            return "定落差、指数、最小落差须为正", "reference fall, exponent and least fall are over 0"
        return None


def stage_then(points: Sequence[Point], times: Sequence[datetime], instant: datetime) -> float | None:
    """The stage of an instant among usable points in order of time, on the line between two near ones.

    None where they lie too far apart: a stage is not carried on.
    """
    place = bisect_left(times, instant)
    if place < len(times) and times[place] == instant:
        return points[place].value
    if not 0 < place < len(times):
        return None
    before, after = points[place - 1], points[place]
    span_s = (after.time - before.time).total_seconds()
    if span_s > WITHIN_S or before.value is None or after.value is None:
        return None
    part = (instant - before.time).total_seconds() / span_s
    return before.value + part * (after.value - before.value)
