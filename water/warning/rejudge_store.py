"""SQL of re-judging 重新判定: what came late, where rules stood before it, and what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from psycopg.types.json import Jsonb

from spatial.database import Connection, array_of
from spatial.datum.clock import BEIJING
from water.warning.judge import States, fresh
from water.warning.rejudge import Late, Rejudged

EVERY: Final = timedelta(hours=6)
"""Between two checkpoints."""
_LATE: Final = """
select s.place::int - 1, extract(epoch from min(o.phenomenon_time))::float8,
       count(*) filter (where x.yes is null), count(*) filter (where x.yes)
  from observe.observation o
  join unnest(%(streams)s::int[], %(heard)s::float8[]) with ordinality s(stream, heard_s, place)
    on s.stream = o.datastream and o.phenomenon_time <= to_timestamp(s.heard_s)
  left join lateral (select true as yes from observe.superseded p where p.datastream = o.datastream
    and p.phenomenon_time = o.phenomenon_time limit 1) x on true
 where o.recorded_at > %(before)s and o.recorded_at <= %(asof)s and o.phenomenon_time > %(since)s
 group by 1 order by 1
"""
_STOOD: Final = """
select w.place::int - 1, c.switched, c.since_s, c.heard_s
  from unnest(%(stations)s::text[], %(from)s::float8[]) with ordinality w(station, from_s, place)
  cross join lateral (select switched, since_s, heard_s from warning.checkpoint
    where rule = %(rule)s and station = w.station and at < to_timestamp(w.from_s)
    order by at desc limit 1) c
"""


def late(
    connection: Connection,
    places: Sequence[int],
    datastreams: Sequence[int],
    heard_s: NDArray[np.float64],
    since: datetime,
    before: datetime,
    asof: datetime,
) -> list[Late]:
    """Readings up to what was heard of each series that were recorded between two evaluations."""
    heard = np.isfinite(heard_s)
    if not heard.any():
        return []
    given = {
        "streams": array_of(stream for stream, one in zip(datastreams, heard, strict=True) if one),
        "heard": array_of(heard_s[heard].tolist()),
        "before": before,
        "asof": asof,
        "since": since,
    }
    known = [place for place, one in zip(places, heard, strict=True) if one]
    rows = connection.execute(_LATE, given).fetchall()
    return [Late(known[place], from_s, late_, corrected) for place, from_s, late_, corrected in rows]


def stood(connection: Connection, rule: str, stations: Sequence[str], from_s: Sequence[float]) -> States:
    """Where a rule stood at each station before an instant; fresh where nothing is on record."""
    found = fresh(len(stations))
    rows = connection.execute(
        _STOOD, {"rule": rule, "stations": list(stations), "from": list(from_s)}
    ).fetchall()
    for place, switched, since, heard in rows:
        found.on[place], found.since_s[place], found.heard_s[place] = switched, since, heard
    return found


def reaches_back(connection: Connection) -> datetime | None:
    """From when on time can be judged again: since the oldest state on record, or the first evaluation."""
    row = connection.execute(
        "select (select min(at) from warning.evaluation), (select min(at) from warning.checkpoint)"
    ).fetchone()
    assert row is not None
    first, oldest = row
    return None if oldest == first else oldest or datetime.max.replace(tzinfo=UTC)


def checkpoint(connection: Connection, at: datetime, longest: timedelta) -> None:
    """Keep where every rule stands, every few hours; drop what lies farther back than is judged again."""
    row = connection.execute("select max(at) from warning.checkpoint").fetchone()
    newest = None if row is None else row[0]
    if newest is not None and at - newest < EVERY:
        return
    connection.execute(
        "insert into warning.checkpoint (at, rule, station, switched, since_s, heard_s)"
        " select %s, rule, station, switched, since_s, heard_s from warning.state on conflict do nothing",
        (at,),
    )
    # The last one before the time that late readings are taken from has to stay.
    connection.execute(
        "delete from warning.checkpoint where at < (select max(at) from warning.checkpoint where at < %s)",
        (at - longest,),
    )


def keep(
    connection: Connection,
    evaluation: int,
    rule: str,
    version: int,
    stations: Sequence[str],
    begun: States,
    found: Sequence[Rejudged],
) -> None:
    """Keep what was found; ``begun``: the states that were begun from, by station."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into warning.rejudgement (evaluation, rule, version, station, from_at, late, corrected,"
            " switched, since_s, heard_s, told, found, moves)"
            " values (%s, %s, %s, %s, to_timestamp(%s), %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    *(evaluation, rule, version, stations[each.late.place], each.late.from_s),
                    *(each.late.late, each.late.corrected, begun.on[each.late.place].tolist()),
                    *(begun.since_s[each.late.place].tolist(), float(begun.heard_s[each.late.place])),
                    *(each.told, each.found, Jsonb(each.to_json([_instant(m.at_s) for m in each.moves]))),
                )
                for each in found
            ],
        )


def begun(
    connection: Connection, evaluation: int
) -> Mapping[tuple[str, str], tuple[Sequence[bool], Sequence[float], float]]:
    """The states that an evaluation began from where it judged again, by rule and station."""
    rows: list[tuple[Any, ...]] = connection.execute(
        "select rule, station, switched, since_s, heard_s from warning.rejudgement where evaluation = %s",
        (evaluation,),
    ).fetchall()
    return {(rule, station): (switched, since, heard) for rule, station, switched, since, heard in rows}


def _instant(at_s: float) -> datetime:
    return datetime.fromtimestamp(at_s, UTC).astimezone(BEIJING)
