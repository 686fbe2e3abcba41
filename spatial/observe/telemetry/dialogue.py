"""What a connection of a protocol does with bytes 会话: pieces to arrivals, arrivals to answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from spatial.observe.telemetry.arrival import Arrival, key_of
from spatial.observe.telemetry.cut import Refused


@dataclass(frozen=True, slots=True)
class Peer:
    """Where bytes come from: ``sl651/tcp`` and the like, and the address of the other end."""

    channel: str
    address: str


class Dialogue(Protocol):
    """One connection, or one datagram's sender."""

    @property
    def half(self) -> bool:
        """Whether bytes are held that only more bytes, or time, can decide."""
        ...

    @property
    def failures(self) -> int:
        """How many whole messages failed their check value."""
        ...

    @property
    def device(self) -> str | None:
        """The device that spoke last."""
        ...

    def feed(self, data: bytes, now: datetime) -> list[Arrival]:
        """Messages that these bytes complete."""
        ...

    def pause(self, now: datetime) -> tuple[list[Arrival], list[bytes]]:
        """When nothing came for a while: half messages are given up; what to send to ask for packets."""
        ...

    def close(self, now: datetime) -> list[Arrival]:
        """What is left when the other end has gone."""
        ...


def refused(piece: Refused, peer: Peer, now: datetime) -> Arrival:
    """Bytes in which there was no message. The same ones from the same address count as repeats."""
    return Arrival(
        now,
        peer.channel,
        peer.address,
        piece.data,
        key_of("refused", peer.channel, peer.address.rpartition(":")[0], piece.data),
        "none",
        reason=piece.reason,
        detail=piece.detail,
    )
