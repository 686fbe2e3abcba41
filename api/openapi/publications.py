"""Publications of plans and comments on them."""

from __future__ import annotations

from api.openapi.parts import Document, Family, Situation, get, path, query
from api.publication.comments import LISTED_MOST, REASON_MOST
from api.publication.reading import FEATURES_MOST, IDENTITY_MOST
from api.publication.reading import LISTED_MOST as PUBLICATIONS_MOST
from planning.publication.comments import BODY_MOST, CONTACT_MOST, NAME_MOST, Outcome, Stance, State

TAG = "publications"
_NUMBER: Document = {"type": "integer", "minimum": 1, "maximum": 999_999}
_BEHIND: Document = {"type": "integer", "minimum": 1}
_FLAG: Document = {"type": "string", "enum": ["true", "false"]}
_NOT_BY_SCHEMA = ("401", "403", "404", "422")
_TITLED: Document = {
    "type": "object",
    "required": ["id", "zh", "en"],
    "properties": {name: {"type": "string"} for name in ("id", "zh", "en")},
}


def family(_: Situation) -> Family:
    """The routes of ``api.publication``."""
    address = "/publications/{number}"
    paths: Document = {
        "/publications": get(
            "publications",
            TAG,
            "公示列表 publications, newest first",
            ["publicationLimit", "publicationBefore", "lang"],
            "publications",
        ),
        address: get("publication", TAG, "一项公示 one publication", ["publication", "lang"], "publication"),
        f"{address}/statistics": get(
            "publicationStatistics", TAG, "意见统计 comments in figures", ["publication", "lang"]
        ),
        f"{address}/layers/{{layer}}/items": get(
            "publishedItems",
            TAG,
            "公示的要素 features as they were published",
            [
                *("publication", "publishedLayer", "publishedLimit", "publishedAfter"),
                *("publishedBox", "publishedLargest", "lang"),
            ],
            "publishedItems",
            "application/geo+json",
        ),
        f"{address}/comments": get(
            "comments",
            TAG,
            "已公开的意见 comments that moderation shows",
            ["publication", "commentLimit", "commentAfter", "commentState", "commentPersons", "lang"],
            "comments",
        )
        | {
            "post": _post(
                "comment", "提交意见 write a comment", ["publication"], "commentSaid", "201", key=True
            )
        },
        f"{address}/comments/{{code}}": get(
            "ownComment",
            TAG,
            "凭查询码查看意见与答复 a comment and its answer, by its code",
            ["publication", "commentCode", "lang"],
            "comment",
        ),
        f"{address}/comments/{{comment}}/moderation": {
            "post": _post(
                "moderate", "审核 show or hide", ["publication", "commentNumber"], "commentModeration"
            )
        },
        f"{address}/comments/{{comment}}/answer": {
            "post": _post("answerComment", "答复 answer", ["publication", "commentNumber"], "commentAnswer")
        },
        f"{address}/file": get(
            "commentsFile",
            TAG,
            "全部意见(CSV、GeoPackage)all comments as a file",
            ["publication", "commentFile", "commentPersons", "lang"],
            "commentTable",
            "text/csv",
        ),
    }
    problem = {"$ref": "#/components/responses/Problem"}
    for methods in paths.values():
        for operation in methods.values():
            operation["responses"] |= dict.fromkeys(_NOT_BY_SCHEMA, problem)
    content = paths[f"{address}/file"]["get"]["responses"]["200"]["content"]
    content["application/geopackage+sqlite3"] = {"schema": {"type": "string", "format": "binary"}}
    return Family(TAG, paths, _parameters(), _schemas())


def _post(
    name: str, summary: str, parameters: list[str], schema: str, done: str = "200", *, key: bool = False
) -> Document:
    asked = [*parameters, *(["commentKey"] if key else []), "lang"]
    problems = ("400", "409", "413", "422", "429", "503")
    return {
        "operationId": name,
        "tags": [TAG],
        "summary": summary,
        "parameters": [{"$ref": f"#/components/parameters/{each}"} for each in asked],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
        },
        "responses": {
            done: {
                "description": "意见的现状 the comment as it stands then",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/comment"}}},
            },
            **{code: {"$ref": "#/components/responses/Problem"} for code in problems},
        },
    }


