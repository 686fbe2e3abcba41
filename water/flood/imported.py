"""Terrain from a surface of the catalogue of images 导入地形, in place of the sample's."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from spatial.catalogue import store as catalogue
from spatial.database import Connection
from spatial.datum.store import load_registry
from spatial.errors import UnknownLayer, shorten
from spatial.exchange import sandbox
from spatial.exchange.assets import LAYERS
from tiles.raster import fence
from tiles.raster import store as rasters
from tiles.raster.model import Content, Source
from tiles.raster.prepare import settled
from water.errors import NoTerrain
from water.flood.extent import Raster
from water.flood.roughness import table
from water.flood.surveyed import HEIGHTS
from water.flood.terrain import DATUM, Terrain

COVER: Final = "cropland"
"""Class of all land over a surface, which knows of none."""
DATUMS: Final = {"normal_1985": DATUM}
"""Heights that runs are made on; others are brought there first."""


def terrain(connection: Connection, asset_id: str, raster: Raster) -> Terrain:
    """The heights of a catalogued surface over a raster; every class of land is unknown: :data:`COVER`.

    ``NoTerrain`` where it is no surface, of another kind of heights, or has holes in the area.
    """
    source = _source(connection, asset_id)
    registry = load_registry(connection)
    path, epsg = settled(source, registry)
    job: dict[str, Any] = {
        "epsg": epsg, "nodata": source.nodata, "resolution_m": source.resolution_m, "zone": raster.zone,
        "west_m": raster.west_m, "north_m": raster.north_m, "cell_m": raster.cell_m, "rows": raster.rows,
        "columns": raster.columns,
    }  # fmt: skip
    with sandbox.work_folder() as work:
        fence.told_by("water.flood.surveyed", work, job, {source.name: path})
        heights = np.load(work / HEIGHTS)
    holes = int((~np.isfinite(heights)).sum())
    if holes:
        raise NoTerrain(
            f"地形在范围内有 {holes} 格无高程,请补齐或缩小范围:{source.name}",
            f"the terrain has no height in {holes} cells of the area; fill them or take a smaller area:"
            f" {source.name}",
            value=source.name,
            details={"cells": holes},
        )
    shape = heights.shape
    return Terrain(
        raster, heights, np.full(shape, table()[COVER].code, np.uint8), (), (), np.zeros(shape, bool),
        DATUMS[source.height_type], f"{source.name} sha256:{asset_id}", False,
    )  # fmt: skip


def require(connection: Connection, asset_id: str) -> None:
    """``NoTerrain`` where the catalogue has no such surface any more, or of another kind of heights."""
    _source(connection, asset_id)


def _source(connection: Connection, asset_id: str) -> Source:
    try:
        layer = catalogue.get(connection, LAYERS["raster"]).table
        found = rasters.sources(connection, layer, [asset_id])
    except UnknownLayer:
        found = []
    if not found:
        shown = shorten(asset_id, 64)
        raise NoTerrain(
            f"影像目录中没有这个表面模型:{shown}",
            f"the catalogue of images has no such surface: {shown}",
            value=shown,
        )
    (source,) = found
    if source.content is not Content.HEIGHTS or source.height_type not in DATUMS:
        raise NoTerrain(
            f"须为 1985 国家高程基准的单波段高程:{source.name}({source.height_type})",
            f"must be one band of heights over the datum of 1985: {source.name} ({source.height_type})",
            value=source.height_type,
        )
    return source
