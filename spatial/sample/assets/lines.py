"""Assets that run along a line 线状资产: fibre, buses and school buses by road, power lines overland."""

from __future__ import annotations

from typing import Final

import numpy as np
import shapely

from spatial.sample.assets.ground import Ground, Values
from spatial.sample.curve import through
from spatial.sample.outline import SEATS
from spatial.sample.plane import Floats, to_degrees, to_plane

TOWER_M: Final = 280.0

Columns = dict[str, Values]


def fibre_routes(ground: Ground, chance: np.random.Generator, nodes: Columns) -> Columns:
    """From the core to each town, and from a town to the nodes of villages that lie nearest to it."""
    points = _points(nodes)
    crossing = ground.roads.nearest(points)
    towns = np.arange(1, 1 + len(SEATS))
    ends = [(0, int(town)) for town in towns]
    for village in range(1 + len(SEATS), len(points)):
        away = np.hypot(*(points[towns] - points[village]).T)
        ends.append((int(towns[np.argmin(away)]), village))
    ways = [(a, b, ground.roads.way([crossing[a], crossing[b]])) for a, b in ends]
    kept = [(a, b, way) for a, b, way in ways if way is not None]
    ids = nodes["asset_id"]
    return {
        "name": [f"合成光缆 {number}" for number in range(1, len(kept) + 1)],
        "from_node": [ids[a] for a, _, _ in kept],
        "to_node": [ids[b] for _, b, _ in kept],
        "cores": [96 if a == 0 else int(chance.choice([12, 24, 48])) for a, _, _ in kept],
        "geom": [way for _, _, way in kept],
    }


def bus_lines(ground: Ground, chance: np.random.Generator, stops: Columns) -> Columns:
    """The stops within 40 m of a line, in the order they are passed."""
    ways = list(ground.buses)
    points = shapely.points(_points(stops))
    called = []
    for way in ways:
        plane = shapely.transform(way, to_plane)
        near = np.flatnonzero(shapely.dwithin(points, plane, 40.0))
        order = np.argsort(shapely.line_locate_point(plane, points[near]), kind="stable")
        called.append(" ".join(str(stops["asset_id"][at]) for at in near[order].tolist()))
    return {
        "name": [f"合成 {number} 路" for number in range(1, len(ways) + 1)],
        "stops": called,
        "first_bus": [str(chance.choice(["05:50", "06:00", "06:20"])) for _ in ways],
        "last_bus": [str(chance.choice(["18:30", "19:00", "20:30"])) for _ in ways],
        "geom": ways,
    }


def school_bus_routes(ground: Ground, chance: np.random.Generator, schools: Columns) -> Columns:
    """From villages around to every fourth primary school."""
    primary = [at for at, kind in enumerate(schools["kind"]) if kind == "primary"][::4]
    points = _points(schools)
    seats = ground.city.coverage.settlement.seats_m
    made: list[tuple[int, shapely.LineString]] = []
    for school in primary:
        away = np.hypot(*(seats - points[school]).T)
        ring = np.flatnonzero((away > 900) & (away < 3500))[:40]
        if len(ring) < 2:
            continue
        picked = chance.choice(ring, 2, replace=False)
        far = picked[np.argsort(-away[picked])]
        way = ground.roads.way(ground.roads.nearest(np.concatenate([seats[far], points[school][None]])))
        if way is not None:
            made.append((school, way))
    return {
        "name": [f"合成校车线 {number}" for number in range(1, len(made) + 1)],
        "school_id": [schools["asset_id"][school] for school, _ in made],
        "seats": [int(chance.choice([19, 36, 45])) for _ in made],
        "geom": [way for _, way in made],
    }


def transmission_lines(ground: Ground, chance: np.random.Generator, stations: Columns) -> Columns:
    """Four lines from the substation over two inspection stations each 输电线路 4 条."""
    points = _points(stations)
    order = np.argsort(np.arctan2(*(points[1:] - points[0]).T[::-1]), kind="stable") + 1
    lines = []
    for quarter in range(4):
        chosen = order[quarter * 2 : quarter * 2 + 2]
        chosen = chosen[np.argsort(np.hypot(*(points[chosen] - points[0]).T))]
        guide = np.concatenate([points[:1], points[chosen]])
        lines.append(shapely.LineString(to_degrees(through(guide, TOWER_M))))
    return {
        "name": [f"合成 110 千伏线 {number}" for number in range(1, 5)],
        "voltage_kv": [110.0] * 4,
        "corridor_m": [15.0] * 4,
        "towers": [shapely.get_num_coordinates(line).item() for line in lines],
        "geom": lines,
    }


def _points(columns: Columns) -> Floats:
    points: Floats = to_plane(shapely.get_coordinates(np.array(columns["geom"])))
    return points
