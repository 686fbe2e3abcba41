"""Closed days in files, months that leave the database and come back: against the rows that were there."""

from __future__ import annotations

import hashlib
import json
import random
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import geopandas
import pytest
import shapely
from psycopg.types.json import Jsonb
from pyarrow import parquet

from spatial.database import Connection, connect
from spatial.datum.clock import BEIJING
from spatial.observe import series
from spatial.observe.archive import retention
from spatial.observe.archive.closing import close_days
from spatial.observe.archive.errors import ArchiveBroken, BadRetention, NotClosed, PeriodNotAway
from spatial.observe.away import away
from spatial.observe.model import Decoded, Flag, Reading

sys.path.insert(0, str(Path(__file__).parent))
from observed_series import datastreams, roll_ups

FIRST = datetime(2024, 2, 28, 22, tzinfo=BEIJING)
NOW = datetime(2024, 9, 5, 3, tzinfo=BEIJING)
ODD = {"text": '引号" 逗号, 换行\n反斜\\', "n": [1, None, {"深": True}]}


@pytest.fixture
def open_(database: str) -> Iterator[Connection]:
    with connect(database, autocommit=True) as connection:
        yield connection


def hex_of(shape: shapely.Geometry) -> str:
    return str(shapely.to_wkb(shapely.set_srid(shape, 4490), hex=True, include_srid=True))


@pytest.fixture
def streams(open_: Connection) -> list[int]:
    """Three datastreams of things at three places; the third place is a line, no point."""
    made = datastreams(open_, 3, properties='{"key": "level"}')
    shapes = [
        shapely.Point(118.7, 36.8),
        shapely.Point(118.8, 36.9),
        shapely.LineString([(118, 36), (119, 37)]),
    ]
    for stream, shape in zip(made, shapes, strict=True):
        (location,) = open_.execute(
            "insert into observe.location (name, encoding_type, location, geom)"
            " values ('l', 'application/geo+json', %s, %s) returning id",
            (Jsonb(json.loads(shapely.to_geojson(shape))), hex_of(shape)),
        ).fetchone() or (0,)  # fmt: skip
        open_.execute(
            "insert into observe.thing_location select thing, %s from observe.datastream where id = %s",
            (location, stream),
        )
        open_.execute(
            "update observe.thing t set"
            " properties = jsonb_build_object('key', 't' || t.id, 'layer', 'gauges')"
            " from observe.datastream d where d.thing = t.id and d.id = %s",
            (stream,),
        )
    open_.execute('update observe.datastream set unit = \'{"symbol": "m"}\'')
    return made


def fill(connection: Connection, streams: list[int], hours: int = 80, seed: int = 1) -> None:
    dice = random.Random(seed)
    readings = [
        Reading(
            stream,
            FIRST + timedelta(hours=hour, microseconds=dice.choice([0, 1, 999_999])),
            dice.choice([dice.uniform(-1e6, 1e6), 1e-300, 0.1 + 0.2, None, "一,\"二\"\n", ODD, True]),
            phenomenon_end=FIRST + timedelta(hours=hour + 1) if hour % 7 == 0 else None,
            result_time=FIRST + timedelta(hours=hour + 2) if hour % 5 == 0 else None,
            source=dice.choice([None, hour * 10 + stream]),
            flag=dice.choice([None, Flag.PASS, Flag.FAIL]),
            details=ODD if hour % 11 == 0 else None,
        )
        for stream in streams
        for hour in range(hours)
    ]  # fmt: skip
    with connection.transaction():
        series.record(connection, readings)


_ROWS = (
    "select id, phenomenon_time, recorded_at, result_number, phenomenon_end, result_time, source, datastream,"
    " feature, flag, result_json, details from observe.observation"
)
_SAID = "select datastream, phenomenon_time, flag from observe.given_flag order by 1, 2"


def rows(connection: Connection, day: date | None = None) -> list[tuple[Any, ...]]:
    start = datetime.min.replace(tzinfo=BEIJING) if day is None else datetime(
        day.year, day.month, day.day, tzinfo=BEIJING
    )  # fmt: skip
    found = connection.execute(f"{_ROWS} order by datastream, phenomenon_time").fetchall()
    if day is None:
        return found
    return [row for row in found if start <= row[1] < start + timedelta(days=1)]


