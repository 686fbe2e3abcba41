"""Monitoring over HTTP: from SL 323 tables to stations, series, gaps, ratings, derived discharge and out."""

from __future__ import annotations

import base64
import csv
import io
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import UTC
from typing import Any

import pytest
from api_serving import Served, database_of, server

from api.executions import OFFERED
from spatial.database import connect
from spatial.jobs import run
from spatial.jobs.workplace import Workplace
from water.works import loading

SIGNED = {"author": "李工", "department": "寿光市水利局", "reason": "测试", "day": "2026-01-01"}
STATIONS = (
    "STCD,STNM,RVNM,LGTD,LTTD,DTMNM,STTP\n"
    "41800001,测试河道站,弥河,118.75,36.88,1985 国家高程基准,ZQ\n"
    "41800002,测试雨量站,,118.80,36.90,来源未注明,PP\n"
    "41800003,测试水库站,,118.70,36.80,废黄河口基面,RR\n"
)
SPAN = "start=2026-07-01T00:00:00%2B08:00&end=2026-07-02T00:00:00%2B08:00"


def job(served: Served, process: str, *, signed: bool = True, **inputs: Any) -> Any:
    answer = served.client.post(
        f"/processes/{process}/execution",
        json={"inputs": {**(SIGNED if signed else {}), **inputs}, "response": "document"},
        headers={"prefer": "respond-async"},
    )
    assert answer.status_code == 201, answer.text
    run.run(Workplace(served.dsn, "370783"), OFFERED, answer.json()["jobID"], 1)
    told = served.get(f"/jobs/{answer.json()['jobID']}/results").json()
    return told.get("outcome", told)


def load(served: Served, table: str, text: str) -> Any:
    return job(served, "sl323-load", table=table, content=base64.b64encode(text.encode()).decode())


def river(*rows: tuple[str, float | str]) -> str:
    return "STCD,TM,Z\n" + "".join(f"41800001,2026-07-01 {time},{stage}\n" for time, stage in rows)


