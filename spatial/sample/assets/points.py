"""Assets that stand at a point 点状资产."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely

from spatial.sample.assets.ground import Ground, Values
from spatial.sample.outline import SEATS, seats_m
from spatial.sample.placing import along_roads, apart, around_seats, around_villages
from spatial.sample.plane import Floats, to_plane

URBAN_NOISE: Final = ("1", "2", "3", "4a")


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the assets of a layer stand, and their own attributes."""

    points_m: Floats
    columns: Mapping[str, Values]
    lasting: bool = False
    """All of them are in service."""


Draw = Callable[[Ground, np.random.Generator], Placed]


def network_nodes(ground: Ground, chance: np.random.Generator) -> Placed:
    """The core, a node in each town, one in every third village."""
    villages = ground.city.coverage.settlement.seats_m[::3] + chance.normal(
        0, 30, (len(ground.city.coverage.settlement.seats_m[::3]), 2)
    )
    points = np.concatenate([seats_m()[:1] + 60.0, seats_m(), villages])
    tiers = ["core"] + ["town"] * len(SEATS) + ["village"] * len(villages)
    bandwidth = {"core": 100_000.0, "town": 10_000.0, "village": 1_000.0}
    return Placed(
        points,
        {
            "name": _named("合成节点", len(points)),
            "tier": tiers,
            "bandwidth_mbps": [bandwidth[tier] for tier in tiers],
        },
        lasting=True,
    )


def iot_gateways(ground: Ground, chance: np.random.Generator) -> Placed:
    """In towns and villages."""
    points = _mixed(ground, chance, 420, 120)
    return Placed(
        points,
        {
            "protocol": _chosen(("lora", "nbiot", "mqtt"), (0.4, 0.35, 0.25), points, chance),
            "devices": chance.integers(3, 400, len(points)).tolist(),
        },
    )


def cameras(ground: Ground, chance: np.random.Generator) -> Placed:
    """At crossings, along main roads and in villages; none sees all around but the domes."""
    crossing = ground.roads.graph.points_m[ground.roads.approaches >= 3]
    points = apart(
        np.concatenate(
            [
                crossing + chance.normal(0, 8, crossing.shape),
                along_roads(ground.city.roads, 260, chance, aside_m=12),
                around_seats(360, chance),
                around_villages(ground.city.coverage, 300, chance, 200),
            ]
        ),
        ground.city.coverage,
        30.0,
        1100,
        chance,
    )
    dome = chance.random(len(points)) < 0.35
    return Placed(
        points,
        {
            "kind": np.where(dome, "dome", "fixed").tolist(),
            "azimuth_deg": np.round(chance.uniform(0, 360, len(points)), 1).tolist(),
            "tilt_deg": np.round(chance.uniform(5, 30, len(points)), 1).tolist(),
            "view_deg": np.where(dome, 360.0, np.round(chance.uniform(45, 95, len(points)))).tolist(),
            "reach_m": np.round(chance.uniform(30, 120, len(points))).tolist(),
            "mount_m": np.round(chance.uniform(3.5, 9, len(points)), 1).tolist(),
        },
    )


def traffic_lights(ground: Ground, chance: np.random.Generator) -> Placed:
    """At the crossings nearest the seats of towns, where three roads meet or more."""
    points = ground.roads.graph.points_m
    meets = ground.roads.approaches >= 3
    away = np.hypot(*(points[:, None, :] - seats_m()[None]).transpose(2, 0, 1)).min(axis=1)
    at = np.flatnonzero(meets & (away < 2600))
    at = at[np.argsort(away[at], kind="stable")][:160]
    return Placed(
        points[at],
        {
            "approaches": np.clip(ground.roads.approaches[at], 2, 8).tolist(),
            "control": _chosen(("fixed", "actuated", "network"), (0.5, 0.2, 0.3), points[at], chance),
        },
    )


def guidance_screens(ground: Ground, chance: np.random.Generator) -> Placed:
    """Over the main roads."""
    points = apart(
        along_roads(ground.city.roads, 60, chance, aside_m=6), ground.city.coverage, 500, 36, chance
    )
    return Placed(
        points,
        {
            "azimuth_deg": np.round(chance.uniform(0, 360, len(points))).tolist(),
            "width_m": chance.choice([4.0, 6.0, 8.0], len(points)).tolist(),
        },
    )


def bus_stops(ground: Ground, chance: np.random.Generator) -> Placed:
    """Along the bus lines, 600 m from one to the next; lines share the stops of a road they share."""
    ways = [shapely.transform(way, to_plane) for way in ground.buses]
    along = [shapely.line_interpolate_point(way, np.arange(0, way.length, 600.0)) for way in ways]
    points = apart(shapely.get_coordinates(np.concatenate(along)), ground.city.coverage, 300, 900, chance)
    return Placed(
        points,
        {"name": _named("合成站", len(points)), "shelter": (chance.random(len(points)) < 0.4).tolist()},
    )


