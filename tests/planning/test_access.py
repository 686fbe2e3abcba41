"""Coverage within minutes: over a small ground against shapes made by hand, and over the sample city."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
import shapely
from indicator_ground import deliver, parcels, prepare
from pyproj import Transformer
from serving import database_of
from shapely.geometry import LineString, Point

from planning.errors import BadFormula
from planning.indicators import formula
from planning.indicators.definition import shipped
from planning.indicators.formula import NoData
from planning.indicators.measuring import Reading
from planning.indicators.overlay import Plane
from planning.indicators.states import whole_city
from planning.monitoring.monitor import touched_by
from spatial.analysis.errors import UnknownMode
from spatial.database import Connection, connect
from spatial.datum import frame, legal_areas_m2

PLANE = Plane.of(4549)
AT = datetime.fromisoformat("2025-06-01T00:00:00+08:00")
TO_PLANE = Transformer.from_crs("EPSG:4490", "EPSG:4549", always_xy=True)
STREET = LineString([(118.7505, 36.858), (118.7695, 36.858)])
STATION = Point(118.7520, 36.858)
HOMES = "land-use-survey where dlbm = '0701'"
NEAR = 1e-4
"""The station lies a few centimetres off the street, straight in the plane and not in degrees."""
WALK = f"reached(5, walk, {HOMES}, public-facilities where kind = 'health', roads)"


@pytest.fixture(scope="module")
def town(server_dsn: str, template: str) -> Iterator[str]:
    """Parcels, one street from west to east, and a health station near its western end."""
    with database_of(server_dsn, template) as dsn:
        with connect(dsn) as connection:
            prepare(connection, ("land-use-survey", "public-facilities", "roads"))
            deliver(connection, "land-use-survey", parcels())
            deliver(connection, "roads", [_road("R1", "street", STREET)])
            deliver(connection, "public-facilities", [_facility(1, "health", STATION)])
            connection.commit()
        yield dsn


@pytest.fixture
def ground(town: str) -> Iterator[Connection]:
    with connect(town) as connection, connection.transaction(force_rollback=True):
        yield connection


def _road(key: str, grade: str, line: LineString) -> dict[str, Any]:
    return {"road_id": key, "name": "路", "grade": grade, "geom": line, "data_nature": "合成数据"}


def _facility(number: int, kind: str, place: Point) -> dict[str, Any]:
    return {"bsm": f"{number:018d}", "kind": kind, "name": "站", "geom": place}


def _reading(connection: Connection, **more: Any) -> Reading:
    row = connection.execute("select clock_timestamp()").fetchone()
    assert row is not None
    return Reading(connection, AT, row[0], whole_city(), PLANE, **more)


def _value(connection: Connection, text: str) -> Decimal | NoData:
    return formula.evaluate(formula.parse(text), _reading(connection).value, {})


def _by_hand(metres: float, start: Point = STATION, line: LineString = STREET) -> float:
    """Homes within 100 m of the street, so far from the station: in the plane, by shapely and pyproj."""
    plane = shapely.transform(line, lambda c: np.column_stack(TO_PLANE.transform(c[:, 0], c[:, 1])))
    place = plane.project(Point(TO_PLANE.transform(start.x, start.y)))
    ends = [plane.interpolate(each) for each in (max(place - metres, 0), min(place + metres, plane.length))]
    band = LineString(ends).buffer(100, quad_segs=8)
    homes = [each["geom"] for each in parcels() if each["dlbm"] == "0701"]
    placed = shapely.transform(
        np.array(homes, object), lambda c: np.column_stack(TO_PLANE.transform(c[:, 0], c[:, 1]))
    )
    return float(np.nansum(legal_areas_m2(shapely.intersection(placed, band), frame("4549"))))


def test_homes_within_five_minutes_walk_are_those_made_by_hand(ground: Connection) -> None:
    found = _value(ground, WALK)
    assert isinstance(found, Decimal)
    assert float(found) == pytest.approx(_by_hand(5 * 4000 / 60), rel=NEAR)
    farther = _value(ground, WALK.replace("(5", "(15"))
    assert isinstance(farther, Decimal)
    assert float(farther) == pytest.approx(_by_hand(1000), rel=NEAR) and farther > found


def test_who_drives_comes_farther_and_nobody_walks_on_an_expressway(ground: Connection) -> None:
    driven = _value(ground, WALK.replace("walk", "drive").replace("(5", "(1"))
    assert isinstance(driven, Decimal)
    assert float(driven) == pytest.approx(_by_hand(500), rel=NEAR), "30 km/h on a street"
    deliver(ground, "roads", [_road("R1", "expressway", STREET)])
    found = _value(ground, WALK)
    assert isinstance(found, NoData) and "300 m" in found.en, "no street that may be walked: no data, not 0"


def test_a_gap_in_the_street_is_not_jumped(ground: Connection) -> None:
    """Beyond a gap of ten metres nothing is reached; the gap closed, all is as before."""
    near, far = LineString([(118.7505, 36.858), (118.7530, 36.858)]), (118.7695, 36.858)
    deliver(ground, "roads", [_road("R1", "street", near)])
    deliver(ground, "roads", [_road("R2", "street", LineString([(118.7532, 36.858), far]))])
    cut = _value(ground, WALK)
    assert isinstance(cut, Decimal)
    assert float(cut) == pytest.approx(_by_hand(333.333, line=near), rel=NEAR)
    deliver(ground, "roads", [_road("R2", "street", LineString([(118.7530, 36.858), far]))])
    assert float(_value(ground, WALK)) == pytest.approx(_by_hand(5 * 4000 / 60), rel=NEAR)  # type: ignore[arg-type]


def test_without_facilities_or_streets_there_is_no_data(ground: Connection) -> None:
    found = _value(ground, WALK.replace("health", "sports"))
    assert isinstance(found, NoData) and "public-facilities" in found.zh
    deliver(ground, "roads", [], remove=["R1"])
    found = _value(ground, WALK)
    assert isinstance(found, NoData) and "roads" in found.zh
    hidden = _reading(ground, fields={"land-use-survey": ["dlbm"], "roads": ["grade"]})
    told = formula.evaluate(formula.parse(WALK), hidden.value, {})
    assert isinstance(told, NoData) and "public-facilities" in told.en, "what may not be read is not told"


def test_a_street_far_away_makes_all_be_measured_again(ground: Connection) -> None:
    before = _reading(ground)
    measure = next(iter(formula.measures(formula.parse(WALK))))
    deliver(ground, "roads", [_road("R9", "street", LineString([(118.9, 36.9), (118.91, 36.9)]))])
    assert touched_by(before, _reading(ground), measure) is None


@pytest.mark.parametrize(
    "text",
    [
        "reached(walk, a, b, c)",
        "reached(5, walk, a, b)",
        "reached(5, a, b, c)",
        "reached(5, walk, a, b, c, d)",
    ],
)
def test_what_is_no_coverage_is_refused(text: str) -> None:
    with pytest.raises(BadFormula):
        formula.parse(text)


def test_an_unknown_mode_names_those_there_are(ground: Connection) -> None:
    with pytest.raises(UnknownMode, match="walk, drive"):
        _value(ground, WALK.replace("walk", "fly"))


def test_the_indicators_of_coverage_say_what_they_rest_on() -> None:
    found = [each for each in shipped().values() if "reached(" in each.formula]
    assert {each.code for each in found} == {
        "AQ-13", "GX-03", "GX-04", "GX-05", "GX-06", "GX-07", "GX-08",
    }  # fmt: skip
    for each in found:
        assert "roads" in each.layers and not each.verified
        assert formula.parse(each.formula) == each.tree
        assert [str(part) for part in formula.measures(formula.parse(str(each.tree.left.left)))]  # type: ignore[union-attr]
