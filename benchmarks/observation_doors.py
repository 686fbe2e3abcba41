"""Observations over HTTP through the server as it is installed: one a request, data arrays, the latest.

Called by :mod:`benchmarks.observations`. Rates are by the processor time of server and database together,
as the cores of this machine would give them with nobody else on it; the client's own time is left out, it
belongs to another machine. Beside one value a request stands one plain INSERT a transaction into the same
table.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import orjson
import psycopg
from psycopg.types.json import Jsonb

from benchmarks.feature_servers import ours
from benchmarks.processor import spent
from spatial.datum.clock import BEIJING

ROOT = "/sensorthings/v1.1"
T0 = datetime(2025, 1, 1, tzinfo=BEIJING)
CONNECTIONS = 16
RULES = {
    "gross_range": {"fail_low": 0.0, "fail_high": 2000.0},
    "rate_of_change": {"suspect_per_h": 250.0},
    "spike": {"suspect": 100.0},
    "flat_line": {"tolerance": 0.0, "suspect_s": 21600.0},
    "gap": {"suspect_s": 7200.0},
}
POST_RATE, ARRAY_RATE, LATEST_S = 1500, 30_000, 0.020
Told = Callable[[str, str, str, bool], None]


@dataclass(frozen=True)
class Load:
    """What a load took: of the clock, of the server's processes, of its sessions in the database."""

    clock_s: float
    programs_s: float
    database_s: float

    @property
    def cores_s(self) -> float:
        """With nobody else on this machine."""
        return (self.programs_s + self.database_s) / (os.cpu_count() or 1)


def posts(url: str, path: str, bodies: Sequence[bytes], connections: int) -> None:
    """Send all bodies over so many connections; every answer must be 201."""
    asyncio.run(_posts(urlsplit(url).port or 80, path, list(bodies), connections))


async def _posts(port: int, path: str, bodies: list[bytes], connections: int) -> None:
    waiting = iter(bodies)

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for body in waiting:
            head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
            head += f"Prefer: return=minimal\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            if not answer.startswith(b"HTTP/1.1 201"):
                raise RuntimeError(answer.decode("latin-1"))
            length = answer.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length or 0))
        writer.close()

    await asyncio.gather(*(one() for _ in range(connections)))


def loaded(dsn: str, work: Callable[[], object]) -> Load:
    """Measure a load."""
    began = time.perf_counter()
    with spent(dsn) as used:
        work()
    return Load(time.perf_counter() - began, used.programs_s, used.database_s)


def inserted_s(dsn: str, count: int) -> float:
    """Processor seconds, on this machine's cores, of one plain INSERT a transaction by one client."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        pid = connection.info.backend_pid
        before = time.process_time() + _cpu_s(pid)
        for n in range(count):
            connection.execute(
                "insert into observe.observation (id, phenomenon_time, recorded_at, datastream, flag,"
                " result_number) values (%s, %s, now(), 3000001, 2, 1.0)",
                (n, T0 + timedelta(minutes=n)),
            )
        return (time.process_time() + _cpu_s(pid) - before) / (os.cpu_count() or 1)


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def doors(dsn: str, streams: int, told: Told, count: int = 4000) -> None:
    """All figures of the doors."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("select observe.ensure_period(observe.period(%s))", (T0,))
    with tempfile.TemporaryDirectory() as folder, ours(dsn, Path(folder)) as url:
        singles = [
            orjson.dumps(
                {
                    "phenomenonTime": (T0 + timedelta(minutes=n // streams)).isoformat(),
                    "result": n / 8,
                    "Datastream": {"@iot.id": 1 + n % streams},
                }
            )
            for n in range(count + 200)
        ]
        posts(url, f"{ROOT}/Observations", singles[:200], CONNECTIONS)
        found = loaded(dsn, lambda: posts(url, f"{ROOT}/Observations", singles[200:], CONNECTIONS))
        plain_s = inserted_s(dsn, 2000) / 2000
        rate = count / found.cores_s
        shown = f"{count / found.clock_s:,.0f} {rate:,.0f}/s, {plain_s * rate:.0%}"
        told(
            "POST of one observation over HTTP, of a plain INSERT",
            shown,
            f"≥ {POST_RATE:,}/s",
            rate >= POST_RATE,
        )
        told(
            "  of that, server and database, microseconds",
            f"{found.programs_s / count * 1e6:,.0f} + {found.database_s / count * 1e6:,.0f}",
            "",
            True,
        )
        judged = [body.replace(b"2025-01-0", b"2025-02-0") for body in singles]
        with ruled(dsn):
            posts(url, f"{ROOT}/Observations", judged[:200], CONNECTIONS)
            found = loaded(dsn, lambda: posts(url, f"{ROOT}/Observations", judged[200:], CONNECTIONS))
        shown = f"{count / found.clock_s:,.0f} {count / found.cores_s:,.0f}/s"
        told("  the same where five rules judge each", shown, "", True)
        size = 10_000
        arrays = [_array(batch, size) for batch in range(12)]
        posts(url, f"{ROOT}/CreateObservations", arrays[:2], 2)
        found = loaded(dsn, lambda: posts(url, f"{ROOT}/CreateObservations", arrays[2:], 2))
        rate = size * 10 / found.cores_s
        shown = f"{size * 10 / found.clock_s:,.0f} {rate:,.0f}/s"
        told("dataArray over HTTP, 100 values a datastream", shown, f"≥ {ARRAY_RATE:,}/s", rate >= ARRAY_RATE)
        _latest(dsn, url, streams, told)


@contextmanager
def ruled(dsn: str) -> Iterator[None]:
    """Every value is judged meanwhile."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "insert into observe.quality_rule (observed_property, version, rules, basis)"
            " select id, 1, %s, 'benchmark' from observe.observed_property",
            (Jsonb(RULES),),
        )
        try:
            yield
        finally:
            connection.execute("delete from observe.quality_rule")


def _array(batch: int, size: int) -> bytes:
    start = T0 + timedelta(days=100 + batch)
    return orjson.dumps(
        [
            {
                "Datastream": {"@iot.id": 1 + stream},
                "components": ["phenomenonTime", "result"],
                "dataArray": [
                    [(start + timedelta(minutes=5 * step)).isoformat(), step / 8] for step in range(100)
                ],
            }
            for stream in range(size // 100)
        ]
    )


def _latest(dsn: str, url: str, streams: int, told: Told) -> None:
    """The newest value of each datastream, as a map draws it."""
    import urllib.request

    newest = "Observations($orderby=phenomenonTime%20desc;$top=1;$select=result,phenomenonTime)"
    address = f"{url}{ROOT}/Datastreams?$top={streams}&$select=id&$expand={newest}"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def read() -> int:
        with opener.open(address) as answer:
            return len(orjson.loads(answer.read())["value"])

    assert read() == streams
    times = 20
    found = loaded(dsn, lambda: [read() for _ in range(times)])
    each_s = (found.programs_s + found.database_s) / times
    shown = f"{found.clock_s / times * 1000:.1f} {each_s * 1000:.1f} ms"
    told(f"latest of {streams:,} over HTTP, as SensorThings", shown, "", True)
