"""The models' loops are compiled ahead, and what was compiled is noticed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np

from api.cli import compiled as programs
from water.hydrology import (
    compiled,
    cunge,
    gr4j,
    gr4j_kernel,
    lag_route,
    muskingum,
    reservoir,
    reservoir_kernel,
    snow,
    unit_hydrograph,
    xinanjiang,
    xinanjiang_kernel,
)
from water.hydrology.ready import ready

LOOPS = (
    xinanjiang_kernel.march, gr4j_kernel.march, reservoir_kernel.operated, reservoir_kernel.free_outflow,
    snow._march, unit_hydrograph._spread, muskingum._march, cunge._march, lag_route._march,
)  # fmt: skip


def test_after_getting_ready_nothing_is_left_to_compile():
    ready()
    assert compiled.is_ready()
    assert not any("water.hydrology.ready" in program for program in programs.commands())


def test_a_changed_source_is_noticed(tmp_path: Path):
    ready()
    folder = tmp_path / "hydrology"
    shutil.copytree(compiled.HERE, folder)
    assert compiled.is_ready(folder)
    changed = folder / "cunge.py"
    os.utime(changed, (2e9, 2e9))
    assert not compiled.is_ready(folder)
    assert not compiled.is_ready(tmp_path)


def test_whatever_is_given_no_loop_is_compiled_twice():
    """Whole numbers, one row or many, read-only and turned arrays: all are brought to one kind."""
    turned = np.asfortranarray(np.ones((4, 4)))
    turned.flags.writeable = False
    chosen = np.repeat([(1, 1, 0, 20, 60, 20, 0, 20, 1, 0.3, 0.3, 0.5, 0.9, 0, 1)], 4, 0)
    for rain in (turned, turned[0], [1, 2, 3, 4]):
        for parameters in (chosen, chosen[0], np.broadcast_to(chosen[0], (4, 15))):
            first = xinanjiang.run(parameters, rain, turned, crossed=True)
            xinanjiang.run(parameters, rain, turned, xinanjiang.State(first.state.values[:4]))
        for four in ((350, 0, 90, 2), np.broadcast_to((350.0, 0.0, 90.0, 2.0), (4, 4))):
            gr4j.run(four, rain, turned, gr4j.initial((350, 0, 90, 2)))
        snow.run((3, 0, 1, 0), rain, turned, 5)
        unit_hydrograph.spread(unit_hydrograph.UnitHydrograph((0.5, 0.5)), rain)
        for state in (None, np.ones((1, 3))):
            muskingum.route(muskingum.Muskingum(2, 0.25, 2), rain, 1, state)
        lag_route.route(lag_route.LagAndRoute(0, 1), rain)
        cunge.route(cunge.Channel(1000, 1e-3, 0.03, 10), rain, 1)
        pool = reservoir.Reservoir((0, 1), (0, 1000000), (0, 50))
        rules = reservoir.Rules((0.5,) * 4, (reservoir.Limit(1, 20),), 1, 10)
        begin = reservoir.steady(pool, 0.5, 0, 0)
        reservoir.level_pool(pool, rain, 1, begin)
        reservoir.operate(pool, rules, rain, 1, begin, reservoir.Schedule((1, 2, 3, 4)))
    for loop in LOOPS:
        assert len(loop.signatures) == 1, (loop, loop.signatures)
