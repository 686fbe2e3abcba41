"""Images under the map 影像衬底: pieces of the zone's own matrix set, one picture of the page each."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spatial.catalogue.city import City
from tiles.matrix import TILE_PX, MatrixSet, Tile, gauss_krueger
from tiles.print.canvas import Canvas
from tiles.print.features import States
from tiles.print.ground import Ground
from tiles.print.model import Pictures, meet
from tiles.print.pdf import PdfFile, Ref

DPI_LEAST = 150.0
_JPEG_QUALITY = 85


@dataclass(frozen=True, slots=True)
class Piece:
    """A picture of the page, and where it lies: left, bottom, side in millimetres."""

    name: str
    ref: Ref
    left: float
    bottom: float
    side: float


def zoom(grid: MatrixSet, scale: int) -> int:
    """The coarsest level whose pixels are fine enough for paper.

    >>> from spatial.catalogue.city import read_city
    >>> grid = gauss_krueger(read_city("370783"))
    >>> grid.pixel(zoom(grid, 2000))
    0.25
    """
    pixel_m = scale * 25.4 / DPI_LEAST / 1000
    return max(0, min(grid.zoom_max, math.ceil(math.log2(grid.side / TILE_PX / pixel_m))))


def pieces(file: PdfFile, pictures: Pictures, on: Ground, city: City) -> list[Piece]:
    """Write the pictures that show anything; nothing else is written to the file between two of them."""
    from tiles.raster import read

    with read.opened_once():
        return list(_pieces(file, pictures, on, city))


def _pieces(file: PdfFile, pictures: Pictures, on: Ground, city: City) -> Iterator[Piece]:
    from tiles.raster import read, view
    from tiles.raster.model import Range, Style

    grid = gauss_krueger(city)
    finest = max((each.max_zoom for each in pictures.files), default=0)
    wanted = zoom(grid, on.scale)
    level = min(wanted, finest)  # what is finer than the images, the page enlarges
    reaches = [(each, read.reach(Path(pictures.folder) / each.file)) for each in pictures.files]
    edge, ground = grid.tile_side(level), on.metres
    first, last = (math.floor((x - grid.left) / edge) for x in (ground.left, ground.right))
    upper, lower = (math.floor((grid.top - y) / edge) for y in (ground.top, ground.bottom))
    for row in range(upper, lower + 1):
        for column in range(first, last + 1):
            tile = Tile(level, row, column)
            seen = grid.bounds(tile).grown(grid.pixel(level))  # a relief looks a pixel farther
            files = [each for each, reach in reaches if meet(seen, reach)]
            if not files:
                continue
            pixels = view.tile(
                files, Path(pictures.folder), grid, tile,
                Style(pictures.style), Range(pictures.low, pictures.high),
            )  # fmt: skip
            if not pixels[3].any():
                continue
            place = on.placed(grid.left + column * edge, grid.top - (row + 1) * edge)
            ref = _picture(file, pixels, smooth=level < wanted)
            yield Piece(f"I{ref.number}", ref, *place, edge * 1000 / on.scale)


def _picture(file: PdfFile, pixels: Any, *, smooth: bool) -> Ref:
    from rio_tiler.models import ImageData

    shape = f"/Type /XObject /Subtype /Image /Width {TILE_PX} /Height {TILE_PX} /BitsPerComponent 8"
    mask = " /Interpolate true" if smooth else ""
    if not pixels[3].all():
        clear = file.packed(f"{shape} /ColorSpace /DeviceGray", pixels[3].tobytes())
        mask += f" /SMask {clear}"
    packed = ImageData(pixels[:3]).render(add_mask=False, img_format="JPEG", QUALITY=_JPEG_QUALITY)
    return file.packed(f"{shape} /ColorSpace /DeviceRGB /Filter /DCTDecode{mask}", bytes(packed), as_is=True)


def draw(canvas: Canvas, on: Ground, laid: list[Piece], share: float, states: States) -> None:
    """Lay the pictures; a hair wider than they are, that no light shows between them."""
    with canvas.clipped(on.window), canvas.kept(f"/{states.name(share)} gs"):
        for each in laid:
            side = f"{each.side + 0.01:.5f}"
            canvas.write(
                f"q {side} 0 0 {side} {each.left - 0.005:.5f} {each.bottom - 0.005:.5f} cm /{each.name} Do Q"
            )
