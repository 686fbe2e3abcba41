"""Frames are told by evidence, and refused where it does not suffice."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from exchange_files import (
    NAMES,
    PLOTS,
    ROWS,
    STATIONS,
    counts,
    full,
    gbk_shapefile,
    options,
    publish,
    write_csv,
    write_vector,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial.catalogue.city import read_city
from spatial.database import connect
from spatial.datum import frame, move
from spatial.errors import FrameContradicted, FrameUndecided, UnknownFrame
from spatial.exchange import control
from spatial.exchange.declared import resolve
from spatial.exchange.frames import decide
from spatial.exchange.load import load
from spatial.exchange.residuals import Survey, Trusted

CITY = read_city("370783")
LAYER = STATIONS.id
BOX = CITY.extent_4490


def survey(x: np.ndarray, y: np.ndarray) -> Survey:
    bounds = (float(x.min()), float(y.min()), float(x.max()), float(y.max()))
    return Survey(bounds, x, y, x, y)


def scattered(seed: int = 1, count: int = 50) -> tuple[np.ndarray, np.ndarray]:
    """Positions well inside the city's extent, not reaching its sides."""
    random = np.random.default_rng(seed)
    lon = random.uniform(BOX.west + 0.1, BOX.east - 0.1, count)
    return lon, random.uniform(BOX.south + 0.1, BOX.north - 0.1, count)


