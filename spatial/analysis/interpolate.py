"""Values between the places where they were measured 空间插值: inverse distance, ordinary kriging.

Both are exact: at a place where something was measured they give what was measured. How good they
are is told by leaving each place out in turn (LOO), for kriging in closed form (Dubrule 1983).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spatial.analysis.errors import TooFewSamples

Floats = NDArray[np.float64]
FEWEST: Final = {"idw": 2, "kriging": 5}
MOST_SAMPLES: Final = 2_000
"""For kriging solves one dense system of this size."""
_CHUNK: Final = 4_096
_LAGS: Final = 15
_RANGES: Final = 24


class Method(StrEnum):
    """How values between samples are found."""

    IDW = "idw"
    """反距离加权."""
    KRIGING = "kriging"
    """普通克里金."""


@dataclass(frozen=True, slots=True)
class Variogram:
    """How unlike values are by distance 变差函数: nugget + sill · (1 − exp(−3 h / range))."""

    nugget: float
    sill: float
    """Without the nugget."""
    range_m: float

    def at(self, distance_m: Floats) -> Floats:
        """How unlike values are so far apart; nothing at no distance."""
        rise: Floats = self.sill * -np.expm1(-3.0 * distance_m / self.range_m)
        return rise + self.nugget * (distance_m > 0)


@dataclass(frozen=True, slots=True)
class Surface:
    """Values at the places asked for."""

    values: Floats
    deviations: Floats
    """Kriging's standard deviation; of inverse distance NaN: it knows none."""
    loo_rmse: float
    """Root mean square of what each sample is missed by when it is left out."""
    variogram: Variogram | None


def interpolate(
    samples_m: Floats, values: Floats, places_m: Floats, method: Method, *, power: float = 2.0
) -> Surface:
    """Values at ``places_m`` (m, 2) from samples (n, 2), all in metres of one plane.

    Samples of one place are averaged first. TooFewSamples where fewer than two (five for kriging)
    places are left.
    """
    places, held = _merged(samples_m, values)
    if len(places) < FEWEST[method]:
        raise TooFewSamples(
            f"样点太少,{method} 至少需要 {FEWEST[method]} 个不同位置:{len(places)}",
            f"too few samples, {method} needs {FEWEST[method]} different places: {len(places)}",
            value=len(places),
        )
    if method is Method.IDW:
        return _inverse_distance(places, held, places_m, power)
    return _kriging(places, held, places_m)


def fitted(samples_m: Floats, values: Floats) -> Variogram:
    """The exponential variogram nearest to the pairs within half the extent, weighted by their number."""
    one, other = np.triu_indices(len(values), 1)
    away = np.hypot(*(samples_m[one] - samples_m[other]).T)
    unlike = 0.5 * (values[one] - values[other]) ** 2
    reach = max(away.max() / 2, away[away > 0].min())
    edges = np.linspace(0, reach, _LAGS + 1)
    lag = np.clip(np.searchsorted(edges, away, side="left") - 1, 0, _LAGS)
    count = np.bincount(lag, minlength=_LAGS + 1)[:_LAGS].astype(float)
    known = count > 0
    mean_away = np.bincount(lag, away, _LAGS + 1)[:_LAGS][known] / count[known]
    mean_unlike = np.bincount(lag, unlike, _LAGS + 1)[:_LAGS][known] / count[known]
    best, least = Variogram(0.0, max(float(values.var()), 1e-12), reach), np.inf
    for range_m in np.geomspace(reach / 20, reach * 3, _RANGES):
        shape = -np.expm1(-3.0 * mean_away / range_m)
        nugget, sill = _two_positive(np.column_stack([np.ones_like(shape), shape]), mean_unlike, count[known])
        miss = float((count[known] * (nugget + sill * shape - mean_unlike) ** 2).sum())
        if miss < least and nugget + sill > 0:
            best, least = Variogram(nugget, sill, float(range_m)), miss
    return best


def _two_positive(columns: Floats, wanted: Floats, weight: Floats) -> tuple[float, float]:
    """Least squares of two coefficients that are not negative."""
    root = np.sqrt(weight)[:, None]
    a, b = columns * root, wanted * root[:, 0]
    both, *_ = np.linalg.lstsq(a, b, rcond=None)
    if (both >= 0).all():
        return float(both[0]), float(both[1])
    single = [max(0.0, float(a[:, at] @ b / (a[:, at] @ a[:, at]))) for at in (0, 1)]
    misses = [float(((a[:, at] * single[at] - b) ** 2).sum()) for at in (0, 1)]
    return (single[0], 0.0) if misses[0] < misses[1] else (0.0, single[1])


def _merged(places_m: Floats, values: Floats) -> tuple[Floats, Floats]:
    places, which = np.unique(places_m, axis=0, return_inverse=True)
    which = which.ravel()
    return places, np.bincount(which, values) / np.bincount(which)


def _inverse_distance(samples: Floats, held: Floats, places: Floats, power: float) -> Surface:
    values = np.empty(len(places))
    for start in range(0, len(places), _CHUNK):
        part = places[start : start + _CHUNK]
        values[start : start + _CHUNK] = _weighted(_away(part, samples), held, power)
    away = _away(samples, samples)
    np.fill_diagonal(away, np.inf)
    left_out = _weighted(away, held, power) - held
    return Surface(values, np.full(len(places), np.nan), float(np.sqrt((left_out**2).mean())), None)


def _weighted(away: Floats, held: Floats, power: float) -> Floats:
    nearest = away.min(axis=1)
    here = nearest == 0
    # Relative to the nearest, so that no power of a distance runs over.
    weight = (np.where(here, 1.0, nearest)[:, None] / np.where(away == 0, 1.0, away)) ** power
    weight[here] = away[here] == 0
    found: Floats = weight @ held / weight.sum(axis=1)
    return found


def _kriging(samples: Floats, held: Floats, places: Floats) -> Surface:
    count = len(held)
    if np.ptp(held) == 0:
        return Surface(np.full(len(places), held[0]), np.zeros(len(places)), 0.0, None)
    variogram = fitted(samples, held)
    system = np.ones((count + 1, count + 1))
    system[:count, :count] = variogram.at(_away(samples, samples))
    system[count, count] = 0.0
    inverse = np.linalg.inv(system)
    weights_of_values = inverse[:, :count] @ held
    values, deviations = np.empty(len(places)), np.empty(len(places))
    for start in range(0, len(places), _CHUNK):
        part = slice(start, start + _CHUNK)
        right = np.ones((count + 1, len(places[part])))
        right[:count] = variogram.at(_away(samples, places[part]))
        values[part] = weights_of_values @ right
        variance = np.einsum("ij,ij->j", right, inverse @ right)
        deviations[part] = np.sqrt(np.maximum(variance, 0.0))
    left_out = weights_of_values[:count] / np.diag(inverse)[:count]
    return Surface(values, deviations, float(np.sqrt((left_out**2).mean())), variogram)


def _away(one: Floats, other: Floats) -> Floats:
    away: Floats = np.hypot(one[:, None, 0] - other[None, :, 0], one[:, None, 1] - other[None, :, 1])
    return away
