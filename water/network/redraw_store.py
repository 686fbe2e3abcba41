"""SQL of a redrawn centre line: its version, stakes, reaches and nodes, from a day on, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import shapely

from spatial.catalogue import store as catalogue
from spatial.database import Connection
from spatial.history import read, write
from spatial.history.model import Changeset, Delivery, FeatureTable, Intent
from water import layers
from water.network.redraw import Redrawn

Row = dict[str, Any]


def next_version(connection: Connection, route: str) -> int:
    """One more than the highest version of a route at any time."""
    table = catalogue.get(connection, layers.ROUTES).table
    row = connection.execute(
        f"select coalesce(max(v.version), 0) + 1 from {read.relation(table)} v where v.fid = %s", (route,)
    ).fetchone()
    assert row is not None
    return int(row[0])


def apply(connection: Connection, redrawn: Redrawn, intent: Intent, source: str) -> dict[str, int]:
    """Write it; the changesets by layer. ``source`` is told by the stakes."""
    intent = replace(intent, delivery=Delivery.PARTIAL)
    new = redrawn.new
    nature = _nature(connection, new.route, intent.valid_from)
    changed: dict[str, Mapping[str, Row]] = {
        layers.ROUTES: {
            new.route: {
                "version": new.version,
                "from_m": new.from_m,
                "to_m": new.to_m if redrawn.stakes else None,
                "length_m": round(new.length_m, 3),
                "geom": _wkb(new.points_4490),
            }
        },
        layers.REACHES: {
            moved.after.id: {
                "route_version": new.version,
                "from_m": moved.after.from_m,
                "to_m": moved.after.to_m,
                "length_m": round(moved.after.length_m, 3),
                "geom": _wkb(moved.points_4490),
            }
            for moved in redrawn.reaches
        },
        layers.NODES: {
            node.id: {"route_version": new.version, "chainage_m": carried.after.chainage_m}
            for node, carried in redrawn.nodes
            if carried.after is not None
        },
    }
    done: dict[str, int] = {}
    for layer_id, values in changed.items():
        table = catalogue.get(connection, layer_id).table
        before = held(connection, table, list(values), intent.valid_from)
        rows = {fid: row | values[fid] for fid, row in before.items()}
        _note(done, layer_id, write_rows(connection, table, rows, intent))
    stakes = {
        stake.id: {
            "stake_id": stake.id,
            "route_id": new.route,
            "route_version": new.version,
            "chainage_m": stake.chainage_m,
            "source": source,
            "data_nature": nature,
            "geom": shapely.to_wkb(shapely.Point(stake.lon_deg, stake.lat_deg)),
        }
        for stake in redrawn.stakes
    }
    table = catalogue.get(connection, layers.STAKES).table
    _note(done, layers.STAKES, write_rows(connection, table, stakes, intent))
    return done


def _note(done: dict[str, int], layer_id: str, changeset: Changeset | None) -> None:
    if changeset is not None:
        done[layer_id] = changeset.id


def _nature(connection: Connection, route: str, day: datetime) -> str:
    table = catalogue.get(connection, layers.ROUTES).table
    return str(held(connection, table, [route], day)[route]["data_nature"])


def held(connection: Connection, table: FeatureTable, fids: Sequence[str], day: datetime) -> dict[str, Row]:
    """The features as they hold on that day, every attribute and the geometry."""
    names = [column.name for column in table.columns]
    listed = ", ".join(f'v."{name}"' for name in names)
    shape = "ST_AsBinary(v.geom)" if table.geometry else "null"
    rows = connection.execute(
        f'select v.fid, {shape}, {listed} from history."{table.believed}" v'
        " where v.fid = any(%s) and v.valid_from <= %s and v.valid_to > %s order by v.fid",
        (list(fids), day, day),
    ).fetchall()
    found = {row[0]: dict(zip(["geom", *names], row[1:], strict=True)) for row in rows}
    return found if table.geometry else {fid: {n: row[n] for n in names} for fid, row in found.items()}


def write_rows(
    connection: Connection, table: FeatureTable, rows: Mapping[str, Mapping[str, Any]], intent: Intent
) -> Changeset | None:
    """Write features as they are to be from the day of the intent on; None where nothing changes."""
    if not rows:
        return None
    names = list(next(iter(rows.values())))
    staging = write.create_staging(connection, table)
    staged = ((line, fid, *(row[n] for n in names)) for line, (fid, row) in enumerate(rows.items(), 1))
    write.copy_rows(connection, staging, ["line", "fid", *names], staged)
    write.canonicalise(connection, staging)
    changeset = write.apply(connection, staging, intent)
    write.drop_staging(connection, staging)
    return changeset


def _wkb(points: np.ndarray[Any, np.dtype[np.float64]]) -> bytes:
    written: bytes = shapely.to_wkb(shapely.LineString(points))
    return written
