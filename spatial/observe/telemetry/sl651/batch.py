"""Decoding many frames at once 批量解码: the compiled path, with the plain one where it does not reach.

Both give the same frames and the same values.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spatial.datum import BEIJING
from spatial.observe.telemetry.errors import BadMessage
from spatial.observe.telemetry.sl651 import elements, frame, values
from spatial.observe.telemetry.sl651.number import State
from spatial.observe.telemetry.sl651.values import Value

_FRAMES = 4096
_VALUES_PER_BYTE = 6  # A block of twelve takes fourteen bytes; the kernel asks for six rows a byte.


@dataclass(frozen=True, slots=True)
class Run:
    """Frames that follow one another, with their values as columns."""

    data: bytes
    frames: NDArray[np.int64]
    whole: NDArray[np.int64]
    number: NDArray[np.float64]
    states: NDArray[np.uint8]
    stop: int
    """Where in the data the run ends."""

    def values_of(self, index: int) -> list[Value] | BadMessage:
        """Values of a frame of the run; by the plain path where it is marked for that."""
        from spatial.observe.telemetry.sl651 import kernel

        row = self.frames[index]
        if row[kernel.PLAIN]:
            return plain_values(self.data[row[kernel.START] : row[kernel.STOP]])
        first = int(row[kernel.FIRST])
        return list(self._rows(first, first + int(row[kernel.COUNT])))

    def _rows(self, first: int, stop: int) -> Iterator[Value]:
        rows = self.whole[first:stop].tolist()
        states, numbers = self.states[first:stop].tolist(), self.number[first:stop].tolist()
        known: dict[int, datetime] = {}
        for (guide, seconds, station), state, number in zip(rows, states, numbers, strict=True):
            time = known.get(seconds)
            if time is None:
                time = known[seconds] = datetime.fromtimestamp(seconds, BEIJING)
            name = self.data[station : station + 5].hex().upper()
            key, unit = _named(guide)
            yield Value(name, key, unit, time, _STATES[state], None if state else number)


_STATES = (State.VALUE, State.MISSING, State.REFUSED)
_NAMED: dict[int, tuple[str, str | None]] = {}


def _named(guide: int) -> tuple[str, str | None]:
    found = _NAMED.get(guide)
    if found is None:
        found = _NAMED[guide] = (elements.key_of(guide), elements.unit_of(guide))
    return found


class Decoder:
    """Holds the tables of the compiled path, so that they are made once."""

    def __init__(self) -> None:
        from spatial.observe.telemetry.sl651 import kernel

        self._kernel = kernel
        rows = max(_FRAMES * 16, _VALUES_PER_BYTE * frame.LONGEST + 12)
        self._frames = np.zeros((_FRAMES, kernel.FRAME_COLUMNS), np.int64)
        self._whole = np.zeros((rows, 3), np.int64)
        self._number = np.zeros(rows, np.float64)
        self._states = np.zeros(rows, np.uint8)

    def run(self, data: bytes, at: int = 0, buffer: NDArray[Any] | None = None) -> Run:
        """The frames from here on, until one cannot be taken or the tables are full."""
        buffer = np.frombuffer(data, np.uint8) if buffer is None else buffer
        tables = self._frames, self._whole, self._number, self._states
        frames, rows, stop = self._kernel.decode_run(buffer, at, *tables)
        return Run(
            data,
            self._frames[:frames].copy(),
            self._whole[:rows].copy(),
            self._number[:rows].copy(),
            self._states[:rows].copy(),
            int(stop),
        )

    def decode(self, data: bytes) -> Iterator[tuple[bytes, list[Value] | BadMessage]]:
        """Every whole frame of a capture with its values, or with what is wrong in its body."""
        buffer, at = np.frombuffer(data, np.uint8), 0
        while at < len(data):
            run = self.run(data, at, buffer)
            for index, row in enumerate(run.frames):
                yield data[row[0] : row[1]], run.values_of(index)
            at = run.stop
            if len(run.frames) == 0 and at < len(data):
                size = _candidate(data, at)
                if size:
                    yield data[at : at + size], plain_values(data[at : at + size])
                at += size or 1


def _candidate(data: bytes, at: int) -> int:
    """Bytes of the whole frame that begins here, by the plain path; 0 for none."""
    try:
        size = frame.extent(data, at)
        if size:
            frame.decode(data[at : at + size])
    except BadMessage:
        return 0
    return size


def plain_values(data: bytes) -> list[Value] | BadMessage:
    """Values of one frame by the plain path; none of a frame that goes down or is one of several packets."""
    try:
        found = frame.decode(data)
        if found.direction is frame.Direction.DOWN or found.packet is not None:
            return []
        return values.values(found, values.decode_body(found))
    except BadMessage as failure:
        return failure
