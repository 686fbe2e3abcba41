"""Styles; the pictures they refer to are files, as those of the map page."""

from __future__ import annotations

from api.openapi.parts import Document, Family, Situation, get, query

TAG = "styles"
MAPBOX = "application/vnd.mapbox.style+json"
SLD11 = "application/vnd.ogc.sld+xml;version=1.1"


def family(situation: Situation) -> Family:
    """The routes of ``api.styles``."""
    style = get("style", TAG, "样式 a style sheet", ["id", "sheet", "lang", "styleTiles"], media=MAPBOX)
    style["get"]["responses"]["200"]["content"][SLD11] = {"schema": {"type": "string"}}
    paths: Document = {
        "/styles": get("styles", TAG, "样式 styles", ["f", "lang"]),
        "/styles/{id}": style,
        "/styles/{id}/metadata": get(
            "styleMetadata", TAG, "样式元数据 metadata of a style", ["id", "f", "lang"]
        ),
        "/collections/{id}/styles": get(
            "collectionStyles", TAG, "图层样式 styles of a layer", ["id", "f", "lang"]
        ),
    }
    parameters = {
        "sheet": query("f", "格式 format", {"type": "string", "enum": ["mapbox", "sld11"]}),
        "styleTiles": query(
            "tms", "瓦片矩阵集 tile matrix set", {"type": "string", "enum": list(situation.tile_frames)}
        ),
    }
    return Family(TAG, paths, parameters, {})
