"""The tally of versions 版本计数 counted anew from all of them, and where the one that is kept differs.

A feature's versions are followed through its changesets in one sweep, the believed
ones in order of their times, so that one with thousands of versions costs no more
for each of them than any other. Instants are seconds since 1970 here, which can be
infinite, as the end of a version is; microseconds are exact in them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from psycopg.sql import SQL, Identifier

from spatial.database import Connection
from spatial.datum import BEIJING

Line = tuple[int, float, float, float | None]
"""Changeset, valid from, valid to, start of the feature's next version as believed after the changeset."""
Version = tuple[float, float, int, int | None]
"""Valid from, valid to, changeset that opened it, changeset that closed it."""
_READ_AT_ONCE = 20_000

_ONCE = SQL(
    """
    select k.changeset, date_part('epoch', o.valid_from), date_part('epoch', o.valid_to),
      sum(k.number)::bigint
    from (
      select min(valid_from) valid_from, min(valid_to) valid_to,
        min(opened_by) opened_by, min(closed_by) closed_by
      from {history} group by fid having count(*) = 1) o,
      lateral (values (o.opened_by, 1), (o.closed_by, -1)) k (changeset, number)
    where k.changeset is not null
    group by k.changeset, o.valid_from, o.valid_to
    """
)
_OFTEN = SQL(
    """
    select v.fid, date_part('epoch', v.valid_from), date_part('epoch', v.valid_to), v.opened_by, v.closed_by
    from {history} v join (select fid from {history} group by fid having count(*) > 1) often using (fid)
    order by v.fid
    """
)
_KEPT = """
    select changeset, date_part('epoch', valid_from), date_part('epoch', valid_to),
      date_part('epoch', next_from), sum(number)::bigint
    from history.tally where layer = %s group by changeset, valid_from, valid_to, next_from
    having sum(number) <> 0
"""


@dataclass(slots=True)
class Difference:
    """Of one changeset, the lines in which the tally that is kept is not that of the versions."""

    changeset: int
    lines: int = 0
    wanted: int = 0
    """What these lines were to count."""
    kept: int = 0
    _first: float = field(default=float("inf"))

    @property
    def first(self) -> str:
        """The earliest start of a valid time among them."""
        try:
            return datetime.fromtimestamp(self._first, BEIJING).isoformat()
        except (OverflowError, ValueError):
            return str(self._first)

    def add(self, line: Line, wanted: int, kept: int) -> None:
        """One more line."""
        self.lines += 1
        self.wanted += wanted
        self.kept += kept
        self._first = min(self._first, line[1])


def differences(conn: Connection, layer: str) -> list[Difference]:
    """Where the tally of a layer is not that of its versions, by changeset; nothing where all is well."""
    name = conn.execute("select name from history.layout where layer = %s", (layer,)).fetchone()
    if name is None:
        return []
    wanted = _counted(conn, name[0])
    kept: dict[Line, int] = {tuple(line): number for *line, number in conn.execute(_KEPT, (layer,))}
    found: dict[int, Difference] = {}
    for line in wanted.keys() | kept.keys():
        one, other = wanted.get(line, 0), kept.get(line, 0)
        if one != other:
            found.setdefault(line[0], Difference(line[0])).add(line, one, other)
    return [found[changeset] for changeset in sorted(found)]


def _counted(conn: Connection, name: str) -> Counter[Line]:
    history = Identifier("history", name)
    counted: Counter[Line] = Counter()
    for changeset, begin, end, number in conn.execute(_ONCE.format(history=history)):
        counted[changeset, begin, end, None] += number
    with conn.cursor(name="versions") as cursor:
        cursor.itersize = _READ_AT_ONCE
        cursor.execute(_OFTEN.format(history=history))
        for _, rows in groupby(cursor, itemgetter(0)):
            for line, number in lines((begin, end, opened, closed) for _, begin, end, opened, closed in rows):
                counted[line] += number
    return counted


def lines(versions: Iterable[Version]) -> Iterator[tuple[Line, int]]:
    """What the versions of one feature bring into belief (+1) and take out of it (-1).

    >>> march = [(0.0, float("inf"), 1, 2), (0.0, 5.0, 2, None), (5.0, float("inf"), 2, None)]
    >>> for line, number in lines(march): print(line, number)
    (1, 0.0, inf, None) 1
    (2, 0.0, inf, None) -1
    (2, 0.0, 5.0, 5.0) 1
    (2, 5.0, inf, None) 1
    """
    closings: dict[int, list[float]] = defaultdict(list)
    openings: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for begin, end, opened, closed in versions:
        openings[opened].append((begin, end))
        if closed is not None:
            closings[closed].append(begin)
    starts: list[float] = []
    """Of the versions believed, in order."""
    told: dict[float, tuple[float, float | None]] = {}
    """End and next start of each of them, as counted."""
    for changeset in sorted({*openings, *closings}):
        for begin in closings[changeset]:
            end, following = told.pop(begin)
            yield (changeset, begin, end, following), -1
            del starts[bisect_left(starts, begin)]
        for begin, _ in openings[changeset]:
            starts.insert(bisect_left(starts, begin), begin)
        ends = dict(openings[changeset])
        touched = set(ends)
        for begin in (*closings[changeset], *ends):
            at = bisect_left(starts, begin)
            if at:
                touched.add(starts[at - 1])
        for begin in sorted(touched):
            at = bisect_left(starts, begin) + 1
            following = starts[at] if at < len(starts) else None
            before = told.get(begin)
            end = ends[begin] if before is None else before[0]
            if before == (end, following):
                continue
            if before is not None:
                yield (changeset, begin, *before), -1
            told[begin] = (end, following)
            yield (changeset, begin, end, following), 1
