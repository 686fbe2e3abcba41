"""Entering offsets between vertical datums 换算差登记: one changeset each."""

from __future__ import annotations

import shapely

from spatial.database import Connection
from spatial.history.model import Changeset, Intent
from water import layer_store
from water.errors import DatumNotConvertible
from water.works.layers import OFFSETS
from water.works.offset import DatumOffset, refused_record


def record(connection: Connection, offset: DatumOffset, intent: Intent) -> Changeset | None:
    """An offset from the intent's day on, in place of what its number said before.

    DatumNotConvertible where it is none, or a later one is laid down already.
    """
    fault = refused_record(offset)
    if fault is not None:
        raise DatumNotConvertible(f"{fault[0]}:{offset.id}", f"{fault[1]}: {offset.id}", value=offset.id)
    layer_store.lock(connection, OFFSETS)
    if layer_store.later(connection, OFFSETS, [offset.id], intent.valid_from):
        raise DatumNotConvertible(
            f"在此日之后已有登记,请改用更晚的日期:{offset.id}",
            f"something is laid down for a later day already, give a later day: {offset.id}",
            value=offset.id,
        )
    area = offset.area if offset.area.geom_type == "MultiPolygon" else shapely.multipolygons([offset.area])
    feature = {
        "fid": offset.id,
        "offset_id": offset.id,
        "from_datum": offset.source.value,
        "to_datum": offset.target.value,
        "offset_m": offset.offset_m,
        "uncertainty_m": offset.uncertainty_m,
        "station": offset.station,
        "document": offset.document,
        "standing": offset.standing,
        "geom": shapely.to_wkb(area),
    }
    return layer_store.put(connection, OFFSETS, [feature], intent)
