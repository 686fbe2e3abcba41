"""A scenario set on its ground 情景落地: what the solver is given, checked whole before it starts."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from water.errors import BadScenario, BadStructure, Name
from water.flood import plane, roughness
from water.flood.embankments import Bank, along
from water.flood.extent import Raster
from water.flood.naming import called
from water.flood.placing import Places
from water.flood.scenario import BreachAsked, DykeAsked, FloodScenario, PumpAsked
from water.flood.terrain import Terrain
from water.hydraulics import checks
from water.hydraulics.edges import Edge
from water.hydraulics.estimate import Estimate, allow, estimate, of_size
from water.hydraulics.model import (
    Boundary,
    Forcing,
    Grid,
    Ground,
    Inflow,
    Kind,
    Method,
    Rain,
    Series,
    Side,
)
from water.hydraulics.simulation import Scenario
from water.hydraulics.works import Breach, Cell, Gate, Pump, Works
from water.pointing import about

Floats = NDArray[np.float64]
LIMIT_S: Final = 6 * 3600.0
"""Of one core; what is expected to take longer is refused with its estimate."""
DEEPEST_M, FASTEST_M_S, WET_SHARE = 8.0, 3.0, 0.35
OUT_SLOPE: Final = 0.0004
TIDE_MARGIN_M: Final = 1.0


@dataclass(frozen=True, slots=True)
class Opening:
    """A breach whose discharge is told: its bank's edges, each with its land side."""

    id: str
    edges: tuple[Edge, ...]
    landward: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """What the solver runs on."""

    asked: FloodScenario
    terrain: Terrain
    scenario: Scenario
    depth_m: Floats
    """At the beginning."""
    points: tuple[tuple[str, Cell], ...]
    openings: tuple[Opening, ...]

    @property
    def synthetic(self) -> bool:
        """Whether ground or water is generated 合成数据: what comes of it is stamped."""
        return self.terrain.synthetic or self.asked.synthetic

    @property
    def sha256(self) -> bytes:
        """Of the ground with its works: equal digests and inputs give equal runs."""
        digest = hashlib.sha256(self.terrain.sha256)
        digest.update(np.ascontiguousarray(self.scenario.ground.manning).tobytes())
        digest.update(repr(self.scenario.works).encode())
        return digest.digest()

    @property
    def estimate(self) -> Estimate:
        """How long one core will take."""
        asked = self.asked
        return estimate(self.scenario, asked.method, DEEPEST_M, WET_SHARE, FASTEST_M_S)


def set_on(asked: FloodScenario, terrain: Terrain, places: Places, limit_s: float = LIMIT_S) -> Setting:
    """The scenario on its ground.

    Raises ``BadScenario``, ``BreachOutsideDyke``, ``RunTooLong`` and what the solver refuses: holes in the
    terrain, negative rain, a dead series, works that do not fit.
    """
    raster = terrain.raster
    grid = Grid(raster.rows, raster.columns, raster.cell_m)
    with about("roughness"):
        manning = roughness.manning(terrain.covers, asked.manning) * asked.roughness_factor
        checks.raster(Name("糙率", "roughness"), manning, grid, lowest=0.0)
    with about("terrain"):
        checks.raster(Name("地面高程", "terrain"), terrain.heights_m, grid)
    ground = Ground(grid, terrain.heights_m, manning)
    banks = [*_given(asked, terrain), *terrain.banks]
    works, openings = _works(asked, terrain, banks, places)
    forcing = Forcing(
        boundaries=_boundaries(asked, terrain.heights_m),
        rain=None if asked.rain_m_s is None else Rain(asked.rain_m_s),
        infiltration=asked.loss,
        inflows=_inflows(asked, terrain, places),
    )
    scenario = Scenario(ground, forcing, asked.duration_s, works)
    points = tuple((one.id, placed("points", k, one, places)) for k, one in enumerate(asked.points))
    depth = np.where(terrain.bed, asked.river_depth_m, 0.0)
    made = Setting(asked, terrain, scenario, depth, points, openings)
    scenario.check()
    with about():
        allow(made.estimate, limit_s)
    return made


def placed(kind: str, k: int, one: Any, places: Places) -> Cell:
    """The cell of the place of a thing of a list."""
    with about(kind, k, "at"):
        return places.cell(called(kind, one.id), one.at)


