"""Bridges over a flood, against every decimetre of their line; and a way out that leads over one."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial.network import Lines, Network, Seeds, build
from water.evacuation.bridges import Bridge, Passing, crossings, unmarked
from water.evacuation.hazard import closing_s, passage
from water.evacuation.told import told_of_bridges
from water.evacuation.ways_out import passable, towards
from water.flood.extent import WET_M, Extent, Raster
from water.flood.run import Levels

CELL_M = 10.0
RASTER = Raster(4549, 0.0, 30.0, CELL_M, 3, 20)
ROADS = ("west", "span", "east")


def street(at: tuple[float, ...] = (0.0, 60.0, 140.0, 200.0), y: float = 15.0) -> Network:
    """A street of three roads in a row; that in the middle is the bridge."""
    lines = np.empty(3, dtype=object)
    lines[:] = [shapely.LineString([(a, y), (b, y)]) for a, b in pairwise(at)]
    return build(Lines(lines, np.full(3, 10.0), np.zeros(3, np.int64)))


def river(level_m: float | None, bed_m: float = 10.0, *, begun: bool = True) -> Extent:
    """Water between 70 and 130 m, from the beginning or from 100 s on."""
    column = np.arange(RASTER.columns) * CELL_M + CELL_M / 2
    wet = np.broadcast_to((column > 70) & (column < 130), (RASTER.rows, RASTER.columns))
    depth = np.where(wet, (level_m or 13.0) - bed_m, 0.0).astype(np.float32)
    arrival = np.where(wet, 0.0 if begun else 100.0, np.inf).astype(np.float32)
    level = None if level_m is None else np.where(wet, level_m, np.nan).astype(np.float32)
    return Extent(RASTER, depth, arrival, np.zeros_like(depth), level)


def leave_by(extent: Extent, clear: np.ndarray | None) -> float:
    """The latest departure from the west end to a shelter at the east end."""
    network = street()
    roads = passable(network, extent, closing_s(extent, passage("drive")), clear)
    one, zero = np.array([0]), np.zeros(1)
    goal = Seeds(np.array([2]), np.array([60.0]), zero, one, np.zeros(0, np.int64))
    return float(towards(roads, goal, 1).leave_by(Seeds(one, zero, zero, one, np.zeros(0, np.int64)), 1)[0])


@pytest.mark.parametrize("begun", [True, False])
@pytest.mark.parametrize(
    "chord_m, level_m, passing",
    [
        (13.5, 13.0, Passing.OPEN),
        (13.0, 13.0, Passing.REACHED),
        (12.0, 13.0, Passing.REACHED),
        (None, 13.0, Passing.UNKNOWN),
        (13.5, None, Passing.UNKNOWN),
    ],
)
def test_a_bridge_is_passed_while_the_water_stays_below_its_girders(
    chord_m: float | None, level_m: float | None, passing: Passing, begun: bool
) -> None:
    extent = river(level_m, begun=begun)
    found, clear = crossings(street(), ROADS, extent, [Bridge("span", "试验桥", chord_m)])
    assert [(each.passing, each.level_m) for each in found] == [(passing, level_m)]
    never = -np.inf if begun else 100.0 - 12.5  # past the last place under water, at 125 m
    assert leave_by(extent, clear) == (np.inf if passing is Passing.OPEN else never)
    assert leave_by(extent, None) == never
    levels = {None: "level_m", Levels.KEPT_BEFORE: "flood-replay", Levels.OTHER_DATUM: "1985"}
    for known, advice in levels.items() if level_m is None else ((Levels.KNOWN, "girders"),):
        told = told_of_bridges(found, (), marked=True, levels=known)["bridges"][0]
        assert told["passing"] == passing.value and advice in told["told"]["en"]
        assert ("水位不明" if level_m is None else "梁底") in told["told"]["zh"]


def test_a_road_over_a_river_that_no_bridge_is_said_to_carry_is_told() -> None:
    def told(extent: Extent, *bridges: Bridge) -> tuple[str, ...]:
        roads = passable(street(), extent, closing_s(extent, passage("drive")))
        return unmarked(roads, ROADS, bridges)

    assert told(river(13.0)) == ("span",)
    assert told(river(13.0), Bridge("span", None, None)) == ()
    assert told(river(13.0, begun=False)) == ()


def test_the_ground_at_the_end_of_a_bridge_closes_as_any() -> None:
    """Water past the abutment stands on the road before the bridge."""
    extent = river(13.0, begun=False)
    extent.depth_m[:, 4:14] = 3.0
    extent.arrival_s[:, 4:14] = 100.0
    assert extent.level_m is not None
    extent.level_m[:, 4:14] = 13.0
    found, clear = crossings(street(), ROADS, extent, [Bridge("span", None, 13.5)])
    assert found[0].passing is Passing.OPEN and leave_by(extent, clear) == 100.0 - 6.0


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_the_water_the_answer_is_that_of_every_decimetre(data: st.DataObject) -> None:
    """The bridge is open just where no decimetre of it lies over water that is unknown or reaches it."""
    depths = data.draw(st.lists(st.sampled_from([0.0, 0.04, 0.05, 1.0, 3.0]), min_size=20, max_size=20))
    beds = data.draw(st.lists(st.sampled_from([9.0, 10.0, 10.5]), min_size=20, max_size=20))
    lost = data.draw(st.sets(st.integers(0, 19), max_size=2))
    chord = data.draw(st.sampled_from([None, 10.5, 11.5, 13.25, 14.0]))
    depth = np.tile(np.float32(depths), (3, 1))
    level = np.tile(np.float32(beds) + np.float32(depths), (3, 1))
    level[:, sorted(lost)] = np.nan
    arrival = np.where(depth >= WET_M, np.float32(50.0), np.float32(np.inf))
    extent = Extent(RASTER, depth, arrival, np.zeros_like(depth), level)
    begin, end = sorted(data.draw(st.tuples(st.integers(1, 99), st.integers(101, 199))))
    network = street((0.0, float(begin), float(end), 200.0))
    found, clear = crossings(network, ROADS, extent, [Bridge("span", None, chord)])
    over = {int((begin + tenth / 10) // CELL_M) for tenth in range((end - begin) * 10 + 1)}
    wet = [column for column in over if depths[column] >= np.float32(WET_M)]
    assert [each.bridge.road for each in found] == (["span"] if wet else [])
    if not wet:
        return
    known = chord is not None and not lost & set(wet)
    below = known and all(float(level[0, column]) < chord for column in wet)  # type: ignore[operator]
    wanted = Passing.OPEN if below else Passing.REACHED if known else Passing.UNKNOWN
    assert found[0].passing is wanted
    assert clear.tolist() == [False, below, False]
