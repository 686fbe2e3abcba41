"""Compiles the loops of hydraulics and of runs 预编译: once an installation, so that no map waits for it.

Both schemes in 32 bits, which runs use where nothing else is asked for; 64 bits are compiled by the worker
that first wants them.

python -m water.flood.ready
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from spatial.files import is_newer

if TYPE_CHECKING:
    from water.hydraulics.model import Floats, Grid
    from water.hydraulics.simulation import Simulation

HERE = Path(__file__).parent
HYDRAULICS = HERE.parent / "hydraulics"
LAST = ((HYDRAULICS, "hand_kernel.storage-*.nbi"), (HERE, "reduction_kernel.reduce-*.nbi"))
"""What is compiled last, of quick maps and of runs."""


def is_ready() -> bool:
    """Whether what was compiled is newer than every loop; looked up without reading a compiler."""
    loops = [*HERE.glob("*_kernel.py"), *HYDRAULICS.glob("*_kernel.py"), *HYDRAULICS.glob("godunov_*.py")]
    loops += [HYDRAULICS / name for name in ("boundaries.py", "powers.py", "tiles.py")]
    return all(is_newer((folder / "__pycache__").glob(name), loops) for folder, name in LAST)


def ready() -> None:
    """Run the smallest flood by each scheme, and draw the smallest quick map."""
    import numpy as np

    from water.flood.reduction_kernel import reduce
    from water.flood.terrain_kernel import nearest
    from water.hydraulics import hand
    from water.hydraulics.model import Grid

    grid = Grid(20, 20, 10.0)
    slope = np.add.outer(np.arange(20.0), np.arange(20.0))
    nearest(np.zeros((2, 2)), 0.0, 200.0, 10.0, 50.0, np.full((20, 20), np.inf), np.zeros((20, 20)))
    over = hand.hand(hand.drainage(grid, slope), 500.0)
    hand.inundation(over, hand.stages(hand.rating(over, 0.03), np.zeros(len(over.length_m))))
    for run in _runs(grid, slope):
        shape = (20, 20)
        reduce(
            run.h, run.across, run.along, run.method.scheme == "inertia", np.float32(0.0), np.float32(0.05),
            np.zeros(shape, np.float32), np.zeros(shape, np.float32), np.zeros(shape, np.float32),
        )  # fmt: skip


def _runs(grid: Grid, slope: Floats) -> Iterator[Simulation]:
    """A few steps by each scheme, with everything that water can meet."""
    from water.hydraulics import model
    from water.hydraulics.edges import Edge
    from water.hydraulics.model import Boundary, Forcing, Kind, Method, Series, Side
    from water.hydraulics.simulation import Scenario, Simulation
    from water.hydraulics.works import Breach, Culvert, Dyke, LinearGrowth, Works

    edges = tuple(Edge("x", row, 10) for row in range(20))
    breach = Breach(edges[10], 0.0, 10.0, 20.0, LinearGrowth(1.0))
    culvert = Culvert((3, 9), (3, 10), 12.0, 12.0, 1.0, 1.0)
    works = Works((Dyke(edges, (60.0,) * 20),), (breach,), culverts=(culvert,))
    sides = (
        Boundary(Side.WEST, 0, 20, Kind.STAGE, Series.constant(5.0)),
        Boundary(Side.EAST, 0, 20, Kind.FREE, None, 0.001),
        Boundary(Side.FIRST, 0, 20, Kind.DISCHARGE, Series.constant(1.0)),
    )
    rain = model.Rain(Series.constant(1e-5))
    inflow = model.Inflow(5, 5, Series.constant(1.0))
    ground = model.Ground(grid, slope, 0.03)
    schemes: tuple[Literal["inertia", "godunov"], ...] = ("inertia", "godunov")
    for scheme in schemes:
        for forcing in (
            Forcing(sides, rain, model.ConstantLoss(1e-6), (inflow,)),
            Forcing(sides, rain, model.GreenAmpt(1e-6, 0.1, 0.3)),
            Forcing(sides[1:2]),
        ):
            run = Simulation(Scenario(ground, forcing, 2.0, works), Method(scheme, 32), 0.1)
            run.advance()
            yield run


if __name__ == "__main__":
    ready()
