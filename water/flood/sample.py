"""Terrain of the sample city 合成地形, from a seed: the same height at a place whatever the raster. 合成数据.

A plain that falls to the bay by the gradient known of the lower 弥河 (0.4 ‰, 山东省志), beds and floodplains
along the sample courses, dykes around them, road banks with culverts. No height comes from a survey.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.catalogue.city import read_city
from spatial.sample.loading import SEED
from spatial.sample.plane import to_degrees as sample_degrees
from water.flood import plane
from water.flood.embankments import Bank, along, around, parted
from water.flood.extent import Raster
from water.flood.roughness import table
from water.flood.terrain import DATUM, Terrain
from water.flood.terrain_kernel import nearest
from water.hydraulics.works import Cell, Culvert
from water.sample.courses import courses
from water.sample.rows import ROUTE

Floats = NDArray[np.float64]
COAST_NORTHING_M: Final = 4_122_000.0
COAST_M: Final = 1.8
SLOPE: Final = 0.0004
SEAWARD_SLOPE: Final = 0.0008
DEEPEST_M: Final = -4.0
WAVES_M: Final = (900.0, 1700.0, 2900.0, 4300.0)
WAVE_M: Final = 0.12
VALLEY_M, VALLEY_WIDE_M = 1.2, 2_500.0
DYKE_TOP_HALF_M: Final = 3.0
_DYKE_FEET_M: Final = (2.5, 3.5)
"""From the middle of a dyke: its shoulder, and where the ground is again; banks stand upright in a run."""
SURVEYED_BEYOND_M: Final = 30.0
CITY: Final = "370783"
ROAD_M: Final = 1.8
CULVERT_EVERY_M: Final = 1_500.0


@dataclass(frozen=True, slots=True)
class Shape:
    """Cross-section of a sample river, half of it; heights above the plain at its place, m."""

    bed_half_m: float
    corridor_half_m: float
    """From the line to the dyke."""
    bed_m: float
    berm_m: float
    crest_m: float


SHAPES: Final[Mapping[str, Shape]] = {
    "MI": Shape(60.0, 260.0, -5.0, -1.0, 3.5),
    "MI-NORTH": Shape(40.0, 160.0, -4.0, -0.5, 3.0),
    "MI-WEST": Shape(40.0, 160.0, -4.0, -0.5, 3.0),
    # 地上河: the bed of the Dan lies about as high as the plain.
    "DAN": Shape(30.0, 110.0, -0.5, 1.2, 4.0),
    "DAN-DIVERSION": Shape(40.0, 140.0, -3.0, -0.5, 2.5),
}
ROADS_DEG: Final[Sequence[Sequence[tuple[float, float]]]] = (
    ((118.55, 36.930), (118.75, 36.940), (119.05, 36.925)),
    ((118.55, 37.030), (118.80, 37.035), (119.10, 37.025)),
    ((118.700, 36.75), (118.715, 37.00), (118.705, 37.15)),
)
"""Banks of roads and of a railway, sketched; they stand for nothing that is there."""


def terrain(raster: Raster, seed: int = SEED) -> Terrain:
    """The sample ground over a raster."""
    east, north = plane.centres(raster)
    level = plain_m(east[None, :], north[:, None], seed)
    smooth = np.broadcast_to(_base_m(north)[:, None], level.shape)
    covers = np.full(level.shape, table()["cropland"].code, np.uint8)
    covers[smooth < COAST_M] = table()["water"].code
    crest = np.full(level.shape, np.nan)
    inside, bed = np.zeros(level.shape, bool), np.zeros(level.shape, bool)
    carved = Carved(level, np.full(level.shape, np.inf), inside)
    for key, shape in SHAPES.items():
        points = line_m(key, raster.zone, seed)
        distance, place = _distances(points, raster, VALLEY_WIDE_M)
        own = _along_m(points, place)
        here = _carve(carved, key, distance, own)
        covers[here & (distance >= shape.bed_half_m)] = table()["floodplain"].code
        covers[here & (distance < shape.bed_half_m)] = table()["channel"].code
        bed |= distance < shape.bed_half_m
        crest = np.where(here, np.fmax(crest, own + shape.crest_m), crest)
    heights = carved.heights_m
    banks = around("合成堤防", inside & (smooth > COAST_M), crest)
    roads, culverts = _roads(raster, heights, inside, banks)
    found = "合成地形 synthetic terrain, seed " + str(seed)
    return Terrain(raster, heights, covers, (*banks, *roads), culverts, bed, DATUM, found, True)


@dataclass(frozen=True, slots=True)
class Carved:
    """Ground into which rivers are cut, one after the other."""

    heights_m: Floats
    deepest_m: Floats
    inside: NDArray[np.bool_]


def _carve(ground: Carved, key: str, distance_m: Floats, own_m: Floats) -> NDArray[np.bool_]:
    """Cut a river in, by the distance of each place from its line and the plain's level along it; where."""
    shape = SHAPES[key]
    if key == "MI":
        ground.heights_m[...] -= VALLEY_M * _bump(distance_m / VALLEY_WIDE_M) * ~ground.inside
    section = own_m + _section(distance_m, shape)
    here = (distance_m < shape.corridor_half_m) & (section < ground.deepest_m)
    ground.heights_m[here], ground.deepest_m[here] = section[here], section[here]
    ground.inside[here] = True
    return here


