"""Values in any order: what is believed, what was believed, and what the roll-ups say, against a plain
model."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spatial.database import Connection, connect, transaction
from spatial.datum.clock import BEIJING
from spatial.observe import series, together
from spatial.observe.model import Decoded, Flag, Reading

sys.path.insert(0, str(Path(__file__).parent))
from observed_series import at, datastreams, roll_ups, rolled_up

# A message: which datastream, which of a few instants, a value that adds up exactly, the message's own name.
messages = st.tuples(
    st.integers(0, 2),
    st.integers(-6, 40).map(lambda step: step * 37),
    st.one_of(st.none(), st.integers(-64, 64).map(lambda eighths: eighths / 8)),
    st.one_of(st.none(), st.integers(1, 6)),
    st.sampled_from([None, Flag.PASS, Flag.SUSPECT]),
)
batches = st.lists(
    st.lists(messages, max_size=12) | st.lists(messages, min_size=1, max_size=1), min_size=1, max_size=8
)


def believe(model: dict, past: dict, seen: dict, streams: list[int], batch: list) -> None:
    """What a batch means, one message after the other, in plain Python.

    Nobody sees what stands between two lines of a batch: only what it changes in the end is a version.
    """
    before = dict(model)
    for stream, minutes, value, source, flag in batch:
        key = (streams[stream], at(minutes))
        known = seen.setdefault(key, set())
        if source in known:
            continue
        if key not in model or model[key][0] != value:
            model[key] = (value, flag or (Flag.MISSING if value is None else Flag.NOT_EVALUATED))
        if source is not None:
            known.add(source)
    for key, (value, flag) in before.items():
        if model[key][0] == value:
            model[key] = (value, flag)
        else:
            past.setdefault(key, []).append((value, flag))


def readings(streams: list[int], batch: list) -> list[Reading]:
    return [
        Reading(streams[stream], at(minutes), value, source=source, flag=flag)
        for stream, minutes, value, source, flag in batch
    ]


def held(connection: Connection) -> dict:
    rows = connection.execute(
        "select datastream, phenomenon_time, result_number, flag from observe.observation"
    ).fetchall()
    return {(d, time.astimezone(BEIJING)): (number, flag) for d, time, number, flag in rows}


def agree(connection: Connection, model: dict, past: dict) -> None:
    """What the store tells is what the model says."""
    assert held(connection) == model
    values = [(d, time, flag, number) for (d, time), (number, flag) in model.items()]
    for span in ("hour", "day", "month"):
        assert roll_ups(connection, span) == rolled_up(values, span)
    latest = connection.execute(
        "select datastream, count, first_time, phenomenon_time, result_number, flag from observe.latest"
        " where count > 0"
    ).fetchall()
    assert {row[0] for row in latest} == {d for d, _ in model}
    for d, count, first, last, number, flag in latest:
        times = [time for stream, time in model if stream == d]
        assert (count, first, last) == (len(times), min(times), max(times))
        assert (number, flag) == model[(d, max(times))]
    kept = connection.execute(
        "select datastream, phenomenon_time, result_number, flag from observe.superseded"
        " where recorded_at < superseded_at"
    ).fetchall()
    assert sorted(map(repr, kept)) == sorted(
        repr((d, time.astimezone(kept[0][1].tzinfo), number, int(flag)))
        for (d, time), versions in past.items()
        for number, flag in versions
    )


@pytest.mark.parametrize("way", [series.record, together.record], ids=["batch", "together"])
@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(sent=batches)
def test_any_order_of_messages_is_as_one_after_the_other(
    scratch: psycopg.Connection[object], way: Callable[[Connection, list[Reading]], object], sent: list
) -> None:
    connection = scratch
    with connection.transaction(force_rollback=True):
        streams = datastreams(connection, 3)
        model: dict = {}
        past: dict = {}
        seen: dict = {}
        for batch in sent:
            believe(model, past, seen, streams, batch)
            way(  # one alone goes another way than many
                connection,
                readings(streams, batch),
            )
        agree(connection, model, past)


@pytest.mark.parametrize("seed", range(8))
def test_a_long_batch_corrects_as_its_messages_one_by_one_would(
    scratch: psycopg.Connection[object], seed: int
) -> None:
    """Most of what its datastreams hold there is read in one go; hours that it tells whole, from it alone."""
    dice = random.Random(seed)
    connection = scratch
    with connection.transaction(force_rollback=True):
        streams = datastreams(connection, 3)
        model: dict = {}
        past: dict = {}
        seen: dict = {}
        flags = [None, None, None, Flag.PASS, Flag.SUSPECT]
        for told, changed in ((1.0, 1.0), (0.95, 0.3), (1.0, 1.0), (0.97, 0.0), (0.99, 0.8)):
            batch = [
                (
                    stream,
                    step * 5,
                    dice.randint(-64, 64) / 8 if dice.random() < changed else 1.0,
                    dice.choice((None, None, dice.randint(1, 3))),
                    dice.choice(flags),
                )
                for stream in range(2)
                for step in range(400)
                if dice.random() < told
            ]
            batch += [(2, 900 + step, dice.random() // 0.125 / 8, None, None) for step in range(3)]
            if dice.random() < 0.5:
                dice.shuffle(batch)
            believe(model, past, seen, streams, batch)
            series.record(
                connection,
                readings(streams, batch),
            )
        agree(connection, model, past)


def test_what_was_known_before_a_correction_is_found(connection: psycopg.Connection[object]) -> None:
    (stream,) = datastreams(connection, 1)
    first = series.record(connection, [Reading(stream, at(0), 1.0), Reading(stream, at(5), 2.0)])
    connection.commit()
    second = series.record(connection, [Reading(stream, at(0), 10.0)])
    connection.commit()
    assert (second.inserted, second.corrected) == (0, 1)
    assert first.recorded_at is not None and second.recorded_at is not None

    def believed(asof: datetime | None) -> list:
        with transaction(connection, asof=asof):
            return connection.execute(
                "select result_number from observe.believed order by phenomenon_time"
            ).fetchall()

    assert believed(None) == [(10.0,), (2.0,)]
    assert believed(first.recorded_at) == [(1.0,), (2.0,)]
    assert believed(first.recorded_at - timedelta(microseconds=1)) == []
    connection.execute("select observe.remove(%s, %s)", ([stream], [at(0)]))
    connection.commit()
    assert believed(None) == [(2.0,)]
    assert believed(second.recorded_at) == [(10.0,), (2.0,)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("delete from observe.superseded")


def test_a_message_again_after_a_correction_changes_nothing(connection: psycopg.Connection[object]) -> None:
    (stream,) = datastreams(connection, 1)
    one = Reading(stream, at(0), 5.0, source=1)
    twin = Reading(stream, at(0), 5.0, source=2)
    corrected = Reading(stream, at(0), 6.0, source=3)
    for each, outcome in (
        (one, (1, 0, 0)),
        (twin, (0, 0, 1)),
        (corrected, (0, 1, 0)),
        (one, (0, 0, 1)),
        (twin, (0, 0, 1)),
    ):
        found = series.record(connection, [each])
        connection.commit()
        assert (found.inserted, found.corrected, found.repeated) == outcome
    assert connection.execute("select result_number from observe.observation").fetchall() == [(6.0,)]


def test_partitions_are_made_on_demand_and_numbers_name_them(connection: psycopg.Connection[object]) -> None:
    (stream,) = datastreams(connection, 1)
    times = [datetime(year, 7, 3, 12, tzinfo=BEIJING) for year in (1956, 2009, 2010, 2031)]
    series.record(connection, [Reading(stream, time, 1.0) for time in times])
    rows = connection.execute(
        "select tableoid::regclass::text, id from observe.observation order by phenomenon_time"
    ).fetchall()
    assert [name for name, _ in rows] == [
        f"observe.observation_{name}" for name in ("1956", "2009", "2010_07", "2031_07")
    ]
    assert all(id < 2**53 for _, id in rows)
    assert [id >> 40 for _, id in rows] == [156 * 12, 209 * 12, 210 * 12 + 6, 231 * 12 + 6]


def test_writers_of_one_datastream_follow_one_another(database: str) -> None:
    with connect(database) as one, connect(database) as two:
        (stream,) = datastreams(one, 1)
        one.commit()
        series.record(one, [Reading(stream, at(0), 1.0)])
        two.execute("set lock_timeout = '100ms'")
        two.commit()
        with pytest.raises(psycopg.errors.LockNotAvailable):
            series.record(two, [Reading(stream, at(1), 1.0)])
        two.rollback()
        one.commit()
        series.record(two, [Reading(stream, at(1), 2.0), Reading(stream, at(0), 3.0)])
        two.commit()
        (row,) = two.execute("select sum(count), sum(total) from observe.roll_up_hour").fetchall()
        assert row == (2, 5.0)


def test_decoded_values_find_their_datastream_and_the_rest_is_told(
    connection: psycopg.Connection[object],
) -> None:
    one, two = datastreams(connection, 2, properties='{"key": "level"}')
    connection.execute("update observe.thing set properties = jsonb_build_object('key', 'dev' || id)")
    connection.execute(
        'update observe.datastream set properties = \'{"key": "second"}\', unit = \'{"symbol": "m"}\''
        " where id = %s",
        (two,),
    )
    ((device,),) = connection.execute(
        "select t.key from observe.thing t join observe.datastream d on d.thing = t.id where d.id = %s",
        (one,),
    ).fetchall()
    now = at(60)
    found = series.record_decoded(
        connection,
        [
            Decoded(at(0), 1.5, device=device, property="level", message=b"\x01\x02"),
            Decoded(at(0), 2.5, datastream="second"),
            Decoded(at(0), 1.0, device="nobody", property="level"),
            Decoded(at(0), float("nan"), datastream="second"),
            Decoded(at(121), 1.0, datastream="second"),
            Decoded(at(0), 1.5, device=device, property="level", message=b"\x01\x02"),
            Decoded(at(1), 150.0, datastream="second", unit="cm"),
            Decoded(at(2), 1.5, datastream="second", unit="m"),
            Decoded(at(3), 1.5, device=device, property="level", unit="cm"),
        ],
        now=now,
    )
    # Where no unit is registered, as of the first, none can be wrong.
    assert (found.inserted, found.repeated) == (4, 1)
    assert [(each.line, each.code) for each in found.rejects] == [
        (2, "unknown-datastream"),
        (3, "not-a-number"),
        (4, "clock-ahead"),
        (6, "wrong-unit"),
    ]
    assert all(each.zh and each.en for each in found.rejects)


def test_an_unknown_datastream_is_refused_and_nothing_is_written(
    connection: psycopg.Connection[object],
) -> None:
    (stream,) = datastreams(connection, 1)
    connection.commit()
    with pytest.raises(series.NoSuchDatastream):
        series.record(connection, [Reading(stream, at(0), 1.0), Reading(stream + 9, at(0), 1.0)])
    connection.rollback()
    assert connection.execute("select count(*) from observe.observation").fetchone() == (0,)
