"""From features to a confidence 置信度: logistic weights, then isotonic steps."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RIDGE = 0.5
ROUNDS = 60


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights of the features, and the steps that turn their sum into a probability."""

    weights: Floats
    bias: float
    logit: Floats
    probability: Floats

    def confidence(self, feature: Floats) -> Floats:
        """The probability that the best candidate is the address that is meant."""
        return np.asarray(np.interp(feature @ self.weights + self.bias, self.logit, self.probability))

    def dumps(self) -> str:
        """As JSON, the form in which it is kept."""
        return json.dumps(
            {
                "weights": [round(value, 5) for value in self.weights.tolist()],
                "bias": round(self.bias, 5),
                "logit": [round(value, 4) for value in self.logit.tolist()],
                "probability": [round(value, 5) for value in self.probability.tolist()],
            },
            indent=1,
        )


@cache
def shipped() -> Calibration:
    """The calibration fitted on the training part of the sample register's queries."""
    kept = json.loads((files("address.match") / "calibration.json").read_text("utf-8"))
    return Calibration(
        np.array(kept["weights"]), kept["bias"], np.array(kept["logit"]), np.array(kept["probability"])
    )


def fit(feature: Floats, right: NDArray[np.bool_]) -> Calibration:
    """Fits weights by Newton's method with a ridge, then monotone steps by pooling adjacent violators."""
    x = np.column_stack([feature, np.ones(len(feature))])
    y = right.astype(np.float64)
    weights = np.zeros(x.shape[1])
    ridge = np.full(x.shape[1], RIDGE)
    ridge[-1] = 1e-6
    for _ in range(ROUNDS):
        p = 1.0 / (1.0 + np.exp(-np.clip(x @ weights, -30, 30)))
        gradient = x.T @ (p - y) + ridge * weights
        hessian = (x * (p * (1 - p))[:, None]).T @ x + np.diag(ridge)
        step = np.linalg.solve(hessian, gradient)
        weights -= step * min(1.0, 4.0 / float(np.abs(step).max() + 1e-12))
        if np.abs(step).max() < 1e-7:
            break
    logit, probability = isotonic(x @ weights, y)
    return Calibration(weights[:-1], float(weights[-1]), logit, probability)


def isotonic(score: Floats, right: Floats) -> tuple[Floats, Floats]:
    """Knots of the monotone function nearest to the outcomes, each block smoothed by one doubtful case.

    >>> isotonic(np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, 1.0, 0.0, 1.0]))[1].round(2).tolist()
    [0.25, 0.5, 0.5, 0.75]
    """
    order = np.argsort(score, kind="stable")
    blocks: list[list[float]] = []
    for at in order.tolist():
        blocks.append([float(score[at]), float(score[at]), float(right[at]), 1.0])
        while len(blocks) > 1 and blocks[-2][2] / blocks[-2][3] >= blocks[-1][2] / blocks[-1][3]:
            last = blocks.pop()
            blocks[-1] = [blocks[-1][0], last[1], blocks[-1][2] + last[2], blocks[-1][3] + last[3]]
    logit: list[float] = []
    probability: list[float] = []
    for low, high, sum_right, count in blocks:
        level = (sum_right + 0.5) / (count + 1.0)
        for knot in (low, high) if high > low else (low,):
            logit.append(knot + 1e-9 * len(logit))
            probability.append(level)
    return np.array(logit), np.maximum.accumulate(np.array(probability))


def expected_error(confidence: Floats, right: NDArray[np.bool_], bins: int = 15) -> float:
    """ECE: the mean distance of confidence and share of right ones over bins of equal width."""
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    total = 0.0
    for at in range(bins):
        here = place == at
        if here.any():
            total += float(here.sum()) * abs(float(confidence[here].mean()) - float(right[here].mean()))
    return total / max(len(confidence), 1)
