"""A writer of observations is killed again and again and begins anew each time: sent is stored, once."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from psycopg import Connection

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "spatial" / "observe"))
from observed_series import datastreams, roll_ups, rolled_up

pytestmark = pytest.mark.fault
MESSAGES, VALUES = 60, 20
WRITER = """
import sys
from spatial.database import connect
from spatial.observe import series
from spatial.observe.model import Reading, source_of
from datetime import datetime, timedelta
from spatial.datum.clock import BEIJING

dsn, first, messages, values = sys.argv[1], *map(int, sys.argv[2:])
start = datetime(2026, 3, 1, tzinfo=BEIJING)
with connect(dsn) as connection:
    for message in range(messages):
        # Each message speaks of the instants of the one before, too, and says something else of them.
        readings = [
            Reading(first + minute % 3, start + timedelta(minutes=minute), float(message + minute),
                    source=source_of(f"message {message}"))
            for minute in range(message * 10, message * 10 + values)
        ]
        series.record(connection, readings)
        connection.commit()
        print(message, flush=True)
"""


def test_sent_is_stored_once_whenever_the_writer_is_killed(
    database: str, connection: Connection[object]
) -> None:
    streams = datastreams(connection, 3)
    connection.commit()
    command = [sys.executable, "-c", WRITER, database, str(streams[0]), str(MESSAGES), str(VALUES)]
    for seconds in (0.05, 0.15, 0.3, None):
        with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()  # it has begun
            if seconds is not None:
                time.sleep(seconds)
                writer.send_signal(signal.SIGKILL)
            else:
                writer.communicate()
                assert writer.returncode == 0
    said = [
        (streams[minute % 3], minute, float(message + minute))
        for message in range(MESSAGES)
        for minute in range(message * 10, message * 10 + VALUES)
    ]
    expected = {(stream, minute): number for stream, minute, number in said}
    rows = connection.execute(
        "select datastream, (extract(epoch from phenomenon_time - '2026-03-01 00:00+08') / 60)::int,"
        " result_number, phenomenon_time, flag from observe.observation"
    ).fetchall()
    assert {(d, minute): number for d, minute, number, _, _ in rows} == expected
    values = [(d, time_, flag, number) for d, _, number, time_, flag in rows]
    for span in ("hour", "day", "month"):
        assert roll_ups(connection, span) == rolled_up(values, span)
    (count,) = connection.execute("select sum(count) from observe.latest").fetchone() or (0,)
    assert count == len(expected)
    (versions,) = connection.execute(
        "select count(*) from observe.superseded where recorded_at < superseded_at"
    ).fetchone() or (0,)
    assert versions == len(said) - len(expected) > 0, "each correction once, however often it was sent"
