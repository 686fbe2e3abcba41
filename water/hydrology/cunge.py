"""Muskingum–Cunge 马斯京根–康吉法 with variable parameters, after Todini (2007), HESS 11: it keeps its water.

Courant and cell Reynolds number follow the flow of each step through the section, so that what a part
stores in steady flow is exactly its wetted area times its length. Storage is the state and continuity is
what is solved, so no water is lost however the parameters move. An outflow is never below 0 nor more than
the reach can pay for, and within the flows that it comes of: such water comes later. Flows are those at the
ends of steps. A flood subsides as in the river while the cell Reynolds number Q/(B·S₀·c·Δx) is no more than
1 + c·Δt/Δx, and too little in shorter parts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import ArrayLike

from water.errors import BadParameter, Name
from water.hydrology import forcing
from water.hydrology.muskingum import checked
from water.hydrology.parameters import Floats

LEAST_M3_S: Final = 1e-3
"""Flow at which parameters are taken where there is less: a dry channel has no celerity."""
NARROWEST_M: Final = 0.1
"""Bed of a section with upright banks."""
MADE_UP: Final = 40.0
"""Over how many half steps water is let go that was kept back."""
TIMES: Final = 3
"""How often the outflow of a step is put back into its own parameters."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A prismatic reach 河段: trapezoidal section, Manning's n 糙率, bed slope 比降, equal parts."""

    length_m: float
    slope: float
    manning: float
    bottom_m: float
    """Width of the bed 底宽."""
    side: float = 0.0
    """Horizontal over vertical of its banks 边坡系数."""
    parts: int = 1

    def __post_init__(self) -> None:
        over = {"length_m": self.length_m, "slope": self.slope, "manning": self.manning, "parts": self.parts}
        least = {"bottom_m": self.bottom_m, "side": self.side}
        wrong = [(name, v) for name, v in over.items() if not (math.isfinite(v) and v > 0)]
        wrong += [(name, v) for name, v in least.items() if not (math.isfinite(v) and v >= 0)]
        if self.bottom_m < NARROWEST_M and self.side < 0.1:
            wrong.append(("bottom_m", self.bottom_m))
        if wrong:
            name, value = wrong[0]
            raise BadParameter(
                f"河段的 {name} 不能如此:{value}", f"{name} of a reach cannot be so: {value}", value=value
            )

    @property
    def _numbers(self) -> tuple[float, float, float, float, float]:
        numbers = (self.length_m / self.parts, self.slope, self.manning, self.bottom_m, self.side)
        return tuple(map(float, numbers))  # type: ignore[return-value]

    def section(self, flow_m3_s: float) -> tuple[float, float, float, float]:
        """Of uniform flow 均匀流: depth m, wetted area m², top width m, celerity of a wave 波速 m/s."""
        _, slope, manning, bottom, side = self._numbers
        depth, area, top, celerity = _section(float(flow_m3_s), slope, manning, bottom, side)
        return float(depth), float(area), float(top), float(celerity)

    def parts_for(self, flow_m3_s: float, step_h: float) -> int:
        """Parts for which no coefficient is below 0 at a flow, after Ponce: Δx ≤ ½ (c·Δt + Q / (B·S₀·c))."""
        _, _, top, celerity = self.section(flow_m3_s)
        longest = 0.5 * (celerity * step_h * 3600 + flow_m3_s / (top * self.slope * celerity))
        return max(1, math.ceil(self.length_m / longest))

    def steady(self, flow_m3_s: ArrayLike) -> Floats:
        """The state of steady flow, a row each: inflow, then outflow and storage of every part."""
        flows = np.atleast_1d(np.asarray(flow_m3_s, np.float64))
        state = np.empty((len(flows), 1 + 2 * self.parts))
        state[:, : 1 + self.parts] = flows[:, None]
        for row, flow in enumerate(flows):
            reference = max(float(flow), LEAST_M3_S)
            area = self.section(reference)[1] * float(flow) / reference
            state[row, 1 + self.parts :] = area * self.length_m / self.parts
        return state

    def storage_m3(self, state: Floats) -> Floats:
        """Water in the reach, a row each."""
        return np.asarray(state[:, 1 + self.parts :].sum(1))


