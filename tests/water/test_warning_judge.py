"""Judging: against a plain loop, and by its laws: no flapping in the band, graver readings, any cadence."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from water.warning import index
from water.warning.course import Course, Span
from water.warning.evaluate import run
from water.warning.input_store import Readings
from water.warning.judge import Ladder, States, fresh, stale, step
from water.warning.life import Action, action

RAISED, CLEARED = (10.0, 11.0, 12.0, 13.0), (9.5, 10.5, 11.5, 12.5)


@dataclass
class Plain:
    """One station as a person would do it: each colour a switch with a clock."""

    hold_s: float
    dwell_s: float
    stale_s: float
    raised: tuple[float, ...] = RAISED
    cleared: tuple[float, ...] = CLEARED
    on: list[bool] = field(default_factory=lambda: [False] * 4)
    since: list[float | None] = field(default_factory=lambda: [None] * 4)
    heard: float | None = None

    def take(self, value: float, time: float) -> None:
        if math.isnan(value):
            return
        lost = self.heard is not None and time - self.heard > self.stale_s
        for k in range(4):
            if self.on[k] and lost:
                self.since[k] = None
            leaving = value < self.cleared[k] if self.on[k] else value >= self.raised[k]
            if not leaving:
                self.since[k] = None
                continue
            begun = self.since[k]
            if begun is None:
                begun = self.since[k] = time
            if time - begun >= (self.dwell_s if self.on[k] else self.hold_s):
                self.on[k], self.since[k] = not self.on[k], None
        self.heard = time if self.heard is None else max(self.heard, time)

    @property
    def colour(self) -> int:
        return max((k + 1 for k in range(4) if self.on[k]), default=0)


def ladder(count: int, hold_s: float = 0, dwell_s: float = 0, stale_s: float = 7200) -> Ladder:
    shape = (count, 4)
    times = (np.full(count, each) for each in (hold_s, dwell_s, stale_s))
    return Ladder(np.broadcast_to(RAISED, shape), np.broadcast_to(CLEARED, shape), *map(np.asarray, times))


def judged(values: list[float], times: list[float], of: Ladder, begun: States | None = None) -> States:
    states = begun or fresh(1)
    for value, time in zip(values, times, strict=True):
        states = step(states, np.array([value]), np.array([time]), of)
    return states


STAGES = st.one_of(st.floats(8.0, 14.0), st.sampled_from([*RAISED, *CLEARED, math.nan]))
SERIES = st.lists(st.tuples(STAGES, st.integers(1, 3000)), min_size=1, max_size=40)
TIMES = st.tuples(*(st.sampled_from([0.0, 600.0, 1800.0, 3600.0]) for _ in range(2)))


def laid(series: list[tuple[float, int]]) -> tuple[list[float], list[float]]:
    return [value for value, _ in series], np.cumsum([gap for _, gap in series]).astype(float).tolist()


@given(st.lists(SERIES, min_size=1, max_size=4), TIMES, st.sampled_from([900.0, 7200.0]))
@settings(max_examples=150, deadline=None)
def test_side_by_side_as_one_by_one(
    many: list[list[tuple[float, int]]], times: tuple[float, float], stale_s: float
) -> None:
    of = ladder(len(many), *times, stale_s)
    laid_out = [laid(each) for each in many]
    found = Readings(
        np.concatenate([np.full(len(each), n) for n, each in enumerate(many)]),
        np.concatenate([at for _, at in laid_out]),
        np.concatenate([values for values, _ in laid_out]),
    )
    states, moves = run(Course((Span(np.inf, (), of),)), fresh(len(many)), found)
    told: list[tuple[int, float, int, int]] = []
    for n, (values, at) in enumerate(laid_out):
        plain = Plain(*times, stale_s)
        for value, time in zip(values, at, strict=True):
            before = plain.colour
            plain.take(value, time)
            if plain.colour != before:
                told.append((n, time, before, plain.colour))
        assert states.on[n].tolist() == plain.on
        assert [None if math.isnan(each) else each for each in states.since_s[n]] == plain.since
    assert sorted((each.place, each.at_s, each.before, each.after) for each in moves) == sorted(told)


@given(SERIES, st.lists(st.floats(9.5, 9.999), min_size=1, max_size=30), TIMES)
@settings(max_examples=80, deadline=None)
def test_nothing_moves_within_the_band(
    series: list[tuple[float, int]], band: list[float], times: tuple[float, float]
) -> None:
    of = ladder(1, *times)
    states = judged(*laid(series), of)
    for number, value in enumerate(band):
        before = states.on[0, 0]
        states = step(states, np.array([value]), np.array([1e6 + 300.0 * number]), of)
        assert states.on[0, 0] == before


@given(
    SERIES, st.floats(0.0, 5.0), STAGES.filter(lambda each: not math.isnan(each)), st.integers(1, 9000), TIMES
)
@settings(max_examples=150, deadline=None)
def test_a_graver_reading_never_gives_a_milder_colour(
    series: list[tuple[float, int]], more: float, value: float, gap: int, times: tuple[float, float]
) -> None:
    of = ladder(1, *times)
    values, at = laid(series)
    states = judged(values, at, of)
    milder = step(states, np.array([value]), np.array([at[-1] + gap]), of)
    graver = step(states, np.array([value + more]), np.array([at[-1] + gap]), of)
    assert graver.colour[0] >= milder.colour[0]
    whole = judged([each + more for each in values], at, of)
    assert (whole.on[0] >= states.on[0]).all()


@given(SERIES, st.integers(0, 40), TIMES)
@settings(max_examples=80, deadline=None)
def test_replayed_in_one_go_or_as_it_came(
    series: list[tuple[float, int]], cut: int, times: tuple[float, float]
) -> None:
    of, (values, at) = ladder(1, *times), laid(series)
    whole = judged(values, at, of)
    parts = judged(values[cut:], at[cut:], of, judged(values[:cut], at[:cut], of))
    repeated = judged([values[-1]] * 3, [at[-1]] * 3, of, parts)
    for each in (parts, repeated):
        assert each.on.tolist() == whole.on.tolist()
        assert np.array_equal(each.since_s, whole.since_s, equal_nan=True)


@given(SERIES, TIMES)
@settings(max_examples=50, deadline=None)
def test_silence_and_nonsense_clear_nothing(
    series: list[tuple[float, int]], times: tuple[float, float]
) -> None:
    of = ladder(1, *times)
    states = judged(*laid(series), of)
    for value, time in ((math.nan, 1e7), (5.0, math.nan), (math.inf, 1e7), (-math.inf, 1e7)):
        after = step(states, np.array([value]), np.array([time]), of)
        assert after.on.tolist() == states.on.tolist()
    assert stale(states, 1e8, of)[0]


def test_clearing_takes_readings_after_a_silence_too() -> None:
    of = ladder(1, 0, 1800, 3600)
    red = judged([13.0], [0.0], of)
    assert red.colour[0] == 4
    below = judged([9.0], [600.0], of, red)
    assert below.colour[0] == 4
    assert judged([9.0], [2400.0], of, below).colour[0] == 0
    late = judged([9.0], [600.0 + 3601.0], of, below)  # the hour between says nothing: the clock begins anew
    assert late.colour[0] == 4
    assert judged([9.0], [4201.0 + 1800.0], of, late).colour[0] == 0


def test_a_level_taken_off_the_file_leaves_the_warning_as_it_is() -> None:
    gone = Ladder(np.full((1, 4), np.nan), np.full((1, 4), np.nan), *(np.array([0.0, 0.0, 7200.0])[:, None]))
    red = judged([13.0], [0.0], ladder(1))
    assert judged([1.0, 1.0], [60.0, 120.0], gone, red).colour[0] == 4
    assert judged([99.0], [0.0], gone).colour[0] == 0


def test_what_a_change_of_colour_means() -> None:
    told = {
        (before, after, open_): action(before, after, open_=open_)
        for before, after, open_ in ((0, 1, False), (1, 4, True), (4, 2, True), (2, 0, True), (2, 1, False))
    }
    assert list(told.values()) == [Action.ISSUED, Action.RAISED, Action.LOWERED, Action.CLEARED, None]


def test_rates_and_deficits() -> None:
    time = np.arange(0.0, 7 * 3600.0, 3600.0)
    stage = np.array([10.0, 10.0, 10.4, 11.4, 11.4, 11.0, 11.0])
    found = index.rise_per_hour(time, stage, time, 3600.0, 3600.0)
    assert found[1:].tolist() == pytest.approx([0.0, 0.4, 1.0, 0.0, -0.4, 0.0]) and math.isnan(found[0])
    half = index.rise_per_hour(time, stage, np.array([3 * 3600.0]), 5400.0, 3600.0)
    assert half.tolist() == pytest.approx([(11.4 - 10.2) / 1.5])
    broken = index.rise_per_hour(time[[0, 3]], stage[[0, 3]], time[[3]], 3600.0, 3600.0)
    assert math.isnan(broken[0])  # three hours without a reading: nobody knows where the rise began
    day = 86_400.0
    days, flow = np.arange(0.0, 11 * day, day), np.full(11, 4.0)
    dry = index.deficit(days, flow, days[[5, 10]], 5 * day, day, 10.0)
    assert dry.tolist() == pytest.approx([0.6, 0.6])
    assert math.isnan(index.deficit(days[[0, 10]], flow[[0, 10]], days[[10]], 5 * day, day, 10.0)[0])
    assert index.deficit(days, flow * 5, days[[10]], 5 * day, day, 10.0).tolist() == [0.0]
