"""Many writers at once lose nothing, and a server that is killed leaves nothing half done (C1)."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from api_serving import Served, contract, publish, server, until
from edit_requests import GEOJSON, ITEMS, address, feature, made, post

from spatial.database import connect
from spatial.history import ledger

WRITERS = 32
ITEMS_SHARED = 8
PAIRS = int(os.environ.get("ONEMAP_TEST_EDIT_PAIRS", "1000"))
"""Reads followed by a write, over all writers; 10,000 take some minutes on two cores."""


async def count_up(url: str, fids: list[str], pairs: Iterator[int], seen: Counter[tuple[str, int]]) -> None:
    """Read a counter, write it back one higher on terms of what was read; no second try."""
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        for pair in pairs:
            fid = fids[pair % len(fids)]
            read = await client.get(address(fid))
            if read.status_code == 503:
                seen["read", 503] += 1
                continue
            body = read.json()
            body["properties"]["floors"] += 1
            del body["properties"]["valid_from"]
            headers = GEOJSON | {"if-match": read.headers["etag"]}
            written = await client.put(address(fid), json=body, headers=headers)
            seen[fid, written.status_code] += 1


@pytest.mark.timeout(300 + PAIRS // 10)
def test_no_update_is_lost(edited: Served) -> None:
    fids = [f"zähler/{number}" for number in range(ITEMS_SHARED)]
    for fid in fids:
        made(edited, fid, floors=0)
    before = newest(edited)
    seen: Counter[tuple[str, int]] = Counter()
    pairs = iter(range(PAIRS))

    async def all_writers() -> None:
        await asyncio.gather(*(count_up(edited.url, fids, pairs, seen) for _ in range(WRITERS)))

    asyncio.run(all_writers())
    assert {status for _, status in seen} <= {204, 412, 503}
    assert sum(seen.values()) == PAIRS
    written = {fid: seen[fid, 204] for fid in fids}
    assert {fid: edited.get(address(fid)).json()["properties"]["floors"] for fid in fids} == written
    assert min(written.values()) > 0
    assert sum(seen[fid, 412] for fid in fids) > 0, "no two writers ever met"
    with connect(edited.dsn) as connection:
        verdict = ledger.verify(connection)
        assert verdict.ok
        entries = ledger.changesets(connection, "points", limit=PAIRS + 100)
    assert sum(entry.id > before for entry in entries) == sum(written.values())


def newest(edited: Served) -> int:
    return int(edited.get("/changesets?limit=1").json()["changesets"][0]["id"])


def test_merging_writers_of_different_fields_all_stand(edited: Served) -> None:
    """Each writes a field of its own on terms of one and the same version."""
    tag = made(edited, "gemeinsam", name="x", floors=0, height=0.0, listed=False)
    changes = [{"name": "neu"}, {"floors": 5}, {"height": 7.5}, {"listed": True}]
    answers: list[int] = []

    def write(change: dict[str, object]) -> None:
        headers = {"content-type": "application/merge-patch+json", "if-match": tag, "prefer": "merge"}
        with httpx.Client(base_url=edited.url, timeout=60) as client:
            response = client.patch(address("gemeinsam"), json={"properties": change}, headers=headers)
            answers.append(response.status_code)

    threads = [threading.Thread(target=write, args=(change,)) for change in changes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 200, 200, 204]
    found = edited.get(address("gemeinsam")).json()["properties"]
    assert all(found.items() >= change.items() for change in changes)


def test_a_name_that_must_be_single_stays_single(edited: Served) -> None:
    """The rule is checked under the lock of the layer: of two at once one is refused."""
    body = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [118.8, 36.9]}}
    statuses: list[int] = []

    def create(number: int) -> None:
        properties = {"code": f"W{number:04d}", "name": "同名井"}
        with httpx.Client(base_url=edited.url, timeout=60) as client:
            response = client.post(
                "/collections/strict/items", json={**body, "properties": properties}, headers=GEOJSON
            )
        statuses.append(response.status_code)
        if response.status_code == 422:
            assert response.json()["where"] == "properties.name"

    threads = [threading.Thread(target=create, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201, *[422] * 7]


def kill_all(running: Served) -> None:
    """The server and its workers, at once and without a word."""
    main = running.process.pid
    children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
    for pid in (main, *map(int, children)):
        os.kill(pid, signal.SIGKILL)


@pytest.mark.fault
def test_a_killed_server_leaves_nothing_half_done(database: str, tmp_path: Path) -> None:
    size = 40
    publish(database, contract("points"))
    acknowledged: list[int] = []
    with server(database, tmp_path / "first.log") as running:
        assert post(running, feature("first")).status_code == 201

        def write() -> None:
            with httpx.Client(base_url=running.url, timeout=60) as client:
                for batch in range(10_000):
                    features = [feature(f"{batch}/{number}") for number in range(size)]
                    many = {"type": "FeatureCollection", "features": features}
                    try:
                        if client.post(ITEMS, json=many, headers=GEOJSON).status_code == 201:
                            acknowledged.append(batch)
                    except httpx.TransportError:
                        return

        writer = threading.Thread(target=write)
        writer.start()
        until(lambda: len(acknowledged) >= 3)
        kill_all(running)
        writer.join()
    with psycopg.connect(database, autocommit=True) as connection:
        gone = """select count(*) from pg_stat_activity
            where application_name = 'onemap-edits' and datname = current_database()"""
        until(lambda: connection.execute(gone).fetchone() == (0,))
        rows = connection.execute(
            "select split_part(fid, '/', 1), count(*) from history.points_believed group by 1"
        ).fetchall()
        (staged,) = connection.execute(
            "select relname from pg_class where relnamespace = 'staging'::regnamespace and relkind = 'r'"
        ).fetchall()
        assert connection.execute(f'select count(*) from staging."{staged[0]}"').fetchone() == (0,)
    whole = {int(batch) for batch, count in rows if batch != "first" and count == size}
    assert {int(batch) for batch, count in rows if batch != "first"} == whole, "a batch is half there"
    assert whole >= set(acknowledged)
    assert len(whole) <= len(acknowledged) + 1
    with server(database, tmp_path / "second.log") as running:
        assert post(running, feature("after")).status_code == 201
        with connect(database) as connection:
            assert ledger.verify(connection).ok
