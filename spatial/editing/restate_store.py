"""What holds from a day on, stated anew 变更: sets in the database, nothing row by row; and taken back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from psycopg.sql import SQL, Composed, Identifier, Placeholder
from psycopg.types.json import Jsonb

from spatial.catalogue import store as catalogue
from spatial.database import Connection
from spatial.history import write
from spatial.history.model import Changeset, FeatureTable, Intent

Rows = Sequence[Mapping[str, Any]]


def restate(
    connection: Connection,
    layer: str,
    intent: Intent,
    changed: Rows = (),
    created: Rows = (),
    key: str = "fid",
    emptied: Collection[str] = (),
) -> Changeset | None:
    """One changeset: of ``changed`` the values named, found by ``key``; ``created`` whole.

    A value that is null leaves what is there, but for fields ``emptied``. ``remove`` in a
    changed row ends the feature. None where nothing changes.
    """
    table = catalogue.get(connection, layer).table
    fields = [
        name for name in dict.fromkeys(name for row in changed for name in row) if name not in (key, "remove")
    ]
    source = recordset(table, [key, *fields], key)
    rows = {"rows": Jsonb([*changed])}
    return written(connection, table, intent, source, rows, fields, created, key, emptied=emptied)


def undo(
    connection: Connection, layer: str, changeset: int, intent: Intent
) -> tuple[Changeset | None, str | None]:
    """State again what held before a changeset; else a feature that was changed since."""
    table = catalogue.get(connection, layer).table
    name = {"t": Identifier("history", table.name)}
    connection.execute("drop table if exists undone")
    connection.execute(
        SQL(
            "create temporary table undone on commit drop as"
            " select distinct fid from {t} where opened_by = %(id)s or closed_by = %(id)s"
        ).format(**name),
        {"id": changeset},
    )
    since = connection.execute(
        SQL(
            "select h.fid from {t} h join undone u on u.fid = h.fid"
            " where h.opened_by > %(id)s or h.closed_by > %(id)s limit 1"
        ).format(**name),
        {"id": changeset},
    ).fetchone()
    if since is not None:
        return None, str(since[0])
    staging = write.create_staging(connection, table)
    columns = _columns(table)
    # Right after a large changeset nothing is known of what it closed; as few rows, each feature
    # would be sought in all of them.
    connection.execute("analyze undone; set local enable_nestloop = off")
    connection.execute(
        SQL(
            "insert into {s} (line, fid, remove, {c})"
            " select row_number() over (), u.fid, b.fid is null, {b} from undone u"
            " left join {t} b on b.fid = u.fid and b.closed_by = %(id)s"
            "   and b.valid_from <= %(day)s and b.valid_to > %(day)s"
        ).format(
            s=staging.identifier,
            c=SQL(", ").join(columns),
            b=SQL(", ").join(SQL("b.") + each for each in columns),
            **name,
        ),
        {"id": changeset, "day": intent.valid_from},
    )
    connection.execute("set local enable_nestloop to default")
    write.canonicalise(connection, staging)
    done = write.apply(connection, staging, intent)
    write.drop_staging(connection, staging)
    return done, None


def written(
    connection: Connection,
    table: FeatureTable,
    intent: Intent,
    source: Composed | SQL,
    values: Mapping[str, Any],
    fields: Sequence[str],
    created: Rows,
    key: str = "fid",
    areas: str | None = None,
    emptied: Collection[str] = (),
) -> Changeset | None:
    """One changeset of what ``source`` says of features that are there, and of new ones.

    ``areas``: a table with the geometry of new ones by ``fid``.
    """
    taken = [
        SQL("w.{0}" if name in emptied else "coalesce(w.{0}, b.{0})").format(Identifier(name))
        if name in fields
        else SQL("b.{}").format(Identifier(name))
        for name in _names(table)
    ]
    rows = SQL(
        "select null::bigint line, b.fid, w.remove, null::timestamptz valid_from, null::timestamptz valid_to,"
        " {v}, null::bigint expected_changeset from {w} w join {t} b on b.{k} = w.{k}"
        " where b.valid_from <= %(day)s and b.valid_to > %(day)s"
    ).format(
        v=SQL(", ").join(
            SQL("{} {}").format(value, name) for value, name in zip(taken, _columns(table), strict=True)
        ),
        w=source,
        t=Identifier("history", table.believed),
        k=Identifier(key),
    )
    if created:
        made = [
            SQL("r.{}").format(Identifier(name))
            if name != "geom"
            else SQL("(select geom from {} g where g.fid = r.fid)").format(Identifier(areas))
            if areas
            else SQL("null::geometry")
            for name in _names(table)
        ]
        rows = SQL(
            "{} union all select row_number() over (), r.fid, false, null, null, {}, null from {} r"
        ).format(
            rows,
            SQL(", ").join(made),
            recordset(table, ["fid", *(name for name in _names(table) if name != "geom")], "fid", "created"),
        )
    staging = write.create_staging(connection, table)
    told = {**values, "day": intent.valid_from, "created": Jsonb([*created])}
    write.canonicalise(connection, staging, SQL("({})").format(rows), told)
    done = write.apply(connection, staging, intent)
    write.drop_staging(connection, staging)
    return done


def _names(table: FeatureTable) -> list[str]:
    return [*(["geom"] if table.geometry else []), *(column.name for column in table.columns)]


def _columns(table: FeatureTable) -> list[Identifier]:
    return [Identifier(name) for name in _names(table)]


def recordset(table: FeatureTable, fields: Sequence[str], key: str, name: str = "rows") -> Composed:
    """Rows given as JSON under that name, with these fields in the types of the table, and ``remove``."""
    types = {column.name: column.sql_type for column in table.columns} | {"fid": "text"}
    wanted = [name for name in fields if name in types]
    columns = [SQL("{} {}").format(Identifier(name), SQL(types[name])) for name in wanted]
    return SQL(
        "(select {}, coalesce(r.remove, false) remove from jsonb_to_recordset({}) as r({}, remove boolean))"
    ).format(
        SQL(", ").join(SQL("r.{}").format(Identifier(each)) for each in wanted),
        Placeholder(name),
        SQL(", ").join(columns),
    )
