"""The last way out by road, against every simple path walked place by place."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial.network import Lines, Network, Seeds, build
from water.evacuation.hazard import closing_s, passage
from water.evacuation.ways_out import Passable, passable, towards
from water.flood.extent import Extent, Raster

SPEED_M_S = 10.0
NEVER = float("-inf")


def streets(pairs: list[tuple[int, int]], directed: bool) -> Network:
    """Straight streets between junctions of a 3 × 3 square, 100 m apart, some of them one way."""
    lines = [shapely.LineString([(a % 3 * 100, a // 3 * 100), (b % 3 * 100, b // 3 * 100)]) for a, b in pairs]
    shapes = np.empty(len(lines), dtype=object)
    shapes[:] = lines
    oneway = np.array([directed and number % 2 == 0 for number in range(len(lines))])
    return build(Lines(shapes, np.full(len(lines), SPEED_M_S), np.zeros(len(lines), np.int64), oneway))


BLOCKS = [(a, a + 1) for a in range(9) if a % 3 < 2] + [(a, a + 3) for a in range(6)]


@st.composite
def cases(draw: st.DrawFn) -> tuple[Passable, Seeds, Seeds]:
    pairs = draw(st.lists(st.sampled_from(BLOCKS), min_size=2, max_size=9, unique=True))
    pairs = [pair if draw(st.booleans()) else pair[::-1] for pair in pairs]
    network = streets(pairs, draw(st.booleans()))
    count = len(network.edges)
    marks = [
        sorted(draw(st.lists(st.tuples(st.integers(0, 100), st.integers(-5, 60)), max_size=2)))
        for _ in range(count)
    ]
    starts = np.concatenate(([0], np.cumsum([len(each) for each in marks]))).astype(np.int64)
    flat = np.array([mark for each in marks for mark in each], np.float64).reshape(-1, 2)
    roads = Passable(network, starts, flat[:, 0].copy(), flat[:, 1].copy())
    return roads, draw(seeds(count, 2)), draw(seeds(count, 2))


@st.composite
def seeds(draw: st.DrawFn, edges: int, most: int) -> Seeds:
    count = draw(st.integers(1, most))
    edge = [draw(st.integers(0, edges - 1)) for _ in range(count)]
    along = [float(draw(st.integers(0, 100))) for _ in range(count)]
    seconds = [float(draw(st.integers(0, 9))) for _ in range(count)]
    return Seeds(np.array(edge), np.array(along), np.array(seconds), np.arange(count), np.zeros(0, np.int64))


def stretches(
    roads: Passable, begin: tuple[int, float], goal: tuple[int, float]
) -> Iterator[list[tuple[int, float, float]]]:
    """Every simple way from a place on an edge to another, as stretches of edges."""
    network = roads.network
    edge, along = begin
    if edge == goal[0] and (goal[1] >= along or not network.directed[edge]):
        yield [(edge, along, goal[1])]

    def on(node: int, way: list[tuple[int, float, float]], seen: set[int]) -> Iterator[list]:
        for other in range(len(network.edges)):
            ends = [(network.first[other], network.second[other], 0.0, network.lengths_m[other])]
            if not network.directed[other]:
                ends.append((network.second[other], network.first[other], network.lengths_m[other], 0.0))
            for tail, head, low, high in ends:
                if tail != node:
                    continue
                if other == goal[0] and (goal[1] >= low or not network.directed[other]):
                    yield [*way, (other, low, goal[1])]
                if head not in seen:
                    yield from on(head, [*way, (other, low, high)], seen | {head})

    yield from on(network.second[edge], [(edge, along, network.lengths_m[edge])], {network.second[edge]})
    if not network.directed[edge]:
        yield from on(network.first[edge], [(edge, along, 0.0)], {network.first[edge]})


def walked(roads: Passable, way: list[tuple[int, float, float]]) -> tuple[float, float]:
    """The latest departure on a way, and how long it takes, place by place."""
    latest, spent = float("inf"), 0.0
    for edge, low, high in way:
        for at in range(roads.starts[edge], roads.starts[edge + 1]):
            if min(low, high) <= roads.along_m[at] <= max(low, high):
                there = spent + abs(roads.along_m[at] - low) / SPEED_M_S
                latest = min(latest, roads.closing_s[at] - there)
        spent += abs(high - low) / SPEED_M_S
    return latest, spent


@settings(max_examples=120, deadline=None)
@given(cases(), st.integers(-5, 40))
def test_no_way_is_open_longer_and_none_is_quicker(case: tuple[Passable, Seeds, Seeds], ready: int) -> None:
    roads, places, goals = case
    found = towards(roads, goals, len(goals.edge))
    leave_by = found.leave_by(places, len(places.edge))
    journeys = found.journeys(places, len(places.edge), float(ready))
    for place in range(len(places.edge)):
        latest = NEVER
        for goal in range(len(goals.edge)):
            quickest = float("inf")
            begin = (int(places.edge[place]), float(places.along_m[place]))
            for way in stretches(roads, begin, (int(goals.edge[goal]), float(goals.along_m[goal]))):
                until, spent = walked(roads, way)
                latest = max(latest, until - places.seconds[place])
                if ready + places.seconds[place] <= until:
                    quickest = min(quickest, places.seconds[place] + spent + goals.seconds[goal])
            assert journeys[place, goal] == pytest.approx(quickest)
        assert leave_by[place] == pytest.approx(latest)


def test_water_from_the_west_closes_streets_in_its_order() -> None:
    """A street of 1 km; water runs along it at 1 m/s from the west, a shelter stands at its east end."""
    line = np.empty(1, dtype=object)
    line[:] = [shapely.LineString([(0, 5), (1000, 5)])]
    network = build(Lines(line, np.array([SPEED_M_S]), np.zeros(1, np.int64)))
    raster = Raster(4549, 0.0, 10.0, 10.0, 1, 80)
    middle = np.arange(80, dtype=np.float32) * 10 + 5
    depth = np.full((1, 80), 0.4, np.float32)
    extent = Extent(raster, depth, middle[None], np.zeros((1, 80), np.float32))

    def seeds_at(*along: float) -> Seeds:
        count = len(along)
        nothing = np.zeros(0, np.int64)
        return Seeds(np.zeros(count, np.int64), np.array(along), np.zeros(count), np.arange(count), nothing)

    def leave_by(mode: str) -> list[float]:
        roads = passable(network, extent, closing_s(extent, passage(mode)))
        return towards(roads, seeds_at(1000.0), 1).leave_by(seeds_at(0.0, 500.0, 900.0), 3).tolist()

    car = leave_by("drive")
    # Water reaches a place no sooner than who drives away from it: the first cell decides.
    assert car[0] == pytest.approx(5, abs=1) and car[1] == pytest.approx(505, abs=6)
    assert car[2] == float("inf")
    assert leave_by("bus") == [float("inf")] * 3  # 0.4 m does not stop a bus
    back = towards(passable(network, extent, closing_s(extent, passage("drive"))), seeds_at(0.0), 1)
    # Towards the water all is cut off once the far end is closed.
    assert back.leave_by(seeds_at(900.0), 1)[0] == pytest.approx(5 - 90, abs=1)


def test_no_road_is_no_way() -> None:
    network = build(Lines(np.zeros(0, dtype=object), np.zeros(0), np.zeros(0, np.int64)))
    nothing, none = np.zeros(0, np.int64), np.zeros(0)
    empty = Seeds(nothing, none, none, nothing, np.arange(2))
    roads = Passable(network, np.zeros(1, np.int64), none, none)
    found = towards(roads, empty, 1)
    assert found.leave_by(empty, 2).tolist() == [NEVER, NEVER]
    assert np.isinf(found.journeys(empty, 2, 0.0)).all()
