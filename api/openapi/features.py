"""Items and single items."""

from __future__ import annotations

from collections.abc import Sequence

from api.catalogue import Shown
from api.formats.negotiate import ITEM, ITEMS
from api.openapi.formats import choice, given_in, jsonfg_schemas
from api.openapi.parts import DATETIME, INSTANT, Document, Family, Situation, get, one_of, path, query
from api.parameters import LIMIT_DEFAULT, LIMIT_MAX, Language
from api.selection import KEYS_MAX, LANGUAGES, PARAMETERS, TERMS_MAX, scalars, sortables
from spatial.catalogue.schemas import ALWAYS, feature_schema, filter_schema

TAG = "data"
_MEDIA = "application/geo+json"
_BOX = {
    "type": "array",
    "items": {"type": "number"},
    "minItems": 4,
    "maxItems": 6,
    "oneOf": [{"minItems": count, "maxItems": count} for count in (4, 6)],
}
_COMMON = (
    *("limit", "bbox", "bbox-crs", "crs", "datetime", "asof", "after", "count", "itemsFormat", "lang"),
    *PARAMETERS,
)
_SINGLE = ("crs", "datetime", "asof", "itemFormat", "lang")


def family(situation: Situation) -> Family:
    """The routes of ``api.features``."""
    return Family(TAG, _paths(situation), _parameters(situation.crs), _schemas())


def _paths(situation: Situation) -> Document:
    items = get("items", TAG, "要素 items", ["id", *_COMMON], "items", _MEDIA)
    item = get("item", TAG, "一个要素 one item", ["id", "fid", *_SINGLE], "item", _MEDIA)
    paths: Document = {
        "/collections/{id}/items": given_in(ITEMS, items, "jsonfgItems"),
        "/collections/{id}/items/{fid}": given_in(ITEM, item, "jsonfgItem"),
    }
    for layer in situation.layers:
        paths[f"/collections/{layer.id}/items"] = _items_of(layer, situation.language)
    return paths


def _items_of(layer: Shown, language: Language) -> Document:
    """The items of one layer, with a parameter for each field and the schema of its features."""
    title = layer.contract.title.zh if language == "zh" else layer.contract.title.en
    operation = given_in(ITEMS, get(f"items.{layer.id}", TAG, title, _COMMON, "items", _MEDIA), "jsonfgItems")
    operation["get"]["parameters"] = _named(operation["get"]["parameters"], layer)
    operation["get"]["parameters"] += [
        query(
            name,
            field.title.zh if language == "zh" else field.title.en,
            filter_schema(field, language),
        )
        for name, (field, _) in scalars(layer).items()
        if name not in (*_COMMON, "f")
    ]
    whole = feature_schema(layer.contract, fields=layer.attributes, language=language)
    feature = _in_part(_inside(whole))
    operation["get"]["responses"]["200"]["content"][_MEDIA]["schema"] = {
        "allOf": [{"$ref": "#/components/schemas/items"}],
        "properties": {"features": {"items": feature}},
    }
    return operation


def _named(parameters: list[Document], layer: Shown) -> list[Document]:
    """The parameters that take names, with the names that this layer knows."""
    keys = [sign + name for name in sortables(layer) for sign in ("", "+", "-")]
    choices = {
        "sortby": {
            "type": "array",
            "items": {"type": "string", "enum": keys},
            "minItems": 1,
            "maxItems": KEYS_MAX,
            "description": f"至多 {KEYS_MAX} 个 up to {KEYS_MAX}",
        },
        "properties": {
            "type": "array",
            "items": {"type": "string", "enum": [*layer.fields, *ALWAYS]},
            "minItems": 1,
        },
    }
    prefix = "#/components/parameters/"
    return [
        query(name, "名称限于此图层 names of this layer", choices[name])
        if (name := each.get("$ref", "").removeprefix(prefix)) in choices
        else each
        for each in parameters
    ]


def _parameters(crs: Sequence[str]) -> Document:
    instant = "RFC 3339,如 2026-01-01T00:00:00%2B08:00,或日期(北京时间) an instant, or a Beijing day"
    return {
        "fid": path("fid", "要素标识 identity of the item"),
        "limit": query(
            "limit",
            f"每页要素数,多于 {LIMIT_MAX} 时给 {LIMIT_MAX};批量格式(csv 等)不给则为全部"
            f" items on a page, more than {LIMIT_MAX} is cut; formats for bulk give all without it",
            {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT},
        ),
        "bbox": query(
            "bbox", "范围,四或六个数,次序依 bbox-crs 4 or 6 numbers in the order of bbox-crs", _BOX
        ),
        "bbox-crs": query("bbox-crs", "bbox 的坐标系 frame of bbox", one_of(crs)),
        "crs": query("crs", "输出坐标系 frame of the answer", one_of(crs)),
        "datetime": query(
            "datetime", f"有效时间:时刻、日期或区间 a/b、../b、a/.. valid time; {instant}", DATETIME
        ),
        "asof": query("asof", f"登记时间:当时所知 as known then; {instant}", INSTANT),
        "after": query("after", "续页标记,取自 next 链接 cursor of a next link", {"type": "string"}),
        **_selection(crs),
        "itemsFormat": choice(ITEMS),
        "itemFormat": choice(ITEM),
        "count": query(
            "count",
            "exact:不计代价给出 numberMatched whatever it costs",
            {"type": "string", "enum": ["exact"]},
        ),
    }


def _selection(crs: Sequence[str]) -> Document:
    text = {"type": "string", "minLength": 1}
    return {
        "filter": query("filter", "条件,CQL2,名称见 /queryables,函数见 /functions a CQL2 expression", text),
        "filter-lang": query(
            "filter-lang",
            "filter 的写法 language of filter",
            {"type": "string", "enum": list(LANGUAGES), "default": LANGUAGES[0]},
        ),
        "filter-crs": query("filter-crs", "filter 中几何的坐标系 frame of geometries in filter", one_of(crs)),
        "q": query(
            "q",
            f"查找文本,至多 {TERMS_MAX} 个词:空格为“且”,逗号为“或”"
            " text to find: spaces for all terms, commas for one of them",
            text,
        ),
        "sortby": query(
            "sortby",
            "次序,名称见 /sortables,“-”为降序,空值在后 sortables, - before one for descending; nulls last",
            {
                "type": "array",
                "items": {"type": "string", "pattern": "^[+-]?[a-z][a-z0-9_]*$"},
                "minItems": 1,
                "maxItems": KEYS_MAX,
            },
        ),
        "properties": query(
            "properties",
            "只要这些属性 these properties only",
            {"type": "array", "items": {"type": "string"}},
        ),
        "skipGeometry": query(
            "skipGeometry", "不要几何 without geometries", {"type": "boolean", "default": False}
        ),
    }


def _schemas() -> Document:
    links = {"type": "array", "items": {"$ref": "#/components/schemas/link"}}
    whole = {"type": "integer", "minimum": 0}
    return {
        **jsonfg_schemas(),
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


def _in_part(feature: Document) -> Document:
    """The schema of a feature of which ``properties`` and ``skipGeometry`` may leave parts out."""
    members = feature["properties"]
    attributes = {**members["properties"], "required": list(ALWAYS)}
    geometry = {"anyOf": [members["geometry"], {"type": "null"}]}
    return {**feature, "properties": {**members, "geometry": geometry, "properties": attributes}}


def _inside(schema: Document) -> Document:
    """A schema as a part of this document: dialect and identity belong to the whole."""
    return {key: value for key, value in schema.items() if key not in ("$schema", "$id")}
