"""``flood-quick`` 快速淹没图: HAND with a synthetic rating, while somebody waits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from spatial.access.model import Right
from spatial.catalogue.contract import Title
from spatial.jobs.model import Outputs
from spatial.jobs.process import Context, Inputs, Process
from spatial.jobs.processes.parts import OBJECT, described
from water.flood.processes.parts import AREA, CELL, PLACE, TERRAIN, needs, several

_DISCHARGE: Final = {"type": "number", "minimum": 0, "maximum": 1e6}


def _run(context: Context, inputs: Inputs) -> Outputs:
    from water.flood.processes.quick_work import run

    return run(context, inputs)


def _needs(inputs: Inputs) -> Mapping[str, Right]:
    return needs(inputs)


FLOOD_QUICK = Process(
    id="flood-quick",
    version="1.0.0",
    title=Title("快速淹没图", "Quick map of a flood"),
    description=Title(
        "按相对最近排水高程(HAND)与合成水位流量关系,由各处流量推水深,数秒可得。不知堤防、回水与时间,"
        "只供先看一眼,不能代替推演;合成地形上的结果为合成数据。",
        "Depths from discharges by height above the nearest drainage (HAND) and a synthetic rating, in"
        " seconds. It knows no dyke, no backwater and no time: a first look, never in place of a run."
        " Synthetic on the sample terrain.",
    ),
    inputs={
        "area": AREA,
        "cell_m": CELL,
        "terrain": TERRAIN,
        "inflows": described(
            "各处流量 m³/s,沿河下行", "discharges, m³/s, which go on downstream",
            several(["at", "discharge_m3_s"], 50, at=PLACE, discharge_m3_s=_DISCHARGE),
        ),
        "manning": described(
            "糙率(默认 0.04,待核)", "Manning's n, 0.04 where not said",
            {"type": "number", "exclusiveMinimum": 0, "maximum": 1}, required=False,
        ),
    },
    outputs={
        "result": described("摘要", "what is told of the map", OBJECT),
        "depth": described(
            "水深 m(COG)", "depth, m, as COG",
            {"type": "string", "contentMediaType": "image/tiff; application=geotiff"},
        ),
    },
    run=_run,
    needs=_needs,
)  # fmt: skip
