"""Schedules in the definition: listing, setting, resting, removing."""

from __future__ import annotations

from api.executions import OFFERED
from api.job_list import LIMIT_MAX
from api.openapi.parts import Document, Family, Situation, get, path, query
from spatial.jobs.model import State
from spatial.jobs.schedule import MOST, SHORTEST_MIN

TAG = "processes"
_JSON = "application/json"
_ID: Document = {"type": "string", "format": "uuid"}
_CRON: Document = {
    "type": "string",
    "minLength": 9,
    "maxLength": 200,
    "examples": ["30 2 * * *"],
    "description": f"分 时 日 月 周,北京时间 minute hour day month weekday, Beijing time; {SHORTEST_MIN} min",
}
_IF_MATCH: Document = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "所依据状态的 ETag,或 * tag of the state this is based on, or *",
    "schema": {"type": "string"},
}


def family(situation: Situation) -> Family:
    """The routes of ``api.schedules``."""
    one = {"content": {_JSON: {"schema": {"$ref": _ref("schedule")}}}}
    located = {"Location": {"schema": {"type": "string", "format": "uri"}}}
    paths: Document = {
        "/schedules": {
            **get(
                "schedules",
                TAG,
                "计划任务 schedules",
                ["processID", "jobLimit", "scheduleAfter", "f", "lang"],
                "scheduleList",
            ),
            "post": {
                "operationId": "setSchedule",
                "tags": [TAG],
                "summary": f"设置计划(每部门至多 {MOST} 个) set a schedule ({MOST} a department at most)",
                "parameters": [],
                "requestBody": _body("newSchedule"),
                "responses": {
                    "201": {"description": "已设置 set", "headers": located, **one},
                    **_problems("400", "401", "403", "404", "408", "409", "413", "422", "503"),
                },
            },
        },
        "/schedules/{scheduleId}": {
            **get("schedule", TAG, "一个计划 one schedule", ["scheduleId", "f", "lang"], "schedule"),
            "patch": {
                "operationId": "changeSchedule",
                "tags": [TAG],
                "summary": "停用、启用、改时 rest, start again, another hour",
                "parameters": [{"$ref": "#/components/parameters/scheduleId"}, _IF_MATCH],
                "requestBody": _body("scheduleChange"),
                "responses": {
                    "200": {"description": "已更改 changed", **one},
                    **_problems("400", "401", "403", "404", "408", "412", "413", "422", "503"),
                },
            },
            "delete": {
                "operationId": "removeSchedule",
                "tags": [TAG],
                "summary": "移除计划,已提交的任务照常 remove a schedule; jobs it has started go on",
                "parameters": [{"$ref": "#/components/parameters/scheduleId"}, _IF_MATCH],
                "responses": {
                    "204": {"description": "已移除 removed"},
                    **_problems("400", "401", "403", "404", "412", "503"),
                },
            },
        },
    }
    parameters = {
        "scheduleId": path("scheduleId", "计划标识 schedule id"),
        "scheduleAfter": query("after", "续页标记,取自 next 链接 cursor of a next link", _ID),
    }
    return Family(TAG, paths, parameters, _schemas())


def _body(name: str) -> Document:
    return {"required": True, "content": {_JSON: {"schema": {"$ref": _ref(name)}}}}


def _problems(*codes: str) -> Document:
    return {code: {"$ref": "#/components/responses/Problem"} for code in codes}


def _ref(name: str) -> str:
    return f"#/components/schemas/{name}"


def _schemas() -> Document:
    links: Document = {"type": "array", "items": {"$ref": _ref("link")}}
    instant: Document = {"type": "string", "format": "date-time"}
    name: Document = {"type": "string", "minLength": 1, "maxLength": 60}
    process: Document = {"type": "string", "enum": list(OFFERED)}
    inputs: Document = {
        "type": "object",
        "description": "如执行请求的 inputs,引用在每次执行时重读"
        " as those of an execute request; links are read anew by every run",
    }
    shown: Document = {
        "id": _ID,
        "name": name,
        "processID": {"type": "string"},
        "cron": _CRON,
        "timeZone": {"const": "Asia/Shanghai"},
        "paused": {"type": "boolean"},
        "next": {"type": ["string", "null"], "format": "date-time"},
        "created": instant,
        "setBy": {"type": "string"},
        "department": {"type": ["string", "null"]},
        "inputs": inputs,
        "lastJob": {
            "type": "object",
            "properties": {
                "jobID": _ID,
                "status": {"type": "string", "enum": [state.value for state in State]},
            },
        },
        "links": links,
    }
    return {
        "schedule": {
            "type": "object",
            "required": ["id", "name", "processID", "cron", "paused", "next", "links"],
            "properties": shown,
        },
        "scheduleList": {
            "type": "object",
            "required": ["schedules", "links"],
            "properties": {
                "schedules": {"type": "array", "maxItems": LIMIT_MAX, "items": {"$ref": _ref("schedule")}},
                "links": links,
            },
        },
        "newSchedule": {
            "type": "object",
            "required": ["name", "processID", "cron"],
            "properties": {
                "name": name,
                "processID": process,
                "cron": _CRON,
                "inputs": inputs,
                "paused": {"type": "boolean", "default": False},
            },
            "additionalProperties": False,
        },
        "scheduleChange": {
            "type": "object",
            "minProperties": 1,
            "properties": {"cron": _CRON, "paused": {"type": "boolean"}},
            "additionalProperties": False,
        },
    }
