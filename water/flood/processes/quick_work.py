"""What ``flood-quick`` does; imported when it runs."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from spatial.catalogue.city import read_city
from spatial.jobs.model import Document, Filed, Outputs
from spatial.jobs.process import Context, Inputs
from water.flood import cog, imported, plane, prepared, quick, sample
from water.flood.extent import WET_M
from water.flood.naming import called, unnamed
from water.flood.placing import Line, Places
from water.flood.run import STAMP
from water.flood.scenario import SAMPLE, Place, place
from water.flood.terrain import Terrain
from water.network import kept as networks
from water.network.centreline import Centreline
from water.pointing import about

MANNING: Final = 0.04
PREPARING_S: Final = 1.5e-6
"""Of a cell, to make and prepare its ground where none is kept."""


def run(context: Context, inputs: Inputs) -> Outputs:
    """The depths of the discharges, as a file and in figures."""
    zone = int(read_city(context.city).epsg_without_prefix)
    raster = plane.raster(inputs["area"], float(inputs["cell_m"]), zone)
    quick.require_area(raster)
    wanted = inputs.get("terrain", SAMPLE)
    at = list[Place]()
    for k, one in enumerate(inputs["inflows"]):
        with about("inflows", k, "at"):
            at.append(place(one["at"]))
    with context.session() as connection:
        if wanted != SAMPLE:
            with about("terrain"):
                imported.require(connection, wanted)

        line = _lines(context, connection, at)
        places = Places(raster, line)
        cells = []
        for k, each in enumerate(at):
            with about("inflows", k, "at"):
                cells.append(places.cell(called("inflows", unnamed("inflows", k + 1)), each))

        def make() -> Terrain:
            with about("area"):
                context.expect(PREPARING_S * raster.rows * raster.columns)
            with about("terrain"):
                return (
                    sample.terrain(raster)
                    if wanted == SAMPLE
                    else imported.terrain(connection, wanted, raster)
                )

        ground = prepared.ground(context.kept, wanted, raster, make)
    context.step(50, "求水深", "finding the depths")
    made = quick.at(ground.prepared, cells, float(inputs.get("manning", MANNING)))
    depth = made.depth_m([float(one["discharge_m3_s"]) for one in inputs["inflows"]])
    tags = {"VERTICAL_DATUM": ground.datum, "TERRAIN": ground.source, "QUANTITY": "depth 水深 m"}
    tags |= {"ONEMAP": STAMP} if ground.synthetic else {}
    path = context.work / "depth.tif"
    path.write_bytes(cog.written(raster, depth, 0.0, tags))
    wet = depth >= WET_M
    told: dict[str, Any] = {
        "method": "HAND",
        "plane": f"EPSG:{zone}",
        "cell_m": raster.cell_m,
        "vertical_datum": ground.datum,
        "terrain": ground.source,
        "ground_sha256": ground.ground_sha256,
        "wet_plane_m2": float(wet.sum()) * raster.cell_m**2,
        "deepest_m": float(depth.max()),
        "volume_m3": float(depth.sum(dtype=np.float64)) * raster.cell_m**2,
        "knows_not": {"zh": "堤防、回水、时间", "en": "dykes, backwater, time"},
    }
    told |= {"synthetic": "合成数据"} if ground.synthetic else {}
    return {"result": Document(told), "depth": Filed(path, cog.MEDIA, "depth.tif")}


def _lines(context: Context, connection: Any, at: list[Place]) -> Line:
    if all(each.route is None for each in at):

        def none(route: str) -> Centreline:
            raise AssertionError(route)

        return none
    return networks.rivers(connection, context.now, context.now).line
