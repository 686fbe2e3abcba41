"""One tile of images or surface models in a style 按表现方式取瓦片."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rio_tiler.models import ImageData

from tiles.matrix import TILE_PX, MatrixSet, Tile
from tiles.raster import picture, read
from tiles.raster.model import Prepared, Range, Style

Floats = NDArray[np.float64]
FORMATS: dict[str, tuple[str, dict[str, Any]]] = {
    "png": ("PNG", {"ZLEVEL": 1}),
    "webp": ("WEBP", {"QUALITY": 85}),
}
"""By the name a client asks with: the driver, and how it writes."""


def tile(
    files: Sequence[Prepared],
    folder: Path,
    matrix_set: MatrixSet,
    place: Tile,
    style: Style,
    span: Range,
) -> picture.Bytes:
    """Red, green, blue, opacity of a tile; all clear where there is nothing.

    ``files`` are in order, the first on top; of a difference they are the two surfaces.
    """
    if style is Style.PICTURE:
        made = _photographs(files, folder, matrix_set, place)
    elif style is Style.DIFFERENCE:
        made = _difference(files, folder, matrix_set, place, span)
    else:
        made = _surface([folder / each.file for each in files], matrix_set, place, style, span)
    return CLEAR if made is None else made


CLEAR: picture.Bytes = np.zeros((4, TILE_PX, TILE_PX), dtype=np.uint8)


def encoded(pixels: picture.Bytes, form: str) -> bytes:
    """The picture as a file of one of :data:`FORMATS`."""
    driver, options = FORMATS[form]
    image = np.ma.MaskedArray(pixels[:3], mask=np.broadcast_to(pixels[3:] == 0, (3, TILE_PX, TILE_PX)))
    return ImageData(image).render(img_format=driver, **options)


def _photographs(
    files: Sequence[Prepared], folder: Path, matrix_set: MatrixSet, place: Tile
) -> picture.Bytes | None:
    """Images of different depths are brought to eight bits before they are laid over each other."""
    made: picture.Bytes | None = None
    for each in files:
        found = read.pixels([folder / each.file], matrix_set, place)
        if found is None:
            continue
        one = _eight_bits(found.array, each)
        if made is None:
            made = one
        else:
            under = made[3] == 0
            made[:, under] = one[:, under]
        if made[3].all():
            break
    return made


def _eight_bits(bands: np.ma.MaskedArray, of: Prepared) -> picture.Bytes:
    three = bands[:3] if len(bands) >= 3 else bands[[0, 0, 0]]
    if three.dtype != np.uint8:
        low, high = (of.low or 0.0), (of.high if of.high is not None else 255.0)
        three = np.ma.clip((three.astype(float) - low) * 255.0 / ((high - low) or 1.0), 0, 255)
    opacity = np.where(np.ma.getmaskarray(bands)[0], 0, 255)
    return np.concatenate((np.round(three.filled(0)), opacity[None])).astype(np.uint8)


def _surface(
    files: Sequence[Path], matrix_set: MatrixSet, place: Tile, style: Style, span: Range
) -> picture.Bytes | None:
    border = 1 if style is Style.HILLSHADE else 0
    found = read.pixels(files, matrix_set, place, border_px=border)
    if found is None:
        return None
    metres = read.heights(found)
    if style is Style.HEIGHTS:
        return picture.colored(metres, picture.HEIGHTS, span)
    if style is Style.TERRAIN_RGB:
        return picture.encoded(metres)
    box = matrix_set.bounds(place)
    size = picture.pixel_m(matrix_set.epsg, matrix_set.pixel(place.zoom), (box.bottom + box.top) / 2)
    return picture.shaded(metres, *size)


def _difference(
    files: Sequence[Prepared], folder: Path, matrix_set: MatrixSet, place: Tile, span: Range
) -> picture.Bytes | None:
    surfaces = [read.pixels([folder / each.file], matrix_set, place) for each in files]
    if len(surfaces) != 2 or surfaces[0] is None or surfaces[1] is None:
        return None
    higher = read.heights(surfaces[0]) - read.heights(surfaces[1])
    return picture.colored(higher, picture.DIFFERENCE, span)
