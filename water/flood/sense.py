"""What a new scenario cannot mean 情理检查, though it can be computed; a kept run is replayed as it was."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from water.errors import BadScenario, Name
from water.flood import plane
from water.flood.extent import Raster
from water.flood.naming import called
from water.flood.scenario import MM_H, FloodScenario
from water.hydraulics.model import GreenAmpt
from water.pointing import about

MOST_M3_S: Final = 1e6
MOST_MM_H: Final = 3000.0
MOST_TIDE_M: Final = 30.0
"""No river has carried more, no hour brought more rain, no sea stood higher: beyond, it is another unit."""
DEPTHS_MOST: Final = 5_000
LOOKS_MOST: Final = 100_000
DYKE_STEPS_MOST: Final = 500_000
"""Of a quarter of a cell, in which dykes are laid over the cells: 2,500 km of dykes over cells of 20 m."""
DEPTH_CELLS_MOST: Final = 6_000_000_000
LOOK_CELLS_MOST: Final = 300_000_000_000
"""Each depth that is kept is a raster on the disk, each look passes over all cells and ends a step: neither
stands in the estimate. All together are at most 24 GB before they are packed, and some ten minutes."""


def require_sense(asked: FloodScenario, raster: Raster) -> None:
    """Refuse what can be computed and cannot be meant: another unit, a breach that never opens.

    Of a new scenario; a kept run is replayed as it was.
    """
    for k, one in enumerate(asked.releases):
        with about("inflows", k, "discharge_m3_s"):
            most = max(one.discharge_m3_s.values)
            require_unit(called("inflows", one.id), most, MOST_M3_S, "m³/s")
    _require_few("report_s", asked.report_s, asked.duration_s, DEPTHS_MOST)
    _require_few("watch_s", asked.watch_s, asked.duration_s, LOOKS_MOST)
    _require_stored(asked, raster)
    if asked.dykes:
        _require_dykes(asked, raster)
    if asked.rain_m_s is not None:
        with about("rain_mm_h"):
            require_unit(Name("降雨", "rain"), max(asked.rain_m_s.values) / MM_H, MOST_MM_H, "mm/h")
    if asked.tide_m is not None:
        with about("tide_m"):
            highest = max(abs(each) for each in asked.tide_m.values)
            require_unit(Name("潮位", "tide"), highest, MOST_TIDE_M, "m")
    if isinstance(asked.loss, GreenAmpt) and not float(asked.loss.deficit) <= 1:
        deficit = asked.loss.deficit
        with about("infiltration", "deficit"):
            raise BadScenario(
                f"下渗的含水量亏缺(deficit)为 0 至 1:{deficit}",
                f"the deficit of infiltration is of 0 to 1: {deficit}",
                value=deficit,
            )
    for path, place in asked.places:
        if place.point is not None and place.route is not None:
            with about(*path):
                raise BadScenario(
                    f"位置只能有一种写法,point 或 route 加 chainage,不能兼有:{place.told}",
                    f"a place is a point, or a route with a chainage, not both: {place.told}",
                    value=place.told,
                )
    for k, breach in enumerate(asked.breaches):
        if breach.start_s >= asked.duration_s:
            name = called("breaches", breach.id)
            with about("breaches", k, "start_s"):
                raise BadScenario(
                    f"{name.zh} 在推演结束({asked.duration_s:g} 秒)之后才发生,请提前 start_s 或延长推演:"
                    f"{breach.start_s:g}",
                    f"{name.en} would open after the end of the run ({asked.duration_s:g} s); let start_s"
                    f" be earlier or the run longer: {breach.start_s:g}",
                    value=breach.start_s,
                )


def require_unit(name: Name, value: float, most: float, unit: str) -> None:
    """Refuse what is more than there can be."""
    if value > most:
        raise BadScenario(
            f"{name.zh}超过 {most:.10g} {unit},请核对单位:{value:.10g}",
            f"{name.en} is over {most:.10g} {unit}, look at its unit: {value:.10g}",
            value=value,
        )


def _require_few(name: str, every_s: float, duration_s: float, most: int) -> None:
    least_s = duration_s / most
    if every_s < least_s:
        with about(name):
            raise BadScenario(
                f"间隔 {name} 过短,此时长至多分 {most} 次,即不小于 {least_s:.6g} 秒:{every_s:.6g}",
                f"{name} is too short, at most {most} of them go into the duration, so at least"
                f" {least_s:.6g} s: {every_s:.6g}",
                value=every_s,
            )


def _require_dykes(asked: FloodScenario, raster: Raster) -> None:
    """Refuse dykes that are laid over the cells in far more steps than those of a city."""
    steps = list[float]()
    for k, one in enumerate(asked.dykes):
        with about("dykes", k, "line"):
            line = plane.to_plane(np.array(one.line), raster.zone)
        steps.append(float(np.hypot(*np.diff(line, axis=0).T).sum()) / (0.25 * raster.cell_m))
    if sum(steps) > DYKE_STEPS_MOST:
        longest = int(np.argmax(steps))
        length_km = sum(steps) * 0.25 * raster.cell_m / 1000
        most_km = DYKE_STEPS_MOST * 0.25 * raster.cell_m / 1000
        name = called("dykes", asked.dykes[longest].id)
        with about("dykes", longest, "line"):
            raise BadScenario(
                f"堤防合计 {length_km:.0f} km,此网格至多 {most_km:.0f} km,请核对坐标或加大网格;"
                f"最长的是 {name.zh}:{length_km:.0f}",
                f"dykes of {length_km:.0f} km together, of such cells at most {most_km:.0f} km; look at their"
                f" vertices or take larger cells; the longest is {name.en}: {length_km:.0f}",
                value=round(length_km),
            )


def _require_stored(asked: FloodScenario, raster: Raster) -> None:
    """Refuse depths and looks that together are too many cells."""
    cells = raster.rows * raster.columns
    for name, every_s, most in (
        ("report_s", asked.report_s, DEPTH_CELLS_MOST),
        ("watch_s", asked.watch_s, LOOK_CELLS_MOST),
    ):
        times = math.ceil(asked.duration_s / every_s)
        if times * cells > most:
            least_s = asked.duration_s * cells / most
            with about(name):
                raise BadScenario(
                    f"间隔 {name} 过短:{cells} 格乘 {times} 次,合计至多 {most} 格次;"
                    f"请不小于 {least_s:.6g} 秒,或缩小范围、加大网格:{every_s:.6g}",
                    f"{name} is too short: {cells} cells, {times} times, are more than {most} together; take"
                    f" at least {least_s:.6g} s, a smaller area or larger cells: {every_s:.6g}",
                    value=every_s,
                )
