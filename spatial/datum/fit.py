"""Transformations fitted from control points 控制点求参.

Between a local or legacy frame and CGCS2000 nothing but a fit is honest: it comes
with residuals, leave-one-out errors, covariance and the hull of its points, and
refuses to speak outside that hull. Parameters and points are secrets of the
city (``Secret``): computing reveals them, output never does.

Models: the four-parameter similarity from plane to plane; between geographic
frames Molodensky–Badekas (seven parameters about the centroid) or Bursa–Wolf
(about the geocentre; over a county its shifts are known to metres only, though
its predictions are as good). Rotations follow the position-vector convention
(EPSG 1033 and 1061); they are small, and the matrix is the linear one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from spatial.datum.ellipsoid import (
    ELLIPSOIDS,
    Geocentric,
    Geographic,
    geocentric_from_geographic,
    geographic_from_geocentric,
)
from spatial.datum.frames import Frame, Kind
from spatial.datum.least_squares import plane_design, solve, spatial_design
from spatial.datum.operation import Operation
from spatial.datum.secret import Secret
from spatial.errors import BadControlPoints, OutsideArea

Floats = NDArray[np.float64]


class Model(StrEnum):
    """What is fitted."""

    SIMILARITY = "similarity"  # 平面四参数
    BURSA_WOLF = "bursa-wolf"  # 布尔莎七参数
    MOLODENSKY_BADEKAS = "molodensky-badekas"  # 莫洛金斯基七参数

    @property
    def spatial(self) -> bool:
        """Fitted in geocentric coordinates."""
        return self is not Model.SIMILARITY

    @property
    def least_points(self) -> int:
        """So many that each can be left out and the others still decide."""
        return 4 if self.spatial else 3


ROTATION_CONVENTION = "position_vector"
_HULL_EDGE = 1e-8
"""Of the hull's size: the points themselves lie inside, also after the way there and back."""


@dataclass(frozen=True, slots=True)
class ControlPoints:
    """Points known in both frames.

    ``source`` and ``target`` have one row a point: east, north in metres for planes;
    lon, lat in degrees and ellipsoidal height in metres for geographic frames
    (height 0 on both sides where none is known).
    """

    names: tuple[str, ...]
    source: Secret[Floats]
    target: Secret[Floats]

    @staticmethod
    def of(names: tuple[str, ...], source: Floats, target: Floats) -> ControlPoints:
        """Points from plain arrays, which are wrapped at once."""
        return ControlPoints(
            names, Secret(np.array(source, np.float64)), Secret(np.array(target, np.float64))
        )


