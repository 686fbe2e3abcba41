"""``forecast-calibrate`` 率定 and ``flood-forecast`` 洪水预报."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from spatial.access.model import Right
from spatial.catalogue.contract import Title
from spatial.jobs.model import Outputs
from spatial.jobs.process import Context, Described, Inputs, Process, Schema
from spatial.jobs.processes.parts import INSTANT, OBJECT, described
from water.gauges.layers import STATIONS
from water.processes.asking import STATION

MEMBERS_MOST: Final = 500
LEAD_MOST_H: Final = 240
STEPS_H: Final = (1, 2, 3, 6, 12, 24)
OBJECTIVES: Final = ("dc-floods", "dc", "kge")
KINDS: Final = ("xinanjiang", "xinanjiang-infiltration", "gr4j")
_SEED: Final[Schema] = {"type": "integer", "minimum": 0, "maximum": 2**53 - 1}
_TEXT: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": 300}
_FLOW: Final[Schema] = {"type": "number", "exclusiveMinimum": 0, "maximum": 1e6}


def _calibrate(context: Context, inputs: Inputs) -> Outputs:
    from water.forecast.processes.calibrating_work import run

    return run(context, inputs)


def _forecast(context: Context, inputs: Inputs) -> Outputs:
    from water.forecast.processes.forecasting_work import run

    return run(context, inputs)


def _needs(_: Inputs) -> Mapping[str, Right]:
    return {STATIONS: Right.EDIT}


def _integer(low: int, high: int) -> Schema:
    return {"type": "integer", "minimum": low, "maximum": high}


def _listed(items: Schema, low: int, high: int, **others: Any) -> Schema:
    return {"type": "array", "minItems": low, "maxItems": high, "items": items, **others}


def _may(zh: str, en: str, schema: Schema) -> Described:
    return described(zh, en, schema, required=False)


_ASOF: Final = _may("登记时间(复算用)", "as of when observations were believed", INSTANT)
_RAIN_STATION: Final[Schema] = {
    "type": "object",
    "required": ["station"],
    "additionalProperties": False,
    "properties": {
        "station": STATION,
        "weight": {"type": "number", "exclusiveMinimum": 0, "maximum": 1000},
    },
}
_BOUNDS: Final[Schema] = {
    "type": "object",
    "maxProperties": 20,
    "additionalProperties": _listed({"type": "number"}, 2, 2),
}
_AHEAD: Final[Schema] = {
    "type": "object",
    "required": ["kind"],
    "additionalProperties": False,
    "properties": {
        "kind": {"type": "string", "enum": ["none", "given", "history"]},
        "mm": _listed({"type": "number", "minimum": 0, "maximum": 1000}, 1, LEAD_MOST_H),
        "source": _TEXT,
    },
}

FORECAST_CALIBRATE: Final = Process(
    id="forecast-calibrate",
    version="1.0.0",
    title=Title("预报方案率定与评定", "Calibrate and grade a forecast model"),
    description=Title(
        "以观测库中的雨量、蒸发和流量率定降雨径流模型(SCE-UA,目标函数、范围、种子、次数均记录),在留出的年份"
        "(至少两年)上按 GB/T 22482 评定,并与 GR4J、持续法、气候平均并列。方案按摘要登记,登记后不再改动。",
        "Calibrates a rainfall-runoff model on rain, evaporation and discharge of the observations by SCE-UA;"
        " grades it by GB/T 22482 on the years held out (two at least), beside GR4J, persistence and"
        " climatology. Objective, bounds, seed and evaluations are recorded; a model is never changed.",
    ),
    inputs={
        "station": described("测站编码", "station whose discharge is forecast", STATION),
        "element": _may(
            "流量要素", "which discharge", {"type": "string", "enum": ["discharge", "rated-discharge"]}
        ),
        "rain": described("雨量站与权重", "rain stations, with weights", _listed(_RAIN_STATION, 1, 50)),
        "evaporation_mm_d": _may(
            "各月日均蒸发(mm/d)",
            "evaporation of each month, mm a day",
            _listed({"type": "number", "minimum": 0, "maximum": 50}, 12, 12),
        ),
        "evaporation_source": _may("蒸发来源", "source of the monthly evaporation", _TEXT),
        "evaporation_station": _may("蒸发站", "an evaporation station", STATION),
        "start": described("资料起", "beginning of the record", INSTANT),
        "end": described("资料止", "end of the record", INSTANT),
        "step_h": _may("计算时段(小时)", "step, hours", {"type": "integer", "enum": list(STEPS_H)}),
        "area_km2": _may("集水面积(km²)", "drainage area where the station has none", _FLOW),
        "model": _may("模型", "which model", {"type": "string", "enum": list(KINDS)}),
        "objective": _may("目标函数", "objective", {"type": "string", "enum": list(OBJECTIVES)}),
        "held_out_years": _may(
            "检验年份(不参与率定),不给则最后两年",
            "years held out, else the last two",
            _listed(_integer(1800, 2199), 1, 50, uniqueItems=True),
        ),
        "warm_up_days": _may("预热期(天)", "days before anything counts", _integer(30, 1000)),
        "threshold_m3_s": _may("起涨流量", "discharge above which a flood is", _FLOW),
        "peak_least_m3_s": _may("最小洪峰", "least peak of a flood", _FLOW),
        "bounds": _may("参数范围", "narrower bounds of parameters", _BOUNDS),
        "seed": _may("随机种子", "seed", _SEED),
        "evaluations": _may("计算次数上限", "evaluations at most", _integer(100, 200_000)),
        "complexes": _may("复形数", "complexes", _integer(1, 64)),
        "asof": _ASOF,
    },
    outputs={"model": described("预报方案与评定", "the model and its grade sheet", OBJECT)},
    run=_calibrate,
    needs=_needs,
    entire=True,
    synchronous=False,
)

FLOOD_FORECAST: Final = Process(
    id="flood-forecast",
    version="1.0.0",
    title=Title("洪水预报", "Forecast a flood"),
    description=Title(
        "用率定过的方案,自起报时刻的观测作集合预报(实时校正,附等级、预见期、检验期得分)。依据的测站中断则拒绝"
        "并指明测站;丙等及以下的方案不予发布,只可按 use=reference 存为参考。"
        "同样的输入与 asof 复算得同样的字节。",
        "An ensemble forecast from the observations at its basis with a calibrated model, corrected in real"
        " time; it carries grade, lead and held-out scores. A dead station is refused by name. A model of"
        " grade 丙 or worse issues nothing; use=reference keeps its forecast for reference. Replayed with the"
        " same inputs and asof it gives the same bytes.",
    ),
    inputs={
        "station": described("测站编码", "station", STATION),
        "version": _may("方案版本,不给则最新", "version of the model, else the newest", _integer(1, 10**6)),
        "at": _may(
            "起报时刻,不给则现在;取不晚于它的时段末",
            "basis of the forecast, else now; the last end of a step that is not later",
            INSTANT,
        ),
        "asof": _ASOF,
        "lead_h": _may("预见期(小时)", "lead, hours", _integer(1, LEAD_MOST_H)),
        "rain": described(
            "预见期降水:none 无雨,given 给定(mm 与来源),history 历史同期",
            "rain to come: none, given by mm of each step with its source, or as in other years",
            _AHEAD,
        ),
        "members": _may("成员数", "members", _integer(5, MEMBERS_MOST)),
        "rain_spread": _may(
            "雨量误差(对数标准差)",
            "spread of the logarithm of rain",
            {"type": "number", "minimum": 0, "maximum": 1},
        ),
        "seed": _may("随机种子", "seed", _SEED),
        "leave_out": _may(
            "停用的雨量站", "rain stations left out", _listed(STATION, 0, 50, uniqueItems=True)
        ),
        "thresholds_m3_s": _may(
            "超限概率的流量", "discharges to tell the exceedance of", _listed(_FLOW, 0, 20)
        ),
        "use": _may(
            "issue 发布,reference 参考",
            "issue, or reference only",
            {"type": "string", "enum": ["issue", "reference"]},
        ),
    },
    outputs={
        "forecast": described("预报成果", "the forecast", OBJECT),
        "warnings": described(
            "超限概率与随即作出的预警判定",
            "what it says to rules of exceedance, and the evaluation",
            OBJECT,
        ),
        "table": described("过程表(CSV)", "the forecast as CSV", {"type": "string"}),
    },
    run=_forecast,
    needs=_needs,
    entire=True,
    synchronous=False,
)

FORECASTS: Final = (FORECAST_CALIBRATE, FLOOD_FORECAST)
"""Every process of forecasting."""
