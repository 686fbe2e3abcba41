"""Reservoirs, basins as trees, updating, members: laws that hold whatever is put in, and cases by hand."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from water.errors import BadBasin, BadState, NestedReservoir
from water.hydrology import cunge, muskingum, updating, xinanjiang
from water.hydrology.basin import Basin, Dam, Junction, Reach, SubBasin
from water.hydrology.basin_run import Weather, initial, run
from water.hydrology.lag_route import LagAndRoute
from water.hydrology.parameters import bounds
from water.hydrology.reservoir import Limit, Reservoir, Rules, Schedule, level_pool, operate, steady
from water.hydrology.unit_hydrograph import nash

# All numbers are made up 合成数据; the names are those of the Mi's reservoirs, for their topology alone.
POOL = Reservoir(
    (120.0, 126.0, 130.0, 134.0, 138.0, 142.0),
    (0.0, 2.0e7, 6.0e7, 1.1e8, 1.7e8, 2.6e8),
    (0.0, 0.0, 50.0, 900.0, 3500.0, 9000.0),
)
SPILLING = Reservoir((0.0, 5.0, 8.0), (0.0, 1e6, 3e6), (0.0, 20.0, 400.0), (0.0, 0.0, 300.0))
FLOOD = 20.0 + 2500.0 * np.exp(-0.5 * ((np.arange(96) - 30.0) / 7.0) ** 2)


def sets(seed: int, count: int = 1) -> np.ndarray:
    low, high = bounds(xinanjiang.PARAMETERS)
    return low + (high - low) * (0.2 + 0.6 * np.random.default_rng(seed).random((count, len(low))))


def mi() -> Basin:
    """A tree with one reservoir inside the catchment of another, as 淌水崖 lies in that of 冶源."""
    hour = xinanjiang.Options(step_h=1.0)
    small = Reservoir((200.0, 210.0, 230.0), (1e5, 2e6, 1.2e7), (0.0, 100.0, 2500.0))
    return Basin.of(
        [
            SubBasin(
                "上游", "淌水崖", 120.0, sets(1)[0], hour, nash(2.5, 2.0, 1.0), np.array([8.0, 0, 2, 0])
            ),
            Dam("淌水崖", "冶源以上", small, Rules(205.0), 203.0),
            Reach("冶源以上", "冶源", muskingum.Muskingum(3.0, 0.2, 2)),
            SubBasin("区间", "冶源", 600.0, sets(2)[0], hour, nash(3.0, 3.0, 1.0)),
            Dam("冶源", "冶源以下", POOL, Rules(130.0, (Limit(136.0, 400.0),), ramp_m3_s_per_h=80.0), 129.0),
            Reach("冶源以下", "谭坊", cunge.Channel(40_000.0, 1.5e-3, 0.032, 80.0, 2.0, 5)),
            SubBasin("石河", "石河段", 200.0, sets(3)[0], hour),
            Reach("石河段", "黑虎山", LagAndRoute(0.6, 2.5)),
            Dam("黑虎山", "谭坊", small, Rules(206.0, least_m3_s=1.0), 204.0),
            Junction("谭坊"),
        ]
    )


def storm(basin: Basin, members: int, steps: int = 120) -> tuple[dict, dict, dict]:
    rng = np.random.default_rng(4)
    rain, asked = {}, {}
    for each in basin.elements:
        if isinstance(each, SubBasin):
            rain[each.id] = rng.gamma(0.4, 8.0, (members, steps)) * (np.arange(steps) < 60)
            asked[each.id] = np.full(steps, 0.15)
    air = {"上游": np.linspace(-4.0, 9.0, steps)}
    return rain, asked, air


def test_a_level_pool_satisfies_its_storage_equation_at_every_step():
    begin = steady(POOL, 130.0, FLOOD[0], 50.0)
    done = level_pool(POOL, FLOOD, 1.0, begin)
    volume = np.concatenate([begin[:, 2], done.volume_m3[0]])
    out = np.concatenate([begin[:, 1], done.release_m3_s[0]])
    come = np.concatenate([begin[:, 0], FLOOD])
    gained = 1800.0 * (come[1:] + come[:-1] - out[1:] - out[:-1])
    np.testing.assert_allclose(np.diff(volume), gained, atol=1e-6)
    np.testing.assert_allclose(out, np.interp(volume, POOL.volumes_m3, POOL.capacity_m3_s), rtol=1e-10)
    # level pool: the outflow is largest where it crosses the falling inflow
    top = done.release_m3_s[0].argmax()
    assert abs(done.release_m3_s[0, top] - FLOOD[top]) < 0.06 * FLOOD.max()
    assert done.release_m3_s.max() < FLOOD.max()


def inflow_at(hours: np.ndarray) -> np.ndarray:
    return 20.0 + 2500.0 * np.exp(-0.5 * ((hours - 30.0) / 7.0) ** 2)


def test_a_level_pool_is_the_solution_of_its_differential_equation():
    """dV/dt = I(t) − q(V) by Runge and Kutta's fourth order in half minutes; of second order in the step."""
    volume, dt, wanted = POOL.volume_m3(130.0), 1 / 120, []
    for k in range(96 * 120):

        def slope(v, t):
            return 3600.0 * (inflow_at(t) - np.interp(v, POOL.volumes_m3, POOL.capacity_m3_s))

        t = k * dt
        a = slope(volume, t)
        b = slope(volume + dt / 2 * a, t + dt / 2)
        c = slope(volume + dt / 2 * b, t + dt / 2)
        volume += dt / 6 * (a + 2 * b + 2 * c + slope(volume + dt * c, t + dt))
        if (k + 1) % 240 == 0:
            wanted.append(volume)
    wrong = []
    for step_h in (2.0, 1.0, 0.5):
        times = np.arange(1, round(96 / step_h) + 1) * step_h
        begin = steady(POOL, 130.0, inflow_at(0.0), 50.0)
        found = level_pool(POOL, inflow_at(times), step_h, begin).volume_m3[0][
            round(2 / step_h) - 1 :: round(2 / step_h)
        ]
        wrong.append(np.abs(found - wanted).max() / np.ptp(wanted))
    assert wrong[2] < 3e-4 and wrong[1] < 0.35 * wrong[0] and wrong[2] < 0.35 * wrong[1], wrong


