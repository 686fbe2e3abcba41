"""Dialogues of HJ 212 会话: what is kept of each packet, and what the device is told.

A resend is one fact: the key is over the data segment, which holds device, request code, packet number
and content. What asks for an answer gets one once it is kept.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from spatial.observe.telemetry.arrival import Arrival, Kind, key_of
from spatial.observe.telemetry.cut import Cut, Refused, Whole
from spatial.observe.telemetry.dialogue import DEVICES, Peer, refused
from spatial.observe.telemetry.errors import BadMessage, CannotEncode, Reason
from spatial.observe.telemetry.hj212 import packet as packets
from spatial.observe.telemetry.hj212 import reply
from spatial.observe.telemetry.hj212.content import PERIODS, PROTOCOL
from spatial.observe.telemetry.hj212.follow import Follower
from spatial.observe.telemetry.hj212.packet import HEADER, TAIL, Packet
from spatial.observe.telemetry.hj212.stream import cutter


class Dialogue:
    """One connection of a device or of a logger that speaks for several."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._cutter = cutter()
        self._follower = Follower()
        self.devices: set[str] = set()

    @property
    def half(self) -> bool:
        """Whether half a packet is here."""
        return self._cutter.half

    @property
    def failures(self) -> int:
        """Packets whose check value was wrong."""
        return self._cutter.failures

    def feed(self, data: bytes, now: datetime) -> list[Arrival]:
        """Messages that these bytes complete."""
        return self._arrivals(self._cutter.feed(data), now)

    def pause(self, now: datetime) -> tuple[list[Arrival], list[bytes]]:
        """Give up the half packet."""
        return self.close(now), []

    def close(self, now: datetime) -> list[Arrival]:
        """What is left."""
        return self._arrivals(self._cutter.close(), now)

    def _arrivals(self, pieces: list[Cut], now: datetime) -> list[Arrival]:
        return [
            refused(piece, self._peer, now) if isinstance(piece, Refused) else self._packet(piece, now)
            for piece in pieces
        ]

    def _packet(self, piece: Whole, now: datetime) -> Arrival:
        channel, address = self._peer.channel, self._peer.address
        segment = piece.data[HEADER:-TAIL]
        arrival = Arrival(now, channel, address, piece.data, key_of(PROTOCOL, segment), "other")
        try:
            one = packets.read(segment)
            arrival = self._answered(arrival, one)
            readings, refused_keys = self._follower.read(one)
        except BadMessage as failure:
            return arrival.rejected(failure.reason, failure.detail)
        arrival = replace(arrival, readings=tuple(readings)).checked()
        if not refused_keys:
            return arrival
        return arrival.lacking(len(refused_keys), Reason.BAD_BODY, ", ".join(refused_keys))

    def _answered(self, arrival: Arrival, one: Packet) -> Arrival:
        """With device, kind and the answer that is due."""
        device = f"{PROTOCOL}:{one.mn}" if one.mn else None
        if device and len(self.devices) < DEVICES:
            self.devices.add(device)
        kind: Kind = "data" if one.cn in PERIODS else "other"
        arrival = replace(arrival, device=device, kind=kind)
        answer = reply.answer(one)
        if answer is None:
            return arrival
        try:
            told = packets.encode(answer)
        except CannotEncode:  # Names so long that no packet has room for them: kept, and not answered.
            return arrival
        return replace(arrival, answer=lambda _: told)