def placed(target: str, lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    moved = move(lon, lat, frame("EPSG:4490"), frame(target))
    return np.asarray(moved.x), np.asarray(moved.y)


def around(lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    corners_lon = np.array([BOX.west + 0.0005, BOX.east - 0.0002, 118.8, 118.9])
    corners_lat = np.array([36.9, 37.1, BOX.south + 0.0004, BOX.north - 0.0003])
    return np.concatenate((lon, corners_lon)), np.concatenate((lat, corners_lat))


@given(
    st.sampled_from(["EPSG:4549", "EPSG:4528", "EPSG:4509", "EPSG:4498"]), st.booleans(), st.integers(0, 99)
)
@settings(max_examples=30, deadline=None)
def test_trusted_features_decide_zone_prefix_and_axes(crs: str, swapped: bool, seed: int) -> None:
    lon, lat = scattered(seed)
    x, y = placed(crs, lon, lat)
    x, y = (y, x) if swapped else (x, y)
    known = Trusted(
        "believed",
        tuple(x[i : i + 1] for i in range(5)),
        tuple(y[i : i + 1] for i in range(5)),
        tuple(lon[i : i + 1] for i in range(5)),
        tuple(lat[i : i + 1] for i in range(5)),
    )
    reading = decide(survey(x, y), CITY, name="f", trusted=[known])
    same = {frame(crs).central_meridian_deg, frame(reading.frame).central_meridian_deg}
    assert (len(same), frame(reading.frame).zone, reading.swapped) == (1, frame(crs).zone, swapped)
    assert ("axes" in [one.kind for one in reading.evidence]) == swapped


@pytest.mark.parametrize("crs", ["EPSG:4490", "GCJ02", "BD09"])
@pytest.mark.parametrize("kind", ["believed", "control-points"])
def test_trusted_positions_tell_the_offset_systems(crs: str, kind: str) -> None:
    lon, lat = scattered()
    x, y = placed(crs, lon, lat)
    singles = [tuple(array[i : i + 1] for i in range(6)) for array in (x, y, lon, lat)]
    reading = decide(survey(x, y), CITY, name="f", trusted=[Trusted(kind, *singles)])
    assert reading.frame == crs
    told = [one for one in reading.evidence if one.kind == kind]
    assert len(told) == 3 and all(one.numbers["count"] == 6 for one in told)


@pytest.mark.parametrize("crs", ["EPSG:4490", "GCJ02", "EPSG:4528"])
def test_trusted_features_decide_where_most_lies_beyond_the_city(crs: str) -> None:
    """As of a river whose course begins in the hills of the next city."""
    lon, lat = scattered()
    lat[: len(lat) * 2 // 3] -= 0.6
    x, y = placed(crs, lon, lat)
    singles = [tuple(array[i : i + 1] for i in range(6)) for array in (x, y, lon, lat)]
    known = Trusted("believed", *singles)
    assert decide(survey(x, y), CITY, name="f", trusted=[known]).frame == crs
    moved = [tuple(part + 0.001 for part in each) for each in singles[2:]]
    for trusted in ([], [Trusted("believed", *singles[:2], *moved)]):
        with pytest.raises(FrameUndecided, match="no reading lies in the city"):
            decide(survey(x, y), CITY, name="f", trusted=trusted)


@pytest.mark.parametrize("crs", ["GCJ02", "BD09"])
def test_an_outline_tells_the_offset_systems(crs: str) -> None:
    x, y = placed(crs, *around(*scattered()))
    assert decide(survey(x, y), CITY, name="f").frame == crs


def test_an_outline_does_not_tell_2000_from_80_and_54() -> None:
    with pytest.raises(FrameUndecided) as refused:
        decide(survey(*around(*scattered())), CITY, name="f")
    assert {"EPSG:4490", "EPSG:4610", "EPSG:4214"} <= set(refused.value.details["candidates"])


@pytest.mark.parametrize(
    ("crs", "candidates"),
    [
        ("EPSG:4528", {"EPSG:4528", "EPSG:2364", "EPSG:2416"}),
        ("EPSG:4549", {"EPSG:4549", "EPSG:2385", "EPSG:2437"}),
        ("EPSG:4490", {"EPSG:4490", "GCJ02", "BD09"}),
    ],
)
def test_without_anything_trusted_the_datum_is_never_guessed(crs: str, candidates: set[str]) -> None:
    x, y = placed(crs, *scattered())
    with pytest.raises(FrameUndecided, match="--source-crs") as refused:
        decide(survey(x, y), CITY, name="f")
    assert candidates <= set(refused.value.details["candidates"])


def test_an_old_datum_does_not_pass_for_the_new_one() -> None:
    """80 or 54 metres lie tens of metres off the believed features: no reading is taken."""
    lon, lat = scattered()
    x, y = placed("EPSG:4549", lon, lat)
    x, y = x + 45.0, y - 30.0
    singles = [tuple(array[i : i + 1] for i in range(6)) for array in (x, y, lon, lat)]
    with pytest.raises(FrameUndecided):
        decide(survey(x, y), CITY, name="f", trusted=[Trusted("believed", *singles)])


def test_a_wrong_declaration_is_refused(dsn: str, tmp_path: Path) -> None:
    """Prefixed eastings under a declaration without prefix, and GCJ-02 that says it is WGS 84."""
    path = write_vector(tmp_path / "a.gpkg", "GPKG", crs="EPSG:4549", frame_of_numbers="EPSG:4528")
    with pytest.raises(FrameUndecided, match="EPSG:4528"):
        load(dsn, path, LAYER, options())
    load(dsn, write_csv(tmp_path / "good.csv"), LAYER, options(source_crs="EPSG:4490"))
    before = counts(dsn)
    shifted = write_vector(tmp_path / "b.gpkg", "GPKG", crs="EPSG:4326", frame_of_numbers="GCJ02")
    with pytest.raises(FrameUndecided, match="GCJ02"):
        load(dsn, shifted, LAYER, full())
    assert counts(dsn) == before


def test_a_declared_frame_with_swapped_axes_is_read_right(dsn: str, tmp_path: Path) -> None:
    header = (*NAMES, "X坐标", "Y坐标")
    rows = [(*row[:7], row[7], row[8]) for row in ROWS]
    path = write_csv(tmp_path / "a.csv", crs="EPSG:4549", header=(*NAMES, "Y坐标", "X坐标"), rows=rows)
    report = load(dsn, path, LAYER, options(source_crs="EPSG:4549"))
    assert report.frame.swapped, "columns X = north, Y = east, as surveyors write them"
    assert header != report.fields
    with connect(dsn) as connection:
        lon, lat = connection.execute(
            "select ST_X(geom), ST_Y(geom) from layer.test_stations where code = 'T0001'"
        ).fetchone()
    assert (lon, lat) == pytest.approx(ROWS[0][7:9], abs=2e-9)


def test_control_points_decide_a_shapefile_without_prj(dsn: str, tmp_path: Path) -> None:
    path = gbk_shapefile(tmp_path / "交付", crs="EPSG:4528")
    with pytest.raises(FrameUndecided):
        load(dsn, path, LAYER, options())
    points = tmp_path / "控制点.csv"
    lines = ["点号,点名,经度,纬度,精度"] + [
        f"K{index},{row[1]},{row[7]},{row[8]},0.02" for index, row in enumerate(ROWS)
    ]
    points.write_text("\n".join(lines), encoding="utf-8")
    assert control.add(dsn, points, "EPSG:4490").points == 4
    report = load(dsn, path, LAYER, options())
    assert report.frame.frame == "EPSG:4528"
    (told,) = [one for one in report.frame.evidence if one.kind == "control-points"]
    assert told.numbers["residual_m"] < 0.01 and told.numbers["count"] == 4


def test_vendor_points_are_told_as_gcj02_by_control_points(dsn: str, tmp_path: Path) -> None:
    points = write_csv(tmp_path / "k.csv", header=("点号", "点名", "精度_", *NAMES[3:], "经度", "纬度"))
    control.add(dsn, points, "EPSG:4490")
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [float(x), float(y)]},
            "properties": {"code": row[0], "name": row[1]},
        }
        for row, x, y in zip(ROWS, *placed("GCJ02", *positions()), strict=True)
    ]
    path = tmp_path / "poi.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    report = load(dsn, path, LAYER, options())
    assert (report.frame.frame, report.accuracy_m) == ("GCJ02", 1.0)


