"""Writing: rows come as a staged set, are compared as a set and applied as a set.

    staging = create_staging(conn, table)
    copy_rows(conn, staging, columns, rows)
    canonicalise(conn, staging)
    difference(conn, staging, intent)      # what would change
    apply(conn, staging, intent)           # one changeset, or None
    drop_staging(conn, staging)

Single edits do the same in a staging table that all edits of a layer share
(``edit_staging``, ``stage``, ``apply``, which empties it).

All in one transaction of the caller. A staged row states what is true of one
feature during [valid_from, valid_to); where it says nothing, from the intent's
day on. ``remove`` states that the feature is not there during that time. One
feature is stated at most once. ``expected_changeset`` is the version an edit
was based on; if another is believed meanwhile, nothing is written.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

import psycopg
from psycopg.rows import class_row
from psycopg.sql import SQL, Composable, Composed, Identifier

from spatial.database import Connection
from spatial.errors import (
    DuplicateKey,
    InvalidInput,
    OverlappingVersions,
    RowsRejected,
    StaleVersion,
    Unavailable,
    UnknownLayer,
)
from spatial.history import form
from spatial.history.model import (
    Change,
    ChangeKind,
    Changeset,
    Delivery,
    Difference,
    FeatureTable,
    Intent,
    changed_fields,
)
from spatial.history.store import COLUMN_TYPES, attributes

NAMED_AT_MOST = 20
"""So many offenders are named in a message; all are counted."""
_PLACED = ("line", "fid", "remove", "valid_from", "valid_to")
"""Columns of a staging table before the geometry and the attributes."""


@dataclass(frozen=True, slots=True)
class Staging:
    """A staging table, where the rows of one delivery wait to be compared and applied."""

    table: FeatureTable
    name: str

    @property
    def identifier(self) -> Identifier:
        """Its quoted name."""
        return Identifier("staging", self.name)


def create_staging(conn: Connection, table: FeatureTable) -> Staging:
    """Make an empty staging table that belongs to the current role."""
    staging = Staging(table, f"{table.name}_{uuid.uuid4().hex[:12]}")
    geometry = [SQL("geom geometry")] if table.geometry else []
    columns = [
        SQL("line bigint, fid text, remove boolean not null default false"),
        SQL("valid_from timestamptz, valid_to timestamptz"),
        *geometry,
        *(SQL("{} {}").format(Identifier(c.name), SQL(COLUMN_TYPES[c.sql_type])) for c in table.columns),
        SQL("content_sha256 bytea, expected_changeset bigint"),
    ]
    conn.execute(SQL("create unlogged table {} ({})").format(staging.identifier, SQL(", ").join(columns)))
    _open_to_store(conn, staging)
    return staging


def copy_rows(
    conn: Connection, staging: Staging, columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> int:
    """Copy rows in by binary COPY; returns how many.

    ``columns`` name what each row holds, ``line`` and ``fid`` among them;
    geometry is EWKB, or WKB meaning EPSG:4490, as bytes.
    """
    types = _staged_types(staging.table)
    count = 0
    with conn.cursor() as cursor, cursor.copy(_copy(staging, columns, binary=True)) as copy:
        copy.set_types([types[name] for name in columns])
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def copy_text(conn: Connection, staging: Staging, columns: Sequence[str], blocks: Iterable[bytes]) -> None:
    """Copy rows in that are already in PostgreSQL's text COPY format; blocks may split rows."""
    with conn.cursor() as cursor, cursor.copy(_copy(staging, columns, binary=False)) as copy:
        for block in blocks:
            copy.write(block)


