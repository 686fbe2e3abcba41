"""Numbers along a street and in a yard."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from address.rules import street
from address.rules.numbering import Numbering, oriented, propose, serpentine, stations
from address.rules.street import Door

WEST_TO_EAST = np.array([[0.0, 0.0], [400.0, 0.0]])
SOUTH_TO_NORTH = np.array([[0.0, 0.0], [0.0, 400.0]])
BEIJING = Numbering("east", "north", "right")


def proposed(line, points, rule):
    where = stations(oriented(line, rule), np.asarray(points, dtype=float))
    return where, propose(where, rule)


def test_beijing_numbers_north_odd_and_west_odd():
    _, along = proposed(WEST_TO_EAST, [(399, 8), (399, -8)], BEIJING)
    assert [each.number for each in along] == [1, 2]
    _, across = proposed(SOUTH_TO_NORTH, [(-8, 399), (8, 399)], BEIJING)
    assert [each.number for each in across] == [1, 2]


def test_the_other_rule_numbers_from_the_south_with_odd_on_the_left():
    _, across = proposed(SOUTH_TO_NORTH[::-1], [(-8, 1), (8, 1), (-8, 5)], Numbering())
    assert [each.number for each in across] == [1, 2, 3]


def test_sides_at_a_sharp_bend():
    bent = np.array([[0.0, 0.0], [100.0, 0.0], [20.0, 20.0]])
    where = stations(bent, np.array([[130.0, 3.0], [70.0, 5.0]]))  # beyond the corner; inside it
    assert where.left.tolist() == [False, True]


# Doors stand a little off the line, as doors do; on the line itself there is no side.
points = st.lists(
    st.tuples(st.floats(0, 399.9), st.floats(1, 20), st.booleans()), min_size=1, max_size=40
).map(lambda rows: [(x, y if up else -y) for x, y, up in rows])


@settings(max_examples=60, deadline=None)
@given(points, st.sampled_from([4.0, 0.0, 7.5]), st.sampled_from(["left", "right"]))
def test_what_is_proposed_passes_the_checks(at, frontage, odd_side):
    rule = Numbering(odd_side=odd_side, frontage_m=frontage, skipped=frozenset({4, 13, 14}), tolerance_m=16)
    where, numbers = proposed(WEST_TO_EAST, at, rule)
    doors = [
        Door(str(i), each.number, each.sub_number, float(where.chainage_m[i]), bool(where.left[i]))
        for i, each in enumerate(numbers)
    ]
    assert street.check(doors, rule) == ()
    # Independently of the checks: the east is the beginning, so x falls as numbers grow.
    for first, second in combinations(range(len(at)), 2):
        if (at[first][1] > 0) == (at[second][1] > 0) and at[first][0] - at[second][0] > 0.001:
            assert (numbers[first].number, numbers[first].sub_number or 0) < (
                numbers[second].number,
                numbers[second].sub_number or 0,
            )


def test_numbers_taken_stay_and_later_doors_get_inserts():
    where = stations(WEST_TO_EAST, np.array([[1.0, 8.0], [3.0, 8.0]]))
    rule = Numbering()
    given_numbers = propose(where, rule, taken={(1, None), (1, 1)})
    assert [rule.written(each.number, each.sub_number) for each in given_numbers] == [
        "1号附2号",
        "1号附3号",
    ]
    assert Numbering(inserts="dash").written(1, 2) == "1-2号"


@settings(deadline=None)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=8))
def test_order_names_the_fewest_doors(numbers):
    doors = [Door(str(i), 2 * n - 1, None, 10.0 * i, True) for i, n in enumerate(numbers)]
    named = [each for each in street.check(doors, Numbering(frontage_m=0)) if each.code == "order"]
    longest = max(
        size
        for size in range(len(numbers) + 1)
        for kept in combinations(numbers, size)
        if list(kept) == sorted(kept)
    )
    assert len(named) == len(numbers) - longest


@pytest.mark.parametrize(
    ("door", "code"),
    [
        (Door("x", 6, None, 10.0, True), "parity"),
        (Door("x", 1, None, 0.5, True), "duplicate"),
        (Door("x", 31, None, 1.0, True), "gap"),
        (Door("x", 13, None, 25.0, True), "skipped"),
        (Door("x", 1, 1, 90.0, True), "order"),
    ],
)
def test_each_fault_is_told(door, code):
    rule = Numbering(skipped=frozenset({13}))
    street_doors = [Door(f"d{n}", n, None, 2.0 * n, True) for n in (1, 21, 23)] + [door]
    found = {each.code: each for each in street.check(street_doors, rule)}
    assert "x" in found[code].subjects


def test_numbers_left_out_of_a_sequence_are_told_but_not_those_never_given():
    rule = Numbering(frontage_m=0, skipped=frozenset({13}))
    doors = [Door(str(n), n, None, float(n), True) for n in (11, 15, 21)]
    gaps = [each.en for each in street.check(doors, rule)]
    assert gaps == ["numbers left out; give them or say why: 17–19"]


def test_buildings_of_a_yard_are_numbered_as_an_s_from_the_north_east():
    grid = np.array([(x, y) for y in (100.0, 50.0, 0.0) for x in (0.0, 40.0, 80.0)])
    assert serpentine(grid, Numbering()) == (3, 2, 1, 4, 5, 6, 9, 8, 7)


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(-500, 500), st.floats(-500, 500)), min_size=1, max_size=30))
def test_every_building_of_a_yard_gets_one_number(at):
    assert sorted(serpentine(np.array(at), Numbering())) == list(range(1, len(at) + 1))


def test_a_rule_that_is_none_is_refused():
    with pytest.raises(ValueError, match="odd_side: up"):
        Numbering(odd_side="up")
