"""How packets of HJ 212 stand in a stream."""

from __future__ import annotations

from spatial.observe.telemetry.cut import Cutter
from spatial.observe.telemetry.hj212 import packet


class Grammar:
    """Packets as :mod:`spatial.observe.telemetry.cut` asks of them."""

    def start(self, held: bytearray, at: int) -> int:
        """Where the next # stands."""
        place = held.find(packet.START[0], at)
        return len(held) if place < 0 else place

    def size(self, held: bytearray, at: int) -> int:
        """As the four digits say."""
        return packet.size(held, at)

    def check(self, data: bytes) -> bytes:
        """The data segment, where end and CRC hold."""
        return packet.check(data)


def cutter() -> Cutter:
    """A cutter of packets."""
    return Cutter(Grammar())
