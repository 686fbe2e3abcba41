"""Xin'anjiang model 新安江模型, three sources 三水源, after Zhao (1992), J. Hydrol. 135.

Evaporation in three layers, runoff by saturation excess 蓄满产流 over a curve of tension-water capacity,
separation by a curve of free-water capacity, linear reservoirs for interflow and groundwater,
lag-and-route 滞后演算 to the outlet. Optionally rain beyond the infiltration capacity runs off first
超渗产流, as in the vertically mixed model 垂向混合产流 (包为民, 1997) for semi-humid basins.

All depths are mm over the basin. Sets of parameters and members of rain are rows of one call: each part
brings one row for all, or one a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from water.errors import BadParameter, BadState, Name
from water.hydrology import forcing
from water.hydrology.parameters import Floats, Parameter, table
from water.hydrology.stores import LAGGED, STATES

PARAMETERS: Final = (
    Parameter("K", "", 0.2, 1.5, "蒸散发折算系数"),
    Parameter("B", "", 0.05, 2.0, "张力水蓄水容量曲线方次"),
    Parameter("IM", "", 0.0, 0.5, "不透水面积比例"),
    Parameter("UM", "mm", 1.0, 60.0, "上层张力水容量"),
    Parameter("LM", "mm", 10.0, 150.0, "下层张力水容量"),
    Parameter("DM", "mm", 1.0, 150.0, "深层张力水容量"),
    Parameter("C", "", 0.0, 0.4, "深层蒸散发折算系数"),
    Parameter("SM", "mm", 1.0, 100.0, "自由水蓄水容量"),
    Parameter("EX", "", 0.5, 2.0, "自由水蓄水容量曲线方次"),
    Parameter("KI", "1/d", 0.01, 0.50, "自由水对壤中流的出流系数"),
    Parameter("KG", "1/d", 0.01, 0.49, "自由水对地下水的出流系数"),
    Parameter("CI", "", 0.0, 0.99, "壤中流日消退系数"),
    Parameter("CG", "", 0.5, 0.999, "地下水日消退系数"),
    Parameter("CS", "", 0.0, 0.98, "河网蓄水消退系数(每时段)"),
    Parameter("L", "steps", 0.0, 10.0, "滞时(时段)"),
)
"""Rates of KI, KG, CI, CG are those of a day whatever the step; CS and L are those of a step."""
INFILTRATION: Final = (
    Parameter("FC", "mm/h", 0.05, 60.0, "稳定下渗率"),
    Parameter("KF", "", 0.0, 20.0, "土壤缺水对下渗的影响系数"),
    Parameter("BF", "", 0.0, 3.0, "下渗能力空间分布曲线方次"),
)
"""Three more, where rain beyond the infiltration capacity runs off 超渗产流."""
STATE: Final = STATES


@dataclass(frozen=True, slots=True)
class Options:
    """What kind of run: step 时段长, infiltration excess 超渗 first or not, two readings of textbooks."""

    step_h: float = 24.0
    infiltration_excess: bool = False
    slice_mm: float = 5.0
    """Net rain is taken in slices of at most so much, and the step divided as often; infinite: undivided."""
    follows_area: bool = False
    """Whether the free-water curve follows the runoff-producing area, SMMF = SMM·(1 − (1 − FR)^(1/EX))."""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters of a set, in order."""
        return PARAMETERS + INFILTRATION if self.infiltration_excess else PARAMETERS


DAILY: Final = Options()


@dataclass(frozen=True, slots=True)
class State:
    """All that a run needs to go on, a row for each set or member; see ``STATE`` for the columns."""

    values: Floats
    """(n, 19): WU, WL, WD mm over the pervious part, S mm over its wet share FR, then flows in mm a step."""

    def __getitem__(self, name: str) -> Floats:
        """One of them by name."""
        return self.values[:, STATE.index(name)]


@dataclass(frozen=True, slots=True)
class Parts:
    """Steps of a run in their parts, mm over the basin, each (n, T)."""

    evaporation_mm: Floats
    surface_mm: Floats
    """Surface runoff 地面径流 of the step, before any routing."""
    interflow_mm: Floats
    """壤中流 that reaches the channels."""
    groundwater_mm: Floats
    """地下径流 that reaches the channels."""
    tension_mm: Floats
    """Tension water 张力水 W of the pervious part at the end of the step."""
    free_mm: Floats
    """Free water 自由水 S·FR of the pervious part at the end of the step."""


@dataclass(frozen=True, slots=True)
class Run:
    """Answer of a run: flow at the outlet, the state after it, and the account of water."""

    flow_mm: Floats
    """(n, T), mm a step."""
    state: State
    evaporation_mm: Floats
    """(n), over the whole run."""
    imbalance: Floats
    """(n), water that appeared or vanished, as a part of all that was handled 水量误差."""
    parts: Parts | None


def initial(parameters: ArrayLike, options: Options = DAILY, *, wetness: float = 0.5) -> State:
    """A state of no flow with its tension water at a share of capacity."""
    sets = table(options.parameters, parameters)
    if not 0.0 <= wetness <= 1.0:
        raise BadState(
            f"初始蓄水比例须在 0 与 1 之间:{wetness}", f"a wetness is from 0 to 1: {wetness}", value=wetness
        )
    values = np.zeros((len(sets), len(STATE)))
    values[:, :3] = wetness * sets[:, 3:6]
    return State(values)


