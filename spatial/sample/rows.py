"""The sample city as rows of its layers, in the columns of their contracts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely

from spatial.catalogue.contract import STAMP
from spatial.datum import frame, legal_areas_m2
from spatial.sample.city import SampleCity
from spatial.sample.coverage import Geometries
from spatial.sample.divisions import Division, Divisions
from spatial.sample.outline import SEATS

NEW_SITES: Final = 98
UPGRADED_SITES: Final = 200
"""5G sites that the city plan of 2020 builds anew and from 4G sites."""
TOWN_KINDS: Final = {"0": "subdistrict", "1": "town", "4": "zone"}
"""Kind of a town-level unit by the seventh digit of its code 区划代码第七位."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What one layer holds: column names, the key among them, and a row per feature."""

    columns: tuple[str, ...]
    """``geom`` is WKB in CGCS2000."""
    key: str
    values: tuple[tuple[object, ...], ...]

    def staged(self) -> tuple[tuple[str, ...], Iterator[tuple[object, ...]]]:
        """Columns and rows as staging wants them: with line and fid."""
        place = self.columns.index(self.key)
        rows = ((line, row[place], *row) for line, row in enumerate(self.values, start=1))
        return ("line", "fid", *self.columns), rows

    @property
    def digest(self) -> bytes:
        """SHA-256 over all values, to compare two generations."""
        sha256 = hashlib.sha256()
        for row in self.values:
            sha256.update(repr(row).encode())
        return sha256.digest()


def divisions(city: Divisions) -> Rows:
    """The real codes and names."""
    values = tuple((each.code, each.name, each.level, each.parent) for each in city.every())
    return Rows(("code", "name", "level", "parent"), "code", values)


def generated(city: SampleCity) -> Iterator[tuple[str, Rows]]:
    """The generated layers by id, deepest first."""
    yield "city-outline", _city_outline(city)
    yield "towns", _towns(city)
    yield "villages", _villages(city)
    yield "rivers", _rivers(city)
    yield "roads", _roads(city)
    yield "base-stations", base_stations(city)


def _city_outline(city: SampleCity) -> Rows:
    county, outline = city.divisions.county, np.array([city.coverage.city])
    columns = ("code", "name", "area_m2", "data_nature", "geom")
    return _rows(columns, [county.code], [county.name], areas_m2(outline), [STAMP], wkb(outline))


def _towns(city: SampleCity) -> Rows:
    by_code = {town.code: town for town in city.divisions.towns}
    towns: list[Division] = [by_code[seat.code] for seat in SEATS]
    return _rows(
        ("code", "name", "kind", "villages", "area_m2", "data_nature", "geom"),
        [town.code for town in towns],
        [town.name for town in towns],
        [TOWN_KINDS[town.code[6]] for town in towns],
        [len(city.divisions.villages_of(town)) for town in towns],
        areas_m2(city.coverage.towns),
        [STAMP] * len(towns),
        wkb(city.coverage.towns),
    )


def _villages(city: SampleCity) -> Rows:
    villages = city.divisions.villages
    return _rows(
        ("code", "name", "kind", "town_code", "area_m2", "data_nature", "geom"),
        [village.code for village in villages],
        [village.name for village in villages],
        ["community" if village.urban else "village" for village in villages],
        [village.parent for village in villages],
        areas_m2(city.coverage.villages),
        [STAMP] * len(villages),
        wkb(city.coverage.villages),
    )


def _rivers(city: SampleCity) -> Rows:
    rivers = city.rivers
    lines = np.array([river.line for river in rivers])
    return _rows(
        ("river_id", "name", "rank", "flows_into", "width_m", "length_m", "data_nature", "geom"),
        _ids("RIVER", len(rivers), 3),
        [river.name for river in rivers],
        ["main" if river.order == 1 else "tributary" for river in rivers],
        [river.into for river in rivers],
        [river.width_m for river in rivers],
        lengths_m(lines),
        [STAMP] * len(rivers),
        wkb(lines),
    )


def _roads(city: SampleCity) -> Rows:
    roads = city.roads
    lines = np.array([road.line for road in roads])
    return _rows(
        (
            *("road_id", "name", "grade", "width_m", "length_m", "data_nature", "structure", "low_chord_m"),
            "geom",
        ),
        _ids("ROAD", len(roads), 5),
        [road.name for road in roads],
        [road.grade for road in roads],
        [road.width_m for road in roads],
        lengths_m(lines),
        [STAMP] * len(roads),
        [None] * len(roads),
        [None] * len(roads),
        wkb(lines),
    )


def base_stations(city: SampleCity, address_ids: Sequence[str | None] = ()) -> Rows:
    """5G sites, with the addresses that are nearest to them where those are known."""
    sites = city.stations
    count = len(sites.points_deg)
    built_under = ["new"] * NEW_SITES + ["upgraded"] * UPGRADED_SITES
    life = sites.life
    tended = ("maintainer", "maintenance_days", "maintained_on")
    days = ("planned_on", "built_on", "in_service_on", "retired_on")
    columns = (
        "site_id", "operator", "band", "status", "programme", "height_m", "mount_m", "built", "data_nature",
        *tended, "address_id", *days, "geom",
    )  # fmt: skip
    return _rows(
        columns,
        _ids("5G", count, 6),
        sites.operators.tolist(),
        sites.bands.tolist(),
        life["status"],
        [*built_under, *[None] * (count - len(built_under))],
        sites.heights_m.tolist(),
        sites.mounts_m.tolist(),
        life["built_on"],
        [STAMP] * count,
        *(life[name] for name in tended),
        address_ids or [None] * count,
        *(life[name] for name in days),
        wkb(shapely.points(sites.points_deg)),
    )


def _rows(columns: tuple[str, ...], *values: Iterable[object]) -> Rows:
    return Rows(columns, columns[0], tuple(zip(*values, strict=True)))


def _ids(kind: str, count: int, digits: int) -> Sequence[str]:
    return [f"SYN-{kind}-{number:0{digits}d}" for number in range(1, count + 1)]


def wkb(geometries: Geometries) -> list[bytes]:
    """Geometries as the database takes them."""
    written: list[bytes] = shapely.to_wkb(geometries).tolist()
    return written


def areas_m2(geometries: Geometries) -> list[float]:
    """Legal areas in m², to two decimals."""
    areas: list[float] = np.round(legal_areas_m2(geometries, frame("EPSG:4490")), 2).tolist()
    return areas


def lengths_m(lines: Geometries) -> list[float]:
    """Lengths on the CGCS2000 ellipsoid, to the centimetre; GRS 80 has the same figures."""
    from pyproj import Geod

    geod = Geod(ellps="GRS80")
    return [round(geod.geometry_length(line), 2) for line in lines]
