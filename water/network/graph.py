"""The network as arrays 河网图: reaches in the order water passes them, their neighbours in CSR form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from water.errors import BadNetwork
from water.network.model import Flow, Node, Reach

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

NAMED_AT_MOST: Final = 10


@dataclass(frozen=True, eq=False)
class Network:
    """A directed graph; reach numbers grow downstream, unless water runs in a circle."""

    reaches: tuple[Reach, ...] = field(repr=False)
    nodes: tuple[Node, ...] = field(repr=False)
    tail: Ints = field(repr=False)
    """Node that each reach comes from, as water flows."""
    head: Ints = field(repr=False)
    """Node that it goes to."""
    length_m: Floats = field(repr=False)
    open: Flags = field(repr=False)
    passable: Flags = field(repr=False)
    """Nodes that let water through."""
    out_starts: Ints = field(repr=False)
    out: Ints = field(repr=False)
    """Reaches that leave node n: ``out[out_starts[n]:out_starts[n + 1]]``."""
    in_starts: Ints = field(repr=False)
    into: Ints = field(repr=False)
    main_down: Ints = field(repr=False)
    """The reach that the main arm goes on with; -1 where it ends."""
    main_up: Ints = field(repr=False)
    """The reach that the main stem comes from; -1 at its source."""
    acyclic: bool = True

    @cached_property
    def reach_numbers(self) -> Mapping[str, int]:
        """Place of each reach by its id."""
        return {reach.id: number for number, reach in enumerate(self.reaches)}

    @cached_property
    def node_numbers(self) -> Mapping[str, int]:
        """Place of each node by its id."""
        return {node.id: number for number, node in enumerate(self.nodes)}

    def leaving(self, node: int) -> list[int]:
        """Reaches that water takes from a node, open or not."""
        found: list[int] = self.out[self.out_starts[node] : self.out_starts[node + 1]].tolist()
        return found

    def entering(self, node: int) -> list[int]:
        """Reaches that bring water to a node, open or not."""
        found: list[int] = self.into[self.in_starts[node] : self.in_starts[node + 1]].tolist()
        return found


def build(reaches: Sequence[Reach], nodes: Sequence[Node]) -> Network:
    """The network of reaches and nodes; the same ones give the same network, in whatever order.

    ``BadNetwork`` names reaches whose nodes are not there.
    """
    from water.network import kernel

    nodes = tuple(sorted(nodes, key=lambda each: each.id))
    numbers = {node.id: number for number, node in enumerate(nodes)}
    lacking = [r.id for r in reaches if r.from_node not in numbers or r.to_node not in numbers]
    if lacking:
        shown = "、".join(sorted(lacking)[:NAMED_AT_MOST])
        raise BadNetwork(
            f"{len(lacking)} 个河段的节点不存在,请补录节点或改正:{shown}",
            f"the nodes of {len(lacking)} reaches are not there, add or mend them: {shown}",
            value=shown,
        )
    ordered = sorted(reaches, key=lambda each: each.id)
    ends = np.array(
        [
            (numbers[r.to_node], numbers[r.from_node])
            if r.flow is Flow.REVERSE
            else (numbers[r.from_node], numbers[r.to_node])
            for r in ordered
        ],
        np.int64,
    ).reshape(-1, 2)
    sequence, acyclic = kernel.sequence(ends[:, 0].copy(), ends[:, 1].copy(), len(nodes))
    ordered = [ordered[place] for place in sequence.tolist()]
    tail, head = ends[sequence, 0].copy(), ends[sequence, 1].copy()
    passable = np.array([node.open for node in nodes], np.bool_)
    opened = np.array([reach.open for reach in ordered], np.bool_)
    out_starts, out = _by_node(tail, len(nodes))
    in_starts, into = _by_node(head, len(nodes))
    down, up = kernel.main_ways(
        tail, head, out_starts, out, in_starts, into, opened, passable, *_preferences(ordered)
    )
    return Network(
        tuple(ordered),
        nodes,
        tail,
        head,
        np.array([reach.length_m for reach in ordered], np.float64),
        opened,
        passable,
        out_starts,
        out,
        in_starts,
        into,
        down,
        up,
        bool(acyclic),
    )


def _by_node(node: Ints, count: int) -> tuple[Ints, Ints]:
    starts = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(node, minlength=count), out=starts[1:])
    return starts, np.argsort(node, kind="stable").astype(np.int64)


def _preferences(reaches: Sequence[Reach]) -> tuple[Ints, Ints, Ints]:
    """Route, whether declared main, and order of each reach, as numbers."""
    routes: dict[str, int] = {}
    route = [routes.setdefault(reach.route, len(routes)) for reach in reaches]
    main = [int(reach.main) for reach in reaches]
    order = [reach.order or 0 for reach in reaches]
    return np.array(route, np.int64), np.array(main, np.int64), np.array(order, np.int64)
