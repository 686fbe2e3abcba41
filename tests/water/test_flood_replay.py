"""Replays, quick maps and ensembles: the same again, what an earlier release spares, how likely."""

from __future__ import annotations

import csv
import io
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flood_asked import area, breach, inflow, scenario, spot
from flood_running import ran, ran_as_job
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.io import MemoryFile

from spatial.database import connect
from spatial.errors import OneMapError
from spatial.jobs.errors import BadExecution
from water.errors import BadScenario, NoExtent, UnknownRun
from water.flood import cog, comparison, ensemble, kept, plane, prepared, quick, sample, store
from water.flood.extent import Extent, Raster
from water.flood.run import DIFFERENCE, LEVEL, PROBABILITY, Levels
from water.flood.scenario import moved, read
from water.flood.terrain import Terrain
from water.hydraulics import hand
from water.hydraulics.model import Series

LATE = {"times_s": [0, 600, 900, 1800], "values": [200, 200, 4000, 4000]}


@pytest.fixture(scope="module")
def base(shared_database: str) -> dict[str, Any]:
    """A flood that comes late."""
    found: dict[str, Any] = ran(shared_database, "flood-scenario", scenario(inflows=[inflow(LATE)]))
    return found


def test_without_a_change_it_is_the_same_run(base: dict[str, Any], shared_database: str) -> None:
    again = ran(shared_database, "flood-replay", {"run": base["run"]})
    assert again["identical"] and again["ground_same"] and again["repeats"] == base["run"]
    assert again["begins_at"] == base["begins_at"] and again["asof"] == base["asof"]
    assert again["difference"]["spared_plane_m2"] == again["difference"]["deeper_most_m"] == 0.0
    with connect(shared_database) as connection:
        assert store.run(connection, again["run"]).repeats == base["run"]


def test_what_another_release_would_have_spared(base: dict[str, Any], shared_database: str) -> None:
    later = ran(shared_database, "flood-replay", {"run": base["run"], "releases_later_s": 600})
    assert not later["identical"] and later["ground_same"]
    told = later["difference"]
    assert told["spared_plane_m2"] > 0.0 and told["later_median_s"] >= 0.0
    with connect(shared_database) as connection:
        before, after = (kept.extent(connection, each["run"]) for each in (base, later))
        held = cog.read(store.content(connection, later["run"], DIFFERENCE))
    assert comparison.told(before, after) == told
    both = np.isfinite(held)
    assert np.allclose(held[both], (after.depth_m - before.depth_m)[both])
    assert told["before_plane_m2"] - told["spared_plane_m2"] == told["both_plane_m2"]
    assert told["after_plane_m2"] - told["reached_anew_plane_m2"] == told["both_plane_m2"]
    whole = ran(shared_database, "flood-replay", {"run": base["run"], "changes": {"breaches": None}})
    assert whole["breaches"] == [] and whole["wet_land_plane_m2"] <= base["wet_land_plane_m2"]


def test_what_cannot_be_replayed_is_refused(base: dict[str, Any], shared_database: str) -> None:
    with pytest.raises(UnknownRun, match="F20000101") as refused:
        ran(shared_database, "flood-replay", {"run": "F20000101-000000000000"})
    assert refused.value.details["pointer"] == "/inputs/run"
    with pytest.raises(BadExecution, match="cell_m"):
        ran(shared_database, "flood-replay", {"run": base["run"], "changes": {"cell_m": 20}})


def test_what_cannot_be_of_a_replay_is_told_where_it_was_said(
    base: dict[str, Any], shared_database: str
) -> None:
    wide, dead = [breach(width_m=100_000)], {"times_s": [0, 60], "values": [1, 1]}
    refused: list[tuple[dict[str, Any], str]] = [
        ({"changes": {"breaches": wide}}, "/inputs/changes/breaches/0/width_m"),
        ({"changes": {"inflows": [inflow(dead)]}}, "/inputs/changes/inflows/0/discharge_m3_s"),
        # The run's own inflow ends too early for it.
        ({"changes": {"duration_s": 3600}}, "/inputs/run"),
        # No run is without it.
        ({"changes": {"duration_s": None}, "releases_later_s": 60}, "/inputs/changes/duration_s"),
    ]
    for asked, where in refused:
        with pytest.raises(OneMapError) as found:
            ran(shared_database, "flood-replay", {"run": base["run"]} | asked)
        assert found.value.details["pointer"] == where


