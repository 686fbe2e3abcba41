"""SQL of the cold start 冷启动: layers and tables out as CSV, and in again, every row with both its times.

History has one way in for new facts (``spatial.apply_changeset``), which stamps them with the
present. Restoring puts back facts with the times they were recorded at: so it inserts the rows
themselves, into tables that are empty, and the history's own verification (hash of every row, of
every changeset, of the chain) decides whether they are what they were.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from psycopg.sql import SQL, Composed, Identifier, Literal

from spatial.catalogue import store as catalogue
from spatial.catalogue.declaration import from_json
from spatial.catalogue.store import Layer
from spatial.database import Connection
from spatial.history import store as history
from water.archive.reading import Held
from water.errors import RestoreRefused

_CHANGESET: Final = (
    "id, layer, author, department, reason, recorded_at, source_sha256, opened, closed, content_hash,"
    " previous_hash, chain_hash"
)
_CLOSING: Final = ("fid", "valid_from", "recorded_from", "recorded_to", "closed_by", "next_from")
_WORK_MB, _BUILD_MB = 128, 256
_SAMPLED: Final = 25
"""Statistics of a restored layer, so many entries: enough to be verified by; the server refines them."""
_MEASURE: Final = "changeset, element, measure, value, unit, method, sample_size"


@dataclass(frozen=True, slots=True)
class Link:
    """A changeset as a link of its layer's chain."""

    id: int
    chain_hash: str


def one_state(connection: Connection) -> None:
    """What follows is read as of one instant, in numbers and instants that come back exactly."""
    connection.execute("set transaction isolation level repeatable read, read only")
    connection.execute("set local extra_float_digits = 1")


def links(connection: Connection, layer: str) -> list[Link]:
    """The chain of a layer, oldest first."""
    rows = connection.execute(
        "select id, encode(chain_hash, 'hex') from spatial.changeset where layer = %s order by id", (layer,)
    )
    return [Link(*row) for row in rows]


def contracts(connection: Connection, layer: str) -> list[dict[str, Any]]:
    """Every contract a layer had, with when and by whom it was published."""
    rows = connection.execute(
        "select contract, published_at::text, published_by from spatial.layer_contract"
        " where layer = %s order by version",
        (layer,),
    )
    return [{"contract": contract, "published_at": at, "published_by": by} for contract, at, by in rows]


def life(connection: Connection, layer: str) -> dict[str, str | None]:
    """When a layer was made, changed, withdrawn, and with which contract of the platform's it went last."""
    row = connection.execute(
        "select created_at::text, changed_at::text, withdrawn_at::text, encode(shipped_sha256, 'hex')"
        " from spatial.layer where id = %s",
        (layer,),
    ).fetchone()
    assert row is not None
    return dict(zip(("created_at", "changed_at", "withdrawn_at", "shipped_sha256"), row, strict=True))


def columns(layer: Layer) -> list[str]:
    """The columns of a version as it was opened."""
    geometry = ["geom"] if layer.table.geometry else []
    named = [column.name for column in layer.table.columns]
    return [
        *("fid", "valid_from", "valid_to", "recorded_from", "opened_by"),
        *named,
        *geometry,
        *("content_sha256", "feature"),
    ]


def write_changesets(connection: Connection, layer: str, after: int, upto: int, target: Path) -> None:
    """Changesets ``after`` (excluded) to ``upto`` (included)."""
    _out(
        connection,
        SQL("select {} from spatial.changeset where layer = {} and id > {} and id <= {} order by id").format(
            SQL(_CHANGESET), Literal(layer), Literal(after), Literal(upto)
        ),
        target,
    )


def write_opened(connection: Connection, layer: Layer, after: int, upto: int, target: Path) -> None:
    """The versions that those changesets brought into belief, as they were opened."""
    _out(
        connection,
        SQL(
            "select {} from {} where opened_by > {} and opened_by <= {} order by opened_by, fid, valid_from"
        ).format(
            _names(columns(layer)), Identifier("history", layer.table.name), Literal(after), Literal(upto)
        ),
        target,
    )


