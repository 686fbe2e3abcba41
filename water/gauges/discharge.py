"""Discharge derived from stage 推流: by the rating of each instant, as a derived datastream.

A river station has a rating, of its stage alone or with the fall to a second station; a gate or pump station
has a table of what is set and the head. Where nothing can be said the derived series says that a value is
missing and why. A later curve, or a corrected stage, gives corrected values: what was believed before is
kept by the store.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from spatial.database import Connection
from spatial.observe import series
from spatial.observe.model import Reading
from water.errors import BadRating, BadStation
from water.gauges import binding, stations, store
from water.gauges.fall import WITHIN_S
from water.gauges.flow import HELD_S, Aside, Flow, Operated, flows, gate_flows
from water.gauges.rating import Rating
from water.gauges.station import ELEMENTS, Point, Station
from water.moment import Moment
from water.works import offset, offset_store

VALUES_MOST: Final = 500_000
_BATCH: Final = 10_000
_BESIDE: Final = timedelta(seconds=max(WITHIN_S, HELD_S))
"""Values before and after the time that is asked about may count in it."""


@dataclass(frozen=True, slots=True)
class Derived:
    """What became of a time."""

    values: int
    """With a discharge."""
    missing: int
    """Of which something that it needs is missing or failed, or no rating covers it."""
    inserted: int
    corrected: int
    ratings: tuple[str, ...]
    """Versions of the curve or table that it rests on."""


def derive(connection: Connection, station: Station, start: datetime, end: datetime) -> Derived:
    """Derive the discharge of a time anew, inside the caller's transaction.

    BadStation where the station measures no stage, or more is asked for than is done at once; BadRating
    where a curve is in another datum than the station's stages; DatumNotConvertible where two stations'
    stages make no fall.
    """
    if binding.RATED not in station.elements:
        raise BadStation(
            f"该类测站不推流,须为河道站(ZQ、ZZ)、堰闸站(DD)或泵站(DP):{station.id}",
            f"discharge is derived at river stations (ZQ, ZZ), gates (DD) and pumps (DP): {station.id}",
            value=station.id,
        )
    streams = binding.bind(connection, station)
    operated = station.kind in binding.OPERATED
    told = (_operated if operated else _rated)(connection, station, streams, start, end)
    method = "gate-table" if operated else "rating-curve"
    sources = [f"{station.thing}/{ELEMENTS[each].property}" for each in binding.rated_by(station)]
    basis = {"method": method, "input": sources[0], **({"inputs": sources} if operated else {})}
    readings = [_reading(streams[binding.RATED.id], each, basis) for each in told]
    done = [
        series.record(connection, readings[place : place + _BATCH])
        for place in range(0, len(readings), _BATCH)
    ]
    given = sum(each.discharge_m3_s is not None for each in told)
    return Derived(
        given,
        len(told) - given,
        sum(each.inserted for each in done),
        sum(each.corrected for each in done),
        tuple(dict.fromkeys(each.rating for each in told if each.rating)),
    )


def _rated(
    connection: Connection, station: Station, streams: dict[str, int], start: datetime, end: datetime
) -> list[Flow]:
    curves = store.ratings(connection, station.id, start, end)
    for each in curves:
        if each.datum is not station.datum:
            raise BadRating(
                f"水位流量关系 {each.version} 的基面({each.datum})与测站({station.datum})不同:{station.id}",
                f"rating {each.version} is in {each.datum}, the station in {station.datum}: {station.id}",
                value=station.id,
            )
    points = _points(connection, station, streams["stage"], start, end)
    return flows(points, curves, _asides(connection, station, curves, start, end))


def _asides(
    connection: Connection, station: Station, curves: Sequence[Rating], start: datetime, end: datetime
) -> dict[str, Aside]:
    """The other stations of stage-fall ratings, with their stages."""
    found: dict[str, Aside] = {}
    for name in dict.fromkeys(each.fall.station for each in curves if each.fall is not None):
        moment = Moment(start)
        other = stations.station(connection, name, moment)
        held = offset_store.offsets(connection, moment)
        shifted = offset.difference((station.datum, station.place), (other.datum, other.place), held)
        stream = None
        if other.thing is not None:
            stream = store.stream(connection, other.thing, ELEMENTS["stage"].property)
        points = [] if stream is None else _points(connection, other, stream, start - _BESIDE, end + _BESIDE)
        found[name] = Aside(points, shifted)
    return found


def _operated(
    connection: Connection, station: Station, streams: dict[str, int], start: datetime, end: datetime
) -> list[Flow]:
    upper, lower, setting = (streams[each] for each in binding.rated_by(station))
    before = start - _BESIDE
    given = Operated(
        _points(connection, station, upper, start, end),
        _points(connection, station, lower, before, end),
        _points(connection, station, setting, before, end),
    )
    tables = store.gate_tables(connection, station.id, start, end)
    wanted = binding.OPERATED[station.kind]
    for each in tables:
        if each.setting.value != wanted:
            raise BadRating(
                f"过流表 {each.version} 按 {each.setting.value},该测站须按 {wanted}:{station.id}",
                f"table {each.version} is by {each.setting.value}, the station by {wanted}: {station.id}",
                value=station.id,
            )
    return gate_flows(given, tables)


def _points(
    connection: Connection, station: Station, stream: int, start: datetime, end: datetime
) -> list[Point]:
    points = store.values(connection, stream, start, end, VALUES_MOST + 1)
    if len(points) > VALUES_MOST:
        raise BadStation(
            f"一次至多推算 {VALUES_MOST} 个值,请缩短时段:{station.id}",
            f"at most {VALUES_MOST} values at once, give a shorter time: {station.id}",
            value=station.id,
        )
    return points


def _reading(datastream: int, flow: Flow, basis: dict[str, Any]) -> Reading:
    parameters: dict[str, Any] = dict(basis)
    parameters |= {"rating": flow.rating} if flow.rating else {}
    parameters |= {"reason": flow.reason} if flow.reason else {"loop": flow.loop}
    parameters |= {} if flow.fall_m is None else {"fall_m": flow.fall_m}
    details: dict[str, Any] = {"parameters": parameters}
    if flow.uncertainty_m3_s is not None:
        details["resultQuality"] = {"uncertainty": flow.uncertainty_m3_s, "unit": "m3/s"}
    return Reading(datastream, flow.time, flow.discharge_m3_s, flag=flow.flag, details=details)