def test_a_run_that_was_kept_before_levels_were_has_them_when_it_is_run_once_more(
    shared_database: str,
) -> None:
    told = ran(shared_database, "flood-scenario", scenario(duration_s=300, report_s=300))
    with connect(shared_database) as connection:
        depth = kept.extent(connection, told["run"])
        store.remove(connection, told["run"], [LEVEL])
        before, run = kept.extent(connection, told["run"]), store.run(connection, told["run"])
        assert kept.levels(connection, run) is Levels.KEPT_BEFORE and before.level_m is None
    again = ran(shared_database, "flood-replay", {"run": told["run"]})
    assert again["identical"] and again["ground_same"]
    with connect(shared_database) as connection:
        after, run = kept.extent(connection, again["run"]), store.run(connection, again["run"])
        assert kept.levels(connection, run) is Levels.KNOWN
        other = replace(run, told=dict(run.told) | {"vertical_datum": "1956 黄海高程系"})
        assert kept.levels(connection, other) is Levels.OTHER_DATUM
    np.testing.assert_array_equal(after.level_m, depth.level_m)


@given(st.floats(-3000, 3000), st.floats(0, 1800))
@settings(max_examples=60, deadline=None)
def test_a_moved_series_says_what_the_series_said_before(later_s: float, at_s: float) -> None:
    told = moved(LATE, later_s)
    assert isinstance(told, dict)
    found = Series(tuple(told["times_s"]), tuple(told["values"])).at(at_s)
    assert found == pytest.approx(np.interp(at_s - later_s, LATE["times_s"], LATE["values"]), abs=1e-3)
    assert told["times_s"][0] == 0 and told["times_s"][-1] == 1800


def test_a_quick_map_in_one_answer(shared_database: str) -> None:
    asked = {"area": area(), "cell_m": 20, "inflows": [{"at": {"point": spot(12)}, "discharge_m3_s": 800}]}
    told = ran(shared_database, "flood-quick", asked)
    assert told["method"] == "HAND" and told["synthetic"] == "合成数据" and told["wet_plane_m2"] > 1e5
    body = ran(shared_database, "flood-quick", asked, "depth")
    with MemoryFile(body) as file, file.open() as opened:
        depth = opened.read(1)
    assert float(depth.max()) == pytest.approx(told["deepest_m"])
    assert float(depth.sum(dtype=np.float64)) * 400 == pytest.approx(told["volume_m3"])
    more = ran(shared_database, "flood-quick", asked | {
        "inflows": [{"at": {"point": spot(12)}, "discharge_m3_s": 1600}]
    })  # fmt: skip
    assert more["volume_m3"] > told["volume_m3"] and more["wet_plane_m2"] >= told["wet_plane_m2"]


ENSEMBLE = {
    "seed": 7,
    "members": 3,
    "varied": {"discharge_factor": [0.5, 1.5], "breach_width_factor": [0.5, 2]},
}


