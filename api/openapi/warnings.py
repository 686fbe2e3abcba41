"""Warnings: lists, one warning, its chain, rules, judgements, the ledger, CAP."""

from __future__ import annotations

from typing import Final

from api.openapi.parts import INSTANT, Document, Family, Situation, get, path, query, stream
from api.rivers.warnings import ACTIONS, COMMENT_MOST, SHAPES, STATES
from water.warning.colour import COLOURS, Colour
from water.warning.evaluate import VERDICTS
from water.warning.life import Action
from water.warning.rule import Hazard
from water.warning.rule_document import TIERS
from water.warning.scoring import Fate

TAG = "warnings"
_TEXT: Final[Document] = {"type": "string"}
_TITLE: Final[Document] = {
    "type": "object",
    "required": ["zh", "en"],
    "properties": {"zh": _TEXT, "en": _TEXT},
}
_INSTANT: Final[Document] = {"type": "string", "format": "date-time"}
_COLOUR: Final[Document] = {"type": "string", "enum": [each.id for each in Colour]}
_COUNT: Final[Document] = {"type": "integer", "minimum": 1, "maximum": 10**18 - 1}
_COMMENT: Final[Document] = {"type": "string", "maxLength": COMMENT_MOST}


def family(situation: Situation) -> Family:
    """The routes of ``api.rivers.warnings`` ``api.rivers.warning_messages`` and ``api.rivers.events``."""
    page = ["warningBefore", "warningLimit", "f", "lang"]
    narrowed = ["warningRule", "warningStation"]
    paths: Document = {
        "/warnings": get(
            "warnings",
            TAG,
            "预警,新的在前 warnings, the newest first, as they stand or stood",
            ["warningState", "warningColour", *narrowed, "warningAt", "warningAsof", *page],
            "warnings",
        ),
        "/warnings/rules": get(
            "warningRules", TAG, "生效的规则 rules in force", ["warningAsof", "f", "lang"], "warningRules"
        ),
        "/warnings/judgements": get(
            "warningJudgements",
            TAG,
            "各规则对各站的判定结论与所缺 what each rule can say of each station, and what it lacks",
            [*narrowed, "warningVerdict", "warningAsof", "warningAfter", "warningLimit", "f", "lang"],
            "warningJudgements",
        ),
        "/warnings/ledger": get(
            "warningLedger",
            TAG,
            "空报漏报台账 ledger of false and missed alarms",
            ["warningRule", "warningAsof", *page],
            "warningLedger",
        ),
        "/warnings/feed": get(
            "warningFeed", TAG, "CAP 摘要(Atom) active alerts as Atom", [], media="application/atom+xml"
        ),
        "/warnings/stream": stream(
            "warningStream",
            TAG,
            "预警的各步与签收,服务器推送 steps and acknowledgements as server-sent events",
        ),
        "/warnings/{number}": get(
            "warning", TAG, "一个预警 one warning", ["warningNumber", "warningAsof", "f", "lang"], "warning"
        ),
        "/warnings/{number}/cap": get(
            "warningCap",
            TAG,
            "CAP 1.2 报文 the message of its newest step, or of one",
            ["warningNumber", "warningStep"],
            media="application/cap+xml",
        ),
        "/warnings/{number}/acknowledgements": _post(
            "acknowledgeWarning", "签收 take note of its newest call", "acknowledgement"
        ),
        "/warnings/{number}/cancellation": _post("cancelWarning", "撤销 take it back", "cancellation"),
    }
    for address, media in (
        ("/warnings/feed", "application/atom+xml"),
        ("/warnings/{number}/cap", "application/cap+xml"),
    ):
        paths[address]["get"]["responses"]["200"]["content"] = {media: {"schema": _TEXT}}
    for each in paths.values():
        for operation in each.values():
            for status in ("401", "403"):
                operation["responses"][status] = {"$ref": "#/components/responses/Problem"}
    return Family(TAG, paths, _parameters(), _schemas())


def _parameters() -> dict[str, Document]:
    return {
        "warningNumber": path("number", "预警编号 number of the warning", _COUNT),
        "warningState": query("state", "未结束或已结束 standing or over", _enum(STATES)),
        "warningColour": query("colour", "当前等级 its colour", _enum([each.id for each in COLOURS])),
        "warningRule": query("rule", "规则编号 id of the rule", _shape("rule")),
        "warningStation": query("station", "测站编码 code of the station", _shape("station")),
        "warningAt": query("datetime", "至此时发生的 what had happened by then", INSTANT),
        "warningAsof": query("asof", "登记时间 as it was on record then", INSTANT),
        "warningVerdict": query("verdict", "结论 what can be said", _enum(VERDICTS)),
        "warningAfter": query("after", "上一页末项 the last of the page before", _shape("after")),
        "warningStep": query("step", "第几步 number of the step", _COUNT),
        "warningBefore": query("before", "上一页末项编号 the last of the page before", _COUNT),
        "warningLimit": query("limit", "至多 at most", _COUNT),
    }


