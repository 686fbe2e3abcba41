"""Tiles, tilesets, tile matrix sets."""

from __future__ import annotations

from api.openapi.parts import Document, Family, Situation, get, path, query

TAG = "tiles"
MVT = "application/vnd.mapbox-vector-tile"
_PUBLISHED = "/publications/{number}/layers/{layer}/tiles"
_PLACE = ("tms", "z", "row", "col")


def family(situation: Situation) -> Family:
    """The routes of tiles and what describes them: of layers, of differences, of publications."""
    return Family(TAG, {**_described(), **_drawn()}, _parameters(), _schemas())


def _described() -> Document:
    moments = ("datetime", "asof")
    return {
        "/tileMatrixSets": get("getTileMatrixSetsList", TAG, "瓦片矩阵集 tile matrix sets", ["f", "lang"]),
        "/tileMatrixSets/{tms}": get(
            "getTileMatrixSet",
            TAG,
            "一个瓦片矩阵集 one tile matrix set",
            ["tms", "f", "lang"],
            "tileMatrixSet",
        ),
        "/tiles": get(
            "dataset.vector.getTileSetsList",
            TAG,
            "多个图层的瓦片集 tilesets of several layers",
            ["collections", *moments, "f", "lang"],
            "tilesets",
        ),
        "/tiles/{tms}": get(
            "dataset.vector.getTileSet",
            TAG,
            "多个图层的瓦片集 a tileset of several layers",
            ["tms", "collections", *moments, "tilesetFormat", "lang"],
            "tileset",
        ),
        "/collections/{id}/tiles": get(
            "collection.vector.getTileSetsList",
            TAG,
            "图层的瓦片集 tilesets of a layer",
            ["id", *moments, "properties", "labels", "v", "f", "lang"],
            "tilesets",
        ),
        "/collections/{id}/tiles/{tms}": get(
            "collection.vector.getTileSet",
            TAG,
            "图层的瓦片集 a tileset of a layer",
            ["id", "tms", *moments, "properties", "labels", "v", "tilesetFormat", "lang"],
            "tileset",
        ),
        "/collections/{id}/changes/tiles/{tms}": get(
            "differenceTileset",
            TAG,
            "变化瓦片的 TileJSON:两个状态之间 the TileJSON of what differs between two states",
            ["id", "tms", "from", "to", "axis", "changesDatetime", "asof", "v", "tilejsonFormat"],
            "tileset",
        ),
        f"{_PUBLISHED}/{{tms}}": get(
            "publishedTileset",
            TAG,
            "公示瓦片的 TileJSON the TileJSON of a layer as it was published",
            ["publication", "publishedLayer", "tms", "tilejsonFormat"],
            "tileset",
        ),
    }


def _drawn() -> Document:
    at = "{tms}/{z}/{row}/{col}"
    return {
        f"/tiles/{at}": _tile(
            "dataset.vector.getTile",
            "多个图层的瓦片 a tile of several layers",
            [*_PLACE, "collections", "datetime", "asof", "tileFormat"],
        ),
        f"/collections/{{id}}/tiles/{at}": _tile(
            "collection.vector.getTile",
            "图层的瓦片 a tile of a layer",
            ["id", *_PLACE, "datetime", "asof", "properties", "labels", "v", "tileFormat"],
        ),
        f"/collections/{{id}}/map/tiles/{at}": _picture(),
        f"/collections/{{id}}/changes/tiles/{at}": _tile(
            "differenceTile",
            "变化瓦片:两个状态之间 a tile of what differs between two states",
            ["id", *_PLACE, "from", "to", "axis", "changesDatetime", "asof", "v", "tileFormat"],
        ),
        f"{_PUBLISHED}/{at}": _tile(
            "publishedTile",
            "公示瓦片 a tile of a layer as it was published",
            ["publication", "publishedLayer", *_PLACE, "v", "tileFormat"],
        ),
    }


