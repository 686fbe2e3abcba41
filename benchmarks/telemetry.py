"""Decoding of SL 651 and HJ 212 on one core, by the processor's clock: ``python -m benchmarks.telemetry``.

Frames are the usual ones: a timed report of four items, an hourly report with two blocks of twelve. The
plain path cuts the stream, checks and decodes each frame; the compiled one does the same over a whole
buffer. "values" includes the making of one object a value, as the sink takes them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from spatial.observe.telemetry.cut import Whole
from spatial.observe.telemetry.sl651 import batch, frame
from spatial.observe.telemetry.sl651.stream import cutter as new_cutter

_GOAL = 80_000.0
_FRAMES = 20_000
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


def main() -> None:
    print(f"{'frames a second, one core':28s} {'plain':>10s} {'compiled, columns':>18s} {'values':>10s}")
    for name, one in (("SL 651 timed report", _TIMED), ("SL 651 hourly report", hourly())):
        figures = [rate(run, one * _FRAMES) for run in (plain, columns, values)]
        print(f"{name:28s} {figures[0]:10,.0f} {figures[1]:18,.0f} {figures[2]:10,.0f}")
        print(f"{'':28s} goal {_GOAL:,.0f}: columns {figures[1] / _GOAL:.1f} ×")


if __name__ == "__main__":
    main()
