"""What ``flood-scenario`` and ``flood-replay`` do; imported when they run."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from spatial.catalogue.city import read_city
from spatial.database import Connection, connect
from spatial.datum import format_instant, parse_instant
from spatial.errors import OneMapError
from spatial.jobs.content import canonical
from spatial.jobs.inputs import bad, pointer
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs
from spatial.jobs.processes.asking import known_by
from water.flood import (
    cog,
    comparison,
    imported,
    kept,
    outcome,
    plane,
    running,
    sample,
    scenario,
    sense,
    store,
    taking,
)
from water.flood.extent import Extent, Raster
from water.flood.outcome import Record
from water.flood.placing import Line, Places
from water.flood.processes.parts import needs
from water.flood.run import DIFFERENCE, Kind, Run
from water.flood.scenario import SAMPLE, FloodScenario
from water.flood.setting import LIMIT_S, expected_of, require_met, set_on
from water.flood.taking import Filled
from water.flood.terrain import Terrain
from water.hydraulics.estimate import allow
from water.network import kept as networks
from water.network.centreline import Centreline
from water.pointing import about

VERSION = "1.3.0"
FIXED = ("area", "cell_m", "terrain", "begins_at", "asof")
"""What a replay leaves as it was: else the two could not be laid over one another."""
Compare = Callable[[Connection, Extent, dict[str, Any]], None]


def run(context: Context, inputs: Inputs) -> Outputs:
    """Check, run, keep; the run and its job end as one."""
    return {"result": Document(_rehearse(context, dict(inputs), Kind.SCENARIO))}


def replay(context: Context, inputs: Inputs) -> Outputs:
    """A kept run once more, with what is to be different; and the difference."""
    with context.session() as connection:
        with about("run"):
            base = store.run(connection, inputs["run"])
        for layer in base.layers:
            context.grant(layer)
        if base.kind is Kind.ENSEMBLE:
            raise bad("/inputs/run", "是集合推演,不能重演", "is an ensemble, which is not replayed", base.id)
        before = kept.extent(connection, base.id)
        with _changes(inputs):
            changed, told_before = _changed(connection, base, inputs)

    def compare(connection: Connection, after: Extent, told: dict[str, Any]) -> None:
        body = cog.written(before.raster, comparison.depth_difference(before, after), float("nan"), {})
        store.put(connection, told["run"], DIFFERENCE, cog.MEDIA, body)
        ours = {each["name"]: each["sha256"] for each in base.told["files"]}
        rasters = [each for each in told["files"] if each["name"] in ours]
        told["repeats"] = base.id
        told["difference"] = comparison.told(before, after)
        told["ground_same"] = told["ground_sha256"] == base.ground_sha256.hex()
        told["identical"] = all(ours[each["name"]] == each["sha256"] for each in rasters)

    with _changes(inputs):
        return {"result": Document(_rehearse(context, changed, Kind.REPLAY, base, compare, told_before))}


@contextmanager
def _changes(inputs: Inputs) -> Iterator[None]:
    """Faults are about what is to be different, or about the run whose inputs the rest is."""
    try:
        yield
    except OneMapError as failure:
        named = str(failure.details.get("pointer", pointer(())))
        first = named.removeprefix(pointer(())).lstrip("/").split("/")[0]
        if first in inputs.get("changes", {}):
            failure.details["pointer"] = named.replace(pointer(()), pointer(["changes"]), 1)
        elif first == "inflows" and "releases_later_s" in inputs:
            failure.details["pointer"] = pointer(["releases_later_s"])
        elif first:
            failure.details["pointer"] = pointer(["run"])
        raise


def _changed(connection: Connection, base: Run, inputs: Inputs) -> tuple[dict[str, Any], Filled | None]:
    """The inputs of a run with what is to be different, at the instants that it had; and, where inflows
    come at another time, what they were taken from.
    """
    changes = dict(inputs.get("changes", {}))
    fixed = next((name for name in FIXED if name in changes), None)
    if fixed is not None:
        raise bad(f"/inputs/changes/{fixed}", "重演时不能改变", "stays as it was in a replay", changes[fixed])
    given = {**base.inputs, **changes}
    given = {name: value for name, value in given.items() if value is not None}
    given["begins_at"], given["asof"] = format_instant(base.begins_at), format_instant(base.asof)
    if "releases_later_s" not in inputs:
        return given, None
    later_s = float(inputs["releases_later_s"])
    filled = taking.fill(connection, given, base.begins_at, base.asof)
    given["inflows"] = [
        one | {"discharge_m3_s": scenario.moved(one["discharge_m3_s"], later_s)}
        for one in filled.inputs.get("inflows", ())
    ]
    told = tuple(each | {"later_s": later_s} for each in filled.told)
    return given, replace(filled, inputs=given, told=told)


def _rehearse(
    context: Context,
    inputs: dict[str, Any],
    kind: Kind,
    base: Run | None = None,
    compare: Compare | None = None,
    filled: Filled | None = None,
) -> dict[str, Any]:
    """One run, kept with its record; what is told of it. ``filled``: inflows that were taken already."""
    run_id = running.name_of(context, kind.value, inputs)
    begins_at, asof = instants(context, inputs)
    with running.or_nothing(context, run_id):
        context.step(1, "读取地形,检查情景", "reading the terrain, checking the scenario")
        with context.session() as connection:
            filled = filled or taking.fill(connection, inputs, begins_at, asof)
            asked = read(filled)
            raster = raster_of(context, asked)
            if base is None:
                require_new(context, inputs, asked, raster)
            with about():
                allow(expected_of(asked, raster), LIMIT_S)
            terrain = ground(connection, asked, raster)
            line = lines(connection, asked, begins_at, asof)
        setting = set_on(asked, terrain, Places(terrain.raster, line))
        if base is None:
            require_met(setting)
        seconds = setting.estimate.seconds
        context.step(4, f"预计单核 {seconds:.0f} 秒", f"expected to take {seconds:.0f} s of one core")
        done = running.run(context, run_id, setting, begins_at)
        layers = {*needs(inputs), *(base.layers if base is not None else ())}
        record = Record(
            run_id, kind, VERSION, inputs, hashlib.sha256(canonical(inputs)).digest(), begins_at, asof,
            context.owner.subject, context.owner.department, tuple(sorted(layers)),
            None if base is None else base.id, filled.told,
        )  # fmt: skip
        with connect(context.dsn) as connection, connection.transaction():
            told = outcome.keep(connection, record, setting, done, compare)
            context.finish(connection, {"result": Document(told)})
    return told


def read(filled: Filled) -> FloodScenario:
    """The scenario of inputs whose inflows are all there."""
    return replace(scenario.read(filled.inputs), synthetic=filled.synthetic)


def instants(context: Context, inputs: Inputs) -> tuple[datetime, datetime]:
    """Second 0 of the run, and what was known: the job's own instant where nothing is said."""
    with about("begins_at"):
        begins_at = parse_instant(inputs["begins_at"]) if "begins_at" in inputs else context.now
    with about("asof"):
        return begins_at, parse_instant(inputs["asof"]) if "asof" in inputs else context.now


def require_new(context: Context, inputs: Inputs, asked: FloodScenario, raster: Raster) -> None:
    """Refuse of a new scenario what a kept run may have: what cannot be meant, a knowledge to come."""
    sense.require_sense(asked, raster)
    known_by(context, inputs)


def raster_of(context: Context, asked: FloodScenario) -> Raster:
    """The raster of a scenario in the zone of the city."""
    return plane.raster(asked.box, asked.cell_m, int(read_city(context.city).epsg_without_prefix))


def ground(connection: Connection, asked: FloodScenario, raster: Raster) -> Terrain:
    """The terrain that is asked for."""
    if asked.terrain == SAMPLE:
        return sample.terrain(raster)
    with about("terrain"):
        return imported.terrain(connection, asked.terrain, raster)


def lines(connection: Connection, asked: FloodScenario, begins_at: datetime, asof: datetime) -> Line:
    """Centre lines of the rivers as they were; nothing is read where no place is a chainage."""
    if all(place.route is None for _, place in asked.places):

        def none(route: str) -> Centreline:
            raise AssertionError(route)

        return none
    return networks.rivers(connection, begins_at, asof).line


__all__ = ["ground", "instants", "lines", "raster_of", "read", "replay", "require_new", "run"]
