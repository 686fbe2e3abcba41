"""The control layers of the sample city 样例管控图层: what its plan protects, allows and binds.

Every one is made of whole parcels, alone or joined, so that edges agree with the survey to
the last digit, the three control lines do not overlap, and the zones cover the city.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely

from planning.land_use import survey_mapping
from planning.sample.ground import Flags, Geometries, Ground, Ints, Texts
from spatial.datum import frame, legal_areas_m2
from spatial.sample.plane import to_plane

_RESERVE_DEG: Final = (118.905, 37.215)
_RESERVE_M: Final = (4_200.0, 1_900.0)
"""Radii of the invented reserve at the coast and of its core."""
_COAST_M: Final = 18_000.0


@dataclass(frozen=True, slots=True)
class Groups:
    """Parcels joined to areas."""

    polygons: Geometries
    key: Texts
    """What each area is, as it was asked for."""
    village: Ints
    """The village it lies in."""
    area_m2: np.ndarray[tuple[int], np.dtype[np.float64]]
    parcels: Ints
    """One parcel of each, for what is said of it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the plan says of each parcel."""

    urban: Texts
    """Zone of the urban boundary: 410, 420, 430, or nothing."""
    redline: Flags
    core: Flags
    """Of the redline: core of the reserve."""
    farmland: Flags
    """Permanent basic farmland."""
    zone: Texts
    """规划分区."""
    planned: Texts
    """规划用地用海 of 2023 within the boundary, else nothing."""


def plan(ground: Ground) -> Plan:
    """The plan over the parcels."""
    wet = np.isin(ground.dlbm, ("1101", "1106"))
    park = np.isin(ground.dlbm, ("0810", "0810A"))
    out = ground.urban
    urban = np.where(out < 1.06, "410", np.where(out < 1.2, "420", "")).astype("<U3")
    urban = np.where((urban == "410") & park, "430", urban)
    urban = np.where(wet, "", urban)
    away = np.hypot(*(ground.middle_m - to_plane(np.array(_RESERVE_DEG))).T)
    built = np.isin(ground.dlbm, ("0601", "0702", "0701", "1003", "05H1"))
    river = wet & (ground.middle_m[:, 1] < 0) & (ground.river_m < 200)
    redline = ((away < _RESERVE_M[0]) & ~built & (urban == "")) | river
    core = redline & (away < _RESERVE_M[1])
    arable = np.char.startswith(ground.dlbm, "01")
    farmland = arable & (urban == "") & ~redline & (ground.chance < 0.9)
    zone = np.full(len(urban), "500", dtype="<U3")
    zone[ground.dlbm == "0603"] = "700"
    zone[np.isin(ground.dlbm, ("1101", "1106", "1105", "0301", "0307"))] = "200"
    zone[farmland] = "300"
    zone[redline] = "100"
    zone[urban != ""] = "400"
    return Plan(urban, redline, core, farmland, zone, _planned(ground, urban))


def _planned(ground: Ground, urban: Texts) -> Texts:
    """What stands there stays; what is not built yet becomes homes, works, trade or green."""
    table = survey_mapping()
    coarse = {"0601": "100101", "0701": "070102", "05H1": "0901", "08H2": "080403", "0809": "1303"}
    codes = {each: coarse.get(each) or table[each].code or table[each].likely or "" for each in table}
    stays = np.array([codes[each] for each in ground.dlbm], dtype="<U6")
    new = np.array(["070102", "100101", "0901", "1401", "080403", "1302"])[
        np.searchsorted([0.4, 0.62, 0.76, 0.9, 0.96], ground.chance)
    ]
    open_land = ~np.isin(
        ground.dlbm, ("0601", "0701", "0702", "05H1", "08H1", "08H2", "0810", "0809", "0508")
    )
    road = ground.strip > 0
    planned = np.where(road, "1207", np.where(open_land, new, stays))
    return np.where(urban == "", "", planned).astype("<U6")


def joined(ground: Ground, kept: Flags, key: Texts) -> Groups:
    """Parcels of one key and village as areas, one a piece."""
    chosen = np.flatnonzero(kept)
    order = chosen[np.lexsort((chosen, ground.village[chosen], key[chosen]))]
    edges = np.flatnonzero(
        np.r_[
            True,
            (key[order][1:] != key[order][:-1]) | (ground.village[order][1:] != ground.village[order][:-1]),
        ]
        if len(order)
        else np.zeros(0, bool)
    )
    polygons: list[shapely.Polygon] = []
    first: list[int] = []
    for start, end in zip(edges, np.r_[edges[1:], len(order)].astype(int), strict=True):
        parts = shapely.get_parts(shapely.coverage_union_all(ground.polygons[order[start:end]]))
        polygons += parts.tolist()
        first += [int(order[start])] * len(parts)
    shapes, parcels = np.array(polygons, dtype=object), np.array(first, dtype=np.int64)
    areas = (
        legal_areas_m2(shapes, frame("EPSG:4549"), given_in=frame("EPSG:4490"))
        if len(shapes)
        else np.zeros(0)
    )
    return Groups(shapes, key[parcels], ground.village[parcels], areas, parcels)


def single(ground: Ground, kept: Flags, key: Texts) -> Groups:
    """The parcels themselves."""
    parcels = np.flatnonzero(kept)
    return Groups(
        ground.polygons[parcels], key[parcels], ground.village[parcels], ground.area_m2[parcels], parcels
    )


def hazard(ground: Ground) -> Texts:
    """Proneness by village, smoothly spread."""
    x, y = ground.middle_m.T
    wave = np.sin(x / 9_000.0) + np.cos(y / 11_000.0)
    by_village = np.bincount(ground.village, wave) / np.bincount(ground.village)
    level = np.select([by_village > 1.6, by_village > 1.1, by_village > 0.2], ["2", "3", "3"], "4")
    return level[ground.village].astype("<U1")


def flood(ground: Ground) -> Texts:
    """Risk by distance from the bank of a main river."""
    away = ground.river_m
    level = np.select([away < 60.0, away < 450.0, away < 1_300.0], ["1", "2", "3"], "")
    return level.astype("<U1")


def lines(ground: Ground, of: Plan) -> Texts:
    """城市四线 within the boundary."""
    inside = of.urban != ""
    kinds = np.select(
        [np.isin(ground.dlbm, ("1104", "1107")), np.isin(ground.dlbm, ("0810", "0810A")),
         np.isin(ground.dlbm, ("0809", "1005"))],
        ["LX", "LVX", "HX"], "",
    )  # fmt: skip
    heritage_of = np.where(heritage(ground) == "1", "ZX", kinds)
    return np.where(inside, heritage_of, "").astype("<U3")


def heritage(ground: Ground) -> Texts:
    """The parcels nearest to some seats, and those around them."""
    seats = ground.city.coverage.settlement.seats_m[::97]
    found = np.full(len(ground.dlbm), "", dtype="<U1")
    for seat in seats:
        away = np.hypot(*(ground.middle_m - seat).T)
        near = np.argsort(away, kind="stable")[:7]
        found[near[1:]] = "2"
        found[near[0]] = "1"
    return found


def brine(ground: Ground) -> Texts:
    """Salt pans over underground brine."""
    pans = (ground.dlbm == "0603") & (ground.middle_m[:, 1] > _COAST_M + 4_000.0)
    return np.where(pans, np.where(ground.village % 3 == 0, "1", "2"), "").astype("<U1")


def wetlands(ground: Ground) -> Texts:
    """Wetlands, shores, public-benefit forest."""
    kinds = np.select(
        [np.isin(ground.dlbm, ("1106", "1105")), (ground.river_m < 90.0) & (ground.dlbm != "1101"),
         np.isin(ground.dlbm, ("0301", "0307")) & (ground.chance * 7 % 1 < 0.5)],
        ["SD", "AX", "GL"], "",
    )  # fmt: skip
    return kinds.astype("<U2")
