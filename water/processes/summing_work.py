"""What ``river-sum`` does; imported when it runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from spatial.datum import format_instant, parse_instant
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs
from water import layers
from water.network import kept, linked
from water.network.rivers import Rivers
from water.network.sums import Release, Step, total
from water.processes.asking import moment


def run(context: Context, inputs: Inputs) -> Outputs:
    """The sum of releases at a node."""
    when = moment(context, inputs)
    with context.session() as connection:
        rivers = kept.rivers(connection, when.at, when.asof)
    releases = [
        Release(
            _node(rivers, one["node"]),
            tuple(Step(parse_instant(step["at"]), float(step["flow_m3_s"])) for step in one["steps"]),
        )
        for one in inputs["releases"]
    ]
    told = total(
        rivers.network,
        _node(rivers, inputs["at"]),
        releases,
        speed_m_s=inputs.get("speed_m_s"),
        shares={_reach(rivers, reach): float(share) for reach, share in inputs.get("shares", {}).items()},
        leave_out=inputs.get("leave_out", False),
    )
    result = {
        "at": told.at,
        "unit": "m3/s",
        "steps": _steps(told.steps),
        "peak_m3_s": max((step.flow_m3_s for step in told.steps), default=0.0),
        "parts": [
            {
                "node": part.node,
                "name": part.name,
                "distance_km": round(part.distance_m / 1000, 6),
                "travel_s": None if part.travel is None else round(part.travel.total_seconds(), 3),
                "share": part.share,
                "steps": _steps(part.steps),
            }
            for part in told.parts
        ],
        "left_out": [{"inner": each.inner, "outer": each.outer} for each in told.left_out],
        **linked.state(rivers, when),
    }
    return {"result": Document(result)}


def _steps(steps: Sequence[Step]) -> list[dict[str, Any]]:
    return [{"at": format_instant(step.at), "flow_m3_s": round(step.flow_m3_s, 9)} for step in steps]


def _node(rivers: Rivers, id: str) -> int:
    found = rivers.network.node_numbers.get(id)
    if found is None:
        raise linked.unknown(layers.NODES, id)
    return found


def _reach(rivers: Rivers, id: str) -> int:
    found = rivers.network.reach_numbers.get(id)
    if found is None:
        raise linked.unknown(layers.REACHES, id)
    return found
