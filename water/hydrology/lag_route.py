"""Lag-and-route 滞后演算: flow comes L steps later, through a linear reservoir with a factor of recession CS.

Q(t) = CS·Q(t − 1) + (1 − CS)·I(t − L). L need not be whole: the inflow is then shared between two steps.
Flows stand for whole steps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike

from water.errors import BadParameter, Name
from water.hydrology import forcing
from water.hydrology.muskingum import checked
from water.hydrology.parameters import Floats


@dataclass(frozen=True, slots=True)
class LagAndRoute:
    """A reach by its recession CS 消退系数 and lag L 滞时, both of a step."""

    cs: float
    lag: float

    def __post_init__(self) -> None:
        for name, value, most in (("CS", self.cs, 0.999), ("L", self.lag, 1000.0)):
            if not 0.0 <= value <= most:
                raise BadParameter(
                    f"{name} 须在 0 与 {most:g} 之间:{value}",
                    f"{name} is from 0 to {most:g}: {value}",
                    value=value,
                )

    @property
    def kept(self) -> int:
        """Inflows that a state keeps."""
        return int(self.lag) + 1

    def steady(self, flow_m3_s: ArrayLike) -> Floats:
        """The state of steady flow, a row each: outflow, then the inflows of the last steps, newest first."""
        return np.repeat(np.atleast_1d(np.asarray(flow_m3_s, np.float64))[:, None], 1 + self.kept, 1)

    def storage_m3(self, state: Floats, step_s: float) -> Floats:
        """Water in the reach, a row each."""
        under_way = np.clip(self.lag - np.arange(self.kept), 0.0, 1.0)
        return np.asarray(step_s * (state[:, 0] * self.cs / (1 - self.cs) + state[:, 1:] @ under_way))


def route(reach: LagAndRoute, inflow_m3_s: ArrayLike, state: Floats | None = None) -> tuple[Floats, Floats]:
    """Outflow (n, T) of inflow (n, T) or (T), and the state after it; without one it is steady at first."""
    given = forcing.series(Name("入流", "inflow"), inflow_m3_s)
    begun = reach.steady(given[:, 0]) if state is None else checked(state, 1 + reach.kept, len(given))
    held = np.array(np.broadcast_to(begun, (len(given), 1 + reach.kept)), order="C")
    out = np.empty_like(given)
    _march(float(reach.cs), float(reach.lag), given, held, out)
    return out, held


@njit(cache=True, nogil=True, error_model="numpy")
def _march(cs, lag, inflow, held, out):  # type: ignore[no-untyped-def]
    whole = int(lag)
    late = lag - whole
    for n in range(inflow.shape[0]):
        q = held[n, 0]
        for t in range(inflow.shape[1]):
            now = inflow[n, t - whole] if t >= whole else held[n, whole - t]
            before = inflow[n, t - whole - 1] if t > whole else held[n, 1 + whole - t]
            q = cs * q + (1 - cs) * ((1 - late) * now + late * before)
            out[n, t] = q
        held[n, 0] = q
        steps = inflow.shape[1]
        for ago in range(held.shape[1] - 2, -1, -1):
            held[n, 1 + ago] = inflow[n, steps - 1 - ago] if ago < steps else held[n, 1 + ago - steps]