def require_met(setting: Setting) -> None:
    """Refuse of a new scenario a dyke that meets no cell of the area, and a tide that meets no edge of it."""
    for k, one in enumerate(setting.asked.dykes):
        if not _given_one(one, setting.terrain):
            lon, lat = one.line[0]
            name = called("dykes", one.id)
            with about("dykes", k, "line"):
                raise BadScenario(
                    f"{name.zh} 不在推演范围内,或短于一格:{lon:.6f},{lat:.6f}",
                    f"{name.en} lies outside of the area, or is shorter than a cell: {lon:.6f},{lat:.6f}",
                    value=one.id,
                )
    tide, boundaries = setting.asked.tide_m, setting.scenario.forcing.boundaries
    if tide is None or any(each.kind is Kind.STAGE for each in boundaries):
        return
    heights = setting.terrain.heights_m
    lowest_m = min(float(edge.min()) for edge in (heights[:, 0], heights[:, -1], heights[0], heights[-1]))
    tide_m = float(np.nanmax(tide.values))
    with about("tide_m"):
        raise BadScenario(
            f"潮位到不了范围的边:边上最低 {lowest_m:.2f} 米,请把范围延到海边或去掉潮位:{tide_m:g}",
            f"the tide meets no edge of the area, of which the lowest is {lowest_m:.2f} m; let the area reach"
            f" the sea or leave the tide out: {tide_m:g}",
            value=tide_m,
        )


def expected(raster: Raster, duration_s: float, method: Method, *, rained: bool) -> Estimate:
    """What :func:`set_on` will hold against the limit, told from the size alone."""
    share = 1.0 if rained else WET_SHARE
    cells = raster.rows * raster.columns
    return of_size(cells, raster.cell_m, duration_s, method, DEEPEST_M, share, FASTEST_M_S)


def expected_of(asked: FloodScenario, raster: Raster) -> Estimate:
    """The same of a scenario: what is far too long is refused before its terrain is read."""
    return expected(raster, asked.duration_s, asked.method, rained=asked.rain_m_s is not None)


def _given(asked: FloodScenario, terrain: Terrain) -> list[Bank]:
    """Dykes of the request; where one of the terrain stands on the same edge the request's counts."""
    found = list[Bank]()
    for k, one in enumerate(asked.dykes):
        with about("dykes", k, "line"):
            found += _given_one(one, terrain)
    return found


def _given_one(one: DykeAsked, terrain: Terrain) -> list[Bank]:
    line = plane.to_plane(np.array(one.line), terrain.raster.zone)
    return along(one.id, line, np.array(one.crest_m), terrain.raster)


def _works(
    asked: FloodScenario, terrain: Terrain, banks: list[Bank], places: Places
) -> tuple[Works, tuple[Opening, ...]]:
    taken: set[Edge] = set()
    dykes = []
    for bank in banks:
        free = [edge not in taken for edge in bank.dyke.edges]
        if all(free):
            dykes.append(bank.dyke)
        else:
            kept = [k for k, each in enumerate(free) if each]
            if kept:
                edges, crests = bank.dyke.edges, bank.dyke.crest_m
                cut = tuple(edges[k] for k in kept), tuple(crests[k] for k in kept)
                dykes.append(replace(bank.dyke, edges=cut[0], crest_m=cut[1]))
        taken.update(bank.dyke.edges)
    breaches, gates, openings, held = [], [], [], dict[Edge, Name]()
    for k, one in enumerate(asked.breaches):
        name = called("breaches", one.id)
        with about("breaches", k, "at"):
            bank, edge = places.edge(name, one.at, banks)
        with about("breaches", k):
            _require_fits(name, one, bank, edge, terrain.raster.cell_m)
            _require_free(name, _span(one, bank, edge, terrain.raster.cell_m), held)
        breaches.append(_breach(one, edge, bank, terrain.heights_m))
        openings.append(Opening(one.id, bank.dyke.edges, bank.landward))
    for k, each in enumerate(asked.gates):
        name = called("gates", each.id)
        with about("gates", k, "at"):
            edge = places.edge(name, each.at, banks)[1]
        if each.width_m > terrain.raster.cell_m:
            with about("gates", k, "width_m"):
                raise BadStructure(
                    f"{name.zh} 宽过一个网格({terrain.raster.cell_m:g} 米),请分作几座或放大 cell_m:"
                    f"{each.width_m:g}",
                    f"{name.en} is wider than a cell ({terrain.raster.cell_m:g} m); divide it, or take a"
                    f" larger cell_m: {each.width_m:g}",
                    value=each.width_m,
                )
        with about("gates", k):
            _require_free(name, (edge,), held)
        gates.append(Gate(edge, each.sill_m, each.width_m, each.opening_m))
    pumps = tuple(_pump(k, one, places) for k, one in enumerate(asked.pumps))
    works = Works(tuple(dykes), tuple(breaches), tuple(gates), terrain.culverts, pumps)
    return works, tuple(openings)


