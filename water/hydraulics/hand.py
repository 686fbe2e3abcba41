"""HAND with rating 相对最近排水高程与合成水位流量关系: the quick map, in seconds and without dynamics.

A stage over a reach wets the cells that drain to it and lie lower than the stage above it. It knows no
backwater, no dyke that the terrain lacks and no time: for a first look, never in place of a run.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from water.errors import BadForcing, BadHydraulicRun, Name
from water.hydraulics import checks
from water.hydraulics.hand_kernel import accumulate, drain, flood, storage
from water.hydraulics.model import Floats, Grid


@dataclass(frozen=True, slots=True)
class Drainage:
    """How a terrain drains 排水格局: spill level, cell each flows to, cells through it, outlets first."""

    grid: Grid
    filled_m: Floats
    down: NDArray[np.int32]
    order: NDArray[np.int32]
    cells: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Hand:
    """Height above the nearest drainage 相对最近排水高程 in m, and the reach drained to; -1 is none."""

    grid: Grid
    hand_m: Floats
    reach: NDArray[np.int32]
    length_m: Floats
    slope: Floats


@dataclass(frozen=True, slots=True)
class Rating:
    """Synthetic rating 合成水位流量关系 of each reach: discharge m³/s at evenly spaced stages m."""

    spacing_m: float
    discharge_m3_s: Floats


def drainage(grid: Grid, terrain_m: Floats) -> Drainage:
    """Fill depressions and find the way of water to the edge of the grid."""
    terrain = np.ascontiguousarray(checks.raster(Name("地面高程", "terrain"), terrain_m, grid))
    filled, down = np.empty_like(terrain), np.empty(terrain.shape, np.int32)
    order, cells = np.empty(terrain.size, np.int32), np.empty(terrain.shape, np.int64)
    flood(terrain, filled, down, order)
    accumulate(down, order, cells)
    return Drainage(grid, filled, down, order, cells)


def hand(found: Drainage, stream_m2: float, reach_m: float = 2000.0) -> Hand:
    """Heights over streams that begin where ``stream_m2`` drain, cut into reaches of at most ``reach_m``."""
    grid = found.grid
    if not (stream_m2 > 0 and reach_m > 0):
        raise BadHydraulicRun(
            f"河源汇水面积与河段长度须为正:{stream_m2}, {reach_m}",
            f"The area where a stream begins and the length of a reach are positive: {stream_m2}, {reach_m}",
            value=stream_m2,
        )
    height, reach = np.empty_like(found.filled_m), np.empty(found.down.shape, np.int32)
    least, longest = max(1, round(stream_m2 / grid.cell_m2)), max(1, int(reach_m / grid.cell_m))
    count = drain(found.filled_m, found.down, found.order, found.cells, least, longest, height, reach)
    length, slope = _reaches(found, reach, least, count)
    return Hand(grid, height, reach, length, slope)


def _reaches(found: Drainage, reach: NDArray[np.int32], least: int, count: int) -> tuple[Floats, Floats]:
    """Length and mean bed slope of each reach, from its stream cells."""
    stream = np.flatnonzero(found.cells.ravel() >= least)
    below = found.down.ravel()[stream]
    columns = found.grid.columns
    step = np.hypot(stream // columns - below // columns, stream % columns - below % columns)
    # A cell at the edge flows out of the grid: one cell on, as steep as its reach.
    step = np.where(step == 0, 1.0, step) * found.grid.cell_m
    number = reach.ravel()[stream]
    fall = found.filled_m.ravel()[stream] - found.filled_m.ravel()[below]
    length = np.bincount(number, step, count).astype(np.float64)
    return length, np.bincount(number, fall, count) / np.maximum(length, found.grid.cell_m)


def rating(
    over: Hand, manning: float, highest_m: float = 15.0, spacing_m: float = 0.25, least_slope: float = 1e-5
) -> Rating:
    """Manning's formula on the volume and bed under each stage of a reach (Zheng et al. 2018)."""
    if not (manning > 0 and highest_m > spacing_m > 0 and least_slope > 0):
        raise BadHydraulicRun(
            f"糙率、最高水位、间隔须为正:{manning}, {highest_m}, {spacing_m}",
            f"Roughness, highest stage and spacing are positive: {manning}, {highest_m}, {spacing_m}",
            value=manning,
        )
    stages = int(np.ceil(highest_m / spacing_m)) + 1
    depth, wet = np.zeros((len(over.length_m), stages)), np.zeros((len(over.length_m), stages))
    storage(over.hand_m, over.reach, spacing_m, depth, wet)
    section = depth * over.grid.cell_m2 / over.length_m[:, None]
    radius = depth / np.maximum(wet, 1.0)
    fall = np.sqrt(np.maximum(over.slope, least_slope))[:, None]
    return Rating(spacing_m, section * radius ** (2.0 / 3.0) * fall / manning)


def stages(table: Rating, discharge_m3_s: Floats) -> Floats:
    """Stage over each reach for its discharge, m; refuses what is beyond the table."""
    found = np.zeros(len(table.discharge_m3_s))
    heights = np.arange(table.discharge_m3_s.shape[1]) * table.spacing_m
    if len(discharge_m3_s) != len(found) or not (np.asarray(discharge_m3_s) >= 0).all():
        raise BadForcing(
            f"每个河段须有一个非负流量,共 {len(found)} 个河段:{len(discharge_m3_s)}",
            f"Every one of {len(found)} reaches needs a discharge, none negative: {len(discharge_m3_s)}",
            value=len(discharge_m3_s),
        )
    for k, (row, discharge) in enumerate(zip(table.discharge_m3_s, discharge_m3_s, strict=True)):
        if discharge > row[-1]:
            raise BadForcing(
                f"第 {k} 河段流量超出水位流量关系上限 {row[-1]:.1f};请提高最高水位:{discharge:g}",
                f"Reach {k} carries more than its rating, {row[-1]:.1f}; raise the stage: {discharge:g}",
                value=float(discharge),
            )
        found[k] = np.interp(discharge, row, heights)
    return found


def inundation(over: Hand, stage_m: Floats | float) -> Floats:
    """Depth in every cell for a stage over each reach, m 淹没水深."""
    stage = np.broadcast_to(np.asarray(stage_m, np.float64), over.length_m.shape)
    level = np.where(over.reach >= 0, np.append(stage, 0.0)[over.reach], 0.0)
    return np.maximum(level - over.hand_m, 0.0)
