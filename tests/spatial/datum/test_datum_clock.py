"""Time: Beijing days, half-open intervals, the traps of archives and standards."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatial.datum import (
    BEIJING,
    ArchiveClock,
    Interval,
    beijing_day,
    format_instant,
    format_interval,
    instant_of_archive,
    instant_of_gnss,
    parse_instant,
    parse_interval,
)
from spatial.errors import BadTime

NEW_YEAR = datetime(2026, 1, 1, tzinfo=BEIJING)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-01-01T00:00:00+08:00", "2025-12-31T16:00:00"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00"),
        ("2026-01-01t00:00:00z", "2026-01-01T00:00:00"),
        ("2026-01-01 00:00:00+08", "2025-12-31T16:00:00"),
        ("2026-01-01T00:00+0800", "2025-12-31T16:00:00"),
        ("2026-01-01T00:00:00-05:30", "2026-01-01T05:30:00"),
        ("2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00.500000"),
        ("2026-01-01T00:00:00.123456789Z", "2026-01-01T00:00:00.123456"),
        ("2026-01-01", "2025-12-31T16:00:00"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00"),
        ("2017-01-01T07:59:60+08:00", "2017-01-01T00:00:00"),
        ("2026-06-30T23:59:60+08:00", "2026-06-30T16:00:00"),
        ("1988-07-01T12:00:00+08:00", "1988-07-01T04:00:00"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00"),
    ],
)
def test_instants(text, utc):
    instant = parse_instant(text)
    assert instant.astimezone(UTC).replace(tzinfo=None).isoformat() == utc
    assert instant.utcoffset() == timedelta(hours=8)


@pytest.mark.parametrize(
    "text",
    [
        "", "now", "2026", "2026-01", "2026-13-01", "2026-02-29", "20260101", "2026-1-1",
        "2026-01-01T00:00:00", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z",
        "2026-01-01T12:00:60Z", "2026-01-01T00:00:00 08:00", "2026-01-01T00:00:00+24:00",
        "2026-01-01T00:00:00+08:60", "+2026-01-01T00:00:00Z", "12026-01-01T00:00:00Z", "0000-01-01",
        "-0001-01-01T00:00:00Z", "9999-12-31", "9999-12-31T23:59:59+08:00", "infinity", "２０２６-01-01",
        "2026-01-01T00:00:00Asia/Shanghai", "0001-01-01T00:00:00+23:00",
    ],
)  # fmt: skip
def test_no_instants(text):
    with pytest.raises(BadTime) as refusal:
        parse_instant(text)
    assert refusal.value.zh.endswith(text) and refusal.value.en.endswith(text)


def test_a_day_is_the_beijing_day_in_every_year():
    for day in ("1890-05-01", "1988-07-01", "2026-12-31"):
        found = beijing_day(day)
        assert found.start == datetime.fromisoformat(f"{day}T00:00:00+08:00")
        assert found.end - found.start == timedelta(days=1)
    assert beijing_day(date(2026, 1, 1)).start == NEW_YEAR
    with pytest.raises(BadTime):
        beijing_day(NEW_YEAR)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-01-01", "2026-01-01T00:00:00+08:00", "2026-01-02T00:00:00+08:00"),
        ("2026-01-01/2026-01-31", "2026-01-01T00:00:00+08:00", "2026-02-01T00:00:00+08:00"),
        ("2026-01-01T00:00:00Z/..", "2026-01-01T08:00:00+08:00", None),
        ("2026-01-01/", "2026-01-01T00:00:00+08:00", None),
        ("../2026-01-01T00:00:00Z", None, "2026-01-01T08:00:00+08:00"),
        ("/2026-01-01", None, "2026-01-02T00:00:00+08:00"),
        ("../..", None, None),
        ("2026-01-01T00:00:00Z", "2026-01-01T08:00:00+08:00", "2026-01-01T08:00:00+08:00"),
    ],
)
def test_intervals(text, start, end):
    found = parse_interval(text)
    assert found.to_json() == [start, end]
    assert parse_interval(format_interval(found)) == found


@pytest.mark.parametrize(
    "text", ["a/b", "2026-01-02/2026-01-01", "2026-01-01/P1D", "2026/2027", "a/b/c", "../9999-12-31"]
)
def test_no_intervals(text):
    with pytest.raises(BadTime):
        parse_interval(text)


def test_intervals_are_half_open():
    day = beijing_day("2026-01-01")
    assert day.contains(NEW_YEAR) and not day.contains(NEW_YEAR + timedelta(days=1))
    assert not day.overlaps(beijing_day("2026-01-02"))
    assert day.overlaps(parse_interval("2026-01-01T00:00:00+08:00"))
    assert not day.overlaps(parse_interval("2026-01-02T00:00:00+08:00"))
    assert Interval(None, None).contains(NEW_YEAR)
    instant = Interval(NEW_YEAR, NEW_YEAR)
    assert instant.contains(NEW_YEAR) and instant.overlaps(day)


_INSTANTS = st.datetimes(datetime(1, 1, 2), datetime(9998, 12, 30)).map(
    lambda each: each.replace(tzinfo=BEIJING)
)
_BOUNDS = st.one_of(st.none(), _INSTANTS)


@given(_INSTANTS)
def test_text_and_back_is_the_same_instant(instant):
    assert parse_instant(format_instant(instant)) == instant


@given(_BOUNDS, _BOUNDS, _BOUNDS, _BOUNDS)
def test_overlap_is_symmetric_and_means_a_common_instant(a, b, c, d):
    if (a and b and a > b) or (c and d and c > d):
        return
    one, other = Interval(a, b), Interval(c, d)
    assert one.overlaps(other) == other.overlaps(one)
    low = max((each for each in (a, c) if each), default=None)
    inside = low or min((each for each in (b, d) if each), default=NEW_YEAR) - timedelta(microseconds=1)
    assert one.overlaps(other) == (one.contains(inside) and other.contains(inside))


def test_naive_is_refused_everywhere():
    naive = datetime(2026, 1, 1)
    for use in (format_instant, lambda each: Interval(each, None), beijing_day("2026-01-01").contains):
        with pytest.raises(BadTime):
            use(naive)


def test_format_turns_any_zone_to_beijing():
    assert (
        format_instant(datetime(2026, 1, 1, tzinfo=timezone(-timedelta(hours=5))))
        == "2026-01-01T13:00:00+08:00"
    )
    assert format_instant(NEW_YEAR.replace(microsecond=5)) == "2026-01-01T00:00:00.000005+08:00"


@pytest.mark.parametrize(
    ("reading", "civil_offset_h"),
    [
        (datetime(1986, 5, 3, 12), 8),
        (datetime(1986, 5, 5, 12), 9),
        (datetime(1988, 7, 1, 12), 9),
        (datetime(1991, 9, 14, 12), 9),
        (datetime(1992, 7, 1, 12), 8),
    ],
)
def test_archives_choose_their_clock(reading, civil_offset_h):
    standard = instant_of_archive(reading, ArchiveClock.STANDARD)
    civil = instant_of_archive(reading, ArchiveClock.CIVIL)
    assert standard - civil == timedelta(hours=civil_offset_h - 8)
    assert civil.utcoffset() == timedelta(hours=8)


@pytest.mark.parametrize(
    "reading", [datetime(1900, 6, 1), datetime(1986, 5, 4, 2, 30), datetime(1986, 9, 14, 1, 30)]
)
def test_readings_a_civil_clock_does_not_decide(reading):
    with pytest.raises(BadTime):
        instant_of_archive(reading, ArchiveClock.CIVIL)
    assert instant_of_archive(reading, ArchiveClock.STANDARD).replace(tzinfo=None) == reading


def test_gnss_clocks():
    gpst = instant_of_gnss(datetime(2026, 1, 1, 0, 0, 18), "GPST")
    bdt = instant_of_gnss(datetime(2026, 1, 1, 0, 0, 4), "BDT")
    assert gpst == bdt == datetime(2026, 1, 1, tzinfo=UTC)
    for reading, clock in ((datetime(2016, 1, 1), "GPST"), (datetime(2026, 1, 1), "GLONASS")):
        with pytest.raises(BadTime):
            instant_of_gnss(reading, clock)