def canonicalise(
    conn: Connection,
    staging: Staging,
    rows: Composable | None = None,
    values: Mapping[str, object] | None = None,
) -> None:
    """Bring staged rows into canonical form and hash them.

    ``rows``, with ``values`` for its parameters, are taken in their place: a relation of the
    same columns. So what lies in the database already is written once.

    Rewrites the table as a whole: that is faster than updating every row. The
    clock in the inner select keeps the planner from merging both selects, which
    would form every value once for its column and again for the hash; unlike
    ``offset 0`` it leaves the statement parallel.
    """
    aside = Identifier("staging", f"{staging.name}_c")
    conn.execute(
        SQL("create unlogged table {} as {}").format(
            aside, _canonical(staging.table, rows or staging.identifier)
        ),
        values,
    )
    conn.execute(SQL("drop table {}").format(staging.identifier))
    conn.execute(SQL("alter table {} rename to {}").format(aside, Identifier(staging.name)))
    _open_to_store(conn, staging)
    conn.execute(SQL("analyze {} (line, fid, remove, content_sha256)").format(staging.identifier))


def _canonical(table: FeatureTable, rows: Composable) -> Composed:
    """The select of staged rows in canonical form, with digests, from a relation of rows as they came."""
    names = [SQL(name) for name in _PLACED] + attributes(table)
    values = [
        SQL("v.line"),
        form.canonical_fid() + SQL(" fid"),
        *(SQL(f"v.{name}") for name in _PLACED[2:]),
        *([form.canonical_geometry(table) + SQL(" geom")] if table.geometry else []),
        *(form.canonical(c) + SQL(" {}").format(Identifier(c.name)) for c in table.columns),
        SQL("v.expected_changeset"),
    ]
    return SQL(
        "select {names}, sha256({content}) content_sha256, v.expected_changeset"
        " from (select {values}, clock_timestamp() from {rows} v) v"
    ).format(
        names=SQL(", ").join(SQL("v.") + name for name in names),
        content=form.content(table),
        values=SQL(", ").join(values),
        rows=rows,
    )


def edit_staging(conn: Connection, table: FeatureTable) -> Staging:
    """Take the layer's lock, and the staging table that its edits share.

    A table of their own would cost single edits more than all the rest. Rows are
    there only inside a transaction that holds the lock: ``apply`` takes them out.
    """
    staging = _shared(table)
    try:
        with _translated(staging):
            conn.execute("select spatial.edit_staging(%s, %s)", (table.layer, staging.name))
    except psycopg.errors.LockNotAvailable:
        raise Unavailable(
            f"图层正在写入另一批变更,请稍后重试:{table.layer}",
            f"another changeset of the layer is being written, try again later: {table.layer}",
            value=table.layer,
        ) from None
    return staging


@lru_cache(maxsize=256)
def _shared(table: FeatureTable) -> Staging:
    """Named by its columns, as history.edits_name names it."""
    names, types = (c.name for c in table.columns), (COLUMN_TYPES[c.sql_type] for c in table.columns)
    columns = f"{','.join(names)};{','.join(types)}"
    return Staging(table, f"{table.name}_edits_{sha256(columns.encode()).hexdigest()[:8]}")


def stage(conn: Connection, staging: Staging, rows: Sequence[Sequence[object]]) -> None:
    """Put rows into a shared staging table, in canonical form.

    Each row: line, fid, remove, valid_from, valid_to, EWKB where the layer has
    geometry, every attribute in order, expected_changeset.
    """
    with conn.cursor() as cursor:
        cursor.executemany(_insert(staging), rows)


@lru_cache(maxsize=256)
def _insert(staging: Staging) -> str:
    """Composed once a layer: composing costs as much as the statement itself."""
    table = staging.table
    types = ["bigint", "text", "boolean", "timestamptz", "timestamptz"]
    columns = [*zip(_PLACED, types, strict=True), *([("geom", "bytea::geometry")] if table.geometry else [])]
    columns += [
        *((c.name, COLUMN_TYPES[c.sql_type]) for c in table.columns),
        ("expected_changeset", "bigint"),
    ]
    given = SQL(", ").join(SQL("%s::{} {}").format(SQL(kind), Identifier(name)) for name, kind in columns)
    names = [*map(Identifier, _PLACED), *attributes(table), SQL("content_sha256"), SQL("expected_changeset")]
    return (
        SQL("insert into {} ({}) {}")
        .format(
            staging.identifier,
            SQL(", ").join(names),
            _canonical(table, SQL("(select {})").format(given)),
        )
        .as_string(None)
    )


