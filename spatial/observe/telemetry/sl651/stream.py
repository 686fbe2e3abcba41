"""How frames of SL 651 stand in a stream; both forms may, as a relay passes on several stations."""

from __future__ import annotations

from spatial.observe.telemetry.cut import Cutter
from spatial.observe.telemetry.sl651 import frame

_STARTS = (frame.SOH_HEX[0], frame.SOH_ASCII)


class Grammar:
    """Frames as :mod:`spatial.observe.telemetry.cut` asks of them."""

    def start(self, held: bytearray, at: int) -> int:
        """Where the next 7E or 01 stands."""
        found = [place for first in _STARTS if (place := held.find(first, at)) >= 0]
        return min(found, default=len(held))

    def size(self, held: bytearray, at: int) -> int:
        """As the header says."""
        return frame.extent(held, at)

    def check(self, data: bytes) -> frame.Frame:
        """The frame, where end, CRC, packet number and address hold."""
        return frame.decode(data)


def cutter() -> Cutter:
    """A cutter of frames."""
    return Cutter(Grammar())
