"""Nouns of a hydraulic run 水力推演: grid, ground, forcing, boundaries; typed and frozen.

The plane is projected, lengths are metres, cells are square. Axis x follows the columns, axis y the rows:
row 0 is the first row of the raster. ``west`` is column 0 and ``first`` row 0, whatever way they face.
Bed and stage heights are of one vertical datum, which the caller has settled.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
Floats = NDArray[np.float64]
G_M_S2 = 9.81


class Side(StrEnum):
    """Sides of the grid 边."""

    WEST = "west"
    EAST = "east"
    FIRST = "first"
    LAST = "last"


class Kind(StrEnum):
    """What holds at a boundary 边界类型: closed 不透水, free 自由出流, discharge 流量, stage 水位或潮位."""

    CLOSED = "closed"
    FREE = "free"
    DISCHARGE = "discharge"
    STAGE = "stage"


@dataclass(frozen=True, slots=True)
class Grid:
    """Square cells of a projected plane 计算网格."""

    rows: int
    columns: int
    cell_m: float

    @property
    def cells(self) -> int:
        """Number of cells."""
        return self.rows * self.columns

    @property
    def cell_m2(self) -> float:
        """Area of a cell in the plane, m²."""
        return self.cell_m * self.cell_m


@dataclass(frozen=True, slots=True)
class Series:
    """A value over time 过程线, linear between its points; nothing before the first or after the last."""

    times_s: tuple[float, ...]
    values: tuple[float, ...]

    @classmethod
    def constant(cls, value: float) -> Series:
        """One value for all time."""
        return cls((-np.inf, np.inf), (value, value))

    def at(self, t_s: float) -> float:
        """The value at an instant within the series."""
        k = bisect_right(self.times_s, t_s)
        k = min(max(k, 1), len(self.times_s) - 1) if len(self.times_s) > 1 else 0
        if k == 0 or self.values[k - 1] == self.values[k]:
            return self.values[k]
        before, after = self.times_s[k - 1], self.times_s[k]
        share = (t_s - before) / (after - before)
        return self.values[k - 1] + share * (self.values[k] - self.values[k - 1])


@dataclass(frozen=True, slots=True)
class Boundary:
    """A condition along a stretch of one side: cells ``start`` to ``stop`` (excluded).

    Series: discharge inward in m³/s over the whole stretch, or stage in m. ``slope`` of a free outflow is
    that of uniform flow under local inertia; without it the outflow is critical.
    """

    side: Side
    start: int
    stop: int
    kind: Kind
    series: Series | None = None
    slope: float | None = None


@dataclass(frozen=True, slots=True)
class Rain:
    """Rain intensity 雨强 in m/s over time, times a factor per cell where a pattern is given."""

    intensity_m_s: Series
    pattern: Floats | None = None


@dataclass(frozen=True, slots=True)
class ConstantLoss:
    """Infiltration at a constant capacity 稳定下渗率, m/s."""

    capacity_m_s: Floats | float


@dataclass(frozen=True, slots=True)
class GreenAmpt:
    """Infiltration after Green & Ampt: conductivity m/s, suction at the front m, moisture deficit."""

    conductivity_m_s: Floats | float
    suction_m: Floats | float
    deficit: Floats | float


@dataclass(frozen=True, slots=True)
class Inflow:
    """A point inflow 点入流 into a cell, m³/s."""

    row: int
    column: int
    discharge_m3_s: Series


@dataclass(frozen=True, slots=True)
class Ground:
    """What water flows over: bed height 地面高程 in m and Manning's n 糙率 in s/m^(1/3), per cell."""

    grid: Grid
    terrain_m: Floats
    manning: Floats | float = 0.03


@dataclass(frozen=True, slots=True)
class Forcing:
    """What drives a run 驱动条件."""

    boundaries: tuple[Boundary, ...] = ()
    rain: Rain | None = None
    infiltration: ConstantLoss | GreenAmpt | None = None
    inflows: tuple[Inflow, ...] = ()


@dataclass(frozen=True, slots=True)
class Method:
    """Scheme 格式, precision in bits and its numbers; ``None`` takes the scheme's own.

    ``dry_m``: a thinner film counts as dry. The Godunov scheme follows a dry front more
    closely, and so has a thinner one.
    """

    scheme: Literal["inertia", "godunov"] = "inertia"
    bits: Literal[32, 64] = 64
    courant: float | None = None
    theta: float = 0.9
    dry_m: float | None = None
    longest_step_s: float = 60.0

    @property
    def film_m(self) -> float:
        """The depth below which a cell is dry 干湿界限."""
        if self.dry_m is not None:
            return self.dry_m
        return 1e-6 if self.scheme == "godunov" else 1e-5

    @property
    def kind(self) -> type[np.floating]:
        """The type of number the arrays hold."""
        return np.float32 if self.bits == 32 else np.float64


@dataclass(frozen=True, slots=True)
class Ledger:
    """Where the water went since the beginning 水量账, m³."""

    rained_m3: float = 0.0
    infiltrated_m3: float = 0.0
    entered_m3: float = 0.0
    left_m3: float = 0.0

    @property
    def net_m3(self) -> float:
        """What storage must have gained."""
        return self.rained_m3 + self.entered_m3 - self.infiltrated_m3 - self.left_m3


@dataclass(frozen=True, slots=True)
class State:
    """All that a run needs to go on, bit for bit 断点.

    ``across`` and ``along`` are discharges per width in m²/s: at faces for local inertia, in cells for
    Godunov. ``carry_m`` is what rounding took from each depth. ``memory`` holds what structures remember.
    """

    scheme: str
    t_s: float
    steps: int
    h_m: Array
    carry_m: Array
    across_m2_s: Array
    along_m2_s: Array
    infiltrated_m: Floats | None = None
    memory: dict[str, Floats] = field(default_factory=dict)
    ledger: Ledger = Ledger()
    start_m3: float = 0.0
