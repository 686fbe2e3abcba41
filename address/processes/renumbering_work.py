"""What ``renumber-street`` does; imported when it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from address import reassign, renumber
from address.renumber import Outcome
from address.rules.charter import shipped
from address.rules.numbering import Number
from spatial.catalogue.city import read_city
from spatial.database import connect
from spatial.datum import parse_instant
from spatial.jobs.inputs import bad
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs
from spatial.jobs.processes.parts import intent_of


def run(context: Context, inputs: Inputs) -> Outputs:
    """Do it, show what it would do, or take it back."""
    if ("street" in inputs) == ("undo" in inputs):
        raise bad(
            "/inputs", "须给出 street 或 undo 之一", "needs street or undo, one of them", "street, undo"
        )
    intent = intent_of(context, inputs)
    with connect(context.dsn) as connection, connection.transaction():
        if "undo" in inputs:
            taken = inputs["undo"]
            day = parse_instant(taken["day"])
            done: dict[str, Any] = {"changesets": reassign.undo(connection, day, taken["changesets"], intent)}
        else:
            rule, epsg = shipped().numbering, read_city(context.city).epsg_without_prefix
            street, document = inputs["street"], inputs["document"]
            numbers = _numbers(inputs["numbers"]) if "numbers" in inputs else None
            if inputs.get("preview", False):
                seen = renumber.preview(connection, street, intent, document, rule, epsg, numbers)
                told = _told(seen) | {"day": inputs["day"], "changesets": {}, "preview": True}
                return {"outcome": Document(told)}
            remark = inputs.get("remark", "")
            made = renumber.renumber(connection, street, intent, document, rule, epsg, numbers, remark)
            done = _told(made) | {"day": inputs["day"]}
        outputs = {"outcome": Document(done | {"preview": False})}
        context.finish(connection, outputs)
    return outputs


def _numbers(given: Sequence[Mapping[str, Any]]) -> dict[str, Number]:
    numbers: dict[str, Number] = {}
    for place, each in enumerate(given):
        if each["door"] in numbers:
            raise bad(
                f"/inputs/numbers/{place}/door",
                "同一门牌给了两次号",
                "a door is given a number twice",
                each["door"],
            )
        numbers[each["door"]] = Number(each["number"], each.get("sub_number"))
    return numbers


def _told(outcome: Outcome) -> dict[str, Any]:
    return {
        "street": outcome.street,
        "doors": [{"door": each.door, "before": each.before, "after": each.after} for each in outcome.doors],
        "kept": outcome.kept,
        "unplaced": list(outcome.unplaced),
        "addresses": outcome.addresses,
        "links": outcome.links,
        "plates": outcome.plates,
        "findings": {
            code: {"before": before, "after": after} for code, (before, after) in outcome.findings.items()
        },
        "changesets": dict(outcome.changesets),
    }
