"""The child that puts the heights of a foreign GeoTIFF onto the raster of a run, behind the fences.

A file finer than the cells is averaged, a coarser one is interpolated; where it has nothing stays a hole.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tiles.raster import fence

HEIGHTS = "heights.npy"


def main(work_folder: str) -> None:
    """Fence this process in, then read."""
    fence.behind(work_folder, _load)


def _load() -> fence.Work:
    import numpy as np
    import rasterio
    from rasterio.crs import CRS
    from rasterio.enums import Resampling
    from rasterio.transform import from_origin
    from rasterio.vrt import WarpedVRT

    def read(job: dict[str, Any], work: Path) -> dict[str, Any]:
        (source,) = job["sources"].values()
        finer = job["resolution_m"] < job["cell_m"] * 0.75
        with rasterio.open(source, driver="GTiff") as file:
            nodata = job["nodata"] if job["nodata"] is not None else file.nodata
            with WarpedVRT(
                file, src_crs=CRS.from_epsg(job["epsg"]), src_nodata=nodata, nodata=np.nan, dtype="float64",
                resampling=Resampling.average if finer else Resampling.bilinear,
                crs=CRS.from_epsg(job["zone"]), width=job["columns"], height=job["rows"],
                transform=from_origin(job["west_m"], job["north_m"], job["cell_m"], job["cell_m"]),
            ) as warped:  # fmt: skip
                np.save(work / HEIGHTS, warped.read(1))
        return {}

    return read
