"""What ``river-redraw`` does; imported when it runs."""

from __future__ import annotations

from typing import Any

from spatial.database import connect
from spatial.datum import parse_instant
from spatial.jobs.inputs import bad
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs
from spatial.jobs.processes.parts import intent_of
from water.network import carry_store, kept, redraw_store
from water.network.chainage import parse, written
from water.network.rebase import Event, rebase
from water.network.redraw import Redrawn, redraw
from water.processes.placing_work import rebased, vertices


def run(context: Context, inputs: Inputs) -> Outputs:
    """Write the new version, or say what it would mean."""
    if "measures_m" in inputs and "from_chainage" in inputs:
        raise bad("/inputs/from_chainage", "由 M 值已定,请去掉", "is told by the M values, leave it out", "")
    intent, day = intent_of(context, inputs), parse_instant(inputs["day"])
    points = vertices(inputs["line"]["coordinates"])
    with connect(context.dsn) as connection, connection.transaction():
        row = connection.execute("select clock_timestamp()").fetchone()
        assert row is not None
        rivers = kept.rivers(connection, day, row[0])
        redrawn = redraw(
            rivers,
            inputs["route"],
            redraw_store.next_version(connection, inputs["route"]),
            points,
            from_m=parse(inputs["from_chainage"]) if "from_chainage" in inputs else None,
            measures_m=inputs.get("measures_m"),
        )
        events = [Event(e["id"], e["chainage_m"], e.get("offset_m", 0.0)) for e in inputs.get("events", ())]
        carried = [carry_store.carry(connection, name, redrawn, day) for name in inputs.get("layers", ())]
        told = _told(redrawn) | {
            "events": [rebased(one) for one in rebase(redrawn.old, redrawn.new, events)],
            "layers": {
                one.layer: {
                    "carried": len(one.rows),
                    "lost": list(one.lost),
                    "events": [rebased(each) for each in one.told],
                }
                for one in carried
            },
        }
        if inputs.get("preview", False):
            return {"outcome": Document({**told, "preview": True})}
        changesets = redraw_store.apply(connection, redrawn, intent, inputs["document"])
        changesets |= carry_store.apply(connection, carried, intent)
        outputs: Outputs = {"outcome": Document({**told, "preview": False, "changesets": changesets})}
        context.finish(connection, outputs)
    return outputs


def _told(redrawn: Redrawn) -> dict[str, Any]:
    old, new = redrawn.old, redrawn.new
    return {
        "route_id": new.route,
        "from_version": old.version,
        "version": new.version,
        "from_chainage": written(new.from_m),
        "to_chainage": written(new.to_m),
        "length_m": round(new.length_m, 4),
        "longer_by_m": round(new.length_m - old.length_m, 4),
        "merged_vertices": new.merged,
        "stakes": len(redrawn.stakes),
        "reaches": [
            {
                "id": moved.after.id,
                "from": [written(moved.before.from_m), written(moved.before.to_m)],
                "to": [written(moved.after.from_m), written(moved.after.to_m)],
            }
            for moved in redrawn.reaches
        ],
        "nodes": [rebased(carried) for _, carried in redrawn.nodes],
    }
