"""The shapes that a quality check needs 质检取数: roads and divisions as they stand, on the city's plane."""

from __future__ import annotations

from typing import Final

import numpy as np
import shapely
from psycopg.sql import SQL

from address.audit import Shapes
from address.snapshot import Snapshot
from spatial.database import Connection
from spatial.datum.frames import frame
from spatial.datum.projection import window_x_y

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
        {row[fid]: _plane(shapely.from_wkb(wkb), epsg) for fid, wkb in roads.items() if fid in row},
        {row[fid]: _plane(shapely.from_wkb(wkb), epsg) for fid, wkb in areas.items() if fid in row},
        _projected(lon_lat, epsg),
    )


def _plane(shape: shapely.Geometry, epsg: int) -> shapely.Geometry:
    return shapely.transform(shape, lambda points: _projected(points, epsg))


def _projected(lon_lat: np.ndarray, epsg: int) -> np.ndarray:
    known = np.isfinite(lon_lat).all(axis=1)
    placed = np.full(lon_lat.shape, np.nan)
    x, y = window_x_y(lon_lat[known, 0], lon_lat[known, 1], frame(f"EPSG:{epsg}"))
    placed[known, 0], placed[known, 1] = x, y
    return placed
