"""The city an installation serves 城市: its names, extent and place in the datum.

A profile is ``spatial/assets/cities/<code>.toml``; another city is another file
and no code.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from spatial.catalogue.contract import Title
from spatial.errors import NotFound


@dataclass(frozen=True, slots=True)
class Extent:
    """A box in CGCS2000 (EPSG:4490), degrees, x = longitude, y = latitude."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, lon: float, lat: float) -> bool:
        """Whether a position lies inside or on the edge.

        >>> Extent(118.539, 36.720, 119.116, 37.304).holds(118.7909, 36.8560)
        True
        """
        return self.west <= lon <= self.east and self.south <= lat <= self.north


@dataclass(frozen=True, slots=True)
class City:
    """A county-level city 县级市 and what the datum has to know of it."""

    code: str
    """Six-digit division code of GB/T 2260."""
    name: Title
    prefecture: Title
    province: Title
    extent_4490: Extent
    extent_source: str
    central_meridian_deg: int
    """Of the 3-degree Gauss–Krüger zone 三度带 the city uses."""
    zone: int
    """Number of that zone, the prefix of eastings with one."""
    epsg_without_prefix: int
    epsg_with_prefix: int
    time_zone: str


@lru_cache(maxsize=16)
def read_city(code: str) -> City:
    """The profile of the city with that division code; ``NotFound`` where there is none.

    >>> read_city("370783").name.zh
    '寿光市'
    """
    cities = resources.files("spatial") / "assets" / "cities"
    known = sorted(
        entry.name.removesuffix(".toml") for entry in cities.iterdir() if entry.name.endswith(".toml")
    )
    if code not in known:
        raise NotFound(
            f"没有这个城市的档案,可用 {'、'.join(known)};请检查 ONEMAP_CITY:{code}",
            f"there is no profile of this city, known are {', '.join(known)}; check ONEMAP_CITY: {code}",
            value=code,
        )
    profile = tomllib.loads((cities / f"{code}.toml").read_text(encoding="utf-8"))
    box, grid = profile["extent_4490"], profile["gauss_krueger"]
    return City(
        code=profile["code"],
        name=Title(**profile["name"]),
        prefecture=Title(**profile["prefecture"]),
        province=Title(**profile["province"]),
        extent_4490=Extent(box["west"], box["south"], box["east"], box["north"]),
        extent_source=box["source"],
        central_meridian_deg=grid["central_meridian_deg"],
        zone=grid["zone"],
        epsg_without_prefix=grid["epsg_without_prefix"],
        epsg_with_prefix=grid["epsg_with_prefix"],
        time_zone=profile["time_zone"],
    )
