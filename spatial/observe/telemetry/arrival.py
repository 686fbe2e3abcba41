"""Messages on their way into the database 待入库报文."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Literal

from spatial.observe.model import CLOCK_AHEAD_MAX
from spatial.observe.telemetry.errors import Reason
from spatial.observe.telemetry.model import Reading

Kind = Literal["data", "part", "test", "heartbeat", "other", "none"]
"""``part`` is one of several packets, ``other`` what holds no values, ``none`` what is no message."""

AHEAD = CLOCK_AHEAD_MAX
"""How far a phenomenon time may lie after the receipt: clocks of stations go wrong."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message as it came, and what it was decoded to.

    ``key`` says which fact it is; ``readings`` are what it holds; ``answer`` makes what the device is
    told once the message is durable. ``rejoined`` marks readings that come out of several packets: they
    go to the sink also where this packet had come before, since the others may not have.
    """

    received_at: datetime
    channel: str
    peer: str
    data: bytes
    key: bytes
    kind: Kind
    device: str | None = None
    readings: tuple[Reading, ...] = ()
    reason: Reason | None = None
    detail: str = ""
    answer: Callable[[datetime], bytes] | None = None
    rejoined: bool = False

    def rejected(self, reason: Reason, detail: str) -> Arrival:
        """The same message, not taken; it is kept, and answered all the same: it need not come again."""
        return replace(self, readings=(), reason=reason, detail=detail)

    def checked(self) -> Arrival:
        """Rejected where a reading lies in the future."""
        latest = max((reading.time for reading in self.readings), default=self.received_at)
        if latest > self.received_at + AHEAD:
            return self.rejected(Reason.FUTURE_DATED, latest.isoformat())
        return self


def key_of(*parts: bytes | str | int) -> bytes:
    """The digest over what identifies a message; parts cannot run into one another.

    >>> key_of("a", "bc") == key_of("ab", "c")
    False
    """
    digest = sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode()
        digest.update(len(data).to_bytes(4) + data)
    return digest.digest()
