"""What the processes of monitoring, ledger and models do; imported when they run.

Each ends its job in the transaction that writes: a job that is run again has written nothing.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from planning.errors import UnknownAlert
from planning.indicators.overlay import Plane
from planning.indicators.regions import resolve
from planning.indicators.states import WHOLE, Region
from planning.ledger import store as ledger_store
from planning.ledger.ledger import Entry, Posting, chart
from planning.models import register
from planning.monitoring import store as monitor_store
from planning.monitoring.alerts import Alert
from planning.monitoring.limits import limit, shipped
from planning.monitoring.monitor import Outcome, watch
from spatial.catalogue.city import read_city
from spatial.database import Connection, connect
from spatial.datum import format_instant, parse_instant
from spatial.jobs.inputs import bad
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs
from spatial.jobs.processes.parts import who


def watch_limits(context: Context, inputs: Inputs) -> Outputs:
    """Watch the limits of a region."""
    at = _instant(context, inputs, "datetime")
    limits = [limit(code) for code in inputs.get("codes") or shipped()]
    plane = _plane(context)
    found: list[Outcome] = []
    with connect(context.dsn) as connection:
        region = resolve(connection, inputs.get("region"), at, context.now, plane)
        for number, one in enumerate(limits):
            context.step(5 + 90 * number // len(limits), one.title.zh, one.title.en)
            found += watch(
                connection, [one], region, plane, at, context.now, afresh=inputs.get("afresh", False)
            )
        told = {
            "region": region.id,
            "datetime": format_instant(at),
            "measured": [_outcome(each) for each in found if each.moved or each.alert],
            "unmoved": [each.code for each in found if not each.moved],
        }
        return _finished(context, connection, told)


def set_limit(context: Context, inputs: Inputs) -> Outputs:
    """Set a limit's figure from a day on."""
    author, _ = who(context, inputs)
    one, from_ = limit(inputs["code"]), _day("/inputs/from", inputs["from"])
    value = _number("/inputs/value", inputs["value"])
    with connect(context.dsn) as connection:
        region = _region(context, connection, inputs, context.now)
        number = monitor_store.set_limit(
            connection, one.code, region.id, value, inputs["document"], from_, author
        )
        told = {"id": number, "code": one.code, "region": region.id, "value": str(value), "unit": one.unit}
        return _finished(context, connection, told)


def answer_alert(context: Context, inputs: Inputs) -> Outputs:
    """Write a receipt of what was done with an alert."""
    subject, department = who(context, inputs)
    number = inputs["alert"]
    with connect(context.dsn) as connection:
        if monitor_store.alert(connection, number).code != inputs["code"]:
            raise UnknownAlert(
                f"此监测项没有这个预警,请核对:{number}",
                f"no alert of that number is of this limit: {number}",
                value=number,
            )
        done = monitor_store.receipt(
            connection, number, inputs["action"], subject, department, inputs.get("note", "")
        )
        return _finished(context, connection, _alert(done))


def post_quota(context: Context, inputs: Inputs) -> Outputs:
    """Post to the quota ledger; the accounts it begins with are opened where they are not there."""
    author, department = who(context, inputs)
    entries = tuple(
        Entry(each["account"], _number(f"/inputs/entries/{place}/amount", each["amount"]))
        for place, each in enumerate(inputs["entries"])
    )
    booked_on = _day("/inputs/booked_on", inputs["booked_on"])
    posting = Posting(
        booked_on, inputs["document"], inputs["reason"], author, department, entries, inputs.get("project")
    )
    with connect(context.dsn) as connection:
        ledger_store.open_accounts(connection, chart())
        number = ledger_store.post(connection, posting)
        held = ledger_store.balances(connection)
        told = {
            "posting": number,
            "balances": [{"account": each.account, "amount": str(each.amount)} for each in held],
        }
        return _finished(context, connection, told)


def run_model(context: Context, inputs: Inputs) -> Outputs:
    """Run a model and keep the run."""
    at, asof = _instant(context, inputs, "datetime"), _instant(context, inputs, "asof")
    one, plane = register.model(inputs["model"]), _plane(context)
    with connect(context.dsn) as connection:
        region = resolve(connection, inputs.get("region"), at, asof, plane)
        context.step(10, one.title.zh, one.title.en)
        done = register.run(connection, one, region, plane, at, asof, inputs.get("parameters"))
        told = {
            "run": register.keep(connection, done),
            "model": done.model,
            "version": done.version,
            "standard": one.standard,
            "parameters": dict(done.parameters),
            "unverified_parameters": list(done.unverified),
            "inputs": dict(done.inputs),
            "inputs_sha256": done.inputs_sha256,
            "outputs": dict(done.outputs),
            "outputs_sha256": done.outputs_sha256,
        }
        return _finished(context, connection, told)


def _finished(context: Context, connection: Connection, told: dict[str, Any]) -> Outputs:
    outputs = {"outcome": Document(told)}
    context.finish(connection, outputs)
    connection.commit()
    return outputs


def _plane(context: Context) -> Plane:
    return Plane.of(read_city(context.city).epsg_without_prefix)


def _region(context: Context, connection: Connection, inputs: Inputs, at: datetime) -> Region:
    return resolve(connection, inputs.get("region", WHOLE), at, context.now, _plane(context))


def _instant(context: Context, inputs: Inputs, name: str) -> datetime:
    return parse_instant(inputs[name]) if name in inputs else context.now


def _number(pointer: str, given: object) -> Decimal:
    try:
        value = Decimal(str(given))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise bad(pointer, "不是数", "is no number", given)
    return value


def _day(pointer: str, given: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise bad(pointer, "不是日期", "is no day", given) from None


def _outcome(one: Outcome) -> dict[str, Any]:
    return {
        "code": one.code,
        "monitoring": one.monitoring,
        "value": None if one.value is None else str(one.value),
        "no_data": None if one.lacking is None else {"zh": one.lacking.zh, "en": one.lacking.en},
        "incremental": one.incremental,
        "touched": one.touched,
        "level": one.level,
        "alert": one.alert,
    }


def _alert(one: Alert) -> dict[str, Any]:
    receipts = [asdict(each) | {"recorded_at": format_instant(each.recorded_at)} for each in one.receipts]
    return {
        "alert": one.id,
        "code": one.code,
        "region": one.region,
        "level": one.level,
        "state": one.state.value,
        "value": str(one.value),
        "limit": str(one.limit),
        "document": one.document,
        "follows": one.follows,
        "raised_at": format_instant(one.raised_at),
        "receipts": receipts,
    }
