"""What the processes of warnings do; imported when they run. Each ends its job in its one transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spatial.database import Connection, connect
from spatial.datum import format_instant, parse_instant
from spatial.jobs.inputs import bad
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs
from spatial.jobs.processes.parts import who
from water.gauges import store as gauges
from water.moment import Moment
from water.warning import input_store, ledger_store, rule_store, store
from water.warning import verification as verifying
from water.warning.colour import Colour
from water.warning.evaluate import evaluate as evaluated
from water.warning.input_store import Probability
from water.warning.rule import Kind

Told = dict[str, Any]
TOLERANCE_S = 6 * 3600.0
STEPS_TOLD = 1000


def evaluate(context: Context, inputs: Inputs) -> Outputs:
    """Judge what has come since the last time, and record whose time to acknowledge is over."""
    at = parse_instant(inputs["datetime"]) if "datetime" in inputs else None

    def work(connection: Connection) -> Told:
        done = evaluated(connection, at)
        late = store.escalate(connection, context.now)
        return {
            "evaluation": done.evaluation,
            "datetime": format_instant(done.at),
            "stations": done.stations,
            "readings": done.readings,
            "inputs_sha256": done.sha256.hex(),
            "verdicts": done.verdicts,
            "steps": [
                {
                    "warning": number,
                    "rule": rule,
                    "station": station,
                    "action": action.value,
                    "colour": Colour(colour).id,
                }
                for number, rule, station, action, colour in done.steps[:STEPS_TOLD]
            ],
            "rejudged": [
                {
                    "rule": rule,
                    "station": station,
                    "late": each.late.late,
                    "corrected": each.late.corrected,
                    "told": Colour(each.told).id,
                    "found": Colour(each.found).id,
                }
                for rule, station, each in done.rejudged[:STEPS_TOLD]
            ],
            "overdue": [
                {"warning": number, "tier": tier, "department": department}
                for number, tier, department in late[:STEPS_TOLD]
            ],
        }

    return _done(context, work)


def record_rule(context: Context, inputs: Inputs) -> Outputs:
    """Keep a version of a rule."""
    author, department = who(context, inputs)

    def work(connection: Connection) -> Told:
        made = rule_store.record(connection, inputs["rule"], author, department, inputs["reason"])
        if made is None:
            return {"rule": inputs["rule"]["id"], "version": None}
        return {"rule": made.rule.id, "version": made.version, "sha256": made.sha256.hex()}

    return _done(context, work)


def give(context: Context, inputs: Inputs) -> Outputs:
    """Keep probabilities of a forecast."""
    author, _ = who(context, inputs)

    def work(connection: Connection) -> Told:
        rule = rule_store.of(connection, inputs["rule"]).rule
        if rule.kind is not Kind.EXCEEDANCE:
            raise bad("/inputs/rule", "不是超限概率规则", "is no rule of exceedance", rule.id)
        known = {each.id: each for each in gauges.stations(connection, Moment(context.now))}
        found = []
        for place, each in enumerate(inputs["values"]):
            station = known.get(each["station"])
            if station is None:
                raise bad(f"/inputs/values/{place}/station", "没有这个测站", "is unknown", each["station"])
            issued, start, end = (parse_instant(each[name]) for name in ("issued_at", "from", "until"))
            synthetic = station.synthetic or rule.synthetic
            probability, source = each["probability"], inputs["source"]
            found.append(Probability(rule.id, station.id, issued, start, end, probability, source, synthetic))
        return {"rule": rule.id, "given": input_store.give(connection, found, author)}

    return _done(context, work)


def verify(context: Context, inputs: Inputs) -> Outputs:
    """Hold warnings against what was measured."""
    start, end = parse_instant(inputs["start"]), parse_instant(inputs["end"])
    if not start < end <= context.now:
        raise bad("/inputs/end", "须晚于 start、不晚于现在", "lies after start and not ahead", inputs["end"])
    tolerance_s = float(inputs.get("tolerance_s", TOLERANCE_S))

    def work(connection: Connection) -> Told:
        recorded = rule_store.of(connection, inputs["rule"])
        colour = Colour.of(inputs["colour"])
        done = verifying.verify(connection, recorded, colour, start, end, tolerance_s)
        number = ledger_store.keep(connection, recorded, done)
        return {"verification": number, **ledger_store.document(done)}

    return _done(context, work)


def _done(context: Context, work: Callable[[Connection], Told]) -> Outputs:
    with connect(context.dsn) as connection, connection.transaction():
        outputs: Outputs = {"outcome": Document(work(connection))}
        context.finish(connection, outputs)
    return outputs