def test_a_detention_pond_is_routed_as_by_the_textbook() -> None:
    """Chow, Maidment & Mays (1988), example 8.2.1, an acre, ten minutes, in feet: by 2S/Δt + Q."""
    stage_ft = np.arange(0, 10.5, 0.5)
    outflow = np.array([0, 3, 8, 17, 30, 43, 60, 78, 97, 117, 137,
                        156, 173, 190, 205, 218, 231, 242, 253, 264, 275])  # fmt: skip
    inflow = [*range(0, 361, 60), *range(320, -1, -40), *[0] * 6]
    pond = Reservoir(tuple(stage_ft), tuple(43_560 * stage_ft), tuple(outflow.astype(float)))
    done = level_pool(pond, inflow[1:], 1 / 6, steady(pond, 0.0, [0.0], [0.0]))
    left, wanted = 0.0, []
    for before, now in pairwise(inflow):
        whole = left + before + now
        out = float(np.interp(whole, 2 * 43_560 * stage_ft / 600 + outflow, outflow))
        left = whole - 2 * out
        wanted.append(out)
    assert done.release_m3_s[0] == pytest.approx(wanted, rel=1e-9)


@given(
    st.floats(0.05, 24.0),
    st.floats(1e-6, 5e-2),
    st.lists(st.floats(0, 800), min_size=2, max_size=12),
    st.floats(0, 300),
)
def test_a_pool_that_a_step_empties_does_not_ring(
    step_h: float, quick_s: float, flood: list[float], then: float
) -> None:
    """However small a pool beside what passes in a step: it stays in its table, and comes to rest at once."""
    volumes = np.array([0.0, 400.0, 900.0, 1e9]) / quick_s
    pool = Reservoir((10.0, 11.0, 12.0, 90.0), tuple(volumes), (0.0, 400.0, 1200.0, 2e9))
    begin = steady(pool, 10.0, [0.0], [0.0])
    inflow = [*flood, *[then] * 40]
    done = level_pool(pool, inflow, step_h, begin)
    held, out = done.state[0, 2], done.release_m3_s[0]
    came = (sum(inflow) - inflow[-1] / 2) * step_h * 3600  # from nothing, linear between ends of steps
    went = (out.sum() - out[-1] / 2) * step_h * 3600
    assert done.volume_m3.min() >= -1e-12 * came  # but for rounding
    assert held == pytest.approx(came - went, abs=1e-9 * max(came, 1.0))
    late = out[len(flood) + 3 :] - then
    turns = np.flatnonzero(np.diff(np.sign(np.where(np.abs(late) > 1e-6 * max(*flood, then, 1.0), late, 0))))
    assert len(turns) <= 2


