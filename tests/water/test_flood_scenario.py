"""A flood over the sample ground: what it leaves, that it repeats bit for bit, what is refused."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import forecast_kept
import numpy as np
import pytest
import warning_ground
import xarray
from flood_asked import LATITUDE, ROUTE, area, breach, inflow, scenario, spot
from flood_refused import REFUSED
from flood_running import ran
from raster_files import NORTH, WEST, surface

from spatial.catalogue.contract import HeightType
from spatial.database import Connection, connect
from spatial.datum import BEIJING
from spatial.errors import OneMapError
from spatial.exchange import assets
from spatial.exchange.assets import AssetOptions
from water.errors import (
    BadScenario,
    BreachOutsideDyke,
    DeadSeries,
    NoTerrain,
    NotIssued,
    RunTooLong,
    UnknownForecast,
    UnknownStation,
)
from water.flood import frames, kept, plane, sample, store
from water.flood.run import ZARR
from water.flood.running import Pace
from water.gauges import sl323, sl323_exchange
from water.moment import Moment
from water.network import kept as networks
from water.sample import loading


@pytest.fixture(scope="module")
def told(shared_database: str) -> dict[str, Any]:
    """What is told of one run, on a database with the sample rivers."""
    loading.build(shared_database)
    found: dict[str, Any] = ran(shared_database, "flood-scenario", scenario())
    return found


def test_the_water_is_accounted_for_and_reaches_the_land(told: dict[str, Any], shared_database: str) -> None:
    account = told["ledger"]
    gained = account["entered_m3"] - account["left_m3"]
    handled = account["start_m3"] + account["entered_m3"]
    assert abs(account["stored_m3"] - account["start_m3"] - gained) < 1e-6 * handled
    assert account["entered_m3"] == pytest.approx(4000 * 1800, rel=1e-6)
    (through,) = told["breaches"]
    assert through["width_m"] == 120 and through["peak_m3_s"] > 50
    assert told["wet_land_plane_m2"] > 40 * 40 * 50 and told["synthetic"] == "合成数据"
    (point,) = told["points"]
    assert point["arrival_s"] is not None and point["deepest_m"] > 0.05
    dry = ran(shared_database, "flood-scenario", scenario(breaches=None, scheme="godunov"))
    assert dry["wet_land_plane_m2"] == 0.0 and dry["points"][0]["arrival_s"] is None


def test_a_run_repeats_bit_for_bit(told: dict[str, Any], shared_database: str) -> None:
    again = ran(shared_database, "flood-scenario", scenario())
    assert again["run"] != told["run"]
    assert again["files"] == told["files"] and len(told["files"]) == 10
    with connect(shared_database) as connection:
        every = [
            connection.execute(
                "select name, sha256 from flood.file where run = %s order by name", (each["run"],)
            ).fetchall()
            for each in (told, again)
        ]
    assert every[0] == every[1]


def test_depth_through_time_opens_as_any_zarr(
    told: dict[str, Any], shared_database: str, tmp_path: Path
) -> None:
    with connect(shared_database) as connection:
        extent = kept.extent(connection, told["run"])
        names = [
            row[0]
            for row in connection.execute(
                "select name from flood.file where run = %s and name like 'depth.zarr/%%'", (told["run"],)
            )
        ]
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(store.content(connection, told["run"], name))
        chunks = store.chunks(
            connection, told["run"], [ZARR + each for each in frames.names(extent.raster, 3)]
        )
    with xarray.open_zarr(tmp_path / "depth.zarr", consolidated=False) as opened:
        depth = opened["depth"].load()
        assert opened.attrs["onemap_synthetic"].startswith("合成数据")
    assert [str(each)[:19] for each in depth["time"].values] == [
        f"2026-08-20T04:{minute:02d}:00" for minute in (0, 10, 20, 30)
    ]
    assert depth.shape == (4, extent.raster.rows, extent.raster.columns)
    assert (depth.max("time").values <= extent.depth_m).all()
    first = {name.removeprefix(ZARR): body for name, body in chunks.items()}
    assert np.array_equal(frames.depth(extent.raster, 4, 3, first), depth.values[3])
    lon, lat = spot(right_m=420.0)
    east, north = plane.to_plane(np.array([[lon, lat]]), extent.raster.zone)[0]
    (here,) = extent.at(np.array([east]), np.array([north]))[0]
    assert here == pytest.approx(told["points"][0]["deepest_m"])
    cell = extent.raster.cells(np.array([east]), np.array([north]))
    assert extent.level_m is not None and (np.isfinite(extent.level_m) == (extent.depth_m > 0)).all()
    bed_m = told["points"][0]["bed_m"]
    assert extent.level_m.ravel()[cell] == pytest.approx(bed_m + told["points"][0]["deepest_m"], abs=1e-5)


def test_hydrographs_as_tables(told: dict[str, Any], shared_database: str) -> None:
    with connect(shared_database) as connection:
        text = store.content(connection, told["run"], "breaches.csv").decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    flow = np.array([float(row["B1 discharge_m3_s"]) for row in rows])
    at = np.array([float(row["t_s"]) for row in rows])
    assert rows[0]["time"] == "2026-08-20T12:00:00+08:00" and at[-1] == 1800.0
    assert float(np.trapezoid(flow, at)) == pytest.approx(told["breaches"][0]["volume_m3"], rel=1e-6)


def test_the_ground_is_the_same_whatever_the_raster() -> None:
    whole = plane.raster(area(), 40.0, 4549)
    west, south, east, north = area()
    part = plane.raster([west + 0.01, south + 0.01, east, north], 40.0, 4549)
    row, column = round((whole.north_m - part.north_m) / 40), round((part.west_m - whole.west_m) / 40)
    first, second = sample.terrain(whole), sample.terrain(part)
    seen = first.heights_m[row : row + part.rows, column : column + part.columns]
    assert np.allclose(seen, second.heights_m, atol=1e-9)
    line = sample.line_m("MI", 4549)
    bed = first.heights_m.ravel()[[each for each in whole.cells(line[:, 0], line[:, 1]) if each >= 0]]
    assert (np.diff(bed) <= 1e-9).all(), "a river that climbs"
    east, north = plane.centres(part)
    at = np.column_stack((np.full(part.rows, east[part.columns // 2]), north))
    surveyed = sample.ground_m(at, 4549) - second.heights_m[:, part.columns // 2]
    dykes = surveyed > 1e-6
    assert np.abs(surveyed[~dykes]).max() <= 1e-6 and dykes.sum() <= 12, "but for crests of dykes"
    left = {edge for bank in first.banks for edge in bank.dyke.edges}
    assert len(left) == sum(len(bank.dyke.edges) for bank in first.banks)


def test_a_breach_by_chainage_lies_on_its_bank(told: dict[str, Any], shared_database: str) -> None:
    with connect(shared_database) as connection:
        now = datetime.now(BEIJING)
        line = networks.rivers(connection, now, now).line(ROUTE)
    lon, lat = spot()
    chainage = float(line.locate([[lon, lat]]).chainage_m[0])
    at = {"route": ROUTE, "chainage": f"K{int(chainage // 1000)}+{chainage % 1000:06.2f}", "bank": "right"}
    asked = scenario(breaches=[breach(at=at)], begins_at=None, duration_s=300, report_s=300)
    there = ran(shared_database, "flood-scenario", asked)
    beside = ran(shared_database, "flood-scenario", asked | {"breaches": [breach()]})
    assert there["ground_sha256"] == beside["ground_sha256"]
    of_no_bank = {name: value for name, value in at.items() if name != "bank"}
    with pytest.raises(BreachOutsideDyke, match="以 bank 说明岸别"):
        ran(shared_database, "flood-scenario", asked | {"breaches": [breach(at=of_no_bank)]})


@pytest.mark.parametrize("asked, kind, named, where", REFUSED)
def test_what_cannot_be_is_refused_and_leaves_nothing(
    told: dict[str, Any],
    shared_database: str,
    asked: dict[str, Any],
    kind: type[OneMapError],
    named: str,
    where: str,
) -> None:
    """In both languages, each by itself, with the input that it is about."""
    with pytest.raises(kind) as refused:
        ran(shared_database, "flood-scenario", asked)
    assert named in refused.value.zh
    assert refused.value.en and not re.search(r"[\u4e00-\u9fff]", refused.value.en), refused.value.en
    assert refused.value.details["pointer"] == "/".join(["/inputs", *([where] if where else [])])
    with connect(shared_database) as connection:
        left = connection.execute(
            "select count(*) from flood.file f where not exists (select from flood.run r where r.id = f.run)"
        ).fetchone()
    assert left == (0,)
    assert pytest.approx(spot()[1], abs=1e-3) == LATITUDE


def test_a_run_that_was_kept_before_is_replayed_though_it_would_be_refused_now(
    told: dict[str, Any], shared_database: str
) -> None:
    """Its tide met no edge and did nothing: the replay is the run, bit for bit."""
    with connect(shared_database) as connection, connection.transaction():
        one = store.run(connection, told["run"])
        earlier = replace(one, id="F20260101-000000000001", inputs={**one.inputs, "tide_m": -5})
        kept.put(connection, earlier.id, kept.extent(connection, one.id), {"ONEMAP": "合成数据"})
        store.keep(connection, earlier)
    assert ran(shared_database, "flood-replay", {"run": earlier.id})["identical"]
    with pytest.raises(BadScenario, match="潮位"):
        ran(shared_database, "flood-scenario", scenario(tide_m=-5))


def test_a_run_that_goes_far_slower_than_it_was_let_in_for_is_refused() -> None:
    """After a minute of a core only a thousandth of the run is done: 16 hours and more are ahead."""
    spent = iter([0.0, 59.0, 70.0, 70.0])
    pace = Pace(0.0, 7200.0, lambda: next(spent))
    pace.require(1e-3)  # too early to tell
    with pytest.raises(RunTooLong, match="核对流量"):
        pace.require(5.0)
    pace.require(60.0)  # 70 s for a hundred and twentieth: 8,400 s


NINE = datetime(2026, 7, 1, 9, tzinfo=BEIJING)


@pytest.fixture(scope="module")
def kept_flows(told: dict[str, Any], shared_database: str) -> dict[str, str]:
    """A station with hourly discharge till 11:00 and a forecast of each grade; ids of the forecasts."""
    with connect(shared_database) as connection, connection.transaction():
        warning_ground.grounded(connection)
        discharges(connection, ["800", "1200", "", "2000"])
        forecast_kept.entered(connection, warning_ground.RIVER)
        rows = connection.execute("select grade, id from forecast.forecast").fetchall()
    return dict(rows)


def discharges(connection: Connection, flows: list[str]) -> None:
    begun = NINE - timedelta(hours=1)
    lines = [
        f"{warning_ground.RIVER},{begun + timedelta(hours=number):%Y-%m-%d %H:%M},{flow}"
        for number, flow in enumerate(flows)
        if flow
    ]
    body = "\n".join(["STCD,TM,Q", *lines, ""]).encode()
    done = sl323_exchange.values_in(connection, sl323.table("ST_RIVER_R"), body, Moment(NINE))
    assert not done.faults


def taking(source: dict[str, Any], **more: Any) -> dict[str, Any]:
    one = {key: value for key, value in inflow().items() if key != "discharge_m3_s"} | {"from": source}
    given = {"inflows": [one], "breaches": None, "duration_s": 1800, "cell_m": 80}
    return scenario(**(given | {"begins_at": NINE.isoformat()} | more))


def test_water_is_taken_from_a_forecast_and_from_a_station(
    kept_flows: dict[str, str], shared_database: str
) -> None:
    asked = taking({"forecast": kept_flows["乙"], "course": "p95"})
    by_forecast = ran(shared_database, "flood-scenario", asked)
    # From 380 observed at 08:00 on the line to 1.6 times 400 at 11:00: an hour and 1.5 hours after the basis.
    ends = [380 + 260 * passed / 3 for passed in (1.0, 1.5)]
    assert by_forecast["ledger"]["entered_m3"] == pytest.approx(sum(ends) / 2 * 1800, rel=1e-5)
    (source,) = by_forecast["taken"]
    assert source["forecast"] == kept_flows["乙"] and source["grade"] == "乙" and source["course"] == "p95"
    typed = taking({}) | {"inflows": [inflow({"times_s": [0, 1800], "values": ends})]}
    assert ran(shared_database, "flood-scenario", typed)["files"] == by_forecast["files"]
    replayed = ran(shared_database, "flood-replay", {"run": by_forecast["run"], "releases_later_s": 900})
    assert replayed["taken"][0]["later_s"] == 900 and replayed["difference"]

    by_station = ran(shared_database, "flood-scenario", taking({"station": warning_ground.RIVER}))
    assert by_station["ledger"]["entered_m3"] == pytest.approx((1200 + 1400) / 2 * 1800, rel=1e-5)
    believed = by_station["asof"]
    with connect(shared_database) as connection, connection.transaction():
        discharges(connection, ["800", "600", "", "1000"])
    now = ran(shared_database, "flood-scenario", taking({"station": warning_ground.RIVER}))
    assert now["ledger"]["entered_m3"] == pytest.approx((600 + 700) / 2 * 1800, rel=1e-5)
    then = ran(shared_database, "flood-scenario", taking({"station": warning_ground.RIVER}, asof=believed))
    assert then["files"] == by_station["files"] and then["taken"] == by_station["taken"]
    assert now["taken"][0]["read"]["sha256"] != then["taken"][0]["read"]["sha256"]


def test_water_that_nobody_knows_is_not_taken(kept_flows: dict[str, str], shared_database: str) -> None:
    station, issued = {"station": warning_ground.RIVER}, kept_flows["乙"]
    late = (NINE + timedelta(hours=1, minutes=45)).isoformat()
    early = (NINE - timedelta(hours=2)).isoformat()
    refused: list[tuple[dict[str, Any], type[OneMapError], str]] = [
        (taking(station, begins_at=late), DeadSeries, "2026-07-01T11:00:00+08:00"),
        (taking(station, begins_at=early), DeadSeries, "2026-07-01T07:00:00+08:00"),
        (taking({"station": warning_ground.OTHER}), DeadSeries, "none"),
        (taking({"station": "99999999"}), UnknownStation, "99999999"),
        (taking({"forecast": kept_flows["丙"], "course": "p50"}), NotIssued, "丙"),
        (taking({"forecast": issued, "course": "p50"}, begins_at=early), DeadSeries, "08:00:00"),
        (taking({"forecast": issued, "member": 20}), BadScenario, "19"),
        (taking({"forecast": issued}), BadScenario, "p50"),
        (taking({"forecast": issued, "course": "members"}), BadScenario, "flood-ensemble"),
        (taking({"forecast": "0" * 64, "course": "p50"}), UnknownForecast, "0000"),
        (taking({"forecast": issued, "course": "p50"}, asof=early), BadScenario, "asof"),
        (taking(station) | {"inflows": [inflow() | {"from": station}]}, BadScenario, "Q1"),
    ]
    for asked, kind, named in refused:
        with pytest.raises(kind) as found:
            ran(shared_database, "flood-scenario", asked)
        assert named in f"{found.value.zh} {found.value.en}", asked
        where = "/inputs/inflows/0" if named == "Q1" else "/inputs/inflows/0/from"
        assert found.value.details["pointer"] == where, asked
    trial = {"forecast": kept_flows["丙"], "course": "best", "use": "reference"}
    told = ran(shared_database, "flood-scenario", taking(trial, begins_at="2026-06-30T20:00:00+08:00"))
    assert told["taken"][0]["issued"] is False and "仅供参考" in told["taken"][0]["note"]


def test_members_of_an_ensemble_take_those_of_a_forecast(
    kept_flows: dict[str, str], shared_database: str
) -> None:
    asked = taking({"forecast": kept_flows["乙"], "course": "members"}, duration_s=14400)
    told, rows = ensemble_of(shared_database, asked | {"members": 20, "seed": 3, "method": "quick"})
    assert sorted(int(row["forecast_member"]) for row in rows) == list(range(20))
    assert [row["forecast_member"] for row in rows] != [str(number) for number in range(20)]
    areas = [float(row["wet_plane_m2"]) for row in sorted(rows, key=lambda row: int(row["forecast_member"]))]
    assert areas == sorted(areas) and areas[0] < areas[10] < areas[-1]  # as the members rise
    (source,) = told["taken"]
    assert source["course"] == "members" and source["members"] == 20 and source["grade"] == "乙"
    assert told["synthetic"] == "合成数据" and "成员" in told["assumption"]["zh"]
    _, more = ensemble_of(shared_database, asked | {"members": 50, "seed": 3, "method": "quick"})
    taken = Counter(int(row["forecast_member"]) for row in more)
    assert set(taken.values()) == {2, 3} and set(taken) == set(range(20))
    with pytest.raises(BadScenario, match="varied") as refused:
        ran(shared_database, "flood-ensemble", taking({"forecast": kept_flows["乙"], "course": "p50"}) | {
            "members": 2, "seed": 3, "method": "quick"
        })  # fmt: skip
    assert refused.value.details["pointer"] == "/inputs/varied"
    short = taking({"forecast": kept_flows["乙"], "course": "members"}, duration_s=900)
    _, (first, _) = ensemble_of(shared_database, short | {"members": 2, "seed": 5, "method": "solver"})
    own = {"forecast": kept_flows["乙"], "member": int(first["forecast_member"])}
    alone = ran(shared_database, "flood-scenario", taking(own, duration_s=900))
    assert alone["wet_plane_m2"] == pytest.approx(float(first["wet_plane_m2"]), rel=0.01)


def ensemble_of(dsn: str, asked: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """What is told of an ensemble, and its table of members."""
    told = ran(dsn, "flood-ensemble", asked)
    with connect(dsn) as connection:
        table = store.content(connection, told["run"], "members.csv").decode()
    return told, list(csv.DictReader(io.StringIO(table)))


def test_a_catalogued_surface_in_place_of_the_sample(database: str, tmp_path: Path) -> None:
    path = surface(tmp_path / "dsm.tif")
    said = AssetOptions("李工", "水利局", "航飞", height_type=HeightType.NORMAL_1985)
    asset = str(assets.add(database, [path], said)[0].values["asset_id"])
    inner = plane.to_degrees(np.array([[WEST + 40, NORTH - 200], [WEST + 200, NORTH - 40]]), 4549)
    box = [float(each) for each in inner.ravel()]
    asked = {
        "title": "导入地形", "area": box, "cell_m": 10, "duration_s": 120, "terrain": asset,
        "rain_mm_h": 60, "infiltration": {"capacity_mm_h": 6}, "bits": 64,
    }  # fmt: skip
    found = ran(database, "flood-scenario", asked)
    assert "synthetic" not in found and found["terrain"].startswith("dsm.tif")
    area_m2 = found["cells"] * 100
    assert found["ledger"]["rained_m3"] == pytest.approx(area_m2 * 60e-3 / 30, rel=1e-9)
    assert found["ledger"]["infiltrated_m3"] == pytest.approx(found["ledger"]["rained_m3"] / 10, rel=0.02)
    with pytest.raises(NoTerrain, match="00000") as refused:
        ran(database, "flood-scenario", asked | {"terrain": "0" * 64})
    assert refused.value.details["pointer"] == "/inputs/terrain"
    west, south, east, north = box
    with pytest.raises(NoTerrain, match="no height") as refused:
        ran(database, "flood-scenario", asked | {"area": [west - 0.01, south, east, north]})
    assert refused.value.details["cells"] > 0 and refused.value.details["pointer"] == "/inputs/terrain"
