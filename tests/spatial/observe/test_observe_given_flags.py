"""What the giver of a value says is wrong with it stays, whatever rules find and take back."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spatial.database import Connection
from spatial.observe import finding_store, quality, quality_store, series, together
from spatial.observe.finding import FindingStep
from spatial.observe.model import Flag, Reading
from spatial.observe.things import values
from spatial.observe.things.model import ENTITIES
from spatial.observe.things.reading_document import Draft

sys.path.insert(0, str(Path(__file__).parent))
from judged_levels import RULES, one_by_one, oracle
from observed_series import at, datastreams

arrivals = st.lists(
    st.lists(
        st.tuples(
            st.sampled_from([0, 5, 10, 15, 20, 30, 45, 62, 150]),
            st.sampled_from([0.0, 0.0, 0.05, 1.0, 3.0, 7.0, 9.0, None]),
            st.sampled_from([None, None, Flag.SUSPECT, Flag.FAIL]),
        ),
        min_size=1,
        max_size=5,
        unique_by=lambda each: each[0],
    ),
    min_size=1,
    max_size=6,
)


def ruled(connection: psycopg.Connection[object]) -> int:
    (stream,) = datastreams(connection, 1, properties='{"key": "level"}')
    assert quality_store.declare(connection, quality.read(RULES)) == 1
    return stream


def flags(connection: psycopg.Connection[object]) -> dict[object, int]:
    return dict(connection.execute("select phenomenon_time, flag from observe.observation").fetchall())


@pytest.mark.parametrize(
    ("way", "ahead_from"),
    [(series.record, 0), (series.record, 500), (one_by_one, 500), (together.record, 500)],
    ids=["batch ahead", "batch", "one by one", "together"],
)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(sent=arrivals)
def test_a_flag_is_the_worse_of_what_rules_find_and_its_giver_says(
    scratch: psycopg.Connection[object],
    monkeypatch: pytest.MonkeyPatch,
    way: Callable[[Connection, list[Reading]], object],
    ahead_from: int,
    sent: list,
) -> None:
    monkeypatch.setattr(series, "AHEAD_FROM", ahead_from)
    with scratch.transaction(force_rollback=True):
        stream = ruled(scratch)
        held: dict[int, tuple[float | None, Flag | None]] = {}
        for batch in sent:
            for minute, value, flag in batch:
                if minute not in held or held[minute][0] != value:  # the same again says nothing
                    held[minute] = value, flag
            way(scratch, [Reading(stream, at(minute), value, flag=flag) for minute, value, flag in batch])
            judged = oracle(
                sorted((minute, value) for minute, (value, _) in held.items() if value is not None)
            )
            expected = {
                at(minute): max(judged[minute], said or 0) if value is not None else said or Flag.MISSING
                for minute, (value, said) in held.items()
            }
            assert flags(scratch) == expected
            told = scratch.execute("select phenomenon_time, flag from observe.given_flag").fetchall()
            assert dict(told) == {at(minute): said for minute, (_, said) in held.items() if said}
        latest = scratch.execute("select flag from observe.latest").fetchone()
        assert latest == (expected[max(expected)],)


@pytest.mark.parametrize(
    "given",
    [
        [(0, 7.0, None), (5, 0.0, Flag.SUSPECT), (0, 0.0, None)],
        [(0, 7.0, None), (5, 0.0, None), (5, 0.05, Flag.FAIL), (0, 0.0, None)],
    ],
    ids=["a rule made it worse", "a rule found fault with the value before"],
)
def test_what_the_giver_said_outlives_the_fault_that_a_rule_found(
    scratch: psycopg.Connection[object], given: list[tuple[int, float, Flag | None]]
) -> None:
    stream = ruled(scratch)
    for minute, value, flag in given:
        series.record(scratch, [Reading(stream, at(minute), value, flag=flag)])
    assert flags(scratch)[at(5)] == next(flag for *_, flag in given if flag is not None)


def test_a_finding_that_was_taken_back_is_no_alarm_though_its_giver_suspects_the_value(
    scratch: psycopg.Connection[object],
) -> None:
    stream = ruled(scratch)
    series.record(scratch, [Reading(stream, at(0), 7.0), Reading(stream, at(5), 0.0, flag=Flag.SUSPECT)])
    assert flags(scratch)[at(5)] == Flag.FAIL
    signed = ("王", "生态环境局")
    with scratch.transaction(force_rollback=True):
        assert finding_store.answer(scratch, stream, (at(5), at(5)), "acknowledged", signed, "").count == 1
    series.record(scratch, [Reading(stream, at(0), 0.0)])
    assert flags(scratch)[at(5)] == Flag.SUSPECT
    with pytest.raises(FindingStep):
        finding_store.answer(scratch, stream, (at(5), at(5)), "acknowledged", signed, "")


def changed(connection: psycopg.Connection[object], minute: int, **told: object) -> None:
    (number,) = connection.execute(
        "select id from observe.observation where phenomenon_time = %s", (at(minute),)
    ).fetchone() or (0,)
    values.correct(connection, Draft(ENTITIES["Observation"], told), number)


def test_a_change_of_other_members_says_no_flag(scratch: psycopg.Connection[object]) -> None:
    """A rule's finding does not become what the giver said; this stays until it is said anew."""
    stream = ruled(scratch)
    series.record(scratch, [Reading(stream, at(0), 7.0), Reading(stream, at(5), 0.0)])
    series.record(scratch, [Reading(stream, at(10), 0.0, flag=Flag.SUSPECT)])
    assert flags(scratch) == {at(0): Flag.SUSPECT, at(5): Flag.FAIL, at(10): Flag.SUSPECT}
    for minute in (0, 5, 10):
        changed(scratch, minute, parameters={"by": "王"})
    assert flags(scratch) == {at(0): Flag.SUSPECT, at(5): Flag.FAIL, at(10): Flag.SUSPECT}
    series.record(scratch, [Reading(stream, at(0), 0.0)])
    assert flags(scratch) == {at(0): Flag.PASS, at(5): Flag.PASS, at(10): Flag.SUSPECT}
    changed(scratch, 10, phenomenonTime=(at(12), None))
    assert flags(scratch)[at(12)] == Flag.SUSPECT
    changed(scratch, 12, qualityFlag=Flag.PASS)
    assert flags(scratch)[at(12)] == Flag.PASS
    assert scratch.execute("select from observe.given_flag").fetchall() == []


