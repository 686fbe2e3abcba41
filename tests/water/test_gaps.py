"""Gaps: typed by why, filled on the line between their ends, marked, and nothing hidden."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from water.errors import BadStation
from water.gauges.gaps import Gap, GapKind, filled, gaps, usable
from water.gauges.station import Point

START = datetime(2026, 7, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(hour: float, value: float | None = 1.0, flag: int = 1) -> Point:
    return Point(START + HOUR * hour, value, flag)


def test_each_kind_by_hand() -> None:
    points = [at(0), at(1), at(3), at(4), at(5, None, 9), at(6), at(7, 99.0, 4), at(8), at(20)]
    found = gaps(points, HOUR)
    assert [_told(each) for each in found] == [
        (GapKind.SILENT, 1, 3, 1),
        (GapKind.MISSING, 4, 6, 1),
        (GapKind.FAILED, 6, 8, 1),
        (GapKind.SILENT, 8, 20, 11),
    ]
    series, told = filled(points, HOUR, HOUR * 3, 0.1)
    assert [each.filled for each in told] == [True, True, True, False]
    made = [each for each in series if each.filled]
    assert [(each.time - START) // HOUR for each in made] == [2, 5, 7]
    assert all(each.value == 1.0 and each.flag == 3 for each in made)
    # A walk of 0.1 an hour held at both ends of two hours: √(1·1/2)·0.1 in its middle.
    assert made[0].uncertainty == pytest.approx(0.1 * 0.5**0.5)
    assert set(points) <= set(series)  # the bad value is shown, too
    with pytest.raises(BadStation):
        gaps(points, timedelta())


def _told(gap: Gap) -> tuple[GapKind, int, int, int]:
    return gap.kind, (gap.start - START) // HOUR, (gap.end - START) // HOUR, gap.expected


SERIES = st.lists(
    st.tuples(st.integers(0, 60), st.one_of(st.none(), st.floats(-5, 5)), st.sampled_from([1, 2, 3, 4, 9])),
    max_size=30,
    unique_by=lambda each: each[0],
).map(lambda told: [at(*each) for each in sorted(told, key=lambda each: each[0])])


@given(SERIES, st.integers(1, 12))
def test_nothing_is_lost_and_nothing_is_filled_unmarked(points: list[Point], longest: int) -> None:
    series, told = filled(points, HOUR, HOUR * longest, 0.2)
    assert [each for each in series if not each.filled] == points
    known = [each for each in points if usable(each)]
    hours = np.array([(each.time - START) / HOUR for each in known])
    values = np.array([each.value for each in known], dtype=float)
    for each in series:
        if each.filled:
            hour = (each.time - START) / HOUR
            assert hours[0] < hour < hours[-1] and hour not in hours
            assert each.value == pytest.approx(np.interp(hour, hours, values))
            assert each.uncertainty is not None and each.uncertainty > 0
    for gap in told:
        inside = [each for each in series if gap.start < each.time < gap.end and each.filled]
        assert len(inside) == (gap.expected if gap.filled else 0)
        assert gap.filled == (gap.end - gap.start <= HOUR * longest)
    covered = {each.start for each in told}
    for before, after in pairwise(known):
        assert (after.time - before.time > 1.5 * HOUR) <= (before.time in covered)
