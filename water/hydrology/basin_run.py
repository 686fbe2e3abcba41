"""Running a basin 流域演算: rain on its sub-basins to flow at its outlet, with every member in one pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from water.errors import BadBasin, BadForcing, BadState, Name
from water.hydrology import (
    cunge,
    forcing,
    lag_route,
    muskingum,
    reservoir,
    snow,
    unit_hydrograph,
    xinanjiang,
)
from water.hydrology.basin import Basin, Dam, Element, Junction, Reach, SubBasin
from water.hydrology.lag_route import LagAndRoute
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


@dataclass(frozen=True, slots=True)
class Weather:
    """Series by sub-basin, (T) or (n, T)."""

    precipitation_mm: Mapping[str, ArrayLike]
    evaporation_mm: Mapping[str, ArrayLike]
    temperature_c: Mapping[str, ArrayLike] = field(default_factory=dict)
    """Of those that have snow."""


@dataclass(frozen=True, slots=True)
class _Done:
    """What an element did."""

    flow_m3_s: Floats
    held: tuple[Floats, ...]
    fallen_m3: Floats | float = 0.0
    evaporated_m3: Floats | float = 0.0
    level_m: Floats | None = None


def run(
    basin: Basin,
    weather: Weather,
    state: BasinState | None = None,
    schedules: Mapping[str, reservoir.Schedule] | None = None,
    inflow_m3_s: Mapping[str, ArrayLike] | None = None,
) -> BasinRun:
    """Flow of every element, with schedules by reservoir.

    ``inflow_m3_s`` are flows from outside of the tree 区外入流, as measured ones, by the element they enter.
    Without a state the soil begins half full, rivers empty and reservoirs at their first level.
    BadBasin, BadForcing, BadState, BadParameter, BadCurve.
    """
    ordered = schedules or {}
    for name in ordered:
        if not isinstance(basin[name], Dam):
            raise BadBasin(f"不是水库:{name}", f"not a reservoir: {name}", value=name)
    entering = _from_outside(basin, inflow_m3_s or {})
    rows = _rows(basin, weather, entering)
    begin = initial(basin, rows) if state is None else state
    step_s = basin.step_h * 3600.0
    arriving = {name: _spread(each, rows) for name, each in entering.items()}
    gained = np.zeros(rows) + sum(step_s * each.sum(1) for each in arriving.values())
    handled = gained.copy()
    flow: dict[str, Floats] = {}
    level: dict[str, Floats] = {}
    held: dict[str, tuple[Floats, ...]] = {}
    for each in basin.elements:
        come = arriving.pop(each.id, None)
        if isinstance(each, Junction):
            out = _needed(each, come)
        else:
            before = _held(begin, each.id, rows)
            if isinstance(each, SubBasin):
                done = _drained(each, weather, before, step_s)
            elif isinstance(each, Reach):
                done = _passed(each, _needed(each, come), basin.step_h, before[0])
            else:
                done = _operated(each, _needed(each, come), basin.step_h, before[0], ordered.get(each.id))
            out, held[each.id] = done.flow_m3_s, done.held
            if done.level_m is not None:
                level[each.id] = done.level_m
            stored = _stored_m3(each, before, step_s)
            gained += done.fallen_m3 - done.evaporated_m3 + stored - _stored_m3(each, done.held, step_s)
            handled += done.fallen_m3 + stored
        flow[each.id] = out
        if each.to is not None:
            arriving[each.to] = out if each.to not in arriving else arriving[each.to] + out
    wrong = gained - step_s * flow[basin.outlet].sum(1)
    return BasinRun(flow, level, BasinState(held), wrong / np.where(handled > 0, handled, 1.0))


def initial(basin: Basin, rows: int = 1, *, wetness: float = 0.5) -> BasinState:
    """Soil at a share of capacity and without snow, rivers empty, reservoirs at their first level."""
    held: dict[str, tuple[Floats, ...]] = {}
    for each in basin.elements:
        if isinstance(each, SubBasin):
            values = xinanjiang.initial(each.parameters, each.options, wetness=wetness).values
            under_way = each.unit.empty if each.unit else np.zeros((1, 0))
            held[each.id] = (_spread(values, rows), _spread(under_way, rows), np.zeros((rows, 1)))
        elif isinstance(each, Reach):
            held[each.id] = (each.routing.steady(np.zeros(rows)),)
        elif isinstance(each, Dam):
            held[each.id] = (reservoir.steady(each.reservoir, each.start_level_m, np.zeros(rows), 0.0),)
    return BasinState(held)


def _needed(each: Element, come: Floats | None) -> Floats:
    if come is None:
        raise BadBasin(f"无水流入:{each.id}", f"nothing drains into it: {each.id}", value=each.id)
    return come


def _drained(each: SubBasin, weather: Weather, before: tuple[Floats, ...], step_s: float) -> _Done:
    """A sub-basin: snow, soil, unit hydrograph."""
    soil, under_way, lying = before
    fallen = forcing.rain(weather.precipitation_mm[each.id])
    water = fallen
    if each.snow is not None:
        air = weather.temperature_c[each.id]
        melting = snow.run(each.snow, fallen, air, lying[:, 0], step_h=step_s / 3600.0)
        water, lying = melting.water_mm, melting.snow_mm[:, None]
    asked = weather.evaporation_mm[each.id]
    done = xinanjiang.run(each.parameters, water, asked, xinanjiang.State(soil), each.options)
    depth = done.flow_mm
    if each.unit is not None:
        depth, under_way = unit_hydrograph.spread(each.unit, depth, under_way)
    m3 = each.area_km2 * 1e3
    return _Done(
        depth * (m3 / step_s),
        (done.state.values, under_way, lying),
        m3 * fallen.sum(1),
        m3 * done.evaporation_mm,
    )


def _operated(
    each: Dam, come: Floats, step_h: float, before: Floats, schedule: reservoir.Schedule | None
) -> _Done:
    done = reservoir.operate(each.reservoir, each.rules, come, step_h, before, schedule)
    return _Done(done.release_m3_s, (done.state,), level_m=done.level_m)


def _passed(each: Reach, come: Floats, step_h: float, before: Floats) -> _Done:
    routing = each.routing
    if isinstance(routing, muskingum.Muskingum):
        out, after = muskingum.route(routing, come, step_h, before)
    elif isinstance(routing, cunge.Channel):
        out, after = cunge.route(routing, come, step_h, before)
    else:
        out, after = lag_route.route(routing, come, before)
    return _Done(out, (after,))


def _stored_m3(each: SubBasin | Reach | Dam, held: tuple[Floats, ...], step_s: float) -> Floats:
    """Water in an element, as it is counted where flows stand for the whole step that ends with them."""
    if isinstance(each, SubBasin):
        soil = xinanjiang.storage_mm(each.parameters, held[0], each.options)
        return np.asarray(each.area_km2 * 1e3 * (soil + held[1].sum(1) + held[2][:, 0]))
    state = held[0]
    if isinstance(each, Dam):
        return np.asarray(state[:, 2] + 0.5 * step_s * state[:, 0])
    if isinstance(each.routing, LagAndRoute):
        return each.routing.storage_m3(state, step_s)
    last = each.routing.parts
    return np.asarray(each.routing.storage_m3(state) + 0.5 * step_s * (state[:, 0] - state[:, last]))


def _from_outside(basin: Basin, given: Mapping[str, ArrayLike]) -> dict[str, Floats]:
    """Flows that enter from outside, checked."""
    found: dict[str, Floats] = {}
    for name, values in given.items():
        if isinstance(basin[name], SubBasin):
            raise BadBasin(f"不得流入子流域:{name}", f"nothing drains into a sub-basin: {name}", value=name)
        found[name] = forcing.series(Name("区外入流", "inflow"), values)
    return found


def _rows(basin: Basin, weather: Weather, entering: Mapping[str, Floats]) -> int:
    """Members of the run; BadForcing where a sub-basin has no series, or one is longer than another."""
    counts = [1, *(len(each) for each in entering.values())]
    steps = {each.shape[1] for each in entering.values()}
    for each in basin.elements:
        if not isinstance(each, SubBasin):
            continue
        needed = [
            ("降水 precipitation", weather.precipitation_mm),
            ("蒸发 evaporation", weather.evaporation_mm),
        ]
        if each.snow is not None:
            needed.append(("气温 temperature", weather.temperature_c))
        for name, given in needed:
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
    return np.array(np.broadcast_to(values, (rows, values.shape[1])), order="C")