def ground_m(places_m: Floats, zone: int, seed: int = SEED) -> Floats:
    """The ground of :func:`terrain` at places of the plane, with the crests of its dykes, not of roads."""
    level = plain_m(places_m[:, 0], places_m[:, 1], seed)
    ground = Carved(level, np.full(level.shape, np.inf), np.zeros(level.shape, bool))
    crest, within = np.full(level.shape, np.nan), np.zeros(level.shape, bool)
    at = shapely.points(places_m)
    for key, shape in SHAPES.items():
        points = line_m(key, zone, seed)
        line = shapely.LineString(points)
        away = shapely.distance(line, at)
        lengths = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
        own = _along_m(
            points, np.interp(shapely.line_locate_point(line, at), lengths, np.arange(len(points)))
        )
        _carve(ground, key, np.where(away > VALLEY_WIDE_M, np.inf, away), own)
        on_dyke = np.abs(away - shape.corridor_half_m) <= DYKE_TOP_HALF_M
        within |= away < shape.corridor_half_m - DYKE_TOP_HALF_M
        crest = np.where(on_dyke, np.fmax(crest, own + shape.crest_m), crest)
    return np.where(within, ground.heights_m, np.fmax(ground.heights_m, crest))


def ground(seed: int = SEED) -> Callable[[Floats], Floats]:
    """:func:`ground_m` of longitudes and latitudes, in the sample city's own plane."""
    zone = read_city(CITY).epsg_without_prefix
    return lambda places_4490: ground_m(plane.to_plane(places_4490, zone), zone, seed)


def across() -> Mapping[str, tuple[tuple[float, ...], float]]:
    """By route: how far from its line the ground bends, and where a survey of it would end."""
    return {
        ROUTE + key: (
            (
                shape.bed_half_m,
                1.5 * shape.bed_half_m,
                *(shape.corridor_half_m + side * away for side in (-1, 1) for away in _DYKE_FEET_M),
            ),
            shape.corridor_half_m + SURVEYED_BEYOND_M,
        )
        for key, shape in SHAPES.items()
    }


def _along_m(points: Floats, place: Floats) -> Floats:
    """The level of the plain along a river, never rising downstream, at places between its vertices."""
    levels = np.minimum.accumulate(_base_m(points[:, 1]))
    found: Floats = np.interp(place, np.arange(len(points)), levels)
    return found


