"""An ensemble forecast 集合预报 from a seed. Pure.

Sets, errors of the rain and errors of the model are drawn; members are chosen by how well they meet what
was observed last, and each is corrected by its own last error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from water.errors import BadForcing
from water.forecast.catchment import Kind
from water.forecast.record import Floats, Record
from water.forecast.updating import ErrorModel, root_error

QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
MEET_H: Final = 24
"""Hours before the basis of a forecast on which members are chosen 状态更新."""
RAIN_KEPT_H: Final = 24.0
"""Hours over which an error of the rain is alike."""
MEMBERS_MOST: Final = 500


@dataclass(frozen=True, slots=True)
class Calibrated:
    """Of a calibrated model, what a forecast needs."""

    kind: Kind
    sets: Floats
    """The best first."""
    errors: ErrorModel


@dataclass(frozen=True, slots=True)
class Ahead:
    """What drives the steps to come."""

    rain_mm: Floats
    """(1, L) where one course is given, (h, L) where courses are drawn from."""
    evaporation_mm: Floats
    """(L)."""


@dataclass(frozen=True, slots=True)
class Draw:
    """How members are drawn."""

    seed: int
    members: int = 50
    rain_spread: float = 0.15
    """Standard deviation of the logarithm of what gauges are off by, and of what is given ahead."""


@dataclass(frozen=True, slots=True)
class Ensemble:
    """Discharge of the steps to come."""

    members_m3_s: Floats
    """(n, L)."""
    best_m3_s: Floats
    """(L): the best set, with the rain as it was observed, corrected by its last error."""
    last_error: float
    """Of the best set at the basis, (m³/s)^½."""
    chosen: int
    """Members that were different before they were chosen."""

    def quantiles(self) -> Floats:
        """(quantiles, L), interpolated linearly."""
        return np.asarray(np.quantile(self.members_m3_s, QUANTILES, axis=0))


def forecast(model: Calibrated, record: Record, ahead: Ahead, draw: Draw) -> Ensemble:
    """Forecast the steps that follow a record. BadForcing without a discharge to begin from.

    The record is long enough for the model to forget how it began.
    """
    observed = record.discharge_m3_s
    count, lead, past = draw.members, len(ahead.evaporation_mm), len(record)
    if not np.isfinite(observed[-1]):
        raise BadForcing(
            "起报时段没有实测流量:nan", "no discharge was observed in the step of the basis: nan", value="nan"
        )
    chance = np.random.Generator(np.random.PCG64(draw.seed))
    whole = Record(
        record.begin,
        record.step_h,
        record.area_km2,
        np.concatenate([record.rain_mm, ahead.rain_mm[0]]),
        np.concatenate([record.evaporation_mm, ahead.evaporation_mm]),
        np.concatenate([observed, np.full(lead, np.nan)]),
    )
    sets = model.sets[np.arange(count) % len(model.sets)]
    wrong = _rain_error(chance, count, past + lead, record.step_h, draw.rain_spread)
    coming = ahead.rain_mm[chance.permutation(np.arange(count)) % len(ahead.rain_mm)]
    rain = np.concatenate([np.broadcast_to(record.rain_mm, (count, past)), coming], axis=1) * wrong
    simulated = model.kind.discharge_m3_s(sets, whole, rain)
    chosen = _chosen(chance, observed, simulated[:, :past], model.errors, max(1, MEET_H // record.step_h))
    simulated = simulated[chosen]
    leads = np.arange(1, lead + 1, dtype=float)
    last = root_error(observed[-1:], simulated[:, past - 1])
    roots = np.sqrt(simulated[:, past:]) + last[:, None] * model.errors.kept_after(leads)
    roots += _noise(chance, count, lead, model.errors)
    (best,) = model.kind.discharge_m3_s(model.sets[:1], whole, whole.rain_mm[None])
    last_error = float(root_error(observed[-1:], best[past - 1 : past])[0])
    corrected = np.sqrt(best[past:]) + last_error * model.errors.kept_after(leads)
    return Ensemble(
        np.maximum(roots, 0.0) ** 2,
        np.maximum(corrected, 0.0) ** 2,
        last_error,
        len(np.unique(chosen)),
    )


def of_history(rain_mm: Floats, days: NDArray[np.int64], day: int, lead: int, around: int = 15) -> Floats:
    """Courses of rain that began near this day of the year in other years 历史同期降水, (h, L).

    ``days``: day of the year of each step; BadForcing where the record holds none.
    """
    away = np.abs(days - day)
    near = np.flatnonzero(np.minimum(away, 366 - away) <= around)
    begins = near[near + lead <= len(rain_mm)]
    if not len(begins):
        raise BadForcing(
            f"资料中没有历史同期降水:{day}",
            f"no rain of this time of the year is on record: {day}",
            value=day,
        )
    return np.asarray(rain_mm[begins[:, None] + np.arange(lead)])


def _rain_error(chance: np.random.Generator, count: int, steps: int, step_h: int, spread: float) -> Floats:
    """Factors of mean 1 that wander over a day or so."""
    keeps = np.exp(-step_h / RAIN_KEPT_H)
    wander = chance.normal(0, 1, (count, steps))
    for step in range(1, steps):
        wander[:, step] = keeps * wander[:, step - 1] + np.sqrt(1 - keeps**2) * wander[:, step]
    return np.asarray(np.exp(spread * wander - spread**2 / 2))


def _chosen(
    chance: np.random.Generator, observed: Floats, simulated: Floats, errors: ErrorModel, steps: int
) -> NDArray[np.int64]:
    """Members by systematic resampling, the likelier the nearer they are to the last steps observed."""
    off = root_error(observed[-steps:], simulated[:, -steps:])
    spread = float(errors.spread_after(10**6))
    weights = np.exp(-0.5 * np.nanmean((off / max(spread, 1e-9)) ** 2, axis=1))
    total = weights.sum()
    count = len(weights)
    shares = weights / total if total > 0 else np.full(count, 1 / count)
    places = (np.arange(count) + chance.random()) / count
    return np.minimum(np.searchsorted(np.cumsum(shares), places), count - 1).astype(np.int64)


def _noise(chance: np.random.Generator, count: int, lead: int, errors: ErrorModel) -> Floats:
    """What the errors will bring anew."""
    new = chance.normal(0, errors.spread, (count, lead))
    for step in range(1, lead):
        new[:, step] += errors.kept * new[:, step - 1]
    return np.asarray(new)
