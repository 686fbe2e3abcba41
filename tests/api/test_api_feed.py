"""The change feed over HTTP: by cursor and as events, beside writers that hold transactions open."""

from __future__ import annotations

import asyncio
import random
import socket
import threading
import time
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import httpx
import psycopg
import pytest
from api_serving import Served, contract, deliver, places, publish, server, until
from feed_clients import Follower, events

from api import event_stream as door
from api.server import DRAIN_S
from api.wire import Reply, Request
from api.wire import deliver as send_reply

WRITERS, EACH = 8, 125


def enter(connection: psycopg.Connection, layer: str, dice: random.Random) -> None:
    """An entry of the ledger as the write path makes it, without rows behind it."""
    connection.execute(
        "select pg_advisory_xact_lock(hashtextextended('spatial.changeset/' || %s, 0))", (layer,)
    )
    connection.execute(
        """
        insert into spatial.changeset (layer, author, department, reason, recorded_at, opened, closed,
          content_hash, previous_hash, chain_hash)
        select %(layer)s, '李工', '局', '变更', clock_timestamp(), 0, 0, '\\x00',
          (select chain_hash from spatial.changeset where layer = %(layer)s order by id desc limit 1),
          sha256(%(salt)s)
        """,
        {"layer": layer, "salt": dice.randbytes(16)},
    )
    connection.execute(
        "select pg_notify('onemap_changes', json_build_object('layer', %s::text)::text)", (layer,)
    )


def write(dsn: str, who: int, layers: list[str]) -> None:
    """Entries of changing layers; some transactions stay open while others pass, some are rolled back."""
    dice = random.Random(who)
    with psycopg.connect(dsn) as connection:
        for n in range(EACH):
            layer = layers[(who + n) % len(layers)]
            enter(connection, layer, dice)
            if n % 11 == 0:
                connection.rollback()
                enter(connection, layer, dice)
            if n % 7 == who % 7:
                connection.execute("select pg_sleep(%s)", (dice.uniform(0, 0.03),))
            connection.commit()


def test_a_thousand_changesets_of_concurrent_writers_are_each_read_once(
    database: str, tmp_path: Path
) -> None:
    layers = [f"layer-{n}" for n in range(WRITERS)]
    for layer in layers:
        publish(database, contract(layer))
    with server(database, tmp_path / "server.log", workers=2) as running:
        until(lambda: all(running.get(f"/collections/{each}").status_code == 200 for each in layers))
        until(lambda: len(running.get("/collections").json()["collections"]) == WRITERS + 1)
        follower = Follower(running.url, WRITERS * EACH)
        following = follower.start()
        assert follower.open.wait(60)
        threads = [threading.Thread(target=write, args=(database, who, layers)) for who in range(WRITERS)]
        for thread in threads:
            thread.start()
        polled: list[dict] = []
        cursor = None
        while len(polled) < WRITERS * EACH:
            page = running.get("/changes", params={"limit": 50, **({"since": cursor} if cursor else {})})
            polled += page.json()["changesets"]
            assert cursor != page.json()["next"] or not page.json()["changesets"]
            cursor = page.json()["next"]
        for thread in threads:
            thread.join()
        following.join(30)
        assert follower.failure is None
        with psycopg.connect(database) as connection:
            held = [id for (id,) in connection.execute("select id from spatial.changeset order by id")]
        assert len(held) == WRITERS * EACH
        assert sorted(each["id"] for each in polled) == held
        assert [each["cursor"] for each in follower.seen] == [each["cursor"] for each in polled]
        assert [each["id"] for each in polled] != held  # else the trap was not there
        heads: dict[str, str] = {}
        for each in polled:
            assert heads.get(each["layer"]) == each["previous_hash"]
            heads[each["layer"]] = each["chain_hash"]
        last = running.get("/changes", params={"since": cursor}).json()
        assert (last["changesets"], last["next"], last["more"]) == ([], cursor, False)


