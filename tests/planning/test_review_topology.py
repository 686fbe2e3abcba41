"""Topology: nothing is missed from one millimetre up, and nothing sound is taken for a defect."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pyproj
import pytest
import review_ground
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planning.review.parcels import Parcels
from planning.review.topology import Limits, Topology, examine
from spatial.datum import frame, legal_areas_m2

_GEOD = pyproj.Geod(ellps="GRS80")
_PLANE = pyproj.Transformer.from_crs(4490, review_ground.EPSG, always_xy=True)


def _examined(shapes: Any, area: Any = None, **more: Any) -> Topology:
    return examine(Parcels(shapes, review_ground.EPSG), area, **more)


@cache
def _outline() -> Any:
    return review_ground.outline(review_ground.ground())


def _shifted(shapes: Any, row: int, vertex: int, distance_m: float, azimuth_deg: float) -> tuple[Any, Any]:
    """One parcel with one vertex moved along a geodesic, and where it is then."""
    coords = shapely.get_coordinates(shapes[row])
    lon, lat, _ = _GEOD.fwd(*coords[vertex], azimuth_deg, distance_m)
    coords[vertex] = lon, lat
    if vertex == 0:
        coords[-1] = coords[0]
    moved = shapes.copy()
    moved[row] = shapely.MultiPolygon([shapely.Polygon(coords)])
    return moved, shapely.Point(lon, lat)


def _on_plane(shapes: Any) -> Any:
    return shapely.transform(shapes, lambda c: np.column_stack(_PLANE.transform(c[:, 0], c[:, 1])))


def _overlap_m2(shapes: Any, row: int) -> float:
    """How much of a parcel lies on others, pair by pair on the plane: an independent reckoning."""
    plane = _on_plane(shapes)
    near = [other for other in shapely.STRtree(plane).query(plane[row]).tolist() if other != row]
    return float(shapely.area(shapely.intersection(plane[row], plane[near])).sum())


def _near(found: Topology, place: Any) -> list[Any]:
    faces = [each.shape_4490 for each in (*found.overlaps, *found.gaps, *found.outside)]
    return [
        each for each in (*faces, *(pair.line_4490 for pair in found.pairs)) if each.distance(place) < 3e-9
    ]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_sound_coverage_has_no_defect(seed: int) -> None:
    shapes = review_ground.ground(400, seed)
    assert shapely.coverage_is_valid(shapes), "GEOS finds it sound too"
    for area in (None, review_ground.outline(shapes)):
        found = _examined(shapes, area)
        assert (found.overlaps, found.gaps, found.outside, found.pairs, found.lone) == ((), (), (), (), ())
        assert found.ignored == 0


def test_200_shifted_vertices_are_found_from_one_millimetre_to_one_metre() -> None:
    """Twenty at a time, on parcels that do not touch each other."""
    shapes, area = review_ground.ground(), _outline()
    generator = np.random.default_rng(20)
    missed, worst_m2 = [], 0.0
    for _ in range(10):
        moved, places, rows = shapes, [], _apart(shapes, 20, generator)
        for row in rows:
            vertex = int(generator.integers(shapely.get_num_coordinates(shapes[row]) - 1))
            distance_m = float(10 ** generator.uniform(-3, 0))
            moved, place = _shifted(moved, row, vertex, distance_m, float(generator.uniform(0, 360)))
            places.append((place, distance_m))
        found = _examined(moved, area)
        missed += [each for each in places if not _near(found, each[0])]
        everywhere = shapely.MultiPoint([place for place, _ in places])
        told = (*found.overlaps, *found.gaps, *found.outside)
        assert all(each.shape_4490.distance(everywhere) < 1e-4 for each in told), "nothing elsewhere"
        assert all(set(each.rows) & set(rows) for each in found.overlaps)
        truth = sum(_overlap_m2(moved, row) for row in rows)
        worst_m2 = max(worst_m2, abs(sum(each.area_m2 for each in found.overlaps) - truth))
    assert missed == []
    assert worst_m2 < 5e-3, "areas of overlaps are those of a pairwise reckoning"


def _apart(shapes: Any, count: int, generator: np.random.Generator) -> list[int]:
    """So many parcels of which no two have a neighbour in common."""
    tree, taken, found = shapely.STRtree(shapes), set[int](), list[int]()
    for row in generator.permutation(len(shapes)).tolist():
        near = set(tree.query(shapes[row], predicate="dwithin", distance=1e-9).tolist())
        if not near & taken and len(found) < count:
            found.append(row)
            taken |= near
    assert len(found) == count
    return found


def test_a_pair_tells_how_far_the_vertex_was_moved() -> None:
    shapes = review_ground.ground()
    moved, _ = _shifted(shapes, 77, 3, 0.001, 45.0)
    pairs = _examined(moved, _outline()).pairs
    assert [round(each.distance_m, 5) for each in pairs] == [pytest.approx(0.001, abs=2e-5)]
    assert 77 in pairs[0].rows


def test_50_duplicates_are_found_each_with_its_twin() -> None:
    shapes = review_ground.ground()
    rows = np.random.default_rng(5).choice(len(shapes), 50, replace=False)
    found = _examined(np.concatenate((shapes, shapes[rows])), _outline())
    assert {each.rows for each in found.overlaps} == {
        (int(row), len(shapes) + place) for place, row in enumerate(rows)
    }
    told = {each.rows[0]: each.area_m2 for each in found.overlaps}
    true = shapely.area(_on_plane(shapes[rows]))
    assert [told[int(row)] for row in rows] == pytest.approx(true.tolist(), abs=1e-2)
    assert (found.gaps, found.outside, found.pairs) == ((), (), ())


def test_a_large_area_over_many_is_told_with_each_of_them() -> None:
    shapes = review_ground.ground()
    x, y = shapely.get_coordinates(shapely.centroid(_outline()))[0]
    over = shapely.MultiPolygon([shapely.box(x - 0.001, y - 0.001, x + 0.001, y + 0.001)])
    found = _examined(np.append(shapes, over), _outline())
    plane = _on_plane(np.append(shapes, over))
    areas = shapely.area(shapely.intersection(plane[:-1], plane[-1]))
    beneath = np.flatnonzero(areas > 0)
    told = {each.rows: each.area_m2 for each in found.overlaps}
    assert set(told) == {(int(row), len(shapes)) for row in beneath}
    assert [told[int(row), len(shapes)] for row in beneath] == pytest.approx(
        areas[beneath].tolist(), abs=1e-2
    )


def test_removed_parcels_are_holes_of_their_own_area() -> None:
    shapes = review_ground.ground()
    gone = np.random.default_rng(6).choice(len(shapes), 12, replace=False)
    found = _examined(np.delete(shapes, gone), _outline())
    assert found.overlaps == found.outside == found.pairs == ()
    holes = np.array([each.shape_4490 for each in found.gaps], dtype=object)
    legal = legal_areas_m2(holes, frame("4549"), given_in=frame("4490")).sum()
    assert legal == pytest.approx(
        legal_areas_m2(shapes[gone], frame("4549"), given_in=frame("4490")).sum(), abs=0.01
    )
    edge = shapely.dwithin(shapely.boundary(_outline()), holes, 1e-9)
    assert [each.at_edge for each in found.gaps] == edge.tolist()


def test_without_the_administrative_area_what_parcels_enclose_is_a_hole() -> None:
    shapes = review_ground.ground()
    inner = int(np.flatnonzero(~shapely.dwithin(shapely.boundary(_outline()), shapes, 1e-9))[9])
    found = _examined(np.delete(shapes, inner))
    assert len(found.gaps) == 1
    assert shapely.hausdorff_distance(found.gaps[0].shape_4490, shapes[inner]) < 1e-9
    assert len(_examined(shapes).gaps) == 0


@pytest.mark.parametrize("width_m", [0.001, 0.01, 0.2])
def test_an_inserted_sliver_is_found(width_m: float) -> None:
    shapes = review_ground.ground()
    coords = shapely.get_coordinates(shapes[120])
    a, b = coords[2], coords[3]
    azimuth, _, _ = _GEOD.inv(*a, *b)
    c = _GEOD.fwd(*b, azimuth + 90, width_m)[:2]
    d = _GEOD.fwd(*a, azimuth + 90, width_m)[:2]
    sliver = shapely.MultiPolygon([shapely.Polygon([a, b, c, d])])
    found = _examined(np.append(shapes, sliver), _outline())
    told = [each for each in (*found.overlaps, *found.outside) if len(shapes) in each.rows]
    length_m = _GEOD.inv(*a, *b)[2]
    assert sum(each.area_m2 for each in told) == pytest.approx(length_m * width_m, rel=0.03)


def test_ground_beyond_the_area_is_outside() -> None:
    shapes = review_ground.ground()
    west, south, east, north = _outline().bounds
    area = shapely.box(west, south, east - 0.001, north)
    found = _examined(shapes, area)
    beyond = shapely.difference(*_on_plane(np.array([_outline(), area])))
    assert sum(each.area_m2 for each in found.outside) == pytest.approx(beyond.area, abs=0.01)
    assert found.overlaps == ()


def test_a_vertex_on_a_straight_edge_is_a_note_and_no_gap() -> None:
    shapes = review_ground.ground()
    coords = shapely.get_coordinates(shapes[50])
    middle = np.round((coords[4] + coords[5]) / 2, 9)
    shapes = shapes.copy()
    shapes[50] = shapely.MultiPolygon([shapely.Polygon(np.insert(coords, 5, middle, axis=0))])
    found = _examined(shapes, _outline())
    assert found.overlaps == found.gaps == found.outside == found.pairs == ()
    assert len(found.lone) == 1
    assert found.lone[0].point_4490.distance(shapely.Point(middle)) < 1e-9
    assert 50 in found.lone[0].rows


def test_an_invalid_parcel_is_judged_by_what_it_covers() -> None:
    """A ring that crosses itself covers two triangles, whichever way it runs."""
    shapes = review_ground.ground()
    x, y = shapely.get_coordinates(shapely.point_on_surface(shapes[30]))[0]
    bow = shapely.Polygon([(x, y), (x + 1e-5, y + 1e-5), (x + 1e-5, y), (x, y + 1e-5)])
    assert not bow.is_valid
    found = _examined(np.append(shapes, shapely.MultiPolygon([bow])), _outline())
    assert [each.rows for each in found.overlaps] == [(30, len(shapes))]
    assert found.overlaps[0].area_m2 == pytest.approx(_on_plane(shapely.make_valid(bow)).area, rel=1e-4)


def test_scattered_areas_have_overlaps_alone() -> None:
    shapes = review_ground.ground()
    some = shapes[np.random.default_rng(3).random(len(shapes)) < 0.3]
    clear = _examined(some, covers=False)
    assert clear == Topology((), (), (), (), (), 0, clear.unmatched)
    x, y = shapely.get_coordinates(shapely.point_on_surface(some[7]))[0]
    within = shapely.MultiPolygon([shapely.Point(x, y).buffer(1e-6)])
    found = _examined(np.concatenate((some, [within], some[[3]])), covers=False)
    assert {each.rows for each in found.overlaps} == {(7, len(some)), (3, len(some) + 1)}


def test_a_layer_that_fits_nowhere_is_judged_by_its_union_alike() -> None:
    """The way for hopeless layers, taken for a layer that is not: it must say the same."""
    shapes, area = review_ground.ground(), _outline()
    moved, _ = _shifted(shapes, 77, 3, 0.4, 45.0)
    moved, _ = _shifted(moved, 300, 2, 0.3, 200.0)
    spoilt = np.concatenate((np.delete(moved, [5, 120]), moved[[200]]))
    for whole in (area, None):
        usual = _examined(spoilt, whole)
        other = _examined(spoilt, whole, limits=Limits(edges=0))
        assert not other.vertices and other.pairs == ()
        for name in ("overlaps", "gaps", "outside"):
            one, two = getattr(usual, name), getattr(other, name)
            assert sorted(each.area_m2 for each in two) == pytest.approx(
                sorted(each.area_m2 for each in one), abs=2e-3
            )
            if name != "outside":
                assert {each.rows for each in one} == {each.rows for each in two}
            assert sorted(each.at_edge for each in one) == sorted(each.at_edge for each in two)


@pytest.mark.parametrize("seed", [8, 9, 10])
def test_scattered_areas_are_spoilt_and_all_is_found(seed: int) -> None:
    """Against a pairwise reckoning: twins side by side, an area over many, one within, shifted vertices."""
    shapes = review_ground.ground()
    generator = np.random.default_rng(seed)
    some = shapes[generator.random(len(shapes)) < 0.6]
    for row in generator.choice(len(some), 20, replace=False).tolist():
        vertex = int(generator.integers(shapely.get_num_coordinates(some[row]) - 1))
        moved, _ = _shifted(
            some, row, vertex, float(10 ** generator.uniform(-3, 0)), float(generator.uniform(0, 360))
        )
        some = moved if moved[row].is_valid else some
    x, y = shapely.get_coordinates(shapely.centroid(_outline()))[0]
    over = shapely.MultiPolygon([shapely.box(x - 0.001, y - 0.001, x + 0.001, y + 0.001)])
    block = np.flatnonzero(shapely.intersects(some, shapely.Point(x + 0.002, y).buffer(0.0012)))
    some = np.concatenate((some, [over], some[block]))
    found = {each.rows: each.area_m2 for each in _examined(some, covers=False).overlaps}
    plane = _on_plane(some)
    one, other = shapely.STRtree(plane).query(plane, predicate="intersects")
    one, other = one[one < other], other[one < other]
    common = shapely.intersection(plane[one], plane[other])
    truth = {
        (a, b): shape.area
        for a, b, shape in zip(one.tolist(), other.tolist(), common.tolist(), strict=True)
        if any(2 * part.area > 1e-4 * part.length for part in shapely.get_parts(shape).tolist())
    }
    assert len(block) > 4 and len(found) > 20 and set(found) <= set(truth)
    assert all(found[each] == pytest.approx(truth[each], abs=0.02) for each in found)
    twin = {int(row) for row in range(len(some) - len(block), len(some))}
    missed = {each for each in set(truth) - set(found) if not twin & set(each)}
    assert missed == set(), "what a twin lies on besides is told by its first"


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    rows=st.sets(st.integers(0, 390), min_size=1, max_size=8),
    seed=st.integers(0, 10_000),
)
def test_covered_ground_and_defects_add_up(rows: set[int], seed: int) -> None:
    """Σ parcels = area + Σ (times covered − 1) − Σ gaps, whatever was done to the coverage."""
    shapes, area = review_ground.ground(), _outline()
    generator = np.random.default_rng(seed)
    for row in rows:
        row %= len(shapes)
        kind = generator.integers(3)
        if kind == 0:
            shapes = np.delete(shapes, row)
        elif kind == 1:
            shapes = np.append(shapes, shapes[row])
        else:
            vertex = int(generator.integers(shapely.get_num_coordinates(shapes[row]) - 1))
            moved, _ = _shifted(
                shapes, row, vertex, float(generator.uniform(0.01, 2)), float(generator.uniform(0, 360))
            )
            shapes = moved if moved[row].is_valid else shapes
    found = _examined(shapes, area)
    whole = shapely.area(_on_plane(np.append(shapes, area)))
    inside = sum(each.area_m2 * (len(each.rows) - 1) for each in found.overlaps)
    outside = sum(each.area_m2 for each in found.outside if len(each.rows) == 1)
    gaps = sum(each.area_m2 for each in found.gaps)
    assert whole[:-1].sum() == pytest.approx(whole[-1] + inside + outside - gaps, abs=0.05)
