"""What a change of state reads 地址办理取数: the subjects, and what each is judged against."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import shapely
from psycopg.rows import dict_row
from psycopg.sql import SQL

from spatial.database import Connection

_SUBJECTS: Final = SQL(
    """
    select c.fid, c.code, c.name, c.norm_key, c.element, c.parent_id, c.number, c.sub_number, c.status,
           p.name parent_name, p.element parent_element, p.status parent_status,
           a.region_id, st_x(a.geom) x, st_y(a.geom) y
      from history.components_believed c
      left join history.components_believed p
        on p.fid = c.parent_id and p.valid_from <= %(day)s and p.valid_to > %(day)s
      left join lateral (
        select region_id, geom from history.addresses_believed a
         where a.component_id = c.fid and a.valid_from <= %(day)s and a.valid_to > %(day)s
         order by a.main_id is not null, a.fid limit 1) a on true
     where (c.fid = any(%(keys)s) or c.code collate "C" = any(%(keys)s))
       and c.valid_from <= %(day)s and c.valid_to > %(day)s
     order by c.fid
    """
)
_SIBLINGS: Final = SQL(
    """
    select parent_id, element, fid, norm_key from history.components_believed
     where parent_id collate "C" = any(%(parents)s) and status = any(%(live)s)
       and valid_from <= %(day)s and valid_to > %(day)s
    """
)
_NAMES: Final = SQL(
    """
    select fid, name from history.components_believed
     where element = any(%(elements)s) and status = any(%(live)s)
       and valid_from <= %(day)s and valid_to > %(day)s
    """
)
_ATTACHED: Final = SQL(
    """
    select a.component_id, count(*) from history.object_links_believed l
      join history.addresses_believed a on a.fid = l.address_id
       and a.valid_from <= %(day)s and a.valid_to > %(day)s
     where a.component_id collate "C" = any(%(keys)s) and l.valid_from <= %(day)s and l.valid_to > %(day)s
     group by a.component_id
    """
)
_BELOW: Final = SQL(
    """
    select parent_id, count(*) from history.components_believed
     where parent_id collate "C" = any(%(keys)s) and status = any(%(live)s)
       and valid_from <= %(day)s and valid_to > %(day)s
     group by parent_id
    """
)
_AREA: Final = SQL(
    "select st_asbinary(geom) from history.regions_believed"
    " where fid = %s and valid_from <= %s and valid_to > %s"
)


def subjects(connection: Connection, day: datetime, keys: Sequence[str]) -> list[dict[str, Any]]:
    """Components of those keys or codes, with their parent and the degrees of their entrance."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_SUBJECTS, {"day": day, "keys": list(keys)}).fetchall()


def siblings(
    connection: Connection, day: datetime, parents: Sequence[str], live: Sequence[str]
) -> dict[tuple[str, int], list[tuple[str, str]]]:
    """Parent and element → key and norm_key of what lives there."""
    found: dict[tuple[str, int], list[tuple[str, str]]] = {}
    for parent, element, fid, norm_key in connection.execute(
        _SIBLINGS, {"day": day, "parents": list(parents), "live": list(map(str, live))}
    ):
        found.setdefault((parent, element), []).append((fid, norm_key))
    return found


def names(
    connection: Connection, day: datetime, elements: Sequence[int], live: Sequence[str]
) -> list[tuple[str, str]]:
    """Key and name of all that is named in the city."""
    told = {"day": day, "elements": list(elements), "live": list(map(str, live))}
    return connection.execute(_NAMES, told).fetchall()


def attached(connection: Connection, day: datetime, keys: Sequence[str]) -> dict[str, int]:
    """How many objects meet at the addresses of those components."""
    return dict(connection.execute(_ATTACHED, {"day": day, "keys": list(keys)}).fetchall())


def below(connection: Connection, day: datetime, keys: Sequence[str], live: Sequence[str]) -> dict[str, int]:
    """How many components live directly below those."""
    told = {"day": day, "keys": list(keys), "live": list(map(str, live))}
    return dict(connection.execute(_BELOW, told).fetchall())


def area(connection: Connection, day: datetime, region: str) -> shapely.Geometry | None:
    """Outline of a division in degrees."""
    row = connection.execute(_AREA, (region, day, day), binary=True).fetchone()
    return None if row is None else shapely.from_wkb(row[0])
