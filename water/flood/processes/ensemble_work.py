"""What ``flood-ensemble`` does; imported when it runs. Members that are done stay done when a worker dies."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import numpy as np

from spatial.database import Connection, connect
from spatial.datum import format_instant
from spatial.jobs.content import canonical
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs
from water.errors import Name
from water.flood import cog, ensemble, outcome, plane, quick, running, store, taking
from water.flood.ensemble import Member
from water.flood.extent import WET_M, Raster
from water.flood.placing import Places
from water.flood.processes import scenario_work as rehearsal
from water.flood.processes.parts import needs
from water.flood.run import PROBABILITY, STAMP, Kind, Run
from water.flood.scenario import FloodScenario
from water.flood.sense import MOST_M3_S, require_unit
from water.flood.setting import LIMIT_S, Setting, expected_of, placed, require_met, set_on
from water.flood.taking import Filled
from water.flood.terrain import Terrain
from water.flood.watching import Watch
from water.hydraulics.beginning import begun
from water.hydraulics.estimate import Estimate, allow
from water.pointing import about

VERSION = "1.4.0"
OWN: Final = ("members", "seed", "method", "varied")
LIKELY: Final = (0.1, 0.5, 0.9)
BATCHES: Final = 16
WEIGHT_A_SECOND: Final = 2_000
"""Ten seconds of computing are worth starting processes for (``Workplace.spread_from``)."""
QUICK_S: Final = 2e-8
"""Of a quick map, for each cell."""
OF_BOUNDS: Final = {
    "zh": "概率只在所给上下限下成立",
    "en": "the probability holds under the given bounds alone",
}
OF_MEMBERS: Final = {
    "zh": "概率只在所取预报的成员与所给上下限下成立",
    "en": "the probability holds under the members of the forecast and the given bounds alone",
}


def run(context: Context, inputs: Inputs) -> Outputs:
    """Draw, spread, count, keep."""
    given = dict(inputs)
    run_id = running.name_of(context, Kind.ENSEMBLE.value, given)
    begins_at, asof = rehearsal.instants(context, inputs)
    with running.or_nothing(context, run_id):
        with context.session() as connection:
            store.drop_stale(connection)
            filled = taking.fill(connection, given, begins_at, asof, ensemble=True)
            asked = _read(filled)
            raster = rehearsal.raster_of(context, asked)
            rehearsal.require_new(context, inputs, asked, raster)
            _seconds(expected_of(asked, raster), raster, given["method"], given["members"])
            drawn = ensemble.members(
                given["members"], given["seed"], given.get("varied", {}), _courses(filled)
            )
            _require_rivers(asked, drawn, filled)
            terrain = rehearsal.ground(connection, asked, raster)
            line = rehearsal.lines(connection, asked, begins_at, asof)
            done = _done(connection, run_id)
            connection.commit()
        setting = set_on(asked, terrain, Places(raster, line))
        require_met(setting)
        seconds = _seconds(setting.estimate, raster, given["method"], len(drawn))
        left = [member for member in drawn if _name(member) not in done]
        units = {
            str(number): (context.city, filled, begins_at, asof, batch)
            for number, batch in enumerate(_batches(left, given["method"]))
        }
        for _, found in context.each(_members, units, weight=int(seconds * WEIGHT_A_SECOND)):
            with connect(context.dsn) as connection:
                for number, bits in found:
                    store.put(connection, run_id, _name(drawn[number]), "application/octet-stream", bits)
                store.note(connection, run_id, float(len(found)))
                connection.commit()
        told = _keep(context, run_id, given, setting, drawn, (begins_at, asof), filled)
    return {"result": Document(told)}


def _require_rivers(asked: FloodScenario, drawn: Sequence[Member], filled: Filled) -> None:
    """No member has more water than any river, whatever its factor."""
    members = (ensemble.asked_of(member, asked, filled.courses) for member in drawn)
    most = max((max(one.discharge_m3_s.values) for each in members for one in each.releases), default=0.0)
    with about("varied", "discharge_factor"):
        require_unit(Name("成员的流量", "the discharge of a member"), most, MOST_M3_S, "m³/s")


def _members(
    dsn: str, city: str, filled: Filled, begins_at: datetime, asof: datetime, batch: Sequence[Member]
) -> list[tuple[int, bytes]]:
    """Where water stood in some members, a bit a cell."""
    asked = _read(filled)
    with connect(dsn) as connection:
        raster = plane.raster(asked.box, asked.cell_m, _zone(city))
        terrain = rehearsal.ground(connection, asked, raster)
        places = Places(raster, rehearsal.lines(connection, asked, begins_at, asof))
    if filled.inputs["method"] == "quick":
        return _quick(asked, filled, terrain, places, batch)
    found = []
    for member in batch:
        setting = set_on(ensemble.asked_of(member, asked, filled.courses), terrain, places)
        simulation = begun(setting.scenario, asked.method, setting.depth_m)
        watch = Watch.over(raster)
        watch.look(simulation, setting)
        for _ in simulation.reports(asked.watch_s):
            watch.look(simulation, setting)
        found.append((member.number, ensemble.packed(ensemble.wet(watch.extent(raster)))))
    return found


def _quick(
    asked: FloodScenario, filled: Filled, terrain: Terrain, places: Places, batch: Sequence[Member]
) -> list[tuple[int, bytes]]:
    cells = [placed("inflows", k, one, places) for k, one in enumerate(asked.releases)]
    made = quick.over(terrain, cells, float(np.mean(list(asked.manning.values()) or [0.04])))
    found = []
    for member in batch:
        own = ensemble.asked_of(member, asked, filled.courses)
        peaks = [float(max(one.discharge_m3_s.values)) for one in own.releases]
        wet = np.zeros(terrain.heights_m.shape, bool)
        # In Manning's formula n times the roughness stands as high as n times the discharge.
        wet.ravel()[made.low] = made.low_depth_m([peak * member.roughness_factor for peak in peaks]) >= WET_M
        found.append((member.number, ensemble.packed(wet)))
    return found


def _read(filled: Filled) -> FloodScenario:
    own = {name: value for name, value in filled.inputs.items() if name not in OWN}
    return rehearsal.read(replace(filled, inputs=own))


def _courses(filled: Filled) -> int | None:
    """How many members every forecast has of which all are taken; None where none is."""
    return min((len(each) for each in filled.courses.values()), default=None)


def _zone(city: str) -> int:
    from spatial.catalogue.city import read_city

    return int(read_city(city).epsg_without_prefix)


def _seconds(one: Estimate, raster: Raster, method: str, count: int) -> float:
    """What all members take of one core, of which one takes so long; refused where that is too much."""
    seconds = one.seconds if method == "solver" else QUICK_S * raster.rows * raster.columns
    if method == "quick":
        quick.require_area(raster)
    with about("members"):
        return allow(Estimate(one.steps * count, one.cell_steps * count, seconds * count), LIMIT_S).seconds


def _batches(left: Sequence[Member], method: str) -> list[Sequence[Member]]:
    size = 1 if method == "solver" else max(1, -(-len(left) // BATCHES))
    return [left[at : at + size] for at in range(0, len(left), size)]


def _name(member: Member) -> str:
    return f"member-{member.number:05d}.bits"


def _done(connection: Connection, run_id: str) -> set[str]:
    return {each.name for each in store.files(connection, run_id)}


def _keep(
    context: Context,
    run_id: str,
    given: dict[str, Any],
    setting: Setting,
    drawn: Sequence[Member],
    instants: tuple[datetime, datetime],
    filled: Filled,
) -> dict[str, Any]:
    raster, asked = setting.terrain.raster, setting.asked
    with connect(context.dsn) as connection, connection.transaction():
        times, rows = _counted(connection, run_id, raster, drawn)
        probability = (times / len(drawn)).astype(np.float32)
        tags = {"VERTICAL_DATUM": setting.terrain.datum, "TERRAIN": setting.terrain.source}
        tags |= {"ONEMAP": STAMP} if setting.synthetic else {}
        store.put(connection, run_id, PROBABILITY, cog.MEDIA, cog.written(raster, probability, 0.0, tags))
        store.put(connection, run_id, "members.csv", outcome.CSV, _table(rows))
        areas = np.array([row["wet_plane_m2"] for row in rows])
        told: dict[str, Any] = {
            "run": run_id,
            "kind": Kind.ENSEMBLE.value,
            "title": asked.title,
            "begins_at": format_instant(instants[0]),
            "asof": format_instant(instants[1]),
            "method": given["method"],
            "members": len(drawn),
            "seed": given["seed"],
            "varied": given.get("varied", {}),
            "taken": list(filled.told),
            "plane": f"EPSG:{raster.zone}",
            "cell_m": raster.cell_m,
            "terrain": setting.terrain.source,
            "vertical_datum": setting.terrain.datum,
            "likely_plane_m2": {
                f"{share:g}": float((probability >= share).sum()) * raster.cell_m**2 for share in LIKELY
            },
            "wet_plane_m2": dict(zip(("least", "median", "most"), _spread(areas), strict=True)),
            "assumption": OF_MEMBERS if filled.courses else OF_BOUNDS,
        }  # fmt: skip
        told |= {"synthetic": "合成数据"} if setting.synthetic else {}
        told["files"] = outcome.listed(connection, run_id)
        run = Run(
            id=run_id, kind=Kind.ENSEMBLE, title=asked.title, version=VERSION, inputs=given,
            inputs_sha256=hashlib.sha256(canonical(given)).digest(), ground_sha256=setting.sha256,
            repeats=None, begins_at=instants[0], asof=instants[1], duration_s=asked.duration_s,
            subject=context.owner.subject, department=context.owner.department,
            layers=tuple(sorted(needs(given))), synthetic=setting.synthetic, raster=raster,
            outline=plane.outline(raster), told=told,
        )  # fmt: skip
        store.keep(connection, run)
        context.finish(connection, {"result": Document(told)})
    return told


def _counted(
    connection: Connection, run_id: str, raster: Raster, drawn: Sequence[Member]
) -> tuple[Any, list[dict[str, Any]]]:
    """In how many members each cell was reached, and the members; their bits are not kept."""
    shape = (raster.rows, raster.columns)
    times, rows = np.zeros(shape, np.int32), []
    for member in drawn:
        wet = ensemble.unpacked(store.content(connection, run_id, _name(member)), shape)
        times += wet
        rows.append(ensemble.figures(member, float(wet.sum()) * raster.cell_m**2))
    store.remove(connection, run_id, [_name(member) for member in drawn])
    return times, rows


def _spread(areas: Any) -> tuple[float, float, float]:
    return float(areas.min()), float(np.median(areas)), float(areas.max())


def _table(rows: Sequence[dict[str, Any]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: f"{value:.9g}" for name, value in row.items()} for row in rows)
    return buffer.getvalue().encode()
