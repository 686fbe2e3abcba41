"""Coordinates as tables carry them: which columns, and what a cell says 坐标列与度分秒."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_LONGITUDE = ("经度", "longitude", "lon", "lng", "long", "东经", "经度坐标", "jd")
_LATITUDE = ("纬度", "latitude", "lat", "北纬", "纬度坐标", "wd")
_EAST = ("东坐标", "easting", "east", "e", "横坐标", "y坐标(东)")
_NORTH = ("北坐标", "northing", "north", "n", "纵坐标", "x坐标(北)")
_PLAIN_X = ("x", "x坐标", "point_x", "xzb", "coord_x")
_PLAIN_Y = ("y", "y坐标", "point_y", "yzb", "coord_y")
_WKT = ("wkt", "geometry", "geom", "几何", "空间坐标", "the_geom")

_DMS = re.compile(
    r"""^\s*(?P<before>(?:[东西]经|[南北]纬|[NSEW东西南北+-])?)\s*
    (?P<deg>\d{1,3})\s*[°度d:\s]\s*
    (?P<min>\d{1,2})\s*['′’分m:\s]\s*
    (?:(?P<sec>\d{1,2}(?:\.\d+)?)\s*(?:["″”秒s]|''|′′|’’)?)?\s*
    (?P<after>[NSEW东西南北]?)\s*$""",
    re.VERBOSE | re.IGNORECASE,
)
_DECIMAL = re.compile(
    r"^\s*(?P<before>(?:[东西]经|[南北]纬|[NSEW东西南北])?)\s*(?P<value>[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*[°度]?\s*"
    r"(?P<after>[NSEW东西南北]?)\s*$",
    re.IGNORECASE,
)
_NEGATIVE = frozenset("SWsw西南-")


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a table carries its geometry: two columns, or one of WKT text."""

    x: int
    y: int | None
    """None: column ``x`` holds WKT."""


def angle_or_metres(text: str) -> float | None:
    """The number a coordinate cell says; degrees-minutes-seconds become degrees.

    >>> angle_or_metres("118.7909"), angle_or_metres("东经118°47′27.24″")
    (118.7909, 118.7909)
    >>> angle_or_metres("36度51分21.6秒"), angle_or_metres("36:51:21.6N"), angle_or_metres("西经0度30分")
    (36.856, 36.856, -0.5)
    >>> angle_or_metres("36°61′0″"), angle_or_metres("寿光")
    (None, None)
    """
    if found := _DECIMAL.match(text):
        value = float(found["value"])
        return -value if _negative(found) else value
    found = _DMS.match(text)
    if found is None:
        return None
    minutes, seconds = float(found["min"]), float(found["sec"] or 0)
    if minutes >= 60 or seconds >= 60:
        return None
    value = round(float(found["deg"]) + minutes / 60 + seconds / 3600, 12)
    return -value if _negative(found) else value


def _negative(found: re.Match[str]) -> bool:
    marks = {found["before"][:1], found["after"]} - {""}
    return bool(marks & _NEGATIVE)


def find(names: Sequence[str], sample: Sequence[Sequence[str | None]]) -> Columns | None:
    """The coordinate columns, by their names, else by their values; None where none stand out.

    ``sample`` holds some values of each column. A pair named X and Y is taken
    as it stands: which of them is the northing is told by their size, later.
    """
    plain = [re.sub(r"[\s_()()\[\]]+", "", name).lower() for name in names]
    for first, second in ((_LONGITUDE, _LATITUDE), (_EAST, _NORTH), (_PLAIN_X, _PLAIN_Y)):
        x, y = _named(plain, first), _named(plain, second)
        if x is not None and y is not None:
            return Columns(x, y)
    wkt = _named(plain, _WKT)
    return Columns(wkt, None) if wkt is not None else _by_values(sample)


def _named(plain: Sequence[str], wanted: Sequence[str]) -> int | None:
    keys = [re.sub(r"[_()()]+", "", one) for one in wanted]
    found = [index for key in keys for index, name in enumerate(plain) if name == key]
    return found[0] if found else None


def _by_values(sample: Sequence[Sequence[str | None]]) -> Columns | None:
    ranges = (((73.0, 136.0), (3.0, 54.0)), ((2.5e7, 4.6e7), (1.8e6, 6e6)), ((3e5, 7e5), (1.8e6, 6e6)))
    for x_range, y_range in ranges:
        x = [index for index, values in enumerate(sample) if _within(values, *x_range)]
        y = [index for index, values in enumerate(sample) if _within(values, *y_range)]
        if len(x) == 1 and len(y) == 1:
            return Columns(x[0], y[0])
    return None


def _within(values: Sequence[str | None], low: float, high: float) -> bool:
    numbers = [angle_or_metres(value) for value in values if value]
    fractional = any("." in value or "°" in value or "度" in value for value in values if value)
    return (
        bool(numbers)
        and fractional
        and all(number is not None and low <= number <= high for number in numbers)
    )
