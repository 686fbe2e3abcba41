"""How far what was written is published 发布进度, so that nothing is left out over a restart.

A writer takes a number of its own (a transaction id) before it notes when it writes: it locks its datastreams
first. So what was written before the beginning of the oldest transaction that writes now is there to be read,
and stays as it is: that instant is the horizon. Entities note the instant a moment before their transaction
has its number; they are published a little later. The database must let this session see the others: those of
its own role it always sees, those of other roles with ``pg_read_all_stats``.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from datetime import datetime, timedelta

from psycopg.sql import SQL, Identifier

from spatial.database import Connection
from spatial.observe.things.model import Entity
from spatial.observe.things.reached_sql import Scope
from spatial.observe.things.reading_sql import written

ENTITY_MARGIN = timedelta(seconds=2)
STEP = timedelta(seconds=30)
"""What is published in one go after a long absence."""
_LOCK = (7283, 27)
_PAGE = 1000
_WRITERS = """
select min(xact_start) from pg_stat_activity
  where datname = current_database() and backend_xid is not null and pid <> pg_backend_pid()"""

Written = tuple[int, int | None, bool, str]
"""Number, datastream of an observation, whether that is a MultiDatastream, the entity as JSON."""


def alone(connection: Connection) -> bool:
    """Whether this session is the one that publishes, until it ends."""
    row = connection.execute("select pg_try_advisory_lock(%s, %s)", _LOCK).fetchone()
    return bool(row and row[0])


def horizon(connection: Connection) -> datetime:
    """Nothing is written before this instant any more. Not in a transaction: it must see what is now."""
    now = connection.execute("select clock_timestamp()").fetchone()
    oldest = connection.execute(_WRITERS).fetchone()  # asked for afterwards: who begins meanwhile is later
    assert now is not None and oldest is not None  # each gives one row
    found: datetime = now[0] if oldest[0] is None else min(now[0], oldest[0])
    return found


def until(connection: Connection, name: str, begin: datetime) -> datetime:
    """How far it is published under a name; from ``begin`` on where nothing ever was."""
    row = connection.execute("select until from observe.published where name = %s", (name,)).fetchone()
    if row is None:
        reach(connection, name, begin)
        return begin
    found: datetime = row[0]
    return found


def reach(connection: Connection, name: str, instant: datetime) -> None:
    """All before this instant is published."""
    connection.execute(
        "insert into observe.published (name, until) values (%s, %s)"
        " on conflict (name) do update set until = greatest(observe.published.until, excluded.until)",
        (name, instant),
    )


def any_values(connection: Connection, since: datetime) -> bool:
    """Whether values were written since; cheaper than to look for them."""
    row = connection.execute(
        "select exists (select from observe.latest where written_at >= %s)", (since,)
    ).fetchone()
    return bool(row and row[0])


def any_entities(connection: Connection, entity: Entity, since: datetime) -> bool:
    """Whether entities of this type were written since."""
    table = Identifier(*entity.table.split("."))
    row = connection.execute(
        SQL("select exists (select from {} where recorded_at >= %s)").format(table), (since,)
    ).fetchone()
    return bool(row and row[0])


def pages(
    connection: Connection, entity: Entity, scope: Scope, since: datetime, before: datetime
) -> Generator[list[Written]]:
    """What was written in this span, in its order, so many at a time."""
    statement = written(entity, scope, since, before)
    with connection.transaction(), connection.cursor(name="written") as cursor:
        cursor.execute(statement.sql, statement.params)
        while rows := cursor.fetchmany(_PAGE):
            yield rows


def wanted(connection: Connection) -> set[str]:
    """Topics that somebody has asked for."""
    return {topic for (topic,) in connection.execute("select topic from observe.wanted_topic").fetchall()}


def want(connection: Connection, topics: Iterable[str]) -> None:
    """Note topics that somebody asks for."""
    connection.execute(
        "insert into observe.wanted_topic (topic) select distinct unnest(%s::text[])"
        " on conflict (topic) do update set asked_at = clock_timestamp()",
        (list(topics),),
    )
