"""A version of a plan with content in three layers, as tests of its publication find it."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta

import shapely

from planning import layers
from planning.plans import plans
from planning.plans.life import Paper
from planning.plans.plans import Plan
from planning.publication.model import Draft, Wanted
from spatial.catalogue import store as catalogue
from spatial.database import Connection
from spatial.datum.clock import BEIJING
from spatial.history import write
from spatial.history.model import Intent

DEPARTMENT = "寿光市自然资源和规划局"
NOTICE = Paper("", "国土空间总体规划草案公示(合成数据)", date(2026, 2, 20))
ZONES, FARMLAND = "planning-zones", "permanent-farmland"
VERSION, OTHER = "p1-v1", "p2-v1"
SIZE_DEG = 0.004
CORNER = (118.70123, 36.90047)


def today() -> date:
    """The day in Beijing; shortly before midnight the next one, which is waited for.

    A day that a module keeps ends under a run that lasts past midnight: the server reads its own.
    """
    now = datetime.now(BEIJING)
    soon = now + timedelta(seconds=45)
    if soon.date() != now.date():
        time.sleep(45)
    return soon.date()


def day(month: int, number: int = 1) -> datetime:
    return datetime(2026, month, number, tzinfo=BEIJING)


def intent(month: int, number: int = 1) -> Intent:
    return Intent("张伟", DEPARTMENT, "公示草案", day(month, number))


def square(i: int, j: int, size_deg: float = SIZE_DEG) -> shapely.MultiPolygon:
    west, south = CORNER[0] + i * SIZE_DEG, CORNER[1] + j * SIZE_DEG
    return shapely.MultiPolygon([shapely.box(west, south, west + size_deg, south + size_deg)])


def draft(closes_on: date, *wanted: Wanted, version: str = VERSION) -> Draft:
    shown = wanted or (Wanted(ZONES), Wanted(FARMLAND))
    return Draft(version, "总体规划草案公示", closes_on, NOTICE, shown)


def build(connection: Connection) -> None:
    """A plan being drawn up, its zones, its farmland with the names of those who answer for it."""
    for layer_id in (*layers.PLANS, ZONES, FARMLAND, "land-violations"):
        catalogue.publish(connection, layers.contract(layer_id))
    plans.make_plan(connection, Plan("p1", "测试规划(合成数据)", "county", "overall"), intent(1))
    plans.add_version(connection, "p1", intent(1))
    plans.make_plan(connection, Plan("p2", "另一规划(合成数据)", "county", "detailed"), intent(1))
    plans.add_version(connection, "p2", intent(1))
    zones = [
        (f"z{i}{j}", f"z{i}{j}", "400" if i else "300", VERSION, square(i, j))
        for i in range(4)
        for j in range(3)
    ]
    zones.append(("other", "other", "300", OTHER, square(8, 8)))
    write_rows(connection, ZONES, ("fid", "bsm", "ghfqdm", "plan_version", "geom"), zones)
    farmland = [
        ("f1", "f1", VERSION, "王某", "13800001234", 12345.6, square(0, 6)),
        ("f2", "f2", VERSION, "李某", "13900001234", 12.5, square(2, 6, 0.0001)),
    ]
    names = ("fid", "bsm", "plan_version", *PERSONAL, "yjjbntmj", "geom")
    write_rows(connection, FARMLAND, names, farmland)


PERSONAL = tuple(each.name for each in layers.contract(FARMLAND).fields if each.secrecy.value == "internal")


def write_rows(
    connection: Connection, layer: str, names: tuple[str, ...], rows: list[tuple[object, ...]], month: int = 1
) -> None:
    table = catalogue.get(connection, layer).table
    staging = write.create_staging(connection, table)
    staged = [(n, *row[:-1], shapely.to_wkb(row[-1])) for n, row in enumerate(rows, 1)]
    write.copy_rows(connection, staging, ("line", *names), staged)
    write.canonicalise(connection, staging)
    assert write.apply(connection, staging, intent(month)) is not None
    write.drop_staging(connection, staging)
