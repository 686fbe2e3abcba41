"""SQL of evaluations 判定: where each rule stands, what changed, and the warnings that follow."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import orjson
from psycopg.types.json import Jsonb

from spatial.database import Connection, array_of
from water.warning.judge import States, fresh
from water.warning.life import Action

_STANDING: Final = """
select station, switched[1], switched[2], switched[3], switched[4], since_s[1], since_s[2], since_s[3],
  since_s[4], heard_s, verdict, case when missing <> '[]' then missing end
  from warning.state where rule = %s
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a rule stands at stations, and what it could say of them last."""

    states: States
    verdicts: tuple[str, ...]
    """Empty where it was never judged."""
    missing: tuple[list[dict[str, Any]], ...]


@dataclass(frozen=True, slots=True)
class NewStep:
    """A step to be written, of the warning that stands at the station, or that it issues."""

    station: str
    action: Action
    colour: int
    at: datetime
    value: float | None
    evidence: Mapping[str, Any]
    synthetic: bool
    """Of the warning that it issues."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What a rule says of a station now, where that is not what it said before."""

    station: str
    colour: int
    verdict: str
    missing: Sequence[Mapping[str, Any]]
    heard_at: datetime | None


def lock(connection: Connection) -> None:
    """One evaluation at a time: the others wait until this transaction ends."""
    connection.execute("select pg_advisory_xact_lock(hashtextextended('warning.evaluation', 0))")


def clock(connection: Connection) -> datetime:
    """The database's instant."""
    row = connection.execute("select clock_timestamp()").fetchone()
    assert row is not None
    found: datetime = row[0]
    return found


def last(connection: Connection) -> datetime | None:
    """Up to when readings have been judged."""
    row = connection.execute("select max(at) from warning.evaluation").fetchone()
    return None if row is None else row[0]


def believed(connection: Connection) -> datetime | None:
    """What was known at the last evaluation: up to when readings that were recorded have been seen."""
    row = connection.execute("select asof from warning.evaluation order by id desc limit 1").fetchone()
    return None if row is None else row[0]


def evaluated(
    connection: Connection,
    at: datetime,
    asof: datetime,
    rules: Mapping[str, int],
    stations: int,
    readings: int,
    sha256: bytes,
) -> int:
    """Keep an evaluation; its number."""
    row = connection.execute(
        "insert into warning.evaluation (at, asof, rules, stations, readings, inputs_sha256)"
        " values (%s, %s, %s, %s, %s, %s) returning id",
        (at, asof, Jsonb(dict(rules)), stations, readings, sha256),
    ).fetchone()
    assert row is not None
    return int(row[0])


def standing(connection: Connection, rule: str, stations: Sequence[str]) -> Standing:
    """Where a rule stands at these stations, in their order."""
    found = fresh(len(stations))
    verdicts, missing = [""] * len(stations), [list[dict[str, Any]]() for _ in stations]
    places = {station: place for place, station in enumerate(stations)}
    with connection.cursor(binary=True) as cursor:  # numbers one by one: arrays are slow to read
        rows = cursor.execute(_STANDING, (rule,)).fetchall()
    known = [row for row in rows if row[0] in places]
    at = [places[row[0]] for row in known]
    if known:
        figures = np.array([row[1:10] for row in known], np.float64)
        found.on[at], found.since_s[at] = figures[:, :4] != 0, figures[:, 4:8]
        found.heard_s[at] = figures[:, 8]
    for place, row in zip(at, known, strict=True):
        verdicts[place] = row[10]
        if row[11] is not None:
            missing[place] = row[11]
    return Standing(found, tuple(verdicts), tuple(missing))


def stand(
    connection: Connection,
    rule: str,
    stations: Sequence[str],
    states: States,
    verdicts: Sequence[str],
    missing: Sequence[Sequence[Mapping[str, Any]]],
) -> None:
    """Write where a rule stands at these stations now."""
    if not stations:
        return
    rows = zip(
        stations,
        states.on.tolist(),
        states.since_s.tolist(),
        states.heard_s.tolist(),
        verdicts,
        missing,
        strict=True,
    )
    # As text at once: adapting a hundred thousand values one by one took a third of an evaluation.
    text = "".join(
        f"{rule}\t{station}\t{array_of(on)}\t{array_of(since)}\t{heard!r}\t{verdict}\t{_copied(open_)}\n"
        for station, on, since, heard, verdict, open_ in rows
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "create temporary table if not exists standing_now (like warning.state) on commit delete rows"
        )
        with cursor.copy(
            "copy standing_now (rule, station, switched, since_s, heard_s, verdict, missing) from stdin"
        ) as copy:
            copy.write(text)
        known = cursor.execute(
            "update warning.state s set switched = n.switched, since_s = n.since_s, heard_s = n.heard_s,"
            " verdict = n.verdict, missing = n.missing from standing_now n"
            " where s.rule = n.rule and s.station = n.station"
        ).rowcount
        if known < len(stations):
            cursor.execute(
                "insert into warning.state select * from standing_now on conflict (rule, station) do nothing"
            )
        cursor.execute("delete from standing_now")


