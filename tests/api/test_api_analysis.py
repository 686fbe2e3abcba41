"""What other systems ask first: exposure, nearest, coverage, cells, surfaces, each beside an oracle."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyproj
import pytest
import shapely
from api_serving import AREAS, POINTS, Place, Served, contract, deliver, publish, until
from execute_requests import TOWNS, both, execute, now

from spatial.catalogue import store as catalogue
from spatial.catalogue.declaration import shipped
from spatial.database import connect
from spatial.datum import parse_instant
from spatial.history import write
from spatial.history.model import Intent

GEOD = pyproj.Geod(a=6378137.0, rf=298.257222101)
QUARTER = shapely.Polygon([(118.60, 36.75), (118.95, 36.79), (118.9, 37.1), (118.7, 37.0), (118.60, 36.75)])


def geojson(shape: shapely.Geometry) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shapely.to_geojson(shape))
    return found


def legal_m2(shape: shapely.Geometry) -> float:
    """Karney's area, edges cut finely along the straight lines of the zone."""
    zone = pyproj.Transformer.from_crs(4490, 4549, always_xy=True)
    there = shapely.transform(shape, lambda at: np.column_stack(zone.transform(*at.T)))
    fine = shapely.transform(
        shapely.segmentize(there, 20.0),
        lambda at: np.column_stack(zone.transform(*at.T, direction="INVERSE")),
    )
    return abs(float(GEOD.geometry_area_perimeter(fine)[0]))


def metres(one: shapely.Point, other: shapely.Point) -> float:
    return float(GEOD.inv(one.x, one.y, other.x, other.y)[2])


def test_what_lies_in_an_area_is_all_of_it_and_nothing_else(working: Served) -> None:
    told = both(working, "exposure", area=geojson(QUARTER), layers=["points", "areas"], list=1000)
    points, areas = told["layers"]
    assert points["layer"] == "points" and points["changeset"] > 0
    held = [place.code for place in POINTS if QUARTER.intersects(place.geometry)]
    assert [each["fid"] for each in points["features"]] == sorted(held)
    assert points["count"] == len(held) and "area_m2" not in points
    parts = {place.code: place.geometry.intersection(QUARTER) for place in AREAS}
    inside = {code: part for code, part in parts.items() if part.area > 0}
    assert [each["fid"] for each in areas["features"]] == sorted(inside)
    for each in areas["features"]:
        assert each["area_m2"] == pytest.approx(legal_m2(inside[each["fid"]]), abs=0.02)
    assert areas["area_m2"] == pytest.approx(sum(each["area_m2"] for each in areas["features"]), abs=0.011)


def test_a_neighbour_that_only_touches_is_not_in_the_area(working: Served) -> None:
    side = shapely.box(118.609, 36.80, 118.61, 36.81)  # between two areas, sharing an edge with each
    areas = now(working, "exposure", area=geojson(side), layers=["areas"])["layers"][0]
    assert (areas["count"], areas["features"], areas["area_m2"]) == (0, [], 0.0)


def test_an_area_is_measured_once_and_kept_and_told_alike_by_all_that_ask(working: Served) -> None:
    whole = geojson(shapely.box(118, 36, 120, 38))
    counted = [now(working, "thematic-stat", layer="areas")["total"][0] for _ in range(2)]
    lying = [now(working, "exposure", area=whole, layers=["areas"], list=1000)["layers"][0] for _ in range(2)]
    with connect(working.dsn) as connection:
        kept = dict(
            connection.execute(
                "select v.fid, k.area_m2::float8 from history.areas_believed v"
                " join spatial.content_area k using (content_sha256) where k.epsg = 4549"
            ).fetchall()
        )
    assert sorted(kept) == sorted(place.code for place in AREAS)
    for place in AREAS:
        assert kept[place.code] == pytest.approx(legal_m2(place.geometry), abs=0.001)
    assert counted[0] == counted[1] and counted[0]["count"] == len(AREAS)
    assert counted[0]["area_m2"] == pytest.approx(sum(kept.values()), abs=0.0051)
    assert lying[0] == lying[1]
    told = {each["fid"]: each["area_m2"] for each in lying[0]["features"]}
    assert told == {code: pytest.approx(area, abs=0.0051) for code, area in kept.items()}