def _parameters() -> Document:
    return {
        "publication": path("number", "公示编号 number of the publication", _NUMBER),
        "publicationLimit": query(
            "limit", "条数 at most", {"type": "integer", "minimum": 1, "maximum": PUBLICATIONS_MOST}
        ),
        "publicationBefore": query("before", "此编号之前 before this number", _BEHIND),
        "publishedLayer": path("layer", "公示的图层 a layer of the publication"),
        "publishedLimit": query(
            "limit", "条数 at most", {"type": "integer", "minimum": 1, "maximum": FEATURES_MOST}
        ),
        "publishedAfter": query(
            "after", "此标识之后 behind this identity", {"type": "string", "maxLength": IDENTITY_MOST}
        ),
        "publishedBox": query(
            "bbox",
            "西,南,东,北(度)west,south,east,north in degrees of CGCS2000",
            {"type": "string", "enum": ["118.5,36.7,119.2,37.4", "118.7,36.8,118.8,36.9"]},
        ),
        "publishedLargest": query(
            "largest", "与 bbox 同用:最大的要素 with bbox: the largest", {"const": "false"}
        ),
        "commentLimit": query(
            "limit", "条数 at most", {"type": "integer", "minimum": 1, "maximum": LISTED_MOST}
        ),
        "commentAfter": query("after", "此编号之后 behind this number", _BEHIND),
        "commentState": query(
            "state", "办理人员:按审核状态 for officers", {"type": "string", "enum": ["all", *State]}
        ),
        "commentPersons": query("persons", "办理人员:带姓名与联系方式 for officers: with who said it", _FLAG),
        "commentCode": path("code", "查询码 code", {"type": "string", "minLength": 8, "maxLength": 40}),
        "commentNumber": path("comment", "意见编号 number of the comment", _NUMBER),
        "commentFile": query("f", "格式 format", {"type": "string", "enum": ["csv", "gpkg"]}),
        "commentKey": {
            "name": "Idempotency-Key",
            "in": "header",
            "required": True,
            "description": "请求键:同一条意见重发不会重复 a comment sent again under its key is kept once",
            "schema": {"type": "string", "pattern": "^[!#-~]{1,255}$"},
        },
    }


def _schemas() -> Document:
    step = {"step": {"type": "integer", "minimum": 0, "description": "所看到的步骤号 the last step seen"}}
    return {
        "publications": {
            "type": "object",
            "required": ["publications", "before", "handles"],
            "properties": {
                "publications": {"type": "array", "items": {"$ref": "#/components/schemas/publication"}},
                "handles": {"type": "boolean"},
            },
        },
        "publication": {
            "type": "object",
            "required": ["id", "version", "title", "standing", "opens_on", "closes_on", "layers", "steps"],
            "properties": {
                "id": _NUMBER,
                "standing": _TITLED,
                "opens_on": {"type": "string", "format": "date"},
                "closes_on": {"type": "string", "format": "date"},
                "layers": {"type": "array", "items": {"type": "object", "required": ["layer", "precision"]}},
            },
        },
        "publishedItems": {
            "type": "object",
            "required": ["type", "features", "precision", "after"],
            "properties": {"type": {"const": "FeatureCollection"}, "features": {"type": "array"}},
        },
        "comments": {
            "type": "object",
            "required": ["publication", "comments", "after"],
            "properties": {"comments": {"type": "array", "items": {"$ref": "#/components/schemas/comment"}}},
        },
        "comment": {
            "type": "object",
            "required": ["id", "stance", "text", "geometry", "received_at", "answer"],
            "properties": {"id": _NUMBER, "stance": _TITLED, "text": {"type": "string"}},
        },
        "commentSaid": {
            "type": "object",
            "required": ["stance", "text"],
            "additionalProperties": False,
            "properties": {
                "stance": {"type": "string", "enum": list(Stance)},
                "text": {"type": "string", "minLength": 1, "maxLength": BODY_MOST},
                "name": {"type": "string", "maxLength": NAME_MOST},
                "contact": {"type": "string", "maxLength": CONTACT_MOST},
                "geometry": {"oneOf": [{"type": "null"}, {"type": "object", "required": ["type"]}]},
                "layer": {"type": "string", "maxLength": 60},
                "fid": {"type": "string", "maxLength": 100},
            },
        },
        "commentModeration": {
            "type": "object",
            "required": ["state", "step"],
            "properties": {
                "state": {"type": "string", "enum": [State.SHOWN, State.HIDDEN]},
                "reason": {"type": "string", "maxLength": REASON_MOST},
                **step,
            },
        },
        "commentAnswer": {
            "type": "object",
            "required": ["outcome", "text", "step"],
            "properties": {
                "outcome": {"type": "string", "enum": list(Outcome)},
                "text": {"type": "string", "minLength": 1, "maxLength": BODY_MOST},
                **step,
            },
        },
        "commentTable": {"type": "string"},
    }
