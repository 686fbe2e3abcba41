"""A village behind the breach of the page of floods: doors in the water, a road out, a shelter beyond."""

from __future__ import annotations

from typing import Any

import shapely
from flood_asked import spot
from flooded_town import write

from spatial.database import Connection

VILLAGE = "溃口村"
DOORS_M = (300.0, 360.0, 420.0, 480.0)
"""How far from the river the doors are."""
SHELTER_M = 1900.0


def settled(connection: Connection) -> None:
    """Write it."""
    write(
        connection, "address", "regions", "component_id",
        [
            {"component_id": "T1", "name": "试验镇", "element": 20, "code": "370783100000"},
            {"component_id": "V1", "name": VILLAGE, "element": 30, "parent_id": "T1", "code": "370783100201"},
        ],
    )  # fmt: skip
    doors: list[dict[str, Any]] = [
        {
            "address_id": f"D{number}", "component_id": f"D{number}", "region_id": "V1", "form": "village",
            "role": "main", "full_text": f"试验镇{VILLAGE}{number}号", "position_method": "surveyed",
            "status": "active", "geom": _wkb(shapely.Point(spot(right_m=right_m))),
        }
        for number, right_m in enumerate(DOORS_M, 1)
    ]  # fmt: skip
    write(connection, "address", "addresses", "address_id", doors)
    road = shapely.LineString([spot(right_m=right_m) for right_m in (280.0, 800.0, SHELTER_M)])
    bridge = shapely.LineString([spot(right_m=right_m) for right_m in (-60.0, 60.0)])
    write(
        connection, "spatial", "roads", "road_id",
        [
            {"road_id": "R1", "name": "出村路", "grade": "street", "data_nature": "试验", "geom": _wkb(road)},
            {
                "road_id": "R2", "name": "试验桥", "grade": "street", "data_nature": "试验",
                "structure": "bridge", "low_chord_m": 200.0, "geom": _wkb(bridge),
            },
        ],
    )  # fmt: skip
    lon, lat = spot(right_m=SHELTER_M)
    yard = shapely.box(lon - 0.0002, lat - 0.0002, lon + 0.0002, lat + 0.0002)
    shelter = {
        "asset_id": "S1", "name": "东岭避难场所", "rank": "1", "capacity": 10, "status": "in-service",
        "data_nature": "试验", "geom": _wkb(yard),
    }  # fmt: skip
    write(connection, "spatial", "shelters", "asset_id", [shelter])


def _wkb(shape: shapely.Geometry) -> bytes:
    return bytes(shapely.to_wkb(shape))
