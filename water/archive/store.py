"""SQL of the archive's register 档案登记: copies, events, published roots."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from psycopg.rows import class_row

from spatial.database import Connection
from water.archive.model import DailyRoot, Head
from water.archive.premis import Event
from water.errors import ArchiveDiverged, UnknownArchiveObject, WriteOnce


@dataclass(frozen=True, slots=True)
class Registered:
    """A copy, as it was registered."""

    name: str
    place: str
    entries: int
    """The longest log it was seen with."""

    @property
    def path(self) -> Path:
        """Where it lies, when its medium is mounted."""
        return Path(self.place)


def register(connection: Connection, name: str, place: Path, now: datetime) -> None:
    """Keep where a copy lies; WriteOnce where name or place is taken."""
    made = connection.execute(
        "insert into archive.copy (name, place, added_at) values (%s, %s, %s) on conflict do nothing",
        (name, str(place), now),
    )
    if not made.rowcount:
        raise WriteOnce(
            f"已有同名或同位置的副本:{name} {place}",
            f"a copy of that name or at that place is registered: {name} {place}",
            value=name,
        )


def forget(connection: Connection, name: str) -> None:
    """Register a copy no longer; the copy itself stays."""
    if not connection.execute("delete from archive.copy where name = %s", (name,)).rowcount:
        raise UnknownArchiveObject(f"没有这份副本:{name}", f"no such copy: {name}", value=name)


def registered(connection: Connection) -> tuple[Registered, ...]:
    """The copies in the order they were registered; the first takes what comes in."""
    with connection.cursor(row_factory=class_row(Registered)) as cursor:
        return tuple(
            cursor.execute("select name, place, entries from archive.copy order by added_at, name").fetchall()
        )


def progressed(connection: Connection, name: str, entries: int) -> None:
    """A copy was seen with a log of that length."""
    connection.execute(
        "update archive.copy set entries = greatest(entries, %s) where name = %s", (entries, name)
    )


def keep_events(connection: Connection, events: Iterable[Event]) -> int:
    """Events not yet there; how many."""
    count = 0
    with connection.cursor() as cursor:
        for each in events:
            cursor.execute(
                "insert into archive.event (id, copy, object, type, time, outcome, detail, agent)"
                " values (%s, %s, %s, %s, %s, %s, %s, %s) on conflict (id) do nothing",
                (
                    *(each.id, each.copy, each.object, each.type.value, each.time),
                    *(each.outcome.value, each.detail, each.agent),
                ),
            )
            count += cursor.rowcount
    return count


def known_events(connection: Connection, copy: str) -> set[str]:
    """The events of a copy that the register has."""
    rows = connection.execute("select id::text from archive.event where copy = %s", (copy,))
    return {id for (id,) in rows}


def keep_roots(connection: Connection, roots: Sequence[DailyRoot]) -> None:
    """Roots published; ArchiveDiverged where the register has another for a day."""
    held = {
        day: Head(size, root)
        for day, size, root in connection.execute(
            "select day::text, size, encode(root, 'hex') from archive.root where day = any (%s::date[])",
            ([one.day for one in roots],),
        )
    }
    for one in roots:
        if held.setdefault(one.day, one.head) != one.head:
            raise ArchiveDiverged(
                f"副本的日根与登记的不同,请先核对:{one.day}",
                f"the copy's root of a day is not the one registered; verify it: {one.day}",
                value=one.day,
            )
        connection.execute(
            "insert into archive.root (day, size, root) values (%s, %s, decode(%s, 'hex'))"
            " on conflict do nothing",
            (one.day, one.head.size, one.head.root),
        )


def published(connection: Connection) -> tuple[DailyRoot, ...]:
    """The daily roots."""
    rows = connection.execute(
        "select day::text, size, encode(root, 'hex') from archive.root order by day"
    ).fetchall()
    return tuple(DailyRoot(day, Head(size, root)) for day, size, root in rows)


def keep_head(connection: Connection, head: Head) -> None:
    """The root of the log as it is now; ArchiveDiverged where the register has another of that size."""
    if not head.size:
        return
    connection.execute(
        "insert into archive.head (size, root) values (%s, decode(%s, 'hex')) on conflict do nothing",
        (head.size, head.root),
    )
    if head not in trusted(connection):
        raise ArchiveDiverged(
            f"副本的日志与登记的根不同,请先核对:{head.size}",
            f"the copy's log does not give the root that is registered; verify it: {head.size}",
            value=head.size,
        )


def trusted(connection: Connection) -> tuple[Head, ...]:
    """Every root that a copy must give."""
    rows = connection.execute(
        "select size, encode(root, 'hex') from archive.root union"
        " select size, encode(root, 'hex') from archive.head order by 1"
    ).fetchall()
    return tuple(Head(size, root) for size, root in rows)
