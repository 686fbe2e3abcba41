"""Codes and plates looked up in the register 编码查询; old ones for ever.

Texts are compared by code points, as their indexes hold them; in the database's own order every
code of the city would be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

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
_THEN = "v.recorded_from <= %(asof)s and v.recorded_to > %(asof)s and v.valid_from <= %(at)s"
_KEYED_THEN = f"""
select coalesce(
  (select fid from history.components v where fid = %(code)s and {_THEN} limit 1),
  (select component_id from history.addresses v where fid = %(code)s and {_THEN}
    order by valid_to desc limit 1))
"""
_DIVISION_THEN = f"""
select fid from history.components v
 where code collate "C" = any(%(codes)s) and {_THEN}
 order by (valid_to > %(at)s) desc, array_position(%(codes)s, code collate "C"), valid_to desc limit 1
"""
_CODED_THEN = f"""
select component_id, address_id, scheme
  from history.address_codes v where code = %(code)s collate "C" and {_THEN}
 order by valid_to desc, valid_from desc limit 1
"""
_PLATED_THEN = f"""
select component_id, plate_number, kind, text
  from history.doorplates v where plate_number = %(code)s collate "C" and {_THEN}
 order by valid_to desc limit 1
"""


@dataclass(frozen=True, slots=True)
class Then:
    """An instant that is asked about."""

    at: datetime
    """Of valid time: what held, or had been and was no longer."""
    asof: datetime
    """Of recorded time: what was known."""


def instants(connection: Connection, at: datetime | None, asof: datetime | None) -> Then:
    """What was said, and the database's own now for what was not."""
    row = connection.execute("select clock_timestamp()").fetchone()
    assert row is not None
    return Then(at or row[0], asof or row[0])


def keyed(connection: Connection, code: str, then: Then) -> str | None:
    """The component that was known by a key of its own or of its address by then; None for nobody."""
    row = connection.execute(_KEYED_THEN, {"code": code, "at": then.at, "asof": then.asof}).fetchone()
    return None if row is None or row[0] is None else str(row[0])


def division(connection: Connection, codes: Sequence[str], then: Then) -> str | None:
    """The component that bore one of some codes of divisions, or had borne it by then; None for nobody."""
    told = {"codes": list(codes), "at": then.at, "asof": then.asof}
    row = connection.execute(_DIVISION_THEN, told).fetchone()
    return None if row is None else str(row[0])


def coded(connection: Connection, code: str, then: Then | None = None) -> tuple[str, str] | None:
    """Key of the component or address that bears or once bore a code, and the scheme; None for nobody.

    With an instant, of what was so by then.
    """
    row = _row(connection, code, then, _CODED, _CODED_THEN)
    if row is None:
        return None
    component, address, scheme = row
    key = component or address
    return (str(key), str(scheme)) if key else None


def plated(connection: Connection, number: str, then: Then | None = None) -> tuple[str, str, str, str] | None:
    """Component, number, kind and text of a plate, as of an instant; None where there is none."""
    row = _row(connection, number, then, _PLATED, _PLATED_THEN)
    return None if row is None else (str(row[0]), str(row[1]), str(row[2]), str(row[3]))


def _row(
    connection: Connection, code: str, then: Then | None, now: LiteralString, past: LiteralString
) -> tuple[Any, ...] | None:
    if then is None:
        return connection.execute(now, (code,)).fetchone()
    return connection.execute(past, {"code": code, "at": then.at, "asof": then.asof}).fetchone()