def plain_m(east_m: Floats, north_m: Floats, seed: int) -> Floats:
    """The plain without its rivers: an even fall with low waves."""
    chance = np.random.Generator(np.random.PCG64([seed, 1859]))
    height = _base_m(north_m) + np.zeros_like(east_m)
    for wave in WAVES_M:
        angle, phase = chance.uniform(0, 2 * np.pi, 2)
        height = height + WAVE_M * np.sin(
            2 * np.pi * (east_m * np.cos(angle) + north_m * np.sin(angle)) / wave + phase
        )
    return height


def line_m(key: str, zone: int, seed: int = SEED) -> Floats:
    """The course of a sample river in the plane, downstream."""
    return _lines(zone, seed)[key]


@cache
def _lines(zone: int, seed: int) -> Mapping[str, Floats]:
    drawn = courses(seed)
    return {key: plane.to_plane(sample_degrees(drawn[key].points_m), zone) for key in SHAPES}


def _base_m(north_m: Floats) -> Floats:
    inland = COAST_NORTHING_M - north_m
    fall = np.where(inland > 0, SLOPE * inland, SEAWARD_SLOPE * inland)
    found: Floats = np.maximum(COAST_M + fall, DEEPEST_M)
    return found


def _bump(share: Floats) -> Floats:
    """1 at 0, 0 from 1 on, smooth between."""
    t = np.clip(share, 0.0, 1.0)
    return np.where(np.isfinite(share), 1.0 - t * t * (3.0 - 2.0 * t), 0.0)


def _section(distance_m: Floats, shape: Shape) -> Floats:
    """Height above the plain across a river: an even bed, a bank as wide as half of it, a berm."""
    rise = np.clip((distance_m - shape.bed_half_m) / (0.5 * shape.bed_half_m), 0.0, 1.0)
    return np.where(np.isfinite(distance_m), shape.bed_m + rise * (shape.berm_m - shape.bed_m), np.inf)


def _distances(points: Floats, raster: Raster, within_m: float) -> tuple[Floats, Floats]:
    distance = np.full((raster.rows, raster.columns), np.inf)
    place = np.zeros_like(distance)
    nearest(
        np.ascontiguousarray(points), raster.west_m, raster.north_m, raster.cell_m, within_m, distance, place
    )
    distance[distance > within_m] = np.inf
    return distance, place


def _roads(
    raster: Raster, heights_m: Floats, inside: NDArray[np.bool_], dykes: Sequence[Bank]
) -> tuple[list[Bank], tuple[Culvert, ...]]:
    """Banks across the plain, broken where they cross a river, with a culvert every so often."""
    taken = {edge for bank in dykes for edge in bank.dyke.edges}
    found, culverts = [], list[Culvert]()
    every = max(1, round(CULVERT_EVERY_M / raster.cell_m))
    for number, drawn in enumerate(ROADS_DEG, 1):
        line = plane.to_plane(np.array(drawn), raster.zone)
        for bank in along(f"合成路堤-{number}", line, np.zeros(len(line)), raster):
            pairs = [_cells(edge.axis, edge.row, edge.column) for edge in bank.dyke.edges]
            keep = [
                edge not in taken and not inside[pair[0]] and not inside[pair[1]]
                for edge, pair in zip(bank.dyke.edges, pairs, strict=True)
            ]
            crest = tuple(float(max(heights_m[a], heights_m[b])) + ROAD_M for a, b in pairs)
            raised = Bank(bank.name, type(bank.dyke)(bank.dyke.edges, crest), bank.landward)
            for stretch in parted(raised, keep):
                found.append(stretch)
                taken.update(stretch.dyke.edges)
                for edge in stretch.dyke.edges[every // 2 :: every]:
                    low, high = _cells(edge.axis, edge.row, edge.column)
                    sill = float(max(heights_m[low], heights_m[high]))
                    culverts.append(Culvert(low, high, sill, sill, 3.0, 1.5))
    return found, tuple(culverts)


def _cells(axis: str, row: int, column: int) -> tuple[Cell, Cell]:
    return ((row, column - 1) if axis == "x" else (row - 1, column)), (row, column)
