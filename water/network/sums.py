"""Sums over the topology 拓扑求和: what is let go reaches a place once, never twice.

A release 下泄 of a reservoir passes through every reservoir below it, so of two of which one lies
inside the catchment of the other only the lower one counts; which lies above which is read from
the network alone. Where the river splits on the way, how much comes is not known until somebody
tells the shares 分流比. Travel time 传播时间 follows the speed that is given; none is assumed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

import numpy as np

from water.errors import BadNetwork, BadRelease, NestedReservoir, NotOnTheWay, UnknownShare
from water.network.graph import Floats, Network
from water.network.model import Mode
from water.network.navigate import at_node, navigate

WHOLE: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Step:
    """What is let go from an instant on, until the next step."""

    at: datetime
    flow_m3_s: float


@dataclass(frozen=True, slots=True)
class Release:
    """The releases of one node, in the order of time."""

    node: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Nested:
    """A release that passes through a reservoir below it."""

    inner: str
    outer: str
    """The nearest one below that has a release of its own."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one release brings to the place."""

    node: str
    name: str
    distance_m: float
    """By the shortest open way."""
    travel: timedelta | None
    share: float
    """Of its water that comes here, where the river splits on the way."""
    steps: tuple[Step, ...]
    """As they arrive."""


@dataclass(frozen=True, slots=True)
class Total:
    """The sum at a place, as steps in time."""

    at: str
    parts: tuple[Part, ...]
    steps: tuple[Step, ...]
    left_out: tuple[Nested, ...]
    """Releases that are in another one already."""


def total(
    network: Network,
    target: int,
    releases: Sequence[Release],
    *,
    speed_m_s: float | None = None,
    shares: Mapping[int, float] | None = None,
    leave_out: bool = False,
) -> Total:
    """The releases that reach a node, added up.

    ``NestedReservoir`` where one lies inside the catchment of another, unless it may be left out;
    ``NotOnTheWay`` where one does not come here; ``UnknownShare`` where the river splits on the way.
    """
    _check(network, releases, speed_m_s)
    if not network.acyclic:
        raise BadNetwork(
            "河网中有环,水量不能按上下游相加,请改正河段流向",
            "water runs in a circle in this network, nothing"
            " can be added up along it; mend the direction of its reaches",
        )
    nested = _nested(network, target, releases)
    if nested and not leave_out:
        _refuse_nested(nested)
    inner = {each.inner for each in nested}
    counted = [each for each in releases if network.nodes[each.node].id not in inner]
    share = _shares(network, shares or {})
    parts = [_part(network, target, each, share, speed_m_s) for each in counted]
    return Total(network.nodes[target].id, tuple(parts), _added(parts), tuple(nested))


def within(network: Network, node: int) -> set[int]:
    """The nodes from which water comes to a node, itself left out 上游节点."""
    way = navigate(network, at_node(network, node), Mode.UPSTREAM_TRIBUTARIES)
    return set(network.tail[way.reach].tolist()) - {node}


def _check(network: Network, releases: Sequence[Release], speed_m_s: float | None) -> None:
    if speed_m_s is not None and not (np.isfinite(speed_m_s) and speed_m_s > 0):
        _refuse("流速须大于零", "the speed must be above zero", speed_m_s)
    seen: set[int] = set()
    for release in releases:
        name = network.nodes[release.node].id
        if release.node in seen:
            _refuse("同一水库的下泄给出两次", "releases of one node are given twice", name)
        seen.add(release.node)
        if not release.steps:
            _refuse("没有下泄过程", "there are no steps", name)
        for step in release.steps:
            if not (np.isfinite(step.flow_m3_s) and step.flow_m3_s >= 0):
                _refuse("流量须为非负的数", "a flow is a number not below zero", step.flow_m3_s)
        if any(later.at <= earlier.at for earlier, later in pairwise(release.steps)):
            _refuse("下泄时刻须先后有序", "the steps must be in the order of time", name)


def _refuse(zh: str, en: str, value: object) -> None:
    raise BadRelease(f"{zh}:{value}", f"{en}: {value}", value=value)