def write_closed(connection: Connection, layer: Layer, after: int, upto: int, target: Path) -> None:
    """The versions in which those changesets ended belief."""
    _out(
        connection,
        SQL(
            "select {} from {} where closed_by > {} and closed_by <= {} order by closed_by, fid, valid_from"
        ).format(_names(_CLOSING), Identifier("history", layer.table.name), Literal(after), Literal(upto)),
        target,
    )


def write_measures(connection: Connection, layer: str, after: int, upto: int, target: Path) -> None:
    """What was measured of the quality of those changesets."""
    _out(
        connection,
        SQL(
            "select {} from spatial.quality_measure where changeset in"
            " (select id from spatial.changeset where layer = {} and id > {} and id <= {}) order by 1, 2, 3"
        ).format(SQL(_MEASURE), Literal(layer), Literal(after), Literal(upto)),
        target,
    )


def table_rows(connection: Connection, table: str) -> Iterator[bytes]:
    """A plain table as CSV with its header, in the order of its rows."""
    names = [column["name"] for column in table_columns(connection, table)]
    query = SQL("select {0} from {1} order by {0}").format(_names(names), _relation(table))
    with connection.cursor().copy(SQL("copy ({}) to stdout (format csv, header)").format(query)) as copy:
        yield from (bytes(block) for block in copy)


def table_columns(connection: Connection, table: str) -> list[dict[str, str]]:
    """Name and type of the stored columns of a table; RestoreRefused where there is no such table."""
    rows = connection.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute"
        " where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped and attgenerated = ''"
        " order by attnum",
        (table,),
    ).fetchall()
    if not rows:
        raise RestoreRefused(
            f"没有这张表,请先执行迁移:{table}", f"there is no such table; migrate first: {table}", value=table
        )
    return [{"name": name, "type": kind} for name, kind in rows]


def room(connection: Connection) -> None:
    """Memory for sorting, joining and building indexes, until the transaction ends."""
    connection.execute(
        f"set local work_mem = '{_WORK_MB}MB'; set local maintenance_work_mem = '{_BUILD_MB}MB'"
    )


def require_empty(connection: Connection, layers: Sequence[str], tables: Sequence[str]) -> None:
    """RestoreRefused where anything that is to be restored is there already."""
    held = [
        row[0]
        for row in connection.execute(
            "select distinct layer from spatial.changeset where layer = any (%s)", (list(layers),)
        )
    ]
    for table in tables:
        table_columns(connection, table)
        row = connection.execute(SQL("select exists (select from {})").format(_relation(table))).fetchone()
        held += [table] if row and row[0] else []
    if held:
        listed = ", ".join(held)
        raise RestoreRefused(
            f"数据库中已有内容,请恢复到空库:{listed}",
            f"the database holds some of it already; restore into an empty one: {listed}",
            value=listed,
        )


def publish(connection: Connection, told: Sequence[dict[str, Any]], life: dict[str, str | None]) -> Layer:
    """Make a layer by the contracts it had, in their order, and with their times."""
    layer = None
    for each in told:
        layer = catalogue.publish(connection, from_json(each["contract"]))
    assert layer is not None
    name = layer.contract.id
    for version, each in enumerate(told, 1):
        connection.execute(
            "update spatial.layer_contract set published_at = %s, published_by = %s"
            " where layer = %s and version = %s",
            (each["published_at"], each["published_by"], name, version),
        )
    if life["withdrawn_at"] is not None:
        catalogue.withdraw(connection, name)
    connection.execute(
        "update spatial.layer set created_at = %s, changed_at = %s, withdrawn_at = %s,"
        " shipped_sha256 = decode(%s, 'hex') where id = %s",
        # Of archives from before it was noted, nobody knows.
        (life["created_at"], life["changed_at"], life["withdrawn_at"], life.get("shipped_sha256"), name),
    )
    return layer