def test_a_member_of_an_ensemble_is_a_run_of_its_own(shared_database: str) -> None:
    asked = scenario(duration_s=900, report_s=300, cell_m=80)
    told = ran(shared_database, "flood-ensemble", asked | ENSEMBLE | {"method": "solver"})
    again = ran(shared_database, "flood-ensemble", asked | ENSEMBLE | {"method": "solver"})
    assert told["files"] == again["files"]
    with connect(shared_database) as connection:
        probability = cog.read(store.content(connection, told["run"], PROBABILITY))
        rows = list(
            csv.DictReader(io.StringIO(store.content(connection, told["run"], "members.csv").decode()))
        )
        assert [each.name for each in store.files(connection, told["run"])] == ["members.csv", PROBABILITY]
        with pytest.raises(NoExtent):
            kept.extent(connection, told["run"])
    assert set(np.unique(probability)) <= {np.float32(k / 3) for k in range(4)}
    assert sum(float(row["wet_plane_m2"]) for row in rows) == pytest.approx(
        float(probability.sum(dtype=np.float64)) * 3 * 6400
    )
    first = rows[0]
    alone = ran(shared_database, "flood-scenario", asked | {
        "inflows": [inflow(4000 * float(first["discharge_factor"]))],
        "breaches": [breach(width_m=120 * float(first["breach_width_factor"]))],
    })  # fmt: skip
    assert alone["wet_plane_m2"] == pytest.approx(float(first["wet_plane_m2"]), rel=0.01)


@pytest.mark.fault
def test_an_ensemble_is_the_same_though_a_process_of_it_is_killed(shared_database: str) -> None:
    """Members spread over a scheduler with two workers; one is killed while it computes."""
    from distributed import Client, LocalCluster

    asked = scenario(duration_s=900, report_s=300, cell_m=80) | ENSEMBLE | {"members": 8, "method": "solver"}
    calm = ran(shared_database, "flood-ensemble", asked)
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1") as cluster,
        Client(cluster, set_as_default=False) as client,
        ThreadPoolExecutor(1) as aside,
    ):
        pids = client.run(os.getpid)
        place = {"dask_scheduler": cluster.scheduler_address, "spread_from": 0}
        struck = aside.submit(ran_as_job, shared_database, "flood-ensemble", asked, **place)
        while not (busy := [worker for worker, tasks in client.processing().items() if tasks]):
            assert not struck.done(), "nothing was spread"
            time.sleep(0.02)
        os.kill(pids[busy[0]], signal.SIGKILL)
        assert struck.result(200)["files"] == calm["files"]
        assert pids[busy[0]] not in client.run(os.getpid).values(), "none was killed"


def test_many_quick_maps_make_a_probability(shared_database: str) -> None:
    asked = scenario(breaches=None) | ENSEMBLE | {"members": 40, "method": "quick"}
    told = ran(shared_database, "flood-ensemble", asked)
    likely = told["likely_plane_m2"]
    assert likely["0.1"] >= likely["0.5"] >= likely["0.9"] > 0
    with pytest.raises(BadScenario, match="discharge_factor") as refused:
        ran(shared_database, "flood-ensemble", asked | {"varied": {"discharge_factor": [2, 1]}})
    assert refused.value.details["pointer"] == "/inputs/varied/discharge_factor"
    with pytest.raises(BadScenario, match="1000000 m³/s") as refused:
        ran(shared_database, "flood-ensemble", asked | {"varied": {"discharge_factor": [0.8, 1e6]}})
    assert refused.value.details["pointer"] == "/inputs/varied/discharge_factor"
    off = [inflow() | {"at": {"point": [119.5, 36.0]}}]
    quickly = {"area": area(), "cell_m": 20}
    for process, other in (("flood-ensemble", asked), ("flood-quick", quickly)):
        with pytest.raises(BadScenario) as refused:
            ran(shared_database, process, other | {"inflows": off})
        assert refused.value.details["pointer"] == "/inputs/inflows/0/at"


def test_members_are_drawn_from_the_seed_alone() -> None:
    drawn = ensemble.members(200, 3, {"discharge_factor": (0.5, 1.5)})
    assert drawn[:7] == ensemble.members(7, 3, {"discharge_factor": (0.5, 1.5)})
    factors = np.array([each.discharge_factor for each in drawn])
    assert 0.5 <= factors.min() < 0.6 and 1.4 < factors.max() <= 1.5 and len(set(factors)) == 200
    asked = read(scenario())
    changed = ensemble.asked_of(ensemble.Member(0, 2.0, 0.5, 60.0), asked)
    assert changed.releases[0].discharge_m3_s.at(0.0) == 8000 and changed.breaches[0].width_m == 60
    assert changed.breaches[0].start_s == asked.breaches[0].start_s + 60


