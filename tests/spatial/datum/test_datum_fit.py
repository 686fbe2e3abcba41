"""Fits: recovered transformations, leave-one-out, covariance, hull, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from pyproj import CRS, Transformer

from spatial.datum import STANDARD, ControlPoints, Model, fit_points, frame, move
from spatial.datum.ellipsoid import (
    ELLIPSOIDS,
    Geocentric,
    Geographic,
    geocentric_from_geographic,
    geographic_from_geocentric,
)
from spatial.errors import BadControlPoints, NoOperation, OutsideArea

_PLANE = (frame("2385"), frame("4549"))
_SPHERE = (frame("4610"), frame("4490"))
_CENTRE = np.array([392000.0, 4081000.0])


def _names(count):
    return tuple(f"K{n:02d}" for n in range(count))


def _similarity(xy):
    """A known change of plane: 3.2″ and 4.1 ppm about the centre."""
    angle, scale = np.radians(3.2 / 3600), 1 + 4.1e-6
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return (xy - _CENTRE) @ turn.T + _CENTRE + (117.31, -42.87)


def _plane_points(count=12, noise_m=0.0, seed=11):
    rng = np.random.default_rng(seed)
    source = _CENTRE + rng.uniform(-18_000, 18_000, (count, 2))
    return source, _similarity(source) + rng.normal(0, noise_m, (count, 2))


def _seven(xyz):
    """Known seven parameters, position vector convention."""
    rx, ry, rz = np.array([0.5, -1.1, 2.3]) * np.pi / 180 / 3600
    matrix = np.array([[1, -rz, ry], [rz, 1, -rx], [-ry, rx, 1]]) + 3.0e-6 * np.eye(3)
    return matrix @ xyz + np.array([[-12.3], [98.7], [45.6]])


def _spatial_points(count=12, noise_m=0.0, seed=5):
    rng = np.random.default_rng(seed)
    source = np.column_stack(
        (rng.uniform(118.55, 119.1, count), rng.uniform(36.74, 37.29, count), rng.uniform(0, 80, count))
    )
    xyz = np.vstack(geocentric_from_geographic(Geographic(*source.T), ELLIPSOIDS["XIAN80"]))
    moved = _seven(xyz) + rng.normal(0, noise_m, xyz.shape)
    target = np.column_stack(geographic_from_geocentric(Geocentric(*moved), ELLIPSOIDS["CGCS2000"]))
    return source, target


def _plane_fit(count=12, noise_m=0.0, seed=11, version=1):
    source, target = _plane_points(count, noise_m, seed)
    points = ControlPoints.of(_names(count), source, target)
    return fit_points(points, *_PLANE, Model.SIMILARITY, name="xian80-plane", version=version)


def _spatial_fit(model, noise_m=0.0):
    points = ControlPoints.of(_names(12), *_spatial_points(noise_m=noise_m))
    return fit_points(points, *_SPHERE, model, name="xian80")


def test_a_known_similarity_is_recovered():
    fitted = _plane_fit()
    xy = _CENTRE + np.array([[0.0, 0.0], [3000.0, -5000.0]])
    moved = move(xy[:, 0], xy[:, 1], *_PLANE, registry=STANDARD.with_operation(fitted.operation()))
    assert np.abs(np.column_stack((moved.x, moved.y)) - _similarity(xy)).max() < 1e-6
    assert fitted.degrees_of_freedom == 20 and fitted.rmse_m < 1e-8


@pytest.mark.parametrize("model", [Model.BURSA_WOLF, Model.MOLODENSKY_BADEKAS])
def test_known_seven_parameters_predict_new_points(model):
    fitted = _spatial_fit(model)
    lon, lat = np.array([118.8, 118.9]), np.array([36.9, 37.0])
    moved = move(lon, lat, *_SPHERE, registry=STANDARD.with_operation(fitted.operation()))
    xyz = np.vstack(geocentric_from_geographic(Geographic(lon, lat, np.zeros(2)), ELLIPSOIDS["XIAN80"]))
    true = geographic_from_geocentric(Geocentric(*_seven(xyz)), ELLIPSOIDS["CGCS2000"])
    assert np.abs(moved.x - true.lon).max() < 1e-11 and np.abs(moved.y - true.lat).max() < 1e-11


@pytest.mark.parametrize("model", list(Model))
def test_there_and_back(model):
    if model is Model.SIMILARITY:
        fitted, (x, y) = _plane_fit(noise_m=0.02), _CENTRE[:, None] + [[0.0, 2000.0], [0.0, -900.0]]
        source, target, tolerance = *_PLANE, 1e-8
    else:
        fitted, (x, y) = _spatial_fit(model, 0.02), (np.array([118.8, 118.9]), np.array([36.9, 37.0]))
        source, target, tolerance = *_SPHERE, 1e-12
    registry = STANDARD.with_operation(fitted.operation())
    there = move(x, y, source, target, registry=registry)
    back = move(there.x, there.y, target, source, registry=registry)
    assert np.abs(back.x - x).max() < tolerance and np.abs(back.y - y).max() < tolerance
    assert there.accuracy_m == pytest.approx(fitted.accuracy_m)
    assert there.path[0].startswith(f"{fitted.name}@1 ")


def test_the_rotation_convention_is_position_vector_as_proj_has_it():
    fitted = _spatial_fit(Model.BURSA_WOLF)
    tx, ty, tz, scale, rx, ry, rz = fitted.parameters.reveal()
    second = 3600 * 180 / np.pi
    helmert = Transformer.from_pipeline(
        f"+proj=helmert +x={tx:.12f} +y={ty:.12f} +z={tz:.12f} +s={scale * 1e6:.15f} +rx={rx * second:.15f} "
        f"+ry={ry * second:.15f} +rz={rz * second:.15f} +convention=position_vector"
    )
    xyz = np.vstack(
        geocentric_from_geographic(
            Geographic(np.array([118.8]), np.array([36.9]), np.array([0.0])), ELLIPSOIDS["XIAN80"]
        )
    )
    assert np.abs(np.vstack(helmert.transform(*xyz)) - _seven(xyz)).max() < 1e-3


@pytest.mark.parametrize("model", list(Model))
def test_leave_one_out_is_what_refitting_without_the_point_gives(model):
    plane = model is Model.SIMILARITY
    source, target = _plane_points(8, 0.02) if plane else _spatial_points(8, 0.02)
    frames = _PLANE if plane else _SPHERE
    whole = fit_points(ControlPoints.of(_names(8), source, target), *frames, model, name="all")
    for left in range(8):
        keep = np.arange(8) != left
        names = tuple(np.array(_names(8))[keep])
        rest = fit_points(ControlPoints.of(names, source[keep], target[keep]), *frames, model, name="rest")
        error = np.linalg.norm(_predicted(rest, source[left]) - _cartesian(target[left], plane))
        assert whole.residuals[left].leave_one_out_m == pytest.approx(error, rel=1e-3, abs=1e-6)


def _cartesian(point, plane):
    if plane:
        return point
    return np.hstack(geocentric_from_geographic(Geographic(*point[:, None]), ELLIPSOIDS["CGCS2000"]))


def _predicted(fitted, point):
    values, origin = fitted.parameters.reveal(), fitted.origin.reveal()
    if fitted.model is Model.SIMILARITY:
        east, north, a, b = values
        dx, dy = point - origin
        return np.array([east + a * dx - b * dy, north + b * dx + a * dy])
    rx, ry, rz = values[4:]
    matrix = np.array([[1, -rz, ry], [rz, 1, -rx], [-ry, rx, 1]]) + values[3] * np.eye(3)
    xyz = np.hstack(geocentric_from_geographic(Geographic(*point[:, None]), ELLIPSOIDS["XIAN80"]))
    return matrix @ (xyz - origin) + origin + values[:3]


def test_noise_of_two_centimetres_shows_as_such():
    fitted = _plane_fit(count=12, noise_m=0.02)
    assert 0.012 < fitted.rmse_m < 0.035 and 0.012 < fitted.sigma0_m < 0.03
    assert fitted.accuracy_m > fitted.rmse_m


def test_a_blunder_hides_in_the_rmse_and_shows_in_leave_one_out():
    source, target = _plane_points(12, 0.02)
    target[4, 0] += 0.40
    points = ControlPoints.of(_names(12), source, target)
    fitted = fit_points(points, *_PLANE, Model.SIMILARITY, name="blunder")
    worst = max(fitted.residuals, key=lambda each: each.leave_one_out_m)
    assert fitted.rmse_m < 0.13
    assert worst.point == "K04" and worst.leave_one_out_m > 0.38


def test_covariance_is_that_of_repeated_surveys():
    fits = [_plane_fit(12, 0.02, seed=11)]
    source, clean = _plane_points(12)
    rng = np.random.default_rng(2)
    for n in range(300):
        points = ControlPoints.of(_names(12), source, clean + rng.normal(0, 0.02, clean.shape))
        fits.append(fit_points(points, *_PLANE, Model.SIMILARITY, name=str(n)))
    spread = np.std([each.parameters.reveal() for each in fits[1:]], axis=0)
    stated = np.sqrt(np.mean([np.diag(each.covariance.reveal()) for each in fits[1:]], axis=0))
    assert np.allclose(spread, stated, rtol=0.15)


def test_about_the_centroid_the_shifts_are_known_and_about_the_geocentre_they_are_not():
    near = np.sqrt(np.diag(_spatial_fit(Model.MOLODENSKY_BADEKAS, 0.02).covariance.reveal()))[:3]
    far = np.sqrt(np.diag(_spatial_fit(Model.BURSA_WOLF, 0.02).covariance.reveal()))[:3]
    assert near.max() < 0.01 and far.max() > 0.5


@pytest.mark.parametrize("x", [_CENTRE[0] + 30_000.0, _CENTRE[0] - 30_000.0])
def test_nothing_is_extrapolated(x):
    registry = STANDARD.with_operation(_plane_fit().operation())
    with pytest.raises(OutsideArea, match="xian80-plane@1"):
        move(x, _CENTRE[1], *_PLANE, registry=registry)
    there = _similarity(np.array([[x, _CENTRE[1]]]))[0]
    with pytest.raises(OutsideArea):
        move(*there, frame("4549"), frame("2385"), registry=registry)


def test_the_control_points_themselves_lie_inside_in_both_directions():
    for fitted, (source, target) in (
        (_plane_fit(noise_m=0.0), _PLANE),
        (_spatial_fit(Model.MOLODENSKY_BADEKAS), _SPHERE),
    ):
        registry = STANDARD.with_operation(fitted.operation())
        xy = fitted.points.source.reveal()
        there = move(xy[:, 0], xy[:, 1], source, target, registry=registry)
        back = move(there.x, there.y, target, source, registry=registry)
        assert np.abs(back.x - xy[:, 0]).max() < 1e-8


def test_a_plane_fit_carries_the_geographic_frames_too():
    registry = STANDARD.with_operation(_plane_fit().operation())
    lon, lat = Transformer.from_crs(2385, 4610, always_xy=True).transform(*_CENTRE)
    moved = move(lon, lat, frame("4610"), frame("GCJ02"), registry=registry)
    assert [each.split("@")[0] for each in moved.path] == [
        "projection",
        "xian80-plane",
        "projection",
        "gcj02",
    ]
    with pytest.raises(NoOperation):
        move(lon, lat, frame("4214"), frame("4490"), registry=registry)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda source, target: (source[:2], target[:2]),
        lambda source, target: (source, target[:-1]),
        lambda source, target: (np.column_stack((source[:, 0], source[:, 0])), target),
        lambda source, target: (np.full_like(source, 4e5), target),
        lambda source, target: (np.where(np.arange(12)[:, None] == 3, np.nan, source), target),
        lambda source, target: (np.column_stack((source, source[:, 0])), target),
    ],
    ids=["two points", "counts", "one line", "one place", "nan", "three columns"],
)
def test_points_that_decide_nothing(spoil):
    source, target = spoil(*_plane_points())
    with pytest.raises(BadControlPoints):
        points = ControlPoints.of(_names(len(source)), source, target)
        fit_points(points, *_PLANE, Model.SIMILARITY, name="bad")


def test_names_are_told_apart_and_frames_fit_the_model():
    source, target = _plane_points(4)
    with pytest.raises(BadControlPoints):
        fit_points(ControlPoints.of(("A",) * 4, source, target), *_PLANE, Model.SIMILARITY, name="x")
    with pytest.raises(BadControlPoints, match="projected"):
        fit_points(ControlPoints.of(_names(4), source, target), *_SPHERE, Model.SIMILARITY, name="x")


def test_ellipsoids_and_geocentric_equal_proj():
    rng = np.random.default_rng(9)
    lon, lat, height_m = rng.uniform(74, 134, 50), rng.uniform(17, 53, 50), rng.uniform(-100, 9000, 50)
    proj = Transformer.from_crs(4480, 4479, always_xy=True)
    ours = geocentric_from_geographic(Geographic(lon, lat, height_m), ELLIPSOIDS["CGCS2000"])
    assert np.abs(np.vstack(ours) - np.vstack(proj.transform(lon, lat, height_m))).max() < 1e-8
    back = geographic_from_geocentric(ours, ELLIPSOIDS["CGCS2000"])
    assert np.abs(back.lat - lat).max() < 1e-13 and np.abs(back.height_m - height_m).max() < 1e-8

    for code, datum in (
        (4490, "CGCS2000"),
        (4610, "XIAN80"),
        (4214, "BEIJING54"),
        (4555, "NEWBEIJING54"),
        (4326, "WGS84"),
    ):
        ellipsoid = CRS.from_epsg(code).ellipsoid
        assert ELLIPSOIDS[datum].semi_major_m == ellipsoid.semi_major_metre
        assert ELLIPSOIDS[datum].inverse_flattening == pytest.approx(ellipsoid.inverse_flattening, abs=1e-9)
