"""Running a basin 流域演算: rain on its sub-basins to flow at its outlet, with every member in one pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from water.errors import BadBasin, BadForcing, BadState
from water.hydrology import cunge, forcing, muskingum, reservoir, unit_hydrograph, xinanjiang
from water.hydrology.basin import Basin, Dam, Junction, Reach, SubBasin
from water.hydrology.parameters import Floats


@dataclass(frozen=True, slots=True)
class BasinState:
    """All that a basin needs to go on: per element its arrays, a row for each member."""

    held: Mapping[str, tuple[Floats, ...]]


@dataclass(frozen=True, slots=True)
class BasinRun:
    """Answer of a basin, a row for each member."""

    flow_m3_s: Mapping[str, Floats]
    """(n, T) that leaves each element, at the ends of steps."""
    level_m: Mapping[str, Floats]
    """(n, T) of each reservoir."""
    state: BasinState
    imbalance: Floats
    """(n), of the whole basin 水量误差."""


def run(
    basin: Basin,
    precipitation_mm: Mapping[str, ArrayLike],
    evaporation_mm: Mapping[str, ArrayLike],
    state: BasinState | None = None,
    schedules: Mapping[str, reservoir.Schedule] | None = None,
    inflow_m3_s: Mapping[str, ArrayLike] | None = None,
) -> BasinRun:
    """Flow of every element. Series are by sub-basin, (T) or (n, T); schedules by reservoir.

    ``inflow_m3_s`` are flows from outside of the tree 区外入流, as measured ones, by the element they enter.
    Without a state the soil begins half full, rivers empty and reservoirs at their first level.
    BadBasin, BadForcing, BadState, BadParameter, BadCurve.
    """
    ordered = schedules or {}
    for name in ordered:
        if not isinstance(basin[name], Dam):
            raise BadBasin(f"不是水库:{name}", f"not a reservoir: {name}", value=name)
    arriving = _from_outside(basin, inflow_m3_s or {})
    rows = _rows(basin, precipitation_mm, evaporation_mm, arriving)
    begin = initial(basin, rows) if state is None else state
    step_h = basin.step_h
    flow: dict[str, Floats] = {}
    level: dict[str, Floats] = {}
    held: dict[str, tuple[Floats, ...]] = {}
    step_s = step_h * 3600.0
    wrong = np.zeros(rows) + sum((step_s * each.sum(1) for each in arriving.values()), start=np.zeros(1))
    handled = wrong.copy()
    arriving = {name: _spread(each, rows) for name, each in arriving.items()}
    for each in basin.elements:
        before = _held(begin, each.id, rows) if not isinstance(each, Junction) else ()
        come = arriving.pop(each.id, None)
        if isinstance(each, SubBasin):
            rain = np.atleast_2d(np.asarray(precipitation_mm[each.id], np.float64))
            out, held[each.id], spent = _drain(each, rain, evaporation_mm[each.id], before, step_s)
            m3 = each.area_km2 * 1e3
            wrong += m3 * (rain.sum(1) - spent)
            handled += m3 * rain.sum(1)
        elif come is None:
            raise BadBasin(f"无水流入:{each.id}", f"nothing drains into it: {each.id}", value=each.id)
        elif isinstance(each, Reach):
            routing = cunge.route if isinstance(each.routing, cunge.Channel) else muskingum.route
            out, after = routing(each.routing, come, step_h, before[0])  # type: ignore[arg-type]
            held[each.id] = (after,)
        elif isinstance(each, Dam):
            done = reservoir.operate(
                each.reservoir, each.rules, come, step_h, before[0], ordered.get(each.id)
            )
            out, held[each.id], level[each.id] = done.release_m3_s, (done.state,), done.level_m
        else:
            out = come
        if not isinstance(each, Junction):
            wrong += _stored_m3(each, before, step_s) - _stored_m3(each, held[each.id], step_s)
            handled += _stored_m3(each, before, step_s)
        flow[each.id] = out
        if each.to is not None:
            arriving[each.to] = out if each.to not in arriving else arriving[each.to] + out
    wrong -= step_s * flow[basin.outlet].sum(1)
    return BasinRun(flow, level, BasinState(held), wrong / np.where(handled > 0, handled, 1.0))


def initial(basin: Basin, rows: int = 1, *, wetness: float = 0.5) -> BasinState:
    """Soil at a share of capacity, rivers empty, reservoirs at their first level."""
    held: dict[str, tuple[Floats, ...]] = {}
    for each in basin.elements:
        if isinstance(each, SubBasin):
            values = xinanjiang.initial(each.parameters, each.options, wetness=wetness).values
            under_way = each.unit.empty if each.unit else np.zeros((1, 0))
            held[each.id] = (_spread(values, rows), _spread(under_way, rows))
        elif isinstance(each, Reach):
            held[each.id] = (each.routing.steady(np.zeros(rows)),)
        elif isinstance(each, Dam):
            held[each.id] = (reservoir.steady(each.reservoir, each.start_level_m, np.zeros(rows), 0.0),)
    return BasinState(held)


def _drain(
    each: SubBasin, rain: Floats, asked: ArrayLike, before: tuple[Floats, ...], step_s: float
) -> tuple[Floats, tuple[Floats, ...], Floats]:
    """Flow of a sub-basin in m³/s, its state after, and what evaporated in mm."""
    done = xinanjiang.run(each.parameters, rain, asked, xinanjiang.State(before[0]), each.options)
    depth, under_way = done.flow_mm, before[1]
    if each.unit is not None:
        depth, under_way = unit_hydrograph.spread(each.unit, depth, under_way)
    return depth * (each.area_km2 * 1e3 / step_s), (done.state.values, under_way), done.evaporation_mm


def _stored_m3(each: SubBasin | Reach | Dam, held: tuple[Floats, ...], step_s: float) -> Floats:
    """Water in an element, as it is counted where flows stand for the whole step that ends with them."""
    if isinstance(each, SubBasin):
        soil = xinanjiang.storage_mm(each.parameters, held[0], each.options)
        return np.asarray(each.area_km2 * 1e3 * (soil + held[1].sum(1)))
    state = held[0]
    if isinstance(each, Dam):
        return np.asarray(state[:, 2] + 0.5 * step_s * state[:, 0])
    last = each.routing.parts
    return np.asarray(each.routing.storage_m3(state) + 0.5 * step_s * (state[:, 0] - state[:, last]))


def _from_outside(basin: Basin, given: Mapping[str, ArrayLike]) -> dict[str, Floats]:
    """Flows that enter from outside, checked."""
    found: dict[str, Floats] = {}
    for name, values in given.items():
        if isinstance(basin[name], SubBasin):
            raise BadBasin(f"不得流入子流域:{name}", f"nothing drains into a sub-basin: {name}", value=name)
        found[name] = forcing.series("区外入流 inflow", values)
    return found


def _rows(
    basin: Basin,
    rain: Mapping[str, ArrayLike],
    asked: Mapping[str, ArrayLike],
    entering: Mapping[str, Floats],
) -> int:
    """Members of the run; BadForcing where a sub-basin has no series, or one is longer than another."""
    counts = [1, *(len(each) for each in entering.values())]
    steps = {each.shape[1] for each in entering.values()}
    for each in basin.elements:
        if not isinstance(each, SubBasin):
            continue
        for name, given in (("降水 precipitation", rain), ("蒸发 evaporation", asked)):
            if each.id not in given:
                raise BadForcing(
                    f"子流域没有{name}:{each.id}", f"a sub-basin has no {name}: {each.id}", value=each.id
                )
            array = np.atleast_2d(np.asarray(given[each.id]))
            counts.append(len(array))
            steps.add(array.shape[1])
        counts.append(len(np.atleast_2d(each.parameters)))
    if len(steps) > 1:
        raise BadForcing(
            f"各过程须等长:{sorted(steps)}",
            f"all series are of one length: {sorted(steps)}",
            value=sorted(steps),
        )
    return max(counts)


def _held(state: BasinState, name: str, rows: int) -> tuple[Floats, ...]:
    if name not in state.held:
        raise BadState(f"状态中没有此对象:{name}", f"the state holds nothing of it: {name}", value=name)
    return tuple(_spread(each, rows) for each in state.held[name])


def _spread(values: Floats, rows: int) -> Floats:
    if len(values) not in (1, rows):
        raise BadState(
            f"状态的行数应为 1 或 {rows}:{len(values)}",
            f"a state has 1 or {rows} rows: {len(values)}",
            value=len(values),
        )
    return np.array(np.broadcast_to(values, (rows, values.shape[1])))