def in_file(path: Path) -> list[tuple[Any, ...]]:
    table = parquet.read_table(path).to_pylist()
    return [
        (
            each["id"], each["phenomenon_time"], each["recorded_at"], each["value"], each["phenomenon_end"],
            each["result_time"], each["source"], each["datastream"], each["feature"], each["flag"],
            None if each["result_json"] is None else json.loads(each["result_json"]),
            None if each["details"] is None else json.loads(each["details"]),
        )
        for each in table
    ]  # fmt: skip


def test_a_closed_day_is_what_the_store_has(open_: Connection, streams: list[int], tmp_path: Path) -> None:
    fill(open_, streams)
    made = close_days(open_, tmp_path, NOW)
    days = sorted({row[1].astimezone(BEIJING).date() for row in rows(open_)})
    assert [each.day for each in made] == days and len(days) == 5
    for each in made:
        path = tmp_path / each.path
        assert in_file(path) == rows(open_, each.day)
        assert hashlib.sha256(path.read_bytes()).digest() == each.sha256
        assert path.stat().st_size == each.bytes
    assert sorted(p.name for p in tmp_path.rglob("*") if p.is_file()) == [
        f"{day}.1.parquet" for day in days
    ], "nothing half written is left"
    frame = geopandas.read_parquet(tmp_path / made[1].path)
    assert frame.crs.to_epsg() == 4490
    assert set(frame["thing_key"]) == {f"t{n}" for n in frame["thing"]}
    assert set(frame["property"]) == {"level"} and set(frame["unit"]) == {"m"}
    assert set(frame["layer"]) == {"gauges"}
    places = {stream: set(part.geometry) for stream, part in frame.groupby("datastream")}
    assert places == {
        streams[0]: {shapely.Point(118.7, 36.8)}, streams[1]: {shapely.Point(118.8, 36.9)},
        streams[2]: {None},
    }  # fmt: skip


def test_today_is_not_closed_and_nothing_is_closed_twice(
    open_: Connection, streams: list[int], tmp_path: Path
) -> None:
    fill(open_, streams, hours=30)
    noon = datetime(2024, 2, 29, 12, tzinfo=BEIJING)
    assert [each.day for each in close_days(open_, tmp_path, noon)] == [date(2024, 2, 28)]
    assert close_days(open_, tmp_path, noon) == []
    later = close_days(open_, tmp_path, noon + timedelta(days=1))
    assert [each.day for each in later] == [date(2024, 2, 29)]


def test_a_day_that_changed_gets_a_new_version(open_: Connection, streams: list[int], tmp_path: Path) -> None:
    fill(open_, streams)
    first = {each.day: each for each in close_days(open_, tmp_path, NOW)}
    late, corrected, removed, marked = sorted(first)[:4]
    held = {day: rows(open_, day) for day in first}
    with open_.transaction():
        moment = datetime(late.year, late.month, late.day, 23, 59, tzinfo=BEIJING)
        series.record(open_, [Reading(streams[0], moment, 1.5)])
    with open_.transaction():
        row = held[corrected][3]
        series.record(open_, [Reading(row[7], row[1], 12345.0)])
        row = held[removed][0]
        open_.execute("select observe.remove(%s::int[], %s::timestamptz[])", ([row[7]], [row[1]]))
        row = next(each for each in held[marked] if each[9] != 3)
        open_.execute(
            "select observe.mark(%s::int[], %s::timestamptz[], '{3}', clock_timestamp())",
            ([row[7]], [row[1]]),
        )
    again = close_days(open_, tmp_path, NOW)
    assert [(each.day, each.version) for each in again] == [(day, 2) for day in sorted(first)[:4]]
    for each in again:
        assert in_file(tmp_path / each.path) == rows(open_, each.day)
        assert in_file(tmp_path / first[each.day].path) == held[each.day], "the first version stays"
    assert close_days(open_, tmp_path, NOW) == []


def test_a_day_that_lost_all_its_values_is_told_so(
    open_: Connection, streams: list[int], tmp_path: Path
) -> None:
    with open_.transaction():
        series.record(open_, [Reading(streams[0], FIRST, 1.0)])
    close_days(open_, tmp_path, NOW)
    open_.execute("select observe.remove(%s::int[], %s::timestamptz[])", ([streams[0]], [FIRST]))
    (again,) = close_days(open_, tmp_path, NOW)
    assert (again.version, again.rows, in_file(tmp_path / again.path)) == (2, 0, [])


