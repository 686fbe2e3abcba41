"""Cutting messages out of a byte stream 流的切分与重新同步.

A message is taken where its start, length, end and check value all hold; at anything else the search
goes on one byte later. So every split of the stream gives the same messages, and garbage between them
loses none. What is held is bounded by one message of the longest kind.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from spatial.observe.telemetry.errors import BadMessage, Reason


@dataclass(frozen=True, slots=True)
class Whole:
    """The bytes of one message whose check value holds, and what the grammar read in them."""

    data: bytes
    parsed: object = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """Bytes in which no message was found, with the first thing that was wrong."""

    data: bytes
    reason: Reason
    detail: str


Cut = Whole | Refused

LONGEST_REFUSED = 8192
"""Refused bytes are handed out in pieces of at most this size."""


class Junk:
    """Collects the bytes between messages, bounded."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._reason: Reason | None = None
        self._detail = ""

    def add(self, data: bytes | bytearray | memoryview, out: list[Cut]) -> None:
        """Bytes that belong to no message."""
        self._data += data
        while len(self._data) >= LONGEST_REFUSED:
            self._emit(LONGEST_REFUSED, out)

    def blame(self, reason: Reason, detail: str) -> None:
        """Why: a damaged message says more than a wrong header, and that more than stray bytes."""
        if self._reason is None or _weight(reason) > _weight(self._reason):
            self._reason, self._detail = reason, detail

    def close(self, out: list[Cut]) -> None:
        """Hand out what is there: a message follows, or nothing more."""
        if self._data:
            self._emit(len(self._data), out)
        self._reason, self._detail = None, ""

    def _emit(self, size: int, out: list[Cut]) -> None:
        piece = bytes(self._data[:size])
        del self._data[:size]
        reason = self._reason or Reason.GARBAGE
        out.append(Refused(piece, reason, self._detail or f"{size} bytes"))


def _weight(reason: Reason) -> int:
    return {Reason.GARBAGE: 0, Reason.BAD_HEADER: 1, Reason.BAD_LENGTH: 1}.get(reason, 2)


class Grammar(Protocol):
    """What a protocol says of its messages on the wire."""

    def start(self, held: bytearray, at: int) -> int:
        """Where the next byte stands that a message can begin with; the length where none does."""
        ...

    def size(self, held: bytearray, at: int) -> int:
        """Bytes of the message that begins here; 0 while its header is not complete; BadMessage for none."""
        ...

    def check(self, data: bytes) -> object:
        """What a message of the right size is; BadMessage where its end or check value do not hold."""
        ...


class Cutter:
    """Takes the bytes of one connection or datagram as they come."""

    def __init__(self, grammar: Grammar) -> None:
        self._grammar = grammar
        self._held = bytearray()
        self._junk = Junk()
        self.failures = 0
        """Candidates whose check value failed; a peer with many of them costs time."""

    @property
    def half(self) -> bool:
        """Whether something is held that only more bytes can decide."""
        return bool(self._held)

    def feed(self, data: bytes) -> list[Cut]:
        """The pieces that these bytes complete, in the order of the wire."""
        self._held += data
        out: list[Cut] = []
        self._search(out)
        return out

    def close(self) -> list[Cut]:
        """Give up the half message, since nothing more came for its time; messages inside it are found."""
        out: list[Cut] = []
        while self._held:
            self._junk.blame(Reason.TRUNCATED, f"{len(self._held)} bytes")
            self._junk.add(self._held[:1], out)
            del self._held[:1]
            self._search(out)
        self._junk.close(out)
        return out

    def _search(self, out: list[Cut]) -> None:
        held, at, junk_from = self._held, 0, 0
        while (at := self._grammar.start(held, at)) < len(held):
            taken = self._candidate(at)
            if taken is None:
                break
            if isinstance(taken, Whole):
                self._junk.add(held[junk_from:at], out)
                self._junk.close(out)
                out.append(taken)
                at = junk_from = at + len(taken.data)
            else:
                at += 1
        if at > junk_from:
            self._junk.add(held[junk_from:at], out)
        del held[:at]

    def _candidate(self, at: int) -> Whole | bool | None:
        """The message that begins here; False for none, None while more bytes are needed."""
        try:
            size = self._grammar.size(self._held, at)
            if size == 0 or len(self._held) - at < size:
                return None
            data = bytes(self._held[at : at + size])
            return Whole(data, self._grammar.check(data))
        except BadMessage as failure:
            if failure.reason is not Reason.GARBAGE:
                self._junk.blame(failure.reason, failure.detail)
                self.failures += failure.reason is Reason.BAD_CRC
            return False
