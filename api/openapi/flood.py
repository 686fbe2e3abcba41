"""Kept runs of floods: the list, one run, files, chunks, depths at a place, pictures."""

from __future__ import annotations

from api.flood.coverage import FORMS
from api.flood.known import PARTS, STATION
from api.flood.runs import COVERAGE
from api.flood.told import QUANTITIES
from api.openapi.parts import DATETIME, INSTANT, Document, Family, Situation, get, path, query
from water.flood.cog import MEDIA

TAG = "flood"
_TEXT: Document = {"type": "string"}
_BINARY: Document = {"schema": {"type": "string", "format": "binary"}}
_NUMBER = "[1-9][0-9]{1,2}(\\.[0-9]{1,9})?"
_BOX = f"^{_NUMBER},{_NUMBER},{_NUMBER},{_NUMBER}$"
_POINT = "^POINT\\(1[0-7][0-9](\\.[0-9]{1,9})? [1-8][0-9](\\.[0-9]{1,9})?\\)$"


def family(situation: Situation) -> Family:
    """The routes of ``api.flood``; the parts of the address of a tile are those of ``api.openapi.tiles``."""
    one = "/flood/runs/{floodRun}"
    tile = ["floodRun", "tms", "z", "row", "col", "floodQuantity", "floodAt", "floodFormat"]
    paths: Document = {
        "/flood/known": get(
            "floodKnown",
            TAG,
            "某时刻所知、所决与后来的结果 what was known and decided at an instant, and what came of it",
            ["floodKnownAt", "floodKnownAsof", "floodOutcomeAsof", "floodKnownStation", "f", "lang"],
            "floodKnown",
        ),
        "/flood/roughness": get(
            "floodRoughness",
            TAG,
            "各地类糙率 Manning's n by class of land",
            ["f", "lang"],
            "floodRoughness",
        ),
        "/flood/runs": get(
            "floodRuns",
            TAG,
            "已存的推演 kept runs, the newest first",
            ["floodLimit", "f", "lang"],
            "floodRuns",
        ),
        one: get("floodRun", TAG, "一次推演 one run", ["floodRun", "f", "lang"], "floodRun"),
        f"{one}/position": get(
            "floodPosition",
            TAG,
            "一处的水深过程 depth through time at a place",
            ["floodRun", "floodPlace", "lang"],
            media=COVERAGE,
        ),
        f"{one}/coverage": get(
            "floodCoverage",
            TAG,
            "推演栅格的一部分(GeoTIFF、CoverageJSON) a part of it by box, instants and scale",
            ["floodRun", "floodBox", "floodTime", "floodScale", "floodProperty", "floodForm", "lang"],
        ),
        f"{one}/files/{{floodFile}}": get(
            "floodFile", TAG, "成果文件 a file, whole or in ranges", ["floodRun", "floodFile", "lang"]
        ),
        f"{one}/depth.zarr/{{floodChunk}}": get(
            "floodChunk", TAG, "水深过程(Zarr 3) a file of the store", ["floodRun", "floodChunk", "lang"]
        ),
        f"{one}/map/tiles/{{tms}}/{{z}}/{{row}}/{{col}}": get(
            "floodTile", TAG, "推演图瓦片 a picture of 256 pixels an edge", tile
        ),
    }
    contents: Document = {
        "coverage": {
            FORMS["GeoTIFF"]: _BINARY,
            FORMS["CoverageJSON"]: {"schema": {"type": "object"}},
        },
        "files/{floodFile}": dict.fromkeys((MEDIA, "text/csv", "application/json"), _BINARY),
        "depth.zarr/{floodChunk}": {"application/vnd.zarr": _BINARY},
        "map/tiles/{tms}/{z}/{row}/{col}": dict.fromkeys(("image/png", "image/webp"), _BINARY),
    }
    for tail, content in contents.items():
        paths[f"{one}/{tail}"]["get"]["responses"]["200"]["content"] = content
    for tail in ("files/{floodFile}", "depth.zarr/{floodChunk}"):
        responses = paths[f"{one}/{tail}"]["get"]["responses"]
        responses["206"] = {"description": "一段 a range", "content": contents[tail]}
        responses["416"] = {"$ref": "#/components/responses/Problem"}
    for each in paths.values():
        for code in ("401", "403"):
            each["get"]["responses"][code] = {"$ref": "#/components/responses/Problem"}
    parameters = {
        "floodRun": path("floodRun", "推演编号 id of the run"),
        "floodFile": path("floodFile", "文件名 name of the file"),
        "floodChunk": path("floodChunk", "存储内路径 path within the store"),
        "floodLimit": query(
            "limit", "至多 at most", {"type": "integer", "minimum": 1}
        ),
        "floodPlace": {
            **query("coords", "位置 place, POINT(lon lat)", {"type": "string", "pattern": _POINT}),
            "required": True,
        },
        "floodBox": query(
            "bbox", "范围:西,南,东,北(CRS84) west,south,east,north", {"type": "string", "pattern": _BOX}
        ),
        "floodTime": query(
            "datetime", "时刻或时段:该时水深 depth at the kept instant nearest, or at those of a span",
            DATETIME,
        ),
        "floodScale": query(
            "scale-factor", "每边合并的格数,取最大值(到达取最早) cells an edge taken together: the"
            " greatest counts, of arrivals the first", {"type": "integer", "minimum": 1, "maximum": 9999},
        ),
        "floodProperty": query("properties", "哪一量 which quantity", {"enum": list(QUANTITIES)}),
        "floodForm": query("f", "格式 format", {"type": "string", "enum": list(FORMS)}),
        "floodQuantity": query("quantity", "所示之量 what is shown", {"enum": list(QUANTITIES)}),
        "floodAt": query(
            "at", "起算后秒数,示该时水深 seconds of the run: depth then",
            {"type": "string", "pattern": "^[0-9]{1,8}$"},
        ),
        "floodKnownAt": query("at", "何时 the instant; now where it is not said", INSTANT),
        "floodKnownAsof": query(
            "asof", "登记时间,缺省为该时刻 on record by then; by the instant itself", INSTANT
        ),
        "floodOutcomeAsof": query("outcome_asof", "结果按何时所知 what came of it as believed then", INSTANT),
        "floodKnownStation": query(
            "station", "测站编码 code of a station", {**_TEXT, "pattern": f"^{STATION}$"}
        ),
        "floodFormat": query("f", "图片格式 format", {"type": "string", "enum": ["png", "webp"]}),
    }  # fmt: skip
    return Family(TAG, paths, parameters, _schemas())


