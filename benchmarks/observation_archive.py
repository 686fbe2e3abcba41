"""Answers of EDR, closing a day and bringing it back, against COPY of the same values, in one run.

    python -m benchmarks.observation_archive --stations 500 --streams 3500

makes a database of its own on the server of ``--dsn`` (or ONEMAP_TEST_SERVER), prints every figure beside
its limit and drops the database. Figures are clock and processor time, the latter of this process and of the
server process together; ratios are by processor time.

The limit of an answer is COPY of datastream, time and number of the same values to the client, as text. That
of a closed day is COPY of its rows with all their columns; that of bringing it back, COPY of them into a
table that has the same indexes.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import shapely

from api.edr import documents
from benchmarks.databases import fresh
from benchmarks.observations import FIVE, Took, datastreams, timed
from spatial.database import Connection, connect
from spatial.datum.clock import BEIJING
from spatial.observe import coverage, measured_layers, series
from spatial.observe.archive import retention
from spatial.observe.archive.closing import close_days
from spatial.observe.coverage import Asked, Inside, Shape
from spatial.observe.measured_layers import Parameter

WEEK, DAY = datetime(2024, 3, 4, tzinfo=BEIJING), datetime(2024, 5, 6, tzinfo=BEIJING)
NOW = datetime(2024, 9, 1, tzinfo=BEIJING)
CITY = Inside(shapely.to_wkb(shapely.box(118, 36, 120, 38)))
PIECE = 100_000


def fill(connection: Connection, streams: int, start: datetime, step: timedelta, steps: int) -> None:
    lines: list[str] = []
    for number in range(steps):
        moment = (start + step * number).isoformat()
        lines += [
            f"{len(lines)}\t{s}\t{moment}\t{(s * 7919 + number * 31) % 1000 / 8}"
            for s in range(1, streams + 1)
        ]
        if len(lines) >= PIECE or number == steps - 1:
            series.record_numbers(connection, lines)
            connection.commit()
            lines = []


def told(what: str, took: Took, values: int, limit: Took | None = None) -> None:
    ratio = "" if limit is None else f"{took.cpu_s / limit.cpu_s:.1f} × COPY"
    print(
        f"{what:<52} {took.clock_s:7.2f} {took.cpu_s:7.2f} s {values / took.cpu_s:>12,.0f}/s   {ratio}",
        flush=True,
    )


def answers(connection: Connection, stations: int) -> None:
    row = measured_layers.parameters()
    known = {each[1]: Parameter(*each[1:]) for each in connection.execute(row.sql, row.params).fetchall()}
    writers: dict[str, Callable[[list[coverage.Series]], str]] = {
        "CoverageJSON": lambda found: documents.coverage_json(found, known),
        "CSV": documents.csv,
    }
    for name, until in (("a day", WEEK + timedelta(days=1)), ("a week", WEEK + timedelta(days=7))):
        copied = 0

        def copy(until: datetime = until) -> None:
            nonlocal copied
            with connection.cursor().copy(
                "copy (select datastream, phenomenon_time, result_number from observe.observation"
                f" where phenomenon_time >= '{WEEK.isoformat()}' and phenomenon_time < '{until.isoformat()}'"
                f" and datastream <= {stations} order by 1, 2) to stdout"
            ) as pieces:
                copied = sum(len(piece) for piece in pieces)

        limit = timed(connection, copy)
        values = stations * 288 * (until - WEEK).days
        told(f"COPY of {values:,} values, {copied / 1e6:.0f} MB", limit, values)
        for form, write in writers.items():
            shape = Shape.LINES if form == "CSV" else Shape.ARRAYS
            asked = Asked("gauges", CITY, WEEK, until, end_included=False, shape=shape)
            size = 0

            def answer(asked: Asked = asked, write: Callable[..., str] = write) -> None:
                nonlocal size
                size = len(write(coverage.series(connection, asked)))

            took = timed(connection, answer)
            told(f"  EDR area, {stations} stations, {name}, {form}, {size / 1e6:.0f} MB", took, values, limit)
    connection.commit()


def archive(dsn: str, values: int) -> None:
    with connect(dsn, autocommit=True) as connection, tempfile.TemporaryDirectory() as work:
        folder = Path(work)

        def copy() -> None:
            with (
                connection.cursor().copy(
                    "copy (select * from observe.observation where phenomenon_time >="
                    f" '{DAY.isoformat()}' and phenomenon_time < '{(DAY + timedelta(days=1)).isoformat()}'"
                    " order by datastream, phenomenon_time) to stdout (format csv)"
                ) as pieces,
                (folder / "rows.csv").open("wb") as sink,
            ):
                for piece in pieces:
                    sink.write(piece)

        limit = timed(connection, copy)
        told(f"COPY of a day of {values:,} values", limit, values)
        connection.execute("delete from observe.roll_up_day where start < %s", (DAY,))  # that day alone
        made = []
        took = timed(connection, lambda: made.extend(close_days(connection, folder, NOW)))
        assert [each.rows for each in made] == [values]
        told(f"  closing it, {made[0].bytes / 1e6:.0f} MB of GeoParquet", took, values, limit)
        told(
            "  looking again, nothing to do",
            timed(connection, lambda: close_days(connection, folder, NOW)),
            values,
        )
        connection.execute("truncate only observe.observation_2024_03")
        retention.declare(connection, 2, "benchmark")
        gone = []
        took = timed(connection, lambda: gone.extend(retention.retire(connection, folder, NOW)))
        told("  letting its month go, its file proven first", took, values)
        assert "2024-05" in [each.name for each in gone]

        def copy_in() -> None:
            connection.execute("create table plain (like observe.observation including all)")
            copying = connection.cursor().copy("copy plain from stdin (format csv)")
            with copying as sink, (folder / "rows.csv").open("rb") as lines:
                while piece := lines.read(1 << 20):
                    sink.write(piece)

        limit = timed(connection, copy_in)
        told("COPY of the same into a table with indexes", limit, values)
        took = timed(connection, lambda: retention.restore(connection, folder, "2024-05"))
        told("  bringing its month back", took, values, limit)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dsn", default=os.environ.get("ONEMAP_TEST_SERVER"), required=False)
    parser.add_argument("--stations", type=int, default=500)
    parser.add_argument("--streams", type=int, default=3500)
    asked = parser.parse_args()
    with fresh(asked.dsn) as dsn:
        with connect(dsn) as connection:
            print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
            print(f"{'':<52} {'clock':>7} {'processor':>9} {'values a processor second':>24}")
            connection.execute("set max_parallel_workers_per_gather = 0; set jit = off")
            datastreams(connection, asked.streams)
            connection.execute(
                'update observe.thing set properties = \'{"layer": "gauges"}\';'
                'update observe.datastream set unit = \'{"symbol": "m"}\''
            )
            connection.commit()
            fill(connection, asked.stations, WEEK, FIVE, 7 * 288)
            fill(connection, asked.streams, DAY, FIVE, 288)
            connection.commit()
            connection.autocommit = True
            connection.execute("vacuum (analyze) observe.observation")  # as autovacuum has done by the time
            connection.autocommit = False
            answers(connection, asked.stations)
        archive(dsn, asked.streams * 288)
    return 0


if __name__ == "__main__":
    sys.exit(main())
