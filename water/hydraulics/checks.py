"""What a run refuses before it starts 输入检查: holes, wrong shapes, impossible values, dead series."""

from __future__ import annotations

import numpy as np

from water.errors import BadBoundary, BadForcing, BadGround, BadHydraulicRun, DeadSeries, Name
from water.hydraulics.model import (
    Boundary,
    ConstantLoss,
    Floats,
    Forcing,
    GreenAmpt,
    Grid,
    Ground,
    Kind,
    Method,
    Series,
    Side,
)


def raster(name: Name, values: Floats | float, grid: Grid, lowest: float = -np.inf) -> Floats:
    """The values over the whole grid; refuses another shape, holes and what is below ``lowest``."""
    array = np.asarray(values, np.float64)
    if array.ndim == 0:
        array = np.broadcast_to(array, (grid.rows, grid.columns))
    if array.shape != (grid.rows, grid.columns):
        raise BadGround(
            f"{name.zh}的行列数与网格不符,应为 {grid.rows}×{grid.columns}:{array.shape}",
            f"{name.en} must have {grid.rows} × {grid.columns} cells: {array.shape}",
            value=list(array.shape),
        )
    wrong = ~np.isfinite(array) | (array < lowest)
    if wrong.any():
        row, column = (int(k) for k in np.argwhere(wrong)[0])
        value, count = float(array[row, column]), int(wrong.sum())
        raise BadGround(
            f"{name.zh}有 {count} 格缺值或不可能的值,首个在第 {row} 行第 {column} 列;请先补齐:{value}",
            f"{name.en}: {count} cells are missing or impossible, the first at row {row},"
            f" column {column}; fill them first: {value}",
            value=value,
            details={"row": row, "column": column, "cells": count},
        )
    return array


def series(name: Name, given: Series, until_s: float, lowest: float = -np.inf) -> None:
    """Refuse a series in no order, with gaps or impossible values, or silent for a part of the run."""
    times, values = np.asarray(given.times_s), np.asarray(given.values)
    if len(times) != len(values) or len(times) == 0 or np.isnan(times).any() or (np.diff(times) <= 0).any():
        raise BadForcing(
            f"{name.zh}:时刻须逐一递增且与数值一一对应:{given.times_s[:4]}",
            f"{name.en}: times must rise, one for each value: {given.times_s[:4]}",
            value=name.zh,
        )
    bad = ~np.isfinite(values)
    if bad.any():
        t = float(times[bad][0])
        raise DeadSeries(
            f"{name.zh}自 {t:g} 秒缺测;请补齐或改用其他站:{t:g}",
            f"{name.en} has no value from {t:g} s; fill it or take another station: {t:g}",
            value=t,
        )
    if (values < lowest).any():
        low = float(values.min())
        raise BadForcing(
            f"{name.zh}不得小于 {lowest:g}:{low:g}",
            f"{name.en} must not be below {lowest:g}: {low:g}",
            value=low,
        )
    if times[0] > 0:
        raise DeadSeries(
            f"{name.zh}自 {times[0]:g} 秒才有值,推演从 0 秒开始;请补齐起始段或推迟推演:{times[0]:g}",
            f"{name.en} has no value before {times[0]:g} s and the run begins at 0 s;"
            f" extend it or let the run begin later: {times[0]:g}",
            value=float(times[0]),
        )
    if times[-1] < until_s:
        raise DeadSeries(
            f"{name.zh}只到 {times[-1]:g} 秒,推演要到 {until_s:g} 秒;请延长或缩短推演:{times[-1]:g}",
            f"{name.en} covers {times[0]:g} to {times[-1]:g} s, the run 0 to {until_s:g} s;"
            f" extend it or shorten the run: {times[-1]:g}",
            value=float(times[-1]),
        )


def method(given: Method) -> None:
    """Refuse a setting that no scheme takes."""
    if given.scheme not in ("inertia", "godunov") or given.bits not in (32, 64):
        raise BadHydraulicRun(
            f"未知格式或精度:{given.scheme}, {given.bits}",
            f"Unknown scheme or precision: {given.scheme}, {given.bits}",
            value=given.scheme,
        )
    numbers = (
        given.courant is None or 0 < given.courant <= 1,
        0 < given.theta <= 1,
        given.scheme == "godunov" or (given.courant or 0.62) ** 2 < 0.5 * given.theta,
        0 < given.film_m < 0.1,
        given.longest_step_s > 0,
    )
    if not all(numbers):
        raise BadHydraulicRun(
            f"库朗数与 θ 须在 (0, 1] 内,惯性格式的库朗数小于 √(θ/2),干底水深须为小正数:{given}",
            f"Courant number and θ lie in (0, 1], below √(θ/2) for inertia;"
            f" the dry depth is small and positive: {given}",
            value=given.courant,
        )