def _shape(name: str) -> Document:
    return {"type": "string", "pattern": f"^{SHAPES[name]}$"}


def _enum(values: tuple[str, ...] | list[str]) -> Document:
    return {"type": "string", "enum": list(values)}


def _post(name: str, summary: str, body: str) -> Document:
    shape = {"$ref": "#/components/schemas/warning"}
    return {
        "post": {
            "operationId": name,
            "tags": [TAG],
            "summary": summary,
            "parameters": [{"$ref": f"#/components/parameters/{each}"} for each in ("warningNumber", "lang")],
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{body}"}}},
            },
            "responses": {
                "200": {"description": summary, "content": {"application/json": {"schema": shape}}},
                **{
                    code: {"$ref": "#/components/responses/Problem"}
                    for code in ("400", "404", "413", "422", "429", "503")
                },
            },
        }
    }


def _listed(name: str, items: Document) -> Document:
    return {
        "type": "object",
        "required": [name],
        "properties": {name: {"type": "array", "items": items}},
    }


def _schemas() -> Document:
    number: Document = {"type": ["number", "null"]}
    listed: Document = {
        "type": "object",
        "required": [
            *("id", "rule", "version", "title", "hazard", "station", "colour", "gravest", "state", "stale"),
            *("synthetic", "stamp", "standing", "source", "issued_at", "changed_at", "href"),
        ],
        "properties": {
            "title": _TITLE,
            "hazard": {"type": "object", "properties": {"id": _enum([each.value for each in Hazard])}},
            "colour": _COLOUR,
            "gravest": _COLOUR,
            "state": _enum(["open", "cleared", "cancelled"]),
            "stale": {"type": "boolean", "description": "数据中断 its input fell silent; it stands"},
            "stamp": {"type": ["string", "null"], "description": "合成数据 of generated data"},
            "issued_at": _INSTANT,
            "changed_at": _INSTANT,
        },
    }
    step: Document = {
        "type": "object",
        "required": ["number", "action", "colour", "at", "recorded_at", "value", "evidence"],
        "properties": {
            "action": _enum([each.value for each in Action]),
            "colour": _COLOUR,
            "at": _INSTANT,
            "recorded_at": _INSTANT,
            "value": number,
        },
    }
    verification: Document = {
        "type": "object",
        "required": [
            "id",
            "rule",
            "colour",
            "hits",
            "misses",
            "false_alarms",
            "pod",
            "far",
            "csi",
            "entries",
        ],
        "properties": {
            **dict.fromkeys(("pod", "far", "csi", "lead_median_s"), number),
            "entries": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["station", "fate", "event", "warned", "lead_s"],
                    "properties": {"fate": _enum([each.value for each in Fate])},
                },
            },
        },
    }
    judgement: Document = {
        "type": "object",
        "required": ["rule", "station", "colour", "verdict", "missing", "heard_at"],
        "properties": {
            "verdict": _enum(list(VERDICTS)),
            "colour": _COLOUR,
            "missing": {
                "type": "array",
                "items": {"type": "object", "required": ["colour", "reason", "zh", "en"]},
                "description": "无法判定的等级、原因与可提供者 which colours, why, and who can supply it",
            },
        },
    }
    return {
        "warnings": _listed("warnings", listed),
        "warning": {
            **listed,
            "required": [*listed["required"], "note", "steps", "waiting", "acknowledgements", "links"],
            "properties": {**listed["properties"], "steps": {"type": "array", "items": step}},
        },
        "warningRules": _listed("rules", {"type": "object", "required": ["id", "version", "rule"]}),
        "warningJudgements": _listed("judgements", judgement),
        "warningLedger": _listed("verifications", verification),
        "acknowledgement": {
            "type": "object",
            "required": ["tier"],
            "properties": {
                "tier": _enum(list(TIERS)),
                "action": _enum(list(ACTIONS)),
                "comment": _COMMENT,
                "department": {"type": "string", "description": "仅本机 on this machine only"},
            },
        },
        "cancellation": {
            "type": "object",
            "required": ["comment"],
            "properties": {"comment": {**_COMMENT, "minLength": 1}},
        },
    }