def test_what_is_removed_leaves_nothing_to_the_next_value(scratch: psycopg.Connection[object]) -> None:
    stream = ruled(scratch)
    series.record(scratch, [Reading(stream, at(0), 1.0, flag=Flag.FAIL)])
    scratch.execute("select observe.remove(%s, %s)", ([stream], [at(0)]))
    series.record(scratch, [Reading(stream, at(0), 1.0)])
    assert flags(scratch) == {at(0): Flag.PASS}


def test_what_was_held_before_is_read_from_its_faults(scratch: psycopg.Connection[object]) -> None:
    """A fault that no test found is its giver's: the migration fills in what the store had."""
    stream = ruled(scratch)
    (plain,) = datastreams(scratch, 1)
    series.record(scratch, [Reading(stream, at(0), 7.0), Reading(stream, at(5), 7.0, flag=Flag.FAIL)])
    for minute, value, flag in ((0, 7.0, Flag.SUSPECT), (5, None, None)):  # each alone: no rule looks
        series.record(scratch, [Reading(plain, at(minute), value, flag=flag)])
    told = "select datastream, phenomenon_time, flag from observe.given_flag order by 1, 2"
    meant = scratch.execute(told).fetchall()
    assert meant == [(stream, at(5), Flag.FAIL), (plain, at(0), Flag.SUSPECT)]
    scratch.execute("delete from observe.given_flag")
    scratch.execute("delete from observe.finding where phenomenon_time = %s", (at(5),))
    filling = (resources.files("spatial") / "observe/given_flag.sql").read_text(encoding="utf-8")
    for _ in range(2):
        scratch.execute(filling)
        assert scratch.execute(told).fetchall() == meant
