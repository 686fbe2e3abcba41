"""The statement that tells between which instants the maps of a layer stay as they are, on both axes of time.

On the axis of recorded time a map turns with a changeset; on that of valid time where a
version starts or ends that a changeset brought, believed still or no more. So between two
turns of both axes every instant and belief gives the same map. What later changesets bring
adds turns and takes none away.
"""

from __future__ import annotations

from spatial.history.query import Statement

LINES_MOST = 100_000
"""Lines of the tally that one look reads."""
_MICROSECONDS = "(extract(epoch from {}) * 1000000)::bigint"


def turns(layer: str, since: int, most: int) -> Statement:
    """What changesets after one brought (0: all), in one snapshot; times are microseconds since 1970.

    Columns: the newest of them, null where there is none; when they were recorded; when versions that
    they brought start or end, each list no longer than ``most`` + 1; whether the lists are whole but
    for that. What lies before the year 1 can be asked for by nobody and is left out.
    """
    return Statement(
        "with made as materialized (select id, recorded_at from spatial.changeset"
        " where layer = %s and id > %s order by id desc limit %s),"
        " lines as materialized (select valid_from, valid_to from history.tally"
        " where layer = %s and changeset > %s limit %s),"
        " ends as (select valid_from as at from lines union select valid_to from lines)"
        " select (select max(id) from made),"
        f" array(select {_MICROSECONDS.format('recorded_at')} from made),"
        f" array(select {_MICROSECONDS.format('at')} from ends"
        " where isfinite(at) and at >= '0001-01-01 00:00:00+00' limit %s),"
        " (select count(*) from lines) < %s",
        (layer, since, most + 1, layer, since, LINES_MOST, most + 1, LINES_MOST),
    )
