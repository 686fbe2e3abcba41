"""Compiles the loops of evacuations 预编译: once an installation, so that nobody in a hurry waits for it.

python -m water.evacuation.ready
"""

from __future__ import annotations

from pathlib import Path

from spatial.files import is_newer

HERE = Path(__file__).parent
LAST = "assign_kernel.assigned-*.nbi"
"""What is compiled last."""


def is_ready(here: Path = HERE) -> bool:
    """Whether what was compiled is newer than its sources; looked up without reading a compiler."""
    return is_newer((here / "__pycache__").glob(LAST), here.glob("*_kernel.py"))


def ready() -> None:
    """One street under water, one address, one shelter."""
    import numpy as np
    import shapely

    from spatial.network import Lines, Seeds, build
    from water.evacuation.assign import assign
    from water.evacuation.hazard import closing_s, passage
    from water.evacuation.ways_out import passable, towards
    from water.flood.extent import Extent, Raster

    street = np.empty(1, dtype=object)
    street[:] = [shapely.LineString([(0, 5), (100, 5)])]
    network = build(Lines(street, np.ones(1), np.zeros(1, np.int64)))
    cells = [np.full((1, 10), each, np.float32) for each in (1.0, 600.0, 0.1)]
    extent = Extent(Raster(4549, 0.0, 10.0, 10.0, 1, 10), *cells)
    nothing = np.zeros(0, np.int64)
    one = np.zeros(1, np.int64)
    goal, place = (Seeds(one, np.array([along]), np.zeros(1), one, nothing) for along in (100.0, 0.0))
    goals = towards(passable(network, extent, closing_s(extent, passage("walk"))), goal, 1)
    goals.leave_by(place, 1)
    assign(goals.journeys(place, 1, 0.0), np.array([5]), np.array([3]))


if __name__ == "__main__":
    ready()
