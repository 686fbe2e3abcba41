"""The sample rivers with a stretch on which everything stands: works, sections, gauges, claims, archive."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import rasterio
import shapely
from monitored_ground import FIRST_DAY, deliver
from pyproj import Transformer
from raster_files import write
from serving import database_of

from spatial.catalogue import store as catalogue
from spatial.catalogue.city import read_city
from spatial.catalogue.contract import HeightType
from spatial.database import Connection, connect
from spatial.datum.clock import BEIJING
from spatial.exchange import assets
from spatial.exchange.assets import AssetOptions
from spatial.history.model import Intent
from spatial.inventory.layers import contract as inventory
from spatial.observe import series
from spatial.observe.model import Flag, Reading
from tiles.matrix import matrix_sets
from tiles.raster.prepare import prepare
from water.archive import holdings, storage
from water.archive import store as archive
from water.archive.deposit import Edit
from water.archive.model import Agent
from water.gauges import binding, stations
from water.moment import Moment
from water.network import kept
from water.network.centreline import Centreline
from water.sample import loading as rivers
from water.works import claims, loading
from water.works.claim import Claim, Source, Subject, Value
from water.works.datum import VerticalDatum

ROUTE: Final = "SYN-ROUTE-MI"
START: Final = datetime(2026, 7, 1, tzinfo=BEIJING)
HOURS: Final = 96
SILENT: Final = range(40, 46)
"""Hours of which nothing came."""
CORRECTED, WRONG_M, RIGHT_M = 30, 29.0, 21.2
WARNING_M: Final = 22.0
GAUGE, OTHER = "41800001", "41800002"
PAPER: Final = "桩号,水位\n100+000,21.5\n".encode()
OBJECT: Final = "urn:onemap:370783:river-works/W-GATE:2025-2029"
_STAMP: Final = {"data_nature": "合成数据"}
_LIFE: Final = {"status": "in-service", "built_on": date(2020, 5, 31), "in_service_on": date(2020, 6, 1)}
POINTS: Final = "0 24.6; 20 24.5; 45 19.8; 80 17.2; 120 17.6; 150 20.1; 175 24.4; 190 24.5"


@dataclass(frozen=True)
class Riverside:
    """The database, the datastream of the gauge's stage, where its archive lies."""

    dsn: str
    stage: int
    copy: Path


def stage_m(hour: int) -> float:
    """A wave that passes the warning level once."""
    return round(20.5 + 2.0 * math.sin(math.pi * hour / HOURS) ** 2, 2)


@contextmanager
def riverside(server_dsn: str, template: str, folder: Path) -> Iterator[Riverside]:
    """All of it in a database of its own."""
    with database_of(server_dsn, template) as dsn:
        rivers.build(dsn)
        loading.build(dsn)
        with connect(dsn) as connection:
            catalogue.publish(connection, inventory("cameras"))
            line = kept.rivers(connection, datetime.now(BEIJING), datetime.now(BEIJING)).line(ROUTE)
            _stand(connection, line)
            stage = _measure(connection)
            _claim(connection)
        copy = folder / "archive"
        with connect(dsn, autocommit=True) as connection:
            _keep(connection, copy)
        yield Riverside(dsn, stage, copy)


FLOWN: Final = (100_000.0, 101_000.0)
"""The stretch that both flights cover, at least."""
RISE_M: Final = 1.5
_PIXEL_M: Final = 4.0
_COLOURS: Final = {2025: (200, 60, 50), 2026: (60, 150, 70)}


def flown(dsn: str, folder: Path, data_dir: Path) -> None:
    """Two flights, a year apart: an image of one colour and a surface each, the newer one higher."""
    with connect(dsn) as connection:
        line = kept.rivers(connection, datetime.now(BEIJING), datetime.now(BEIJING)).line(ROUTE)
    places = line.places(np.linspace(*FLOWN, 21))
    east, north = Transformer.from_crs(4490, 4549, always_xy=True).transform(*places.T)
    west, top = np.floor(east.min()) - 250, np.ceil(north.max()) + 250
    columns, rows = (
        int((end - start + 250) / _PIXEL_M) for start, end in ((west, east.max()), (north.min(), top))
    )
    transform = rasterio.transform.from_origin(west, top, _PIXEL_M, _PIXEL_M)
    for year, colour in _COLOURS.items():
        height = np.full((1, rows, columns), 20.0 + (RISE_M if year == 2026 else 0.0), "float32")
        pixels = np.broadcast_to(np.array(colour, "uint8")[:, None, None], (3, rows, columns))
        for name, bands in (("dsm", height), ("dom", pixels)):
            path = write(folder / f"{name}{year}.tif", bands, transform=transform)
            said = AssetOptions(
                "李工", "水利局", "航飞(测试)", acquired=date(year, 5, 1), flight=f"弥河{year}",
                height_type=HeightType.NORMAL_1985 if name == "dsm" else HeightType.NONE,
            )  # fmt: skip
            assets.add(dsn, [path], said)
    with connect(dsn) as connection:
        table = catalogue.get(connection, "raster-assets").table
    own = matrix_sets(read_city("370783")).own_first[:1]
    list(prepare(dsn, table, own, data_dir / "rasters"))


