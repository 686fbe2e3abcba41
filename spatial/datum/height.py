"""Kinds of height 高程类型 and their conversion.

No geoid grid for the 1985 datum is public. In this city EGM96 lies between
−1.4 m and +1.1 m, so normal and ellipsoidal heights mixed up look plausible and
go unnoticed: every layer with heights declares its kind, and a conversion needs
a registered 似大地水准面 grid. EGM96 is accepted as such a grid only with the
accuracy of its class stated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from spatial.datum.checks import check_degrees, check_inside
from spatial.datum.frames import FRAMES, Area, Frame, frame
from spatial.errors import BadCoordinate, NoOperation, UnknownFrame

Floats = NDArray[np.float64]

EGM96_ACCURACY_M = 1.0
"""Class of EGM96 against a local quasi-geoid of the 1985 datum: about ±1 m."""


class HeightType(StrEnum):
    """Kind of the heights in a layer, with the values that contracts declare."""

    NONE = "none"
    NORMAL_1985 = "normal_1985"  # 1985国家高程基准, 正常高
    ELLIPSOIDAL = "ellipsoidal"  # 大地高
    UNKNOWN = "unknown"


_VERTICAL = {"5737": HeightType.NORMAL_1985}


@dataclass(frozen=True, slots=True)
class CompoundFrame:
    """A horizontal frame and the kind of height beside it, as ``EPSG:4549+5737`` names them."""

    horizontal: Frame
    height: HeightType


def compound_frame(text: str) -> CompoundFrame:
    """The two parts of a compound code.

    Yellow Sea 1956 heights (EPSG:5736) are refused: their offset to 1985 is
    local and registered nowhere.

    >>> compound_frame("EPSG:4549+5737").height.value
    'normal_1985'
    """
    horizontal, plus, vertical = text.strip().partition("+")
    code = re.sub(r"(?i)^epsg:", "", vertical.strip())
    if not plus or code not in _VERTICAL:
        raise UnknownFrame(
            f"未知的高程基准(已知 EPSG:5737 1985国家高程基准):{text}",
            f"unknown height datum; known is EPSG:5737 (Yellow Sea 1985): {text}",
            value=text,
        )
    return CompoundFrame(frame(horizontal), _VERTICAL[code])


@dataclass(frozen=True, slots=True)
class GeoidGrid:
    """A registered quasi-geoid 似大地水准面: height anomaly ζ on a regular grid in CGCS2000.

    ``anomaly_m[row, column]``, rows from south to north, columns from west to
    east. ellipsoidal height = normal height + ζ. A city's grid is a secret.
    """

    name: str
    west_deg: float
    south_deg: float
    step_deg: float
    accuracy_m: float
    anomaly_m: Floats = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.anomaly_m.ndim != 2 or min(self.anomaly_m.shape) < 2 or not np.isfinite(self.anomaly_m).all():
            raise ValueError(f"a geoid grid is a full grid of at least 2 by 2 values: {self.name}")
        if not self.accuracy_m > 0.0 or not self.step_deg > 0.0:
            raise ValueError(f"a geoid grid states its step and accuracy: {self.name}")

    @property
    def area(self) -> Area:
        """Where the grid speaks; nothing is extrapolated."""
        rows, columns = self.anomaly_m.shape
        return Area(
            self.west_deg,
            self.south_deg,
            self.west_deg + (columns - 1) * self.step_deg,
            self.south_deg + (rows - 1) * self.step_deg,
        )

    def at(self, lon: Floats, lat: Floats) -> Floats:
        """ζ by bilinear interpolation, metres; OutsideArea beyond the grid."""
        place = Frame(
            self.name, self.name, self.name, FRAMES["EPSG:4490"].kind, "CGCS2000", "EPSG:4490",
            FRAMES["EPSG:4490"].edge_order, self.area,
        )  # fmt: skip
        check_degrees(lon, lat, place)
        check_inside(lon, lat, place)
        rows, columns = self.anomaly_m.shape
        u = np.clip((lon - self.west_deg) / self.step_deg, 0.0, columns - 1.0)
        v = np.clip((lat - self.south_deg) / self.step_deg, 0.0, rows - 1.0)
        i = np.minimum(u.astype(np.int64), columns - 2)
        j = np.minimum(v.astype(np.int64), rows - 2)
        du, dv = u - i, v - j
        z = self.anomaly_m
        south = z[j, i] * (1.0 - du) + z[j, i + 1] * du
        north = z[j + 1, i] * (1.0 - du) + z[j + 1, i + 1] * du
        return np.asarray(south * (1.0 - dv) + north * dv, np.float64)


@dataclass(frozen=True, slots=True)
class ConvertedHeights:
    """Heights of another kind, with the grid that led there."""

    height_m: Floats
    height_type: HeightType
    grid: str | None
    accuracy_m: float


def convert_height(
    lon: Floats,
    lat: Floats,
    height_m: Floats,
    source: HeightType,
    target: HeightType,
    grid: GeoidGrid | None = None,
) -> ConvertedHeights:
    """Heights of one kind as the other, at CGCS2000 positions.

    Refused (NoOperation) for unknown kinds and without a registered grid.
    """
    if not np.isfinite(height_m).all():
        first = int(np.flatnonzero(~np.isfinite(height_m))[0])
        raise BadCoordinate(
            f"高程不是有限的数:第 {first + 1} 点 {height_m[first]}",
            f"a height is not a finite number: point {first + 1} at {height_m[first]}",
            value=float(height_m[first]),
        )
    known = {HeightType.NORMAL_1985, HeightType.ELLIPSOIDAL}
    if source == target and source in known:
        return ConvertedHeights(height_m, target, None, 0.0)
    if grid is None or {source, target} != known:
        raise NoOperation(
            f"高程不能转换:须登记似大地水准面格网,且高程类型须已知:{source.value} → {target.value}",
            "heights cannot be converted without a registered quasi-geoid grid and known kinds: "
            f"{source.value} → {target.value}",
            value=f"{source.value} → {target.value}",
        )
    anomaly_m = grid.at(lon, lat)
    sign = 1.0 if target == HeightType.ELLIPSOIDAL else -1.0
    return ConvertedHeights(height_m + sign * anomaly_m, target, grid.name, grid.accuracy_m)
