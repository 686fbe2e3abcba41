"""What would take far too long is refused before anything large is made, by the input that asks for it."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flood_asked import inflow, scenario, spot
from flood_running import ran

from api.executions import DEADLINE_S, OFFERED
from spatial.database import connect
from spatial.datum import BEIJING
from spatial.errors import OneMapError
from spatial.jobs.errors import TakesTooLong
from spatial.jobs.operator import operator
from spatial.jobs.run import execute
from spatial.jobs.workplace import Workplace
from water.errors import BadScenario, RunTooLong
from water.flood import frames, plane, sample
from water.flood.extent import Raster
from water.flood.subset import Window

CITY = [118.5, 36.6, 119.1, 37.3]
STRIP = [118.51, 20.0, 121.49, 50.0]
"""3,300 km of the zone: its plane is of use there."""
QUICK = {"inflows": [{"at": {"point": spot(12)}, "discharge_m3_s": 800}]}
ENSEMBLE = {"seed": 7, "members": 2000, "varied": {"discharge_factor": [0.5, 1.5]}}
DAYS_S = 2_592_000


CHANNEL = {"method": "muskingum-cunge", "length_m": 1e6, "slope": 0.001, "manning": 0.03, "bottom_m": 100}


def routed(reach: dict[str, Any], inflows: int = 20, reaches: int = 20) -> dict[str, Any]:
    """Inputs of ``flood-route``, a month in steps of five minutes."""
    one = {"discharge_m3_s": 100, "source": "试验", "reaches": [reach] * reaches}
    given = [one | {"id": f"Q{number}"} for number in range(inflows)]
    return {
        "begins_at": "2020-01-01T00:00:00+08:00",
        "duration_s": DAYS_S,
        "step_s": 300,
        "inflows": given,
    }


@pytest.fixture
def no_terrain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody may make any."""

    def made(raster: Raster) -> None:
        raise AssertionError(f"terrain of {raster.rows * raster.columns} cells")

    monkeypatch.setattr(sample, "terrain", made)


@pytest.mark.parametrize(
    ("process", "inputs", "kind", "says", "pointer"),
    [
        ("flood-quick", QUICK | {"area": STRIP, "cell_m": 1000}, BadScenario, "100000 km²", "area"),
        (
            "flood-quick",
            {"area": CITY, "cell_m": 20, "inflows": [{"at": {"point": [119.5, 36.0]}, "discharge_m3_s": 1}]},
            BadScenario,
            "范围内",
            "inflows/0/at",
        ),
        (
            "flood-scenario",
            scenario(area=CITY, cell_m=20, duration_s=432_000, report_s=3600),
            RunTooLong,
            "小时",
            "",
        ),
        (
            "flood-scenario",
            scenario(area=CITY, cell_m=20, duration_s=DAYS_S),
            BadScenario,
            "不小于 4609.54 秒",
            "report_s",
        ),
        (
            "flood-scenario",
            scenario(area=CITY, cell_m=20, duration_s=DAYS_S, report_s=86_400),
            BadScenario,
            "合计至多",
            "watch_s",
        ),
        (
            "flood-scenario",
            scenario(dykes=[{"line": [[118.6, 36.8 + 0.1 * (k % 2)] for k in range(700)], "crest_m": 20}]),
            BadScenario,
            "至多 5000 km",
            "dykes/0/line",
        ),
        ("flood-route", routed(CHANNEL), RunTooLong, "减少入流", "inflows"),
        (
            "flood-ensemble",
            scenario(area=CITY, cell_m=40, duration_s=86_400) | ENSEMBLE | {"method": "solver"},
            RunTooLong,
            "天",
            "members",
        ),
        (
            "flood-ensemble",
            scenario(area=STRIP, cell_m=1000, breaches=None) | ENSEMBLE | {"method": "quick"},
            BadScenario,
            "100000 km²",
            "area",
        ),
        (
            "flood-ensemble",
            scenario(area=CITY, cell_m=40) | ENSEMBLE | {"method": "quick", "varied": {}},
            BadScenario,
            "没有不同之处",
            "varied",
        ),
    ],
)  # fmt: skip
def test_it_is_refused_before_its_terrain_is_made(
    shared_database: str,
    no_terrain: None,
    process: str,
    inputs: dict[str, Any],
    kind: type[OneMapError],
    says: str,
    pointer: str,
) -> None:
    with pytest.raises(kind, match=says) as refused:
        ran(shared_database, process, inputs)
    assert refused.value.details["pointer"] == f"/inputs/{pointer}".rstrip("/")


@pytest.mark.parametrize(
    ("name", "inputs", "seconds", "pointer"),
    [
        ("flood-quick", QUICK | {"area": CITY, "cell_m": 20}, 16, "area"),
        ("flood-route", routed(CHANNEL, 1, 10), 43, "inflows"),
    ],
)
def test_what_nobody_can_wait_for_is_said_at_once(
    shared_database: str, no_terrain: None, name: str, inputs: dict[str, Any], seconds: int, pointer: str
) -> None:
    process = OFFERED[name]
    with connect(shared_database) as connection:
        owner = operator(connection, process, inputs)
    now = datetime.now(BEIJING)
    place = Workplace(shared_database, "370783")
    with (
        tempfile.TemporaryDirectory() as work,
        pytest.raises(
            TakesTooLong, match=rf"预计需 {seconds} 秒,超出等待时限 10 秒.*respond-async"
        ) as refused,
    ):
        execute(place, process, inputs, owner, now, Path(work), DEADLINE_S)
    assert refused.value.details["pointer"] == f"/inputs/{pointer}"


def test_many_long_series_are_judged_by_the_first_fault(shared_database: str, no_terrain: None) -> None:
    times = list(range(20_000))
    long = {"times_s": times, "values": [1.0] * len(times)}
    inflows = [inflow(long) | {"id": f"Q{number}"} for number in range(20)]
    inflows[7] = inflow(long | {"values": [*[1.0] * 19_999, "1"]}) | {"id": "Q7"}
    with pytest.raises(OneMapError, match=r"/inputs/inflows/7/discharge_m3_s/values/19999"):
        ran(shared_database, "flood-scenario", scenario(inflows=inflows))


def test_a_part_of_kept_depths_is_that_part_of_the_whole() -> None:
    raster = Raster(4549, 480_000.0, 4_080_000.0, 20.0, 300, 520)
    depth = np.random.default_rng(2).random((300, 520)).astype(np.float32)
    depth[:256, :256] = 0.0  # a chunk that is left out
    chunks = frames.frame(raster, 1, 3, depth)
    part = Window(250, 299, 200, 300)
    names = frames.names(raster, 1, part)
    assert set(names) == {f"depth/c/1/{row}/{column}" for row in (0, 1) for column in (0, 1)}
    held = {name: chunks[name] for name in names if name in chunks}
    assert np.array_equal(frames.depth(raster, 3, 1, held, part), depth[250:300, 200:301])
    assert len(frames.names(raster, 1)) == 6


def test_an_area_that_is_none_of_the_plane_is_refused() -> None:
    with pytest.raises(OneMapError, match="EPSG:4490"):
        plane.raster([70.0, 10.0, 140.0, 55.0], 1000.0, 4549)
