"""Single observations from many connections at once: written in groups, each answered for itself."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from api_serving import Served, database_of, server
from sensor_requests import ROOT, made, station

CLIENTS = 12
VALUES = 20


@pytest.fixture(scope="module")
def sensed(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    log = tmp_path_factory.mktemp("together") / "server.log"
    with database_of(server_dsn, template) as dsn, server(dsn, log) as running:
        for name in ("甲", "乙", "丙"):
            made(running, "Things", station(name, count=1))
        yield running


def value(stream: int, minute: int, result: Any) -> tuple[str, dict[str, Any]]:
    time = f"2026-04-{1 + minute // 1440:02}T{minute // 60 % 24:02}:{minute % 60:02}:00Z"
    return f"{ROOT}/Datastreams({stream})/Observations", {"phenomenonTime": time, "result": result}


def sent(url: str, requests: list[tuple[str, dict[str, Any]]], told: list[httpx.Response]) -> None:
    with httpx.Client(base_url=url, trust_env=False) as client:
        for path, document in requests:
            told.append(client.post(path, json=document))


def at_once(url: str, clients: list[list[tuple[str, dict[str, Any]]]]) -> list[list[httpx.Response]]:
    answers: list[list[httpx.Response]] = [[] for _ in clients]
    with ThreadPoolExecutor(len(clients)) as pool:
        list(pool.map(lambda place: sent(url, clients[place], answers[place]), range(len(clients))))
    return answers


def test_each_is_stored_once_and_answered_with_its_own_number(sensed: Served) -> None:
    # Client n writes minutes n, n + CLIENTS, … of the same three datastreams, so groups hold every order.
    clients = [
        [value(1 + 2 * (turn % 3), 60 + client + CLIENTS * turn, client + turn / 8) for turn in range(VALUES)]
        for client in range(CLIENTS)
    ]
    expected = {
        (path.partition("(")[2].partition(")")[0], document["phenomenonTime"]): document["result"]
        for client in clients
        for path, document in client
    }
    answers = [each for of_client in at_once(sensed.url, clients) for each in of_client]
    assert Counter(each.status_code for each in answers) == {201: CLIENTS * VALUES}
    found = {}
    for each in answers:
        path = each.headers["location"].partition(ROOT)[2]
        held = sensed.get(f"{ROOT}{path}", params={"$expand": "Datastream($select=id)"}).json()
        found[(str(held["Datastream"]["@iot.id"]), held["phenomenonTime"])] = held["result"]
    assert found == expected
    with psycopg.connect(sensed.dsn) as connection:
        hours = connection.execute(
            "select datastream, sum(count), sum(total) from observe.roll_up_hour"
            " where start >= '2026-04-01' group by 1"
        ).fetchall()
    for stream, count, total in hours:
        mine = [result for (told, _), result in expected.items() if told == str(stream)]
        assert (count, total) == (len(mine), sum(mine))


def test_the_fault_of_one_is_not_its_neighbours(sensed: Served) -> None:
    bad = [
        (f"{ROOT}/Datastreams(9999)/Observations", {"result": 1.0}),
        (f"{ROOT}/Observations", {"result": 1.0, "Datastream": {"@iot.id": 9999}}),
        (f"{ROOT}/Datastreams(1)/Observations", {"phenomenonTime": "yesterday", "result": 1.0}),
        (f"{ROOT}/Datastreams(1)/Observations", {"result": 1.0, "colour": "red"}),
        (f"{ROOT}/Datastreams(1)/Observations", {"phenomenonTime": "1066-10-14T00:00:00Z", "result": 1.0}),
    ]
    good = [[value(1, 5000 + client + 4 * turn, 7.0) for turn in range(VALUES)] for client in range(4)]
    *answers, refused = at_once(sensed.url, [*good, bad * 4])
    assert {each.status_code for of_client in answers for each in of_client} == {201}
    assert [each.status_code for each in refused] == [404, 400, 400, 400, 400] * 4
    assert all(each.json()["code"] != "onemap-error" for each in refused)


def test_one_instant_from_many_is_one_value_and_the_others_are_its_past(sensed: Served) -> None:
    answers = at_once(sensed.url, [[value(3, 9000, float(client))] for client in range(CLIENTS)])
    assert len({each.headers["location"] for (each,) in answers}) == 1
    with psycopg.connect(sensed.dsn) as connection:
        rows = connection.execute(
            "select result_number from observe.observation"
            " where datastream = 3 and phenomenon_time = '2026-04-07 06:00Z'"
            " union all select result_number from observe.superseded"
            " where datastream = 3 and phenomenon_time = '2026-04-07 06:00Z'"
        ).fetchall()
    assert sorted(number for (number,) in rows) == [float(client) for client in range(CLIENTS)]


def test_what_was_acknowledged_outlives_a_server_that_is_killed(
    server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    log = tmp_path_factory.mktemp("killed") / "server.log"
    with database_of(server_dsn, template) as dsn, server(dsn, log) as running:
        made(running, "Things", station("丁", count=0))
        acknowledged: list[dict[str, Any]] = []
        enough = threading.Event()

        def write(client: int) -> None:
            with httpx.Client(base_url=running.url, trust_env=False) as one:
                for turn in range(10_000):
                    path, document = value(1 + client % 2, client + 8 * turn, float(turn))
                    try:
                        answer = one.post(path, json=document)
                    except httpx.HTTPError:
                        return
                    if answer.status_code == 201:
                        acknowledged.append({"stream": 1 + client % 2, **document})
                    if len(acknowledged) > 150:
                        enough.set()

        with ThreadPoolExecutor(8) as pool:
            writing = [pool.submit(write, client) for client in range(8)]
            assert enough.wait(60)
            for worker in _children(running.process.pid):
                os.kill(worker, signal.SIGKILL)
            running.process.kill()
            for each in writing:
                each.result()
        with psycopg.connect(dsn) as connection:
            rows = connection.execute(
                "select datastream, phenomenon_time, result_number from observe.observation"
            ).fetchall()
        stored = {(stream, time): number for stream, time, number in rows}
        assert len(acknowledged) > 150
        for each in acknowledged:
            assert stored[(each["stream"], datetime.fromisoformat(each["phenomenonTime"]))] == each["result"]


def _children(pid: int) -> list[int]:
    return [
        int(each)
        for path in Path(f"/proc/{pid}/task").glob("*/children")
        for each in path.read_text().split()
    ]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"phenomenonTime": "2026-05-01T00:00:00Z", "result": NaN}', 400),
        (b'{"phenomenonTime": "2026-05-01T00:00:00Z", "result": Infinity}', 400),
        (b'{"phenomenonTime": "2026-05-01T00:00:00Z", "result": 1e999}', 400),
        (b'{"phenomenonTime": "2026-05-01T00:00:00Z", "result": 1', 400),
        (b'{"phenomenonTime": "2026-02-30T00:00:00Z", "result": 1}', 400),
        (b'{"phenomenonTime": "2300-01-01T00:00:00Z", "result": 1}', 400),
        (b"\xff\xfe", 400),
        (b" " * (8 * 1024 * 1024 + 1), 413),
    ],
    ids=["NaN", "Infinity", "1e999", "cut", "no day", "beyond the calendar", "no text", "oversized"],
)
def test_a_body_that_cannot_be_meant_is_refused_and_the_next_one_is_taken(
    sensed: Served, body: bytes, status: int
) -> None:
    path = f"{ROOT}/Datastreams(6)/Observations"
    headers = {"content-type": "application/json"}
    with httpx.Client(base_url=sensed.url, trust_env=False) as client:
        count = client.get(f"{path}?$count=true&$top=0").json()["@iot.count"]
        answer = client.post(path, content=body, headers=headers)
        assert answer.status_code == status, answer.text
        assert answer.json()["zh"] and answer.json()["en"]
        assert client.get(f"{path}?$count=true&$top=0").json()["@iot.count"] == count
        following = {"phenomenonTime": f"2026-05-02T00:00:{count:02}Z", "result": 2}
        assert client.post(path, json=following).status_code == 201


def test_a_message_with_its_name_sent_by_many_at_once_counts_once(sensed: Served) -> None:
    path, document = value(5, 20_000, 4.5)

    def post(_: int) -> httpx.Response:
        with httpx.Client(base_url=sensed.url, trust_env=False) as client:
            return client.post(path, json=document, headers={"Idempotency-Key": "one message"})

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(post, range(16)))
    assert {each.status_code for each in answers} == {201}
    assert len({each.headers["location"] for each in answers}) == 1
    with psycopg.connect(sensed.dsn) as connection:
        row = connection.execute(
            "select count(*) from observe.superseded where datastream = 5 and recorded_at < superseded_at"
            " and phenomenon_time = '2026-04-14 21:20Z'"
        ).fetchone()
    assert row == (0,)
