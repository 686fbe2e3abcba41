"""Indicators: the language, the values against an independent oracle, digests, the declared table."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from indicator_ground import SQUARE, START, deliver, parcel, parcels, prepare, zone
from pyproj import Geod
from shapely.geometry import LineString, box

from planning.errors import BadDefinition, BadFormula, UnknownIndicator, UnknownRegion
from planning.indicators import definition, formula
from planning.indicators.declared import Declared, Verdict, compare
from planning.indicators.evaluate import Figure, Value, evaluate, keep
from planning.indicators.formula import NoData, Source
from planning.indicators.measuring import Reading
from planning.indicators.overlay import Plane, total
from planning.indicators.regions import resolve
from planning.indicators.states import WHOLE, whole_city
from planning.indicators.store import unlike
from spatial.database import Connection, connect
from spatial.errors import BadFilter, InvalidInput

PLANE = Plane.of(4549)
GEOD = Geod(ellps="GRS80")
AT = datetime.fromisoformat("2025-06-01T00:00:00+08:00")
LAYERS = ("land-use-survey", "permanent-farmland", "ecological-redline", "urban-boundary", "towns", "roads")
WEST = shapely.segmentize(box(118.75, 36.85, 118.761, 36.866), 0.0001)
"""Of two towns; finely broken as parcels are, so that its edges are the same in degrees and in the plane."""
REDLINES = tuple(
    shapely.segmentize(shape, 0.0001)
    for shape in (box(118.752, 36.852, 118.757, 36.856), box(118.755, 36.853, 118.7633, 36.858))
)
"""Two that overlap."""


def geodesic_m2(shape: shapely.Geometry) -> float:
    """The oracle: the area of shapes in degrees by Karney's formula, edges cut finely."""
    dense = shapely.segmentize(shape, 0.0005)
    return (
        abs(float(GEOD.geometry_area_perimeter(shapely.geometry.polygon.orient(dense))[0]))
        if (dense.geom_type == "Polygon")
        else sum(geodesic_m2(each) for each in getattr(dense, "geoms", ()) if each.geom_type == "Polygon")
    )


@pytest.fixture(scope="module")
def city(shared_database: str) -> None:
    """Parcels, two red lines that overlap, an urban boundary, towns, roads; for all tests here."""
    with connect(shared_database) as connection:
        _write(connection)


@pytest.fixture
def ground(city: None, scratch: Connection) -> Connection:
    """A connection to the city; what a test writes is rolled back."""
    return scratch


def _write(scratch: Connection) -> None:
    prepare(scratch, LAYERS)
    deliver(scratch, "land-use-survey", parcels())
    deliver(
        scratch,
        "ecological-redline",
        [zone("ecological-redline", number, shape) for number, shape in enumerate(REDLINES)],
    )
    deliver(scratch, "urban-boundary", [zone("urban-boundary", 1, box(118.762, 36.851, 118.769, 36.86))])
    deliver(
        scratch,
        "towns",
        [
            {"code": "370783101", "name": "西镇", "kind": "镇", "geom": WEST},
            {
                "code": "370783102",
                "name": "东镇",
                "kind": "镇",
                "geom": shapely.segmentize(SQUARE, 0.0001).difference(WEST),
            },
        ],
    )
    line = LineString([(118.751, 36.8555), (118.769, 36.8565)])
    deliver(scratch, "roads", [{"road_id": "R1", "name": "路", "grade": "1", "geom": line}])


def reading(
    connection: Connection, region: object = None, asof: datetime | None = None, at: datetime = AT
) -> Reading:
    asof = asof or now(connection)
    return Reading(connection, at, asof, resolve(connection, region, at, asof, PLANE), PLANE)  # type: ignore[arg-type]


def now(connection: Connection) -> datetime:
    row = connection.execute("select clock_timestamp()").fetchone()
    assert row is not None
    found: datetime = row[0]
    return found


