"""Forecasts: models with their grade sheets, and what was forecast."""

from __future__ import annotations

from typing import Final

from api.openapi.parts import INSTANT, Document, Family, Situation, get, path, query
from api.rivers.forecasts import LIMIT_MOST, USES
from water.forecast.limits import WORST, limits

TAG: Final = "forecasts"
STAGES: Final = (
    *("element", "unit", "vertical_datum", "instants", "best_m", "quantiles_m", "peak", "ratings"),
    *("members", "members_outside", "thresholds", "notes"),
)


def family(situation: Situation) -> Family:
    """The routes of ``api.rivers.forecasts``."""
    read = ["f", "lang"]
    paths: Document = {
        "/forecast-models": get(
            "forecastModels",
            TAG,
            "预报方案与等级 calibrated models and their grades",
            ["forecastStation", "forecastAsof", "forecastLimit", *read],
            "forecastModels",
        ),
        "/forecast-models/{model}": get(
            "forecastModel",
            TAG,
            "一个方案:参数、资料、评定表 a model and its grade sheet",
            ["forecastModel", *read],
            "forecastModel",
        ),
        "/forecasts": get(
            "forecasts",
            TAG,
            "预报成果,以及某时刻有效的预报 forecasts, and which one stood at an instant",
            [
                *("forecastStation", "forecastUse", "forecastStart", "forecastEnd", "forecastAt"),
                *("forecastAsof", "forecastLimit", *read),
            ],
            "forecasts",
        ),
        "/forecasts/{forecast}": get(
            "forecast",
            TAG,
            "一次预报:成员、分位数、等级、检验期得分 a forecast with its members, grade and held-out scores",
            ["forecast", *read],
            "forecast",
        ),
        "/forecasts/{forecast}/stages": get(
            "forecastStages",
            TAG,
            "预报水位与达到特征水位的概率 stages by the rating curve, and how likely thresholds are reached",
            ["forecast", "forecastAsof", *read],
            "forecastStages",
        ),
        "/forecasts/{forecast}/table": get(
            "forecastTable", TAG, "预报过程表(CSV) the forecast as CSV", ["forecast"], media="text/csv"
        ),
    }
    text: Document = {"type": "string"}
    paths["/forecasts/{forecast}/table"]["get"]["responses"]["200"]["content"] = {
        "text/csv": {"schema": text}
    }
    for one in paths.values():
        one["get"]["responses"]["403"] = {"$ref": "#/components/responses/Problem"}
    digest: Document = {"type": "string", "maxLength": 64}
    parameters = {
        "forecast": path("forecast", "预报编号(摘要) id of the forecast, a digest", digest),
        "forecastModel": path("model", "方案编号(摘要) id of the model, a digest", digest),
        "forecastStation": query("station", "测站编码 code of the station", {**text, "maxLength": 8}),
        "forecastUse": query("use", "发布或参考 issued or for reference", {**text, "enum": list(USES)}),
        "forecastStart": query("start", "起报时刻自 basis from", INSTANT),
        "forecastEnd": query("end", "起报时刻至 basis until", INSTANT),
        "forecastAt": query("at", "何时有效(须给 station) which stood then, with a station", INSTANT),
        "forecastAsof": query("asof", "登记时间 what was recorded by then", INSTANT),
        "forecastLimit": query(
            "limit", "至多 at most", {"type": "integer", "minimum": 1, "maximum": LIMIT_MOST}
        ),
    }
    return Family(TAG, paths, parameters, _schemas())


def _schemas() -> Document:
    grade: Document = {"type": "string", "enum": [*(each.grade for each in limits().steps), WORST]}
    instant: Document = {"type": "string", "format": "date-time"}
    told: Document = {"issued": {"type": "boolean"}, "grade": grade, "synthetic": {"type": "boolean"}}
    model: Document = {
        "type": "object",
        "required": ["id", "station", "version", "kind", "grade", "issued", "synthetic", "stamp", "href"],
        "properties": {**told, "recorded_at": instant},
    }
    forecast: Document = {
        "type": "object",
        "required": [
            *("id", "station", "basis_at", "until", "asof", "recorded_at", "issued", "note", "grade"),
            *("peak_m3_s", "model", "model_version", "synthetic", "stamp", "href", "stages", "table"),
        ],
        "properties": {**told, "basis_at": instant, "until": instant, "asof": instant},
    }

    def listed(name: str, items: Document, **others: Document) -> Document:
        return {
            "type": "object",
            "required": [name, "more", *others],
            "properties": {name: {"type": "array", "items": items}, "more": {"type": "boolean"}, **others},
        }

    def with_record(items: Document) -> Document:
        return {**items, "required": [*items["required"], "record"]}

    return {
        "forecastModels": listed("models", model),
        "forecastModel": with_record(model),
        "forecasts": listed("forecasts", forecast, stands={"oneOf": [{"type": "null"}, forecast]}),
        "forecast": with_record(forecast),
        "forecastStages": {
            **forecast,
            "required": [*forecast["required"], *STAGES],
            "properties": {**forecast["properties"], **_stage_members()},
        },
    }


def _stage_members() -> Document:
    stage: Document = {"oneOf": [{"type": "null"}, {"type": "number"}]}
    course: Document = {"type": "array", "items": stage}
    share: Document = {"type": "number", "minimum": 0, "maximum": 1}
    return {
        "unit": {"type": "string", "enum": ["m"]},
        "best_m": course,
        "quantiles_m": {"type": "object", "additionalProperties": course},
        "ratings": {"type": "array", "items": {"type": "object", "required": ["version", "document"]}},
        "thresholds": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["kind", "value_m", "vertical_datum", "probability", "at_least", "at_most"],
                "properties": {
                    "probability": {"oneOf": [{"type": "null"}, share]},
                    "at_least": share,
                    "at_most": share,
                },
            },
        },
    }