def _pump(k: int, one: PumpAsked, places: Places) -> Pump:
    start, end = placed("pumps", k, one, places), None
    if one.to is not None:
        with about("pumps", k, "to"):
            end = places.cell(called("pumps", one.id), one.to)
            if end == start:
                raise BadStructure(
                    f"{called('pumps', one.id).zh} 抽自何处便排到何处,请移开其一或减小 cell_m:{one.to.told}",
                    f"{called('pumps', one.id).en} lets its water out in the cell it takes it from; move one"
                    f" end, or take a smaller cell_m: {one.to.told}",
                    value=one.to.told,
                )
    return Pump(start, end, one.capacity_m3_s, one.start_m, one.stop_m)


def _require_fits(name: Name, one: BreachAsked, bank: Bank, edge: Edge, cell_m: float) -> None:
    """A breach as wide as its dyke leaves about the place, and no higher than its crest."""
    edges, place = bank.dyke.edges, bank.dyke.edges.index(edge)
    most_m = (2 * min(place, len(edges) - 1 - place) + 1) * cell_m
    if one.width_m > most_m:
        with about("width_m"):
            raise BadStructure(
                f"{name.zh} 宽过此处的堤防,以此为中心至多 {most_m:g} 米:{one.width_m:g}",
                f"{name.en} is wider than the dyke, which leaves {most_m:g} m about it: {one.width_m:g}",
                value=one.width_m,
            )
    crest_m = bank.dyke.crest_m[place]
    if one.sill_m is not None and one.sill_m > crest_m:
        with about("sill_m"):
            raise BadStructure(
                f"{name.zh} 的底高高于堤顶 {crest_m:.2f} 米:{one.sill_m:g}",
                f"the sill of {name.en} lies above the crest at {crest_m:.2f} m: {one.sill_m:g}",
                value=one.sill_m,
            )


def _span(one: BreachAsked, bank: Bank, edge: Edge, cell_m: float) -> tuple[Edge, ...]:
    """The edges that a breach takes in the end, as the solver counts them."""
    edges, place = bank.dyke.edges, bank.dyke.edges.index(edge)
    reach = max(0, math.ceil((one.width_m / cell_m - 1) / 2))
    return edges[max(place - reach, 0) : place + reach + 1]


def _require_free(name: Name, edges: tuple[Edge, ...], held: dict[Edge, Name]) -> None:
    """A stretch of a dyke where no other breach or gate is; from now on it is held by ``name``."""
    other = next((held[edge] for edge in edges if edge in held), None)
    if other is not None:
        raise BadStructure(
            f"{name.zh} 与{other.zh} 占同一段堤防,请移开、改窄或合为一处:{name.zh}",
            f"{name.en} and {other.en} lie on the same stretch of a dyke; move or narrow one, or make them"
            f" one: {name.en}",
            value=name.zh,
        )
    held.update(dict.fromkeys(edges, name))


def _breach(one: Any, edge: Edge, bank: Bank, heights_m: Floats) -> Breach:
    before = (edge.row, edge.column - 1) if edge.axis == "x" else (edge.row - 1, edge.column)
    crest = bank.dyke.crest_m[bank.dyke.edges.index(edge)]
    ground = max(float(heights_m[before]), float(heights_m[edge.row, edge.column]))
    sill = min(ground, crest) if one.sill_m is None else one.sill_m
    return Breach(edge, one.start_s, one.width_m, sill, one.growth, one.first_width_m)


def _inflows(asked: FloodScenario, terrain: Terrain, places: Places) -> tuple[Inflow, ...]:
    found = []
    for k, one in enumerate(asked.releases):
        with about("inflows", k, "at"):
            name = called("inflows", one.id)
            cells = places.inlets(name, one.at, terrain.heights_m, terrain.bed, one.source)
        share = 1.0 / len(cells)
        series = Series(
            one.discharge_m3_s.times_s, tuple(value * share for value in one.discharge_m3_s.values)
        )
        found += [Inflow(row, column, series) for row, column in cells]
    return tuple(found)


def _boundaries(asked: FloodScenario, heights_m: Floats) -> tuple[Boundary, ...]:
    """The tide where the edge of the area lies about as low as it; elsewhere water leaves freely."""
    sides = {
        Side.WEST: heights_m[:, 0], Side.EAST: heights_m[:, -1],
        Side.FIRST: heights_m[0], Side.LAST: heights_m[-1],
    }  # fmt: skip
    highest = -np.inf if asked.tide_m is None else np.nanmax(asked.tide_m.values) + TIDE_MARGIN_M
    found = []
    for side, heights in sides.items():
        sea = np.asarray(heights <= highest)
        bounds = [0, *(np.flatnonzero(np.diff(sea)) + 1).tolist(), len(sea)]
        for start, stop in pairwise(bounds):
            if sea[start]:
                found.append(Boundary(side, start, stop, Kind.STAGE, asked.tide_m))
            else:
                found.append(Boundary(side, start, stop, Kind.FREE, None, OUT_SLOPE))
    return tuple(found)
