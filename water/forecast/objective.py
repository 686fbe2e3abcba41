"""What a calibration makes small 目标函数: costs of many simulations at once, 0 where all is met."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from water.forecast.floods import Flood
from water.forecast.record import Floats

Objective = Callable[[Floats], Floats]
"""Simulations (n, T) to costs (n)."""


def dc(observed: Floats, used: NDArray[np.bool_]) -> Objective:
    """1 − DC over every step that counts."""
    places = np.flatnonzero(used & np.isfinite(observed))
    seen = observed[places]
    spread = float(np.sum((seen - seen.mean()) ** 2))

    def cost(simulated: Floats) -> Floats:
        return np.asarray(((simulated[:, places] - seen) ** 2).sum(axis=1) / spread)

    return cost


def dc_of_floods(observed: Floats, floods: Sequence[Flood]) -> Objective:
    """The mean over floods of 1 − DC, each over its own steps: every flood weighs the same."""
    places = np.concatenate([np.arange(each.start, each.end) for each in floods])
    begins = np.cumsum([0, *(each.end - each.start for each in floods[:-1])])
    seen = observed[places]
    spreads = np.array([np.sum((observed[f.steps] - observed[f.steps].mean()) ** 2) for f in floods])

    def cost(simulated: Floats) -> Floats:
        wrong = np.add.reduceat((simulated[:, places] - seen) ** 2, begins, axis=1)
        return np.asarray((wrong / spreads).mean(axis=1))

    return cost


def kge(observed: Floats, used: NDArray[np.bool_]) -> Objective:
    """1 − Kling–Gupta efficiency (Gupta et al. 2009) over every step that counts."""
    places = np.flatnonzero(used & np.isfinite(observed))
    seen = observed[places]
    mean, spread = float(seen.mean()), float(seen.std())

    def cost(simulated: Floats) -> Floats:
        made = simulated[:, places]
        means, spreads = made.mean(axis=1), made.std(axis=1)
        together = ((made - means[:, None]) * (seen - mean)).mean(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            alike = together / (spreads * spread)
        return np.asarray(np.sqrt((alike - 1) ** 2 + (spreads / spread - 1) ** 2 + (means / mean - 1) ** 2))

    return cost


OBJECTIVES: Final[Mapping[str, str]] = {
    "dc-floods": "各场洪水 1 − DC 的均值 mean over floods of 1 − DC",
    "dc": "1 − DC, all steps",
    "kge": "1 − KGE, all steps",
}


def objective(name: str, observed: Floats, used: NDArray[np.bool_], floods: Sequence[Flood]) -> Objective:
    """One of them by name."""
    if name == "dc-floods":
        return dc_of_floods(observed, floods)
    return dc(observed, used) if name == "dc" else kge(observed, used)
