"""Short ways to change a loaded register in tests."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from spatial.catalogue import store as catalogue
from spatial.database import Connection
from spatial.datum.clock import BEIJING
from spatial.history import write
from spatial.history.model import Changeset, Intent

LATER = datetime(2026, 6, 1, tzinfo=BEIJING)
"""After the sample's day, on which all of it begins."""


def put(connection: Connection, layer: str, *rows: dict[str, Any], day: datetime = LATER) -> Changeset:
    """One changeset that states some features of a layer, or with ``remove`` that they end."""
    declared = catalogue.get(connection, layer)
    staging = write.create_staging(connection, declared.table)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    values = [
        [
            line,
            row[declared.contract.key],
            *(row.get(name, False if name == "remove" else None) for name in columns),
        ]
        for line, row in enumerate(rows, 1)
    ]
    write.copy_rows(connection, staging, ["line", "fid", *columns], values)
    write.canonicalise(connection, staging)
    changeset = write.apply(connection, staging, Intent("li", "民政局", "改", day))
    write.drop_staging(connection, staging)
    assert changeset is not None
    return changeset


def component(key: str, parent: str | None, element: int, name: str, **more: Any) -> dict[str, Any]:
    """A row of ``components``."""
    return {
        "component_id": key, "parent_id": parent, "element": element, "name": name, "norm_key": name,
        "status": "active", **more,
    }  # fmt: skip
