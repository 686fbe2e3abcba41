"""Putting packets together 多包重组 (M3): by station and function, with time-out and resends.

A packet that is missing is asked for by NAK with its number, at most twice; then what came is given up
and told as incomplete. Memory is bounded by the number of messages under way and their size.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from spatial.observe.telemetry.errors import Reason
from spatial.observe.telemetry.sl651.frame import ETX, Frame

RESENDS = 2
WAIT_S = 60.0
_LARGEST = 4 * 1024 * 1024
_AT_ONCE = 64

Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Complete:
    """All packets of a message as one frame, with the end that the one of the highest number had."""

    frame: Frame


@dataclass(frozen=True, slots=True)
class Missing:
    """Packets to ask for again, lowest first."""

    frame: Frame
    sequences: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class GivenUp:
    """What will not become whole."""

    frame: Frame
    reason: Reason
    detail: str


Outcome = Complete | Missing | GivenUp


@dataclass(slots=True)
class _UnderWay:
    first: Frame
    until: float
    bodies: dict[int, bytes] = field(default_factory=dict)
    size: int = 0
    end: int = ETX
    asked: int = 0

    @property
    def total(self) -> int:
        return self.first.packet.total if self.first.packet else 1

    @property
    def missing(self) -> tuple[int, ...]:
        return tuple(number for number in range(1, self.total + 1) if number not in self.bodies)


class Assembler:
    """Packets of any number of stations; ``now`` is a clock in seconds that never goes back."""

    def __init__(self, wait_s: float = WAIT_S, largest: int = _LARGEST, at_once: int = _AT_ONCE) -> None:
        self._wait_s, self._largest, self._at_once = wait_s, largest, at_once
        self._under_way: dict[Key, _UnderWay] = {}

    def __len__(self) -> int:
        return len(self._under_way)

    def add(self, frame: Frame, now: float) -> list[Outcome]:
        """Take one packet."""
        packet = frame.packet
        if packet is None:
            return [Complete(frame)]
        out: list[Outcome] = []
        key = (frame.station.text, frame.function)
        found = self._under_way.get(key)
        if found is not None and _another(found, frame):
            out.append(self._give_up(key, Reason.INCOMPLETE))
            found = None
        if found is None:
            if len(self._under_way) >= self._at_once:
                oldest = min(self._under_way, key=lambda each: self._under_way[each].until)
                out.append(self._give_up(oldest, Reason.INCOMPLETE))
            found = self._under_way[key] = _UnderWay(frame, now)
        found.until = now + self._wait_s
        if packet.sequence not in found.bodies:
            found.bodies[packet.sequence] = frame.body
            found.size += len(frame.body)
            found.end = frame.end if packet.sequence == packet.total else found.end
        if found.size > self._largest:
            out.append(self._give_up(key, Reason.OVERSIZED))
        elif len(found.bodies) == found.total:
            del self._under_way[key]
            whole = b"".join(found.bodies[number] for number in range(1, found.total + 1))
            out.append(Complete(replace(frame, body=whole, packet=None, end=found.end)))
        elif packet.sequence == packet.total:
            out.extend(self._ask(key, found, frame))
        return out

    def expire(self, now: float) -> list[Outcome]:
        """What waited too long is asked for again, and given up after the last time."""
        out: list[Outcome] = []
        for key, found in list(self._under_way.items()):
            if found.until <= now:
                found.until = now + self._wait_s
                out.extend(self._ask(key, found, found.first))
        return out

    def close(self) -> list[Outcome]:
        """Give up all."""
        return [self._give_up(key, Reason.INCOMPLETE) for key in list(self._under_way)]

    def _ask(self, key: Key, found: _UnderWay, frame: Frame) -> list[Outcome]:
        if found.asked >= RESENDS:
            return [self._give_up(key, Reason.INCOMPLETE)]
        found.asked += 1
        return [Missing(frame, found.missing)]

    def _give_up(self, key: Key, reason: Reason) -> GivenUp:
        found = self._under_way.pop(key)
        detail = f"{len(found.bodies)} of {found.total} packets, {found.size} bytes"
        return GivenUp(found.first, reason, detail)


def _another(found: _UnderWay, frame: Frame) -> bool:
    """Whether a packet belongs to another message than the one under way."""
    assert frame.packet is not None
    if frame.packet.total != found.total or frame.form is not found.first.form:
        return True
    if frame.packet.sequence != 1:
        return False
    held = found.bodies.get(1)
    return held is not None and held != frame.body
