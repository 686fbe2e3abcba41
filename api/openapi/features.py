"""Items and single items."""

from __future__ import annotations

from collections.abc import Sequence

from api.catalogue import Shown
from api.openapi.parts import Document, Family, Situation, get, one_of, path, query
from api.parameters import LIMIT_DEFAULT, LIMIT_MAX, Language
from spatial.catalogue.schemas import feature_schema, property_schema

TAG = "data"
_MEDIA = "application/geo+json"
_BOX = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}
_COMMON = ("limit", "bbox", "bbox-crs", "crs", "datetime", "asof", "after", "count", "f", "lang")
_SINGLE = ("crs", "datetime", "asof", "f", "lang")


def family(situation: Situation) -> Family:
    """The routes of ``api.features``."""
    return Family(TAG, _paths(situation), _parameters(situation.crs), _schemas())


def _paths(situation: Situation) -> Document:
    paths: Document = {
        "/collections/{id}/items": get("items", TAG, "要素 items", ["id", *_COMMON], "items", _MEDIA),
        "/collections/{id}/items/{fid}": get(
            "item", TAG, "一个要素 one item", ["id", "fid", *_SINGLE], "item", _MEDIA
        ),
    }
    for layer in situation.layers:
        paths[f"/collections/{layer.id}/items"] = _items_of(layer, situation.language)
    return paths


def _items_of(layer: Shown, language: Language) -> Document:
    """The items of one layer, with a parameter for each field and the schema of its features."""
    title = layer.contract.title.zh if language == "zh" else layer.contract.title.en
    operation = get(f"items.{layer.id}", TAG, title, _COMMON, "items", _MEDIA)
    operation["get"]["parameters"] += [
        query(
            name,
            field.title.zh if language == "zh" else field.title.en,
            property_schema(field, language),
        )
        for name, (field, _) in layer.fields.items()
        if name not in _COMMON
    ]
    feature = _inside(feature_schema(layer.contract, language=language, fields=layer.described))
    operation["get"]["responses"]["200"]["content"][_MEDIA]["schema"] = {
        "allOf": [{"$ref": "#/components/schemas/items"}],
        "properties": {"features": {"items": feature}},
    }
    return operation


def _parameters(crs: Sequence[str]) -> Document:
    instant = "RFC 3339,如 2026-01-01T00:00:00%2B08:00,或日期(北京时间) an instant, or a Beijing day"
    return {
        "fid": path("fid", "要素标识 identity of the item"),
        "limit": query(
            "limit",
            "每页要素数 items on a page",
            {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT},
        ),
        "bbox": query(
            "bbox", "范围,四或六个数,次序依 bbox-crs 4 or 6 numbers in the order of bbox-crs", _BOX
        ),
        "bbox-crs": query("bbox-crs", "bbox 的坐标系 frame of bbox", one_of(crs)),
        "crs": query("crs", "输出坐标系 frame of the answer", one_of(crs)),
        "datetime": query(
            "datetime", f"有效时间:时刻、日期或区间 a/b、../b、a/.. valid time; {instant}", {"type": "string"}
        ),
        "asof": query("asof", f"登记时间:当时所知 as known then; {instant}", {"type": "string"}),
        "after": query("after", "续页标记,取自 next 链接 cursor of a next link", {"type": "string"}),
        "count": query(
            "count",
            "exact:不计代价给出 numberMatched whatever it costs",
            {"type": "string", "enum": ["exact"]},
        ),
    }


def _schemas() -> Document:
    links = {"type": "array", "items": {"$ref": "#/components/schemas/link"}}
    whole = {"type": "integer", "minimum": 0}
    return {
        "item": {
            "type": "object",
            "required": ["type", "id", "geometry", "properties"],
            "properties": {
                "type": {"const": "Feature"},
                "id": {"type": "string"},
                "geometry": {"type": ["object", "null"]},
                "properties": {"type": "object"},
                "links": links,
            },
        },
        "items": {
            "type": "object",
            "required": ["type", "features", "links", "numberReturned"],
            "properties": {
                "type": {"const": "FeatureCollection"},
                "features": {"type": "array", "items": {"$ref": "#/components/schemas/item"}},
                "links": links,
                "numberReturned": whole,
                "numberMatched": {**whole, "description": "只在确切时给出 stated only where exact"},
                "onemap:numberMatchedEstimated": {**whole, "description": "估计数 an estimate"},
                "onemap:asof": {"type": ["string", "null"], "format": "date-time"},
                "onemap:datetime": {"type": "string", "format": "date-time"},
                "onemap:synthetic": {"type": "string"},
            },
        },
    }


def _inside(schema: Document) -> Document:
    """A schema as a part of this document: dialect and identity belong to the whole."""
    return {key: value for key, value in schema.items() if key not in ("$schema", "$id")}
