"""Whole layers: bounded memory, one snapshot, clients that leave, failures half-way."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from api_serving import Place, Served, contract, database_of, deliver, places, publish, server, until
from format_readers import READERS
from psycopg.conninfo import conninfo_to_dict

from spatial.process import PROC, Process

MANY = 50_000
ITEMS = "/collections/many/items"
GROWTH_MAX_KIB = 64 * 1024
FORMATS = tuple(READERS)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server lays files down."""
    return tmp_path_factory.mktemp("scratch")


@pytest.fixture(scope="module")
def bulk(
    server_dsn: str, template: str, scratch: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """``many``: 50,000 points."""
    with database_of(server_dsn, template) as dsn, pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(scratch))
        publish(dsn, contract("many"))
        deliver(dsn, "many", places(MANY))
        with server(dsn, tmp_path_factory.mktemp("api") / "bulk.log") as running:
            yield running


def workers(served: Served) -> list[int]:
    """The processes that serve."""
    return [
        int(entry.name)
        for entry in PROC.iterdir()
        if entry.name.isdecimal()
        and re.search(rf"^PPid:\s+{served.process.pid}$", _status(entry), re.MULTILINE)
    ]


def _status(entry: Path) -> str:
    try:
        return (entry / "status").read_text()
    except OSError:
        return ""


