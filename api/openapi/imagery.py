"""Map tiles of images and surface models."""

from __future__ import annotations

from api.imagery import LAYER
from api.openapi.parts import DATETIME, INSTANT, Document, Family, Situation, get, query
from tiles.raster.model import Style

TAG = "imagery"
_RANGE: Document = {"type": "string", "pattern": "^-[1-9][0-9]{0,3},[1-9][0-9]{0,3}$"}
"""What is surely taken; other numbers are, too, the low one first."""
_ASSETS: Document = {"type": "string", "pattern": "^[0-9a-f]{64}(,[0-9a-f]{64})?$"}


def family(situation: Situation) -> Family:
    """The routes of ``api.imagery``; there are none where no images are catalogued.

    The parts of an address are those of ``api.openapi.tiles``.
    """
    if all(layer.id != LAYER for layer in situation.layers):
        return Family(TAG, {}, {}, {})
    base = f"/collections/{LAYER}/map/tiles"
    shown = ["style", "range", "asset", "flight", "taken", "asofImages", "version"]
    tile = get(
        "mapTile",
        TAG,
        "影像瓦片 a picture of 256 pixels an edge",
        ["tms", "z", "row", "col", *shown],
    )
    tile["get"]["parameters"].append({"$ref": "#/components/parameters/pictureFormat"})
    tile["get"]["responses"]["200"]["content"] = {
        media: {"schema": {"type": "string", "format": "binary"}} for media in ("image/png", "image/webp")
    }
    capabilities = get("wmts", TAG, "WMTS 1.0.0 能力文档 capabilities", ["wmtsService", "wmtsRequest"])
    stated = get("wmtsCapabilities", TAG, "WMTS 1.0.0 能力文档 capabilities", [])
    for one in (capabilities, stated):
        one["get"]["responses"]["200"]["content"] = {"application/xml": {"schema": {"type": "string"}}}
    refused = {"application/xml": {"schema": {"type": "string"}}}
    capabilities["get"]["responses"]["400"] = {"description": "OWS exception", "content": refused}
    paths: Document = {
        "/wmts": capabilities,
        "/wmts/1.0.0/WMTSCapabilities.xml": stated,
        base: get("mapTileSets", TAG, "影像瓦片集 sets of map tiles", ["f", "lang"]),
        f"{base}/{{tms}}": get(
            "mapTileSet", TAG, "一个影像瓦片集 one set of map tiles", ["tms", "f", "lang", *shown]
        ),
        f"{base}/{{tms}}/{{z}}/{{row}}/{{col}}": tile,
    }
    parameters = {
        "wmtsService": query("SERVICE", "服务 service", {"type": "string", "enum": ["WMTS"]}),
        "wmtsRequest": {
            **query("REQUEST", "操作 operation", {"type": "string", "enum": ["GetCapabilities"]}),
            "required": True,
        },
        "style": query("style", "表现方式 style", {"type": "string", "enum": [each.value for each in Style]}),
        "range": query("range", "色带两端的高程 ends of the ramp: low,high in metres", _RANGE),
        "asset": query("asset", "影像标识 asset ids; two for a difference", _ASSETS),
        "flight": query("flight", "航次 flight", {"type": "string", "maxLength": 80}),
        "taken": query("datetime", "获取时间 taken by then, or within", DATETIME),
        "asofImages": query("asof", "认知时间 as the catalogue was known then", INSTANT),
        "version": query("v", "状态标记 names the state; then the answer never changes", {"type": "string"}),
        "pictureFormat": query("f", "图片格式 format", {"type": "string", "enum": ["png", "webp"]}),
    }
    return Family(TAG, paths, parameters, {})
