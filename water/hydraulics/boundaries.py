"""Boundary conditions 边界条件 face by face: what is declared, and its value at an instant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from water.hydraulics.model import G_M_S2, Boundary, Floats, Grid, Kind, Side

CLOSED, FREE, DISCHARGE, STAGE = range(4)
_CODES = {Kind.CLOSED: CLOSED, Kind.FREE: FREE, Kind.DISCHARGE: DISCHARGE, Kind.STAGE: STAGE}
SIDES = (Side.WEST, Side.EAST, Side.FIRST, Side.LAST)


@dataclass(frozen=True, slots=True)
class Faces:
    """The faces of the four sides: kind and value (m²/s inward, stage in m, or slope) of each."""

    kinds: tuple[NDArray[np.int8], ...]
    values: tuple[Floats, ...]
    declared: tuple[Boundary, ...]
    cell_m: float
    datum_m: float
    open: bool
    """Whether water may pass anywhere."""

    @classmethod
    def of(cls, declared: tuple[Boundary, ...], grid: Grid, datum_m: float) -> Faces:
        """Closed where nothing is declared; stages are kept above ``datum_m``."""
        lengths = (grid.rows, grid.rows, grid.columns, grid.columns)
        kinds = tuple(np.full(n, CLOSED, np.int8) for n in lengths)
        values = tuple(np.zeros(n) for n in lengths)
        for boundary in declared:
            side = SIDES.index(boundary.side)
            kinds[side][boundary.start : boundary.stop] = _CODES[boundary.kind]
            values[side][boundary.start : boundary.stop] = boundary.slope or 0.0
        passes = any(bool((each != CLOSED).any()) for each in kinds)
        return cls(kinds, values, declared, grid.cell_m, datum_m, passes)

    def at(self, t_s: float) -> None:
        """Set the values of an instant."""
        for boundary in self.declared:
            if boundary.series is None:
                continue
            value = boundary.series.at(t_s)
            if boundary.kind is Kind.DISCHARGE:
                value /= (boundary.stop - boundary.start) * self.cell_m
            else:
                value -= self.datum_m
            self.values[SIDES.index(boundary.side)][boundary.start : boundary.stop] = value

    def cells(self, grid: Grid) -> NDArray[np.int64]:
        """Row and column of the cells that may get water through the boundary."""
        found = []
        for side, kinds in zip(SIDES, self.kinds, strict=True):
            along = np.flatnonzero(kinds >= DISCHARGE)
            fixed = np.full_like(along, 0)
            match side:
                case Side.WEST:
                    found.append(np.stack([along, fixed], 1))
                case Side.EAST:
                    found.append(np.stack([along, fixed + grid.columns - 1], 1))
                case Side.FIRST:
                    found.append(np.stack([fixed, along], 1))
                case Side.LAST:
                    found.append(np.stack([fixed + grid.rows - 1, along], 1))
        return np.concatenate(found).astype(np.int64)


@njit(cache=True, error_model="numpy")
def raw_flux(kind, value, z, h, f, q, dx, dt, dry):  # type: ignore[no-untyped-def]
    """Flux of local inertia outward through a boundary face; ``f`` is g·n²/2, ``q`` the last flux outward."""
    g = G_M_S2
    if kind == DISCHARGE:
        return -value
    if kind == FREE:
        if h <= dry:
            return 0.0
        critical = h * np.sqrt(g * h)
        if value > 0.0 and f > 0.0:
            return min(h ** (5.0 / 3.0) * np.sqrt(value * g / (2.0 * f)), critical)
        return critical
    if kind == STAGE:
        depth = max(z + h, value) - z
        if depth <= dry:
            return 0.0
        # The stage is that at the side itself, half a cell from the middle of the cell.
        free = q - 2.0 * g * dt * depth * (value - z - h) / dx
        flux = free / (0.5 + np.sqrt(0.25 + dt * 2.0 * f * abs(free) * depth ** (-7.0 / 3.0)))
        # A stage below what the flow can fall to draws out no more than critical flow.
        return min(flux, h * np.sqrt(g * h))
    return 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def side_fluxes(kinds, values, z, h, f, q, sign, out, dx, dt, dry):  # type: ignore[no-untyped-def]
    """Raw fluxes along a side, positive along the axis; ``sign`` is -1 on the sides the axis leaves from."""
    for k in range(out.size):
        if kinds[k] == CLOSED:
            out[k] = 0.0
        else:
            flux = raw_flux(
                kinds[k], values[k], float(z[k]), float(h[k]), float(f[k]), sign * float(q[k]), dx, dt, dry
            )
            out[k] = sign * flux


def stretch(boundary: Boundary) -> tuple[slice | int, slice | int]:
    """The cells along a boundary."""
    along = slice(boundary.start, boundary.stop)
    match boundary.side:
        case Side.WEST:
            return along, 0
        case Side.EAST:
            return along, -1
        case Side.FIRST:
            return 0, along
        case Side.LAST:
            return -1, along


def through(across: NDArray[np.floating], along: NDArray[np.floating]) -> tuple[float, float]:
    """Discharge per width entering and leaving through all four sides, m²/s summed over faces."""
    inward = np.concatenate([across[:, 0], -across[:, -1], along[0], -along[-1]]).astype(np.float64)
    entering = float(inward[inward > 0].sum())
    return entering, entering - float(inward.sum())
