"""The links of the landing page: every door of the platform, each under the relation that clients look for.

Where an OGC API names no relation, it is one that IANA registers: ``service`` for the root document of
an interface of another family, ``monitor`` for what tells of changes, ``search`` for a template.
"""

from __future__ import annotations

from typing import Any

JSON = "application/json"
HTML = "text/html"
OPENAPI = "application/vnd.oai.openapi+json;version=3.1"
OPENAPI_OLDER = "application/vnd.oai.openapi+json;version=3.0"
OGC = "http://www.opengis.net/def/rel/ogc/1.0/"
ADDRESSES = "addresses"
"""The layer without which there is nothing to search."""
_DOORS: tuple[tuple[str, str, str, str], ...] = (
    ("/", "self", JSON, "本文档 this document"),
    ("/?f=html", "alternate", HTML, "网页 as a page"),
    ("/openapi.json", "service-desc", OPENAPI, "接口定义 OpenAPI 3.1"),
    ("/openapi-3.0.json", "service-desc", OPENAPI_OLDER, "接口定义 OpenAPI 3.0"),
    ("/api", "service-doc", HTML, "接口说明 API documentation"),
    ("/conformance", "conformance", JSON, "符合性 conformance"),
    ("/conformance", f"{OGC}conformance", JSON, "符合性 conformance"),
    ("/collections", "data", JSON, "图层 layers (Features, EDR, Maps, Tiles, Coverages)"),
    ("/collections", f"{OGC}data", JSON, "图层 layers (Features, EDR, Maps, Tiles, Coverages)"),
    ("/collections/records", f"{OGC}ogc-catalog", JSON, "数据目录 catalogue of layers (Records)"),
    ("/tiles", f"{OGC}tilesets-vector", JSON, "瓦片 vector tiles"),
    ("/tileMatrixSets", f"{OGC}tiling-schemes", JSON, "瓦片矩阵集 tile matrix sets"),
    ("/styles", f"{OGC}styles", JSON, "样式 styles"),
    ("/functions", f"{OGC}functions", JSON, "条件中可用的函数 functions of filters"),
    ("/processes", f"{OGC}processes", JSON, "处理 processes"),
    ("/jobs", f"{OGC}job-list", JSON, "任务 jobs"),
    ("/sensorthings/v1.1", "service", JSON, "观测 observations (SensorThings API 1.1)"),
    ("/stac", "service", JSON, "航飞成果 imagery (STAC API)"),
    ("/wmts/1.0.0/WMTSCapabilities.xml", "service", "application/xml", "影像瓦片 image tiles (WMTS 1.0)"),
    ("/changesets", "version-history", JSON, "变更集 changesets"),
    ("/changes", "monitor", JSON, "变更流 change feed"),
    ("/stations", "related", JSON, "监测站 stations"),
    ("/linked-data", "related", JSON, "关联数据 linked data (NLDI)"),
    ("/publications", "related", JSON, "规划公示 plans on public display"),
    ("/map", "preview", HTML, "地图 map"),
)
_SEARCHES: tuple[tuple[str, str], ...] = (
    ("/v1/search?text={text}", "地址检索 search for addresses"),
    ("/v1/reverse?point.lat={latitude}&point.lon={longitude}", "坐标查地址 addresses at a place"),
)


def links(base: str, *, addresses: bool) -> list[dict[str, Any]]:
    """All doors, as links of the landing page; those to addresses where there are any to be seen."""
    doors: list[dict[str, Any]] = [
        {"href": base + path, "rel": rel, "type": kind, "title": title} for path, rel, kind, title in _DOORS
    ]
    searches = [
        {
            "href": base + path,
            "rel": "search",
            "type": "application/geo+json",
            "title": title,
            "templated": True,
        }
        for path, title in _SEARCHES
    ]
    return [*doors, *searches] if addresses else doors
