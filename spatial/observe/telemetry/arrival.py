"""Messages on their way into the database 待入库报文."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Literal

from spatial.observe.model import CLOCK_AHEAD_MAX
from spatial.observe.telemetry.errors import Reason
from spatial.observe.telemetry.model import Reading

Kind = Literal["data", "part", "test", "heartbeat", "other", "none"]
"""``part`` is one of several packets, ``other`` what holds no values, ``none`` what is no message."""

AHEAD = CLOCK_AHEAD_MAX
"""How far a phenomenon time may lie after the receipt: clocks of stations go wrong."""
BEHIND = timedelta(days=20 * 366)
"""How far it may lie before the receipt. A clock that lost its battery begins at 1970, 1980 or 2000 again;
what is truly that old comes as a file or over SensorThings."""


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
    unread: int = 0
    """Values it holds that cannot be taken, beside ``readings``; ``detail`` tells why of the first."""

    def rejected(self, reason: Reason, detail: str) -> Arrival:
        """The same message, not taken; it is kept, and answered all the same: it need not come again."""
        return replace(self, readings=(), reason=reason, detail=detail)

    def lacking(self, count: int, reason: Reason, detail: str) -> Arrival:
        """The same message without so many of its values; rejected where it has no others."""
        if not count:
            return self
        told = f"{count} of {count + len(self.readings)} values, {reason}: {detail}"
        if not self.readings and not self.unread:
            return self.rejected(reason, told)
        return replace(self, unread=self.unread + count, detail=self.detail or told)

    def checked(self) -> Arrival:
        """Without readings that lie in the future, or so far back that the clock must be wrong."""
        times = [each.time for each in self.readings]
        until, since = self.received_at + AHEAD, self.received_at - BEHIND
        if not times or (max(times) <= until and min(times) >= since):
            return self
        taken = tuple(each for each in self.readings if since <= each.time <= until)
        ahead = [each.time for each in self.readings if each.time > until]
        behind = [each.time for each in self.readings if each.time < since]
        found = replace(self, readings=taken)
        if ahead:
            found = found.lacking(len(ahead), Reason.FUTURE_DATED, max(ahead).isoformat())
        if behind and found.reason is None:
            found = found.lacking(len(behind), Reason.PAST_DATED, min(behind).isoformat())
        return found


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
