"""The database goes away and comes back (K3), and what is too slow is ended."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path

import httpx
import psycopg
import pytest
from api_serving import Served, contract, deliver, places, publish, server, until
from patience import at_once
from psycopg.conninfo import make_conninfo

from api.pool import BUSY_EN
from spatial import migrations
from spatial.cluster import throwaway

PATHS = (
    "/collections/points/items?limit=3",
    "/collections/points/items/P000001",
    "/collections/points/items?bbox=118,36,120,38",
    "/collections/points/items?limit=2&floors=1",
    "/collections/points/items/P000001/versions",
    "/changesets",
)


@pytest.mark.fault
@pytest.mark.alone
def test_a_database_restart_is_503_and_heals(tmp_path: Path) -> None:
    with throwaway() as cluster:
        admin = cluster.dsn("postgres")
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute("create database k3")
        dsn = make_conninfo(admin, dbname="k3")
        migrations.upgrade(dsn)
        publish(dsn, contract("points"))
        deliver(dsn, "points", places(20))
        with server(dsn, tmp_path / "server.log", workers=1) as running:
            for _ in range(2):
                down_and_up(running, cluster)
            publish(dsn, contract("after"))  # the listener is back, too
            until(lambda: running.get("/collections/after").status_code == 200)


def down_and_up(running: Served, cluster: object) -> None:
    for path in PATHS:
        assert running.get(path).status_code == 200, path
    cluster.down()  # type: ignore[attr-defined]
    seen: Counter[int] = Counter()
    for _ in range(3):
        for path in PATHS:
            answer = at_once(lambda path=path: running.get(path), 0.5)
            seen[answer.status_code] += 1
            assert answer.status_code == 503, (path, answer.text)
            assert answer.headers["retry-after"] == "1"
            assert answer.headers["content-type"] == "application/problem+json"
    assert running.get("/health/live").status_code == 200
    ready = running.get("/health/ready")
    assert ready.status_code == 503
    assert ready.json()["reasons"]
    stop = threading.Event()

    def keep_asking() -> None:
        while not stop.is_set():
            seen[running.get(PATHS[0]).status_code] += 1

    asking = threading.Thread(target=keep_asking)
    asking.start()
    try:
        cluster.up()  # type: ignore[attr-defined]
        for path in PATHS:
            until(lambda path=path: running.get(path).status_code == 200)
    finally:
        stop.set()
        asking.join()
    assert set(seen) <= {200, 503}


@pytest.mark.fault
def test_what_hangs_in_the_database_is_ended_and_others_go_on(own: Served) -> None:
    """A lock that nobody gives back: 503 within the hot limit, health at once."""
    with psycopg.connect(own.dsn) as blocker:
        blocker.execute("lock table history.points in access exclusive mode")
        blocked = own.get("/collections/points/items")
        assert blocked.status_code == 503
        assert blocked.headers["retry-after"]
        assert own.get("/health/ready").status_code == 200
    assert own.get("/collections/points/items").status_code == 200


def test_too_many_at_once_are_turned_away_not_queued(own: Served) -> None:
    with psycopg.connect(own.dsn) as blocker:
        blocker.execute("lock table history.points in access exclusive mode")
        answers: list[httpx.Response] = []

        def ask() -> None:
            answers.append(own.get("/collections/points/items"))

        threads = [threading.Thread(target=ask) for _ in range(24)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert {answer.status_code for answer in answers} == {503}
    # Who holds a connection waits for the lock as long as may be and is told so; the others are turned away.
    assert sum(answer.json()["en"] == BUSY_EN for answer in answers) >= 12
