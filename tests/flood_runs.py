"""Runs of floods for the tests: one that was kept without having been computed."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import shapely

from spatial.database import connect
from spatial.datum import BEIJING
from water.flood import kept, store
from water.flood.extent import Extent, Raster
from water.flood.run import Kind, Run

NOON = datetime(2026, 8, 20, 12, tzinfo=BEIJING)
PLANE = Raster(4549, 480_000.0, 4_080_000.0, 20.0, 30, 40)


def extent(raster: Raster = PLANE) -> Extent:
    """Water in the west, the deeper and the later the farther from the middle row."""
    row, column = np.mgrid[0 : raster.rows, 0 : raster.columns]
    wet = column < raster.columns // 2
    depth = np.where(wet, 0.1 + 0.01 * row, 0.0).astype(np.float32)
    arrival = np.where(wet, 60.0 * column, np.inf).astype(np.float32)
    return Extent(raster, depth, arrival, np.where(wet, 0.5, 0.0).astype(np.float32))


def run(run_id: str, raster: Raster = PLANE, kind: Kind = Kind.SCENARIO) -> Run:
    return Run(
        run_id, kind, "试验 trial", "1.0.0", {"cell_m": raster.cell_m}, b"\1" * 32, b"\2" * 32, None, NOON,
        NOON, 3600.0, "li", "水利局", ("river-routes",), True, raster,
        shapely.box(118.7, 36.8, 118.8, 36.9), {"wet_m2": 1.0},
    )  # fmt: skip


def entered(dsn: str, run_id: str, kind: Kind = Kind.SCENARIO) -> Extent:
    """A kept run with its rasters."""
    made = extent()
    with connect(dsn) as connection:
        kept.put(connection, run_id, made, {"ONEMAP": "合成数据"})
        store.keep(connection, run(run_id, kind=kind))
        connection.commit()
    return made
