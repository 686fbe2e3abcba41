"""Areas of a region reorganisation 区划调整: what is moved goes from one outline to another."""

from __future__ import annotations

from typing import Final

from psycopg.sql import SQL
from psycopg.types.json import Jsonb

from spatial.catalogue import store as catalogue
from spatial.database import Connection
from spatial.editing.restate_store import Rows, recordset, written
from spatial.history.model import Changeset, Intent

_AREAS: Final = SQL(
    """
    with live as not materialized (
      select fid, geom from history.regions_believed where valid_from <= %(day)s and valid_to > %(day)s),
    moved as (
      select t.area, t.origin, t.target, l.geom
        from jsonb_to_recordset(%(transfers)s) as t(area text, origin text, target text)
        join live l on l.fid = t.area),
    less as (select origin fid, st_union(geom) geom from moved where origin is not null group by origin),
    more as (select target fid, st_union(geom) geom from moved group by target)
    select coalesce(less.fid, more.fid) fid,
           st_multi(st_collectionextract(case
             when more.geom is null then st_difference(l.geom, less.geom)
             when l.geom is null then more.geom
             when less.geom is null then st_union(l.geom, more.geom)
             else st_union(st_difference(l.geom, less.geom), more.geom) end, 3)) geom
      from less full join more using (fid) left join live l on l.fid = coalesce(less.fid, more.fid)
    """
)


def restate_areas(
    connection: Connection, intent: Intent, transfers: Rows, rest: Rows, created: Rows
) -> Changeset | None:
    """Names, parents and codes of regions, and the areas that come of what was moved."""
    table = catalogue.get(connection, "regions").table
    connection.execute("drop table if exists reassigned_areas")
    connection.execute(
        SQL("create temporary table reassigned_areas on commit drop as ") + _AREAS,
        {"day": intent.valid_from, "transfers": Jsonb([*transfers])},
    )
    fields = ["parent_id", "name", "code"]
    source = SQL(
        "(select coalesce(w.fid, g.fid) fid, w.parent_id, w.name, w.code,"
        " coalesce(w.remove, false) remove, g.geom from {} w full join reassigned_areas g on g.fid = w.fid)"
    ).format(recordset(table, ["fid", *fields], "fid"))
    return written(
        connection,
        table,
        intent,
        source,
        {"rows": Jsonb([*rest])},
        [*fields, "geom"],
        created,
        areas="reassigned_areas",
    )