def test_a_release_that_the_pool_cannot_hold_for_half_a_step_is_refused() -> None:
    pool = Reservoir((100.0, 101.0, 102.0), (0.0, 1e5, 3e5), (0.0, 50.0, 150.0))
    with pytest.raises(BadState, match="516000 m³"):
        level_pool(pool, [10.0] * 4, 6.0, steady(pool, 102.0, [10.0], [150.0]))


def test_gates_that_switch_by_rules_follow_the_rules_told_second_by_second():
    """Nothing below the target, 400 m³/s up to 136 m, everything above it: short steps against seconds."""
    target, limit = POOL.volume_m3(130.0), POOL.volume_m3(136.0)
    v, levels = POOL.volume_m3(129.0), []
    for second in range(0, 96 * 3600, 4):
        come = float(inflow_at(second / 3600))
        most = float(np.interp(v, POOL.volumes_m3, POOL.capacity_m3_s))
        wanted = max(0.0, (v + 4 * come - target) / 4)
        v += 4 * (come - min(most, wanted if v >= limit else min(400.0, wanted)))
        if second % 3600 == 3596:
            levels.append(POOL.level_m(v))
    step_h = 0.02
    times = np.arange(1, round(96 / step_h) + 1) * step_h
    begin = steady(POOL, 129.0, inflow_at(0.0), 0.0)
    done = operate(POOL, Rules(130.0, (Limit(136.0, 400.0),)), inflow_at(times), step_h, begin)
    assert max(levels) > 136.0
    np.testing.assert_allclose(done.level_m[0][49::50], levels, atol=0.01)


@settings(max_examples=50, deadline=None)
@given(
    st.integers(0, 2**31),
    st.floats(120.0, 134.0),
    st.floats(121.0, 136.0),
    st.sampled_from([math.inf, 20.0]),
    st.floats(0.0, 40.0),
    st.sampled_from([0.1, 1.0, 24.0]),
    st.booleans(),
)
def test_operation_keeps_water_and_never_passes_what_the_gates_can(
    seed, start, target, ramp, least, step_h, is_ordered
):
    rng = np.random.default_rng(seed)
    inflow = rng.gamma(0.3, 300.0, (2, 80))
    rules = Rules(target, (Limit(131.0, 60.0), Limit(137.0, 700.0)), least, ramp)
    begin = steady(POOL, start, 0.0, 0.0)
    ordered = Schedule(tuple(np.where(rng.random(80) < 0.5, np.nan, 900.0 * rng.random(80))))
    tall = Reservoir((*POOL.levels_m, 400.0), (*POOL.volumes_m3, 1e11), (*POOL.capacity_m3_s, 1e4))
    done = operate(tall, rules, inflow, step_h, begin, ordered if is_ordered else None)
    before = np.column_stack([np.zeros(2), inflow])
    come = 1800.0 * step_h * (before[:, 1:] + before[:, :-1])
    change = np.diff(np.column_stack([np.full(2, begin[0, 2]), done.volume_m3]))
    wrong = come - 3600.0 * step_h * done.release_m3_s - change
    assert np.abs(wrong.sum(1)).max() <= 1e-10 * (come.sum(1) + begin[0, 2]).max()
    assert done.release_m3_s.min() >= 0.0
    assert done.volume_m3.min() >= -1e-6
    higher = np.maximum(np.column_stack([np.full(2, begin[0, 2]), done.volume_m3[:, :-1]]), done.volume_m3)
    most = np.interp(higher, tall.volumes_m3, tall.capacity_m3_s)
    assert (done.release_m3_s <= most * (1 + 1e-9) + 1e-9).all()


def test_rules_hold_the_target_keep_the_limit_and_open_above_it():
    begin = steady(POOL, 130.0, 20.0, 20.0)
    rules = Rules(130.0, (Limit(136.0, 400.0),))
    done = operate(POOL, rules, FLOOD, 1.0, begin)
    level, release = done.level_m[0], done.release_m3_s[0]
    before = np.concatenate([[130.0], level[:-1]])
    assert (release[before < 136.0] <= 400.0 + 1e-9).all()
    assert release.max() > 400.0
    np.testing.assert_allclose(level[:8], 130.0, atol=1e-6)
    assert level.max() > 136.0


