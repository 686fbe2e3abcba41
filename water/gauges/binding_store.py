"""SQL of binding: which things and properties the store of observations knows."""

from __future__ import annotations

from spatial.database import Connection


def thing(connection: Connection, key: str) -> int | None:
    """The number of a thing by its key."""
    row = connection.execute("select id from observe.thing where key = %s", (key,)).fetchone()
    return None if row is None else int(row[0])


def observed_property(connection: Connection, key: str) -> int | None:
    """The number of an observed property by its key."""
    row = connection.execute("select id from observe.observed_property where key = %s", (key,)).fetchone()
    return None if row is None else int(row[0])
