"""The parameters of EDR 1.1 检索参数: texts of a query become what the store is asked, or are refused."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import shapely

from api.crs import CRS84, Edge, Edges, areas
from api.formats.negotiate import preferred
from api.parameters import instant, moment
from api.problem import BadParameter
from spatial.history.model import SRID
from spatial.history.read import Span
from spatial.observe.coverage import COUNTED_FLAGS, Around, Asked, Inside, Near, Of, Place, Shape
from spatial.observe.model import Flag

QUERIES: Final = ("position", "radius", "area", "cube", "locations")
COMMON: Final = ("datetime", "parameter-name", "crs", "f", "lang", "asof", "flags")
OF_QUERY: Final[Mapping[str, tuple[str, ...]]] = {
    "position": ("coords",),
    "radius": ("coords", "within", "within-units"),
    "area": ("coords",),
    "cube": ("bbox",),
    "locations": (),
}
FORMATS: Final[Mapping[str, str]] = {
    "CoverageJSON": "application/prs.coverage+json",
    "GeoJSON": "application/geo+json",
    "CSV": "text/csv",
}
UNITS_M: Final[Mapping[str, float]] = {"m": 1.0, "km": 1000.0}
WITHIN_MAX_M: Final = 500_000.0
POINTS_MAX: Final = 100
VERTICES_MAX: Final = 10_000
COORDS_MAX: Final = 400_000
_PLAIN = Edge(CRS84, SRID, False, False, None)
_KINDS = {
    "position": ("Point", "MultiPoint"),
    "radius": ("Point",),
    "area": ("Polygon", "MultiPolygon"),
}


@dataclass(frozen=True, slots=True)
class Besides:
    """What the engine has no argument for."""

    asof: datetime | None = None
    flags: tuple[int, ...] = COUNTED_FLAGS
    flagged: bool = False
    """Flags were asked for by name: each value tells its own."""
    form: str = "CoverageJSON"
    collection_url: str = ""
    query_url: str = ""
    """What was asked, as an address."""


def besides(given: Mapping[str, str], edges: Edges, accept: str) -> Besides:
    """Format, instant of belief, quality flags; the frame is that of the store and no other."""
    of_store(given, edges)
    return Besides(
        instant("asof", given.get("asof")),
        _flags(given.get("flags")),
        "flags" in given,
        form(given.get("f"), accept),
    )


def of_store(given: Mapping[str, str], edges: Edges) -> None:
    """Refuse a ``crs`` that is not the frame of the store."""
    edge = edges.find("crs", given.get("crs", CRS84))
    if edge.uri != CRS84:
        raise BadParameter(
            "crs",
            "在此须为 CRS84(CGCS2000 经度、纬度)",
            "must be CRS84 here (CGCS2000, longitude, latitude)",
            value=given["crs"],
        )


def form(text: str | None, accept: str, offered: Sequence[str] = tuple(FORMATS)) -> str:
    """The format of ``f``, in any case, else of ``Accept``; the first one offered for JSON of no kind."""
    if text is None:
        return _accepted(accept, offered)
    for name in offered:
        if text.lower() in (name.lower(), "json"):
            return name
    raise BadParameter(
        "f", f"须为 {'、'.join(offered)} 之一", f"must be one of {', '.join(offered)}", value=text
    )


def _accepted(accept: str, offered: Sequence[str]) -> str:
    """The format of the media range that is liked best; browsers, which name HTML, get the first one."""
    kinds = {FORMATS[name]: name for name in reversed(offered)}
    wide = {"*/*": offered[0], "application/*": offered[0], "application/json": offered[0]}
    wide |= {"text/html": offered[0]} | ({"text/*": "CSV"} if "CSV" in offered else {})
    return preferred(accept or "*/*", lambda name, _: kinds.get(name) or wide.get(name), kinds)


def question(
    layer: str,
    query: str,
    given: Mapping[str, str],
    known: Collection[str],
    others: Besides,
    location: str | None = None,
) -> Asked:
    """What a query asks the store; ``known`` are the keys of the layer's parameters."""
    start, end, included = span(given.get("datetime"))
    return Asked(
        layer=layer,
        place=_place(query, given, location),
        start=start,
        end=end,
        end_included=included,
        parameters=names(given.get("parameter-name"), known),
        asof=others.asof,
        flags=others.flags,
        flagged=others.flagged,
        shape=Shape.LINES if others.form == "CSV" else Shape.ARRAYS,
    )


