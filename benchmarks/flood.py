"""What runs of floods cost besides the solver: terrain, quick maps, many members, saving and packing.

python -m benchmarks.flood
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from water.flood import cog, ensemble, frames, plane, quick, sample
from water.flood.extent import WET_M
from water.flood.ready import ready
from water.flood.reduction_kernel import reduce

CITY = (118.55, 36.75, 119.05, 37.22)
CELL_M, ZONE = 20.0, 4549
MEMBERS, TARGET_S = 1_000, 60.0
SOLVER_CELLS_S = 120e6


@contextmanager
def timed(name: str, per: int = 1) -> Iterator[list[float]]:
    """Processor seconds of the body, each."""
    found: list[float] = []
    begun = time.process_time()
    yield found
    found.append((time.process_time() - begun) / per)
    print(f"{name:<44}{found[0]:9.3f} s")


def main() -> None:
    """Print figures and ratios."""
    raster = plane.raster(CITY, CELL_M, ZONE)
    cells = raster.rows * raster.columns
    print(f"{cells / 1e6:.2f} M cells of {CELL_M:g} m, processor seconds of one core")
    sample.line_m("MI", ZONE)
    ready()
    with timed("terrain of the sample city"):
        terrain = sample.terrain(raster)
    river = sample.line_m("MI", ZONE)
    inside = [int(each) for each in raster.cells(river[:, 0], river[:, 1]) if each >= 0]
    at = divmod(inside[10], raster.columns)
    with timed("drainage, HAND and ratings") as made:
        prepared = quick.over(terrain, [at], 0.04)
    count = 20
    factors = np.linspace(0.5, 1.5, count)
    with timed("a quick map of it") as one:
        depth = prepared.depth_m([1000.0])
    with timed("a member of an ensemble of quick maps", count) as member:
        for factor in factors:
            wet = np.zeros(terrain.heights_m.shape, bool)
            wet.ravel()[prepared.low] = prepared.low_depth_m([1000.0 * factor]) >= WET_M
            ensemble.packed(wet)
    whole = made[0] + MEMBERS * member[0]
    print(f"{'1,000 members':<44}{whole:9.1f} s, limit {TARGET_S:g}, ratio {whole / TARGET_S:.2f}")
    across = np.zeros((raster.rows, raster.columns + 1), np.float32)
    along = np.zeros((raster.rows + 1, raster.columns), np.float32)
    shape = depth.shape
    held = [np.zeros(shape, np.float32), np.full(shape, np.inf, np.float32), np.zeros(shape, np.float32)]
    reduce(depth, across, along, True, np.float32(0), np.float32(WET_M), *held)
    with timed("a look for maximum, arrival and speed", 10) as look:
        for _ in range(10):
            reduce(depth, across, along, True, np.float32(0), np.float32(WET_M), *held)
    print(f"{'  as steps of the solver':<44}{look[0] / (cells / SOLVER_CELLS_S):9.2f}")
    with timed("an instant of depths as Zarr"):
        size = sum(len(body) for body in frames.frame(raster, 0, 73, depth).values())
    with timed("a raster as COG"):
        body = cog.written(raster, depth, 0.0, {})
    print(f"{'  Zarr, COG, raw':<44}{size / 1e6:6.2f}, {len(body) / 1e6:.2f}, {depth.nbytes / 1e6:.1f} MB")
    print(f"{'a quick map, ratio to its preparation':<44}{one[0] / made[0]:9.3f}")


if __name__ == "__main__":
    main()
