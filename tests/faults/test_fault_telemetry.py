"""``kill -9`` of the station server in the middle: what was acknowledged is kept, and all counts once."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from spatial.database import connect

sys.path.insert(0, str(Path(__file__).parents[1] / "spatial" / "telemetry"))

from hand_frames import report, up
from table_sink import TABLE

HERE = Path(__file__).resolve().parent
FRAMES = 3000
SERIALS = """
select ('x' || encode(substring(bytes from 15 for 2), 'hex'))::bit(16)::int from telemetry.message"""
COUNTS = """
select count(*), count(distinct bytes), (select count(*) from public.reading) from telemetry.message"""
ANSWER = 25


def started(dsn: str, port: int = 0) -> tuple[subprocess.Popen[str], int]:
    environment = {**os.environ, "PYTHONPATH": str(HERE.parents[1])}
    process = subprocess.Popen(
        [sys.executable, str(HERE / "telemetry_service.py"), dsn, str(port)],
        stdout=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def frame_of(serial: int) -> bytes:
    observed = f"2007{24 + serial // 1440:02d}{serial % 1440 // 60:02d}{serial % 60:02d}"
    return up(0x32, report("3812 1268", serial=serial, observed=observed))


def deliver(port: int, serials: list[int], until: int | None = None) -> set[int]:
    """Send frames and take answers until the other end is gone, or so many are there."""
    answered: set[int] = set()
    with socket.create_connection(("127.0.0.1", port)) as peer:
        peer.settimeout(60)
        held = b""
        for start in range(0, len(serials), 50):
            peer.sendall(b"".join(frame_of(serial) for serial in serials[start : start + 50]))
            due = min(len(serials), start + 50)
            while len(answered) < due:
                data = peer.recv(65536)
                if not data:
                    return answered
                held += data
                while len(held) >= ANSWER:
                    answered.add(int.from_bytes(held[14:16]))
                    held = held[ANSWER:]
            if until is not None and len(answered) >= until:
                # The next ones are on their way when it is killed.
                peer.sendall(b"".join(frame_of(serial) for serial in serials[due : due + 50]))
                return answered
    return answered


@pytest.mark.fault
def test_kill_of_the_station_server_loses_and_doubles_nothing(database: str) -> None:
    with connect(database) as own:
        own.execute(TABLE)
    left = list(range(1, FRAMES + 1))
    for kill_after in (200, 700, 450):
        process, port = started(database)
        answered = deliver(port, left, kill_after)
        process.send_signal(signal.SIGKILL)
        process.wait()
        with connect(database) as own:
            kept = {serial for (serial,) in own.execute(SERIALS)}
        assert answered <= kept, "what was acknowledged is there"
        left = [serial for serial in left if serial not in answered]
    process, port = started(database)
    assert deliver(port, left) == set(left)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    with connect(database) as own:
        counted = own.execute(COUNTS).fetchone()
        assert counted == (FRAMES, FRAMES, FRAMES)
