"""How far a reading of a file lies from what is trusted 残差: features, control points, the city's sides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spatial.catalogue.city import City
from spatial.datum import STANDARD, Frame, Registry, frame, move
from spatial.datum.frames import FRAMES, Kind
from spatial.errors import InvalidInput, Refused
from spatial.exchange.evidence import Evidence

Floats = npt.NDArray[np.float64]

_M_PER_DEG = 111_320.0
_CLEARLY = 5.0
TRUSTED_M = 5.0
"""Two positions this near are the same place."""
TRUSTED_AT_LEAST = 3
OUTLINE_M = 150.0
"""A city's extent is rounded to 0.001°, so an outline may miss it by about 100 m."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What the coordinates of a file look like, as they stand in it."""

    bounds: tuple[float, float, float, float]
    sample_x: Floats
    """One position of each of many features."""
    sample_y: Floats
    extreme_x: Floats
    """The positions nearest to the four sides."""
    extreme_y: Floats


@dataclass(frozen=True, slots=True)
class Trusted:
    """Positions of a file (first box corner, second box corner) beside those they must have."""

    kind: str
    """``believed`` or ``control-points``."""
    file_x: tuple[Floats, ...]
    """All positions of each matched feature."""
    file_y: tuple[Floats, ...]
    lon_deg: tuple[Floats, ...]
    lat_deg: tuple[Floats, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to read the numbers: a frame, an order of axes, the share that falls into the city."""

    frame: Frame
    swapped: bool
    inside: float


def clearly_best(residuals: dict[Candidate, float], limit_m: float) -> Candidate | None:
    """The reading within the limit that leaves every other far behind; None where there is none."""
    ranked = sorted(residuals.items(), key=lambda pair: pair[1])
    if not ranked or not ranked[0][1] <= limit_m:
        return None
    if len(ranked) > 1 and ranked[1][1] < max(_CLEARLY * ranked[0][1], 2 * limit_m):
        return None
    return ranked[0][0]


def residual_m(group: Trusted, reading: Candidate, registry: Registry = STANDARD) -> float:
    """Median distance in metres between boxes of the features read so and their trusted boxes."""
    distances = []
    for file_x, file_y, lon, lat in zip(
        group.file_x, group.file_y, group.lon_deg, group.lat_deg, strict=True
    ):
        x, y = axes(file_x, file_y, reading.swapped)
        read_lon, read_lat = moved_to_city(x, y, reading.frame, registry)
        if group.kind == "control-points":
            distances.append(float(np.min(_metres(read_lon - lon[0], read_lat - lat[0], lat[0]))))
            continue
        corners = [
            _metres(pick(read_lon) - pick(lon), pick(read_lat) - pick(lat), float(lat[0]))
            for pick in (np.min, np.max)
        ]
        distances.append(float(np.mean(corners)))
    return float(np.median(distances)) if distances else float("inf")


def outline_residual_m(survey: Survey, reading: Candidate, city: City) -> float:
    """The worst of the four distances between the extremes of the file and those of the city."""
    x, y = axes(survey.extreme_x, survey.extreme_y, reading.swapped)
    lon, lat = moved_to_city(x, y, reading.frame)
    if not np.isfinite(lon).any():
        return float("inf")
    box = city.extent_4490
    middle = (box.south + box.north) / 2
    east_west = np.array([np.nanmin(lon) - box.west, np.nanmax(lon) - box.east])
    north_south = np.array([np.nanmin(lat) - box.south, np.nanmax(lat) - box.north])
    return float(max(np.max(_metres(east_west, 0.0, middle)), np.max(_metres(0.0, north_south, middle))))


def _metres(dlon: object, dlat: object, lat: float) -> Floats:
    across = np.asarray(dlon, np.float64) * _M_PER_DEG * np.cos(np.radians(lat))
    result: Floats = np.hypot(across, np.asarray(dlat, np.float64) * _M_PER_DEG)
    return result


def told(kind: str, one: Candidate, metres: float, count: int) -> Evidence:
    """A residual as evidence."""
    what = {
        "believed": ("与库中同键要素", "from the believed features of the same keys"),
        "control-points": ("与控制点", "from control points"),
        "outline": ("四至与城市范围", "at the four extremes from the city's extent"),
    }[kind]
    shown = "—" if not np.isfinite(metres) else f"{metres:.1f}"
    return Evidence(
        kind,
        f"按 {one.frame.id} 读,{what[0]}相差 {shown} m({count} 处)",
        f"read as {one.frame.id}, it is {shown} m away {what[1]} ({count})",
        {"residual_m": round(metres, 3) if np.isfinite(metres) else -1.0, "count": count},
    )


def axes(x: Floats, y: Floats, swapped: bool) -> tuple[Floats, Floats]:
    """East before north, whichever of them the file gives first."""
    return (y, x) if swapped else (x, y)


def moved_to_city(
    x: Floats, y: Floats, source: Frame, registry: Registry = STANDARD
) -> tuple[Floats, Floats]:
    """Positions in CGCS2000; NaN where the reading is impossible. Datums unknown here count as CGCS2000."""
    if source.datum not in ("CGCS2000", "WGS84", "GCJ02", "BD09"):
        source = _twin(source) or source
    try:
        moved = move(x, y, source, frame("EPSG:4490"), registry=registry)
    except (InvalidInput, Refused):
        return _each(x, y, source, registry)
    return moved.x, moved.y


def _each(x: Floats, y: Floats, source: Frame, registry: Registry) -> tuple[Floats, Floats]:
    lon, lat = np.full(len(x), np.nan), np.full(len(x), np.nan)
    for index in range(min(len(x), 200)):
        try:
            one = move(
                x[index : index + 1], y[index : index + 1], source, frame("EPSG:4490"), registry=registry
            )
        except (InvalidInput, Refused):
            continue
        lon[index], lat[index] = one.x[0], one.y[0]
    return lon, lat


def _twin(source: Frame) -> Frame | None:
    """The frame of CGCS2000 with the same projection: near enough to tell a zone, never a datum."""
    if source.kind is Kind.GEOGRAPHIC:
        return frame("EPSG:4490")
    for one in FRAMES.values():
        same = one.central_meridian_deg == source.central_meridian_deg and one.zone == source.zone
        if one.datum == "CGCS2000" and one.kind is source.kind and same:
            return one
    return None