def value_of(connection: Connection, text: str, region: object = None) -> float:
    found = formula.evaluate(formula.parse(text), reading(connection, region).value, {})
    assert isinstance(found, Decimal), found
    return float(found)


# The language.


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("8 / 2 / 2", 2),
        ("2 - 3 - 4", -5),
        ("-2 * 3", -6),
        ("0.1 * 3", "0.3"),
    ],
)
def test_arithmetic(text: str, value: object) -> None:
    assert formula.evaluate(formula.parse(text), lambda _: Decimal(0), {}) == Decimal(str(value))


@pytest.mark.parametrize(
    "text",
    [
        "area(a",
        "area()",
        "sum(a)",
        "area(a.b)",
        "overlap(a)",
        "area(a, b)",
        "drop(a)",
        "1 +",
        "area(a) b",
        "area(a where )",
        "(" * 40 + "1" + ")" * 40,
        "area(a; select 1)",
        "1 / given()",
    ],
)
def test_what_is_no_formula_is_refused(text: str) -> None:
    with pytest.raises(BadFormula):
        formula.parse(text)


def test_filters_keep_their_commas_and_quotes() -> None:
    node = formula.parse("overlap(a where x IN ('1','2,)') AND (y = 1), b where z = 'it''s', c)")
    assert isinstance(node, formula.Measure)
    assert [each.where for each in node.sources] == ["x IN ('1','2,)') AND (y = 1)", "z = 'it''s'", None]
    assert formula.layers(node) == ("a", "b", "c")


def test_nothing_missing_is_ever_zero() -> None:
    found = formula.evaluate(formula.parse("given(a) * 0"), lambda _: Decimal(0), {})
    assert isinstance(found, NoData)
    divided = formula.evaluate(formula.parse("1 / (2 - 2)"), lambda _: Decimal(0), {})
    assert isinstance(divided, NoData)


@given(st.lists(st.floats(0, 2e9), max_size=30), st.randoms())
@settings(max_examples=50, deadline=None)
def test_sums_are_exact_in_any_order(values: list[float], chance: Any) -> None:
    shuffled = list(values)
    chance.shuffle(shuffled)
    expected = sum((Decimal(round(each * 1e6)) for each in values), Decimal(0)).scaleb(-6)
    assert total(np.array(values)) == total(np.array(shuffled)) == expected


# The definitions.


def test_every_shipped_definition_reads_and_says_whether_it_is_verified() -> None:
    shipped = definition.shipped()
    assert len(shipped) > 50
    for each in shipped.values():
        assert each.tree is not None
        assert not each.verified and each.thresholds == ()
    assert shipped["AQ-15"].layers == (
        "land-use-survey",
        "urban-boundary",
        "permanent-farmland",
        "ecological-redline",
    )
    with pytest.raises(UnknownIndicator):
        definition.chosen(shipped, ["AQ-99"])


def entry(**changes: object) -> dict[str, Any]:
    return {
        "code": "X",
        "edition": "1",
        "zh": "甲",
        "en": "x",
        "unit": "m²",
        "formula": "1",
        "direction": "less",
        "standard": "s",
        "clause": "c",
        "verified": True,
        **changes,
    }


def test_thresholds_grade_by_direction() -> None:
    steps = {"blue": 80, "yellow": 90, "orange": 95, "red": 100}
    less = definition.read({"indicators": [entry(thresholds=steps)]})["X"]
    assert [less.level(Decimal(v)) for v in (79, 80, 92, 95, 120)] == [
        None,
        "blue",
        "yellow",
        "orange",
        "red",
    ]
    more = definition.read({"indicators": [entry(direction="more", thresholds={"blue": 110, "red": 100})]})[
        "X"
    ]
    assert [more.level(Decimal(v)) for v in (111, 110, 101, 100)] == [None, "blue", "blue", "red"]


