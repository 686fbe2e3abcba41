"""What holds from a day on, stated anew 变更: sets in the database, nothing row by row; and taken back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from psycopg.sql import SQL, Composed, Identifier
from psycopg.types.json import Jsonb

from spatial.catalogue import store as catalogue
from spatial.database import Connection
from spatial.history import write
from spatial.history.model import Changeset, FeatureTable, Intent

Rows = Sequence[Mapping[str, Any]]
_HELD: Final = SQL(
    """
    with live as not materialized (
      select fid, element, parent_id, name, code, status from history.components_believed
       where valid_from <= %(day)s and valid_to > %(day)s)
    select * from (
      select * from live where fid = any(%(keys)s)
      union select * from live where code = any(%(keys)s)
      union select * from live where parent_id = any(%(parents)s)) found
     order by (status = 'active') desc, fid
    """
)
_LATER: Final = SQL(
    "select fid from history.components_believed where fid = any(%s) and valid_from > %s order by fid limit 1"
)
_TEXTS: Final = SQL(
    """
    create temporary table reassigned on commit drop as
    with recursive live as not materialized (
      select fid, parent_id, name, element, case when element = 15 then '' else name end said
        from history.components_believed where valid_from <= %(day)s and valid_to > %(day)s),
    up as (
      select fid root, parent_id at, said full_text, case when element > 20 then said else '' end short_text
        from live where fid = any(%(roots)s)
      union all
      select u.root, p.parent_id, p.said || u.full_text,
             case when p.element > 20 then p.said || u.short_text else u.short_text end
        from up u join live p on p.fid = u.at),
    down as (
      select root fid, full_text, short_text from up where at is null
      union
      select c.fid, d.full_text || c.said,
             case when c.element > 20 then d.short_text || c.said else d.short_text end
        from down d join live c on c.parent_id = d.fid)
    select a.fid, d.full_text, d.short_text, r.region_id
      from history.addresses_believed a
      left join (select distinct on (fid) * from down) d on d.fid = a.component_id
      left join jsonb_each_text(%(regions)s) as r(old_id, region_id) on r.old_id = a.region_id
     where a.valid_from <= %(day)s and a.valid_to > %(day)s
       and (d.fid is not null and (d.full_text, d.short_text) is distinct from (a.full_text, a.short_text)
            or r.region_id is not null)
    """
)
_COUNTS: Final = SQL(
    """
    select (select count(*) from reassigned),
           (select count(*) from history.object_links_believed l join reassigned r on r.fid = l.address_id
             where l.valid_from <= %(day)s and l.valid_to > %(day)s),
           (select count(*) from history.addresses_believed a
             where a.region_id = any(%(roots)s) and a.valid_from <= %(day)s and a.valid_to > %(day)s
               and a.fid not in (select fid from reassigned))
    """
)


def held(
    connection: Connection, day: datetime, keys: Sequence[str], parents: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """Components of those keys or codes, or below those parents, as they are on the day."""
    cursor = connection.execute(_HELD, {"day": day, "keys": list(keys), "parents": list(parents)})
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def later(connection: Connection, day: datetime, keys: Sequence[str]) -> str | None:
    """A component of those for which something is laid down after the day already."""
    row = connection.execute(_LATER, (list(keys), day)).fetchone()
    return None if row is None else str(row[0])


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


def restate_addresses(connection: Connection, intent: Intent) -> Changeset | None:
    """The texts and regions laid down by :func:`reckon`."""
    table = catalogue.get(connection, "addresses").table
    source = SQL("(select fid, full_text, short_text, region_id, false remove from reassigned)")
    return written(connection, table, intent, source, {}, ["full_text", "short_text", "region_id"], ())


def reckon(
    connection: Connection, day: datetime, roots: Sequence[str], regions: Mapping[str, str]
) -> tuple[int, int, int]:
    """Lay down what addresses read after the change of the tree.

    How many change; how many links meet at them; how many lie in a moved region and keep their
    text, being numbered along streets that do not move.
    """
    connection.execute("drop table if exists reassigned")  # of another reorganisation in this transaction
    connection.execute(_TEXTS, {"day": day, "roots": list(roots), "regions": Jsonb(dict(regions))})
    connection.execute("analyze reassigned")
    row = connection.execute(_COUNTS, {"day": day, "roots": list(roots)}).fetchone()
    assert row is not None
    return int(row[0]), int(row[1]), int(row[2])


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
    connection.execute(
        SQL(
            "insert into {s} (line, fid, remove, {c})"
            " select row_number() over (), u.fid, b.fid is null, {b} from undone u"
            " left join lateral (select * from {t} h where h.fid = u.fid and h.closed_by = %(id)s"
            "   and h.valid_from <= %(day)s and h.valid_to > %(day)s limit 1) b on true"
        ).format(
            s=staging.identifier,
            c=SQL(", ").join(columns),
            b=SQL(", ").join(SQL("b.") + each for each in columns),
            **name,
        ),
        {"id": changeset, "day": intent.valid_from},
    )
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
    areas: bool = False,
    emptied: Collection[str] = (),
) -> Changeset | None:
    """One changeset of what ``source`` says of features that are there, and of new ones.

    ``areas``: new ones have theirs in ``reassigned_areas``.
    """
    staging = write.create_staging(connection, table)
    columns = _columns(table)
    taken = [
        SQL("w.{0}" if name in emptied else "coalesce(w.{0}, b.{0})").format(Identifier(name))
        if name in fields
        else SQL("b.{}").format(Identifier(name))
        for name in _names(table)
    ]
    connection.execute(
        SQL(
            "insert into {s} (line, fid, remove, {c}) select row_number() over (), b.fid, w.remove, {v}"
            " from {w} w join {t} b on b.{k} = w.{k}"
            " where b.valid_from <= %(day)s and b.valid_to > %(day)s"
        ).format(
            s=staging.identifier,
            c=SQL(", ").join(columns),
            v=SQL(", ").join(taken),
            w=source,
            t=Identifier("history", table.believed),
            k=Identifier(key),
        ),
        {**values, "day": intent.valid_from},
    )
    if created:
        names = [each for each in _names(table) if each != "geom"]
        made = SQL(", ").join(SQL("r.{}").format(Identifier(name)) for name in names)
        area = SQL(", (select geom from reassigned_areas g where g.fid = r.fid)") if areas else SQL("")
        connection.execute(
            SQL(
                "insert into {s} (line, fid, {c}{g})"
                " select 1000000000 + row_number() over (), r.fid, {m}{a} from {w} r"
            ).format(
                s=staging.identifier,
                c=SQL(", ").join(map(Identifier, names)),
                g=SQL(", geom") if areas else SQL(""),
                m=made,
                a=area,
                w=recordset(table, ["fid", *names], "fid"),
            ),
            {"rows": Jsonb([*created])},
        )
    write.canonicalise(connection, staging)
    done = write.apply(connection, staging, intent)
    write.drop_staging(connection, staging)
    return done


def _names(table: FeatureTable) -> list[str]:
    return [*(["geom"] if table.geometry else []), *(column.name for column in table.columns)]


def _columns(table: FeatureTable) -> list[Identifier]:
    return [Identifier(name) for name in _names(table)]


def recordset(table: FeatureTable, fields: Sequence[str], key: str) -> Composed:
    """Rows given as JSON under ``rows``, with these fields in the types of the table, and ``remove``."""
    types = {column.name: column.sql_type for column in table.columns} | {"fid": "text"}
    wanted = [name for name in fields if name in types]
    columns = [SQL("{} {}").format(Identifier(name), SQL(types[name])) for name in wanted]
    return SQL(
        "(select {}, coalesce(r.remove, false) remove"
        " from jsonb_to_recordset(%(rows)s) as r({}, remove boolean))"
    ).format(SQL(", ").join(SQL("r.{}").format(Identifier(name)) for name in wanted), SQL(", ").join(columns))
