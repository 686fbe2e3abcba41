"""Rasters of a run as cloud-optimised GeoTIFF 云优化 GeoTIFF, in the plane of the city's zone."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from rasterio.crs import CRS
from rasterio.io import MemoryFile
from rasterio.transform import from_origin

from water.flood.extent import Raster, Single

MEDIA: Final = "image/tiff; application=geotiff; profile=cloud-optimized"
_PACKING: Final = {"COMPRESS": "ZSTD", "LEVEL": 9, "PREDICTOR": "FLOATING_POINT", "BLOCKSIZE": 256}


def written(raster: Raster, values: Single, nodata: float, tags: dict[str, str]) -> bytes:
    """The bytes of a file of one band; equal values give equal bytes."""
    profile: dict[str, Any] = {
        "driver": "GTiff",
        "dtype": "float32",
        "count": 1,
        "width": raster.columns,
        "height": raster.rows,
        "crs": CRS.from_epsg(raster.zone),
        "transform": from_origin(raster.west_m, raster.north_m, raster.cell_m, raster.cell_m),
        "nodata": nodata,
    }
    import rasterio.shutil

    with MemoryFile() as plain, MemoryFile() as packed:
        with plain.open(**profile) as out:
            out.write(np.ascontiguousarray(values, np.float32), 1)
            out.update_tags(**tags)
        with plain.open() as source:
            rasterio.shutil.copy(source, packed.name, driver="COG", OVERVIEW_RESAMPLING="NEAREST", **_PACKING)
        return bytes(packed.read())


def read(content: bytes) -> Single:
    """The values of :func:`written`, as they were."""
    with MemoryFile(content) as file, file.open() as source:
        found: Single = source.read(1)
        return found
