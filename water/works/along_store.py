"""SQL of what lies along a river 沿河取数: works, defects, inspections, papers, by chainage and bank."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier, Literal

from spatial.catalogue import store as catalogue
from spatial.database import Connection
from water.moment import Moment
from water.works.stretch import Bank, Stretch

_ALONG: Final = SQL(
    "select {layer} layer, v.fid, v.chainage_m, v.feature from {table} v"
    " where v.route_id = %(route)s and v.chainage_m <= %(to)s"
    " and coalesce(v.chainage_to_m, v.chainage_m) >= %(from)s and v.bank = any(%(banks)s)"
    " and v.valid_from <= %(at)s and v.valid_to > %(at)s and {believed}"
)
_DEFECT: Final = (
    "select status, found_on, assigned_on, assigned_to, mended_on, checked_on"
    " from history.river_defects_believed"
    " where fid = %(defect)s and valid_from <= %(at)s and valid_to > %(at)s"
)
_LATER: Final = (
    "select exists (select from history.river_defects_believed where fid = %s and valid_from > %s)"
)
_STEPS: Final = """
    select v.status, v.valid_from, v.assigned_to, v.checked_by, v.found_by, v.remark, c.author, c.department,
           c.reason, c.recorded_at
      from history.river_defects_believed v
      join spatial.changeset c on c.id = (select min(o.opened_by) from history.river_defects o
        where o.fid = v.fid and o.valid_from = v.valid_from and o.status = v.status)
     where v.fid = %s order by v.valid_from
"""
_PAPER: Final = (
    "select v.title, v.media_type from history.river_documents v where v.sha256 = %(sha256)s"
    " and v.recorded_to = 'infinity' order by v.document_id limit 1"
)


def along(
    connection: Connection,
    layers: Sequence[str],
    stretch: Stretch,
    banks: Sequence[Bank],
    moment: Moment,
    limit: int,
) -> list[tuple[str, str, float, str]]:
    """Layer, identity, chainage and feature of what touches a stretch on these banks, downstream."""
    parts = [
        _ALONG.format(
            layer=Literal(layer),
            table=Identifier("history", catalogue.get(connection, layer).table.name),
            believed=moment.believed,
        )
        for layer in layers
    ]
    statement = SQL("select * from ({}) a order by a.chainage_m, a.layer, a.fid limit %(limit)s").format(
        SQL(" union all ").join(parts)
    )
    given: dict[str, Any] = {
        "route": stretch.route,
        "from": stretch.from_m,
        "to": stretch.to_m,
        "banks": [each.value for each in banks],
        "limit": limit,
        **moment.values(),
    }
    return connection.execute(statement, given).fetchall()


def defect(connection: Connection, defect_id: str, at: datetime) -> dict[str, str | date | None] | None:
    """State, days and people of a defect on a day."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_DEFECT, {"defect": defect_id, "at": at}).fetchone()


def later(connection: Connection, defect_id: str, at: datetime) -> bool:
    """Whether a step of it is laid down after that day already."""
    row = connection.execute(_LATER, (defect_id, at)).fetchone()
    return bool(row and row[0])


def steps(connection: Connection, defect_id: str) -> list[dict[str, Any]]:
    """The steps a defect has taken, the first first, with who wrote them when."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_STEPS, (defect_id,)).fetchall()


def exists(connection: Connection, layer: str, key: str) -> bool:
    """Whether a layer ever had a feature of that identity."""
    table = catalogue.get(connection, layer).table
    row = connection.execute(
        SQL("select exists (select from {} where fid = %s)").format(Identifier("history", table.believed)),
        (key,),
    ).fetchone()
    return bool(row and row[0])


def paper(connection: Connection, sha256: str) -> tuple[str, str] | None:
    """Title and media type of a document on the register, by the digest of its content."""
    row = connection.execute(_PAPER, {"sha256": sha256}).fetchone()
    return None if row is None else (row[0], row[1])