def test_a_feature_without_a_shape_is_counted_and_has_no_area(own: Served) -> None:
    field = shapely.box(118.70, 36.80, 118.71, 36.81)
    publish(own.dsn, contract("fields", "Polygon"))
    deliver(own.dsn, "fields", [Place("A", field), Place("B", None)])
    until(lambda: own.get("/collections/fields").status_code == 200)
    for _ in range(2):
        (row,) = now(own, "thematic-stat", layer="fields")["total"]
        assert row["count"] == 2
        assert row["area_m2"] == pytest.approx(legal_m2(field), abs=0.0051)


def test_a_condition_and_a_list_narrow_what_is_told_not_what_is_counted(working: Served) -> None:
    told = now(
        working,
        "exposure",
        area=geojson(QUARTER),
        layers=["points"],
        where={"points": "floors >= 20"},
        list=2,
    )["layers"][0]
    held = sorted(
        place.code for place in POINTS if QUARTER.intersects(place.geometry) and (place.floors or 0) >= 20
    )
    assert told["count"] == len(held) > 2
    assert [each["fid"] for each in told["features"]] == held[:2]


@pytest.mark.parametrize(
    ("inputs", "named"),
    [
        ({"area": {"type": "Point", "coordinates": [118.7, 36.9]}}, "Point"),
        ({"area": {"type": "FeatureCollection", "features": []}}, "FeatureCollection"),
        (
            {
                "area": {
                    "type": "Polygon",
                    "coordinates": [[[118, 36], [119, 37], [119, 36], [118, 37], [118, 36]]],
                }
            },
            "Self-intersection",
        ),
        ({"where": {"points": "owner = '王某'"}}, "owner"),
        ({"where": {"points": "floors >="}}, "10"),
        ({"layers": ["nothing"]}, "nothing"),
        ({"around": "areas"}, "around"),
    ],
)
def test_what_cannot_be_asked_is_named(working: Served, inputs: dict[str, Any], named: str) -> None:
    asked = {"area": geojson(QUARTER), "layers": ["points"]} | inputs
    answer = execute(working, "exposure", {"inputs": asked})
    assert answer.status_code in (400, 404), answer.text
    assert named in answer.text


@pytest.mark.parametrize(
    "position", [[118.3, 36.2], [116.4, 39.9], [87.6, 43.8], [120.2, 36.9], [-179.9, 36.9]]
)
def test_from_far_away_the_nearest_are_the_nearest_too(working: Served, position: list[float]) -> None:
    told = now(working, "nearest", layer="points", positions=[position], count=5)["nearest"][0]
    away = sorted((metres(shapely.Point(position), place.geometry), place.code) for place in POINTS)[:5]
    assert [each["fid"] for each in told] == [code for _, code in away]
    assert [each["distance_m"] for each in told] == pytest.approx([one for one, _ in away], abs=0.001)


def test_the_nearest_are_the_nearest_on_the_ellipsoid(working: Served) -> None:
    dice = np.random.default_rng(6)
    asked = np.column_stack([dice.uniform(118.4, 119.2, 25), dice.uniform(36.6, 37.4, 25)]).round(7)
    told = both(working, "nearest", layer="points", positions=asked.tolist(), count=7)
    for position, found in zip(asked, told["nearest"], strict=True):
        at = shapely.Point(position)
        away = sorted((metres(at, place.geometry), place.code) for place in POINTS)[:7]
        assert [each["fid"] for each in found] == [code for _, code in away]
        assert [each["distance_m"] for each in found] == pytest.approx([m for m, _ in away], abs=0.002)


def test_within_an_area_it_is_no_distance_and_a_condition_holds(working: Served) -> None:
    inside = AREAS[4].geometry.centroid
    told = now(working, "nearest", layer="areas", positions=[[inside.x, inside.y]])["nearest"][0]
    assert [(each["fid"], each["distance_m"]) for each in told] == [("Q004", 0.0)]
    far = now(working, "nearest", layer="areas", positions=[[inside.x, inside.y]], where="floors > 15")
    assert far["nearest"][0][0]["fid"] == "Q016"
    none = now(working, "nearest", layer="areas", positions=[[118.7, 36.9]], where="floors > 99")
    assert none["nearest"] == [[]]