def test_releases_change_no_faster_than_the_ramp_and_never_fall_below_the_least():
    begin = steady(POOL, 130.0, 20.0, 20.0)
    gentle = Rules(130.0, (Limit(139.0, 900.0),), least_m3_s=15.0, ramp_m3_s_per_h=30.0)
    release = operate(POOL, gentle, FLOOD, 1.0, begin).release_m3_s[0]
    assert np.diff(np.concatenate([[20.0], release])).max() == pytest.approx(30.0, rel=1e-9)
    low = steady(POOL, 128.0, 0.0, 15.0)
    dry = operate(POOL, gentle, np.zeros(24), 1.0, low)
    np.testing.assert_allclose(dry.release_m3_s, 15.0, rtol=1e-12)
    drained = operate(POOL, Rules(130.0, least_m3_s=40.0), np.zeros(4000), 24.0, low)
    assert drained.release_m3_s[0, -1] < 1e-3
    assert drained.level_m[0, -1] == pytest.approx(126.0, abs=0.01)


def test_what_is_ordered_is_let_go_and_free_overflow_comes_in_any_case():
    begin = steady(POOL, 133.0, 100.0, 100.0)
    inflow = np.full(10, 100.0)
    ordered = Schedule((350.0,) * 4 + (math.nan,) * 2 + (200.0,) * 4)
    release = operate(POOL, Rules(133.0), inflow, 1.0, begin, ordered).release_m3_s[0]
    assert release[:4].tolist() == [350.0] * 4
    assert release[6:].tolist() == [200.0] * 4
    shut = Schedule((0.0,) * 10)
    full = steady(SPILLING, 7.5, 0.0, 0.0)
    spilt = operate(SPILLING, Rules(8.0), np.zeros(10), 0.1, full, shut).release_m3_s[0]
    assert spilt[0] > 200.0
    assert (np.diff(spilt) < 0).all()


def test_a_basin_keeps_its_water_and_a_cut_gives_the_same_bits():
    basin = mi()
    rain, asked, air = storm(basin, 3)
    weather = Weather(rain, asked, air)
    whole = run(basin, weather)
    assert np.abs(whole.imbalance).max() <= 1e-10
    assert whole.flow_m3_s["谭坊"].shape == (3, 120)
    assert whole.flow_m3_s["谭坊"].max() > 10.0

    def part(given: Weather, chosen: slice) -> Weather:
        series = (given.precipitation_mm, given.evaporation_mm, given.temperature_c)
        return Weather(*({name: values[..., chosen] for name, values in each.items()} for each in series))

    first = run(basin, part(weather, slice(0, 50)))
    second = run(basin, part(weather, slice(50, None)), first.state)
    for name, values in whole.flow_m3_s.items():
        joined = np.hstack([first.flow_m3_s[name], second.flow_m3_s[name]])
        assert np.array_equal(joined, values), name
    alone = run(basin, Weather({name: values[1] for name, values in rain.items()}, asked, air))
    assert np.array_equal(alone.flow_m3_s["谭坊"][0], whole.flow_m3_s["谭坊"][1])


def test_a_nested_release_comes_to_the_outlet_once_and_is_never_added():
    basin = mi()
    assert basin.below("淌水崖") == ("冶源以上", "冶源", "冶源以下", "谭坊")
    three = {"冶源": 350.0, "黑虎山": 164.0}
    assert basin.release_total_m3_s("谭坊", three) == 514.0
    with pytest.raises(NestedReservoir, match="淌水崖 → 冶源"):
        basin.release_total_m3_s("谭坊", {**three, "淌水崖": 40.0})
    assert basin.release_total_m3_s("冶源以上", {"淌水崖": 40.0}) == 40.0
    with pytest.raises(BadBasin, match="黑虎山"):
        basin.release_total_m3_s("冶源以下", three)
    # more let go above while the lower dam keeps to its order changes nothing at the outlet
    rain, asked, air = storm(basin, 1)
    kept = {"冶源": Schedule((30.0,) * 120)}
    opened = {**kept, "淌水崖": Schedule((15.0,) * 120)}
    one, two = (run(basin, Weather(rain, asked, air), schedules=each) for each in (kept, opened))
    assert not np.array_equal(one.flow_m3_s["淌水崖"], two.flow_m3_s["淌水崖"])
    np.testing.assert_array_equal(one.flow_m3_s["谭坊"], two.flow_m3_s["谭坊"])


