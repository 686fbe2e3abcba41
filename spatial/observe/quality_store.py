"""Rules of quality control in the database, and their judgement of what was just written.

It runs in the transaction of the write. A value that a later one changes the judgement of (a spike shows
with its successor) gets its flag as a new version; the old one is kept with the instants it was believed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from psycopg.types.json import Jsonb

from spatial.database import Connection, array_of
from spatial.errors import NotFound
from spatial.observe.model import Flag
from spatial.observe.quality import Rules, assess, worst
from spatial.observe.quality_neighbours import medians_near
from spatial.observe.quality_window import Row, values_around

Found = tuple[int, datetime, str, int]


_PASS, _UNKNOWN, _FAULTS = int(Flag.PASS), int(Flag.NOT_EVALUATED), (int(Flag.SUSPECT), int(Flag.FAIL))


class NoSuchProperty(NotFound):
    """No observed property of that key 无此观测属性."""

    code = "no-such-observed-property"


def declare(connection: Connection, rules: Iterable[Rules]) -> int:
    """Make rules the ones in force, each a new version of its property's; how many differ from before."""
    changed = 0
    for each in rules:
        row = connection.execute(
            "select id from observe.observed_property where key = %s", (each.of,)
        ).fetchone()
        if row is None:
            raise NoSuchProperty(
                f"没有登记的观测属性,请先登记:{each.of}",
                f"no such observed property, register it first: {each.of}",
                value=each.of,
            )
        changed += connection.execute(
            "insert into observe.quality_rule (observed_property, version, rules, basis)"
            " select %(p)s, coalesce(max(version), 0) + 1, %(rules)s, %(basis)s from observe.quality_rule"
            " where observed_property = %(p)s"
            " having coalesce((array_agg(rules order by version desc))[1] <> %(rules)s"
            " or (array_agg(basis order by version desc))[1] <> %(basis)s, true)",
            {"p": row[0], "rules": Jsonb(dict(each.tests)), "basis": each.basis},
        ).rowcount
    return changed


def assess_staged(connection: Connection, since: datetime) -> None:
    """Judge the values of ``observe_ready``, and those around them whose judgement they change."""
    touched = connection.execute(
        "select r.datastream, min(r.phenomenon_time), max(r.phenomenon_time), q.version, q.rules,"
        " p.key, q.basis"
        " from observe_ready r join observe.datastream_property l using (datastream)"
        " join observe.datastream d on d.id = r.datastream and not d.multi"
        " join observe.observed_property p on p.id = l.observed_property"
        " join lateral (select version, rules, basis from observe.quality_rule q"
        "   where q.observed_property = p.id order by version desc limit 1) q on true"
        " where r.verdict in ('new', 'corrected') and exists (select from observe.quality_rule)"
        " group by r.datastream, q.version, q.rules, p.key, q.basis order by 1"
    ).fetchall()
    if not touched:
        return
    versions = {row[0]: row[3] for row in touched}
    rules = {row[0]: Rules(row[5], row[6], row[4]) for row in touched}
    marks: list[tuple[int, datetime, int]] = []
    findings: list[Found] = []
    windows = [(row[0], row[1], row[2], timedelta(seconds=rules[row[0]].reach_s)) for row in touched]
    spans = {row[0]: (row[1], row[2]) for row in touched}
    near = medians_near(
        connection,
        [
            (row[0], row[1], row[2], rules[row[0]].tests["neighbour"])
            for row in touched
            if "neighbour" in rules[row[0]].tests
        ],
    )
    for datastream, rows in values_around(connection, windows):
        beside = near.get(datastream, {})
        made, found = judged_anew(rows, spans[datastream], rules[datastream], beside)
        marks += made
        findings += found
    if not marks:
        return
    streams, times, flags = (list(column) for column in zip(*marks, strict=True))
    connection.execute(
        "select observe.mark(%s::int[], %s::timestamptz[], %s::smallint[], %s)",
        (array_of(streams), array_of(times), array_of(flags), since),
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into observe.finding (datastream, phenomenon_time, recorded_at, test, flag, version)"
            " values (%s, %s, %s, %s, %s, %s)",
            [(d, time, since, test, flag, versions[d]) for d, time, test, flag in findings],
        )


def judged_anew(
    rows: list[Row], span: tuple[datetime, datetime], rules: Rules, near: Mapping[datetime, float]
) -> tuple[list[tuple[int, datetime, int]], list[Found]]:
    """Flags that differ from what is held, and why."""
    times_s = np.array([row[2] for row in rows])
    values = np.array([row[3] for row in rows])
    tests = assess(times_s, values, rules)
    if "neighbour" in rules.tests:
        tests["neighbour"] = _beside(rows, values, near, rules.tests["neighbour"]["suspect"])
    flags = worst(tests, len(rows))
    # The value before may have become a spike; those after have another value before them.
    first = max(int(np.searchsorted(times_s, span[0].timestamp())) - 1, 0)
    following = int(np.searchsorted(times_s, span[1].timestamp(), side="right"))
    last_s = max([span[1].timestamp(), *times_s[following : following + 1]]) + rules.reach_s
    marks: list[tuple[int, datetime, int]] = []
    findings: list[Found] = []
    for place in range(first, len(rows)):
        if times_s[place] > last_s:
            break
        datastream, time, _, _, held, _, found_before = rows[place]
        judged = int(flags[place])
        said = held if held in _FAULTS and not found_before else 0
        if judged == _UNKNOWN and not said and held == _PASS:
            judged = held  # passed by whoever gave it, and no rule looked
        judged = max(judged, said) if said else judged
        if judged != held:
            marks.append((datastream, time, judged))
            findings += [
                (datastream, time, name, int(each[place]))
                for name, each in tests.items()
                if each[place] in _FAULTS
            ]
    return marks, findings


def _beside(rows: list[Row], values: Any, near: Mapping[datetime, float], limit: float) -> Any:
    """Against the median of the neighbours, where there are any."""
    flags = np.full(len(rows), Flag.NOT_EVALUATED, np.int16)
    for place, row in enumerate(rows):
        if row[1] in near:
            flags[place] = Flag.SUSPECT if abs(values[place] - near[row[1]]) > limit else Flag.PASS
    return flags
