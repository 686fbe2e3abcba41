"""The catalogue of flights as STAC API, and the catalogued files themselves."""

from __future__ import annotations

from api.openapi.parts import DATETIME, Document, Family, Situation, get, path, query
from api.stac.documents import GEOJSON
from api.stac.search import LIMIT_DEFAULT, NAMES_MAX, OFFSET_MAX
from spatial.exchange.assets import LAYERS

TAG = "stac"
_POINT: Document = {
    "type": "object",
    "required": ["type", "coordinates"],
    "properties": {
        "type": {"type": "string", "enum": ["Point"]},
        "coordinates": {
            "type": "array",
            "prefixItems": [
                {"type": "number", "minimum": -180, "maximum": 180},
                {"type": "number", "minimum": -90, "maximum": 90},
            ],
            "minItems": 2,
            "maxItems": 2,
        },
    },
}
"""A geometry that is surely taken; any valid one is."""
_BOX: Document = {"type": "string", "pattern": "^-1[0-7][0-9],-[1-8][0-9],1[0-7][0-9],[1-8][0-9]$"}
_NAMES: Document = {"type": "string", "minLength": 1}
"""With commas between them."""
_LIMIT: Document = {"type": "integer", "minimum": 1, "maximum": 10_000, "default": LIMIT_DEFAULT}
_TOKEN: Document = {"type": "string", "pattern": "^[0-9]{1,6}$"}
_ITEM: Document = {
    "type": "object",
    "required": ["type", "stac_version", "id", "geometry", "bbox", "properties", "assets", "links"],
    "properties": {
        "type": {"const": "Feature"},
        "stac_version": {"type": "string"},
        "id": {"type": "string"},
        "collection": {"type": "string"},
        "geometry": {"type": "object"},
        "bbox": {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4},
        "properties": {"type": "object", "required": ["datetime"]},
        "assets": {"type": "object"},
        "links": {"type": "array", "items": {"$ref": "#/components/schemas/link"}},
    },
}


def family(situation: Situation) -> Family:
    """The routes of ``api.stac``; the files of the layers that somebody sees."""
    home, conditions = (
        "/stac/collections/{collection}",
        ["stacBox", "stacTaken", "stacLimit", "stacToken"],
    )
    search = get(
        "stacSearch",
        TAG,
        "航次检索 flights by place, time and name",
        [*conditions, "stacIds", "stacCollections", "lang"],
        "stacItems",
        GEOJSON,
    )
    search["post"] = {
        **search["get"],
        "operationId": "stacSearchByBody",
        "parameters": [{"$ref": "#/components/parameters/lang"}],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/stacWanted"}}},
        },
    }
    search["post"]["responses"] = {
        **search["get"]["responses"],
        "413": {"$ref": "#/components/responses/Problem"},
    }
    paths: Document = {
        "/stac": get("stac", TAG, "航飞成果目录 the catalogue of flights", ["lang"]),
        "/stac/conformance": get("stacConformance", TAG, "符合性 conformance", ["lang"]),
        "/stac/collections": get("stacCollections", TAG, "集合 collections", ["lang"]),
        home: get("stacCollection", TAG, "一个集合 one collection", ["stacCollection", "lang"]),
        f"{home}/items": get(
            "stacItems", TAG, "航次 flights", ["stacCollection", *conditions, "lang"], "stacItems", GEOJSON
        ),
        f"{home}/items/{{item}}": get(
            "stacItem",
            TAG,
            "一个航次 one flight",
            ["stacCollection", "stacItem", "lang"],
            "stacItem",
            GEOJSON,
        ),
        "/stac/search": search,
    }
    seen = {layer.id for layer in situation.layers}
    for number, layer_id in enumerate(each for each in LAYERS.values() if each in seen):
        paths[f"/collections/{layer_id}/items/{{digest}}/original"] = _original(number)
    return Family(TAG, paths, _parameters(), _schemas())


def _original(number: int) -> Document:
    one = get(f"original{number or ''}", TAG, "成果原件 the catalogued file", ["digest", "byteRange", "lang"])
    octets = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    answers = one["get"]["responses"]
    answers["200"]["content"] = {"image/tiff": {"schema": {"type": "string", "format": "binary"}}} | octets
    answers["206"] = {"description": "一段字节 a range of bytes", "content": answers["200"]["content"]}
    problem: Document = {"$ref": "#/components/responses/Problem"}
    answers |= {"403": problem, "410": problem, "416": problem}
    return one


def _parameters() -> Document:
    return {
        "stacCollection": path("collection", "集合 collection", {"enum": list(LAYERS.values())}),
        "stacItem": path("item", "航次标识 id of the flight"),
        "digest": path("digest", "文件的 SHA-256", {"type": "string", "pattern": "^[0-9a-f]{64}$"}),
        "byteRange": {
            "name": "Range",
            "in": "header",
            "required": False,
            "description": "一段字节 one range of bytes",
            "schema": {"type": "string", "pattern": "^bytes=[0-9]{1,6}-$"},
        },
        "stacBox": query("bbox", "范围(西,南,东,北) west,south,east,north", _BOX),
        "stacTaken": query("datetime", "获取时间 taken then, or within", DATETIME),
        "stacLimit": query("limit", "至多 at most", _LIMIT),
        "stacToken": query("token", "续页标记 where the next page begins", _TOKEN),
        "stacIds": query("ids", "航次标识 ids", _NAMES),
        "stacCollections": query("collections", "集合 collections", _NAMES),
    }


def _schemas() -> Document:
    texts: Document = {"type": "array", "items": {"type": "string"}, "maxItems": NAMES_MAX}
    return {
        "stacItem": _ITEM,
        "stacItems": {
            "type": "object",
            "required": ["type", "features", "numberMatched", "numberReturned", "links"],
            "properties": {
                "type": {"const": "FeatureCollection"},
                "features": {"type": "array", "items": {"$ref": "#/components/schemas/stacItem"}},
                "numberMatched": {"type": "integer"},
                "numberReturned": {"type": "integer"},
                "links": {"type": "array", "items": {"$ref": "#/components/schemas/link"}},
            },
        },
        "stacWanted": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "intersects": _POINT,
                "datetime": DATETIME,
                "ids": texts,
                "collections": texts,
                "limit": _LIMIT,
                "token": {"type": "string", "pattern": f"^[0-9]{{1,{len(str(OFFSET_MAX)) - 1}}}$"},
            },
        },
    }
