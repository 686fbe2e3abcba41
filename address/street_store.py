"""What is read of a street 街巷取数: its doors with their entrances, its line, plates and former numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import shapely
from psycopg.sql import SQL

from spatial.database import Connection

_STREETS: Final = SQL(
    """
    select fid, name from history.components_believed
     where valid_from <= %(day)s and valid_to > %(day)s and status = 'active'
       and (fid = %(said)s or code collate "C" = %(said)s
            or name collate "C" = %(said)s and element between 30 and 42)
     order by fid limit 2
    """
)
_DOORS: Final = SQL(
    """
    select c.fid, c.name, c.number, c.sub_number, c.status, st_x(a.geom) x, st_y(a.geom) y
      from history.components_believed c
      left join lateral (
        select geom from history.addresses_believed a
         where a.component_id = c.fid and a.valid_from <= %(day)s and a.valid_to > %(day)s
         order by a.main_id is not null, a.fid limit 1) a on true
     where c.parent_id collate "C" = %(street)s and c.element = 50 and c.status = any(%(states)s)
       and c.valid_from <= %(day)s and c.valid_to > %(day)s
     order by c.fid
    """
)
_LINE: Final = SQL(
    "select st_asbinary(geom) from history.named_roads_believed"
    " where fid = %s and valid_from <= %s and valid_to > %s"
)
_PLATES: Final = SQL(
    "select count(*) from history.doorplates_believed"
    ' where component_id collate "C" = any(%s)'
    " and valid_from <= %s and valid_to > %s"
)
_FORMER: Final = SQL(
    """
    select l.fid, l.text from history.address_aliases_believed l
      join history.components_believed c on c.fid = l.component_id
       and c.valid_from <= %(day)s and c.valid_to > %(day)s
     where c.parent_id collate "C" = %(street)s and l.kind = 'former'
       and l.valid_from <= %(day)s and l.valid_to > %(day)s
    """
)


def streets(connection: Connection, day: datetime, said: str) -> list[tuple[str, str]]:
    """Key and name of what that key, code or name leads to; two at most."""
    return connection.execute(_STREETS, {"day": day, "said": said}).fetchall()


def doors(connection: Connection, day: datetime, street: str, states: Sequence[str]) -> list[dict[str, Any]]:
    """The doors of a street with the degrees of their entrances, null where none is known."""
    cursor = connection.execute(_DOORS, {"day": day, "street": street, "states": list(map(str, states))})
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def line(connection: Connection, day: datetime, street: str) -> shapely.Geometry | None:
    """Its line in degrees; None where none is drawn."""
    row = connection.execute(_LINE, (street, day, day), binary=True).fetchone()
    return None if row is None else shapely.from_wkb(row[0])


def plates(connection: Connection, day: datetime, doors: Sequence[str]) -> int:
    """How many plates hang at those doors."""
    row = connection.execute(_PLATES, (list(doors), day, day)).fetchone()
    return 0 if row is None else int(row[0])


def former(connection: Connection, day: datetime, street: str) -> list[tuple[str, str]]:
    """Key and text of each former number that leads to a door of the street."""
    return connection.execute(_FORMER, {"day": day, "street": street}).fetchall()
