"""Canonical form of points: the doubles that stand for decimal degrees."""

from __future__ import annotations

import math
import random
from decimal import Decimal

import pytest
import shapely
from history_cases import deliver, ewkb, make, must, point, stage

from spatial.database import Connection
from spatial.history.model import FeatureTable


def places(precision_deg: float) -> int:
    return round(-math.log10(precision_deg))


def staged(conn: Connection, table: FeatureTable, geometries: list[bytes]) -> list[tuple[float, float]]:
    staging = stage(conn, table, [{"fid": str(n), "geom": g} for n, g in enumerate(geometries)])
    return conn.execute(
        f'select ST_X(geom), ST_Y(geom) from staging."{staging.name}" order by line'
    ).fetchall()


@pytest.mark.parametrize("precision_deg", [1e-3, 1e-7, 1e-9, 1e-12])
def test_decimal_degrees_are_stored_as_what_reading_them_gives(
    connection: Connection, precision_deg: float
) -> None:
    table = FeatureTable("points", (), "Point", precision_deg)
    make(connection, table)
    chance, step = random.Random(4490), Decimal(10) ** -places(precision_deg)
    texts = [
        tuple(Decimal(chance.uniform(low, high)).quantize(step) for low, high in ((-180, 180), (-90, 90)))
        for _ in range(500)
    ]
    wanted = [(float(x), float(y)) for x, y in texts]
    near = [(math.nextafter(x, math.inf), math.nextafter(y, -math.inf)) for x, y in wanted]
    for given in (wanted, near):
        plain = [point(x, y) for x, y in given]
        roundabout = [bytes(shapely.to_wkb(shapely.MultiPoint([p]))) for p in given]
        assert staged(connection, table, plain) == wanted
        assert staged(connection, table, roundabout) == wanted


def test_a_point_between_two_decimals_goes_to_the_nearer(connection: Connection) -> None:
    table = FeatureTable("points", (), "Point")
    make(connection, table)
    chance = random.Random(370783)
    given = [(chance.uniform(118, 120), chance.uniform(36, 38)) for _ in range(500)]
    found = staged(connection, table, [ewkb(shapely.Point(p).wkt) for p in given])
    for before, after in zip(given, found, strict=True):
        for x, snapped in zip(before, after, strict=True):
            assert snapped == float(f"{snapped:.9f}")
            assert abs(Decimal(snapped) - Decimal(x)) < Decimal("0.50001e-9")


def test_a_precision_that_is_no_power_of_ten_is_kept_to(connection: Connection) -> None:
    table = FeatureTable("points", (), "Point", 2.5e-4)
    make(connection, table)
    ((x, y),) = staged(connection, table, [ewkb("POINT (118.75013 36.90012)")])
    assert (x, y) == pytest.approx((118.75025, 36.9), abs=1e-12)


@pytest.mark.parametrize("odd", [(40_500_000.123456789, 4_090_000.5), (math.inf, 36.9), (1e308, -1e308)])
def test_what_is_no_position_stays_as_it_came(connection: Connection, odd: tuple[float, float]) -> None:
    table = FeatureTable("points", (), "Point")
    make(connection, table)
    given = bytes(shapely.to_wkb(shapely.set_srid(shapely.Point(odd), 4490), include_srid=True))
    assert staged(connection, table, [given]) == [odd]


def test_zero_has_no_sign(connection: Connection) -> None:
    table = FeatureTable("points", (), "Point")
    make(connection, table)
    must(deliver(connection, table, [{"fid": "a", "geom": ewkb("POINT (0 0)")}]))
    assert deliver(connection, table, [{"fid": "a", "geom": ewkb("POINT (-0.0000000001 -0.0)")}]) is None
