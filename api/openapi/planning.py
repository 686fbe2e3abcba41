"""Alerts and the definitions and kept values of indicators."""

from __future__ import annotations

from api.openapi.parts import Document, Family, Situation, get, path, query
from planning.indicators.definition import DIRECTIONS, LEVELS
from planning.monitoring.alerts import NOTED, State
from planning.monitoring.limits import SIDES, shipped

TAG = "planning"
_TITLE: Document = {
    "type": "object",
    "required": ["zh", "en"],
    "properties": {"zh": {"type": "string"}, "en": {"type": "string"}},
}
_REGION: Document = {"type": "string", "pattern": "^(city|[0-9]{6}|[0-9]{9}|[0-9]{12})$"}


def family(situation: Situation) -> Family:
    """The routes of ``api.alerts`` and ``api.indicators``."""
    paths: Document = {
        "/alerts": get(
            "alerts",
            TAG,
            "预警 alerts, the newest first",
            [
                *("alertLevel", "alertState", "alertCode", "planningRegion"),
                *("changesetLimit", "before", "f", "lang"),
            ],
            "alertList",
        ),
        "/alerts/{alert}": get(
            "alert", TAG, "一个预警及其回执 one alert with its receipts", ["alert", "f", "lang"], "alert"
        ),
        "/indicators": get(
            "indicators", TAG, "指标定义 definitions of indicators", ["f", "lang"], "indicatorList"
        ),
        "/indicators/{indicator}/values": get(
            "indicatorValues",
            TAG,
            "存档的指标值 kept values of an indicator, the newest first",
            ["indicator", "planningRegion", "changesetLimit", "before", "f", "lang"],
            "indicatorValues",
        ),
    }
    for address in ("/alerts", "/alerts/{alert}"):
        paths[address]["get"]["responses"]["401"] = {"$ref": "#/components/responses/Problem"}
    parameters = {
        "alert": path("alert", "预警编号 number of the alert", {"type": "integer", "minimum": 1}),
        "indicator": path("indicator", "指标编号 code of the indicator"),
        "alertLevel": query("level", "只看此级 of this level", {"type": "string", "enum": list(LEVELS)}),
        "alertState": query(
            "state", "只看此状态 in this state", {"type": "string", "enum": [state.value for state in State]}
        ),
        "alertCode": query("code", "只看此监测项 of this limit", {"type": "string", "enum": list(shipped())}),
        "planningRegion": query("region", "区域 region: city, or a division code", _REGION),
    }
    return Family(TAG, paths, parameters, _schemas())


def _schemas() -> Document:
    text: Document = {"type": "string"}
    texts: Document = {"type": "array", "items": text}
    instant: Document = {"type": "string", "format": "date-time"}
    links: Document = {"type": "array", "items": {"$ref": "#/components/schemas/link"}}
    actions = [*(state.value for state in State), NOTED]
    receipt: Document = {
        "type": "object",
        "required": ["number", "action", "subject", "department", "note", "recorded_at"],
        "properties": {"action": {"type": "string", "enum": actions}, "recorded_at": instant},
    }
    alert: Document = {
        "type": "object",
        "required": [
            *("id", "code", "title", "region", "level", "state", "value", "limit", "unit", "side"),
            *("document", "verified", "layers", "follows", "raised_at", "steps", "href"),
        ],
        "properties": {
            "id": {"type": "integer"},
            "title": _TITLE,
            "level": {"type": "string", "enum": list(LEVELS)},
            "state": {"type": "string", "enum": [state.value for state in State]},
            "value": {"type": "string", "description": "十进制 decimal, so that no digit is lost"},
            "limit": {"type": "string", "description": "限值 in the same unit"},
            "side": {"type": "string", "enum": list(SIDES)},
            "from_share": {"type": "string", "description": "此级自限值的几成起 from which share on"},
            "layers": texts,
            "follows": {"type": ["integer", "null"], "description": "取代的预警 the milder one it replaced"},
            "raised_at": instant,
            "steps": {
                "type": "array",
                "items": {"type": "string", "enum": actions},
                "description": "您可办的动作 what you may answer, by the process answer-alert",
            },
            "extent": {"type": ["array", "null"], "items": {"type": "number"}},
            "receipts": {"type": "array", "items": receipt},
            "changed": {"type": ["object", "null"], "description": "引起预警的变化 GeoJSON of what changed"},
            "limited": {"type": "boolean", "description": "图形受连续范围限制 shapes are not told"},
            "links": links,
        },
    }
    definition: Document = {
        "type": "object",
        "required": ["code", "edition", "title", "unit", "formula", "direction", "layers", "available"],
        "properties": {
            "title": _TITLE,
            "direction": {"type": "string", "enum": list(DIRECTIONS)},
            "layers": texts,
            "available": {"type": "boolean", "description": "您可计算 whether you may evaluate it"},
        },
    }
    value: Document = {
        "type": "object",
        "required": ["id", "datetime", "asof", "value", "no_data", "unit", "inputs_sha256", "computed_at"],
        "properties": {
            "datetime": instant,
            "asof": instant,
            "computed_at": instant,
            "value": {"type": ["string", "null"], "description": "无数据为 null,不为 0 null without data"},
            "no_data": {"oneOf": [{"type": "null"}, _TITLE]},
        },
    }

    def listed(name: str, items: Document) -> Document:
        return {
            "type": "object",
            "required": [name, "links"],
            "properties": {name: {"type": "array", "items": items}, "links": links},
        }

    return {
        "alert": alert,
        "alertList": listed("alerts", {"$ref": "#/components/schemas/alert"}),
        "indicatorList": listed("indicators", definition),
        "indicatorValues": listed("values", value),
    }
