"""Gathering what a model rests on 取数: from the city's observations, as they were believed at an instant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from spatial.database import Connection
from spatial.datum import format_instant
from spatial.datum.clock import BEIJING
from spatial.observe.away import away, refusal, touched
from water.errors import BadCalibration, BadStation
from water.forecast import gridding
from water.forecast.gridding import Grid, Measured
from water.forecast.record import Floats, Record
from water.forecast.sources import Series, Sources
from water.gauges import stations, store
from water.gauges.station import ELEMENTS
from water.moment import Moment

VALUES_MOST = 1_000_000
STEPS_MOST = 200_000


@dataclass(frozen=True, slots=True)
class Gathered:
    """A record, and what it was made of."""

    record: Record
    series: tuple[Series, ...]
    synthetic: bool
    """Whether a station of it is generated 合成数据."""


def aligned(instant: datetime, step_h: int) -> datetime:
    """The last end of a step, counted from midnight in Beijing, that is not later.

    >>> aligned(datetime(2026, 7, 1, 8, 20, tzinfo=BEIJING), 3).isoformat()
    '2026-07-01T06:00:00+08:00'
    """
    local = instant.astimezone(BEIJING)
    hour = local.hour - local.hour % step_h
    return local.replace(hour=hour, minute=0, second=0, microsecond=0)


def gather(
    connection: Connection,
    sources: Sources,
    grid: Grid,
    asof: datetime,
    *,
    area_km2: float | None,
    alive: bool = False,
    leave_out: Sequence[str] = (),
) -> Gathered:
    """The record of a time, all of it as believed at ``asof``.

    ``alive``: the end of the grid is the basis of a forecast, and no station may be dead there.
    ``leave_out``: rain stations that are not asked 停用. DeadStation, BadStation, BadCalibration.
    """
    if not 0 < grid.steps <= STEPS_MOST:
        raise BadCalibration(
            f"时段数须为 1 至 {STEPS_MOST}:{grid.steps}", f"steps are 1 to {STEPS_MOST}: {grid.steps}",
            value=grid.steps,
        )  # fmt: skip
    flow = measured(connection, sources.station, sources.element, grid.begin, grid.end, asof)
    asked = [each for each in sources.rain if each.station not in leave_out]
    unknown = sorted(set(leave_out) - {each.station for each in sources.rain})
    if unknown or not asked:
        shown = unknown[0] if unknown else leave_out[0]
        raise BadStation(
            f"停用的须为方案的雨量站,且至少留一个:{shown}",
            f"left out are rain stations of the model, and one stays at least: {shown}",
            value=shown,
        )
    rain = [(_rain(connection, each.station, grid, asof), each.weight) for each in asked]
    if alive:
        gridding.require_alive(flow, grid.end, grid.step - timedelta(microseconds=1))
        for each, _ in rain:
            gridding.require_alive(each, grid.end, gridding.nominal(each) * 1.5)
    parts = [flow, *(each for each, _ in rain)]
    evaporation, station = _evaporation(connection, sources, grid, asof)
    parts += [] if station is None else [station]
    area = area_km2 or flow.station.drainage_area_km2
    if area is None:
        raise BadStation(
            f"测站没有集水面积,请在请求中给出 area_km2:{sources.station}",
            f"the station has no drainage area, give area_km2: {sources.station}",
            value=sources.station,
        )
    record = Record(
        grid.begin,
        round(grid.step / timedelta(hours=1)),
        area,
        gridding.areal(rain, grid),
        evaporation,
        gridding.discharge(flow, grid),
    )
    return Gathered(
        record,
        tuple(Series.of(each.station.id, each.element.id, each.points) for each in parts),
        any(each.station.synthetic for each in parts),
    )


def discharge_of(connection: Connection, station: str, element: str, grid: Grid, asof: datetime) -> Floats:
    """Mean discharge of each step as believed at ``asof``; nan where nothing usable was measured."""
    return gridding.discharge(measured(connection, station, element, grid.begin, grid.end, asof), grid)


def rain_of(
    connection: Connection, sources: Sources, grid: Grid, asof: datetime
) -> tuple[Floats, list[Series]]:
    """Mean rain over the catchment alone, with what was read."""
    rain = [(_rain(connection, each.station, grid, asof), each.weight) for each in sources.rain]
    return gridding.areal(rain, grid), [
        Series.of(each.station.id, each.element.id, each.points) for each, _ in rain
    ]


def monthly(mm_d: Sequence[float], grid: Grid) -> Floats:
    """Evaporation by the month in even steps."""
    begin = np.datetime64(grid.begin.astimezone(BEIJING).replace(tzinfo=None), "s")
    steps = begin + np.arange(grid.steps) * np.timedelta64(round(grid.step.total_seconds()), "s")
    months = steps.astype("datetime64[M]").astype(np.int64) % 12
    return np.asarray(np.array(mm_d)[months] * (grid.step / timedelta(days=1)))


def _evaporation(
    connection: Connection, sources: Sources, grid: Grid, asof: datetime
) -> tuple[Floats, Measured | None]:
    told = sources.evaporation
    if told.monthly_mm_d:
        return monthly(told.monthly_mm_d, grid), None
    found = measured(connection, told.station, "evaporation", grid.begin, grid.end, asof)
    return gridding.spread(found, grid), found


def _rain(connection: Connection, station_id: str, grid: Grid, asof: datetime) -> Measured:
    return measured(connection, station_id, "rain", grid.begin, grid.end, asof)


def measured(
    connection: Connection, station_id: str, element_id: str, start: datetime, end: datetime, asof: datetime
) -> Measured:
    """What a station measured of an element from ``start`` up to ``end`` (included), as believed at ``asof``.

    What cannot be, as rain below 0, counts as failed, whether or not quality control has come to it.
    BadStation without such a datastream; refused where a part of the time is archived away.
    """
    station, element = stations.station(connection, station_id, Moment(asof, asof)), ELEMENTS[element_id]
    stream = None if station.thing is None else store.stream(connection, station.thing, element.property)
    if stream is None:
        raise BadStation(
            f"测站没有“{element.title.zh}”的数据流,请先接入(station-bind)或换站:{station_id}",
            f"no datastream of {element.id}, bind the station (station-bind) or take another: {station_id}",
            value=station_id,
        )
    end += timedelta(microseconds=1)
    lacking = touched(away(connection), start, end)
    if lacking:
        raise refusal(lacking)
    points = store.values(connection, stream, start, end, VALUES_MOST + 1, asof)
    if len(points) > VALUES_MOST:
        raise BadCalibration(
            f"一个序列至多 {VALUES_MOST} 个值,请缩短时段:{format_instant(start)}",
            f"a series has at most {VALUES_MOST} values, take a shorter time: {format_instant(start)}",
            value=format_instant(start),
        )
    return gridding.believed(Measured(station, element, tuple(points)))
