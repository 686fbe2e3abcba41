"""Rain and discharge for the sample stations, so that a forecast can be calibrated at once; 合成数据."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

from spatial.catalogue import store as catalogue
from spatial.database import Connection, connect
from spatial.datum.clock import BEIJING
from spatial.observe import series
from spatial.sample.loading import SEED, VALID_FROM
from water.forecast.sample.weather import STEP_H, Basin, Floats, generate
from water.gauges import binding, store
from water.gauges.layers import STATIONS
from water.gauges.station import ELEMENTS, Station
from water.moment import Moment
from water.works.sample import AREAS_KM2

BEGIN: Final = datetime(2020, 1, 1, tzinfo=BEIJING)
YEARS: Final = 6
BASINS: Final = {
    "SYN-ROUTE-MI": Basin(AREAS_KM2["SYN-ROUTE-MI"], 190.0, 2.2, 0.05, 0.004, 6),
    "SYN-ROUTE-DAN": Basin(AREAS_KM2["SYN-ROUTE-DAN"], 160.0, 2.0, 0.08, 0.005, 4),
}
"""By the route of the station; none of it stands for the real catchment."""
_BATCH: Final = 20_000

Progress = Callable[[str], None]


def build(dsn: str, progress: Progress | None = None) -> int:
    """Six years by three hours for the sample's stations; how many values.

    One transaction; 0 where the stations are not there or have discharge already.
    """
    tell = progress or (lambda _: None)
    with connect(dsn) as connection, connection.transaction():
        gauges, rain = stations(connection)
        if len(gauges) < len(BASINS) or not rain or _measured(connection, gauges):
            return 0
        weather = generate(SEED, BEGIN, YEARS, len(rain), tuple(BASINS[each.route or ""] for each in gauges))
        streams = [binding.bind(connection, each)["discharge"] for each in gauges]
        flows = zip(streams, weather.discharge_m3_s, strict=True)
        fell = zip([binding.bind(connection, each)["rain"] for each in rain], weather.rain_mm, strict=True)
        written = _written(connection, [*flows, *fell])
        tell(f"写入 {written} 个雨量、流量值 {written} values of rain and discharge")
        return written


def stations(connection: Connection) -> tuple[list[Station], list[Station]]:
    """A discharge station of each basin and its rain stations, all generated; none where there are none."""
    if STATIONS not in {layer.contract.id for layer in catalogue.layers(connection)}:
        return [], []
    found = [each for each in store.stations(connection, Moment(VALID_FROM)) if each.synthetic and each.thing]
    of = {
        kind: {each.route: each for each in reversed(found) if each.kind == kind and each.route in BASINS}
        for kind in ("ZQ", "PP")
    }
    return [of["ZQ"][route] for route in BASINS if route in of["ZQ"]], list(of["PP"].values())


def _measured(connection: Connection, gauges: Iterable[Station]) -> bool:
    key = ELEMENTS["discharge"].property
    return any(each.thing and key in store.latest(connection, each.thing) for each in gauges)


def _written(connection: Connection, found: Iterable[tuple[int, Floats]]) -> int:
    lines = list(_lines(found))
    return sum(
        series.record_numbers(connection, lines[place : place + _BATCH]).inserted
        for place in range(0, len(lines), _BATCH)
    )


def _lines(found: Iterable[tuple[int, Floats]]) -> Iterator[str]:
    told: list[str] = []
    for stream, numbers in found:
        told = told or [
            (BEGIN + timedelta(hours=STEP_H * (step + 1))).isoformat() for step in range(len(numbers))
        ]
        for place, (instant, number) in enumerate(zip(told, numbers.tolist(), strict=True)):
            yield f"{place}\t{stream}\t{instant}\t{number!r}"
