"""Scores of forecasts by members 集合预报评分: CRPS, and whether the spread is as large as the error. Pure.

The continuous ranked probability score 连续分级概率评分 is ∫ (F(x) − 1{x ≥ observed})² dx, in the unit of
what is forecast and least where the distribution F is true; of one course it is the absolute error, so
that ensembles and single courses stand beside each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from water.errors import BadVerification

Floats = NDArray[np.float64]
CLASSES: Final = 100
"""Equally likely parts by whose middles a distribution is told; its CRPS is then right to about 1/10,000."""
MIDDLES: Final = (np.arange(CLASSES) + 0.5) / CLASSES
DEVIATES: Final = np.array([NormalDist().inv_cdf(each) for each in MIDDLES.tolist()])
"""Of a standard normal distribution, at those middles."""


def crps(members: ArrayLike, observed: ArrayLike, *, fair: bool = False) -> Floats:
    """CRPS of members (n, …) against what was observed (…), exact; nan where nothing was observed.

    ``fair``: what an ensemble of ever more such members would score, unbiased in n (Ferro 2014); at least
    two members. BadVerification where shapes differ or a member is no number.

    >>> crps([[1.0], [3.0]], [2.0]).tolist(), crps([[1.0], [3.0]], [2.0], fair=True).tolist()
    ([0.5], [0.0])
    >>> crps([[5.0]], [2.0]).tolist()
    [3.0]
    """
    made, seen = np.asarray(members, dtype=float), np.asarray(observed, dtype=float)
    count = len(made) if made.ndim else 0
    if count < 1 + fair or made.shape[1:] != seen.shape or not np.isfinite(made).all():
        raise BadVerification(
            f"成员须至少 {1 + fair} 个、与实测同长且无缺值:{made.shape} {seen.shape}",
            f"members are {1 + fair} at least, as long as what was observed, none missing:"
            f" {made.shape} {seen.shape}",
            value=str(made.shape),
        )
    off = np.abs(made - seen).mean(axis=0)
    # The sum of differences of all pairs, of the sorted members: of deviations, so that nothing cancels.
    ranks = (2.0 * np.arange(count) - (count - 1)).reshape(-1, *(1,) * seen.ndim)
    apart = (ranks * np.sort(made - made.mean(axis=0), axis=0)).sum(axis=0)
    pairs = count * (count - 1 if fair else count)
    return np.asarray(np.where(np.isfinite(seen), off - apart / pairs, np.nan))


@dataclass(frozen=True, slots=True)
class EnsembleScore:
    """How good members were over some steps, in the unit of what was forecast."""

    crps: float
    crps_fair: float
    """As of ever more members: to compare ensembles of different sizes."""
    persistence: float
    """CRPS of the value at the basis, carried on."""
    spread: float
    """Root of the mean variance of the members, as (n + 1)/n of it: that of a further member about them."""
    error: float
    """Root mean square error of the mean of the members; the spread of a reliable ensemble is as large."""


def score(members: ArrayLike, observed: ArrayLike, at_basis: float) -> EnsembleScore | None:
    """Members (n, L) over the steps that were observed; None where none was, or there is one member."""
    made, seen = np.asarray(members, dtype=float), np.asarray(observed, dtype=float)
    there = np.isfinite(seen)
    if not there.any() or len(made) < 2:
        return None
    made, seen = made[:, there], seen[there]
    variance = made.var(axis=0, ddof=1).mean() * (len(made) + 1) / len(made)
    return EnsembleScore(
        float(crps(made, seen).mean()),
        float(crps(made, seen, fair=True).mean()),
        float(np.abs(at_basis - seen).mean()),
        float(np.sqrt(variance)),
        float(np.sqrt(((made.mean(axis=0) - seen) ** 2).mean())),
    )
