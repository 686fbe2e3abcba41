"""Doors of villages 村组门牌: around the village's heart, some by group or hamlet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from address.model import Element, Form
from address.sample import names, wanted
from address.sample.ground import Ground, Rows
from address.sample.regions import Regions, index_of_village
from address.sample.tree import Tree, numbered
from spatial.sample.plane import Floats

LEAST_DOORS: Final = 80
MOST_DOORS: Final = 400
TYPICAL_DOORS: Final = 185.0
PLOT_M: Final = (17.0, 24.0)
"""A farmstead's width along the lane, and the distance of lanes."""
GROUPED: Final = 0.12
"""Share of villages whose doors go by group 村民组."""
WITH_HAMLET: Final = 0.06
WITH_LANES: Final = 0.08


@dataclass(frozen=True, slots=True)
class Villages:
    """Which villages have doors in this sample, in the order in which they got them."""

    peopled: Rows


def plant(
    tree: Tree, ground: Ground, regions: Regions, budget: int, generator: np.random.Generator
) -> Villages:
    """Add hamlets, groups, village lanes and about ``budget`` doors."""
    peopled = _peopled(ground, budget, generator)
    counts = _counts(budget, len(peopled), generator)
    parent, number, village, serial = _numbers(tree, regions, peopled, counts, generator)
    sub = np.full(len(number), -1, dtype=np.int32)
    more_parent, more_number, more_sub, more_village = _further(
        ground, regions, parent, number, village, generator
    )
    parent, number, sub, village, serial = (
        np.concatenate(pair)
        for pair in (
            (parent, more_parent),
            (number, more_number),
            (sub, more_sub),
            (village, more_village),
            (serial, np.full(len(more_number), 40, dtype=np.int32) + np.arange(len(more_number)) % 30),
        )
    )
    texts = numbered(number, "号")
    held = sub >= 0
    if held.any():
        bare = texts.to_numpy(zero_copy_only=False)
        bare[held] = [f"{n}号附{s}号" for n, s in zip(number[held].tolist(), sub[held].tolist(), strict=True)]
        texts = pa.array(bare, pa.string())
    points = ground.within(_places(ground, village, serial, generator), village)
    rows = tree.add(Element.DOOR, parent, texts, number, sub)
    tree.address(rows, regions.villages[village], Form.VILLAGE, points, 5.0)
    return Villages(peopled)


def _peopled(ground: Ground, budget: int, generator: np.random.Generator) -> Rows:
    """Those that must come first, then others by lot; communities have few farmsteads and come last."""
    must = [index_of_village(ground, code) for code in wanted.VILLAGES]
    urban = np.array([village.urban for village in ground.villages])
    lot = generator.random(len(urban)) + urban
    lot[must] = -1.0
    wished = int(np.clip(budget / TYPICAL_DOORS, len(must), len(urban)))
    peopled: Rows = np.argsort(lot, kind="stable")[:wished].astype(np.int32)
    return peopled


def _counts(budget: int, villages: int, generator: np.random.Generator) -> Rows:
    raw = np.clip(generator.lognormal(np.log(TYPICAL_DOORS), 0.45, villages), LEAST_DOORS, MOST_DOORS)
    counts: Rows = np.maximum(raw * min(1.0, budget / raw.sum()), 3).astype(np.int32)
    return counts


def _numbers(
    tree: Tree, regions: Regions, peopled: Rows, counts: Rows, generator: np.random.Generator
) -> tuple[Rows, Rows, Rows, Rows]:
    """Parent, number, village and serial place of the doors; a few numbers are left out 空号."""
    village = np.repeat(peopled, counts)
    serial = (np.arange(len(village)) - np.repeat(np.cumsum(counts) - counts, counts)).astype(np.int32)
    gaps = (generator.random(len(village)) < 0.05).astype(np.int32)
    total = np.cumsum(gaps)
    before = np.repeat(np.concatenate([[0], total[np.cumsum(counts)[:-1] - 1]]), counts)
    number = (serial + 1 + total - before).astype(np.int32)
    parent = regions.villages[village].copy()
    lot = generator.random(len(peopled))
    for index in np.flatnonzero(lot < GROUPED + WITH_HAMLET + WITH_LANES).tolist():
        place = slice(int(counts[:index].sum()), int(counts[: index + 1].sum()))
        home = int(regions.villages[peopled[index]])
        if lot[index] < GROUPED:
            groups = 2 + index % 5
            rows = tree.add(
                Element.GROUP, home, numbered(np.arange(1, groups + 1), "组"), np.arange(1, groups + 1)
            )
            share = -(-int(counts[index]) // groups)
            parent[place] = rows[serial[place] // share]
            number[place] = serial[place] % share + 1
        elif lot[index] < GROUPED + WITH_HAMLET:
            family = names.HAMLET_FAMILIES[index % len(names.HAMLET_FAMILIES)]
            called = names.HAMLET_STEMS[index % len(names.HAMLET_STEMS)] + family + "家庄"
            (row,) = tree.add(Element.HAMLET, home, [called])
            far = serial[place] >= int(counts[index]) * 2 // 3
            parent[place] = np.where(far, row, home)
        else:
            stem = names.LANE_STEMS[index % len(names.LANE_STEMS)]
            (row,) = tree.add(Element.LANE, home, [f"{stem}巷"])
            far = serial[place] >= int(counts[index]) * 4 // 5
            parent[place] = np.where(far, row, home)
    return parent, number, village, serial


def _further(
    ground: Ground,
    regions: Regions,
    parent: Rows,
    number: Rows,
    village: Rows,
    generator: np.random.Generator,
) -> tuple[Rows, Rows, Rows, Rows]:
    """附号 of farmsteads that were divided, and the doors that must be there and are not yet."""
    home = parent == regions.villages[village]
    divided = np.flatnonzero(home & (generator.random(len(number)) < 0.02))
    held = set(zip(village[home].tolist(), number[home].tolist(), strict=True))
    more = [(int(village[at]), int(number[at]), 1) for at in divided.tolist()]
    for code, doors in wanted.VILLAGE_DOORS.items():
        here = index_of_village(ground, code)
        more += [(here, n, s) for n, s in doors if s >= 0 or (here, n) not in held]
    more = list(dict.fromkeys(more))
    where, numbers, subs = (np.array(values, dtype=np.int32) for values in zip(*more, strict=True))
    return regions.villages[where], numbers, subs, where


def _places(ground: Ground, village: Rows, serial: Rows, generator: np.random.Generator) -> Floats:
    """Farmsteads in lanes around the heart, nearest first; each village turned its own way."""
    side = 22
    x, y = np.meshgrid(np.arange(side) - (side - 1) / 2, np.arange(side) - (side - 1) / 2)
    cells = np.column_stack([x.ravel() * PLOT_M[0], y.ravel() * PLOT_M[1]])
    cells = cells[np.argsort(np.hypot(*cells.T), kind="stable")]
    turn = generator.uniform(0, np.pi / 2, len(ground.villages))[village]
    cell = cells[serial % len(cells)]
    jitter = generator.uniform(-3, 3, cell.shape)
    turned = np.column_stack(
        [
            cell[:, 0] * np.cos(turn) - cell[:, 1] * np.sin(turn),
            cell[:, 0] * np.sin(turn) + cell[:, 1] * np.cos(turn),
        ]
    )
    places: Floats = ground.village_hearts_m[village] + turned + jitter
    return places
