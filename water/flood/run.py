"""The record of a run 推演档案: what was asked, by whom, on what ground, and which files it left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import shapely

from water.flood.extent import Raster

DEPTH, ARRIVAL, SPEED = "depth-max.tif", "arrival.tif", "speed-max.tif"
LEVEL: Final = "level-max.tif"
DIFFERENCE: Final = "depth-difference.tif"
PROBABILITY: Final = "probability.tif"
ZARR: Final = "depth.zarr/"
STATE: Final = "state.npz"
"""Where a run under way stands; gone when it is kept."""
STAMP: Final = "合成数据 synthetic data"


class Kind(StrEnum):
    """What a run is."""

    SCENARIO = "scenario"
    REPLAY = "replay"
    ENSEMBLE = "ensemble"


class Levels(StrEnum):
    """Whether a kept run says how high the water stood 最高水位."""

    KNOWN = "known"
    KEPT_BEFORE = "kept-before"
    """保存于记录水位之前: run once more it has them."""
    OTHER_DATUM = "other-datum"
    """高程基准不同: its heights are of no datum that anything here is compared in."""


@dataclass(frozen=True, slots=True)
class Run:
    """One kept run."""

    id: str
    kind: Kind
    title: str
    version: str
    inputs: Mapping[str, Any]
    inputs_sha256: bytes
    ground_sha256: bytes
    """Of terrain, roughness and works as the solver got them."""
    repeats: str | None
    begins_at: datetime
    asof: datetime
    duration_s: float
    subject: str
    department: str | None
    layers: tuple[str, ...]
    synthetic: bool
    raster: Raster
    outline: shapely.Polygon
    """Longitude and latitude in CGCS2000."""
    told: Mapping[str, Any]
    kept_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class File:
    """One file of a run."""

    name: str
    media_type: str
    sha256: bytes
    size_bytes: int
