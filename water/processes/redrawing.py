"""``river-redraw`` 重绘中心线: a new version of a route from a day on, with its reaches, nodes and stakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from spatial.access.model import Right
from spatial.catalogue.contract import Title
from spatial.jobs.model import Outputs
from spatial.jobs.process import Context, Inputs, Process
from spatial.jobs.processes.parts import LAYER, OBJECT, SIGNED, described
from water import layers
from water.processes.asking import CHAINAGE, ID

VERTICES_MOST: Final = 100_000


def _run(context: Context, inputs: Inputs) -> Outputs:
    from water.processes.redrawing_work import run

    return run(context, inputs)


def _needs(inputs: Inputs) -> Mapping[str, Right]:
    return dict.fromkeys((*layers.NETWORK, *inputs.get("layers", ())), Right.EDIT)


RIVER_REDRAW = Process(
    id="river-redraw",
    version="1.0.0",
    title=Title("重绘中心线", "Redraw a centre line"),
    description=Title(
        "自生效日起写入河道中心线的新版本:核对线形,按首点桩号累计大地线长度或按随线 M 值率定(存为里程桩),"
        "河段与节点随之换算桩号,实地位置不变;可附事件一并换算。preview 只检查并列出移动者。",
        "Writes a new version of a centre line from a day on: the line is checked, its chainage counts"
        " geodesic length from the first vertex or follows the M values that come with it (kept as stakes);"
        " reaches and nodes are carried over, their ground stays; events are told, too. preview only checks"
        " and tells.",
    ),
    inputs={
        "route": described("河道编号", "id of the route", ID),
        "line": described(
            "新中心线,顺水流方向(CGCS2000)", "the new line, downstream, in CGCS2000",
            {"type": "object", "required": ["type", "coordinates"],
             "properties": {"type": {"enum": ["LineString"]},
                            "coordinates": {"type": "array", "minItems": 2, "maxItems": VERTICES_MOST}}},
        ),
        "measures_m": described(
            "各点 M 值(桩号,米)", "the M value of each vertex, chainage in metres",
            {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": VERTICES_MOST},
            required=False,
        ),
        "from_chainage": described(
            "首点桩号(默认同旧版)", "chainage of the first vertex, as before where not said", CHAINAGE,
            required=False,
        ),
        "events": described(
            "一并换算的事件(旧版桩号)", "events by the chainage before, to be carried over",
            {"type": "array", "maxItems": 10_000,
             "items": {"type": "object", "required": ["id", "chainage_m"], "additionalProperties": False,
                       "properties": {"id": ID, "chainage_m": {"type": "number"},
                                      "offset_m": {"type": "number"}}}},
            required=False,
        ),
        "layers": described(
            "一并换算的图层(按桩号定位者)", "layers placed by chainage, to be carried over with it",
            {"type": "array", "maxItems": 20, "uniqueItems": True, "items": LAYER}, required=False,
        ),
        **SIGNED,
    },
    outputs={"outcome": described("新版本与移动者", "the new version and what moved", OBJECT)},
    run=_run,
    needs=_needs,
    entire=True,
    synchronous=False,
)  # fmt: skip
