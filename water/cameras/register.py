"""Entering a camera 视频点登记: pose, the wedge it sees, its place on the rivers; one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely

from spatial.database import Connection
from spatial.datum.area import ellipsoid_area_m2
from spatial.history.model import Changeset, Intent
from spatial.inventory.view import sector
from water import layer_store
from water.cameras.layers import CAMERAS, VIEWS
from water.errors import CameraRefused, OffRiver
from water.network import kept
from water.network.chainage import written

BESIDE_M: Final = 2_000.0
"""A camera farther from every river than that is none of the rivers'."""


@dataclass(frozen=True, slots=True)
class Entered:
    """What was entered of a camera."""

    route: str
    route_version: int
    chainage_m: float
    bank: str
    away_m: float
    view: dict[str, Any]
    changesets: tuple[Changeset, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "route_id": self.route,
            "route_version": self.route_version,
            "chainage": written(self.chainage_m),
            "chainage_m": self.chainage_m,
            "bank": self.bank,
            "away_m": self.away_m,
            "view": self.view,
            "changesets": [each.id for each in self.changesets],
        }


def record(connection: Connection, told: Mapping[str, Any], intent: Intent) -> Entered:
    """A camera from the intent's day on, in place of what its number said before.

    OffRiver where no river is near; CameraRefused where something is laid down for a later day; InvalidInput
    for a pose that sees nothing.
    """
    key, (lon, lat) = str(told["camera_id"]), told["position"]
    view = sector(lon, lat, told["azimuth_deg"], told["view_deg"], told["reach_m"])
    where = _where(connection, lon, lat, intent)
    for layer in (CAMERAS, VIEWS):
        layer_store.lock(connection, layer)
        if layer_store.later(connection, layer, [key], intent.valid_from):
            raise CameraRefused(
                f"在此日之后已有登记,请改用更晚的日期:{key}",
                f"something is laid down for a later day already, give a later day: {key}",
                value=key,
            )
    camera = {
        **{name: value for name, value in told.items() if name != "position"},
        **{name: where[name] for name in ("route_id", "route_version", "bank", "chainage_m")},
        "fid": key,
        "geom": shapely.to_wkb(shapely.Point(lon, lat)),
    }
    seen = {
        "fid": key,
        "camera_id": key,
        "area_m2": round(abs(ellipsoid_area_m2(shapely.get_coordinates(view.exterior))), 1),
        "data_nature": told["data_nature"],
        "geom": shapely.to_wkb(view),
    }
    done = [
        layer_store.put(connection, layer, [row], intent) for layer, row in ((CAMERAS, camera), (VIEWS, seen))
    ]
    return Entered(
        *(where["route_id"], where["route_version"], where["chainage_m"], where["bank"], where["away_m"]),
        shapely.geometry.mapping(view),
        tuple(each for each in done if each is not None),
    )


def _where(connection: Connection, lon: float, lat: float, intent: Intent) -> dict[str, Any]:
    """The nearest place of all rivers, as they are on the intent's day."""
    row = connection.execute("select clock_timestamp()").fetchone()
    assert row is not None
    rivers = kept.rivers(connection, intent.valid_from, row[0])
    found = rivers.joined(np.array([shapely.Point(lon, lat)], dtype=object), BESIDE_M)
    if not len(found.shape):
        raise OffRiver(
            f"距任何河道都超过 {BESIDE_M / 1000:g} km,不是河道视频点:{lon:g}, {lat:g}",
            f"farther than {BESIDE_M / 1000:g} km from every river, no camera of theirs: {lon:g}, {lat:g}",
            value=f"{lon:g}, {lat:g}",
        )
    at = rivers.network.reaches[int(found.reach[0])]
    address = rivers.line(at.route).locate([(lon, lat)])
    chainage_m, offset_m = float(address.chainage_m[0]), float(address.offset_m[0])
    if np.isnan(chainage_m):  # beyond an end of the line: its nearest place, and nothing more exact
        chainage_m = rivers.chainage_m(int(found.reach[0]), float(found.along_m[0]))
        offset_m = float(found.away_m[0]) * (-1 if bool(found.left[0]) else 1)
    return {
        "route_id": at.route,
        "route_version": at.route_version,
        "chainage_m": round(chainage_m, 3),
        "bank": "channel" if offset_m == 0 else "left" if offset_m < 0 else "right",
        "away_m": round(abs(offset_m), 3),
    }
