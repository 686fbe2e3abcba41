"""What covers ground 面状资产: plants, greenhouses, shelters, what cameras see, grid cells."""

from __future__ import annotations

from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.inventory.view import sector
from spatial.sample.assets.ground import Ground, Values
from spatial.sample.outline import seats_m
from spatial.sample.placing import along_roads, apart, around_seats, around_villages
from spatial.sample.plane import DECIMALS, Floats, to_degrees, to_plane

Columns = dict[str, Values]
TRADES: Final = ("chemical", "paper", "food", "machinery", "other")
CROPS: Final = ("tomato", "cucumber", "pepper", "eggplant", "gourd", "leaf")
FIELDS: Final = 330
"""Groups of greenhouses."""
ROAD_CLEAR_M: Final = 9.0
CELL_M2: Final = 1_200_000.0
"""A village larger than this is divided into cells of about this size."""
MOST_CELLS: Final = 6
INSIDE: Final = "1FFF0F212"
"""How a chord lies in an area (DE-9IM): inside but for its ends."""


def industrial_plants(ground: Ground, chance: np.random.Generator) -> Columns:
    """Along the main roads and at the bay."""
    points = apart(
        np.concatenate([along_roads(ground.city.roads, 260, chance, aside_m=260), around_seats(60, chance)]),
        ground.city.coverage,
        700,
        130,
        chance,
    )
    sides = chance.uniform(90, 420, (len(points), 2))
    trades = chance.choice(TRADES, len(points), p=[0.16, 0.12, 0.3, 0.24, 0.18])
    risk = np.where(
        trades == "chemical", chance.choice(["1", "2"], len(points)), chance.choice(["3", "4"], len(points))
    )
    return {
        "name": [f"合成企业 {number}" for number in range(1, len(points) + 1)],
        "trade": trades.tolist(),
        "risk": risk.tolist(),
        "employees": np.round(chance.lognormal(4.6, 0.9, len(points))).astype(int).tolist(),
        "output_wan_yuan": np.round(chance.lognormal(8.2, 1.1, len(points)), 1).tolist(),
        "geom": _rectangles(points, sides, chance.uniform(0, np.pi, len(points))).tolist(),
    }


def shelters(ground: Ground, chance: np.random.Generator) -> Columns:
    """In the seat city and in each town."""
    points = np.concatenate(
        [seats_m() + chance.normal(0, 500, seats_m().shape), seats_m()[0] + chance.normal(0, 1700, (14, 2))]
    )
    sides = chance.uniform(60, 220, (len(points), 2))
    area_m2 = sides.prod(axis=1)
    rank = np.where(area_m2 > 25_000, "1", np.where(area_m2 > 10_000, "2", "3"))
    return {
        "name": [f"合成避难场所 {number}" for number in range(1, len(points) + 1)],
        "rank": rank.tolist(),
        "capacity": (area_m2 / 2.5).astype(int).tolist(),
        "geom": _rectangles(points, sides, np.zeros(len(points))).tolist(),
    }


def greenhouses(ground: Ground, chance: np.random.Generator) -> Columns:
    """Rows of houses that face south, in groups around villages; none on a road, none over another."""
    hearts = apart(
        around_villages(ground.city.coverage, FIELDS * 3, chance, 800),
        ground.city.coverage,
        420,
        FIELDS,
        chance,
    )
    middles, sides, kinds, crops = [], [], [], []
    for heart in hearts:
        count, winter = int(chance.integers(6, 18)), chance.random() < 0.8
        long_m, wide_m = (chance.uniform(80, 140), 12.0) if winter else (chance.uniform(50, 90), 10.0)
        gap_m = 22.0 if winter else 13.0
        northing = (np.arange(count) - count / 2) * gap_m
        middles.append(heart + np.column_stack([chance.normal(0, 1.5, count), northing]))
        sides.append(np.tile([round(long_m, 1), wide_m], (count, 1)))
        kinds += ["winter" if winter else "arch"] * count
        crops += [str(chance.choice(CROPS))] * count
    points, size = np.concatenate(middles), np.concatenate(sides)
    houses = _rectangles(points, size, np.zeros(len(points)))
    kept = _free(houses, ground)
    return {
        "kind": np.array(kinds)[kept].tolist(),
        "crop": np.array(crops)[kept].tolist(),
        "village_code": ground.village_codes(points[kept]),
        "length_m": size[kept, 0].tolist(),
        "width_m": size[kept, 1].tolist(),
        "geom": houses[kept].tolist(),
    }


def camera_views(cameras: Columns) -> Columns:
    """What each camera sees."""
    positions = shapely.get_coordinates(np.array(cameras["geom"])).tolist()
    pose = zip(positions, cameras["azimuth_deg"], cameras["view_deg"], cameras["reach_m"], strict=True)
    return {
        "camera_id": cameras["asset_id"],
        "geom": [sector(lon, lat, float(a), float(v), float(r)) for (lon, lat), a, v, r in pose],  # type: ignore[arg-type]
    }


