"""GeoTIFF, LAS and LAZ files for the tests; the bad ones byte by byte."""

from __future__ import annotations

import struct
from pathlib import Path

import laspy
import numpy as np
import rasterio
from rasterio.transform import Affine, from_origin

WEST, NORTH, SIZE_M = 392000.0, 4081600.0, 0.5


def tiff(
    path: Path,
    *,
    crs: str | None = "EPSG:4549",
    edge: int = 1200,
    transform: Affine | None = None,
    **more: object,
) -> Path:
    made = transform if transform is not None else from_origin(WEST, NORTH, SIZE_M, SIZE_M)
    options: dict[str, object] = {"driver": "GTiff", "compress": "deflate", "nodata": 0, **more}
    with rasterio.open(
        path, "w", width=edge, height=edge, count=3, dtype="uint8", crs=crs, transform=made, **options
    ) as out:
        out.write(np.ones((3, edge, edge), dtype=np.uint8))
    return path


def cog(path: Path) -> Path:
    return tiff(path, driver="COG", blocksize=256)


def las(path: Path, epsg: int | None = 4549, points: int = 1000) -> Path:
    from pyproj import CRS

    header = laspy.LasHeader(point_format=6, version="1.4")
    header.scales, header.offsets = np.array([0.001] * 3), np.array([WEST, NORTH, 0.0])
    if epsg is not None:
        header.add_crs(CRS.from_epsg(epsg))
    cloud = laspy.LasData(header)
    grid = np.linspace(0, 100, points)
    cloud.x, cloud.y, cloud.z = WEST + grid, NORTH + grid[::-1], 5 + grid / 50
    cloud.write(str(path))
    return path


def bare_tiff(path: Path, tags: list[tuple[int, int, int, int]], loop: bool = False) -> Path:
    """A little-endian TIFF of one directory: (tag, type, count, value)."""
    entries = b"".join(struct.pack("<HHII", *one) for one in tags)
    link = 8 if loop else 0
    path.write_bytes(
        b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + struct.pack("<I", link) + bytes(64)
    )
    return path


def huge_tiff(path: Path) -> Path:
    """A million by a million pixels in a few bytes."""
    return bare_tiff(
        path,
        [
            (256, 4, 1, 10**6),
            (257, 4, 1, 10**6),
            (322, 4, 1, 256),
            (323, 4, 1, 256),
            (324, 4, 1, 8),
            (325, 4, 1, 9),
        ],
    )


def lying_tiff(path: Path) -> Path:
    """A hundred thousand pixels an edge in one block."""
    return bare_tiff(
        path,
        [
            (256, 4, 1, 10**5),
            (257, 4, 1, 10**5),
            (322, 4, 1, 256),
            (323, 4, 1, 256),
            (324, 4, 1, 8),
            (325, 4, 1, 9),
        ],
    )


def patched(path: Path, at: int, form: str, *values: int | float) -> Path:
    raw = bytearray(path.read_bytes())
    struct.pack_into(form, raw, at, *values)
    path.write_bytes(raw)
    return path
