"""Proposals: proposing, looking, and the steps."""

from __future__ import annotations

from collections.abc import Sequence

from api.openapi.parts import Document, Family, Situation, get, path, query

TAG = "proposals"
_STATES = ["proposed", "approved", "rejected", "applied", "withdrawn"]


def family(situation: Situation) -> Family:
    """The routes of ``api.proposals``."""
    paths: Document = {
        "/collections/{id}/proposals": _post(
            "propose", "提出变更 propose changes of features", ["id"], "proposed", "201", ["422"]
        ),
        "/proposals": get(
            "proposals",
            TAG,
            "变更提案 proposals, the newest first",
            ["layer", "state", "changesetLimit", "before", "f", "lang"],
        ),
        "/proposals/{proposal}": get(
            "proposal",
            TAG,
            "一个提案及其经过 one proposal with its steps",
            ["proposal", "f", "lang"],
            "proposal",
        ),
        "/proposals/{proposal}/changes": get(
            "proposalChanges",
            TAG,
            "提案相对现状的改动与冲突 what it would change now, and what stands against it",
            ["proposal", "f", "lang"],
            "proposalChanges",
            "application/geo+json",
        ),
        "/proposals/{proposal}/review": _post(
            "reviewProposal", "审核 approve or reject", ["proposal"], "review"
        ),
        "/proposals/{proposal}/apply": _post(
            "applyProposal", "入库 apply what was approved", ["proposal"], None, others=["412"]
        ),
        "/proposals/{proposal}/withdraw": _post(
            "withdrawProposal", "撤回 take a proposal back", ["proposal"], "withdrawal"
        ),
    }
    parameters = {
        "proposal": path("proposal", "提案编号 number of the proposal", {"type": "integer", "minimum": 1}),
        "state": query("state", "只看此状态 in this state", {"type": "string", "enum": _STATES}),
    }
    return Family(TAG, paths, parameters, _schemas())


def _post(
    name: str,
    summary: str,
    parameters: Sequence[str],
    body: str | None,
    success: str = "200",
    others: Sequence[str] = (),
) -> Document:
    problems = ("400", "401", "403", "404", "409", "413", "503", *others)
    operation: Document = {
        "operationId": name,
        "tags": [TAG],
        "summary": summary,
        "parameters": [{"$ref": f"#/components/parameters/{each}"} for each in (*parameters, "lang")],
        "responses": {
            success: {
                "description": summary,
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/proposal"}}},
            },
            **{code: {"$ref": "#/components/responses/Problem"} for code in problems},
        },
    }
    if body is not None:
        media = "application/geo+json" if body == "proposed" else "application/json"
        content = {media: {"schema": {"$ref": f"#/components/schemas/{body}"}}}
        operation["requestBody"] = {"required": True, "content": content}
    return {"post": operation}


def _schemas() -> Document:
    text = {"type": "string", "minLength": 1, "maxLength": 2000}
    instant = {"type": "string", "format": "date-time"}
    step = {
        "type": "object",
        "required": ["state", "author", "department", "reason", "taken_at", "digest", "changeset"],
        "properties": {"taken_at": instant, "changeset": {"type": ["integer", "null"]}},
    }
    change = {
        "type": "object",
        "required": ["type", "properties"],
        "properties": {
            "type": {"const": "Feature"},
            "id": {"type": ["string", "integer"]},
            "geometry": {"type": ["object", "null"]},
            "properties": {"type": ["object", "null"]},
            "action": {"const": "retire", "description": "注销此要素 the feature ends"},
        },
    }
    return {
        "proposed": {
            "type": "object",
            "required": ["type", "reason", "features"],
            "properties": {
                "type": {"const": "FeatureCollection"},
                "reason": text,
                "valid_from": {"type": "string", "description": "自何时起 from when on; today where missing"},
                "features": {"type": "array", "minItems": 1, "items": change},
            },
        },
        "review": {
            "type": "object",
            "required": ["verdict", "reason"],
            "properties": {
                "verdict": {"type": "string", "enum": ["approve", "reject"]},
                "reason": text,
                "digest": {"type": "string", "description": "所审内容的摘要 of the content looked at"},
            },
        },
        "withdrawal": {"type": "object", "required": ["reason"], "properties": {"reason": text}},
        "proposal": {
            "type": "object",
            "required": ["id", "layer", "state", "author", "reason", "valid_from", "digest", "steps", "href"],
            "properties": {
                "state": {"type": "string", "enum": _STATES},
                "valid_from": instant,
                "steps": {"type": "array", "items": step},
            },
        },
        "proposalChanges": {
            "type": "object",
            "required": ["type", "features", "clean", "clashes", "digest"],
            "properties": {
                "type": {"const": "FeatureCollection"},
                "features": {"type": "array", "items": {"type": "object"}},
                "clean": {"type": "boolean"},
                "clashes": {"type": "array", "items": {"type": "object"}},
                "digest": {"type": "string"},
            },
        },
    }
