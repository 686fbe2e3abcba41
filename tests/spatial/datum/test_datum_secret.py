"""Parameters, control points and local definitions show nowhere."""

from __future__ import annotations

import copy
import dataclasses
import gc
import json
import logging
import pickle
import traceback

import numpy as np
import orjson
import psycopg
import pytest

from spatial.datum import STANDARD, ControlPoints, Model, fit_points, frame, local_frame, move
from spatial.datum.frames import Area
from spatial.datum.secret import Secret
from spatial.datum.store import load_fits, load_frames, load_registry, save_fit, save_frame
from spatial.errors import InvalidInput, NoOperation, OneMapError, OperationExists, OutsideArea, UnknownFrame

CANARY = ("31415926", "27182818", "161803", "118.8512")
"""Digits planted in shifts, points and the local central meridian."""
_CENTRE = np.array([392000.0, 4081000.0])


def _fit(version=1):
    rng = np.random.default_rng(1)
    source = _CENTRE + rng.uniform(-9000, 9000, (6, 2))
    source[0] = (391000.31415926, 4080000.27182818)
    target = source + np.array([16.1803, -31.415926])
    points = ControlPoints.of(tuple("ABCDEF"), source, target)
    return fit_points(points, frame("2385"), frame("4549"), Model.SIMILARITY, name="city", version=version)


def _wkt():
    from pyproj import CRS

    wkt = CRS.from_epsg(4549).to_wkt()
    return wkt.replace('"Longitude of natural origin",120', '"Longitude of natural origin",118.8512')


def _local(wkt=None):
    return local_frame(
        "SGLOCAL:1", "独立", "local", "EPSG:4490", wkt or _wkt(), Area(118.5, 36.7, 119.2, 37.4)
    )


def _leaks(text):
    plain = text.replace(",", "").replace("_", "")
    return [each for each in CANARY if each in plain or each.replace("118.8512", "118.8512") in text]


def _secret_numbers(fitted):
    numbers = np.concatenate(
        [
            fitted.parameters.reveal(),
            fitted.covariance.reveal().ravel(),
            fitted.points.source.reveal().ravel(),
            fitted.points.target.reveal().ravel(),
        ]
    )
    return [repr(float(each)) for each in numbers if abs(each) > 1e-12 and abs(each) != 1.0]


def _assert_silent(text, fitted):
    assert not _leaks(text)
    assert not [each for each in _secret_numbers(fitted) if each in text]


def _texts_of(value):
    yield repr(value)
    yield str(value)
    yield f"{value}"


def test_repr_and_str_of_everything_around_a_fit():
    fitted = _fit()
    registry = STANDARD.with_operation(fitted.operation()).with_frame(_local())
    moved = move(*_CENTRE, frame("2385"), frame("4549"), registry=registry)
    around = [
        fitted, fitted.points, fitted.parameters, fitted.hull, fitted.operation(), fitted.operation().forward,
        registry, registry.operations, registry.route(frame("2385"), frame("4549")), _local(),
        fitted.residuals,
        moved.path, moved.frame, moved.accuracy_m, vars(type(fitted)),
    ]  # fmt: skip
    for value in around:
        for text in _texts_of(value):
            _assert_silent(text, fitted)


def test_json_shows_quality_and_nothing_else():
    fitted = _fit()
    text = json.dumps(fitted.to_json())
    _assert_silent(text, fitted)
    shown = json.loads(text)
    assert shown["points"] == 6 and shown["accuracy_m"] == fitted.accuracy_m and len(shown["residuals"]) == 6
    for value in (fitted.parameters, dataclasses.asdict(fitted)):
        with pytest.raises(TypeError):
            orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)
        with pytest.raises(TypeError):
            json.dumps(value)


def test_copies_stay_closed_and_pickles_do_not_exist():
    fitted = _fit()
    _assert_silent(repr(dataclasses.asdict(fitted)), fitted)
    _assert_silent(repr(copy.deepcopy(fitted.parameters)), fitted)
    for value in (fitted, fitted.parameters, fitted.points, fitted.operation()):
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            with pytest.raises((TypeError, AttributeError)):
                pickle.dumps(value, protocol)


def _errors_of(registry):
    yield lambda: move(1.0, 2.0, frame("2385"), frame("4549"), registry=registry)
    yield lambda: move(500000.0, 4081000.0, frame("2385"), frame("4549"), registry=registry)
    yield lambda: move(500000.0, 4081000.0, frame("4549"), frame("2385"), registry=registry)
    yield lambda: move(120.5, 36.9, frame("4490"), registry.frame("SGLOCAL:1"), registry=registry)
    yield lambda: move(1e9, 36.9, registry.frame("SGLOCAL:1"), frame("4490"), registry=registry)
    yield lambda: move(118.8, 36.9, frame("4214"), registry.frame("SGLOCAL:1"), registry=registry)
    yield lambda: registry.frame("SGLOCAL:2")


