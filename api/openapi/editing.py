"""Changes of items: create, replace, update, remove. They stand at the addresses of the items."""

from __future__ import annotations

from api.catalogue import Shown
from api.edit_request import GEOJSON, MERGE_PATCH, REASON_MAX, REQUEST_KEY_MAX
from api.openapi.parts import Document, Family, Situation, query
from api.parameters import Language
from spatial.access.model import Right
from spatial.catalogue.schemas import geometry_schema, property_schema

TAG = "editing"
_ASKED = ("validFrom", "reason", "crs", "lang", "Onemap-Reason", "Prefer")
_TERMS = ("If-Match", "If-None-Match")
_REFUSED = ("400", "401", "403", "404", "406", "408", "413", "415", "422", "503")


def family(situation: Situation) -> Family:
    """The methods of ``api.editing``."""
    paths: Document = {
        "/collections/{id}/items": {"post": _create()},
        "/collections/{id}/items/{fid}": {
            "put": _replace(),
            "patch": _update(),
            "delete": _remove(),
        },
    }
    for layer in situation.layers:
        if Right.EDIT in layer.rights:
            paths[f"/collections/{layer.id}/items"] = {"post": _create_in(layer, situation.language)}
    return Family(TAG, paths, _parameters(), _schemas())


def _create_in(layer: Shown, language: Language) -> Document:
    """New items of one layer, with the schema of its fields."""
    operation = _create()
    operation["operationId"] = f"createItem.{layer.id}"
    operation["parameters"] = operation["parameters"][1:]
    operation["summary"] = layer.contract.title.zh if language == "zh" else layer.contract.title.en
    fields = {name: property_schema(field, language) for name, (field, _) in layer.fields.items()}
    own = {name: {"type": ["string", "null"], "format": "date-time"} for name in ("valid_from", "valid_to")}
    feature = {
        "allOf": [{"$ref": "#/components/schemas/newItem"}],
        "properties": {
            "geometry": geometry_schema(layer.contract.geometry),
            "properties": {"type": "object", "properties": fields | own, "additionalProperties": False},
        },
    }
    collection = {
        "type": "object",
        "required": ["type", "features"],
        "properties": {
            "type": {"const": "FeatureCollection"},
            "features": {"type": "array", "minItems": 1, "items": feature},
        },
    }
    shape = {"schema": {"oneOf": [feature, collection]}}
    operation["requestBody"]["content"] = dict.fromkeys(GEOJSON, shape)
    return operation


def _create() -> Document:
    operation = _operation(
        "createItem", "新建要素 create items", ["id", *_ASKED, "Content-Crs", "Idempotency-Key"], ("409",)
    )
    operation["requestBody"] = _body(GEOJSON, "itemOrItems")
    operation["responses"] |= {"201": _answer("已新建 created", location=True, schema="created")}
    return operation


def _replace() -> Document:
    summary = "替换或新建要素 replace an item, or create it"
    asked = ["id", "fid", *_ASKED, "Content-Crs", *_TERMS]
    operation = _operation("replaceItem", summary, asked, ("409", "412", "428"))
    operation["requestBody"] = _body(GEOJSON, "newItem")
    operation["responses"] |= {
        "200": _answer("已替换 replaced"),
        "201": _answer("已新建 created", location=True),
        "204": _empty("已替换 replaced"),
    }
    return operation


def _update() -> Document:
    asked = ["id", "fid", *_ASKED, "Content-Crs", *_TERMS]
    operation = _operation("updateItem", "修改要素 update an item", asked, ("409", "412", "428"))
    operation["requestBody"] = _body(MERGE_PATCH, "patch")
    operation["responses"] |= {"200": _answer("已修改 updated"), "204": _empty("已修改 updated")}
    return operation


def _remove() -> Document:
    asked = ["id", "fid", *_ASKED, *_TERMS]
    operation = _operation("removeItem", "删除要素 remove an item", asked, ("409", "412", "428"))
    operation["responses"] |= {"204": {"description": "已删除,历史保留 removed; its past stays"}}
    return operation


