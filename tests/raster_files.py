"""Images and surfaces whose every pixel is known, in the city's zone, for the tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.transform import from_origin

from spatial.catalogue import store as catalogue
from spatial.catalogue.city import read_city
from spatial.catalogue.contract import HeightType
from spatial.database import connect
from spatial.exchange import assets
from spatial.exchange.assets import AssetOptions
from tiles.matrix import MatrixSet, matrix_sets
from tiles.raster.prepare import prepare

WEST, NORTH, EDGE_PX, PIXEL_M = 392_000.0, 4_081_600.0, 600, 0.5
QUARTERS = ((220, 40, 40), (40, 170, 60), (50, 80, 210), (230, 200, 40))
"""Colours of the image: north-west, north-east, south-west, south-east."""


def plane_m(east: Any, north: Any) -> Any:
    """The surface of the tests: it rises to the east and falls to the north."""
    return 20.0 + (east - WEST) * 0.05 - (NORTH - north) * 0.02


def centres() -> tuple[np.ndarray, np.ndarray]:
    """East and north of the middle of each pixel."""
    steps = (np.arange(EDGE_PX) + 0.5) * PIXEL_M
    return np.meshgrid(WEST + steps, NORTH - steps)


def photograph(path: Path, colors: tuple[tuple[int, int, int], ...] = QUARTERS, **more: Any) -> Path:
    """Four quarters of one colour each."""
    half = EDGE_PX // 2
    pixels = np.zeros((3, EDGE_PX, EDGE_PX), dtype=np.uint8)
    for number, color in enumerate(colors):
        rows = slice(0, half) if number < 2 else slice(half, None)
        columns = slice(0, half) if number % 2 == 0 else slice(half, None)
        pixels[:, rows, columns] = np.array(color, dtype=np.uint8)[:, None, None]
    return write(path, pixels, **more)


def surface(path: Path, raised_m: float = 0.0, **more: Any) -> Path:
    """The plane; its eastern half is raised."""
    east, north = centres()
    heights = plane_m(east, north)
    heights[:, EDGE_PX // 2 :] += raised_m
    return write(path, heights.astype(np.float32)[None], **more)


def write(path: Path, pixels: np.ndarray, **more: Any) -> Path:
    options: dict[str, Any] = {
        "driver": "GTiff",
        "crs": "EPSG:4549",
        "transform": from_origin(WEST, NORTH, PIXEL_M, PIXEL_M),
        "compress": "deflate",
    }
    with rasterio.open(
        path,
        "w",
        count=len(pixels),
        height=pixels.shape[1],
        width=pixels.shape[2],
        dtype=pixels.dtype,
        **options | {name: value for name, value in more.items() if name != "palette"},
    ) as out:
        out.write(pixels)
        if "palette" in more:
            out.write_colormap(1, more["palette"])
    return path


def flown(dsn: str, files: list[Path], data_dir: Path, into: Sequence[MatrixSet] = ()) -> None:
    """Catalogue images and cut them, for the city's own zone where no grid is named.

    A server with that data directory finds them.
    """
    said = AssetOptions("李工", "自然资源局", "为测试而设", height_type=HeightType.NORMAL_1985)
    assets.add(dsn, files, said)
    with connect(dsn) as connection:
        table = catalogue.get(connection, "raster-assets").table
    cut_for = into or matrix_sets(read_city("370783")).own_first[:1]
    assert len(list(prepare(dsn, table, cut_for, data_dir / "rasters"))) == len(files) * len(cut_for)


@dataclass(frozen=True)
class Spot:
    """A tile and a pixel in it."""

    zoom: int
    column: int
    row: int
    x_px: int
    y_px: int


def spot(grid: Any, zoom: int, x: float, y: float) -> Spot:
    """The tile and pixel of a position in the grid's frame."""
    edge = grid.side / (1 << zoom)
    column, row = int((x - grid.left) / edge), int((grid.top - y) / edge)
    inside_x = (x - grid.left) / edge - column
    inside_y = (grid.top - y) / edge - row
    return Spot(zoom, column, row, int(inside_x * 256), int(inside_y * 256))


def centre_of(grid: Any, at: Spot) -> tuple[float, float]:
    """The middle of that pixel in the grid's frame."""
    pixel = grid.side / (256 << at.zoom)
    return (
        grid.left + (at.column * 256 + at.x_px + 0.5) * pixel,
        grid.top - (at.row * 256 + at.y_px + 0.5) * pixel,
    )
