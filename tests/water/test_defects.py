"""The chain of a defect and stretches of a river: what holds of every walk and every pair."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from water.errors import DefectRefused, PaperRefused, PlaceRefused
from water.works import layers
from water.works.defect import DAY_OF, State, Step, taken
from water.works.papers import media_type
from water.works.stretch import Bank, Stretch, stretch_of

DAY = date(2026, 3, 1)
WALK = st.lists(
    st.tuples(st.sampled_from(State), st.integers(0, 3), st.sampled_from(["", "甲", "乙"])), max_size=12
)


@given(WALK)
def test_no_walk_leaves_the_chain(walk: list[tuple[State, int, str]]) -> None:
    held: dict[str, Any] = {"status": "found", "found_on": DAY}
    day, passed = DAY, [State.FOUND]
    for to, days, who in walk:
        day += timedelta(days=days)
        try:
            changed = taken("QX", held, Step(to, day, who))
        except DefectRefused:
            continue
        held |= {
            name: date.fromisoformat(value) if value and name.endswith("_on") else value
            for name, value in changed.items()
        }
        passed.append(to)
    if State.CHECKED in passed:
        assert passed[-1] is State.CHECKED and passed[-2] is State.MENDED
        assert held["checked_by"] != held["assigned_to"] and held["mended_on"] is not None
    for one, two in pairwise(passed):
        assert two is not State.MENDED or one is State.ASSIGNED
    days_held = [held[DAY_OF[state]] for state in State if held.get(DAY_OF[state])]
    if passed[-1] is State.CHECKED:
        assert days_held == sorted(days_held)


PLACES = st.builds(
    lambda bank, start, length: Stretch("mi", bank, float(start), float(start + length)),
    st.sampled_from(Bank), st.integers(0, 20), st.integers(0, 10),
)  # fmt: skip


@given(PLACES)
def test_a_stretch_is_what_its_fields_say(one: Stretch) -> None:
    assert stretch_of(one.row()) == one
    sides = {Bank.BOTH: {"l", "r"}, Bank.LEFT: {"l"}, Bank.RIGHT: {"r"}, Bank.CHANNEL: {"c"}}
    for other in Bank:
        assert (other in one.bank.meets) == (one.bank in other.meets) == bool(sides[one.bank] & sides[other])


def test_a_stretch_does_not_run_backwards_and_a_file_is_what_its_bytes_say() -> None:
    for start, end in ((5.0, 4.0), (-1.0, 2.0), (0.0, float("inf"))):
        with pytest.raises(PlaceRefused):
            Stretch("mi", Bank.LEFT, start, end)
    assert media_type(b"\x00\x00\x00\x18ftypmp42", "a.mp4") == "video/mp4"
    for content in (b"", b"GIF89a", b"<svg", b"MZ\x90\x00"):
        with pytest.raises(PaperRefused):
            media_type(content, "a.jpg")
    codes = [code for code, _ in layers.contract(layers.DEFECTS).field("status").codes]
    assert codes == [each.value for each in State]
    banks = [code for code, _ in layers.contract(layers.DEFECTS).field("bank").codes]
    assert banks == [each.value for each in Bank]
