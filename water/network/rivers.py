"""The rivers of one state 河网状态: the network with its shapes, and addresses along it, kept in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.datum.ellipsoid import geod
from spatial.errors import shorten
from water.errors import BadCentreline, BeyondEnd, UnknownRoute
from water.network.centreline import Centreline, inverse_m
from water.network.chainage import written
from water.network.drawing import draw
from water.network.graph import Network, build
from water.network.model import Flow, Spot
from water.network.pieces import projected
from water.network.store import Head, Read, RouteRow

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Shapes = NDArray[Any]

EDGE_M: Final = 0.01
"""A chainage is on a reach whose end it passes by less than that."""

OUTLINED_MOST: Final = 2_000
"""Land beside more stretches than that is looked through as one box."""


@dataclass(frozen=True, slots=True)
class Joined:
    """Shapes joined to the nearest places of the rivers."""

    shape: Ints
    """Which shape; one too far from any river is not among them."""
    reach: Ints
    along_m: Floats
    """From the upper end of the reach, as water flows."""
    away_m: Floats
    """Geodesic distance from the shape to that place; 0 where it lies over the river."""
    left: NDArray[np.bool_]
    """On the left of the river going down; of no meaning where it lies over it."""


class Rivers:
    """What held at one instant, as known by the heads of its layers."""

    def __init__(self, known: Sequence[Head], held: Read) -> None:
        coordinates, owner = shapely.get_coordinates(held.shapes, return_index=True)
        lengths = _lengths_m(coordinates, owner, len(held.reaches))
        reaches = [replace(one, length_m=float(m)) for one, m in zip(held.reaches, lengths, strict=True)]
        self.known = tuple(known)
        self.since: datetime = held.since
        self.until: datetime = held.until
        self.network: Network = build(reaches, held.nodes)
        """Lengths are those of the shapes, geodesic."""
        places = {reach.id: place for place, reach in enumerate(held.reaches)}
        order = [places[reach.id] for reach in self.network.reaches]
        self._shapes: Shapes = held.shapes[order]
        self.routes: Mapping[str, RouteRow] = {row.id: row for row in held.routes}
        self._stakes = held.stakes
        self._lines: dict[str, Centreline] = {}
        self._stretches: dict[int, tuple[float, float]] = {}

    def line(self, route: str) -> Centreline:
        """The centre line of a route; UnknownRoute, BadCentreline."""
        if route not in self._lines:
            row = self.routes.get(route)
            if row is None:
                shown = shorten(route, 60)
                raise UnknownRoute(
                    f"此时没有这条河道,可用的见图层 river-routes:{shown}",
                    f"there is no such route at that time, the layer river-routes lists them: {shown}",
                    value=shown,
                )
            self._lines[route] = centreline_of(row, self._stakes.get((row.id, row.version), ()))
        return self._lines[route]

    def spot(self, route: str, chainage_m: float) -> Spot:
        """The reach at a chainage of a route; BeyondEnd where none covers it."""
        line = self.line(route)
        along = float(line.lengths_m(chainage_m)[0])
        for number in self._on_route.get(route, ()):
            if self.network.reaches[number].route_version != line.version:
                continue
            low, high = self._stretch_m(number)
            if low - EDGE_M <= along <= high + EDGE_M:
                length = float(self.network.length_m[number])
                share = min(max((along - low) / (high - low), 0.0), 1.0)
                if self.network.reaches[number].flow is Flow.REVERSE:
                    share = 1.0 - share
                return Spot(number, share * length)
        raise BeyondEnd(
            f"此桩号处没有属于第 {line.version} 版中心线的河段:{written(chainage_m)}",
            f"no reach of version {line.version} of the route covers this chainage: {written(chainage_m)}",
            value=written(chainage_m),
            details={"route": route, "version": line.version},
        )

    def chainage_m(self, reach: int, along_m: float) -> float:
        """Chainage on its route of a place on a reach, ``along_m`` from its upper end as water flows."""
        one = self.network.reaches[reach]
        share = along_m / float(self.network.length_m[reach])
        if one.flow is Flow.REVERSE:
            share = 1.0 - share
        alone = one.from_m + share * (one.to_m - one.from_m)
        try:
            line = self.line(one.route)
            if line.version != one.route_version:
                return alone
            low, high = self._stretch_m(reach)
        except (UnknownRoute, BadCentreline, BeyondEnd):  # as the reach itself says, then
            return alone
        return float(line.chainages_m(np.array([low + share * (high - low)]))[0])

    def part(self, reach: int, low_m: float, high_m: float) -> Floats:
        """Vertices of a stretch of a reach, in the direction of the water."""
        begin, end = self._bounds[reach], self._bounds[reach + 1]
        points, along = self._points[begin:end], self._along_m[begin:end]
        if low_m <= 0.0 and high_m >= along[-1]:
            return points
        inner = points[(along > low_m) & (along < high_m)]
        return np.vstack((self._at(reach, low_m), inner, self._at(reach, high_m)))

    def place(self, spot: Spot) -> tuple[float, float]:
        """Longitude and latitude of a place on a reach."""
        lon, lat = self._at(spot.reach, spot.along_m)[0].tolist()
        return lon, lat

    def around(self, stretches: Sequence[tuple[int, float, float]], within_m: float) -> shapely.Geometry:
        """The land within a distance of stretches of reaches, and somewhat more, in degrees."""
        lines = [projected(self.part(*each), self._meridian_deg) for each in stretches]
        if len(lines) > OUTLINED_MOST:
            west, south, east, north = shapely.total_bounds([shapely.LineString(line) for line in lines])
            land = shapely.buffer(shapely.box(west, south, east, north), within_m * 1.15 + 1.0)
            return shapely.transform(land, self._unprojected)
        drawn = shapely.simplify([shapely.LineString(line) for line in lines], within_m * 0.1)
        land = shapely.union_all(shapely.buffer(drawn, within_m * 1.15 + 1.0, quad_segs=4))
        found: shapely.Geometry = shapely.transform(land, self._unprojected)
        return found

    def joined(self, shapes_4490: Shapes, within_m: float) -> Joined:
        """The nearest places of the rivers to shapes, as far as they are within a distance."""
        if not len(shapes_4490) or not len(self._plane_shapes):
            none = np.zeros(0)
            return Joined(np.zeros(0, np.int64), np.zeros(0, np.int64), none, none, np.zeros(0, np.bool_))
        plane = shapely.transform(shapes_4490, lambda points: projected(points, self._meridian_deg))
        (shape, reach), distance = self._tree.query_nearest(
            plane, max_distance=within_m * 1.01 + 0.01, return_distance=True, all_matches=True
        )
        order = np.lexsort((reach, distance, shape))
        first = np.unique(shape[order], return_index=True)[1]
        shape, reach = shape[order][first], reach[order][first]
        links = shapely.shortest_line(plane[shape], self._plane_shapes[reach])
        ends = shapely.get_coordinates(links).reshape(-1, 2, 2)
        along, left = self._measured(reach, ends)
        outer = self._unprojected(ends[:, 0])
        inner = np.array([self._at(r, a)[0] for r, a in zip(reach.tolist(), along.tolist(), strict=True)])
        away = inverse_m(outer, inner.reshape(-1, 2))
        away[np.hypot(*(ends[:, 0] - ends[:, 1]).T) == 0.0] = 0.0
        near = away <= within_m
        return Joined(shape[near], reach[near], along[near], away[near], left[near])

    def _measured(self, reach: Ints, ends: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        """Geodesic lengths along reaches of places of the plane, and on which side the others lie."""
        spots = shapely.points(ends[:, 1])
        along_plane = shapely.line_locate_point(self._plane_shapes[reach], spots)
        along = np.empty(len(reach))
        left = np.zeros(len(reach), np.bool_)
        for row, number in enumerate(reach.tolist()):
            begin, end = self._bounds[number], self._bounds[number + 1]
            steps = self._plane_along[begin:end]
            along[row] = np.interp(along_plane[row], steps, self._along_m[begin:end])
            segment = min(int(np.searchsorted(steps, along_plane[row], side="right")), end - begin - 1)
            points = self._plane_points[begin + segment - 1 : begin + segment + 1]
            ahead, aside = points[1] - points[0], ends[row, 0] - ends[row, 1]
            left[row] = ahead[0] * aside[1] - ahead[1] * aside[0] > 0
        return along, left

    def _at(self, reach: int, along_m: float) -> Floats:
        begin, end = self._bounds[reach], self._bounds[reach + 1]
        along = self._along_m[begin:end]
        segment = min(max(int(np.searchsorted(along, along_m, side="right")) - 1, 0), end - begin - 2)
        first, second = self._points[begin + segment], self._points[begin + segment + 1]
        azimuth, _, _ = geod().inv(first[0], first[1], second[0], second[1])
        lon, lat, _ = geod().fwd(first[0], first[1], azimuth, along_m - along[segment])
        return np.array([[lon, lat]])

    def _stretch_m(self, reach: int) -> tuple[float, float]:
        """Where a reach begins and ends along its route as that is drawn; BeyondEnd."""
        if reach not in self._stretches:
            one = self.network.reaches[reach]
            low, high = self.line(one.route).lengths_m([one.from_m, one.to_m]).tolist()
            self._stretches[reach] = low, high
        return self._stretches[reach]

    def _unprojected(self, points_m: Floats) -> Floats:
        from spatial.datum import gauss_kruger_kernel

        found = np.empty_like(points_m)
        gauss_kruger_kernel.unproject(np.ascontiguousarray(points_m), self._meridian_deg, 0.0, found)
        return found

    @cached_property
    def _on_route(self) -> Mapping[str, Sequence[int]]:
        found: dict[str, list[int]] = {}
        for number, reach in enumerate(self.network.reaches):
            found.setdefault(reach.route, []).append(number)
        return found

    @cached_property
    def _flat(self) -> tuple[Floats, Ints]:
        reverse = np.array([reach.flow is Flow.REVERSE for reach in self.network.reaches], np.bool_)
        shapes = self._shapes.copy()
        shapes[reverse] = shapely.reverse(shapes[reverse])
        points, owner = shapely.get_coordinates(shapes, return_index=True)
        return points, owner.astype(np.int64)

    @property
    def _points(self) -> Floats:
        return self._flat[0]

    @cached_property
    def _bounds(self) -> Ints:
        found: Ints = np.searchsorted(self._flat[1], np.arange(len(self.network.reaches) + 1))
        return found

    @cached_property
    def _along_m(self) -> Floats:
        points = self._points
        steps = np.concatenate(([0.0], inverse_m(points[:-1], points[1:])))
        return _restarted(steps, self._bounds)

    @cached_property
    def _meridian_deg(self) -> float:
        return float(self._points[:, 0].mean()) if len(self._points) else 0.0

    @cached_property
    def _plane_points(self) -> Floats:
        return projected(self._points, self._meridian_deg)

    @cached_property
    def _plane_along(self) -> Floats:
        steps = np.concatenate(([0.0], np.hypot(*np.diff(self._plane_points, axis=0).T)))
        return _restarted(steps, self._bounds)

    @cached_property
    def _plane_shapes(self) -> Shapes:
        found: Shapes = shapely.linestrings(self._plane_points, indices=self._flat[1])
        return found

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self._plane_shapes)


def centreline_of(row: RouteRow, stakes: Sequence[Any] = ()) -> Centreline:
    """The centre line that a stored version of a route tells, with its stakes."""
    points = shapely.get_coordinates(row.shape)
    return draw(row.id, row.version, points, from_m=row.from_m, to_m=row.to_m, stakes=stakes)


def _lengths_m(coordinates: Floats, owner: Ints, count: int) -> Floats:
    """Geodesic length of each of many lines."""
    if len(coordinates) < 2:
        return np.zeros(count)
    steps = inverse_m(coordinates[:-1], coordinates[1:])
    steps[owner[:-1] != owner[1:]] = 0.0
    return np.bincount(owner[:-1], weights=steps, minlength=count).astype(np.float64)


def _restarted(steps: Floats, bounds: Ints) -> Floats:
    """Running sums that begin anew at each bound."""
    steps = steps.copy()
    steps[bounds[:-1]] = 0.0
    total = np.cumsum(steps)
    found: Floats = total - np.repeat(total[bounds[:-1]], np.diff(bounds))
    return found
