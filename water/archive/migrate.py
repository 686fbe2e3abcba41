"""Migration 格式迁移: pictures of cameras and telephones (JPEG, PNG) become TIFF, pixel for pixel.

What was taken stays told: the original's digest is in the event, its EXIF in the TIFF's metadata.
"""

from __future__ import annotations

import warnings
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Final

import rasterio
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from water.archive import disk
from water.archive.model import stamp
from water.archive.premis import Event, EventType, Outcome
from water.errors import NotPreservable

PICTURES: Final = (".jpg", ".jpeg", ".png")


def to_tiff(source: Path, target: Path, name: str, now: datetime) -> tuple[str, Event]:
    """Write a picture as TIFF (deflate, no loss); its new name and the event that says so."""
    original = disk.sha512_of(source, bytearray(disk.BLOCK))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(source, driver=None) as picture:
                pixels, told = picture.read(), picture.tags()
                profile = {
                    "driver": "GTiff",
                    "width": picture.width,
                    "height": picture.height,
                    "count": picture.count,
                    "dtype": picture.dtypes[0],
                    "compress": "deflate",
                    "predictor": 2,
                }
            with rasterio.open(target, "w", **profile) as made:
                made.write(pixels)
                made.update_tags(**told)
    except RasterioError as failure:
        raise NotPreservable(
            f"图片读不出,无法转换:{name}", f"the picture cannot be read ({failure}): {name}", value=name
        ) from failure
    new = str(PurePosixPath(name).with_suffix(".tif"))
    detail = f"{name} (sha512 {original}) → {new}, TIFF, deflate, pixels unchanged"
    return new, Event(EventType.MIGRATION, stamp(now), Outcome.SUCCESS, None, detail)
