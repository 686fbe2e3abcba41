"""The address service: geocoding, reading of texts, façades."""

from __future__ import annotations

from api.address.asked import SIZE_MOST, TEXT_MOST
from api.address.features import LAYERS
from api.address.geocoding import STRUCTURED
from api.address.reading import ALTERNATIVES_MOST
from api.address.register import LAYERS as REGISTER
from api.address.where import RADIUS_MOST_KM, WHERE
from api.openapi.parts import INSTANT, Document, Family, Situation, get, path, query

TAG = "address"
_FEATURES = ("addressFeatures", "application/json")
_READ = ["addressText", "lang"]


def family(situation: Situation) -> Family:
    """The routes of ``api.address``, for those who see the register."""
    if not {layer.id for layer in situation.layers} >= {*REGISTER}:
        return Family(TAG, {}, {}, {})
    structured = [f"address.{name}" for name in STRUCTURED]
    near = ["pointLat", "pointLon", "circleRadius", "placeSize", "placeLayers", "lang"]
    around = [f"where.{name}" for name in WHERE]
    search = ["addressText", "placeSize", "placeLayers", *around, "lang"]
    paths: Document = {
        "/v1/search": _of("searchAddress", "地址检索 the places that a text names", search, *_FEATURES),
        "/v1/search/structured": _of(
            "searchStructured",
            "分项检索 the same by its parts",
            [*structured, "placeSize", "placeLayers", *around, "lang"],
            *_FEATURES,
        ),
        "/v1/autocomplete": _of("autocomplete", "输入提示 what is about to be written", search, *_FEATURES),
        "/v1/reverse": _of("reverseGeocode", "逆地理编码 what stands at a point", near, *_FEATURES),
        "/v1/place": _of("placesById", "按标识取地点 places by id", ["placeIds", "lang"], *_FEATURES),
        "/v1/parse": _of(
            "parseAddress", "地址解析 what a text says", ["addressText", "alternatives", "lang"]
        ),
        "/v1/standardize": _of("standardizeAddress", "地址标准化 as the register writes it", _READ),
        "/v1/validate": _of("validateAddress", "地址核验 whether all of it is in the register", _READ),
        "/v1/compare": _of(
            "compareAddresses", "地址比对 whether two texts name one place", ["one", "other", "lang"]
        ),
        "/v1/resolve/{code}": _of(
            "resolveCode",
            "编码解析 what any code names",
            ["addressCode", "resolvedDatetime", "resolvedAsof", "lang"],
        ),
        "/v1/plates/{code}": _of(
            "plate",
            "门牌 plate of a place",
            ["addressCode", "plateKind", "plateForm", "lang"],
            media="image/svg+xml",
        ),
        "/v3/geocode/geo": _of("amapGeo", "高德形式:地理编码", ["amapAddress", "amapBatch", "frameOut"]),
        "/v3/geocode/regeo": _of(
            "amapRegeo", "高德形式:逆地理编码", ["amapLocations", "amapRadius", "amapBatch", "frameOut"]
        ),
        "/v3/assistant/inputtips": _of("amapTips", "高德形式:输入提示", ["amapKeywords", "frameOut"]),
        "/geocoder": _of("tiandituGeocoder", "天地图形式:地理编码与逆编码", ["ds", "postStr", "frameOut"]),
    }
    return Family(TAG, paths, _parameters(), _schemas())


def _of(
    name: str, summary: str, parameters: list[str], schema: str = "object", media: str = "application/json"
) -> Document:
    made = get(name, TAG, summary, parameters, schema, media)
    problem = {"$ref": "#/components/responses/Problem"}
    made["get"]["responses"] |= {"401": problem, "403": problem}
    if name == "plate":
        binary = {"type": "string"}
        made["get"]["responses"]["200"]["content"] = {
            "image/svg+xml": {"schema": binary},
            "image/png": {"schema": {"type": "string", "format": "binary"}},
        }
    return made


