"""The peers of the hydraulic benchmark, run in their own environment: one JSON document a call.

python hydraulics_peers.py landlab FIELD STEPS | anuga CELLS | pyflwdir TERRAIN CELLS OUTPUT
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np


def landlab(field: str, steps: int) -> dict[str, float]:
    from landlab import RasterModelGrid
    from landlab.components import OverlandFlow

    given = np.load(field)
    grid = RasterModelGrid(given["terrain"].shape, xy_spacing=float(given["cell_m"]))
    grid.add_field("topographic__elevation", given["terrain"].ravel(), at="node")
    grid.add_field("surface_water__depth", given["depth"].ravel(), at="node")
    grid.set_closed_boundaries_at_grid_edges(True, True, True, True)
    flow = OverlandFlow(grid, mannings_n=0.03, theta=0.9, alpha=0.62)
    flow.overland_flow(dt=flow.calc_time_step())
    begun = time.process_time()
    for _ in range(steps):
        flow.overland_flow(dt=flow.calc_time_step())
    spent = time.process_time() - begun
    return {"cell_steps_s": grid.number_of_nodes * steps / spent}


def anuga(cells: int) -> dict[str, float]:
    """The wet dam break of benchmarks.hydraulics on crossed squares of four triangles, by columns."""
    import contextlib
    import io

    with contextlib.redirect_stdout(io.StringIO()):
        import anuga as solver

        wide = max(1, cells // 10)
        domain = solver.rectangular_cross_domain(cells, wide, len1=1000.0, len2=100.0)
        domain.set_flow_algorithm("DE1")
        domain.set_store(False)
        domain.set_quantity("elevation", 0.0)
        domain.set_quantity("friction", 0.0)
        domain.set_quantity("stage", lambda x, y: np.where(x < 500.0, 10.0, 2.0), location="centroids")
        wall = solver.Reflective_boundary(domain)
        domain.set_boundary(dict.fromkeys(("left", "right", "top", "bottom"), wall))
        for _ in domain.evolve(yieldstep=0.1, finaltime=0.1):
            pass
        begun = time.process_time()
        for _ in domain.evolve(yieldstep=29.9, finaltime=30.0):
            pass
        spent = time.process_time() - begun
    stage = domain.quantities["stage"].centroid_values
    place = domain.get_centroid_coordinates()
    column = np.minimum((place[:, 0] / 1000.0 * cells).astype(int), cells - 1)
    depth = np.bincount(column, stage) / np.bincount(column)
    return {"seconds_a_second": spent / 29.9, "depth": depth.tolist()}


def pyflwdir(terrain: str, cells: int, output: str) -> dict[str, float]:
    import pyflwdir as tool

    raw = np.load(terrain)
    filled, _ = tool.dem.fill_depressions(raw, outlets="edge", nodata=-9999.0)
    spent = []
    # The first round compiles.
    for _ in range(2):
        begun = time.process_time()
        flow = tool.from_dem(raw, nodata=-9999.0, outlets="edge")
        area = flow.upstream_area()
        above = flow.hand(drain=area >= cells, elevtn=filled)
        spent.append(time.process_time() - begun)
    np.save(output, above)
    return {"seconds": spent[-1]}


if __name__ == "__main__":
    name, *rest = sys.argv[1:]
    match name:
        case "landlab":
            answer = landlab(rest[0], int(rest[1]))
        case "anuga":
            answer = anuga(int(rest[0]))
        case _:
            answer = pyflwdir(rest[0], int(rest[1]), rest[2])
    print(json.dumps(answer))
