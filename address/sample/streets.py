"""Roads, lanes and their doors by the sample city's numbering rule 街巷与门牌.

Numbers run from the east along streets that run east and west, from the south along
the others, one to every 4 m of frontage, odd on the left and even on the right.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle
from typing import Final

import numpy as np
import shapely

from address.model import AliasKind, Element, Form
from address.sample import names, wanted
from address.sample.ground import Ground, Rows, Street
from address.sample.regions import Regions
from address.sample.tree import Tree, numbered
from address.snapshot import Crossings
from spatial.sample.plane import Floats, to_degrees

FRONTAGE_M: Final = 4.0
"""Frontage to one number."""
SETBACK_M: Final = 9.0
LANE_SPACING_M: Final = 300.0
LANE_M: Final = 160.0
PLOT_M: Final = {"street": (10.0, 30.0), "county": (40.0, 140.0)}
"""Least and greatest frontage of a plot."""


@dataclass(frozen=True, slots=True)
class Streets:
    """Rows of the roads, and the doors that must be there."""

    rows: Rows
    """In the order of the ground's roads."""
    names: tuple[str, ...]
    doors: dict[tuple[str, int], tuple[int, int]]
    """Road and number → row of the component and of the address, of the doors that must be there."""
    door_rows: Rows
    door_points_m: Floats
    door_regions: Rows


@dataclass(frozen=True, slots=True)
class _Doors:
    parent: Rows
    number: Rows
    sub_number: Rows
    hanging: Rows
    """0, or 1 to 4 for 甲乙丙丁."""
    points_m: Floats


def plant(
    tree: Tree, ground: Ground, regions: Regions, budget: int, generator: np.random.Generator
) -> Streets:
    """Add roads, lanes and about ``budget`` doors; those that must be there come first."""
    called = _names(ground, generator)
    parents = [regions.county if road.town < 0 else regions.towns[road.town] for road in ground.roads]
    rows = tree.add(Element.ROAD, parents, called)
    for row, name in zip(rows.tolist(), called, strict=True):
        if name.endswith("街") and generator.random() < 0.25:
            tree.alias(f"{name[:-1]}大街", row, AliasKind.DEPARTMENT)
    found: list[_Doors] = []
    made = 0
    for index in _in_turn(ground, called, generator):
        must = wanted.ROADS[called[index]][1] if called[index] in wanted.ROADS else ()
        room = max(budget - made, 0)
        if room or must:
            doors = _along(ground.roads[index], int(rows[index]), must, room, generator)
            found.append(doors)
            made += len(doors.number)
        if room:
            lanes = _lanes(tree, ground.roads[index], int(rows[index]), room, generator)
            found += lanes
            made += sum(len(lane.number) for lane in lanes)
    return _doors(tree, ground, regions, rows, called, found)


def crossings(ground: Ground, rows: Rows) -> Crossings:
    """Where two roads meet: once for a pair, at the first of their common points."""
    lines = np.array([shapely.linestrings(road.line_m) for road in ground.roads])
    first, second = shapely.STRtree(lines).query(lines, predicate="intersects")
    once = first < second
    first, second = first[once], second[once]
    met = shapely.intersection(lines[first], lines[second])
    points = np.array([shapely.get_coordinates(one)[0] for one in met]).reshape(-1, 2)
    positions = to_degrees(points)
    return Crossings(rows[first], rows[second], positions[:, 0].copy(), positions[:, 1].copy())


def _names(ground: Ground, generator: np.random.Generator) -> list[str]:
    """A name to every road: unique in the county for those of several towns, else in the town.

    Towns take the same stems again, as towns do: 建设路 is in many.
    """
    fixed = {road: name for name, (road, _) in wanted.ROADS.items()}
    harbour = [town.code for town in ground.towns].index(wanted.HARBOUR_TOWN)
    quay = max(
        (road for road in ground.roads if road.near == harbour and road.east_west and road.grade == "street"),
        key=lambda road: road.length_m,
    )
    fixed[quay.map_name] = wanted.HARBOUR_ROAD
    taken = {(-1, name) for name in fixed.values()}
    stems = {
        town: cycle(generator.permutation(names.ROAD_STEMS).tolist()) for town in range(-1, len(ground.towns))
    }
    called = []
    for road in ground.roads:
        name = fixed.get(road.map_name)
        while name is None:
            stem = next(stems[road.town])
            if road.grade == "county":
                near = names.bare_town(names.town_name(ground.towns[road.near].name))
                stem = near[0] + stem[0]
            name = stem + ("街" if road.east_west and road.grade == "street" else "路")
            if (
                (-1, name) in taken
                or (road.town, name) in taken
                or (road.town < 0 and any(n == name for _, n in taken))
            ):
                name = None
        taken.add((road.town, name))
        called.append(name)
    return called


def _in_turn(ground: Ground, called: list[str], generator: np.random.Generator) -> list[int]:
    """Roads in the order in which they get doors: those that must, the seat city's, the rest."""
    lot = generator.random(len(called))
    rank = [
        (
            name not in wanted.ROADS and name != wanted.HARBOUR_ROAD,
            road.grade != "street",
            road.near not in (0, 3),
            lot[index],
        )
        for index, (road, name) in enumerate(zip(ground.roads, called, strict=True))
    ]
    return sorted(range(len(called)), key=rank.__getitem__)