@pytest.mark.parametrize(
    "changes",
    [
        {"direction": "up"},
        {"thresholds": {"pink": 1}},
        {"direction": "within", "thresholds": {"red": 1}},
        {"formula": "area(a where {nothing})"},
    ],
)
def test_contradictory_definitions_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(BadDefinition):
        definition.read({"indicators": [entry(**changes)]})


def test_values_are_rounded_half_up() -> None:
    one = definition.read({"indicators": [entry()]})["X"]
    assert one.rounded(Decimal("2.675")) == Decimal("2.68") and one.rounded(Decimal("0.125")) == Decimal(
        "0.13"
    )


# Values against the oracle.


def test_areas_are_legal_areas(ground: Connection) -> None:
    rows = parcels()
    expected = sum(geodesic_m2(row["geom"]) for row in rows if row["dlbm"] == "0601")
    assert expected > 0
    assert value_of(ground, "area(land-use-survey where dlbm = '0601')") == pytest.approx(expected, abs=0.05)
    # All parcels together are the square, whose edges the parcels break: no more than rounding.
    assert value_of(ground, "area(land-use-survey)") == pytest.approx(geodesic_m2(SQUARE), abs=5)


def test_sums_and_counts(ground: Connection) -> None:
    rows = [row for row in parcels() if row["dlbm"].startswith("01")]
    assert value_of(ground, "count(land-use-survey where dlbm LIKE '01%')") == len(rows)
    assert value_of(ground, "sum(land-use-survey.tbdlmj where dlbm LIKE '01%')") == sum(
        r["tbdlmj"] for r in rows
    )


def test_what_two_cover_counts_once(ground: Connection) -> None:
    both = shapely.union_all(REDLINES)
    assert value_of(ground, "covered(ecological-redline)") == pytest.approx(geodesic_m2(both), abs=0.05)
    summed = sum(map(geodesic_m2, REDLINES))
    assert value_of(ground, "area(ecological-redline)") == pytest.approx(summed, abs=0.05)
    inside = sum(geodesic_m2(r["geom"].intersection(both)) for r in parcels() if r["dlbm"] == "0702")
    found = value_of(ground, "overlap(land-use-survey where dlbm = '0702', ecological-redline)")
    assert inside > 0 and found == pytest.approx(inside, abs=0.05)


def test_inside_and_outside_are_the_whole(ground: Connection) -> None:
    inside = value_of(ground, "overlap(land-use-survey, ecological-redline, urban-boundary)")
    outside = value_of(ground, "outside(land-use-survey, ecological-redline, urban-boundary)")
    assert inside > 0
    assert inside + outside == pytest.approx(value_of(ground, "area(land-use-survey)"), abs=1e-3)
    either = value_of(ground, "overlap(ecological-redline, land-use-survey)")
    assert either == pytest.approx(value_of(ground, "covered(ecological-redline)"), abs=0.01)


def test_towns_add_up_to_the_whole(ground: Connection) -> None:
    for text in (
        "area(land-use-survey where dlbm = '0701')",
        "overlap(land-use-survey, ecological-redline)",
        "sum(land-use-survey.tbdlmj)",
        "count(land-use-survey)",
        "length(roads)",
    ):
        parts = [value_of(ground, text, town) for town in ("370783101", "370783102")]
        assert all(parts), text
        assert sum(parts) == pytest.approx(value_of(ground, text), abs=0.01), text
    drawn = {"type": "Polygon", "coordinates": [[*shapely.get_coordinates(WEST).tolist()]]}
    asked = "area(land-use-survey)"
    assert value_of(ground, asked, drawn) == pytest.approx(value_of(ground, asked, "370783101"), abs=1e-5)


def test_lengths_are_geodesic_and_cut(ground: Connection) -> None:
    line = LineString([(118.751, 36.8555), (118.769, 36.8565)])
    assert value_of(ground, "length(roads)") == pytest.approx(GEOD.geometry_length(line), abs=1e-5)
    cut = line.intersection(box(118.762, 36.851, 118.769, 36.86))
    found = value_of(ground, "length(roads, urban-boundary)")
    assert found == pytest.approx(GEOD.geometry_length(cut), abs=0.2)


