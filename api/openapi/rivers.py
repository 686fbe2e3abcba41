"""Claims, works, defects and gauges of the rivers."""

from __future__ import annotations

from api.openapi.parts import INSTANT, Document, Family, Situation, get, path, query
from api.rivers.gauges import SPREAD_MOST
from api.rivers.works import ALONG_MOST, KINDS
from water.gauges import sl323
from water.gauges.station import ELEMENTS
from water.works.claim import Bound, Standing
from water.works.datum import VerticalDatum
from water.works.offset import MEANINGLESS
from water.works.papers import KINDS as PAPERS
from water.works.stretch import Bank

TAG = "rivers"
_TITLE: Document = {
    "type": "object",
    "required": ["zh", "en"],
    "properties": {"zh": {"type": "string"}, "en": {"type": "string"}},
}
_TEXT: Document = {"type": "string"}


def family(situation: Situation) -> Family:
    """The routes of ``api.rivers``."""
    at = ["riverDatetime", "riverAsof", "f", "lang"]
    paths: Document = {
        "/rivers/claim-properties": get(
            "claimProperties", TAG, "主张的属性词表 what can be claimed", ["f", "lang"], "claimProperties"
        ),
        "/rivers/subjects": get("claimSubjects", TAG, "有主张的对象 what is spoken of", at, "claimSubjects"),
        "/rivers/subjects/{subject}/claims": get(
            "claimsOf", TAG, "一个对象的全部主张 all that is claimed of it", ["claimSubject", *at], "claimsOf"
        ),
        "/rivers/claims/{claim}": get(
            "riverClaim",
            TAG,
            "一条主张及其历史 a claim and its history",
            ["claim", "f", "lang"],
            "riverClaim",
        ),
    }
    paths |= {
        "/rivers/{route}/along": get(
            "alongRiver",
            TAG,
            "沿河所有:工程、缺陷、巡查、文档 what lies along a river, going down it",
            ["route", "chainageFrom", "chainageTo", "bank", "alongKinds", "alongLimit", *at],
            "alongRiver",
        ),
        "/rivers/defects/{defect}": get(
            "riverDefect",
            TAG,
            "一项缺陷的办理 the steps a defect has taken",
            ["defect", "f", "lang"],
            "riverDefect",
        ),
        "/rivers/documents/{sha256}": get(
            "riverDocument", TAG, "文档或照片原件 a document or photograph", ["sha256"], media="*/*"
        ),
    }
    paths["/rivers/sections/{section}"] = get(
        "riverSection",
        TAG,
        "断面及其测点 a cross-section with its points",
        ["section", "verticalDatum", *at],
        "riverSection",
    )
    paths["/rivers/documents/{sha256}"]["get"]["responses"]["200"]["content"] = {
        kind: {"schema": {"type": "string", "format": "binary"}} for kind in PAPERS
    }
    paths |= _gauges(at)
    paths |= _cameras(at)
    for one in paths.values():
        one["get"]["responses"]["403"] = {"$ref": "#/components/responses/Problem"}
    parameters = {
        **_gauge_parameters(),
        "riverDatetime": query("datetime", "有效时间 when it holds", INSTANT),
        "riverAsof": query("asof", "登记时间 as it was known then", INSTANT),
        "claimSubject": path("subject", "对象标识 id of the subject"),
        "claim": path("claim", "主张编号 id of the claim"),
        "route": path("route", "河道中心线编号 id of the route"),
        "camera": path("camera", "视频点编号 id of the camera"),
        "slot": path("slot", "抓拍时刻 when it was due", INSTANT),
        "section": path("section", "断面编号 id of the section"),
        "verticalDatum": query(
            "vertical_datum",
            "高程所用基面,按登记的换算差 datum of the heights, by offsets on record",
            {"type": "string", "enum": [each.value for each in VerticalDatum if each not in MEANINGLESS]},
        ),
        "defect": path("defect", "缺陷编号 number of the defect"),
        "sha256": path(
            "sha256", "内容摘要 digest of the content", {"type": "string", "pattern": "^[0-9a-f]{64}$"}
        ),
        "chainageFrom": query("from", "起始桩号(米) chainage, m", {"type": "number", "minimum": 0}),
        "chainageTo": query("to", "终止桩号(米) chainage, m", {"type": "number", "minimum": 0}),
        "bank": query("bank", "岸别 bank", {"type": "string", "enum": [each.value for each in Bank]}),
        "alongKinds": query(
            "kinds",
            "只看这些 only these",
            {
                "type": "array",
                "items": {"type": "string", "enum": list(KINDS)},
                "minItems": 1,
                "uniqueItems": True,
            },
        ),
        "alongLimit": query(
            "limit", "至多 at most", {"type": "integer", "minimum": 1, "maximum": ALONG_MOST}
        ),
    }
    return Family(TAG, paths, parameters, _schemas())


