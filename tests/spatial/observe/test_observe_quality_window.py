"""What decides about values, read from the partitions round about, is what all partitions would give."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spatial.observe import quality_window, series
from spatial.observe.model import Reading

sys.path.insert(0, str(Path(__file__).parent))
from observed_series import at, datastreams

MINUTES = st.one_of(
    st.integers(0, 400).map(lambda step: step * 5),  # a day and a half of it
    st.integers(-90, 90).map(lambda days: days * 24 * 60),
    st.integers(-4, 4).map(lambda years: years * 366 * 24 * 60),
)
VALUES = st.dictionaries(MINUTES, st.sampled_from([1.0, 2.0, None]), max_size=40)


@given(
    held=st.lists(VALUES, min_size=3, max_size=3),
    firsts=st.lists(MINUTES, min_size=3, max_size=3),
    lengths=st.lists(st.sampled_from([0, 5, 600, 40_000]), min_size=3, max_size=3),
    reaches_h=st.lists(st.sampled_from([0, 1, 6, 100]), min_size=3, max_size=3),
    anews=st.lists(st.booleans(), min_size=3, max_size=3),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_window_holds_what_all_partitions_would_give(
    connection: psycopg.Connection[object],
    held: list[dict[int, float | None]],
    firsts: list[int],
    lengths: list[int],
    reaches_h: list[int],
    anews: list[bool],
) -> None:
    with connection.transaction(force_rollback=True):
        streams = datastreams(connection, 3)
        readings = [
            Reading(stream, at(minute), value)
            for stream, values in zip(streams, held, strict=True)
            for minute, value in values.items()
        ]
        if readings:
            series.record(connection, readings)
        windows = [
            (stream, at(first), at(first + length), timedelta(hours=reach), anew)
            for stream, first, length, reach, anew in zip(
                streams, firsts, lengths, reaches_h, anews, strict=True
            )
        ]
        found = dict(quality_window.values_around(connection, windows))
        expected = {}
        for (stream, first, last, reach, anew), values in zip(windows, held, strict=True):
            times = sorted(at(minute) for minute, value in values.items() if value is not None)
            begin = max((time for time in times if time < first), default=first) - reach
            end = min((time for time in times if time > last), default=last) + reach
            before = [time for time in times if time < begin][-2:]
            after = [time for time in times if time > end][:2]
            within = [time for time in times if begin <= time <= end and not (anew and first <= time <= last)]
            expected[stream] = before + within + after
        assert {
            stream: [quality_window.instant(time_us) for time_us in numbers.times_us.tolist()]
            for stream, numbers in found.items()
        } == {stream: times for stream, times in expected.items() if times}
        for stream, numbers in found.items():
            values = {at(minute): value for minute, value in held[streams.index(stream)].items()}
            assert numbers.values.tolist() == [values[time] for time in expected[stream]]
            assert numbers.times_s.tolist() == [time.timestamp() for time in expected[stream]]
