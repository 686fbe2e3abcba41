"""The shapes that a quality check needs 质检取数: roads and divisions as they stand, on the city's plane."""

from __future__ import annotations

from typing import Final

import numpy as np
import shapely
from psycopg.sql import SQL

from address.audit import Shapes
from address.plane import on_plane, projected
from address.snapshot import Snapshot
from spatial.database import Connection

_ROADS: Final = SQL(
    "select fid, ST_AsBinary(geom) from history.named_roads_believed"
    " where valid_from <= now() and valid_to > now()"
)
_AREAS: Final = SQL(
    "select fid, ST_AsBinary(geom) from history.regions_believed"
    " where valid_from <= now() and valid_to > now() and element >= 20"
)


def shapes(connection: Connection, snapshot: Snapshot, epsg: int) -> Shapes:
    """Of a snapshot that was read in the same transaction."""
    row = {key: at for at, key in enumerate(snapshot.components.key.to_pylist())}
    roads = dict(connection.execute(_ROADS, binary=True).fetchall())
    areas = dict(connection.execute(_AREAS, binary=True).fetchall())
    addresses = snapshot.addresses
    lon_lat = np.stack((addresses.longitude_deg, addresses.latitude_deg), axis=1)
    return Shapes(
        {row[fid]: on_plane(shapely.from_wkb(wkb), epsg) for fid, wkb in roads.items() if fid in row},
        {row[fid]: on_plane(shapely.from_wkb(wkb), epsg) for fid, wkb in areas.items() if fid in row},
        projected(lon_lat, epsg),
    )