def grid_cells(ground: Ground) -> Columns:
    """Villages cut along chords from vertex to vertex, so that no new vertex opens a gap to a neighbour."""
    codes, names, numbers, villages, cells = [], [], [], [], []
    for village, area in zip(ground.city.divisions.villages, ground.city.coverage.villages, strict=True):
        wanted = int(np.clip(round(shapely.area(shapely.transform(area, to_plane)) / CELL_M2), 1, MOST_CELLS))
        parts = _halved(list(area.geoms), wanted)
        for number, part in enumerate(parts, start=1):
            codes.append(f"{village.code}{number:03d}")
            names.append(f"{village.name}第 {number} 网格(合成)")
            numbers.append(number)
            villages.append(village.code)
            cells.append(shapely.MultiPolygon([part]))
    return {"code": codes, "name": names, "number": numbers, "village_code": villages, "geom": cells}


def _halved(parts: list[shapely.Polygon], wanted: int) -> list[shapely.Polygon]:
    """The largest part is halved until there are enough, or none can be."""
    done: list[shapely.Polygon] = []
    while parts and len(parts) + len(done) < wanted:
        parts.sort(key=lambda part: part.area)
        whole = parts.pop()
        halves = _half(whole)
        if halves is None:
            done.append(whole)
        else:
            parts += halves
    return sorted(done + parts, key=lambda part: (round(part.centroid.x, 9), round(part.centroid.y, 9)))


def _half(area: shapely.Polygon) -> list[shapely.Polygon] | None:
    """Two parts by the chord inside the area that comes nearest to halving it; None without one."""
    if area.interiors:
        return None
    ring = shapely.get_coordinates(area.exterior)[:-1]
    for first, last in _chords(ring):
        chord = shapely.LineString(ring[[first, last]])
        if shapely.relate_pattern(chord, area, INSIDE):
            one = shapely.Polygon(ring[first : last + 1])
            other = shapely.Polygon(np.concatenate([ring[last:], ring[: first + 1]]))
            if one.is_valid and other.is_valid:
                return [one, other]
    return None


def _chords(ring: Floats) -> list[tuple[int, int]]:
    """Pairs of vertices, those first that halve the area best; none that leaves less than three tenths."""
    around = ring - ring[0]
    following = np.roll(around, -1, axis=0)
    swept = np.concatenate([[0.0], np.cumsum(_cross(around, following))])
    picked = np.arange(0, len(ring), max(1, len(ring) // 24))
    first, last = (each.ravel() for each in np.meshgrid(picked, picked, indexing="ij"))
    first, last = first[last - first > 1], last[last - first > 1]
    cut = swept[last] - swept[first] + _cross(around[last], around[first])
    uneven = np.abs(cut / swept[-1] - 0.5)
    order = np.argsort(uneven, kind="stable")
    order = order[uneven[order] < 0.2]
    return list(zip(first[order].tolist(), last[order].tolist(), strict=True))


def _rectangles(points_m: Floats, sides_m: Floats, turned: Floats) -> NDArray[np.object_]:
    """Rectangles around points, in degrees of 1e-9."""
    corner = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]]) / 2
    shape = corner[None] * sides_m[:, None, :]
    cos, sin = np.cos(turned)[:, None], np.sin(turned)[:, None]
    x = shape[..., 0] * cos - shape[..., 1] * sin
    y = shape[..., 0] * sin + shape[..., 1] * cos
    rings = np.round(to_degrees(points_m[:, None, :] + np.stack([x, y], axis=-1)), DECIMALS)
    made: NDArray[np.object_] = shapely.polygons(rings)
    return made


def _free(houses: NDArray[np.object_], ground: Ground) -> NDArray[np.intp]:
    """Those inside the city that meet no road and none that came before."""
    plane = shapely.transform(houses, to_plane)
    city = shapely.transform(ground.city.coverage.city, to_plane)
    shapely.prepare(city)
    roads = shapely.STRtree(shapely.transform(np.array([road.line for road in ground.city.roads]), to_plane))
    on_road = np.unique(roads.query(plane, predicate="dwithin", distance=ROAD_CLEAR_M)[0])
    free = shapely.contains(city, plane)
    free[on_road] = False
    one, other = shapely.STRtree(plane).query(plane, predicate="intersects")
    for late, early in zip(one[one > other].tolist(), other[one > other].tolist(), strict=True):
        free[late] &= not free[early]
    return np.flatnonzero(free)


def _cross(one: Floats, other: Floats) -> Floats:
    product: Floats = one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]
    return product
