"""A small town for tests of evacuations: streets, addresses, shelters, and water from the west.

Places are metres from a corner in the plane of the city's zone. One street runs east for 2 km, another north
from its middle. Water comes from the west at 2 m/s from the tenth minute on, 0.6 m deep, as far as 900 m; a
dip of the street at 850 m fills after five minutes already. A bridge that no other road leads to stands in
the north-west, its girders at 5 m.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import numpy as np
import shapely
from pyproj import Transformer
from serving import database_of

from spatial.catalogue import store
from spatial.catalogue.declaration import shipped
from spatial.database import Connection, connect
from spatial.datum import BEIJING
from spatial.history.model import Delivery, Intent
from spatial.sample.loading import fill
from spatial.sample.rows import Rows
from water.flood.extent import Extent, Raster

EAST_M, NORTH_M = 393_000.0, 4_086_000.0
BEGUN = datetime(2026, 1, 1, tzinfo=BEIJING)
RASTER = Raster(4549, EAST_M - 100, NORTH_M + 700, 10.0, 80, 100)
ADDRESSES = {
    # place, village, people linked
    "A1": ((200.0, 10.0), "V1", 4),
    "A2": ((400.0, 10.0), "V1", 5),
    "A3": ((600.0, -10.0), "V1", 3),
    "B1": ((800.0, 10.0), "V2", 6),
    "FAR": ((500.0, 600.0), "V2", 2),
    "DRY": ((1500.0, 10.0), "V2", 9),
}
SHELTERS = {"S-EAST": ((1900.0, 20.0), 10), "S-NORTH": ((1000.0, 980.0), 100), "S-WET": ((100.0, 30.0), 500)}


def extent() -> Extent:
    """The water."""
    middle = np.arange(RASTER.columns) * RASTER.cell_m + RASTER.west_m + RASTER.cell_m / 2 - EAST_M
    east = np.broadcast_to(middle, (RASTER.rows, RASTER.columns))
    wet = east < 900
    arrival = np.where((east > 845) & (east < 860), 300.0, 600.0 + east / 2)
    return Extent(
        RASTER,
        np.where(wet, 0.6, 0.0).astype(np.float32),
        np.where(wet, np.maximum(arrival, 0), np.inf).astype(np.float32),
        np.where(wet, 0.2, 0.0).astype(np.float32),
    )


def told(made: Extent | None = None) -> dict[str, object]:
    """The water as a request names it."""
    one = made or extent()
    raster = one.raster
    arrival = [None if np.isinf(each) else float(each) for each in one.arrival_s.ravel()]
    level = {} if one.level_m is None else {"level_m": one.level_m.ravel().tolist()}
    return {
        **level, "zone": raster.zone, "cell_m": raster.cell_m,
        "west_m": raster.west_m, "north_m": raster.north_m,
        "rows": raster.rows, "columns": raster.columns, "arrival_s": arrival,
        "depth_m": one.depth_m.ravel().tolist(), "speed_m_s": one.speed_m_s.ravel().tolist(),
    }  # fmt: skip


def place(shape: shapely.Geometry) -> bytes:
    """A shape of the town as WKB in CGCS2000."""
    move = Transformer.from_crs(4549, 4490, always_xy=True).transform
    moved = shapely.transform(shape, lambda at: np.stack(move(at[:, 0] + EAST_M, at[:, 1] + NORTH_M), axis=1))
    return bytes(shapely.to_wkb(moved))


def write(connection: Connection, package: str, layer: str, key: str, rows: list[dict[str, object]]) -> None:
    """Publish a layer of the platform and write rows of it."""
    table = store.publish(connection, shipped(package, layer)).table
    columns = tuple(dict.fromkeys(name for row in rows for name in row))
    values = tuple(tuple(row.get(name) for name in columns) for row in rows)
    intent = Intent("test", "试验局", "试验", BEGUN, Delivery.FULL, b"\1" * 32)
    fill(connection, table, Rows(columns, key, values), intent)


@contextmanager
def flooded_town(server_dsn: str, template: str) -> Iterator[str]:
    """Its database."""
    with database_of(server_dsn, template) as dsn:
        with connect(dsn) as connection, connection.transaction():
            _layers(connection)
        yield dsn


def _layers(connection: Connection) -> None:
    division = {"element": 30, "parent_id": "T1"}
    write(
        connection, "address", "regions", "component_id",
        [
            {"component_id": "T1", "name": "试验镇", "element": 20, "code": "370783100000"},
            {"component_id": "V1", "name": "西村", "code": "370783100201", **division},
            {"component_id": "V2", "name": "东村", "code": "370783100202", **division},
        ],
    )  # fmt: skip
    rows: list[dict[str, object]] = [
        {
            "address_id": name, "component_id": name, "region_id": village, "form": "village",
            "role": "main", "full_text": f"试验镇{village}{name}号", "position_method": "surveyed",
            "status": "active", "geom": place(shapely.Point(*spot)),
        }
        for name, (spot, village, _) in ADDRESSES.items()
    ]  # fmt: skip
    write(connection, "address", "addresses", "address_id", rows)
    links: list[dict[str, object]] = [
        {
            "link_id": f"{name}-{number}", "address_id": name, "kind": "person", "role": "living",
            "object_id": f"id-{name}-{number}", "object_name": f"居民{name}{number}",
        }
        for name, (_, _, people) in ADDRESSES.items()
        for number in range(people)
    ]  # fmt: skip
    write(connection, "address", "object-links", "link_id", links)
    bridge = {"structure": "bridge", "low_chord_m": 5.0}
    streets = {"R-EAST": [(0, 0), (2000, 0)], "R-NORTH": [(1000, 0), (1000, 1000)]}
    streets["R-BRIDGE"] = [(-95, 690), (-65, 690)]
    write(
        connection, "spatial", "roads", "road_id",
        [
            {
                "road_id": name, "name": name, "grade": "street", "data_nature": "试验",
                "geom": place(shapely.LineString(line)), **(bridge if name == "R-BRIDGE" else {}),
            }
            for name, line in streets.items()
        ],
    )  # fmt: skip
    write(
        connection, "spatial", "shelters", "asset_id",
        [
            {
                "asset_id": name, "name": f"避难场所{name}", "rank": "1", "capacity": capacity,
                "status": "in-service", "data_nature": "试验",
                "geom": place(shapely.box(x - 10, y - 10, x + 10, y + 10)),
            }
            for name, ((x, y), capacity) in SHELTERS.items()
        ],
    )  # fmt: skip
    write(
        connection, "spatial", "schools", "asset_id",
        [
            {
                "asset_id": name, "name": name, "kind": "primary", "places": places, "status": "in-service",
                "data_nature": "试验", "geom": place(shapely.Point(x, 40.0)),
            }
            for name, x, places in (("K-WET", 300.0, 200), ("K-DRY", 1600.0, 300))
        ],
    )  # fmt: skip
