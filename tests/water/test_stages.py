"""Stages of all stations: however many there are, none is left out, now or as it was known at an instant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from warning_ground import BEGUN, OTHER, RAIN, RIVER, SIGNED, grounded, measured

from spatial.database import Connection, connect
from water.gauges import binding, sl323_exchange, stages, stations, store
from water.gauges.stages import Stage
from water.gauges.station import Mark, Threshold
from water.moment import Moment
from water.works.datum import VerticalDatum

HOUR = timedelta(hours=1)
MANY = [f"418001{number:02d}" for number in range(70)]


@pytest.fixture(scope="module")
def standing(shared_database: str) -> str:
    table = "STCD,STNM,RVNM,LGTD,LTTD,DTMNM,STTP\n" + "".join(
        f"{each},测试站 {each},弥河,118.{70 + number % 20},36.{80 + number % 7},1985 国家高程基准,ZZ\n"
        for number, each in enumerate(MANY)
    )
    with connect(shared_database) as connection:
        grounded(connection)
        assert sl323_exchange.stations_in(connection, table.encode(), SIGNED).inserted == len(MANY)
        for each in store.stations(connection, Moment(BEGUN), MANY):
            binding.bind(connection, each)
    return shared_database


@pytest.fixture
def ground(standing: str) -> Iterator[Connection]:
    """One transaction, of which nothing stays."""
    with connect(standing) as connection:
        yield connection
        connection.rollback()


def now(connection: Connection) -> dict[str, Stage]:
    found = stages.stages(connection, Moment(BEGUN + 12 * HOUR), None)
    return {each.station.id: each for each in found}


def test_the_last_of_many_stations_is_told_as_the_first(ground: Connection) -> None:
    for number, each in enumerate(MANY):
        measured(ground, each, [20.0, 20.0 + 0.01 * number], BEGUN)
    found = now(ground)
    assert (
        found.keys() == set(MANY) and RAIN not in found and OTHER not in found
    )  # nothing was heard of those
    assert [found[each].rise_m_h for each in MANY] == pytest.approx([0.01 * number for number in range(70)])
    assert not found[MANY[0]].notable and found[MANY[-1]].notable
    then = Moment(BEGUN + HOUR, _clock(ground))
    assert len(stages.stages(ground, then, then)) == len(MANY)


def test_what_is_reached_is_what_is_in_force(ground: Connection) -> None:
    winter = Threshold(
        Mark.WARNING, "stage", 19.0, VerticalDatum.CGVD1985, "文件", "unverified", ("10-01", "05-31")
    )
    for mark in (winter, replace(winter, value=20.5, season=("06-01", "09-30"))):
        stations.mark(ground, OTHER, mark, SIGNED)
    measured(ground, OTHER, [20.0], BEGUN)
    measured(ground, RIVER, [22.5], BEGUN)
    found = now(ground)
    assert found[OTHER].reached == ()  # in July the level of winter is none
    assert [each.kind for each in found[RIVER].reached] == [Mark.GUARANTEED, Mark.WARNING]


def test_what_cannot_be_used_is_passed_over_and_what_was_corrected_is_known_as_it_was(
    ground: Connection,
) -> None:
    measured(ground, RIVER, [20.0, 20.4, 23.0], BEGUN)
    believed = _clock(ground)
    assert now(ground)[RIVER].newest.value == 23.0
    measured(ground, RIVER, [20.6], BEGUN + 2 * HOUR)  # it was misread
    assert now(ground)[RIVER].newest.value == 20.6
    (then,) = _by(ground, Moment(BEGUN + 3 * HOUR, believed))
    assert (then.newest.value, then.rise_m_h) == (23.0, 1.5) and len(then.reached) == 3
    (at_nine,) = _by(ground, Moment(BEGUN + 1.5 * HOUR, believed))
    assert (at_nine.newest.value, at_nine.reached) == (20.4, ())
    measured(ground, RIVER, [""], BEGUN + 3 * HOUR)  # a reading that failed to come
    assert now(ground)[RIVER].newest.value == 20.6


def _by(connection: Connection, moment: Moment) -> list[stages.Stage]:
    return stages.stages(connection, moment, moment)


def _clock(connection: Connection):  # type: ignore[no-untyped-def]
    row = connection.execute("select clock_timestamp()").fetchone()
    assert row is not None
    return row[0]
