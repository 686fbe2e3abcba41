"""Flood routing 河道洪水演算: releases and inflows led through reaches to where they join. Pure.

Flows are those at the instants of even steps, linear between. Each inflow has reaches of its own, one behind
the other: Muskingum 马斯京根, a channel by Muskingum–Cunge 马斯京根–康吉, or a time of travel 传播时间. Every
reach begins in steady flow. Where parts are not said, so many are taken that no coefficient is below 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from water.errors import BadParameter, Name, RunTooLong
from water.flood.reach import PARTS_MOST, Method
from water.flood.series import Given, checked
from water.hydrology import cunge, muskingum
from water.hydrology.cunge import Channel
from water.hydrology.muskingum import Muskingum
from water.pointing import about

Floats = NDArray[np.float64]
Document = dict[str, Any]
STEPS_MOST: Final = 20_000
SECONDS_MOST: Final = 1_200.0
"""Of one core; more is refused with its estimate."""
PART_STEP_S: Final = {Method.MUSKINGUM: 4e-9, Method.CHANNEL: 1e-6, Method.TRAVEL: 0.0}
"""Of a part in a step, on the safe side."""


@dataclass(frozen=True, slots=True)
class Account:
    """The water of an inflow 水量账, m³: what came in, what went out, what its reaches gained."""

    came_in_m3: float
    went_out_m3: float
    stored_m3: float

    @property
    def relative_error(self) -> float:
        """What is missing of what came in and was there."""
        scale = max(self.came_in_m3, self.went_out_m3, 1e-9)
        return abs(self.came_in_m3 - self.went_out_m3 - self.stored_m3) / scale

    def to_json(self) -> Document:
        """As it is told."""
        return {
            "in_m3": self.came_in_m3,
            "out_m3": self.went_out_m3,
            "stored_m3": self.stored_m3,
            "relative_error": self.relative_error,
        }


@dataclass(frozen=True, slots=True)
class Routed:
    """An inflow at the end of its reaches."""

    inflow_m3_s: Floats
    outflow_m3_s: Floats
    reaches: tuple[Document, ...]
    """As given, with the number of parts."""
    account: Account


def steps(duration_s: float, step_s: float) -> int:
    """Steps of a run; BadParameter where they are none, too many, or not whole."""
    count = duration_s / step_s
    if not 1 <= count <= STEPS_MOST or abs(count - round(count)) > 1e-9:
        raise BadParameter(
            f"时长须为时段长的整数倍,共 1 至 {STEPS_MOST} 个时段,请改 duration_s 或 step_s:{count:g}",
            f"the run is a whole number of steps, 1 to {STEPS_MOST}; change duration_s or step_s: {count:g}",
            value=count,
        )
    return round(count)


def course(name: Name, given: Given, count: int, step_s: float) -> Floats:
    """Flow at the instants of the steps, the first of them included; refused by its name where it is none.

    >>> course(Name("入流", "inflow"), {"times_s": [0, 7200], "values": [10, 30]}, 2, 3600.0).tolist()
    [10.0, 20.0, 30.0]
    """
    found = checked(name, given, count * step_s, lowest=0.0)
    return np.array([found.at(step * step_s) for step in range(count + 1)])


def route(inflow_m3_s: Floats, reaches: Sequence[Mapping[str, Any]], step_s: float) -> Routed:
    """Through reaches one behind the other; BadParameter as the reach has it."""
    flow, told, stored = inflow_m3_s, list[Document](), 0.0
    for number, each in enumerate(reaches):
        with about("reaches", number):
            flow, parts, kept = _through(flow, each, step_s)
        told.append({**each, **({} if parts is None else {"parts": parts})})
        stored += kept
    came, went = (_volume(each, step_s) for each in (inflow_m3_s, flow))
    return Routed(inflow_m3_s, flow, tuple(told), Account(came, went, stored))


def expected_s(inflow_m3_s: Floats, reaches: Sequence[Mapping[str, Any]], step_s: float) -> float:
    """Seconds of one core that its reaches will take; BadParameter as a channel has it."""
    found, step_h = 0.0, step_s / 3600.0
    for number, each in enumerate(reaches):
        method, parts = Method(each["method"]), int(each.get("parts", 1))
        with about("reaches", number):
            if method is Method.MUSKINGUM and "parts" not in each:
                parts = _parts(each, step_h)
            elif method is Method.CHANNEL:
                parts = _channel(each, float(inflow_m3_s.max()), step_h).parts
        found += PART_STEP_S[method] * parts * len(inflow_m3_s)
    return found


def require_short(seconds: float) -> None:
    """RunTooLong for more than :data:`SECONDS_MOST`."""
    if seconds > SECONDS_MOST:
        raise RunTooLong(
            f"预计单核需 {seconds:.0f} 秒,超过上限 {SECONDS_MOST:.0f} 秒;请减少入流、河段、分段数,"
            f"或加长时段、缩短时长:{seconds:.0f}",
            f"expected to take {seconds:.0f} s of a core, over {SECONDS_MOST:.0f} s; take fewer inflows,"
            f" reaches or parts, longer steps or a shorter time: {seconds:.0f}",
            value=round(seconds),
            details={"limit_s": SECONDS_MOST},
        )


def _through(flow: Floats, reach: Mapping[str, Any], step_s: float) -> tuple[Floats, int | None, float]:
    """Flow at the lower end, the parts that were taken, and what the reach holds more than at first, m³."""
    step_h = step_s / 3600.0
    match Method(reach["method"]):
        case Method.MUSKINGUM:
            held = Muskingum(reach["k_h"], reach["x"], reach.get("parts") or _parts(reach, step_h))
            out, state = muskingum.route(held, flow, step_h)
            before, after = held.storage_m3(held.steady(flow[0])), held.storage_m3(state)
            return out[0], held.parts, float(after[0] - before[0])
        case Method.CHANNEL:
            channel = _channel(reach, float(flow.max()), step_h)
            out, state = cunge.route(channel, flow, step_h)
            before, after = channel.storage_m3(channel.steady(flow[0])), channel.storage_m3(state)
            return out[0], channel.parts, float(after[0] - before[0])
        case Method.TRAVEL:
            late, kept = _delayed(flow, reach["hours"] / step_h)
            return late, None, kept * step_s


def _parts(reach: Mapping[str, Any], step_h: float) -> int:
    """The fewest whose steps are no shorter than 2KX; whether those are too many the reach itself says."""
    return min(PARTS_MOST, max(1, math.ceil(2 * float(reach["k_h"]) * float(reach["x"]) / step_h - 1e-9)))


def _channel(reach: Mapping[str, Any], most_m3_s: float, step_h: float) -> Channel:
    section = {name: float(reach[name]) for name in ("length_m", "slope", "manning", "bottom_m")}
    whole = Channel(**section, side=float(reach.get("side", 0.0)), parts=int(reach.get("parts", 1)))
    if "parts" in reach:
        return whole
    return replace(whole, parts=min(PARTS_MOST, whole.parts_for(max(most_m3_s, cunge.LEAST_M3_S), step_h)))


def _delayed(flow: Floats, lag: float) -> tuple[Floats, float]:
    """The same later by so many steps, of which a part is shared between two; what is on its way more than
    at first, in m³/s times steps.
    """
    whole = math.floor(lag)
    late, kept = np.zeros_like(flow), 0.0
    for steps, share in ((whole, 1 - (lag - whole)), (whole + 1, lag - whole)):
        on_its_way = min(steps, len(flow) - 1)
        late += share * np.concatenate((np.full(on_its_way, flow[0]), flow[: len(flow) - on_its_way]))
        last = flow[len(flow) - 1 - on_its_way :]
        kept += share * (float(np.trapezoid(last)) - on_its_way * float(flow[0]))
    return late, kept


def _volume(flow_m3_s: Floats, step_s: float) -> float:
    return float(np.trapezoid(flow_m3_s) * step_s)