def difference(conn: Connection, staging: Staging, intent: Intent) -> Difference:
    """Count what applying would change."""
    with _translated(staging), conn.cursor(row_factory=class_row(Difference)) as cursor:
        row = cursor.execute(
            "select inserted, updated, retired, unchanged from spatial.staged_difference(%s, %s, %s, %s)",
            (staging.table.layer, staging.name, intent.valid_from, intent.delivery is Delivery.FULL),
        ).fetchone()
    assert row is not None
    return row


def changes(conn: Connection, staging: Staging, intent: Intent, limit: int) -> tuple[Change, ...]:
    """Name what applying would change, field by field, at most ``limit`` features in line order."""
    with _translated(staging):
        rows = conn.execute(
            "select line, fid, kind, a, nullif(b, 'infinity'), old, new "
            "from spatial.staged_changes(%s, %s, %s, %s, %s)",
            (staging.table.layer, staging.name, intent.valid_from, intent.delivery is Delivery.FULL, limit),
        ).fetchall()
    return tuple(
        Change(fid, ChangeKind(kind), changed_fields(old, new), valid_from, valid_to, line)
        for line, fid, kind, valid_from, valid_to, old, new in rows
    )


def apply(conn: Connection, staging: Staging, intent: Intent) -> Changeset | None:
    """Write the staged set into history as one changeset; ``None`` where nothing changes.

    Takes the layer's lock until the transaction ends. Raises StaleVersion where
    an expected version is no longer believed, DuplicateKey where a feature is
    stated twice; then nothing is written and the transaction may go on.
    """
    try:
        with _translated(staging), conn.transaction():
            return _apply(conn, staging, intent)
    except (OverlappingVersions, RowsRejected):
        require_keys(conn, staging)  # what a doubled or missing key looks like to the constraints
        raise


def _apply(conn: Connection, staging: Staging, intent: Intent) -> Changeset | None:
    with conn.cursor(row_factory=class_row(Changeset)) as cursor:
        return cursor.execute(
            """
            select id, layer, author, department, reason, recorded_at, source_sha256, opened, closed,
              content_hash, previous_hash, chain_hash
            from spatial.apply_changeset(%s, %s, %s, %s, %s, %s, %s, %s)
            where id is not null
            """,
            (
                staging.table.layer,
                staging.name,
                intent.author,
                intent.department,
                intent.reason,
                intent.source_sha256,
                intent.valid_from,
                intent.delivery is Delivery.FULL,
            ),
        ).fetchone()


def drop_staging(conn: Connection, staging: Staging) -> None:
    """Drop the staging table."""
    conn.execute(SQL("drop table {}").format(staging.identifier))


def _staged_types(table: FeatureTable) -> dict[str, str]:
    types = {"line": "int8", "fid": "text", "remove": "bool", "expected_changeset": "int8"}
    types |= {"valid_from": "timestamptz", "valid_to": "timestamptz", "geom": "bytea"}
    short = {"bigint": "int8", "double precision": "float8", "boolean": "bool"}
    return types | {c.name: short.get(c.sql_type, c.sql_type) for c in table.columns}


def _copy(staging: Staging, columns: Sequence[str], *, binary: bool) -> Composed:
    unknown = [name for name in columns if name not in _staged_types(staging.table)]
    if unknown:
        raise InvalidInput(
            f"图层 {staging.table.layer} 没有这些字段:{', '.join(unknown)}",
            f"layer {staging.table.layer} has no such columns: {', '.join(unknown)}",
            value=unknown,
        )
    return SQL("copy {} ({}) from stdin {}").format(
        staging.identifier,
        SQL(", ").join(Identifier(name) for name in columns),
        SQL("(format binary)" if binary else ""),
    )


