"""``river-navigate`` 河网导航: what is met going up or down the rivers from a place."""

from __future__ import annotations

from collections.abc import Mapping

from spatial.access.model import Right
from spatial.catalogue.contract import Title
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs, Process
from spatial.jobs.processes.asking import TIMES
from spatial.jobs.processes.parts import LAYER, described
from water.network.linked import NAMED
from water.network.model import Mode
from water.processes.asking import CHAINAGE, ID, NETWORK, look, moment, rests_on


def _run(context: Context, inputs: Inputs) -> Outputs:
    from water.network.answer import WITHIN_M, Question, answer

    question = Question(
        inputs["source"],
        inputs["id"],
        Mode(inputs["mode"]),
        inputs["target"],
        inputs.get("distance_km"),
        inputs.get("stop"),
        inputs.get("chainage"),
        inputs.get("within_m", WITHIN_M),
    )
    with context.session() as connection:
        told = answer(connection, question, moment(context, inputs), look(context, connection))
    return {"result": Document(told)}


def _named(inputs: Inputs) -> list[str]:
    stop = inputs.get("stop", "")
    return [inputs["source"], inputs["target"], *([stop.partition("/")[0]] if "/" in stop else [])]


def _needs(inputs: Inputs) -> Mapping[str, Right]:
    """The network, and the layers that are named by their own ids."""
    return {**NETWORK, **dict.fromkeys((each for each in _named(inputs) if each not in NAMED), Right.READ)}


def _wants(inputs: Inputs) -> Mapping[str, Right]:
    """Layers that a name may stand for: the first of them that is there."""
    return {layer: Right.READ for each in _named(inputs) for layer in NAMED.get(each, ())}


RIVER_NAVIGATE = Process(
    id="river-navigate",
    version="1.0.0",
    title=Title("河网导航", "Navigate the rivers"),
    description=Title(
        "自河段、节点、桩号或任一要素起,上溯干流(UM)、上溯全部(UT)、下行主汊(DM)、下行全部(DD)或至止点(PP),"
        "给出沿途河段、节点,或离河 within_m 以内的工程、测站、摄像机、村庄、地址等图层的要素,附桩号、"
        "沿河距离(km)与离河距离(m)。河网为所问时刻的状态,闸与分洪道关则不通。",
        "From a reach, node, chainage or any feature up the main stem (UM), up everything (UT), down the main"
        " arm (DM), down every arm (DD), or to a stop (PP): reaches and nodes met, or features of any layer"
        " within a distance of the river, with chainage, distance along the rivers in kilometres, and metres"
        " off them. The network is that of the instant asked about; what is closed lets nothing through.",
    ),
    inputs={
        "source": described(
            f"起点所在图层,或 {'、'.join(NAMED)}", f"layer to begin in, or {', '.join(NAMED)}", LAYER
        ),
        "id": described("起点标识", "identity to begin at", ID),
        "chainage": described(
            "起点桩号(source 为 river-routes 时)", "chainage, where the source is river-routes", CHAINAGE,
            required=False,
        ),
        "mode": described("方式", "mode", {"type": "string", "enum": [mode.value for mode in Mode]}),
        "target": described("所求图层,或上列名称", "layer that is wanted, or such a name", LAYER),
        "distance_km": described(
            "至多沿河几公里", "so many kilometres at most",
            {"type": "number", "exclusiveMinimum": 0, "maximum": 10000}, required=False,
        ),
        "stop": described(
            "止点:河段或节点标识,或 图层/标识", "where to stop: a reach or node, or layer/identity", ID,
            required=False,
        ),
        "within_m": described(
            "离河至多几米(默认 500)", "metres off the river at most, 500 where not said",
            {"type": "number", "minimum": 0, "maximum": 5000}, required=False,
        ),
        **TIMES,
    },
    outputs={
        "result": described(
            "要素集合,由近及远", "a GeoJSON FeatureCollection, nearest first", {"type": "object"}
        )
    },
    run=_run,
    needs=_needs,
    wants=_wants,
    rests_on=rests_on,
    releases=True,
)  # fmt: skip