def _operation(name: str, summary: str, parameters: list[str], refused: tuple[str, ...]) -> Document:
    return {
        "operationId": name,
        "tags": [TAG],
        "summary": summary,
        "parameters": [{"$ref": f"#/components/parameters/{each}"} for each in parameters],
        "responses": {
            code: {"$ref": "#/components/responses/Problem"} for code in sorted((*_REFUSED, *refused))
        },
    }


def _body(kinds: tuple[str, ...], schema: str) -> Document:
    shape = {"schema": {"$ref": f"#/components/schemas/{schema}"}}
    return {"required": True, "content": dict.fromkeys(kinds, shape)}


def _answer(description: str, *, location: bool = False, schema: str = "item") -> Document:
    answer = _empty(description)
    if location:
        answer["headers"]["Location"] = {"schema": {"type": "string", "format": "uri"}}
    answer["content"] = {"application/geo+json": {"schema": {"$ref": "#/components/schemas/item"}}}
    if schema == "created":
        answer["content"]["application/json"] = {"schema": {"$ref": "#/components/schemas/created"}}
    return answer


def _empty(description: str) -> Document:
    headers = {name: {"schema": {"type": "string"}} for name in ("ETag", "Preference-Applied")}
    return {"description": description, "headers": dict(headers)}


def _parameters() -> Document:
    reason = {"type": "string", "maxLength": REASON_MAX}
    return {
        "validFrom": query(
            "valid-from",
            "自何时为真,缺省为要素的 valid_from,再缺省为现在"
            " since when it is true; else the feature's own valid_from, else now",
            {"type": "string"},
        ),
        "reason": query("reason", "原因,记入变更集 why, for the ledger", reason),
        "Onemap-Reason": _header(
            "Onemap-Reason", "原因,UTF-8 或其百分号编码 why, in UTF-8 or percent-encoded", reason
        ),
        "Prefer": _header(
            "Prefer",
            "return=representation:返回要素 answer with the item;merge:与他人互不冲突的修改自动合并"
            " bring edits together that do not clash",
        ),
        "Content-Crs": _header("Content-Crs", "请求体坐标系 <URI> frame of the body, in angle brackets"),
        "Idempotency-Key": _header(
            "Idempotency-Key",
            "请求的唯一键:答复丢失后以同一键重发,只写一次,得到同样的答复"
            " names this request: sent again with the same key it is written once, answered alike",
            {"type": "string", "minLength": 1, "maxLength": REQUEST_KEY_MAX},
        ),
        "If-Match": _header("If-Match", "所依据版本的 ETag,或 * tag of the version this is based on, or *"),
        "If-None-Match": _header("If-None-Match", "* :只在尚不存在时 only where it is not there"),
    }


def _header(name: str, description: str, schema: Document | None = None) -> Document:
    shape = schema or {"type": "string"}
    return {"name": name, "in": "header", "required": False, "description": description, "schema": shape}


def _schemas() -> Document:
    properties = {"type": ["object", "null"]}
    geometry = {"type": ["object", "null"]}
    address = {"type": "object", "required": ["id", "href"]}
    return {
        "newItem": {
            "type": "object",
            "required": ["type"],
            "properties": {
                "type": {"const": "Feature"},
                "id": {"type": ["string", "integer"]},
                "geometry": geometry,
                "properties": properties,
            },
        },
        "itemOrItems": {
            "oneOf": [
                {"$ref": "#/components/schemas/newItem"},
                {
                    "type": "object",
                    "required": ["type", "features"],
                    "properties": {
                        "type": {"const": "FeatureCollection"},
                        "features": {
                            "type": "array",
                            "minItems": 1,
                            "items": {"$ref": "#/components/schemas/newItem"},
                        },
                    },
                },
            ]
        },
        "patch": {
            "type": "object",
            "properties": {"type": {"const": "Feature"}, "geometry": geometry, "properties": properties},
        },
        "created": {
            "type": "object",
            "required": ["changeset", "numberCreated", "items"],
            "properties": {
                "changeset": {"type": "integer"},
                "numberCreated": {"type": "integer", "minimum": 1},
                "items": {"type": "array", "items": address},
            },
        },
    }
