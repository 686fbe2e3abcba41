"""Rules of quality control in the database, and their judgement of what is just written.

It runs in the transaction of the write. By rules that look at one series alone many values are judged before
they are written, so that each is written once; few of them, and by rules that look at stations near by,
afterwards. A value that a later one changes the judgement of (a spike shows with its successor) gets its flag
as a new version; the old one is kept with the instants it was believed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
from psycopg.types.json import Jsonb

from spatial.database import Connection, array_of
from spatial.errors import NotFound
from spatial.observe.model import Flag
from spatial.observe.quality import Rules
from spatial.observe.quality_judgement import judged_anew
from spatial.observe.quality_neighbours import medians_near
from spatial.observe.quality_window import (
    NONE,
    STAGED,
    Numbers,
    Window,
    instant,
    micros,
    read,
    values_around,
)

_INSTANT: Final = "timestamptz '2000-01-01 00:00Z' + u.us * interval '1 microsecond'"


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


@dataclass(frozen=True, slots=True)
class Ruled:
    """A datastream of the batch that rules look at, and the span of its values that come or are corrected."""

    datastream: int
    first: datetime
    last: datetime
    version: int
    rules: Rules
    anew: bool = False
    """Every value that it has from the first to the last is in the batch."""

    def window(self, anew: bool) -> Window:
        """What decides about its values, without those that are known ``anew``."""
        return self.datastream, self.first, self.last, timedelta(seconds=self.rules.reach_s), anew

    @property
    def span_us(self) -> tuple[int, int]:
        """First and last as the database counts them."""
        return micros(self.first), micros(self.last)


@dataclass(frozen=True, slots=True)
class Marks:
    """Flags for values that are written already, and findings of any; columns as the database takes them."""

    flags: Sequence[tuple[int, int, int]] = ()
    """Datastream, instant, flag."""
    findings: Sequence[tuple[int, int, str, int, int]] = ()
    """Datastream, instant, test, flag, version of the rules."""


_RULED: Final = (
    "select w.datastream, w.first, w.last, q.version, p.key, q.basis, q.rules"
    " from {} w join observe.datastream_property l using (datastream)"
    " join observe.datastream d on d.id = w.datastream and not d.multi"
    " join observe.observed_property p on p.id = l.observed_property"
    " join lateral (select version, rules, basis from observe.quality_rule q"
    "   where q.observed_property = p.id order by version desc limit 1) q on true order by 1"
)


def ruled(connection: Connection, but: Collection[int]) -> list[Ruled]:
    """The datastreams of ``observe_ready`` that rules look at, but some."""
    rows = connection.execute(
        "with w as materialized ("
        "   select datastream, min(phenomenon_time) as first, max(phenomenon_time) as last"
        "     from observe_ready where verdict in ('new', 'corrected') and datastream <> all(%s::int[])"
        f"       and exists (select from observe.quality_rule) group by 1) {_RULED.format('w')}",
        (list(but),),
    ).fetchall()
    return [
        Ruled(datastream, first, last, version, Rules(key, basis, tests))
        for datastream, first, last, version, key, basis, tests in rows
    ]


def judge_ready(connection: Connection, streams: Sequence[int], dense: bool) -> Marks:
    """Give the values of ``observe_ready`` their flags before they are written; what these change for others
    is told. For rules that look at one series alone, which is judged as if the batch were written.

    Of a ``dense`` batch ``observe_held`` has all that they hold from its first to its last instant.
    """
    ready = _ready(connection, streams) if streams else {}
    if not ready:
        return Marks()
    wanted = _ruled_ahead(connection, ready, dense)
    held = dict(values_around(connection, [each.window(each.anew) for each in wanted]))
    given: list[tuple[int, int, int]] = []
    others: list[tuple[int, int, int]] = []
    findings: list[tuple[int, int, str, int, int]] = []
    for each in wanted:
        mine, written, _ = ready[each.datastream]
        missing = np.isnan(mine.values)
        numbers = mine.with_(NONE, mine.times_us[missing]) if missing.any() else mine
        found = judged_anew(
            held.get(each.datastream, NONE).with_(numbers, mine.times_us), each.span_us, each.rules, {}
        )
        at = np.searchsorted(mine.times_us, found.times_us)
        own = np.take(mine.times_us, at, mode="clip") == found.times_us
        flags = mine.flags.copy()
        flags[at[own]] = found.flags[own]
        differs = (flags != written) & ~missing
        given += _of(each.datastream, mine.times_us[differs], flags[differs])
        others += _of(each.datastream, found.times_us[~own], found.flags[~own])
        findings += [(each.datastream, *told, each.version) for told in found.findings]
    judged = [each for each in given if each[2] != Flag.NOT_EVALUATED]
    if judged:
        connection.execute(_FLAGGED, tuple(map(array_of, zip(*judged, strict=True))))
    if len(judged) < len(given):
        # A giver who said that a value passed is believed where no rule could look.
        unjudged = [each for each in given if each[2] == Flag.NOT_EVALUATED]
        connection.execute(
            f"{_FLAGGED} and not exists (select from observe_staged s where s.line = r.line and s.flag = %s)",
            (*map(array_of, zip(*unjudged, strict=True)), Flag.PASS),
        )
    return Marks(others, findings)


_FLAGGED: Final = (
    "update observe_ready r set flag = u.flag from ("
    f"   select u.d, {_INSTANT} as time, u.flag"
    "     from unnest(%s::int[], %s::bigint[], %s::smallint[]) u(d, us, flag)) u"
    " where r.datastream = u.d and r.phenomenon_time = u.time"
)


def _ruled_ahead(connection: Connection, ready: Mapping[int, _Ready], dense: bool) -> list[Ruled]:
    counts: dict[int, int] = {}
    if dense:
        counts = dict(
            connection.execute("select datastream, count(*) from observe_held group by 1").fetchall()
        )
    spans = [
        (stream, mine.times_us[0].item(), mine.times_us[-1].item()) for stream, (mine, *_) in ready.items()
    ]
    rows = connection.execute(
        _RULED.format(
            "(select u.datastream, u.first, u.last from unnest(%s::int[], %s::bigint[], %s::bigint[])"
            " u(datastream, first, last))"
        ),
        tuple(map(array_of, zip(*spans, strict=True))),
    ).fetchall()
    return [
        Ruled(
            stream,
            instant(first),
            instant(last),
            version,
            Rules(key, basis, tests),
            ready[stream][2] == counts.get(stream),
        )
        for stream, first, last, version, key, basis, tests in rows
    ]


def _of(datastream: int, times_us: Any, flags: Any) -> list[tuple[int, int, int]]:
    return [(datastream, *told) for told in zip(times_us.tolist(), flags.tolist(), strict=True)]


def judge_written(connection: Connection, wanted: Sequence[Ruled]) -> Marks:
    """What is to become of values that were written, and of those around them whose judgement they change.
    Rules may look at stations near by."""
    near = medians_near(
        connection,
        [
            (each.datastream, each.first, each.last, each.rules.tests["neighbour"])
            for each in wanted
            if "neighbour" in each.rules.tests
        ],
    )
    rules = {each.datastream: each for each in wanted}
    flags: list[tuple[int, int, int]] = []
    findings: list[tuple[int, int, str, int, int]] = []
    for datastream, held in values_around(connection, [each.window(False) for each in wanted]):
        each = rules[datastream]
        beside = {micros(time): median for time, median in near.get(datastream, {}).items()}
        found = judged_anew(held, each.span_us, each.rules, beside)
        flags += _of(datastream, found.times_us, found.flags)
        findings += [(datastream, *each_, each.version) for each_ in found.findings]
    return Marks(flags, findings)


def mark(connection: Connection, marks: Marks, since: datetime) -> None:
    """Give written values their new flags and keep the findings."""
    if marks.flags:
        connection.execute(
            f"select observe.mark(%s::int[], array(select {_INSTANT} from unnest(%s::bigint[])"
            " with ordinality u(us, n) order by n), %s::smallint[], %s)",
            (*map(array_of, zip(*marks.flags, strict=True)), since),
        )
    if marks.findings:
        connection.execute(
            "insert into observe.finding (datastream, phenomenon_time, recorded_at, test, flag, version)"
            f" select u.d, {_INSTANT}, %s, u.test, u.flag, u.version"
            " from unnest(%s::int[], %s::bigint[], %s::text[], %s::smallint[], %s::int[])"
            " u(d, us, test, flag, version)",
            (since, *map(array_of, zip(*marks.findings, strict=True))),
        )


_Ready = tuple[Numbers, Any, int]


def _ready(connection: Connection, streams: Sequence[int]) -> dict[int, _Ready]:
    """The values of the batch that are new or corrected, as nobody judged them but who gave them; the flags
    that stand there; and how many are corrected. NaN is what is no number."""
    rows = connection.execute(
        "select r.datastream, count(*) filter (where verdict = 'corrected'),"
        " array_send(array_agg(r.phenomenon_time)),"
        " array_send(array_agg(coalesce(r.result_number, 'NaN'))),"
        f" array_send(array_agg({STAGED})) from observe_ready r"
        " where r.datastream = any(%s) and r.verdict in ('new', 'corrected') group by 1",
        (list(streams),),
    ).fetchall()
    found: dict[int, _Ready] = {}
    for datastream, corrected, *arrays in rows:
        mine = read(*arrays)
        said = np.where(mine.flags == Flag.PASS, np.int16(Flag.NOT_EVALUATED), mine.flags)
        found[datastream] = replace(mine, flags=said), mine.flags, corrected
    return found
