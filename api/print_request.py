"""What a request to print asks for, checked member by member 出图请求."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar
from unicodedata import category

from api.parameters import instant
from api.problem import BadParameter
from spatial.catalogue.city import City
from spatial.errors import InvalidInput, shorten
from tiles.print import sketch
from tiles.print.model import SCALE_LEAST, SCALE_MOST, Language, Orientation, Paper, Plan
from tiles.raster.model import Style

KINDS = ("application/json",)
MEMBERS = (
    *("paper", "orientation", "scale", "center", "layers", "datetime", "asof", "images"),
    *("title", "subtitle", "unit", "language", "sketch"),
)
IMAGES = (Style.PICTURE, Style.HEIGHTS, Style.HILLSHADE)
TEXT_MOST = {"title": 60, "subtitle": 80, "unit": 60}
LAYERS_MOST = 64
AROUND_DEG = 1.0
"""So far from the city the middle of a sheet may lie: beyond, the zone's plane is not the city's."""
T = TypeVar("T", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class PrintRequest:
    """A sheet as it is asked for."""

    plan: Plan
    layers: tuple[tuple[str, float], ...] | None
    """Ids with opacity, from the topmost down; ``None`` for all that are shown."""
    at: datetime | None
    asof: datetime | None
    images: Style
    sketch: tuple[Mapping[str, Any], ...]


def print_request(document: object, city: City) -> PrintRequest:
    """The request of a body; the refusal names the member and its value."""
    if not isinstance(document, dict):
        raise InvalidInput(
            "请求体须为 JSON 对象", "the request body must be a JSON object", value=type(document).__name__
        )
    for name in document:
        if name not in MEMBERS:
            listed = ", ".join(MEMBERS)
            raise BadParameter(
                name[:40], f"不存在,可用的有 {listed}", f"is unknown, there are {listed}", value=name
            )
    language: Language = "en" if _one_of(document, "language", ("zh", "en"), "zh") == "en" else "zh"
    name = city.name.en if language == "en" else city.name.zh
    title = _text(document, "title") or (f"One Map of {name}" if language == "en" else f"{name}一张图")
    plan = Plan(
        paper=Paper(_one_of(document, "paper", tuple(Paper))),
        orientation=Orientation(
            _one_of(document, "orientation", tuple(Orientation), Orientation.ACROSS.value)
        ),
        scale=_scale(document.get("scale")),
        center=_center(document.get("center"), city),
        title=title,
        subtitle=_text(document, "subtitle"),
        unit=_text(document, "unit"),
        language=language,
    )
    return PrintRequest(
        plan,
        _layers(document.get("layers")),
        _instant(document, "datetime"),
        _instant(document, "asof"),
        Style(_one_of(document, "images", IMAGES, Style.PICTURE.value)),
        sketch.read(document.get("sketch")),
    )


def _one_of(
    document: Mapping[str, Any], name: str, offered: tuple[str, ...], usual: str | None = None
) -> str:
    value = document.get(name, usual)
    if value not in offered:
        listed = ", ".join(offered)
        raise BadParameter(name, f"须为 {listed} 之一", f"must be one of {listed}", value=_shown(value))
    return str(value)


def _scale(value: object) -> int:
    number = value if isinstance(value, int) and not isinstance(value, bool) else 0
    if not SCALE_LEAST <= number <= SCALE_MOST:
        raise BadParameter(
            "scale",
            f"须为 {SCALE_LEAST} 至 {SCALE_MOST} 的整数(比例尺分母)",
            f"must be a whole number from {SCALE_LEAST} to {SCALE_MOST}, the scale's denominator",
            value=_shown(value),
        )
    return number


def _center(value: object, city: City) -> tuple[float, float]:
    pair = value if isinstance(value, list) and len(value) == 2 else []
    numbers = [float(each) for each in pair if isinstance(each, int | float) and not isinstance(each, bool)]
    if len(numbers) != 2 or not all(math.isfinite(each) for each in numbers):
        raise BadParameter(
            "center", "须为 [经度, 纬度](度)", "must be [longitude, latitude] in degrees", value=_shown(value)
        )
    lon, lat = numbers
    box = city.extent_4490
    across = box.west - AROUND_DEG <= lon <= box.east + AROUND_DEG
    if not across or not box.south - AROUND_DEG <= lat <= box.north + AROUND_DEG:
        raise BadParameter(
            "center",
            f"须在{city.name.zh}或其周边 {AROUND_DEG:g}° 之内",
            f"must lie in {city.name.en} or within {AROUND_DEG:g}° of it",
            value=_shown(value),
        )
    return lon, lat


def _layers(value: object) -> tuple[tuple[str, float], ...] | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) > LAYERS_MOST:
        raise BadParameter(
            "layers",
            f"须为至多 {LAYERS_MOST} 个图层的数组",
            f"must be an array of at most {LAYERS_MOST} layers",
            value=_shown(value),
        )
    found: dict[str, float] = {}
    for each in value:
        id, share = (each.get("id"), each.get("opacity", 1.0)) if isinstance(each, dict) else (each, 1.0)
        number = isinstance(share, int | float) and not isinstance(share, bool)
        if not isinstance(id, str) or not number or not 0.0 <= share <= 1.0 or id in found:
            raise BadParameter(
                "layers",
                '每项须为图层标识,或 {"id": …, "opacity": 0 至 1},且不重复',
                'must hold layer ids or {"id": …, "opacity": 0 to 1}, each layer once',
                value=_shown(each),
            )
        found[id] = float(share)
    return tuple(found.items())


def _text(document: Mapping[str, Any], name: str) -> str:
    value, most = document.get(name), TEXT_MOST[name]
    if value is None:
        return ""
    wrong = not isinstance(value, str) or len(value) > most
    if wrong or any(category(mark) in ("Cc", "Cs", "Zl", "Zp") for mark in value):
        raise BadParameter(
            name,
            f"须为不超过 {most} 字的一行文字",
            f"must be one line of {most} characters",
            value=_shown(value),
        )
    return str(value).strip()


def _instant(document: Mapping[str, Any], name: str) -> datetime | None:
    value = document.get(name)
    if value is not None and not isinstance(value, str):
        raise BadParameter(
            name, "须为时刻或日期的文字", "must be the text of an instant or a day", value=_shown(value)
        )
    return instant(name, value)


def _shown(value: object) -> str:
    return shorten(value)
