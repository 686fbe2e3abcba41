"""Every request is named, logged without personal data, and counted exactly once in the ledger."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from api_serving import Served, contract, deliver, places, publish, server, until
from click.testing import CliRunner
from wire_client import Wire, together

from api.access_log import AccessLog
from api.cli.commands import onemap
from api.cli.failure import ending
from api.usage import _whose
from spatial.access.model import ANONYMOUS, LOCAL, Origin, Principal, Role
from spatial.database import Connection, connect
from spatial.errors import Forbidden, Unauthenticated
from spatial.usage import ledger, store
from spatial.usage.model import Period

WATER = Principal("k1", "水利局", frozenset({Role.READER}), Origin.KEY, "k1")
AUDITOR = Principal("k2", "审计局", frozenset({Role.AUDITOR}), Origin.KEY, "k2")


def entries(folder: Path) -> list[dict[str, object]]:
    """The log as any reader of JSON sees it, lines still being written left out."""
    lines = [line for path in sorted(folder.glob("*.jsonl")) for line in path.read_text().split("\n")[:-1]]
    return [json.loads(line) for line in lines]


def replayed(folder: Path) -> dict[tuple[object, ...], list[int]]:
    """An independent replay: the sums as they must stand in the ledger."""
    sums: dict[tuple[object, ...], list[int]] = {}
    for entry in entries(folder):
        status = int(str(entry["status"]))
        key = (
            str(entry["time"])[:16],
            entry["department"],
            entry["credential"],
            entry["collection"],
            f"{entry['method']} {entry['route']}",
            status // 100,
        )
        found = sums.setdefault(key, [0, 0, 0, 0])
        for index, value in enumerate((1, entry["rows"], entry["bytes"], entry["us"])):
            found[index] += int(str(value))
    return sums


def held(dsn: str) -> dict[tuple[object, ...], list[int]]:
    """The ledger as it stands."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "select to_char(minute at time zone 'Asia/Shanghai', 'YYYY-MM-DD\"T\"HH24:MI'), department,"
            " credential, collection, operation, status_class, calls, rows, bytes, duration_us"
            " from spatial.usage"
        ).fetchall()
    return {row[:6]: list(row[6:]) for row in rows}


def line(number: int = 0, **changed: object) -> bytes:
    """One line of a log."""
    entry = {
        "time": f"2026-03-01T08:{number % 60:02}:00.000+08:00",
        "id": f"r{number}",
        "department": "水利局",
        "credential": "k1",
        "method": "GET",
        "route": "/collections/{id}/items",
        "collection": "points",
        "status": 200,
        "rows": 3,
        "bytes": 100,
        "us": 250,
    }
    return json.dumps(entry | changed, ensure_ascii=False).encode() + b"\n"


def test_a_request_has_one_name_everywhere(own: Served, tmp_path: Path) -> None:
    folder = tmp_path / "server/access-log"
    assert own.get("/conformance", headers={"x-request-id": "abc-1"}).headers["x-request-id"] == "abc-1"
    trace = {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}
    named = own.get("/conformance", headers=trace).headers["x-request-id"]
    assert named == "4bf92f3577b34da6a3ce929d0e0e4736"
    for bad in ("a b", "x" * 65, "a\u00e9"):
        assert own.get("/", headers={"x-request-id": bad.encode()}).headers["x-request-id"] != bad
    refused = own.get("/collections/points/items?name=" + "x" * 9000)
    assert refused.status_code == 414
    ids = {"abc-1", named, refused.headers["x-request-id"]}
    until(lambda: ids <= {str(entry["id"]) for entry in entries(folder)})


def test_the_log_tells_what_was_asked_and_not_by_whom_for_what(own: Served, tmp_path: Path) -> None:
    folder = tmp_path / "server/access-log"
    own.get("/collections/points/items?limit=7", headers={"user-agent": "secret-agent"})
    own.get("/collections/points/items?name=王小明", headers={"x-request-id": "search"})
    own.get("/collections/points/items/P000003")
    own.get("/collections/points/items/P000003/versions")
    own.get("/collections/nothing/items")
    tag = own.get("/collections/points/items").headers["etag"]
    own.get("/collections/points/items", headers={"if-none-match": tag, "x-request-id": "kept"})
    until(lambda: any(entry["id"] == "kept" for entry in entries(folder)))
    text = "".join(path.read_text() for path in folder.glob("*"))
    for secret in ("王小明", "%E7%8E%8B", "limit", "P000003", "127.0.0.1", "secret-agent", "nothing"):
        assert secret not in text
    found = [
        (entry["route"], entry["collection"], entry["status"], entry["rows"]) for entry in entries(folder)
    ]
    items = "/collections/{id}/items"
    assert [each for each in found if each[0].startswith("/collections")] == [
        (items, "points", 200, 7),
        (items, "points", 200, 0),
        (f"{items}/{{fid}}", "points", 200, 1),
        (f"{items}/{{fid}}/versions", "points", 200, 1),
        (items, "", 404, 0),
        (items, "points", 200, 25),
        (items, "points", 304, 0),
    ]
    (log,) = folder.glob("*.jsonl")
    assert log.stat().st_mode & 0o007 == 0