def test_the_feed_by_layer_from_the_beginning_from_now_and_page_by_page(own: Served) -> None:
    publish(own.dsn, contract("others"))
    until(lambda: own.get("/collections/others").status_code == 200)
    now = own.get("/changes", params={"since": "now"}).json()
    assert (now["changesets"], now["more"]) == ([], False)
    for n in range(3):
        deliver(own.dsn, "others", places(n + 1), reason=f"第 {n} 批")
        deliver(own.dsn, "points", [replace(places(1)[0], name=f"改 {n}")], reason=f"第 {n} 批")
    everything = own.get("/changes").json()["changesets"]
    assert [each["layer"] for each in everything] == ["points", *["others", "points"] * 3]
    assert own.get("/changes", params={"since": now["next"]}).json()["changesets"] == everything[1:]
    walked, page = [], own.get("/changes", params={"layers": "others", "limit": 2}).json()
    assert page["more"]
    while page["changesets"]:
        walked += page["changesets"]
        (following,) = [link["href"] for link in page["links"] if link["rel"] == "next"]
        page = own.get(following).json()
    assert walked == [each for each in everything if each["layer"] == "others"]
    # A cursor stands for all layers: what was left out is behind it, too.
    assert own.get("/changes", params={"since": page["next"]}).json()["changesets"] == []
    assert own.get(everything[-1]["changes"]).json()["features"][0]["change"] == "update"
    page = own.get("/changes", params={"f": "html"})
    assert "变更" in page.text


@pytest.mark.parametrize(
    ("params", "status", "told"),
    [
        ({"since": "x"}, 400, "bad-cursor"),
        ({"since": "1-0123456789abcdef"}, 400, "bad-cursor"),
        ({"since": "A" * 43}, 400, "bad-cursor"),
        ({"layers": "nothing"}, 404, "unknown-layer"),
        ({"layers": ""}, 404, "unknown-layer"),
        ({"sinze": "now"}, 400, "bad-parameter"),
    ],
)
def test_what_cannot_be_followed_is_refused(
    served: Served, params: dict[str, str], status: int, told: str
) -> None:
    for path in ("/changes", "/changes/stream"):
        answer = served.get(path, params=params)
        assert (answer.status_code, answer.json()["code"]) == (status, told), path
    assert served.get("/changes", params={"limit": "0"}).status_code == 400


def test_a_cursor_of_a_lost_history_is_refused_not_followed(own: Served) -> None:
    """As after a restore to an earlier instant: another changeset stands at the place of the one read."""
    cursor = own.get("/changes").json()["next"]
    with psycopg.connect(own.dsn) as connection:  # as the restore would leave it
        connection.execute("set session_replication_role = replica")
        for table in ("changeset_feed", "changeset"):
            connection.execute(f"alter table spatial.{table} disable trigger append_only")
            connection.execute(f"delete from spatial.{table}")
            connection.execute(f"alter table spatial.{table} enable always trigger append_only")
        connection.execute("select setval('spatial.changeset_position', 1, false)")
    assert own.get("/changes", params={"since": cursor}).status_code == 409
    deliver(own.dsn, "points", [replace(places(1)[0], name="另一段历史")])
    lost = own.get("/changes", params={"since": cursor})
    assert lost.status_code == 409
    assert "恢复" in lost.json()["zh"]


def test_streams_are_counted_and_one_too_many_is_turned_away(own: Served) -> None:
    held: list[socket.socket] = []
    try:
        for _ in range(door.STREAMS_MAX):
            held.append(raw_stream(own))
        refused = httpx.get(f"{own.url}/changes/stream", timeout=60)
        assert refused.status_code == 503
        assert refused.headers["retry-after"] == "1"
        assert own.get("/collections/points/items").status_code == 200
    finally:
        for each in held:
            each.close()
    until(lambda: opens(own))  # who hung up is not counted any more