def gather_changesets(connection: Connection, files: Sequence[Held]) -> None:
    """The changesets of all layers in one statement, so that the feed has them in the order they came."""
    connection.execute("create temporary table restored_changeset (like spatial.changeset) on commit drop")
    for held in files:
        _in(connection, Identifier("restored_changeset"), _CHANGESET.split(", "), held)
    taken = connection.execute(
        "select c.id from spatial.changeset c join restored_changeset r using (id) order by id limit 5"
    ).fetchall()
    if taken:
        listed = ", ".join(str(id) for (id,) in taken)
        raise RestoreRefused(
            f"数据库已有同号变更集,请恢复到空库:{listed}",
            f"the database has changesets of the same numbers; restore into an empty one: {listed}",
            value=listed,
        )
    connection.execute(
        f"insert into spatial.changeset ({_CHANGESET}) overriding system value"
        f" select {_CHANGESET} from restored_changeset order by id"
    )
    connection.execute(
        "select setval('spatial.changeset_id_seq', greatest((select max(id) from spatial.changeset),"
        " (select last_value from spatial.changeset_id_seq)))"
    )


def put_versions(
    connection: Connection, layer: Layer, opened: Sequence[Held], closed: Sequence[Held]
) -> None:
    """The versions of a layer, closed where a changeset closed them.

    Rows come first, indexes and constraints after: each is then built once over all rows, and a row that
    breaks one is still refused.
    """
    names, parent = columns(layer), Identifier("history", layer.table.name)
    for table, like in (("restored_opened", names), ("restored_closed", list(_CLOSING))):
        connection.execute(
            SQL("create temporary table {} on commit drop as select {} from {} with no data").format(
                Identifier(table), _names(like), parent
            )
        )
    for held in opened:
        _in(connection, Identifier("restored_opened"), names, held)
    for held in closed:
        _in(connection, Identifier("restored_closed"), _CLOSING, held)
    connection.execute("analyze restored_closed")
    _years(connection, layer)
    build = _bared(connection, layer)
    connection.execute(
        SQL(
            """
            with ended as materialized (  -- narrow, so that what is sorted is not the rows themselves
              select o.ctid place, c.recorded_to, c.closed_by,
                case when c.closed_by is not null then c.next_from else
                  lead(o.valid_from) over (partition by o.fid, c.closed_by is null order by o.valid_from) end
                  next_from
              from restored_opened o left join restored_closed c using (fid, valid_from, recorded_from))
            insert into {parent} ({names}, recorded_to, closed_by, next_from)
            select {values}, coalesce(e.recorded_to, 'infinity'), e.closed_by, e.next_from
            from restored_opened o join ended e on e.place = o.ctid
            """
        ).format(
            parent=parent,
            names=_names(names),
            values=SQL(", ").join(SQL("o.{}").format(Identifier(name)) for name in names),
        )
    )
    connection.execute("drop table restored_opened, restored_closed")
    for statement in build:
        connection.execute(statement)
    connection.execute(SQL("set local default_statistics_target = {}").format(Literal(_SAMPLED)))
    connection.execute(SQL("analyze {}").format(parent))
    history.count_versions(connection, layer.table)


def _bared(connection: Connection, layer: Layer) -> list[Composed]:
    """Take indexes, keys and references off a layer's partitions; what brings them back, as it was."""
    found = connection.execute(
        """
        with partition as (
          select inhrelid id from pg_inherits where inhparent = %s::regclass)
        select format('alter table %%s drop constraint %%I', conrelid::regclass, conname),
            format('alter table %%s add constraint %%I %%s', conrelid::regclass, conname,
              pg_get_constraintdef(oid)), contype::text
          from pg_constraint where conrelid in (table partition) and contype in ('u', 'f')
        union all
        select format('drop index %%s', indexrelid::regclass), pg_get_indexdef(indexrelid), 'i'
          from pg_index where indrelid in (table partition)
            and not exists (select from pg_constraint where conindid = indexrelid)
        order by 3, 2
        """,
        (f'history."{layer.table.name}"',),
    ).fetchall()
    for taken, _, _ in found:  # references before the keys they refer to
        connection.execute(Composed([SQL(taken)]))
    return [Composed([SQL(made)]) for _, made, _ in reversed(found)]