def until(until_s: float) -> None:
    """Refuse a run without an end, or that ends before it begins."""
    if not 0 <= until_s < np.inf:
        raise BadHydraulicRun(
            f"推演时长须为非负有限的秒数:{until_s}",
            f"A run lasts a finite time, not below 0 s: {until_s}",
            value=str(until_s),
        )


def ground(given: Ground) -> None:
    """Refuse a grid of no cells, terrain with holes, roughness that is negative."""
    if min(given.grid.rows, given.grid.columns) < 1 or not given.grid.cell_m > 0:
        raise BadGround(f"网格无效:{given.grid}", f"No grid: {given.grid}", value=given.grid.cell_m)
    raster(Name("地面高程", "terrain"), given.terrain_m, given.grid)
    raster(Name("糙率", "roughness"), given.manning, given.grid, lowest=0.0)


def forcing(given: Forcing, grid: Grid, until_s: float) -> None:
    """Refuse negative rain and loss, boundaries off the grid or over each other, dead series."""
    if given.rain is not None:
        series(Name("降雨", "rain"), given.rain.intensity_m_s, until_s, lowest=0.0)
        if given.rain.pattern is not None:
            raster(Name("降雨分布", "rain pattern"), given.rain.pattern, grid, lowest=0.0)
    match given.infiltration:
        case ConstantLoss(capacity):
            raster(Name("下渗率", "infiltration"), capacity, grid, lowest=0.0)
        case GreenAmpt(conductivity, suction, deficit):
            raster(Name("导水率", "conductivity"), conductivity, grid, lowest=0.0)
            raster(Name("湿润锋吸力", "suction"), suction, grid, lowest=0.0)
            raster(Name("含水量亏缺", "deficit"), deficit, grid, lowest=0.0)
    for inflow in given.inflows:
        inside(Name("入流", "inflow"), inflow.row, inflow.column, grid)
        series(Name("入流", "inflow"), inflow.discharge_m3_s, until_s, lowest=0.0)
    taken: set[tuple[Side, int]] = set()
    for boundary in given.boundaries:
        _boundary(boundary, grid, until_s)
        faces = {(boundary.side, k) for k in range(boundary.start, boundary.stop)}
        if taken & faces:
            raise BadBoundary(
                f"同一边界面有两个条件:{boundary.side} {boundary.start}–{boundary.stop}",
                f"Two conditions on one face: {boundary.side} {boundary.start}–{boundary.stop}",
                value=boundary.side,
            )
        taken |= faces


def inside(name: Name, row: int, column: int, grid: Grid) -> None:
    """Refuse a cell off the grid."""
    if not (0 <= row < grid.rows and 0 <= column < grid.columns):
        raise BadForcing(
            f"{name.zh}在网格之外:第 {row} 行第 {column} 列",
            f"{name.en} lies off the grid: row {row}, column {column}",
            value=[row, column],
        )


def _boundary(given: Boundary, grid: Grid, until_s: float) -> None:
    length = grid.rows if given.side in (Side.WEST, Side.EAST) else grid.columns
    if not 0 <= given.start < given.stop <= length:
        raise BadBoundary(
            f"边界段须在 0–{length} 之内:{given.start}–{given.stop}",
            f"A boundary must lie within 0–{length}: {given.start}–{given.stop}",
            value=[given.start, given.stop],
        )
    wants = given.kind in (Kind.DISCHARGE, Kind.STAGE)
    if wants != (given.series is not None) or (given.slope is not None and not given.slope > 0):
        raise BadBoundary(
            f"流量、水位边界须有过程线,其余不得有;坡度须为正:{given.kind}",
            f"Discharge and stage need a series, others take none; a slope is positive: {given.kind}",
            value=given.kind,
        )
    if given.series is not None:
        lowest = 0.0 if given.kind is Kind.DISCHARGE else -np.inf
        series(
            Name(f"{given.side} 边 {given.kind}", f"{given.side} {given.kind}"), given.series, until_s, lowest
        )
