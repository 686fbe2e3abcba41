"""Monitoring over HTTP: from SL 323 tables to stations, series, gaps, ratings, derived discharge and out."""

from __future__ import annotations

import base64
import csv
import io
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import shapely
from api_serving import Served, database_of, server
from jobs_done import get, outcome

from api.rivers.held import seen
from spatial.database import connect
from spatial.datum import format_instant, parse_instant
from spatial.datum.clock import BEIJING
from spatial.history.model import Intent
from water import layer_store
from water.moment import Moment
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
    return outcome(served, process, **{**(SIGNED if signed else {}), **inputs})


def load(served: Served, table: str, text: str) -> Any:
    return job(served, "sl323-load", table=table, content=base64.b64encode(text.encode()).decode())


def river(*rows: tuple[str, float | str]) -> str:
    return "STCD,TM,Z\n" + "".join(f"41800001,2026-07-01 {time},{stage}\n" for time, stage in rows)


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
    assert (
        job(served, "threshold-record", **{**mark, "vertical_datum": "wusong"})["code"]
        == "datum-not-convertible"
    )
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


def test_all_stages_at_once_are_those_of_the_stations_one_by_one(served: Served) -> None:
    mark = {
        "station": "41800001", "kind": "highest", "quantity": "stage", "value": 13.0, "source": "测试文件",
        "vertical_datum": "cgvd1985", "standing": "unverified",
    }  # fmt: skip
    assert job(served, "threshold-record", **mark)["changeset"]
    load(served, "ST_RIVER_R", river(("20:00", 12.9), ("21:00", 13.2)))
    whole, one = get(served, "/rivers/stages"), get(served, "/rivers/stations/41800001")
    (stage,) = whole["stages"]
    assert (stage["station"], stage["stage"]) == ("41800001", one["latest"]["stage"])
    assert [each["kind"] for each in stage["reached"]] == [
        each["kind"] for each in sorted(one["thresholds"], key=lambda each: -each["value"]) if each["reached"]
    ]
    assert stage["rise_m_per_h"] == 0.3 and whole["newest_at"] == stage["stage"]["time"]
    then = "datetime=2026-07-01T20:30:00%2B08:00"
    (before,) = get(served, f"/rivers/stages?{then}")["stages"]
    assert "highest" not in [each["kind"] for each in before["reached"]] and before["rise_m_per_h"] is None
    assert get(served, f"/rivers/stations/41800001?{then}")["latest"]["stage"]["value"] == 12.9
    assert get(served, "/rivers/stations/41800001?datetime=2026-05-01")["latest"] == {}
    assert served.get("/rivers/stages?f=html").status_code == 200


def test_what_is_not_there_or_cannot_be_asked(served: Served) -> None:
    for address, status in (
        ("/rivers/stations/nobody", 404),
        ("/rivers/stations/41800001?datetime=0001-01-01", 404),
        ("/rivers/stations/41800001/series?element=colour", 400),
        ("/rivers/stations/41800001/series?start=2026-01-02&end=2026-01-01", 400),
        ("/rivers/stations/41800001/series?step=0", 400),
        ("/rivers/stations/41800002/series?element=stage", 400),
        ("/rivers/sl323/ST_WHAT_R", 400),
        ("/rivers/sl323/ST_RIVER_R?station=49999999", 404),
        ("/rivers/stations?x=1", 400),
        ("/rivers/stations?asof=2200-01-01T00:00:00Z", 400),
        ("/rivers/stages?asof=2200-01-01T00:00:00Z", 400),
        ("/rivers/stations/41800001?asof=2200-01-01T00:00:00Z", 400),
        ("/rivers/stations/41800001/series?asof=2200-01-01T00:00:00Z", 400),
    ):
        answer = served.get(address)
        assert answer.status_code == status and answer.json()["code"], (address, answer.text)
    rain = "STCD,TM,DRP,INTV\n41800002,2026-07-01 08:00,12.5,1.00\n"
    assert load(served, "ST_PPTN_R", rain)["inserted"] == 1
    reservoir = "STCD,TM,RZ,INQ,W,OTQ\n41800003,2026-07-01 08:00,100.5,20,33.4,10\n"
    assert load(served, "ST_RSVR_R", reservoir)["inserted"] == 4
    (row,) = csv.DictReader(io.StringIO(served.get(f"/rivers/sl323/ST_RSVR_R?{SPAN}").text))
    assert (row["RZ"], row["INQ"], row["W"], row["OTQ"]) == ("100.500", "20.000", "33.400", "10.000")


