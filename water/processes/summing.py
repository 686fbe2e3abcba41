"""``river-sum`` 下泄汇算: what the releases of reservoirs bring to a place, each counted once."""

from __future__ import annotations

from spatial.catalogue.contract import Title
from spatial.jobs.model import Outputs
from spatial.jobs.process import Context, Inputs, Process
from spatial.jobs.processes.asking import TIMES
from spatial.jobs.processes.parts import INSTANT, OBJECT, described
from water.processes.asking import ID, network, rests_on


def _run(context: Context, inputs: Inputs) -> Outputs:
    from water.processes.summing_work import run

    return run(context, inputs)


RIVER_SUM = Process(
    id="river-sum",
    version="1.0.0",
    title=Title("下泄汇算", "Sum releases over the topology"),
    description=Title(
        "各水库下泄流量(按时刻分级)到达某节点之和。上游水库的下泄若经过另一座给出下泄的水库,已含在其中,"
        "拒绝相加(如淌水崖之于冶源),或按 leave_out 略去并说明。途中分汊须给出分流比 shares,否则不作答。"
        "给出流速 speed_m_s 则按沿河距离推迟到达时刻,不作坦化。",
        "The sum of releases, as steps in time, that reach a node. A release that passes through another"
        " reservoir with a release of its own is part of that one: it is refused, or left out and told."
        " Where the river splits on the way, shares must be told. With a speed arrivals are put off by the"
        " distance along the rivers; nothing is attenuated.",
    ),
    inputs={
        "at": described("汇算节点", "node to sum at", ID),
        "releases": described(
            "各水库下泄", "the releases, by node",
            {
                "type": "array", "minItems": 1, "maxItems": 200,
                "items": {
                    "type": "object", "required": ["node", "steps"], "additionalProperties": False,
                    "properties": {
                        "node": ID,
                        "steps": {
                            "type": "array", "minItems": 1, "maxItems": 2000,
                            "items": {
                                "type": "object", "required": ["at", "flow_m3_s"],
                                "additionalProperties": False,
                                "properties": {"at": INSTANT, "flow_m3_s": {"type": "number", "minimum": 0}},
                            },
                        },
                    },
                },
            },
        ),
        "speed_m_s": described(
            "传播速度,不给则不计传播时间", "speed of travel; without it travel takes no time",
            {"type": "number", "exclusiveMinimum": 0, "maximum": 20}, required=False,
        ),
        "shares": described(
            "分汊口各河段的分流比,每口合计为 1", "share of each reach at a split, 1 at each",
            {"type": "object", "additionalProperties": {"type": "number", "minimum": 0, "maximum": 1}},
            required=False,
        ),
        "leave_out": described(
            "略去已含在下游水库中的下泄", "leave out what is part of another release",
            {"type": "boolean"}, required=False,
        ),
        **TIMES,
    },
    outputs={"result": described("合计过程与各部分", "the sum and its parts", OBJECT)},
    run=_run,
    needs=network,
    rests_on=rests_on,
)  # fmt: skip
