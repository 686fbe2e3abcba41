"""What ``compliance-check`` does; imported when it runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import orjson

from planning.compliance import compliance
from planning.compliance.compliance import Checked
from planning.compliance.project import read
from planning.ledger import store as ledger_store
from planning.model import Asked, Project
from planning.rules import shipped
from spatial.catalogue.city import City, read_city
from spatial.database import connect
from spatial.datum import BEIJING, STANDARD, parse_instant
from spatial.errors import Unauthenticated
from spatial.jobs.model import Document, Filed, Outputs
from spatial.jobs.process import Context, Inputs
from spatial.jobs.processes.parts import registry_for

UNIT = 250
"""Projects that one worker judges at a time."""


def run(context: Context, inputs: Inputs) -> Outputs:
    """Judge every project over one state of the layers, and keep the checks in one transaction."""
    if not context.owner.known:
        raise Unauthenticated(
            "合规性审查会留存,请先认证:compliance-check",
            "compliance checks are kept; say who you are: compliance-check",
            value="compliance-check",
        )
    projects = _projects(context, inputs)
    asked = Asked(
        parse_instant(inputs["datetime"]) if "datetime" in inputs else context.now,
        parse_instant(inputs["asof"]) if "asof" in inputs else None,
    )
    city, only = read_city(context.city), tuple(inputs.get("rules", ()))
    if len(projects) <= UNIT:
        checked = _here(context, projects, asked, city, only)
    else:
        checked = _spread(context, projects, asked, city, only)
    shown = set(context.owner.layers)
    if inputs["projects"]["type"] == "Feature":
        return {"result": Document({"check": checked[0].id, **veiled(checked[0].result, shown)})}
    return _many(context, projects, checked, shown)


def _projects(context: Context, inputs: Inputs) -> list[Project]:
    given, registry = inputs["projects"], registry_for(context) if "crs" in inputs else STANDARD
    frame = registry.frame(inputs.get("crs", "EPSG:4490"))
    if given["type"] == "Feature":
        return [read(given, "/inputs/projects", frame, registry)]
    features: Sequence[Any] = given.get("features", ())
    return [
        read(each, f"/inputs/projects/features/{number}", frame, registry)
        for number, each in enumerate(features)
    ]


def _here(
    context: Context, projects: Sequence[Project], asked: Asked, city: City, only: Sequence[str]
) -> list[Checked]:
    with context.session() as connection, compliance.one_state(connection):
        left = ledger_store.left(connection, asked.at.astimezone(BEIJING).date())
        who = context.owner.department
        return compliance.check(
            connection, projects, asked, shipped(), city, only=only, balances=left, department=who
        )


def _spread(
    context: Context, projects: Sequence[Project], asked: Asked, city: City, only: Sequence[str]
) -> list[Checked]:
    """Units judged side by side over states pinned before, kept in the end as one."""
    with connect(context.dsn) as connection:
        left = ledger_store.left(connection, asked.at.astimezone(BEIJING).date())
        pinned = compliance.pinned(connection, asked, shipped(), city, only, left)
    units = {
        str(start): (projects[start : start + UNIT], pinned, context.city)
        for start in range(0, len(projects), UNIT)
    }
    found = context.each(unit, units, weight=len(projects) * 100)
    judged = [each for key in units for each in found[key]]
    with connect(context.dsn) as connection, connection.transaction():
        return compliance.keep(connection, projects, judged, pinned, context.owner.department)


def unit(
    dsn: str, projects: Sequence[Project], pinned: compliance.Pinned, city: str
) -> list[tuple[bytes, str]]:
    """One unit of projects, in a process of its own: results and verdicts."""
    with connect(dsn) as connection, compliance.one_state(connection):
        return compliance.judge_pinned(connection, projects, pinned, read_city(city))


def _many(
    context: Context, projects: Sequence[Project], checked: Sequence[Checked], shown: AbstractSet[str]
) -> Outputs:
    path = context.work / "evidence.ndjson"
    with path.open("wb") as file:
        for each in checked:
            file.write(orjson.dumps({"check": each.id, **veiled(each.result, shown)}) + b"\n")
    told = [
        {
            "check": each.id,
            "code": project.facts.get("code"),
            "name": project.facts.get("name"),
            "verdict": each.verdict.document,
        }
        for project, each in zip(projects, checked, strict=True)
    ]
    counts = Counter(each.verdict.value for each in checked)
    return {
        "result": Document({"checks": told, "counts": dict(sorted(counts.items()))}),
        "evidence": Filed(path, "application/x-ndjson", "合规性审查.ndjson"),
    }


def veiled(result: bytes, shown: AbstractSet[str]) -> dict[str, Any]:
    """A result for who may see these layers: of the others areas stay, shapes and codes do not."""
    document: dict[str, Any] = orjson.loads(result)
    hidden = {name for name in document["layers"] if name not in shown}
    for rule in document["rules"]:
        for group in rule["groups"]:
            if group["layer"] in hidden:
                group |= {"geometry": None, "features": len(group["features"]), "withheld": True}
    for name in hidden:
        document["layers"][name] = {"withheld": True, "features": len(document["layers"][name]["features"])}
    return document
