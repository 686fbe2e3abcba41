"""Estates, buildings, units and rooms 小区楼栋: large ones in the seat city, uneven as grown cities are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from address.model import AliasKind, Element, Form
from address.sample import names, wanted
from address.sample.ground import Ground, Rows
from address.sample.regions import Regions, index_of_village
from address.sample.streets import Streets
from address.sample.tree import Tree, numbered
from spatial.sample.plane import Floats

STOREYS: Final = np.array([5, 6, 11, 18, 26, 33])
STOREY_SHARES: Final = np.array([0.20, 0.30, 0.20, 0.14, 0.07, 0.09])
MOST_UNITS: Final = np.array([4, 4, 3, 2, 2, 1])
MOST_FLATS: Final = np.array([2, 2, 2, 4, 4, 6])
"""By storeys: how high a house is, how many units 单元 it may have and how many flats on a floor."""
ROOMS_PER_BUILDING: Final = 62
BUILDINGS_PER_ESTATE: Final = 17.0
URBAN: Final = 0.72
"""Share of estates in the two city towns 圣城, 洛城."""
YARDS: Final = 0.06
"""Share of yards that are no housing 单位院落: buildings without rooms."""
SPREAD_M: Final = 260.0
UNIT_STEP_M: Final = 14.0


@dataclass(frozen=True, slots=True)
class Estates:
    """Rows of the estates, where they lie, and rows of those that must be there by name."""

    rows: Rows
    names: tuple[str, ...]
    villages: Rows
    """Index of the village of each."""
    points_m: Floats
    wanted: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Buildings:
    """Buildings of all estates before their units: one value per building."""

    rows: Rows
    villages: Rows
    points_m: Floats
    units: Rows
    floors: Rows
    flats: Rows
    sided: Rows
    """1 where flats are told by side 东户, 西户."""


def plant(
    tree: Tree,
    ground: Ground,
    regions: Regions,
    streets: Streets,
    budget: int,
    generator: np.random.Generator,
) -> Estates:
    """Add estates with buildings, units and rooms, about ``budget`` addresses in all."""
    estates = _estates(tree, ground, regions, streets, budget, generator)
    must = _wanted_buildings(tree, ground, regions, estates)
    left = budget - sum(int((one.units * one.floors * one.flats).sum()) for one in must)
    buildings = [*must, _buildings(tree, ground, regions, estates, max(left, 0), generator)]
    _units(tree, regions, _joined(buildings))
    return estates


def _estates(
    tree: Tree,
    ground: Ground,
    regions: Regions,
    streets: Streets,
    budget: int,
    generator: np.random.Generator,
) -> Estates:
    count = max(4, round(budget / (ROOMS_PER_BUILDING * BUILDINGS_PER_ESTATE)))
    fixed = [_village(ground, estate.village) for estate in wanted.ESTATES]
    urban = np.isin(ground.village_town, (0, 3))
    community = np.array([village.urban for village in ground.villages])
    distance = np.hypot(*(ground.village_hearts_m - ground.town_seats_m[ground.village_town]).T)
    pull = np.exp(-distance / 1500.0) * np.where(community, 4.0, 1.0)
    weight = np.where(urban, URBAN * pull / pull[urban].sum(), (1 - URBAN) * pull / pull[~urban].sum())
    chosen = generator.choice(len(ground.villages), count, p=weight / weight.sum()).astype(np.int32)
    villages = np.concatenate([np.array(fixed), chosen]).astype(np.int32)
    called = [estate.name for estate in wanted.ESTATES] + _names(ground, chosen, generator)
    points = ground.village_hearts_m[villages] + generator.normal(0, 320, (len(villages), 2))
    points = ground.within(points, villages)
    region = regions.villages[villages]
    rows = tree.add(Element.ESTATE, region, called)
    main = tree.address(rows, region, Form.ESTATE, points, 5.0)
    for estate, row, address in zip(wanted.ESTATES, rows.tolist(), main.tolist(), strict=False):
        if estate.alias:
            tree.alias(estate.alias, row, AliasKind.COLLOQUIAL)
        if estate.street_door:
            road, number = estate.street_door
            tree.alias(f"{road}{number}号", row, AliasKind.DEPARTMENT)
            tree.auxiliary(streets.doors[road, number][0], address)
    for row, name in zip(rows.tolist(), called, strict=True):
        if name.endswith("小区") and generator.random() < 0.5:
            tree.alias(name.removesuffix("小区") + "家属院", row, AliasKind.FORMER)
    return Estates(rows, tuple(called), villages, points, dict(zip(called, rows.tolist(), strict=True)))


def _village(ground: Ground, code: str) -> int:
    if len(code) == 12:
        return index_of_village(ground, code)
    town = [each.code[:9] for each in ground.towns].index(code)
    away = np.hypot(*(ground.village_hearts_m - ground.town_seats_m[town]).T)
    return int(np.argmin(np.where(ground.village_town == town, away, np.inf)))


def _names(ground: Ground, villages: Rows, generator: np.random.Generator) -> list[str]:
    """Single in their town; towns share some."""
    taken = {
        (int(ground.village_town[_village(ground, estate.village)]), estate.name) for estate in wanted.ESTATES
    }
    called = []
    pools = {
        town: names.mixed(names.ESTATE_STEMS, names.ESTATE_KINDS, generator)
        for town in range(len(ground.towns))
    }
    yards = {
        town: names.mixed(names.ESTATE_STEMS, names.YARD_KINDS, generator)
        for town in range(len(ground.towns))
    }
    lot = generator.random(len(villages))
    phases: dict[int, int] = {}
    for place, town in enumerate(ground.village_town[villages].tolist()):
        source = yards if lot[place] < YARDS else pools
        name = next((one for one in source[town] if (town, one) not in taken), None)
        if name is None:  # more estates than names: phases of a like name
            phases[town] = phases.get(town, 0) + 1
            name = f"{names.bare_town(names.town_name(ground.towns[town].name))}新居{phases[town]}区"
        taken.add((town, name))
        called.append(name)
    return called


def _wanted_buildings(tree: Tree, ground: Ground, regions: Regions, estates: Estates) -> list[_Buildings]:
    made = []
    for index, estate in enumerate(wanted.ESTATES):
        parents = np.array([estates.rows[index]], dtype=np.int32)
        if estate.sections:
            parents = tree.add(Element.SECTION, parents[0], estate.sections)
        for parent in parents.tolist():
            named, numbers = list(estate.buildings), list(estate.numbers)
            count = len(named) + len(numbers)
            halls = [int(name.removesuffix("号厅")) if name.endswith("号厅") else -1 for name in named]
            rows = tree.add(
                Element.BUILDING,
                parent,
                [f"{number}号楼" for number in numbers] + named,
                numbers + halls,
            )
            villages = np.full(count, estates.villages[index], dtype=np.int32)
            points = ground.within(estates.points_m[index] + _grid(count), villages)
            tree.address(rows, regions.villages[villages], Form.ESTATE, points, 4.0)
            flats = 2 if estate.floors else 0
            sided = estate.rooms == "sided"
            made.append(
                _Buildings(
                    rows,
                    villages,
                    points,
                    *(_full(n, count) for n in (estate.units, estate.floors, flats, sided)),
                )
            )
    return made


def _buildings(
    tree: Tree,
    ground: Ground,
    regions: Regions,
    estates: Estates,
    budget: int,
    generator: np.random.Generator,
) -> _Buildings:
    """Buildings of the estates that are not prescribed, cut off where the budget is used up."""
    first = len(wanted.ESTATES)
    count = len(estates.rows) - first
    kinds = generator.choice(len(STOREYS), count, p=STOREY_SHARES)
    yards = np.array([name.endswith(names.YARD_KINDS) for name in estates.names])[first:]
    expected = np.where(yards, 1.0, (STOREYS * (1 + MOST_UNITS) / 2 * (1.4 + 0.3 * MOST_FLATS))[kinds])
    raw = generator.lognormal(0.0, 0.8, count)
    sizes = np.clip(np.rint(raw * budget / (raw * expected).sum()), 1, 140).astype(int)
    estate = np.repeat(np.arange(first, first + count), sizes)
    serial = np.arange(len(estate)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    skips = np.repeat(generator.integers(0, 3, count), sizes)  # 0: none; 1: no 4; 2: no 4, 13, 14
    number = serial + 1
    number += (skips >= 1) & (number >= 4)
    number += 2 * ((skips == 2) & (number >= 13))
    kind = np.repeat(kinds, sizes)
    kind = np.where(generator.random(len(kind)) < 0.15, (kind + 1) % len(STOREYS), kind)
    units = 1 + (generator.random(len(kind)) * MOST_UNITS[kind]).astype(int)
    flats = np.where(generator.random(len(kind)) < 0.7, 2, MOST_FLATS[kind])
    towers = np.repeat(generator.random(count) < 0.05, sizes) & (number <= 26)
    floors = np.where(np.repeat(yards, sizes), 0, STOREYS[kind])
    kept = np.cumsum(units * (floors * flats + 1) + 1) <= max(budget, 1)
    kept[0] = True
    estate, number, units, floors, flats, towers = (
        values[kept] for values in (estate, number, units, floors, flats, towers)
    )
    letters = np.array([chr(64 + n) for n in range(1, 27)])
    called = [
        f"{letters[n - 1]}座" if tower else f"{n}号楼"
        for n, tower in zip(number.tolist(), towers.tolist(), strict=True)
    ]
    rows = tree.add(Element.BUILDING, estates.rows[estate], called, np.where(towers, -1, number))
    villages = estates.villages[estate]
    points = ground.within(estates.points_m[estate] + _cells(serial[kept].astype(np.int32)), villages)
    tree.address(rows, regions.villages[villages], Form.ESTATE, points, 4.0)
    sided = np.zeros(len(rows), dtype=np.int32)
    return _Buildings(rows, villages, points, *(v.astype(np.int32) for v in (units, floors, flats, sided)))


def _units(tree: Tree, regions: Regions, buildings: _Buildings) -> None:
    """Units of the buildings that have rooms, and the rooms of all floors."""
    live = np.flatnonzero(buildings.floors > 0)
    times = buildings.units[live]
    of = np.repeat(live, times)
    number = (np.arange(len(of)) - np.repeat(np.cumsum(times) - times, times) + 1).astype(np.int32)
    units = tree.add(Element.UNIT, buildings.rows[of], numbered(number, "单元"), number)
    region = regions.villages[buildings.villages[of]]
    points = buildings.points_m[of] + np.column_stack([number * 0.4, np.zeros(len(of))])
    tree.address(units, region, Form.ESTATE, points, 4.0)

    each = buildings.floors[of] * buildings.flats[of]
    at = np.repeat(np.arange(len(of)), each)
    serial = np.arange(len(at)) - np.repeat(np.cumsum(each) - each, each)
    flats = buildings.flats[of][at]
    floor, flat = serial // flats + 1, serial % flats + 1
    sided = buildings.sided[of][at] == 1
    number = np.where(sided, floor, floor * 100 + flat).astype(np.int32)
    plain = numbered(number, "室")
    side = pa.array(np.where(flat == 1, "层东户", "层西户"))
    bysides = pc.binary_join_element_wise(pc.cast(pa.array(floor), pa.string()), side, "")
    rooms = tree.add(Element.ROOM, units[at], pc.if_else(pa.array(sided), bysides, plain), number)
    tree.address(rooms, region[at], Form.ESTATE, points[at], 8.0)


def _joined(parts: list[_Buildings]) -> _Buildings:
    fields = ("rows", "villages", "points_m", "units", "floors", "flats", "sided")
    return _Buildings(*(np.concatenate([getattr(part, name) for part in parts]) for name in fields))


def _grid(count: int) -> Floats:
    return _cells(np.arange(count, dtype=np.int32))


def _cells(serial: Rows) -> Floats:
    """Places in an estate in the order of the numbers: rows of six, from the north 北起."""
    cells: Floats = np.column_stack([(serial % 6 - 2.5) * 48.0, 60.0 - (serial // 6) * 42.0])
    return cells


def _full(value: int, count: int) -> Rows:
    filled: Rows = np.full(count, value, dtype=np.int32)
    return filled
