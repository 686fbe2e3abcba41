"""Metrics and usage."""

from __future__ import annotations

from api.openapi.parts import INSTANT, Document, Family, Situation, get, query

TAG = "operations"


def family(situation: Situation) -> Family:
    """The routes of ``api.metrics`` and ``api.usage``."""
    paths: Document = {
        "/metrics": get("metrics", TAG, "监控指标 for Prometheus", [], "text", "text/plain"),
        "/usage": get(
            "usage",
            TAG,
            "用量 who called what how often",
            ["usageOf", "usageFrom", "usageTo", "by", "f", "lang"],
            "usage",
        ),
    }
    for path in paths.values():
        for code in ("401", "403"):
            path["get"]["responses"][code] = {"$ref": "#/components/responses/Problem"}
    parameters = {
        "usageOf": query("department", "部门 department", {"type": "string"}),
        "usageFrom": query("from", "自此时刻或日期 from this instant or day on", INSTANT),
        "usageTo": query("to", "至此时刻或日期 up to this instant or day", INSTANT),
        "by": query(
            "by", "时段 period", {"type": "string", "enum": ["minute", "day", "month"], "default": "day"}
        ),
    }
    return Family(TAG, paths, parameters, {"text": {"type": "string"}, "usage": _usage()})


def _usage() -> Document:
    text, whole = {"type": "string"}, {"type": "integer", "minimum": 0}
    names = ("period", "department", "credential", "collection", "operation")
    sums = ("status_class", "calls", "rows", "bytes", "duration_us")
    return {
        "type": "object",
        "required": ["by", "usage", "complete"],
        "properties": {
            "by": text,
            "from": {"type": ["string", "null"], "format": "date-time"},
            "to": {"type": ["string", "null"], "format": "date-time"},
            "complete": {"type": "boolean", "description": "false:超出行数上限 more than fits"},
            "numberReturned": whole,
            "usage": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": [*names, *sums],
                    "properties": {**dict.fromkeys(names, text), **dict.fromkeys(sums, whole)},
                },
            },
        },
    }
