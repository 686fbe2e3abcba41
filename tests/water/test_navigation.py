"""Navigation and sums: held against walks written out in plain Python, one reach at a time."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from water.errors import BadNetwork, BadRelease, NestedReservoir, NotOnTheWay, UnknownShare
from water.network.graph import Network, build
from water.network.model import Flow, Mode, Node, Reach, Spot
from water.network.navigate import Start, Way, at_node, at_reach, at_spot, navigate
from water.network.sums import Release, Step, total, within

NOON = datetime(2018, 8, 19, 4, tzinfo=UTC)


def network(edges: Sequence[tuple[str, str, str, float]], **changed: dict[str, object]) -> Network:
    """Reaches by id, upper node, lower node and length; what else differs by the reach's or node's id."""
    ids = dict.fromkeys(node for _, first, second, _ in edges for node in (first, second))
    plain = {"kind": "junction", "lon_deg": 0.0, "lat_deg": 0.0}
    nodes = [Node(**{"id": name, "name": name, **plain, **changed.get(name, {})}) for name in ids]
    reaches = [
        Reach(**{"id": name, "name": name, "route": name[0], "route_version": 1, "from_m": 0.0,
                 "to_m": length, "from_node": first, "to_node": second, "length_m": length,
                 **changed.get(name, {})})
        for name, first, second, length in edges
    ]  # fmt: skip
    return build(reaches, nodes)


def wild(seed: int, count: int, circles: bool) -> Network:
    """Rivers that join and split, with closed reaches and gates; in circles, too, where asked."""
    draw = random.Random(seed)
    nodes = max(2, int(count * 0.7))
    edges = []
    for number in range(count):
        first, second = draw.sample(range(nodes), 2)
        if not circles:
            first, second = sorted((first, second))
        edges.append((f"{'abc'[number % 3]}{number}", f"n{first}", f"n{second}", float(draw.randint(1, 50))))
    changed: dict[str, dict[str, object]] = {
        name: {"open": draw.random() > 0.08, "main": draw.random() > 0.3, "order": draw.randint(1, 3)}
        for name, *_ in edges
    }
    changed |= {f"n{n}": {"open": draw.random() > 0.05} for n in range(nodes)}
    if circles:
        changed["a0"] = {"flow": Flow.REVERSE}
    return network(edges, **changed)


def met(way: Way) -> dict[str, tuple[float, float, float]]:
    """Low, high and distance of each stretch of some length."""
    rows = zip(way.reach.tolist(), way.low_m.tolist(), way.high_m.tolist(), way.near_m.tolist(), strict=True)
    return {way.network.reaches[r].id: (low, high, near) for r, low, high, near in rows if high > low}


def ends(reach: Reach) -> tuple[str, str]:
    pair = (reach.from_node, reach.to_node)
    return pair[::-1] if reach.flow is Flow.REVERSE else pair


def walked(net: Network, start: str, up: bool, limit: float) -> dict[str, tuple[float, float, float]]:
    """All that is met from a node: distances made better until nothing changes."""
    gates = {node.id: node.open for node in net.nodes}
    far = {start: 0.0}
    moved = True
    while moved:
        moved = False
        for reach in net.reaches:
            first, second = ends(reach)[::-1] if up else ends(reach)
            through = first == start or gates[first]
            if reach.open and through and first in far:
                gone = far[first] + reach.length_m
                if gone < far.get(second, math.inf):
                    far[second], moved = gone, True
    found = {}
    for reach in net.reaches:
        first = ends(reach)[1 if up else 0]
        near = far.get(first, math.inf)
        if reach.open and (first == start or gates[first]) and near < limit:
            part = min(reach.length_m, limit - near)
            low = reach.length_m - part if up else 0.0
            found[reach.id] = (low, low + part, near)
    return found


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, 10**6),
    st.integers(1, 60),
    st.booleans(),
    st.booleans(),
    st.sampled_from([20.0, 90.0, math.inf]),
)
def test_all_ways_are_those_of_a_plain_walk(
    seed: int, count: int, circles: bool, up: bool, limit: float
) -> None:
    net = wild(seed, count, circles)
    node = seed % len(net.nodes)
    mode = Mode.UPSTREAM_TRIBUTARIES if up else Mode.DOWNSTREAM_DIVERSIONS
    way = navigate(net, at_node(net, node), mode, limit)
    assert met(way) == walked(net, net.nodes[node].id, up, limit)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 60), st.sampled_from([25.0, math.inf]))
def test_main_ways_are_those_of_a_plain_walk(seed: int, count: int, limit: float) -> None:
    net = wild(seed, count, circles=False)
    number = seed % len(net.reaches)
    gates = {node.id: node.open for node in net.nodes}
    for mode in (Mode.UPSTREAM_MAIN, Mode.DOWNSTREAM_MAIN):
        expected, reach, gone = {}, net.reaches[number], 0.0
        begun = True
        while gone < limit and (begun or reach.open):
            begun = False
            part = min(reach.length_m, limit - gone)
            low = reach.length_m - part if mode.upstream else 0.0
            expected[reach.id] = (low, low + part, gone)
            gone += reach.length_m
            here = ends(reach)[0 if mode.upstream else 1]
            others = [
                each for each in net.reaches if each.open and ends(each)[1 if mode.upstream else 0] == here
            ]
            if not others or not gates[here] or not net.reaches[number].open:
                break

            def worth(each: Reach, last: Reach = reach, up: bool = mode.upstream) -> tuple[object, ...]:
                same, main = each.route == last.route, each.main
                return (*((same, main) if up else (main, same)), each.order or 0)

            reach = max(others, key=worth)
        assert met(navigate(net, at_reach(net, number), mode, limit)) == expected


MI = [
    ("m1", "spring", "yeyuan", 56_000.0),
    ("t1", "tang-spring", "tangshuiya", 9_000.0),
    ("t2", "tangshuiya", "above", 6_000.0),
    ("m0", "above", "yeyuan", 1.0),
    ("m2", "yeyuan", "join1", 20_000.0),
    ("w1", "wujing-spring", "songshan", 15_000.0),
    ("w2", "songshan", "join1", 20_000.0),
    ("m3", "join1", "join2", 10_000.0),
    ("s1", "shi-spring", "heihushan", 12_000.0),
    ("s2", "heihushan", "join2", 22_000.0),
    ("m4", "join2", "tanfang", 5_000.0),
    ("m5", "tanfang", "split", 40_000.0),
    ("m6", "split", "sea", 30_000.0),
    ("f1", "split", "west-sea", 29_000.0),
]  # fmt: skip


def river(**changed: dict[str, object]) -> Network:
    return network(MI, **{"f1": {"main": False}, **changed})


def released(net: Network, node: str, *flows: float) -> Release:
    return Release(
        net.node_numbers[node], tuple(Step(NOON + timedelta(hours=h), f) for h, f in enumerate(flows))
    )


def test_the_releases_of_2018_add_up_from_their_parts() -> None:
    """581 and 684 m³/s, from 冶源, 黑虎山 and 嵩山."""
    net = river()
    parts = [
        released(net, "yeyuan", 350.0, 350.0, 426.0),
        released(net, "heihushan", 200.0, 164.0, 192.0),
        released(net, "songshan", 66.0, 67.0, 66.0),
    ]
    told = total(net, net.node_numbers["tanfang"], parts)
    assert [step.flow_m3_s for step in told.steps] == [616.0, 581.0, 684.0]
    assert not told.left_out


def test_a_reservoir_inside_the_catchment_of_another_is_never_added() -> None:
    """淌水崖 lets its water into 冶源."""
    net = river()
    parts = [released(net, "yeyuan", 350.0), released(net, "tangshuiya", 40.0)]
    with pytest.raises(NestedReservoir) as refused:
        total(net, net.node_numbers["tanfang"], parts)
    assert refused.value.details["nested"] == [{"inner": "tangshuiya", "outer": "yeyuan"}]
    told = total(net, net.node_numbers["tanfang"], parts, leave_out=True)
    assert [step.flow_m3_s for step in told.steps] == [350.0]
    assert [each.inner for each in told.left_out] == ["tangshuiya"]
    alone = total(net, net.node_numbers["tanfang"], parts[1:])  # nothing else is let go: nothing is twice
    assert [step.flow_m3_s for step in alone.steps] == [40.0]


def test_water_arrives_when_it_has_come_the_way() -> None:
    net = river()
    parts = [released(net, "yeyuan", 350.0, 300.0), released(net, "songshan", 66.0)]
    told = total(net, net.node_numbers["tanfang"], parts, speed_m_s=2.5)
    travel = {part.node: part.travel for part in told.parts}
    assert travel == {"yeyuan": timedelta(seconds=35_000 / 2.5), "songshan": timedelta(seconds=35_000 / 2.5)}
    arrival = NOON + timedelta(seconds=14_000)
    assert [(s.at, s.flow_m3_s) for s in told.steps] == [
        (arrival, 416.0),
        (arrival + timedelta(hours=1), 366.0),
    ]


def test_below_a_split_nothing_is_said_without_shares() -> None:
    net = river()
    parts = [released(net, "yeyuan", 300.0)]
    sea = net.node_numbers["sea"]
    with pytest.raises(UnknownShare):
        total(net, sea, parts)
    shares = {net.reach_numbers["m6"]: 0.7, net.reach_numbers["f1"]: 0.3}
    assert total(net, sea, parts, shares=shares).steps[0].flow_m3_s == pytest.approx(210.0)
    assert total(river(f1={"main": False, "open": False}), sea, parts).steps[0].flow_m3_s == 300.0
    with pytest.raises(BadRelease):
        total(net, sea, parts, shares={net.reach_numbers["m6"]: 0.7})


def test_arms_that_meet_again_need_no_shares() -> None:
    net = network(
        [("a", "top", "fork", 1.0), ("b", "fork", "meet", 1.0), ("c", "fork", "meet", 3.0),
         ("d", "fork", "low", 1.0), ("e", "low", "meet", 1.0), ("f", "meet", "end", 1.0)]
    )  # fmt: skip
    assert total(net, net.node_numbers["end"], [released(net, "top", 9.0)]).steps[0].flow_m3_s == 9.0
    with pytest.raises(UnknownShare):
        total(net, net.node_numbers["low"], [released(net, "top", 9.0)])


def test_what_does_not_come_here_is_refused() -> None:
    net = river()
    with pytest.raises(NotOnTheWay):
        total(net, net.node_numbers["heihushan"], [released(net, "yeyuan", 1.0)])
    closed = river(tanfang={"open": False})
    with pytest.raises(NotOnTheWay):
        total(closed, closed.node_numbers["split"], [released(closed, "yeyuan", 1.0)])


@pytest.mark.parametrize("flow", [-1.0, math.nan, math.inf])
def test_flows_are_numbers(flow: float) -> None:
    net = river()
    with pytest.raises(BadRelease):
        total(net, net.node_numbers["tanfang"], [released(net, "yeyuan", flow)])


def test_what_lies_above_what_comes_from_the_topology() -> None:
    net = river()
    above = {net.nodes[node].id for node in within(net, net.node_numbers["yeyuan"])}
    assert above == {"spring", "tang-spring", "tangshuiya", "above"}


def test_the_main_arm_is_followed_down_and_every_arm_where_asked() -> None:
    net = river()
    start = at_node(net, net.node_numbers["tanfang"])
    assert list(met(navigate(net, start, Mode.DOWNSTREAM_MAIN))) == ["m5", "m6"]
    assert set(met(navigate(net, start, Mode.DOWNSTREAM_DIVERSIONS))) == {"m5", "m6", "f1"}
    assert list(met(navigate(net, start, Mode.UPSTREAM_MAIN))) == ["m4", "m3", "m2", "m1"]


def test_a_way_is_cut_where_it_is_asked_to_end() -> None:
    net = river()
    m5 = net.reach_numbers["m5"]
    start = at_spot(Spot(m5, 10_000.0))
    assert met(navigate(net, start, Mode.UPSTREAM_MAIN, 12_000.0)) == {
        "m5": (0.0, 10_000.0, 0.0),
        "m4": (3_000.0, 5_000.0, 10_000.0),
    }
    stop = at_spot(Spot(net.reach_numbers["m3"], 4_000.0))
    assert met(navigate(net, start, Mode.UPSTREAM_MAIN, stop=stop)) == {
        "m5": (0.0, 10_000.0, 0.0),
        "m4": (0.0, 5_000.0, 10_000.0),
        "m3": (4_000.0, 10_000.0, 15_000.0),
    }
    assert met(navigate(net, stop, Mode.POINT_TO_POINT, stop=start)) == {
        "m3": (4_000.0, 10_000.0, 0.0),
        "m4": (0.0, 5_000.0, 6_000.0),
        "m5": (0.0, 10_000.0, 11_000.0),
    }
    with pytest.raises(NotOnTheWay):
        navigate(net, start, Mode.UPSTREAM_MAIN, 12_000.0, stop=stop)
    with pytest.raises(NotOnTheWay):
        navigate(net, start, Mode.POINT_TO_POINT, stop=stop)
    with pytest.raises(NotOnTheWay):
        navigate(net, start, Mode.POINT_TO_POINT)


def test_all_ways_with_a_stop_are_those_between() -> None:
    net = river()
    stop = at_node(net, net.node_numbers["songshan"])
    between = navigate(net, at_node(net, net.node_numbers["tanfang"]), Mode.UPSTREAM_TRIBUTARIES, stop=stop)
    assert set(met(between)) == {"m4", "m3", "w2"}
    assert between.length_m == 35_000.0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 50))
def test_the_way_between_two_places_is_the_shortest(seed: int, count: int) -> None:
    net = wild(seed, count, circles=False)
    first, second = seed % len(net.nodes), seed // 7 % len(net.nodes)
    if first == second:
        return
    down = walked(net, net.nodes[first].id, False, math.inf)
    arriving = [near + high - low for name, (low, high, near) in down.items()
                if ends(net.reaches[net.reach_numbers[name]])[1] == net.nodes[second].id]  # fmt: skip
    start: tuple[Start, Start] = (at_node(net, first), at_node(net, second))
    if not arriving:
        with pytest.raises(NotOnTheWay):
            navigate(net, start[0], Mode.POINT_TO_POINT, stop=start[1])
        return
    way = navigate(net, start[0], Mode.POINT_TO_POINT, stop=start[1])
    assert way.length_m == pytest.approx(min(arriving))
    heads = [ends(net.reaches[r])[1] for r in way.reach.tolist()]
    tails = [ends(net.reaches[r])[0] for r in way.reach.tolist()]
    assert heads[:-1] == tails[1:] and heads[-1] == net.nodes[second].id


def test_reaches_without_their_nodes_are_named() -> None:
    reach = Reach("r1", "r", "r", 1, 0.0, 1.0, "here", "gone", 1.0)
    with pytest.raises(BadNetwork) as refused:
        build([reach], [Node("here", "here", "source", 0.0, 0.0)])
    assert refused.value.value == "r1"


def test_the_same_network_comes_of_any_order() -> None:
    net = river()
    shuffled = build(list(net.reaches)[::-1], list(net.nodes)[::-1])
    assert [r.id for r in shuffled.reaches] == [r.id for r in net.reaches]
    assert np.array_equal(shuffled.main_down, net.main_down)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 40), st.booleans())
def test_many_places_are_measured_as_each_of_them(seed: int, count: int, circles: bool) -> None:
    net = wild(seed, count, circles)
    draw = np.random.default_rng(seed)
    reach = draw.integers(0, count, 30)
    along = draw.uniform(0, 1, 30) * net.length_m[reach]
    for mode in (Mode.UPSTREAM_TRIBUTARIES, Mode.DOWNSTREAM_DIVERSIONS):
        way = navigate(net, at_spot(Spot(int(reach[0]), float(along[0]))), mode, 60.0)
        one_by_one = [way.distance_m(Spot(int(r), float(a))) for r, a in zip(reach, along, strict=True)]
        expected = np.array([np.nan if each is None else each for each in one_by_one])
        np.testing.assert_allclose(way.distances_m(reach, along), expected)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 40))
def test_releases_are_added_once_or_refused(seed: int, count: int) -> None:
    """Against a walk by hand: nested where one comes to another that comes to the place."""
    net = wild(seed, count, circles=False)
    draw = random.Random(seed)
    nodes = draw.sample(range(len(net.nodes)), min(4, len(net.nodes)))
    target, given = nodes[0], nodes[1:]
    comes = {
        n: {ends(net.reaches[net.reach_numbers[r]])[1] for r in walked(net, net.nodes[n].id, False, math.inf)}
        for n in nodes
    }
    arriving = [n for n in given if net.nodes[target].id in comes[n]]
    nested = {net.nodes[n].id for n in arriving for m in arriving if n != m and net.nodes[m].id in comes[n]}
    releases = [Release(n, (Step(NOON, 10.0 + n),)) for n in arriving]
    if not releases:
        return
    if nested:
        with pytest.raises(NestedReservoir) as refused:
            total(net, target, releases)
        assert {each["inner"] for each in refused.value.details["nested"]} == nested
    try:
        told = total(net, target, releases, shares=halved(net), leave_out=True)
    except UnknownShare:
        pytest.fail("every split was told")
    expected = sum((10.0 + n) * poured(net, n, target) for n in arriving if net.nodes[n].id not in nested)
    assert told.steps[0].flow_m3_s == pytest.approx(expected)
    assert {each.inner for each in told.left_out} == nested


def halved(net: Network) -> dict[int, float]:
    """Every split parts its water evenly."""
    found = {}
    for node in range(len(net.nodes)):
        leaving = [reach for reach in net.leaving(node) if net.open[reach]]
        found |= {reach: 1 / len(leaving) for reach in leaving}
    return found


def poured(net: Network, node: int, target: int) -> float:
    """The share of a node's water that comes to another, drop by drop."""
    if node == target:
        return 1.0
    leaving = [net.reaches[reach] for reach in net.leaving(node) if net.open[reach]]
    gates = {each.id: each.open for each in net.nodes}
    whole = 0.0
    for reach in leaving:
        there = net.node_numbers[ends(reach)[1]]
        if there == target or gates[net.nodes[there].id]:
            whole += poured(net, there, target) / len(leaving)
    return whole
