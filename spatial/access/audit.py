"""The audit 审计: who did, read or was refused what; and whether it still stands as written.

Writes are entered by the database itself when they commit (``schema.sql``);
reads of restricted data and refusals are entered by the doors through
:func:`enter`. Verification forms every hash anew and follows the chain from its
beginning to its head. Whoever rewrites the whole chain and its head is found
only by a head that was kept outside: :func:`verify` compares one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from spatial.access.model import Principal
from spatial.access.store import actor
from spatial.database import Connection


@dataclass(frozen=True, slots=True)
class Event:
    """Something to be entered that the database cannot see by itself."""

    principal: Principal
    action: str
    layer: str | None
    target: str
    outcome: str
    request: str | None = None
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit."""

    id: int
    at: datetime
    subject: str
    department: str | None
    origin: str
    credential: str | None
    action: str
    layer: str | None
    target: str | None
    outcome: str
    request: str | None
    details: dict[str, object]
    chain_hash: bytes


@dataclass(frozen=True, slots=True)
class Fault:
    """Where the audit is not as it was written."""

    id: int
    """Number of the entry at which it shows."""
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What a look at the whole audit found."""

    entries: int
    head: str | None
    """Number and hash of the newest entry, ``7:9f86…``: to be kept outside."""
    faults: tuple[Fault, ...]

    @property
    def ok(self) -> bool:
        """Nothing was altered, removed, added or moved."""
        return not self.faults


def enter(connection: Connection, events: Iterable[Event]) -> None:
    """Enter events, in order, inside the caller's transaction."""
    rows = [
        (Jsonb(actor(e.principal, e.request)), e.action, e.layer, e.target, e.outcome, Jsonb(e.details))
        for e in events
    ]
    with connection.cursor() as cursor:
        cursor.executemany("select spatial.audit_enter(%s, %s, %s, %s, %s, %s)", rows)


def entries(
    connection: Connection, *, limit: int = 100, before: int | None = None, layer: str | None = None
) -> tuple[Entry, ...]:
    """The newest first; ``before`` pages on by number."""
    with connection.cursor(row_factory=class_row(Entry)) as cursor:
        return tuple(
            cursor.execute(
                """
                select id, at, subject, department, origin, credential, action, layer, target, outcome,
                  request, details, chain_hash
                from spatial.audit
                where (%(layer)s::text is null or layer = %(layer)s)
                  and (%(before)s::bigint is null or id < %(before)s)
                order by id desc limit %(limit)s
                """,
                {"layer": layer, "before": before, "limit": limit},
            )
        )


@dataclass(frozen=True, slots=True)
class _Link:
    """One entry's place in the chain, where something about it is wrong."""

    id: int
    before: int
    altered: bool
    detached: bool


def verify(connection: Connection, kept: str | None = None) -> Verification:
    """Follow the chain; ``kept`` is a head that was kept outside, as ``7:9f86…``."""
    with connection.cursor(row_factory=class_row(_Link)) as cursor:
        links = cursor.execute(
            """
            select id, before, altered, detached from (
              select a.id, lag(a.id, 1, 0::bigint) over w before,
                spatial.audit_hash(a) <> a.chain_hash altered,
                a.previous_hash is distinct from lag(a.chain_hash) over w detached
              from spatial.audit a window w as (order by a.id)) c
            where altered or detached or id <> before + 1 order by id
            """
        ).fetchall()
    count, last, last_hash, head, head_hash = connection.execute(
        """
        select count(*) over (), coalesce(a.id, 0), a.chain_hash, h.id, h.chain_hash
        from spatial.audit_head h left join spatial.audit a on true order by a.id desc limit 1
        """
    ).fetchone() or (0, 0, None, 0, None)
    faults = [fault for link in links for fault in _of_link(link)]
    faults += _of_head(last, last_hash, head, head_hash)
    if kept is not None:
        faults += _of_kept(connection, kept)
    written = None if last_hash is None else f"{last}:{bytes(last_hash).hex()}"
    return Verification(count if last else 0, written, tuple(faults))


def _of_link(link: _Link) -> Iterator[Fault]:
    if link.altered:
        yield Fault(
            link.id,
            f"记录内容与其链哈希不符,被改动:{link.id}",
            f"the entry does not match its chain hash, it was altered: {link.id}",
        )
    if link.id < 1:
        yield Fault(link.id, f"记录被插入:{link.id}", f"the entry was inserted: {link.id}")
    elif link.id != link.before + 1:
        missing = f"{link.before + 1}–{link.id - 1}"
        yield Fault(
            link.before + 1,
            f"记录缺失或编号被改:{missing}",
            f"entries are missing or renumbered: {missing}",
        )
    elif link.detached:
        yield Fault(
            link.id,
            f"记录未接在前一条之后,被插入、移动或改动:{link.id}",
            "the entry does not follow the one before, one of them was inserted, moved or altered:"
            f" {link.id}",
        )


def _of_head(last: int, last_hash: bytes | None, head: int, head_hash: bytes | None) -> Iterator[Fault]:
    if last < head:
        yield Fault(
            last + 1,
            f"末尾的记录缺失:{last + 1}–{head}",
            f"entries are missing at the end: {last + 1}–{head}",
        )
    elif last > head:
        yield Fault(head + 1, f"末尾有多出的记录:{head + 1}", f"entries were added at the end: {head + 1}")
    elif head_hash != last_hash:
        yield Fault(head, f"链首与最末记录不符:{head}", f"the head does not match the last entry: {head}")


def _of_kept(connection: Connection, kept: str) -> Iterator[Fault]:
    number, _, digest = kept.partition(":")
    id = int(number) if number.isascii() and number.isdecimal() and len(number) < 19 else 0
    row = connection.execute(
        "select encode(chain_hash, 'hex') from spatial.audit where id = %s", (id,)
    ).fetchone()
    if row is None or row[0] != digest:
        yield Fault(
            id,
            f"与外部留存的链首不符,此前的记录被重写:{kept[:90]}",
            f"the head kept outside does not match, entries up to it were rewritten: {kept[:90]}",
        )
