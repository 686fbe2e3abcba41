"""Each rule of a contract finds the row that breaks it, and no other."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
import shapely
from contracts import PLOTS, WELLS
from deliveries import DAY, deliver, ewkb, point, stage
from shapely import MultiPolygon, Polygon

from spatial.catalogue import quality, store
from spatial.catalogue.city import read_city
from spatial.catalogue.contract import Contract, Quality
from spatial.catalogue.quality import Findings
from spatial.database import Connection
from spatial.history.model import Delivery

CITY = read_city("370783")


@pytest.fixture
def connection(scratch: Connection) -> Connection:
    return scratch


GOOD: dict[str, object] = {
    "code": "W0001",
    "name": "一号井",
    "kind": "1",
    "depth": 80.5,
    "pumps": 2,
    "in_use": True,
    "drilled": date(1998, 5, 1),
    "measured": datetime(2026, 1, 1, tzinfo=UTC),
    "owner": "张三",
    "geom": point(),
}
OTHER = {**GOOD, "code": "W0009", "name": "九号井"}
NAN, INF = float("nan"), float("inf")


def _check(
    connection: Connection,
    contract: Contract,
    rows: list[dict[str, object]],
    delivery: Delivery = Delivery.PARTIAL,
) -> Findings:
    staging = stage(connection, contract, rows)
    return quality.check(connection, contract, staging, CITY, DAY, delivery=delivery)


def test_a_delivery_that_keeps_the_contract(connection: Connection) -> None:
    store.publish(connection, WELLS)
    sparse = {"code": "W0002", "kind": "2", "geom": point(118.7, 36.8)}
    found = _check(connection, WELLS, [GOOD, sparse])
    assert (found.rows, found.counts, found.violations, found.total) == (2, (), (), 0)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"fid": None}, "key-missing"),
        ({"fid": ""}, "key-missing"),
        ({"fid": " W0001"}, "key-format"),
        ({"fid": "W\t1"}, "key-format"),
        ({"fid": "W" * 201}, "key-format"),
        ({"valid_from": DAY, "valid_to": DAY}, "interval-order"),
        ({"kind": None}, "required:kind"),
        ({"kind": ""}, "required:kind"),
        ({"kind": "3"}, "code:kind"),
        ({"code": "X1"}, "pattern:code"),
        ({"code": "W00012"}, "pattern:code"),
        ({"code": "W0001\n"}, "pattern:code"),
        ({"name": "九个字符太长的名称"}, "max-length:name"),
        ({"depth": -0.5}, "minimum:depth"),
        ({"depth": 500.01}, "maximum:depth"),
        ({"depth": NAN}, "finite:depth"),
        ({"depth": INF}, "finite:depth"),
        ({"pumps": -1}, "minimum:pumps"),
        ({"geom": None}, "geometry-missing"),
        ({"geom": ewkb(shapely.Point())}, "geometry-missing"),
        ({"geom": ewkb(shapely.LineString([(118.8, 36.9), (118.9, 36.9)]))}, "geometry-type"),
        ({"geom": ewkb(shapely.MultiPoint([(118.8, 36.9), (118.9, 36.9)]))}, "geometry-type"),
        ({"geom": ewkb(shapely.Point(118.8, 36.9), srid=4326)}, "geometry-frame"),
        ({"geom": point(NAN, 36.9)}, "geometry-coordinate"),
        ({"geom": point(118.8, INF)}, "geometry-coordinate"),
        ({"geom": point(392171.1, 4081212.9)}, "geometry-coordinate"),
        ({"geom": point(36.9, 118.8)}, "geometry-coordinate"),
        ({"geom": point(116.4, 39.9)}, "outside-city"),
    ],
)
def test_each_rule_finds_its_row(connection: Connection, change: dict[str, object], rule: str) -> None:
    store.publish(connection, WELLS)
    found = _check(connection, WELLS, [OTHER, {**GOOD, "fid": "W0001", **change}])
    counts = dict(found.counts)
    assert counts.pop(rule) == 1
    # A number past its limits may also be no number, a place off the globe also outside the city.
    assert set(counts) <= {"maximum:depth", "outside-city", "geometry-frame"}
    violation = next(violation for violation in found if violation.rule == rule)
    assert (violation.line, violation.fid) == (2, change.get("fid", "W0001"))
    shown = [violation.zh.rpartition(":")[2], violation.en.rpartition(": ")[2]]
    assert all(shown), "both sentences end with the value"


SQUARE = [(118.80, 36.90), (118.81, 36.90), (118.81, 36.91), (118.80, 36.91), (118.80, 36.90)]
BOW_TIE = [(118.80, 36.90), (118.82, 36.92), (118.82, 36.90), (118.80, 36.92), (118.80, 36.90)]


@pytest.mark.parametrize(
    ("shape", "rules"),
    [
        (Polygon(SQUARE), []),
        (MultiPolygon([Polygon(SQUARE)]), []),
        (Polygon(BOW_TIE), ["geometry-invalid"]),
        (Polygon([*SQUARE[:2], (NAN, NAN), *SQUARE[3:]]), ["geometry-coordinate"]),
        (shapely.LineString(SQUARE), ["geometry-type"]),
        (Polygon([(x - 10, y) for x, y in SQUARE]), ["outside-city"]),
        # The boxes meet, the shapes do not: a triangle across the corner of the city's box.
        (Polygon([(118.4, 36.70), (118.4, 36.9), (118.3, 36.5), (118.6, 36.5)]), ["outside-city"]),
        # Half inside is inside.
        (Polygon([(118.4, 36.9), (118.7, 36.9), (118.7, 37.0), (118.4, 37.0)]), []),
    ],
)
def test_polygons(connection: Connection, shape: shapely.Geometry, rules: list[str]) -> None:
    store.publish(connection, PLOTS)
    found = _check(connection, PLOTS, [{"code": "a", "geom": ewkb(shape)}])
    assert [rule for rule, _ in found.counts] == rules


def test_an_invalid_polygon_is_placed_where_it_crosses_itself(connection: Connection) -> None:
    store.publish(connection, PLOTS)
    (violation,) = _check(connection, PLOTS, [{"code": "a", "geom": ewkb(Polygon(BOW_TIE))}])
    assert violation.value == "Self-intersection"
    assert (violation.lon_deg, violation.lat_deg) == pytest.approx((118.81, 36.91))


def test_rules_can_be_switched_off(connection: Connection) -> None:
    lenient = Contract(
        **{name: getattr(PLOTS, name) for name in PLOTS.__dataclass_fields__}
        | {"quality": Quality(within_city=False, valid_geometry=False)}
    )
    store.publish(connection, lenient)
    far = [(x - 10, y) for x, y in BOW_TIE]
    assert not _check(connection, lenient, [{"code": "a", "geom": ewkb(Polygon(far))}])


def test_a_key_on_several_lines_names_them_all(connection: Connection) -> None:
    store.publish(connection, WELLS)
    rows = [GOOD, OTHER, {**GOOD, "kind": "2"}, {**GOOD, "name": "另一井"}]
    found = _check(connection, WELLS, rows)
    assert found.counts == (("duplicate-key", 1),)
    (violation,) = found
    assert (violation.line, violation.fid, violation.value) == (1, "W0001", "W0001")
    assert "1, 3, 4" in violation.zh


def test_combinations_must_be_unique_after_the_delivery(connection: Connection) -> None:
    store.publish(connection, WELLS)
    deliver(connection, WELLS, [GOOD])
    twin = {**GOOD, "code": "W0002"}

    held = _check(connection, WELLS, [twin])
    assert held.counts == (("unique:name+kind", 1),)
    assert held.violations[0].line == 1
    assert "一号井 / 1" in held.violations[0].zh

    assert not _check(connection, WELLS, [twin], Delivery.FULL)  # the other one is retired by it
    assert not _check(connection, WELLS, [GOOD])  # itself again
    assert not _check(connection, WELLS, [twin, {**GOOD, "name": "改名"}])
    assert not _check(connection, WELLS, [twin, {"code": "W0001", "remove": True}])
    assert not _check(connection, WELLS, [{**twin, "name": None}, {**twin, "code": "W0003", "name": None}])
    assert dict(_check(connection, WELLS, [twin, {**twin, "code": "W0003"}], Delivery.FULL).counts) == {
        "unique:name+kind": 1
    }


def test_removals_are_held_to_their_key_only(connection: Connection) -> None:
    store.publish(connection, WELLS)
    assert not _check(connection, WELLS, [{"code": None, "fid": "W0001", "remove": True}])
    assert dict(_check(connection, WELLS, [{"fid": None, "remove": True}]).counts) == {"key-missing": 1}


def test_lists_are_capped_and_counts_are_not(connection: Connection) -> None:
    store.publish(connection, WELLS)
    rows = [{**GOOD, "code": f"W{n:04}", "name": f"{n}号", "kind": "7"} for n in range(30)]
    staging = stage(connection, WELLS, rows)
    found = quality.check(connection, WELLS, staging, CITY, DAY, listed_per_rule=5)
    assert found.counts == (("code:kind", 30),)
    assert [violation.line for violation in found] == [1, 2, 3, 4, 5]
    assert found.total == 30


def test_measures_are_kept_with_the_changeset(connection: Connection) -> None:
    store.publish(connection, WELLS)
    rows = [GOOD, {"code": "W0002", "kind": "2", "depth": 600.0, "geom": point()}]
    found = _check(connection, WELLS, rows)
    by_name = {measure.measure: measure for measure in found.measures}
    assert (by_name["maximum:depth"].value, by_name["maximum:depth"].sample_size) == (0.5, 2)
    assert by_name["empty:name"].value == 0.5
    assert by_name["empty:name"].element == "completeness / omission"
    changeset = deliver(connection, WELLS, [GOOD])
    quality.keep(connection, changeset.id, found)
    assert set(quality.measures(connection, changeset.id)) == set(found.measures)


def test_patterns_mean_the_same_in_python_and_postgresql(connection: Connection) -> None:
    samples = ["370783", "37078", "３７０７８３", "AB-1.5", "AB-", "鲁A", "", "a\n", "a{{", "{"]
    for pattern in (
        r"\d{6}",
        r"[A-Z]{2}-\d+(?:\.\d+)?",
        "鲁[A-Z{]",
        r"[^\d]+",
        r"\{{1,2}",
        "a|ab",
        r"\w+",
        "[\\w鲁]+",
    ):
        rows = connection.execute(
            'select t, t ~ %s collate "C" from unnest(%s::text[]) t', (f"^(?:{pattern})$", samples)
        ).fetchall()
        for text, matches in rows:
            assert matches == bool(re.fullmatch(pattern, text, re.ASCII)), (pattern, text)
