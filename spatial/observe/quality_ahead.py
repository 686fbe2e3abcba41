"""Judging a value before it is written 先判后写: what a station sends next, whose judgement changes no other.

The same rules over the same values as :mod:`spatial.observe.quality_store`, which judges what is written
already: a value that gets its flag as it comes is written once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from spatial.database import Connection
from spatial.observe.model import Flag, Reading
from spatial.observe.quality import Rules
from spatial.observe.quality_store import judged_anew
from spatial.observe.quality_window import Row, values_around

_HOLD: Final = "select from observe.latest where datastream = any(%s) order by datastream for update"
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Judged:
    """The flag of a value, the tests that it failed with theirs, and the version of the rules."""

    flag: Flag
    failed: tuple[tuple[str, int], ...]
    version: int


def judge(connection: Connection, readings: Sequence[Reading]) -> dict[int, Judged]:
    """Flags of readings by their place; their datastreams are held from now on, where rules look at them.

    Left out is what has to be judged afterwards: no number, not the latest, not the only one of its
    datastream, compared with neighbours, or changing the judgement of values before it.
    """
    count = Counter(each.datastream for each in readings)
    places = {
        each.datastream: place
        for place, each in enumerate(readings)
        if type(each.result) in (int, float) and count[each.datastream] == 1
    }
    rules = _rules(connection, list(places))
    if not rules:
        return {}
    connection.execute(_HOLD, (list(count),))
    windows = [
        (stream, readings[places[stream]].phenomenon_time, readings[places[stream]].phenomenon_time, wait)
        for stream, wait in ((stream, timedelta(seconds=each.reach_s)) for stream, (_, each) in rules.items())
    ]
    held = dict(values_around(connection, windows))
    found: dict[int, Judged] = {}
    for stream, (version, each) in rules.items():
        place = places[stream]
        made = _judged(readings[place], held.get(stream, []), each, version)
        if made is not None:
            found[place] = made
    return found


def _judged(reading: Reading, before: Sequence[Row], rules: Rules, version: int) -> Judged | None:
    time, number = reading.phenomenon_time, reading.result
    assert isinstance(number, int | float)
    if before and before[-1][1] >= time:
        return None
    said = int(reading.flag or Flag.NOT_EVALUATED)
    row: Row = (reading.datastream, time, time.timestamp(), float(number), said, _NEVER, False)
    marks, findings = judged_anew([*before, row], (time, time), rules, {})
    if any(at != time for _, at, _ in marks):
        return None
    flag = Flag(marks[0][2]) if marks else Flag(said)
    return Judged(flag, tuple((test, worst) for _, _, test, worst in findings), version)


def _rules(connection: Connection, streams: list[int]) -> dict[int, tuple[int, Rules]]:
    """Version and rules by datastream, of those that look at the series alone."""
    rows = connection.execute(
        "select l.datastream, q.version, p.key, q.basis, q.rules"
        " from observe.datastream_property l join observe.observed_property p on p.id = l.observed_property"
        " join lateral (select version, rules, basis from observe.quality_rule q"
        "   where q.observed_property = p.id order by version desc limit 1) q on true"
        " where l.datastream = any(%s)",
        (streams,),
    ).fetchall()
    return {
        stream: (version, Rules(key, basis, tests))
        for stream, version, key, basis, tests in rows
        if "neighbour" not in tests
    }