def _parameters() -> Document:
    text = {"type": "string", "minLength": 1, "maxLength": TEXT_MOST}
    required = {"required": True}
    return {
        "addressText": query("text", "地址文字 the text", text) | required,
        "one": query("one", "一段文字 a text", text) | required,
        "other": query("other", "另一段文字 the other", text) | required,
        "placeSize": query("size", "条数 at most", {"type": "integer", "minimum": 1, "maximum": SIZE_MOST}),
        "placeLayers": query(
            "layers",
            "种类 kinds",
            {"type": "array", "minItems": 1, "items": {"type": "string", "enum": [*LAYERS]}},
        ),
        "pointLat": query("point.lat", "纬度 CGCS2000", {"type": "number", "minimum": -90, "maximum": 90})
        | required,
        "pointLon": query("point.lon", "经度 CGCS2000", {"type": "number", "minimum": -180, "maximum": 180})
        | required,
        "circleRadius": query(
            "boundary.circle.radius", "半径 km", {"type": "number", "minimum": 0.001, "maximum": 5}
        ),
        "placeIds": query("ids", "标识、编码,逗号分隔 ids or codes", text) | required,
        "alternatives": query(
            "alternatives",
            "另几种读法 other readings",
            {"type": "integer", "minimum": 0, "maximum": ALTERNATIVES_MOST},
        ),
        "addressCode": path("code", "任一编码、标识或门牌号 any code", {"type": "string", "minLength": 1}),
        "resolvedDatetime": query(
            "datetime", "有效时间,缺省为现在 instant of valid time, now unless told", INSTANT
        ),
        "resolvedAsof": query("asof", "登记时间:当时所知 instant of recorded time: as known then", INSTANT),
        "plateKind": query(
            "kind",
            "门牌种类 kind",
            {"type": "string", "enum": ["large", "medium", "small", "building", "unit", "room"]},
        ),
        "plateForm": query("f", "整块门牌或仅二维码", {"type": "string", "enum": ["svg", "qr", "png"]}),
        "frameOut": query("frame", "坐标系 frame", {"type": "string", "enum": ["cgcs2000", "gcj02"]}),
        "amapAddress": query("address", "地址 the address", text) | required,
        "amapBatch": query("batch", "用 | 分隔多个", {"type": "string", "enum": ["true", "false"]}),
        "amapLocations": query("location", "经度,纬度", {"type": "string"}) | required,
        "amapRadius": query("radius", "半径 m", {"type": "integer", "minimum": 0, "maximum": 3000}),
        "amapKeywords": query("keywords", "关键字 the text", text) | required,
        "ds": query("ds", '{"keyWord":"…"}', {"type": "string"}),
        "postStr": query("postStr", '{"lon":…,"lat":…}', {"type": "string"}),
        **{f"where.{name}": _where(name) for name in WHERE},
        **{f"address.{name}": query(name, "地址的一部分 a part of the address", text) for name in STRUCTURED},
    }


def _where(name: str) -> Document:
    if name == "boundary.gid":
        return query(name, "在其内 key or code of what it lies in", {"type": "string", "minLength": 1})
    if name.endswith("radius"):
        kilometres = {"type": "number", "minimum": 0.001, "maximum": RADIUS_MOST_KM}
        return query(name, "半径 km", kilometres)
    most = 90 if "lat" in name else 180
    said = "近者在前 the nearer first" if name.startswith("focus") else "范围 within"
    return query(name, f"{said} (CGCS2000)", {"type": "number", "minimum": -most, "maximum": most})


def _schemas() -> Document:
    feature = {
        "type": "object",
        "required": ["type", "geometry", "properties"],
        "properties": {
            "type": {"const": "Feature"},
            "geometry": {"type": ["object", "null"]},
            "properties": {"type": "object", "required": ["gid", "layer", "label"]},
        },
    }
    return {
        "addressFeatures": {
            "type": "object",
            "required": ["type", "geocoding", "features"],
            "properties": {
                "type": {"const": "FeatureCollection"},
                "geocoding": {"type": "object"},
                "features": {"type": "array", "items": feature},
            },
        }
    }
