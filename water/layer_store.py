"""SQL over any layer of the rivers: one writer at a time, what is there on a day, what is laid down later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg.sql import SQL, Identifier

from spatial.catalogue import store as catalogue
from spatial.database import Connection
from spatial.history import write
from spatial.history.model import Changeset, Intent


def lock(connection: Connection, layer: str) -> None:
    """One at a time decides on a layer, until the transaction ends: what is judged must still stand."""
    connection.execute("select pg_advisory_xact_lock(hashtext('water: ' || %s))", (layer,))


def exists(connection: Connection, layer: str, key: str) -> bool:
    """Whether a layer has a feature of that identity at any time."""
    statement = SQL("select exists (select from {} where fid = %s)").format(_believed(connection, layer))
    row = connection.execute(statement, (key,)).fetchone()
    return bool(row and row[0])


def there(connection: Connection, layer: str, keys: Sequence[str], at: datetime) -> frozenset[str]:
    """Which of these a layer holds on a day."""
    statement = SQL("select fid from {} where fid = any(%s) and valid_from <= %s and valid_to > %s").format(
        _believed(connection, layer)
    )
    return frozenset(fid for (fid,) in connection.execute(statement, (list(keys), at, at)).fetchall())


def later(connection: Connection, layer: str, keys: Sequence[str], at: datetime) -> str | None:
    """One of these of which something is laid down after the day already: it would be overwritten."""
    statement = SQL("select fid from {} where fid = any(%s) and valid_from > %s order by fid limit 1").format(
        _believed(connection, layer)
    )
    row = connection.execute(statement, (list(keys), at)).fetchone()
    return None if row is None else str(row[0])


def newest(connection: Connection, layer: str, key: str) -> datetime | None:
    """From when the newest version of a feature is laid down; None where there is no such feature."""
    statement = SQL("select max(valid_from) from {} where fid = %s").format(_believed(connection, layer))
    row = connection.execute(statement, (key,)).fetchone()
    return None if row is None else row[0]


def put(
    connection: Connection, layer: str, features: Sequence[Mapping[str, Any]], intent: Intent
) -> Changeset | None:
    """Whole features from a day on, new or in place of what is there; None where nothing changes.

    Each has its ``fid`` and, of a layer with places, ``geom`` as WKB.
    """
    table = catalogue.get(connection, layer).table
    names = ["fid", *(["geom"] if table.geometry else []), *(column.name for column in table.columns)]
    staging = write.create_staging(connection, table)
    rows = [(line, *(each.get(name) for name in names)) for line, each in enumerate(features, 1)]
    write.copy_rows(connection, staging, ("line", *names), rows)
    write.canonicalise(connection, staging)
    changeset = write.apply(connection, staging, intent)
    write.drop_staging(connection, staging)
    return changeset


def _believed(connection: Connection, layer: str) -> Identifier:
    return Identifier("history", catalogue.get(connection, layer).table.believed)
