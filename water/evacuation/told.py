"""What is told of an evacuation 转移成果: its summary; times are seconds since its beginning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from address.model import Element
from water.evacuation.bridges import Crossing, Passing
from water.evacuation.evacuating import numbered
from water.evacuation.hazard import DRY, Declared
from water.evacuation.model import FATES, Evacuation, Fate, Shelter
from water.evacuation.reading import Asset, Region
from water.flood.run import Levels

Document = dict[str, Any]
Ints = NDArray[np.int64]
REASONS: Mapping[Fate, tuple[str, str]] = {
    Fate.CUT_OFF: ("出发时已无安全出路", "no safe way is left when its people are ready"),
    Fate.OFF_ROAD: ("距可通行道路过远", "too far from any road that the mode passes"),
    Fate.NO_ROOM: ("能到达的避难场所容量不足", "the shelters that can be reached are full"),
}


NO_LEVEL: Mapping[Levels | None, tuple[str, str]] = {
    Levels.KNOWN: ("桥下有网格缺水位", "cells under it have none"),
    Levels.KEPT_BEFORE: (
        "该推演保存时尚不记录最高水位;请以 flood-replay 重演一次,再用新推演求转移",
        "its run was kept before levels were; run it once more with flood-replay and take the new run",
    ),
    Levels.OTHER_DATUM: (
        "该推演的高程不是 1985 国家高程基准,不能与梁底相比",
        "heights of its run are not of the datum of 1985 and cannot be held against girders",
    ),
    None: (
        "所给淹没范围没有水位 level_m;请补上",
        "the extent that was handed in says no level_m; add it",
    ),
}
"""Why nobody knows how high the water stands, and what to do."""


def summary(
    made: Evacuation,
    shelters: Sequence[Shelter],
    regions: Mapping[str, Region],
    assets: Iterable[Asset],
    declared: Declared,
) -> Document:
    """Totals, by town and village, shelters, who goes where, who cannot and why, assets."""
    towns = {region: town_of(region, regions) for region in set(made.addresses.regions)}
    of_town = [towns[region] or "" for region in made.addresses.regions]
    return {
        "total": figures(made, np.arange(len(made.addresses)), declared),
        "towns": _grouped(made, of_town, regions, declared),
        "villages": [
            {**each, "town": regions[towns[each["id"]] or ""].name if towns[each["id"]] else None}
            for each in _grouped(made, made.addresses.regions, regions, declared)
        ],
        "shelters": [_shelter(one, made) for one in shelters],
        "assignments": _assignments(made, regions),
        "unassigned": _unassigned(made, regions),
        "person_s": made.assignment.person_s,
        "optimality_gap_person_s": made.assignment.gap,
        "assets": [_asset(each, declared) for each in assets],
    }


def told_of_bridges(
    crossed: Iterable[Crossing], unmarked: Sequence[str], *, marked: bool, levels: Levels | None
) -> Document:
    """The bridges over the water, and the roads over standing water of which nobody says what carries them.

    ``marked``: whether the layer of roads tells of bridges at all; ``levels``: whether the flood tells how
    high its water stands, None for an extent that was handed in without.
    """
    return {
        "bridges": [
            {
                "road": each.bridge.road,
                "name": each.bridge.name,
                "passing": each.passing.value,
                "low_chord_m": each.bridge.low_chord_m,
                "level_m": None if each.level_m is None else round(each.level_m, 3),
                "told": dict(zip(("zh", "en"), _of_bridge(each, levels), strict=True)),
            }
            for each in crossed
        ],
        "bridges_marked": marked,
        "unmarked_crossings": list(unmarked),
    }


def _of_bridge(one: Crossing, levels: Levels | None) -> tuple[str, str]:
    if one.passing is Passing.OPEN:
        return "最高水位低于梁底,桥面可通行", "the highest water stays below its girders: it can be passed"
    if one.passing is Passing.REACHED:
        return (
            "最高水位达到梁底,按桥下水深判断何时不能通行",
            "the highest water reaches its girders: closed by the depth under it",
        )
    if one.bridge.low_chord_m is None:
        return (
            "梁底高程未填,按桥下水深判断何时不能通行",
            "nobody says how high its girders are: closed by the depth under it",
        )
    zh, en = NO_LEVEL[levels]
    return (
        f"水位不明({zh}),按桥下水深判断何时不能通行",
        f"how high the water stands is not known ({en}): closed by the depth under it",
    )


def figures(made: Evacuation, rows: Ints, declared: Declared) -> Document:
    """Figures of some of the addresses."""
    addresses, exposed = made.addresses, made.addresses.exposed.of(rows)
    people, fates, leave_by = addresses.people[rows], made.fates[rows], made.leave_by_s[rows]
    before_water = (leave_by < exposed.arrival_s) & (exposed.arrival_s > 0)
    return {
        "addresses": len(rows),
        "people": int(people.sum()),
        "deepest_m": _most(exposed.depth_m),
        "first_arrival_s": _least(exposed.arrival_s),
        "leave_by_s": _least(leave_by[leave_by > -np.inf]),
        "cut_off_before_water": int(before_water.sum()),
        "hazard": [
            {"code": one.code, "addresses": int(of.sum()), "people": int(people[of].sum())}
            for place, one in enumerate(declared.classes)
            if (of := exposed.hazard == place).any()
        ],
        "fates": {
            fate.value: {"addresses": int(of.sum()), "people": int(people[of].sum())}
            for place, fate in enumerate(FATES)
            if (of := fates == place).any()
        },
    }


def town_of(region: str, regions: Mapping[str, Region]) -> str | None:
    """The town that a village lies in; None where the register does not say."""
    at: str | None = region
    while at is not None and at in regions:
        if regions[at].element <= Element.TOWN:
            return at if regions[at].element == Element.TOWN else None
        at = regions[at].parent
    return None


def seconds(value: float) -> float | None:
    """A time as JSON has it: null where it never is or always was."""
    return round(float(value), 1) if isfinite(value) else None


def _grouped(
    made: Evacuation, of: Sequence[str], regions: Mapping[str, Region], declared: Declared
) -> list[Document]:
    names, group = numbered(of)
    order = np.argsort(group, kind="stable")
    bounds = np.searchsorted(group[order], np.arange(len(names) + 1))
    return [
        {
            "id": name,
            **_named(name, regions),
            **figures(made, order[bounds[place] : bounds[place + 1]], declared),
        }
        for place, name in enumerate(names)
    ]


def _named(region: str, regions: Mapping[str, Region]) -> Document:
    found = regions.get(region)
    return {"code": found.code if found else None, "name": found.name if found else None}


def _shelter(one: Shelter, made: Evacuation) -> Document:
    place = next((at for at, each in enumerate(made.shelters) if each.id == one.id), None)
    reason = None
    if one.depth_m > 0:
        reason = {"zh": "进水,不能使用", "en": "under water, cannot be used"}
    elif not one.in_service:
        reason = {"zh": "不在用", "en": "not in service"}
    elif one.capacity is None:
        reason = {"zh": "未填容量", "en": "its capacity is not known"}
    return {
        "id": one.id,
        "name": one.name,
        "capacity": one.capacity,
        "assigned": 0 if place is None else int(made.assignment.people[:, place].sum()),
        "depth_m": round(one.depth_m, 3),
        "unused": reason,
    }


def _assignments(made: Evacuation, regions: Mapping[str, Region]) -> list[Document]:
    found = []
    for unit, shelter in np.argwhere(made.assignment.people > 0).tolist():
        village, edge = made.units[unit]
        found.append(
            {
                "unit": village if edge < 0 else f"{village}/{edge}",
                "village": village,
                **_named(village, regions),
                "shelter": made.shelters[shelter].id,
                "shelter_name": made.shelters[shelter].name,
                "people": int(made.assignment.people[unit, shelter]),
                "journey_s": seconds(made.journeys_s[unit, shelter]),
            }
        )
    return found


def _unassigned(made: Evacuation, regions: Mapping[str, Region]) -> list[Document]:
    """By village and reason, those that no shelter takes."""
    missing = made.addresses.people - made.housed
    groups: dict[tuple[str, Fate], list[int]] = {}
    for row in np.flatnonzero((missing > 0) | (made.fates != FATES.index(Fate.LEAVES))).tolist():
        groups.setdefault((made.addresses.regions[row], FATES[made.fates[row]]), []).append(row)
    return [
        {
            "village": village,
            **_named(village, regions),
            "reason": fate.value,
            "told": {"zh": REASONS[fate][0], "en": REASONS[fate][1]},
            "addresses": len(rows),
            "people": int(missing[rows].sum()),
        }
        for (village, fate), rows in sorted(groups.items())
    ]


def _asset(one: Asset, declared: Declared) -> Document:
    numbers = [number for number in one.numbers if number is not None]
    return {
        "layer": one.layer,
        "count": len(one.ids),
        **({"sum_of": one.summed, "sum": round(sum(numbers), 2)} if one.summed else {}),
        "deepest_m": _most(one.exposed.depth_m),
        "first_arrival_s": _least(one.exposed.arrival_s),
        "hazard": [
            {"code": each.code, "count": int(of.sum())}
            for place, each in enumerate(declared.classes)
            if (of := one.exposed.hazard == place).any()
        ],
    }


def hazard_code(place: int, declared: Declared) -> str | None:
    """The code of a class by its place."""
    return None if place == DRY else declared.classes[place].code


def _most(values: NDArray[np.float32]) -> float | None:
    return round(float(values.max()), 3) if len(values) else None


def _least(values: NDArray[Any]) -> float | None:
    return seconds(float(values.min())) if len(values) else None
