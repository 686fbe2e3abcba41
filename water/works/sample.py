"""Sample works, stations and records along the sample rivers 样例工程; generated, stamped 合成数据.

Nothing here stands for a real work: names say so. Pure functions from routes and a seed to rows; what is
placed lies on the route's own chainage, counted in geodesics as the network counts it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import shapely

from spatial.catalogue.contract import STAMP
from spatial.datum.area import ellipsoid_area_m2
from spatial.datum.ellipsoid import geod
from spatial.inventory.view import sector
from spatial.sample.plane import Floats, to_degrees, to_plane
from spatial.sample.rows import Rows
from water.cameras.layers import CAMERAS, VIEWS
from water.gauges.layers import STATIONS
from water.works.layers import DEFECTS, INSPECTIONS, contract

EVERY_M: Final[Mapping[str, float]] = {
    "sluice": 8_000.0,
    "rubber-dam": 15_000.0,
    "pump-station": 9_000.0,
    "bridge": 2_500.0,
    "culvert": 3_200.0,
    "outfall": 5_500.0,
}
"""How far apart the works of a class stand."""
_TITLES: Final = {code: title.zh for code, title in contract("river-works").field("kind").codes}
_ACROSS: Final = frozenset({"sluice", "rubber-dam", "bridge"})
DYKE_M: Final = 3_000.0
SECTION_M: Final = 2_000.0
CAMERA_M: Final = 6_000.0
HALF_WIDTH_M: Final = 90.0
_STATIONS: Final = ("ZQ", "ZZ", "PP")
AREAS_KM2: Final[Mapping[str, float]] = {"SYN-ROUTE-MI": 2_100.0, "SYN-ROUTE-DAN": 690.0}
"""Generated drainage areas of the stations for which the sample has rain and discharge."""
_DAY: Final = date(2026, 3, 1)
_SURVEYED: Final = date(2025, 11, 3)
_POINTS: Final = 9
"""Along half a section, beside those where it bends."""
_KINDS: Final = ("crack", "seepage", "scour", "burrow", "settlement", "blockage")
_SEVERITY: Final = ("slight", "moderate", "serious")


@dataclass(frozen=True, slots=True)
class Route:
    """A centre line, and the part of it that is in the city."""

    id: str
    version: int
    name: str
    points_4490: Floats
    from_m: float
    """Chainage of its first vertex."""
    begin_m: float
    end_m: float
    """Chainages between which something is placed."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A route in the plane, with the chainage of each vertex."""

    points_m: Floats
    along_m: Floats

    @staticmethod
    def of(route: Route) -> _Line:
        lon, lat = route.points_4490.T
        _, _, steps = geod().inv(lon[:-1], lat[:-1], lon[1:], lat[1:])
        along = route.from_m + np.concatenate([[0.0], np.cumsum(steps)])
        return _Line(to_plane(route.points_4490), along)

    def at(self, chainage_m: Floats, offset_m: float) -> Floats:
        """Places at these chainages, so far to the left; in the plane."""
        x, y = (np.interp(chainage_m, self.along_m, axis) for axis in self.points_m.T)
        place = np.clip(np.searchsorted(self.along_m, chainage_m) - 1, 0, len(self.along_m) - 2)
        step = self.points_m[place + 1] - self.points_m[place]
        step /= np.linalg.norm(step, axis=1)[:, None]
        return np.column_stack([x - step[:, 1] * offset_m, y + step[:, 0] * offset_m])


Ground = Callable[[Floats], Floats]
"""Heights, m in 1985 国家高程基准, at places (longitude, latitude) of the sample terrain."""


@dataclass(frozen=True, slots=True)
class Banks:
    """Half a cross-section of a river's sample terrain, from the line outwards, m."""

    bends_m: tuple[float, ...]
    """Where its ground bends: edges of bed and bank, foot and crown of the dyke."""
    reach_m: float
    """How far a survey goes to either side."""


