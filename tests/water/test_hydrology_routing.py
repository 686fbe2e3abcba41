"""Unit hydrographs, Muskingum, Muskingum–Cunge and snow: published values, identities, other algebra."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from water.errors import BadParameter
from water.hydrology import cunge, muskingum, snow
from water.hydrology.lag_route import LagAndRoute
from water.hydrology.lag_route import route as lag_and_route
from water.hydrology.unit_hydrograph import UnitHydrograph, gamma_share, nash, spread

# Ponce, Engineering Hydrology, table 9-1: K = 2 d, X = 0.1, Δt = 1 d; inflow and outflow in m³/s.
PONCE = (
    (352.0, 352.0), (587.0, 382.7), (1353.0, 571.4), (2725.0, 1090.2),
    (4408.5, 2020.6), (5987.0, 3264.7), (6704.0, 4541.8), (6951.0, 5514.1),
    (6839.0, 6124.2), (6207.0, 6352.6), (5346.0, 6177.0), (4560.0, 5713.2),
    (3861.5, 5120.7), (3007.0, 4461.7), (2357.5, 3744.5), (1779.0, 3066.0),
    (1405.0, 2457.7), (1123.0, 1963.2), (952.5, 1575.6), (730.0, 1275.7),
    (605.0, 1022.1), (514.0, 828.9), (422.0, 680.0), (352.0, 558.7),
    (352.0, 468.8), (352.0, 418.0),
)  # fmt: skip
CHANNEL = cunge.Channel(30_000.0, 4e-4, 0.03, 60.0, 2.0, parts=6)


def flood(steps: int = 120, base: float = 80.0, peak: float = 900.0) -> np.ndarray:
    """A smooth wave over a base flow."""
    t = np.arange(steps)
    return base + peak * np.exp(-0.5 * ((t - 30.0) / 8.0) ** 2)


def test_muskingum_gives_ponces_table():
    inflow, outflow = np.array(PONCE).T
    found, _ = muskingum.route(muskingum.Muskingum(48.0, 0.1), inflow, 24.0)
    assert np.abs(found[0] - outflow).max() <= 0.06


def test_muskingum_gives_the_table_of_chow():
    """Chow, Maidment & Mays (1988), example 8.4.1: K = 2.3 h, x = 0.15; in whole cubic feet a second."""
    come = [93, 137, 208, 320, 442, 546, 630, 678, 691, 675, 634, 571, 477, 390, 329, 247, 184, 134, 108, 90]
    gone = [85, 91, 114, 159, 233, 324, 420, 509, 578, 623, 642, 635, 603, 546, 479, 413, 341, 274, 215, 170]
    flow, _ = muskingum.route(muskingum.Muskingum(2.3, 0.15), come[1:], 1.0, np.array([[93.0, 85.0]]))
    assert flow[0] == pytest.approx(gone[1:], abs=0.51)


def test_a_unit_hydrograph_gives_the_direct_runoff_of_chow():
    """The same, example 7.4.1: rain of 1.06, 1.93 and 1.81 inches on a half-hour unit hydrograph of nine."""
    ordinates = np.array([404, 1079, 2343, 2506, 1460, 453, 381, 274, 173], float)
    runoff = [428, 1923, 5297, 9131, 10625, 7834, 3921, 1846, 1402, 830, 313]
    unit = UnitHydrograph(tuple(ordinates / ordinates.sum()))
    flow, rest = spread(unit, [[1.06, 1.93, 1.81, *[0.0] * 8]])
    assert flow[0] * ordinates.sum() == pytest.approx(runoff, abs=0.6)
    assert rest == pytest.approx(np.zeros_like(rest), abs=1e-12)


def test_muskingum_solves_its_storage_equation():
    """All steps and parts as one system of linear equations in storage and continuity, solved at once."""
    reach, inflow, dt = muskingum.Muskingum(9.0, 0.15, parts=3), flood(40), 3.0
    found, state = muskingum.route(reach, inflow, dt)
    come = inflow
    k = reach.k_h / reach.parts
    for _ in range(reach.parts):
        n = len(come)
        left, right = np.zeros((n, n)), np.zeros(n)
        left[0, 0], right[0] = 1.0, come[0]
        for t in range(1, n):
            left[t, t] = k * (1 - reach.x) + dt / 2
            left[t, t - 1] = -k * (1 - reach.x) + dt / 2
            right[t] = (dt / 2 - k * reach.x) * come[t] + (dt / 2 + k * reach.x) * come[t - 1]
        come = np.linalg.solve(left, right)
    np.testing.assert_allclose(found[0], come, rtol=1e-11)
    assert state[0, -1] == found[0, -1]


def test_coefficients_are_those_of_the_closed_form_and_add_up_to_one():
    # By hand: K = 12 h, x = 0.2, Δt = 6 h give a denominator of 2·12·0.8 + 6 = 25.2.
    reach = muskingum.Muskingum(12.0, 0.2)
    assert reach.coefficients(6.0) == pytest.approx((1.2 / 25.2, 10.8 / 25.2, 13.2 / 25.2), rel=1e-15)
    for x in (0.0, 0.1, 0.3, 0.5):
        for step_h in (2 * 10 * x or 1.0, 10.0, 2 * 10 * (1 - x)):
            assert sum(muskingum.Muskingum(10.0, x).coefficients(step_h)) == pytest.approx(1.0, abs=1e-15)
    out, _ = muskingum.route(reach, [10.0, 35.2, 10.0, 10.0], 6.0)
    first = 10.0 + 25.2 * 1.2 / 25.2
    second = (1.2 * 10.0 + 10.8 * 35.2 + 13.2 * first) / 25.2
    assert out[0] == pytest.approx([10.0, first, second, (12.0 * 10.0 + 13.2 * second) / 25.2], rel=1e-14)


@pytest.mark.parametrize("parts", [1, 2, 5])
def test_a_reach_of_x_one_half_moves_a_flood_on_unchanged(parts):
    """C₀ = C₂ = 0 and C₁ = 1 where Δt is the travel time of a part."""
    inflow = flood(80)
    out, _ = muskingum.route(muskingum.Muskingum(3.0 * parts, 0.5, parts), inflow, 3.0)
    np.testing.assert_array_equal(out[0, parts:], inflow[:-parts])
    np.testing.assert_array_equal(out[0, :parts], inflow[0])


def test_the_centre_of_a_flood_comes_k_later_and_its_peak_lower():
    t = np.arange(200.0)
    wave = 900.0 * np.exp(-0.5 * ((t - 60.0) / 5.0) ** 2)
    for k_h, x, parts in ((6.0, 0.1, 1), (9.0, 0.3, 3), (20.0, 0.2, 8)):
        step_h = 1.3 * k_h / parts
        out, _ = muskingum.route(muskingum.Muskingum(k_h, x, parts), wave, step_h)
        came, began = (step_h * (t * each).sum() / each.sum() for each in (out[0], wave))
        assert came - began == pytest.approx(k_h, rel=1e-6)
        assert out.max() < wave.max()


@pytest.mark.parametrize("step_h", [1.9, 18.1, 0.0, -1.0, math.nan, math.inf])
def test_a_step_that_would_make_water_negative_is_refused(step_h):
    """2·K·x ≤ Δt ≤ 2·K·(1 − x): outside of it a rise begins with a fall. A step of nothing divided by it."""
    with pytest.raises(BadParameter):
        muskingum.route(muskingum.Muskingum(10.0, 0.1), [1.0, 2.0], step_h)
    for x in (0.0, 0.1):
        with pytest.raises(BadParameter):
            muskingum.Muskingum(10.0, x).coefficients(0.0)


@settings(max_examples=50, deadline=None)
@given(
    st.floats(0.5, 100.0),
    st.floats(0.0, 0.45),
    st.integers(1, 5),
    st.floats(0.0, 0.999),
    st.integers(0, 2**31),
)
def test_muskingum_keeps_its_water(k_h, x, parts, share, seed):
    k = k_h / parts
    dt = 2 * k * (x + share * (1 - 2 * x)) + 1e-9
    reach = muskingum.Muskingum(k_h, x, parts)
    inflow = np.random.default_rng(seed).gamma(0.5, 300.0, (3, 60))
    begin = reach.steady(inflow[:, 0])
    out, end = muskingum.route(reach, inflow, dt, begin)
    assert out.min() >= 0.0
    before = np.column_stack([begin[:, 0], inflow])
    after = np.column_stack([begin[:, -1], out])
    net = 1800.0 * dt * (before[:, 1:] + before[:, :-1] - after[:, 1:] - after[:, :-1]).sum(1)
    held = reach.storage_m3(end) - reach.storage_m3(begin)
    handled = 3600 * dt * inflow.sum(1) + reach.storage_m3(begin)
    assert (np.abs(held - net) <= 1e-10 * handled).all()


@settings(max_examples=40, deadline=None)
@given(
    st.floats(1e-5, 1e-2),
    st.floats(0.015, 0.08),
    st.floats(0.0, 100.0),
    st.floats(0.5, 3.0),
    st.integers(1, 8),
    st.floats(0.1, 24.0),
    st.integers(0, 2**31),
)
def test_muskingum_cunge_keeps_its_water(slope, manning, bottom, side, parts, dt, seed):
    channel = cunge.Channel(20_000.0, slope, manning, bottom, side, parts)
    inflow = np.random.default_rng(seed).gamma(0.3, 400.0, (2, 50))
    begin = channel.steady(inflow[:, 0])
    out, end = cunge.route(channel, inflow, dt, begin)
    assert out.min() >= 0.0
    assert end.min() >= -1e-9 * inflow.max() * dt * 3600
    before = np.column_stack([begin[:, 0], inflow])
    after = np.column_stack([begin[:, channel.parts], out])
    net = 1800.0 * dt * (before[:, 1:] + before[:, :-1] - after[:, 1:] - after[:, :-1]).sum(1)
    held = channel.storage_m3(end) - channel.storage_m3(begin)
    handled = 3600 * dt * inflow.sum(1) + channel.storage_m3(begin)
    assert (np.abs(held - net) <= 1e-10 * handled).all()


def test_uniform_flow_obeys_manning_and_its_celerity_is_the_slope_of_q_over_a():
    for bottom, side in ((60.0, 2.0), (25.0, 0.0), (0.0, 1.5)):
        channel = cunge.Channel(1000.0, 5e-4, 0.03, bottom, side)
        for flow in (0.01, 3.0, 700.0):
            depth, area, top, celerity = channel.section(flow)
            assert area == pytest.approx((bottom + side * depth) * depth, rel=1e-12)
            assert top == pytest.approx(bottom + 2 * side * depth, rel=1e-12)
            wet = bottom + 2 * depth * math.hypot(1, side)
            assert math.sqrt(5e-4) / 0.03 * area ** (5 / 3) / wet ** (2 / 3) == pytest.approx(flow, rel=1e-10)
            step = 1e-5
            _, more, _, _ = channel.section(flow * (1 + step))
            _, less, _, _ = channel.section(flow * (1 - step))
            assert celerity == pytest.approx(2 * step * flow / (more - less), rel=1e-5)


def test_steady_flow_passes_muskingum_cunge_unchanged():
    inflow = np.full(50, 300.0)
    out, state = cunge.route(CHANNEL, inflow, 1.0)
    np.testing.assert_allclose(out, 300.0, rtol=1e-12)
    assert CHANNEL.storage_m3(state)[0] == pytest.approx(CHANNEL.section(300.0)[1] * 30_000.0, rel=1e-11)


@pytest.mark.parametrize("step_h", [1.0, 6.0])
@pytest.mark.parametrize("slope", [4e-4, 1.5e-3, 1e-2])
@pytest.mark.parametrize("length_m", [5_000.0, 20_000.0])
def test_a_release_that_jumps_comes_down_no_higher_than_it_was_let_go(length_m, slope, step_h):
    """The trapezoid of a step longer than the reach rang: 500 m³/s came down as up to 700."""
    inflow = np.full(120, 5.0)
    inflow[11:60] = 500.0
    parts = cunge.Channel(length_m, slope, 0.035, 40.0, 2.0).parts_for(500.0, step_h)
    channel = cunge.Channel(length_m, slope, 0.035, 40.0, 2.0, parts)
    out, state = cunge.route(channel, inflow, step_h)
    assert 499.9 < out.max() < 1.02 * 500.0 and out.min() > 5.0 - 0.002 * 500.0
    np.testing.assert_allclose(out[0, 40:58], 500.0, rtol=0.02)
    np.testing.assert_allclose(out[0, 100:], 5.0, rtol=0.1)
    # By the end no water is kept back any more.
    assert channel.storage_m3(state)[0] == pytest.approx(channel.section(5.0)[1] * length_m, rel=0.1)


def test_a_small_wave_travels_at_the_celerity_and_spreads_as_it_diffuses():
    """Its centroid comes L/c later, its variance grows by 2·D·L/c³ with D = Q / (2·B·S₀) (Cunge, 1969)."""
    base, dt = 300.0, 0.5
    t = np.arange(400) * dt * 3600
    wave = np.exp(-0.5 * ((t - 15 * 3600) / (3 * 3600)) ** 2)
    out, _ = cunge.route(CHANNEL, base + 0.01 * wave, dt)
    _, _, top, celerity = CHANNEL.section(base)

    def moments(values):
        centre = (t * values).sum() / values.sum()
        return centre, ((t - centre) ** 2 * values).sum() / values.sum()

    (began, wide), (came, wider) = moments(wave), moments(out[0] - base)
    assert came - began == pytest.approx(CHANNEL.length_m / celerity, rel=1e-3)
    diffusion = base / (2 * top * CHANNEL.slope)
    assert wider - wide == pytest.approx(2 * diffusion * CHANNEL.length_m / celerity**3, rel=0.01)


@pytest.mark.parametrize("parts", [6, 12, 18])
@pytest.mark.parametrize("hours", [18.0, 24.0, 48.0])
def test_a_small_tide_of_discharge_subsides_as_linear_theory_says(hours, parts):
    """q(x, t) = exp(i(ωt − kx)) in ∂q/∂t + c·∂q/∂x = D·∂²q/∂x²: k from −D·k² − i·c·k − i·ω = 0.

    With the cell Reynolds number cut at 1, 12 parts let up to 2 % too much pass and 18 up to 6 %.
    """
    base, dt, channel = 300.0, 0.5, cunge.Channel(30_000.0, 4e-4, 0.03, 60.0, 2.0, parts)
    _, _, top, celerity = channel.section(base)
    diffusion, omega = base / (2 * top * channel.slope), 2 * math.pi / (hours * 3600)
    number = 2 * omega / (celerity + np.sqrt(celerity**2 + 4j * diffusion * omega))
    wanted = np.exp(-1j * number * channel.length_m)
    t = np.arange(round(20 * hours / dt)) * dt * 3600
    out, _ = cunge.route(channel, base + 0.1 * np.sin(omega * t), dt)
    last = slice(round(10 * hours / dt), None)  # whole periods, long after the beginning
    found = ((out[0] - base)[last] * np.exp(-1j * omega * t[last])).mean() * 2j / 0.1
    assert abs(found) == pytest.approx(abs(wanted), rel=0.02)
    assert np.angle(found / wanted) == pytest.approx(0.0, abs=0.03)


@pytest.mark.parametrize("reach", [muskingum.Muskingum(6.0, 0.2, 3), CHANNEL])
def test_a_routed_flood_cut_in_two_gives_the_same_bits(reach):
    route = cunge.route if isinstance(reach, cunge.Channel) else muskingum.route
    whole, end = route(reach, flood(), 1.0)
    first, state = route(reach, flood()[:47], 1.0)
    second, last = route(reach, flood()[47:], 1.0, state)
    assert np.array_equal(np.hstack([first, second]), whole)
    assert np.array_equal(last, end)
    assert whole.max() < flood().max()
    assert whole.argmax() > flood().argmax()


@settings(max_examples=40, deadline=None)
@given(st.floats(0.0, 0.99), st.floats(0.0, 12.0), st.integers(1, 29), st.integers(0, 2**31))
def test_lag_and_route_keeps_its_water_and_may_be_cut(cs, lag, cut, seed):
    reach = LagAndRoute(cs, lag)
    inflow = np.random.default_rng(seed).gamma(0.4, 200.0, (2, 30))
    begin = reach.steady([50.0, 0.0])
    out, end = lag_and_route(reach, inflow, begin)
    first, state = lag_and_route(reach, inflow[:, :cut], begin)
    second, last = lag_and_route(reach, inflow[:, cut:], state)
    assert np.array_equal(np.hstack([first, second]), out)
    assert np.array_equal(last, end)
    gained = reach.storage_m3(end, 3600.0) - reach.storage_m3(begin, 3600.0)
    handled = 3600.0 * inflow.sum(1) + reach.storage_m3(begin, 3600.0)
    assert (np.abs(3600.0 * (inflow - out).sum(1) - gained) <= 1e-10 * handled).all()


def test_lag_and_route_by_hand():
    out, _ = lag_and_route(LagAndRoute(0.5, 1.25), [0.0, 8.0, 0.0, 0.0, 0.0])
    # 8 comes after one step to three quarters and after two to one, each half at once.
    assert out[0].tolist() == [0.0, 0.0, 3.0, 2.5, 1.25]


def test_nash_is_the_gamma_function_and_gives_all_water_back():
    for k, x in ((1, 0.3), (2, 1.7), (4, 9.0), (7, 3.0)):
        poisson = math.exp(-x) * math.fsum(x**j / math.factorial(j) for j in range(k))
        assert gamma_share(k, x) == pytest.approx(1 - poisson, rel=1e-13)
    assert gamma_share(0.5, 1.3) == pytest.approx(math.erf(math.sqrt(1.3)), rel=1e-13)
    unit = nash(3.2, 2.5, 1.0)
    assert math.fsum(unit.ordinates) == pytest.approx(1.0, abs=1e-15)
    centre = sum((k + 0.5) * share for k, share in enumerate(unit.ordinates))
    assert centre == pytest.approx(3.2 * 2.5, rel=1e-2)
    runoff = np.random.default_rng(3).gamma(0.4, 5.0, (2, 90))
    flow, under_way = spread(unit, runoff)
    np.testing.assert_allclose(flow[1], np.convolve(runoff[1], unit.ordinates)[:90], rtol=1e-12)
    np.testing.assert_allclose(flow.sum(1) + under_way.sum(1), runoff.sum(1), rtol=1e-13)
    first, state = spread(unit, runoff[:, :31])
    second, last = spread(unit, runoff[:, 31:], state)
    assert np.array_equal(np.hstack([first, second]), flow)
    assert np.array_equal(last, under_way)


@pytest.mark.parametrize(("reservoirs", "storage_h"), [(0.6, 5.0), (1.0, 3.0), (2.5, 4.0), (6.0, 1.5)])
def test_ordinates_of_nash_are_his_integral(reservoirs, storage_h):
    """u(t) = (t/K)^(n−1) e^(−t/K) / (K Γ(n)), by Simpson's rule in y with t = y^p, p·n ≥ 4: smooth at 0."""
    unit, power = nash(reservoirs, storage_h, 1.0).ordinates, max(1, math.ceil(4 / reservoirs))

    def rate(y):
        t = y**power
        density = (t / storage_h) ** (reservoirs - 1) * np.exp(-t / storage_h)
        return density / storage_h / math.gamma(reservoirs) * power * y ** (power - 1)

    for k in range(min(20, len(unit) - 1)):
        y = np.linspace(k ** (1 / power), (k + 1) ** (1 / power), 2001)
        y[0] = max(y[0], 1e-9)
        weights = np.full(2001, 2.0)
        weights[1::2], weights[0], weights[-1] = 4.0, 1.0, 1.0
        assert unit[k] == pytest.approx((y[-1] - y[0]) / 6000 * (weights * rate(y)).sum(), rel=1e-6)


