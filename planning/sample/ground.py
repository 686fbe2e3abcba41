"""The parcels of the sample city 样例地类图斑: cut from its villages, each with a class and its surroundings.

Everything is drawn from one seed. Classes are spread so that the pattern looks right: homes
around the seats, greenhouses and fields between them, salt pans and ponds at the coast, water
along the rivers. None of it is a fact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from planning.sample.split import Cutting, pieces
from spatial.datum import frame, legal_areas_m2
from spatial.sample.city import SampleCity, generate
from spatial.sample.plane import Floats, to_plane

Geometries = NDArray[Any]
Ints = NDArray[np.int64]
Texts = NDArray[np.str_]
Flags = NDArray[np.bool_]

ZONE: Final = frame("EPSG:4549")
_CITY_M2: Final = 2_141_630_000.0
_OVERSHOOT: Final = 0.86
"""Parcels come out smaller than asked for by this factor."""
_COAST_M: Final = 18_000.0
"""North of this line of the drawing plane the land is salt flat."""
_CITY_TOWNS: Final = (0, 1, 3)
"""Places in ``SEATS`` of the subdistricts that are the city proper."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Parcels as columns; all arrays have one entry a parcel."""

    city: SampleCity
    polygons: Geometries
    """In degrees of CGCS2000; together they are the city, without gap or overlap."""
    village: Ints
    """Place of the village in the divisions."""
    strip: Ints
    """0 for a block, else how early it was taken out as a road or ditch."""
    middle_m: Floats
    """Shape (n, 2), in the drawing plane."""
    area_m2: Floats
    """Legal area, drawn in the city's zone."""
    urban: Floats
    """Distance from the seat over the radius of what is built: below 1 it is built up; by community 居."""
    rural: Floats
    """The same by village 村; infinite in a community, as ``urban`` is in a village."""
    river_m: Floats
    """Distance to the bank of the nearest main river."""
    chance: Floats
    """A uniform number of its own."""
    dlbm: Texts
    czcsxm: Texts


def generated(seed: int, parcels: int) -> Ground:
    """The ground of about so many parcels; the same seed and number give the same digits."""
    city = generate(seed)
    area_m2 = _CITY_M2 / parcels / _OVERSHOOT
    cutting = Cutting(area_m2, float(np.clip(np.sqrt(area_m2) / 8.0, 9.0, 45.0)), 6)
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, parcels])))
    polygons, village, strip = _cut(city, cutting, generator)
    middle = shapely.get_coordinates(shapely.centroid(shapely.transform(polygons, to_plane)))
    chance = generator.uniform(0.0, 1.0, len(polygons))
    urban, rural = _built_up(city, village, middle, generator)
    river = _river_m(city, middle)
    dlbm = _classes(city, village, strip, middle, urban, rural, river, chance)
    areas = legal_areas_m2(polygons, ZONE, given_in=frame("EPSG:4490"))
    return Ground(
        city, polygons, village, strip, middle, areas, urban, rural, river, chance, dlbm,
        _settlement(city, village, urban, rural, dlbm),
    )  # fmt: skip


def _cut(city: SampleCity, cutting: Cutting, generator: np.random.Generator) -> tuple[Geometries, Ints, Ints]:
    rings: list[Floats] = []
    village: list[int] = []
    strip: list[int] = []
    for place, outline in enumerate(city.coverage.villages):
        for part in shapely.get_parts(outline):
            made = pieces(np.asarray(part.exterior.coords), cutting, generator)
            rings += [piece.ring_deg for piece in made]
            strip += [piece.strip for piece in made]
            village += [place] * len(made)
    counts = np.array([len(ring) for ring in rings])
    lines = shapely.linearrings(np.concatenate(rings), indices=np.repeat(np.arange(len(rings)), counts))
    return shapely.polygons(lines), np.array(village), np.array(strip)


