"""The ledger: who changed what, when and why; and whether it still stands as written.

Verification trusts nothing but the hashes: it forms every row's content and
served text anew, compares what each changeset opened and closed with its
content hash, and follows the chain of each layer from its beginning. What it
cannot know from inside one database is whether someone rewrote a whole chain;
for that, heads are to be kept outside.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from psycopg.pq import TransactionStatus
from psycopg.rows import class_row
from psycopg.sql import SQL

from spatial.database import Connection
from spatial.errors import UnknownChangeset
from spatial.history import tally
from spatial.history.model import Broken, Changeset, Verification

__all__ = ["Broken", "Changeset", "Selection", "Verification", "changeset", "changesets", "select", "verify"]

NAMED_AT_MOST = 100
"""So many features are named per changeset; all are counted."""

_COLUMNS = SQL(
    "id, layer, author, department, reason, recorded_at, source_sha256, opened, closed, "
    "content_hash, previous_hash, chain_hash"
)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which changesets are asked for; what is not said does not narrow."""

    layers: tuple[str, ...] | None = None
    department: str | None = None
    author: str | None = None
    recorded_from: datetime | None = None
    recorded_to: datetime | None = None
    """The first instant that is no longer meant."""
    before: int | None = None
    """Older than this number."""
    after: int | None = None
    """Newer than this number: the nearest ones."""


def changesets(
    conn: Connection,
    layer: str | None = None,
    limit: int = 100,
    before: int | None = None,
    among: Sequence[str] | None = None,
) -> tuple[Changeset, ...]:
    """The newest changesets first, of one layer or of all; ``before`` pages on by id."""
    layers = None if layer is None else (layer,)
    return select(conn, Selection(layers=layers, before=before), limit)


def heads(conn: Connection) -> dict[str, int]:
    """The newest changeset of each layer that has one; a long ledger makes it no dearer."""
    rows = conn.execute(
        "with recursive named as ("
        " (select layer from spatial.changeset order by layer limit 1) union all"
        " select (select c.layer from spatial.changeset c where c.layer > n.layer order by c.layer limit 1)"
        " from named n where n.layer is not null)"
        " select n.layer, (select max(c.id) from spatial.changeset c where c.layer = n.layer)"
        " from named n where n.layer is not null"
    )
    return dict(rows.fetchall())


def select(conn: Connection, wanted: Selection, limit: int) -> tuple[Changeset, ...]:
    """The changesets asked for, the newest first."""
    order = SQL("asc") if wanted.after is not None else SQL("desc")
    with conn.cursor(row_factory=class_row(Changeset)) as cursor:
        return tuple(
            cursor.execute(
                SQL(
                    """
                    select {columns} from (
                      select {columns} from spatial.changeset
                      where (%(layers)s::text[] is null or layer = any(%(layers)s))
                        and (%(department)s::text is null or department = %(department)s)
                        and (%(author)s::text is null or author = %(author)s)
                        and (%(recorded_from)s::timestamptz is null or recorded_at >= %(recorded_from)s)
                        and (%(recorded_to)s::timestamptz is null or recorded_at < %(recorded_to)s)
                        and (%(before)s::bigint is null or id < %(before)s)
                        and (%(after)s::bigint is null or id > %(after)s)
                      order by id {order} limit %(limit)s) nearest
                    order by id desc
                    """
                ).format(columns=_COLUMNS, order=order),
                {
                    "layers": None if wanted.layers is None else list(wanted.layers),
                    "department": wanted.department,
                    "author": wanted.author,
                    "recorded_from": wanted.recorded_from,
                    "recorded_to": wanted.recorded_to,
                    "before": wanted.before,
                    "after": wanted.after,
                    "limit": limit,
                },
            )
        )