def _open_to_store(conn: Connection, staging: Staging) -> None:
    """The write functions run as the store's owner, who must be able to read the table."""
    owner = conn.execute(
        "select nspowner::regrole::text from pg_namespace where nspname = 'history'"
    ).fetchone()
    assert owner is not None
    conn.execute(SQL("grant select on {} to {}").format(staging.identifier, SQL(owner[0])))


def require_keys(conn: Connection, staging: Staging) -> None:
    """Every staged row has a key of its own: DuplicateKey, or RowsRejected where one is missing.

    ``apply`` finds by its constraints what would be written twice. Before a
    comparison is believed it is asked here: a doubled row may change nothing.
    """
    doubled = conn.execute(
        SQL(
            """
            select fid, array_agg(line order by line), count(*) over ()
            from {} group by fid having count(*) > 1 or fid is null order by min(line) limit {}
            """
        ).format(staging.identifier, SQL(str(NAMED_AT_MOST)))
    ).fetchall()
    if not doubled:
        return
    if any(fid is None for fid, _, _ in doubled):
        lines = next(lines for fid, lines, _ in doubled if fid is None)
        listed = ", ".join(str(line) for line in lines[:NAMED_AT_MOST])
        raise RowsRejected(
            f"共 {len(lines)} 行没有主键,请补全后再提交,行号:{listed}",
            f"{len(lines)} rows have no key; give each one and deliver again; lines: {listed}",
            value=lines[:NAMED_AT_MOST],
        )
    listed = "; ".join(f"{fid} ({', '.join(map(str, lines[:5]))})" for fid, lines, _ in doubled)
    raise DuplicateKey(
        f"共 {doubled[0][2]} 个主键在一次提交中出现多次,请保留一行,主键(行号):{listed}",
        f"{doubled[0][2]} keys stand on several rows of one delivery; keep one; key (lines): {listed}",
        value=[fid for fid, _, _ in doubled],
        details={"keys": {fid: lines for fid, lines, _ in doubled}},
    )


@contextmanager
def _translated(staging: Staging) -> Iterator[None]:
    """Errors of the write functions in the platform's own words."""
    layer = staging.table.layer
    try:
        yield
    except psycopg.Error as failure:
        known = _translation(layer, failure)
        if known is None:
            raise
        raise known from failure


def _translation(layer: str, failure: psycopg.Error) -> Exception | None:
    diagnosis = failure.diag.message_detail or failure.diag.message_primary or str(failure)
    if failure.sqlstate == "OM404":
        return UnknownLayer(
            f"没有该图层,请先发布:{layer}", f"no such layer, publish it first: {layer}", value=layer
        )
    if failure.sqlstate == "OM409":
        stale = json.loads(failure.diag.message_detail or "[]")
        listed = "; ".join(f"{s['fid']} ({s['expected']} → {s['believed']})" for s in stale[:NAMED_AT_MOST])
        return StaleVersion(
            f"图层 {layer} 的 {len(stale)} 个要素已被他人修改,请读取新版本后重做:{listed}",
            f"{len(stale)} features of {layer} have moved on since they were read; read them again: {listed}",
            value=[s["fid"] for s in stale],
            details={"stale": stale},
        )
    if failure.sqlstate == "OM422":  # a guard of the layer's own domain says so in its own words
        told = json.loads(failure.diag.message_detail or "{}")
        return RowsRejected(told["zh"], told["en"], value=told["value"])
    if isinstance(failure, (psycopg.errors.UniqueViolation, psycopg.errors.ForeignKeyViolation)):
        return OverlappingVersions(
            f"图层 {layer} 同一要素的版本在时间上重叠:{diagnosis}",
            f"versions of one feature of {layer} overlap in time: {diagnosis}",
            value=diagnosis,
        )
    if isinstance(
        failure, (psycopg.DataError, psycopg.errors.CheckViolation, psycopg.errors.NotNullViolation)
    ):
        return RowsRejected(
            f"有的行不符合图层 {layer} 的存储要求:{failure.diag.message_primary}",
            f"a row does not fit the table of {layer}: {failure.diag.message_primary}",
            value=failure.diag.message_primary,
        )
    return None