def test_bytes_and_rows_are_those_that_were_sent(large: Served) -> None:
    """A page sent as it is read, too."""
    folder = _folder_of(large)
    answer = large.get("/collections/large/items?limit=4500", headers={"x-request-id": "whole"})
    until(lambda: any(entry["id"] == "whole" for entry in entries(folder)))
    (entry,) = [entry for entry in entries(folder) if entry["id"] == "whole"]
    assert (entry["rows"], entry["bytes"]) == (4500, len(answer.content))


def _folder_of(served: Served) -> Path:
    return served.data / "access-log"


def children(served: Served) -> list[int]:
    """The worker processes."""
    task = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children")
    return [int(each) for each in task.read_text().split()]


@pytest.mark.fault
def test_the_ledger_equals_a_replay_after_ten_thousand_requests_and_kill_9(
    database: str, tmp_path: Path
) -> None:
    publish(database, contract("points"))
    deliver(database, "points", places(200))
    paths = (
        "/collections/points/items/P000001",
        "/collections/points/items?limit=5",
        "/collections/points/items/none",
        "/collections/points/items?nonsense=1",
        "/conformance",
    )
    answered: Counter[int] = Counter()
    lost = 0

    async def load(wire: Wire, number: int) -> None:
        nonlocal lost
        for turn in range(625):
            try:
                status, _, _ = await wire.get(paths[(number + turn) % len(paths)])
                answered[status] += 1
            except ConnectionError:
                lost += 1
            if number == 0 and turn == 300:
                os.kill(children(running)[0], signal.SIGKILL)

    with server(database, tmp_path / "server.log", workers=2) as running:
        folder = tmp_path / "server/access-log"
        asyncio.run(together(running.url, 16, load))
        # Somebody brings lines in while they are written; nothing is counted twice for it.
        with connect(database) as connection:
            ledger.ingest(connection, folder)
    assert sum(answered.values()) + lost == 10_000
    assert answered[200] > 5000
    # What was under way in the worker that was killed, and what had come back before its door fell shut too.
    assert lost <= 2 * 16
    with connect(database) as connection:
        ledger.ingest(connection, folder)
        assert ledger.ingest(connection, folder) == 0
        assert ledger.verify(connection, folder).ok
    assert held(database) == replayed(folder)
    logged = Counter(int(str(entry["status"])) for entry in entries(folder))
    for status, count in answered.items():  # a killed worker takes the lines of its last moment along
        assert count * 0.9 <= logged[status] <= count + 100


@pytest.fixture
def books(connection: Connection, tmp_path: Path) -> Iterator[tuple[Connection, Path]]:
    """A ledger and a folder of segments."""
    folder = tmp_path / "access-log"
    folder.mkdir()
    yield connection, folder


def test_a_line_is_taken_when_it_is_whole(books: tuple[Connection, Path], database: str) -> None:
    connection, folder = books
    segment = folder / "access-1.jsonl"
    whole = line(1) + line(2)
    segment.write_bytes(whole[:-20])
    assert ledger.ingest(connection, folder) == 1
    segment.write_bytes(whole + b"\0\0\0 not json\n" + line(3, status=404))
    assert ledger.ingest(connection, folder) == 3
    assert ledger.ingest(connection, folder) == 0
    assert sum(sums[0] for sums in held(database).values()) == 3
    unreadable = connection.execute("select sum(unreadable) from spatial.usage_segment").fetchone()
    assert unreadable == (1,)
    assert ledger.verify(connection, folder).ok