@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 2**31))
def test_bits_come_back(rows: int, columns: int, seed: int) -> None:
    wet = np.random.default_rng(seed).random((rows, columns)) < 0.5
    assert np.array_equal(ensemble.unpacked(ensemble.packed(wet), (rows, columns)), wet)


def test_prepared_ground_is_found_again_and_bounded(tmp_path: Path) -> None:
    raster = plane.raster(area(), 80.0, 4549)
    made = list[Terrain]()

    def make() -> Terrain:
        made.append(sample.terrain(raster))
        return made[-1]

    first = prepared.ground(tmp_path, "sample", raster, make)
    again = prepared.ground(tmp_path, "sample", raster, make)
    assert len(made) == 1 and again.ground_sha256 == first.ground_sha256 == made[0].sha256.hex()
    east, north = plane.to_plane(np.array([spot(12)]), 4549)[0]
    cell = divmod(int(raster.cells(np.array([east]), np.array([north]))[0]), raster.columns)
    fresh = quick.over(made[0], [cell], 0.04).depth_m([700.0])
    assert np.array_equal(quick.at(again.prepared, [cell], 0.04).depth_m([700.0]), fresh) and fresh.any()
    (file,) = tmp_path.iterdir()
    for damaged in (file.read_bytes()[:-1000], b"", b"ONEMAPGRD1\n" + b"\0" * 400):
        file.write_bytes(damaged)
        prepared.ground(tmp_path, "sample", raster, make)
    assert len(made) == 4  # made anew each time
    for surface in ("a" * 64, "b" * 64):
        prepared.ground(tmp_path, surface, raster, make)
    newest = max(tmp_path.iterdir(), key=lambda each: each.stat().st_mtime_ns)
    prepared._bound(tmp_path, newest, most_bytes=newest.stat().st_size + 1)
    assert list(tmp_path.iterdir()) == [newest]


def test_a_quick_map_is_hand_over_all_cells() -> None:
    """Only cells that may be wetted are looked at; the answer is that of looking at all."""
    raster = plane.raster(area(), 40.0, 4549)
    terrain = sample.terrain(raster)
    east, north = plane.to_plane(np.array([spot(12)]), 4549)[0]
    cell = divmod(int(raster.cells(np.array([east]), np.array([north]))[0]), raster.columns)
    made = quick.over(terrain, [cell, cell], 0.04)
    through = np.zeros(len(made.over.length_m))
    through[made.heads[0]] = 700.0
    stage = np.where(through > 0, hand.stages(made.table, through), 0.0)
    whole = hand.inundation(made.over, stage).astype(np.float32)
    assert np.array_equal(made.depth_m([300.0, 400.0]), whole) and whole.max() > 1.0
    assert not made.depth_m([0.0, 0.0]).any()


def test_where_all_is_shallower_nothing_is_deeper() -> None:
    raster = Raster(4549, 0.0, 0.0, 10.0, 2, 2)
    deep, arrival, still = (np.full((2, 2), each, np.float32) for each in (1.0, 60.0, 0.1))
    before, after = (
        Extent(raster, deep, arrival, still),
        Extent(raster, deep - np.float32(0.25), arrival, still),
    )
    spared, worse = comparison.told(before, after), comparison.told(after, before)
    assert (spared["deeper_most_m"], spared["shallower_most_m"], spared["deeper_mean_m"]) == (
        0.0,
        0.25,
        -0.25,
    )
    assert (worse["deeper_most_m"], worse["shallower_most_m"]) == (0.25, 0.0)
    same = comparison.told(before, before)["shallower_most_m"]
    assert str(same) == "0.0"
