"""Muskingum routing 马斯京根法: a reach stores K·(x·I + (1 − x)·O); flows are those at the ends of steps.

Long reaches are cut into equal parts one behind the other 分段连续演算.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike

from water.errors import BadParameter, BadState, Name
from water.hydrology import forcing
from water.hydrology.parameters import Floats


@dataclass(frozen=True, slots=True)
class Muskingum:
    """A reach by its travel time K 传播时间, weight x 流量比重, and the number of equal parts."""

    k_h: float
    """Of the whole reach."""
    x: float
    parts: int = 1

    def coefficients(self, step_h: float) -> tuple[float, float, float]:
        """C₀, C₁, C₂ of O₂ = C₀·I₂ + C₁·I₁ + C₂·O₁; BadParameter where one would be below 0."""
        if not (math.isfinite(self.k_h) and self.k_h > 0) or not 0.0 <= self.x <= 0.5 or self.parts < 1:
            raise BadParameter(
                f"K 须大于零,x 须在 0 与 0.5 之间,分段至少为 1:K={self.k_h}, x={self.x}, {self.parts}",
                f"K is over 0, x from 0 to 0.5, one part at least: K={self.k_h}, x={self.x}, {self.parts}",
                value=[self.k_h, self.x, self.parts],
            )
        if not (math.isfinite(step_h) and step_h > 0):
            raise BadParameter(f"时段长须大于零:{step_h}", f"a step is over 0 hours: {step_h}", value=step_h)
        k = self.k_h / self.parts
        if not 2 * k * self.x * (1 - 1e-12) <= step_h <= 2 * k * (1 - self.x) * (1 + 1e-12):
            low, high = 2 * self.k_h * self.x / step_h, 2 * self.k_h * (1 - self.x) / step_h
            raise BadParameter(
                f"演算系数为负:分段数须在 {low:.3g} 与 {high:.3g} 之间,否则请改变时段:{self.parts}",
                f"a coefficient is below 0: take {low:.3g} to {high:.3g} parts or another step: {self.parts}",
                value=self.parts,
            )
        below = 2 * k * (1 - self.x) + step_h
        c0, c1 = max(0.0, (step_h - 2 * k * self.x) / below), (step_h + 2 * k * self.x) / below
        return c0, c1, max(0.0, 1.0 - c0 - c1)

    def steady(self, flow_m3_s: ArrayLike) -> Floats:
        """The state of steady flow, a row each: inflow, then the outflow of every part."""
        return np.repeat(np.atleast_1d(np.asarray(flow_m3_s, np.float64))[:, None], self.parts + 1, 1)

    def storage_m3(self, state: Floats) -> Floats:
        """Water in the reach, a row each."""
        k_s = self.k_h * 3600.0 / self.parts
        return np.asarray(k_s * (self.x * state[:, :-1] + (1 - self.x) * state[:, 1:]).sum(1))


def route(
    reach: Muskingum, inflow_m3_s: ArrayLike, step_h: float, state: Floats | None = None
) -> tuple[Floats, Floats]:
    """Outflow (n, T) of inflow (n, T) or (T), and the state after it.

    Without a state the reach is steady at the first inflow, which is then that of the beginning: its
    outflow is the first of the answer. With a state the first inflow is that at the end of the first step.
    """
    given = forcing.series(Name("入流", "inflow"), inflow_m3_s)
    c0, c1, c2 = reach.coefficients(step_h)
    if state is None:
        held = reach.steady(given[:, 0])
    else:
        begun = checked(state, reach.parts + 1, len(given))
        held = np.array(np.broadcast_to(begun, (len(given), reach.parts + 1)), order="C")
    out = np.empty_like(given)
    _march(c0, c1, c2, given, held, out, state is None)
    return out, held


def checked(state: Floats, columns: int, rows: int) -> Floats:
    """A state as it must be; BadState where it belongs to another reach."""
    values = np.asarray(state, np.float64)
    if (
        values.ndim != 2
        or values.shape[1] != columns
        or len(values) not in (1, rows)
        or np.isnan(values).any()
    ):
        raise BadState(
            f"状态属于另一河段,应为 ({rows}, {columns}):{values.shape}",
            f"the state is of another reach, not ({rows}, {columns}): {values.shape}",
            value=list(values.shape),
        )
    return values


@njit(cache=True, nogil=True, error_model="numpy")
def _march(c0, c1, c2, inflow, held, out, at_start):  # type: ignore[no-untyped-def]
    count, steps = inflow.shape
    parts = held.shape[1] - 1
    for n in range(count):
        begin = 0
        if at_start:
            out[n, 0] = held[n, parts]
            begin = 1
        for t in range(begin, steps):
            come, before = inflow[n, t], held[n, 0]
            held[n, 0] = come
            for j in range(1, parts + 1):
                was = held[n, j]
                come = c0 * come + c1 * before + c2 * was
                before = was
                held[n, j] = come
            out[n, t] = come