def _schemas() -> Document:
    summary: Document = {
        "type": "object",
        "required": ["id", "kind", "title", "begins_at", "href"],
        "properties": {"id": _TEXT, "kind": _TEXT, "title": _TEXT, "begins_at": _TEXT, "href": _TEXT},
    }
    lacking: Document = {
        "type": ["object", "null"],
        "required": ["right", "layers", "zh", "en"],
        "properties": {"layers": {"type": "array", "items": _TEXT}, "zh": _TEXT, "en": _TEXT},
    }
    return {
        "floodRoughness": {
            "type": "object",
            "required": ["classes", "unknown", "unit"],
            "properties": {
                "classes": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["class", "title", "manning", "source", "checked"],
                        "properties": {
                            "class": _TEXT,
                            "title": {"type": "object", "required": ["zh", "en"]},
                            "manning": {"type": "number", "exclusiveMinimum": 0},
                            "source": _TEXT,
                            "checked": {"type": "boolean"},
                        },
                    },
                },
                "unknown": _TEXT,
                "unit": _TEXT,
            },
        },
        "floodRuns": {
            "type": "object",
            "required": ["runs", "numberMatched", "lacking"],
            "properties": {
                "runs": {"type": "array", "items": summary},
                "lacking": lacking,
                "numberMatched": {"type": "integer", "minimum": 0},
            },
        },
        "floodKnown": {
            "type": "object",
            "required": ["at", "asof", "left_out", "lacking", "more", *PARTS, "outcome", "stamp"],
            "properties": {
                "at": _TEXT,
                "asof": _TEXT,
                "left_out": {"type": "array", "items": {"enum": list(PARTS)}},
                "lacking": lacking,
                "more": {"type": "boolean"},
                **{each: {"type": ["array", "null"], "items": {"type": "object"}} for each in PARTS},
                "outcome": {"type": "object", "required": ["asof", "forecasts", "warnings"]},
                "stamp": {"type": ["string", "null"]},
            },
        },
        "floodRun": {
            **summary,
            "required": ["id", "kind", "inputs", "told", "files", "links"],
        },
    }
