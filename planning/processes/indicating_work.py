"""What ``indicators`` does; imported when it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from planning.indicators import declared as table
from planning.indicators.declared import Compared, Declared
from planning.indicators.definition import Definition, chosen, shipped
from planning.indicators.evaluate import Figure, Value, evaluate, keep
from planning.indicators.measuring import Reading
from planning.indicators.overlay import Plane
from planning.indicators.regions import resolve
from spatial.catalogue.city import read_city
from spatial.database import Connection, connect
from spatial.datum import format_instant, parse_instant
from spatial.jobs.inputs import bad
from spatial.jobs.model import Document, Filed, Outputs
from spatial.jobs.process import Context, Inputs


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for, read from the inputs."""

    region: str | Mapping[str, Any] | None
    at: datetime
    asof: datetime
    definitions: tuple[Definition, ...]
    given: Mapping[str, Figure]
    declared: tuple[Declared, ...]


def run(context: Context, inputs: Inputs) -> Outputs:
    """Evaluate, hold against the declared table, write the report where it is asked for."""
    asked = _asked(inputs, context.now)
    plane = Plane.of(read_city(context.city).epsg_without_prefix)
    with connect(context.dsn) as connection:
        region = resolve(connection, asked.region, asked.at, asked.asof, plane)
        fields = {layer: context.grant(layer).fields for layer in context.owner.layers}
        reading = Reading(
            connection,
            asked.at,
            asked.asof,
            region,
            plane,
            fields=fields,
            plan_version=inputs.get("plan_version"),
        )
        values: list[Value] = []
        for number, one in enumerate(asked.definitions):
            context.step(5 + 80 * number // len(asked.definitions), one.title.zh, one.title.en)
            values += evaluate(reading, [one], asked.given)
        compared = tuple(table.compare(values, asked.declared))
        outputs = _report(context, connection, inputs.get("report", "none"), reading, values, compared)
        result: Outputs = {"result": Document(told(reading, values, compared)), **outputs}
        if inputs.get("keep", False):
            keep(connection, values)
            context.finish(connection, result)
        connection.commit()  # areas that were measured now are known from now on
    return result


def told(reading: Reading, values: Sequence[Value], compared: Sequence[Compared]) -> dict[str, Any]:
    """The result as JSON."""
    named = {layer: None for value in values for layer in value.definition.layers}
    states = [state for layer in named if reading.sees(layer) and (state := reading.state(layer)) is not None]
    if reading.region.rests_on is not None and reading.region.rests_on.layer not in named:
        states.append(reading.region.rests_on)
    return {
        "region": {
            "id": reading.region.id,
            "title": reading.region.title,
            "sha256": reading.region.sha256,
        },
        "plan_version": reading.plan_version,
        "datetime": format_instant(reading.at),
        "asof": format_instant(reading.asof),
        "layers": [state.to_json() for state in states],
        "values": [value.to_json() for value in values],
        "declared": [each.to_json() for each in compared],
    }


def _asked(inputs: Inputs, now: datetime) -> Asked:
    return Asked(
        inputs.get("region"),
        parse_instant(inputs["datetime"]) if "datetime" in inputs else now,
        parse_instant(inputs["asof"]) if "asof" in inputs else now,
        chosen(shipped(), inputs.get("codes")),
        {
            name: Figure(_number(f"/inputs/given/{name}/value", each["value"]), each["source"])
            for name, each in inputs.get("given", {}).items()
        },
        tuple(
            Declared(
                each["code"], _number(f"/inputs/declared/{place}/value", each["value"]), each.get("unit")
            )
            for place, each in enumerate(inputs.get("declared", ()))
        ),
    )


def _number(pointer: str, given: object) -> Decimal:
    try:
        value = Decimal(str(given))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise bad(pointer, "不是数", "is no number", given)
    return value


def _report(
    context: Context,
    connection: Connection,
    wanted: str,
    reading: Reading,
    values: Sequence[Value],
    compared: Sequence[Compared],
) -> dict[str, Document | Filed]:
    if wanted == "none":
        return {}
    from planning.report.compose import compose
    from planning.report.page import page
    from planning.report.pdf import write

    context.step(88, "生成体检报告", "writing the report")
    report = compose(connection, read_city(context.city), reading, values, compared, context.now)
    outputs: dict[str, Document | Filed] = {}
    if wanted in ("page", "both"):
        path = context.work / "report.html"
        path.write_text(page(report), encoding="utf-8")
        outputs["page"] = Filed(path, "text/html", "国土空间规划城市体检报告.html")
    if wanted in ("pdf", "both"):
        path = context.work / "report.pdf"
        with path.open("wb") as file:
            write(report, file)
        outputs["pdf"] = Filed(path, "application/pdf", "国土空间规划城市体检报告.pdf")
    return outputs
