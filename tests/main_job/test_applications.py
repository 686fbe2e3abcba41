"""Each of the city's systems asks its question of a sample city, as the page of applications says it may.

One city is furnished for all of it: divisions, roads, addresses, assets, and what stations measured.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pyproj
import pytest
from serving import ROOT, Served, database_of, server, until

from address.sample import loading as addresses
from spatial import sample
from spatial.database import connect
from spatial.observe.at import measured
from spatial.sample import assets, observations
from spatial.sample.loading import VALID_FROM
from spatial.sample.observations.values import HOURS, values

GEOD = pyproj.Geod(a=6378137.0, rf=298.257222101)
PAGE = (ROOT / "docs" / "applications.md").read_text(encoding="utf-8")
ASKED = re.findall(r"^# (\d+) .*\n(curl .*)$", PAGE, re.MULTILINE)


@pytest.fixture(scope="module")
def city(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with database_of(server_dsn, template) as dsn:
        sample.build(dsn)
        addresses.build(dsn, 3000)
        assert assets.build(dsn) > 10_000
        assert observations.build(dsn) > 50_000
        with server(dsn, tmp_path_factory.mktemp("applications") / "server.log") as served:
            ready = lambda: served.get("/v1/autocomplete?text=x").status_code != 503  # noqa: E731
            until(ready, 120)  # the register is read when it is asked for
            yield served


def ask(city: Served, command: str) -> Any:
    """What a copied command is answered; of curl what the page uses of it."""
    words = shlex.split(command.replace("$base", city.url))[1:]
    query: list[tuple[str, str]] = []
    headers: dict[str, str] = {}
    address, body = "", None
    while words:
        word = words.pop(0)
        if word == "-H":
            name, _, value = words.pop(0).partition(": ")
            headers[name] = value
        elif word == "-d":
            body = words.pop(0)
        elif word == "--data-urlencode":
            name, _, value = words.pop(0).partition("=")
            query.append((name, value))
        elif word not in ("-s", "-G"):
            address = word
    address += f"?{urlencode(query)}" if query else ""
    answer = city.client.post(address, content=body, headers=headers) if body else city.client.get(address)
    assert answer.status_code in (200, 201), (command, answer.status_code, answer.text[:400])
    return answer.json()


def some(items: Any) -> None:
    assert len(items) > 0


TOLD: dict[str, Callable[[Any], None]] = {
    "1": lambda told: some([part for part in told["parts"] if part["rows"]]),
    "2": lambda told: some(told["without"]),
    "3": lambda told: some(told["value"][0]["Observations"]),
    "4": lambda told: some(told["changesets"]),
    "5": lambda told: some(told["nearest"][0]),
    "6": lambda told: some(told["layers"][0]["features"]),
    "7": lambda told: some(told["features"]),
    "8": lambda told: some(told["features"]),
    "9": lambda told: some([code for code in told["codes"] if code]),
    "10": lambda told: some(told["features"]),
    "11": lambda told: some([value for value in told["values"] if value > 0]),
    "12": lambda told: some([band for band in told["bands"] if band["area_m2"] > 0]),
    "13": lambda told: some(told["features"]),
    "14": lambda told: some([layer for layer in told["layers"] if layer["count"]]),
    "15": lambda told: some(told["nearest"][0]),
    "16": lambda told: some([told["share"]] if told["share"] else []),
    "17": lambda told: some(told["features"]),
    "18": lambda told: some([told["status"]] if told["status"] == "ready" else []),
    "19": lambda told: some(told["features"]),
    "20": lambda told: some(told["tiles"]),
    "21": lambda told: some(told),
    "22": lambda told: some([told["share"]] if told["share"] else []),
    "23": lambda told: some(told["entries"]),
}


def test_every_system_of_the_table_has_a_request() -> None:
    rows = re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)
    assert rows == [number for number, _ in ASKED] == list(TOLD)


@pytest.mark.parametrize(("number", "command"), ASKED, ids=[number for number, _ in ASKED])
def test_what_is_copied_from_the_page_is_answered(city: Served, number: str, command: str) -> None:
    told = ask(city, command)
    TOLD[number](told)
    if "/execution" in command:  # all that these look at is generated
        assert told["onemap:synthetic"] == "合成数据"


def test_what_is_copied_from_the_page_of_assets_is_answered(city: Served) -> None:
    page = (ROOT / "docs" / "assets.md").read_text(encoding="utf-8")
    listed, handed_in = re.findall(r"^curl .*$", page.replace("\\\n", " "), re.MULTILINE)
    some(ask(city, listed)["features"])
    assert ask(city, handed_in)["status"] == "accepted"


@pytest.mark.parametrize(
    "process", ["interpolate", "exposure", "nearest", "reach", "coverage", "assign-grid"]
)
def test_the_example_of_a_process_is_answered(city: Served, process: str) -> None:
    example = city.get(f"/processes/{process}").json()["example"]
    answer = city.client.post(f"/processes/{process}/execution", json=example)
    assert answer.status_code == 200, answer.text
    printed = [command for _, command in ASKED if f"/processes/{process}/execution" in command]
    assert printed and answer.json()


def test_nothing_is_loaded_twice(city: Served) -> None:
    assert assets.build(city.dsn) == 0
    assert observations.build(city.dsn) == 0


def test_stations_near_each_other_agree_and_faults_are_found(city: Served) -> None:
    with connect(city.dsn) as connection:
        rows = connection.execute("select flag, count(*) from observe.observation group by 1").fetchall()
        found = dict(connection.execute("select test, count(*) from observe.finding group by 1").fetchall())
        rolled = connection.execute("select sum(count)::bigint from observe.roll_up_day").fetchone()
    flags = dict(rows)
    assert set(flags) <= {1, 2, 3, 4, 9} and flags[9] > 0
    assert rolled == (sum(flags.values()),)
    assert found["gross_range"] > 0 and found["flat_line"] > 0
    points = np.concatenate([np.zeros((1, 2)), [[300.0, 0.0]], [[40_000.0, 0.0]]])
    gaps = [values("pm25", points, np.random.default_rng(seed)) for seed in range(40)]
    near = np.nanmean([np.abs(np.log((one[0] + 1) / (one[1] + 1))) for one in gaps])
    far = np.nanmean([np.abs(np.log((one[0] + 1) / (one[2] + 1))) for one in gaps])
    assert near < far / 2
    again = (
        values("noise", points, np.random.default_rng(7)),
        values("noise", points, np.random.default_rng(7)),
    )
    np.testing.assert_array_equal(*again)
    assert again[0].shape == (3, HOURS)


def test_a_surface_passes_through_what_the_stations_measured(city: Served) -> None:
    at = VALID_FROM + timedelta(days=6, hours=9, minutes=20)
    with connect(city.dsn) as connection:
        found = measured(connection, "pm25", "environment-stations", at, timedelta(hours=1))
        later = measured(
            connection, "pm25", "environment-stations", at + timedelta(days=400), timedelta(hours=1)
        )
        rows = connection.execute(
            "select t.key, o.result_number from observe.observation o"
            " join observe.datastream d on d.id = o.datastream join observe.thing t on t.id = d.thing"
            " where d.key like '%%/pm25' and o.phenomenon_time = %s"
            " and o.flag in (1, 2) and o.result_number is not null order by 1",
            (at - timedelta(minutes=20),),
        ).fetchall()
    assert [(one.thing, one.value) for one in found] == rows and len(rows) > 8
    assert later == []
    inputs = {
        "property": "pm25",
        "datetime": at.isoformat(),
        "positions": [[one.lon_deg, one.lat_deg] for one in found],
    }
    answer = city.client.post("/processes/interpolate/execution", json={"inputs": inputs})
    told = answer.json()
    assert told["values"] == pytest.approx([one.value for one in found], abs=1e-4)
    assert [each["thing"] for each in told["stations"]] == [one.thing for one in found]
    unknown = city.client.post(
        "/processes/interpolate/execution", json={"inputs": inputs | {"property": "pm99"}}
    )
    assert unknown.status_code == 400 and "pm99" in unknown.text and "pm25" in unknown.text


def test_what_was_believed_before_a_correction_can_be_asked_for(city: Served) -> None:
    from spatial.observe import series
    from spatial.observe.model import Reading

    at = VALID_FROM + timedelta(days=3, hours=5)
    with connect(city.dsn) as connection:
        before = measured(connection, "no2", "environment-stations", at, timedelta(hours=1))
        (then,) = connection.execute("select clock_timestamp()").fetchone() or (None,)
        (stream,) = connection.execute(
            "select id from observe.datastream where key = %s", (f"{before[0].thing}/no2",)
        ).fetchone() or (None,)
        assert series.record(connection, [Reading(stream, at, before[0].value + 5)]).corrected == 1
        connection.commit()
        now = measured(connection, "no2", "environment-stations", at, timedelta(hours=1))
        past = measured(connection, "no2", "environment-stations", at, timedelta(hours=1), asof=then)
    assert past == before
    assert now[0].value == before[0].value + 5 and now[1:] == before[1:]


def test_what_lies_around_a_line_is_within_the_distance(city: Served) -> None:
    inputs: dict[str, Any] = {
        "around": "transmission-lines", "buffer_m": 150, "layers": ["hydrants"], "list": 1000,
    }  # fmt: skip
    told = city.client.post("/processes/exposure/execution", json={"inputs": inputs}).json()
    listed = {each["fid"] for each in told["layers"][0]["features"]}
    with connect(city.dsn) as connection:
        rows = connection.execute(
            "select h.fid, min(ST_Distance(h.geom::geography, l.geom::geography))"
            " from history.hydrants_believed h, history.transmission_lines_believed l group by 1"
        ).fetchall()
    sure = {fid for fid, away in rows if away < 149.5}
    unsure = {fid for fid, away in rows if 149.5 <= away <= 150.5}
    assert sure <= listed <= sure | unsure and listed
    both = {**inputs, "area": {"type": "Point", "coordinates": [118.7, 36.9]}}
    refused = city.client.post("/processes/exposure/execution", json={"inputs": both})
    assert refused.status_code == 400 and "around" in refused.text
    around = {
        "area": {"type": "Point", "coordinates": [118.74, 36.88]}, "buffer_m": 500, "layers": ["hydrants"],
    }  # fmt: skip
    near = city.client.post("/processes/exposure/execution", json={"inputs": around}).json()
    with connect(city.dsn) as connection:
        rows = connection.execute("select ST_X(geom), ST_Y(geom) from history.hydrants_believed").fetchall()
    away = [GEOD.inv(118.74, 36.88, *row)[2] for row in rows]
    assert near["layers"][0]["count"] == pytest.approx(sum(each <= 500 for each in away), abs=1)
