"""What makes numbers a position in a frame: finite, in range, inside the area of use.

The mistakes that pass every formula in silence are caught here: swapped axes,
a zone prefix missing or wrong, metres of another central meridian.
"""

from __future__ import annotations

from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from spatial.datum.frames import Area, Frame, Kind
from spatial.errors import BadCoordinate, OutsideArea

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_EDGE_DEG = 1e-7
"""A centimetre: a point on the edge of an area may come back from a projection beside it."""


def check(x: Floats, y: Floats, frame: Frame) -> None:
    """BadCoordinate unless every pair can be a position of the frame."""
    if frame.kind in (Kind.GEOGRAPHIC, Kind.OFFSET):
        check_degrees(x, y, frame)
    else:
        check_metres(x, y, frame)


def check_degrees(lon: Floats, lat: Floats, frame: Frame) -> None:
    """BadCoordinate unless every pair is finite, |lat| ≤ 90 and |lon| ≤ 180."""
    _check_finite(lon, lat, frame)
    _refuse(
        np.abs(lat) > 90.0, lon, lat, frame,
        "纬度超出 ±90°,经纬度可能颠倒", "latitude beyond 90 degrees; are longitude and latitude swapped?",
    )  # fmt: skip
    _refuse(np.abs(lon) > 180.0, lon, lat, frame, "经度超出 ±180°", "longitude beyond 180 degrees")


def check_metres(x: Floats, y: Floats, frame: Frame) -> None:
    """BadCoordinate unless every pair is finite and its easting carries the frame's zone prefix."""
    _check_finite(x, y, frame)
    if frame.false_easting_m is None:
        return
    _refuse(
        (np.abs(y) < 1e6) & (x > 1.5e6) & (x < 6.5e6), x, y, frame,
        "东、北坐标颠倒(x 应为东坐标)", "easting and northing are swapped (x is the easting)",
    )  # fmt: skip
    off = np.abs(x - frame.false_easting_m)
    if frame.zone is not None:
        _refuse(
            (off > 5e5) & (np.abs(x) < 1e6), x, y, frame,
            f"东坐标缺少带号 {frame.zone};不带带号的数据请用同一中央经线的无带号坐标系",
            f"the easting lacks the zone prefix {frame.zone}; for bare eastings name the CM frame",
        )  # fmt: skip
        _refuse(
            off > 5e5, x, y, frame,
            f"东坐标的带号不是 {frame.zone}", f"the easting's zone prefix is not {frame.zone}",
        )  # fmt: skip
        return
    _refuse(
        off > 5e5, x, y, frame,
        "东坐标带有带号或超出本带;带带号的数据请用带号坐标系(如 EPSG:4528)",
        "the easting carries a zone prefix or leaves the zone; for prefixed eastings name the zone frame "
        "(such as EPSG:4528)",
    )  # fmt: skip


def check_inside(
    lon: Floats, lat: Floats, frame: Frame, *, given: tuple[Floats, Floats] | None = None
) -> None:
    """OutsideArea unless every position lies in the frame's area of use.

    ``given`` are the numbers to name in the error where lon, lat were computed from them.
    """
    outside = outside_area(lon, lat, frame.area)
    if outside.any():
        first = int(np.flatnonzero(outside)[0])
        x, y = given or (lon, lat)
        value = f"{float(x[first])!r}, {float(y[first])!r}"
        raise OutsideArea(
            f"位置超出 {frame.id} 的适用范围({frame.area}),请核对坐标系与中央经线:第 {first + 1} 点 {value}",
            f"position outside the area of use of {frame.id} ({frame.area}); "
            f"check the frame and its central meridian: point {first + 1} at {value}",
            value=value,
            details={"index": first, "frame": frame.id},
        )


def outside_area(lon: Floats, lat: Floats, area: Area) -> Flags:
    """Which positions lie outside; NaN and infinity do."""
    inside = (
        (lon >= area.west_deg - _EDGE_DEG)
        & (lon <= area.east_deg + _EDGE_DEG)
        & (lat >= area.south_deg - _EDGE_DEG)
        & (lat <= area.north_deg + _EDGE_DEG)
    )
    return ~inside


def _check_finite(x: Floats, y: Floats, frame: Frame) -> None:
    _refuse(
        ~(np.isfinite(x) & np.isfinite(y)), x, y, frame,
        "坐标不是有限的数", "a coordinate is not a finite number",
    )  # fmt: skip


def _refuse(bad: Flags, x: Floats, y: Floats, frame: Frame, zh: str, en: str) -> None:
    if bad.any():
        _raise(int(np.flatnonzero(bad)[0]), x, y, frame, zh, en)


def _raise(first: int, x: Floats, y: Floats, frame: Frame, zh: str, en: str) -> NoReturn:
    value = f"{float(x[first])!r}, {float(y[first])!r}"
    raise BadCoordinate(
        f"{zh}({frame.id}):第 {first + 1} 点 {value}",
        f"{en} ({frame.id}): point {first + 1} at {value}",
        value=value,
        details={"index": first, "frame": frame.id},
    )
