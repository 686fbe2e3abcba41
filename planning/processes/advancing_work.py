"""What ``advance-plan`` does; imported when it runs."""

from __future__ import annotations

from datetime import date
from typing import Any

from planning.plans import plans
from planning.plans.life import TITLES, Paper, Status
from planning.plans.plans import Outcome
from spatial.database import connect
from spatial.jobs.inputs import bad
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs
from spatial.jobs.processes.parts import intent_of


def run(context: Context, inputs: Inputs) -> Outputs:
    """Do it, or say what would be done."""
    intent, target, paper = intent_of(context, inputs), Status(inputs["to"]), _paper(inputs)
    version, layers = inputs["version"], tuple(inputs.get("content_layers", ()))
    with connect(context.dsn) as connection, connection.transaction():
        if inputs.get("preview", False):
            seen = plans.preview(connection, version, target, paper, intent, layers)
            return {"outcome": Document(_told(seen) | {"preview": True})}
        done = plans.advance(connection, version, target, paper, intent, layers)
        outputs = {"outcome": Document(_told(done) | {"preview": False})}
        context.finish(connection, outputs)
    return outputs


def _paper(inputs: Inputs) -> Paper:
    issued = inputs.get("issued_on")
    try:
        day = None if issued is None else date.fromisoformat(issued)
    except ValueError:
        raise bad("/inputs/issued_on", "不是日期", "is no date", issued) from None
    return Paper(
        inputs.get("document", ""), inputs.get("document_title", ""), day, inputs.get("document_sha256", "")
    )


def _told(outcome: Outcome) -> dict[str, Any]:
    return {
        "moved": [
            {
                "version": each.version_id,
                "before": each.before.value,
                "after": each.after.value,
                "title": f"{TITLES[each.before]} → {TITLES[each.after]}",
            }
            for each in outcome.moved
        ],
        "to_be_checked": outcome.transition.to_be_checked,
        "ended": dict(outcome.ended),
        "changesets": dict(outcome.changesets),
    }