def test_errors_with_their_tracebacks_and_contexts(caplog):
    caplog.set_level(logging.DEBUG)
    fitted = _fit()
    registry = STANDARD.with_operation(fitted.operation()).with_frame(_local())
    for act in _errors_of(registry):
        with pytest.raises(OneMapError) as refusal:
            act()
        error = refusal.value
        told = "".join(traceback.format_exception(error))
        _assert_silent(told + repr(error) + error.zh + error.en + json.dumps(error.details), fitted)
    _assert_silent(caplog.text, fitted)


def test_a_broken_local_definition_is_refused_without_being_repeated(caplog):
    caplog.set_level(logging.DEBUG)
    broken = _local(_wkt()[:-30])
    with pytest.raises(UnknownFrame) as refusal:
        move(118.8, 36.9, frame("4490"), broken, registry=STANDARD.with_frame(broken))
    told = "".join(traceback.format_exception(refusal.value))
    assert not _leaks(told) and not _leaks(caplog.text)
    assert refusal.value.__context__ is None


def test_no_secret_is_left_in_plain_attributes():
    """A crawl over all objects that a fit holds finds arrays inside ``Secret`` only."""
    fitted = _fit()
    seen, queue = set(), [fitted]
    while queue:
        value = queue.pop()
        if id(value) in seen or isinstance(value, (type, Secret)):
            continue
        seen.add(id(value))
        assert not isinstance(value, np.ndarray)
        queue.extend(each for each in gc.get_referents(value) if not isinstance(each, type))
        if len(seen) > 2000:
            break


# In the database.


@pytest.fixture
def connection(empty_database):
    from pathlib import Path

    import spatial.datum

    with psycopg.connect(empty_database, autocommit=True) as opened:
        opened.execute("create extension postgis")
        opened.execute((Path(spatial.datum.__file__).parent / "schema.sql").read_text(encoding="utf-8"))
        yield opened


def test_saved_and_loaded_it_moves_alike(connection):
    first, second = _fit(), _fit(version=2)
    save_fit(connection, first)
    save_fit(connection, second)
    save_frame(connection, _local())
    loaded = load_fits(connection)
    assert [each.version for each in loaded] == [1, 2]
    assert (loaded[0].parameters.reveal() == first.parameters.reveal()).all()
    assert (loaded[0].covariance.reveal() == first.covariance.reveal()).all()
    assert loaded[0].to_json() == first.to_json()
    assert (loaded[0].points.source.reveal() == first.points.source.reveal()).all()
    registry = load_registry(connection)
    before = move(
        *_CENTRE, frame("2385"), frame("4549"), registry=STANDARD.with_operation(second.operation())
    )
    after = move(*_CENTRE, frame("2385"), frame("4549"), registry=registry)
    assert (before.x, before.y, before.path) == (after.x, after.y, after.path)
    with pytest.raises(OutsideArea):
        move(500000.0, 4081000.0, frame("2385"), frame("4549"), registry=registry)
    assert load_frames(connection) == (_local(),) and load_frames(connection)[0].wkt == _wkt()
    assert move(
        118.8512, 36.9, frame("4490"), registry.frame("SGLOCAL:1"), registry=registry
    ).x == pytest.approx(5e5)


def test_a_version_is_never_overwritten(connection):
    fitted = _fit()
    save_fit(connection, fitted)
    with pytest.raises(OperationExists) as refusal:
        save_fit(connection, fitted)
    _assert_silent("".join(traceback.format_exception(refusal.value)), fitted)
    save_frame(connection, _local())
    with pytest.raises(OperationExists):
        save_frame(connection, _local())
    with pytest.raises(InvalidInput):
        save_fit(connection, _fit(version=0))


def test_readers_cannot_see_the_tables(connection):
    save_fit(connection, _fit())
    connection.execute("create role datum_test_reader nologin")
    try:
        connection.execute("grant usage on schema spatial to datum_test_reader")
        connection.execute("set role datum_test_reader")
        for table in ("datum_operation", "datum_frame"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"select count(*) from spatial.{table}")
        assert connection.execute(
            "select spatial.legal_area_m2(st_geomfromtext('POINT(118 36)', 4490))"
        ).fetchone() == (0.0,)
    finally:
        connection.execute("reset role")
        connection.execute("revoke usage on schema spatial from datum_test_reader")
        connection.execute("drop role datum_test_reader")


def test_no_operation_without_registration(connection):
    with pytest.raises(NoOperation):
        move(*_CENTRE, frame("2385"), frame("4549"), registry=load_registry(connection))