def _tile(name: str, summary: str, parameters: list[str]) -> Document:
    """A tile: bytes, none where nothing lies in it."""
    operation = get(name, TAG, summary, parameters)
    answer = operation["get"]["responses"]["200"]
    answer["content"] = {MVT: {"schema": {"type": "string", "format": "binary"}}}
    answer["headers"] = {
        "Onemap-Generalised": {
            "description": "true:瓦片经综合,不含全部要素 not every feature is in it",
            "schema": {"type": "string", "enum": ["true"]},
        }
    }
    return operation


def _picture() -> Document:
    """A vector tile, drawn."""
    operation = get(
        "collection.map.getTile",
        TAG,
        "按图例绘成图片的瓦片 a tile of a layer as a picture, by its legend",
        ["id", *_PLACE, "datetime", "asof", "v", "paintedFormat"],
    )
    binary = {"schema": {"type": "string", "format": "binary"}}
    operation["get"]["responses"]["200"]["content"] = {"image/png": binary, "image/webp": binary}
    return operation


def _parameters() -> Document:
    number = {"type": "integer", "minimum": 0}
    formats = ["json", "html", "tilejson"]
    return {
        "tms": path("tms", "瓦片矩阵集标识,见 /tileMatrixSets tile matrix set"),
        "z": path("z", "级别 tile matrix", {**number, "maximum": 20}),
        "row": path("row", "行,自上而下 row, from the top", number),
        "col": path("col", "列,自左而右 column, from the left", number),
        "paintedFormat": query("f", "图片格式 format", {"type": "string", "enum": ["png", "webp"]}),
        "collections": query(
            "collections",
            "图层标识,以逗号分隔;缺省为全部有几何的图层 layers; all that have a geometry where missing",
            {"type": "array", "items": {"type": "string"}, "minItems": 1},
        ),
        "labels": query(
            "labels",
            "true:以标注点代替图形,每要素一点 the place of its label in place of each shape",
            {"type": "boolean", "default": False},
        ),
        "v": query("v", "图层标记,取自 TileJSON the mark of a TileJSON's template", {"type": "string"}),
        "tileFormat": query("f", "格式 format", {"type": "string", "enum": ["mvt"]}),
        "tilejsonFormat": query("f", "格式 format", {"type": "string", "enum": ["tilejson"]}),
        "tilesetFormat": query("f", "格式 format", {"type": "string", "enum": formats}),
    }


def _schemas() -> Document:
    links = {"type": "array", "items": {"$ref": "#/components/schemas/link"}}
    tileset = {
        "type": "object",
        "required": ["dataType", "crs", "links"],
        "properties": {
            "title": {"type": "string"},
            "dataType": {"const": "vector"},
            "crs": {"type": "string", "format": "uri"},
            "tileMatrixSetURI": {"type": "string", "format": "uri"},
            "links": links,
        },
    }
    tilejson = {
        "type": "object",
        "required": ["tilejson", "tiles", "vector_layers", "bounds", "minzoom", "maxzoom"],
        "properties": {
            "tilejson": {"const": "3.0.0"},
            "tiles": {"type": "array", "items": {"type": "string"}, "minItems": 1},
            "vector_layers": {"type": "array", "items": {"type": "object", "required": ["id", "fields"]}},
            "bounds": {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4},
            "minzoom": {"type": "integer"},
            "maxzoom": {"type": "integer"},
            "onemap:changeset": {"type": ["integer", "null"]},
            "onemap:synthetic": {"type": "string"},
        },
    }
    return {
        "tileset": {"anyOf": [tileset, tilejson]},
        "tilesets": {
            "type": "object",
            "required": ["tilesets", "links"],
            "properties": {"tilesets": {"type": "array", "items": tileset}, "links": links},
        },
        "tileMatrixSet": {
            "type": "object",
            "required": ["id", "crs", "orderedAxes", "tileMatrices"],
            "properties": {
                "id": {"type": "string"},
                "crs": {"type": "string", "format": "uri"},
                "orderedAxes": {"type": "array", "items": {"type": "string"}},
                "tileMatrices": {"type": "array", "items": {"type": "object"}, "minItems": 1},
            },
        },
    }
