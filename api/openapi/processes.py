"""Processes and jobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.executions import OFFERED
from api.job_list import LIMIT_DEFAULT, LIMIT_MAX
from api.openapi.parts import DATETIME, Document, Family, Situation, get, path, query
from spatial.jobs.model import State
from spatial.jobs.outward import LONGEST_URI
from spatial.jobs.process import Process

TAG = "processes"
_PREFER = {
    "name": "Prefer",
    "in": "header",
    "required": False,
    "description": "respond-async:作为任务执行 run it as a job",
    "schema": {"type": "string"},
}
_LIST = [
    "jobType",
    "processID",
    "jobStatus",
    "created",
    "minDuration",
    "maxDuration",
    "jobLimit",
    "jobBefore",
]
_JSON = "application/json"
_ID: Document = {
    "type": "string",
    "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
}


def family(situation: Situation) -> Family:
    """The routes of ``api.processes``."""
    paths: Document = {
        "/processes": get(
            "processes", TAG, "处理 processes", ["processLimit", "processAfter", "f", "lang"], "processList"
        ),
        "/processes/{processId}": get(
            "process", TAG, "一个处理 one process", ["processId", "f", "lang"], "process"
        ),
        "/processes/{processId}/execution": {
            "post": _execution("execute", "执行 execute", {"$ref": _ref("execute")})
        },
        "/jobs": get("jobs", TAG, "任务 jobs", [*_LIST, "f", "lang"], "jobList"),
        "/jobs/{jobId}": {
            **get("job", TAG, "任务状态 status of a job", ["jobId", "f", "lang"], "statusInfo"),
            "delete": _dismissal(),
        },
        "/jobs/{jobId}/results": _results("results", "任务结果 results of a job", ["jobId", "f", "lang"]),
        "/jobs/{jobId}/results/{output}": _results(
            "result", "一个输出 one output", ["jobId", "output", "f", "lang"]
        ),
    }
    for process in OFFERED.values():
        title = process.title.zh if situation.language == "zh" else process.title.en
        operation = _execution(f"execute.{process.id}", title, _execute_of(process), process.example)
        operation["parameters"] = [one for one in operation["parameters"] if "$ref" not in one]
        paths[f"/processes/{process.id}/execution"] = {"post": operation}
    return Family(TAG, paths, _parameters(), _schemas())


def _execute_of(process: Process) -> Document:
    """The execute request of one process, with the schema of its inputs."""
    inputs = {
        **process.schema,
        "properties": {
            name: {"anyOf": [schema, {"$ref": _ref("inputLink")}]}
            for name, schema in process.schema["properties"].items()
        },
    }
    body = {"allOf": [{"$ref": _ref("execute")}], "properties": {"inputs": inputs}}
    return body | ({"required": ["inputs"]} if process.schema.get("required") else {})


def _execution(
    name: str, summary: str, body: Document, example: Mapping[str, object] | None = None
) -> Document:
    any_type: Document = {_JSON: {"schema": {}}, "multipart/related": {"schema": {}}}
    told: Document = {"example": {"inputs": example}} if example else {}
    return {
        "operationId": name,
        "tags": [TAG],
        "summary": summary,
        "parameters": [{"$ref": "#/components/parameters/processId"}, _PREFER],
        "requestBody": {"required": True, "content": {_JSON: {"schema": body, **told}}},
        "responses": {
            "200": {"description": "结果 the results", "content": any_type},
            "201": {
                "description": "已作为任务受理 accepted as a job",
                "headers": {
                    "Location": {"schema": {"type": "string", "format": "uri"}},
                    "Preference-Applied": {"schema": {"type": "string"}},
                },
                "content": {_JSON: {"schema": {"$ref": _ref("statusInfo")}}},
            },
            **_problems("400", "401", "403", "404", "408", "409", "413", "422", "503"),
        },
    }


def _dismissal() -> Document:
    return {
        "operationId": "dismiss",
        "tags": [TAG],
        "summary": "撤销任务,或移除其结果 dismiss a job, or remove its results",
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in ("jobId", "f", "lang")],
        "responses": {
            "200": {
                "description": "已撤销 dismissed",
                "content": {_JSON: {"schema": {"$ref": _ref("statusInfo")}}},
            },
            **_problems("400", "401", "403", "404", "503"),
        },
    }


def _results(name: str, summary: str, parameters: list[str]) -> Document:
    document = get(name, TAG, summary, parameters)
    operation = document["get"]
    operation["responses"] |= _problems("400", "401", "403", "404", "409", "410", "413", "422", "500", "503")
    operation["responses"]["200"]["content"] = {"*/*": {"schema": {}}}
    return document


def _problems(*codes: str) -> Document:
    return {code: {"$ref": "#/components/responses/Problem"} for code in codes}


def _ref(name: str) -> str:
    return f"#/components/schemas/{name}"


def _parameters() -> dict[str, Document]:
    seconds: Document = {"type": "integer", "minimum": 0}
    return {
        "processId": path("processId", "处理标识 process id"),
        "jobId": path("jobId", "任务标识 job id"),
        "processLimit": query(
            "limit", f"条数,至多 {LIMIT_MAX} how many, {LIMIT_MAX} at most", {"type": "integer", "minimum": 1}
        ),
        "processAfter": query(
            "after",
            "续页标记,取自 next 链接 cursor of a next link",
            {"type": "string", "enum": list(OFFERED)},
        ),
        "output": path("output", "输出名 name of the output"),
        "jobType": query("type", "类型 type", {"type": "string", "enum": ["process"]}),
        "processID": query("processID", "这些处理的 of these processes", _several(list(OFFERED))),
        "jobStatus": query(
            "status", "这些状态的 of these states", _several([state.value for state in State])
        ),
        "created": query("datetime", "受理时间:时刻或区间 when handed in, an instant or interval", DATETIME),
        "minDuration": query("minDuration", "至少执行(秒) took at least, seconds", seconds),
        "maxDuration": query("maxDuration", "至多执行(秒) took at most, seconds", seconds),
        "jobLimit": query(
            "limit",
            f"条数,至多 {LIMIT_MAX} how many, {LIMIT_MAX} at most",
            {"type": "integer", "minimum": 1, "default": LIMIT_DEFAULT},
        ),
        "jobBefore": query("before", "续页标记,取自 next 链接 cursor of a next link", _ID),
    }


def _several(names: list[str]) -> Document:
    return {"type": "array", "items": {"type": "string", "enum": names}, "minItems": 1}


def _schemas() -> Document:
    links: Document = {"type": "array", "items": {"$ref": _ref("link")}}
    instant: Document = {"type": "string", "format": "date-time"}
    summary: dict[str, Any] = {
        "id": {"type": "string"},
        "version": {"type": "string"},
        "title": {"type": "string"},
        "description": {"type": "string"},
        "jobControlOptions": _several(["sync-execute", "async-execute", "dismiss"]),
        "outputTransmission": _several(["value", "reference"]),
        "links": links,
    }
    return {
        "processList": {
            "type": "object",
            "required": ["processes", "links"],
            "properties": {
                "processes": {"type": "array", "items": {"type": "object", "properties": summary}},
                "links": links,
            },
        },
        "process": {
            "type": "object",
            "required": ["id", "version", "inputs", "outputs"],
            "properties": {**summary, "inputs": {"type": "object"}, "outputs": {"type": "object"}},
        },
        "execute": {
            "type": "object",
            "properties": {
                "inputs": {"type": "object"},
                "outputs": {"type": "object"},
                "response": {"type": "string", "enum": ["raw", "document"], "default": "raw"},
                "subscriber": {
                    "type": "object",
                    "required": ["successUri"],
                    "properties": {
                        name: {"type": "string", "format": "uri"}
                        for name in ("successUri", "inProgressUri", "failedUri")
                    },
                    "additionalProperties": False,
                },
            },
        },
        "inputLink": {
            "type": "object",
            "description": "以网址给出的输入:本平台的资源,或许可主机上的内容"
            " an input by reference: of this platform, or of a host that the installation allows",
            "required": ["href"],
            "properties": {
                "href": {"type": "string", "format": "uri", "maxLength": LONGEST_URI},
                **{name: {"type": "string", "minLength": 1} for name in ("type", "rel", "title", "hreflang")},
            },
            "additionalProperties": False,
        },
        "statusInfo": {
            "type": "object",
            "required": ["type", "jobID", "status"],
            "properties": {
                "type": {"const": "process"},
                "jobID": {"type": "string", "format": "uuid"},
                "processID": {"type": "string"},
                "status": {"type": "string", "enum": [state.value for state in State]},
                "message": {"type": "string"},
                "progress": {"type": "integer", "minimum": 0, "maximum": 100},
                **dict.fromkeys(("created", "started", "updated", "finished"), instant),
                **dict.fromkeys(("onemap:resultsUntil", "onemap:expired"), instant),
                "exception": {"type": "object"},
                "onemap:attempts": {"type": "integer"},
                "onemap:inputsSha256": {"type": "string"},
                "onemap:schedule": {"type": "string"},
                "links": links,
            },
        },
        "jobList": {
            "type": "object",
            "required": ["jobs", "links"],
            "properties": {"jobs": {"type": "array", "items": {"$ref": _ref("statusInfo")}}, "links": links},
        },
    }
