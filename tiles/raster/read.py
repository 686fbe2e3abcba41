"""The pixels of a tile 读取瓦片: from one prepared file or a mosaic of several, the first on top."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, Resampling
from rasterio.windows import Window
from rio_tiler.errors import EmptyMosaicError, TileOutsideBounds
from rio_tiler.models import ImageData
from rio_tiler.mosaic.reader import mosaic_reader

from tiles.matrix import TILE_PX, Box, MatrixSet, Tile

_GDAL = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_PAM_ENABLED": "NO", "GDAL_CACHEMAX": 256}


_KEPT: ContextVar[dict[Path, Any] | None] = ContextVar("kept", default=None)

Masked = np.ma.MaskedArray[Any, np.dtype[Any]]


def pixels(
    files: Sequence[Path], matrix_set: MatrixSet, tile: Tile, *, border_px: int = 0
) -> ImageData | None:
    """The tile's pixels with so many more around it; ``None`` where no file has any.

    Files are in the set's frame and in order: the next one shows where the ones
    before have nothing. Finer levels than a file has are its own, enlarged.
    """
    pixel = matrix_set.pixel(tile.zoom)
    box = matrix_set.bounds(tile).grown(border_px * pixel)
    place = (box.left, box.top)
    size = TILE_PX + 2 * border_px

    def of(path: Path, *_: Any) -> ImageData:
        with _dataset(path) as dataset:
            return ImageData(_part(dataset, place, pixel, size))

    with rasterio.Env(**_GDAL):
        try:
            found, _ = mosaic_reader(list(files), of, threads=0, allowed_exceptions=(TileOutsideBounds,))
        except EmptyMosaicError:
            return None
    return None if found.array.mask.all() else found


def _part(dataset: Any, place: tuple[float, float], pixel: float, size: int) -> Masked:
    """A square of so many pixels from its upper left corner; what lies beyond the file is masked.

    Files begin and end where tiles of far coarser levels do, so their edges are edges of pixels here.
    """
    bounds, own = dataset.bounds, dataset.transform.a
    first_column = max(0, round((bounds.left - place[0]) / pixel))
    last_column = min(size, round((bounds.right - place[0]) / pixel))
    first_row = max(0, round((place[1] - bounds.top) / pixel))
    last_row = min(size, round((place[1] - bounds.bottom) / pixel))
    if first_column >= last_column or first_row >= last_row:
        raise TileOutsideBounds(dataset.name)
    window = Window(
        _whole((place[0] + first_column * pixel - bounds.left) / own),
        _whole((bounds.top - place[1] + first_row * pixel) / own),
        _whole((last_column - first_column) * pixel / own),
        _whole((last_row - first_row) * pixel / own),
    )
    bands = [n for n, use in enumerate(dataset.colorinterp, 1) if use is not ColorInterp.alpha]
    read = dataset.read(
        bands,
        window=window,
        out_shape=(len(bands), last_row - first_row, last_column - first_column),
        resampling=Resampling.bilinear,
        masked=True,
    )
    whole: Masked = np.ma.MaskedArray(np.zeros((len(bands), size, size), dtype=read.dtype), mask=True)
    whole[:, first_row:last_row, first_column:last_column] = read
    return whole


def _whole(pixels: float) -> float:
    """A whole number where only rounding keeps it from being one: whole pixels are copied, not mixed."""
    near = round(pixels)
    return near if abs(pixels - near) < 1e-3 else pixels


def reach(path: Path) -> Box:
    """What a prepared file covers, in its own frame."""
    with rasterio.Env(**_GDAL), _dataset(path) as dataset:
        return Box(*dataset.bounds)


@contextmanager
def opened_once() -> Iterator[None]:
    """Files stay open meanwhile, so that no block of theirs is unpacked for each of the tiles in it."""
    kept: dict[Path, Any] = {}
    token = _KEPT.set(kept)
    try:
        yield
    finally:
        _KEPT.reset(token)
        for each in kept.values():
            each.close()


@contextmanager
def _dataset(path: Path) -> Iterator[Any]:
    kept = _KEPT.get()
    if kept is None:
        with rasterio.open(path) as dataset:
            yield dataset
    else:
        if path not in kept:
            kept[path] = rasterio.open(path)
        yield kept[path]


def heights(image: ImageData) -> NDArray[np.float64]:
    """Metres; nan where there is nothing."""
    band = image.array[0]
    return np.ma.filled(band.astype("float64"), np.nan)
