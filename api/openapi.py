"""The OpenAPI 3.1 definition, written by hand from the routes and the contracts.

Self-contained: every ``$ref`` points inside the document, so that a tester
without a network can use all of it. A test holds it to the routes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.catalogue import Shown
from api.parameters import LIMIT_DEFAULT, LIMIT_MAX, Language
from spatial.catalogue.city import City
from spatial.catalogue.schemas import feature_schema, property_schema

Document = dict[str, Any]
VERSION = "0.1.0"
_MEDIA = {
    "schema": "application/schema+json",
    "queryables": "application/schema+json",
    "versions": "application/geo+json",
    "apiPage": "text/html",
    "apiDefinition": "application/vnd.oai.openapi+json",
}
"""What is sent where neither JSON nor GeoJSON is."""
_BOX = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}


def openapi(
    layers: Sequence[Shown], crs: Sequence[str], city: City, base: str, language: Language
) -> Document:
    """The definition for the layers that are there now."""
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": f"{city.name.zh}一张图" if language == "zh" else f"One Map of {city.name.en}",
            "version": VERSION,
            "description": "OGC API Features 第 1、2 部分,双时态:datetime 为有效时间,asof 为登记时间。"
            if language == "zh"
            else "OGC API Features Part 1 and 2, bitemporal: datetime is valid time, asof recorded time.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": base}],
        "tags": [{"name": name} for name in ("capabilities", "data", "history", "processes", "health")],
        "paths": {**_described(), **_data(layers, language), **_history(), **_processes(), **_health()},
        "components": {
            "parameters": _parameters(crs),
            "responses": {
                "Problem": {
                    "description": "problem details (RFC 9457)",
                    "content": {
                        "application/problem+json": {"schema": {"$ref": "#/components/schemas/problem"}}
                    },
                },
                "NotModified": {"description": "the representation named by If-None-Match still stands"},
            },
            "schemas": _schemas(),
        },
    }


def _described() -> Document:
    paths = {
        "/": ("landingPage", "入口 landing page"),
        "/conformance": ("conformance", "符合性 conformance classes"),
        "/collections": ("collections", "全部图层 all collections"),
        "/collections/{id}": ("collection", "一个图层 one collection"),
        "/collections/{id}/schema": ("schema", "要素结构 schema of the items"),
        "/collections/{id}/queryables": ("queryables", "可查询属性 queryables"),
        "/collections/{id}/legend": ("legend", "图例 legend"),
        "/api": ("apiPage", "接口说明 this definition, for readers"),
        "/openapi.json": ("apiDefinition", "接口定义 this definition"),
    }
    return {
        path: _get(
            name, "capabilities", summary, [*(["id"] if "{id}" in path else []), "f", "lang"], schema="object"
        )
        for path, (name, summary) in paths.items()
    }


def _data(layers: Sequence[Shown], language: Language) -> Document:
    common = ["limit", "bbox", "bbox-crs", "crs", "datetime", "asof", "after", "count", "f", "lang"]
    single = ["crs", "datetime", "asof", "f", "lang"]
    paths: Document = {
        "/collections/{id}/items": _get("items", "data", "要素 items", ["id", *common], "items"),
        "/collections/{id}/items/{fid}": _get(
            "item", "data", "一个要素 one item", ["id", "fid", *single], "item"
        ),
    }
    for layer in layers:
        title = layer.contract.title.zh if language == "zh" else layer.contract.title.en
        path = f"/collections/{layer.id}/items"
        operation = _get(f"items.{layer.id}", "data", title, common, "items")
        operation["get"]["parameters"] += [
            {
                "name": name,
                "in": "query",
                "required": False,
                "description": field.title.zh if language == "zh" else field.title.en,
                "schema": property_schema(field, language),
                "style": "form",
                "explode": False,
            }
            for name, (field, _) in layer.fields.items()
            if name not in common
        ]
        operation["get"]["responses"]["200"]["content"]["application/geo+json"]["schema"] = {
            "allOf": [{"$ref": "#/components/schemas/items"}],
            "properties": {"features": {"items": _inside(feature_schema(layer.contract, language=language))}},
        }
        paths[path] = operation
    return paths


def _history() -> Document:
    return {
        "/collections/{id}/items/{fid}/versions": _get(
            "versions",
            "history",
            "一个要素的全部版本 every version of one item",
            ["id", "fid", "f", "lang"],
            "object",
        ),
        "/changesets": _get(
            "changesets",
            "history",
            "变更集 who changed what, when and why",
            ["layer", "changesetLimit", "before", "f", "lang"],
            "object",
        ),
        "/changesets/{number}": _get(
            "changeset", "history", "一个变更集 one changeset", ["number", "f", "lang"], "object"
        ),
    }


def _processes() -> Document:
    return {
        "/processes": _get("processes", "processes", "处理 processes", ["f", "lang"], "object"),
        "/jobs": _get("jobs", "processes", "任务 jobs", ["f", "lang"], "object"),
    }


def _health() -> Document:
    ready = _get("ready", "health", "能否服务 readiness, with reasons", [], "object")
    return {"/health/live": _get("live", "health", "进程存活 liveness", [], "object"), "/health/ready": ready}


def _get(name: str, tag: str, summary: str, parameters: Sequence[str], schema: str = "object") -> Document:
    media = _MEDIA.get(name, "application/geo+json" if tag == "data" else "application/json")
    shape = {"type": "object"} if schema == "object" else {"$ref": f"#/components/schemas/{schema}"}
    content: Document = {media: {"schema": shape}}
    if "f" in parameters:
        content["text/html"] = {"schema": {"type": "string"}}
    return {
        "get": {
            "operationId": name,
            "tags": [tag],
            "summary": summary,
            "parameters": [{"$ref": f"#/components/parameters/{each}"} for each in parameters],
            "responses": {
                "200": {"description": summary, "content": content},
                "304": {"$ref": "#/components/responses/NotModified"},
                **{code: {"$ref": "#/components/responses/Problem"} for code in ("400", "404", "406", "503")},
            },
        }
    }


def _parameters(crs: Sequence[str]) -> Document:
    instant = "RFC 3339,如 2026-01-01T00:00:00%2B08:00,或日期(北京时间) an instant, or a Beijing day"
    return {
        "id": _path("id", "图层标识 layer id"),
        "fid": _path("fid", "要素标识 identity of the item"),
        "number": _path("number", "变更集编号 changeset number", {"type": "integer", "minimum": 1}),
        "f": _query("f", "格式 format", {"type": "string", "enum": ["json", "html"]}),
        "lang": _query("lang", "语言 language", {"type": "string", "enum": ["zh", "en"]}),
        "limit": _query(
            "limit",
            "每页要素数 items on a page",
            {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT},
        ),
        "bbox": _query(
            "bbox", "范围,四或六个数,次序依 bbox-crs 4 or 6 numbers in the order of bbox-crs", _BOX
        ),
        "bbox-crs": _query("bbox-crs", "bbox 的坐标系 frame of bbox", _one_of(crs)),
        "crs": _query("crs", "输出坐标系 frame of the answer", _one_of(crs)),
        "datetime": _query(
            "datetime", f"有效时间:时刻、日期或区间 a/b、../b、a/.. valid time; {instant}", {"type": "string"}
        ),
        "asof": _query("asof", f"登记时间:当时所知 as known then; {instant}", {"type": "string"}),
        "after": _query("after", "续页标记,取自 next 链接 cursor of a next link", {"type": "string"}),
        "count": _query(
            "count",
            "exact:不计代价给出 numberMatched whatever it costs",
            {"type": "string", "enum": ["exact"]},
        ),
        "layer": _query("layer", "只看此图层 of one layer", {"type": "string"}),
        "changesetLimit": _query(
            "limit", "条数 how many", {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}
        ),
        "before": _query("before", "早于此编号 older than this number", {"type": "integer", "minimum": 1}),
    }


def _path(name: str, description: str, schema: Document | None = None) -> Document:
    shape = schema or {"type": "string"}
    return {"name": name, "in": "path", "required": True, "description": description, "schema": shape}


def _query(name: str, description: str, schema: Document) -> Document:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": schema,
        "style": "form",
        "explode": False,
    }


def _one_of(crs: Sequence[str]) -> Document:
    return {"type": "string", "format": "uri", "enum": list(crs), "default": crs[0]}


def _schemas() -> Document:
    link = {
        "type": "object",
        "required": ["href", "rel"],
        "properties": {name: {"type": "string"} for name in ("href", "rel", "type", "title", "hreflang")},
    }
    links = {"type": "array", "items": {"$ref": "#/components/schemas/link"}}
    whole = {"type": "integer", "minimum": 0}
    return {
        "link": link,
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
        "problem": {
            "type": "object",
            "required": ["type", "title", "status", "detail", "code"],
            "properties": {
                "type": {"type": "string", "format": "uri"},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "detail": {"type": "string"},
                "code": {"type": "string"},
                "value": {},
                "zh": {"type": "string"},
                "en": {"type": "string"},
                "parameter": {"type": "string"},
            },
        },
    }


def _inside(schema: Document) -> Document:
    """A schema as a part of this document: dialect and identity belong to the whole."""
    return {key: value for key, value in schema.items() if key not in ("$schema", "$id")}