def _built_up(
    city: SampleCity, village: Ints, middle: Floats, generator: np.random.Generator
) -> tuple[Floats, Floats]:
    """How far out each parcel lies, as a share of the built-up radius of its community or village."""
    settlement = city.coverage.settlement
    size = shapely.area(shapely.transform(city.coverage.villages, to_plane))
    community = np.array([each.urban for each in city.divisions.villages])
    proper = np.isin(settlement.towns, _CITY_TOWNS)
    share = np.where(community, np.where(proper, 0.8, 0.45), 0.13) * generator.uniform(0.8, 1.2, len(size))
    radius = np.sqrt(share * size / np.pi)
    out = np.hypot(*(middle - settlement.seats_m[village]).T) / radius[village]
    ragged = out * generator.uniform(0.92, 1.08, len(out))
    of_community = community[village]
    return np.where(of_community, ragged, np.inf), np.where(of_community, np.inf, ragged)


def _river_m(city: SampleCity, middle: Floats) -> Floats:
    nearest = np.full(len(middle), np.inf)
    points = shapely.points(middle)
    for river in city.rivers:
        if river.order == 1:
            line = shapely.transform(river.line, to_plane)
            shapely.prepare(line)
            nearest = np.minimum(nearest, shapely.distance(points, line) - river.width_m / 2)
    return nearest


def _drawn(chance: Floats, shares: Mapping[str, float]) -> Texts:
    """A class for each number, by shares."""
    limits = np.cumsum(list(shares.values())) / sum(shares.values())
    places = np.searchsorted(limits, chance, side="right").clip(max=len(shares) - 1)
    drawn: Texts = np.array(list(shares))[places]
    return drawn


_TOWN: Final = {
    "0701": 44, "05H1": 12, "0601": 14, "08H1": 4, "08H2": 8, "0810": 8, "0809": 3, "0508": 3, "1005": 2,
    "1201": 2,
}  # fmt: skip
_VILLAGE: Final = {"0702": 80, "08H1": 4, "08H2": 3, "05H1": 4, "0601": 4, "0810": 2, "1201": 3}
_FIELDS: Final = {
    "0102": 58, "1202": 18, "0103": 7, "0201": 5, "0307": 4, "0301": 1, "1104": 3, "0404": 2, "0601": 2
}  # fmt: skip
_COAST: Final = {"0603": 52, "1104A": 22, "1105": 6, "1204": 6, "0404": 5, "0102": 5, "0601": 4}


def _classes(
    city: SampleCity,
    village: Ints,
    strip: Ints,
    middle: Floats,
    urban: Floats,
    rural: Floats,
    river: Floats,
    chance: Floats,
) -> Texts:
    coast = middle[:, 1] > _COAST_M
    found = np.where(coast, _drawn(chance, _COAST), _drawn(chance, _FIELDS)).astype("<U5")
    # A way or a ditch crosses fields; early strips are the larger roads.
    way = np.where(strip <= 2, "1003", np.where(chance < 0.7, "1006", "1107"))
    found = np.where(strip > 0, way, found)
    found = np.where((river < 260.0) & (strip == 0), "1106", found)
    found = np.where(river < 40.0, "1101", found)
    wet = river < 40.0
    found = np.where((rural < 1) & ~wet, _drawn(chance, _VILLAGE), found)
    found = np.where((urban < 1) & ~wet, _drawn(chance, _TOWN), found)
    inside = ((urban < 1) | (rural < 1)) & (strip > 0) & ~wet
    return np.where(inside, "1004", found).astype("<U5")


def _settlement(city: SampleCity, village: Ints, urban: Floats, rural: Floats, dlbm: Texts) -> Texts:
    """城镇村属性码: city, town, village, salt pans; A for what stands apart."""
    proper = np.isin(city.coverage.settlement.towns, _CITY_TOWNS)[village]
    wet = np.isin(dlbm, ("1101", "1106"))
    code = np.where(urban < 1, np.where(proper, "201", "202"), np.where(rural < 1, "203", ""))
    code = np.where(wet, "", code)
    code = np.where((code == "") & (dlbm == "0603"), "204", code)
    return np.where((code == "") & (dlbm == "0601"), "203A", code).astype("<U4")
