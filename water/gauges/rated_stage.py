"""Stages of discharges 由流量推水位, of forecasts for one: by the curve of each instant, in steady flow.

A curve is not extended: outside of it there is no stage, and what can then not be told is said. One that
hangs on the fall to another station 落差法 says nothing of discharges alone. Pure functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from water.gauges import rating
from water.gauges.rating import Rating

Floats = NDArray[np.float64]
Curves = Sequence[Rating | None]
"""The curve of each instant of a course."""


@dataclass(frozen=True, slots=True)
class Reached:
    """How many of several courses reach a stage, as far as the curves can tell."""

    surely: float
    """Share of those that reach it."""
    perhaps: float
    """Share of those that reach it or of which nobody knows, being outside of a curve."""

    @property
    def share(self) -> float | None:
        """The share that reaches it; None where nobody knows."""
        return self.surely if self.surely == self.perhaps else None


def curves(ratings: Sequence[Rating], instants: Sequence[datetime]) -> list[Rating | None]:
    """The curve of each instant; None where there is none that tells a stage from discharge alone."""
    found = [rating.at(ratings, each) for each in instants]
    return [None if each is None or each.fall is not None else each for each in found]


def stages_m(
    discharges_m3_s: Sequence[float], instants: Sequence[datetime], curves: Curves
) -> list[float | None]:
    """The stage of each discharge, m; None outside of the curves."""
    return [
        None if curve is None or not _covers(curve, discharge) else curve.stage_m(discharge, at)
        for discharge, at, curve in zip(discharges_m3_s, instants, curves, strict=True)
    ]


def reached(courses_m3_s: Floats, instants: Sequence[datetime], curves: Curves, stage_m: float) -> Reached:
    """How many of the courses, (n, L), reach a stage at one of the L instants."""
    surely = np.zeros(len(courses_m3_s), np.bool_)
    perhaps = np.zeros(len(courses_m3_s), np.bool_)
    for column, at, curve in zip(courses_m3_s.T, instants, curves, strict=True):
        if curve is None:
            perhaps[:] = True
            continue
        (low_m, high_m), (least, most) = curve.range_m, curve.range_m3_s
        entered_m = stage_m + curve.shift_at(at)
        if entered_m > high_m:
            perhaps |= column > most
        elif entered_m < low_m:
            surely |= column >= least
            perhaps |= column < least
        else:
            surely |= column >= curve.discharge_m3_s(stage_m, at)
    if not len(courses_m3_s):
        return Reached(0.0, 0.0)
    return Reached(float(surely.mean()), float((surely | perhaps).mean()))


def _covers(curve: Rating, discharge_m3_s: float) -> bool:
    least, most = curve.range_m3_s
    return least <= discharge_m3_s <= most