def positions() -> tuple[np.ndarray, np.ndarray]:
    return np.array([row[7] for row in ROWS]), np.array([row[8] for row in ROWS])


def test_an_option_that_names_nothing_is_refused(dsn: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownFrame):
        load(dsn, write_csv(tmp_path / "a.csv"), LAYER, options(source_crs="EPSG:99999"))


@pytest.mark.parametrize("code", [4490, 4528, 4549, 4527, 4610, 2364, 2385, 4214, 2416, 4326, 4509])
def test_declarations_of_arcgis_and_gdal_resolve_by_parameters(code: int) -> None:
    from pyproj import CRS

    for version in ("WKT1_ESRI", "WKT1_GDAL", "WKT2_2019"):
        assert resolve(CRS.from_epsg(code).to_wkt(version)) == f"EPSG:{code}"


def test_an_outline_file_with_a_degree_sign_only(dsn: str, tmp_path: Path) -> None:
    """A layer that covers the whole city, undeclared: its extremes say GCJ-02."""
    publish(dsn, replace(PLOTS, id="test-outline"))
    corners = [(BOX.west, BOX.south), (BOX.east, BOX.south), (BOX.east, BOX.north), (BOX.west, BOX.north)]
    lon, lat = (np.array(one) for one in zip(*corners, strict=True))
    x, y = placed("GCJ02", lon, lat)
    ring = [[float(a), float(b)] for a, b in zip(x, y, strict=True)]
    feature = {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
        "properties": {"use": "全域"},
    }
    path = tmp_path / "o.json"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    report = load(dsn, path, "test-outline", options())
    residual = {
        one.en.split(",")[0]: one.numbers["residual_m"]
        for one in report.frame.evidence
        if one.kind == "outline"
    }
    assert report.frame.frame == "GCJ02"
    assert residual["read as GCJ02"] < 1 < 300 < residual["read as EPSG:4490"]


def beside(kind: str, crs: str, count: int = 6) -> tuple[Survey, Trusted]:
    """Numbers in a frame, and the true places of the first of them."""
    lon, lat = scattered()
    x, y = placed(crs, lon, lat)
    singles = [tuple(array[i : i + 1] for i in range(count)) for array in (x, y, lon, lat)]
    return survey(x, y), Trusted(kind, *singles)


@pytest.mark.parametrize("kind", ["believed", "control-points"])
@pytest.mark.parametrize(
    ("truth", "said"), [("GCJ02", "EPSG:4490"), ("EPSG:4490", "BD09"), ("BD09", "GCJ02")]
)
def test_a_word_against_trusted_positions_is_refused(kind: str, truth: str, said: str) -> None:
    seen, known = beside(kind, truth)
    with pytest.raises(FrameContradicted, match=f"--source-crs {truth}.*--trust-source-crs") as refused:
        decide(seen, CITY, name="f", option=said, trusted=[known])
    assert refused.value.details["residual_m"] > 100
    believed = decide(seen, CITY, name="f", option=said, trusted=[known], trust_said=True)
    assert believed.frame == said
    (warned,) = [one for one in believed.evidence if one.kind == "contradicted"]
    assert warned.numbers["better_m"] < 1 < 100 < warned.numbers["residual_m"]


@pytest.mark.parametrize(("moved_m", "count", "warned"), [(3.0, 6, False), (60.0, 6, True), (400.5, 2, True)])
def test_small_or_few_contradictions_are_warned_of(moved_m: float, count: int, warned: bool) -> None:
    """Within a survey's error nothing is said; an old datum's tens of metres, or two points, are."""
    seen, known = beside("believed", "EPSG:4549", count)
    known = replace(known, file_x=tuple(one + moved_m for one in known.file_x))
    for said in ({"option": "EPSG:4549"}, {"declared": "EPSG:4549"}):
        reading = decide(seen, CITY, name="f", trusted=[known], **said)
        assert reading.frame == "EPSG:4549"
        told = [one for one in reading.evidence if one.kind == "contradicted"]
        assert [one.numbers["residual_m"] for one in told] == pytest.approx(
            [moved_m] if warned else [], rel=0.01
        )


def test_a_wrong_option_leaves_the_layer_alone(dsn: str, tmp_path: Path) -> None:
    load(dsn, write_csv(tmp_path / "good.csv"), LAYER, options(source_crs="EPSG:4490"))
    before = counts(dsn)
    shifted = write_csv(tmp_path / "b.csv", crs="GCJ02")
    with pytest.raises(FrameContradicted, match="GCJ02"):
        load(dsn, shifted, LAYER, full(source_crs="EPSG:4490"))
    assert counts(dsn) == before
    report = load(dsn, shifted, LAYER, full(source_crs="EPSG:4490", trust_source_crs=True))
    assert report.outcome == "loaded"
    assert "contradicted" in [one["kind"] for one in report.to_json()["frame"]["evidence"]]