def route(
    channel: Channel, inflow_m3_s: ArrayLike, step_h: float, state: Floats | None = None
) -> tuple[Floats, Floats]:
    """Outflow (n, T) of inflow (n, T) or (T), and the state after it; it begins as Muskingum's route."""
    given = forcing.series(Name("入流", "inflow"), inflow_m3_s)
    if not (math.isfinite(step_h) and step_h > 0):
        raise BadParameter(f"时段长须大于零:{step_h}", f"a step is over 0 hours: {step_h}", value=step_h)
    columns = 1 + 2 * channel.parts
    if state is None:
        held = channel.steady(given[:, 0])
    else:
        held = np.array(
            np.broadcast_to(checked(state, columns, len(given)), (len(given), columns)), order="C"
        )
    out = np.empty_like(given)
    _march(channel._numbers, step_h * 3600.0, given, held, out, state is None)
    return out, held


@njit(cache=True, nogil=True, error_model="numpy")
def _section(flow, slope, manning, bottom, side):  # type: ignore[no-untyped-def]
    """Uniform flow: depth by Newton, from that of a wide or of a triangular section."""
    bank = 2.0 * np.sqrt(1.0 + side * side)
    root = np.sqrt(slope) / manning
    depth = np.inf
    if bottom > 0.0:
        depth = (flow / (root * bottom)) ** 0.6
    if side > 0.0:
        depth = min(depth, (flow / (root * side) * (bank / side) ** (2.0 / 3.0)) ** 0.375)
    area, top, celerity = 0.0, 0.0, 0.0
    for _ in range(60):
        area = (bottom + side * depth) * depth
        top = bottom + 2.0 * side * depth
        radius = area / (bottom + bank * depth)
        speed = root * np.cbrt(radius * radius)
        celerity = speed * (5.0 - 2.0 * bank * radius / top) / 3.0
        change = (area * speed - flow) / (top * celerity)
        depth = max(0.1 * depth, depth - change)
        if abs(change) <= 1e-12 * depth:
            break
    return depth, area, top, celerity


@njit(cache=True, nogil=True, error_model="numpy")
def _within(  # type: ignore[no-untyped-def]
    new, come, before, was, have, half, part_m, slope, manning, bottom, side
):
    """An outflow within the flows that it comes of: the trapezoid of a long step swings beyond them.

    Water that is kept back, or let go too early, is made up for over the steps to come.
    """
    bound = max(come, before)
    if new <= max(bound, was):
        bound = min(come, before)
        if new >= min(bound, was):
            return new
        if was < bound:
            return was
    elif was > bound:
        return was
    reference = max(LEAST_M3_S, bound)
    _, area, _, _ = _section(reference, slope, manning, bottom, side)
    too_much = have - half * bound - part_m * area * bound / reference
    allowed = bound + too_much / (MADE_UP * half)
    if new > bound:
        return min(new, max(bound, allowed))
    return max(new, min(bound, allowed))


@njit(cache=True, nogil=True, error_model="numpy")
def _march(numbers, step_s, inflow, held, out, at_start):  # type: ignore[no-untyped-def]
    part_m, slope, manning, bottom, side = numbers
    count, steps = inflow.shape
    parts = (held.shape[1] - 1) // 2
    half = 0.5 * step_s
    for n in range(count):
        begin = 0
        if at_start:
            out[n, 0] = held[n, parts]
            begin = 1
        for t in range(begin, steps):
            come, before = inflow[n, t], held[n, 0]
            held[n, 0] = come
            for j in range(1, parts + 1):
                was, stored = held[n, j], held[n, parts + j]
                have = stored + half * (come + before - was)
                new = max(0.0, was + (come - before))
                for _ in range(TIMES):
                    flow = max(LEAST_M3_S, 0.5 * (come + new))
                    _, area, top, celerity = _section(flow, slope, manning, bottom, side)
                    k = part_m * area / flow
                    # Above 1 + Δt/K the inflow of before would count below 0.
                    diffused = flow * flow / (area * top * slope * celerity * celerity * part_m)
                    wedge = min(1.0 + step_s / k, diffused)
                    new = (have - 0.5 * k * (1.0 - wedge) * come) / (half + 0.5 * k * (1.0 + wedge))
                    new = _within(new, come, before, was, have, half, part_m, slope, manning, bottom, side)
                    # What the reach can pay for in this step, and still can in the next.
                    new = max(0.0, min(new, have / half, 0.5 * (have / half + come)))
                held[n, parts + j] = have - half * new
                held[n, j] = new
                before = was
                come = new
            out[n, t] = come
