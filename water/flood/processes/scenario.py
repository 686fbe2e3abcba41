"""``flood-scenario`` 洪水推演: a flood run through on the ground, kept with all that it leaves."""

from __future__ import annotations

from spatial.catalogue.contract import Title
from spatial.jobs.model import Outputs
from spatial.jobs.process import Context, Inputs, Process
from water.flood.processes.parts import RESULT, SCENARIO, needs


def _run(context: Context, inputs: Inputs) -> Outputs:
    from water.flood.processes.scenario_work import run

    return run(context, inputs)


FLOOD_SCENARIO = Process(
    id="flood-scenario",
    version="1.3.0",
    title=Title("洪水推演", "Run a flood"),
    description=Title(
        "在地形上推演一次洪水:入流与下泄、溃口、闸、泵、潮位、降雨、下渗。先检查并估时,预计过长者拒绝。"
        "任务可取消;执行进程中断后从存档处续算,结果逐位相同。"
        "成果:最大水深、到达时间、最大流速(COG),水深过程(Zarr 3),测点与溃口过程线,水量账,STAC 条目。"
        "合成地形上的结果一律标明合成数据;结果是计算,不是预警。",
        "A flood over terrain: inflows and releases, breaches, gates, pumps, tide, rain, infiltration."
        " Checked first, and refused with its estimate where it would take too long. May be dismissed; after"
        " its worker died it goes on where it was saved, bit for bit. It leaves maximum depth, arrival and"
        " maximum speed as COG, depth through time as Zarr 3, hydrographs of points and breaches, the water"
        " account and a STAC item. On the sample terrain all is synthetic; a result is a computation and no"
        " warning.",
    ),
    inputs=SCENARIO,
    outputs={"result": RESULT},
    run=_run,
    needs=needs,
    synchronous=False,
)