@pytest.mark.parametrize("reach_m", [400, 3_000, 20_000])
def test_coverage_counts_places_within_reach(working: Served, reach_m: float) -> None:
    told = both(
        working, "coverage", places="points", assets="points", assets_where="floors = 0",
        places_where="floors <> 0", reach_m=reach_m, weight="floors", list=1000,
    )  # fmt: skip
    assets = [place.geometry for place in POINTS if place.floors == 0]
    places = [place for place in POINTS if place.floors]
    reached = {
        place.code for place in places if any(metres(place.geometry, one) <= reach_m for one in assets)
    }
    assert (told["places"], told["covered"]) == (len(places), len(reached))
    assert told["share"] == pytest.approx(len(reached) / len(places), abs=1e-6)
    assert [each["fid"] for each in told["without"]] == sorted({p.code for p in places} - reached)
    weight = sum(place.floors or 0 for place in places)
    covered = sum(place.floors or 0 for place in places if place.code in reached)
    assert (told["weight"], told["covered_weight"]) == (weight, covered)


def test_of_no_places_there_is_no_share(working: Served) -> None:
    told = now(
        working, "coverage", places="points", assets="points", places_where="floors > 999", reach_m=100
    )
    assert (told["places"], told["share"]) == (0, None)


def test_a_field_that_weighs_is_a_number_that_the_asker_sees(working: Served) -> None:
    for field in ("name", "owner", "nothing"):
        answer = execute(
            working, "coverage",
            {"inputs": {"places": "points", "assets": "points", "reach_m": 5, "weight": field}},
        )  # fmt: skip
        assert answer.status_code == 400 and field in answer.text and "floors" in answer.text


def test_every_point_lies_in_one_cell_as_the_database_says(working: Served) -> None:
    dice = np.random.default_rng(3)
    inside = np.column_stack([dice.uniform(118.58, 118.78, 400), dice.uniform(36.78, 36.86, 400)])
    edge = np.array([[118.70, 36.79], [118.70, 36.82], [118.70, 36.85], [118.60, 36.80], [118.76, 36.85]])
    points = np.concatenate([edge, inside])
    told = both(working, "assign-grid", layer="towns", positions=points.tolist())
    with connect(working.dsn) as connection:
        rows = connection.execute(
            "select (select min(t.fid) from history.towns_believed t where ST_Covers(t.geom,"
            " ST_SetSRID(ST_MakePoint(p.x, p.y), 4490))) from unnest(%s::float8[], %s::float8[])"
            " with ordinality p(x, y, n) order by n",
            (points[:, 0].tolist(), points[:, 1].tolist()),
        ).fetchall()
    assert told["codes"] == [row[0] for row in rows]
    assert told["codes"][:3] == ["T1", "T1", "T1"], "a shared edge is the lesser code's"
    assert told["outside"] == told["codes"].count(None) > 0
    assert {"T1", "T2"} <= {town.code for town in TOWNS}


def test_as_many_points_as_are_promised_are_taken(working: Served) -> None:
    dice = np.random.default_rng(4)
    points = np.column_stack([dice.uniform(118.58, 118.78, 70_000), dice.uniform(36.78, 36.86, 70_000)])
    told = now(working, "assign-grid", layer="towns", positions=points.tolist())  # 2.8 MB
    few = now(working, "assign-grid", layer="towns", positions=points[:500].tolist())
    assert len(told["codes"]) == len(points)
    assert told["codes"][:500] == few["codes"]


def test_a_surface_is_laid_through_a_layer_and_through_samples(working: Served) -> None:
    box = [118.6, 36.8, 118.9, 37.1]
    told = both(working, "interpolate", layer="points", field="floors", bbox=box, cell_m=2000)
    assert told["crs"] == "EPSG:4549"
    assert len(told["values"]) == len(told["deviations"]) == told["columns"] * told["rows"]
    assert told["samples"] == sum(place.floors is not None for place in POINTS)
    to_degrees = pyproj.Transformer.from_crs(4549, 4490, always_xy=True)
    x = told["west_m"] + 2000 * (3 + 0.5)
    y = told["north_m"] - 2000 * (2 + 0.5)
    lon, lat = to_degrees.transform(x, y)
    alone = now(working, "interpolate", layer="points", field="floors", positions=[[lon, lat]])
    at = 2 * told["columns"] + 3
    assert alone["values"][0] == pytest.approx(told["values"][at], abs=1e-4)
    assert alone["deviations"][0] == pytest.approx(told["deviations"][at], abs=1e-3)
    samples = [[place.geometry.x, place.geometry.y, float(place.floors or 0)] for place in POINTS[:40]]
    given = now(
        working, "interpolate", samples=samples, positions=[each[:2] for each in samples], method="idw"
    )
    assert given["values"] == pytest.approx([each[2] for each in samples], abs=1e-5)
    assert "deviations" not in given and given["loo_rmse"] > 0


