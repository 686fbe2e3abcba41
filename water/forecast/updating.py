"""Real-time correction 实时校正: the last error of a simulation, dying away over the lead, and how far the
corrected forecast may still be off.

Errors are differences of square roots of discharge: they are of one size at low and high water, and no
corrected discharge falls below 0. They are taken for a first-order autoregression.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from water.errors import BadCalibration
from water.forecast.floods import Flood
from water.forecast.record import Floats

KEPT_MOST: Final = 0.999
"""Of an error a step later; a larger share would never die away."""


@dataclass(frozen=True, slots=True)
class ErrorModel:
    """An autoregression of the errors of a simulation."""

    kept: float
    """Share of an error that is still there a step later."""
    spread: float
    """Standard deviation of what is new in each step, (m³/s)^½."""

    def kept_after(self, steps: Floats | int) -> Floats:
        """Share that is left after so many steps."""
        return np.asarray(self.kept ** np.asarray(steps, dtype=float))

    def spread_after(self, steps: Floats | int) -> Floats:
        """Standard deviation of the corrected forecast after so many steps, (m³/s)^½."""
        of = np.asarray(steps, dtype=float)
        if self.kept == 0:
            return np.full(of.shape, self.spread)
        return np.asarray(self.spread * np.sqrt((1 - self.kept ** (2 * of)) / (1 - self.kept**2)))


def fitted(observed: Floats, simulated: Floats, floods: Sequence[Flood]) -> ErrorModel:
    """The autoregression of the errors within floods, by least squares. BadCalibration without a pair."""
    errors = root_error(observed, simulated)
    before = np.concatenate([errors[each.start : each.end - 1] for each in floods] or [np.empty(0)])
    after = np.concatenate([errors[each.start + 1 : each.end] for each in floods] or [np.empty(0)])
    there = np.isfinite(before) & np.isfinite(after)
    before, after = before[there], after[there]
    if len(before) < 3:
        raise BadCalibration(
            f"洪水过程太少,无法估计误差模型:{len(before)}",
            f"too few steps of floods to fit the errors: {len(before)}",
            value=len(before),
        )
    power = float(before @ before)
    kept = min(max(float(before @ after) / power, 0.0), KEPT_MOST) if power > 0 else 0.0
    return ErrorModel(kept, math.sqrt(float(np.mean((after - kept * before) ** 2))))


def root_error(observed: Floats, simulated: Floats) -> Floats:
    """√observed − √simulated; nan where nothing was observed."""
    return np.asarray(np.sqrt(np.maximum(observed, 0.0)) - np.sqrt(np.maximum(simulated, 0.0)))


def corrected(
    simulated: Floats, last_error: Floats, model: ErrorModel, lead: Floats | int, off: Floats | float = 0.0
) -> Floats:
    """The simulation with what is left of the last error after ``lead`` steps, m³/s.

    ``off``: how far off the root of the discharge is besides.
    """
    roots = np.sqrt(np.maximum(simulated, 0.0)) + model.kept_after(lead) * last_error + off
    return np.asarray(np.maximum(roots, 0.0) ** 2)
