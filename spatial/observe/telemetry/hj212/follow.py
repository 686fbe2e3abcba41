"""Packets that belong together 分包.

Each holds whole groups and is decoded as it comes, so that one that is lost takes no other with it; a
later packet that has no ``DataTime`` takes that of the first one of its request code. That groups are
never cut in two is 待核.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime

from spatial.observe.telemetry.errors import BadMessage, Reason
from spatial.observe.telemetry.hj212 import content
from spatial.observe.telemetry.hj212.content import PERIODS, Content
from spatial.observe.telemetry.hj212.packet import Packet
from spatial.observe.telemetry.model import Reading

_REMEMBERED = 512


class Follower:
    """Remembers times of first packets, the latest ones."""

    def __init__(self) -> None:
        self._times: OrderedDict[tuple[str, int, str | None], datetime] = OrderedDict()

    def readings(self, one: Packet) -> list[Reading]:
        """The values of a packet; BadMessage where they have no time, or no device is named."""
        return self.read(one)[0]

    def read(self, one: Packet) -> tuple[list[Reading], list[str]]:
        """As :meth:`readings`, and the keys of what should be a number and is none."""
        if not one.mn:
            raise BadMessage(Reason.BAD_ADDRESS, "MN is missing")
        found = content.decode(one.content) if one.cn in PERIODS else Content(())
        if not found.groups:
            return [], []
        values = content.readings(one.cn, one.mn, found, self._time(one, found))
        return values, content.no_numbers(found)

    def _time(self, one: Packet, found: Content) -> datetime:
        key = (one.mn, one.cn, one.qn)
        digits = found.get("DataTime")
        if digits is not None:
            time = content.instant(digits)
            if one.number:
                self._times[key] = time
                self._times.move_to_end(key)
                if len(self._times) > _REMEMBERED:
                    self._times.popitem(last=False)
            return time
        if one.number and key in self._times:
            return self._times[key]
        number = "" if one.number is None else f" in packet {one.number[1]} of {one.number[0]}"
        raise BadMessage(Reason.INCOMPLETE if number else Reason.BAD_BODY, f"no DataTime{number}")
