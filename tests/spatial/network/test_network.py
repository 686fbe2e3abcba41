"""Reach on networks against an independent search over the same streets, cut into single metres."""

from __future__ import annotations

import heapq
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial.network import Lines, Network, Reached, build, reach, seeds_of
from spatial.network.graph import JOIN_M, part

SPEED = 2.0


def _lines(shapes: list[Any], speeds: list[float] | None = None, **more: Any) -> Lines:
    found = np.empty(len(shapes), object)
    found[:] = shapes
    levels = np.array(more.get("level", [0] * len(shapes)))
    directed = more.get("directed")
    return Lines(
        found,
        np.array(speeds or [SPEED] * len(shapes)),
        levels,
        None if directed is None else np.array(directed),
    )


def _from(network: Network, *places: Any, limit_s: float, access_m: float = 50.0) -> Reached:
    found = np.empty(len(places), object)
    found[:] = places
    return reach(network, seeds_of(network, found, access_m=access_m, speed_m_s=1.0, step_m=20.0), limit_s)


def _grid(side: int, step_m: float, gone: frozenset[int] = frozenset()) -> list[Any]:
    """Streets of a town, each from one end to the other; some are gone."""
    whole = (side - 1) * step_m
    rows = [shapely.LineString([(0, at * step_m), (whole, at * step_m)]) for at in range(side)]
    columns = [shapely.LineString([(at * step_m, 0), (at * step_m, whole)]) for at in range(side)]
    return [each for number, each in enumerate([*rows, *columns]) if number not in gone]


def _metres(shapes: list[Any]) -> dict[tuple[int, int], dict[tuple[int, int], float]]:
    """The same streets as a graph whose nodes lie a metre apart: no cutting, no parts of edges."""
    around: dict[tuple[int, int], dict[tuple[int, int], float]] = {}
    for each in shapes:
        spots = [
            tuple(round(v) for v in each.interpolate(at).coords[0]) for at in range(round(each.length) + 1)
        ]
        for one, other in pairwise(spots):
            around.setdefault(one, {})[other] = 1.0
            around.setdefault(other, {})[one] = 1.0
    return around


def _walked(around: Any, start: tuple[int, int], limit_m: float) -> int:
    """Metres of street within a distance."""
    best = {start: 0.0}
    heap = [(0.0, start)]
    while heap:
        spent, at = heapq.heappop(heap)
        for other, length in around[at].items():
            if spent + length <= limit_m and spent + length < best.get(other, np.inf):
                best[other] = spent + length
                heapq.heappush(heap, (spent + length, other))
    return sum(1 for one in best for other in around[one] if one < other and other in best
               and min(best[one], best[other]) + 1 <= limit_m)  # fmt: skip


def test_a_grid_of_streets_is_cut_at_every_crossing() -> None:
    network = build(_lines(_grid(4, 100)))
    assert len(network.nodes_m) == 16 and len(network.edges) == 24
    assert network.lengths_m.tolist() == [100.0] * 24


def test_half_a_street_is_reached_from_its_middle() -> None:
    network = build(_lines([shapely.LineString([(0, 0), (100, 0)])]))
    found = _from(network, shapely.Point(50, 0), limit_s=10)
    assert (found.low_m.tolist(), found.high_m.tolist()) == ([30.0], [70.0])
    assert found.lines()[0].equals(shapely.LineString([(30, 0), (70, 0)]))
    walked = _from(network, shapely.Point(50, 5), limit_s=10)
    assert walked.length_m == pytest.approx(20), "five seconds of ten were spent on the way to the street"
    assert _from(network, shapely.Point(50, 60), limit_s=100).length_m == 0, "too far from any street"


@settings(max_examples=40, deadline=None)
@given(
    side=st.integers(2, 5),
    gone=st.frozensets(st.integers(0, 9), max_size=3),
    at=st.integers(0, 60),
    limit_m=st.integers(1, 130),
)
def test_reach_is_that_of_another_search(side: int, gone: frozenset[int], at: int, limit_m: int) -> None:
    step = 20
    streets = _grid(side, step, gone)
    if not streets:
        return
    first = streets[0]
    start = tuple(round(v) for v in first.interpolate(min(at, int(first.length))).coords[0])
    network = build(_lines(streets))
    found = _from(network, shapely.Point(start), limit_s=limit_m / SPEED)
    assert found.length_m == pytest.approx(_walked(_metres(streets), start, limit_m), abs=1e-6)


def test_more_places_and_more_time_never_reach_less() -> None:
    network = build(_lines(_grid(5, 50)))
    near, far = shapely.Point(10, 0), shapely.Point(150, 100)
    lengths = [_from(network, near, limit_s=limit).length_m for limit in (5, 20, 60, 600)]
    assert lengths == sorted(lengths) and lengths[-1] == pytest.approx(network.lengths_m.sum())
    both = _from(network, near, far, limit_s=20).length_m
    assert both <= lengths[1] + _from(network, far, limit_s=20).length_m + 1e-9
    assert both >= lengths[1]