def _gauges(at: list[str]) -> Document:
    """The routes of ``api.rivers.gauges``."""
    span = ["gaugeElement", "gaugeStart", "gaugeEnd", "riverAsof"]
    station = "/rivers/stations/{station}"
    paths: Document = {
        "/rivers/stations": get("gaugeStations", TAG, "水情测站 gauging stations", at, "gaugeStations"),
        "/rivers/stages": get(
            "gaugeStages",
            TAG,
            "超特征值或上涨的测站 stages above a threshold or rising",
            at,
            "gaugeStages",
        ),
        station: get(
            "gaugeStation", TAG, "一个测站:特征值与最新值 a station", ["station", *at], "gaugeStation"
        ),
        f"{station}/series": get(
            "gaugeSeries",
            TAG,
            "要素过程线与缺测 values of an element, with their gaps",
            ["station", *span, "gaugeStep", "gaugeFill", "gaugeSpread", "f", "lang"],
            "gaugeSeries",
        ),
        f"{station}/waterml": get(
            "gaugeWaterml", TAG, "WaterML 2.0", ["station", *span], media="application/xml"
        ),
        f"{station}/ratings": get(
            "gaugeRatings",
            TAG,
            "水位流量关系 rating curves",
            ["station", "riverAsof", "f", "lang"],
            "gaugeRatings",
        ),
        "/rivers/sl323/{table}": get(
            "sl323Table",
            TAG,
            "SL 323 表(CSV) a table of SL 323",
            ["sl323Table", "gaugeStart", "gaugeEnd", "gaugeOf", "verticalDatum"],
            media="text/csv",
        ),
    }
    for address, media in ((f"{station}/waterml", "application/xml"), ("/rivers/sl323/{table}", "text/csv")):
        paths[address]["get"]["responses"]["200"]["content"] = {media: {"schema": _TEXT}}
    return paths


def _cameras(at: list[str]) -> Document:
    """The routes of ``api.rivers.cameras``."""
    one = "/rivers/cameras/{camera}"
    paths: Document = {
        "/rivers/cameras": get("riverCameras", TAG, "河道视频点 river cameras", at, "riverCameras"),
        one: get("riverCamera", TAG, "一个视频点 a camera", ["camera", *at], "riverCamera"),
        f"{one}/snapshots": get(
            "riverSnapshots",
            TAG,
            "抓拍与缺图 snapshots, and why there is none",
            ["camera", "gaugeStart", "gaugeEnd", "f", "lang"],
            "riverSnapshots",
        ),
        f"{one}/snapshots/{{slot}}": get(
            "riverSnapshot", TAG, "一张画面 a picture", ["camera", "slot"], media="*/*"
        ),
    }
    paths[f"{one}/snapshots/{{slot}}"]["get"]["responses"]["200"]["content"] = {
        kind: {"schema": {"type": "string", "format": "binary"}}
        for kind in ("image/jpeg", "image/png", "image/tiff")
    }
    return paths


def _gauge_parameters() -> dict[str, Document]:
    seconds: Document = {"type": "integer", "minimum": 1, "maximum": 86_400}
    return {
        "station": path("station", "测站编码 code of the station"),
        "sl323Table": path(
            "table", "表名 name of the table", {"type": "string", "enum": list(sl323.shipped())}
        ),
        "gaugeElement": query("element", "要素 element", {"type": "string", "enum": list(ELEMENTS)}),
        "gaugeStart": query("start", "起 from", INSTANT),
        "gaugeEnd": query("end", "止 until", INSTANT),
        "gaugeStep": query("step", "应有的时间步长(秒) step of time, s", seconds),
        "gaugeFill": query("fill", "插补不超过此长的缺测(秒) fill gaps up to this long, s", seconds),
        "gaugeSpread": query(
            "spread",
            "每小时标准差,插补时须给 needed to fill",
            {"type": "number", "minimum": 0, "maximum": SPREAD_MOST},
        ),
        "gaugeOf": query("station", "只取此测站 this station alone", {"type": "string", "maxLength": 8}),
    }


