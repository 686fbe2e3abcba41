"""SQL of evaluations 判定: where each rule stands, what changed, and the warnings that follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from spatial.database import Connection
from water.warning.judge import States, fresh
from water.warning.life import Action


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a rule stands at stations, and what it could say of them last."""

    states: States
    verdicts: tuple[str, ...]
    """Empty where it was never judged."""
    missing: tuple[list[dict[str, Any]], ...]


@dataclass(frozen=True, slots=True)
class NewStep:
    """A step to be written; ``warning`` None where it issues one."""

    warning: int | None
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
    rows = connection.execute(
        "select station, switched, since_s, heard_s, verdict, missing from warning.state"
        " where rule = %s and station = any(%s)",
        (rule, list(stations)),
    ).fetchall()
    for station, switched, since, heard, verdict, open_ in rows:
        place = places[station]
        found.on[place], found.since_s[place], found.heard_s[place] = switched, since, heard
        verdicts[place], missing[place] = verdict, open_
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
    with connection.cursor() as cursor:
        cursor.execute(
            "create temporary table if not exists standing_now (like warning.state) on commit delete rows"
        )
        with cursor.copy(
            "copy standing_now (rule, station, switched, since_s, heard_s, verdict, missing) from stdin"
        ) as copy:
            for station, on, since, heard, verdict, open_ in rows:
                copy.write_row((rule, station, on, since, heard, verdict, Jsonb(list(open_))))
        cursor.execute(
            "insert into warning.state select * from standing_now on conflict (rule, station) do update set"
            " switched = excluded.switched, since_s = excluded.since_s, heard_s = excluded.heard_s,"
            " verdict = excluded.verdict, missing = excluded.missing"
        )
        cursor.execute("delete from standing_now")


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
                    *(Jsonb(list(each.missing)), each.heard_at),
                )
            )


def open_warnings(connection: Connection, rule: str) -> dict[str, tuple[int, int, bool]]:
    """The warnings of a rule that stand: by station their number, colour, and whether their input is lost."""
    rows = connection.execute(
        "select w.station, w.id, s.colour, coalesce(i.action = 'input-lost', false) from warning.warning w"
        " cross join lateral (select action, colour from warning.step where warning = w.id"
        "  order by number desc limit 1) s"
        " left join lateral (select action from warning.step where warning = w.id"
        "  and action in ('input-lost', 'input-back') order by number desc limit 1) i on true"
        " where w.rule = %s and s.action not in ('cleared', 'cancelled')",
        (rule,),
    ).fetchall()
    return {station: (number, colour, lost) for station, number, colour, lost in rows}


def write_steps(
    connection: Connection,
    evaluation: int,
    rule: str,
    version: int,
    hazard: str,
    steps: Sequence[NewStep],
) -> list[int]:
    """Write what happened, in this order; the numbers of the warnings, new ones included."""
    issued: dict[str, int] = {}
    told = []
    for each in steps:
        number = each.warning or issued.get(each.station)
        if each.action is Action.ISSUED:
            row = connection.execute(
                "insert into warning.warning (rule, version, station, hazard, synthetic)"
                " values (%s, %s, %s, %s, %s) returning id",
                (rule, version, each.station, hazard, each.synthetic),
            ).fetchone()
            assert row is not None
            number = issued[each.station] = int(row[0])
        assert number is not None
        connection.execute(
            "insert into warning.step (warning, number, action, colour, at, evaluation, value, evidence,"
            " subject, department, comment)"
            " select %s, 1 + count(*), %s, %s, %s, %s, %s, %s, 'onemap', '自动 automatic', ''"
            " from warning.step where warning = %s",
            (
                *(number, each.action.value, each.colour, each.at, evaluation, each.value),
                *(Jsonb(dict(each.evidence)), number),
            ),
        )
        told.append(number)
    return told