def get(served: Served, address: str) -> Any:
    answer = served.get(address)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def served(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Three stations that came as a table of SL 323, bound to the store of observations."""
    with database_of(server_dsn, template) as dsn:
        loading.build(dsn)
        log = tmp_path_factory.mktemp("gauges") / "server.log"
        with server(dsn, log) as running:
            bad = load(running, "ST_STBPRP_B", STATIONS + "41800009,无基面站,,118.7,36.8,,ZZ\n")
            assert (bad["inserted"], bad["refused"], bad["faults"][0]["line"]) == (0, 1, 5)
            assert load(running, "ST_STBPRP_B", STATIONS)["inserted"] == 3
            for station in ("41800001", "41800002", "41800003"):
                assert job(running, "station-bind", signed=False, station=station)["datastreams"]
            yield running
        assert "unexpected failure" not in log.read_text()


def test_values_come_and_go_as_tables_and_gaps_are_told(served: Served) -> None:
    rows = [("01:00", 11.0), ("02:00", 11.2), ("03:00", ""), ("05:00", 11.8), ("06:00", 12345.0)]
    told = load(served, "ST_RIVER_R", river(*rows) + "49999999,2026-07-01 01:00,3\n")
    assert (told["inserted"], told["refused"]) == (3, 2) and told["verified"]
    assert [each["line"] for each in told["faults"]] == [6, 7]
    again = load(served, "ST_RIVER_R", river(*rows[:2]))
    assert (again["inserted"], again["repeated"]) == (0, 2)
    out = served.get(f"/rivers/sl323/ST_RIVER_R?{SPAN}")
    assert out.headers["onemap-verified"] == "true"
    read = list(csv.DictReader(io.StringIO(out.text)))
    assert [(each["TM"][11:16], each["Z"]) for each in read] == [
        *(("01:00", "11.000"), ("02:00", "11.200"), ("05:00", "11.800")),
    ]
    streams = get(served, "/rivers/stations/41800001")["datastreams"]
    assert set(streams) == {"stage", "discharge", "rated-discharge"} and len(set(streams.values())) == 3
    address = f"/rivers/stations/41800001/series?{SPAN}"
    series = get(served, address)
    assert series["vertical_datum"] == "cgvd1985" and len(series["points"]) == 3
    assert [(each["kind"], each["expected"], each["filled"]) for each in series["gaps"]] == [
        ("silent", 2, False)
    ]
    filled = get(served, f"{address}&fill=10800&spread=0.05")
    made = [each for each in filled["points"] if "filled" in each]
    assert [round(each["value"], 3) for each in made] == [11.4, 11.6]
    assert all(each["flag"] == 3 and each["uncertainty"] > 0 for each in made) and filled["gaps"][0]["filled"]
    assert served.get(f"{address}&fill=10800").json()["parameter"] == "spread"
    root = ET.fromstring(served.get(f"/rivers/stations/41800001/waterml?{SPAN}").content)
    values = [each.text for each in root.iter("{http://www.opengis.net/waterml/2.0}value")]
    assert values == ["11.0", "11.2", "11.8"]
    attributes = list(csv.DictReader(io.StringIO(served.get("/rivers/sl323/ST_STBPRP_B").text)))
    first = attributes[0]
    assert (first["STCD"], first["STTP"], first["LGTD"]) == ("41800001", "ZQ", "118.750000")
    assert served.get("/rivers/sl323/ST_STBPRP_B").headers["onemap-verified"] == "false"


def test_discharge_is_derived_by_the_rating_of_its_time_and_what_was_derived_before_is_kept(
    served: Served,
) -> None:
    load(served, "ST_RIVER_R", river(("08:00", 11.0), ("09:00", 11.5), ("10:00", 16.0), ("11:00", 12.0)))
    derive = {"station": "41800001", "start": "2026-07-01T08:00:00+08:00", "end": "2026-07-01T12:00:00+08:00"}
    bare = job(served, "discharge-derive", signed=False, **derive)
    assert (bare["values"], bare["missing"]) == (0, 4)
    curve = {
        "station": "41800001", "version": "2026-1", "vertical_datum": "cgvd1985", "uncertainty": 0.08,
        "segments": [{"from_m": 10, "to_m": 15, "a": 12, "zero_m": 10, "b": 1.5}],
        "source": "测流报告(测试)", "standing": "unverified",
    }  # fmt: skip
    assert job(served, "rating-record", **{**curve, "vertical_datum": "wusong"})["code"] == "bad-station"
    falling = [{"from_m": 10, "to_m": 15, "a": -1, "zero_m": 10, "b": 1.5}]
    assert job(served, "rating-record", **{**curve, "segments": falling})["code"] == "bad-rating"
    assert job(served, "rating-record", **curve)["changeset"]
    done = job(served, "discharge-derive", signed=False, **derive)
    assert (done["values"], done["missing"], done["ratings"]) == (3, 1, ["2026-1"])
    window = "start=2026-07-01T08:00:00%2B08:00&end=2026-07-01T12:00:00%2B08:00"
    address = f"/rivers/stations/41800001/series?element=rated-discharge&{window}"
    first = get(served, address)
    values = [each["value"] for each in first["points"]]
    assert values == pytest.approx([12.0, 12 * 1.5**1.5, None, 12 * 2**1.5])
    assert first["points"][0]["uncertainty"] == pytest.approx(0.96) and first["points"][2]["flag"] == 9
    assert [each["kind"] for each in first["gaps"]] == ["missing"]
    again = job(served, "discharge-derive", signed=False, **derive)
    assert (again["inserted"], again["corrected"]) == (0, 0)
    with connect(served.dsn) as connection:
        row = connection.execute(
            "select clock_timestamp(), properties from observe.datastream where key = %s",
            ("sl651:0041800001/rated-discharge",),
        ).fetchone()
    assert row and row[1]["derived"]["inputs"] == ["sl651:0041800001/sl651:Z"]
    before = row[0].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    shift = {
        "shift_m": 0.25,
        "shift_basis": "7 月 1 日两次实测",
        "version": "2026-1a",
        "day": "2026-07-01T08:30:00+08:00",
    }
    assert job(served, "rating-record", **{**curve, **shift})["changeset"]
    moved = job(served, "discharge-derive", signed=False, **derive)
    assert (moved["corrected"], moved["ratings"]) == (3, ["2026-1", "2026-1a"])
    values = [each["value"] for each in get(served, address)["points"]]
    assert values == pytest.approx([12.0, 12 * 1.75**1.5, None, 12 * 2.25**1.5])
    then = get(served, f"{address}&asof={before}")["points"]
    assert [each["value"] for each in then] == [each["value"] for each in first["points"]]
    ratings = get(served, "/rivers/stations/41800001/ratings")["ratings"]
    assert [(each["version"], each["shift_m"]) for each in ratings] == [("2026-1", 0.0), ("2026-1a", 0.25)]
    assert ratings[0]["valid_to"] == ratings[1]["valid_from"] and ratings[0]["curve"][0] == [10.0, 0.0]


def test_thresholds_have_a_source_and_the_datum_of_their_station(served: Served) -> None:
    station = get(served, "/rivers/stations/41800001")
    assert station["thresholds"] == [] and not station["synthetic"]  # nobody has set one, none is made up
    mark = {
        "station": "41800001", "kind": "warning", "quantity": "stage", "value": 11.9, "source": "测试文件",
        "vertical_datum": "cgvd1985", "standing": "unverified",
    }  # fmt: skip
    assert job(served, "threshold-record", **{**mark, "vertical_datum": "dagu"})["code"] == "bad-station"
    assert job(served, "threshold-record", **{**mark, "station": "49999999"})["code"] == "no-such-station"
    assert job(served, "threshold-record", **mark)["changeset"]
    later = "2026-06-01"
    assert job(served, "threshold-record", **{**mark, "value": 12.5, "day": later})["changeset"]
    earlier = job(served, "threshold-record", **{**mark, "value": 9.0, "day": "2026-02-01"})
    assert earlier["code"] == "bad-station"  # the one of June is not overwritten unseen
    (now,) = get(served, "/rivers/stations/41800001")["thresholds"]
    assert (now["value"], now["document"], now["standing"]) == (12.5, "测试文件", "unverified")
    (then,) = get(served, "/rivers/stations/41800001?datetime=2026-05-01")["thresholds"]
    assert then["value"] == 11.9
    table = served.get("/rivers/sl323/ST_RVFCCH_B")
    (row,) = csv.DictReader(io.StringIO(table.text))
    assert (row["STCD"], row["WRZ"], row["GRZ"]) == ("41800001", "12.500", "")


def test_what_is_not_there_or_cannot_be_asked(served: Served) -> None:
    for address, status in (
        ("/rivers/stations/nobody", 404),
        ("/rivers/stations/41800001/series?element=colour", 400),
        ("/rivers/stations/41800001/series?start=2026-01-02&end=2026-01-01", 400),
        ("/rivers/stations/41800001/series?step=0", 400),
        ("/rivers/stations/41800002/series?element=stage", 400),
        ("/rivers/sl323/ST_WHAT_R", 400),
        ("/rivers/sl323/ST_RIVER_R?station=49999999", 404),
        ("/rivers/stations?x=1", 400),
    ):
        answer = served.get(address)
        assert answer.status_code == status and answer.json()["code"], (address, answer.text)
    rain = "STCD,TM,DRP,INTV\n41800002,2026-07-01 08:00,12.5,1.00\n"
    assert load(served, "ST_PPTN_R", rain)["inserted"] == 1
    reservoir = "STCD,TM,RZ,INQ,W,OTQ\n41800003,2026-07-01 08:00,100.5,20,33.4,10\n"
    assert load(served, "ST_RSVR_R", reservoir)["inserted"] == 4
    (row,) = csv.DictReader(io.StringIO(served.get(f"/rivers/sl323/ST_RSVR_R?{SPAN}").text))
    assert (row["RZ"], row["INQ"], row["W"], row["OTQ"]) == ("100.500", "20.000", "33.400", "10.000")
