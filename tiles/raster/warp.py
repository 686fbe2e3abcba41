"""One image into the grid of a matrix set 重采样入网格. Runs in the child that ``cut.py`` fences in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.shutil
from rasterio.crs import CRS
from rasterio.enums import ColorInterp, Resampling
from rasterio.transform import from_origin
from rasterio.vrt import WarpedVRT
from rasterio.warp import calculate_default_transform

from spatial.catalogue.contract import Title
from tiles.matrix import TILE_PX, Box, MatrixSet
from tiles.raster.grid import nearest_zoom, snapped
from tiles.raster.model import Content

ALIGNED_LEVELS = 4
"""Blocks of so many coarser levels are whole tiles, too."""
NOTHING = -32768.0
"""For heights whose file says no value for "nothing"."""


def into_grid(told: dict[str, Any], path: Path, target: Path) -> dict[str, Any]:
    """Write the COG; ``told`` holds grid, frame, content, nodata and threads. Its level and bands."""
    said = told["grid"]
    grid = MatrixSet(**said | {"title": Title(**said["title"]), "axes": tuple(said["axes"])})
    heights = told["content"] == Content.HEIGHTS
    with rasterio.open(path, driver="GTiff") as given, _without_palette(given, target.parent) as source:
        classes = source is not given
        zoom, shape = _shape(source, grid, told["epsg"])
        nodata = told["nodata"] if told["nodata"] is not None else given.nodata
        if heights:
            kept = NOTHING if nodata is None else nodata
            shape |= {"dtype": "float32", "src_nodata": nodata, "nodata": kept}
        else:  # a value that means "nothing" would not survive a packing that loses: opacity says it
            opaque = ColorInterp.alpha not in source.colorinterp
            shape |= {"src_nodata": None if classes else nodata, "add_alpha": opaque}
        shape["resampling"] = Resampling.nearest if classes else Resampling.bilinear
        with WarpedVRT(source, **shape, warp_mem_limit=64) as warped:
            bands, sample = warped.count, warped.dtypes[0]
            rasterio.shutil.copy(
                warped,
                target,
                driver="COG",
                BLOCKSIZE=TILE_PX,
                BIGTIFF="IF_SAFER",
                SPARSE_OK=True,
                NUM_THREADS=told["threads"],
                OVERVIEW_RESAMPLING="NEAREST" if classes else "AVERAGE",
                **_packing(sample, bands, classes),
            )
    plain = sample == "uint8" and not heights
    low, high = (None, None) if plain else _range(target)
    return {"max_zoom": zoom, "bands": bands, "low": low, "high": high}


def _shape(source: Any, grid: MatrixSet, epsg: int) -> tuple[int, dict[str, Any]]:
    """The level, and the pixels of the grid that the image covers, out to whole tiles."""
    from_crs, to_crs = CRS.from_epsg(epsg), CRS.from_epsg(grid.epsg)
    affine, width, height = calculate_default_transform(
        from_crs, to_crs, source.width, source.height, *_bounds(source)
    )
    zoom = nearest_zoom(grid, abs(affine.a))
    box = Box(affine.c, affine.f + affine.e * height, affine.c + affine.a * width, affine.f)
    whole = snapped(grid, box, max(0, zoom - ALIGNED_LEVELS))
    pixel = grid.pixel(zoom)
    return zoom, {
        "src_crs": from_crs,
        "crs": to_crs,
        "transform": from_origin(whole.left, whole.top, pixel, pixel),
        "width": round((whole.right - whole.left) / pixel),
        "height": round((whole.top - whole.bottom) / pixel),
    }


@contextmanager
def _without_palette(given: Any, work: Path) -> Iterator[Any]:
    """The image, or where its values only point to colours, a copy with the colours themselves."""
    if given.colorinterp[0] is not ColorInterp.palette:
        yield given
        return
    colors = np.zeros((256, 4), dtype=np.uint8)
    for value, color in given.colormap(1).items():
        colors[value] = color
    nothing = given.nodata
    if nothing is not None and 0 <= nothing < len(colors):
        colors[int(nothing), 3] = 0
    profile = {"driver": "GTiff", "count": 4, "dtype": "uint8", "tiled": True, "compress": "deflate"}
    shape = {"width": given.width, "height": given.height, "crs": given.crs, "transform": given.transform}
    with rasterio.open(work / "colors.tif", "w", **profile, **shape, photometric="RGB", alpha="YES") as out:
        for _, window in out.block_windows(1):
            out.write(np.moveaxis(colors[given.read(1, window=window)], -1, 0), window=window)
    with rasterio.open(work / "colors.tif") as colored:
        yield colored


def _range(path: Path) -> tuple[float | None, float | None]:
    """The hundredth lowest and highest values of the first band, by its smallest overview of some size."""
    with rasterio.open(path) as made:
        step = max(1, max(made.width, made.height) // 2048)
        values = made.read(1, masked=True, out_shape=(made.height // step, made.width // step)).compressed()
    if not values.size:
        return None, None
    low, high = np.percentile(values, (1, 99))
    return float(low), float(high)


def _bounds(source: Any) -> tuple[float, float, float, float]:
    """The box around the four corners; a turned image has corners that are not its bounds."""
    corners = [source.transform @ (x, y) for x in (0, source.width) for y in (0, source.height)]
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return min(xs), min(ys), max(xs), max(ys)


def _packing(sample: str, bands: int, classes: bool) -> dict[str, Any]:
    """Photographs lose what nobody sees; numbers and classes lose nothing."""
    if sample == "uint8" and bands in (3, 4) and not classes:
        return {"COMPRESS": "WEBP", "QUALITY": 90, "OVERVIEW_QUALITY": 85}
    floating = sample in ("float32", "float64")
    return {"COMPRESS": "ZSTD", "PREDICTOR": "FLOATING_POINT" if floating else "STANDARD", "LEVEL": 9}