def span(text: str | None) -> tuple[datetime | None, datetime | None, bool]:
    """Beginning and end of ``datetime``, and whether the end belongs to it."""
    found = moment("datetime", text)
    if found is None:
        return None, None, True
    if isinstance(found, Span):
        return found.start, found.end, found.end_included
    return found, found, True


def _place(query: str, given: Mapping[str, str], location: str | None) -> Place:
    if query == "locations":
        assert location is not None  # the list of all has a door of its own
        return Of(location)
    if query == "cube":
        return Inside(_box(_needed(given, "bbox", query)))
    shape = _shape(_needed(given, "coords", query), _KINDS[query])
    if query == "position":
        return Near(tuple((x, y) for x, y in shapely.get_coordinates(shape).tolist()))
    if query == "radius":
        return Around(shape.x, shape.y, _within_m(given))
    return Inside(shapely.to_wkb(shape))


def _needed(given: Mapping[str, str], name: str, query: str) -> str:
    if name not in given:
        raise BadParameter(name, f"缺少,{query} 须给出", f"is missing, {query} needs it", value="")
    return given[name]


def _shape(text: str, kinds: tuple[str, ...]) -> shapely.Geometry:
    """A geometry of ``coords``, in WKT."""
    told = "、".join(each.upper() for each in kinds)
    try:
        shape = shapely.from_wkt(text) if len(text) <= COORDS_MAX and "\0" not in text else None
    except (shapely.errors.ShapelyError, NotImplementedError):  # curves are no geometry of shapely's
        shape = None
    plane = shape is not None and not shape.is_empty and shapely.get_coordinate_dimension(shape) == 2
    if shape is None or not plane or shape.geom_type not in kinds:
        raise BadParameter(
            "coords", f"须为平面的 WKT:{told}", f"must be plane WKT: {told.replace('、', ', ')}", value=text
        )
    numbers = shapely.get_coordinates(shape)
    most = POINTS_MAX if kinds[0] == "Point" else VERTICES_MAX
    if len(numbers) > most:
        raise BadParameter("coords", f"至多 {most} 点", f"has more than {most} points", value=text)
    if not (abs(numbers[:, 0]) <= 180).all() or not (abs(numbers[:, 1]) <= 90).all():
        raise BadParameter(
            "coords", "超出经纬度范围,次序为经度、纬度", "is no range of degrees, order lon lat", value=text
        )
    if not shape.is_valid:
        reason = shapely.is_valid_reason(shape)
        raise BadParameter("coords", f"几何无效({reason})", f"is not valid ({reason})", value=text)
    return shape


def _box(text: str) -> bytes:
    boxes = areas("bbox", text, _PLAIN)
    return bytes(
        shapely.to_wkb(shapely.union_all([shapely.box(a.west, a.south, a.east, a.north) for a in boxes]))
    )


def _within_m(given: Mapping[str, str]) -> float:
    units = _needed(given, "within-units", "radius")
    if units not in UNITS_M:
        raise BadParameter("within-units", "须为 m 或 km", "must be m or km", value=units)
    text = _needed(given, "within", "radius")
    try:
        within_m = float(text) * UNITS_M[units] if text.isascii() and "_" not in text else math.nan
    except ValueError:
        within_m = math.nan
    if not 0 <= within_m <= WITHIN_MAX_M:
        raise BadParameter(
            "within",
            f"须为 0 至 {WITHIN_MAX_M / 1000:g} 千米的数",
            f"must be a number up to {WITHIN_MAX_M / 1000:g} km",
            value=text,
        )
    return within_m


def names(text: str | None, known: Collection[str]) -> tuple[str, ...]:
    """The keys of ``parameter-name``."""
    found = tuple(dict.fromkeys(text.split(","))) if text is not None else ()
    for name in found:
        if name not in known:
            raise BadParameter(
                "parameter-name",
                f"不存在,可用的有 {'、'.join(known)}",
                f"is unknown, there are {', '.join(known)}",
                value=name,
            )
    return found


def _flags(text: str | None) -> tuple[int, ...]:
    if text is None:
        return COUNTED_FLAGS
    known = {str(each.value): each.value for each in Flag}
    given = text.split(",")
    if any(name not in known for name in given):
        raise BadParameter(
            "flags",
            f"须为以逗号分隔的质量标识 {'、'.join(known)}",
            f"must be quality flags with commas: {', '.join(known)}",
            value=text,
        )
    return tuple(sorted({known[name] for name in given}))
