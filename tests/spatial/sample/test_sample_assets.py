"""The generated assets: the same twice, in the city, by their contracts, tied to each other."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import psycopg
import pytest
import shapely
from pyproj import Geod

from spatial import migrations
from spatial.catalogue import store as catalogue
from spatial.database import connect
from spatial.inventory.layers import ASSETS, BESIDE, contract, lives
from spatial.sample.assets import build
from spatial.sample.assets.ground import Addresses
from spatial.sample.assets.loading import LAYERS
from spatial.sample.assets.rows import generated
from spatial.sample.city import SampleCity
from spatial.sample.loading import SEED
from spatial.sample.plane import to_plane
from spatial.sample.rows import Rows

Assets = dict[str, Rows]
Table = list[dict[str, Any]]
GEOD = Geod(ellps="GRS80")


@pytest.fixture(scope="module")
def assets(city: SampleCity) -> Assets:
    return dict(generated(city, SEED))


def rows_of(assets: Assets, layer: str) -> Table:
    return [dict(zip(assets[layer].columns, row, strict=True)) for row in assets[layer].values]


def shapes(assets: Assets, layer: str) -> np.ndarray[Any, Any]:
    return shapely.from_wkb([row["geom"] for row in rows_of(assets, layer)])


def test_the_same_seed_gives_the_same_digits(assets: Assets, city: SampleCity) -> None:
    again = dict(generated(city, SEED))
    assert list(again) == list(assets)
    assert [made.digest for made in again.values()] == [made.digest for made in assets.values()]
    other = dict(generated(city, SEED + 1))
    assert other["hydrants"].digest != assets["hydrants"].digest


@pytest.mark.parametrize("layer", LAYERS)
def test_rows_keep_their_contract(assets: Assets, layer: str) -> None:
    declared, made = contract(layer), assets[layer]
    fields = {field.name: field for field in declared.fields}
    assert "合成数据" in declared.title.zh and declared.synthetic
    assert set(made.columns) <= {*fields, "geom"}
    assert {name for name, field in fields.items() if field.required} <= set(made.columns)
    table = rows_of(assets, layer)
    assert len({row[declared.key] for row in table}) == len(table) > 0
    for name, field in fields.items():
        told = [row[name] for row in table if row.get(name) is not None]
        if field.codes:
            assert set(told) <= {code for code, _ in field.codes}
        if field.minimum is not None:
            assert min(told, default=field.minimum) >= field.minimum
        if field.maximum is not None:
            assert max(told, default=field.maximum) <= field.maximum
        if field.max_length is not None:
            assert all(len(str(each)) <= field.max_length for each in told)
    if declared.geometry:
        kinds = {shape.geom_type for shape in shapes(assets, layer)}
        assert kinds <= {declared.geometry, f"Multi{declared.geometry}"}


@pytest.mark.parametrize("layer", [layer for layer in LAYERS if layer in ASSETS])
def test_days_follow_one_another_as_far_as_a_life_has_come(assets: Assets, layer: str) -> None:
    reached = {"planned": 1, "built": 2, "in-service": 3, "retired": 4}
    assert lives(assets[layer].columns)
    for row in rows_of(assets, layer):
        days = [row[name] for name in ("planned_on", "built_on", "in_service_on", "retired_on")]
        told = days[: reached[row["status"]]]
        assert all(isinstance(day, date) for day in told) and told == sorted(told)
        assert days[reached[row["status"]] :] == [None] * (4 - len(told))
        tended = row["maintained_on"]
        assert (tended is not None) == (row["status"] in ("in-service", "retired"))
        assert tended is None or tended >= row["in_service_on"]


def test_everything_stands_in_the_city(assets: Assets, city: SampleCity) -> None:
    outline = city.coverage.city.buffer(1e-6)
    shapely.prepare(outline)
    for layer in LAYERS:
        if contract(layer).geometry == "Point":
            assert shapely.covers(outline, shapes(assets, layer)).all(), layer


def test_the_numbers_of_the_city_plan(assets: Assets) -> None:
    """1 substation of 110 kV, 10 inspection stations, 4 lines, 1 distribution room."""
    kinds = [(row["kind"], row["voltage_kv"]) for row in rows_of(assets, "substations")]
    assert kinds.count(("substation", 110.0)) == 1
    assert [kind for kind, _ in kinds].count("inspection") == 10
    assert len(rows_of(assets, "transmission-lines")) == 4
    assert len(rows_of(assets, "distribution-rooms")) == 1


def test_grid_cells_divide_every_village_without_gap_or_overlap(assets: Assets, city: SampleCity) -> None:
    cells, table = shapes(assets, "grid-cells"), rows_of(assets, "grid-cells")
    assert len(cells) > 1.5 * len(city.coverage.villages)
    assert shapely.is_valid(cells).all()
    assert shapely.coverage_is_valid(cells)
    villages = dict(zip((each.code for each in city.divisions.villages), city.coverage.villages, strict=True))
    for code, village in villages.items():
        own = [cell for cell, row in zip(cells, table, strict=True) if row["village_code"] == code]
        assert shapely.normalize(shapely.coverage_union_all(own)) == shapely.normalize(village.geoms[0])
    for row in table:
        assert row["code"] == f"{row['village_code']}{row['number']:03d}" and len(row["code"]) == 15


def test_greenhouses_overlap_nothing(assets: Assets, city: SampleCity) -> None:
    houses = shapes(assets, "greenhouses")
    one, other = shapely.STRtree(houses).query(houses, predicate="intersects")
    assert (one == other).all()
    roads = shapely.STRtree(np.array([road.line for road in city.roads]))
    assert not len(roads.query(houses, predicate="intersects")[0])
    for row, house in zip(rows_of(assets, "greenhouses")[:200], houses[:200], strict=True):
        assert abs(GEOD.geometry_area_perimeter(house)[0]) == pytest.approx(row["area_m2"], abs=0.02)
        assert row["area_m2"] == pytest.approx(row["length_m"] * row["width_m"], rel=0.01)


def test_views_reach_as_far_as_their_cameras(assets: Assets) -> None:
    cameras = {row["asset_id"]: row for row in rows_of(assets, "cameras")}
    for row, view in zip(rows_of(assets, "camera-views"), shapes(assets, "camera-views"), strict=True):
        camera = cameras[row["camera_id"]]
        eye = shapely.from_wkb(camera["geom"])
        rim = shapely.get_coordinates(view)
        _, _, away = GEOD.inv(*np.broadcast_arrays(eye.x, eye.y, *rim.T))
        assert np.max(away) == pytest.approx(camera["reach_m"], abs=0.002)
        sector_m2 = np.pi * camera["reach_m"] ** 2 * camera["view_deg"] / 360
        assert row["area_m2"] == pytest.approx(sector_m2, rel=2e-3)


def test_lines_lead_where_they_say(assets: Assets, city: SampleCity) -> None:
    stops = {row["asset_id"]: shapely.from_wkb(row["geom"]) for row in rows_of(assets, "bus-stops")}
    roads = shapely.union_all([shapely.transform(road.line, to_plane) for road in city.roads])
    shapely.prepare(roads)
    for row, line in zip(rows_of(assets, "bus-lines"), shapes(assets, "bus-lines"), strict=True):
        plane = shapely.transform(line, to_plane)
        called = [shapely.transform(stops[stop], to_plane) for stop in row["stops"].split()]
        assert len(called) >= 3 and all(plane.dwithin(stop, 40) for stop in called)
        along = [plane.project(stop) for stop in called]
        assert along == sorted(along)
        assert shapely.dwithin(roads, shapely.points(shapely.get_coordinates(plane)), 0.01).all()
        assert GEOD.geometry_length(line) == pytest.approx(row["length_m"], abs=0.02)


def test_an_asset_is_tied_to_the_nearest_address(city: SampleCity, assets: Assets) -> None:
    hydrant = shapely.from_wkb(rows_of(assets, "hydrants")[0]["geom"])
    beside, farther = (hydrant.x + 2e-4, hydrant.y), (hydrant.x - 3e-4, hydrant.y)
    register = Addresses(("far", "near"), np.array([farther, beside]))
    tied = dict(generated(city, SEED, register))
    first = rows_of(tied, "hydrants")
    assert first[0]["address_id"] == "near"
    near = [row for row in first if row["address_id"]]
    assert 0 < len(near) < 60, "nothing beyond 400 m is tied"


def test_it_is_loaded_once_and_nothing_of_somebody_else_is_touched(empty_database: str) -> None:
    migrations.upgrade(empty_database)
    with connect(empty_database) as connection:
        catalogue.publish(connection, contract("hydrants"))
    assert build(empty_database) > 10_000
    assert build(empty_database) == 0
    with psycopg.connect(empty_database) as connection:
        count = lambda name: connection.execute(f"select count(*) from history.{name}").fetchone()  # noqa: E731
        assert count("hydrants") == (0,)
        assert count("cameras") == count("camera_views")
    with connect(empty_database) as connection:
        published = {layer.contract.id for layer in catalogue.layers(connection)}
    assert {*ASSETS, *BESIDE} - published == {"base-stations"}