def test_the_s_curve_of_steps_of_two_hours_is_that_of_steps_of_one():
    """Runoff at a steady rate, so long that the S curve is reached, by either step."""
    hour, two = nash(3.0, 2.0, 1.0), nash(3.0, 2.0, 2.0)
    by_one, _ = spread(hour, np.ones(80))
    by_two, _ = spread(two, np.full(40, 2.0))
    assert by_one[0, -1] == pytest.approx(1.0, abs=1e-12) and by_two[0, -1] == pytest.approx(2.0, abs=1e-12)
    shares = np.add.reduceat(hour.ordinates, np.arange(0, len(hour.ordinates), 2))
    np.testing.assert_allclose(shares[:-1], two.ordinates[: len(shares) - 1], rtol=1e-9)


def test_a_unit_hydrograph_of_one_ordinate_is_no_delay():
    flow, under_way = spread(UnitHydrograph((1.0,)), [1.0, 2.0])
    assert flow.tolist() == [[1.0, 2.0]]
    assert under_way.shape == (1, 0)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.lists(st.floats(0.0, 1.0), min_size=4, max_size=4))
def test_snow_is_kept_while_cold_and_given_back_when_warm(seed, shares):
    low = np.array([each.low for each in snow.PARAMETERS])
    high = np.array([each.high for each in snow.PARAMETERS])
    rng = np.random.default_rng(seed)
    fallen, air = rng.gamma(0.4, 8.0, 200), rng.normal(1.0, 6.0, 200)
    run = snow.run(low + (high - low) * np.array(shares), fallen, air)
    assert abs(run.imbalance).max() <= 1e-12
    assert run.water_mm.min() >= 0.0
    first = snow.run(low + (high - low) * np.array(shares), fallen[:77], air[:77])
    second = snow.run(low + (high - low) * np.array(shares), fallen[77:], air[77:], first.snow_mm)
    assert np.array_equal(np.hstack([first.water_mm, second.water_mm]), run.water_mm)


def test_degree_days_by_hand():
    run = snow.run([3.0, 0.0, 2.0, 0.0], [10.0, 10.0, 0.0, 0.0], [-5.0, 1.0, 2.0, 9.0])
    # 10 mm of snow; half of the next 10, of which 3 melt; 6 melt; the 6 that are left.
    assert run.water_mm[0].tolist() == [0.0, 8.0, 6.0, 6.0]
    assert run.snow_mm[0] == 0.0
