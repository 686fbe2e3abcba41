"""What the hydrological models refuse, each with its value and the way out."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from water.errors import BadBasin, BadCurve, BadForcing, BadParameter, BadState
from water.hydrology import cunge, gr4j, muskingum, snow, updating, xinanjiang
from water.hydrology.basin import Basin, Dam, Junction, Reach, SubBasin
from water.hydrology.basin_run import Weather, initial, run
from water.hydrology.lag_route import LagAndRoute
from water.hydrology.parameters import bounds
from water.hydrology.reservoir import Limit, Reservoir, Rules, Schedule, operate, steady
from water.hydrology.unit_hydrograph import UnitHydrograph, nash, spread

LOW, HIGH = bounds(xinanjiang.PARAMETERS)
SET = 0.5 * (LOW + HIGH)
RAIN, ASKED = np.array([0.0, 12.0, 3.0]), np.array([2.0, 2.0, 2.0])
POOL = Reservoir((0.0, 10.0), (0.0, 1e6), (0.0, 100.0))
BEGIN = steady(POOL, 5.0, 0.0, 0.0)
GIVEN = Weather({"a": RAIN}, {"a": ASKED})


def routed(reach: muskingum.Muskingum, state: np.ndarray | None = None) -> None:
    muskingum.route(reach, RAIN, 4.0, state)


def changed(values: np.ndarray, at: int, value: float) -> np.ndarray:
    other = np.array(values, float)
    other[at] = value
    return other


@pytest.mark.parametrize("model", [xinanjiang, gr4j])
@pytest.mark.parametrize(
    ("says", "rain", "asked"),
    [
        ("-0.5$", changed(RAIN, 1, -0.5), ASKED),
        ("first at step 2.*nan$", changed(RAIN, 2, math.nan), ASKED),
        ("inf$", changed(RAIN, 0, math.inf), ASKED),
        ("0 to 3000.*: 3001.0$", changed(RAIN, 0, 3001.0), ASKED),
        ("-2.0$", RAIN, changed(ASKED, 0, -2.0)),
        ("evaporation.*(3).*: 2$", RAIN, ASKED[:2]),
        ("precipitation", [], []),
        ("rows.*: [23]$", np.tile(RAIN, (2, 1)), np.tile(ASKED, (3, 1))),
    ],
)
def test_series_that_cannot_be(model, says, rain, asked):
    chosen = SET if model is xinanjiang else [350.0, 0.0, 90.0, 1.7]
    with pytest.raises(BadForcing, match=says):
        model.run(chosen, rain, asked)


@pytest.mark.parametrize("at", range(15))
def test_a_parameter_outside_of_its_bounds_is_named(at):
    one = xinanjiang.PARAMETERS[at]
    for value in (np.nextafter(one.low, -9e9), np.nextafter(one.high, 9e9), math.nan):
        with pytest.raises(BadParameter, match=f"{one.name} must be from .*in set 1") as refused:
            xinanjiang.run([SET, changed(SET, at, value)], RAIN, ASKED)
        assert refused.value.details["parameter"] == one.name
    for value in (one.low, one.high):
        xinanjiang.run(changed(SET, at, value), RAIN, ASKED)


def test_a_set_of_another_length_is_refused():
    with pytest.raises(BadParameter, match=r"15 values \(K, B, .*\(14,\)"):
        xinanjiang.run(SET[:14], RAIN, ASKED)
    with pytest.raises(BadParameter, match="18 values"):
        xinanjiang.run(SET, RAIN, ASKED, options=xinanjiang.Options(infiltration_excess=True))
    with pytest.raises(BadParameter, match="X4 must be from"):
        gr4j.run([350.0, 0.0, 90.0, 12.0], RAIN, ASKED)


@pytest.mark.parametrize("model", [xinanjiang, gr4j])
def test_a_state_that_is_none(model):
    chosen = SET if model is xinanjiang else [350.0, 0.0, 90.0, 1.7]
    good = model.initial(chosen)
    for values in (good.values[:, 1:], changed(good.values, (0, 1), -1.0), changed(good.values, (0, 0), 9e9)):
        with pytest.raises(BadState):
            model.run(chosen, RAIN, ASKED, replace(good, values=values))
    with pytest.raises(BadState, match=r"1\.2$"):
        if model is xinanjiang:
            model.initial(chosen, wetness=1.2)
        else:
            model.initial(chosen, routing=1.2)
    with pytest.raises(BadParameter, match=r"slice.*: 0\.0$"):
        xinanjiang.run(SET, RAIN, ASKED, options=xinanjiang.Options(slice_mm=0.0))
    with pytest.raises(BadParameter, match=r"48\.0$"):
        xinanjiang.run(SET, RAIN, ASKED, options=xinanjiang.Options(step_h=48.0))


@pytest.mark.parametrize(
    ("kind", "says", "done"),
    [
        (BadParameter, "add up to 1: 0.9$", lambda: UnitHydrograph((0.5, 0.4))),
        (BadParameter, "-0.5$", lambda: UnitHydrograph((1.5, -0.5))),
        (BadParameter, "K of Nash.*: 0.0$", lambda: nash(2.0, 0.0, 1.0)),
        (BadState, r"\(1, 4\)", lambda: spread(UnitHydrograph((0.5, 0.5)), RAIN, np.zeros((1, 4)))),
        (BadParameter, "x=0.6", lambda: routed(muskingum.Muskingum(2.0, 0.6))),
        (BadParameter, "2 to 3 parts.*: 1$", lambda: routed(muskingum.Muskingum(10.0, 0.4))),
        (BadState, r"\(1, 5\)", lambda: routed(muskingum.Muskingum(8.0, 0.2), np.zeros((1, 5)))),
        (BadParameter, "CS is from 0 to 0.999: 1.0$", lambda: LagAndRoute(1.0, 2.0)),
        (BadParameter, "manning.*-0.03$", lambda: cunge.Channel(1e3, 1e-3, -0.03, 5.0)),
        (BadParameter, "slope.*0.0$", lambda: cunge.Channel(1e3, 0.0, 0.03, 5.0)),
        (BadForcing, "-1.0$", lambda: cunge.route(cunge.Channel(1e3, 1e-3, 0.03, 5.0), [1.0, -1.0], 1.0)),
        (BadForcing, "-300.0$", lambda: snow.run([3.0, 0.0, 1.0, 0.0], RAIN, [1.0, -300.0, 2.0])),
        (BadForcing, "273.1$", lambda: snow.run([3.0, 0.0, 1.0, 0.0], RAIN, [273.1, 274.0, 275.0])),
        (BadState, "-1", lambda: snow.run([3.0, 0.0, 1.0, 0.0], RAIN, RAIN, -1.0)),
        (BadCurve, "level must rise.*: 1.0$", lambda: Reservoir((1.0, 1.0), (0.0, 1.0), (0.0, 1.0))),
        (BadCurve, "volume must rise.*: 5.0$", lambda: Reservoir((1.0, 2.0), (6.0, 5.0), (0.0, 1.0))),
        (BadCurve, "capacity must not fall.*: 1.0$", lambda: Reservoir((1.0, 2.0), (0.0, 5.0), (2.0, 1.0))),
        (BadCurve, "volume.*: 3$", lambda: Reservoir((1.0, 2.0), (0.0, 5.0, 6.0), (2.0, 3.0))),
        (BadCurve, "0 to 10 m.*: 12.0$", lambda: POOL.volume_m3(12.0)),
        (BadCurve, "at step 0.*1e", lambda: operate(POOL, Rules(5.0), [9e4, 9e4], 1.0, BEGIN)),
        (BadCurve, "20.0$", lambda: operate(POOL, Rules(20.0), RAIN, 1.0, BEGIN)),
        (BadCurve, "limits must not fall.*: 10.0$", lambda: Rules(5.0, (Limit(6.0, 20.0), Limit(7.0, 10.0)))),
        (BadParameter, "3: 2$", lambda: operate(POOL, Rules((5.0, 6.0)), RAIN, 1.0, BEGIN)),
        (BadParameter, "-4.0$", lambda: operate(POOL, Rules(5.0), [1.0], 1.0, BEGIN, Schedule((-4.0,)))),
        (BadForcing, "order 2 takes 20: 3$", lambda: updating.fit(RAIN, RAIN)),
        (BadForcing, "one length", lambda: updating.fit(RAIN, RAIN[:2])),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_value(kind, says, done):
    with pytest.raises(kind, match=says):
        done()


def test_a_basin_that_is_no_tree_is_refused():
    land = SubBasin("a", "out", 10.0, SET)
    reach = muskingum.Muskingum(24.0, 0.2)
    cases = {
        "given twice: a": [land, land, Junction("out")],
        "not there: out": [land],
        "one outlet: out, other": [land, Junction("out"), Junction("other")],
        "over 0: 0.0": [replace(land, area_km2=0.0), Junction("out")],
        "into a sub-basin: a": [land, Reach("b", "a", reach), Junction("out")],
        "in a circle: b, c": [land, Reach("b", "c", reach), Reach("c", "b", reach), Junction("out")],
    }
    for says, elements in cases.items():
        with pytest.raises(BadBasin, match=says):
            Basin.of(elements)
    basin = Basin.of([land, Junction("out")])
    with pytest.raises(BadForcing, match="evaporation: a"):
        run(basin, Weather({"a": RAIN}, {}))
    with pytest.raises(BadBasin, match="not a reservoir: a"):
        run(basin, GIVEN, schedules={"a": Schedule((1.0,) * 3)})
    with pytest.raises(BadBasin, match="x"):
        basin["x"]
    dam = Dam("d", "out", POOL, Rules(5.0), 5.0)
    with pytest.raises(BadBasin, match="nothing drains into it: d"):
        run(Basin.of([dam, Junction("out")], 1.0), Weather({}, {}))
    with pytest.raises(BadBasin, match="one length of step"):
        Basin.of([land, replace(land, id="b", options=xinanjiang.Options(1.0)), Junction("out")])
    with pytest.raises(BadForcing, match=r"one length: \[2, 3\]"):
        run(basin, Weather({"a": RAIN}, {"a": ASKED[:2]}))
    with pytest.raises(BadBasin, match="into a sub-basin: a"):
        run(basin, GIVEN, inflow_m3_s={"a": RAIN})
    with pytest.raises(BadState, match="nothing of it: a"):
        run(basin, GIVEN, replace(initial(basin), held={}))
