"""Works on the water 水利工程 of a run: dykes, breaches, gates, culverts, pumps, narrow channels."""

from __future__ import annotations

from dataclasses import dataclass

from water.hydraulics.edges import Edge
from water.hydraulics.model import Series

Cell = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Dyke:
    """A dyke or wall 堤防 along consecutive edges, with the height of its crest at each.

    Overflow is that of a weir, q = C·H^1.5 per metre; C is 1.7 for a broad crest in m and s.
    """

    edges: tuple[Edge, ...]
    crest_m: tuple[float, ...]
    weir_m05_s: float = 1.7


@dataclass(frozen=True, slots=True)
class LinearGrowth:
    """A breach that opens evenly in a given time 线性发展."""

    duration_s: float


@dataclass(frozen=True, slots=True)
class Erosion:
    """A breach that opens as fast as shear erodes it 冲刷发展: rate = k·(τ - τc), τ = ρ g n² u² / h^(1/3).

    The sill sinks with that rate and both cheeks give way ``widening`` times as fast.
    """

    rate_m3_n_s: float
    critical_pa: float
    manning: float = 0.025
    widening: float = 1.4


@dataclass(frozen=True, slots=True)
class Breach:
    """A breach 溃口 about an edge of a dyke: from its start it grows to a last width and sill."""

    edge: Edge
    start_s: float
    width_m: float
    sill_m: float
    growth: LinearGrowth | Erosion
    first_width_m: float = 1.0


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate 闸门 on an edge: weir below its lip, orifice above; opening in m over time."""

    edge: Edge
    sill_m: float
    width_m: float
    opening_m: Series
    orifice: float = 0.6
    weir_m05_s: float = 1.7


@dataclass(frozen=True, slots=True)
class Culvert:
    """A culvert 涵洞 between two cells; a flap 拍门 lets water pass from the first to the second alone."""

    start: Cell
    end: Cell
    start_invert_m: float
    end_invert_m: float
    width_m: float
    height_m: float
    coefficient: float = 0.6
    flap: bool = False


@dataclass(frozen=True, slots=True)
class Pump:
    """A pump 泵站 out of a cell, into another or away; full above ``start_m``, still below ``stop_m``."""

    start: Cell
    end: Cell | None
    capacity_m3_s: Series
    start_m: float
    stop_m: float


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel narrower than its cells 窄河道, after Neal et al. (2012), down a path of neighbouring cells.

    Above the terrain of a cell its water is the cell's own. At the end it is shut, has a stage
    (``end_stage``) or runs on at a slope (``end_slope``).
    """

    cells: tuple[Cell, ...]
    width_m: tuple[float, ...]
    bed_m: tuple[float, ...]
    manning: float = 0.03
    end_stage: Series | None = None
    end_slope: float | None = None


@dataclass(frozen=True, slots=True)
class Works:
    """All works of a run."""

    dykes: tuple[Dyke, ...] = ()
    breaches: tuple[Breach, ...] = ()
    gates: tuple[Gate, ...] = ()
    culverts: tuple[Culvert, ...] = ()
    pumps: tuple[Pump, ...] = ()
    channels: tuple[Channel, ...] = ()
