"""The observation store against plain COPY into the same partitions, in one run on one server.

    python -m benchmarks.observations --streams 1000 --batches 20

makes a database of its own on the server of ``--dsn`` (or ONEMAP_TEST_SERVER), prints every figure beside
its limit and drops the database. Exit code 1 where a limit is missed. Ratios count; seconds depend on the
machine, and durable they are only where the server says ``fsync = on``, which is printed. Where others work
on the machine, too, the clock says little: verdicts are by the processor time of client and server process
together, what the clock said stands beside it.

The reference is COPY of finished rows, with numbers and flags, into the same table with the same indexes, by
the same client: what the store does beyond that is checking, finding what is new, roll-ups and the latest
values. The count over 10⁸ values is that of as many in the roll-ups; the values themselves are not made.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from api.sensorthings import data_array
from benchmarks.databases import fresh
from benchmarks.observation_doors import doors, ruled
from spatial.database import Connection, connect
from spatial.datum.clock import BEIJING
from spatial.observe import series
from spatial.observe.model import Reading
from spatial.observe.roll_up import Chart
from spatial.observe.things import text
from spatial.observe.things.model import SETS
from spatial.observe.things.reached_sql import Scope
from spatial.observe.things.reading_sql import page

T0 = datetime(2022, 1, 1, tzinfo=BEIJING)
FIVE = timedelta(minutes=5)
RATE, SHARE, CORRECTION_S, LATEST_S, CHART_S, COUNT_S = 30_000, 0.30, 2.0, 0.020, 0.120, 0.050
ASOF = 2.0
MISSED: list[str] = []


def told(what: str, value: str, limit: str, good: bool) -> None:
    print(f"{what:<58} {value:>22}   {limit:<24} {'' if good else 'MISSED'}", flush=True)
    if not good:
        MISSED.append(what)


def datastreams(connection: Connection, count: int) -> None:
    connection.execute(
        "insert into observe.sensor (name, encoding_type, metadata) values ('s', 'text/plain', '\"x\"');"
        "insert into observe.observed_property (name, definition) values ('p', 'urn:p');"
        f"insert into observe.thing (name) select 't' || n from generate_series(1, {count}) n;"
        "insert into observe.datastream (name, observation_type, unit, thing, sensor)"
        " select 'd', 'm', '{}', id, 1 from observe.thing order by id;"
        "insert into observe.location (name, encoding_type, location, geom) select 'l',"
        " 'application/geo+json', '{}',"
        " ST_SetSRID(ST_MakePoint(118.5 + id * 0.0001, 36.9), 4490) from observe.thing order by id;"
        "insert into observe.thing_location select id, id from observe.thing;"
        "insert into observe.datastream_property (datastream, observed_property)"
        " select id, 1 from observe.datastream"
    )
    connection.commit()


def batches(streams: int, count: int, size: int, start: datetime) -> Iterator[list[tuple[int, str, float]]]:
    """In the order of time: all stations at one instant, then the next."""
    moment, at = start, 1
    for _ in range(count):
        rows: list[tuple[int, str, float]] = []
        while len(rows) < size:
            rows.append((at, moment.isoformat(), float((at * 7919 + moment.minute * 31) % 1000) / 8))
            at += 1
            if at > streams:
                at, moment = 1, moment + FIVE
        yield rows


@dataclass(frozen=True)
class Took:
    """Seconds of the clock and of the processors."""

    clock_s: float
    cpu_s: float


def cpu_s(connection: Connection) -> float:
    """Processor time of this process and of the server process of the connection."""
    path = Path(f"/proc/{connection.info.backend_pid}/stat")
    fields = path.read_text().rpartition(")")[2].split()
    return time.process_time() + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def timed(connection: Connection, work: Callable[[], object]) -> Took:
    began, used = time.perf_counter(), cpu_s(connection)
    work()
    return Took(time.perf_counter() - began, cpu_s(connection) - used)


def rate(
    connection: Connection, work: Callable[[Any], None], pieces: list[Any], size: int
) -> tuple[float, float]:
    """Values a second: of the clock, the median piece; of the processors, all."""
    took = [timed(connection, lambda each=each: work(each)) for each in pieces]  # type: ignore[misc]
    clock = size / statistics.median(each.clock_s for each in took)
    return clock, size * len(took) / sum(each.cpu_s for each in took)


def ingest(connection: Connection, streams: int, count: int, size: int) -> None:
    lines = [
        [f"{place}\t{s}\t{t}\t{v!r}" for place, (s, t, v) in enumerate(rows)]
        for rows in batches(streams, count, size, T0)
    ]
    bodies = [
        orjson.dumps(
            [
                {
                    "Datastream": {"@iot.id": stream},
                    "components": ["phenomenonTime", "result"],
                    "dataArray": [[t, v] for s, t, v in rows if s == stream],
                }
                for stream in sorted({s for s, _, _ in rows})
            ]
        )
        for rows in _grouped(count, size)
    ]
    number = 0

    def plain(rows: list[tuple[int, str, float]]) -> None:
        nonlocal number
        with (
            connection.cursor() as cursor,
            cursor.copy(
                "copy observe.observation (id, phenomenon_time, recorded_at, datastream, flag,"
                " result_number) from stdin"
            ) as copy,
        ):
            copy.write(
                "".join(
                    f"{number + n}\t{t}\t{t}\t{s + 1_000_000}\t2\t{v!r}\n" for n, (s, t, v) in enumerate(rows)
                )
            )
        number += len(rows)
        connection.commit()

    def record(each: list[str]) -> None:
        series.record_numbers(connection, each)
        connection.commit()

    def arrays(body: bytes) -> None:
        data_array.create(connection, orjson.loads(body), lambda _: None, None, "http://x", answer=False)
        connection.commit()

    connection.execute(
        "select observe.ensure_period(observe.period(%s::timestamptz + n * interval '1 month'))"
        " from generate_series(0, 11) n",
        (T0,),
    )
    connection.commit()
    clock, reference = rate(connection, plain, list(batches(streams, count, size, T0)), size)
    told(
        f"COPY into the partitions, {size:,} rows a transaction",
        f"{clock:,.0f} {reference:,.0f}/s",
        "the limit",
        True,
    )
    for name, work, pieces, least in (
        (f"record(), {streams:,} datastreams, in order", record, lines, 0),
        ("dataArray from JSON, 100 values a datastream", arrays, bodies, RATE),
    ):
        clock, found = rate(connection, work, pieces, size)
        share = found / reference
        limit = f"≥ {SHARE:.0%}" + (f" and {least:,}/s" if least else "")
        told(name, f"{clock:,.0f} {found:,.0f}/s, {share:.0%}", limit, share >= SHARE and found >= least)


def _grouped(count: int, size: int) -> Iterator[list[tuple[int, str, float]]]:
    """A hundred values of each datastream in a batch, as gateways send them."""
    for batch in range(count):
        yield [
            (1 + stream, (T0 + timedelta(days=100) + FIVE * (batch * 100 + step)).isoformat(), float(step))
            for stream in range(size // 100)
            for step in range(100)
        ]


def alone(connection: Connection, streams: int) -> None:
    """A transaction a value, as a single POST writes it."""
    start = T0 + timedelta(days=300)
    readings = [Reading(1 + n % streams, start + FIVE * (n // streams), float(n)) for n in range(1000)]

    def write(part: list[Reading]) -> None:
        for each in part:
            series.record(connection, [each])
            connection.commit()

    clock, found = rate(connection, write, [readings[n : n + 200] for n in range(0, 1000, 200)], 200)
    told("one value a transaction, one writer", f"{clock:,.0f} {found:,.0f}/s", "", True)


def correction(connection: Connection, stream: int, name: str) -> None:
    start = datetime(2024, 1, 1, tzinfo=BEIJING)
    year = [(start + FIVE * step).isoformat() for step in range(105_120)]
    series.record_numbers(connection, [f"{n}\t{stream}\t{t}\t{n % 100}" for n, t in enumerate(year)])
    connection.commit()
    again = [f"{n}\t{stream}\t{t}\t{n % 100 + 1}" for n, t in enumerate(year)]

    def correct() -> None:
        assert series.record_numbers(connection, again).corrected == len(year)
        connection.commit()

    took = timed(connection, correct)
    (kept,) = connection.execute(
        "select count(*) from observe.superseded where datastream = %s and phenomenon_time >= %s",
        (stream, start),
    ).fetchone() or (0,)
    assert kept == len(year)
    shown = f"{took.clock_s:.2f} {took.cpu_s:.2f} s"
    told(
        name,
        shown,
        f"≤ {CORRECTION_S} s",
        took.cpu_s <= CORRECTION_S,
    )


def read(
    connection: Connection, name: str, sql: str, params: Any, limit_s: float | None, times: int = 40
) -> float:
    """Of the clock the 95th percentile, of the processors the mean."""
    took = [timed(connection, lambda: connection.execute(sql, params).fetchall()) for _ in range(times)]
    clock = sorted(each.clock_s for each in took)[int(times * 0.95)]
    cpu = sum(each.cpu_s for each in took) / times
    limit = "" if limit_s is None else f"≤ {limit_s * 1000:.0f} ms"
    told(name, f"{clock * 1000:.1f} {cpu * 1000:.1f} ms", limit, limit_s is None or cpu <= limit_s)
    return cpu


def reads(connection: Connection, streams: int) -> None:
    ten_years = [(datetime(2013, 1, 1, tzinfo=BEIJING) + FIVE * step) for step in range(1_051_920)]
    for first in range(0, len(ten_years), 100_000):
        part = ten_years[first : first + 100_000]
        series.record_numbers(
            connection, [f"{n}\t{streams}\t{t.isoformat()}\t{n % 977}" for n, t in enumerate(part)]
        )
        connection.commit()
    connection.execute("analyze")
    connection.commit()
    chart = Chart(streams, ten_years[0], ten_years[-1] + FIVE, 2000).statement()
    read(connection, "draw ten years at 5 minutes with 2,000 points", chart.sql, chart.params, CHART_S)
    latest = (
        "select datastream, phenomenon_time, result_number, flag from observe.latest where id is not null"
    )
    read(connection, f"latest value of {streams:,} things", latest, (), LATEST_S)
    newest = "$orderby=phenomenonTime desc;$top=1;$select=result,phenomenonTime"
    expanded = f"$top=5000&$select=id&$expand=Observations({newest})"
    options = text.options(dict(each.split("=", 1) for each in expanded.split("&")), SETS["Datastreams"])
    statement = page(text.address("Datastreams"), options, Scope("http://x", None))
    read(connection, "the same as SensorThings JSON", statement.sql, statement.params, None)


def pages(connection: Connection, streams: int) -> None:
    """A hundred values at a time, out of 130 partitions; as of an instant at most twice as dear."""
    newest = {"$orderby": "phenomenonTime desc", "$top": "100"}
    month = {"$filter": "phenomenonTime ge 2020-03-01T00:00:00Z and phenomenonTime lt 2020-04-01T00:00:00Z"}
    spent: dict[str, float] = {}
    for name, where, query, asof in (
        ("the newest 100 of one series", f"Datastreams({streams})/Observations", newest, None),
        ("the newest 100 of all", "Observations", newest, None),
        ("a month of one series", f"Datastreams({streams})/Observations", {**month, "$top": "10000"}, None),
        (
            "a month of one series, as of now",
            f"Datastreams({streams})/Observations",
            {**month, "$top": "10000"},
            datetime.now(BEIJING),
        ),
    ):
        options = text.options(query, SETS["Observations"])
        statement = page(text.address(where), options, Scope("http://x", None, asof))
        spent[name] = read(
            connection, name, statement.sql, statement.params, 0.1 if "newest" in name else None
        )
    ratio = spent["a month of one series, as of now"] / spent["a month of one series"]
    told("as of an instant against plain", f"{ratio:.2f}", f"≤ {ASOF}", ratio <= ASOF)


def count(connection: Connection) -> None:
    """Ninety-six datastreams of ten years at 5 minutes, their roll-ups in the order of time."""
    connection.execute(
        "insert into observe.roll_up_day (datastream, start, flag, count, numbers, minimum, maximum, total)"
        " select d, timestamptz '2015-01-01 00:00+08' + n * interval '1 day', 2, 288, 288, 0, 1, 144"
        " from generate_series(0, 3649) n, generate_series(2000001, 2000096) d order by n, d;"
        "insert into observe.roll_up_month (datastream, start, flag, count, numbers, minimum, maximum, total)"
        " select datastream, observe.month(start), flag, sum(count), sum(numbers), 0, 1, sum(total)"
        " from observe.roll_up_day where datastream > 2000000 group by 1, 2, 3 order by 2, 1;"
        "update observe.latest set count = count + 288 * 3650 where datastream <= 96"
    )
    connection.commit()
    connection.autocommit = True
    connection.execute("vacuum (analyze) observe.roll_up_day, observe.roll_up_month, observe.latest")
    for name, query in (
        ("all", {}),
        (
            "of a span of time",
            {"$filter": "phenomenonTime ge 2016-03-01T03:07:00Z and phenomenonTime lt 2023-01-01T00:00:00Z"},
        ),
    ):
        options = text.options({"$count": "true", "$top": "0", **query}, SETS["Observations"])
        statement = page(text.address("Observations"), options, Scope("http://x", None))
        read(connection, f"$count over 10⁸ values, {name}", statement.sql, statement.params, COUNT_S)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dsn", default=os.environ.get("ONEMAP_TEST_SERVER"), required=False)
    parser.add_argument("--streams", type=int, default=5000)
    parser.add_argument("--batches", type=int, default=12)
    parser.add_argument("--size", type=int, default=20_000)
    asked = parser.parse_args()
    with fresh(asked.dsn) as dsn, connect(dsn) as connection:
        (fsync,) = connection.execute("show fsync").fetchone() or ("",)
        print(f"{'':<58} {'clock, processor':>22}")
        print(f"fsync = {fsync}, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        connection.execute("set max_parallel_workers_per_gather = 0")  # as the doors have it
        datastreams(connection, asked.streams)
        ingest(connection, asked.streams, asked.batches, asked.size)
        alone(connection, asked.streams)
        correction(connection, asked.streams - 1, "correct a year of one series (105,120 values)")
        with ruled(dsn):
            correction(connection, asked.streams - 2, "  the same where five rules judge each")
        reads(connection, asked.streams)
        pages(connection, asked.streams)
        count(connection)
        connection.close()
        doors(dsn, asked.streams, told)
    return 1 if MISSED else 0


if __name__ == "__main__":
    sys.exit(main())