def test_errors_are_carried_on_and_die_away():
    rng = np.random.default_rng(9)
    errors = np.zeros(4000)
    for t in range(2, 4000):
        errors[t] = 0.6 * errors[t - 1] + 0.25 * errors[t - 2] + rng.normal(0, 3.0)
    simulated = 100.0 + 30.0 * np.sin(np.arange(4000) / 40)
    model = updating.fit(simulated + errors, simulated)
    assert model.coefficients == pytest.approx((0.6, 0.25), abs=0.05)
    assert model.noise == pytest.approx(3.0, rel=0.05)
    seen = simulated[:50] + errors[:50]
    found = updating.corrected(model, seen, simulated[:50], np.full(300, 100.0))[0]
    by_hand = model.coefficients[0] * errors[49] + model.coefficients[1] * errors[48]
    assert found[0] == pytest.approx(100.0 + by_hand, rel=1e-12)
    assert found[-1] == pytest.approx(100.0, abs=1e-6)
    seen[49] = np.nan
    again = updating.corrected(model, seen, simulated[:50], np.full(3, 100.0))[0]
    missed = model.coefficients[0] * errors[48] + model.coefficients[1] * errors[47]
    assert again[0] == pytest.approx(
        100.0 + model.coefficients[0] * missed + model.coefficients[1] * errors[48], rel=1e-12
    )


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 5), st.floats(0.0, 0.9))
def test_fitted_errors_always_die_away(seed, order, gone):
    rng = np.random.default_rng(seed)
    walk = np.cumsum(rng.normal(size=300))
    walk[rng.random(300) < gone * 0.8] = np.nan
    model = updating.fit(1000.0 + walk, np.full(300, 1000.0), order)
    assert np.abs(np.roots([1.0, *(-a for a in model.coefficients)])).max() < 1.0


def test_states_move_towards_what_was_observed_and_say_how_much_water_that_took():
    chosen, rng = sets(21)[0], np.random.default_rng(22)
    rain = rng.gamma(0.4, 10.0, 60) * rng.lognormal(0.0, 0.3, (40, 60))
    before = xinanjiang.run(chosen, rain, np.full(60, 2.0))
    flow = before.flow_mm[:, -1]
    observed = float(flow.mean() + 2 * flow.std())
    done = updating.assimilate(chosen, before.state, flow, observed, 0.05 * observed)
    top = [*chosen[3:6], chosen[7]]
    assert (done.state.values[:, :4] <= top).all()
    assert done.state.values.min() >= 0.0
    assert done.state["Q"].mean() > before.state["Q"].mean()
    assert done.state["Q"].std() < before.state["Q"].std()
    stored = [xinanjiang.storage_mm(chosen, each.state.values) for each in (before, done)]
    np.testing.assert_allclose(done.added_mm, stored[1] - stored[0], rtol=1e-12)
    near = xinanjiang.run(chosen, np.zeros((1, 3)), np.zeros(3), done.state).flow_mm[:, 0].mean()
    far = xinanjiang.run(chosen, np.zeros((1, 3)), np.zeros(3), before.state).flow_mm[:, 0].mean()
    assert near > far
    again = updating.assimilate(chosen, before.state, flow, observed, 0.05 * observed)
    assert np.array_equal(again.state.values, done.state.values)


def test_rivers_without_water_stay_empty():
    basin = mi()
    rain, asked, air = storm(basin, 1)
    nothing = {name: np.zeros(120) for name in rain}
    dry = run(basin, Weather(nothing, asked, air), initial(basin, wetness=0.2))
    assert dry.flow_m3_s["上游"].max() == 0.0
    assert abs(dry.imbalance[0]) <= 1e-10


def test_measured_inflow_passes_a_dam_and_a_reach_and_is_accounted_for():
    basin = Basin.of(
        [
            Dam("冶源", "河段", POOL, Rules(130.0), 130.0),
            Reach("河段", "谭坊", muskingum.Muskingum(3.0, 0.2, 3)),
            Junction("谭坊"),
        ],
        step_h=1.0,
    )
    done = run(basin, Weather({}, {}), inflow_m3_s={"冶源": np.tile(FLOOD, (2, 1)), "谭坊": np.ones(96)})
    assert np.abs(done.imbalance).max() <= 1e-10
    assert done.flow_m3_s["谭坊"].min() >= 1.0
    assert done.level_m["冶源"].max() > 130.0
