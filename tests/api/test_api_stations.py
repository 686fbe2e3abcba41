"""What stations say now over HTTP: newest values, findings, corrections, charts as of before; assets."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import monitored_ground as ground
import pytest
from api_serving import Served, server
from feed_clients import events
from guarded_town import Town
from monitored_ground import HOURS, PLACES, START, Watched, reading
from sensor_requests import ROOT, station
from serving import until

from api.executions import OFFERED
from api.sensorthings.shared_reading import SharedReading
from api.sensorthings.stream import SOME, Listener
from spatial.access import store as access
from spatial.access.model import Right, Role
from spatial.database import connect
from spatial.inventory.layers import contract
from spatial.jobs import run
from spatial.jobs.workplace import Workplace
from spatial.observe import series

STEWARD = contract(ground.STATIONS).steward


@pytest.fixture(scope="module")
def watched(
    server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Served, Watched]]:
    log = tmp_path_factory.mktemp("stations") / "server.log"
    with ground.watched(server_dsn, template) as found, server(found.dsn, log) as served:
        yield served, found


def told(served: Served, path: str, **query: Any) -> Any:
    answer = served.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def at(hour: int) -> datetime:
    return START + timedelta(hours=hour)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_every_thing_with_the_newest_value_of_each_datastream(watched: tuple[Served, Watched]) -> None:
    served, found = watched
    stations = {each["key"]: each for each in told(served, "/stations")["stations"]}
    assert set(stations) == set(PLACES)
    for key, each in stations.items():
        assert each["position"] == pytest.approx(PLACES[key])
        assert (each["name"], each["layer"]) == (f"合成站 {key}", ground.STATIONS)
        (stream,) = each["datastreams"]
        assert (stream["id"], stream["count"]) == (found.streams[key], HOURS)
        assert (stream["value"], instant(stream["time"])) == (ground.told(key, HOURS - 1), at(HOURS - 1))
        wild = key == ground.WILD[0]
        assert (stream["flag"], stream["tests"]) == ((4, ["gross_range"]) if wild else (1, []))


def test_properties_tell_the_rules_in_force_and_where_they_are_from(watched: tuple[Served, Watched]) -> None:
    properties = {each["key"]: each for each in told(watched[0], "/observed-properties")["properties"]}
    assert properties["pm25"]["rules"]["gross_range"] == {
        "fail_low": 0.0, "fail_high": ground.FAIL_HIGH, "suspect_high": ground.SUSPECT_HIGH,
    }  # fmt: skip
    assert (properties["pm25"]["basis"], properties["pm25"]["version"]) == ("测试用,待核", 1)
    assert properties["noise"]["rules"]["gap"] == {"suspect_s": 7200.0}


def test_who_watches_hears_only_of_what_was_written_since(watched: tuple[Served, Watched]) -> None:
    served, found = watched
    first = served.get("/stations")
    unchanged = served.get("/stations", headers={"If-None-Match": first.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    later = (instant(first.json()["at"]) + timedelta(minutes=2)).isoformat()
    assert told(served, "/stations", since=later)["stations"] == []
    with connect(found.dsn) as connection:
        series.record(connection, [reading(found.streams["E-5"], HOURS, 77.7)])
    changed = told(served, "/stations", since=first.json()["at"])
    heard = {each["key"]: each["datastreams"][0]["value"] for each in changed["stations"]}
    assert heard["E-5"] == 77.7
    assert instant(changed["at"]) > instant(first.json()["at"])


def test_a_crowd_is_answered_by_few_readings_and_nobody_with_what_was_before(
    watched: tuple[Served, Watched],
) -> None:
    async def crowd() -> None:
        shared, goes_on, written, readings = SharedReading(), asyncio.Event(), 0, 0

        async def work() -> int:
            nonlocal readings
            readings += 1
            held = written
            await goes_on.wait()
            return held

        async def ask() -> tuple[int, int]:
            before = written
            return before, await shared.read("stations", work)

        first = asyncio.create_task(ask())
        while not readings:
            await asyncio.sleep(0)
        tasks = []
        for _ in range(50):
            written += 1
            tasks.append(asyncio.create_task(ask()))
            await asyncio.sleep(0)
        tasks[3].cancel()
        goes_on.set()
        told = await asyncio.gather(*tasks, return_exceptions=True)
        assert await first == (0, 0)
        assert isinstance(told.pop(3), asyncio.CancelledError)
        assert told == [(before, 50) for before in range(1, 51) if before != 4]
        assert readings == 2
        assert await ask() == (50, 50) and readings == 3

    asyncio.run(crowd())

    async def failing() -> None:
        raise ValueError("away")

    async def fails() -> list[object]:
        shared = SharedReading()
        asks = (shared.read("a", failing) for _ in range(3))
        return list(await asyncio.gather(*asks, return_exceptions=True))

    assert [str(each) for each in asyncio.run(fails())] == ["away"] * 3
    served, _ = watched
    with ThreadPoolExecutor(8) as pool:
        tags = {answer.headers["etag"] for answer in pool.map(lambda _: served.get("/stations"), range(24))}
    assert len(tags) == 1


def test_new_values_are_told_to_who_listens_and_may_read(watched: tuple[Served, Watched]) -> None:
    served, found = watched
    with served.client.stream("GET", "/observations/stream", timeout=30) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        assert next(events(lines)) == {"retry": "1000"}
        for value in (41.5, 42.5):
            with connect(found.dsn) as connection:
                series.record(connection, [reading(found.streams["E-5"], HOURS, value)])
            held = None
            while held != value:  # what was written just before may be told, too
                block = next(events(lines))
                assert block["event"] == "stations"
                heard = {each["key"]: each for each in json.loads(block["data"])}
                held = heard["E-5"]["datastreams"][0]["value"] if "E-5" in heard else held
        stations = {each["key"]: each for each in told(served, "/stations")["stations"]}
        assert heard["E-5"] == stations["E-5"]


def test_what_waits_for_a_slow_listener_is_the_newest_of_each_station_it_may_read() -> None:
    listener = Listener()
    for turn in range(3):
        for thing in range(SOME + 2):
            listener.pending[thing] = ("open" if thing % 2 else "closed", f"{thing}:{turn}")
    first = listener.take(frozenset({"open"}))
    assert first == [f"{thing}:2" for thing in range(1, SOME + 2, 2)]
    assert not listener.pending
    listener.pending = dict.fromkeys(range(SOME + 2), (None, "x"))
    assert len(listener.take(None)) == SOME
    assert len(listener.pending) == 2


def test_findings_are_the_values_that_failed_a_test_newest_first(watched: tuple[Served, Watched]) -> None:
    served, found = watched
    listed = told(served, "/findings")
    keys = {number: key for key, number in found.streams.items()}
    assert [(keys[each["datastream"]], each["value"], each["flag"]) for each in listed["findings"]] == [
        ("E-2", 900.0, 4), ("E-3", 320.0, 3),
    ]  # fmt: skip
    assert listed["more"] is False
    newest = listed["findings"][0]
    assert (instant(newest["time"]), newest["tests"]) == (at(71), ["gross_range"])
    page = told(served, "/findings", limit=1)
    assert (page["findings"], page["more"]) == ([newest], True)
    before = f"{newest['time']}/{newest['datastream']}"
    assert told(served, "/findings", limit=1, before=before) == {
        "findings": [listed["findings"][1]], "more": False,
    }  # fmt: skip
    assert told(served, "/findings", datastream=found.streams["E-3"])["findings"] == listed["findings"][1:]
    span = f"{at(0).isoformat()}/{at(50).isoformat()}"
    assert told(served, "/findings", datetime=span)["findings"] == listed["findings"][1:]


def test_a_correction_tells_both_values_and_when(watched: tuple[Served, Watched]) -> None:
    served, found = watched
    path = f"/datastreams/{found.streams['E-1']}/corrections"
    rows = told(served, path)["corrections"]
    changed = [each for each in rows if each["value"] != each["value_then"]]
    (one,) = changed
    assert (instant(one["time"]), one["value"], one["value_then"]) == (at(30), ground.WRONG, ground.RIGHT)
    assert instant(one["recorded_at"]) < instant(one["superseded_at"])
    assert one["withdrawn"] is False
    after = f"{at(31).isoformat()}/.."
    assert told(served, path, datetime=after) == {"corrections": [], "more": False}


def test_the_chart_shows_what_was_believed_before(watched: tuple[Served, Watched]) -> None:
    served, found = watched
    number = found.streams["E-1"]
    (one,) = [
        each
        for each in told(served, f"/datastreams/{number}/corrections")["corrections"]
        if each["value"] == ground.WRONG
    ]
    span = f"{at(0).isoformat()}/{at(HOURS).isoformat()}"
    now = told(served, f"/datastreams/{number}/chart", datetime=span)["buckets"]
    then = told(served, f"/datastreams/{number}/chart", datetime=span, asof=one["recorded_at"])["buckets"]
    assert len(now) == len(then) == HOURS
    differing = {place for place in range(HOURS) if now[place] != then[place]}
    assert differing == {30}
    assert (now[30][2], then[30][2]) == (ground.RIGHT, ground.WRONG)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/stations?since=yesterday", 400),
        ("/findings?before=2026-03-01", 400),
        ("/findings?datetime=2026-03-01T00:00:00Z", 400),
        ("/findings?limit=0", 400),
        ("/findings?state=open", 400),
        ("/findings?datastream=99999999999", 404),
        ("/datastreams/99999/corrections", 404),
        ("/datastreams/99999999999/corrections", 404),
        ("/datastreams/x/corrections", 400),
        ("/assets?asof=then", 400),
    ],
)
def test_what_cannot_be_asked_is_refused(watched: tuple[Served, Watched], path: str, status: int) -> None:
    answer = watched[0].get(path)
    assert answer.status_code == status, answer.text
    assert answer.json()["zh"] and answer.json()["en"]


def test_assets_are_counted_by_layer_and_state_of_life(watched: tuple[Served, Watched]) -> None:
    served, _ = watched
    layers = {each["layer"]: each["counts"] for each in told(served, "/assets")["layers"]}
    assert set(layers) == {"hydrants", ground.STATIONS}  # records and papers have no life
    expected = Counter(ground.STATES)
    assert layers["hydrants"] == {each: expected[each] for each in layers["hydrants"]}
    assert layers[ground.STATIONS]["in-service"] == len(PLACES)
    before = told(served, "/assets", datetime="2025-12-31")["layers"]
    assert all(not any(each["counts"].values()) for each in before)
    then = told(served, "/assets", asof="2020-01-01")["layers"]
    assert all(not any(each["counts"].values()) for each in then)


def test_who_may_not_read_a_layer_hears_nothing_of_its_stations(town: Town) -> None:
    for layer in ("shared", "withheld"):
        made = town.ask("POST", "own editor", f"{ROOT}/Things", station(f"现-{layer}", layer=layer, count=2))
        assert made.status_code == 201, made.text
    for who, names in (("stranger", {"现-shared"}), ("own reader", {"现-shared", "现-withheld"})):
        stations = [
            each for each in town.get(who, "/stations").json()["stations"] if each["name"][:2] == "现-"
        ]
        assert {each["name"] for each in stations} == names, who
    (hidden,) = [each for each in stations if each["layer"] == "withheld"]
    path = f"/datastreams/{hidden['datastreams'][0]['id']}/corrections"
    assert town.get("own reader", path).status_code == 200
    assert town.get("stranger", path).status_code == 404


def answered(served: Served, body: dict[str, Any], **headers: str) -> Any:
    """The job of an answer, run here as a worker runs it."""
    accepted = served.client.post(
        "/processes/answer-findings/execution", json={"inputs": body}, headers=headers
    )
    assert accepted.status_code == 201, accepted.text
    job = accepted.json()["jobID"]
    run.run(Workplace(served.dsn, "370783"), OFFERED, job, 1)
    return served.get(f"/jobs/{job}", headers=headers).json()


def test_a_finding_is_answered_and_its_receipts_are_told(watched: tuple[Served, Watched]) -> None:
    served, found = watched
    stream = found.streams["E-3"]
    (before,) = told(served, "/findings", datastream=stream)["findings"]
    assert (before["state"], before["steps"]) == ("raised", ["acknowledged", "noted"])
    by = {"author": "王", "department": "生态环境局"}
    step = {"layer": ground.STATIONS, "datastream": stream, "datetime": before["time"], **by}
    assert answered(served, {**step, "action": "acknowledged"})["status"] == "successful"
    done = answered(served, {**step, "action": "handled", "note": "已更换切割头"})
    assert done["status"] == "successful"
    (after,) = told(served, "/findings", datastream=stream)["findings"]
    assert (after["state"], after["steps"]) == ("handled", ["closed", "acknowledged", "noted"])
    receipts = [(each["action"], each["subject"], each["note"]) for each in after["answers"]]
    assert receipts == [("acknowledged", "王", ""), ("handled", "王", "已更换切割头")]
    every = told(served, "/findings")["findings"]
    by_state = {
        state: told(served, "/findings", state=state)["findings"]
        for state in ("raised", "acknowledged", "handled", "closed")
    }
    assert by_state["handled"] == [after]
    assert {state: [each for each in every if each["state"] == state] for state in by_state} == by_state
    refused = answered(served, {**step, "action": "handled", "note": "再次"})
    assert refused["status"] == "failed"
    elsewhere = answered(served, {**step, "layer": "hydrants", "action": "noted", "note": "x"})
    assert elsewhere["status"] == "failed"
    assert len(told(served, "/findings", datastream=stream)["findings"][0]["answers"]) == 2


def test_who_may_not_edit_the_layer_answers_nothing_and_nobody_is_told_names(
    watched: tuple[Served, Watched],
) -> None:
    served, found = watched
    with connect(served.dsn) as connection:
        _, reader = access.add_key(connection, "读者", "水利局", [Role.READER], by="test")
        access.add_grant(connection, ground.STATIONS, "水利局", Right.READ, by="test")
        _, steward = access.add_key(connection, "主管", STEWARD, [Role.EDITOR], by="test")
    for each in (reader, steward):
        headers = {"X-API-Key": each}
        path = f"/collections/{ground.STATIONS}"
        until(lambda path=path, headers=headers: served.get(path, headers=headers).status_code == 200)
    step = {
        "layer": ground.STATIONS,
        "datastream": found.streams["E-2"],
        "datetime": f"{at(0).isoformat()}/{at(HOURS).isoformat()}",
        "action": "acknowledged",
    }
    refused = served.client.post(
        "/processes/answer-findings/execution", json={"inputs": step}, headers={"X-API-Key": reader}
    )
    assert refused.status_code == 403, refused.text
    (seen,) = served.get(
        "/findings", params={"datastream": found.streams["E-2"]}, headers={"X-API-Key": reader}
    ).json()["findings"]
    assert seen["steps"] == []
    assert answered(served, step, **{"X-API-Key": steward})["status"] == "successful"
    (after,) = served.get(
        "/findings", params={"datastream": found.streams["E-2"]}, headers={"X-API-Key": steward}
    ).json()["findings"]
    assert (after["state"], after["steps"]) == ("acknowledged", ["handled", "noted"])
    assert after["answers"][0]["subject"] == "主管"


def test_a_value_that_is_overdue_is_told_to_be_stale(watched: tuple[Served, Watched]) -> None:
    served, _ = watched
    streams = {each["key"]: each["datastreams"][0] for each in told(served, "/stations")["stations"]}
    noise, air = streams["N-1"], streams["E-5"]
    assert (noise["stale"], instant(noise["due"]) - instant(noise["time"])) == (True, timedelta(hours=2))
    assert (air["stale"], air["due"]) == (False, None)  # nobody said how long a value may be waited for