def _schemas() -> Document:
    number: Document = {"type": ["number", "null"]}
    instant: Document = {"type": "string", "format": "date-time"}
    choice: Document = {
        "type": "object",
        "required": ["claim", "reason", "chosen_by", "department", "from", "recorded_at"],
        "properties": {"from": instant, "recorded_at": instant},
    }
    claim: Document = {
        "type": "object",
        "required": [
            *(
                "id",
                "subject",
                "property",
                "scope",
                "applies_to",
                "value",
                "value_to",
                "bound",
                "text",
                "unit",
            ),
            *("vertical_datum", "source", "standing", "note", "entered_by", "entered_at", "changeset"),
        ],
        "properties": {
            "value": number,
            "value_to": number,
            "told": _TITLE,
            "bound": {"type": "string", "enum": [each.value for each in Bound]},
            "unit": {"type": ["string", "null"], "description": "UCUM"},
            "vertical_datum": {"type": "string", "enum": [each.value for each in VerticalDatum]},
            "standing": {"type": "string", "enum": [each.value for each in Standing]},
            "source": {"type": "object", "required": ["document", "page", "date", "author"]},
            "entered_at": instant,
        },
    }
    answer: Document = {
        "type": "object",
        "required": ["property", "title", "conflict", "groups", "shown", "choice", "claims"],
        "properties": {
            "title": _TITLE,
            "conflict": {"type": "boolean", "description": "主张互相矛盾 they contradict each other"},
            "groups": {"type": "array", "items": {"type": "array", "items": _TEXT}},
            "shown": {"type": ["string", "null"], "description": "矛盾而未采用则为 null null until chosen"},
            "choice": {"oneOf": [{"type": "null"}, choice]},
            "claims": {"type": "array", "items": claim},
        },
    }

    def listed(name: str, items: Document) -> Document:
        return {
            "type": "object",
            "required": [name],
            "properties": {name: {"type": "array", "items": items}},
        }

    return {
        "claimProperties": listed("properties", {"type": "object", "required": ["id", "quantity", "unit"]}),
        "claimSubjects": listed("subjects", {"type": "object", "required": ["kind", "id", "name", "claims"]}),
        "claimsOf": listed("answers", answer),
        "riverClaim": claim,
        "gaugeStations": listed("stations", {"type": "object", "required": ["id", "name", "kind"]}),
        "gaugeStages": listed("stages", {"type": "object", "required": ["station", "stage", "reached"]}),
        "gaugeStation": {
            "type": "object",
            "required": ["id", "vertical_datum", "thresholds", "latest", "datastreams", "synthetic"],
        },
        "gaugeSeries": {
            "type": "object",
            "required": ["station", "element", "unit", "vertical_datum", "synthetic", "points", "gaps"],
        },
        "gaugeRatings": listed(
            "ratings", {"type": "object", "required": ["version", "segments", "uncertainty", "document"]}
        ),
        "riverCameras": listed(
            "cameras", {"type": "object", "required": ["id", "pose", "route_id", "chainage_m", "bank"]}
        ),
        "riverCamera": {
            "type": "object",
            "required": ["id", "pose", "view", "route_id", "chainage_m", "latest"],
        },
        "riverSnapshots": {
            "type": "object",
            "required": ["camera", "every_s", "more", "snapshots", "gaps"],
        },
        "riverSection": {"type": "object", "required": ["id", "vertical_datum", "synthetic", "points"]},
        "alongRiver": listed("features", {"type": "object", "required": ["type", "id", "properties"]}),
        "riverDefect": listed(
            "steps", {"type": "object", "required": ["status", "from", "by", "recorded_at"]}
        ),
    }