def test_regions_that_are_none(ground: Connection) -> None:
    for code in ("370783199", "37"):
        with pytest.raises(UnknownRegion):
            reading(ground, code)
    for wrong in ({"type": "Point", "coordinates": [1, 2]}, {"type": "Polygon", "coordinates": "x"}):
        with pytest.raises(InvalidInput):
            reading(ground, wrong)
    crossing = {
        "type": "Polygon",
        "coordinates": [[[118.7, 36.8], [118.8, 36.9], [118.8, 36.8], [118.7, 36.9], [118.7, 36.8]]],
    }
    with pytest.raises(InvalidInput):
        reading(ground, crossing)


def test_filters_reach_only_what_may_be_seen(ground: Connection) -> None:
    region = whole_city()
    blind = Reading(ground, AT, now(ground), region, PLANE, fields={"land-use-survey": ("bsm",)})
    with pytest.raises(BadFilter):
        blind.value(formula.parse("area(land-use-survey where dlbm = '0601')"))  # type: ignore[arg-type]
    with pytest.raises(BadFormula):
        blind.value(formula.parse("sum(land-use-survey.tbdlmj)"))  # type: ignore[arg-type]


# What is missing.


def test_what_is_not_there_is_no_data(ground: Connection) -> None:
    values = evaluate(reading(ground), tuple(definition.shipped().values()))
    by_code = {each.definition.code: each for each in values}
    for code in ("AQ-01", "AQ-05", "AQ-06", "AQ-16", "XT-04", "GX-04"):
        assert by_code[code].value is None and by_code[code].lacking is not None, code
    assert "permanent-farmland" in by_code["AQ-01"].lacking.en  # type: ignore[union-attr]
    assert by_code["AQ-03"].value is not None and by_code["AQ-03"].value > 0
    before = reading(ground, at=START - timedelta(days=1))
    [lost] = evaluate(before, [definition.shipped()["AQ-02"]])
    assert lost.value is None
    gone = [row | {"tbdlmj": None} for row in parcels()[:1]]
    deliver(ground, "land-use-survey", gone, valid_from=START + timedelta(days=1))
    found = reading(ground).value(formula.parse("sum(land-use-survey.tbdlmj)"))  # type: ignore[arg-type]
    assert isinstance(found, NoData)


def test_no_event_is_none_where_the_definition_says_so(ground: Connection) -> None:
    prepare(ground, ["land-violations"])
    case = zone("land-violations", 1, box(118.752, 36.852, 118.753, 36.853))
    deliver(ground, "land-violations", [case], valid_from=AT + timedelta(days=1))
    now_ = reading(ground)
    assert isinstance(now_.value(formula.parse("count(land-violations)")), NoData)  # type: ignore[arg-type]
    [found] = evaluate(now_, [definition.shipped()["AQ-16"]])
    assert found.value == 0
    [later] = evaluate(reading(ground, at=AT + timedelta(days=2)), [definition.shipped()["AQ-16"]])
    assert later.value == 1


# Digests.


