"""SQL of what stands beside a layer 图层附属: grants, proposals, lineage, how its sources were read.

Rows of the platform's own tables that are about the layer, as JSON and back, each with its own number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from psycopg.errors import ForeignKeyViolation, UniqueViolation
from psycopg.sql import SQL, Identifier, Literal
from psycopg.types.json import Jsonb

from spatial.database import Connection
from water.errors import RestoreRefused

_OF_PROPOSALS: Final = "proposal in (select id from spatial.proposal where layer = %(layer)s)"
COMPANIONS: Final[tuple[tuple[str, str, str], ...]] = (
    ("layer_grant", "layer = %(layer)s", "id"),
    ("proposal", "layer = %(layer)s", "id"),
    ("proposal_feature", _OF_PROPOSALS, "proposal, line"),
    ("proposal_step", _OF_PROPOSALS, "proposal, number"),
    ("derivation", "source_layer = %(layer)s", "id"),
    ("source_reading", "layer = %(layer)s", "changeset"),
)
"""Tables of the schema ``spatial``, which of their rows are the layer's, and their order; in the order in
which they may be restored."""


def rows(connection: Connection, layer: str) -> dict[str, list[dict[str, Any]]]:
    """All that stands beside a layer, by table."""
    found: dict[str, list[dict[str, Any]]] = {}
    for table, where, order in COMPANIONS:
        statement = SQL("select to_jsonb(t) from {} t where {} order by {}").format(
            Identifier("spatial", table),
            SQL(where),
            SQL(order),
        )
        found[table] = [row for (row,) in connection.execute(statement, {"layer": layer})]
    return found


def put(connection: Connection, told: dict[str, list[dict[str, Any]]]) -> None:
    """The rows again; RestoreRefused where a number is taken or what a row is about is not there."""
    for table, _, _ in COMPANIONS:
        name = Identifier("spatial", table)
        try:
            with connection.transaction():
                connection.execute(
                    SQL(
                        "insert into {0} overriding system value"
                        " select r.* from jsonb_populate_recordset(null::{0}, %s) r"
                    ).format(name),
                    (Jsonb(told.get(table, [])),),
                )
        except (UniqueViolation, ForeignKeyViolation) as failure:
            raise RestoreRefused(
                f"附属记录与库中已有的相冲突,请恢复到空库:{table}",
                f"records beside the layer clash with the database; restore into an empty one: {table}",
                value=table,
            ) from failure
        _advance(connection, f"spatial.{table}")


def originals(connection: Connection, layer: str, table: str, *, named: bool) -> list[str]:
    """Digests of the originals that a layer rests on: deliveries, and files that its features name."""
    parts = [
        SQL("select source_sha256 from spatial.changeset where layer = {}").format(Literal(layer)),
        SQL("select sha256 from spatial.source_reading where layer = {}").format(Literal(layer)),
    ]
    if named:
        parts.append(SQL("select decode(sha256, 'hex') from {}").format(Identifier("history", table)))
    statement = SQL(
        "select encode(s.sha256, 'hex') from spatial.source s where s.sha256 in ({}) order by 1"
    ).format(SQL(" union ").join(parts))
    return [digest for (digest,) in connection.execute(statement)]


def original(connection: Connection, sha256: str) -> tuple[dict[str, Any], bytes]:
    """What is known of an original, and its bytes."""
    row = connection.execute(
        "select name, size_bytes, packed, kept_at::text from spatial.source where sha256 = decode(%s, 'hex')",
        (sha256,),
    ).fetchone()
    assert row is not None
    content = b"".join(_chunks(connection, sha256))
    return dict(zip(("name", "size_bytes", "packed", "kept_at"), row, strict=True)), content


def has_original(connection: Connection, sha256: str) -> bool:
    """Whether an original is there."""
    row = connection.execute(
        "select exists (select from spatial.source where sha256 = decode(%s, 'hex'))", (sha256,)
    ).fetchone()
    return bool(row and row[0])


def kept_at(connection: Connection, sha256: str, instant: str) -> None:
    """When an original was kept first."""
    connection.execute(
        "update spatial.source set kept_at = %s where sha256 = decode(%s, 'hex')", (instant, sha256)
    )


SCHEMAS: Final = ("water", "forecast", "warning", "response", "flood")
"""Schemas of the module whose tables are archived, each whole."""
NOT_ARCHIVED: Final[dict[str, str]] = {
    "archive.copy": "where the copies lie is of this installation; registered anew",
    "archive.event": "read again from the journal of each copy",
    "archive.root": "read again from the log of each copy",
    "archive.head": "follows from the log of each copy",
    "event.entry": "entered again by what it tells of; its order is of this installation",
}
"""Tables of the module that the archive does not hold, and why not."""
_LAYERS: Final = ("response-plans",)
"""Layers of the module that are not named after the rivers."""


def module_layers(connection: Connection) -> list[str]:
    """Every layer of the module, those withdrawn too."""
    found = connection.execute(
        r"select id from spatial.layer where id like 'river-%%' or id = any (%s) order by 1",
        (list(_LAYERS),),
    )
    return [id_ for (id_,) in found]


def module_tables(connection: Connection) -> list[str]:
    """Every plain table of the module: rivers, forecasts, warnings, response plans, runs of floods."""
    found = connection.execute(
        "select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname = any (%s) and c.relkind in ('r', 'p') and not c.relispartition order by 1",
        (list(SCHEMAS),),
    )
    return [name for (name,) in found]


def referred(connection: Connection, tables: Sequence[str]) -> dict[str, set[str]]:
    """By table: which of the others its rows refer to."""
    found: dict[str, set[str]] = {each: set() for each in tables}
    rows = connection.execute(
        "select a.nspname || '.' || c.relname, b.nspname || '.' || d.relname from pg_constraint k"
        " join pg_class c on c.oid = k.conrelid join pg_namespace a on a.oid = c.relnamespace"
        " join pg_class d on d.oid = k.confrelid join pg_namespace b on b.oid = d.relnamespace"
        " where k.contype = 'f' and k.conparentid = 0"
    )
    for table, other in rows:
        if table in found and other in found and table != other:
            found[table].add(other)
    return found


def _chunks(connection: Connection, sha256: str) -> Iterator[bytes]:
    for (chunk,) in connection.execute(
        "select bytes from spatial.source_chunk where sha256 = decode(%s, 'hex') order by number", (sha256,)
    ):
        yield bytes(chunk)


def _advance(connection: Connection, table: str) -> None:
    """Numbers go on after those restored."""
    row = connection.execute(
        "select pg_get_serial_sequence(%s, attname) from pg_attribute where attrelid = to_regclass(%s)"
        " and attidentity <> '' and not attisdropped",
        (table, table),
    ).fetchone()
    if row and row[0]:
        connection.execute(
            SQL("select setval({}, max(id)) from {} having max(id) is not null").format(
                Literal(row[0]), Identifier(*table.split(".", 1))
            )
        )
