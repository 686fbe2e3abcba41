"""Linked river data."""

from __future__ import annotations

from api.linked_data import FORMS, MODES
from api.openapi.parts import INSTANT, Document, Family, Situation, get, path, query
from water import layers
from water.network.linked import NAMED

TAG = "rivers"
_FORM = ["riverForm", "lang"]
_TIMES = ["linkedDatetime", "linkedAsof", *_FORM]


def family(situation: Situation) -> Family:
    """The routes of ``api.linked_data``; places and ways for those who see the network."""
    place, at = "/linked-data/{source}/{featureId}", ["riverSource", "riverFeature"]
    sources = get(
        "riverSources", TAG, "河网链接数据的来源 sources of linked river data", _FORM, "riverSources"
    )
    paths: Document = {"/linked-data": sources}
    if {layer.id for layer in situation.layers} >= {*layers.NETWORK}:
        paths |= {
            "/linked-data/{source}": _of(
                "riverSource", "一个来源 one source", ["riverSource", *_FORM], "riverSource"
            ),
            place: _of(
                "riverPlace",
                "一个要素及其桩号 a feature with its address on the rivers",
                [*at, "riverChainage", *_TIMES],
                "riverPlace",
                "application/geo+json",
            ),
            f"{place}/navigation": _of("riverModes", "导航方式 the ways to go", [*at, *_FORM]),
            f"{place}/navigation/{{mode}}": _of(
                "riverTargets", "可求的对象 what may be asked for", [*at, "riverMode", *_FORM]
            ),
            f"{place}/navigation/{{mode}}/{{target}}": _of(
                "riverNavigation",
                "沿河导航,距离以 km 计 what is met along the rivers, distances in kilometres",
                [
                    *(*at, "riverMode", "riverTarget", "riverDistance", "riverStop", "riverWithin"),
                    *("riverChainage", *_TIMES),
                ],
                "riverNavigation",
                "application/geo+json",
            ),
        }
    return Family(TAG, paths, _parameters(), _schemas())


def _of(
    name: str, summary: str, parameters: list[str], schema: str = "object", media: str = "application/json"
) -> Document:
    made = get(name, TAG, summary, parameters, schema, media)
    problem = {"$ref": "#/components/responses/Problem"}
    made["get"]["responses"] |= {"401": problem, "403": problem, "413": problem, "422": problem}
    return made


def _parameters() -> Document:
    text = {"type": "string", "minLength": 1, "maxLength": 200}
    known = "、".join(NAMED)
    chainage = {"type": "string", "pattern": r"^K?[0-9]{1,4}\+[0-9]{3}(\.[0-9]{1,6})?$"}
    return {
        "riverSource": path("source", f"图层标识,或 layer id, or {known}", text),
        "riverFeature": path("featureId", "要素标识 identity of a feature", text),
        "riverMode": path("mode", "方式 mode", {"type": "string", "enum": [mode.value for mode in MODES]}),
        "riverTarget": path("target", f"图层标识,或 layer id, or {known}", text),
        "riverDistance": query(
            "distance",
            "沿河至多几公里 kilometres along the rivers at most",
            {"type": "number", "exclusiveMinimum": 0, "maximum": 10_000},
        ),
        "riverStop": query("stop", "止点 a reach or node, or source/id, to stop at", text),
        "riverWithin": query(
            "within",
            "离河至多几米 metres off the river at most",
            {"type": "number", "minimum": 0, "maximum": 5_000},
        ),
        "riverChainage": query("chainage", "桩号,限 river-routes chainage on a route", chainage),
        "riverForm": query("f", "格式 format", {"type": "string", "enum": list(FORMS)}),
        "linkedDatetime": query("datetime", "有效时间 instant of valid time", INSTANT),
        "linkedAsof": query("asof", "登记时间 instant of recorded time", INSTANT),
    }


def _schemas() -> Document:
    text: Document = {"type": "string"}
    title: Document = {"type": "object", "required": ["zh", "en"], "properties": {"zh": text, "en": text}}
    source: Document = {
        "type": "object",
        "required": ["source", "layer", "title", "href"],
        "properties": {"source": text, "layer": text, "title": title, "href": text},
    }
    address: Document = {
        "type": "object",
        "description": "在河网上的地址 where it is on the rivers",
        "properties": {
            "reach_id": text,
            "route_id": {"type": ["string", "null"]},
            "route_version": {"type": "integer"},
            "chainage": {"type": ["string", "null"], "examples": ["K12+345.6"]},
            "chainage_m": {"type": ["number", "null"]},
            "distance_km": {"type": "number", "description": "自起点沿河 along the rivers from the start"},
            "away_m": {"type": "number", "description": "离河 off the river"},
            "bank": {"type": ["string", "null"], "enum": ["left", "right", None]},
        },
    }
    feature: Document = {
        "type": "object",
        "required": ["type", "geometry", "properties"],
        "properties": {"type": {"const": "Feature"}, "river": address},
    }
    rests = {"type": "array", "items": {"type": "object", "required": ["layer", "changeset"]}}
    return {
        "riverSource": source,
        "riverSources": {
            "type": "object",
            "required": ["sources", "distance_unit", "links"],
            "properties": {"sources": {"type": "array", "items": source}},
        },
        "riverPlace": feature | {"required": [*feature["required"], "river", "layers"]},
        "riverNavigation": {
            "type": "object",
            "required": [
                *("type", "features", "numberReturned", "mode", "distance_unit", "length_km", "closed"),
                *("datetime", "asof", "layers"),
            ],
            "properties": {
                "type": {"const": "FeatureCollection"},
                "features": {"type": "array", "items": feature},
                "numberReturned": {"type": "integer"},
                "distance_unit": {"const": "km"},
                "length_km": {"type": "number", "description": "沿途河长 length of all that is met"},
                "closed": {
                    "type": "array",
                    "items": {"type": "object"},
                    "description": "因关闭而止于此 closed gates and reaches at which the way ends",
                },
                "layers": rests,
            },
        },
    }
