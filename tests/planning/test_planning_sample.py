"""The planning sample: a coverage without gap or overlap, control layers that keep their laws."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from sites import in_zone, shapes

from planning import layers
from planning.compliance import overlay
from planning.land_use import of_survey, renamed_since_2020, survey_mapping
from planning.sample.split import Cutting, pieces
from spatial.catalogue.symbology import symbology
from spatial.database import Connection
from spatial.datum import frame, legal_areas_m2
from spatial.datum.plane import Plane
from spatial.sample.plane import to_plane

PLANE = Plane(frame("EPSG:4549"))


def polygons(connection: Connection, layer: str, where: str = "true") -> np.ndarray:
    return np.array([shape for _, shape in shapes(connection, layer, where)], dtype=object)


def test_parcels_are_a_coverage_and_fill_the_city(plans: Connection) -> None:
    parcels = shapely.get_parts(polygons(plans, "land-use-survey"))
    assert shapely.coverage_is_valid(parcels)
    city = shapely.coverage_union_all(parcels)
    assert (
        shapely.get_num_geometries(city) == 1
        and not shapely.get_num_interior_rings(shapely.get_parts(city)).any()
    )
    zones = shapely.get_parts(polygons(plans, "planning-zones"))
    assert shapely.coverage_is_valid(zones)
    assert shapely.equals(shapely.union_all(zones), city)


def test_the_three_lines_lie_apart(plans: Connection) -> None:
    three = [polygons(plans, name) for name in ("permanent-farmland", "ecological-redline", "urban-boundary")]
    unions = [shapely.coverage_union_all(shapely.get_parts(each)) for each in three]
    for n, first in enumerate(unions):
        for second in unions[n + 1 :]:
            assert shapely.area(shapely.intersection(first, second)) == 0
    arable = shapely.union_all(polygons(plans, "land-use-survey", "dlbm like '01%%'"))
    assert shapely.covers(arable, unions[0]), "protected farmland is farmland"


def test_declared_areas_are_legal_areas_and_add_up(plans: Connection) -> None:
    rows = plans.execute(
        "select tbmj, kcmj, tbdlmj, kcxs, ST_AsBinary(geom) from history.land_use_survey_believed"
    ).fetchall()
    shape = shapely.from_wkb([bytes(row[4]) for row in rows])
    legal = legal_areas_m2(shape, frame("EPSG:4549"), given_in=frame("EPSG:4490"))
    declared = np.array([row[:4] for row in rows], dtype=float)
    assert np.abs(declared[:, 0] - legal).max() <= 0.0051
    assert np.abs(declared[:, 0] - declared[:, 1] - declared[:, 2]).max() < 0.0051
    assert (declared[:, 3] > 0).any()


def test_every_feature_is_stamped_and_belongs_to_a_plan(plans: Connection) -> None:
    for layer in layers.LAYERS:
        table = layer.replace("-", "_")
        row = plans.execute(
            f"select count(*), count(*) filter (where data_nature = '合成数据') from history.{table}_believed"
        ).fetchone()
        assert row is not None and row[0] == row[1], layer
        assert row[0] > 0 or layer in ("plan-amendments", "land-approvals", "development-schemes"), layer
    versions = {row[0] for row in plans.execute("select version_id from history.plan_versions_believed")}
    for layer in layers.CONTROL:
        named = plans.execute(
            f"select distinct plan_version from history.{layer.replace('-', '_')}_believed"
        ).fetchall()
        assert {row[0] for row in named} <= versions, layer


def test_the_life_of_the_plan_is_in_its_valid_time(plans: Connection) -> None:
    rows = plans.execute(
        "select status, valid_from::date::text from history.plan_versions_believed"
        " where version_id like 'SYN-PLAN%%' order by valid_from"
    ).fetchall()
    assert [row[0] for row in rows] == ["drafting", "public-notice", "submitted", "approved", "filed"]
    assert rows[3][1] == "2025-03-01"


RING = np.array([[118.80, 36.90], [118.83, 36.90], [118.835, 36.92], [118.82, 36.93], [118.80, 36.925],
                 [118.80, 36.90]])  # fmt: skip


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), area=st.sampled_from([4_000.0, 20_000.0, 90_000.0]))
def test_an_area_is_cut_without_loss(seed: int, area: float) -> None:
    cutting = Cutting(area, 25.0, 6)
    made = pieces(RING, cutting, np.random.default_rng(seed))
    again = pieces(RING, cutting, np.random.default_rng(seed))
    assert [each.ring_deg.tobytes() for each in made] == [each.ring_deg.tobytes() for each in again]
    shape = np.array([shapely.Polygon(each.ring_deg) for each in made])
    assert shapely.is_valid(shape).all() and shapely.coverage_is_valid(shape)
    plane = shapely.transform(shape, to_plane)
    whole = shapely.transform(shapely.Polygon(RING), to_plane)
    assert shapely.area(plane).sum() == pytest.approx(whole.area, rel=1e-6)


boxes = st.lists(
    st.tuples(st.integers(0, 90), st.integers(0, 90), st.integers(1, 40), st.integers(1, 40)),
    min_size=1, max_size=12,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(held=boxes)
def test_what_is_inside_and_what_is_outside_are_the_site(held: list[tuple[int, int, int, int]]) -> None:
    """Overlapping shapes count once, and the parts of a site make it up."""
    east, north = 393_000.0, 4_086_000.0
    site = shapely.box(east + 20, north + 20, east + 80, north + 80)
    shape = np.array([shapely.box(east + x, north + y, east + x + w, north + y + h) for x, y, w, h in held])
    cut = overlay.cut(np.array([site]), shape, PLANE)
    grid = np.zeros((140, 140), bool)
    for x, y, w, h in held:
        grid[x : x + w, y : y + h] = True
    inside = int(grid[20:80, 20:80].sum())
    held = overlay.joined(cut.pieces, cut.site)
    left = overlay.outside(np.array([site]), held) if len(held) else np.array([site])
    unions = np.concatenate([held, left])
    areas = overlay.measured(unions, [(0.0, 0.0)] * len(unions), PLANE)
    whole = float(PLANE.areas_m2(np.array([site]))[0])
    assert sum(each.counted_m2 for each in areas) == pytest.approx(whole, abs=1e-4)
    assert sum(each.counted_m2 for each in areas[:-1]) == pytest.approx(inside, rel=6e-4)


@settings(max_examples=60, deadline=None)
@given(many=st.lists(boxes, min_size=1, max_size=6), whole=st.booleans())
def test_joined_pieces_are_their_union_however_many_are_joined_beside(
    many: list[list[tuple[int, int, int, int]]], whole: bool
) -> None:
    """Overlapping, touching, twice the same, or side by side; each as when it is joined alone."""
    rows = [np.array([shapely.box(x, y, x + w, y + h) for x, y, w, h in held]) for held in many]
    if whole:  # a coverage without gaps
        rows.append(np.array([shapely.box(x, y, x + 1, y + 1) for x in range(4) for y in range(3)]))
    owner = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    found = overlay.joined(np.concatenate(rows), owner)
    for row, union in zip(rows, found, strict=True):
        assert union.is_valid and shapely.equals(union, shapely.union_all(row))
        (alone,) = overlay.joined(row, np.zeros(len(row), np.int64))
        assert alone.wkb == union.wkb


def test_an_invalid_shape_is_mended_on_a_copy_and_said_to_be() -> None:
    east, north = 393_000.0, 4_086_000.0
    bow = shapely.Polygon([(east, north), (east + 10, north + 10), (east + 10, north), (east, north + 10)])
    site = shapely.box(east - 5, north - 5, east + 20, north + 20)
    given_shapes = np.array([bow, site], dtype=object)
    cut = overlay.cut(np.array([site]), given_shapes, PLANE)
    assert cut.mended.tolist() == [True, False] and not given_shapes[0].is_valid
    assert cut.pieces_m2[0] == pytest.approx(50, rel=1e-3)


def test_the_mapping_names_classes_that_are_there() -> None:
    classes = symbology("land-use-2023").by_code
    for each in survey_mapping().values():
        if each.code is None:
            assert each.likely in classes
        else:
            assert classes[each.code].name == each.name
        assert symbology("land-use-survey").by_code[each.dlbm].name == each.dlmc
    assert sum(each.code is None for each in survey_mapping().values()) == 7
    assert of_survey("0204K").code == "0205"
    for each in renamed_since_2020():
        assert each.code_2023 in classes


def test_areas_of_the_survey_are_those_of_another_program(plans: Connection) -> None:
    from pyproj import Geod

    geod = Geod(ellps="GRS80")
    for _, shape in shapes(plans, "land-use-survey")[::400]:
        dense = shapely.segmentize(in_zone(shape), 5.0)
        degrees = PLANE.unprojected(np.array([dense], dtype=object))[0]
        legal = float(PLANE.areas_m2(np.array([in_zone(shape)], dtype=object))[0])
        assert abs(geod.geometry_area_perimeter(degrees)[0]) == pytest.approx(legal, abs=0.005)