def changeset(conn: Connection, id: int, among: Sequence[str] | None = None) -> Changeset:
    """One changeset; UnknownChangeset where there is none, or none among these layers."""
    with conn.cursor(row_factory=class_row(Changeset)) as cursor:
        found = cursor.execute(
            SQL("select {} from spatial.changeset where id = %s").format(_COLUMNS), (id,)
        ).fetchone()
    if found is None:
        raise unknown(id)
    return found


def unknown(id: int) -> UnknownChangeset:
    """The error where there is no such changeset."""
    return UnknownChangeset(
        f"没有该变更集,请查看变更历史:{id}",
        f"no such changeset, see the list of changesets: {id}",
        value=id,
    )


def verify(conn: Connection, layer: str | None = None) -> Verification:
    """Compare everything stored with its hashes; of one layer, or of all there ever were.

    One state is looked at as a whole: where no transaction is open, a
    read-only one is made for it; an open one should be repeatable read.
    """
    with _one_state(conn):
        return _verify(conn, layer)


@contextmanager
def _one_state(conn: Connection) -> Iterator[None]:
    if conn.info.transaction_status is not TransactionStatus.IDLE:
        yield
        return
    with conn.transaction():
        conn.execute("set transaction isolation level repeatable read, read only")
        yield


def _verify(conn: Connection, layer: str | None) -> Verification:
    layers = conn.execute(
        """
        select layer from history.layout where %(layer)s::text is null or layer = %(layer)s
        union
        select layer from spatial.changeset where %(layer)s::text is null or layer = %(layer)s
        order by 1
        """,
        {"layer": layer},
    ).fetchall()
    count = versions = 0
    broken: list[Broken] = []
    for (name,) in layers:
        entries = _entries(conn, name)
        count += len(entries)
        broken += _chain_broken(name, entries)
        held, rows_broken = _rows_broken(conn, name, entries)
        versions += held
        broken += rows_broken
        if not rows_broken:  # what is counted anew from altered rows would accuse the tally
            broken += _tally_broken(conn, name, {entry.id for entry in entries})
    return Verification(count, versions, tuple(broken))


@dataclass(frozen=True, slots=True)
class _Entry:
    """A changeset with the chain hash its fields really have."""

    id: int
    opened: int
    closed: int
    content_hash: bytes
    previous_hash: bytes | None
    chain_hash: bytes
    formed_hash: bytes


@dataclass(frozen=True, slots=True)
class _Held:
    """What the rows say a changeset opened and closed."""

    opened: int
    closed: int
    content_hash: bytes


def _entries(conn: Connection, layer: str) -> list[_Entry]:
    with conn.cursor(row_factory=class_row(_Entry)) as cursor:
        return cursor.execute(
            """
            select c.id, c.opened, c.closed, c.content_hash, c.previous_hash, c.chain_hash,
              history.chain_hash(c) formed_hash
            from spatial.changeset c where c.layer = %s order by c.id
            """,
            (layer,),
        ).fetchall()


def _chain_broken(layer: str, entries: list[_Entry]) -> Iterator[Broken]:
    before: _Entry | None = None
    for entry in entries:
        if entry.formed_hash != entry.chain_hash:
            yield Broken(
                entry.id,
                layer,
                f"变更集 {entry.id} 的登记内容(作者、部门、原因、时间等)与其链哈希不符:{entry.id}",
                f"the fields of changeset {entry.id} (author, reason, time …) "
                f"do not match its chain hash: {entry.id}",
            )
        if entry.previous_hash != (before.chain_hash if before else None):
            expected = f"变更集 {before.id}" if before else "起点"
            yield Broken(
                entry.id,
                layer,
                f"变更集 {entry.id} 未接在{expected}之后,链被改动或缺少变更集:{entry.id}",
                f"changeset {entry.id} does not follow {before.id if before else 'the beginning'}: "
                f"the chain was altered or a changeset is missing: {entry.id}",
            )
        before = entry


