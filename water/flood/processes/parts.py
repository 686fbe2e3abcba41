"""Schemas that the processes of the rehearsal share 情景的写法."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from spatial.access.model import Right
from spatial.exchange.assets import LAYERS
from spatial.jobs.process import Described, Inputs, Schema
from spatial.jobs.processes.parts import BOX, INSTANT, OBJECT, POSITION, described
from water.flood.taken import BEST, MEMBERS, OBSERVED, USES
from water.forecast.forecast_document import NAMES
from water.gauges.layers import STATIONS
from water.processes.asking import CHAINAGE, ID, NETWORK, STATION

RESTS_ON: Final = (*NETWORK, LAYERS["raster"], STATIONS)
"""Layers that a run may have been made from: who may not read one of them sees no run that was."""
SERIES_MOST: Final = 20_000
NUMBER: Final[Schema] = {"type": "number"}
POSITIVE: Final[Schema] = {"type": "number", "exclusiveMinimum": 0}
SERIES: Final[Schema] = {
    "oneOf": [
        NUMBER,
        {
            "type": "object", "additionalProperties": False, "required": ["times_s", "values"],
            "properties": {
                "times_s": {"type": "array", "items": NUMBER, "minItems": 1, "maxItems": SERIES_MOST},
                "values": {
                    "type": "array", "items": {"type": ["number", "null"]}, "minItems": 1,
                    "maxItems": SERIES_MOST,
                },
            },
        },
    ]
}  # fmt: skip
PLACE: Final[Schema] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "point": POSITION,
        "route": ID,
        "chainage": CHAINAGE,
        "offset_m": {"type": "number", "minimum": -5_000, "maximum": 5_000},
        "bank": {"enum": ["left", "right"]},
    },
}
RUN: Final[Schema] = {"type": "string", "pattern": "^[0-9A-Za-z-]{8,40}$"}
NAME: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": 40}


def several(required: list[str], most: int, **properties: Schema) -> Schema:
    """A list of objects of a kind."""
    return {
        "type": "array",
        "maxItems": most,
        "items": {
            "type": "object", "additionalProperties": False, "required": required,
            "properties": {"id": NAME, **properties},
        },
    }  # fmt: skip


FROM: Final[Schema] = {
    "oneOf": [
        {
            "type": "object", "additionalProperties": False, "required": ["forecast"],
            "properties": {
                "forecast": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                "course": {"enum": [BEST, MEMBERS, *NAMES]},
                "member": {"type": "integer", "minimum": 0, "maximum": 100_000},
                "use": {"enum": list(USES)},
            },
        },
        {
            "type": "object", "additionalProperties": False, "required": ["station"],
            "properties": {
                "station": STATION,
                "element": {"enum": list(OBSERVED)},
            },
        },
    ]
}  # fmt: skip
INFLOWS: Final = several(
    ["at"], 50, at=PLACE, discharge_m3_s=SERIES, source={"type": "string", "maxLength": 200}, **{"from": FROM}
)
BREACHES: Final = several(
    ["at", "width_m"], 20, at=PLACE, width_m=POSITIVE, first_width_m=POSITIVE, sill_m=NUMBER,
    start_s={"type": "number", "minimum": 0}, grows_s=POSITIVE,
    erosion={
        "type": "object", "additionalProperties": False, "required": ["rate_m3_n_s", "critical_pa"],
        "properties": {"rate_m3_n_s": POSITIVE, "critical_pa": {"type": "number", "minimum": 0}},
    },
)  # fmt: skip
GATES: Final = several(
    ["at", "sill_m", "width_m", "opening_m"], 50, at=PLACE, sill_m=NUMBER, width_m=POSITIVE, opening_m=SERIES
)
PUMPS: Final = several(
    ["at", "capacity_m3_s", "start_m", "stop_m"], 50,
    at=PLACE, to=PLACE, capacity_m3_s=SERIES, start_m=NUMBER, stop_m=NUMBER,
)  # fmt: skip
DYKES: Final = several(
    ["line", "crest_m"], 100,
    line={"type": "array", "items": POSITION, "minItems": 2, "maxItems": 10_000},
    crest_m={"oneOf": [NUMBER, {"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 10_000}]},
)  # fmt: skip
POINTS: Final = several(["id", "at"], 200, at=PLACE)
LOSS: Final[Schema] = {
    "oneOf": [
        {
            "type": "object", "additionalProperties": False, "required": ["capacity_mm_h"],
            "properties": {"capacity_mm_h": NUMBER},
        },
        {
            "type": "object", "additionalProperties": False,
            "required": ["conductivity_mm_h", "suction_m", "deficit"],
            "properties": {"conductivity_mm_h": NUMBER, "suction_m": NUMBER, "deficit": NUMBER},
        },
    ]
}  # fmt: skip
AREA: Final = described("范围:西,南,东,北(CGCS2000 经纬度)", "west, south, east, north in CGCS2000", BOX)
TERRAIN: Final = described(
    "地形:sample(合成地形,默认),或影像目录中 1985 国家高程基准表面模型的 asset_id",
    "sample (synthetic, where not said), or the asset_id of a surface over the national datum of 1985",
    {"type": "string", "pattern": "^(sample|[0-9a-f]{64})$"},
    required=False,
)
CELL: Final = described("网格边长 m", "edge of a cell, m", {"type": "number", "minimum": 1, "maximum": 1000})
SCENARIO: Final[dict[str, Described]] = {
    "title": described("标题", "title", {"type": "string", "minLength": 1, "maxLength": 200}),
    "area": AREA,
    "cell_m": CELL,
    "duration_s": described(
        "时长 s", "how long the run lasts, s", {"type": "number", "minimum": 1, "maximum": 2_592_000}
    ),
    "begins_at": described("起算时刻(默认为提交时)", "instant of second 0", INSTANT, required=False),
    "asof": described("当时所知(登记时间)", "what was known then", INSTANT, required=False),
    "terrain": TERRAIN,
    "inflows": described(
        "入流与下泄 m³/s:常数或过程线(discharge_m3_s),或取自(from)已存预报的一条过程、测站的实测流量;"
        "须在河道上,否则以 source 说明来源",
        "inflows and releases, m³/s, constant or a series (discharge_m3_s), or taken from (from) a course of"
        " a kept forecast or the discharge that a station measured; on a river's bed, or with their source",
        INFLOWS,
        required=False,
    ),
    "breaches": described(
        "溃口:位置(点,或河道加桩号与左右岸)、宽、起始、发展(线性 grows_s 或冲刷 erosion);不给底高则至地面",
        "breaches: place, width, start and growth (linear over grows_s, or by erosion); down to the ground"
        " where no sill is given",
        BREACHES,
        required=False,
    ),
    "gates": described("闸门(在堤防上)", "gates through dykes", GATES, required=False),
    "pumps": described("泵站", "pumps, to another place or away", PUMPS, required=False),
    "dykes": described(
        "地形中没有的堤防:线与堤顶高程",
        "dykes that the terrain lacks, with their crests",
        DYKES,
        required=False,
    ),
    "points": described("测点", "points whose hydrographs are kept", POINTS, required=False),
    "tide_m": described("潮位 m(范围边缘低处)", "tide, m, at the low edges", SERIES, required=False),
    "rain_mm_h": described("降雨强度 mm/h", "rain, mm/h", SERIES, required=False),
    "infiltration": described("下渗", "infiltration", LOSS, required=False),
    "roughness": described(
        "各地类糙率(代替默认表)", "Manning's n by class of land, in place of the table's",
        {"type": "object", "additionalProperties": {"type": "number", "minimum": 0, "maximum": 1}},
        required=False,
    ),
    "river_depth_m": described(
        "河道初始水深 m(合成地形)", "depth in the river's bed at the beginning, of the sample terrain",
        {"type": "number", "minimum": 0, "maximum": 20}, required=False,
    ),
    "scheme": described(
        "格式:auto(有溃口用 godunov)", "scheme; auto is godunov where there is a breach",
        {"enum": ["auto", "inertia", "godunov"]}, required=False,
    ),
    "bits": described("精度(位)", "precision, 32 where not said", {"enum": [32, 64]}, required=False),
    "report_s": described("水深过程的间隔 s", "between depths that are kept, s", POSITIVE, required=False),
    "watch_s": described(
        "最大水深与到达时间的间隔 s(默认 60)", "between looks at maximum and arrival, s, 60 where not said",
        POSITIVE, required=False,
    ),
}  # fmt: skip
RESULT: Final = described(
    "推演摘要,成果在 /flood/runs", "what is told of the run, files under /flood/runs", OBJECT
)


def needs(inputs: Inputs) -> Mapping[str, Right]:
    """The network where a place is a chainage, the catalogue of images where terrain is from there, the
    stations where an inflow is taken from one or from its forecast."""
    found: dict[str, Right] = {}
    if any("route" in place for place in _places(inputs)):
        found |= NETWORK
    if inputs.get("terrain") not in (None, "sample"):
        found[LAYERS["raster"]] = Right.READ
    if any("from" in one for one in inputs.get("inflows") or ()):
        found[STATIONS] = Right.READ
    return found


def _places(given: Any) -> Iterator[Mapping[str, Any]]:
    """Every place in inputs, however deep."""
    if isinstance(given, Mapping):
        for name, value in given.items():
            if name in ("at", "to") and isinstance(value, Mapping):
                yield value
            else:
                yield from _places(value)
    elif isinstance(given, list):
        for value in given:
            yield from _places(value)
