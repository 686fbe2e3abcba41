"""SQL of what lies along a redrawn route: features of any layer that name its old version are carried over.

Such a layer has the fields ``route_id``, ``route_version``, ``chainage_m``; ``chainage_to_m`` where it
tells stretches, and ``offset_m`` where it tells offsets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from spatial.catalogue import store as catalogue
from spatial.database import Connection
from spatial.history.model import FeatureTable, Intent
from water.errors import BadCentreline
from water.network import redraw_store
from water.network.rebase import Event, Rebased, rebase
from water.network.redraw import Redrawn

NEEDED: Final = ("route_id", "route_version", "chainage_m")
ENDS: Final = ("chainage_m", "chainage_to_m")


@dataclass(frozen=True, slots=True)
class Carried:
    """What becomes of the features of one layer."""

    layer: str
    told: tuple[Rebased, ...]
    """Of a stretch its beginning, then its end."""
    rows: Mapping[str, Mapping[str, Any]]
    """Features that are carried over, by identity, as they are to be."""
    lost: tuple[str, ...]
    """Features that stay by the old version: an end of theirs lies beyond the new line, or off the old."""


def carry(connection: Connection, layer_id: str, redrawn: Redrawn, day: datetime) -> Carried:
    """Reckon it; nothing is written."""
    table = catalogue.get(connection, layer_id).table
    names = {column.name for column in table.columns}
    lacking = [name for name in NEEDED if name not in names]
    if lacking:
        raise BadCentreline(
            f"图层没有字段 {'、'.join(lacking)},其要素不以桩号定位:{layer_id}",
            f"the layer lacks {', '.join(lacking)}, its features are not placed by chainage: {layer_id}",
            value=layer_id,
        )
    old, new = redrawn.old, redrawn.new
    low, high = sorted((old.from_m, old.to_m))
    told: list[Rebased] = []
    rows: dict[str, Mapping[str, Any]] = {}
    lost: list[str] = []
    for fid, row in _along(connection, table, old.route, old.version, day).items():
        ends = [name for name in ENDS if row.get(name) is not None]
        if not ends:
            continue
        if not all(low <= row[name] <= high for name in ends):
            lost.append(fid)
            continue
        offset = float(row.get("offset_m") or 0.0)
        moved = rebase(old, new, [Event(fid, float(row[name]), offset) for name in ends])
        told += moved
        after = [one.after for one in moved if one.after is not None]
        if len(after) < len(ends):
            lost.append(fid)
            continue
        values = {name: one.chainage_m for name, one in zip(ends, after, strict=True)}
        if row.get("offset_m") is not None:
            values["offset_m"] = after[0].offset_m
        rows[fid] = row | values | {"route_version": new.version}
    return Carried(layer_id, tuple(told), rows, tuple(lost))


def apply(connection: Connection, carried: Sequence[Carried], intent: Intent) -> dict[str, int]:
    """Write what was reckoned; the changesets by layer."""
    done: dict[str, int] = {}
    for one in carried:
        table = catalogue.get(connection, one.layer).table
        changeset = redraw_store.write_rows(connection, table, one.rows, intent)
        if changeset is not None:
            done[one.layer] = changeset.id
    return done


def _along(
    connection: Connection, table: FeatureTable, route: str, version: int, day: datetime
) -> dict[str, dict[str, Any]]:
    """Features that name this version of the route, as they hold on that day."""
    rows = connection.execute(
        f'select v.fid from history."{table.believed}" v where v.route_id = %s and v.route_version = %s'
        " and v.valid_from <= %s and v.valid_to > %s order by v.fid",
        (route, version, day, day),
    ).fetchall()
    return redraw_store.held(connection, table, [row[0] for row in rows], day)
