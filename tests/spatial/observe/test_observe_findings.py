"""Answers to findings: which step follows which, for which of a span, and when a value is raised anew."""

from __future__ import annotations

import sys
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spatial.observe import finding_store, quality, quality_store, series
from spatial.observe.finding import ACTIONS, EmptyNote, FindingStep
from spatial.observe.model import Reading

sys.path.insert(0, str(Path(__file__).parent))
from observed_series import at, datastreams

RULES = """
[[rules]]
property = "level"
basis = "测试"
gross_range = { fail_high = 10.0 }
"""
AFTER = {
    "raised": {"acknowledged"},
    "acknowledged": {"handled"},
    "handled": {"closed", "acknowledged"},
    "closed": set(),
}
"""Written by hand from docs/observations.md."""


def failing(connection: psycopg.Connection[object], count: int) -> int:
    (stream,) = datastreams(connection, 1, properties='{"key": "level"}')
    quality_store.declare(connection, quality.read(RULES))
    series.record(connection, [Reading(stream, at(minute), 20.0 + minute) for minute in range(count)])
    return stream


def states(connection: psycopg.Connection[object], stream: int) -> list[str]:
    rows = connection.execute(
        "select observe.finding_state(datastream, phenomenon_time, max(recorded_at)) from observe.finding"
        " where datastream = %s group by datastream, phenomenon_time order by phenomenon_time",
        (stream,),
    ).fetchall()
    return [state for (state,) in rows]


answers = st.lists(
    st.tuples(st.sampled_from(ACTIONS), st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=12
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(answers)
def test_each_finding_of_a_span_takes_the_step_that_follows(
    scratch: psycopg.Connection[object], asked: list[tuple[str, int, int]]
) -> None:
    with scratch.transaction(force_rollback=True):
        stream = failing(scratch, 5)
        model = ["raised"] * 5
        for action, one, other in asked:
            first, last = sorted((one, other))
            meant = [
                place
                for place in range(first, last + 1)
                if action == "noted" or action in AFTER[model[place]]
            ]
            span = (at(first), at(last))
            if not meant:
                with pytest.raises(FindingStep):
                    finding_store.answer(scratch, stream, span, action, ("王", "生态环境局"), "已到场")
                continue
            done = finding_store.answer(scratch, stream, span, action, ("王", "生态环境局"), "已到场")
            assert (done.count, done.left) == (len(meant), last - first + 1 - len(meant))
            if action != "noted":
                for place in meant:
                    model[place] = action
        assert states(scratch, stream) == model


def test_a_value_that_fails_again_after_a_correction_is_raised_anew(
    connection: psycopg.Connection[object],
) -> None:
    stream = failing(connection, 2)
    connection.commit()
    finding_store.answer(connection, stream, (at(0), at(1)), "acknowledged", ("王", "局"), "")
    connection.commit()
    assert states(connection, stream) == ["acknowledged", "acknowledged"]
    series.record(connection, [Reading(stream, at(0), 99.0)])
    series.record(connection, [Reading(stream, at(1), 5.0)])  # right now: no finding stands
    connection.commit()
    assert states(connection, stream) == ["raised", "acknowledged"]
    with pytest.raises(FindingStep):
        finding_store.answer(connection, stream, (at(1), at(1)), "handled", ("王", "局"), "换了探头")


def test_a_step_says_what_was_done_and_receipts_stay(connection: psycopg.Connection[object]) -> None:
    stream = failing(connection, 1)
    finding_store.answer(connection, stream, (at(0), at(0)), "acknowledged", ("王", "局"), "")
    with pytest.raises(EmptyNote):
        finding_store.answer(connection, stream, (at(0), at(0)), "handled", ("王", "局"), "  ")
    connection.commit()
    for change in ("update observe.finding_answer set note = 'x'", "delete from observe.finding_answer"):
        with pytest.raises(psycopg.Error):
            connection.execute(change)
        connection.rollback()
