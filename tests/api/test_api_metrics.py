"""Metrics of all workers together, for those they are for; logs of the application without personal data."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from api_serving import Served, contract, deliver, places, publish, server, until

from api.logs import JsonLines
from api.metrics import Metrics
from api.request_id import REQUEST_ID
from api.wire import PRINCIPAL, Request
from spatial.access.model import ANONYMOUS, LOCAL, Origin, Principal, Role
from spatial.observe.telemetry import watching


@pytest.fixture(scope="module")
def two(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Two workers."""
    from api_serving import database_of

    with database_of(server_dsn, template) as dsn:
        publish(dsn, contract("points"))
        deliver(dsn, "points", places(20))
        with server(dsn, tmp_path_factory.mktemp("metrics") / "server.log", workers=2) as running:
            yield running


def value(served: Served, name: str, **labels: str) -> float:
    """The sum of the samples with these labels."""
    total = 0.0
    for line in served.get("/metrics").text.splitlines():
        found = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line)
        if found and found[1] == name:
            told = dict(re.findall(r'(\w+)="([^"]*)"', found[2] or ""))
            if labels.items() <= told.items():
                total += float(found[3])
    return total


ITEM = {"route": "/collections/{id}/items/{fid}", "sharing": "conditional"}


def ask(served: Served, count: int) -> None:
    """Fresh connections, so that both workers have some."""
    for number in range(count):
        answer = served.get(f"/collections/points/items/P{number % 20:06d}", headers={"connection": "close"})
        assert answer.status_code == 200


@pytest.mark.fault
def test_counts_are_those_of_all_workers_and_outlive_one(two: Served) -> None:
    before = value(two, "onemap_requests_total", **ITEM)
    ask(two, 40)
    until(lambda: value(two, "onemap_requests_total", **ITEM, status="200") == before + 40)
    assert value(two, "onemap_request_seconds_count", **ITEM) == before + 40
    assert value(two, "onemap_request_seconds_bucket", **ITEM, le="+Inf") == before + 40
    until(lambda: value(two, "onemap_connections_max", pool="hot") == 16)
    (worker, *_) = _children(two)
    os.kill(worker, signal.SIGKILL)
    until(lambda: len(_children(two)) == 2 and worker not in _children(two))
    assert value(two, "onemap_requests_total", **ITEM) == before + 40
    until(lambda: value(two, "onemap_connections_max", pool="hot") == 16)  # and not 24
    until(lambda: value(two, "onemap_database_up") == 1)
    assert value(two, "onemap_catalogue_age_seconds") < 60


def _children(served: Served) -> list[int]:
    task = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children")
    return [int(each) for each in task.read_text().split()]


def test_no_layer_is_named_and_labels_are_few(two: Served) -> None:
    for number in range(50):
        two.get(f"/collections/made-up-{number}/items")
        two.get(f"/made/up/{number}")
        two.client.request(f"MADE{number}", "/")
    text = two.get("/metrics").text
    assert "points" not in text
    assert "made" not in text.lower()


def test_metrics_are_for_overseers_and_for_this_machine() -> None:
    def asked(who: Principal, client: str, *headers: tuple[bytes, bytes]) -> Request:
        told = {b"host": b"127.0.0.1:8370", **dict(headers)}
        return Request({"headers": list(told.items()), "client": (client, 1), PRINCIPAL: who})

    reader = Principal("k", "水利局", frozenset({Role.READER}), Origin.KEY, "k")
    auditor = Principal("a", "审计局", frozenset({Role.AUDITOR}), Origin.TOKEN, "t")
    metrics, proxied = Metrics(None), Metrics(None, behind_proxy=True)
    assert metrics._allowed(asked(LOCAL, "127.0.0.1"))
    assert metrics._allowed(asked(auditor, "10.0.0.1"))
    assert metrics._allowed(asked(ANONYMOUS, "127.0.0.1"))
    assert not metrics._allowed(asked(ANONYMOUS, "10.0.0.1"))
    assert not metrics._allowed(asked(ANONYMOUS, "127.0.0.1", (b"x-forwarded-for", b"10.0.0.1")))
    assert not metrics._allowed(asked(ANONYMOUS, "127.0.0.1", (b"origin", b"https://elsewhere.example")))
    assert not metrics._allowed(asked(ANONYMOUS, "127.0.0.1", (b"host", b"rebound.example")))
    assert not proxied._allowed(asked(ANONYMOUS, "127.0.0.1"))
    assert not metrics._allowed(asked(reader, "127.0.0.1"))


def test_the_servers_log_is_json_lines(two: Served) -> None:
    environ = Path(f"/proc/{two.process.pid}/fd/2").resolve()
    lines = [json.loads(line) for line in environ.read_text().splitlines()]
    assert lines
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in lines)


def test_a_failure_is_told_by_type_and_place_without_its_values() -> None:
    secret = "王小明 13800000000"
    record = None
    try:
        try:
            raise ValueError(secret)
        except ValueError as cause:
            raise psycopg.errors.UniqueViolation(f"Key (name)=({secret}) already exists") from cause
    except psycopg.Error as failure:
        info = (type(failure), failure, failure.__traceback__)
        record = logging.LogRecord("onemap.api", logging.ERROR, __file__, 1, "unexpected", (), info)
    token = REQUEST_ID.set("r-17")
    line = JsonLines().format(record)
    REQUEST_ID.reset(token)
    assert secret not in line
    told = json.loads(line)
    assert told["request"] == "r-17"
    assert told["failure"]["type"] == "psycopg.errors.UniqueViolation"
    assert told["failure"]["sqlstate"] == "23505"
    assert told["failure"]["cause"]["type"] == "builtins.ValueError"
    assert any("test_a_failure_is_told" in place for place in told["failure"]["stack"])


def test_telemetry_is_told_from_the_database(two: Served) -> None:
    with psycopg.connect(two.dsn) as connection:
        connection.execute(
            "insert into telemetry.tally values"
            " ('mqtt', 'accepted', '', 1, 5, 2, now() - interval '1 minute'),"
            " ('mqtt', 'accepted', '', 2, 7, 0, now() - interval '2 minutes'),"
            " ('mqtt', 'rejected', 'bad-body', 1, 3, 0, now() - interval '3 minutes')"
        )
        watching.tell(connection, "mqtt/a", True, 9, 1.5)
    said = {"channel": "mqtt", "reason": ""}
    assert value(two, "onemap_telemetry_messages_total", outcome="accepted", **said) == 12
    refused = {"outcome": "rejected", "channel": "mqtt", "reason": "bad-body"}
    assert value(two, "onemap_telemetry_messages_total", **refused) == 3
    assert value(two, "onemap_telemetry_unstored_values_total", channel="mqtt") == 2
    assert 60 <= value(two, "onemap_telemetry_last_message_age_seconds", channel="mqtt") < 600
    assert value(two, "onemap_telemetry_connected", service="mqtt/a") == 1
    assert value(two, "onemap_telemetry_waiting", service="mqtt/a") == 9
    assert value(two, "onemap_telemetry_behind_seconds", service="mqtt/a") == 1.5
