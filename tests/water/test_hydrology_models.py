"""Xin'anjiang and GR4J: a second reading of the textbooks, the account of water, states cut and taken up."""

from __future__ import annotations

from decimal import Decimal

import hydrology_oracles as oracle
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from water.hydrology import gr4j, xinanjiang
from water.hydrology.parameters import bounds
from water.hydrology.power import power

INFILTRATING = xinanjiang.Options(infiltration_excess=True)
OPTIONS = {
    "daily": xinanjiang.DAILY,
    "hourly": xinanjiang.Options(step_h=1.0),
    "infiltration excess": INFILTRATING,
    "infiltration excess, 6 h": xinanjiang.Options(6.0, True),
    "curve follows area": xinanjiang.Options(follows_area=True),
    "undivided": xinanjiang.Options(slice_mm=np.inf),
}


def weather(seed: int, steps: int, members: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Rain in spells with some cloudbursts, and evaporation of a year; made up 合成数据."""
    rng = np.random.default_rng(seed)
    wet = rng.random((members, steps)) < 0.35
    rain = np.where(wet, rng.gamma(0.6, 14.0, (members, steps)), 0.0)
    rain[:, rng.integers(steps)] += 180.0
    return rain, 2.5 + 2.0 * np.sin(np.arange(steps) / 58.0)


def sets(wanted, seed: int, count: int) -> np.ndarray:
    low, high = bounds(wanted)
    return low + (high - low) * np.random.default_rng(seed).random((count, len(wanted)))


def near(found: np.ndarray, wanted: list[list]) -> None:
    np.testing.assert_allclose(found, np.array(wanted, float), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", OPTIONS)
def test_xinanjiang_is_what_the_textbook_says_at_every_step(name):
    options = OPTIONS[name]
    chosen = sets(options.parameters, 5, 8)
    rain, asked = weather(6, 120)
    begin = xinanjiang.initial(chosen, options, wetness=0.7)
    run = xinanjiang.run(chosen, rain, asked, begin, options)
    horton = [
        (row[15] * options.step_h, row[16], row[17]) if options.infiltration_excess else None
        for row in chosen
    ]
    other = {
        "days": options.step_h / 24,
        "slice_mm": 0 if np.isinf(options.slice_mm) else options.slice_mm,
        "follows_area": options.follows_area,
    }
    slow = [
        oracle.xinanjiang(row[:15], rain[0], asked, values, horton=extra, **other)
        for row, values, extra in zip(chosen, begin.values, horton, strict=True)
    ]
    near(run.flow_mm, [flow for flow, _ in slow])
    near(run.state.values, [state for _, state in slow])


def test_gr4j_is_what_its_paper_says_at_every_step():
    chosen = sets(gr4j.PARAMETERS, 7, 10)
    rain, asked = weather(8, 120)
    begin = gr4j.initial(chosen)
    run = gr4j.run(chosen, rain, asked, begin)
    slow = [
        oracle.gr4j(row, rain[0], asked, values) for row, values in zip(chosen, begin.values, strict=True)
    ]
    near(run.flow_mm, [flow for flow, _ in slow])
    near(run.state.values, [state for _, state in slow])


@pytest.mark.parametrize("name", [*OPTIONS, "GR4J"])
def test_at_the_ends_of_their_parameters_they_are_still_what_is_written(name):
    """Every parameter at one of its bounds, cloudbursts of 800 and 2000 mm, months without a drop."""
    rng = np.random.default_rng(21)
    options = OPTIONS.get(name, xinanjiang.DAILY)
    wanted = gr4j.PARAMETERS if name == "GR4J" else options.parameters
    low, high = bounds(wanted)
    for wetness in (0.0, 0.3, 1.0) * 4:
        chosen = np.where(rng.random(len(low)) < 0.5, low, high)
        rain = np.where(rng.random(60) < 0.4, rng.gamma(0.5, 30.0, 60), 0.0)
        rain[10], rain[30:] = (2000.0 if name == "GR4J" else 800.0), 0.0
        asked = rng.choice([0.0, 3.0, 15.0], 60)
        if name == "GR4J":
            begin = gr4j.initial(chosen, production=wetness)
            run = gr4j.run(chosen, rain, asked, begin)
            slow = oracle.gr4j(chosen, rain, asked, begin.values[0])
        else:
            begin = xinanjiang.initial(chosen, options, wetness=wetness)
            run = xinanjiang.run(chosen, rain, asked, begin, options)
            slow = oracle.xinanjiang(
                chosen[:15], rain, asked, begin.values[0], days=options.step_h / 24,
                horton=(chosen[15] * options.step_h, *chosen[16:]) if len(chosen) > 15 else None,
                slice_mm=0 if np.isinf(options.slice_mm) else options.slice_mm,
                follows_area=options.follows_area,
            )  # fmt: skip
        np.testing.assert_allclose(run.flow_mm[0], np.array(slow[0], float), rtol=1e-6, atol=1e-9)
        assert abs(run.imbalance).max() <= 1e-10 and run.flow_mm.min() >= 0.0


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**31),
    st.sampled_from(sorted(OPTIONS)),
    st.lists(st.floats(0.0, 1.0), min_size=18, max_size=18),
    st.floats(0.0, 1.0),
)
def test_xinanjiang_loses_no_water(seed, name, shares, wetness):
    options = OPTIONS[name]
    low, high = bounds(options.parameters)
    chosen = low + (high - low) * np.array(shares[: len(low)])
    rain, asked = weather(seed, 400)
    begin = xinanjiang.initial(chosen, options, wetness=wetness)
    run = xinanjiang.run(chosen, rain, asked, begin, options, parts=True)
    assert abs(run.imbalance).max() <= 1e-10
    assert run.flow_mm.min() >= 0.0
    assert run.state.values.min() >= 0.0
    assert (run.state.values[0, :3] <= chosen[3:6]).all()
    # and once more from the outside, by the parts it keeps
    stored = xinanjiang.storage_mm(chosen, run.state.values, options) - xinanjiang.storage_mm(
        chosen, begin.values, options
    )
    left = rain.sum() - run.parts.evaporation_mm.sum() - run.flow_mm.sum()
    assert stored[0] == pytest.approx(left, rel=1e-10, abs=1e-10 * rain.sum())


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.lists(st.floats(0.0, 1.0), min_size=4, max_size=4))
def test_gr4j_loses_no_water(seed, shares):
    low, high = bounds(gr4j.PARAMETERS)
    chosen = low + (high - low) * np.array(shares)
    rain, asked = weather(seed, 400)
    run = gr4j.run(chosen, rain, asked)
    assert abs(run.imbalance).max() <= 1e-10
    assert run.flow_mm.min() >= 0.0
    if chosen[1] == 0.0:
        assert run.exchanged_mm[0] == 0.0


@pytest.mark.parametrize("model", [xinanjiang, gr4j])
@pytest.mark.parametrize("cut", [1, 7, 137, 299])
def test_a_run_cut_in_two_gives_the_same_bits(model, cut):
    chosen = sets(model.PARAMETERS, 11, 21)
    rain, asked = weather(12, 300)
    whole = model.run(chosen, rain, asked)
    first = model.run(chosen, rain[:, :cut], asked[:cut])
    second = model.run(chosen, rain[:, cut:], asked[cut:], first.state)
    assert np.array_equal(np.hstack([first.flow_mm, second.flow_mm]), whole.flow_mm)
    assert np.array_equal(second.state.values, whole.state.values)


@pytest.mark.parametrize("model", [xinanjiang, gr4j])
def test_a_row_says_the_same_alone_and_among_others(model):
    chosen = sets(model.PARAMETERS, 13, 19)
    rain, asked = weather(14, 200, members=19)
    together = model.run(chosen, rain, asked)
    for row in (0, 7, 8, 18):
        alone = model.run(chosen[row], rain[row], asked)
        assert np.array_equal(alone.flow_mm[0], together.flow_mm[row])
    shared = model.run(chosen[3], rain, asked)
    assert shared.flow_mm.shape == (19, 200)
    assert np.array_equal(shared.flow_mm[3], together.flow_mm[3])


@pytest.mark.parametrize("model", [xinanjiang, gr4j])
def test_every_set_meets_every_member(model):
    chosen = sets(model.PARAMETERS, 17, 5)
    rain, asked = weather(18, 60, members=7)
    crossed = model.run(chosen, rain, asked, crossed=True)
    assert crossed.flow_mm.shape == (35, 60)
    assert abs(crossed.imbalance).max() <= 1e-10
    for one, other in ((0, 0), (1, 6), (4, 2)):
        alone = model.run(chosen[one], rain[other], asked).flow_mm[0]
        assert np.array_equal(crossed.flow_mm[one * 7 + other], alone)
    later = model.run(chosen, rain, asked, crossed.state, crossed=True)
    second = model.run(chosen[1], rain[6], asked, model.State(crossed.state.values[13:14]))
    assert np.array_equal(later.flow_mm[13], second.flow_mm[0])
    begun = model.run(chosen, rain, asked, model.initial(chosen), crossed=True)
    assert np.array_equal(begun.flow_mm, crossed.flow_mm)


def test_rain_in_one_hour_or_spread_over_it_is_the_same_runoff():
    """Saturation excess hangs on the sum of rain, not on the step it fell in (no evaporation)."""
    chosen = sets(xinanjiang.PARAMETERS, 15, 8)
    chosen[:, 9:11] = 0.01
    begin = xinanjiang.initial(chosen, wetness=0.6)
    burst, spread = np.zeros(24), np.full(24, 4.0)
    burst[0] = 96.0
    hourly = xinanjiang.Options(step_h=1.0)
    after = [xinanjiang.run(chosen, rain, np.zeros(24), begin, hourly).state for rain in (burst, spread)]
    for name in ("WU", "WL", "WD"):
        np.testing.assert_allclose(after[0][name], after[1][name], rtol=1e-12)


def test_division_of_a_step_makes_the_sources_hang_little_on_its_length():
    chosen = sets(xinanjiang.PARAMETERS, 20, 200)
    chosen[:, 7] = np.linspace(10.0, 50.0, 200)
    begin = xinanjiang.initial(chosen, wetness=0.8)

    def surface(mm: float, count: int, options: xinanjiang.Options) -> np.ndarray:
        rain = np.full(count, mm)
        done = xinanjiang.run(chosen, rain, np.zeros(count), begin, options, parts=True)
        return done.parts.surface_mm.sum(1)

    fine = surface(1.5, 240, xinanjiang.Options(step_h=2.4))
    divided = surface(15.0, 24, xinanjiang.DAILY)
    undivided = surface(15.0, 24, xinanjiang.Options(slice_mm=np.inf))
    assert np.abs(divided / fine - 1).mean() < 0.005
    assert np.abs(undivided / fine - 1).mean() > 0.03


def test_powers_are_those_of_decimal_arithmetic():
    rng = np.random.default_rng(19)
    bases = np.concatenate(
        [rng.random(300), 10.0 ** rng.uniform(-12, 0, 300), 1 - 10.0 ** rng.uniform(-15, -1, 300)]
    )
    for x, p in zip(bases, rng.uniform(0.3, 3.0, 900), strict=True):
        exact = Decimal(float(x)) ** Decimal(float(p))
        off = abs(Decimal(float(power(x, p))) / exact - 1)
        assert off <= Decimal(4e-16 * (1 + abs(p * np.log(x))))
    assert power(1.0, 2.3) == 1.0
    assert power(0.0, 0.33) < 1e-90


def test_more_rain_beyond_infiltration_runs_off_as_surface():
    chosen = sets(xinanjiang.PARAMETERS, 16, 1)[0]
    begin = xinanjiang.initial(chosen, wetness=0.3)
    rain, asked = np.array([80.0]), np.zeros(1)
    hour = xinanjiang.Options(1.0, True)
    tight, open_ = ([*chosen, capacity, 0.0, 0.0] for capacity in (5.0, 60.0))
    less = xinanjiang.run(open_, rain, asked, begin, hour, parts=True).parts
    more = xinanjiang.run(tight, rain, asked, begin, hour, parts=True).parts
    assert more.surface_mm[0, 0] >= (1 - chosen[2]) * (80.0 - 5.0)
    assert more.surface_mm[0, 0] > less.surface_mm[0, 0]
    assert more.tension_mm[0, 0] < less.tension_mm[0, 0]
