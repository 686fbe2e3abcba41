"""Versions and changesets."""

from __future__ import annotations

from api.openapi.parts import DATETIME, Document, Family, Situation, get, path, query

TAG = "history"


def family(situation: Situation) -> Family:
    """The routes of ``api.history``."""
    paths: Document = {
        "/collections/{id}/items/{fid}/versions": get(
            "versions",
            TAG,
            "一个要素的全部版本 every version of one item",
            ["id", "fid", "f", "lang"],
            media="application/geo+json",
        ),
        "/changesets": get(
            "changesets",
            TAG,
            "变更集 who changed what, when and why",
            ["layer", "department", "author", "recorded", "changesetLimit", "before", "newer", "f", "lang"],
            "object",
        ),
        "/changesets/{number}": get(
            "changeset", TAG, "一个变更集 one changeset", ["number", "f", "lang"], "object"
        ),
    }
    parameters = {
        "number": path("number", "变更集编号 changeset number", {"type": "integer", "minimum": 1}),
        "layer": query("layer", "只看此图层 of one layer", {"type": "string"}),
        "changesetLimit": query(
            "limit",
            "条数,多于 1000 时给 1000 how many, more than 1000 is cut",
            {"type": "integer", "minimum": 1, "default": 100},
        ),
        "before": query("before", "早于此编号 older than this number", {"type": "integer", "minimum": 1}),
        "newer": query("after", "晚于此编号 newer than this number", {"type": "integer", "minimum": 1}),
        "department": query("department", "部门 department", {"type": "string"}),
        "author": query("author", "经办 author", {"type": "string"}),
        "recorded": query("datetime", "登记时间:时刻、日期或区间 recorded time", DATETIME),
    }
    return Family(TAG, paths, parameters, {})