def test_a_month_leaves_only_after_its_files_and_comes_back_whole(
    open_: Connection, streams: list[int], tmp_path: Path
) -> None:
    fill(open_, streams)
    assert retention.retire(open_, tmp_path, NOW) == [], "without a rule all is kept"
    retention.declare(open_, 5, "试验")
    with pytest.raises(NotClosed, match="2024-02-28"):
        retention.retire(open_, tmp_path, NOW)
    made = close_days(open_, tmp_path, NOW)
    before, rolled = rows(open_), {span: roll_ups(open_, span) for span in ("hour", "day", "month")}
    latest = open_.execute("select * from observe.latest order by datastream").fetchall()

    spoilt = tmp_path / made[0].path
    content = spoilt.read_bytes()
    spoilt.write_bytes(content[:-9] + b"x" + content[-8:])
    with pytest.raises(ArchiveBroken, match="parquet"):
        retention.retire(open_, tmp_path, NOW)
    spoilt.unlink()
    with pytest.raises(ArchiveBroken, match="parquet"):
        retention.retire(open_, tmp_path, NOW)
    assert rows(open_) == before, "nothing left"
    spoilt.write_bytes(content)
    with open_.transaction():
        series.record(open_, [Reading(streams[0], FIRST - timedelta(minutes=5), 3.0)])
    with pytest.raises(NotClosed, match="2024-02-28"):
        retention.retire(open_, tmp_path, NOW)
    close_days(open_, tmp_path, NOW)
    before, rolled = rows(open_), {span: roll_ups(open_, span) for span in rolled}
    latest = open_.execute("select * from observe.latest order by datastream").fetchall()

    gone = retention.retire(open_, tmp_path, NOW)
    assert [each.name for each in gone] == ["2024-02", "2024-03"] == [each.name for each in away(open_)]
    assert rows(open_) == []
    assert {span: roll_ups(open_, span) for span in rolled} == rolled
    assert open_.execute("select * from observe.latest order by datastream").fetchall() == latest
    assert close_days(open_, tmp_path, NOW) == [], "what is away is not closed as empty"

    said = open_.execute(_SAID).fetchall()
    assert said == [(row[7], row[1], row[9]) for row in before if row[9] == Flag.FAIL] != []
    open_.execute("delete from observe.given_flag")  # as where they left before it was written down
    assert retention.restore(open_, tmp_path, "2024-02") + retention.restore(
        open_, tmp_path, "2024-03"
    ) == len(before)
    assert open_.execute(_SAID).fetchall() == said
    assert rows(open_) == before and away(open_) == ()
    assert {span: roll_ups(open_, span) for span in rolled} == rolled
    with pytest.raises(PeriodNotAway):
        retention.restore(open_, tmp_path, "2024-02")
    number = next(row for row in before if row[3] is not None and row[6] is not None)
    with open_.transaction():
        again = series.record(open_, [Reading(number[7], number[1], number[3], source=number[6])])
    assert (again.inserted, again.corrected, again.repeated) == (0, 0, 1), "it is known still"
    assert retention.retire(open_, tmp_path, NOW) == [], "what was brought back stays a while"
    open_.execute("update observe.period_away set restored_at = restored_at - interval '40 days'")
    month = datetime.now(BEIJING)
    assert [each.name for each in retention.retire(open_, tmp_path, month)] == ["2024-02", "2024-03"]


def test_a_period_that_is_away_takes_no_values(open_: Connection, streams: list[int], tmp_path: Path) -> None:
    fill(open_, streams)
    retention.declare(open_, 5, "试验")
    close_days(open_, tmp_path, NOW)
    retention.retire(open_, tmp_path, NOW)
    for many in (1, 2):
        with pytest.raises(series.PeriodClosed, match="2024-02"), open_.transaction():
            series.record(
                open_, [Reading(streams[0], FIRST + timedelta(seconds=n), 1.0) for n in range(many)]
            )
    open_.execute("update observe.datastream set properties = jsonb_build_object('key', 'd' || id)")
    decoded = [
        Decoded(FIRST, 1.0, datastream=f"d{streams[0]}"),
        Decoded(NOW, 2.0, datastream=f"d{streams[0]}"),
    ]
    with open_.transaction():
        told = series.record_decoded(open_, decoded, now=NOW)
    assert (told.inserted, [(each.line, each.code) for each in told.rejects]) == (1, [(0, "period-away")])
    assert "2024-02" in told.rejects[0].zh


@pytest.mark.parametrize(("months", "basis"), [(1, "x"), (0, "x"), (-3, "x"), (24, " ")])
def test_a_rule_says_months_and_a_basis(open_: Connection, months: int, basis: str) -> None:
    with pytest.raises(BadRetention):
        retention.declare(open_, months, basis)
    assert retention.retire(open_, Path("/nowhere"), NOW) == []