def point(line: Centreline, chainage_m: float, offset_m: float = 0.0) -> shapely.Geometry:
    """A place beside the river."""
    return shapely.Point(line.places([chainage_m], [offset_m])[0])


def _where(chainage_m: float, bank: str, to_m: float | None = None) -> dict[str, Any]:
    return {
        "route_id": ROUTE, "route_version": 1, "bank": bank, "chainage_m": chainage_m, "chainage_to_m": to_m
    }  # fmt: skip


def _work(line: Centreline, key: str, name: str, kind: str, at_m: float, offset_m: float) -> dict[str, Any]:
    bank = "channel" if not offset_m else "left" if offset_m < 0 else "right"
    return {
        "work_id": key, "name": name, "kind": kind, "geom": point(line, at_m, offset_m),
        **_where(at_m, bank), **_LIFE, **_STAMP,
    }  # fmt: skip


def _stand(connection: Connection, line: Centreline) -> None:
    works = (
        ("W-GATE", "测试拦河闸", "sluice", 100_000.0, 0.0),
        ("W-PUMP", "测试泵站", "pump-station", 101_000.0, -90.0),
        ("W-BRIDGE", "测试桥", "bridge", 102_500.0, 0.0),
        ("W-OUTFALL", "测试排口", "outfall", 103_400.0, 95.0),
    )
    deliver(connection, "river-works", [_work(line, *each) for each in works])
    dyke = line.places([99_000.0, 100_500.0, 102_000.0], [-110.0] * 3)
    deliver(
        connection, "river-dykes",
        [{"work_id": "W-DYKE", "name": "测试左堤", "kind": "dyke", "geom": shapely.LineString(dyke),
          **_where(99_000.0, "left", 102_000.0), **_LIFE, **_STAMP}],
    )  # fmt: skip
    sections = (
        ("S-1", 100_200.0, POINTS, "cgvd1985", date(2025, 11, 3)),
        ("S-2", 101_500.0, POINTS.replace("17.2", "16.7"), "cgvd1985", date(2025, 11, 3)),
        ("S-3", 103_000.0, None, "not-stated", None),
    )
    deliver(
        connection, "river-sections",
        [{"work_id": key, "name": f"测试断面 {key}", "points": points, "vertical_datum": datum,
          "surveyed_on": day, "geom": shapely.LineString(line.places([at] * 2, [-95.0, 95.0])),
          **_where(at, "both"), **_STAMP} for key, at, points, datum, day in sections],
    )  # fmt: skip
    gauges = (
        (GAUGE, "测试水文站", "ZQ", 100_500.0, "cgvd1985"),
        (OTHER, "测试雨量站", "PP", 103_800.0, "not-stated"),
    )
    deliver(
        connection, "river-stations",
        [{"station_id": key, "name": name, "kind": kind, "river_name": "弥河", "vertical_datum": datum,
          "thing_id": f"sl651:00{key}", "geom": point(line, at, -80.0),
          **_where(at, "left"), **_LIFE, **_STAMP}
         for key, name, kind, at, datum in gauges],
    )  # fmt: skip
    marks = (("T-1", "warning", WARNING_M, "cgvd1985"), ("T-2", "guaranteed", 24.0, "wusong"))
    deliver(
        connection, "river-thresholds",
        [{"threshold_id": key, "station": GAUGE, "kind": kind, "quantity": "stage", "value": value,
          "vertical_datum": datum, "document": "测试用,非真实", "standing": "unverified"}
         for key, kind, value, datum in marks],
    )  # fmt: skip
    for version, day, shift in (
        ("2026-1", FIRST_DAY, 0.0),
        ("2026-2", datetime(2026, 6, 1, tzinfo=BEIJING), 0.1),
    ):
        deliver(
            connection, "river-ratings",
            [{"station": GAUGE, "version": version, "vertical_datum": "cgvd1985", "shift_m": shift,
              "shift_basis": "测流(测试)" if shift else None, "uncertainty": 0.08,
              "document": "测流报告(测试)",
              "standing": "unverified", "segments": f"18 23 {12.5 + shift * 10} 17 1.6"}],
            day,
        )  # fmt: skip
    deliver(
        connection, "cameras",
        [{"asset_id": "C-1", "kind": "traffic", "azimuth_deg": 90.0, "tilt_deg": -10.0, "view_deg": 60.0,
          "reach_m": 100.0, "mount_m": 6.0, "geom": point(line, 101_800.0, 60.0), "maintainer": "合成运维",
          "maintenance_days": 90, "maintained_on": date(2026, 3, 1), **_LIFE, **_STAMP}],
    )  # fmt: skip
    deliver(
        connection, "river-defects",
        [{"defect_id": "QX-1", "work": "W-DYKE", "kind": "crack", "severity": "moderate", "status": "found",
          "description": "合成缺陷:堤顶纵缝", "found_on": date(2026, 3, 4), "found_by": "合成巡查员",
          **_where(100_800.0, "left", 100_830.0), **_STAMP}],
    )  # fmt: skip
    deliver(
        connection, "river-inspections",
        [{"record_id": "XC-1", "kind": "inspection", "done_on": date(2026, 3, 2), "done_by": "合成巡查队",
          "finding": "合成巡查记录", "grade": "watch", **_where(99_500.0, "both", 103_500.0), **_STAMP}],
    )  # fmt: skip


