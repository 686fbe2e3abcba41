"""What ``advance-address`` does; imported when it runs."""

from __future__ import annotations

from typing import Any

from address import advance
from address.advance import Move, Outcome
from address.model import State
from address.rules.charter import shipped
from address.rules.life import Role
from spatial.catalogue.city import read_city
from spatial.database import connect
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs
from spatial.jobs.processes.parts import intent_of


def run(context: Context, inputs: Inputs) -> Outputs:
    """Do it, or say what would be done."""
    move = Move(
        State(inputs["to"]),
        Role(inputs["role"]),
        frozenset(inputs.get("papers", ())),
        inputs["document"],
        inputs.get("remark", ""),
    )
    intent, rules = intent_of(context, inputs), shipped()
    epsg, subjects = read_city(context.city).epsg_without_prefix, inputs["subjects"]
    with connect(context.dsn) as connection, connection.transaction():
        if inputs.get("preview", False):
            seen = advance.preview(connection, subjects, move, intent, rules, epsg)
            return {"outcome": Document(_told(seen) | {"preview": True, "changesets": {}})}
        done = advance.advance(connection, subjects, move, intent, rules, epsg)
        outputs = {"outcome": Document(_told(done) | {"preview": False})}
        context.finish(connection, outputs)
    return outputs


def _told(outcome: Outcome) -> dict[str, Any]:
    return {
        "subjects": [
            {
                "component": each.component,
                "name": each.name,
                "before": each.before.value,
                "after": each.after.value,
                "findings": [
                    {"check": finding.code, "zh": finding.zh, "en": finding.en} for finding in each.findings
                ],
            }
            for each in outcome.subjects
        ],
        "changesets": dict(outcome.changesets),
    }
