"""``flood-replay`` 复盘重演: a kept run once more with other releases or breaches, and the difference."""

from __future__ import annotations

from collections.abc import Mapping

from spatial.access.model import Right
from spatial.catalogue.contract import Title
from spatial.jobs.model import Outputs
from spatial.jobs.process import Context, Inputs, Process
from spatial.jobs.processes.parts import described
from water.flood.processes.parts import RESTS_ON, RESULT, RUN, SCENARIO, needs


def _run(context: Context, inputs: Inputs) -> Outputs:
    from water.flood.processes.scenario_work import replay

    return replay(context, inputs)


def _needs(inputs: Inputs) -> Mapping[str, Right]:
    return needs(inputs.get("changes", {}))


def _wants(_: Inputs) -> Mapping[str, Right]:
    """What the run that is replayed may have been made from."""
    return dict.fromkeys(RESTS_ON, Right.READ)


FLOOD_REPLAY = Process(
    id="flood-replay",
    version="1.3.0",
    title=Title("复盘重演", "Replay a flood"),
    description=Title(
        "把已存的推演按原时刻、原地形重做一遍,改变其中的入流、溃口、闸、泵、潮位、降雨等(changes),"
        "或把全部入流整体提前、推后(releases_later_s,负为提前,如提前 24 小时为 -86400),"
        "给出两次的淹没范围、水深、到达时间之差。不作改变时应逐位相同(identical)。",
        "Runs a kept flood again at its own instants on its own ground, with other inflows, breaches, gates,"
        " pumps, tide or rain (changes), or with all inflows earlier or later (releases_later_s, negative is"
        " earlier: 24 hours earlier is -86400), and tells what the two differ in: extent, depth, arrival."
        " Without any change the files are the same bit for bit (identical).",
    ),
    inputs={
        "run": described("要重演的推演", "the run to repeat", RUN),
        "changes": described(
            "要改变的输入,null 为去掉", "inputs to change, null to leave one out",
            {
                "type": "object", "additionalProperties": False,
                "properties": {
                    name: one.schema if one.required else {"anyOf": [one.schema, {"type": "null"}]}
                    for name, one in SCENARIO.items()
                },
            },
            required=False,
        ),
        "releases_later_s": described(
            "全部入流推后的秒数,负为提前", "seconds by which all inflows come later; negative is earlier",
            {"type": "number", "minimum": -2_592_000, "maximum": 2_592_000}, required=False,
        ),
    },
    outputs={"result": RESULT},
    run=_run,
    needs=_needs,
    wants=_wants,
    synchronous=False,
)  # fmt: skip