def test_heights_of_another_datum_go_by_offsets_on_record_and_by_nothing_else(served: Served) -> None:
    table = "STCD,TM,Z\n41800001,2026-08-01 01:00,21.70\n"
    content = base64.b64encode(table.encode()).decode()
    told = job(served, "sl323-load", table="ST_RIVER_R", content=content, vertical_datum="dagu")
    assert told["inserted"] == 0 and "datum-offset-record" in told["faults"][0]["en"]
    square = [[118.0, 36.0], [119.5, 36.0], [119.5, 37.5], [118.0, 37.5], [118.0, 36.0]]
    offset = {
        "offset": "T-1", "from_datum": "dagu", "to_datum": "cgvd1985", "offset_m": -1.2,
        "uncertainty_m": 0.02, "area": {"type": "Polygon", "coordinates": [square]},
        "source": "联测成果(测试)", "standing": "unverified",
    }  # fmt: skip
    line = {"type": "LineString", "coordinates": square}
    assert job(served, "datum-offset-record", **{**offset, "area": line})["code"]
    assert job(served, "datum-offset-record", **{**offset, "from_datum": "assumed"})["code"] == (
        "datum-not-convertible"
    )
    assert job(served, "datum-offset-record", **offset, preview=True)["changeset"] is None
    assert job(served, "datum-offset-record", **offset)["changeset"]
    told = job(served, "sl323-load", table="ST_RIVER_R", content=content, vertical_datum="dagu")
    assert (told["inserted"], told["refused"]) == (1, 0)
    span = "start=2026-08-01T00:00:00%2B08:00&end=2026-08-02T00:00:00%2B08:00&station=41800001"
    rows = {
        datum: list(csv.DictReader(io.StringIO(served.get(f"/rivers/sl323/ST_RIVER_R?{span}{datum}").text)))
        for datum in ("", "&vertical_datum=dagu")
    }
    assert [each[0]["Z"] for each in rows.values()] == ["20.500", "21.700"]
    wusong = served.get(f"/rivers/sl323/ST_RIVER_R?{span}&vertical_datum=wusong")
    assert (wusong.status_code, wusong.json()["code"]) == (422, "datum-not-convertible")
    assert served.get("/rivers/sl323/ST_STBPRP_B?vertical_datum=dagu").json()["parameter"] == "vertical_datum"
    mark = {
        "station": "41800001", "kind": "guaranteed", "quantity": "stage", "value": 21.6, "source": "测试文件",
        "vertical_datum": "dagu", "standing": "unverified",
    }  # fmt: skip
    assert job(served, "threshold-record", **mark)["changeset"]
    held = {each["kind"]: each for each in get(served, "/rivers/stations/41800001")["thresholds"]}
    found = held["guaranteed"]
    assert (found["value"], found["vertical_datum"]) == (21.6, "dagu")
    assert (found["value_at_station"], found["offsets"], found["reached"]) == (20.4, ["T-1"], True)


GATE = "STCD,TM,UPZ,DWZ,TGTQ\n41800005,2026-07-01 01:00,5.00,4.00,7.9\n41800005,2026-07-01 02:00,5.00,3.00,\n"
LEAVES = (
    "STCD,TM,EXKEY,EQPTP,EQPNO,GTOPNUM,GTOPHGT,GTQ\n41800005,2026-07-01 01:00,,,,2,1.00,7.9\n"
    "41800005,2026-07-01 01:00,A,1,01,,0.50,\n41800005,2026-07-01 01:00,A,1,02,,1.50,\n"
    "41800005,2026-07-01 01:00,A,1,a/b,,1.50,\n"
)


