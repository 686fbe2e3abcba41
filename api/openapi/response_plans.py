"""Response plans, their versions and activations."""

from __future__ import annotations

from api.openapi.parts import Document, Family, Situation, get, path, query, stream
from api.rivers.response_plans import NUMBER_MAX
from water.plans.model import State

TAG = "response-plans"
_TEXT: Document = {"type": "string"}
_TITLE: Document = {"type": "object", "required": ["zh"], "properties": {"zh": _TEXT, "en": _TEXT}}
_NUMBER: Document = {"type": "integer", "minimum": 1, "maximum": NUMBER_MAX}
_LINKS: Document = {"type": "array", "items": {"$ref": "#/components/schemas/link"}}


def family(_: Situation) -> Family:
    """The routes of ``api.rivers.response_plans``, and the stream of ``api.rivers.events``."""
    plan = "/response-plans/{plan}"
    shown = ["f", "lang"]
    paths: Document = {
        "/response-plans": get("responsePlans", TAG, "应急预案 response plans", shown, "responsePlans"),
        "/response-plans/stream": stream(
            "responsePlanStream",
            TAG,
            "办理、启动、确认与终止,服务器推送 steps, activations, confirmations as server-sent events",
        ),
        plan: get("responsePlan", TAG, "一个预案 a plan", ["responsePlan", *shown], "responsePlan"),
        f"{plan}/versions": get(
            "responsePlanVersions",
            TAG,
            "各版本及其办理 its versions and their steps",
            ["responsePlan", *shown],
            "responsePlanVersions",
        ),
        f"{plan}/versions/{{version}}": get(
            "responsePlanVersion",
            TAG,
            "一个版本 a version with its content",
            ["responsePlan", "responsePlanNumber", *shown],
            "responsePlanVersion",
        ),
        f"{plan}/difference": get(
            "responsePlanDifference",
            TAG,
            "两个版本的差异 what differs between two versions",
            ["responsePlan", "responsePlanFrom", "responsePlanTo", *shown],
            "responsePlanDifference",
        ),
        f"{plan}/activations": get(
            "responsePlanActivations",
            TAG,
            "启动记录 when it was put to work",
            ["responsePlan", *shown],
            "responsePlanActivations",
        ),
        f"{plan}/activations/{{activation}}": get(
            "responsePlanActivation",
            TAG,
            "一次启动:应发消息、任务与确认 what was due when, and who confirmed it",
            ["responsePlan", "responsePlanActivation", *shown],
            "responsePlanActivation",
        ),
    }
    for one in paths.values():
        one["get"]["responses"]["403"] = {"$ref": "#/components/responses/Problem"}
    parameters = {
        "responsePlan": path("plan", "预案编号 id of the plan"),
        "responsePlanNumber": path("version", "版本号 number of the version", _NUMBER),
        "responsePlanActivation": path("activation", "启动编号 number of the activation", _NUMBER),
        "responsePlanFrom": query("from", "旧版本号 older version", _NUMBER) | {"required": True},
        "responsePlanTo": query("to", "新版本号 newer version", _NUMBER) | {"required": True},
    }
    return Family(TAG, paths, parameters, _schemas())


def _schemas() -> dict[str, Document]:
    listed: Document = {
        "type": "object",
        "required": ["plan", "version", "title", "state", "sha256", "reason", "steps"],
        "properties": {
            "plan": _TEXT,
            "version": _NUMBER,
            "title": _TITLE,
            "state": {"type": "string", "enum": [each.value for each in State]},
            "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        },
    }
    plan: Document = {
        "type": "object",
        "required": ["plan", "title", "version", "state", "in_force", "links"],
        "properties": {"plan": _TEXT, "title": _TITLE, "version": _NUMBER, "links": _LINKS},
    }
    headed: Document = {
        "type": "object",
        "required": [
            "activation",
            "plan",
            "version",
            "trigger",
            "exercise",
            "activated_at",
            "by",
            "ended_at",
        ],
        "properties": {"activation": _NUMBER, "exercise": {"type": "boolean"}},
    }
    items: Document = {
        "type": "object",
        "required": ["added", "removed", "changed"],
        "properties": {name: {"type": "array"} for name in ("added", "removed", "changed")},
    }
    return {
        "responsePlans": _all("plans", plan),
        "responsePlan": plan,
        "responsePlanVersions": _all("versions", listed),
        "responsePlanVersion": {**listed, "required": [*listed["required"], "content"]},
        "responsePlanActivations": _all("activations", headed),
        "responsePlanActivation": {**headed, "required": [*headed["required"], "messages", "actions"]},
        "responsePlanDifference": {
            "type": "object",
            "required": ["plan", "from", "to", "same", "head", "evacuation"],
            "properties": {
                "from": _NUMBER,
                "to": _NUMBER,
                "same": {"type": "boolean"},
                **dict.fromkeys(("triggers", "posts", "actions", "messages"), items),
            },
        },
    }


def _all(name: str, items: Document) -> Document:
    return {"type": "object", "required": [name], "properties": {name: {"type": "array", "items": items}}}
