"""Item search 航次检索: which flights, by place, time and name; the same by GET and POST."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
import shapely
from shapely.geometry.base import BaseGeometry

from api.parameters import moment
from api.problem import BadParameter
from api.stac.flights import Flight
from spatial.errors import shorten
from spatial.history.read import Span

LIMIT_DEFAULT, LIMIT_MAX = 10, 1_000
OFFSET_MAX: Final = 1_000_000
NAMES_MAX: Final = 1_000
VERTICES_MAX: Final = 10_000
DEGREES: Final = shapely.box(-180, -90, 180, 90)
PARAMETERS: Final = ("bbox", "datetime", "ids", "collections", "intersects", "limit", "token")
ITEMS: Final = ("bbox", "datetime", "limit", "token")


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; what is not said narrows nothing."""

    within: BaseGeometry | None = None
    taken: datetime | Span | None = None
    ids: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    limit: int = LIMIT_DEFAULT
    offset: int = 0

    def page(self, flights: Iterable[Flight]) -> tuple[list[Flight], int]:
        """The flights of this page, and how many match in all."""
        found = [each for each in flights if self._matches(each)]
        return found[self.offset : self.offset + self.limit], len(found)

    def _matches(self, flight: Flight) -> bool:
        return (
            (not self.ids or flight.id in self.ids)
            and (not self.collections or flight.collection in self.collections)
            and (self.within is None or bool(flight.geometry.intersects(self.within)))
            and (self.taken is None or _during(flight, self.taken))
        )


def of_query(parameters: Mapping[str, str]) -> Search:
    """A search by the parameters of an address."""
    box, shape = parameters.get("bbox"), parameters.get("intersects")
    return _search(
        bbox=None if box is None else _numbers(box),
        intersects=None if shape is None else _json(shape),
        taken=parameters.get("datetime"),
        ids=_listed("ids", parameters.get("ids")),
        collections=_listed("collections", parameters.get("collections")),
        limit=parameters.get("limit"),
        token=parameters.get("token"),
    )


def of_body(told: Mapping[str, Any]) -> Search:
    """A search by the members of a JSON body."""
    unknown = next((name for name in told if name not in PARAMETERS), None)
    if unknown is not None:
        known = ", ".join(PARAMETERS)
        raise BadParameter(
            shorten(unknown),
            f"不是检索条件,可用 {known}",
            f"is no condition, use {known}",
            value=shorten(unknown),
        )
    empty = next((name for name, value in told.items() if value is None), None)
    if empty is not None:
        raise BadParameter(
            empty, "不得为 null,不限定时请略去", "is not null; leave it out instead", value="null"
        )
    box = told.get("bbox")
    limit = told.get("limit")
    return _search(
        bbox=None if box is None else _reals("bbox", box),
        intersects=told.get("intersects"),
        taken=_text("datetime", told.get("datetime")),
        ids=_texts("ids", told.get("ids")),
        collections=_texts("collections", told.get("collections")),
        limit=None if limit is None else str(limit),
        token=_text("token", told.get("token")),
    )


def _search(
    *,
    bbox: Sequence[float] | None,
    intersects: object,
    taken: str | None,
    ids: tuple[str, ...],
    collections: tuple[str, ...],
    limit: str | None,
    token: str | None,
) -> Search:
    if bbox is not None and intersects is not None:
        raise BadParameter("intersects", "不得与 bbox 同用", "does not go with bbox", value="bbox")
    within = _box(bbox) if bbox is not None else None if intersects is None else _shape(intersects)
    return Search(
        within=within,
        taken=moment("datetime", taken),
        ids=ids,
        collections=collections,
        limit=min(_whole("limit", limit, LIMIT_DEFAULT, 1, 10_000), LIMIT_MAX),
        offset=_whole("token", token, 0, 0, OFFSET_MAX),
    )


def _during(flight: Flight, taken: datetime | Span) -> bool:
    if not isinstance(taken, Span):
        return flight.start <= taken < flight.end or flight.start == taken
    after_start = taken.start is None or flight.end > taken.start or flight.start == taken.start
    before_end = taken.end is None or flight.start < taken.end or flight.start == taken.end
    return after_start and before_end


