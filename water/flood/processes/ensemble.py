"""``flood-ensemble`` 集合推演: how likely each place is to be reached, from many members."""

from __future__ import annotations

from typing import Final

from spatial.catalogue.contract import Title
from spatial.jobs.model import Outputs
from spatial.jobs.process import Context, Inputs, Process, Schema
from spatial.jobs.processes.parts import described
from water.flood.ensemble import VARIED
from water.flood.processes.parts import RESULT, SCENARIO, needs

MEMBERS_MOST: Final = 2_000
_PAIR: Final[Schema] = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}


def _run(context: Context, inputs: Inputs) -> Outputs:
    from water.flood.processes.ensemble_work import run

    return run(context, inputs)


FLOOD_ENSEMBLE = Process(
    id="flood-ensemble",
    version="1.4.0",
    title=Title("集合推演", "An ensemble of floods"),
    description=Title(
        "一个情景的多个成员,流量、溃口宽、溃决时刻、糙率在给定上下限间按种子抽取,由求解器或快速图(HAND)逐一计算,"
        "分给各执行进程;入流可取一次预报的全部成员(from.course=members)。给出淹没概率图与成员表。"
        "所给上下限是假定,概率只在此假定下成立。",
        "Many members of one scenario: discharge, width and time of breaches, and roughness are drawn from a"
        " seed between given bounds, each run by the solver or the quick map (HAND), spread over the workers;"
        " an inflow may take all members of a forecast (from.course=members). It gives a map of the"
        " probability of being reached and a table of members. Bounds are assumptions: the probability holds"
        " under them alone.",
    ),
    inputs={
        **SCENARIO,
        "members": described(
            "成员数", "how many members", {"type": "integer", "minimum": 2, "maximum": MEMBERS_MOST}
        ),
        "seed": described("种子", "seed", {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}),
        "method": described(
            "solver 求解器,quick 快速图", "solver or quick map", {"enum": ["solver", "quick"]}
        ),
        "varied": described(
            "各量的上下限", "bounds of what differs",
            {"type": "object", "additionalProperties": False, "properties": dict.fromkeys(VARIED, _PAIR)},
            required=False,
        ),
    },
    outputs={"result": RESULT},
    run=_run,
    needs=needs,
    synchronous=False,
)  # fmt: skip