def _along(
    road: Street, parent: int, must: tuple[int, ...], room: int, generator: np.random.Generator
) -> _Doors:
    """Doors on both sides; of a small sample those near the first number."""
    length = road.length_m
    numbers = []
    for odd in (True, False):
        plots = np.cumsum(generator.uniform(*PLOT_M[road.grade], int(length / PLOT_M[road.grade][0])))
        step = (plots[plots < length - FRONTAGE_M] // FRONTAGE_M).astype(np.int32)
        numbers.append(2 * step + (1 if odd else 2))
    number = np.unique(np.concatenate(numbers))[: min(room, 400) if room < 20_000 else None]
    number = np.unique(np.concatenate([number, np.asarray(must, dtype=np.int32)])).astype(np.int32)
    return _hung(_placed(road.line_m, road.width_m / 2 + SETBACK_M, parent, number), generator)


def _placed(line_m: Floats, offset_m: float, parent: int, number: Rows) -> _Doors:
    """Doors where their numbers say."""
    line = shapely.linestrings(line_m)
    along = FRONTAGE_M * ((number - 1) // 2) + FRONTAGE_M / 2
    here = shapely.get_coordinates(shapely.line_interpolate_point(line, along))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(line, along + 1.0))
    behind = shapely.get_coordinates(shapely.line_interpolate_point(line, np.maximum(along - 1.0, 0.0)))
    onward = (ahead - behind) / np.hypot(*(ahead - behind).T)[:, None]
    left = np.column_stack([-onward[:, 1], onward[:, 0]])
    side = np.where(number % 2 == 1, offset_m, -offset_m)
    none = np.full(len(number), -1, dtype=np.int32)
    return _Doors(
        np.full(len(number), parent, np.int32), number, none, np.zeros_like(none), here + side[:, None] * left
    )


def _hung(doors: _Doors, generator: np.random.Generator) -> _Doors:
    """Some plots were split later: 附号, or a hanging 甲 to 丁, right beside the number."""
    lot = generator.random(len(doors.number))
    split = np.flatnonzero(lot < 0.05)
    times = generator.integers(1, 5, len(split))
    of = np.repeat(split, times)
    order = (np.arange(len(of)) - np.repeat(np.cumsum(times) - times, times) + 1).astype(np.int32)
    hanging = lot[of] > 0.042
    aside = doors.points_m[of] + np.column_stack([order * 0.8, np.zeros(len(of))])
    return _Doors(
        np.concatenate([doors.parent, doors.parent[of]]),
        np.concatenate([doors.number, doors.number[of]]),
        np.concatenate([doors.sub_number, np.where(hanging, -1, order).astype(np.int32)]),
        np.concatenate([doors.hanging, np.where(hanging, order, 0).astype(np.int32)]),
        np.concatenate([doors.points_m, aside]),
    )


def _lanes(tree: Tree, road: Street, parent: int, room: int, generator: np.random.Generator) -> list[_Doors]:
    """Lanes off a street, at right angles, numbered in their order; with doors of their own."""
    if road.grade != "street":
        return []
    starts = np.arange(LANE_SPACING_M, road.length_m - LANE_SPACING_M, LANE_SPACING_M)
    starts = starts[generator.random(len(starts)) < 0.35][: max(room // 20, 0)]
    if not len(starts):
        return []
    line = shapely.linestrings(road.line_m)
    rows = tree.add(
        Element.LANE, parent, numbered(np.arange(1, len(starts) + 1), "巷"), np.arange(1, len(starts) + 1)
    )
    lanes = []
    for start, row in zip(starts.tolist(), rows.tolist(), strict=True):
        here, ahead = shapely.get_coordinates(shapely.line_interpolate_point(line, [start, start + 1.0]))
        onward = (ahead - here) / np.hypot(*(ahead - here))
        left = np.array([-onward[1], onward[0]])
        ends = np.array([here + left * (road.width_m / 2 + 4), here + left * LANE_M])
        numbers = np.arange(1, 1 + int(generator.integers(8, 30)), dtype=np.int32)
        lanes.append(_placed(ends, 5.0, row, numbers))
    return lanes


def _doors(
    tree: Tree, ground: Ground, regions: Regions, rows: Rows, called: list[str], found: list[_Doors]
) -> Streets:
    parent, number, sub, hanging, points = (
        np.concatenate([getattr(one, name) for one in found])
        for name in ("parent", "number", "sub_number", "hanging", "points_m")
    )
    suffix = np.array(["号", "甲号", "乙号", "丙号", "丁号"])[hanging]
    texts = [
        f"{n}{end}" if s < 0 else f"{n}{end}附{s}号"
        for n, s, end in zip(number.tolist(), sub.tolist(), suffix.tolist(), strict=True)
    ]
    village = ground.village_at(points)
    points = ground.within(points, village)
    components = tree.add(Element.DOOR, parent, texts, number, sub)
    region = regions.villages[village]
    addresses = tree.address(components, region, Form.STREET, points, 3.0)
    plain = (sub < 0) & (hanging == 0)
    by_row = dict(zip(rows.tolist(), called, strict=True))
    must = {(name, n) for name, (_, numbers) in wanted.ROADS.items() for n in numbers}
    doors = {}
    for place in np.flatnonzero(plain & np.isin(number, [n for _, n in must])).tolist():
        at = (by_row.get(int(parent[place]), ""), int(number[place]))
        if at in must:
            doors[at] = (int(components[place]), int(addresses[place]))
    kept = np.flatnonzero(plain)
    return Streets(rows, tuple(called), doors, components[kept], points[kept], region[kept])
