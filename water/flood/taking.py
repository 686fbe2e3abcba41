"""Inflows that name where their hydrograph is kept, filled in 取数: a forecast's, or a station's series."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson

from spatial.database import Connection
from water.errors import BadScenario
from water.flood import taken
from water.flood.naming import called, unnamed
from water.flood.taken import BEST, MEMBERS, OBSERVED, Span, Taken, Told
from water.forecast import gathering
from water.forecast import store as forecasts
from water.forecast.gridding import FILL_LONGEST
from water.forecast.sources import Series
from water.gauges import stations, store
from water.hydraulics import model as hydraulics
from water.moment import Moment
from water.pointing import about


@dataclass(frozen=True, slots=True)
class Filled:
    """Inputs whose inflows are all series, and what is told of those that were taken."""

    inputs: dict[str, Any]
    told: tuple[Told, ...] = ()
    synthetic: bool = False
    courses: Mapping[str, tuple[hydraulics.Series, ...]] = field(default_factory=dict)
    """By inflow that takes all members of a forecast the hydrograph of each; the inputs hold the best."""


def fill(
    connection: Connection,
    inputs: Mapping[str, Any],
    begins_at: datetime,
    asof: datetime,
    *,
    ensemble: bool = False,
) -> Filled:
    """The inputs with a series in place of every ``from``; the same again at the same instants.

    Only an ensemble of floods may take all members of a forecast.
    ``BadScenario`` for an inflow with both or neither; ``DeadSeries``, ``NotIssued``, ``UnknownForecast``,
    ``UnknownStation``, ``BadStation`` as the source has it.
    """
    span, told, inflows = Span(begins_at, float(inputs["duration_s"])), list[Told](), list[dict[str, Any]]()
    courses = dict[str, tuple[hydraulics.Series, ...]]()
    for number, one in enumerate(inputs.get("inflows", ()), 1):
        name = one.get("id", unnamed("inflows", number))
        if ("from" in one) is ("discharge_m3_s" in one):
            called_so = called("inflows", name)
            with about("inflows", number - 1):
                raise BadScenario(
                    f"入流须给出 discharge_m3_s 与 from 之一:{called_so.zh}",
                    f"an inflow has discharge_m3_s or from, one of them: {called_so.en}",
                    value=name,
                )
        if "from" not in one:
            inflows.append(dict(one))
            continue
        asked = one["from"]
        with about("inflows", number - 1, "from"):
            if ensemble and asked.get("course") == MEMBERS:
                id, record = _forecast(connection, asked, asof)
                members = taken.of_members(id, record, asked, span)
                courses[name] = tuple(hydraulics.Series(each.times_s, each.values) for each in members)
                found = taken.of_forecast(id, record, {**asked, "course": BEST}, span)
                found = replace(found, told=taken.told_of_members(members))
            else:
                found = _taken(connection, asked, span, asof)
        inflows.append({key: value for key, value in one.items() if key != "from"})
        inflows[-1]["discharge_m3_s"] = found.series
        told.append({"inflow": name, **found.told})
    filled = dict(inputs) | ({"inflows": inflows} if "inflows" in inputs else {})
    return Filled(filled, tuple(told), any(each["synthetic"] for each in told), courses)


def _taken(connection: Connection, asked: Mapping[str, Any], span: Span, asof: datetime) -> Taken:
    if "forecast" in asked:
        return taken.of_forecast(*_forecast(connection, asked, asof), asked, span)
    station = stations.station(connection, asked["station"], Moment(asof, asof))
    streams = {} if station.thing is None else store.streams(connection, station.thing)
    element = asked.get("element") or taken.observed(streams) or OBSERVED[0]
    start, end = span.begins_at - FILL_LONGEST, span.ends_at + FILL_LONGEST
    found = gathering.measured(connection, station.id, element, start, end, asof)
    last = store.last_usable(connection, streams[found.element.property], end, asof)
    made = taken.of_station(found, asof, last, span)
    read = Series.of(station.id, element, found.points).to_json()
    return Taken(made.times_s, made.values, made.told | {"read": read}, made.synthetic)


def _forecast(connection: Connection, asked: Mapping[str, Any], asof: datetime) -> tuple[str, dict[str, Any]]:
    """The number and the record of a kept forecast; ``BadScenario`` where nobody knew it then."""
    row, content = forecasts.content(connection, asked["forecast"])
    if row.recorded_at > asof:
        raise BadScenario(
            f"预报登记于 {row.recorded_at.isoformat()},晚于推演的 asof,当时尚不知道:{row.id[:12]}",
            f"the forecast was recorded at {row.recorded_at.isoformat()}, after the run's asof, when"
            f" nobody knew it: {row.id[:12]}",
            value=row.id,
        )
    return row.id, orjson.loads(content)
