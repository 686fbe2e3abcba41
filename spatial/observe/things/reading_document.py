"""What a client writes as an entity, read and judged before anything is stored (18-088, clause 10)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import shapely

from spatial.datum.clock import parse_instant
from spatial.errors import BadTime, InvalidInput, shorten
from spatial.nesting import DEEPEST, levels
from spatial.observe.model import Flag
from spatial.observe.things.model import ENTITIES, Entity, Kind, Navigation
from spatial.observe.things.text import ID_MAX

TEXT_MAX = 100_000
DEPTH_MAX = 8
CONTROL = ("@iot.id", "@iot.selfLink", "id")
COMPLEX = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_ComplexObservation"
GEOJSON = ("application/geo+json", "application/vnd.geo+json", "application/vnd.geo json")
_DERIVED = ("observedArea", "recordedTime")
_COMPUTED = {
    "Datastream": ("phenomenonTime", "resultTime"),
    "MultiDatastream": ("phenomenonTime", "resultTime"),
}


class BadEntity(InvalidInput):
    """An entity that lacks what it must have, or says what cannot be 实体有误."""

    code = "bad-entity"


JSON = TypeVar("JSON")


@dataclass(frozen=True, slots=True)
class Draft:
    """An entity to be written: its values by property, and what it links to."""

    entity: Entity
    values: Mapping[str, Any]
    links: Mapping[str, Sequence[int | Draft]] = field(default_factory=dict)


def bad(zh: str, en: str, value: object) -> BadEntity:
    """A refusal that ends with what offended."""
    shown = shorten(value)
    return BadEntity(f"{zh}:{shown}", f"{en}: {shown}", value=shown)


def draft(
    entity: Entity, document: object, *, whole: bool = True, binding: bool = False, depth: int = 0
) -> Draft:
    """A document as an entity; ``whole`` where nothing that is required may be missing, ``binding`` where
    what links to an entity by its number means that one, whatever else is said of it.

    ``null`` of an optional property removes it. What the platform computes is ignored, as are navigation
    links, so that an entity that was read may be sent back.
    """
    if depth > DEPTH_MAX:
        raise bad("嵌套过深", "entities are nested too deeply", DEPTH_MAX)
    if not isinstance(document, dict):
        raise bad(
            f"{entity.name} 须为 JSON 对象", f"{entity.name} must be a JSON object", type(document).__name__
        )
    values: dict[str, Any] = {}
    links: dict[str, Sequence[int | Draft]] = {}
    for name, told in document.items():
        held = entity.properties.get(name)
        if name in CONTROL or "@" in name or name in _DERIVED or name in _COMPUTED.get(entity.name, ()):
            continue
        if held is not None:
            values[name] = _value(entity, name, held.kind, told, required=held.required)
        elif name in entity.links:
            links[name] = _linked(entity.links[name], told, binding, depth)
        else:
            raise bad(f"{entity.name} 没有这个属性", f"{entity.name} has no such property", name)
    _suited(entity, values)
    if whole:
        _complete(entity, values)
    return Draft(entity, values, links)


def bound(made: Draft) -> None:
    """Refuse a PATCH with related entities inside: it names them by their numbers (18-088, 10.3)."""
    for name, told in made.links.items():
        if any(isinstance(each, Draft) for each in told):
            raise bad(
                'PATCH 只能以 {"@iot.id": 编号} 指明关联实体,不能写在其中;请先以 POST 新建,再写其编号',
                'a PATCH names related entities as {"@iot.id": number} and has none inside; make new ones by'
                " POST, and name them then",
                name,
            )


def _complete(entity: Entity, values: dict[str, Any]) -> None:
    for held in entity.properties.values():
        if held.required and held.name not in values:
            raise bad(f"{entity.name} 缺少必填属性", f"{entity.name} lacks a required property", held.name)
        if held.column is not None and entity.name != "Observation":
            values.setdefault(held.name, "" if held.blank else None)
    if entity.name == "Datastream" and values.get("observationType") is None:
        raise bad("Datastream 缺少必填属性", "Datastream lacks a required property", "observationType")


def _suited(entity: Entity, values: Mapping[str, Any]) -> None:
    """What one property says of another, or the type of the entity of it."""
    kind = values.get("observationType", "")
    if entity.name == "Datastream" and kind is None:
        raise bad(
            "Datastream 的必填属性不能为空", "a required property of Datastream is null", "observationType"
        )
    if entity.name == "MultiDatastream" and kind and kind != COMPLEX:
        raise bad(
            f"MultiDatastream 的 observationType 须为 {COMPLEX}",
            f"the observationType of a MultiDatastream must be {COMPLEX}",
            kind,
        )
    if (
        entity.name in ("Location", "FeatureOfInterest")
        and values.get("encodingType", GEOJSON[0]) not in GEOJSON
    ):
        raise bad(
            "encodingType 须为 application/geo+json",
            "encodingType must be application/geo+json",
            values["encodingType"],
        )


def _linked(link: Navigation, told: object, binding: bool, depth: int) -> Sequence[int | Draft]:
    if link.many:
        if not isinstance(told, list):
            raise bad(f"{link.name} 须为数组", f"{link.name} must be an array", type(told).__name__)
        return [_one(link, each, binding, depth) for each in told]
    return [_one(link, told, binding, depth)]


def _one(link: Navigation, told: object, binding: bool, depth: int) -> int | Draft:
    """A reference ``{"@iot.id": 5}``, or an entity to be made along.

    Clients refer to the one entity of a link by all they know of it; its number says which one is meant.
    """
    bare = isinstance(told, dict) and set(told) <= set(CONTROL) and ("@iot.id" in told or "id" in told)
    if isinstance(told, dict) and (bare or ("@iot.id" in told and (binding or not link.many))):
        number = told.get("@iot.id", told.get("id"))
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= ID_MAX:
            raise bad("@iot.id 须为整数", "@iot.id must be a whole number", number)
        return number
    # What is made along gets its link to the one it is made with, so nothing is whole yet.
    return draft(ENTITIES[link.target], told, depth=depth + 1)


def _value(entity: Entity, name: str, kind: Kind, told: object, *, required: bool) -> Any:
    if told is None and (required and kind is not Kind.RESULT):
        raise bad(f"{entity.name} 的必填属性不能为空", f"a required property of {entity.name} is null", name)
    if told is None:
        return None
    match kind:
        case Kind.TEXT:
            if not isinstance(told, str) or "\0" in told or len(told) > TEXT_MAX:
                raise bad(f"{name} 须为文本", f"{name} must be a text", told)
            return told
        case Kind.INSTANT:
            return instant(name, told)
        case Kind.SPAN:
            return span(name, told)
        case Kind.NUMBER:
            return _flag(told)
        case Kind.GEOMETRY:
            return _geometry(name, told)
        case Kind.RESULT:
            if isinstance(told, float) and not math.isfinite(told):
                raise bad("result 须为有限的数", "result must be a finite number", told)
            return _storable(name, told)
    if name == "properties" and not isinstance(told, dict):
        raise bad("properties 须为 JSON 对象", "properties must be a JSON object", told)
    if name == "unitOfMeasurement":
        _unit(told)
    if name == "unitOfMeasurements":
        if not isinstance(told, list):
            raise bad("unitOfMeasurements 须为数组", "unitOfMeasurements must be an array", told)
        for each in told:
            _unit(each)
    if name == "multiObservationDataTypes" and not (
        isinstance(told, list) and all(isinstance(each, str) for each in told)
    ):
        raise bad(f"{name} 须为文本的数组", f"{name} must be an array of texts", told)
    if name == "validTime":
        span(name, told)
    if name == "properties":
        for key in ("key", "layer"):
            if key in told and not isinstance(told[key], str):  # type: ignore[operator, index]
                raise bad(f"properties.{key} 须为文本", f"properties.{key} must be a text", told)
    return _storable(name, told)


def _unit(told: object) -> None:
    """Name, symbol (the UCUM code) and definition, null where there is no unit (18-088, 8.2.4)."""
    known = ("name", "symbol", "definition")
    if not isinstance(told, dict) or set(told) != set(known):
        raise bad("单位须有 name、symbol、definition", "a unit has name, symbol and definition", told)
    for key in known:
        if told[key] is not None and not isinstance(told[key], str):
            raise bad(f"单位的 {key} 须为文本", f"the {key} of a unit must be a text", told[key])


def _storable(name: str, told: JSON) -> JSON:
    """JSON of the store cannot hold U+0000, and must not be nested deeper than it can be written again."""
    for depth, level in enumerate(levels(told)):
        if depth > DEEPEST:
            raise bad(
                f"{name} 嵌套至多 {DEEPEST} 层", f"{name} may be nested {DEEPEST} levels deep", f"> {DEEPEST}"
            )
        if any(isinstance(each, str) and "\0" in each for each in level):
            raise bad("文本不能含有 NUL 字符", "a text must not contain NUL", "\\u0000")
    return told


def instant(name: str, told: object) -> datetime:
    """An instant of RFC 3339."""
    try:
        if not isinstance(told, str):
            raise BadTime("不是时刻", "no instant", value=told)
        return parse_instant(told)
    except BadTime:
        raise bad(
            f"{name} 须为时刻,如 2026-01-01T08:00:00Z",
            f"{name} must be an instant, as 2026-01-01T08:00:00Z",
            told,
        ) from None


def span(name: str, told: object) -> tuple[datetime, datetime | None]:
    """An instant, or an interval ``a/b``."""
    if isinstance(told, str) and "/" in told:
        first, _, last = told.partition("/")
        start, end = instant(name, first), instant(name, last)
        if end < start:
            raise bad(f"{name} 的终点早于起点", f"{name} ends before it starts", told)
        return start, end
    return instant(name, told), None


def _flag(told: object) -> Flag:
    if isinstance(told, bool) or not isinstance(told, int) or told not in tuple(Flag):
        raise bad("qualityFlag 须为 1、2、3、4 或 9", "qualityFlag must be 1, 2, 3, 4 or 9", told)
    return Flag(told)


def _geometry(name: str, told: object) -> Mapping[str, Any]:
    if not isinstance(told, dict):
        raise bad(f"{name} 须为 GeoJSON", f"{name} must be GeoJSON", told)
    shape_of(told)
    return _storable(name, told)


def shape_of(told: Mapping[str, Any]) -> shapely.Geometry | None:
    """The geometry of a GeoJSON object, also within a Feature, as longitude and latitude."""
    inner = told.get("geometry") if told.get("type") == "Feature" else told
    if inner is None:
        return None
    try:
        shape = shapely.geometry.shape(inner)
        west, south, east, north = shape.bounds if not shape.is_empty else (0, 0, 0, 0)
    except Exception:  # whatever a library makes of foreign coordinates
        raise bad("不是 GeoJSON 几何", "this is no GeoJSON geometry", told) from None
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise bad("坐标须为经度、纬度(度)", "coordinates must be longitude and latitude in degrees", told)
    return shape
