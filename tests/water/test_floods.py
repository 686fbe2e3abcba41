"""Floods told apart: by hand, and for every record that can be thought of."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from water.errors import BadVerification
from water.forecast.floods import Flood, Floods, Rule, separate

NAN = float("nan")
RULE = Rule(2.0, 5.0, 3)


@pytest.mark.parametrize(
    ("record", "whole", "cut"),
    [
        ([1, 1, 1, 1], [], []),
        ([1, 3, 4, 3, 1], [], []),  # above the threshold, no flood
        ([1, 1, 3, 8, 4, 2, 1], [Flood(1, 3, 6)], []),
        ([1, 3, 8, 4, 1, 1, 1, 3, 9, 4, 1], [Flood(0, 2, 5), Flood(6, 8, 11)], []),
        ([1, 3, 8, 4, 1, 3, 9, 4, 1], [Flood(0, 6, 9)], []),  # one below between them: one flood
        ([1.0, 1.2, 1.4, 1.6, 1.8, 8, 1], [Flood(2, 5, 7)], []),  # a rise begins three steps before, at most
        ([8, 4, 1, 1, 1, 1, 1], [], [Flood(0, 0, 3)]),
        ([1, 1, 1, 4, 8], [], [Flood(2, 4, 5)]),
        ([1, 3, NAN, 8, 4, 1, 1], [], [Flood(0, 3, 6)]),
        ([1, 1, NAN, NAN, 1, 1, 1, 1], [], []),
        ([1, NAN, 1, 1, 1, 1, 3, 8, 3, 1], [Flood(5, 7, 10)], []),
        ([1, 3, 8, 3, 1, NAN, 1, 1], [], [Flood(0, 2, 7)]),  # what came after may have been more of it
        ([], [], []),
    ],
)
def test_by_hand(record: list[float], whole: list[Flood], cut: list[Flood]) -> None:
    assert separate(record, RULE) == Floods(tuple(whole), tuple(cut))


FLOWS = st.lists(st.one_of(st.floats(0, 12), st.just(NAN)), max_size=60)


@given(FLOWS, st.floats(0.5, 5), st.floats(1, 2), st.integers(1, 6))
def test_floods_are_disjoint_in_order_and_nothing_high_is_lost(
    record: list[float], threshold: float, times: float, apart: int
) -> None:
    rule = Rule(threshold, threshold * times, apart)
    found = separate(record, rule)
    flow = np.array(record)
    floods = sorted([*found.whole, *found.cut], key=lambda each: each.start)
    assert all(one.end <= other.start for one, other in pairwise(floods))
    for each in floods:
        assert 0 <= each.start <= each.peak < each.end <= len(flow)
        assert flow[each.peak] == np.nanmax(flow[each.steps]) >= rule.peak_least_m3_s
    for each in found.whole:
        assert np.isfinite(flow[each.steps]).all() and flow[each.end - 1] <= threshold
        assert (flow[each.start : each.end] > threshold).any() or times == 1
    inside = np.zeros(len(flow), bool)
    for each in floods:
        inside[each.steps] = True
    high = np.isfinite(flow) & (flow >= rule.peak_least_m3_s) & (flow > threshold)
    assert not (high & ~inside).any()


@pytest.mark.parametrize("rule", [Rule(0.0, 5.0, 1), Rule(6.0, 5.0, 1), Rule(1.0, 5.0, 0), Rule(NAN, 5.0, 1)])
def test_rules_that_cannot_be(rule: Rule) -> None:
    with pytest.raises(BadVerification):
        separate([1.0], rule)
