"""Codes and plates looked up in the register 编码查询; old ones for ever.

Texts are compared by code points, as their indexes hold them; in the database's own order every
code of the city would be read.
"""

from __future__ import annotations

from spatial.database import Connection

_CODED = """
select component_id, address_id, scheme
  from history.address_codes_believed where code = %s collate "C"
 order by valid_to desc, valid_from desc limit 1
"""
_PLATED = """
select component_id, plate_number, kind, text
  from history.doorplates_believed where plate_number = %s collate "C"
 order by valid_to desc limit 1
"""


def coded(connection: Connection, code: str) -> tuple[str, str] | None:
    """Key of the component or address that bears or once bore a code, and the scheme; None for nobody."""
    row = connection.execute(_CODED, (code,)).fetchone()
    if row is None:
        return None
    component, address, scheme = row
    key = component or address
    return (str(key), str(scheme)) if key else None


def plated(connection: Connection, number: str) -> tuple[str, str, str, str] | None:
    """Component, number, kind and text of a plate; None where there is none."""
    row = connection.execute(_PLATED, (number,)).fetchone()
    return None if row is None else (str(row[0]), str(row[1]), str(row[2]), str(row[3]))
