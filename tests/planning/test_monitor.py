"""Monitoring: what changed alone is measured, to the same value; alerts and what may be done with them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import psycopg
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from indicator_ground import SQUARE, START, deliver, parcels, prepare, zone
from shapely.geometry import box

from planning.errors import AlertStep, BadDefinition, UnknownAlert
from planning.indicators import formula
from planning.indicators.measuring import Reading
from planning.indicators.overlay import Plane
from planning.indicators.states import Region, region_of, whole_city
from planning.monitoring import limits, monitor, store
from planning.monitoring.alerts import STEPS, State
from planning.monitoring.monitor import Outcome, watch
from spatial.database import Connection, connect

PLANE = Plane.of(4549)
LAYERS = ("land-use-survey", "ecological-redline", "land-approvals", "urban-boundary")
AT = START + timedelta(days=30)
BUILT = limits.read(
    {
        "limits": [
            {
                "code": "BUILT",
                "zh": "建设用地",
                "en": "built",
                "unit": "m²",
                "formula": "area(land-use-survey where dlbm = '0601')",
                "side": "at-most",
                "steps": {"blue": 0.8, "yellow": 0.9, "orange": 0.95, "red": 1},
                "verified": False,
            },
            {
                "code": "MIXED",
                "zh": "综合",
                "en": "mixed",
                "unit": "m²",
                "formula": "covered(land-approvals) + count(land-use-survey where dlbm LIKE '01%')"
                " + sum(land-use-survey.tbdlmj where dlbm = '0301')"
                " + overlap(land-use-survey where dlbm = '0601', ecological-redline)"
                " - outside(land-approvals, urban-boundary, ecological-redline)",
                "side": "at-most",
                "steps": {"red": 1},
                "verified": False,
            },
        ]
    },
    {},
)
ALL = tuple(BUILT.values())


@pytest.fixture(scope="module")
def city(shared_database: str) -> None:
    """Parcels, red lines and approvals that overlap among themselves, a boundary."""
    with connect(shared_database) as connection:
        prepare(connection, LAYERS)
        deliver(connection, "land-use-survey", parcels())
        for layer in LAYERS[1:]:
            deliver(connection, layer, [zone(layer, number, boxed(number, 5)) for number in range(4)])


@pytest.fixture
def ground(city: None, scratch: Connection) -> Connection:
    """A connection to the city; what a test writes is rolled back."""
    return scratch


def boxed(place: int, size: int) -> Any:
    """One of many boxes over the square, which overlap each other."""
    west = 118.75 + (place * 0.0031) % 0.016
    south = 36.85 + (place * 0.0047) % 0.012
    return box(west, south, west + size * 0.001, south + size * 0.0007)


def now(connection: Connection) -> datetime:
    row = connection.execute("select clock_timestamp()").fetchone()
    assert row is not None
    found: datetime = row[0]
    return found


def watched(connection: Connection, region: Region, at: datetime = AT) -> dict[str, Outcome]:
    return {each.code: each for each in watch(connection, ALL, region, PLANE, at, now(connection))}


def measured(connection: Connection, region: Region, at: datetime = AT) -> dict[str, Decimal]:
    """The oracle: everything measured, nothing remembered."""
    reading = Reading(connection, at, now(connection), region, PLANE)
    values = {each.code: formula.evaluate(each.tree, reading.value, {}) for each in ALL}
    assert all(isinstance(value, Decimal) for value in values.values()), values
    return values  # type: ignore[return-value]


PARCELS = parcels()
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(LAYERS),
        st.lists(st.tuples(st.integers(0, 7), st.integers(1, 8), st.booleans()), min_size=1, max_size=3),
        st.integers(-5, 40),
    ),
    min_size=1,
    max_size=4,
)


def change(connection: Connection, layer: str, parts: list[tuple[int, int, bool]], day: int) -> None:
    """Parcels get another class; boxes come, move or go; from a day before or after the watched one."""
    rows, gone = [], []
    for place, size, away in {place: (place, size, away) for place, size, away in parts}.values():
        if layer == "land-use-survey":
            classes = ("0601", "0102", "0301")
            rows.append(PARCELS[place * 3] | {"dlbm": classes[size % 3], "tbdlmj": 10.25 * size})
        elif (
            away
            and connection.execute(
                f"select from layer.{layer.replace('-', '_')} where fid = %s", (f"{place:018d}",)
            ).fetchone()
        ):
            gone.append(f"{place:018d}")
        else:
            rows.append(zone(layer, place, boxed(place + size, size)))
    deliver(connection, layer, rows, remove=gone, valid_from=START + timedelta(days=day))


@given(CHANGES, st.booleans())
@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_what_is_watched_is_what_measuring_all_gives(
    ground: Connection, changes: list[Any], part: bool
) -> None:
    half = shapely.segmentize(box(118.7, 36.8, 118.7612, 36.9), 0.001)
    region = region_of("polygon", "西半", half, PLANE) if part else whole_city()
    with ground.transaction(force_rollback=True):
        first = watched(ground, region)
        assert not any(each.incremental for each in first.values())
        for number, (layer, parts, day) in enumerate(changes):
            change(ground, layer, parts, day)
            at = AT + timedelta(days=number % 2)  # the clock goes on, and back
            found = watched(ground, region, at)
            expected = measured(ground, region, at)
            for code, outcome in found.items():
                assert outcome.incremental
                assert outcome.value == expected[code], code
                assert outcome.touched < len(PARCELS)


def test_what_is_unmoved_is_not_measured(ground: Connection) -> None:
    region = whole_city()

    def moved(at: datetime = AT) -> set[str]:
        return {code for code, each in watched(ground, region, at).items() if each.moved}

    count = "select count(*) from planning.monitoring"
    assert moved() == {"BUILT", "MIXED"}
    kept = ground.execute(count).fetchone()
    assert moved() == moved(AT + timedelta(hours=1)) == set()
    assert ground.execute(count).fetchone() == kept
    change(ground, "ecological-redline", [(1, 3, False)], 0)
    assert moved() == {"MIXED"}
    rows = ground.execute(
        "select heads->'ecological-redline'->>'chain_hash' from planning.monitoring"
        " where code = 'MIXED' order by id desc limit 1"
    ).fetchone()
    head = ground.execute(
        "select encode(chain_hash, 'hex') from spatial.changeset"
        " where layer = 'ecological-redline' order by id desc limit 1"
    ).fetchone()
    assert rows == head


def test_only_what_changed_is_touched(ground: Connection) -> None:
    region = whole_city()
    watched(ground, region)
    change(ground, "land-use-survey", [(2, 3, False), (3, 4, False)], 0)
    assert watched(ground, region)["BUILT"].touched == 2


def test_where_too_much_is_touched_all_is_measured(
    ground: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    region = whole_city()
    watched(ground, region)
    change(ground, "land-use-survey", [(0, 2, False), (1, 2, False), (2, 3, False)], 0)
    monkeypatch.setattr(monitor, "TOUCHED_MAX", 2)
    found = watched(ground, region)
    assert not found["BUILT"].incremental and found["BUILT"].touched == 0
    assert {code: each.value for code, each in found.items()} == measured(ground, region)


def test_what_begins_and_ends_with_time_is_seen(ground: Connection) -> None:
    region = whole_city()
    change(ground, "land-use-survey", [(4, 2, False), (5, 3, False)], 31)
    before = watched(ground, region)
    assert before["MIXED"].value == measured(ground, region)["MIXED"]
    later = AT + timedelta(days=2)
    after = watched(ground, region, later)
    assert after["MIXED"].incremental and after["MIXED"].touched
    assert after["MIXED"].value == measured(ground, region, later)["MIXED"] != before["MIXED"].value


def built_more(connection: Connection, count: int, day: int) -> None:
    rows = [row | {"dlbm": "0601"} for row in PARCELS[:count]]
    deliver(connection, "land-use-survey", rows, valid_from=START + timedelta(days=day))


def test_alerts_rise_with_the_value_and_fall_silent_when_open(ground: Connection) -> None:
    region = whole_city()
    value = watched(ground, region)["BUILT"].value
    assert value is not None
    store.set_limit(
        ground, "BUILT", region.id, value / Decimal("0.85"), "合成文件 1 号", date(2025, 1, 1), "li"
    )
    built_more(ground, 1, 1)
    first = watched(ground, region)["BUILT"]
    assert first.level in ("blue", "yellow") and first.alert is not None
    again = watched(ground, region, AT + timedelta(days=1))["BUILT"]
    assert again.level == first.level and again.alert is None
    built_more(ground, 20, 2)
    worse = watched(ground, region, AT + timedelta(days=2))["BUILT"]
    assert worse.level == "red" and worse.alert is not None
    alert = store.alert(ground, worse.alert)
    assert alert.follows == first.alert and alert.value == worse.value
    assert alert.state is State.RAISED and alert.document == "合成文件 1 号"
    assert store.alert(ground, first.alert).state is State.CLOSED
    row = ground.execute(
        "select ST_NumGeometries(changed) from planning.alert where id = %s", (alert.id,)
    ).fetchone()
    assert row == (sum(each["dlbm"] != "0601" for each in PARCELS[1:20]),)  # what was built since


def test_a_limit_that_is_set_later_is_held_against_what_is_known(ground: Connection) -> None:
    region = whole_city()
    first = watched(ground, region)["BUILT"]
    store.set_limit(ground, "BUILT", region.id, Decimal(1), "合成文件", date(2025, 1, 1), "li")
    found = watched(ground, region)["BUILT"]
    assert not found.moved and found.monitoring == first.monitoring and found.alert is not None


def test_without_a_limit_there_is_no_alert(ground: Connection) -> None:
    region = whole_city()
    store.set_limit(ground, "BUILT", region.id, Decimal(1), "合成文件", date(2099, 1, 1), "li")
    found = watched(ground, region)
    assert found["BUILT"].level is None and found["BUILT"].alert is None


def test_an_alert_goes_its_way_and_no_other(ground: Connection) -> None:
    region = whole_city()
    store.set_limit(ground, "BUILT", region.id, Decimal(1), "合成文件", date(2025, 1, 1), "li")
    number = watched(ground, region)["BUILT"].alert
    assert number is not None

    def step(action: str, note: str = "已核实") -> State:
        return store.receipt(ground, number, action, "wang", "自然资源和规划局", note).state

    for wrong in ("handled", "closed", "raised"):
        with pytest.raises(AlertStep):
            step(wrong)
    assert step("noted") is State.RAISED
    assert step("acknowledged", "") is State.ACKNOWLEDGED
    with pytest.raises(AlertStep):
        step("handled", " ")
    assert step("handled") is State.HANDLED
    assert step("acknowledged", "退回重办") is State.ACKNOWLEDGED
    assert step("handled") is State.HANDLED and step("closed") is State.CLOSED
    with pytest.raises(AlertStep):
        step("acknowledged")
    receipts = store.alert(ground, number).receipts
    assert [each.action for each in receipts] == [
        *("raised", "noted", "acknowledged", "handled", "acknowledged", "handled", "closed")
    ]
    assert receipts[1].subject == "wang" and receipts[1].note == "已核实"
    with pytest.raises(psycopg.errors.InsufficientPrivilege), ground.transaction():
        ground.execute("delete from planning.alert_receipt")
    with pytest.raises(UnknownAlert):
        store.alert(ground, number + 1)


def test_no_step_leads_out_of_what_is_closed() -> None:
    assert STEPS[State.CLOSED] == () and set(STEPS) == set(State)


def test_shipped_limits_read_and_set_no_figures() -> None:
    shipped = limits.shipped()
    assert {each.side for each in shipped.values()} == {"at-most", "at-least"}
    assert not any(each.verified for each in shipped.values())
    kept = shipped["GDBYL"]
    graded = [kept.level(Decimal(value), Decimal(100)) for value in ("103", "102", "101", "100", "99.9")]
    assert graded == [None, "blue", "yellow", "orange", "red"]


@pytest.mark.parametrize(
    "changes",
    [
        {"side": "up"},
        {"steps": {"blue": 1, "red": 0.9}},
        {"steps": {"pink": 1}},
        {"formula": "given(population)"},
    ],
)
def test_contradictory_limits_are_refused(changes: dict[str, Any]) -> None:
    entry = {
        "code": "X",
        "zh": "甲",
        "en": "x",
        "unit": "m²",
        "formula": "area(urban-boundary)",
        "side": "at-most",
        "steps": {"red": 1},
        "verified": False,
    }
    with pytest.raises(BadDefinition):
        limits.read({"limits": [entry | changes]}, {})


def test_the_square_is_what_the_parcels_are() -> None:
    shapes = np.array([row["geom"] for row in PARCELS], dtype=object)
    assert shapely.union_all(shapes).symmetric_difference(SQUARE).area < 1e-12
