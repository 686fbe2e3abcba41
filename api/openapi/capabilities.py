"""Landing page, conformance, collections, schemas, and this definition itself."""

from __future__ import annotations

from api.openapi.parts import Document, Family, Situation, get, query

TAG = "capabilities"
_MEDIA = {
    "schema": "application/schema+json",
    "queryables": "application/schema+json",
    "sortables": "application/schema+json",
    "apiPage": "text/html",
    "apiDefinition": "application/vnd.oai.openapi+json",
    "apiDefinitionOlder": "application/vnd.oai.openapi+json",
}
"""What is sent where JSON is not."""
_DESCRIBED = {
    "/": ("landingPage", "入口 landing page"),
    "/conformance": ("conformance", "符合性 conformance classes"),
    "/collections": ("collections", "全部图层 all collections"),
    "/collections/{id}": ("collection", "一个图层 one collection"),
    "/collections/{id}/schema": ("schema", "要素结构 schema of the items"),
    "/collections/{id}/queryables": ("queryables", "可查询属性 queryables"),
    "/collections/{id}/sortables": ("sortables", "可排序属性 sortables"),
    "/functions": ("functions", "条件中可用的函数 functions of filters"),
    "/collections/{id}/legend": ("legend", "图例 legend"),
    "/api": ("apiPage", "接口说明 this definition, for readers"),
    "/openapi.json": ("apiDefinition", "接口定义 this definition"),
    "/openapi-3.0.json": ("apiDefinitionOlder", "接口定义(OpenAPI 3.0) this definition in OpenAPI 3.0"),
}


def family(situation: Situation) -> Family:
    """The routes of ``api.documents``."""
    paths: Document = {
        path: get(
            name,
            TAG,
            summary,
            [*(["id"] if "{id}" in path else []), "f", "lang"],
            media=_MEDIA.get(name, "application/json"),
        )
        for path, (name, summary) in _DESCRIBED.items()
    }
    content = paths["/api"]["get"]["responses"]["200"]["content"]
    content[_MEDIA["apiDefinition"]] = {"schema": {"type": "object"}}
    paths["/collections/{id}/legend"]["get"]["parameters"][1] = {"$ref": "#/components/parameters/picture"}
    pictured = paths["/collections/{id}/legend"]["get"]["responses"]["200"]["content"]
    pictured["image/svg+xml"] = {"schema": {"type": "string"}}
    for path in ("/openapi.json", "/openapi-3.0.json"):
        paths[path]["get"]["parameters"] = [{"$ref": "#/components/parameters/lang"}]
    formats = {"type": "string", "enum": ["json", "html", "svg"]}
    return Family(TAG, paths, {"picture": query("f", "格式 format", formats)}, {})
