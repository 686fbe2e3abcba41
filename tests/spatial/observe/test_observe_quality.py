"""Quality control against plain loops over the whole series, whatever the order in which values came."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spatial.database import Connection
from spatial.observe import quality, quality_store, series, together
from spatial.observe.model import Flag, Reading

sys.path.insert(0, str(Path(__file__).parent))
from judged_levels import RULES, one_by_one, oracle
from observed_series import at, datastreams, roll_ups, rolled_up

arrivals = st.lists(
    st.lists(
        st.tuples(
            st.sampled_from([0, 5, 10, 15, 20, 30, 45, 50, 55, 60, 62, 150, 155, 200]),
            st.sampled_from([0.0, 0.0, 0.05, 1.0, 3.0, 7.0, 9.0, None]),
        ),
        min_size=1,
        max_size=5,
    ),
    min_size=1,
    max_size=6,
)


@pytest.mark.parametrize(
    ("way", "ahead_from"),
    [(series.record, 0), (series.record, 500), (one_by_one, 0), (one_by_one, 500)],
    ids=["batch ahead", "batch", "together ahead", "together"],
)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(sent=arrivals)
def test_flags_do_not_depend_on_the_order_of_arrival(
    scratch: psycopg.Connection[object],
    monkeypatch: pytest.MonkeyPatch,
    way: Callable[[Connection, list[Reading]], object],
    ahead_from: int,
    sent: list,
) -> None:
    monkeypatch.setattr(series, "AHEAD_FROM", ahead_from)
    connection = scratch
    with connection.transaction(force_rollback=True):
        (stream,) = datastreams(connection, 1, properties='{"key": "level"}')
        assert quality_store.declare(connection, quality.read(RULES)) == 1
        believed: dict[int, float | None] = {}
        for batch in sent:
            for minute, value in batch:
                believed[minute] = value
            way(connection, [Reading(stream, at(minute), value) for minute, value in batch])
        numbers = sorted((minute, value) for minute, value in believed.items() if value is not None)
        expected = oracle(numbers) | {
            minute: Flag.MISSING for minute, value in believed.items() if value is None
        }
        rows = connection.execute(
            "select phenomenon_time, flag, result_number from observe.observation"
        ).fetchall()
        assert {time: flag for time, flag, _ in rows} == {
            at(minute): flag for minute, flag in expected.items()
        }
        values = [(stream, time, flag, number) for time, flag, number in rows]
        for span in ("hour", "day", "month"):
            found, meant = roll_ups(connection, span), rolled_up(values, span)
            assert {key: value[:3] for key, value in found.items()} == {
                key: value[:3] for key, value in meant.items()
            }
            assert all(
                value[3] == pytest.approx(meant[key][3])
                for key, value in found.items()
                if value[3] is not None
            )
        (last,) = connection.execute(
            "select flag from observe.latest where datastream = %s", (stream,)
        ).fetchone() or (0,)
        assert last == expected[max(believed)]
        found_wrong = connection.execute(
            "select distinct f.phenomenon_time from observe.finding f join observe.observation o"
            " using (datastream, phenomenon_time)"
            " where o.flag in (3, 4)"
        ).fetchall()
        wrong = {at(minute) for minute, flag in expected.items() if flag in (Flag.SUSPECT, Flag.FAIL)}
        assert {time for (time,) in found_wrong} == wrong


groups = st.lists(
    st.lists(
        st.tuples(
            st.integers(0, 3),
            st.sampled_from([0, 5, 10, 15, 20, 30, 45, 50, 62, 150, 155, 200, 9_000, 9_005, 90_000]),
            st.sampled_from([0.0, 0.0, 0.05, 1.0, 3.0, 7.0, 9.0, None]),
            st.sampled_from([None, None, None, Flag.PASS, Flag.SUSPECT, Flag.FAIL]),
        ),
        min_size=1,
        max_size=6,
    ),
    min_size=1,
    max_size=6,
)
KEPT = (
    "select phenomenon_time, result_number, flag from observe.observation",
    "select phenomenon_time, result_number, flag from observe.superseded",
    "select phenomenon_time, test, flag, version::float8 from observe.finding",
    "select start, count, minimum, maximum from observe.roll_up_hour",
    "select start, flag, count, maximum from observe.roll_up_month",
    "select phenomenon_time, result_number, flag from observe.latest",
    "select phenomenon_time, flag from observe.given_flag",
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(sent=groups)
def test_stations_judged_in_one_go_are_as_each_by_itself(
    scratch: psycopg.Connection[object], sent: list
) -> None:
    """All tables are as after the long way, value by value; stations fall silent for months, too."""
    connection = scratch
    with connection.transaction(force_rollback=True):
        together_, apart = (
            datastreams(connection, 4, properties=f'{{"key": "{key}"}}') for key in ("level", "other")
        )
        rules = quality.read(RULES)
        assert quality_store.declare(connection, rules) == 1
        quality_store.declare(connection, quality.read(RULES.replace('"level"', '"other"')))
        for group in sent:
            unlike = {(stream, minute): (value, flag) for stream, minute, value, flag in group}
            readings = [
                (stream, at(minute), value, flag) for (stream, minute), (value, flag) in unlike.items()
            ]
            for streams in (together_, apart):
                given = [Reading(streams[n], time, value, flag=flag) for n, time, value, flag in readings]
                if streams is together_:
                    together.record(connection, given)
                    continue
                for each in given:
                    series.record_placed(connection, [(0, each)])
            for stream, other in zip(together_, apart, strict=True):
                for held in KEPT[:1] + KEPT[3:]:
                    found, meant = (
                        sorted(
                            connection.execute(f"{held} where datastream = %s", (each,)).fetchall(), key=str
                        )
                        for each in (stream, other)
                    )
                    assert found == meant, held
        wrong = (
            "select distinct f.phenomenon_time from observe.finding f join observe.observation o"
            " using (datastream, phenomenon_time) where datastream = %s and o.flag in (3, 4)"
        )
        for stream, other in zip(together_, apart, strict=True):
            found, meant = (set(connection.execute(wrong, (each,)).fetchall()) for each in (stream, other))
            assert found == meant


@settings(max_examples=150, deadline=None)
@given(
    told=st.lists(
        st.lists(
            st.tuples(st.sampled_from([1, 60, 300, 1500]), st.sampled_from([0.0, 0.05, 1.0, 3.0, 7.0, 9.0])),
            min_size=1,
            max_size=12,
        ),
        min_size=1,
        max_size=5,
    )
)
def test_series_one_after_the_other_are_judged_each_by_itself(told: list[list[tuple[int, float]]]) -> None:
    (rules,) = quality.read(RULES)
    times = [np.cumsum([float(step) for step, _ in series_]) for series_ in told]
    values = [np.array([value for _, value in series_]) for series_ in told]
    begins = np.cumsum([0, *(len(each) for each in times)])[:-1]
    found = quality.assess(np.concatenate(times), np.concatenate(values), rules, begins)
    alone = [quality.assess(*each, rules) for each in zip(times, values, strict=True)]
    for name, flags in found.items():
        assert flags.tolist() == [flag for each in alone for flag in each[name].tolist()], name


corrections = st.lists(
    st.lists(
        st.tuples(
            st.sampled_from([0, 5, 10, 15, 20, 30, 45, 50, 55, 60, 62, 150, 155, 200]),
            st.sampled_from([0.0, 0.0, 0.05, 1.0, 3.0, 7.0, 9.0, None]),
            st.sampled_from([None, None, None, Flag.PASS, Flag.SUSPECT, Flag.FAIL]),
        ),
        min_size=1,
        max_size=9,
        unique_by=lambda each: each[0],
    ),
    min_size=1,
    max_size=5,
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(sent=corrections)
def test_judged_before_it_is_written_is_as_judged_afterwards(
    scratch: psycopg.Connection[object], monkeypatch: pytest.MonkeyPatch, sent: list
) -> None:
    """Flags, findings and what was believed before, batch by batch; the giver says some of the flags."""
    monkeypatch.setattr(series, "AHEAD_FROM", 0)
    connection = scratch
    with connection.transaction(force_rollback=True):
        (before,) = datastreams(connection, 1, properties='{"key": "level"}')
        (after,) = datastreams(connection, 1, properties='{"key": "unruled"}')
        (rules,) = quality.read(RULES)
        quality_store.declare(connection, [rules])
        for batch in sent:
            series.record(connection, [Reading(before, at(m), value, flag=flag) for m, value, flag in batch])
            recorded = series.record(
                connection, [Reading(after, at(m), value, flag=flag) for m, value, flag in batch]
            )
            first, last = connection.execute(
                "select min(phenomenon_time), max(phenomenon_time) from observe_ready"
                " where verdict in ('new', 'corrected')"
            ).fetchone() or (None, None)
            if first is not None:
                ruled = quality_store.Ruled(after, first, last, 1, rules)
                assert recorded.recorded_at is not None
                marks = quality_store.judge_written(connection, [ruled])
                quality_store.mark(connection, marks, recorded.recorded_at)
            for held in KEPT:
                found, meant = (
                    sorted(connection.execute(f"{held} where datastream = %s", (stream,)).fetchall(), key=str)
                    for stream in (before, after)
                )
                assert found == meant, held


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([1, 5, 60, 300]), st.sampled_from([0.0, 0.5, 1.0, 3.0])), max_size=90),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.integers(1, 2000),
)
def test_a_flat_line_is_as_a_loop_over_every_window_finds_it(
    told: list[tuple[int, float]], tolerance: float, span_s: int
) -> None:
    times_s, values = np.cumsum([float(step) for step, _ in told]), np.array([value for _, value in told])
    expected = []
    for place, now in enumerate(times_s):
        older = [n for n in range(place + 1) if times_s[n] <= now - span_s]
        window = values[older[-1] : place + 1] if older else values[:0]
        flat = bool(older) and max(window) - min(window) <= tolerance
        expected.append(Flag.SUSPECT if flat else Flag.PASS if older else Flag.NOT_EVALUATED)
    rules = quality.Rules(
        "level", "待核", {"flat_line": {"tolerance": tolerance, "suspect_s": float(span_s)}}
    )
    assert list(quality.assess(times_s, values, rules)["flat_line"]) == expected


@pytest.mark.parametrize("more", ["", "neighbour = { radius_m = 10, within_s = 60, suspect = 1 }"])
def test_a_long_batch_is_judged_as_a_short_one_and_all_versions_stay(
    connection: psycopg.Connection[object], more: str
) -> None:
    """More than half a thousand values, which are marked in one go.

    Before they are written; and where stations near by, of which there are none, would be asked, afterwards.
    """
    (stream,) = datastreams(connection, 1, properties='{"key": "level"}')
    quality_store.declare(connection, quality.read(RULES + more))
    numbers = [
        (5 * place, float(place * 7 % 11) if place % 50 == 3 else 0.1 * (place % 9)) for place in range(700)
    ]
    for shift in (0.0, 0.3):
        series.record(connection, [Reading(stream, at(minute), value + shift) for minute, value in numbers])
        connection.commit()
        expected = oracle([(minute, value + shift) for minute, value in numbers])
        rows = connection.execute(
            "select phenomenon_time, flag, result_number from observe.observation order by 1"
        ).fetchall()
        assert [(time, flag) for time, flag, _ in rows] == [
            (at(minute), flag) for minute, flag in sorted(expected.items())
        ]
        found = roll_ups(connection, "hour")
        meant = rolled_up([(stream, time, flag, number) for time, flag, number in rows], "hour")
        assert {key: value[:3] for key, value in found.items()} == {
            key: value[:3] for key, value in meant.items()
        }
    before = connection.execute("select phenomenon_time, flag from observe.superseded order by 1").fetchall()
    first = oracle(numbers)
    assert before == [(at(minute), flag) for minute, flag in sorted(first.items())]
    # What was believed already and gets another flag is kept as it was; what has it is left alone.
    held = connection.execute(
        "select id, phenomenon_time, flag from observe.observation order by 2"
    ).fetchall()
    (found_,) = connection.execute(
        "select observe.mark(array_agg(datastream), array_agg(phenomenon_time),"
        " array_agg(case when flag = 3 then 3 else 4 end::smallint), clock_timestamp())"
        " from observe.observation"
    ).fetchone() or (0,)
    connection.commit()
    changed = [row for row in held if row[2] not in (3, 4)]
    assert found_ == len(changed) > 500
    kept = connection.execute(
        "select id, phenomenon_time, flag from observe.superseded s where superseded_at ="
        " (select max(superseded_at) from observe.superseded) order by 2"
    ).fetchall()
    assert kept == changed
    now = connection.execute(
        "select id, phenomenon_time, flag from observe.observation order by 2"
    ).fetchall()
    assert now == [(id, time, flag if flag in (3, 4) else 4) for id, time, flag in held]
    latest = connection.execute("select flag, count from observe.latest where datastream = %s", (stream,))
    assert latest.fetchone() == (now[-1][2], 700)


def test_a_flag_that_changes_is_a_new_version_and_says_why(connection: psycopg.Connection[object]) -> None:
    (stream,) = datastreams(connection, 1, properties='{"key": "level"}')
    quality_store.declare(connection, quality.read(RULES))
    for minute, value in ((0, 0.0), (5, 1.9), (10, 0.0)):
        series.record(connection, [Reading(stream, at(minute), value)])
        connection.commit()
    assert connection.execute("select phenomenon_time, flag from observe.superseded").fetchall() == []
    for minute, value in ((15, 0.0), (20, 3.0), (25, 0.0)):
        series.record(connection, [Reading(stream, at(minute), value)])
        connection.commit()
    kept = connection.execute(
        "select phenomenon_time, result_number, flag from observe.superseded"
    ).fetchall()
    assert [
        (time, number, flag) for time, number, flag in kept
    ] == []  # the rate failed at once, the spike adds nothing
    found = connection.execute(
        "select test, flag, version from observe.finding where phenomenon_time = %s", (at(20),)
    )
    assert set(found.fetchall()) == {("rate_of_change", Flag.SUSPECT, 1)}


def test_a_spike_shows_with_its_successor(connection: psycopg.Connection[object]) -> None:
    (stream,) = datastreams(connection, 1, properties='{"key": "level"}')
    quality_store.declare(
        connection, quality.read('[[rules]]\nproperty = "level"\nbasis = "待核"\nspike = { fail = 4 }')
    )
    series.record(connection, [Reading(stream, at(0), 0.0), Reading(stream, at(5), 9.0)])
    connection.commit()
    flags = "select flag from observe.observation order by phenomenon_time"
    assert [flag for (flag,) in connection.execute(flags)] == [2, 2]
    series.record(connection, [Reading(stream, at(10), 0.0)])
    connection.commit()
    assert [flag for (flag,) in connection.execute(flags)] == [2, 4, 2]
    assert connection.execute("select phenomenon_time, flag from observe.superseded").fetchall() == [
        (at(5), 2)
    ]
    series.record(connection, [Reading(stream, at(5), 1.0)])
    connection.commit()
    assert [flag for (flag,) in connection.execute(flags)] == [2, 1, 2]


def test_what_the_giver_says_is_not_made_better(connection: psycopg.Connection[object]) -> None:
    (stream,) = datastreams(connection, 1, properties='{"key": "level"}')
    quality_store.declare(connection, quality.read(RULES))
    series.record(
        connection,
        [Reading(stream, at(0), 1.0, flag=Flag.SUSPECT), Reading(stream, at(5), 1.0, flag=Flag.PASS)],
    )
    rows = connection.execute("select flag from observe.observation order by phenomenon_time").fetchall()
    assert rows == [(Flag.SUSPECT,), (Flag.PASS,)]


def test_a_value_apart_from_its_neighbours_is_suspect(connection: psycopg.Connection[object]) -> None:
    streams = datastreams(connection, 5, properties='{"key": "level"}')
    connection.execute(
        "with l as (insert into observe.location (name, encoding_type, location, geom)"
        " select 'l', 'application/geo+json', '{}', ST_SetSRID(ST_MakePoint(118.8 + case when n = 5"
        " then 1 else n * 0.001 end, 36.9), 4490)"
        " from generate_series(1, 5) n returning id)"
        " insert into observe.thing_location select d.thing, l.id from"
        " (select thing, row_number() over (order by id) n from observe.datastream) d"
        " join (select id, row_number() over (order by id) n from l) l using (n)"
    )
    rule = '[[rules]]\nproperty = "level"\nbasis = "待核"\n'
    rule += "neighbour = { radius_m = 2000, within_s = 600, suspect = 3 }"
    quality_store.declare(connection, quality.read(rule))
    first, second, third, odd, far = streams
    series.record(
        connection, [Reading(each, at(n), 1.0 + n) for n, each in enumerate((first, second, third))]
    )
    series.record(
        connection, [Reading(odd, at(5), 6.0), Reading(odd, at(100), 60.0), Reading(far, at(5), 90.0)]
    )
    rows = connection.execute(
        "select phenomenon_time, flag from observe.observation where datastream = any(%s) order by"
        " datastream, 1",
        ([odd, far],),
    ).fetchall()
    assert rows == [(at(5), Flag.SUSPECT), (at(100), Flag.NOT_EVALUATED), (at(5), Flag.NOT_EVALUATED)]


def test_rules_are_versioned_and_kept(connection: psycopg.Connection[object]) -> None:
    datastreams(connection, 1, properties='{"key": "level"}')
    assert quality_store.declare(connection, quality.read(RULES)) == 1
    assert quality_store.declare(connection, quality.read(RULES)) == 0
    assert quality_store.declare(connection, quality.read(RULES.replace("1500", "1800"))) == 1
    rows = connection.execute(
        "select version, rules -> 'gap' from observe.quality_rule order by 1"
    ).fetchall()
    assert rows == [(1, {"suspect_s": 1500.0}), (2, {"suspect_s": 1800.0})]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("update observe.quality_rule set basis = ''")


@pytest.mark.parametrize(
    "text",
    [
        "rules = 5",
        "[[rules]]\nbasis = 'x'",
        "[[rules]]\nproperty = 'p'\nbasis = 'b'\nnosuch = { a = 1 }",
        "[[rules]]\nproperty = 'p'\nbasis = 'b'\nspike = { nosuch = 1 }",
        "[[rules]]\nproperty = 'p'\nbasis = 'b'\ngap = {}",
        "[[rules]]\nproperty = 'p'\nbasis = 'b'\nflat_line = { tolerance = 1 }",
        "[[rules]]\nproperty = 'p'\nspike = { fail = 1 }",
        "[[rules]]\nproperty = 'p'\nbasis = 'b'\nspike = { fail = 'x' }",
        "[[",
        "[other]",
    ],
)
def test_rules_that_cannot_be_meant_are_refused(text: str) -> None:
    with pytest.raises(quality.BadRules):
        quality.read(text)


def test_an_unknown_property_is_refused(connection: psycopg.Connection[object]) -> None:
    with pytest.raises(quality_store.NoSuchProperty):
        quality_store.declare(connection, quality.read(RULES))
