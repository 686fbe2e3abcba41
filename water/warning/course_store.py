"""SQL of when levels changed 判据变更时刻: turns of valid time of stations, thresholds and offsets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from psycopg.sql import SQL

from spatial.database import Connection, array_of
from water.moment import Moment

_TURNS: Final = SQL(
    "select distinct e.t from ("
    " select v.valid_from, v.valid_to from history.river_thresholds v where v.station = any(%(ids)s::text[])"
    "   and {believed}"
    " union all select v.valid_from, v.valid_to from history.river_stations v"
    "   where v.fid = any(%(ids)s::text[]) and {believed}"
    "{offsets}"
    ") v, lateral (values (v.valid_from), (v.valid_to)) e(t)"
    " where e.t > %(after)s and e.t <= %(until)s order by 1"
)
_OFFSETS: Final = SQL(
    " union all select v.valid_from, v.valid_to from history.river_datum_offsets v where {believed}"
)
_SEASONS: Final = SQL(
    "select distinct v.season_from, v.season_to from history.river_thresholds v"
    " where v.station = any(%(ids)s::text[]) and {believed}"
    " and v.season_from is not null and v.season_to is not null"
    " and v.valid_from <= %(until)s and v.valid_to > %(after)s"
)


def turns(
    connection: Connection, stations: Sequence[str], after: datetime, until: datetime, asof: datetime
) -> list[datetime]:
    """When something that levels of these stations are taken from began or ceased to hold, in order."""
    given = {"ids": array_of(stations), "after": after, "until": until, "asof": asof}
    believed = Moment(until, asof).believed
    # A city may have no layer of offsets yet: then every threshold is in its station's own datum.
    there = connection.execute("select to_regclass('history.river_datum_offsets') is not null").fetchone()
    offsets = _OFFSETS.format(believed=believed) if there and there[0] else SQL("")
    rows = connection.execute(_TURNS.format(believed=believed, offsets=offsets), given).fetchall()
    return [time for (time,) in rows]


def seasons(
    connection: Connection, stations: Sequence[str], after: datetime, until: datetime, asof: datetime
) -> list[tuple[str, str]]:
    """The parts of a year (month and day) in which thresholds of these stations hold."""
    given = {"ids": array_of(stations), "after": after, "until": until, "asof": asof}
    rows = connection.execute(_SEASONS.format(believed=Moment(until, asof).believed), given).fetchall()
    return [(start, end) for start, end in rows]
