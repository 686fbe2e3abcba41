"""Differences of two states, and the change feed."""

from __future__ import annotations

from api.openapi.parts import Document, Family, Situation, get, query, stream

TAG = "changes"
_PAGE = ["changesLimit", "bbox", "bbox-crs", "changesAfter", "f", "lang"]


def family(situation: Situation) -> Family:
    """The routes of ``api.changes`` and ``api.feed``."""
    paths: Document = {
        "/collections/{id}/changes": get(
            "changesBetween",
            TAG,
            "两个状态之间的变化 what differs between two states",
            ["id", "from", "to", "axis", "changesDatetime", "asof", *_PAGE],
            "changes",
            "application/geo+json",
        ),
        "/changesets/{number}/changes": get(
            "changesOfChangeset",
            TAG,
            "一个变更集改了什么 what one changeset changed",
            ["number", *_PAGE],
            "changes",
            "application/geo+json",
        ),
        "/changes": _gone(
            get(
                "feed",
                TAG,
                "变更流:各图层的变更集,按同一次序 changesets of all layers in one order",
                ["since", "layers", "changesetLimit", "f", "lang"],
                "feed",
            )
        ),
        "/changes/stream": stream(
            "feedStream", TAG, "变更流,服务器推送 the feed as server-sent events", ["layers"]
        ),
    }
    return Family(TAG, paths, _parameters(), _schemas())


def _gone(operation: Document) -> Document:
    """With the answer to a cursor that the database does not know any more."""
    operation["get"]["responses"]["409"] = {"$ref": "#/components/responses/Problem"}
    return operation


def _parameters() -> Document:
    end = "变更集编号,或时刻、日期(北京时间) a changeset number, or an instant, or a Beijing day"
    return {
        "from": query("from", f"起:{end}", {"type": "string"}),
        "to": query("to", f"至:{end}", {"type": "string"}),
        "axis": query(
            "axis",
            "recorded:登记时间,所知之变;valid:有效时间,实地之变 "
            "what was believed differently, or what is true differently",
            {"type": "string", "enum": ["recorded", "valid"], "default": "recorded"},
        ),
        "changesDatetime": query(
            "datetime",
            "axis=recorded:看哪一时刻的图;../.. 为全部版本 the map of which instant; ../.. for all versions",
            {"type": "string"},
        ),
        "changesLimit": query(
            "limit",
            "每页变化数 changes on a page",
            {"type": "integer", "minimum": 1, "default": 100},
        ),
        "changesAfter": query("after", "续页标记,取自 next 链接 cursor of a next link", {"type": "string"}),
        "since": query(
            "since",
            "上次应答的 next;now 为从此刻起;缺省从头(推送则从此刻起) "
            "next of an earlier answer; now; the beginning where missing (now for the stream)",
            {"type": "string"},
        ),
        "layers": query("layers", "只看这些图层,以逗号分隔 of these layers alone", {"type": "string"}),
        "lastEventId": {
            "name": "Last-Event-ID",
            "in": "header",
            "required": False,
            "description": "断线后从此续读 where a client that lost its connection goes on",
            "schema": {"type": "string"},
        },
    }


def _schemas() -> Document:
    links = {"type": "array", "items": {"$ref": "#/components/schemas/link"}}
    field = {
        "type": "object",
        "required": ["name", "old", "new"],
        "properties": {"name": {"type": "string"}, "old": {}, "new": {}},
    }
    change = {
        "allOf": [{"$ref": "#/components/schemas/item"}],
        "required": ["change"],
        "properties": {
            "change": {"type": "string", "enum": ["insert", "update", "delete"]},
            "fields": {"type": "array", "items": field},
        },
    }
    state = {
        "type": "object",
        "required": ["changeset", "recorded_at", "datetime"],
        "properties": {
            "changeset": {"type": "integer", "minimum": 0},
            "recorded_at": {"type": ["string", "null"], "format": "date-time"},
            "datetime": {"type": ["string", "null"], "format": "date-time"},
        },
    }
    return {
        "changes": {
            "type": "object",
            "required": ["type", "features", "numberReturned", "onemap:older", "onemap:newer", "links"],
            "properties": {
                "type": {"const": "FeatureCollection"},
                "features": {"type": "array", "items": change},
                "numberReturned": {"type": "integer", "minimum": 0},
                "onemap:older": state,
                "onemap:newer": state,
                "onemap:synthetic": {"type": "string"},
                "links": links,
            },
        },
        "feed": {
            "type": "object",
            "required": ["changesets", "numberReturned", "next", "more", "links"],
            "properties": {
                "changesets": {"type": "array", "items": {"type": "object", "required": ["cursor", "id"]}},
                "numberReturned": {"type": "integer", "minimum": 0},
                "next": {"type": "string", "description": "游标 the cursor to go on from"},
                "more": {"type": "boolean", "description": "后面已有 more can be had at once"},
                "links": links,
            },
        },
    }
