"""The child that compares two surface models strip by strip, behind the fences of the exchange.

Its job names the frame of each file, the plane and cell of the comparison, and the strips as WKB in that
plane. Cells are of one grid for all strips, so those that touch share none. A file finer than the cells is
averaged, a coarser one is interpolated.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from tiles.raster import fence


def main(work_folder: str) -> None:
    """Fence this process in, then compare."""
    fence.behind(work_folder, _load)


def _load() -> fence.Work:
    import numpy as np
    import rasterio
    import shapely
    from rasterio.crs import CRS
    from rasterio.enums import Resampling
    from rasterio.features import geometry_mask
    from rasterio.transform import from_origin
    from rasterio.vrt import WarpedVRT

    from water.flights.tally import Tally, tally

    def heights(file: Any, told: dict[str, Any], shape: dict[str, Any], cell_m: float) -> Any:
        resampling = Resampling.average if told["resolution_m"] < cell_m * 0.75 else Resampling.bilinear
        nodata = told["nodata"] if told["nodata"] is not None else file.nodata
        with WarpedVRT(
            file, src_crs=CRS.from_epsg(told["epsg"]), src_nodata=nodata, nodata=np.nan, dtype="float64",
            resampling=resampling, **shape,
        ) as warped:  # fmt: skip
            return warped.read(1)

    def compare(job: dict[str, Any], work: Path) -> dict[str, Any]:
        cell_m = job["cell_m"]
        newer, older = ({**job["files"][name], "name": name} for name in ("newer", "older"))
        found: list[Tally] = []
        with (
            rasterio.open(job["sources"][newer["source"]], driver="GTiff") as first,
            rasterio.open(job["sources"][older["source"]], driver="GTiff") as second,
        ):
            for wkb in job["strips"]:
                strip = shapely.from_wkb(bytes.fromhex(wkb))
                if strip.is_empty:
                    found.append(Tally())
                    continue
                west, south, east, north = strip.bounds
                left, top = np.floor(west / cell_m) * cell_m, np.ceil(north / cell_m) * cell_m
                columns = max(1, int(np.ceil((east - left) / cell_m)))
                rows = max(1, int(np.ceil((top - south) / cell_m)))
                transform = from_origin(left, top, cell_m, cell_m)
                inside = geometry_mask([strip], (rows, columns), transform, invert=True)
                shape = {
                    "crs": CRS.from_epsg(job["plane"]),
                    "transform": transform,
                    "width": columns,
                    "height": rows,
                }
                pair = [
                    heights(file, told, shape, cell_m) for file, told in ((first, newer), (second, older))
                ]
                found.append(tally(inside, pair[0], pair[1], job["least_m"]))
        return {"strips": [asdict(each) for each in found]}

    return compare
