"""Every group of checks: silent on a sound delivery, and each seeded defect is found once and where it is."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
import review_ground
import shapely
from review_ground import (
    EPSG,
    changed,
    found_in,
    ground,
    layer,
    legal_m2,
    moved,
    outline,
    subject,
    survey,
    with_shapes,
)

from planning.indicators.formula import NoData
from planning.review.catalogue import shipped
from planning.review.model import (
    Declared,
    DeclaredField,
    Delivery,
    LayerState,
    Outcome,
    Problem,
    Severity,
)
from planning.review.recomputed import recomputed
from planning.review.review import GROUPS, review
from planning.review.subject import Against, ChangeRecord


def test_a_sound_survey_has_no_finding_in_any_group() -> None:
    shapes = ground()
    told = review(subject(survey(shapes), area=outline(shapes)))
    assert set(told.seconds) == set(GROUPS) == set(range(1, 13))
    assert {each.check for each in told.outcomes if each.total} == {"layer-missing"}
    ran = {each.check for each in told.outcomes}
    assert ran == set(shipped().checks), "every check tells that it ran, or why it did not"
    assert all(each.examined or each.not_run or not each.total for each in told.outcomes)


def test_completeness() -> None:
    empty = layer("urban-boundary", np.empty(0, object))
    given = subject(
        empty,
        problems=(Problem("DLTB", "unreadable-file", "坏", "broken"),),
        unknown=("ABC",),
    )
    found = found_in(given, 1)
    assert found["delivery-unreadable"].findings[0].layer == "DLTB"
    assert {each.layer for each in found["layer-missing"].findings} == {
        "land-use-survey", "planning-zones", "ecological-redline", "permanent-farmland",
    }  # fmt: skip
    assert found["layer-empty"].findings[0].layer == "urban-boundary"
    assert found["layer-unknown"].findings[0].layer == "ABC"


@pytest.mark.parametrize(
    ("said", "check"),
    [
        (None, "frame-not-declared"),
        ("unknown: LOCAL_CS", "frame-not-cgcs2000"),
        ("EPSG:4610", "frame-not-cgcs2000"),
        ("EPSG:4528", None),
    ],
)
def test_the_frame_must_be_declared_and_cgcs2000(said: str | None, check: str | None) -> None:
    state = survey(ground(100, 4))
    odd = replace(state, declared=Declared("DLTB", said))
    assert set(found_in(subject(odd), 2)) == ({check} if check else set())


def test_layers_in_two_frames_and_coordinates_elsewhere() -> None:
    state = survey(ground(100, 4))
    zone = replace(layer("planning-zones", state.shapes_4490), declared=Declared("GHFQ", "EPSG:4528"))
    boundary = layer("urban-boundary", state.shapes_4490)
    assert found_in(subject(state, zone, boundary), 2)["frames-differ"].findings[0].layer == "planning-zones"
    metres = with_shapes(state, shapely.transform(state.shapes_4490, lambda c: c * 1e4))
    told = review(subject(metres))
    assert {each.check for each in told.outcomes if each.total and each.layer} == {"outside-city"}
    high = with_shapes(state, shapely.force_3d(state.shapes_4490, 12.0))
    assert found_in(subject(high), 2)["heights-present"].total == len(state)


def test_structure_by_what_the_delivery_defines() -> None:
    state = survey(ground(100, 4))
    fields = [DeclaredField("DLBM", "text"), DeclaredField("BSM", "text"), DeclaredField("TBMJ", "text")]
    fields += [DeclaredField("HELLO", "text"), DeclaredField("Shape_Area", "number")]
    found = found_in(subject(replace(state, declared=Declared("DLTB", "EPSG:4490", tuple(fields)))), 3)
    missing = {each.zh.partition(":")[2].partition("(")[0] for each in found["field-missing"].findings}
    assert {"TBBH", "TBDLMJ", "ZLDWDM"} <= missing and not missing & {"BSM", "DLBM", "TBMJ"}
    assert [each.zh for each in found["field-unknown"].findings] == ["规定之外的字段:HELLO"]
    assert "TBMJ" in found["field-type"].findings[0].zh
    assert found["field-order"].total == 1
    long = changed(state, "zldwdm", 7, "3" * 20)
    told = found_in(subject(long), 3)["text-too-long"]
    assert (told.total, told.findings[0].keys, told.findings[0].measured) == (1, (state.keys[7],), 20.0)
    points = state.shapes_4490.copy()
    points[3] = shapely.Point(118.83, 37.0)
    assert found_in(subject(with_shapes(state, points)), 3)["geometry-type"].findings[0].keys == (
        state.keys[3],
    )


@pytest.mark.parametrize(
    ("field", "value", "check"),
    [
        ("dlbm", "9999", "code-unknown"),
        ("dlbm", None, "value-missing"),
        ("dlmc", "旱地", "code-name-differs"),
        ("tbmj", -1.0, "value-out-of-range"),
        ("kcxs", 1.5, "value-out-of-range"),
        ("tbmj", "很大", "value-not-of-type"),
    ],
)
def test_a_wrong_value_is_found(field: str, value: object, check: str) -> None:
    state = changed(survey(ground(100, 4)), field, 5, value)
    found = found_in(subject(state), 4)
    assert set(found) == {check}
    assert found[check].total == 1 and found[check].findings[0].keys == (state.keys[5],)
    assert state.shapes_4490[5].covers(found[check].findings[0].shape_4490), "it shows where"


def test_classes_of_another_edition_or_of_none() -> None:
    shapes = ground(100, 4)
    edition = ["2023"] * (len(shapes) - 2) + ["2020", None]
    state = layer("planned-land-use", shapes, ydyhfldm=["0101"] * len(shapes), edition=edition)
    assert found_in(subject(state), 4)["code-edition"].total == 2


def test_feature_codes() -> None:
    state = survey(ground(100, 4))
    twice = changed(state, "bsm", 8, state.keys[2])
    found = found_in(subject(twice), 5)
    assert set(found) == {"key-repeated"} and found["key-repeated"].total == 2
    short = changed(changed(state, "bsm", 1, "123"), "bsm", 2, None)
    assert found_in(subject(short), 5)["key-length"].total == 2
    other = replace(layer("urban-boundary", state.shapes_4490[:3]), keys=state.keys[:3])
    assert found_in(subject(state, other), 5)["key-in-two-layers"].total == 3


def _spike(coords: Any) -> Any:
    """A needle a metre long and a centimetre wide on the middle of an edge."""
    a, b = coords[2], coords[3]
    along, across = (b - a) / 400, np.array([a[1] - b[1], b[0] - a[0]]) / 8
    middle = (a + b) / 2
    return np.insert(coords, 3, [middle, middle + across, middle + along], axis=0)


def _bow(coords: Any) -> Any:
    """Four vertices of the ring in an order that crosses itself."""
    n = len(coords) - 1
    return coords[[0, n // 2, n // 4, 3 * n // 4, 0]]


@pytest.mark.parametrize(
    ("change", "check"),
    [
        (lambda c: np.insert(c, 3, c[3], axis=0), "vertex-repeated"),
        (lambda c: np.insert(c, 3, c[3] - (c[3] - c[2]) * 1e-5, axis=0), "vertices-too-close"),
        (_spike, "sharp-angle"),
        (_bow, "geometry-invalid"),
    ],
)
def test_a_shape_with_a_defect_is_found_at_its_vertex(change: Any, check: str) -> None:
    state = survey(ground(100, 4))
    found = found_in(subject(moved(state, 9, change)), 6)
    assert found[check].total == 1 and found[check].findings[0].keys == (state.keys[9],)
    assert found[check].findings[0].shape_4490.distance(state.shapes_4490[9]) < 1e-3
    others = set(found) - {check, "sharp-angle"}
    assert others == set()


def test_slivers_parts_and_nothing_at_all() -> None:
    state = survey(ground(100, 4))
    shapes = state.shapes_4490.copy()
    x, y = 118.83, 37.0
    shapes[0] = shapely.MultiPolygon([shapely.box(x, y, x + 3e-4, y + 1e-6)])
    shapes[1] = shapely.MultiPolygon([*shapes[1].geoms, *shapes[20].geoms])
    shapes[2] = None
    found = found_in(
        subject(with_shapes(state, shapes), problems=(Problem("a", "curved-geometry", "曲", "c"),)), 6
    )
    assert found["sliver"].findings[0].measured == pytest.approx(0.111, abs=0.002), "0.11 m of latitude"
    assert found["multipart"].findings[0].measured == 2
    assert found["geometry-missing"].findings[0].keys == (state.keys[2],)
    assert found["curve-present"].total == 1


def test_topology_is_told_with_legal_areas_and_keys() -> None:
    shapes = ground()
    state = survey(np.append(shapes, shapes[40]))
    found = found_in(subject(state, area=outline(shapes)), 7)
    assert set(found) == {"overlap"}
    told = found["overlap"].findings[0]
    assert set(told.keys) == {state.keys[40], state.keys[-1]}
    assert told.measured == pytest.approx(legal_m2(shapes[[40]])[0], abs=0.01)
    area = outline(shapes)
    edge = int(np.flatnonzero(shapely.dwithin(shapely.boundary(area), shapes, 1e-9))[0])
    inner = int(np.flatnonzero(~shapely.dwithin(shapely.boundary(area), shapes, 1e-9))[0])
    found = found_in(subject(survey(np.delete(shapes, [edge, inner])), area=area), 7)
    assert set(found) == {"hole", "boundary-differs"}
    assert found["hole"].findings[0].measured == pytest.approx(legal_m2(shapes[[inner]])[0], abs=0.01)


def test_dangling_lines() -> None:
    from planning.layers import contract

    a, b, c, d = (118.8, 37), (118.81, 37), (118.81, 37.01), (118.83, 37)
    lines = shapely.linestrings([[a, b], [b, c], [c, a], [b, d]])
    roads = replace(contract("plans"), geometry="LineString")
    state = LayerState(roads, Declared("JX", "EPSG:4490"), np.array(["a", "b", "c", "d"], object), {}, lines)
    found = found_in(subject(state), 7)["dangle"]
    assert found.total == 1 and found.findings[0].keys == ("d",)
    assert found.findings[0].shape_4490.equals(shapely.Point(d))


def test_control_lines_against_each_other() -> None:
    shapes = ground()
    state = survey(shapes)
    classes = state.columns["dlbm"]
    arable = np.flatnonzero(classes != "1006")
    farmland = layer("permanent-farmland", shapes[arable[:50]])
    boundary = layer("urban-boundary", shapes[arable[60:90]])
    redline = layer("ecological-redline", shapes[arable[100:110]])
    zones = layer(
        "planning-zones",
        shapes,
        ghfqdm=["400" if each in arable[60:90] else "500" for each in range(len(shapes))],
    )
    reserves = layer("nature-reserves", shapes[arable[100:105]], zrbhdfq=["1"] * 5)
    sound = found_in(subject(state, farmland, boundary, redline, zones, reserves), 8)
    assert sound == {}
    road = int(np.flatnonzero(classes == "1006")[3])
    farmland = layer(
        "permanent-farmland", np.append(farmland.shapes_4490, [shapes[road], shapes[arable[60]]])
    )
    redline = layer("ecological-redline", redline.shapes_4490[1:])
    zones = changed(changed(zones, "ghfqdm", int(arable[70]), "500"), "ghfqdm", int(arable[5]), "400")
    found = found_in(subject(state, farmland, boundary, redline, zones, reserves), 8)
    assert set(found) == {"lines-overlap", "farmland-elsewhere", "urban-zone-differs", "core-outside-redline"}
    told = {name: each.findings[0] for name, each in found.items()}
    assert told["lines-overlap"].measured == pytest.approx(legal_m2(shapes[[arable[60]]])[0], abs=0.02)
    assert told["farmland-elsewhere"].keys == (farmland.keys[50], state.keys[road])
    assert told["farmland-elsewhere"].measured == pytest.approx(legal_m2(shapes[[road]])[0], abs=0.02)
    assert found["urban-zone-differs"].total == 2
    assert told["core-outside-redline"].measured == pytest.approx(
        legal_m2(shapes[[arable[100]]])[0], abs=0.02
    )


def test_planned_classes_are_held_against_a_table_that_is_given() -> None:
    shapes = ground(100, 4)
    planned = layer("planned-land-use", shapes, ydyhfldm=["0101"] * (len(shapes) - 1) + ["070101"])
    zones = layer("planning-zones", np.array([outline(shapes)]), ghfqdm=["300"])
    table = {"300": frozenset({"01", "02"})}
    admitting = Against(permitted={"400": frozenset()})
    assert found_in(subject(planned, zones, against=admitting), 8) == {}
    found = found_in(subject(planned, zones, against=Against(permitted=table)), 8)
    assert found["class-against-zone"].findings[0].keys == (planned.keys[-1], zones.keys[0])


def test_declared_areas() -> None:
    state = survey(ground(100, 4))
    value = float(state.columns["tbmj"][5])
    wrong = changed(state, "tbmj", 5, value + 0.02)
    found = found_in(subject(wrong), 9)
    assert found["area-differs"].total == 1
    assert found["area-differs"].findings[0].measured == pytest.approx(0.02, abs=0.006)
    assert found["net-area"].findings[0].keys == found["area-differs"].findings[0].keys == (state.keys[5],)
    deducted = changed(state, "kcmj", 6, float(state.columns["kcmj"][6]) + 1)
    assert set(found_in(subject(deducted), 9)) == {"net-area", "deducted-area"}
    assert found_in(subject(state), 9) == {}


def test_sums_close_at_every_level() -> None:
    shapes = ground(100, 4)
    half = len(shapes) // 2
    codes = ["370783001001"] * half + ["370783002001"] * (len(shapes) - half)
    state = survey(shapes, zldwdm=codes)
    units = {
        "370783": outline(shapes),
        "370783001": shapely.union_all(shapes[:half]),
        "370783002001": shapely.union_all(shapes[half:]),
    }
    given = Against(units_4490=units)
    assert found_in(subject(state, against=given), 9) == {}
    moved = changed(state, "zldwdm", 0, "370783002001")
    found = found_in(subject(moved, against=given), 9)["sum-differs"]
    area = legal_m2(shapes[[0]])[0]
    assert sorted(each.measured or 0 for each in found.findings) == pytest.approx([-area, area], abs=0.6)


def test_a_declared_table_is_held_against_the_formulas_of_the_indicators() -> None:
    """The definitions of the indicators, worked out of the delivery: 永久基本农田 (AQ-01), 耕地 (AQ-02) …"""
    shapes = ground(100, 4)
    farmland, parcels = layer("permanent-farmland", shapes), survey(shapes)
    true = Decimal(sum(legal_m2(shapes))) / Decimal("666.6667") / 10000
    net = zip(parcels.columns["tbdlmj"], parcels.columns["dlbm"], strict=True)
    tilled = sum((Decimal(repr(area)) for area, code in net if code == "0102"), Decimal(0))
    declared = {
        "AQ-01": round(true, 2), "AQ-02": round(tilled / Decimal("666.6667") / 10000, 2), "AQ-06": Decimal(1),
        "XX": Decimal(1),
    }  # fmt: skip
    found = found_in(subject(farmland, parcels, against=Against(declared=declared)), 10)
    assert set(found) == {"indicator-missing"}
    told = {each.zh for each in found["indicator-missing"].findings}
    assert len(told) == 2 and any("未提供数据 water_use_m3" in each for each in told), "never a false zero"
    off = Against(declared={"AQ-01": round(true, 2) + Decimal("0.02")}, tasks={"AQ-01": true + 1})
    found = found_in(subject(farmland, against=off), 10)
    assert found["indicator-differs"].findings[0].measured == pytest.approx(-0.02, abs=0.006)
    assert found["task-not-met"].findings[0].measured == pytest.approx(-1.0, abs=1e-6)


def test_overlaps_and_rests_of_formulas_are_those_of_another_program() -> None:
    """红线内建设用地 (AQ-04), 三线外建设用地 (AQ-15): whole parcels, so that sums of areas are the oracle."""
    shapes = ground(100, 4)
    count = len(shapes)
    codes = ["0601" if row % 2 else "0102" for row in range(count)]
    parcels = survey(shapes, dlbm=codes, czcsxm=[None] * count)
    redline = layer("ecological-redline", shapes[:10])
    boundary, farmland = layer("urban-boundary", shapes[10:20]), layer("permanent-farmland", shapes[20:30])
    areas = legal_m2(shapes)
    inside = sum(area for area, code in list(zip(areas, codes, strict=True))[:10] if code == "0601") / 1e6
    beyond = sum(area for area, code in list(zip(areas, codes, strict=True))[30:] if code == "0601") / 1e6
    found = recomputed(
        subject(parcels, redline, boundary, farmland).delivery, ["AQ-04", "AQ-15", "AQ-16"], EPSG
    )
    assert float(found["AQ-04"].value) == pytest.approx(inside, abs=1e-6)  # type: ignore[arg-type]
    assert float(found["AQ-15"].value) == pytest.approx(beyond, abs=1e-6)  # type: ignore[arg-type]
    assert isinstance(found["AQ-16"].value, NoData), "no layer of violations was handed in"


def test_what_a_zone_admits_ships_as_unverified() -> None:
    shapes = ground(100, 4)
    zones = layer("planning-zones", shapes, ghfqdm=["100"] * len(shapes))
    use = ["0301"] * len(shapes)
    use[5] = "100101"
    planned = layer("planned-land-use", shapes, ydyhfldm=use)
    found = found_in(subject(planned, zones), 8)["class-against-zone"]
    assert found.total == 1 and found.findings[0].keys[0] == planned.keys[5]
    assert "待核" in found.findings[0].zh and "unverified" in found.findings[0].en


def test_lines_of_the_upper_plan() -> None:
    shapes = ground()
    farmland, boundary = layer("permanent-farmland", shapes[:30]), layer("urban-boundary", shapes[40:50])
    upper = Delivery("上级", {each.id: each for each in (farmland, boundary)})
    assert found_in(subject(farmland, boundary, against=Against(upper=upper)), 11) == {}
    cut = layer("permanent-farmland", shapes[1:30])
    grown = layer("urban-boundary", shapes[40:51])
    found = found_in(subject(cut, grown, against=Against(upper=upper)), 11)
    assert found["upper-line-cut"].findings[0].measured == pytest.approx(legal_m2(shapes[[0]])[0], abs=0.02)
    told = found["upper-boundary-exceeded"].findings[0]
    assert told.keys == (grown.keys[10],)
    assert told.measured == pytest.approx(legal_m2(shapes[[50]])[0], abs=0.02)


def test_every_change_has_its_record() -> None:
    shapes = ground(100, 4)
    before = survey(shapes)
    after = changed(before, "dlbm", 4, "0103")
    after = moved(after, 6, lambda c: c + np.array([0, 3e-7]))
    keep = np.arange(1, len(shapes))
    after = LayerState(
        after.contract, after.declared, np.append(after.keys[keep], "N" * 18),
        {name: np.append(column[keep], column[9]) for name, column in after.columns.items()},
        np.append(after.shapes_4490[keep], shapes[0]),
    )  # fmt: skip
    truth = {before.keys[0]: "3", before.keys[4]: "2", before.keys[6]: "2", "N" * 18: "1"}
    records = [ChangeRecord("land-use-survey", key, kind) for key, kind in truth.items()]
    old = Delivery("A", {before.id: before})

    def found(given: list[ChangeRecord]) -> dict[str, Outcome]:
        return found_in(subject(after, against=Against(before=old, records=given)), 12)

    assert found(records) == {}
    assert found(records[1:])["change-unexplained"].findings[0].keys == (before.keys[0],)
    assert found([replace(records[0], kind="2"), *records[1:]])["change-of-other-kind"].total == 1
    idle = ChangeRecord("land-use-survey", str(before.keys[20]), "2", "WH-1")
    told = found([*records, idle, replace(idle, layer="urban-boundary")])
    assert set(told) == {"record-without-change"}


def test_a_thousandth_of_a_millimetre_is_no_change() -> None:
    before = survey(ground(100, 4))
    after = moved(before, 6, lambda c: c + np.array([0, 1e-11]))
    given = Against(before=Delivery("A", {before.id: before}), records=[])
    assert found_in(subject(after, against=given), 12) == {}


def test_a_layer_elsewhere_tells_what_was_not_looked_at() -> None:
    state = survey(ground(100, 4))
    told = review(subject(with_shapes(state, shapely.transform(state.shapes_4490, lambda c: c + 5))))
    not_run = {each.check for each in told.outcomes if each.layer == state.id and each.not_run is not None}
    assert {"overlap", "gap", "geometry-invalid", "area-differs"} <= not_run


def test_only_what_is_wanted_runs() -> None:
    given = subject(survey(ground(100, 4)))
    told = review(given, ["key-length"])
    assert {each.check for each in told.outcomes} == {"key-length"} and set(told.seconds) == {5}
    assert told.passed(given) and told.total(given, Severity.ERROR) == 0
    assert review_ground.CITY.code == "370783"