def generated(
    routes: Sequence[Route], seed: int, ground: Ground | None = None, banks: Mapping[str, Banks] | None = None
) -> Iterator[tuple[str, Rows]]:
    """The rows of each layer; the same for the same routes and seed.

    Cross-sections are surveyed on the ``ground`` where the river has ``banks`` in it.
    """
    chance = np.random.Generator(np.random.PCG64(seed))
    lines = [(route, _Line.of(route)) for route in routes]
    yield "river-works", _rows("river-works", [each for pair in lines for each in _works(*pair)])
    yield "river-dykes", _rows("river-dykes", [each for pair in lines for each in _dykes(*pair)])
    sections = [each for pair in lines for each in _sections(*pair, ground, banks or {})]
    yield "river-sections", _rows("river-sections", sections)
    stations = [each for pair in lines for each in _stations(*pair)]
    numbered = [
        {**each, "station_id": f"SYN{n:05d}", "thing_id": f"SYN-GAUGE-{n:05d}"}
        for n, each in enumerate(stations, 1)
    ]
    yield STATIONS, _rows(STATIONS, numbered)
    cameras = [each for pair in lines for each in _cameras(*pair)]
    yield CAMERAS, _rows(CAMERAS, cameras)
    yield VIEWS, _rows(VIEWS, [_view(each) for each in cameras])
    defects = [each for route, _ in lines for each in _defects(route, chance)]
    yield DEFECTS, _rows(DEFECTS, [{**each, "defect_id": f"SYN-QX-{n}"} for n, each in enumerate(defects, 1)])
    records = [each for route, _ in lines for each in _inspections(route, chance)]
    yield (
        INSPECTIONS,
        _rows(INSPECTIONS, [{**each, "record_id": f"SYN-XC-{n}"} for n, each in enumerate(records, 1)]),
    )


def _works(route: Route, line: _Line) -> Iterator[dict[str, Any]]:
    for kind, every in EVERY_M.items():
        for number, chainage in enumerate(_placed(route, every), 1):
            across = kind in _ACROSS
            bank = "channel" if across else ("left", "right")[number % 2]
            offset = 0.0 if across else HALF_WIDTH_M * (1 if bank == "left" else -1)
            yield {
                **_where(route, bank, chainage),
                **_life("SYN-" + "-".join((route.id.removeprefix("SYN-"), kind, str(number)))),
                "name": f"{route.name}合成{_TITLES[kind]} {number}",
                "kind": kind,
                "geom": _point(line, chainage, offset),
            }


def _dykes(route: Route, line: _Line) -> Iterator[dict[str, Any]]:
    starts = np.arange(route.begin_m, route.end_m - DYKE_M / 2, DYKE_M)
    for bank, side in (("left", 1), ("right", -1)):
        for number, start in enumerate(starts.tolist(), 1):
            end = min(start + DYKE_M, route.end_m)
            along = np.unique(np.clip(np.append(np.arange(start, end, 100.0), end), start, end))
            places = to_degrees(line.at(along, side * HALF_WIDTH_M * 1.2))
            yield {
                **_where(route, bank, start, end),
                **_life(f"SYN-{route.id.removeprefix('SYN-')}-dyke-{bank}-{number}"),
                "name": f"{route.name}{'左' if side > 0 else '右'}堤合成段 {number}",
                "kind": "dyke",
                "geom": _wkb(shapely.LineString(np.round(places, 9))),
            }


def _sections(
    route: Route, line: _Line, ground: Ground | None, banks: Mapping[str, Banks]
) -> Iterator[dict[str, Any]]:
    across = banks.get(route.id)
    reach = HALF_WIDTH_M * 1.5 if across is None else across.reach_m
    for number, chainage in enumerate(_placed(route, SECTION_M), 1):
        ends = to_degrees(np.concatenate([line.at(np.array([chainage]), side * reach) for side in (1, -1)]))
        surveyed = ground is not None and across is not None
        yield {
            **_where(route, "both", chainage),
            "work_id": f"SYN-{route.id.removeprefix('SYN-')}-section-{number}",
            "name": f"{route.name}合成断面 {number}",
            "vertical_datum": "cgvd1985" if surveyed else "not-stated",
            "surveyed_on": _SURVEYED if surveyed else None,
            "points": _survey(ends, across, ground) if ground is not None and across is not None else None,
            "data_nature": STAMP,
            "geom": _wkb(shapely.LineString(np.round(ends, 9))),
        }


def _survey(ends: Floats, across: Banks, ground: Ground) -> str:
    """Points from the left bank to the right where the ground bends, and between; to the centimetre."""
    half = np.unique([*across.bends_m, *np.linspace(0.0, across.reach_m, _POINTS), across.reach_m])
    offsets = np.unique(np.concatenate([-half, half])) + across.reach_m
    share = (offsets / (2 * across.reach_m))[:, None]
    heights = ground(ends[0] + share * (ends[1] - ends[0]))
    return "; ".join(
        f"{away:.1f} {height:.2f}" for away, height in zip(offsets.tolist(), heights.tolist(), strict=True)
    )