def _box(numbers: Sequence[float]) -> BaseGeometry:
    """Four numbers, or six with heights, which say nothing here; west may lie east of east."""
    if len(numbers) == 6:
        numbers = (*numbers[:2], *numbers[3:5])
    text = ",".join(f"{each:g}" for each in numbers)
    if len(numbers) != 4:
        raise BadParameter("bbox", "须为 4 或 6 个数", "has 4 or 6 numbers", value=text)
    west, south, east, north = numbers
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):
        raise BadParameter(
            "bbox",
            "须为经度、纬度(西,南,东,北)",
            "is west, south, east, north in degrees",
            value=text,
        )
    if west <= east:
        return shapely.box(west, south, east, north)
    return shapely.union_all([shapely.box(west, south, 180, north), shapely.box(-180, south, east, north)])


def _shape(told: object) -> BaseGeometry:
    try:
        shape = shapely.from_geojson(orjson.dumps(told))
    except (shapely.errors.GEOSException, TypeError, ValueError):
        shape = None
    if shape is None or shape.is_empty or not shape.is_valid:
        raise BadParameter(
            "intersects",
            "须为有效的 GeoJSON 几何",
            "must be a valid GeoJSON geometry",
            value=shorten(str(told)),
        )
    if not DEGREES.covers(shapely.box(*shape.bounds)):
        raise BadParameter(
            "intersects",
            "的坐标须为经度、纬度",
            "has longitudes and latitudes in degrees",
            value=",".join(f"{each:g}" for each in shape.bounds),
        )
    if shapely.get_num_coordinates(shape) > VERTICES_MAX:
        raise BadParameter(
            "intersects",
            f"至多 {VERTICES_MAX} 个顶点",
            f"has at most {VERTICES_MAX} vertices",
            value=str(shapely.get_num_coordinates(shape)),
        )
    found: BaseGeometry = shape
    return found


def _json(text: str) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise BadParameter(
            "intersects", "须为 GeoJSON 几何", "must be a GeoJSON geometry", value=shorten(text)
        ) from None


def _numbers(text: str) -> list[float]:
    return _finite("bbox", text, lambda: [float(each) for each in text.split(",")])


def _reals(name: str, told: object) -> list[float]:
    if not isinstance(told, list) or not all(type(each) in (int, float) for each in told):
        raise BadParameter(name, "须为数的列表", "is a list of numbers", value=shorten(str(told)))
    return _finite(name, str(told), lambda: [float(each) for each in told])


def _finite(name: str, text: str, read: Callable[[], list[float]]) -> list[float]:
    try:
        found = read()
    except (ValueError, OverflowError):
        found = []
    if not found or not all(abs(each) < 1e6 for each in found):
        raise BadParameter(name, "须为数的列表", "is a list of numbers", value=shorten(text))
    return found


def _listed(name: str, text: str | None) -> tuple[str, ...]:
    found = () if text is None else tuple(text.split(","))
    if not all(found):
        raise BadParameter(name, "须为以逗号分隔的名称", "is a list of names", value=shorten(text or ""))
    return found


def _texts(name: str, told: object) -> tuple[str, ...]:
    if told is None:
        return ()
    if not isinstance(told, list) or not all(isinstance(each, str) for each in told) or len(told) > NAMES_MAX:
        raise BadParameter(
            name,
            f"须为文本列表,至多 {NAMES_MAX} 个",
            f"is a list of at most {NAMES_MAX} texts",
            value=shorten(str(told)),
        )
    return tuple(told)


def _text(name: str, told: object) -> str | None:
    if told is None or isinstance(told, str):
        return told
    raise BadParameter(name, "须为文本", "is a text", value=shorten(str(told)))


def _whole(name: str, text: str | None, default: int, least: int, most: int) -> int:
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 9 and least <= int(text) <= most):
        raise BadParameter(
            name,
            f"须为 {least} 至 {most} 的整数",
            f"is a whole number from {least} to {most}",
            value=shorten(text),
        )
    return int(text)
