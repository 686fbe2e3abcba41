"""Components as they are on a day, and what addresses read when the tree above them changes."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from psycopg.sql import SQL, Identifier
from psycopg.types.json import Jsonb

from spatial.catalogue import store as catalogue
from spatial.database import Connection
from spatial.editing.restate_store import written
from spatial.history.model import Changeset, Intent

Rows = Sequence[Mapping[str, Any]]
_HELD: Final = SQL(
    """
    with live as not materialized (
      select fid, element, parent_id, name, code, status from history.components_believed
       where valid_from <= %(day)s and valid_to > %(day)s)
    select * from (
      select * from live where fid = any(%(keys)s)
      union select * from live where code collate "C" = any(%(keys)s)
      union select * from live where parent_id collate "C" = any(%(parents)s)) found
     order by (status = 'active') desc, fid
    """
)
_LATER: Final = SQL(
    "select fid from history.components_believed where fid = any(%s) and valid_from > %s order by fid limit 1"
)
_LATER_BELOW: Final = SQL(
    """
    with recursive down as (
      select unnest(%(roots)s::text[]) collate "C" fid
      union
      select c.fid from down d join history.components_believed c on c.parent_id collate "C" = d.fid
       where c.valid_to > %(day)s)
    select a.fid from down d join history.addresses_believed a on a.component_id collate "C" = d.fid
     where a.valid_from > %(day)s limit 1
    """
)
_RESTATED: Final = SQL(
    """
    select fid from history.components_believed
     where opened_by = %(changeset)s and valid_from <= %(day)s and valid_to > %(day)s
    """
)
_TEXTS: Final = SQL(
    """
    create unlogged table {reckoned} as
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
        from down d join live c on c.parent_id = d.fid),
    said as (
      select a.fid, d.full_text, d.short_text
        from (select distinct on (fid) * from down) d
        join history.addresses_believed a on a.component_id = d.fid
       where a.valid_from <= %(day)s and a.valid_to > %(day)s
         and (d.full_text, d.short_text) is distinct from (a.full_text, a.short_text)),
    lying as (
      select a.fid, r.region_id from jsonb_each_text(%(regions)s) as r(old_id, region_id)
        join history.addresses_believed a on a.region_id = r.old_id collate "C"
       where a.valid_from <= %(day)s and a.valid_to > %(day)s)
    select fid, full_text, short_text, region_id from said full join lying using (fid)
    """
)
_COUNTS: Final = SQL(
    """
    select (select count(*) from {reckoned}),
           (select count(*) from history.object_links_believed l join {reckoned} r on r.fid = l.address_id
             where l.valid_from <= %(day)s and l.valid_to > %(day)s),
           (select count(*) from history.addresses_believed a
             where a.region_id collate "C" = any(%(roots)s)
               and a.valid_from <= %(day)s and a.valid_to > %(day)s
               and not exists (select from {reckoned} r where r.fid = a.fid))
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


def later_below(connection: Connection, day: datetime, roots: Sequence[str]) -> str | None:
    """An address under those components of which something is laid down after the day already."""
    row = connection.execute(_LATER_BELOW, {"day": day, "roots": list(roots)}).fetchone()
    return None if row is None else str(row[0])


def stale(connection: Connection, day: datetime, changeset: int) -> str | None:
    """An address whose text does not follow from the tree under what a changeset has restated from a day
    on, or one there that begins later."""
    rows = connection.execute(_RESTATED, {"changeset": changeset, "day": day}).fetchall()
    roots = [fid for (fid,) in rows]
    reckoned = reckon(connection, day, roots, {})
    row = connection.execute(SQL("select fid from {} limit 1").format(reckoned.table)).fetchone()
    connection.execute(SQL("drop table {}").format(reckoned.table))
    return later_below(connection, day, roots) if row is None else str(row[0])


@dataclass(frozen=True, slots=True)
class Reckoned:
    """What addresses will read, laid down in a table of this transaction."""

    table: Identifier
    addresses: int
    """Whose text or region changes."""
    links: int
    """Objects that meet at them."""
    unmoved: int
    """Addresses in a moved region that keep their text, being numbered along streets that do not move."""


def reckon(
    connection: Connection, day: datetime, roots: Sequence[str], regions: Mapping[str, str]
) -> Reckoned:
    """Lay down what addresses read after the change of the tree; restated next, it is gone.

    In a table that several processes can read at once, as they cannot a temporary one.
    """
    table = Identifier("staging", f"reckoned_{uuid.uuid4().hex[:12]}")
    connection.execute(
        _TEXTS.format(reckoned=table), {"day": day, "roots": list(roots), "regions": Jsonb(dict(regions))}
    )
    connection.execute(SQL("analyze {}").format(table))
    row = connection.execute(_COUNTS.format(reckoned=table), {"day": day, "roots": list(roots)}).fetchone()
    assert row is not None
    return Reckoned(table, *map(int, row))


def restate_addresses(connection: Connection, intent: Intent, reckoned: Reckoned) -> Changeset | None:
    """The texts and regions that were reckoned."""
    table = catalogue.get(connection, "addresses").table
    source = SQL("(select fid, full_text, short_text, region_id, false remove from {})").format(
        reckoned.table
    )
    fields = ["full_text", "short_text", "region_id"]
    done = written(connection, table, intent, source, {}, fields, ())
    connection.execute(SQL("drop table {}").format(reckoned.table))
    return done
