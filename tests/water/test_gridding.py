"""Even steps out of values as they come: nothing invented in a gap, and a dead station named."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatial.datum.clock import BEIJING
from water.errors import BadStation, DeadStation
from water.forecast import gridding
from water.forecast.gridding import Grid, Measured
from water.gauges.station import ELEMENTS, Point, Station
from water.works.datum import VerticalDatum

BEGIN = datetime(2026, 7, 1, tzinfo=BEIJING)
HOUR = timedelta(hours=1)
NAN = float("nan")


def station(id: str) -> Station:
    return Station(
        id, f"测站{id}", "PP", VerticalDatum.NOT_STATED, 118.7, 36.9, f"t{id}", None, None, None, None, None,
        None, False,
    )  # fmt: skip


def measured(points: list[tuple[float, float | None, int]], element: str = "rain", id: str = "A") -> Measured:
    told = tuple(Point(BEGIN + HOUR * hour, value, flag) for hour, value, flag in points)
    return Measured(station(id), ELEMENTS[element], told)


def hourly(
    count: int, without: range = range(0), value: float = 1.0
) -> list[tuple[float, float | None, int]]:
    return [(hour, value, 1) for hour in range(1, count + 1) if hour not in without]


def test_a_value_stands_for_the_time_up_to_it() -> None:
    grid = Grid(BEGIN, HOUR * 3, 3)
    rain = measured([(0, 9.0, 1), *((hour, float(hour), 1) for hour in range(1, 11))])
    assert gridding.summed(rain, grid).tolist() == [6.0, 15.0, 24.0]
    flow = measured([(0, 9.0, 1), (1, 2.0, 1), (3, 4.0, 1), (4, 9.0, 4), (7, 5.0, 3)], "discharge")
    assert gridding.discharge(flow, grid) == pytest.approx([3.0, NAN, 5.0], nan_ok=True)
    assert grid.end == BEGIN + HOUR * 9


def test_short_gaps_of_rain_are_filled_and_long_ones_are_not() -> None:
    grid = Grid(BEGIN, HOUR * 3, 8)
    assert gridding.summed(measured(hourly(24, range(5, 9))), grid).tolist() == [3.0] * 8
    holed = gridding.summed(measured(hourly(24, range(5, 14))), grid)
    assert np.flatnonzero(np.isnan(holed)).tolist() == [1, 2, 3, 4]
    late = gridding.summed(measured(hourly(24, range(20, 25))), grid)
    assert np.flatnonzero(np.isnan(late)).tolist() == [6, 7]
    assert np.isnan(gridding.summed(measured([]), grid)).all()
    with pytest.raises(BadStation):
        gridding.summed(measured([(6, 1.0, 1), (12, 1.0, 1), (18, 1.0, 1)]), grid)


def test_stations_that_have_a_step_stand_in_for_those_that_have_not() -> None:
    grid = Grid(BEGIN, HOUR * 3, 8)
    one, other = measured(hourly(24)), measured(hourly(24, range(5, 14), 4.0), id="B")
    found = gridding.areal([(one, 1.0), (other, 3.0)], grid)
    assert found.tolist() == [9.75, 3.0, 3.0, 3.0, 3.0, 9.75, 9.75, 9.75]
    with pytest.raises(DeadStation) as dead:
        gridding.areal([(other, 3.0)], grid)
    assert dead.value.value == "B" and "测站B" in dead.value.zh and "2026-07-01T03:00:00" in dead.value.zh


@pytest.mark.parametrize(
    ("points", "gap", "last"),
    [
        ([(hour, 1.0, 1) for hour in range(1, 13)], None, ""),
        ([(hour, 1.0, 1) for hour in range(1, 10)], "silent", "2026-07-01T09:00:00"),
        ([*((hour, 1.0, 1) for hour in range(1, 9)), (11, None, 9)], "missing", "2026-07-01T08:00:00"),
        ([*((hour, 1.0, 1) for hour in range(1, 9)), (11, 1e6, 4), (12, None, 9)], "failed", "T08:00:00"),
        ([], "silent", "none"),
    ],
)
def test_a_dead_station_is_named_with_its_gap(
    points: list[tuple[float, float | None, int]], gap: str | None, last: str
) -> None:
    one = measured(points, "discharge", "41800001")
    if gap is None:
        gridding.require_alive(one, BEGIN + HOUR * 12, HOUR * 2)
        return
    with pytest.raises(DeadStation) as dead:
        gridding.require_alive(one, BEGIN + HOUR * 12, HOUR * 2)
    assert dead.value.details["gap"] == gap and last in dead.value.en and "41800001" in dead.value.zh


def test_evaporation_of_days_is_spread_over_their_steps() -> None:
    grid = Grid(BEGIN, HOUR * 6, 8)
    pan = measured([(24, 8.0, 1), (48, 4.0, 1)], "evaporation")
    assert gridding.spread(pan, grid).tolist() == [2.0] * 4 + [1.0] * 4
    with pytest.raises(DeadStation):
        gridding.spread(pan, Grid(BEGIN, HOUR * 6, 12))
    with pytest.raises(DeadStation):
        gridding.spread(measured([], "evaporation"), grid)


@given(
    st.lists(st.tuples(st.integers(-5, 60), st.floats(0, 50)), max_size=60, unique_by=lambda each: each[0]),
    st.sampled_from([1, 2, 3, 6]),
)
def test_no_discharge_is_made_and_every_one_counts(points: list[tuple[int, float]], step_h: int) -> None:
    grid = Grid(BEGIN, HOUR * step_h, 48 // step_h)
    told = sorted((float(hour), value, 1) for hour, value in points)
    found = gridding.discharge(measured([*told], "discharge"), grid)
    for step, value in enumerate(found.tolist()):
        own = [each for hour, each, _ in told if step * step_h < hour <= (step + 1) * step_h]
        assert np.isnan(value) if not own else value == pytest.approx(sum(own) / len(own))


def test_rain_below_nothing_is_no_rain_and_no_value() -> None:
    """Quality control may not have come to it yet: flag 2 is usable, the value is not."""
    grid = Grid(BEGIN, HOUR * 3, 2)
    told = gridding.believed(measured([*hourly(6, range(5, 6)), (5, -5.0, 2)]))
    assert [each.flag for each in told.points if each.value == -5.0] == [4]
    assert gridding.summed(told, grid).tolist() == [3.0, 3.0], "filled on the line, as a short gap is"
    with pytest.raises(DeadStation) as dead:
        gridding.require_alive(gridding.believed(measured([(1, 1.0, 1), (6, -0.1, 2)])), grid.end, HOUR * 1.5)
    assert "质控不合格" in dead.value.zh and dead.value.value == "A"
    flow = gridding.believed(measured([(3, 4.0, 1), (6, -1.0, 1)], "discharge"))
    assert gridding.discharge(flow, grid) == pytest.approx([4.0, NAN], nan_ok=True)