def _copied(missing: Sequence[Mapping[str, Any]]) -> str:
    """JSON in COPY's text format, where a backslash is written twice."""
    return orjson.dumps(list(missing)).decode().replace("\\", "\\\\") if missing else "[]"


def say(connection: Connection, evaluation: int, rule: str, version: int, changes: Sequence[Changed]) -> None:
    """Keep what a rule says now of stations of which it said something else."""
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "copy warning.judgement (evaluation, rule, version, station, colour, verdict, missing, heard_at)"
            " from stdin"
        ) as copy,
    ):
        for each in changes:
            copy.write_row(
                (
                    *(evaluation, rule, version, each.station, each.colour, each.verdict),
                    *(Jsonb(list(each.missing), orjson.dumps), each.heard_at),
                )
            )


@dataclass(frozen=True, slots=True)
class Open:
    """A warning that stands."""

    warning: int
    colour: int
    steps: int
    """How many it has."""
    lost: bool
    """Its input fell silent."""


def open_warnings(connection: Connection, rule: str, stations: Sequence[str]) -> dict[str, Open]:
    """The warnings of a rule that stand at these stations."""
    rows = connection.execute(
        "select a.station, w.id, s.colour, s.number, coalesce(i.action = 'input-lost', false)"
        " from unnest(%s::text[]) a(station)"
        " cross join lateral (select id from warning.warning where rule = %s and station = a.station"
        "  order by id desc limit 1) w"
        " cross join lateral (select number, action, colour from warning.step where warning = w.id"
        "  order by number desc limit 1) s"
        " left join lateral (select action from warning.step where warning = w.id"
        "  and action in ('input-lost', 'input-back') order by number desc limit 1) i on true"
        " where s.action not in ('cleared', 'cancelled')",
        (array_of(stations), rule),
    ).fetchall()
    return {row[0]: Open(*row[1:]) for row in rows}


def every_open(
    connection: Connection, but: Mapping[str, Collection[str]] = MappingProxyType({})
) -> dict[str, dict[str, Open]]:
    """All warnings that stand, by rule and station: a switch is on and nobody cancelled them; ``but`` those
    of stations that a rule looks after."""
    rows = connection.execute(
        "select rule, array_agg(station order by station) from warning.state where true = any(switched)"
        " group by rule order by rule"
    ).fetchall()
    found = {rule: [each for each in stations if each not in but.get(rule, ())] for rule, stations in rows}
    return {rule: open_warnings(connection, rule, stations) for rule, stations in found.items() if stations}


def write_steps(
    connection: Connection,
    evaluation: int,
    rule: str,
    version: int,
    hazard: str,
    held: Mapping[str, Open],
    steps: Sequence[NewStep],
) -> list[int]:
    """Write what happened, in this order; the numbers of the warnings, new ones included."""
    new = [each for each in steps if each.action is Action.ISSUED]
    numbers = iter(
        connection.execute(
            "select nextval(pg_get_serial_sequence('warning.warning', 'id')) from generate_series(1, %s)",
            (len(new),),
        ).fetchall()
    )
    current = {station: (each.warning, each.steps) for station, each in held.items()}
    issued, told = list[tuple[Any, ...]](), list[tuple[Any, ...]]()
    for each in steps:
        if each.action is Action.ISSUED:
            current[each.station] = (int(next(numbers)[0]), 0)
            issued.append((current[each.station][0], rule, version, each.station, hazard, each.synthetic))
        number, count = current[each.station]
        current[each.station] = (number, count + 1)
        what = (number, count + 1, each.action.value, each.colour, each.at, evaluation, each.value)
        told.append((*what, Jsonb(dict(each.evidence), orjson.dumps), "onemap", "自动 automatic", ""))
    with connection.cursor() as cursor:
        for table, rows in (
            ("warning (id, rule, version, station, hazard, synthetic)", issued),
            (
                "step (warning, number, action, colour, at, evaluation, value, evidence, subject, department,"
                " comment)",
                told,
            ),
        ):
            with cursor.copy(f"copy warning.{table} from stdin") as copy:
                for row in rows:
                    copy.write_row(row)
    return [row[0] for row in told]