def _nested(network: Network, target: int, releases: Sequence[Release]) -> list[Nested]:
    """Each release that some other one lies below, with the nearest such."""
    nodes = {release.node for release in releases}
    above = {node: within(network, node) for node in nodes | {target}}
    found: list[Nested] = []
    for release in releases:
        below = [
            node
            for node in nodes
            if node != release.node and release.node in above[node] and node in above[target] | {target}
        ]
        if below:
            nearest = max(below, key=lambda one: sum(one in above[other] for other in below))
            found.append(Nested(network.nodes[release.node].id, network.nodes[nearest].id))
    return found


def _refuse_nested(nested: Sequence[Nested]) -> None:
    shown = "、".join(f"{each.inner} → {each.outer}" for each in nested)
    raise NestedReservoir(
        f"上游水库的下泄经过下游水库,已含在其下泄之内,不可相加;请只给下游一座,或令其略去:{shown}",
        "releases that pass through a reservoir below are part of its release already and are never added;"
        f" give the lower one alone, or have them left out: {shown}",
        value=shown,
        details={"nested": [{"inner": each.inner, "outer": each.outer} for each in nested]},
    )


def _shares(network: Network, given: Mapping[int, float]) -> Floats:
    """What share of its node each open reach takes; NaN at a split that nobody told of."""
    share = np.full(len(network.reaches), np.nan)
    for node in range(len(network.nodes)):
        leaving = [reach for reach in network.leaving(node) if network.open[reach]]
        told = [reach for reach in leaving if reach in given]
        if len(leaving) == 1:
            share[leaving] = 1.0
        elif told:
            share[leaving] = [given.get(reach, 0.0) for reach in leaving]
            whole = float(share[leaving].sum())
            if min(share[leaving]) < 0 or abs(whole - 1.0) > 1e-6:
                _refuse("同一分汊口的分流比之和须为 1", "the shares of one split must add up to 1", whole)
    return share


def _part(network: Network, target: int, release: Release, share: Floats, speed_m_s: float | None) -> Part:
    node = network.nodes[release.node]
    if release.node == target:
        return Part(node.id, node.name, 0.0, timedelta(0) if speed_m_s else None, 1.0, release.steps)
    way = navigate(network, at_node(network, release.node), Mode.DOWNSTREAM_DIVERSIONS)
    arriving = network.head[way.reach] == target
    if not arriving.any():
        raise NotOnTheWay(
            f"此水库的下泄不到此处,请核对位置与启闭状态:{node.id}",
            f"the release of this node does not come here; check the place, and what is closed: {node.id}",
            value=node.id,
        )
    distance = float((way.near_m + way.high_m - way.low_m)[arriving].min())
    coming = _coming(network, release.node, target, share)
    if coming is None:
        raise UnknownShare(
            f"水从此处下来要分汊,各汊分流比未知,请给出 shares:{node.id}",
            f"its water parts on the way by shares that are not known, tell them in shares: {node.id}",
            value=node.id,
        )
    travel = None if speed_m_s is None else timedelta(seconds=distance / speed_m_s)
    steps = tuple(Step(each.at + (travel or timedelta(0)), each.flow_m3_s * coming) for each in release.steps)
    return Part(node.id, node.name, distance, travel, coming, steps)


def _coming(network: Network, node: int, target: int, share: Floats) -> float | None:
    """The share of a node's water that comes to another; None where it hangs on shares nobody told."""
    from water.network import kernel

    least, most = kernel.coming(
        network.tail, network.head, network.open, network.passable, share, node, target
    )
    return least if most - least <= WHOLE else None


def _added(parts: Sequence[Part]) -> tuple[Step, ...]:
    """From each instant on what all parts bring; before its first step a part brings nothing."""
    instants = sorted({step.at for part in parts for step in part.steps})
    return tuple(Step(at, sum(_flow(part.steps, at) for part in parts)) for at in instants)


def _flow(steps: Sequence[Step], at: datetime) -> float:
    return next((step.flow_m3_s for step in reversed(steps) if step.at <= at), 0.0)
