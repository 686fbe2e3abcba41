"""The tables of a layer's history: made, widened and dropped from its FeatureTable.

A layer is one table partitioned by the time its rows were believed: believed
rows lie dense in ``history.<name>_believed``, superseded ones in the Beijing
year in which belief ended. All functions run inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from spatial.database import Connection
from spatial.errors import BadContract
from spatial.history.form import content, feature, former_feature
from spatial.history.model import GEOMETRIES, RESERVED_COLUMNS, SRID, Column, FeatureTable
from spatial.history.pairs import pairs_sql

COLUMN_TYPES = {
    "text": "text",
    "bigint": "bigint",
    "double precision": "double precision",
    "numeric": "numeric",
    "boolean": "boolean",
    "date": "date",
    "timestamptz": "timestamp with time zone",
    "jsonb": "jsonb",
}
FIXED_BYTES = {"bigint": 8, "double precision": 8, "timestamptz": 8, "date": 4, "boolean": 1}
LONGEST_NAME = 40  # PostgreSQL's 63 bytes less the longest suffix


def create_table(conn: Connection, table: FeatureTable) -> None:
    """Make the partitioned history, its guards and its view; grant the view to readers."""
    check(table)
    name = Identifier("history", table.name)
    conn.execute(
        SQL("create table {name} ({columns}) partition by range (recorded_to)").format(
            name=name, columns=_columns(table)
        )
    )
    conn.execute(
        SQL(
            """
            insert into history.layout
              (layer, name, geometry, columns, types, public_columns, content, feature, indexes)
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
            """
        ),
        (table.layer, table.name, table.geometry, *_layout(conn, table), _indexes(conn, table)),
    )
    conn.execute(
        SQL("create table {} partition of {} for values from ('infinity') to (maxvalue)").format(
            Identifier("history", table.believed), name
        )
    )
    conn.execute(
        "select history.guard_believed(l, l.name || '_believed') from history.layout l where layer = %s",
        (table.layer,),
    )
    _guard(conn, table)
    conn.execute(
        """
        select history.ensure_year(%s, extract(year from now() at time zone interval '8 hours')::int + n)
        from generate_series(-1, 2) n
        """,
        (table.name,),
    )
    _create_view(conn, table)


def drop_table(conn: Connection, table: FeatureTable) -> None:
    """Drop the layer's rows of all times. Its changesets stay in the ledger."""
    conn.execute("select history.drop_edits(l) from history.layout l where layer = %s", (table.layer,))
    conn.execute(SQL("drop view {}").format(Identifier("layer", table.name)))
    conn.execute(SQL("drop table {}").format(Identifier("history", table.name)))
    conn.execute("delete from history.tally where layer = %s", (table.layer,))
    conn.execute("delete from history.layout where layer = %s", (table.layer,))


def count_versions(conn: Connection, table: FeatureTable) -> None:
    """Fill the tally of a layer whose versions were put there whole, past the statements that count them."""
    conn.execute("delete from history.tally where layer = %s", (table.layer,))
    conn.execute(
        "insert into history.tally"
        " select t.* from history.layout l, history.tally_of(l) t where l.layer = %s",
        (table.layer,),
    )


def add_columns(conn: Connection, table: FeatureTable, columns: Sequence[Column]) -> FeatureTable:
    """Widen a layer. Older versions have no value there; their stored texts and hashes stay.

    Returns the widened table.
    """
    widened = replace(table, columns=(*table.columns, *columns))
    check(widened)
    for column in columns:
        conn.execute(
            SQL("alter table {} add column {} {}").format(
                Identifier("history", table.name), Identifier(column.name), SQL(COLUMN_TYPES[column.sql_type])
            )
        )
    conn.execute(
        """
        update history.layout set columns = %s, types = %s, public_columns = %s, content = %s,
          feature = %s, former_features = former_features || %s::text where layer = %s
        """,
        (*_layout(conn, widened), former_feature(table, columns).as_string(conn), table.layer),
    )
    conn.execute(SQL("drop view {}").format(Identifier("layer", table.name)))
    _create_view(conn, widened)
    _guard(conn, widened)
    return widened


def keep_indexes(conn: Connection, table: FeatureTable) -> None:
    """Give believed rows the indexes that the table says, and no others; writers wait meanwhile."""
    wanted = _indexes(conn, table)
    changed = conn.execute(
        "update history.layout set indexes = %s where layer = %s and indexes <> %s",
        (wanted, table.layer, wanted),
    )
    if changed.rowcount:
        conn.execute(
            "select history.index_attributes(l, l.name || '_believed') from history.layout l"
            " where layer = %s",
            (table.layer,),
        )


def ensure_years(conn: Connection, table: FeatureTable, first: int, last: int) -> None:
    """Make the partitions of Beijing years ``first`` to ``last``, both included, where missing."""
    conn.execute(
        "select history.ensure_year(%s, n) from generate_series(%s::int, %s::int) n",
        (table.name, first, last),
    )


