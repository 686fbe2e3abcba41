"""SQL of what rules can say of stations 判定结论, now or as it stood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from spatial.database import Connection
from water.warning.colour import Colour

_SAID: Final = """
select * from (
  select distinct on (rule, station) rule, version, station, colour, verdict, missing, heard_at, recorded_at
    from warning.judgement
   where (%(asof)s::timestamptz is null or recorded_at <= %(asof)s)
     and (%(rule)s::text is null or rule = %(rule)s)
     and (%(station)s::text is null or station = %(station)s)
   order by rule, station, id desc) j
 where (%(verdict)s::text is null or verdict = %(verdict)s)
   and (%(after)s::text is null or (rule, station) > (%(after)s, %(after_station)s))
 order by rule, station limit %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Said:
    """What a rule said of a station last."""

    rule: str
    version: int
    station: str
    colour: Colour
    verdict: str
    missing: Sequence[Mapping[str, Any]]
    heard_at: datetime | None
    recorded_at: datetime


def said(
    connection: Connection,
    *,
    rule: str | None = None,
    station: str | None = None,
    verdict: str | None = None,
    asof: datetime | None = None,
    after: tuple[str, str] | None = None,
    limit: int = 100,
) -> tuple[Said, ...]:
    """The newest of each rule and station, in their order, after the last of the page before."""
    rows = connection.execute(
        _SAID,
        {
            "rule": rule,
            "station": station,
            "verdict": verdict,
            "asof": asof,
            "limit": limit,
            "after": after and after[0],
            "after_station": after and after[1],
        },
    ).fetchall()
    return tuple(Said(row[0], row[1], row[2], Colour(row[3]), *row[4:]) for row in rows)
