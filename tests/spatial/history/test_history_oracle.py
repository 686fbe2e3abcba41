"""Random histories against an oracle that knows nothing of versions: a value per feature and day."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from datetime import datetime

import orjson
from history_cases import day, deliver, make, point, shown
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spatial.database import Connection
from spatial.history import ledger, read, tally
from spatial.history.model import Column, Delivery, FeatureTable
from spatial.history.order import SortKey
from spatial.history.query import Filter, ItemsQuery, Span

DAYS = 6
"""Days told apart; one more place stands for all that follow."""
FIDS = ("a", "b", "c")
State = dict[str, tuple[str | None, ...]]


@dataclass(frozen=True)
class Row:
    fid: str
    value: str | None
    """None: the feature is not there."""
    start: int | None
    end: int | None


@dataclass(frozen=True)
class Step:
    rows: tuple[Row, ...]
    from_day: int
    full: bool


@st.composite
def steps(draw: st.DrawFn) -> Step:
    fids = draw(st.lists(st.sampled_from(FIDS), unique=True, max_size=3))
    from_day = draw(st.integers(0, DAYS - 1))
    rows = []
    for fid in fids:
        start = draw(st.none() | st.integers(0, DAYS - 1))
        first = from_day if start is None else start
        end = draw(st.none() | st.integers(first + 1, DAYS))
        rows.append(Row(fid, draw(st.sampled_from(("x", "y", "z", None))), start, end))
    return Step(tuple(rows), from_day, draw(st.booleans()))


def after(state: State, step: Step) -> State:
    """The oracle: each stated day takes the stated value; a full delivery silences the rest."""
    result = {fid: list(days) for fid, days in state.items()}
    for row in step.rows:
        first = step.from_day if row.start is None else row.start
        for n in range(first, DAYS + 1 if row.end is None else row.end):
            result[row.fid][n] = row.value
    if step.full:
        for fid in set(FIDS) - {row.fid for row in step.rows}:
            result[fid][step.from_day :] = [None] * (DAYS + 1 - step.from_day)
    return {fid: tuple(days) for fid, days in result.items()}


counter = itertools.count()
SPANS = (
    (Span(day(1), day(4), end_included=False), range(1, 4)),
    (Span(day(1), day(4)), range(1, 5)),
    (Span(day(2), None), range(2, DAYS + 1)),
    (Span(None, day(3), end_included=False), range(3)),
    (Span(None, None), range(DAYS + 1)),
)
"""Stretches of time, and the days that each of them meets."""


def assert_spanned(
    connection: Connection,
    table: FeatureTable,
    span: Span,
    days_of: range,
    asof: datetime | None,
    believed: State,
) -> None:
    """Of a stretch the latest value counts, or the latest that a filter takes; counted and sorted alike."""
    for wanted in (None, "x"):
        expected = {}
        for fid, days in believed.items():
            taken = [days[n] for n in days_of if days[n] is not None and wanted in (None, days[n])]
            if taken:
                expected[fid] = taken[-1]
        column = table.columns[0]
        filters = () if wanted is None else (Filter(column, wanted),)
        query = ItemsQuery(table, at=span, asof=asof, filters=filters, limit=10)
        for each in (query, replace(query, sort=(SortKey(column, descending=True),))):
            statement = read.items(each)
            rows = connection.execute(statement.sql, statement.params).fetchall()
            found = [orjson.loads(row[0]) for row in rows if row[0] is not None]
            assert {one["id"]: one["properties"]["name"] for one in found} == expected
            order = [(-ord(one["properties"]["name"]) if each.sort else 0, one["id"]) for one in found]
            assert order == sorted(order)
        counted = read.matched(query, 100)
        assert connection.execute(counted.sql, counted.params).fetchone() == (len(expected),)


def assert_tallied(connection: Connection, table: FeatureTable) -> None:
    """What was counted changeset by changeset is what counting all versions afterwards gives."""
    columns = "t.changeset, t.valid_from, t.valid_to::text, t.next_from, t.number"
    kept = f"select {columns} from history.tally t where layer = %(layer)s"
    anew = f"select {columns} from history.layout l, history.tally_of(l) t where l.layer = %(layer)s"
    differing = f"(({kept} except {anew}) union all ({anew} except {kept}))"
    assert connection.execute(differing, {"layer": table.layer}).fetchall() == []
    assert tally.differences(connection, table.layer) == [], "nor does the sweep over each feature differ"


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=st.lists(steps(), min_size=1, max_size=6))
def test_reads_equal_the_oracle_on_both_axes(connection: Connection, history: list[Step]) -> None:
    table = FeatureTable(f"oracle-{next(counter)}", (Column("name", "text"),), "Point")
    make(connection, table)
    state: State = dict.fromkeys(FIDS, (None,) * (DAYS + 1))
    seen = []
    for step in history:
        before, state = state, after(state, step)
        rows = [
            {
                "fid": r.fid,
                "remove": r.value is None,
                "name": r.value,
                "geom": point(),
                "valid_from": None if r.start is None else day(r.start),
                "valid_to": None if r.end is None else day(r.end),
            }
            for r in step.rows
        ]
        changeset = deliver(
            connection, table, rows, step.from_day, Delivery.FULL if step.full else Delivery.PARTIAL
        )
        assert (changeset is None) == (state == before), "writes exactly where something changes"
        if changeset is not None:
            seen.append((changeset, state))
    for changeset, believed in seen:
        for span, days_of in SPANS:
            for asof in (
                (None, changeset.recorded_at) if changeset == seen[-1][0] else (changeset.recorded_at,)
            ):
                assert_spanned(connection, table, span, days_of, asof, believed)
        for n in range(DAYS + 1):
            expected = {fid: days[n] for fid, days in believed.items() if days[n] is not None}
            assert shown(connection, table, day(n), changeset.recorded_at) == expected
            counted = read.matched(ItemsQuery(table, at=day(n), asof=changeset.recorded_at), 0)
            assert connection.execute(counted.sql, counted.params).fetchone() == (len(expected),)
    assert_tallied(connection, table)
    assert ledger.verify(connection, table.layer).ok
    connection.rollback()
