"""Discharge derived from stage 推流: by the rating of each instant, as a derived datastream.

Where no rating holds, or the stage is outside of it, the derived series says that a value is missing and
why; nothing is extended. A later curve, or a corrected stage, gives corrected values: what was believed
before is kept by the store.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from spatial.database import Connection
from spatial.observe import series
from spatial.observe.model import Flag, Reading
from water.errors import BadRating, BadStation, OutsideRating
from water.gauges import binding, rating, store
from water.gauges.gaps import usable
from water.gauges.rating import Rating
from water.gauges.station import ELEMENTS, Point, Station

METHOD: Final = "rating-curve"
VALUES_MOST: Final = 500_000
_BATCH: Final = 10_000


@dataclass(frozen=True, slots=True)
class Derived:
    """What became of a time."""

    values: int
    """With a discharge."""
    missing: int
    """Of which the stage is missing or failed, or no rating covers it."""
    inserted: int
    corrected: int
    ratings: tuple[str, ...]
    """Versions of the curve that it rests on."""


@dataclass(frozen=True, slots=True)
class Flow:
    """Discharge of one instant, or why there is none."""

    time: datetime
    discharge_m3_s: float | None
    uncertainty_m3_s: float | None
    flag: Flag
    rating: str = ""
    reason: str = ""
    """``stage-missing``, ``no-rating`` or ``outside-rating``."""


def flows(points: Sequence[Point], ratings: Sequence[Rating]) -> list[Flow]:
    """Discharge of every stage, with the flag of the stage that it rests on."""
    known = [each for each in points if usable(each)]
    places = {each.time: place for place, each in enumerate(known)}
    found = []
    for point in points:
        if point.time not in places:
            found.append(Flow(point.time, None, None, Flag.MISSING, reason="stage-missing"))
            continue
        curve = rating.at(ratings, point.time)
        if curve is None:
            found.append(Flow(point.time, None, None, Flag.MISSING, reason="no-rating"))
            continue
        found.append(_flow(point, curve, _rise_m_s(known, places[point.time])))
    return found


def derive(connection: Connection, station: Station, start: datetime, end: datetime) -> Derived:
    """Derive the discharge of a time anew, inside the caller's transaction.

    BadStation where the station measures no stage, or more is asked for than is done at once; BadRating
    where a curve is in another datum than the station's stages.
    """
    if binding.RATED not in station.elements:
        raise BadStation(
            f"该类测站不推流,须为河道站(ZQ、ZZ):{station.id}",
            f"discharge is derived at river stations (ZQ, ZZ): {station.id}",
            value=station.id,
        )
    streams = binding.bind(connection, station)
    curves = store.ratings(connection, station.id, start, end)
    for each in curves:
        if each.datum is not station.datum:
            raise BadRating(
                f"水位流量关系 {each.version} 的基面({each.datum})与测站({station.datum})不同:{station.id}",
                f"rating {each.version} is in {each.datum}, the station in {station.datum}: {station.id}",
                value=station.id,
            )
    points = store.values(connection, streams["stage"], start, end, VALUES_MOST + 1)
    if len(points) > VALUES_MOST:
        raise BadStation(
            f"一次至多推算 {VALUES_MOST} 个值,请缩短时段:{station.id}",
            f"at most {VALUES_MOST} values at once, give a shorter time: {station.id}",
            value=station.id,
        )
    told = flows(points, curves)
    source = f"{station.thing}/{ELEMENTS['stage'].property}"
    readings = [_reading(streams[binding.RATED.id], each, source) for each in told]
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


def _flow(point: Point, curve: Rating, rise_m_s: float | None) -> Flow:
    assert point.value is not None
    try:
        discharge = curve.discharge_m3_s(point.value, point.time, rise_m_s)
    except OutsideRating:
        return Flow(point.time, None, None, Flag.MISSING, curve.version, "outside-rating")
    spread = curve.uncertainty_m3_s(discharge)
    return Flow(point.time, discharge, spread, Flag(point.flag), curve.version)


def _rise_m_s(known: Sequence[Point], place: int) -> float | None:
    """How fast the water rises, from the values before and after; None for a value that is alone."""
    before, after = known[max(0, place - 1)], known[min(len(known) - 1, place + 1)]
    seconds = (after.time - before.time).total_seconds()
    if seconds == 0 or before.value is None or after.value is None:
        return None
    return (after.value - before.value) / seconds


def _reading(datastream: int, flow: Flow, source: str) -> Reading:
    parameters: dict[str, Any] = {"method": METHOD, "input": source}
    parameters |= {"rating": flow.rating} if flow.rating else {}
    parameters |= {"reason": flow.reason} if flow.reason else {}
    details: dict[str, Any] = {"parameters": parameters}
    if flow.uncertainty_m3_s is not None:
        details["resultQuality"] = {"uncertainty": flow.uncertainty_m3_s, "unit": "m3/s"}
    return Reading(datastream, flow.time, flow.discharge_m3_s, flag=flow.flag, details=details)