def _rows_broken(conn: Connection, layer: str, entries: list[_Entry]) -> tuple[int, list[Broken]]:
    name = conn.execute(
        """
        select name from history.layout
        where layer = %s and to_regclass(format('history.%%I', name)) is not null
        """,
        (layer,),
    ).fetchone()
    if name is None:
        gone = f"图层 {layer} 的历史表不存在", f"the history table of {layer} is gone"
        return 0, [Broken(e.id, layer, f"{gone[0]}:{e.id}", f"{gone[1]}: {e.id}") for e in entries]
    held = {
        id: _Held(*rest)
        for id, *rest in conn.execute(
            """
            select changeset, opened, closed,
              history.content_hash(opened, opened_digest, closed, closed_digest)
            from history.digests(%s)
            """,
            name,
        )
    }
    altered = _rows_altered(conn, layer, {entry.id for entry in entries})
    return sum(h.opened for h in held.values()), [*altered, *_sets_altered(layer, entries, held)]


_ROW_FAULTS = (
    ("属性或几何与内容哈希不符", "attributes or geometry do not match the content hash"),
    ("对外提供的 GeoJSON 与内容不符", "the GeoJSON served does not match the row"),
    ("记录时间或结束登记与变更集不符", "recorded times or the closing do not match the changesets"),
)


def _rows_altered(conn: Connection, layer: str, known: set[int]) -> Iterator[Broken]:
    """Rows that contradict themselves or their changeset, gathered by changeset and fault."""
    fids: dict[tuple[int, int], list[str]] = {}
    counts: Counter[tuple[int, int]] = Counter()
    for id, fid, *faults in conn.execute(
        "select changeset, fid, content, served, times from history.altered(%s)", (layer,)
    ):
        for fault, present in enumerate(faults):
            if present:
                counts[id, fault] += 1
                named = fids.setdefault((id, fault), [])
                if len(named) < NAMED_AT_MOST and fid not in named:
                    named.append(fid)
    for (id, fault), named in fids.items():
        zh, en = _ROW_FAULTS[fault]
        listed = ", ".join(named[:5]) + (" …" if len(named) > 5 else "")
        yield Broken(
            id if id in known else None,
            layer,
            f"变更集 {id} 的 {counts[id, fault]} 个版本{zh}:{listed}",
            f"{counts[id, fault]} versions of changeset {id}: {en}: {listed}",
            tuple(named),
        )


def _sets_altered(layer: str, entries: list[_Entry], held: dict[int, _Held]) -> Iterator[Broken]:
    """Changesets whose versions, taken together, are not those that were written."""
    nothing = _Held(0, 0, b"")
    for entry in entries:
        found = held.pop(entry.id, nothing)
        if found.content_hash != entry.content_hash:
            yield Broken(
                entry.id,
                layer,
                f"变更集 {entry.id} 的内容与其哈希不符(登记新增 {entry.opened}、结束 {entry.closed},"
                f"实有 {found.opened}、{found.closed}):{entry.id}",
                f"the content of changeset {entry.id} does not match its hash (opened {entry.opened}, "
                f"closed {entry.closed} were written; {found.opened}, {found.closed} are held): {entry.id}",
            )
    for id, found in held.items():
        yield Broken(
            None,
            layer,
            f"有 {found.opened + found.closed} 个版本登记在不存在的变更集下:{id}",
            f"{found.opened + found.closed} versions name a changeset the ledger does not have: {id}",
        )


def _tally_broken(conn: Connection, layer: str, known: set[int]) -> Iterator[Broken]:
    """Changesets whose versions the tally, which numberMatched is summed from, counts otherwise."""
    for one in tally.differences(conn, layer):
        id = one.changeset
        yield Broken(
            id if id in known else None,
            layer,
            f"变更集 {id} 的版本计数与其版本不符({one.lines} 行不同,有效时间最早为 {one.first},"
            f"应计 {one.wanted},实计 {one.kept}):{id}",
            f"the tally of changeset {id} is not that of its versions ({one.lines} lines differ, the"
            f" earliest valid from {one.first}; {one.wanted} were to be counted, {one.kept} are): {id}",
        )