def raw_stream(served: Served) -> socket.socket:
    """A stream that stands: its first block has come."""
    host, port = served.url.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=60)
    connection.sendall(b"GET /changes/stream HTTP/1.1\r\nHost: x\r\n\r\n")
    came = b""
    while b"retry: 1000" not in came:
        came += connection.recv(4096)
    return connection


def opens(served: Served) -> bool:
    with httpx.stream("GET", f"{served.url}/changes/stream", timeout=60) as answer:
        return answer.status_code == 200


def test_a_stream_is_sent_as_it_comes_uncompressed(own: Served) -> None:
    with own.client.stream("GET", "/changes/stream", headers={"accept-encoding": "br, gzip"}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        assert "content-encoding" not in answer.headers
        assert "etag" not in answer.headers
        lines = answer.iter_lines()
        first = next(events(lines))
        for n in range(3):
            changed = deliver(own.dsn, "points", [replace(places(1)[0], name=f"改 {n}")])
            assert changed is not None
            block = next(events(lines))  # would wait for ever if it were held back
            assert f'"id":{changed.id},' in block["data"]
    assert first["id"] != block["id"]


def test_a_reader_that_takes_nothing_is_broken_off() -> None:
    taken: list[bytes] = []
    closed = []

    async def endless() -> AsyncGenerator[bytes]:
        try:
            while True:
                yield b"data: x\n\n"
        finally:
            closed.append(True)

    async def send(message: dict) -> None:
        if len(taken) == 4:
            await asyncio.Future()  # a full socket
        taken.append(message.get("body", b""))

    request = Request({"type": "http", "method": "GET", "headers": [], "query_string": b"", "path": "/"})
    with pytest.raises(TimeoutError):
        asyncio.run(send_reply(request, Reply(200, [], stream=endless(), patience_s=0.05), send))
    assert closed == [True]


@pytest.mark.fault
def test_a_follower_takes_up_again_after_the_server_restarts(database: str, tmp_path: Path) -> None:
    publish(database, contract("points"))
    deliver(database, "points", places(3))
    rows = places(3)

    def change(name: str) -> None:
        assert deliver(database, "points", [replace(rows[0], name=name)]) is not None

    with server(database, tmp_path / "first.log") as first:
        follower = Follower(first.url, 6)
        following = follower.start()
        assert follower.open.wait(60)
        for n in range(3):
            change(f"之前 {n}")
        until(lambda: len(follower.seen) == 3)
        begun = time.monotonic()
        first.process.terminate()
        first.process.wait(60)
        assert time.monotonic() - begun < DRAIN_S  # the stream does not hold the server
    change("其间")
    with server(database, tmp_path / "second.log") as second:
        follower.url = second.url
        change("之后 0")
        change("之后 1")
        following.join(60)
    assert follower.failure is None
    assert follower.connections == 2
    assert [each["id"] for each in follower.seen] == [2, 3, 4, 5, 6, 7]


@pytest.mark.fault
def test_a_follower_takes_up_again_after_the_database_restarts(tmp_path: Path) -> None:
    from psycopg.conninfo import make_conninfo

    from spatial import migrations
    from spatial.cluster import throwaway

    with throwaway() as cluster:
        admin = cluster.dsn("postgres")
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute("create database feed")
        dsn = make_conninfo(admin, dbname="feed")
        migrations.upgrade(dsn)
        publish(dsn, contract("points"))
        deliver(dsn, "points", places(3))
        with server(dsn, tmp_path / "server.log") as running:
            follower = Follower(running.url, 2)
            following = follower.start()
            assert follower.open.wait(60)
            deliver(dsn, "points", [replace(places(1)[0], name="之前")])
            until(lambda: len(follower.seen) == 1)
            cluster.down()
            assert running.get("/changes/stream").status_code == 503
            cluster.up()
            deliver(dsn, "points", [replace(places(1)[0], name="之后")])
            following.join(60)
    assert follower.failure is None
    assert follower.connections >= 2
    assert [each["id"] for each in follower.seen] == [2, 3]
