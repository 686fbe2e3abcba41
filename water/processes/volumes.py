"""``river-volume`` 沿程挖填方: what lies between two surface models of flights, by chainage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from spatial.access.model import Right
from spatial.catalogue.contract import Title
from spatial.exchange.assets import LAYERS
from spatial.jobs.model import Outputs
from spatial.jobs.process import Context, Inputs, Process
from spatial.jobs.processes.asking import TIMES
from spatial.jobs.processes.parts import OBJECT, described
from water.processes.asking import CHAINAGE, ID, network, rests_on

_ASSET: Final = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_WIDTH: Final = {"type": "number", "exclusiveMinimum": 0, "maximum": 5_000}
_SMALL: Final = {"type": "number", "minimum": 0, "maximum": 10}


def _run(context: Context, inputs: Inputs) -> Outputs:
    from water.processes.volumes_work import run

    return run(context, inputs)


def _needs(inputs: Inputs) -> Mapping[str, Right]:
    return {**network(inputs), LAYERS["raster"]: Right.READ}


RIVER_VOLUME = Process(
    id="river-volume",
    version="1.0.0",
    title=Title("沿程挖填方", "Volumes along a river"),
    description=Title(
        "两期航飞表面模型之间的挖方与填方,按桩号分段:段由横断面与左右岸偏距围成,互不重叠;"
        "面积与体积按椭球面;不大于 least_change_m 的变化不计;"
        "给出高差中误差 sigma_m 则附最不利的体积中误差。无高程处单列,不作推断。",
        "Cut and fill between two surface models of flights, by chainage: strips are bounded by"
        " cross-sections and offsets, and share no ground; areas and volumes are on the ellipsoid. Changes"
        " up to least_change_m are none; with the standard deviation of a difference of heights, sigma_m, the"
        " worst standard deviation of the volumes is told. Where a surface has no height nothing is assumed.",
    ),
    inputs={
        "route": described("河道编号", "id of the route", ID),
        "from": described("起点桩号", "chainage to begin at", CHAINAGE),
        "to": described("终点桩号", "chainage to end at", CHAINAGE),
        "step_m": described(
            "分段长度", "length of a strip, 100 m where not said",
            {"type": "number", "minimum": 1, "maximum": 10_000}, required=False,
        ),
        "left_m": described("左岸宽度", "how far to the left of the line", _WIDTH),
        "right_m": described("右岸宽度", "how far to the right of the line", _WIDTH),
        "newer": described("较新的表面模型(影像目录 asset_id)", "the newer surface, its asset_id", _ASSET),
        "older": described("较旧的表面模型(影像目录 asset_id)", "the older surface, its asset_id", _ASSET),
        "least_change_m": described(
            "不计的高差", "changes of height up to it are none; 0 where not said", _SMALL, required=False
        ),
        "sigma_m": described(
            "高差中误差", "standard deviation of a difference of heights", _SMALL, required=False
        ),
        "cell_m": described(
            "格网边长,不给则为两期中较粗者", "edge of a cell; that of the coarser surface where not said",
            {"type": "number", "minimum": 0.01, "maximum": 100}, required=False,
        ),
        **TIMES,
    },
    outputs={"result": described("各段面积与挖填方", "areas and volumes by strip", OBJECT)},
    run=_run,
    needs=_needs,
    rests_on=rests_on,
    releases=True,
    synchronous=False,
)  # fmt: skip
