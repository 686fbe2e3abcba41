"""What ``reassign-region`` does; imported when it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from address import reassign
from address.reassign import Merge, Move, Outcome, Recode, Rename, Split, Step
from spatial.database import connect
from spatial.datum import parse_instant
from spatial.datum.clock import format_instant
from spatial.jobs.inputs import bad
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs
from spatial.jobs.processes.parts import intent_of


def run(context: Context, inputs: Inputs) -> Outputs:
    """Do it, show what it would do, or take it back."""
    if ("steps" in inputs) == ("undo" in inputs):
        raise bad("/inputs", "须给出 steps 或 undo 之一", "needs steps or undo, one of them", "steps, undo")
    intent = intent_of(context, inputs)
    with connect(context.dsn) as connection:
        if inputs.get("preview", False):
            steps = _steps(inputs.get("steps", ()))
            told = _told(reassign.preview(connection, steps, intent, inputs["document"]))
            return {"outcome": Document(told | {"preview": True, "changesets": {}})}
        with connection.transaction():
            if "undo" in inputs:
                taken = inputs["undo"]
                day = parse_instant(taken["day"])
                done: dict[str, Any] = {
                    "changesets": reassign.undo(connection, day, taken["changesets"], intent)
                }
            else:
                steps = _steps(inputs["steps"])
                remark = inputs.get("remark", "")
                done = _told(reassign.reassign(connection, steps, intent, inputs["document"], remark))
            outputs = {"outcome": Document(done | {"preview": False})}
            context.finish(connection, outputs)
    return outputs


def _steps(given: Sequence[Mapping[str, Any]]) -> tuple[Step, ...]:
    return tuple(map(_step, given))


def _step(given: Mapping[str, Any]) -> Step:
    match given["step"]:
        case "move":
            return Move(tuple(given["units"]), given["into"])
        case "rename":
            return Rename(given["unit"], given["name"])
        case "merge":
            return Merge(tuple(given["units"]), given["into"])
        case "split":
            return Split(given["unit"], given["name"], tuple(given["units"]), given.get("code"))
        case _:
            return Recode(given["unit"], given["code"])


def _told(outcome: Outcome) -> dict[str, Any]:
    return {
        "day": format_instant(outcome.day),
        "components": outcome.components,
        "codes": outcome.codes,
        "addresses": outcome.addresses,
        "links": outcome.links,
        "unmoved": outcome.unmoved,
        "changesets": dict(outcome.changesets),
    }