@dataclass(frozen=True, slots=True)
class Residual:
    """How well a fit meets one of its points, metres."""

    point: str
    residual_m: float
    """Distance between the given and the computed position."""
    leave_one_out_m: float
    """The same where the point itself took no part: what a blunder cannot hide from."""


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A fitted transformation, a version of its name."""

    name: str
    version: int
    source: str
    target: str
    model: Model
    datums: tuple[str, str]
    parameters: Secret[Floats]
    """Similarity: shift east, shift north, a = k·cos, b = k·sin. Else: three shifts in m,
    scale difference, three rotations in rad."""
    origin: Secret[Floats]
    """Point about which it turns, in the source (zeros for Bursa–Wolf)."""
    covariance: Secret[Floats]
    hull: Secret[Any]
    """Convex hull of the points in the source's horizontal coordinates (shapely Polygon)."""
    points: ControlPoints
    residuals: tuple[Residual, ...]
    degrees_of_freedom: int
    sigma0_m: float
    """Standard deviation of one coordinate, from the residuals."""

    @property
    def rmse_m(self) -> float:
        """Root mean square of the points' residuals."""
        return float(np.sqrt(np.mean([each.residual_m**2 for each in self.residuals])))

    @property
    def accuracy_m(self) -> float:
        """Root mean square of the leave-one-out errors: what a new point may expect."""
        return float(np.sqrt(np.mean([each.leave_one_out_m**2 for each in self.residuals])))

    def operation(self) -> Operation:
        """The operation to register: ``registry.with_operation(fit.operation())``."""
        return Operation(
            self.name,
            self.source,
            self.target,
            self.accuracy_m,
            self._forward,
            self._backward,
            version=self.version,
        )

    def to_json(self) -> dict[str, object]:
        """What may be shown and recorded: everything but parameters, covariance and places."""
        return {
            "name": self.name,
            "version": self.version,
            "source": self.source,
            "target": self.target,
            "model": self.model.value,
            "rotation_convention": ROTATION_CONVENTION if self.model.spatial else None,
            "points": len(self.residuals),
            "degrees_of_freedom": self.degrees_of_freedom,
            "rmse_m": self.rmse_m,
            "accuracy_m": self.accuracy_m,
            "residuals": [
                {"point": each.point, "residual_m": each.residual_m, "leave_one_out_m": each.leave_one_out_m}
                for each in self.residuals
            ],
        }

    def _forward(self, x: Floats, y: Floats, _: float | None) -> tuple[Floats, Floats]:
        self._check_hull(x, y, x, y)
        if not self.model.spatial:
            return self._plane(x, y)
        source, target = (ELLIPSOIDS[datum] for datum in self.datums)
        moved = self._matrix() @ self._about(
            geocentric_from_geographic(Geographic(x, y, np.zeros_like(x)), source)
        )
        out = geographic_from_geocentric(Geocentric(*self._placed(moved)), target)
        return out.lon, out.lat

    def _backward(self, x: Floats, y: Floats, _: float | None) -> tuple[Floats, Floats]:
        if not self.model.spatial:
            back_x, back_y = self._plane_back(x, y)
        else:
            back_x, back_y = self._spatial_back(x, y)
        self._check_hull(back_x, back_y, x, y)
        return back_x, back_y

    def _plane(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        east, north, a, b = self.parameters.reveal()
        x0, y0 = self.origin.reveal()
        return east + a * (x - x0) - b * (y - y0), north + b * (x - x0) + a * (y - y0)

    def _plane_back(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        east, north, a, b = self.parameters.reveal()
        x0, y0 = self.origin.reveal()
        k2 = a * a + b * b
        dx, dy = x - east, y - north
        return x0 + (a * dx + b * dy) / k2, y0 + (a * dy - b * dx) / k2

    def _spatial_back(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Exact inverse of ``_forward``: the target height is found that belongs to source height 0."""
        source, target = (ELLIPSOIDS[datum] for datum in self.datums)
        origin = self.origin.reveal()[:, None]
        shift = self.parameters.reveal()[:3, None]
        height_m = np.zeros_like(x)
        for _ in range(4):
            there = np.vstack(geocentric_from_geographic(Geographic(x, y, height_m), target))
            here = np.linalg.solve(self._matrix(), there - shift - origin) + origin
            back = geographic_from_geocentric(Geocentric(*here), source)
            height_m = height_m - back.height_m
        return back.lon, back.lat

    def _matrix(self) -> Floats:
        scale, rx, ry, rz = self.parameters.reveal()[3:]
        return np.array([[1 + scale, -rz, ry], [rz, 1 + scale, -rx], [-ry, rx, 1 + scale]])

    def _about(self, xyz: tuple[Floats, ...]) -> Floats:
        return np.asarray(np.vstack(xyz) - self.origin.reveal()[:, None])

    def _placed(self, about: Floats) -> Floats:
        return np.asarray(about + self.origin.reveal()[:, None] + self.parameters.reveal()[:3, None])

    def _check_hull(self, x: Floats, y: Floats, given_x: Floats, given_y: Floats) -> None:
        import shapely

        outside = ~np.asarray(shapely.intersects_xy(self.hull.reveal(), x, y))
        if outside.any():
            first = int(np.flatnonzero(outside)[0])
            value = f"{float(given_x[first])!r}, {float(given_y[first])!r}"
            raise OutsideArea(
                f"位置超出转换 {self.name}@{self.version} 控制点的范围,不外推:第 {first + 1} 点 {value}",
                f"position outside the control points of {self.name}@{self.version}; nothing is "
                f"extrapolated: point {first + 1} at {value}",
                value=value,
                details={"index": first, "operation": self.name},
            )


def fit_points(
    points: ControlPoints,
    source: Frame,
    target: Frame,
    model: Model,
    *,
    name: str,
    version: int = 1,
) -> Fit:
    """Least-squares fit of a model to control points, each weighing the same.

    Raises BadControlPoints where the points decide nothing.
    """
    _check_frames(source, target, model)
    given, wanted = _checked(points, model)
    hull = _hull(given[:, :2], name)
    xyz, uvw = given, wanted
    if model.spatial:
        xyz = np.column_stack(geocentric_from_geographic(Geographic(*given.T), ELLIPSOIDS[source.datum]))
        uvw = np.column_stack(geocentric_from_geographic(Geographic(*wanted.T), ELLIPSOIDS[target.datum]))
    origin = np.zeros(xyz.shape[1]) if model is Model.BURSA_WOLF else xyz.mean(axis=0)
    design = spatial_design(xyz - origin) if model.spatial else plane_design(xyz - origin)
    solution = solve(design, uvw - xyz if model.spatial else uvw, name)
    return Fit(
        name=name,
        version=version,
        source=source.id,
        target=target.id,
        model=model,
        datums=(source.datum, target.datum),
        parameters=Secret(solution.parameters),
        origin=Secret(origin),
        covariance=Secret(solution.covariance),
        hull=Secret(hull),
        points=points,
        residuals=tuple(
            Residual(point, float(np.linalg.norm(e)), float(np.linalg.norm(out)))
            for point, e, out in zip(points.names, solution.residuals, solution.left_out, strict=True)
        ),
        degrees_of_freedom=solution.degrees_of_freedom,
        sigma0_m=solution.sigma0_m,
    )


def _check_frames(source: Frame, target: Frame, model: Model) -> None:
    wanted = Kind.GEOGRAPHIC if model.spatial else Kind.PROJECTED
    if source.kind is not wanted or target.kind is not wanted:
        _bad(
            f"{model.value} 模型须在两个{'地理' if model.spatial else '平面'}坐标系之间求参",
            f"a {model.value} fit lies between two {wanted.value} frames",
            f"{source.id} → {target.id}",
        )


def _checked(points: ControlPoints, model: Model) -> tuple[Floats, Floats]:
    given, wanted = points.source.reveal(), points.target.reveal()
    shape = (len(points.names), 3 if model.spatial else 2)
    if given.shape != shape or wanted.shape != shape or len(set(points.names)) != len(points.names):
        _bad(
            "控制点的名称、个数或维数不符", "names, count or dimensions of the points do not match",
            f"{given.shape}, {wanted.shape}",
        )  # fmt: skip
    if len(points.names) < model.least_points:
        _bad(
            f"控制点至少 {model.least_points} 个", f"at least {model.least_points} control points are needed",
            str(len(points.names)),
        )  # fmt: skip
    finite = np.isfinite(given).all(axis=1) & np.isfinite(wanted).all(axis=1)
    if not finite.all():
        _bad(
            "控制点坐标不是有限的数", "a control point is not a finite number",
            points.names[int(np.flatnonzero(~finite)[0])],
        )  # fmt: skip
    return given, wanted


def _hull(horizontal: Floats, name: str) -> Any:
    import shapely

    hull = shapely.convex_hull(shapely.multipoints(horizontal))
    if hull.geom_type != "Polygon" or hull.area <= 0.0:
        _bad("控制点在一条直线上", "the control points lie on one line", name)
    widened = hull.buffer(_HULL_EDGE * max(1.0, np.ptp(horizontal)), join_style="mitre")
    shapely.prepare(widened)
    return widened


def _bad(zh: str, en: str, value: str) -> NoReturn:
    raise BadControlPoints(f"{zh}:{value}", f"{en}: {value}", value=value)
