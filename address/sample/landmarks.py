"""Places without a number of their own 地物: offices, greenhouses, salt works, harbours, shops."""

from __future__ import annotations

from typing import Final

import numpy as np

from address.model import AliasKind, Element, Form
from address.sample import names, wanted
from address.sample.estates import Estates
from address.sample.ground import Ground, Rows
from address.sample.regions import Regions, index_of_village
from address.sample.streets import Streets
from address.sample.tree import Tree, numbered
from address.sample.villages import Villages
from spatial.sample.plane import Floats

GREENHOUSES_M: Final = (250.0, 900.0)
SHOP_SHARE: Final = 0.35
"""Of what is not wanted: shops at doors and along estates, the rest in villages."""


def plant(
    tree: Tree,
    ground: Ground,
    regions: Regions,
    streets: Streets,
    estates: Estates,
    villages: Villages,
    budget: int,
    generator: np.random.Generator,
) -> None:
    """Add the places that must be there and about ``budget`` in all."""
    before = tree.addressed
    _wanted(tree, ground, regions, streets, estates)
    _offices(tree, ground, regions, villages)
    left = max(budget - (tree.addressed - before), 0)
    _shops(tree, regions, streets, round(left * SHOP_SHARE / 2), generator)
    _fronts(tree, ground, regions, estates, round(left * SHOP_SHARE / 2), generator)
    services = min(len(villages.peopled) * len(names.SERVICES), left // 4)
    _services(tree, ground, regions, villages, services, generator)
    _bay(tree, ground, regions, min(40, left // 50), generator)
    _greenhouses(tree, ground, regions, villages, max(budget - (tree.addressed - before), 0), generator)


def _one(tree: Tree, parent: int, name: str, region: int, point_m: Floats, number: int = -1) -> int:
    (row,) = tree.add(Element.OBJECT, parent, [name], number)
    tree.address(np.array([row], np.int32), region, Form.LANDMARK, point_m.reshape(1, 2), 10.0)
    return int(row)


def _wanted(tree: Tree, ground: Ground, regions: Regions, streets: Streets, estates: Estates) -> None:
    """What the well-known hard lines look for."""

    def at_door(road: str, number: int, name: str) -> int:
        place = int(np.flatnonzero(streets.door_rows == streets.doors[road, number][0])[0])
        return _one(
            tree,
            int(streets.door_rows[place]),
            name,
            int(streets.door_regions[place]),
            streets.door_points_m[place],
        )

    seat = at_door("圣城街", 595, "寿光市人民政府")
    tree.alias("寿光市政府", seat, AliasKind.COLLOQUIAL)
    hotel = at_door("菜都路", 188, "晨鸣国际大酒店")
    tree.alias("寿光晨鸣国际大酒店", hotel, AliasKind.COLLOQUIAL)
    for name, count in (("沿街商铺", 6),):
        index = estates.names.index("商务小区")
        for number in range(1, count + 1):
            point = estates.points_m[index] + np.array([30.0 + 8.0 * number, -90.0])
            _in_village(
                tree,
                ground,
                regions,
                int(estates.rows[index]),
                f"{name}{number}号",
                int(estates.villages[index]),
                point,
                number,
            )
    index = estates.names.index("寿光蔬菜高科技示范园")
    garden = _in_village(
        tree,
        ground,
        regions,
        int(estates.rows[index]),
        "寿光蔬菜高科技示范园",
        int(estates.villages[index]),
        estates.points_m[index],
    )
    tree.alias("蔬菜高科技示范园", garden, AliasKind.COLLOQUIAL)
    _on_quay(tree, ground, regions, streets)
    salt = [town.code for town in ground.towns].index("370783109000")
    _in_town(tree, ground, regions, salt, "岔河盐场", np.array([3500.0, 5200.0]))
    sheds = index_of_village(ground, "370783100220")
    _in_village(
        tree,
        ground,
        regions,
        int(regions.villages[sheds]),
        "大棚区",
        sheds,
        ground.village_hearts_m[sheds] + 260.0,
    )


def _on_quay(tree: Tree, ground: Ground, regions: Regions, streets: Streets) -> None:
    """The harbour at the eastern end of its road, where the numbers begin."""
    index = streets.names.index(wanted.HARBOUR_ROAD)
    end = ground.roads[index].line_m[:1] + np.array([[25.0, 0.0]])
    village = int(ground.village_at(end)[0])
    _in_village(tree, ground, regions, int(streets.rows[index]), "羊口渔港", village, end[0])


def _in_village(
    tree: Tree,
    ground: Ground,
    regions: Regions,
    parent: int,
    name: str,
    village: int,
    point_m: Floats,
    number: int = -1,
) -> int:
    where = np.array([village], dtype=np.int32)
    point = ground.within(point_m.reshape(1, 2), where)
    return _one(tree, parent, name, int(regions.villages[village]), point, number)


def _in_town(tree: Tree, ground: Ground, regions: Regions, town: int, name: str, offset_m: Floats) -> int:
    """A place of a town, wherever its point falls among the town's villages."""
    point = (ground.town_seats_m[town] + offset_m).reshape(1, 2)
    village = int(ground.village_at(point)[0])
    if ground.village_town[village] != town:
        own = np.flatnonzero(ground.village_town == town)
        village = int(own[np.argmin(np.hypot(*(ground.village_hearts_m[own] - point).T))])
    return _in_village(tree, ground, regions, int(regions.towns[town]), name, village, point)


def _offices(tree: Tree, ground: Ground, regions: Regions, villages: Villages) -> None:
    """Offices of towns, and of the villages and communities that have doors."""
    for town, division in enumerate(ground.towns):
        name = names.town_name(division.name)
        ending = "办事处" if name.endswith("街道") else "管委会" if name.endswith("园区") else "人民政府"
        _in_town(tree, ground, regions, town, name + ending, np.array([40.0, 30.0]))
    called, where = [], villages.peopled
    for village in where.tolist():
        each = ground.villages[village]
        called.append(names.village_name(each.name) + ("居委会" if each.urban else "村委会"))
    rows = tree.add(Element.OBJECT, regions.villages[where], called)
    tree.address(rows, regions.villages[where], Form.LANDMARK, ground.village_hearts_m[where], 10.0)


def _shops(
    tree: Tree, regions: Regions, streets: Streets, count: int, generator: np.random.Generator
) -> None:
    """Organisations at the doors of streets; one at a door."""
    count = min(count, len(streets.door_rows))
    chosen = generator.permutation(len(streets.door_rows))[:count]
    stems = generator.integers(0, len(names.SHOP_STEMS), count)
    kinds = generator.integers(0, len(names.SHOPS), count)
    called = [
        names.SHOP_STEMS[s] + names.SHOPS[k] for s, k in zip(stems.tolist(), kinds.tolist(), strict=True)
    ]
    rows = tree.add(Element.OBJECT, streets.door_rows[chosen], called)
    points = streets.door_points_m[chosen]
    tree.address(rows, streets.door_regions[chosen], Form.LANDMARK, points, 5.0)


def _fronts(
    tree: Tree, ground: Ground, regions: Regions, estates: Estates, count: int, generator: np.random.Generator
) -> None:
    """Numbered shops along the outside of estates 沿街商铺."""
    of = np.array([index for index, name in enumerate(estates.names) if name != "商务小区"])
    each = np.bincount(generator.integers(0, len(of), count), minlength=len(of))
    index = np.repeat(of, each)
    number = (np.arange(count) - np.repeat(np.cumsum(each) - each, each) + 1).astype(np.int32)
    rows = tree.add(Element.OBJECT, estates.rows[index], numbered(number, "号", "沿街商铺"), number)
    aside = np.column_stack([number * 7.0 - 150.0, np.full(count, -210.0)])
    villages = estates.villages[index]
    points = ground.within(estates.points_m[index] + aside, villages)
    tree.address(rows, regions.villages[villages], Form.LANDMARK, points, 5.0)


def _services(
    tree: Tree,
    ground: Ground,
    regions: Regions,
    villages: Villages,
    count: int,
    generator: np.random.Generator,
) -> None:
    """What most villages have: 卫生室, 泵站 …, named after the village."""
    pairs = generator.permutation(len(villages.peopled) * len(names.SERVICES))[:count]
    where, kind = villages.peopled[pairs // len(names.SERVICES)], pairs % len(names.SERVICES)
    called = [
        names.village_name(ground.villages[village].name) + names.SERVICES[k]
        for village, k in zip(where.tolist(), kind.tolist(), strict=True)
    ]
    rows = tree.add(Element.OBJECT, regions.villages[where], called)
    points = ground.within(ground.village_hearts_m[where] + generator.normal(0, 160, (len(where), 2)), where)
    tree.address(rows, regions.villages[where], Form.LANDMARK, points, 10.0)


def _bay(tree: Tree, ground: Ground, regions: Regions, count: int, generator: np.random.Generator) -> None:
    """Salt works and fish farms of the coast, by the town and a number."""
    codes = [town.code for town in ground.towns]
    coast = [codes.index(code) for code in ("370783115000", "370783109000", "370783103000")]
    for serial in range(count):
        town = coast[serial % len(coast)]
        kind = names.BAY_PLACES[serial // len(coast) % len(names.BAY_PLACES)]
        order = serial // (len(coast) * len(names.BAY_PLACES)) + 1
        name = f"{names.bare_town(names.town_name(ground.towns[town].name))}第{order}{kind}"
        _in_town(tree, ground, regions, town, name, generator.normal(0, 4500, 2))


def _greenhouses(
    tree: Tree,
    ground: Ground,
    regions: Regions,
    villages: Villages,
    count: int,
    generator: np.random.Generator,
) -> None:
    """Greenhouses in the fields around villages, numbered in each."""
    rural = np.array([village for village in villages.peopled.tolist() if not ground.villages[village].urban])
    each = np.bincount(generator.integers(0, len(rural), count), minlength=len(rural))
    where: Rows = np.repeat(rural, each).astype(np.int32)
    number = (np.arange(count) - np.repeat(np.cumsum(each) - each, each) + 1).astype(np.int32)
    rows = tree.add(Element.OBJECT, regions.villages[where], numbered(number, "号大棚"), number)
    angle, away = generator.uniform(0, 2 * np.pi, count), generator.uniform(*GREENHOUSES_M, count)
    aside = np.column_stack([np.cos(angle) * away, np.sin(angle) * away])
    points = ground.within(ground.village_hearts_m[where] + aside, where)
    tree.address(rows, regions.villages[where], Form.LANDMARK, points, 15.0)
