"""Updating 实时校正: errors carried into the forecast, and states moved towards what was observed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from water.errors import BadForcing, BadParameter, Name
from water.hydrology import forcing, xinanjiang
from water.hydrology.parameters import Floats, table

LEAST_ERRORS: Final = 10
"""Errors for each coefficient below which none is fitted."""


@dataclass(frozen=True, slots=True)
class ErrorModel:
    """Autoregression of errors 误差自回归: e(t) = Σ aᵢ·e(t − i) + noise; the errors die away."""

    coefficients: tuple[float, ...]
    noise: float
    """Standard deviation of what it leaves unexplained, in the unit of the flow."""

    def ahead(self, recent: Floats, steps: int) -> Floats:
        """Expected errors of the steps to come after the recent ones (the last is the newest)."""
        errors = [*([0.0] * len(self.coefficients)), *recent]
        for _ in range(steps):
            errors.append(math.fsum(a * errors[-i] for i, a in enumerate(self.coefficients, 1)))
        return np.array(errors[len(errors) - steps :])


def fit(observed: ArrayLike, simulated: ArrayLike, order: int = 2) -> ErrorModel:
    """Yule–Walker on the errors observed − simulated; a step without an observation (NaN) counts for nothing.

    Its errors always die away, whatever the record. BadForcing where errors are too few.
    """
    if order < 1:
        raise BadParameter(f"阶数至少为 1:{order}", f"an order is 1 at least: {order}", value=order)
    error = _errors(observed, simulated)
    known = int(np.isfinite(error).sum())
    if known < LEAST_ERRORS * order:
        raise BadForcing(
            f"误差不足,{order} 阶至少要 {LEAST_ERRORS * order} 个:{known}",
            f"too few errors, order {order} takes {LEAST_ERRORS * order}: {known}",
            value=known,
        )
    filled = np.where(np.isfinite(error), error, 0.0)
    # Divided by the same count at every lag: the matrix is then never negative, and the errors die away.
    covariance = np.array([filled[: len(filled) - k] @ filled[k:] for k in range(order + 1)]) / known
    if covariance[0] == 0.0:
        return ErrorModel((0.0,) * order, 0.0)
    lags = np.abs(np.subtract.outer(np.arange(order), np.arange(order)))
    matrix = covariance[lags] + 1e-12 * covariance[0] * np.eye(order)
    coefficients = np.linalg.solve(matrix, covariance[1:])
    left = max(0.0, float(covariance[0] - coefficients @ covariance[1:]))
    return ErrorModel(tuple(float(a) for a in coefficients), math.sqrt(left))


def corrected(model: ErrorModel, observed: ArrayLike, simulated: ArrayLike, forecast: ArrayLike) -> Floats:
    """The forecast (n, T) with expected errors added; a flow does not fall below 0.

    ``observed`` and ``simulated`` lead up to it; a missing observation has the error that was expected.
    """
    ahead = forcing.series(Name("预报流量", "forecast"), forecast)
    known: list[float] = []
    for error in _errors(observed, simulated):
        known.append(float(error) if math.isfinite(error) else float(model.ahead(np.array(known), 1)[0]))
    return np.asarray(np.maximum(0.0, ahead + model.ahead(np.array(known), ahead.shape[1])))


def _errors(observed: ArrayLike, simulated: ArrayLike) -> Floats:
    seen, said = np.asarray(observed, np.float64), np.asarray(simulated, np.float64)
    if seen.shape != said.shape or seen.ndim != 1 or not np.isfinite(said).all():
        raise BadForcing(
            f"实测与模拟须为等长过程:{seen.shape}, {said.shape}",
            f"observed and simulated are series of one length: {seen.shape}, {said.shape}",
            value=[list(seen.shape), list(said.shape)],
        )
    return np.asarray(seen - said)


@dataclass(frozen=True, slots=True)
class Assimilated:
    """States after an observation, and the water that was put in or taken out of each member for it."""

    state: xinanjiang.State
    added_mm: Floats


MOVED: Final = tuple(k for k, name in enumerate(xinanjiang.STATE) if name != "FR")


def assimilate(
    parameters: ArrayLike,
    state: xinanjiang.State,
    simulated_mm: ArrayLike,
    observed_mm: float,
    error_mm: float,
    options: xinanjiang.Options = xinanjiang.DAILY,
) -> Assimilated:
    """Members of Xin'anjiang moved towards an observed flow: ensemble square-root filter 集合卡尔曼滤波.

    After Whitaker & Hamill (2002): one observation with standard error ``error_mm``, no random numbers, so
    a replay gives the same bits. ``simulated_mm`` is each member's flow of the step that led to the state.
    States stay within their capacities. Water is not kept by this, and how much is said.
    """
    flow = np.asarray(simulated_mm, np.float64)
    count = len(state.values)
    if flow.shape != (count,) or count < 2 or not np.isfinite(flow).all():
        raise BadForcing(
            f"须有两个以上成员,各有一个模拟流量:{flow.shape}",
            f"two members or more, each with its flow: {flow.shape}",
            value=list(flow.shape),
        )
    if not 0 <= observed_mm < math.inf or not 0 < error_mm < math.inf:
        raise BadForcing(
            f"实测流量须非负,其误差须大于零:{observed_mm}, {error_mm}",
            f"an observed flow is not below 0 and its error over 0: {observed_mm}, {error_mm}",
            value=[observed_mm, error_mm],
        )
    sets = np.broadcast_to(table(options.parameters, parameters), (count, len(options.parameters)))
    values = state.values.copy()
    moved = values[:, MOVED]
    off_flow, off = flow - flow.mean(), moved - moved.mean(0)
    spread = float(off_flow @ off_flow) / (count - 1)
    gain = off_flow @ off / (count - 1) / (spread + error_mm**2)
    shrink = 1.0 / (1.0 + error_mm / math.sqrt(spread + error_mm**2))
    values[:, MOVED] = moved + gain * (observed_mm - flow.mean()) - shrink * np.outer(off_flow, gain)
    top = np.full(values.shape, np.inf)
    top[:, :3], top[:, 3] = sets[:, 3:6], sets[:, 7]
    top[:, 4] = 1.0
    values = np.clip(values, 0.0, top)
    before = xinanjiang.storage_mm(sets, state.values, options)
    return Assimilated(xinanjiang.State(values), xinanjiang.storage_mm(sets, values, options) - before)
