"""The catalogue's records."""

from __future__ import annotations

from api.openapi.parts import Document, Family, Situation, get, path, query
from api.records import SORTABLES

TAG = "records"
_GEOJSON = "application/geo+json"
_SCHEMA = "application/schema+json"
_BASE = "/collections/records"
_DESCRIBED = ("f", "lang")
_SEARCH = ("recordLimit", "offset", "bbox", "datetime", "recordQ", "type", "ids", "externalIds", "recordSort")


def family(situation: Situation) -> Family:
    """The routes of ``api.records``."""
    paths: Document = {
        _BASE: get("catalogue", TAG, "数据目录 the catalogue", _DESCRIBED),
        f"{_BASE}/items": get(
            "records", TAG, "检索元数据 search records", [*_SEARCH, *_DESCRIBED], media=_GEOJSON
        ),
        f"{_BASE}/items/{{record}}": get(
            "record", TAG, "一条元数据 one record", ["record", *_DESCRIBED], media=_GEOJSON
        ),
        f"{_BASE}/queryables": get(
            "recordQueryables", TAG, "可查询属性 queryables", _DESCRIBED, media=_SCHEMA
        ),
        f"{_BASE}/sortables": get("recordSortables", TAG, "可排序属性 sortables", _DESCRIBED, media=_SCHEMA),
    }
    texts = {"type": "array", "items": {"type": "string", "pattern": "^[^,\\s]+$"}, "minItems": 1}
    keys = [sign + name for name in SORTABLES for sign in ("", "+", "-")]
    parameters = {
        "record": path("record", "记录标识,即图层标识 record id, the layer's"),
        "recordLimit": query(
            "limit", "每页条数 records on a page", {"type": "integer", "minimum": 1, "default": 10}
        ),
        "offset": query(
            "offset", "跳过条数 records to skip", {"type": "integer", "minimum": 0, "default": 0}
        ),
        "recordQ": query("q", "检索词,逗号为或,空格为词组 comma: or; blank: phrase", texts),
        "type": query("type", "资源类型 type of resource", texts),
        "ids": query("ids", "记录标识 record ids", texts),
        "externalIds": query("externalIds", "外部标识 external identifiers", texts),
        "recordSort": query(
            "sortby",
            "排序,+ 升 - 降 sort keys",
            {"type": "array", "items": {"type": "string", "enum": keys}, "minItems": 1},
        ),
    }
    return Family(TAG, paths, parameters, {})