def test_gates_and_pumps_come_as_tables_and_their_discharge_by_opening_and_head(served: Served) -> None:
    stations = (
        "STCD,STNM,LGTD,LTTD,DTMNM,STTP\n41800005,测试闸站,118.76,36.89,1985 国家高程基准,DD\n"
        "41800006,测试泵站,118.77,36.90,1985 国家高程基准,DP\n"
        "41800007,测试潮位站,118.9,37.2,大沽基面,TT\n"
    )
    assert load(served, "ST_STBPRP_B", stations)["inserted"] == 3
    for station in ("41800005", "41800006", "41800007"):
        assert job(served, "station-bind", signed=False, station=station)["datastreams"]
    assert load(served, "ST_WAS_R", GATE)["inserted"] == 5
    told = load(served, "ST_GATE_R", LEAVES)
    assert (told["inserted"], told["refused"], told["verified"]) == (4, 1, False)
    pumps = "STCD,TM,PPUPZ,PPDWZ,OMCN,OMPWR,PMPQ\n41800006,2026-07-01 01:00,3.00,5.50,2,300,4.1\n"
    assert load(served, "ST_PUMP_R", pumps)["inserted"] == 5
    assert load(served, "ST_TIDE_R", "STCD,TM,TDZ\n41800007,2026-07-01 01:00,1.93\n")["inserted"] == 1
    for name, text in (("ST_WAS_R", GATE), ("ST_GATE_R", LEAVES), ("ST_PUMP_R", pumps)):
        out = served.get(f"/rivers/sl323/{name}?{SPAN}")
        assert out.headers["onemap-verified"] == "false"
        written = [row for row in csv.DictReader(io.StringIO(text)) if row.get("EQPNO") != "a/b"]
        read = list(csv.DictReader(io.StringIO(out.text)))
        assert len(read) == len(written)
        for one, other in zip(read, written, strict=True):
            assert one["TM"][:16] == other["TM"]
            for column, cell in other.items():
                if column not in ("TM", "STCD") and not column.startswith("E"):
                    assert (one[column] == "") == (cell == "")
                    assert not cell or float(one[column]) == float(cell)
            assert [one.get(each) for each in ("EXKEY", "EQPTP", "EQPNO")] == [
                other.get(each) for each in ("EXKEY", "EQPTP", "EQPNO")
            ]
    table = {
        "station": "41800005", "version": "G-1", "setting": "gate-opening", "head": "fall",
        "settings": [0, 2], "heads_m": [0.5, 1.5], "flows_m3_s": [[0, 0], [10, 18]], "uncertainty": 0.1,
        "source": "率定报告(测试)", "standing": "unverified",
    }  # fmt: skip
    assert job(served, "gate-table-record", **{**table, "station": "41800006"})["code"] == "bad-station"
    assert job(served, "gate-table-record", **{**table, "settings": [2, 0]})["code"] == "bad-rating"
    assert job(served, "gate-table-record", **table)["changeset"]
    span = {"start": "2026-07-01T00:00:00+08:00", "end": "2026-07-01T12:00:00+08:00"}
    done = job(served, "discharge-derive", signed=False, station="41800005", **span)
    assert (done["values"], done["missing"], done["ratings"]) == (1, 1, ["G-1"])
    series = get(served, f"/rivers/stations/41800005/series?element=rated-discharge&{SPAN}")
    assert [each["value"] for each in series["points"]] == [pytest.approx(7.0), None]  # half of (10 + 18) / 2
    assert series["points"][0]["uncertainty"] == pytest.approx(0.7)
    openings = get(served, f"/rivers/stations/41800005/series?element=gate-opening&{SPAN}")
    assert openings["vertical_datum"] is None  # an opening is no height
    (held,) = get(served, "/rivers/stations/41800005/ratings")["gate_tables"]
    assert (held["version"], held["flows_m3_s"]) == ("G-1", [[0.0, 0.0], [10.0, 18.0]])


def test_discharge_by_the_fall_to_another_station(served: Served) -> None:
    below = "STCD,STNM,LGTD,LTTD,DTMNM,STTP\n41800008,测试辅助站,118.78,36.92,大沽基面,ZZ\n"
    assert load(served, "ST_STBPRP_B", below)["inserted"] == 1
    assert job(served, "station-bind", signed=False, station="41800008")["datastreams"]
    stages = "STCD,TM,Z\n41800001,2026-09-01 01:00,11.00\n41800008,2026-09-01 01:00,11.88\n"
    assert load(served, "ST_RIVER_R", stages)["inserted"] == 2
    curve = {
        "station": "41800001", "version": "2026-F", "vertical_datum": "cgvd1985", "uncertainty": 0.05,
        "segments": [{"from_m": 10, "to_m": 15, "a": 12, "zero_m": 10, "b": 1.5}], "standing": "unverified",
        "source": "测流报告(测试)", "day": "2026-08-15",
        "fall": {
            "station": "41800008", "reference_m": 0.5, "exponent": 0.5, "least_m": 0.02,
            "uncertainty_m": 0.01,
        },
    }  # fmt: skip
    alone = {**curve, "fall": {**curve["fall"], "station": "41800001"}}  # type: ignore[dict-item]
    assert job(served, "rating-record", **alone)["code"] == "bad-station"
    assert job(served, "rating-record", **curve)["changeset"]
    span = {"start": "2026-09-01T00:00:00+08:00", "end": "2026-09-02T00:00:00+08:00"}
    done = job(served, "discharge-derive", signed=False, station="41800001", **span)
    assert (done["values"], done["missing"], done["ratings"]) == (1, 0, ["2026-F"])
    window = "start=2026-09-01T00:00:00%2B08:00&end=2026-09-02T00:00:00%2B08:00"
    (point,) = get(served, f"/rivers/stations/41800001/series?element=rated-discharge&{window}")["points"]
    # 11.88 of Dagu are 10.68 of 1985: the fall is 0.32 m, so Q = 12 · (0.32 / 0.5)^0.5
    assert point["value"] == pytest.approx(9.6) and point["uncertainty"] > 0.05 * 9.6
    assert get(served, "/rivers/stations/41800001/ratings")["ratings"][-1]["fall"]["station"] == "41800008"


