"""Divisions of the sample register: the real ones, overlays, and made-up former units 区划与旧建制."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from address.model import AliasKind, Element
from address.sample import names
from address.sample.ground import Ground, Rows
from address.sample.tree import Tree

PREFECTURE: Final = ("370700", "潍坊市")
PROVINCE: Final = ("37", "山东省")

FORMER_TOWNS: Final = (
    ("弥河镇", "370783006000"),
    ("寒桥镇", "370783005000"),
    ("丰城镇", "370783100000"),
    ("马店乡", "370783003000"),
    ("田马镇", "370783112000"),
)
"""Former units 旧建制 of the *sample* and what took their place. That these names live on in text
is known; kind and successor are unverified and made up here from the names of villages."""

ZONES: Final = (
    ("工业区", "370783104000"),
    ("双王城生态经济园区", "370783400000"),
    ("蔬菜产业园区", "370783005000"),
    ("滨海经济开发区", "370783115000"),
)
"""Overlays 功能区 and the town in which each lies, which stands for their parent."""

_MISWRITTEN: Final = (
    ("羊口镇", "羊囗镇"),
    ("上口镇", "上囗镇"),
    ("侯镇", "候镇"),
    ("纪台镇", "记台镇"),
    ("圣城街道", "盛城街道"),
    ("化龙镇", "化尤镇"),
    ("稻田镇", "道田镇"),
)


@dataclass(frozen=True, slots=True)
class Regions:
    """Rows of the divisions."""

    county: int
    towns: Rows
    """In the order of the ground's towns."""
    villages: Rows
    """In the order of the ground's villages."""
    zones: Rows


def plant(tree: Tree, ground: Ground) -> Regions:
    """Add province, prefecture, county, towns, villages, overlays, former towns, and their aliases."""
    (province,) = tree.add(Element.PROVINCE, -1, [PROVINCE[1]], code=[PROVINCE[0]])
    (prefecture,) = tree.add(Element.PREFECTURE, province, [PREFECTURE[1]], code=[PREFECTURE[0][:4]])
    (county,) = tree.add(Element.COUNTY, prefecture, ["寿光市"], code=["370783"])
    codes = [town.code for town in ground.towns]
    town_names = [names.town_name(town.name) for town in ground.towns]
    towns = tree.add(Element.TOWN, county, town_names, code=codes)
    former = tree.add(Element.TOWN, county, [name for name, _ in FORMER_TOWNS])
    for row, (_, code) in zip(former.tolist(), FORMER_TOWNS, strict=True):
        tree.retire(row, int(towns[codes.index(code)]))
    zones = tree.add(
        Element.ZONE, [towns[codes.index(code)] for _, code in ZONES], [name for name, _ in ZONES]
    )
    villages = tree.add(
        Element.VILLAGE,
        towns[ground.village_town],
        [names.village_name(village.name) for village in ground.villages],
        code=[village.code for village in ground.villages],
    )
    for text, row in (("鲁", province), ("山东", province), ("潍坊", prefecture), ("寿光", county)):
        tree.alias(text, row, AliasKind.COLLOQUIAL)
    tree.alias("寿光县", county, AliasKind.FORMER)
    _town_aliases(tree, towns, town_names)
    _village_aliases(tree, ground, villages)
    return Regions(int(county), towns, villages, zones)


def _town_aliases(tree: Tree, towns: Rows, town_names: list[str]) -> None:
    wrong = dict(_MISWRITTEN)
    for row, name in zip(towns.tolist(), town_names, strict=True):
        bare = names.bare_town(name)
        if bare != name:
            tree.alias(bare, row, AliasKind.COLLOQUIAL)
        if name.endswith("街道"):
            tree.alias(f"{name}办事处", row, AliasKind.DEPARTMENT)
            tree.alias(f"{bare}街办", row, AliasKind.DEPARTMENT)
        elif name.endswith("镇"):
            tree.alias(f"{name}人民政府", row, AliasKind.DEPARTMENT)
        else:
            tree.alias(f"{name}管委会", row, AliasKind.DEPARTMENT)
        if name in wrong:
            tree.alias(wrong[name], row, AliasKind.MISWRITTEN)


def _village_aliases(tree: Tree, ground: Ground, villages: Rows) -> None:
    for row, village in zip(villages.tolist(), ground.villages, strict=True):
        standard, bare = names.village_name(village.name), names.bare_village(village.name)
        tree.alias(village.name, row, AliasKind.DEPARTMENT)
        if bare != standard:
            tree.alias(bare, row, AliasKind.COLLOQUIAL)


def index_of_village(ground: Ground, code: str) -> int:
    """Place of a village in the ground by its code; LookupError where there is none."""
    found = np.flatnonzero([village.code == code for village in ground.villages])
    if not len(found):
        raise LookupError(f"no village of this code in divisions.csv: {code}")
    return int(found[0])
