"""Changes of planning layers, as tests make them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from spatial.catalogue import store as catalogue
from spatial.database import Connection
from spatial.history import write
from spatial.history.model import Intent
from spatial.sample.rows import Rows

WHO = ("li", "自然资源和规划局", "试验")


def retire(connection: Connection, layer: str, fids: Iterable[str], day: datetime) -> None:
    """End features from a day on."""
    table = catalogue.get(connection, layer).table
    staging = write.create_staging(connection, table)
    write.copy_rows(
        connection, staging, ("line", "fid", "remove"), ((n, fid, True) for n, fid in enumerate(fids, 1))
    )
    write.canonicalise(connection, staging)
    assert write.apply(connection, staging, Intent(*WHO, day)) is not None


def state(connection: Connection, layer: str, rows: Rows, day: datetime) -> None:
    """What is true from a day on."""
    table = catalogue.get(connection, layer).table
    staging = write.create_staging(connection, table)
    columns, values = rows.staged()
    write.copy_rows(connection, staging, columns, values)
    write.canonicalise(connection, staging)
    assert write.apply(connection, staging, Intent(*WHO, day)) is not None


def double(connection: Connection, layer: str, fid: str, other: str) -> None:
    """A second feature on the same ground."""
    table = catalogue.get(connection, layer).table
    names = [column.name for column in table.columns]
    others = ", ".join(name for name in names if name != "bsm")
    row = connection.execute(
        f"select valid_from, ST_AsBinary(geom), {others} from history.{table.believed} where fid = %s", (fid,)
    ).fetchone()
    assert row
    day, wkb, *values = row
    columns = ("bsm", "geom", *(name for name in names if name != "bsm"))
    state(connection, layer, Rows(columns, "bsm", ((other, bytes(wkb), *values),)), day)