def test_a_section_is_told_in_the_datum_that_is_asked_for(served: Served) -> None:
    absent = served.get("/rivers/sections/NONE")
    assert (absent.status_code, absent.json()["code"]) == (404, "no-such-river-place")
    assert served.get("/rivers/sections/NONE?vertical_datum=sea").json()["parameter"] == "vertical_datum"
    place = shapely.to_wkb(shapely.LineString([(118.7, 36.8), (118.701, 36.8)]))
    section = {
        "fid": "S-1", "work_id": "S-1", "name": "试验断面", "route_id": "R", "bank": "both",
        "chainage_m": 5.0,
        "vertical_datum": "dagu", "points": "0 21.5; 12.5 18.25; 30 22", "data_nature": "合成数据",
        "geom": place,
    }  # fmt: skip
    with connect(served.dsn) as connection, connection.transaction():
        intent = Intent("李工", "水利局", "测试", datetime(2026, 1, 1, tzinfo=UTC))
        layer_store.put(connection, "river-sections", [section], intent)
    own = get(served, "/rivers/sections/S-1")
    assert own["points"][1] == [12.5, 18.25] and own["synthetic"]
    moved = get(served, "/rivers/sections/S-1?vertical_datum=cgvd1985")
    assert (moved["vertical_datum"], moved["points"][1]) == ("cgvd1985", [12.5, 17.05])
    refused = served.get("/rivers/sections/S-1?vertical_datum=wusong")
    assert (refused.status_code, refused.json()["code"]) == (422, "datum-not-convertible")


def test_an_instant_is_the_same_for_all_stages_and_for_one(served: Served) -> None:
    """``datetime``, or ``asof`` where it is not said, and no later than ``asof`` and now."""
    now = datetime.now(UTC).astimezone(BEIJING).replace(second=0, microsecond=0)
    hours = [(now - timedelta(hours=back), 14.0 - back / 10) for back in (3, 2, 1)]
    told = "".join(f"41800001,{time:%Y-%m-%d %H:%M},{value:.1f}\n" for time, value in hours)
    assert load(served, "ST_RIVER_R", "STCD,TM,Z\n" + told)["inserted"] == 3
    written, future = datetime.now(UTC) + timedelta(seconds=1), now + timedelta(days=400)
    for asked, value in (
        ({}, 13.9),
        ({"datetime": future}, 13.9),
        ({"asof": written}, 13.9),
        ({"datetime": future, "asof": written}, 13.9),
        ({"datetime": now - timedelta(hours=1.5), "asof": written}, 13.8),
        ({"datetime": now - timedelta(hours=1.5)}, 13.8),
    ):
        query = urlencode({name: format_instant(each) for name, each in asked.items()})
        stages = get(served, f"/rivers/stages?{query}")["stages"]
        one = get(served, f"/rivers/stations/41800001?{query}")["latest"]["stage"]
        assert [each["stage"] for each in stages] == [one] and one["value"] == value, asked


def test_asof_alone_is_also_the_instant_and_nothing_is_of_the_future() -> None:
    past, future = "2026-07-01T20:00:00+08:00", "2999-01-01T00:00:00+08:00"
    believed = parse_instant(past)
    assert seen({}) is None and seen({"asof": past}) == Moment(believed, believed)
    assert seen({"datetime": future, "asof": past}) == Moment(believed, believed)
    found = seen({"datetime": future})
    assert found is not None and found.at == found.asof and found.at <= datetime.now(UTC)
