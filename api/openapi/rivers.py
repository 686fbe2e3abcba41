"""Claims, works, defects and gauges of the rivers."""

from __future__ import annotations

from api.openapi.parts import INSTANT, Document, Family, Situation, get, path, query
from water.works.claim import Bound, Standing
from water.works.datum import VerticalDatum

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
    for one in paths.values():
        one["get"]["responses"]["403"] = {"$ref": "#/components/responses/Problem"}
    parameters = {
        "riverDatetime": query("datetime", "有效时间 when it holds", INSTANT),
        "riverAsof": query("asof", "登记时间 as it was known then", INSTANT),
        "claimSubject": path("subject", "对象标识 id of the subject"),
        "claim": path("claim", "主张编号 id of the claim"),
    }
    return Family(TAG, paths, parameters, _schemas())


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
    }
