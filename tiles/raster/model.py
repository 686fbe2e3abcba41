"""The nouns of prepared rasters 预制影像."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

RECIPE = 1
"""Changes when a preparation would give other bytes: what an older one made is made anew."""


class Content(StrEnum):
    """What the pixels are."""

    PICTURE = "picture"
    """影像: colours or grey values, to be looked at."""
    HEIGHTS = "heights"
    """高程: numbers in metres, exact as they came."""


@dataclass(frozen=True, slots=True)
class Source:
    """A catalogued file that is to be prepared."""

    asset_id: str
    """SHA-256 of the file, as the catalogue has it."""
    name: str
    place: str
    frame: str
    """Frame of the file by the catalogue, which may differ from what its header says."""
    content: Content
    nodata: float | None
    height_type: str = "none"
    resolution_m: float = 0.0
    acquired: date | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """One file in the grid of one matrix set."""

    asset_id: str
    matrix_set: str
    content: Content
    file: str
    """Below the folder of prepared files."""
    sha256: bytes
    size_bytes: int
    max_zoom: int
    """The level whose pixels are nearest to the file's own."""
    bands: int
    low: float | None
    high: float | None
    """Between these lie all but the outermost hundredths of the values; none of a photograph."""
    recipe: int = RECIPE


class Style(StrEnum):
    """How pixels become a picture 表现方式."""

    PICTURE = "picture"
    """As the image has them."""
    HEIGHTS = "heights"
    """分层设色: colours by height."""
    HILLSHADE = "hillshade"
    """山体阴影: light from the north-west, 45 degrees high."""
    TERRAIN_RGB = "terrain-rgb"
    """高程编码: (red · 256 + green + blue / 256) − 32768 metres, for terrain of web maps."""
    DIFFERENCE = "difference"
    """高程差: how much higher the first surface lies than the second."""

    @property
    def content(self) -> Content:
        """What it is made from."""
        return Content.PICTURE if self is Style.PICTURE else Content.HEIGHTS


@dataclass(frozen=True, slots=True)
class Range:
    """The values at the two ends of a ramp, metres."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Flight:
    """An image of the catalogue as a picture is made from it: which file, taken when, how fine."""

    asset_id: str
    acquired: date | None
    resolution_m: float
    height_type: str
