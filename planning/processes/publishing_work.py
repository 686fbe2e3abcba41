"""What ``publish-plan`` and ``publication-step`` do; imported when they run."""

from __future__ import annotations

from datetime import date

from planning.plans.life import Paper
from planning.publication import document, publication
from planning.publication.model import Action, Draft, Publication, Wanted
from planning.publication.precision import Precision, shipped
from spatial.catalogue import store as catalogue
from spatial.database import Connection, connect
from spatial.datum import parse_instant
from spatial.datum.clock import BEIJING
from spatial.jobs.inputs import bad
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs
from spatial.jobs.processes.parts import intent_of, who


def publish(context: Context, inputs: Inputs) -> Outputs:
    """Publish a version, or say what would be published."""
    intent, draft, today = intent_of(context, inputs), _draft(inputs), _today(context)
    with connect(context.dsn) as connection:
        context.step(10, "固定图层", "pinning layers")
        with connection.transaction(force_rollback=bool(inputs.get("preview", False))):
            made = publication.publish(connection, draft, intent, today)
            told = document.publication(made, today) | {
                "preview": bool(inputs.get("preview", False)),
                "unverified": _unverified(connection, made),
            }
            outputs: Outputs = {"outcome": Document(told)}
            if not inputs.get("preview", False):
                context.finish(connection, outputs)
    return outputs


def step(context: Context, inputs: Inputs) -> Outputs:
    """Take a step with a publication."""
    author, department = who(context, inputs)
    action, today = Action(inputs["action"]), _today(context)
    closes_on = _day("closes_on", inputs["closes_on"]) if "closes_on" in inputs else None
    with connect(context.dsn) as connection, connection.transaction():
        done = publication.step(
            connection,
            inputs["publication"],
            action,
            (author, department, inputs["reason"]),
            today,
            closes_on,
        )
        told = document.publication(done, today)
        if action is Action.CLOSED:
            told["unchanged"] = dict(publication.unchanged(connection, done))
        outputs: Outputs = {"outcome": Document(told)}
        context.finish(connection, outputs)
    return outputs


def _draft(inputs: Inputs) -> Draft:
    wanted = tuple(
        Wanted(each["layer"], Precision(each["precision"]) if "precision" in each else None)
        for each in inputs.get("layers", ())
    )
    if len({each.layer for each in wanted}) < len(wanted):
        raise bad("/inputs/layers", "有重复的图层", "names a layer twice", len(wanted))
    return Draft(
        version_id=inputs["version"],
        title=inputs["title"],
        closes_on=_day("closes_on", inputs["closes_on"]),
        paper=Paper(
            inputs.get("document", ""), inputs["document_title"], _day("issued_on", inputs["issued_on"])
        ),
        layers=wanted,
        summary=inputs.get("summary", ""),
        at=parse_instant(inputs["datetime"]) if "datetime" in inputs else None,
        elsewhere=inputs.get("elsewhere", ""),
    )


def _unverified(connection: Connection, made: Publication) -> list[str]:
    """What of the precisions is still to be checked 待核."""
    ceilings = (
        shipped().ceiling(catalogue.get(connection, each.layer).contract, limited=False)
        for each in made.layers
    )
    return [each.to_be_checked for each in ceilings if each.to_be_checked]


def _today(context: Context) -> date:
    return context.now.astimezone(BEIJING).date()


def _day(name: str, given: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise bad(f"/inputs/{name}", "不是日期", "is no day", given) from None