def substations(ground: Ground, chance: np.random.Generator) -> Placed:
    """One of 110 kV and ten inspection stations 110 千伏变电站 1 座、巡检站 10 座."""
    points = seats_m()[:11] + np.array([[1900.0, -2300.0]] + [[700.0, 500.0]] * 10)
    return Placed(
        points,
        {
            "name": ["合成 110 千伏变电站", *_named("合成巡检站", 10)],
            "kind": ["substation"] + ["inspection"] * 10,
            "voltage_kv": [110.0] + [10.0] * 10,
            "capacity_mva": [100.0] + [None] * 10,
        },
        lasting=True,
    )


def distribution_rooms(ground: Ground, chance: np.random.Generator) -> Placed:
    """One in the seat city 智能配电室 1 处."""
    return Placed(
        seats_m()[:1] + np.array([[420.0, 310.0]]),
        {"name": ["合成智能配电室"], "voltage_kv": [10.0], "feeders": [12]},
        lasting=True,
    )


def environment_stations(ground: Ground, chance: np.random.Generator) -> Placed:
    """Air in each town, water on the main rivers, noise in the seat city."""
    air = seats_m() + chance.normal(0, 300, (len(SEATS), 2))
    courses = [
        to_plane(shapely.get_coordinates(river.line)) for river in ground.city.rivers if river.order == 1
    ]
    water = apart(np.concatenate(courses), ground.city.coverage, 3000, 16, chance)
    noise = apart(seats_m()[0] + chance.normal(0, 1800, (60, 2)), ground.city.coverage, 300, 24, chance)
    media = ["air"] * len(air) + ["water"] * len(water) + ["noise"] * len(noise)
    zones = chance.choice(URBAN_NOISE, len(media)).tolist()
    return Placed(
        np.concatenate([air, water, noise]),
        {
            "name": _named("合成监测站", len(media)),
            "medium": media,
            "function_zone": [
                zone if one == "noise" else "none" for one, zone in zip(media, zones, strict=True)
            ],
        },
        lasting=True,
    )


def cold_stores(ground: Ground, chance: np.random.Generator) -> Placed:
    """In towns and villages."""
    points = _mixed(ground, chance, 90, 300)
    return Placed(
        points,
        {
            "name": _named("合成冷库", len(points)),
            "capacity_t": np.round(chance.lognormal(6.3, 0.9, len(points))).tolist(),
            "lowest_cel": chance.choice([-25.0, -18.0, 0.0, 2.0], len(points)).tolist(),
        },
    )


def produce_markets(ground: Ground, chance: np.random.Generator) -> Placed:
    """Four that sell wholesale, the others to the households."""
    points = apart(around_seats(120, chance), ground.city.coverage, 600, 34, chance)
    wholesale = np.arange(len(points)) < 4
    traded = np.where(wholesale, chance.uniform(500, 4000, len(points)), chance.uniform(2, 40, len(points)))
    return Placed(
        points,
        {
            "name": _named("合成市场", len(points)),
            "kind": np.where(wholesale, "wholesale", "retail").tolist(),
            "daily_t": np.round(traded, 1).tolist(),
        },
    )


def health_facilities(ground: Ground, chance: np.random.Generator) -> Placed:
    """Hospitals in the seat city, one hospital in each town, stations in every fourth village, clinics."""
    stations = ground.city.coverage.settlement.seats_m[1::4]
    points = np.concatenate(
        [
            seats_m()[0] + chance.normal(0, 1500, (5, 2)),
            seats_m() + chance.normal(0, 250, (len(SEATS), 2)),
            stations + chance.normal(0, 60, stations.shape),
            apart(around_seats(300, chance), ground.city.coverage, 150, 120, chance),
        ]
    )
    kinds = ["hospital"] * 5 + ["town"] * len(SEATS) + ["station"] * len(stations)
    kinds += ["clinic"] * (len(points) - len(kinds))
    beds = {"hospital": (300, 1500), "town": (30, 150), "station": (0, 6), "clinic": (0, 1)}
    always, by_day = "每日 00:00-24:00", "每日 08:00-18:00"
    hours = {"hospital": always, "town": always, "station": by_day, "clinic": "周一至周六 08:30-20:30"}
    return Placed(
        points,
        {
            "name": _named("合成医疗机构", len(points)),
            "kind": kinds,
            "beds": [int(chance.integers(*beds[kind])) for kind in kinds],
            "open_hours": [hours[kind] for kind in kinds],
        },
    )