def test_a_value_is_found_again_from_what_it_rests_on(ground: Connection) -> None:
    codes = ["AQ-03", "AQ-04", "CG-01", "XT-04"]
    chosen = definition.chosen(definition.shipped(), codes)
    figures = {"urban_population": Figure(Decimal(1234), "统计公报(合成数据)")}
    first = evaluate(reading(ground), chosen, figures)
    asof = first[0].asof
    moved = [row | {"dlbm": "0601", "czcsxm": "201"} for row in parcels()[:9]]
    deliver(ground, "land-use-survey", moved, valid_from=START + timedelta(days=3))
    deliver(ground, "ecological-redline", [], remove=[f"{1:018d}"], valid_from=START + timedelta(days=3))
    again = evaluate(reading(ground, asof=asof), chosen, figures)
    newer = evaluate(reading(ground), chosen, figures)
    for old, same, new in zip(first, again, newer, strict=True):
        assert old.value == same.value and old.inputs_sha256 == same.inputs_sha256
        assert new.value != old.value and new.inputs_sha256 != old.inputs_sha256
    layers = first[1].inputs["layers"]
    assert isinstance(layers, list)
    rows = ground.execute("select id, encode(chain_hash, 'hex') from spatial.changeset").fetchall()
    assert all((each["changeset"], each["chain_hash"]) in rows for each in layers)
    assert first[3].inputs["given"] == {"urban_population": {"value": "1234", "source": "统计公报(合成数据)"}}


def test_kept_areas_are_measured_once_and_never_changed(ground: Connection) -> None:
    value_of(ground, "area(land-use-survey)")
    count = "select count(*) from spatial.content_area"
    before = ground.execute(count).fetchone()
    assert before == (len(parcels()),)
    moved = [parcel(0, parcels()[0]["geom"], "0601")]
    deliver(ground, "land-use-survey", moved, valid_from=START + timedelta(days=3))
    value_of(ground, "area(land-use-survey)")
    assert ground.execute(count).fetchone() == (before[0] + (moved[0]["dlbm"] != parcels()[0]["dlbm"]),)
    with pytest.raises(Exception, match="append-only"), ground.transaction():
        ground.execute("update spatial.content_area set area_m2 = 1")
    rows = reading(ground).rows(Source("land-use-survey"))
    assert unlike(ground, rows, PLANE) == []
    ground.execute("alter table spatial.content_area disable trigger all")
    ground.execute(
        "update spatial.content_area set area_m2 = area_m2 + 0.01 where content_sha256 ="
        " (select content_sha256 from history.land_use_survey_believed where fid = %s)",
        (parcels()[5]["bsm"],),
    )
    assert len(unlike(ground, rows, PLANE)) == 1


def test_values_are_kept_with_their_digests(ground: Connection) -> None:
    values = evaluate(
        reading(ground, "370783101"), definition.chosen(definition.shipped(), ["AQ-03", "AQ-06"])
    )
    keep(ground, values)
    rows = ground.execute(
        "select code, region, value, reason_zh is null, inputs_sha256 from planning.indicator_value"
        " order by id"
    ).fetchall()
    assert [(code, region, known) for code, region, _, known, _ in rows] == [
        ("AQ-03", "towns/370783101", True),
        ("AQ-06", "towns/370783101", False),
    ]
    assert rows[0][2] == values[0].value and rows[0][4] == values[0].inputs_sha256


# The declared table.


def judged(values: tuple[Value, ...], *table: Declared) -> list[Verdict]:
    return [each.verdict for each in compare(values, table)]


def test_the_declared_table_is_held_against_the_layers(ground: Connection) -> None:
    values = evaluate(reading(ground), definition.chosen(definition.shipped(), ["AQ-03", "AQ-01"]))
    right = values[0].rounded
    assert right is not None
    near = right + Decimal("0.01")
    assert judged(
        values,
        Declared("AQ-03", right),
        Declared("AQ-03", near),
        Declared("AQ-03", right, "亩"),
        Declared("AQ-01", Decimal(5)),
        Declared("GX-01", Decimal(5)),
    ) == [Verdict.AGREES, Verdict.DIFFERS, Verdict.UNDECIDED, Verdict.UNDECIDED, Verdict.UNDECIDED]
    [found] = compare(values, [Declared("AQ-03", near)])
    assert found.difference is not None and values[0].value is not None
    assert float(found.difference) == pytest.approx(float(values[0].value - near), abs=1e-6)


def test_the_whole_city_is_the_default(ground: Connection) -> None:
    assert reading(ground).region.id == WHOLE == reading(ground, "city").region.id