def check(table: FeatureTable) -> None:
    """Refuse what PostgreSQL or the store itself could not hold."""
    problems = [
        *(f"{c.name}: reserved" for c in table.columns if c.name in RESERVED_COLUMNS),
        *(f"{c.name}: {c.sql_type}" for c in table.columns if c.sql_type not in COLUMN_TYPES),
    ]
    if len({c.name for c in table.columns}) < len(table.columns):
        problems.append("a column twice")
    if table.geometry is not None and table.geometry not in GEOMETRIES:
        problems.append(f"geometry {table.geometry}")
    if not 0 < len(table.name.encode()) <= LONGEST_NAME:
        problems.append(f"layer id longer than {LONGEST_NAME} bytes")
    if problems:
        raise BadContract(
            f"图层 {table.layer} 无法建表:{'; '.join(problems)}",
            f"layer {table.layer} cannot become a table: {'; '.join(problems)}",
            value=table.layer,
        )


def attributes(table: FeatureTable, prefix: SQL | None = None) -> list[Composed]:
    """Geometry and attribute columns, each ready for a statement."""
    names = [*(["geom"] if table.geometry else []), *(c.name for c in table.columns)]
    return [SQL("{}{}").format(prefix or SQL(""), Identifier(n)) for n in names]


def _columns(table: FeatureTable) -> Composed:
    """What has a fixed width first: a scan knows where it stands without walking the row."""
    fixed = [c for c in table.columns if c.sql_type in FIXED_BYTES]
    fixed.sort(key=lambda c: -FIXED_BYTES[c.sql_type])
    varying = [c for c in table.columns if c.sql_type not in FIXED_BYTES]
    lines: list[Composable] = [
        SQL("opened_by bigint not null"),
        SQL("valid_from timestamptz not null check (isfinite(valid_from))"),
        SQL("valid_to timestamptz not null default 'infinity'"),
        SQL("recorded_from timestamptz not null"),
        SQL("recorded_to timestamptz not null default 'infinity'"),
        *(_column(c) for c in fixed),
        SQL("closed_by bigint"),
        SQL("next_from timestamptz"),  # of believed rows: where the feature's next version starts
        SQL("fid text collate \"C\" not null check (fid <> '' and octet_length(fid) <= 400)"),
        *(_column(c) for c in varying),
    ]
    if table.geometry is not None:
        lines.append(SQL("geom geometry({}, {})").format(SQL(table.geometry), Literal(SRID)))
    lines += [
        SQL("content_sha256 bytea not null"),
        SQL("feature text not null"),
        SQL("check (valid_from < valid_to)"),
        SQL("check (recorded_from < recorded_to)"),
        SQL("check (valid_to <= next_from)"),
        SQL("check ((closed_by is null) = (recorded_to = 'infinity'))"),
    ]
    return SQL(", ").join(lines)


def _column(column: Column) -> Composed:
    return SQL("{} {}").format(Identifier(column.name), SQL(COLUMN_TYPES[column.sql_type]))


def _indexes(conn: Connection, table: FeatureTable) -> list[str]:
    """The columns of each index as SQL; texts by code points, as filters compare them. Of what is searched
    by pairs of characters the whole access method."""
    text = {c.name for c in table.columns if c.sql_type == "text"}
    pairs = [f"using gin ({pairs_sql(table)})"] if table.searched else []
    return pairs + [
        SQL(", ")
        .join(SQL('{} collate "C"' if name in text else "{}").format(Identifier(name)) for name in columns)
        .as_string(conn)
        for columns in table.indexes
    ]


def _guard(conn: Connection, table: FeatureTable) -> None:
    """Triggers against the owner's own code; rows are closed or narrowed, never rewritten nor deleted."""
    conn.execute("select history.guard_versions(l) from history.layout l where layer = %s", (table.layer,))


def _create_view(conn: Connection, table: FeatureTable) -> None:
    public = [Identifier(c.name) for c in table.columns if c.public]
    conn.execute(
        SQL(
            """
            create view {view} as
            select fid, valid_from, nullif(valid_to, 'infinity') valid_to, recorded_from,
              opened_by changeset{columns}
            from {name}
            where recorded_from <= spatial.asof() and recorded_to > spatial.asof()
              and valid_from <= spatial.at() and valid_to > spatial.at()
            """
        ).format(
            view=Identifier("layer", table.name),
            name=Identifier("history", table.name),
            columns=SQL("").join(
                SQL(", {}").format(c) for c in [*([Identifier("geom")] if table.geometry else []), *public]
            ),
        )
    )
    conn.execute(SQL("grant select on {} to onemap_reader").format(Identifier("layer", table.name)))


def _layout(conn: Connection, table: FeatureTable) -> tuple[list[str], list[str], list[str], str, str]:
    names = [c.name for c in table.columns]
    types = [COLUMN_TYPES[c.sql_type] for c in table.columns]
    public = [c.name for c in table.columns if c.public]
    return names, types, public, content(table).as_string(conn), feature(table).as_string(conn)
