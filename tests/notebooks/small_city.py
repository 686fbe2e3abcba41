"""A small city in the contracts of the sample, made in no time, and two departments with their keys."""

from __future__ import annotations

import random
from datetime import date, timedelta

import numpy as np
import shapely

from spatial.access import store as access
from spatial.access.model import Right, Role
from spatial.catalogue import store as catalogue
from spatial.catalogue.contract import STAMP
from spatial.database import Connection, connect
from spatial.history.model import Delivery, Intent
from spatial.sample import loading, observations
from spatial.sample.divisions import read_divisions
from spatial.sample.rows import TOWN_KINDS, Rows, divisions
from water.forecast.sample import loading as records
from water.gauges import layers as gauges
from water.works import layers as works
from water.works.sample import Route, generated

STEWARD = "寿光市工业和信息化局"
OTHER = "寿光市应急管理局"
SITES = 400
STATIONS = 14
RIVERS = {
    "SYN-ROUTE-DAN": ("丹河", [[118.83, 36.70], [118.86, 36.80], [118.90, 36.95]]),
    "SYN-ROUTE-MI": ("弥河", [[118.70, 36.75], [118.75, 36.86], [118.82, 36.98]]),
}


def build(dsn: str) -> None:
    """Divisions as they are, towns as boxes side by side, sites anywhere in them."""
    with connect(dsn) as connection:
        for layer_id, rows in {
            "divisions": divisions(read_divisions()),
            "towns": _towns(),
            "base-stations": _sites(),
            "environment-stations": _stations(),
            "power-meters": _meters(),
        }.items():
            _load(connection, layer_id, rows)
        works.publish(connection)
        gauges.publish(connection)
    observations.build(dsn)


def rivers(dsn: str) -> None:
    """Stations on two rivers beside it, with the sample's rain and discharge."""
    routes = [
        Route(route, 1, name, np.array(points), 0.0, 1_000.0, 20_000.0)
        for route, (name, points) in RIVERS.items()
    ]
    with connect(dsn) as connection, connection.transaction():
        gauges.publish(connection)
        table = catalogue.get(connection, gauges.STATIONS).table
        loading.fill(connection, table, dict(generated(routes, loading.SEED))[gauges.STATIONS], _intent())
    records.build(dsn)


def keys(dsn: str) -> dict[str, str]:
    """The variables with the keys of an editor and a reviewer of the steward, and of a reader elsewhere."""
    who = {
        "ONEMAP_KEY": ("基站台账系统", STEWARD, Role.EDITOR),
        "ONEMAP_REVIEWER_KEY": ("基站审核岗", STEWARD, Role.STEWARD),
        "ONEMAP_OTHER_KEY": ("应急指挥系统", OTHER, Role.READER),
    }
    with connect(dsn) as connection:
        for layer_id, department in (("base-stations", OTHER), ("towns", STEWARD)):
            access.add_grant(connection, layer_id, department, Right.READ, by="张伟")
        return {
            variable: access.add_key(connection, subject, department, [role], by="张伟")[1]
            for variable, (subject, department, role) in who.items()
        }


def _load(connection: Connection, layer_id: str, rows: Rows) -> None:
    table = catalogue.publish(connection, loading.contract(layer_id)).table
    loading.fill(connection, table, rows, _intent())


def _intent() -> Intent:
    return Intent(
        author=loading.AUTHOR,
        department=loading.DEPARTMENT,
        reason="为测试而设",
        valid_from=loading.VALID_FROM,
        delivery=Delivery.FULL,
        source_sha256=bytes(32),
    )


def _stations() -> Rows:
    dice = random.Random(loading.SEED)
    columns = ("asset_id", "name", "medium", "function_zone", "status", "thing_id", "data_nature", "geom")
    values = []
    for number in range(1, STATIONS + 1):
        point = shapely.to_wkb(shapely.Point(dice.uniform(118.6, 119.0), dice.uniform(36.75, 37.05)))
        key = f"SYN-ENV-{number:05d}"
        values.append((key, f"合成监测站 {number}", "air", "none", "in-service", key, STAMP, point))
    return Rows(columns, "asset_id", tuple(values))


def _meters() -> Rows:
    columns = ("asset_id", "plant_id", "measures", "rated_kw", "status", "data_nature", "geom")
    point = shapely.to_wkb(shapely.Point(118.75, 36.9))
    return Rows(
        columns, "asset_id", (("SYN-METER-00001", "P-1", "production", 800.0, "in-service", STAMP, point),)
    )


def _towns() -> Rows:
    columns = ("code", "name", "kind", "data_nature", "geom")
    values = []
    for number, town in enumerate(read_divisions().towns):
        west, south = 118.60 + number % 4 * 0.1, 36.75 + number // 4 * 0.1
        box = shapely.to_wkb(shapely.box(west, south, west + 0.1, south + 0.1))
        values.append((town.code, town.name, TOWN_KINDS[town.code[6]], STAMP, box))
    return Rows(columns, "code", tuple(values))


def _sites() -> Rows:
    dice = random.Random(loading.SEED)
    columns = ("site_id", "operator", "band", "status", "height_m", "built", "data_nature", "geom")
    values = tuple(
        (
            f"SYN-5G-{number:06d}",
            dice.choice("abc"),
            dice.choice(("n1", "n28", "n41", "n78")),
            dice.choice(("in-service", "building", "retired")),
            round(dice.uniform(20, 60), 1),
            date(2021, 1, 1) + timedelta(days=dice.randrange(1800)),
            STAMP,
            shapely.to_wkb(shapely.Point(dice.uniform(118.6, 119.0), dice.uniform(36.75, 37.05))),
        )
        for number in range(1, SITES + 1)
    )
    return Rows(columns, "site_id", values)
