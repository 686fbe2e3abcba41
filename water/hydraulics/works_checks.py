"""What is refused of the works of a run 工程检查, each with its place."""

from __future__ import annotations

import math

from water.errors import BadStructure, BreachOutsideDyke, Name
from water.hydraulics import checks
from water.hydraulics.edges import Edge
from water.hydraulics.model import Floats, Grid
from water.hydraulics.works import Breach, Cell, Channel, Dyke, Gate, LinearGrowth, Works


def works(given: Works, grid: Grid, terrain_m: Floats, until_s: float) -> None:
    """Refuse works off the grid, twice on one edge, or that cannot be; breaches where no dyke is."""
    walled: dict[Edge, tuple[Dyke, int]] = {}
    for dyke in given.dykes:
        _positive(Name("堤顶与流量系数", "dyke"), len(dyke.edges) == len(dyke.crest_m) > 0, dyke.weir_m05_s)
        for k, (edge, crest) in enumerate(zip(dyke.edges, dyke.crest_m, strict=True)):
            _edge(Name("堤防", "dyke"), edge, grid)
            if edge in walled or not math.isfinite(crest):
                raise _bad("同一格边有两段堤防,或堤顶缺值", "Two dykes on one edge, or no crest", edge)
            walled[edge] = (dyke, k)
    holed: set[Edge] = set()
    for breach in given.breaches:
        holed |= _breach(breach, walled, holed, grid)
    for gate in given.gates:
        _gate(gate, grid, until_s)
        if gate.edge in holed:
            raise _bad("闸门与溃口或另一闸门同格边", "A gate with a breach or gate on its edge", gate.edge)
        holed.add(gate.edge)
    for culvert in given.culverts:
        _cells(Name("涵洞", "culvert"), (culvert.start, culvert.end), grid)
        size = (culvert.width_m, culvert.height_m, culvert.coefficient)
        _positive(Name("涵洞尺寸", "culvert"), culvert.start != culvert.end, *size)
        _finite(Name("涵洞底高", "culvert"), culvert.start_invert_m, culvert.end_invert_m)
    for pump in given.pumps:
        _cells(Name("泵站", "pump"), (pump.start,) if pump.end is None else (pump.start, pump.end), grid)
        checks.series(Name("泵站", "pump"), pump.capacity_m3_s, until_s, lowest=0.0)
        _positive(Name("泵站起停水位", "pump"), pump.start != pump.end, pump.start_m - pump.stop_m)
    taken: set[Cell] = set()
    for channel in given.channels:
        _channel(channel, grid, terrain_m, until_s)
        if taken & set(channel.cells) or len(set(channel.cells)) < len(channel.cells):
            raise _bad("两条河道经过同一格", "Two channels through one cell", channel.cells[0])
        taken |= set(channel.cells)


def _breach(breach: Breach, walled: dict[Edge, tuple[Dyke, int]], holed: set[Edge], grid: Grid) -> set[Edge]:
    if breach.edge not in walled:
        raise BreachOutsideDyke(
            f"溃口须在堤防的格边上:{breach.edge}",
            f"A breach must lie on an edge of a dyke: {breach.edge}",
            value=[breach.edge.axis, breach.edge.row, breach.edge.column],
        )
    dyke, centre = walled[breach.edge]
    law = breach.growth
    speed = law.duration_s if isinstance(law, LinearGrowth) else law.rate_m3_n_s
    _finite(Name("溃口", "breach"), breach.start_s, breach.sill_m, breach.width_m)
    if not isinstance(law, LinearGrowth):
        held = min(law.critical_pa, law.manning, law.widening) >= 0
        _finite(Name("溃口冲刷", "erosion"), law.critical_pa, law.manning, law.widening, holds=held)
    _positive(Name("溃口", "breach"), breach.first_width_m <= breach.width_m, breach.first_width_m, speed)
    reach = math.ceil((breach.width_m / grid.cell_m - 1) / 2)
    span = range(centre - max(reach, 0), centre + max(reach, 0) + 1)
    if span[0] < 0 or span[-1] >= len(dyke.edges) or breach.sill_m > dyke.crest_m[centre]:
        raise _bad("溃口宽过堤防或高于堤顶", "A breach beyond its dyke or above its crest", breach.edge)
    edges = {dyke.edges[k] for k in span}
    if edges & holed:
        raise _bad("两处溃口重叠", "Two breaches overlap", breach.edge)
    return edges


def _gate(gate: Gate, grid: Grid, until_s: float) -> None:
    _edge(Name("闸门", "gate"), gate.edge, grid)
    _finite(Name("闸门底高", "sill"), gate.sill_m)
    _positive(Name("闸门", "gate"), gate.width_m <= grid.cell_m, gate.width_m, gate.orifice, gate.weir_m05_s)
    checks.series(Name("闸门开度", "opening"), gate.opening_m, until_s, lowest=0.0)


def _channel(channel: Channel, grid: Grid, terrain_m: Floats, until_s: float) -> None:
    _cells(Name("河道", "channel"), channel.cells, grid)
    count = len(channel.cells)
    _positive(Name("河道", "channel"), count > 1 and count == len(channel.width_m) == len(channel.bed_m))
    for here, there in zip(channel.cells, channel.cells[1:], strict=False):
        if max(abs(here[0] - there[0]), abs(here[1] - there[1])) != 1:
            raise _bad("河道相邻两格不相接", "Two cells of a channel do not touch", there)
    for cell, width, bed in zip(channel.cells, channel.width_m, channel.bed_m, strict=True):
        if not (0 < width <= grid.cell_m and bed < terrain_m[cell]):
            raise _bad(
                "河道须窄于网格且低于地面", "A channel is narrower than its cell and below its terrain", cell
            )
    _positive(Name("河道", "channel"), channel.manning >= 0 and not (channel.end_stage and channel.end_slope))
    if channel.end_slope is not None:
        _positive(Name("河道末端坡度", "channel"), True, channel.end_slope)
    if channel.end_stage is not None:
        checks.series(Name("河道末端水位", "stage"), channel.end_stage, until_s)


def _edge(name: Name, edge: Edge, grid: Grid) -> None:
    rows, columns = (grid.rows, grid.columns)
    low = (0, 1) if edge.axis == "x" else (1, 0)
    if not (low[0] <= edge.row < rows and low[1] <= edge.column < columns):
        raise _bad(f"{name.zh}不在两格之间", f"{name.en} is not between two cells", edge)


def _cells(name: Name, cells: tuple[Cell, ...], grid: Grid) -> None:
    for row, column in cells:
        checks.inside(name, row, column, grid)


def _positive(name: Name, holds: bool, *values: float) -> None:
    _finite(name, *values, holds=holds and all(value > 0 for value in values))


def _finite(name: Name, *values: float, holds: bool = True) -> None:
    if not holds or not all(math.isfinite(value) for value in values):
        raise _bad(f"{name.zh}的数值不可能", f"{name.en}: impossible numbers", values)


def _bad(zh: str, en: str, value: object) -> BadStructure:
    return BadStructure(f"{zh}:{value}", f"{en}: {value}", value=str(value))
