"""What ``flood-route`` does; imported when it runs."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np

from spatial.catalogue.contract import STAMP
from spatial.database import Connection
from spatial.datum import format_instant, parse_instant
from spatial.jobs.inputs import bad
from spatial.jobs.model import Document, Filed, Outputs
from spatial.jobs.process import Context, Inputs
from spatial.jobs.processes.asking import known_by
from water.flood import routing, taken, taking
from water.flood.naming import called
from water.flood.routing import Floats, Routed
from water.forecast import gathering
from water.forecast.grading import determination
from water.gauges import rated_stage, stations, store
from water.gauges.gaps import usable
from water.moment import Moment
from water.pointing import about

STEP_S: Final = 3600.0
DECIMALS: Final = 3
LEAST_VALUES: Final = 3
"""Fewer measured values say nothing of how well a course was met."""
UNGRADED: Final = (
    "演算成果未经等级评定,仅供参考,不作预报发布"
    " a routed course is of no grade: for reference, not issued as a forecast"
)


def run(context: Context, inputs: Inputs) -> Outputs:
    """Each inflow down its reaches, their sum, and the station where they join."""
    asof, step_s = known_by(context, inputs), float(inputs.get("step_s", STEP_S))
    with about("begins_at"):
        begins_at = parse_instant(inputs["begins_at"])
    with about("step_s"):
        count = routing.steps(float(inputs["duration_s"]), step_s)
    _require_names([one["id"] for one in inputs["inflows"]])
    instants = [begins_at + timedelta(seconds=step_s * step) for step in range(count + 1)]
    with context.session() as connection:
        filled = taking.fill(connection, inputs, begins_at, asof)
        routed = _routed(context, filled.inputs["inflows"], count, step_s)
        total = np.sum([each.outflow_m3_s for each in routed.values()], axis=0)
        joined, generated = None, False
        if "station" in inputs:
            with about("station"):
                joined, generated = _joined(connection, inputs["station"], instants, total, asof)
    synthetic = filled.synthetic or generated
    sources = {each["inflow"]: each for each in filled.told}
    told: dict[str, Any] = {
        "begins_at": format_instant(begins_at),
        "asof": format_instant(asof),
        "step_s": step_s,
        "instants": [format_instant(each) for each in instants],
        "inflows": [
            _inflow(one, routed[one["id"]], instants, sources.get(one["id"]))
            for one in filled.inputs["inflows"]
        ],
        "total_m3_s": _rounded(total),
        "peak": _peak(total, instants),
        "station": joined,
        "grade": None,
        "note": UNGRADED,
        "synthetic": synthetic,
        "stamp": STAMP if synthetic else None,
    }
    path = context.work / "routed.csv"
    _table(path, told, routed)
    name = f"flood-route-{begins_at:%Y%m%d%H}.csv"
    return {"result": Document(told), "table": Filed(path, "text/csv", name)}


def _require_names(names: Sequence[str]) -> None:
    for number, name in enumerate(names):
        if name in names[:number]:
            raise bad(
                f"/inputs/inflows/{number}/id", "与另一处入流同名", "is the name of another inflow", name
            )


def _routed(
    context: Context, inflows: Sequence[dict[str, Any]], count: int, step_s: float
) -> dict[str, Routed]:
    """Each inflow down its reaches, once all are known and how long they take."""
    courses, seconds = list[Floats](), 0.0
    for number, one in enumerate(inflows):
        with about("inflows", number, "discharge_m3_s"):
            courses.append(routing.course(called("inflows", one["id"]), one["discharge_m3_s"], count, step_s))
        with about("inflows", number):
            seconds += routing.expected_s(courses[number], one["reaches"], step_s)
    with about("inflows"):
        routing.require_short(seconds)
        context.expect(seconds)
    found = dict[str, Routed]()
    for number, one in enumerate(inflows):
        context.step(5 + 85 * number // len(inflows), f"演算 {one['id']}", f"routing {one['id']}")
        with about("inflows", number):
            found[one["id"]] = routing.route(courses[number], one["reaches"], step_s)
    return found


def _inflow(
    one: dict[str, Any], made: Routed, instants: Sequence[datetime], source: dict[str, Any] | None
) -> dict[str, Any]:
    above, below = _peak(made.inflow_m3_s, instants), _peak(made.outflow_m3_s, instants)
    later = parse_instant(below["at"]) - parse_instant(above["at"])
    return {
        "id": one["id"],
        "source": one["source"],
        "taken": source,
        "reaches": list(made.reaches),
        "inflow_m3_s": _rounded(made.inflow_m3_s),
        "outflow_m3_s": _rounded(made.outflow_m3_s),
        "peak_above": above,
        "peak_below": below,
        "delay_s": later.total_seconds(),
        "account": made.account.to_json(),
    }


def _joined(
    connection: Connection, station_id: str, instants: Sequence[datetime], total: Floats, asof: datetime
) -> tuple[dict[str, Any], bool]:
    """Stages at the station by its curves, and how what it measured was met; whether it is generated."""
    one = stations.station(connection, station_id, Moment(asof, asof))
    curves = stations.stage_curves(connection, one, instants, asof)
    stages = rated_stage.stages_m(total.tolist(), instants, curves)
    told = {
        "id": one.id,
        "name": one.name,
        "vertical_datum": one.datum.value,
        "ratings": sorted({each.version for each in curves if each is not None}),
        "stage_m": [None if each is None else round(each, DECIMALS) for each in stages],
        "measured": _measured(connection, one.id, one.thing, instants, total, asof),
    }
    return told, one.synthetic


def _measured(
    connection: Connection,
    station_id: str,
    thing: str | None,
    instants: Sequence[datetime],
    total: Floats,
    asof: datetime,
) -> dict[str, Any] | None:
    streams = {} if thing is None else store.streams(connection, thing)
    element = taken.observed(streams)
    if element is None:
        return None
    found = gathering.measured(connection, station_id, element, instants[0], instants[-1], asof)
    known = [(each.time, each.value) for each in found.points if usable(each) and each.value is not None]
    if len(known) < LEAST_VALUES:
        return None
    seconds = np.array([(time - instants[0]).total_seconds() for time, _ in known])
    measured = np.array([value for _, value in known])
    grid = np.array([(each - instants[0]).total_seconds() for each in instants])
    crest = int(measured.argmax())
    met = float(total.max()) - float(measured.max())
    return {
        "element": element,
        "values": len(known),
        "determination": round(determination(np.interp(seconds, grid, total), measured), 4)
        if float(np.ptp(measured)) > 0
        else None,
        "peak": {"m3_s": round(float(measured.max()), DECIMALS), "at": format_instant(known[crest][0])},
        "peak_error_percent": round(100 * met / float(measured.max()), 2) if measured.max() > 0 else None,
        "instants": [format_instant(time) for time, _ in known],
        "m3_s": _rounded(measured),
    }


def _peak(flow: Floats, instants: Sequence[datetime]) -> dict[str, Any]:
    at = int(flow.argmax())
    return {"m3_s": round(float(flow[at]), DECIMALS), "at": format_instant(instants[at])}


def _rounded(flow: Floats) -> list[float]:
    values: list[float] = np.round(flow, DECIMALS).tolist()
    return values


def _table(path: Any, told: dict[str, Any], routed: dict[str, Routed]) -> None:
    """A line an instant; the first line says what it is."""
    stages = told["station"]["stage_m"] if told["station"] else [None] * len(told["instants"])
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        file.write(f"# {told['begins_at']} {told['stamp'] or ''} {told['note']}\r\n")
        lines = csv.writer(file)
        lines.writerow(("instant", *(f"{name}_m3_s" for name in routed), "total_m3_s", "stage_m"))
        courses = [_rounded(each.outflow_m3_s) for each in routed.values()]
        lines.writerows(zip(told["instants"], *courses, told["total_m3_s"], stages, strict=True))
