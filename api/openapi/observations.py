"""SensorThings 1.1: reading and writing of the city's observations."""

from __future__ import annotations

from api.history import LIMIT_MAX
from api.openapi.parts import BEHIND, INSTANT, INTERVAL, Document, Family, Situation, get, path, query
from api.sensorthings.asking import ROOT
from spatial.inventory.papers import MARKS, OTHER, TEXT
from spatial.observe.finding import State
from spatial.observe.roll_up import POINTS_MAX
from spatial.observe.things.model import SETS

TAG = "observations"
_PROBLEMS = ("400", "401", "403", "404", "408", "409", "413", "415", "422", "429", "503")
_OPTIONS = ("staTop", "staSkip", "staCount", "staFilter", "staOrderby", "staSelect", "staExpand", "staFormat")


def family(situation: Situation) -> Family:
    """The routes of ``api.sensorthings``."""
    one = ["staResource", "lang"]
    entity: Document = {"type": "object"}
    paths: Document = {
        ROOT: {
            "get": _operation("sensorThings", "物联网感知接口 sets of entities and conformance", ["lang"])
        },
        f"{ROOT}/{{resource}}": {
            "get": _operation(
                "readEntities", "实体或其属性 entities or their parts", [*one, *_OPTIONS, "staAsof"]
            ),
            "post": _operation("createEntity", "新建 create, with what is told inside", one, "201", entity),
            "patch": _operation("updateEntity", "修改 change what is said", one, "200", entity),
            "put": _operation("replaceEntity", "替换 say it anew", one, "200", entity),
            "delete": _operation("removeEntity", "移除 remove; values are kept", one),
        },
        f"{ROOT}/CreateObservations": {
            "post": _operation(
                "createObservations",
                "批量观测值 observations as data arrays",
                ["lang"],
                "201",
                {"type": "array", "items": {"type": "object"}, "maxItems": 10_000},
            )
        },
        f"{ROOT}/$batch": {
            "post": _operation(
                "batchRequests",
                "批量请求 many requests in one",
                ["lang"],
                "200",
                {
                    "type": "object",
                    "required": ["requests"],
                    "properties": {
                        "requests": {"type": "array", "items": {"type": "object"}, "maxItems": 1000}
                    },
                },
                "multipart/mixed",
            )
        },
        "/datastreams/{number}/chart": {
            "get": _operation(
                "drawDatastream",
                "过程线 least, mean and greatest values over a span of time",
                ["datastream", "chartTime", "chartPoints", "staAsof", "lang"],
            )
        },
        "/datastreams/{number}/corrections": get(
            "correctionsOfDatastream",
            TAG,
            "更正 what was believed before, and what took its place, the newest first",
            ["datastream", "span", "pageLimit", "lang"],
        ),
        "/stations": get(
            "stations", TAG, "测站 things with the newest value of each datastream", ["sinceWritten", "lang"]
        ),
        "/observations/stream": get(
            "observationsStream",
            TAG,
            "观测推送:有新值的测站 stations with new values, as server-sent events",
            ["lang"],
            media="text/event-stream",
        ),
        "/observed-properties": get(
            "observedProperties", TAG, "观测属性 with the rules of quality control in force", ["lang"]
        ),
        "/findings": get(
            "findings",
            TAG,
            "质量控制发现 values that failed a test, the newest first",
            ["span", "findingsOf", "findingsIn", "pageLimit", "findingsBefore", "lang"],
        ),
        "/assets/documents/{sha256}": get(
            "assetDocument",
            TAG,
            "资产文档原件 the file of an asset's document",
            ["documentSha256"],
            media="*/*",
        ),
        "/assets": get(
            "assets",
            TAG,
            "设施台账 how many assets of each layer are in each state of their life",
            ["onDay", "staAsof", "lang"],
        ),
    }
    events = paths["/observations/stream"]["get"]["responses"]
    events["200"]["content"] = {"text/event-stream": {"schema": {"type": "string"}}}
    del events["304"]
    file = paths["/assets/documents/{sha256}"]["get"]["responses"]
    file["200"]["content"] = {
        kind.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}}
        for kind in (*MARKS, TEXT, OTHER)
    }
    return Family(TAG, paths, _parameters(), {})


def _operation(
    name: str,
    summary: str,
    parameters: list[str],
    status: str = "200",
    body: Document | None = None,
    also: str | None = None,
) -> Document:
    problem = {"$ref": "#/components/responses/Problem"}
    found: Document = {
        "operationId": name,
        "tags": [TAG],
        "summary": summary,
        "parameters": [{"$ref": f"#/components/parameters/{each}"} for each in parameters],
        "responses": {
            status: {
                "description": summary,
                "content": {
                    "application/json": {"schema": {}},
                    "text/plain": {"schema": {"type": "string"}},
                },
            },
            **dict.fromkeys(_PROBLEMS, problem),
        },
    }
    if name in ("readEntities", "sensorThings"):
        found["responses"] |= {
            "204": {"description": "值为空 the value is null"},
            "304": {"$ref": "#/components/responses/NotModified"},
        }
    if body is not None:
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    if also is not None:
        found["requestBody"]["content"][also] = {"schema": {"type": "string"}}
        found["responses"]["200"]["content"][also] = {"schema": {"type": "string"}}
    return found


def _parameters() -> Document:
    whole = {"type": "integer", "minimum": 0, "maximum": 999_999_999_999_999}
    text = {"type": "string", "minLength": 1}
    return {
        "staResource": path(
            "resource",
            "实体集,或其下的路径 a set of entities, or a path below: Things(1)/Datastreams",
            {"type": "string", "enum": list(SETS)},
        ),
        "staTop": query("$top", "条数 at most", whole),
        "staSkip": query("$skip", "跳过 skip", whole),
        "staCount": query("$count", "计数 count all", {"type": "string", "enum": ["true", "false"]}),
        "staFilter": query("$filter", "条件 filter", text),
        "staOrderby": query("$orderby", "排序 order", text),
        "staSelect": query("$select", "属性 properties", text),
        "staExpand": query("$expand", "展开 links to tell inside", text),
        "staFormat": query("$resultFormat", "观测值的数组形式 data arrays", {"const": "dataArray"}),
        "staAsof": query("asof", "按此刻所知 as it was known then", INSTANT),
        "documentSha256": path(
            "sha256", "内容摘要 digest of the file", {"type": "string", "pattern": "^[0-9a-f]{64}$"}
        ),
        "datastream": path("number", "数据流编号 number of a datastream", {"type": "integer", "minimum": 1}),
        "chartTime": {
            **query("datetime", "时间区间 a/b interval", {"type": "string", "minLength": 3}),
            "required": True,
        },
        "span": query("datetime", "时间区间 a/b interval", INTERVAL),
        "onDay": query("datetime", "现状时间 valid at", INSTANT),
        "sinceWritten": query("since", "其后写入的 written to since", INSTANT),
        "pageLimit": query(
            "limit", f"条数 at most, never over {LIMIT_MAX}", {"type": "integer", "minimum": 1}
        ),
        "findingsOf": query(
            "datastream", "数据流编号 number of a datastream", {"type": "integer", "minimum": 1}
        ),
        "findingsIn": query(
            "state",
            "办理状态 where it stands",
            {"type": "string", "enum": [each.value for each in State]},
        ),
        "findingsBefore": query(
            "before",
            "续页 time/datastream of the last of the page before",
            BEHIND,
        ),
        "chartPoints": query(
            "points", "点数 points to draw", {"type": "integer", "minimum": 2, "maximum": POINTS_MAX}
        ),
    }