def memory_kib(pid: int, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB", _status(PROC / str(pid)), re.MULTILINE)
    assert found is not None
    return int(found[1])


def reading(dsn: str) -> int:
    """Bulk statements that the database is busy with."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute(
            "select count(*) from pg_stat_activity where datname = %s and state = 'active'"
            " and application_name = 'onemap-bulk'",
            (conninfo_to_dict(dsn)["dbname"],),
        ).fetchone()
    assert row is not None
    return int(row[0])


def idle(served: Served, scratch: Path) -> bool:
    """Nothing is read, nothing is written, and nothing is left of either."""
    left = [entry for entry in scratch.iterdir() if entry.name.startswith("onemap-columns-")]
    return not left and reading(served.dsn) == 0


def slow_client(served: Served, form: str) -> socket.socket:
    """A connection that has asked for the whole layer and takes next to nothing of it."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", int(served.url.rpartition(":")[2])))
    client.settimeout(20)
    client.sendall(f"GET {ITEMS}?f={form} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    return client


def taken(client: socket.socket) -> bytes:
    """The rest of what a client is sent."""
    parts = []
    while part := client.recv(1 << 16):
        parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize("form", FORMATS)
def test_a_whole_layer_in_bounded_memory(bulk: Served, tmp_path: Path, form: str) -> None:
    assert bulk.get(ITEMS, params={"f": form, "limit": 10}).status_code == 200
    (worker,) = workers(bulk)
    before = memory_kib(worker, "VmRSS")
    (PROC / str(worker) / "clear_refs").write_text("5")  # the peak is measured anew
    answer = bulk.get(ITEMS, params={"f": form})
    assert memory_kib(worker, "VmHWM") - before <= GROWTH_MAX_KIB
    found = READERS[form](answer, tmp_path)
    assert len(found) == MANY
    assert list(found)[:: MANY // 10] == [f"P{number:06d}" for number in range(0, MANY, MANY // 10)]
    assert found["P049999"][0]["name"] == "圣城街道 49999 号"


@pytest.mark.parametrize("form", ["jsonfg", "csv", "parquet", "fgb"])
def test_a_client_that_leaves_takes_everything_with_it(bulk: Served, scratch: Path, form: str) -> None:
    with slow_client(bulk, form) as client:
        assert client.recv(200).startswith(b"HTTP/1.1 200")
        if form in ("parquet", "fgb"):
            assert any(entry.name.startswith("onemap-columns-") for entry in scratch.iterdir())
    until(lambda: idle(bulk, scratch))
    (worker,) = workers(bulk)
    assert not re.search("onemap-columns", " ".join(str(p.directory) for p in _children(worker)))


@pytest.mark.parametrize("form", ["parquet", "fgb"])
def test_small_files_are_written_by_one_process_and_a_large_one_ends_it(
    bulk: Served, scratch: Path, form: str
) -> None:
    (worker,) = workers(bulk)

    def writers() -> set[int]:
        pids = [each.pid for each in _children(worker)]
        return {pid for pid in pids if b"columnar" in (PROC / str(pid) / "cmdline").read_bytes()}

    small = {"f": form, "limit": 10, "datetime": "2026-11-01"}
    first = bulk.get(ITEMS, params=small)
    assert first.status_code == 200
    before = writers()
    assert bulk.get(ITEMS, params=small).content == first.content
    assert writers() == before and len(before) == 1 and idle(bulk, scratch)
    assert bulk.get(ITEMS, params={"f": form}).status_code == 200
    until(lambda: not writers())


def _children(worker: int) -> list[Process]:
    numbers = [int(entry.name) for entry in PROC.iterdir() if entry.name.isdecimal()]
    found = [
        number
        for number in numbers
        if re.search(rf"^PPid:\s+{worker}$", _status(PROC / str(number)), re.MULTILINE)
    ]
    return [process for number in found if (process := Process.of(number)) is not None]


def test_a_slow_client_holds_no_connection_and_sees_one_snapshot(bulk: Served, tmp_path: Path) -> None:
    with slow_client(bulk, "csv") as client:
        head = client.recv(100)
        until(lambda: reading(bulk.dsn) == 0)
        changed = [Place(f"P{number:06d}", None, "改了", 1, remove=True) for number in range(0, MANY, 5)]
        deliver(bulk.dsn, "many", changed, reason="其间有人写入")
        text = head + taken(client)
    body = b"".join(_dechunked(text.partition(b"\r\n\r\n")[2]))
    found = READERS["csv"](httpx.Response(200, content=body), tmp_path)
    assert len(found) == MANY
    now = READERS["csv"](bulk.get(ITEMS, params={"f": "csv"}), tmp_path)
    assert len(now) == MANY - len(changed)


def _dechunked(text: bytes) -> Iterator[bytes]:
    while True:
        size, _, text = text.partition(b"\r\n")
        length = int(size, 16)
        if length == 0:
            return
        yield text[:length]
        text = text[length + 2 :]


@pytest.mark.parametrize("form", ["csv", "geojsonl"])
def test_a_failure_half_way_does_not_look_like_a_whole_file(bulk: Served, form: str) -> None:
    """The table is taken away under the reader."""
    with slow_client(bulk, form) as client:
        head = client.recv(100)
        assert head.startswith(b"HTTP/1.1 200")
        with psycopg.connect(bulk.dsn, autocommit=True) as connection:
            connection.execute("alter table history.many_believed rename to elsewhere")
            try:
                text = head + taken(client)
            finally:
                connection.execute("alter table history.elsewhere rename to many_believed")
    assert not text.endswith(b"0\r\n\r\n")  # the last chunk is missing: the answer is cut
    assert bulk.get(ITEMS, params={"f": form, "limit": 5}).status_code == 200


@pytest.mark.parametrize("form", FORMATS)
def test_a_failure_at_once_is_a_problem(bulk: Served, scratch: Path, form: str) -> None:
    with psycopg.connect(bulk.dsn, autocommit=True) as connection:
        connection.execute("alter table history.many_believed rename to elsewhere")
        try:
            answer = bulk.get(ITEMS, params={"f": form})
        finally:
            connection.execute("alter table history.elsewhere rename to many_believed")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert idle(bulk, scratch)


def test_a_lost_connection_costs_time_and_not_the_file(bulk: Served, tmp_path: Path) -> None:
    with slow_client(bulk, "geojsonl") as client:
        head = client.recv(100)
        with psycopg.connect(bulk.dsn, autocommit=True) as connection:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where application_name = 'onemap-bulk' and datname = current_database()"
            )
        text = head + taken(client)
    body = b"".join(_dechunked(text.partition(b"\r\n\r\n")[2]))
    found = READERS["geojsonl"](httpx.Response(200, content=body), tmp_path)
    with psycopg.connect(bulk.dsn) as connection:
        row = connection.execute("select count(*) from layer.many").fetchone()
    assert row is not None
    assert len(found) == row[0]


def test_too_many_files_at_once_are_turned_away(bulk: Served, scratch: Path) -> None:
    with psycopg.connect(bulk.dsn) as holder:
        holder.execute("lock table history.many in access exclusive mode")
        clients = [slow_client(bulk, "parquet") for _ in range(2)]
        until(lambda: reading(bulk.dsn) == 2)
        refused = bulk.get(ITEMS, params={"f": "parquet"})
        assert refused.status_code == 503
        assert refused.headers["retry-after"]
        for client in clients:
            client.close()
        until(lambda: idle(bulk, scratch))
    assert bulk.get(ITEMS, params={"f": "parquet", "limit": 5}).status_code == 200