def _measure(connection: Connection) -> int:
    moment = Moment(datetime.now(BEIJING))
    streams = {
        each: binding.bind(connection, stations.station(connection, each, moment)) for each in (GAUGE, OTHER)
    }
    stage = streams[GAUGE]["stage"]
    sent = [
        Reading(stage, START + timedelta(hours=hour), WRONG_M if hour == CORRECTED else stage_m(hour))
        for hour in range(HOURS)
        if hour not in SILENT
    ]
    series.record(connection, sent)
    connection.commit()
    series.record(connection, [Reading(stage, START + timedelta(hours=CORRECTED), RIGHT_M)])
    rain = streams[OTHER]["rain"]
    series.record(connection, [Reading(rain, START, None, flag=Flag.MISSING)])
    return stage


def _claim(connection: Connection) -> None:
    gate = Subject("work", "W-GATE", "测试拦河闸")
    dyke = Subject("work", "W-DYKE", "测试左堤")
    told = (
        (gate, "sill-elevation", 17.5, "竣工图(测试)", "12"),
        (gate, "sill-elevation", 17.8, "复测报告(测试)", "3"),
        (dyke, "crest-elevation", 24.9, "竣工图(测试)", "31"),
    )
    said = [
        Claim(
            of,
            name,
            Value(number, unit="m", datum=VerticalDatum.CGVD1985),
            Source(paper, page, "2021-05", "测试院"),
        )
        for of, name, number, paper, page in told
    ]
    intent = Intent("李工", "寿光市水利局", "登记(测试)", FIRST_DAY)
    claims.record(connection, said, intent)
    claims.choose(
        connection, said[1].id, "复测较新(测试)", Intent("李工", "寿光市水利局", "采用(测试)", FIRST_DAY)
    )


def _keep(connection: Connection, place: Path) -> None:
    """Two versions of one object, and the root of a day between later entries of another."""
    at = datetime(2026, 11, 20, 8, tzinfo=BEIJING)
    copy = storage.create(place, "a", "370783")
    archive.register(connection, "a", copy.place, at)
    agent = Agent("张工", "水利局")

    def enter(work: str, day: int, **files: bytes) -> None:
        named: dict[str, Path | bytes] = {
            name.replace("_", "/") + ".csv": data for name, data in files.items()
        }
        time = at + timedelta(days=day)
        holdings.ingest(connection, Edit(work, "测试拦河闸竣工资料", "归档(测试)", agent, time, named))

    enter("river-works/W-GATE", 0, 图_水位=PAPER)
    enter("river-works/W-PUMP", 0, 图_流量=PAPER)
    enter("river-works/W-GATE", 1, 图_水位=PAPER + b"100+100,21.4\n")
    holdings.publish(connection, at + timedelta(days=1))
    enter("river-works/W-BRIDGE", 2, 图_桥=PAPER)
