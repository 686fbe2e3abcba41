"""What a plan says 预案内容: its schema, and what must fit together in it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import orjson

from water.errors import BadResponsePlan
from water.plans.model import Channel
from water.plans.triggers import COLOURS

Schema = dict[str, Any]
SECTIONS: Final = ("triggers", "posts", "actions", "messages")
"""Parts whose items are known by their ``id``."""
HEAD: Final = ("title", "scope", "basis", "data_nature")
_ID: Final[Schema] = {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$"}
_TEXT: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": 500}
_WORDS: Final[Schema] = {
    "type": "object", "required": ["zh"], "additionalProperties": False,
    "properties": {"zh": {**_TEXT, "maxLength": 1000}, "en": {**_TEXT, "maxLength": 2000}},
}  # fmt: skip
_DUE: Final[Schema] = {"type": "number", "minimum": 0, "maximum": 14_400}
_NUMBER: Final[Schema] = {"type": "number"}
_STAGE: Final[Schema] = {"station": _TEXT, "threshold": _TEXT, "stage_m": _NUMBER, "datum": _TEXT}
_AT_STAGE: Final[list[Schema]] = [
    {"required": ["threshold"], "not": {"required": ["stage_m"]}},
    {"required": ["stage_m", "datum"], "not": {"required": ["threshold"]}},
]


def _condition(kind: str, required: list[str], more: Schema, **rules: Any) -> Schema:
    return {
        "type": "object",
        "required": ["kind", *required],
        "additionalProperties": False,
        "properties": {"kind": {"const": kind}, **more},
        **rules,
    }


CONDITION: Final[Schema] = {
    "oneOf": [
        _condition(
            "warning", ["level"], {"level": {"type": "string", "enum": list(COLOURS)}, "place": _TEXT}
        ),
        _condition("stage", ["station"], _STAGE, oneOf=_AT_STAGE),
        _condition(
            "forecast",
            ["station"],
            {
                **_STAGE,
                "flow_m3_s": {"type": "number", "minimum": 0},
                "probability": {"type": "number", "minimum": 0, "maximum": 1},
                "within_h": {"type": "number", "exclusiveMinimum": 0, "maximum": 240},
            },
            oneOf=[*_AT_STAGE, {"required": ["flow_m3_s"], "not": {"anyOf": [
                {"required": ["stage_m"]}, {"required": ["threshold"]}]}}],
        ),
        _condition("order", [], {}),
    ]
}  # fmt: skip


def _items(properties: Schema, required: list[str], least: int = 0) -> Schema:
    return {
        "type": "array", "minItems": least, "maxItems": 2000,
        "items": {
            "type": "object", "required": ["id", *required], "additionalProperties": False,
            "properties": {"id": _ID, **properties},
        },
    }  # fmt: skip


SCHEMA: Final[Schema] = {
    "type": "object",
    "required": ["title", "triggers", "posts", "actions", "messages"],
    "additionalProperties": False,
    "properties": {
        "title": _WORDS,
        "scope": _TEXT,
        "basis": _TEXT,
        "data_nature": {"type": "string", "enum": ["合成数据"]},
        "triggers": _items(
            {"title": _WORDS, "all": {"type": "array", "minItems": 1, "maxItems": 20, "items": CONDITION}},
            ["title", "all"],
            least=1,
        ),
        "posts": _items({"title": _WORDS, "department": _TEXT}, ["title", "department"], least=1),
        "actions": _items(
            {"title": _WORDS, "post": _ID, "due_min": _DUE, "detail": _TEXT}, ["title", "post", "due_min"], 1
        ),
        "messages": _items(
            {
                "from": _ID,
                "to": _TEXT,
                "channel": {"type": "string", "enum": [each.value for each in Channel]},
                "due_min": _DUE,
                "text": _WORDS,
            },
            ["from", "to", "channel", "due_min", "text"],
        ),
    },
}


def checked(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """The content itself; BadResponsePlan where an id comes twice or a post is not there.

    Held to ``SCHEMA`` before, at the door.
    """
    for section in SECTIONS:
        seen: set[str] = set()
        for place, each in enumerate(content[section]):
            if each["id"] in seen:
                raise _bad(f"/{section}/{place}/id", "编号重复", "the id comes twice", each["id"])
            seen.add(each["id"])
    posts = {each["id"] for each in content["posts"]}
    for section, name in (("actions", "post"), ("messages", "from")):
        for place, each in enumerate(content[section]):
            if each[name] not in posts:
                raise _bad(
                    f"/{section}/{place}/{name}", "没有这个责任岗位", "there is no such post", each[name]
                )
    return content


def digest(content: Mapping[str, Any]) -> str:
    """SHA-256 of the content in its one form: the same plan has the same digest."""
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _bad(pointer: str, zh: str, en: str, value: str) -> BadResponsePlan:
    return BadResponsePlan(
        f"预案内容有误,{pointer} {zh}:{value}",
        f"the plan does not fit together, {pointer}: {en}: {value}",
        value=value,
        details={"pointer": pointer},
    )
