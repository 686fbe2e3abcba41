"""The generated city: the same twice, without gaps, inside itself, stamped."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import shapely

from spatial.catalogue.city import read_city
from spatial.sample import rows
from spatial.sample.city import SampleCity, generate
from spatial.sample.curve import through
from spatial.sample.divisions import read_divisions
from spatial.sample.graph import gabriel, way_to, ways
from spatial.sample.loading import LAYERS, SEED, contract
from spatial.sample.outline import ROUGH_OUTLINE_DEG, SEATS
from spatial.sample.plane import to_plane
from spatial.sample.roughen import roughened

TIES = ("thing_id", "document_no")
"""Of the 5G sites nothing is said of these."""
Cities = Callable[[int], SampleCity]


@pytest.fixture(scope="module")
def layers(city: SampleCity) -> dict[str, rows.Rows]:
    return {"divisions": rows.divisions(city.divisions), **dict(rows.generated(city))}


def test_the_same_seed_gives_the_same_digits_and_another_one_others(
    layers: dict[str, rows.Rows], city_of: Cities
) -> None:
    again = dict(rows.generated(generate.__wrapped__(SEED)))  # not the city that is kept
    assert {name: made.digest for name, made in again.items()} == {
        name: made.digest for name, made in layers.items() if name != "divisions"
    }
    other = dict(rows.generated(city_of(SEED + 1)))
    assert all(other[name].digest != made.digest for name, made in again.items())


@pytest.mark.parametrize("seed", [SEED, SEED + 1])
def test_villages_towns_and_city_agree_without_gap_or_overlap(seed: int, city_of: Cities) -> None:
    coverage = city_of(seed).coverage
    for areas in (coverage.villages, coverage.towns):
        assert shapely.coverage_is_valid(areas)
        assert shapely.is_valid(areas).all()
        assert (shapely.get_num_geometries(areas) == 1).all()
    for index, town in enumerate(coverage.towns):
        own = coverage.villages[coverage.settlement.towns == index]
        assert shapely.normalize(shapely.coverage_union_all(own)) == shapely.normalize(town.geoms[0])
        assert shapely.get_num_interior_rings(town.geoms[0]) == 0
    whole = shapely.normalize(shapely.coverage_union_all(coverage.towns))
    assert whole == shapely.normalize(coverage.city.geoms[0])
    assert shapely.area(coverage.villages).sum() == pytest.approx(coverage.city.area, rel=1e-12)


def test_coordinates_are_rounded_once(city: SampleCity) -> None:
    points = shapely.get_coordinates(city.coverage.villages)
    assert (points == np.round(points, 9)).all()


def test_divisions_are_complete_and_real() -> None:
    divisions = read_divisions()
    assert (len(divisions.towns), len(divisions.villages)) == (15, 1013)
    codes = [each.code for each in divisions.every()]
    assert len(set(codes)) == 1029
    assert all(len(code) == 12 and code.isdecimal() and code.startswith("370783") for code in codes)
    assert {village.parent for village in divisions.villages} == {town.code for town in divisions.towns}
    assert all(village.code[:9] == village.parent[:9] for village in divisions.villages)
    assert {town.code for town in divisions.towns} == {seat.code for seat in SEATS}


@pytest.mark.data
def test_divisions_equal_their_source() -> None:
    here = Path(__file__).resolve().parents[4] / "shared" / "data"
    source = Path(os.environ.get("ONEMAP_TRIAL_DATA", here)) / "shouguang_divisions.csv"
    if not source.exists():
        pytest.skip("the trial data folder is not here")
    with source.open(encoding="utf-8") as lines:
        expected = [(r["code"], r["name"], r["level"], r["parent"]) for r in csv.DictReader(lines)]
    assert sorted(rows.divisions(read_divisions()).values) == sorted(expected)


def test_the_sites_of_the_city_plan_are_all_there(layers: dict[str, rows.Rows]) -> None:
    sites = layers["base-stations"]
    programme = [row[sites.columns.index("programme")] for row in sites.values]
    assert (programme.count("new"), programme.count("upgraded")) == (98, 200)


def test_everything_lies_in_the_city_and_its_extent(city: SampleCity) -> None:
    outline, extent = city.coverage.city, read_city("370783").extent_4490
    west, south, east, north = outline.bounds
    assert extent.holds(west, south) and extent.holds(east, north)
    sites = shapely.points(city.stations.points_deg)
    assert shapely.covers(outline, sites).all()
    slack = outline.buffer(1e-6)
    assert all(slack.covers(road.line) for road in city.roads)
    assert all(slack.covers(river.line) for river in city.rivers)


def test_every_seat_lies_in_its_town_and_every_village_has_land(city: SampleCity) -> None:
    for seat, town in zip(SEATS, city.coverage.towns, strict=True):
        assert town.contains(shapely.Point(seat.lon_deg, seat.lat_deg)), seat.code
    areas = shapely.area(shapely.transform(city.coverage.villages, to_plane))
    assert areas.min() > 30_000


def test_communities_lie_nearer_to_the_seat_than_villages(city: SampleCity) -> None:
    settlement = city.coverage.settlement
    urban = np.array([village.urban for village in city.divisions.villages])
    seats = to_plane([(seat.lon_deg, seat.lat_deg) for seat in SEATS])
    distance = np.hypot(*(settlement.seats_m - seats[settlement.towns]).T)
    assert urban.sum() == 45
    seat_city = settlement.towns == 0
    assert distance[seat_city & urban].max() <= distance[seat_city & ~urban].min() + 1.0


def test_rivers_flow_to_the_bay_and_tributaries_meet_their_river(city: SampleCity) -> None:
    main = {river.name: river.line for river in city.rivers if river.order == 1}
    assert set(main) == {"弥河", "丹河"}
    for line in main.values():
        start, end = shapely.get_coordinates(line)[[0, -1]]
        assert end[1] - start[1] > 0.3 and line.is_simple
        assert shapely.distance(shapely.Point(end), city.coverage.city.boundary) < 1e-6
    tributaries = [river for river in city.rivers if river.order == 2]
    assert len(tributaries) >= 6
    for river in tributaries:
        assert river.name.startswith("合成支流-")
        assert shapely.distance(shapely.Point(river.line.coords[-1]), main[river.into]) < 1e-8
    towns = dict(zip((seat.code for seat in SEATS), city.coverage.towns, strict=True))
    mi = main["弥河"]
    assert mi.intersects(towns["370783115000"])
    seats = {seat.code: (seat.lon_deg, seat.lat_deg) for seat in SEATS}
    between = shapely.LineString([seats["370783001000"], seats["370783005000"]])
    assert mi.crosses(between)


def test_roads_are_numbered_and_reach_every_town_seat(city: SampleCity) -> None:
    names = [road.name for road in city.roads]
    assert len(set(names)) == len(names) > 1000
    assert all(name.startswith("合成") for name in names)
    lines = shapely.get_parts(shapely.union_all([shapely.transform(r.line, to_plane) for r in city.roads]))
    joined = shapely.get_parts(shapely.union_all(shapely.buffer(lines, 0.5)))
    seats = shapely.points(to_plane([(seat.lon_deg, seat.lat_deg) for seat in SEATS]))
    largest = joined[np.argmax(shapely.area(joined))]
    assert (shapely.distance(largest, seats) < 1.0).all()
    villages = shapely.points(city.coverage.settlement.seats_m)
    assert (shapely.distance(largest, villages) < 1.0).mean() > 0.98


def test_sites_are_denser_in_the_seat_city(city: SampleCity) -> None:
    sites = shapely.points(city.stations.points_deg)
    assert 3000 < len(sites) < 4000
    per_area = [
        shapely.contains(town, sites).sum() / shapely.area(town) for town in city.coverage.towns
    ]  # fmt: skip
    by_code = dict(zip((seat.code for seat in SEATS), per_area, strict=True))
    assert max(by_code, key=by_code.__getitem__) == "370783001000"
    assert by_code["370783001000"] > 10 * by_code["370783115000"]
    assert (city.stations.heights_m > city.stations.mounts_m - 5).all()


def test_every_generated_feature_and_contract_is_stamped(layers: dict[str, rows.Rows]) -> None:
    assert tuple(layers) == LAYERS
    for name, made in layers.items():
        declared = contract(name)
        assert declared.synthetic is (name != "divisions")
        if name == "divisions":
            continue
        assert "合成数据" in declared.title.zh and "synthetic" in declared.title.en
        assert declared.description.zh.startswith("合成数据")
        place = made.columns.index("data_nature")
        assert {row[place] for row in made.values} == {"合成数据"}


def test_rows_have_the_fields_of_their_contract(layers: dict[str, rows.Rows]) -> None:
    for name, made in layers.items():
        declared = contract(name)
        fields = [field.name for field in declared.fields]
        drawn = fields if name != "base-stations" else [each for each in fields if each not in TIES]
        assert list(made.columns) == drawn + (["geom"] if declared.geometry else [])
        assert made.key == declared.key
        keys = [row[made.columns.index(made.key)] for row in made.values]
        assert len(set(keys)) == len(keys)
        if declared.geometry:
            kinds = {shapely.from_wkb(row[-1]).geom_type for row in made.values}
            assert kinds == {declared.geometry}


def test_areas_of_parts_sum_to_the_whole(layers: dict[str, rows.Rows]) -> None:
    sums = {
        name: sum(float(row[layers[name].columns.index("area_m2")]) for row in layers[name].values)  # type: ignore[arg-type]
        for name in ("villages", "towns", "city-outline")
    }
    assert sums["villages"] == pytest.approx(sums["city-outline"], abs=0.01 * 1014)
    assert sums["towns"] == pytest.approx(sums["city-outline"], abs=0.01 * 16)
    assert 1.8e9 < sums["city-outline"] < 2.2e9


def test_the_outline_is_a_sketch_of_a_few_round_vertices() -> None:
    assert 25 <= len(ROUGH_OUTLINE_DEG) <= 40
    assert (np.round(ROUGH_OUTLINE_DEG, 2) == np.array(ROUGH_OUTLINE_DEG)).all()


# The drawing tools.


def test_curves_pass_through_their_points() -> None:
    points = np.array([(0.0, 0.0), (100.0, 40.0), (180.0, -20.0), (400.0, 0.0)])
    curve = through(points, 10.0)
    for point in points:
        assert np.hypot(*(curve - point).T).min() == 0


def test_roughened_edges_keep_their_ends_and_their_quadrilateral() -> None:
    generator = np.random.Generator(np.random.PCG64(1))
    start, end = np.zeros((50, 2)), np.tile([1000.0, 0.0], (50, 1))
    left, right = np.tile([400.0, 300.0], (50, 1)), np.tile([600.0, -200.0], (50, 1))
    lines = roughened(start, end, left, right, 4, generator)
    assert lines.shape == (50, 17, 2)
    assert (lines[:, 0] == start).all() and (lines[:, -1] == end).all()
    quad = shapely.Polygon([(0, 0), (400, 300), (1000, 0), (600, -200)]).buffer(1e-6)
    drawn = shapely.linestrings(lines)
    assert shapely.covers(quad, drawn).all()
    assert shapely.is_simple(drawn).all()
    assert (shapely.length(drawn) > 1010).all()


def test_gabriel_graph_and_ways_by_hand() -> None:
    # A square with its middle: the middle lies in the circle over each diagonal, on no side's.
    graph = gabriel(np.array([(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0), (5.0, 5.1)]), 100.0)
    edges = set(map(tuple, graph.edges.tolist()))
    assert (0, 2) not in edges and (1, 3) not in edges
    assert {(0, 4), (1, 4), (2, 4), (3, 4)} <= edges
    before, total = ways(graph, graph.lengths_m, 0)
    assert way_to(before, 2) in {(0, 4, 2), (0, 1, 2), (0, 3, 2)}
    assert total[2] == pytest.approx(min(np.hypot(5, 5.1) + np.hypot(5, 4.9), 20.0))