@pytest.mark.parametrize(
    ("inputs", "named"),
    [
        ({"layer": "points", "field": "name", "positions": [[118.7, 36.9]]}, "name"),
        ({"layer": "points", "positions": [[118.7, 36.9]]}, "field"),
        ({"positions": [[118.7, 36.9]]}, "samples"),
        ({"samples": [[118.7, 36.9, 1], [118.7, 36.9, 2]], "positions": [[118.7, 36.9]]}, "1"),
        ({"layer": "points", "field": "floors"}, "positions"),
        ({"layer": "points", "field": "floors", "bbox": [118, 36, 119, 37]}, "cell_m"),
        ({"layer": "points", "field": "floors", "bbox": [118.6, 36, 119, 37], "cell_m": 1}, "cell_m"),
        ({"layer": "points", "field": "floors", "bbox": [119, 36, 118, 37], "cell_m": 500}, "bbox"),
    ],
)
def test_a_surface_that_cannot_be_laid_says_why(working: Served, inputs: dict[str, Any], named: str) -> None:
    answer = execute(working, "interpolate", {"inputs": inputs})
    assert answer.status_code == 400, answer.text
    assert named in answer.text


@pytest.mark.parametrize(
    ("process", "inputs", "named"),
    [
        ("exposure", {"around": "areas"}, "buffer_m"),
        ("nearest", {"minutes": 5}, "minutes"),
        ("nearest", {"closed": ["R1"]}, "closed"),
        ("nearest", {"roads": "roads"}, "roads"),
        ("nearest", {"engine": "pgrouting"}, "engine"),
        ("coverage", {"reach_m": 500, "mode": "walk"}, "mode"),
        ("coverage", {"reach_m": 500, "closed": ["R1"]}, "closed"),
    ],
)
def test_an_input_that_makes_no_sense_by_itself_is_refused(
    working: Served, process: str, inputs: dict[str, Any], named: str
) -> None:
    whole = {
        "exposure": {"layers": ["points"]},
        "nearest": {"layer": "points", "positions": [[118.7, 36.9]]},
        "coverage": {"places": "points", "assets": "points"},
    }
    answer = execute(working, process, {"inputs": whole[process] | inputs})
    assert answer.status_code == 400, answer.text
    assert f"/inputs/{named}" in answer.text


def lay(dsn: str, roads: Sequence[tuple[str, str, shapely.LineString]]) -> None:
    """Put roads into the layer, as of the beginning of 2026."""
    with connect(dsn) as connection:
        table = catalogue.get(connection, "roads").table
        staging = write.create_staging(connection, table)
        columns = ["line", "fid", "geom", "road_id", "name", "grade", "data_nature"]
        rows = [
            (line, road, shapely.to_wkb(shape), road, road, grade, "测试")
            for line, (road, grade, shape) in enumerate(roads, 1)
        ]
        write.copy_rows(connection, staging, columns, rows)
        write.canonicalise(connection, staging)
        write.apply(connection, staging, Intent("李工", "测试", "路网", parse_instant("2026-01-01")))
        write.drop_staging(connection, staging)


@pytest.fixture(scope="module")
def streets(working: Served) -> Served:
    """Streets 500 m apart on the ground, some of a grade that only engines pass; and gates on them."""
    publish(working.dsn, contract("gates"))
    with connect(working.dsn) as connection:
        catalogue.publish(connection, shipped("spatial", "roads"))
    lay(working.dsn, ROADS)
    for layer in ("roads", "gates"):
        until(lambda layer=layer: working.get(f"/collections/{layer}").status_code == 200)
    return working


ZONE = pyproj.Transformer.from_crs(4490, 4549, always_xy=True)
CORNER = ZONE.transform(118.70, 36.80)
STEP_M, COUNT = 500.0, 9


def at(column: float, row: float) -> tuple[float, float]:
    return ZONE.transform(CORNER[0] + column * STEP_M, CORNER[1] + row * STEP_M, direction="INVERSE")