def _stations(route: Route, line: _Line) -> Iterator[dict[str, Any]]:
    for number, (kind, chainage) in enumerate(
        zip(
            _STATIONS, np.linspace(route.begin_m, route.end_m, len(_STATIONS) + 2)[1:-1].tolist(), strict=True
        ),
        1,
    ):
        yield {
            **_where(route, "left", chainage),
            **{name: value for name, value in _life("").items() if name != "work_id"},
            "name": f"{route.name}合成站 {number}",
            "kind": kind,
            "river_name": route.name,
            "vertical_datum": "not-stated",
            "drainage_area_km2": None if kind == "PP" else AREAS_KM2.get(route.id),
            "geom": _point(line, chainage, HALF_WIDTH_M),
        }


def _cameras(route: Route, line: _Line) -> Iterator[dict[str, Any]]:
    """On alternate banks, each looking across the river; no picture is taken of any."""
    for number, chainage in enumerate(_placed(route, CAMERA_M), 1):
        bank, side = (("left", 1), ("right", -1))[number % 2]
        at, over = (shapely.from_wkb(_point(line, chainage, side * each)) for each in (HALF_WIDTH_M, 0.0))
        azimuth, _, _ = geod().inv(at.x, at.y, over.x, over.y)
        yield {
            **_where(route, bank, chainage),
            **_life(""),
            "camera_id": f"SYN-{route.id.removeprefix('SYN-')}-camera-{number}",
            "name": f"{route.name}合成视频点 {number}",
            "kind": "fixed",
            "azimuth_deg": round(azimuth % 360, 1),
            "tilt_deg": 8.0,
            "view_deg": 60.0,
            "reach_m": 150.0,
            "mount_m": 8.0,
            "geom": shapely.to_wkb(at),
        }


def _view(camera: Mapping[str, Any]) -> dict[str, Any]:
    at = shapely.from_wkb(camera["geom"])
    seen = sector(at.x, at.y, camera["azimuth_deg"], camera["view_deg"], camera["reach_m"])
    area = abs(ellipsoid_area_m2(shapely.get_coordinates(seen.exterior)))
    told = {name: camera[name] for name in ("camera_id", "data_nature")}
    return {**told, "area_m2": round(area, 1), "geom": _wkb(seen)}


def _defects(route: Route, chance: np.random.Generator) -> Iterator[dict[str, Any]]:
    for chainage in _placed(route, 6_000.0):
        found = _DAY + timedelta(days=int(chance.integers(60)))
        yield {
            **_where(route, ("left", "right")[int(chance.integers(2))], chainage, chainage + 30.0),
            "kind": _KINDS[int(chance.integers(len(_KINDS)))],
            "severity": _SEVERITY[int(chance.integers(len(_SEVERITY)))],
            "status": "found",
            "description": "合成数据:由固定种子生成的缺陷",
            "found_on": found,
            "found_by": "合成巡查员",
            "data_nature": STAMP,
        }


def _inspections(route: Route, chance: np.random.Generator) -> Iterator[dict[str, Any]]:
    for chainage in _placed(route, 4_000.0):
        yield {
            **_where(route, "both", chainage, min(chainage + 4_000.0, route.end_m)),
            "kind": "inspection",
            "done_on": _DAY + timedelta(days=int(chance.integers(60))),
            "done_by": "合成巡查队",
            "finding": "合成数据:由固定种子生成的巡查记录",
            "grade": ("good", "good", "watch")[int(chance.integers(3))],
            "data_nature": STAMP,
        }


def _placed(route: Route, every_m: float) -> list[float]:
    """Chainages so far apart, half a step from the ends; to the decimetre."""
    found: list[float] = np.round(np.arange(route.begin_m + every_m / 2, route.end_m, every_m), 1).tolist()
    return found


def _where(route: Route, bank: str, start: float, end: float | None = None) -> dict[str, Any]:
    where = {"route_id": route.id, "route_version": route.version, "bank": bank, "chainage_m": start}
    return where if end is None else {**where, "chainage_to_m": end}


def _life(key: str) -> dict[str, Any]:
    return {
        "work_id": key,
        "status": "in-service",
        "built_on": date(2020, 5, 31),
        "in_service_on": date(2020, 6, 1),
        "maintainer": "合成管理单位",
        "maintenance_days": 90,
        "data_nature": STAMP,
    }


def _point(line: _Line, chainage_m: float, offset_m: float) -> bytes:
    (place,) = to_degrees(line.at(np.array([chainage_m]), offset_m))
    return _wkb(shapely.Point(np.round(place, 9)))


def _wkb(shape: shapely.Geometry) -> bytes:
    found: bytes = shapely.to_wkb(shape)
    return found


def _rows(layer: str, features: Sequence[Mapping[str, Any]]) -> Rows:
    declared = contract(layer)
    names = [each.name for each in declared.fields] + (["geom"] if declared.geometry else [])
    values = tuple(tuple(each.get(name) for name in names) for each in features)
    return Rows(tuple(names), declared.key, values)
