"""What a flood reaches 影响范围内的对象: how deep, when, how fast, of which class; one look-up for all."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray

from water.errors import BadExtent
from water.evacuation.hazard import DRY, HazardClass, classified
from water.flood.extent import WET_M, Extent

Singles = NDArray[np.float32]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Shapes = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Exposed:
    """Water at each of many things."""

    depth_m: Singles = field(repr=False)
    arrival_s: Singles = field(repr=False)
    """Infinite where no water comes."""
    speed_m_s: Singles = field(repr=False)
    hazard: Ints = field(repr=False)
    """Place among the declared classes; ``DRY`` where no water comes."""

    @property
    def wet(self) -> Ints:
        """Which of them water reaches."""
        return np.flatnonzero(self.hazard != DRY)

    def of(self, rows: Ints) -> Exposed:
        """Some of them."""
        return Exposed(self.depth_m[rows], self.arrival_s[rows], self.speed_m_s[rows], self.hazard[rows])


def checked(extent: Extent) -> Extent:
    """The extent itself; BadExtent where its parts do not fit each other."""
    raster = extent.raster
    if raster.cell_m <= 0 or raster.rows < 1 or raster.columns < 1:
        raise _bad("栅格为空", "the raster has no cells", (raster.rows, raster.columns, raster.cell_m))
    for values in (extent.depth_m, extent.arrival_s, extent.speed_m_s):
        if values.shape != (raster.rows, raster.columns):
            raise _bad("行列数与栅格不符", "its size is not that of the raster", values.shape)
    depth, speed = extent.depth_m, extent.speed_m_s
    if not (np.isfinite(depth).all() and np.isfinite(speed).all() and not np.isnan(extent.arrival_s).any()):
        raise _bad("水深、流速、到达时间须为数", "depth, speed and arrival must be numbers", "NaN")
    for values, what in ((depth, "depth_m"), (speed, "speed_m_s"), (extent.arrival_s, "arrival_s")):
        if float(values.min()) < 0:
            raise _bad(f"{what} 不能为负", f"{what} must not be negative", float(values.min()))
    late = (depth >= WET_M) & np.isinf(extent.arrival_s)
    if late.any():
        where = np.argwhere(late)[0].tolist()
        raise _bad("有水而无到达时间的网格", "a cell is under water that never arrived", where)
    return extent


def at_points(extent: Extent, points_m: Floats, classes: tuple[HazardClass, ...]) -> Exposed:
    """Water at points of the raster's plane, shape (n, 2)."""
    cell = extent.raster.cells(points_m[:, 0], points_m[:, 1])
    outside = cell < 0
    depth = np.where(outside, np.float32(0), extent.depth_m.ravel()[cell])
    speed = np.where(outside, np.float32(0), extent.speed_m_s.ravel()[cell])
    arrival = np.where(outside, np.float32(np.inf), extent.arrival_s.ravel()[cell])
    return Exposed(depth, arrival, speed, classified(depth, speed, classes))


def at_shapes(extent: Extent, shapes_m: Shapes, classes: tuple[HazardClass, ...]) -> Exposed:
    """The worst water at shapes of the raster's plane.

    A line or the edge of an area is looked at every cell, an area besides in its middle. The class is
    the worst of any place; deepest, fastest and first need not be of one place.
    """
    edges, of = shapely.get_coordinates(shapely.segmentize(shapes_m, extent.raster.cell_m), return_index=True)
    middles = shapely.get_coordinates(shapely.point_on_surface(shapes_m))
    there = at_points(extent, np.concatenate((edges, middles)), classes)
    owner = np.concatenate((of, np.arange(len(shapes_m))))
    count = len(shapes_m)
    depth, speed = np.zeros(count, np.float32), np.zeros(count, np.float32)
    arrival, worst = np.full(count, np.inf, np.float32), np.full(count, DRY)
    np.maximum.at(depth, owner, there.depth_m)
    np.maximum.at(speed, owner, there.speed_m_s)
    np.minimum.at(arrival, owner, there.arrival_s)
    np.maximum.at(worst, owner, there.hazard)
    return Exposed(depth, arrival, speed, worst)


def box_m(extent: Extent) -> tuple[float, float, float, float] | None:
    """West, south, east and north of all cells that water reaches; None where it reaches none."""
    wet = extent.depth_m >= WET_M
    rows, columns = np.flatnonzero(wet.any(axis=1)), np.flatnonzero(wet.any(axis=0))
    if not len(rows):
        return None
    raster, cell = extent.raster, extent.raster.cell_m
    return (
        raster.west_m + float(columns[0]) * cell,
        raster.north_m - float(rows[-1] + 1) * cell,
        raster.west_m + float(columns[-1] + 1) * cell,
        raster.north_m - float(rows[0]) * cell,
    )


def _bad(zh: str, en: str, value: object) -> BadExtent:
    return BadExtent(f"淹没范围有误,{zh}:{value}", f"the flood's extent is wrong, {en}: {value}", value=value)