ROADS = [
    (f"{way}{number}", "expressway" if number == 4 else "street", shapely.LineString([start, end]))
    for number in range(COUNT)
    for way, start, end in (
        ("EW", at(0, number), at(COUNT - 1, number)),
        ("NS", at(number, 0), at(number, COUNT - 1)),
    )
]
"""The fourth of each is an expressway, which streets cross without a junction."""


def walked(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Minutes on foot at 4 km/h along a grid: the way round the corner."""
    return (abs(one[0] - other[0]) + abs(one[1] - other[1])) * STEP_M / (4000 / 60)


def length_of_diamond(start: tuple[float, float], reach_m: float) -> float:
    """Metres of street within reach on the grid, counted in steps of a metre; expressways are no streets."""
    steps = np.arange(0, (COUNT - 1) * STEP_M) + 0.5
    lines = np.array([number for number in range(COUNT) if number != 4]) * STEP_M
    away_x, away_y = (np.abs(steps - each * STEP_M) for each in start)
    off_x, off_y = (np.abs(lines - each * STEP_M) for each in start)
    along_x = (away_x[None, :] + off_y[:, None] <= reach_m).sum()
    along_y = (away_y[None, :] + off_x[:, None] <= reach_m).sum()
    return float(along_x + along_y)


def test_what_is_reached_on_foot_is_the_diamond_of_the_grid(streets: Served) -> None:
    start, minutes = (2.0, 2.0), 12.0
    told = both(streets, "reach", positions=[list(at(*start))], minutes=[minutes], mode="walk")
    (band,) = told["bands"]
    ground = shapely.from_geojson(json.dumps(band["geometry"]))
    for column in np.arange(0, 4.01, 0.25):
        for row in np.arange(0, 4.01, 0.25):
            on_street = (column % 1 == 0 and column != 4) or (row % 1 == 0 and row != 4)
            left = minutes - walked(start, (column, row))
            if on_street and abs(left) > 0.5:
                spot = shapely.Point(at(column, row))
                assert ground.covers(spot) == (left > -1.5), (column, row, left)
    assert band["length_m"] == pytest.approx(length_of_diamond(start, minutes * 4000 / 60), rel=1e-3)
    assert told["off_the_roads"] == []


def test_a_longer_time_reaches_more_and_a_closed_road_less(streets: Served) -> None:
    start = [list(at(2, 2))]
    told = now(streets, "reach", positions=start, minutes=[5, 10, 20], mode="walk")["bands"]
    assert [band["minutes"] for band in told] == [5, 10, 20]
    areas = [shapely.from_geojson(json.dumps(band["geometry"])) for band in told]
    assert areas[1].buffer(1e-6).covers(areas[0]) and areas[2].buffer(1e-6).covers(areas[1])
    assert told[0]["length_m"] < told[1]["length_m"] < told[2]["length_m"]
    closed = now(streets, "reach", positions=start, minutes=[10], mode="walk", closed=["EW2"])["bands"][0]
    assert closed["length_m"] < told[1]["length_m"]
    spot = shapely.Point(at(3.4, 2))
    assert areas[1].covers(spot)
    assert not shapely.from_geojson(json.dumps(closed["geometry"])).covers(spot)


def test_the_nearest_along_the_roads_are_the_nearest_of_the_grid(streets: Served) -> None:
    codes = ["G1", "G2", "G3", "G4"]
    spots = [(0.0, 3.0), (3.0, 3.0), (2.0, 0.5), (7.0, 7.0)]
    deliver(
        streets.dsn, "gates",
        [Place(code, shapely.Point(at(*spot)), code, 1) for code, spot in zip(codes, spots, strict=True)],
    )  # fmt: skip
    start = (1.0, 2.0)
    told = both(
        streets, "nearest", layer="gates", positions=[list(at(*start)), [118.6, 37.2]], mode="walk", count=9
    )
    first, away = told["nearest"]
    expected = sorted((walked(start, spot), code) for code, spot in zip(codes, spots, strict=True))
    expected = [each for each in expected if each[0] <= 60]
    assert [each["fid"] for each in first] == [code for _, code in expected]
    assert [each["minutes"] for each in first] == pytest.approx([m for m, _ in expected], abs=0.02)
    assert away == [] and told["off_the_roads"] == [1]
    with connect(streets.dsn) as connection:
        asked = "select extversion from pg_extension where extname = 'pgrouting'"
        held = connection.execute(asked).fetchone()
    inputs = {"layer": "gates", "positions": [list(at(*start)), [118.6, 37.2]], "mode": "walk", "count": 9}
    if held is None:
        refused = execute(streets, "nearest", {"inputs": inputs | {"engine": "pgrouting"}})
        assert refused.status_code == 409 and "create extension pgrouting" in refused.text
    else:
        checked = both(streets, "nearest", **inputs, engine="pgrouting")
        assert checked == told | {"engine": f"pgRouting {held[0]}"}
    covered = now(
        streets,
        "coverage",
        places="gates",
        assets="gates",
        assets_where="code = 'G2'",
        minutes=23,
        mode="walk",
    )
    near = [code for code, spot in zip(codes, spots, strict=True) if walked((3, 3), spot) <= 23]
    assert (covered["covered"], covered["places"]) == (len(near), 4)
    assert [each["fid"] for each in covered["without"]] == sorted(set(codes) - set(near))


@pytest.mark.parametrize(
    ("process", "inputs", "named"),
    [
        ("reach", {"positions": [[118.7, 36.8]], "minutes": [5], "closed": ["NS99"]}, "NS99"),
        ("reach", {"minutes": [5]}, "positions"),
        ("reach", {"positions": [[118.7, 36.8]], "minutes": [5], "mode": "fly"}, "fly"),
        ("reach", {"positions": [[118.7, 36.8]], "minutes": [5], "roads": "points"}, "grade"),
        ("coverage", {"places": "points", "assets": "points"}, "reach_m"),
        ("coverage", {"places": "points", "assets": "points", "reach_m": 5, "minutes": 5}, "minutes"),
    ],
)
def test_a_way_that_cannot_be_asked_for_is_named(
    streets: Served, process: str, inputs: dict[str, Any], named: str
) -> None:
    answer = execute(streets, process, {"inputs": inputs})
    assert answer.status_code == 400, answer.text
    assert named in answer.text


def test_a_road_that_is_opened_is_passed_at_once_and_not_before(streets: Served) -> None:
    """Roads are joined once for each state of their layer; a state is known by what it holds."""
    asked = {"positions": [list(at(0, 8))], "minutes": [20], "mode": "walk"}
    before = now(streets, "reach", **asked)
    lay(streets.dsn, [("D1", "street", shapely.LineString([at(0, 8), at(3, 7)]))])
    after = now(streets, "reach", **asked)
    assert after["roads_changeset"] > before["roads_changeset"]
    assert after["bands"][0]["length_m"] > before["bands"][0]["length_m"] + 300
    assert now(streets, "reach", **asked, datetime="2025-12-31T00:00:00Z")["bands"][0]["length_m"] == 0
    known = streets.get(f"/changesets/{before['roads_changeset']}").json()["recorded_at"]
    assert now(streets, "reach", **asked, asof=known)["bands"] == before["bands"]
    assert now(streets, "reach", **asked, closed=["D1"])["bands"] == before["bands"]
    assert now(streets, "reach", **asked) == after


def test_what_rests_on_generated_data_says_so(streets: Served) -> None:
    """Of the layers here the roads alone are generated."""
    start = [list(at(2, 2))]
    stamped = {"onemap:synthetic": "合成数据"}
    asked: list[tuple[str, dict[str, Any], bool]] = [
        ("reach", {"positions": start, "minutes": [5], "mode": "walk"}, True),
        ("nearest", {"layer": "gates", "positions": start}, False),
        ("nearest", {"layer": "gates", "positions": start, "mode": "walk"}, True),
        ("nearest", {"layer": "roads", "positions": start}, True),
        ("coverage", {"places": "gates", "assets": "gates", "reach_m": 500}, False),
        ("coverage", {"places": "gates", "assets": "gates", "minutes": 5, "mode": "walk"}, True),
        ("exposure", {"layers": ["gates"], "around": "roads", "buffer_m": 50}, True),
        ("thematic-stat", {"layer": "roads", "by": "grade"}, True),
        ("thematic-stat", {"layer": "gates", "by": "code"}, False),
        ("difference", {"layer": "roads", "from": "2026-01-01T00:00:00Z"}, True),
    ]
    for process, inputs, synthetic in asked:
        told = now(streets, process, **inputs)
        assert {k: v for k, v in told.items() if k in stamped} == (stamped if synthetic else {}), process