def test_several_at_once_count_once(books: tuple[Connection, Path], database: str) -> None:
    _, folder = books
    for number in range(6):
        (folder / f"access-{number}.jsonl").write_bytes(b"".join(line(turn) for turn in range(500)))

    def bring_in() -> None:
        with connect(database) as mine:
            for _ in range(3):
                ledger.ingest(mine, folder)

    threads = [threading.Thread(target=bring_in) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bring_in()
    assert held(database) == replayed(folder)


def test_a_death_between_the_sums_and_the_commit_leaves_nothing(
    books: tuple[Connection, Path], database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection, folder = books
    (folder / "access-1.jsonl").write_bytes(b"".join(line(turn) for turn in range(100)))
    add = store.add

    def dying(*arguments: object) -> None:
        add(*arguments)  # type: ignore[arg-type]
        raise SystemExit

    monkeypatch.setattr(store, "add", dying)
    with suppress(SystemExit):
        ledger.ingest(connection, folder)
    assert held(database) == {}
    monkeypatch.setattr(store, "add", add)
    assert ledger.ingest(connection, folder) == 100
    assert held(database) == replayed(folder)


def test_verify_finds_what_was_changed(
    books: tuple[Connection, Path], database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection, folder = books
    (folder / "access-1.jsonl").write_bytes(line(1) + line(2))
    (folder / "access-2.jsonl").write_bytes(line(30))
    ledger.ingest(connection, folder)
    assert ledger.verify(connection, folder).calls == 3
    with connection.transaction():
        connection.execute("update spatial.usage set rows = rows + 1 where minute = '2026-03-01 08:02+08'")
    (differing,) = ledger.verify(connection, folder).differing
    assert differing.minute == "2026-03-01T08:02"
    (folder / "access-1.jsonl").unlink()  # to the archive: its minutes cannot be compared any more
    found = ledger.verify(connection, folder)
    assert (found.ok, found.archived, found.calls) == (True, 1, 1)

    (folder / "access-3.jsonl").write_bytes(line(45))
    monkeypatch.setenv("ONEMAP_DATABASE_URL", database)
    monkeypatch.setenv("ONEMAP_ACCESS_LOG", str(folder))
    assert ending(onemap, ["usage", "--verify"]) == 0
    with connection.transaction():
        connection.execute("delete from spatial.usage where minute = '2026-03-01 08:45+08'")
    assert ending(onemap, ["usage", "--verify", "--json"]) == 7


def test_usage_is_told_by_department_and_month(
    books: tuple[Connection, Path], database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection, folder = books
    january = line(1, time="2026-01-31T23:59:59.000+08:00", department="住建局", credential="k9")
    (folder / "access-1.jsonl").write_bytes(line(1) + line(2) + january)
    monkeypatch.setenv("ONEMAP_DATABASE_URL", database)
    monkeypatch.setenv("ONEMAP_ACCESS_LOG", str(folder))
    told = CliRunner().invoke(onemap, ["usage", "--json"], catch_exceptions=False)
    found = [(row["period"], row["department"], row["calls"], row["rows"]) for row in json.loads(told.output)]
    assert found == [("2026-01", "住建局", 1, 3), ("2026-03", "水利局", 2, 6)]
    rows = store.report(connection, period=Period.DAY, department="水利局", since=None, until=None, limit=10)
    assert [row[0] for row in rows] == ["2026-03-01"]


def test_a_department_sees_its_own_usage_only() -> None:
    assert _whose(WATER, None) == "水利局"
    assert _whose(WATER, "水利局") == "水利局"
    with pytest.raises(Forbidden):
        _whose(WATER, "住建局")
    with pytest.raises(Unauthenticated):
        _whose(ANONYMOUS, None)
    for everything in (LOCAL, AUDITOR):
        assert _whose(everything, None) is None
        assert _whose(everything, "住建局") == "住建局"


def test_usage_over_http(own: Served, tmp_path: Path) -> None:
    with connect(own.dsn) as connection, connection.transaction():
        connection.execute(
            "insert into spatial.usage"
            " select day, '水利局', 'k1', 'points', 'GET /x', 2, calls, calls + 1, calls + 2, calls + 3"
            " from (values (timestamptz '2026-03-01 08:00+08', 5), ('2026-03-02 08:00+08', 1)) s (day, calls)"
        )
    answer = own.get("/usage", params={"department": "水利局", "from": "2026-03-01", "to": "2026-03-02"})
    assert answer.json()["usage"] == [
        {
            "period": "2026-03-01",
            "department": "水利局",
            "credential": "k1",
            "collection": "points",
            "operation": "GET /x",
            "status_class": 2,
            "calls": 5,
            "rows": 6,
            "bytes": 7,
            "duration_us": 8,
        }
    ]
    assert "private" in answer.headers["cache-control"]
    by_month = own.get("/usage", params={"by": "month", "department": "水利局"}).json()["usage"]
    assert [(row["period"], row["calls"]) for row in by_month] == [("2026-03", 6)]
    assert "水利局" in own.get("/usage?f=html").text
    for bad in ("by=week", "from=yesterday", "who=me"):
        refused = own.get(f"/usage?{bad}")
        assert refused.status_code == 400
        assert bad.partition("=")[0] in refused.json()["en"]


def test_segments_are_begun_anew_and_never_torn(tmp_path: Path) -> None:
    log = AccessLog(tmp_path / "log", segment_bytes=1000)

    async def write() -> None:
        for number in range(30):
            log.add(line(number))
            await log.flush()
        await log.close()

    asyncio.run(write())
    paths = sorted((tmp_path / "log").glob("access-*.jsonl"))
    assert len(paths) > 3
    assert all(path.read_bytes().endswith(b"}\n") for path in paths)
    assert [entry["id"] for entry in entries(tmp_path / "log")] == [f"r{number}" for number in range(30)]


def test_a_full_disk_loses_no_line_until_the_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = AccessLog(tmp_path / "log")
    write, room = os.write, 150

    def scarce(file: int, content: bytes) -> int:
        nonlocal room
        if room <= 0:
            raise OSError(28, "No space left on device")
        taken = write(file, content[:room])
        room -= taken
        return taken

    async def run() -> None:
        nonlocal room
        monkeypatch.setattr(os, "write", scarce)
        for number in range(5):
            log.add(line(number))
            await log.flush()
        room = 1 << 20
        await log.close()

    asyncio.run(run())
    assert [entry["id"] for entry in entries(tmp_path / "log")] == [f"r{number}" for number in range(5)]