def test_a_bridge_is_no_crossing_and_a_ramp_is() -> None:
    street, motorway = shapely.LineString([(0, 0), (100, 0)]), shapely.LineString([(50, -50), (50, 50)])
    ramp = shapely.LineString([(50, 50), (100, 0)])
    apart = build(_lines([street, motorway], level=[0, 1]))
    assert len(apart.edges) == 2
    assert _from(apart, shapely.Point(0, 0), limit_s=1000).length_m == pytest.approx(100)
    joined = build(_lines([street, motorway, ramp], level=[0, 1, 0]))
    assert _from(joined, shapely.Point(0, 0), limit_s=1000).length_m == pytest.approx(300, rel=0.1)


def test_a_one_way_street_is_passed_as_it_is_drawn() -> None:
    lines = _lines([shapely.LineString([(0, 0), (100, 0)])], directed=[True])
    found = _from(build(lines), shapely.Point(50, 0), limit_s=10)
    assert (found.low_m.tolist(), found.high_m.tolist()) == ([50.0], [70.0])


def test_the_same_lines_in_another_order_reach_the_same() -> None:
    streets = _grid(5, 37.3)
    one = _from(build(_lines(streets)), shapely.Point(11, 0), limit_s=40)
    two = _from(build(_lines(streets[::-1])), shapely.Point(11, 0), limit_s=40)
    assert one.length_m == pytest.approx(two.length_m, abs=1e-9)
    again = _from(build(_lines(streets)), shapely.Point(11, 0), limit_s=40)
    assert (one.low_m == again.low_m).all() and (one.nodes_s == again.nodes_s).all()


def test_the_ground_beside_a_street_is_a_band() -> None:
    network = build(_lines([shapely.LineString([(0, 0), (1000, 0)])]))
    area = shapely.union_all(_from(network, shapely.Point(500, 0), limit_s=100).area(50))
    assert area.area == pytest.approx(400 * 100 + np.pi * 50**2, rel=0.01)


def test_a_park_is_entered_along_its_edge() -> None:
    network = build(_lines([shapely.LineString([(0, 0), (1000, 0)])]))
    park = shapely.box(300, 10, 500, 200)
    found = _from(network, park, limit_s=60)
    assert (found.low_m[0], found.high_m[0]) == pytest.approx((200, 600)), "ten seconds of grass, then 100 m"


def test_nothing_is_reached_where_there_is_no_network() -> None:
    network = build(_lines([]))
    assert _from(network, shapely.Point(0, 0), limit_s=10).length_m == 0


@pytest.mark.parametrize("away_m", [0.001, 0.3, 0.49])
@pytest.mark.parametrize("where", [0.0, 0.2499, 0.25, 17.4999, 1234.75])
def test_ends_that_nearly_meet_are_one_junction_wherever_they_lie(away_m: float, where: float) -> None:
    one = shapely.LineString([(where - 100, where), (where, where)])
    other = shapely.LineString([(where, where + away_m), (where, where + 100)])
    network = build(_lines([one, other]))
    assert len(network.nodes_m) == 3
    found = _from(network, shapely.Point(where - 100, where), limit_s=1000)
    assert found.length_m == pytest.approx(200, abs=1)


def test_ends_further_apart_than_that_are_two() -> None:
    one, other = shapely.LineString([(0, 0), (100, 0)]), shapely.LineString([(100.6, 0), (200, 0)])
    network = build(_lines([one, other]))
    assert len(network.nodes_m) == 4 and _from(network, shapely.Point(0, 0), limit_s=1000).length_m == 100


@settings(max_examples=150, deadline=None)
@given(
    drawn=st.lists(
        st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=6, unique=True),
        min_size=1,
        max_size=12,
    ),
    apart=st.lists(st.booleans(), min_size=12, max_size=12),
)
def test_lines_are_cut_where_they_meet_and_nowhere_else(
    drawn: list[list[tuple[int, int]]], apart: list[bool]
) -> None:
    """The pieces of a line are its parts between two places of it that other lines of its level touch."""
    shapes = np.array([shapely.LineString(np.array(each) * 10.0) for each in drawn], dtype=object)
    level = np.array(apart[: len(shapes)], np.int64)
    network = build(Lines(shapes, np.ones(len(shapes)), level))
    for number, line in enumerate(shapes):
        others = [each for each, other in enumerate(level) if other == level[number] and each != number]
        shared = shapely.get_coordinates(shapely.intersection(line, shapes[others]))
        cuts = sorted(float(each) for each in shapely.line_locate_point(line, shapely.points(shared)))
        kept = [0.0]
        for each in cuts:
            if each - kept[-1] > JOIN_M and JOIN_M < each < line.length - JOIN_M:
                kept.append(each)
        meant = [part(line, low, high) for low, high in pairwise([*kept, line.length])]
        pieces = network.edges[network.line == number]
        assert len(pieces) == len(meant)
        assert (shapely.hausdorff_distance(pieces, np.array(meant, dtype=object)) < 1e-9).all()
        assert shapely.length(pieces).sum() == pytest.approx(line.length, rel=1e-12)
