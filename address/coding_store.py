"""Codes of a scheme that were ever given 赋码取数, and new ones laid down."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from psycopg.sql import SQL

from spatial.catalogue import store as catalogue
from spatial.database import Connection
from spatial.history import write
from spatial.history.model import Changeset, Intent

_HELD: Final = SQL(
    """
    select fid, code, address_id, valid_from <= %(day)s and valid_to > %(day)s live
      from history.address_codes_believed where scheme = %(scheme)s and address_id is not null
     order by fid, valid_from
    """
)
_COLUMNS: Final = ("line", "fid", "code_id", "scheme", "code", "address_id")
_STAMPED: Final = SQL(
    """
    update {staging} s set data_nature = a.data_nature from history.addresses_believed a
     where a.fid = s.address_id and a.valid_from <= %(day)s and a.valid_to > %(day)s
    """
)


def held(connection: Connection, day: datetime, scheme: str) -> list[tuple[str, str, str, bool]]:
    """Key, code, address, and whether it is in force on the day, of every code ever given."""
    return connection.execute(_HELD, {"day": day, "scheme": scheme}).fetchall()


def later(connection: Connection, day: datetime, scheme: str) -> datetime | None:
    """From when the last code of a scheme is in force, where that is after the day."""
    row = connection.execute(
        "select max(valid_from) from history.address_codes_believed"
        " where scheme = %s and address_id is not null and valid_from > %s",
        (scheme, day),
    ).fetchone()
    found: datetime | None = None if row is None else row[0]
    return found


def lay_down(
    connection: Connection, intent: Intent, scheme: str, rows: Iterable[tuple[str, str, str]]
) -> Changeset | None:
    """New codes by key, code and address, as one changeset; generated data stay stamped."""
    table = catalogue.get(connection, "address-codes").table
    staging = write.create_staging(connection, table)
    numbered = (
        (line, fid, fid, scheme, code, address) for line, (fid, code, address) in enumerate(rows, start=1)
    )
    write.copy_rows(connection, staging, _COLUMNS, numbered)
    connection.execute(_STAMPED.format(staging=staging.identifier), {"day": intent.valid_from})
    write.canonicalise(connection, staging)
    done = write.apply(connection, staging, intent)
    write.drop_staging(connection, staging)
    return done
