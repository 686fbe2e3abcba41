"""Decoding of SL 651 and HJ 212 on one core, by the processor's clock: ``python -m benchmarks.telemetry``.

Frames are the usual ones: a timed report of four items, an hourly report with two blocks of twelve. The
plain path cuts the stream, checks and decodes each frame; the compiled one does the same over a whole
buffer. "values" includes the making of one object a value, as the sink takes them. With a server (``--dsn``
or ONEMAP_TEST_SERVER) it makes a database of its own and keeps messages in it.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from benchmarks.databases import fresh
from spatial.database import Connection, connect
from spatial.observe.telemetry import store
from spatial.observe.telemetry.cut import Whole
from spatial.observe.telemetry.dialogue import Peer
from spatial.observe.telemetry.model import Reading
from spatial.observe.telemetry.sink import Refused
from spatial.observe.telemetry.sl651 import batch, frame
from spatial.observe.telemetry.sl651.dialogue import Dialogue
from spatial.observe.telemetry.sl651.stream import cutter as new_cutter

_GOAL = 80_000.0
_FRAMES = 20_000
_KEPT = 20_000
_TIMED = bytes.fromhex(
    "7E7E010010100001A00032002B02000C200724172349F1F1001010000148F0F02007241723"
    "2019000130221900004039230000055038121268038397"
)


def hourly() -> bytes:
    """An hourly report: rain and level in blocks, then four items."""
    rain, levels = "F460" + "00" * 12, "F5C0" + "0064" * 12
    body = f"000D200724180010F1F1001010000148F0F02007241705{rain}{levels}F0F02007241800"
    items = "2019000130" + "2619000130" + "392300000550" + "38121268"
    one = frame.decode(_TIMED)
    return frame.encode(replace(one, function=0x34, body=bytes.fromhex(body + items)))


def plain(data: bytes) -> int:
    """Frames by the plain path."""
    cutter = new_cutter()
    pieces = [piece for at in range(0, len(data), 4096) for piece in cutter.feed(data[at : at + 4096])]
    return sum(1 for piece in pieces if isinstance(piece, Whole) and batch.plain_values(piece.data))


def columns(data: bytes) -> int:
    """Frames by the compiled path, their values as columns."""
    decoder, at, count = batch.Decoder(), 0, 0
    while at < len(data):
        run = decoder.run(data, at)
        count, at = count + len(run.frames), run.stop
    return count


def values(data: bytes) -> int:
    """Frames by the compiled path, with an object for each value."""
    return sum(1 for _ in batch.Decoder().decode(data))


def rate(run: Callable[[bytes], int], data: bytes) -> float:
    """Frames a second of processor time; one run before, for the compiler."""
    run(data[: len(data) // 100])
    started = time.process_time()
    count = run(data)
    return count / (time.process_time() - started)


class NoSink:
    """Takes every reading and stores none."""

    def write(self, connection: Connection, readings: Sequence[Reading]) -> tuple[Refused, ...]:
        """Nothing is refused."""
        return ()


def kept(dsn: str) -> None:
    """Messages a second kept durable in batches of 1,000, beside COPY of the same rows into the table."""
    peer, now = Peer("sl651/tcp", "192.0.2.1:1"), datetime.now(UTC)
    data = []
    for serial in range(1, _KEPT + 1):
        body = frame.decode(_TIMED).body
        data.append(frame.encode(replace(frame.decode(_TIMED), body=serial.to_bytes(2) + body[2:])))
    dialogue = Dialogue(peer)
    started = time.process_time()
    arrivals = [arrival for one in data for arrival in dialogue.feed(one, now)]
    decoded_s = time.process_time() - started
    batches = [arrivals[at : at + 1000] for at in range(0, len(arrivals), 1000)]
    with connect(dsn, autocommit=True) as connection:
        connection.execute("select telemetry.ensure_month(%s)", (now,))
        started, cpu = time.perf_counter(), time.process_time()
        for batch_ in batches:
            with connection.transaction():
                store.keep(connection, batch_, NoSink())
        keep_s, keep_cpu_s = time.perf_counter() - started, time.process_time() - cpu
        columns = "id, received_at, channel, peer, device, kind, bytes"
        started = time.perf_counter()
        for first, batch_ in enumerate(batches):
            copied = f"copy telemetry.message ({columns}) from stdin"
            with connection.transaction(), connection.cursor().copy(copied) as copy:
                for n, one in enumerate(batch_, 1 + 1000 * first):
                    copy.write_row((-n, now, one.channel, one.peer, one.device, one.kind, one.data))
        copy_s = time.perf_counter() - started
    print(
        f"dialogue {_KEPT / decoded_s:,.0f} messages/s of one core; kept durable {_KEPT / keep_s:,.0f}/s",
        end="",
    )
    print(f" ({_KEPT / keep_cpu_s:,.0f}/s of our core), COPY of the rows {_KEPT / copy_s:,.0f}/s:", end="")
    print(f" {copy_s / keep_s:.2f} of the limit")


def main() -> None:
    print(f"{'frames a second, one core':28s} {'plain':>10s} {'compiled, columns':>18s} {'values':>10s}")
    for name, one in (("SL 651 timed report", _TIMED), ("SL 651 hourly report", hourly())):
        figures = [rate(run, one * _FRAMES) for run in (plain, columns, values)]
        print(f"{name:28s} {figures[0]:10,.0f} {figures[1]:18,.0f} {figures[2]:10,.0f}")
        print(f"{'':28s} goal {_GOAL:,.0f}: columns {figures[1] / _GOAL:.1f} ×")
    parser = argparse.ArgumentParser()
    parser.add_argument("--dsn", default=os.environ.get("ONEMAP_TEST_SERVER"), help="a PostGIS server")
    server = parser.parse_args().dsn
    if server:
        with fresh(server) as dsn:
            kept(dsn)


if __name__ == "__main__":
    main()
