"""SQL of the standing watch: what has a limit, what it was queued for, what was written since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from psycopg.types.json import Jsonb

from planning.monitoring.due import Head, Queued, Watched
from spatial.database import Connection

_LOCK = "select pg_try_advisory_xact_lock(hashtextextended('planning.standing_watch', 0))"


def turn(connection: Connection) -> bool:
    """Whether this transaction alone looks for what is due."""
    row = connection.execute(_LOCK).fetchone()
    return row is not None and bool(row[0])


def clock(connection: Connection) -> tuple[datetime, date]:
    """The database's instant, and the day in Beijing."""
    row = connection.execute(
        "select clock_timestamp(), timezone('Asia/Shanghai', clock_timestamp())::date"
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def under_way(connection: Connection) -> bool:
    """Whether a watch that was queued here still goes on."""
    row = connection.execute(
        "select exists (select from planning.standing_watch w join spatial.job j on j.id = w.job"
        " where j.state in ('accepted', 'running'))"
    ).fetchone()
    return row is not None and bool(row[0])


def watched(connection: Connection, day: date) -> list[Watched]:
    """Every limit that has a figure on that day, by region, with what it was last queued for."""
    rows = connection.execute(
        "select l.code, l.region, l.id, w.heads, w.limit_value, w.day,"
        " case when j.state = 'failed' then j.finished_at end"
        " from (select distinct on (code, region) code, region, id from planning.limit_value"
        "  where valid_from <= %s order by code, region, valid_from desc, id desc) l"
        " left join planning.standing_watch w on w.code = l.code and w.region = l.region"
        " left join spatial.job j on j.id = w.job order by l.region, l.code",
        (day,),
    ).fetchall()
    return [
        Watched(code, region, number, (), None if heads is None else Queued(heads, bound, then, failed))
        for code, region, number, heads, bound, then, failed in rows
    ]


def heads(connection: Connection, layers: Iterable[str]) -> dict[str, Head]:
    """The newest changeset of each layer that has one."""
    rows = connection.execute(
        "select l.layer, c.id, c.recorded_at from unnest(%s::text[]) l (layer), lateral"
        " (select id, recorded_at from spatial.changeset where layer = l.layer order by id desc limit 1) c",
        (sorted(set(layers)),),
    ).fetchall()
    return {layer: Head(changeset, recorded_at) for layer, changeset, recorded_at in rows}


def first_after(connection: Connection, since: Mapping[str, int]) -> datetime | None:
    """When the first changeset after these was recorded; 0 stands for none yet."""
    if not since:
        return None
    row = connection.execute(
        "select min(c.recorded_at) from unnest(%s::text[], %s::bigint[]) s (layer, after), lateral"
        " (select recorded_at from spatial.changeset where layer = s.layer and id > s.after"
        "  order by id limit 1) c",
        (list(since), list(since.values())),
    ).fetchone()
    return None if row is None else row[0]


def queued(
    connection: Connection, chosen: Sequence[Watched], found: Mapping[str, Head], day: date, job: str
) -> None:
    """Keep what these limits were queued for."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into planning.standing_watch (code, region, heads, limit_value, day, job)"
            " values (%s, %s, %s, %s, %s, %s) on conflict (code, region) do update set"
            " heads = excluded.heads, limit_value = excluded.limit_value, day = excluded.day,"
            " job = excluded.job",
            [
                (
                    one.code,
                    one.region,
                    Jsonb({layer: found[layer].changeset for layer in one.layers if layer in found}),
                    one.limit_value,
                    day,
                    job,
                )
                for one in chosen
            ],
        )
