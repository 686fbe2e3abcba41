"""Lists under review: looking, deciding."""

from __future__ import annotations

from api.address.matches import LISTED_MOST
from api.address.register import LAYERS as REGISTER
from api.openapi.parts import Document, Family, Situation, get, path, query

TAG = "matches"
_STATES = ["pending", "accepted", "rejected"]


def family(situation: Situation) -> Family:
    """The routes of ``api.address.matches``, for those who see the register."""
    if not {layer.id for layer in situation.layers} >= {*REGISTER}:
        return Family(TAG, {}, {}, {})
    paths: Document = {
        "/v1/matches": get(
            "matchTasks",
            TAG,
            "待审名单 lists under review, newest first",
            ["taskSize", "lang"],
            "matchTasks",
        ),
        "/v1/matches/{task}": get(
            "matchTask", TAG, "一份名单 one list, and how its texts stand", ["task", "lang"], "matchTask"
        ),
        "/v1/matches/{task}/texts": get(
            "matchTexts",
            TAG,
            "名单中待定的文字 texts of a list",
            ["task", "textState", "textsAfter", "taskSize", "lang"],
            "matchTexts",
        ),
        "/v1/matches/{task}/texts/{number}": _decide(),
    }
    problem = {"$ref": "#/components/responses/Problem"}
    for each in paths.values():
        for operation in each.values():
            operation["responses"] |= {"401": problem, "403": problem, "404": problem}
    parameters = {
        "task": path("task", "名单标识 id of the list", {"type": "string", "format": "uuid"}),
        "textNumber": path("number", "编号 number", {"type": "integer", "minimum": 1, "maximum": 999_999}),
        "textState": query("state", "只看此状态 in this state", {"type": "string", "enum": _STATES}),
        "textsAfter": query(
            "after", "自此编号之后 behind this number", {"type": "integer", "minimum": 0, "maximum": 999_999}
        ),
        "taskSize": query("size", "条数 at most", {"type": "integer", "minimum": 1, "maximum": LISTED_MOST}),
    }
    return Family(TAG, paths, parameters, _schemas())


def _decide() -> Document:
    problems = ("400", "409", "413", "429", "503")
    names = ("task", "textNumber", "lang")
    return {
        "post": {
            "operationId": "decideMatch",
            "tags": [TAG],
            "summary": "确认、驳回或撤回 accept (which the register learns), reject or undo",
            "parameters": [{"$ref": f"#/components/parameters/{each}"} for each in names],
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/matchDecision"}}},
            },
            "responses": {
                "200": {
                    "description": "处理后的文字 the text as it is then",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/matchText"}}},
                },
                **{code: {"$ref": "#/components/responses/Problem"} for code in problems},
            },
        }
    }


def _schemas() -> Document:
    whole = {"type": "integer", "minimum": 0}
    version = {"version": {"type": "integer", "description": "所看的版本 the version looked at"}}
    task = {
        "type": "object",
        "required": ["id", "name", "department", "register", "columns", "rows", "buckets", "states"],
        "properties": {"rows": whole, "created_at": {"type": "string", "format": "date-time"}},
    }
    return {
        "matchTask": task,
        "matchTasks": _listed("tasks", "matchTask"),
        "matchText": {
            "type": "object",
            "required": ["number", "text", "rows", "said", "candidates", "state", "component", "version"],
            "properties": {"state": {"type": "string", "enum": _STATES}, "version": whole},
        },
        "matchTexts": _listed("texts", "matchText"),
        "matchDecision": {
            "oneOf": [
                {
                    "type": "object",
                    "required": ["version", name],
                    "properties": {**version, name: value},
                    "additionalProperties": False,
                }
                for name, value in (
                    ("accept", {"type": "string", "minLength": 1, "maxLength": 60}),
                    ("reject", {"const": True}),
                    ("undo", {"const": True}),
                )
            ]
        },
    }


def _listed(name: str, of: str) -> Document:
    each = {"type": "array", "items": {"$ref": f"#/components/schemas/{of}"}}
    return {"type": "object", "required": [name], "properties": {name: each}}