def _years(connection: Connection, layer: Layer) -> None:
    row = connection.execute(
        "select extract(year from min(recorded_to) at time zone interval '8 hours')::int,"
        " extract(year from max(recorded_to) at time zone interval '8 hours')::int from restored_closed"
    ).fetchone()
    if row and row[0] is not None:
        history.ensure_years(connection, layer.table, row[0], row[1] + 1)


def put_measures(connection: Connection, files: Sequence[Held]) -> None:
    """What was measured of changesets."""
    for held in files:
        _in(connection, Identifier("spatial", "quality_measure"), _MEASURE.split(", "), held)


def require_columns(connection: Connection, table: str, told: Sequence[dict[str, str]]) -> None:
    """RestoreRefused where a table's columns are others now."""
    if list(told) != table_columns(connection, table):
        raise RestoreRefused(
            f"表结构与归档时不同,请先迁移到归档时的版本:{table}",
            f"the table has other columns than when it was archived; migrate to that revision first: {table}",
            value=table,
        )


def put_rows(
    connection: Connection, table: str, told: Sequence[dict[str, str]], pieces: Iterable[bytes]
) -> None:
    """Rows of a plain table, in one statement: they may refer to each other, whichever piece they lie in."""
    names = _names([one["name"] for one in told])
    statement = SQL("copy {} ({}) from stdin (format csv)").format(_relation(table), names)
    with connection.cursor().copy(statement) as copy:
        for piece in pieces:
            copy.write(memoryview(piece)[piece.index(b"\n") + 1 :])


def go_on(connection: Connection, table: str, told: Sequence[dict[str, str]]) -> None:
    """Numbers of a table go on after those restored."""
    for column in told:
        row = connection.execute("select pg_get_serial_sequence(%s, %s)", (table, column["name"])).fetchone()
        if row and row[0]:
            connection.execute(
                SQL("select setval({}, max({})) from {} having max({}) is not null").format(
                    Literal(row[0]),
                    *(Identifier(column["name"]), _relation(table), Identifier(column["name"])),
                )
            )


def _relation(table: str) -> Identifier:
    return Identifier(*table.split(".", 1))


def _names(names: Sequence[str]) -> Composed:
    return SQL(", ").join(map(Identifier, names))


def _out(connection: Connection, query: Composed, target: Path) -> None:
    statement = SQL("copy ({}) to stdout (format csv, header)").format(query)
    with connection.cursor().copy(statement) as copy, target.open("wb") as file:
        for block in copy:
            file.write(block)


def _in(connection: Connection, target: Identifier, allowed: Sequence[str], held: Held) -> None:
    """Copy a file in by the columns it names: a layer may have been widened since.

    ArchiveDamaged, and nothing of it stays, where what was read is not what was entered.
    """
    with held.place.open(encoding="utf-8", newline="") as file:
        names = next(csv.reader(file), [])
    strange = [name for name in names if name not in allowed]
    if strange or not names:
        raise RestoreRefused(
            f"归档的 CSV 有不认识的列:{', '.join(strange)}",
            f"an archived CSV names columns that are not known: {', '.join(strange)}",
            value=", ".join(strange),
        )
    statement = SQL("copy {} ({}) from stdin (format csv, header match)").format(target, _names(names))
    with connection.cursor().copy(statement) as copy:
        for block in held.blocks():
            copy.write(block)


def canonical(document: object) -> bytes:
    """A document as it is archived."""
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"