def schools(ground: Ground, chance: np.random.Generator) -> Placed:
    """By level 学段; the higher, the nearer to the seats."""
    kinds = ("kindergarten", "primary", "middle", "high")
    counts = (150, 110, 46, 9)
    points, names = [], []
    for kind, count in zip(kinds, counts, strict=True):
        crowd = around_seats(count * 3, chance) if kind in ("middle", "high") else np.concatenate(
            [around_seats(count * 2, chance), around_villages(ground.city.coverage, count * 2, chance)]
        )  # fmt: skip
        placed = apart(crowd, ground.city.coverage, 350, count, chance)
        points.append(placed)
        names += [kind] * len(placed)
    size = {"kindergarten": (60, 400), "primary": (180, 1600), "middle": (400, 2400), "high": (1200, 4200)}
    return Placed(
        np.concatenate(points),
        {
            "name": _named("合成学校", len(names)),
            "kind": names,
            "places": [int(chance.integers(*size[kind])) for kind in names],
        },
    )


def emergency_stores(ground: Ground, chance: np.random.Generator) -> Placed:
    """One in each town, every third of them for floods."""
    points = seats_m() + chance.normal(0, 700, (len(SEATS), 2))
    flood = np.arange(len(points)) % 3 == 2
    return Placed(
        points,
        {
            "name": _named("合成物资库", len(points)),
            "kind": np.where(flood, "flood", "general").tolist(),
            "holds": np.where(flood, "编织袋、抽水泵、冲锋舟", "帐篷、棉被、照明、发电机").tolist(),
        },
        lasting=True,
    )


def hydrants(ground: Ground, chance: np.random.Generator) -> Placed:
    """Along streets and county roads."""
    streets = along_roads(ground.city.roads, 3200, chance, ("street", "county"), 6)
    points = apart(streets, ground.city.coverage, 90, 1300, chance)
    return Placed(
        points,
        {
            "pressure_mpa": np.round(chance.uniform(0.1, 0.4, len(points)), 2).tolist(),
            "kind": _chosen(("ground", "sunk"), (0.8, 0.2), points, chance),
        },
    )


def service_terminals(ground: Ground, chance: np.random.Generator) -> Placed:
    """In the towns."""
    points = apart(around_seats(300, chance), ground.city.coverage, 400, 80, chance)
    return Placed(
        points,
        {
            "name": _named("合成终端", len(points)),
            "items": chance.integers(20, 200, len(points)).tolist(),
            "all_day": (chance.random(len(points)) < 0.3).tolist(),
        },
    )


def community_offices(ground: Ground, chance: np.random.Generator) -> Placed:
    """One to a village or community that has one 便民服务中心: two of three."""
    seats = ground.city.coverage.settlement.seats_m
    chosen = np.flatnonzero(np.arange(len(seats)) % 3 != 2)
    villages = [ground.city.divisions.villages[at] for at in chosen.tolist()]
    return Placed(
        seats[chosen],
        {
            "name": [f"{village.name}服务中心(合成)" for village in villages],
            "village_code": [village.code for village in villages],
            "floor_m2": np.round(chance.uniform(80, 900, len(villages))).tolist(),
        },
    )


POINTS: Final[Mapping[str, Draw]] = {
    "network-nodes": network_nodes,
    "iot-gateways": iot_gateways,
    "cameras": cameras,
    "traffic-lights": traffic_lights,
    "guidance-screens": guidance_screens,
    "bus-stops": bus_stops,
    "substations": substations,
    "distribution-rooms": distribution_rooms,
    "environment-stations": environment_stations,
    "cold-stores": cold_stores,
    "produce-markets": produce_markets,
    "health-facilities": health_facilities,
    "schools": schools,
    "emergency-stores": emergency_stores,
    "hydrants": hydrants,
    "service-terminals": service_terminals,
    "community-offices": community_offices,
}


def _mixed(ground: Ground, chance: np.random.Generator, count: int, least_m: float) -> Floats:
    crowd = np.concatenate(
        [around_seats(count * 2, chance), around_villages(ground.city.coverage, count * 2, chance)]
    )
    return apart(crowd, ground.city.coverage, least_m, count, chance)


def _named(stem: str, count: int) -> list[str]:
    return [f"{stem} {number}" for number in range(1, count + 1)]


def _chosen(
    names: Sequence[str], shares: Sequence[float], points_m: Floats, chance: np.random.Generator
) -> list[str]:
    chosen: list[str] = chance.choice(np.array(names), len(points_m), p=np.array(shares)).tolist()
    return chosen
