"""SQL of the archive: which days are to be closed, what stands in which file, what is kept, what is away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
from psycopg.sql import SQL, Identifier, Literal

from spatial.database import Connection
from spatial.datum.clock import BEIJING
from spatial.observe.archive.day_file import HELD, TOLD, Known
from spatial.observe.archive.errors import ArchiveBusy
from spatial.observe.away import Away

_LOCK = "7283, 28"
LATE: timedelta = timedelta(hours=1)
"""No write lasts so long from the instant it records to its commit: the next look sees it."""
_COLUMNS = SQL(", ").join(map(Identifier, HELD))
_DAY = "day, version, path, sha256, bytes, rows, digest"
_HASH = "count(*), coalesce(sum(hash_record_extended(o, 0)), 0)::text"


@dataclass(frozen=True, slots=True)
class DayFile:
    """A version of a day as it stands in a file."""

    day: date
    version: int
    path: str
    sha256: bytes
    bytes: int
    rows: int
    digest: int
    """Sum of 64-bit hashes of the rows as the database has them, in any order."""


@dataclass(frozen=True, slots=True)
class Held:
    """What the database has of a day."""

    rows: int
    digest: int


@dataclass(frozen=True, slots=True)
class Summary:
    """Of all days that are closed, by their newest versions."""

    days: int
    first: date | None
    last: date | None
    bytes: int


@contextmanager
def alone(connection: Connection) -> Iterator[None]:
    """Nobody else works on the archive meanwhile."""
    row = connection.execute(f"select pg_try_advisory_lock({_LOCK})").fetchone()
    if row != (True,):
        raise ArchiveBusy(
            "归档正在进行,请稍后重试:observations",
            "somebody else works on the archive, try again later: observations",
            value="observations",
        )
    try:
        yield
    finally:
        connection.execute(f"select pg_advisory_unlock({_LOCK})")


def bounds(day: date) -> tuple[datetime, datetime]:
    """A Beijing day, from its beginning to before the next."""
    start = datetime(day.year, day.month, day.day, tzinfo=BEIJING)
    return start, start + timedelta(days=1)


def to_close(connection: Connection, until: date) -> list[date]:
    """Days before ``until`` that hold values and stand in no file, or were written to since the last look."""
    rows = connection.execute(
        """
        with last as (
          select coalesce(max(started_at), '-infinity') - %(late)s::interval as at from observe.closing),
        closed as (select distinct day from observe.day_file),
        written as (
          select observe.day(o.phenomenon_time) as day from observe.observation o, last
            where o.recorded_at > last.at and o.phenomenon_time < %(until)s
          union
          select observe.day(s.phenomenon_time) from observe.superseded s, last
            where s.superseded_at > last.at and s.phenomenon_time < %(until)s),
        wanted as (
          select day from written where day in (select day from closed)
          union
          select observe.day(r.start) from observe.roll_up_day r
            where r.start < %(until)s and observe.day(r.start) not in (select day from closed))
        select day from wanted w where not exists (
          select from observe.period_away a where a.restored_at is null
            and w.day >= observe.day(a.start) and w.day < observe.day(a.until)) order by day
        """,
        {"late": LATE, "until": bounds(until)[0]},
    ).fetchall()
    return [day for (day,) in rows]


def held(connection: Connection, day: date) -> Held:
    """What the database has of a day."""
    row = connection.execute(
        f"select {_HASH} from observe.observation o where o.phenomenon_time >= %s and o.phenomenon_time < %s",
        bounds(day),
    ).fetchone()
    assert row is not None  # an aggregate gives one
    return Held(row[0], int(row[1]))


def held_by_day(connection: Connection, table: str) -> dict[date, Held]:
    """What a partition has of each of its days."""
    rows = connection.execute(
        SQL(
            "select observe.day(o.phenomenon_time), " + _HASH
            + " from {} o group by 1"
        ).format(Identifier("observe", table))
    ).fetchall()  # fmt: skip
    return {day: Held(rows_, int(digest)) for day, rows_, digest in rows}


def copy_out(connection: Connection, day: date, target: Path) -> None:
    """The believed values of a day as lines of CSV, times in UTC, by datastream and time."""
    start, end = bounds(day)
    connection.execute("set local timezone = 'UTC'")
    query = SQL(
        "copy (select {} from observe.observation where phenomenon_time >= {} and phenomenon_time < {}"
        " order by datastream, phenomenon_time) to stdout (format csv)"
    ).format(_COLUMNS, Literal(start.isoformat()), Literal(end.isoformat()))
    with target.open("wb") as sink, connection.cursor().copy(query) as copy:
        for piece in copy:
            sink.write(piece)


def copy_in(connection: Connection, table: Identifier, source: Path) -> None:
    """Lines of :func:`day_file.lines` into a table."""
    query = SQL("copy {} ({}) from stdin (format csv)").format(table, _COLUMNS)
    with source.open("rb") as lines, connection.cursor().copy(query) as copy:
        while piece := lines.read(1 << 20):
            copy.write(piece)


def known(connection: Connection) -> Known:
    """What files tell of datastreams and features."""
    streams = connection.execute(
        "select d.id, d.key, t.id, t.key, t.layer,"
        " case when not d.multi then coalesce(p.key, p.id::text) end,"
        " case when not d.multi then d.unit ->> 'symbol' end"
        " from observe.datastream d join observe.thing t on t.id = d.thing"
        " left join observe.datastream_property x on x.datastream = d.id and x.position = 0"
        " left join observe.observed_property p on p.id = x.observed_property order by d.id"
    ).fetchall()
    features = connection.execute(
        "select id, case when GeometryType(geom) = 'POINT' then ST_X(geom) else 'NaN' end,"
        " case when GeometryType(geom) = 'POINT' then ST_Y(geom) else 'NaN' end"
        " from observe.feature order by id"
    ).fetchall()
    columns = list(zip(*streams, strict=True)) or [()] * (1 + len(TOLD))
    places = list(zip(*features, strict=True)) or [()] * 3
    return Known(
        np.array(columns[0], np.int64),
        dict(zip(TOLD, columns[1:], strict=True)),
        np.array(places[0], np.int64),
        np.array(places[1], np.float64),
        np.array(places[2], np.float64),
    )


def newest(connection: Connection, first: date, last: date) -> dict[date, DayFile]:
    """The version that counts of each closed day, both days included."""
    rows = connection.execute(
        f"select distinct on (day) {_DAY} from observe.day_file where day between %s and %s"
        " order by day, version desc",
        (first, last),
    ).fetchall()
    return {row[0]: _file(*row) for row in rows}


def summary(connection: Connection) -> Summary:
    """What is closed."""
    row = connection.execute(
        "select count(*), min(day), max(day), coalesce(sum(bytes), 0)::bigint"
        " from (select distinct on (day) day, bytes from observe.day_file order by day, version desc) d"
    ).fetchone()
    assert row is not None  # an aggregate gives one
    return Summary(*row)


def _file(
    day: date, version: int, path: str, sha256: bytes, size: int, rows: int, digest: Decimal
) -> DayFile:
    return DayFile(day, version, path, bytes(sha256), size, rows, int(digest))


def keep(connection: Connection, made: DayFile) -> None:
    """Write down what stands in a file."""
    connection.execute(
        f"insert into observe.day_file ({_DAY}) values (%s, %s, %s, %s, %s, %s, %s)",
        (made.day, made.version, made.path, made.sha256, made.bytes, made.rows, made.digest),
    )


def clock(connection: Connection) -> datetime:
    """The clock of the database, by which writes are recorded."""
    row = connection.execute("select clock_timestamp()").fetchone()
    assert row is not None  # it always has one
    now: datetime = row[0]
    return now


def looked(connection: Connection, started_at: datetime, files: int) -> None:
    """A look at all days came to its end."""
    connection.execute("insert into observe.closing (started_at, files) values (%s, %s)", (started_at, files))


def partitions(connection: Connection) -> list[str]:
    """Names of the partitions."""
    rows: Iterable[tuple[str]] = connection.execute(
        "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid"
        " where i.inhparent = 'observe.observation'::regclass order by 1"
    ).fetchall()
    return [name for (name,) in rows]


def check(connection: Connection, source: Path) -> Held:
    """What the lines of a file would be in the database: brought back for a moment, by themselves."""
    connection.execute(
        "create temporary table if not exists archive_check (like observe.observation) on commit delete rows;"
        " truncate archive_check"
    )
    copy_in(connection, Identifier("archive_check"), source)
    row = connection.execute(f"select {_HASH} from archive_check o").fetchone()
    assert row is not None  # an aggregate gives one
    return Held(row[0], int(row[1]))


def hold_still(connection: Connection, table: str, wait: timedelta) -> None:
    """Nobody writes to a partition until the transaction ends."""
    milliseconds = f"{int(wait.total_seconds() * 1000)}ms"
    connection.execute("select set_config('lock_timeout', %s, true)", (milliseconds,))
    connection.execute(SQL("lock table {} in share mode").format(Identifier("observe", table)))


def let_go(connection: Connection, table: str, period: Away, rows: int) -> None:
    """Take a partition out of the database."""
    name = Identifier("observe", table)
    connection.execute(SQL("alter table observe.observation detach partition {}").format(name))
    connection.execute(SQL("drop table {}").format(name))
    connection.execute(
        "insert into observe.period_away (start, until, rows) values (%s, %s, %s)",
        (period.start, period.until, rows),
    )


def make_room(connection: Connection, table: str) -> Identifier:
    """An empty table that a period is brought back into; writers that need it wait."""
    connection.execute("select pg_advisory_xact_lock(7283, 25)")  # as observe.ensure_period
    name = Identifier("observe", table)
    connection.execute(
        SQL(
            "create table {} (like observe.observation including defaults including constraints)"
            " with (autovacuum_vacuum_insert_scale_factor = 0.05)"
        ).format(name)
    )
    return name


def take_back(connection: Connection, table: str, period: Away) -> None:
    """Attach what was brought back."""
    name = Identifier("observe", table)
    connection.execute(
        SQL("alter table observe.observation attach partition {} for values from ({}) to ({})").format(
            name, Literal(period.start.isoformat()), Literal(period.until.isoformat())
        )
    )
    connection.execute(SQL("grant select on {} to onemap_reader").format(name))
    connection.execute(SQL("analyze {}").format(name))
    # It may have left before it was written down what givers say.
    connection.execute("select observe.read_given_flags(%s, %s)", (period.start, period.until))
    connection.execute(
        "update observe.period_away set restored_at = clock_timestamp()"
        " where start = %s and restored_at is null",
        (period.start,),
    )


def restored_since(connection: Connection, start: datetime, since: datetime) -> bool:
    """Whether a period was brought back lately."""
    row = connection.execute(
        "select exists (select from observe.period_away where start = %s and restored_at > %s)",
        (start, since),
    ).fetchone()
    return row == (True,)


def declare(connection: Connection, months: int | None, basis: str) -> None:
    """A new version of the rule."""
    connection.execute("insert into observe.retention (months, basis) values (%s, %s)", (months, basis))


def declared(connection: Connection) -> tuple[int | None, str] | None:
    """Months that are kept (``None``: all) and on what basis; nothing where none was declared."""
    row: tuple[int | None, str] | None = connection.execute(
        "select months, basis from observe.retention order by version desc limit 1"
    ).fetchone()
    return row
