"""Who one is, keys, grants, the audit."""

from __future__ import annotations

from typing import Any

from api.openapi.parts import Document, Family, Situation, get, path
from spatial.access.model import Right, Role

TAG = "access"
_PROBLEMS = ("400", "401", "403", "404", "503")


def family(situation: Situation) -> Family:
    """The routes of ``api.admission``."""
    paths: Document = {
        "/access/me": get("me", TAG, "我是谁 who asks, and what they may do", ["f", "lang"]),
        "/access/keys": {
            **_named(get("keys", TAG, "密钥 API keys", ["f", "lang"])),
            "post": _post("addKey", "新密钥,仅此一次示出 a new key, shown this once", "201", "newKey"),
        },
        "/access/keys/{id}/revocation": {
            "post": _post("revokeKey", "撤销密钥 revoke a key", "200", None, "keyId"),
        },
        "/access/grants": {
            **_named(get("grants", TAG, "授权 grants to departments", ["f", "lang"])),
            "post": _post("addGrant", "授权 grant a right on a layer", "201", "newGrant"),
        },
        "/access/grants/{number}/revocation": {
            "post": _post("revokeGrant", "撤销授权 end a grant", "200", None, "grantNumber"),
        },
        "/audit": _named(
            get("audit", TAG, "审计 the audit", ["layer", "changesetLimit", "before", "f", "lang"])
        ),
    }
    parameters = {
        "keyId": path("id", "密钥标识,如 omk_1a2b3c4d what names the key"),
        "grantNumber": path("number", "授权编号 number of the grant", {"type": "integer", "minimum": 1}),
    }
    return Family(TAG, paths, parameters, _schemas())


def _named(item: Document) -> Document:
    """What needs a role says so."""
    problem = {"$ref": "#/components/responses/Problem"}
    item["get"]["responses"] |= {"401": problem, "403": problem}
    return item


def _post(name: str, summary: str, status: str, body: str | None, parameter: str | None = None) -> Document:
    content = {"application/json": {"schema": {"type": "object"}}}
    operation: Document = {
        "operationId": name,
        "tags": [TAG],
        "summary": summary,
        "parameters": [{"$ref": f"#/components/parameters/{each}"} for each in (parameter, "lang") if each],
        "responses": {
            status: {"description": summary, "content": content},
            **{code: {"$ref": "#/components/responses/Problem"} for code in _PROBLEMS},
        },
    }
    if body is not None:
        schema = {"$ref": f"#/components/schemas/{body}"}
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return operation


def _schemas() -> dict[str, Any]:
    name = {"type": "string", "minLength": 1, "maxLength": 200}
    instant = {"type": ["string", "null"], "format": "date-time"}
    return {
        "newKey": {
            "type": "object",
            "required": ["subject", "roles"],
            "additionalProperties": False,
            "properties": {
                "subject": name,
                "department": {**name, "type": ["string", "null"]},
                "roles": {
                    "type": "array",
                    "minItems": 1,
                    "items": {"type": "string", "enum": [role.value for role in Role]},
                },
                "expires": instant,
            },
        },
        "newGrant": {
            "type": "object",
            "required": ["layer", "department", "right"],
            "additionalProperties": False,
            "properties": {
                "layer": {"type": "string"},
                "department": name,
                "right": {"type": "string", "enum": [right.value for right in Right]},
                "until": instant,
            },
        },
    }
