"""EDR 1.1: values by place and time, of the layers that something is measured in."""

from __future__ import annotations

from api.edr.asking import FORMATS, UNITS_M, WITHIN_MAX_M
from api.openapi.parts import DATETIME, INSTANT, Document, Family, Situation, get, path, query

TAG = "environmental-data-retrieval"
_COMMON = ["edrTime", "edrParameter", "edrCrs", "edrAsof", "edrFlags", "edrFormat", "lang"]
_QUERIES = {
    "position": ("edrPosition", ["edrPoints"], "最近测站的观测值 values of the nearest stations"),
    "radius": ("edrRadius", ["edrPoint", "edrWithin", "edrUnits"], "一点周围的观测值 values around a point"),
    "area": ("edrArea", ["edrArea"], "面内的观测值 values in an area"),
    "cube": ("edrCube", ["edrBox"], "矩形内的观测值 values in a box"),
}


def family(situation: Situation) -> Family:
    """The routes of ``api.edr``."""
    paths = {
        f"/collections/{{id}}/{name}": _values(name, operation, ["id", *parameters], summary)
        for name, (operation, parameters, summary) in _QUERIES.items()
    }
    paths["/collections/{id}/locations"] = get(
        "edrLocations", TAG, "测站 stations",
        [
            *("id", "edrListBox", "edrLimit", "edrAfter", "edrTime", "edrParameter", "edrCrs"),
            *("edrListFormat", "lang", "edrAsof"),
        ],
        media=FORMATS["GeoJSON"],
    )  # fmt: skip
    paths["/collections/{id}/locations/{location}"] = _values(
        "locations", "edrLocation", ["id", "location"], "一个测站的观测值 values of a station"
    )
    return Family(TAG, paths, _parameters(), {})


def _values(name: str, operation: str, parameters: list[str], summary: str) -> Document:
    found = get(operation, TAG, summary, [*parameters, *_COMMON], media=FORMATS["CoverageJSON"])
    responses = found["get"]["responses"]
    responses["200"]["content"] |= {
        FORMATS["GeoJSON"]: {"schema": {"type": "object"}},
        FORMATS["CSV"]: {"schema": {"type": "string"}},
    }
    problem = {"$ref": "#/components/responses/Problem"}
    responses |= {"403": problem, "410": problem, "413": problem}
    return found


def _parameters() -> Document:
    text: Document = {"type": "string", "minLength": 1}
    box: Document = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4}
    return {
        "location": path("location", "测站的键或编号 key or number of a station", text),
        "edrPoints": _needed("coords", "WKT 点 POINT or MULTIPOINT, lon lat", text),
        "edrPoint": _needed("coords", "WKT 点 POINT, lon lat", text),
        "edrArea": _needed("coords", "WKT 面 POLYGON or MULTIPOLYGON, lon lat", text),
        "edrWithin": _needed(
            "within", "距离 distance", {"type": "number", "minimum": 0, "maximum": WITHIN_MAX_M}
        ),
        "edrUnits": _needed("within-units", "距离的单位 its unit", {"type": "string", "enum": list(UNITS_M)}),
        "edrBox": _needed("bbox", "西、南、东、北 west, south, east, north", box),
        "edrListBox": query("bbox", "西、南、东、北 west, south, east, north", box),
        "edrLimit": query("limit", "条数 at most", {"type": "integer", "minimum": 1}),
        "edrAfter": query("after", "上一页最后一个测站 the last station of the page before", text),
        "edrTime": query("datetime", "时刻或区间 instant or interval", DATETIME),
        "edrParameter": query("parameter-name", "观测要素,以逗号分隔 parameters with commas", text),
        "edrCrs": query("crs", "坐标系 frame", {"type": "string", "enum": ["CRS84"]}),
        "edrAsof": query("asof", "按此刻所知 values as believed then", INSTANT),
        "edrFlags": query(
            "flags", "质量标识 quality flags", {"type": "string", "pattern": "^[12349](,[12349])*$"}
        ),
        "edrFormat": query("f", "格式 format", {"type": "string", "enum": list(FORMATS)}),
        "edrListFormat": query("f", "格式 format", {"type": "string", "enum": ["GeoJSON"]}),
    }


def _needed(name: str, description: str, schema: Document) -> Document:
    return {**query(name, description, schema), "required": True}
