"""``river-locate`` 桩号定位, ``river-rebase`` 桩号换算: chainage to places and back; redrawn lines."""

from __future__ import annotations

from typing import Final

from spatial.catalogue.contract import Title
from spatial.jobs.model import Outputs
from spatial.jobs.process import Context, Inputs, Process, Run
from spatial.jobs.processes.asking import TIMES
from spatial.jobs.processes.parts import OBJECT, POSITION, described
from water.processes.asking import CHAINAGE, ID, network, rests_on

MOST: Final = 10_000
_VERSION: Final = {"type": "integer", "minimum": 1}
_OFFSET: Final = {"type": "number", "minimum": -20_000, "maximum": 20_000}
_AT: Final = {
    "chainage": CHAINAGE,
    "chainage_m": {"type": "number"},
    "offset_m": _OFFSET,
}


def _later(name: str) -> Run:
    def run(context: Context, inputs: Inputs) -> Outputs:
        from water.processes import placing_work

        work: Run = getattr(placing_work, name)
        return work(context, inputs)

    return run


RIVER_LOCATE = Process(
    id="river-locate",
    version="1.0.0",
    title=Title("桩号定位", "Locate by chainage"),
    description=Title(
        "桩号(及左右岸偏距)求坐标,坐标求桩号与偏距;偏距顺水流向右为正(右岸),向左为负(左岸),"
        "沿横断面按椭球面大地线计,往返误差不大于 1 mm。超出河道两端者说明端点桩号。",
        "Places of chainages with their offsets, and chainage and offset of places; offsets count to the"
        " right going down (right bank), negative to the left, along the cross-section, on the ellipsoid,"
        " there and back within a millimetre. Beyond an end the end is named.",
    ),
    inputs={
        "route": described("河道编号", "id of the route", ID),
        "version": described("中心线版本(默认为此时者)", "version, that of the instant where not said",
                             _VERSION, required=False),
        "chainages": described(
            "桩号,文字(K12+345.6)或米,可带偏距", "chainages, as text or in metres, with offsets",
            {"type": "array", "minItems": 1, "maxItems": MOST,
             "items": {"type": "object", "additionalProperties": False, "properties": _AT}},
            required=False,
        ),
        "positions": described(
            "位置,每个为 [经度, 纬度](CGCS2000)", "places, each [longitude, latitude] in CGCS2000",
            {"type": "array", "items": POSITION, "minItems": 1, "maxItems": MOST}, required=False,
        ),
        **TIMES,
    },
    outputs={"result": described("坐标或桩号", "the places or the chainages", OBJECT)},
    run=_later("locate"),
    needs=network,
    rests_on=rests_on,
)  # fmt: skip

RIVER_REBASE = Process(
    id="river-rebase",
    version="1.0.0",
    title=Title("桩号换算(中心线换版)", "Rebase events on a redrawn centre line"),
    description=Title(
        "中心线重绘后,把旧版桩号上的事件换算到新版:实地位置不变,给出新桩号、偏距、桩号移动量;"
        "落在新线两端之外的单独列出,须由人确定。新版可为已存版本,或尚未入库的 GeoJSON 线(预览)。",
        "Carries events from one version of a centre line to another: their ground stays, chainage and offset"
        " are told anew, with how far chainage moved; what lies beyond the new line is told as lost. The new"
        " one is a stored version, or a GeoJSON line that is not stored yet, as a preview.",
    ),
    inputs={
        "route": described("河道编号", "id of the route", ID),
        "from_version": described("旧版本", "version of the events", _VERSION),
        "to_version": described("新版本", "version to carry them to", _VERSION, required=False),
        "line": described(
            "新中心线(未入库),顺水流方向", "a new centre line that is not stored, drawn downstream",
            {"type": "object", "required": ["type", "coordinates"],
             "properties": {"type": {"enum": ["LineString"]},
                            "coordinates": {"type": "array", "minItems": 2, "maxItems": 100_000}}},
            required=False,
        ),
        "from_m": described("新中心线起点桩号", "chainage of its first vertex", {"type": "number"},
                            required=False),
        "events": described(
            "事件", "the events",
            {"type": "array", "minItems": 1, "maxItems": MOST,
             "items": {"type": "object", "required": ["id"], "additionalProperties": False,
                       "properties": {"id": ID, **_AT}}},
        ),
        **TIMES,
    },
    outputs={"result": described("换算结果,含移动者", "the events by their new chainage", OBJECT)},
    run=_later("rebase_events"),
    needs=network,
    rests_on=rests_on,
)  # fmt: skip
