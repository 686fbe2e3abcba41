"""CSV back-fill: each row taken or refused by itself, the file kept and counted once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from table_sink import TABLE, TableSink

from spatial.datum import BEIJING
from spatial.errors import OneMapError
from spatial.observe.telemetry import backfill, store
from spatial.observe.telemetry.errors import BackFillTooLarge, BadBackFill
from spatial.observe.telemetry.model import Quality
from spatial.observe.telemetry.replaying import replay
from spatial.observe.telemetry.store import Listing

NOW = datetime(2026, 11, 27, 10, tzinfo=UTC)
FILE = """设备,要素,时间,数值,单位,备注
sl651:0010100001,sl651:Z,2026/8/1 8:05,0.55,m,ok
sl651:0010100001,sl651:Z,2026-08-01T00:10:00+00:00,0.56,m,
N7,leq,2026-08-01 08:15:00,,dB,missing
"""


def test_rows_become_readings() -> None:
    readings, report = backfill.read(FILE.encode("gb18030"), NOW)
    assert [(each.device, each.observed_property, each.value, each.unit) for each in readings] == [
        ("sl651:0010100001", "sl651:Z", 0.55, "m"),
        ("sl651:0010100001", "sl651:Z", 0.56, "m"),
        ("csv:N7", "csv:leq", None, "dB"),
    ]
    assert [each.time for each in readings] == [
        datetime(2026, 8, 1, 8, minute, tzinfo=BEIJING) for minute in (5, 10, 15)
    ]
    assert readings[2].quality is Quality.MISSING
    assert (report.taken, report.refused, report.passed_over) == (3, 0, ("备注",))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("A,p", "too few columns: 2"),
        ("A B,p,2026-08-01 08:00,1", "no device key: A B"),
        ("A,,2026-08-01 08:00,1", "no property key: "),
        ("A,p,2026-08-01,1", "no time: 2026-08-01"),
        ("A,p,2026-02-30 08:00,1", "no time: 2026-02-30 08:00"),
        ("A,p,2090-08-01 08:00,1", "time in the future: 2090-08-01 08:00"),
        ("A,p,2026-08-01 08:00,NaN", "no number: NaN"),
        ("A,p,2026-08-01 08:00,1e999", "no number: 1e999"),
        ('A,p,2026-08-01 08:00,"1,5"', "no number: 1,5"),
        (
            "A,p,2026-08-01 08:00,1,5",
            "more cells than the header (a decimal point is a '.', what holds a comma is quoted): 5",
        ),
        ('"A\nB",p,2026-08-01 08:00,1', "no device key: A\ufffdB"),
        ("B,p,2026-08-01 08:00,2", "contradicts an earlier row: 2, before 1.0"),
    ],
)
def test_a_row_that_is_refused_takes_no_other_with_it(row: str, said: str) -> None:
    data = f"device,property,time,value\nB,p,2026-08-01 08:00,1\n{row}\nC,p,2026-08-01 08:00,-2.5e1\n"
    readings, report = backfill.read(data.encode(), NOW)
    assert [each.value for each in readings] == [1.0, -25.0]
    assert [(each.row, each.en) for each in report.refusals] == [(3 + row.count("\n"), said)]
    assert report.refusals[0].zh and report.refused == 1


def test_a_row_said_twice_counts_once() -> None:
    data = b"device,property,time,value\nB,p,2026-08-01 08:00,1\nB,p,2026-08-01 08:00:00,1.0\n"
    readings, report = backfill.read(data, NOW)
    assert (len(readings), report.taken, report.repeated, report.refused) == (1, 1, 1, 0)


@pytest.mark.parametrize("header", ["", "device,time,value", "device,设备,property,time,value", 'a,"b'])
def test_a_header_that_cannot_be_meant(header: str) -> None:
    with pytest.raises(BadBackFill):
        backfill.read(header.encode(), NOW)


def test_a_file_that_is_too_large() -> None:
    with pytest.raises(BackFillTooLarge):
        backfill.read(bytes(backfill.LARGEST + 1), NOW)


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
@settings(deadline=None)
def test_no_file_does_harm(data: bytes) -> None:
    for head in (b"", b"device,property,time,value\n"):
        try:
            readings, report = backfill.read(head + data, NOW)
            assert report.taken == len(readings)
        except OneMapError:
            continue


def test_the_file_is_kept_and_counts_once(scratch: psycopg.Connection[Any]) -> None:
    scratch.execute(TABLE)
    data = FILE.encode()
    first = backfill.back_fill(scratch, TableSink(), data, "2026.csv", NOW)
    again = backfill.back_fill(scratch, TableSink(), data, "other.csv", NOW)
    assert (first.taken, first.known, again.known, again.message) == (3, False, True, first.message)
    kept = store.get(scratch, first.message)
    assert (kept.data, kept.channel, kept.peer, kept.state) == (data, "csv", "2026.csv", "accepted")
    assert scratch.execute("select count(*), min(message) from public.reading").fetchone() == (
        3,
        first.message,
    )


def test_a_device_that_the_sink_refuses_is_named_with_its_rows(scratch: psycopg.Connection[Any]) -> None:
    scratch.execute(TABLE)
    """Once it is registered, a replay of the file brings its rows, and so does the file itself."""
    report = backfill.back_fill(scratch, TableSink(unknown="csv:N7"), FILE.encode(), "2026.csv", NOW)
    assert (report.taken, report.refused) == (2, 1)
    assert report.refusals[0].en == "csv:N7, not stored: 1 of 1 values, unknown-device: unknown csv:N7"
    assert scratch.execute("select count(*) from public.reading").fetchone() == (2,)
    (listed,) = store.listed(scratch, Listing(unstored=True))
    assert (listed.number, listed.state, listed.unstored) == (report.message, "accepted", 1)
    assert listed.detail == f"3 readings, 0 rows refused; {report.refusals[0].en}"
    assert replay(scratch, Listing(unstored=True), TableSink()) == {"replayed": 1}
    assert store.listed(scratch, Listing(unstored=True)) == []
    assert scratch.execute("select count(*) from public.reading").fetchone() == (3,)
    scratch.execute("delete from public.reading")
    backfill.back_fill(scratch, TableSink(), FILE.encode(), "2026.csv", NOW)
    assert scratch.execute("select count(*) from public.reading").fetchone() == (3,)


def test_a_file_of_which_nothing_is_taken_is_listed_and_delivered_again_is_taken(
    scratch: psycopg.Connection[Any],
) -> None:
    scratch.execute(TABLE)
    data = b"device,property,time,value\nN7,p,2026-08-01 08:00,1\nN7,p,2026-08-01 09:00,1,5\n"
    backfill.back_fill(scratch, TableSink(unknown="csv:N7"), data, "2026.csv", NOW)
    (listed,) = store.listed(scratch, Listing(reason="unknown-device"))
    assert (listed.data, listed.unstored) == (data, 2)
    assert listed.detail and "line 3: more cells than the header" in listed.detail
    again = backfill.back_fill(scratch, TableSink(), data, "2026.csv", NOW)
    assert (again.known, again.taken, again.refused) == (True, 1, 1)
    assert store.listed(scratch, Listing(reason="unknown-device")) == []
    (listed,) = store.listed(scratch, Listing(unstored=True))
    assert listed.unstored == 1
