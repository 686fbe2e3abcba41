"""``station-bind``, ``rating-record``, ``gate-table-record``, ``threshold-record``, ``discharge-derive``,
``sl323-load``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from spatial.access.model import Right
from spatial.catalogue.contract import Title
from spatial.jobs.model import Outputs
from spatial.jobs.process import Context, Described, Inputs, Process, Schema
from spatial.jobs.processes.parts import INSTANT, OBJECT, SIGNED, described
from water.gauges import sl323
from water.gauges.layers import GATE_TABLES, RATINGS, STATIONS, THRESHOLDS, contract
from water.gauges.station import Mark
from water.processes.asking import STATION
from water.works.datum import VerticalDatum
from water.works.layers import OFFSETS
from water.works.offset import MEANINGLESS

FILE_CHARACTERS_MOST: Final = 32 << 20
_OUT: Final = {"outcome": described("结果", "what was done", OBJECT)}
_ENTERED: Final = {name: each for name, each in SIGNED.items() if name not in ("document", "preview")}
_STATION: Final = described("测站编码", "code of the station", STATION)
_DOCUMENT: Final = described(
    "来源文件", "source document", {"type": "string", "minLength": 1, "maxLength": 300}
)
_NUMBER: Final[Schema] = {"type": "number"}
_SEGMENT: Final[Schema] = {
    "type": "object",
    "required": ["from_m", "to_m", "a", "zero_m", "b"],
    "additionalProperties": False,
    "properties": dict.fromkeys(("from_m", "to_m", "a", "zero_m", "b"), _NUMBER),
}

_FALL: Final[Schema] = {
    "type": "object",
    "required": ["station", "reference_m", "exponent", "least_m", "uncertainty_m"],
    "additionalProperties": False,
    "properties": {
        "station": STATION,
        **dict.fromkeys(("reference_m", "exponent", "least_m", "uncertainty_m"), _NUMBER),
    },
}
_AXIS: Final[Schema] = {"type": "array", "minItems": 1, "maxItems": 100, "items": _NUMBER}


def _work(name: str) -> Callable[[Context, Inputs], Outputs]:
    def run(context: Context, inputs: Inputs) -> Outputs:
        from water.gauges.processes import gauging_work

        found: Callable[[Context, Inputs], Outputs] = getattr(gauging_work, name)
        return found(context, inputs)

    return run


def _needs(rights: Mapping[str, Right]) -> Callable[[Inputs], Mapping[str, Right]]:
    return lambda _: rights


def _process(
    id_: str,
    title: Title,
    description: Title,
    inputs: Mapping[str, Described],
    work: str,
    rights: Mapping[str, Right],
) -> Process:
    return Process(
        id=id_,
        version="1.0.0",
        title=title,
        description=description,
        inputs=inputs,
        outputs=_OUT,
        run=_work(work),
        needs=_needs(rights),
        entire=True,
        synchronous=False,
    )


def _codes(layer: str, field: str) -> dict[str, Any]:
    return {"type": "string", "enum": [code for code, _ in contract(layer).field(field).codes]}


GAUGES: Final = (
    _process(
        "station-bind",
        Title("测站接入", "Bind a station"),
        Title(
            "在观测库中为测站登记设备与各要素的数据流;已有的不动。",
            "Register the station's Thing and a datastream for each element; what is there is left alone.",
        ),
        {"station": _STATION},
        "bind",
        {STATIONS: Right.EDIT},
    ),
    _process(
        "rating-record",
        Title("水位流量关系登记", "Record a rating"),
        Title(
            "登记一站自生效日起的水位流量关系:幂函数分段、水位改正、绳套或落差校正、不确定度与来源;原关系至此日止。",
            "A station's rating from a day on: power segments, shift, loop or fall correction, uncertainty,"
            " source; the one before ends with that day.",
        ),
        {
            "station": _STATION,
            "version": described("版本", "version", {"type": "string", "minLength": 1, "maxLength": 40}),
            "vertical_datum": described("水位基面", "vertical datum", _codes(RATINGS, "vertical_datum")),
            "segments": described(
                "分段", "segments", {"type": "array", "minItems": 1, "maxItems": 40, "items": _SEGMENT}
            ),
            "shift_m": described("水位改正", "shift", _NUMBER, required=False),
            "shift_basis": described(
                "改正依据", "basis of the shift", {"type": "string", "maxLength": 300}, required=False
            ),
            "loop_celerity_m_s": described("洪水波速", "celerity", _NUMBER, required=False),
            "loop_slope": described("比降", "slope", _NUMBER, required=False),
            "fall": described(
                "落差法:辅助站、定落差、指数、最小落差、落差不确定度",
                "stage-fall: the other station, reference fall, exponent, least fall, uncertainty of a fall",
                _FALL,
                required=False,
            ),
            "uncertainty": described("相对标准不确定度", "relative standard uncertainty", _NUMBER),
            "source": _DOCUMENT,
            "standing": described("核实状态", "standing", _codes(RATINGS, "standing")),
            **_ENTERED,
        },
        "rate",
        {STATIONS: Right.READ, RATINGS: Right.EDIT, OFFSETS: Right.READ},
    ),
    _process(
        "gate-table-record",
        Title("闸泵过流表登记", "Record a discharge table"),
        Title(
            "登记一站自生效日起的过流表:开启高度(或开机台数)× 水头 → 流量,须有来源;表内内插,不外延。",
            "A station's discharge table from a day on: opening (or pumps running) × head → flow, with its"
            " source; interpolated within, never beyond.",
        ),
        {
            "station": _STATION,
            "version": described("版本", "version", {"type": "string", "minLength": 1, "maxLength": 40}),
            "setting": described("工况", "what is set", _codes(GATE_TABLES, "setting")),
            "head": described("水头", "head", _codes(GATE_TABLES, "head")),
            "sill_m": described("闸底板高程", "elevation of the sill", _NUMBER, required=False),
            "settings": described("各行的工况", "settings of the rows", _AXIS),
            "heads_m": described("各列的水头(米)", "heads of the columns, m", _AXIS),
            "flows_m3_s": described(
                "流量(m³/s),逐行", "flows by row, m³/s", {"type": "array", "maxItems": 100, "items": _AXIS}
            ),
            "uncertainty": described("相对标准不确定度", "relative standard uncertainty", _NUMBER),
            "source": _DOCUMENT,
            "standing": described("核实状态", "standing", _codes(GATE_TABLES, "standing")),
            **_ENTERED,
        },
        "tabulate",
        {STATIONS: Right.READ, GATE_TABLES: Right.EDIT},
    ),
    _process(
        "threshold-record",
        Title("特征值登记", "Record a threshold"),
        Title(
            "登记一站的警戒、保证、历史最高等特征值,须有来源;水位的基面须与测站相同,或有登记过的换算差。",
            "A threshold of a station, with its source; a stage is in the station's datum, or one that an"
            " offset on record leads to.",
        ),
        {
            "station": _STATION,
            "kind": described("特征值", "which", {"type": "string", "enum": [each.value for each in Mark]}),
            "quantity": described("量", "quantity", _codes(THRESHOLDS, "quantity")),
            "value": described("数值(m 或 m³/s)", "value (m or m³/s)", _NUMBER),
            "vertical_datum": described(
                "基面(流量写 none)", "datum, none for a discharge", _codes(THRESHOLDS, "vertical_datum")
            ),
            "source": _DOCUMENT,
            "standing": described("核实状态", "standing", _codes(THRESHOLDS, "standing")),
            **_ENTERED,
        },
        "mark",
        {STATIONS: Right.READ, THRESHOLDS: Right.EDIT, OFFSETS: Right.READ},
    ),
    _process(
        "discharge-derive",
        Title("推流", "Derive discharge"),
        Title(
            "按各时刻有效的关系由水位(堰闸、泵站按过流表由工况与水头)推算流量,连同不确定度写入推算数据流;"
            "超出范围的标为缺测,不外延。",
            "Discharge from stage (of gates and pumps from what is set and the head) by the rating of each"
            " instant, with its uncertainty, into the derived datastream; outside of the rating it is"
            " missing, nothing is extended.",
        ),
        {
            "station": _STATION,
            "start": described("起", "from", INSTANT),
            "end": described("止", "until", INSTANT),
        },
        "derive",
        {STATIONS: Right.EDIT, RATINGS: Right.READ, GATE_TABLES: Right.READ, OFFSETS: Right.READ},
    ),
    _process(
        "sl323-load",
        Title("SL 323 表导入", "Load an SL 323 table"),
        Title(
            "导入实时雨水情数据库的表(CSV):水情、雨情、水库、闸、泵、潮位按行入观测库,测站属性整表入图层;坏行逐一指明。",
            "A table of SL 323 as CSV: values go to the observations row by row,"
            " attributes of stations to the"
            " layer all or none; every bad row is named.",
        ),
        {
            "table": described(
                "表名",
                "table",
                {"type": "string", "enum": [each for each in sl323.shipped() if each != "ST_RVFCCH_B"]},
            ),
            "content": described(
                "CSV(base64)",
                "CSV in base64",
                {"type": "string", "maxLength": FILE_CHARACTERS_MOST, "contentEncoding": "base64"},
            ),
            "vertical_datum": described(
                "表中水位的基面,与测站不同时按登记的换算差换算",
                "datum of the table's stages; where it is not the station's, by offsets on record",
                {"type": "string", "enum": [each.value for each in VerticalDatum if each not in MEANINGLESS]},
                required=False,
            ),
            **_ENTERED,
        },
        "load",
        {STATIONS: Right.EDIT, OFFSETS: Right.READ},
    ),
)