def run(
    parameters: ArrayLike,
    precipitation_mm: ArrayLike,
    evaporation_mm: ArrayLike,
    state: State | None = None,
    options: Options = DAILY,
    *,
    crossed: bool = False,
    parts: bool = False,
) -> Run:
    """Flow from rain 降水 and pan or potential evaporation 蒸发, mm a step.

    Rows: ``parameters`` (n, P) or (P), the series (n, T) or (T); a part of one row serves all. ``crossed``
    runs each of n sets with each of m members of the series, n·m rows, the members of a set together.
    Without a state the tension water begins half full. ``parts`` keeps evaporation, sources and storages
    of every step. A run cut in two by its state gives the same bits. BadParameter, BadForcing, BadState.
    """
    from water.hydrology.xinanjiang_kernel import march  # a compiler, for those that run the model

    sets = table(options.parameters, parameters)
    rain = forcing.rain(precipitation_mm)
    asked = forcing.series(Name("蒸发", "evaporation"), evaporation_mm, steps=rain.shape[1])
    members = forcing.rows(precipitation=len(rain), evaporation=len(asked))
    begin = initial(sets, options) if state is None else state
    if crossed:
        begin = State(begin.values if len(begin.values) != len(sets) else np.repeat(begin.values, members, 0))
        sets, members = np.repeat(sets, members, 0), 1
    before = _checked(begin, sets)
    count = forcing.rows(parameters=len(sets), members=members, state=len(before))
    sets = np.array(np.broadcast_to(sets, (count, sets.shape[1])), order="C")
    values = np.array(np.broadcast_to(before, (count, before.shape[1])), order="C")
    stored = storage_mm(sets, values, options)
    flow = np.empty((count, rain.shape[1]))
    kept = np.empty((6, *flow.shape) if parts else (6, 0, 0))
    spent = np.zeros(count)
    march(
        at_step(sets, options), rain, asked, values, flow, kept, spent,
        float(options.slice_mm), options.follows_area,
    )  # fmt: skip
    handled = stored + forcing.totals(rain, count)
    wrong = handled - spent - flow.sum(1) - storage_mm(sets, values, options)
    return Run(
        flow,
        State(values),
        spent,
        wrong / np.where(handled > 0, handled, 1.0),
        Parts(*kept) if parts else None,
    )


def storage_mm(parameters: ArrayLike, values: Floats, options: Options = DAILY) -> Floats:
    """Water held by a state, mm over the basin: soil, free water, both reservoirs, channels."""
    sets = at_step(table(options.parameters, parameters), options)
    impervious, ci, cg, cs, lag = sets[:, 2], sets[:, 11], sets[:, 12], sets[:, 13], sets[:, 14]
    soil = values[:, 0] + values[:, 1] + values[:, 2] + values[:, 3] * values[:, 4]
    below = values[:, 5] * ci / (1 - ci) + values[:, 6] * cg / (1 - cg) + values[:, 7] * cs / (1 - cs)
    ago = np.arange(LAGGED)
    under_way = np.clip(lag[:, None] - ago, 0.0, 1.0)
    return np.asarray((1 - impervious) * soil + below + (under_way * values[:, 8:]).sum(1))


def at_step(sets: Floats, options: Options) -> Floats:
    """Sets with the rates of a day brought to the step 时段换算: 1 − (1 − KI − KG)^Δt, C^Δt, FC·Δt."""
    if not 0.0 < options.step_h <= 24.0:
        raise BadParameter(
            f"时段长须大于 0 且不超过 24 小时:{options.step_h}",
            f"a step is over 0 and at most 24 hours: {options.step_h}",
            value=options.step_h,
        )
    if not options.slice_mm >= 0.1:
        raise BadParameter(
            f"净雨分段不得小于 0.1 mm:{options.slice_mm}",
            f"a slice is 0.1 mm at least: {options.slice_mm}",
            value=options.slice_mm,
        )
    days = options.step_h / 24.0
    brought = np.zeros((len(sets), len(PARAMETERS) + len(INFILTRATION)))
    brought[:, : sets.shape[1]] = sets
    if days != 1.0:
        ki, kg = sets[:, 9], sets[:, 10]
        part = (1.0 - (1.0 - ki - kg) ** days) / (ki + kg)
        brought[:, 9], brought[:, 10] = ki * part, kg * part
        brought[:, 11:13] = sets[:, 11:13] ** days
    brought[:, 15] = brought[:, 15] * options.step_h if options.infiltration_excess else np.inf
    return brought


def _checked(state: State, sets: Floats) -> Floats:
    values = np.asarray(state.values, np.float64)
    if values.ndim != 2 or values.shape[1] != len(STATE):
        raise BadState(
            f"状态须为 (n, {len(STATE)}) 的数组:{values.shape}",
            f"a state is an array (n, {len(STATE)}): {values.shape}",
            value=list(values.shape),
        )
    forcing.rows(parameters=len(sets), state=len(values))
    top = np.full((len(sets), len(STATE)), np.inf)
    top[:, :3], top[:, STATE.index("FR")] = sets[:, 3:6], 1.0
    wrong = ~(np.isfinite(values) & (values >= 0) & (values <= top * (1 + 1e-12)))
    if wrong.any():
        row, column = (int(k) for k in np.argwhere(wrong)[0])
        value = float(values[min(row, len(values) - 1), column])
        raise BadState(
            f"状态 {STATE[column]} 为负、缺值或超过其容量(第 {row} 行):{value}",
            f"{STATE[column]} of the state is below 0, missing or over its capacity, in row {row}: {value}",
            value=value,
        )
    return values
