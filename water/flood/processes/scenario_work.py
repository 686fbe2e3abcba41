"""What ``flood-scenario`` does; imported when it runs."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from spatial.catalogue.city import read_city
from spatial.database import Connection, connect
from spatial.datum import parse_instant
from spatial.jobs.content import canonical
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs
from water.flood import imported, outcome, plane, running, sample, scenario
from water.flood.outcome import Record
from water.flood.placing import Places
from water.flood.processes.parts import needs
from water.flood.run import Kind
from water.flood.scenario import SAMPLE, FloodScenario
from water.flood.setting import Setting, set_on
from water.network import kept as networks
from water.network.centreline import Centreline

VERSION = "1.0.0"


def run(context: Context, inputs: Inputs) -> Outputs:
    """Check, run, keep; the run and its job end as one."""
    told = rehearse(context, dict(inputs), Kind.SCENARIO, None)
    return {"result": Document(told)}


def rehearse(context: Context, inputs: dict[str, Any], kind: Kind, repeats: str | None) -> dict[str, Any]:
    """One run, kept with its record; what is told of it."""
    run_id = running.name_of(context, kind.value, inputs)
    begins_at, asof = instants(context, inputs)
    with running.or_nothing(context, run_id):
        context.step(1, "读取地形,检查情景", "reading the terrain, checking the scenario")
        with context.session() as connection:
            setting = setting_of(context, connection, inputs, begins_at, asof)
        seconds = setting.estimate.seconds
        context.step(4, f"预计单核 {seconds:.0f} 秒", f"expected to take {seconds:.0f} s of one core")
        done = running.run(context, run_id, setting, begins_at)
        record = Record(
            run_id, kind, VERSION, inputs, hashlib.sha256(canonical(inputs)).digest(), begins_at, asof,
            context.owner.subject, context.owner.department, tuple(sorted(needs(inputs))), repeats,
        )  # fmt: skip
        with connect(context.dsn) as connection, connection.transaction():
            told = outcome.keep(connection, record, setting, done)
            if kind is Kind.SCENARIO:
                context.finish(connection, {"result": Document(told)})
    return told


def instants(context: Context, inputs: Inputs) -> tuple[datetime, datetime]:
    """Second 0 of the run, and what was known: the job's own instant where nothing is said."""
    begins_at = parse_instant(inputs["begins_at"]) if "begins_at" in inputs else context.now
    return begins_at, parse_instant(inputs["asof"]) if "asof" in inputs else context.now


def setting_of(
    context: Context, connection: Connection, inputs: Inputs, begins_at: datetime, asof: datetime
) -> Setting:
    """The scenario of inputs on its ground, checked."""
    asked = scenario.read(inputs)
    raster = plane.raster(asked.box, asked.cell_m, int(read_city(context.city).epsg_without_prefix))
    terrain = (
        sample.terrain(raster)
        if asked.terrain == SAMPLE
        else imported.terrain(connection, asked.terrain, raster)
    )
    return set_on(asked, terrain, Places(raster, lines(connection, asked, begins_at, asof)))


def lines(connection: Connection, asked: FloodScenario, begins_at: datetime, asof: datetime) -> Any:
    """Centre lines of the rivers as they were; nothing is read where no place is a chainage."""
    if all(place.route is None for place in asked.places):

        def none(route: str) -> Centreline:
            raise AssertionError(route)

        return none
    return networks.rivers(connection, begins_at, asof).line
