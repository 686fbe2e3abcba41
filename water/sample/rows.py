"""The sample rivers as rows of their layers, in the columns of their contracts; 合成数据."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import shapely

from spatial.catalogue.contract import STAMP
from spatial.sample.plane import Floats, to_degrees, to_plane
from spatial.sample.rows import Rows
from water import layers
from water.network.centreline import Centreline
from water.network.drawing import draw
from water.network.graph import build
from water.network.model import Flow, Node, Reach
from water.network.order import strahler
from water.sample.courses import Course, courses

ROUTE: Final = "SYN-ROUTE-"
NODE: Final = "SYN-NODE-"
REACH: Final = "SYN-REACH-"
STAKES_M: Final = 10_000.0


@dataclass(frozen=True, slots=True)
class Placed:
    """A node where a route passes a latitude, or at its beginning or end."""

    key: str
    name: str
    kind: str
    lat_deg: float | None = None
    """None: where it joins what has it already, or the route begins or ends."""


ALONG: Final[Mapping[str, Sequence[Placed]]] = {
    "MI": (
        Placed("MI-SOURCE", "弥河源(沂山)", "source"),
        Placed("TANGSHUIYA-MOUTH", "淌水崖支流汇口(合成)", "confluence"),
        Placed("YEYUAN", "冶源水库", "reservoir", 36.42),
        Placed("WUJING-MOUTH", "五井石河汇口(北店东)", "confluence"),
        Placed("HUANGSHAN", "黄山站(临朐)", "section", 36.55),
        Placed("SHI-MOUTH", "石河汇口(东亭子)", "confluence"),
        Placed("TANFANG", "谭坊(谭家坊)", "section", 36.69),
        Placed("NANYANG-MOUTH", "南阳河汇口(阳河庄)", "confluence"),
        Placed("HANQIAO", "寒桥拦河闸", "gate", 36.88),
        Placed("SPLIT", "南半截河村分汊口", "bifurcation"),
        Placed("DAN-MOUTH", "丹河汇口(北宋岭)", "confluence"),
        Placed("MI-TIDAL", "新弥河感潮终点(合成)", "tidal-end", 37.11),
        Placed("MI-MOUTH", "央子港入海口", "mouth"),
    ),
    "MI-NORTH": (
        Placed("SPLIT", "", ""),
        Placed("WEST-HEAD", "弥河分流分汊口(合成)", "bifurcation"),
        Placed("NORTH-MOUTH", "弥河分流北支入海口(合成)", "mouth"),
    ),
    "MI-WEST": (
        Placed("WEST-HEAD", "", ""),
        Placed("TIDE-GATE", "弥河分流挡潮闸", "gate", 37.22),
        Placed("YANGKOU", "羊口入海口", "mouth"),
    ),
    "DAN": (
        Placed("DAN-SOURCE", "丹河源(纪山沟)", "source"),
        Placed("DAN-RESERVOIR", "丹河水库", "reservoir", 36.56),
        Placed("YAO-MOUTH", "尧河汇口(尧水村)", "confluence"),
        Placed("DIVERSION-HEAD", "丹河分洪口(合成)", "diversion"),
        Placed("DAN-MOUTH", "", ""),
    ),
    "YAO": (Placed("YAO-SOURCE", "尧河源", "source"), Placed("YAO-MOUTH", "", "")),
    "WUJING": (
        Placed("WUJING-SOURCE", "五井石河源", "source"),
        Placed("SONGSHAN", "嵩山水库", "reservoir", 36.46),
        Placed("WUJING-MOUTH", "", ""),
    ),
    "SHI": (
        Placed("SHI-SOURCE", "石河源", "source"),
        Placed("HEIHUSHAN", "黑虎山水库", "reservoir", 36.585),
        Placed("SHI-MOUTH", "", ""),
    ),
    "NANYANG": (Placed("NANYANG-SOURCE", "南阳河源", "source"), Placed("NANYANG-MOUTH", "", "")),
    "TANGSHUIYA": (
        Placed("TANGSHUIYA-SOURCE", "淌水崖支流源(合成)", "source"),
        Placed("TANGSHUIYA", "淌水崖水库", "reservoir", 36.30),
        Placed("TANGSHUIYA-MOUTH", "", ""),
    ),
    "DAN-DIVERSION": (
        Placed("DIVERSION-HEAD", "", ""),
        Placed("DIVERSION-MOUTH", "丹河分洪道入海口(合成)", "mouth"),
    ),
}  # fmt: skip
"""Nodes of each route downstream. What joins what, and which reservoir stands on what, comes from sources."""
KINDS: Final = {"MI-NORTH": "distributary", "MI-WEST": "distributary", "DAN-DIVERSION": "diversion"}
CLOSED: Final = frozenset({"DAN-DIVERSION"})
TIDAL_FROM: Final = frozenset({"MI-TIDAL", "TIDE-GATE"})
"""Below these nodes water comes and goes with the tide."""


@dataclass(frozen=True, slots=True)
class Rivers:
    """The sample as data."""

    lines: Mapping[str, Centreline]
    """By the key of the route."""
    drawn: Sequence[Course]
    reaches: Sequence[Reach]
    nodes: Sequence[Node]


def rivers(seed: int) -> Rivers:
    """The sample rivers of a seed, with chainage from the source of each."""
    drawn = courses(seed)
    lines = {key: draw(ROUTE + key, 1, to_degrees(course.points_m)) for key, course in drawn.items()}
    spots = {key: [_vertex(drawn, key, placed) for placed in placed_on] for key, placed_on in ALONG.items()}
    nodes, reaches = list[Node](), list[Reach]()
    for key, placed_on in ALONG.items():
        line = lines[key]
        for placed, vertex in zip(placed_on, spots[key], strict=True):
            if placed.kind:
                lon, lat = line.points_4490[vertex].tolist()
                chainage = round(float(line.along_m[vertex]), 3)
                name, river = placed.name, drawn[key].name
                nodes.append(
                    Node(NODE + placed.key, name, placed.kind, lon, lat, river, line.route, chainage)
                )
        reaches += _reaches(key, drawn[key], line, [placed.key for placed in placed_on], spots[key])
    orders = strahler(build(reaches, nodes))
    return Rivers(
        lines,
        tuple(drawn.values()),
        [replace(reach, order=orders[reach.id]) for reach in reaches],
        nodes,
    )


def _vertex(drawn: Mapping[str, Course], key: str, placed: Placed) -> int:
    """The vertex of a route at which a node stands."""
    line = drawn[key].points_m
    if placed.lat_deg is not None:
        return int(np.argmax(line[:, 1] >= float(to_plane((118.8, placed.lat_deg))[1])))
    keys = [each.key for each in ALONG[key]]
    if placed.key == keys[0]:
        return 0
    if placed.key == keys[-1]:
        return len(line) - 1
    other = next(k for k, nodes in ALONG.items() if k != key and placed.key in (nodes[0].key, nodes[-1].key))
    end = drawn[other].points_m[0 if ALONG[other][0].key == placed.key else -1]
    return int(np.hypot(*(line - end).T).argmin())


def _reaches(
    key: str, course: Course, line: Centreline, nodes: Sequence[str], spots: Sequence[int]
) -> Iterator[Reach]:
    tidal = False
    for number in range(len(nodes) - 1):
        tidal = tidal or nodes[number] in TIDAL_FROM
        low, high = spots[number], spots[number + 1]
        along = line.along_m[[low, high]].tolist()
        yield Reach(
            f"{REACH}{key}-{number + 1:02d}",
            course.name,
            line.route,
            1,
            round(along[0], 3),
            round(along[1], 3),
            NODE + nodes[number],
            NODE + nodes[number + 1],
            round(along[1] - along[0], 3),
            main=key not in KINDS,
            kind=KINDS.get(key, "river"),
            flow=Flow.TIDAL if tidal else Flow.FORWARD,
            open=key not in CLOSED,
        )


def tables(sample: Rivers) -> Iterator[tuple[str, Rows]]:
    """Every layer of the network by id."""
    yield layers.ROUTES, _routes(sample)
    yield layers.STAKES, _stakes(sample.lines["MI"])
    yield layers.REACHES, _reach_rows(sample)
    yield layers.NODES, _node_rows(sample)


def _routes(sample: Rivers) -> Rows:
    columns = ("route_id", "name", "river_code", "version", "from_m", "to_m", "flows_into", "length_m")
    return _rows(
        columns,
        [
            (line.route, course.name, None, 1, 0.0, None, course.into, round(line.length_m, 3))
            for course, line in zip(sample.drawn, sample.lines.values(), strict=True)
        ],
        [shapely.LineString(line.points_4490) for line in sample.lines.values()],
    )


def _stakes(line: Centreline) -> Rows:
    """Ten kilometres apart along 弥河, to the centimetre."""
    chainages = np.arange(STAKES_M, line.to_m, STAKES_M)
    places: Floats = line.places(chainages)
    return _rows(
        ("stake_id", "route_id", "route_version", "chainage_m", "source"),
        [(f"SYN-STAKE-MI-{c / 1000:03.0f}", line.route, 1, float(c), STAMP) for c in chainages.tolist()],
        shapely.points(places).tolist(),
    )


def _reach_rows(sample: Rivers) -> Rows:
    columns = (
        "reach_id", "name", "river_code", "route_id", "route_version", "from_m", "to_m", "from_node",
        "to_node", "stream_order", "main", "kind", "flow", "state", "length_m",
    )  # fmt: skip
    lines = {line.route: line for line in sample.lines.values()}
    shapes = []
    for reach in sample.reaches:
        line = lines[reach.route]
        low, high = np.searchsorted(line.along_m, [reach.from_m - 0.01, reach.to_m + 0.01])
        shapes.append(shapely.LineString(line.points_4490[low:high]))
    return _rows(
        columns,
        [
            (
                *(reach.id, reach.name, None, reach.route, 1, reach.from_m, reach.to_m, reach.from_node),
                *(reach.to_node, reach.order, reach.main, reach.kind, reach.flow.value),
                *("open" if reach.open else "closed", reach.length_m),
            )
            for reach in sample.reaches
        ],
        shapes,
    )


def _node_rows(sample: Rivers) -> Rows:
    return _rows(
        ("node_id", "name", "kind", "river", "route_id", "route_version", "chainage_m", "state"),
        [
            (node.id, node.name, node.kind, node.river, node.route, 1, node.chainage_m, "open")
            for node in sample.nodes
        ],
        [shapely.Point(node.lon_deg, node.lat_deg) for node in sample.nodes],
    )


def _rows(
    columns: tuple[str, ...], values: Sequence[tuple[object, ...]], shapes: Sequence[shapely.Geometry]
) -> Rows:
    written = shapely.to_wkb(np.array(shapes, dtype=object)).tolist()
    return Rows(
        (*columns, "data_nature", "geom"),
        columns[0],
        tuple((*row, STAMP, geometry) for row, geometry in zip(values, written, strict=True)),
    )
