"""Compiles the loops of the models 预编译: once an installation, so that nobody's first run waits for it.

python -m water.hydrology.ready
"""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from water.hydrology import (
    cunge,
    gr4j,
    lag_route,
    muskingum,
    reservoir,
    snow,
    unit_hydrograph,
    xinanjiang,
)
from water.hydrology.compiled import mark
from water.hydrology.parameters import bounds


def ready() -> None:
    """Run every model over a step or two."""
    rain, asked = np.array([0.0, 30.0]), np.array([2.0, 2.0])
    for options in (xinanjiang.DAILY, xinanjiang.Options(infiltration_excess=True)):
        low, high = bounds(options.parameters)
        xinanjiang.run(0.5 * (low + high), rain, asked, options=options)
    gr4j.run([350.0, 0.0, 90.0, 1.7], rain, asked)
    snow.run([3.0, 0.0, 2.0, 0.0], rain, asked)
    flow, _ = unit_hydrograph.spread(unit_hydrograph.nash(2.0, 3.0, 1.0), rain)
    muskingum.route(muskingum.Muskingum(2.0, 0.2), flow, 1.0)
    lag_route.route(lag_route.LagAndRoute(0.5, 1.5), flow)
    cunge.route(cunge.Channel(1000.0, 1e-3, 0.03, 10.0, 1.0), flow, 1.0)
    pool = reservoir.Reservoir((0.0, 1.0), (0.0, 1e6), (0.0, 50.0))
    begin = reservoir.steady(pool, 0.5, 0.0, 0.0)
    reservoir.level_pool(pool, flow, 1.0, begin)
    reservoir.operate(pool, reservoir.Rules(0.5), flow, 1.0, begin)
    with suppress(OSError):  # where nothing can be written, nothing was kept either
        mark().touch()


if __name__ == "__main__":
    ready()
