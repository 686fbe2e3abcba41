"""GR4J 四参数日模型, after Perrin, Michel & Andréassian (2003), J. Hydrol. 279: the baseline 基准模型.

A production store, two unit hydrographs, a routing store, and an exchange with the ground outside of
the basin, which the account of water names. Depths are mm over the basin, a step is a day. Rows as in
:mod:`water.hydrology.xinanjiang`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from water.errors import BadState, Name
from water.hydrology import forcing
from water.hydrology.parameters import Floats, Parameter, table
from water.hydrology.stores import LONG, SHORT

PARAMETERS: Final = (
    Parameter("X1", "mm", 10.0, 3000.0, "产流水库容量"),
    Parameter("X2", "mm/d", -10.0, 10.0, "地下水交换系数"),
    Parameter("X3", "mm", 1.0, 1000.0, "汇流水库容量"),
    Parameter("X4", "d", 0.5, 10.0, "单位线时间基"),
)
STATE: Final = ("S", "R", *(f"U{k + 1}" for k in range(SHORT)), *(f"V{k + 1}" for k in range(LONG)))
"""Both stores in mm, then what both unit hydrographs still hold for the steps to come, in mm."""


@dataclass(frozen=True, slots=True)
class State:
    """All that a run needs to go on, a row for each set or member; see ``STATE`` for the columns."""

    values: Floats

    def __getitem__(self, name: str) -> Floats:
        """One of them by name."""
        return self.values[:, STATE.index(name)]


@dataclass(frozen=True, slots=True)
class Run:
    """Answer of a run: flow at the outlet, the state after it, and the account of water."""

    flow_mm: Floats
    """(n, T), mm a day."""
    state: State
    evaporation_mm: Floats
    """(n), over the whole run."""
    exchanged_mm: Floats
    """(n), water that came from outside of the basin, below 0 where it went there 交换水量."""
    imbalance: Floats
    """(n), water that appeared or vanished, as a part of all that was handled 水量误差."""


def initial(parameters: ArrayLike, *, production: float = 0.3, routing: float = 0.5) -> State:
    """A state with both stores filled to a share of their capacity, and empty unit hydrographs."""
    sets = table(PARAMETERS, parameters)
    for share in (production, routing):
        if not 0.0 <= share <= 1.0:
            raise BadState(
                f"初始蓄水比例须在 0 与 1 之间:{share}",
                f"a share of capacity is from 0 to 1: {share}",
                value=share,
            )
    values = np.zeros((len(sets), len(STATE)))
    values[:, 0], values[:, 1] = production * sets[:, 0], routing * sets[:, 2]
    return State(values)


def run(
    parameters: ArrayLike,
    precipitation_mm: ArrayLike,
    evaporation_mm: ArrayLike,
    state: State | None = None,
    *,
    crossed: bool = False,
) -> Run:
    """Flow from rain 降水 and potential evaporation 蒸发能力, mm a day; rows as in Xin'anjiang's run.

    Without a state the stores begin at 30 and 50 % of capacity. BadParameter, BadForcing, BadState.
    """
    from water.hydrology.gr4j_kernel import march  # a compiler, for those that run the model

    sets = table(PARAMETERS, parameters)
    rain = forcing.rain(precipitation_mm)
    asked = forcing.series(Name("蒸发", "evaporation"), evaporation_mm, steps=rain.shape[1])
    members = forcing.rows(precipitation=len(rain), evaporation=len(asked))
    begin = initial(sets) if state is None else state
    if crossed:
        begin = State(begin.values if len(begin.values) != len(sets) else np.repeat(begin.values, members, 0))
        sets, members = np.repeat(sets, members, 0), 1
    before = _checked(begin, sets)
    count = forcing.rows(parameters=len(sets), members=members, state=len(before))
    sets = np.array(np.broadcast_to(sets, (count, sets.shape[1])), order="C")
    values = np.array(np.broadcast_to(before, (count, before.shape[1])), order="C")
    stored = values.sum(1)
    flow = np.empty((count, rain.shape[1]))
    spent, came = np.zeros(count), np.zeros(count)
    march(sets, rain, asked, values, flow, spent, came)
    handled = stored + forcing.totals(rain, count) + np.maximum(came, 0.0)
    wrong = stored + forcing.totals(rain, count) + came - spent - flow.sum(1) - values.sum(1)
    return Run(flow, State(values), spent, came, wrong / np.where(handled > 0, handled, 1.0))


def _checked(state: State, sets: Floats) -> Floats:
    values = np.asarray(state.values, np.float64)
    shape = values.shape
    if len(shape) != 2 or shape[1] != len(STATE) or not np.isfinite(values).all() or (values < 0).any():
        raise BadState(
            f"状态须为 (n, {len(STATE)}) 的非负数组:{shape}",
            f"a state is an array (n, {len(STATE)}) of numbers not below 0: {shape}",
            value=list(shape),
        )
    forcing.rows(parameters=len(sets), state=len(values))
    over = values[:, 0] > sets[:, 0] * (1 + 1e-12)
    if over.any():
        worst = float(values[:, 0].max())
        raise BadState(f"产流水库超过其容量:{worst}", f"S is over its capacity X1: {worst}", value=worst)
    return values
