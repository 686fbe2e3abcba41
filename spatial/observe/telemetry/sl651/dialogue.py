"""Dialogues of SL 651 会话: what is kept of each frame, and what the station is told.

A resend is one fact: the key is over station, function, packet numbers and body, and the body holds serial
and time of sending; of a later packet, those of the first packet that is under way. A report is confirmed
once it is kept, also one whose body is refused: the same bytes again would not help. Frames with a wrong
check value have no answer, so the station sends them again.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime
from functools import partial

from spatial.observe.telemetry import arrival as arrivals
from spatial.observe.telemetry.arrival import Arrival, key_of
from spatial.observe.telemetry.cut import Cut, Refused, Whole
from spatial.observe.telemetry.dialogue import DEVICES, Peer, refused
from spatial.observe.telemetry.errors import BadMessage, Reason
from spatial.observe.telemetry.sl651 import frame as frames
from spatial.observe.telemetry.sl651 import functions, reply, values
from spatial.observe.telemetry.sl651.address import Kind
from spatial.observe.telemetry.sl651.assemble import WAIT_S, Assembler, Complete, GivenUp, Missing
from spatial.observe.telemetry.sl651.frame import Direction, Form, Frame, Packet
from spatial.observe.telemetry.sl651.stream import cutter

_SERIAL = {Form.HEX: 2, Form.ASCII: 4}
_OPENING = {Form.HEX: 8, Form.ASCII: 16}
"""Bytes of serial and time of sending at the head of a body."""


class Dialogue:
    """One connection of a station, or of a relay that speaks for several."""

    def __init__(self, peer: Peer, *, stay: bool = False, wait_s: float = WAIT_S) -> None:
        self._peer, self._stay = peer, stay
        self._cutter = cutter()
        self._assembler = Assembler(wait_s)
        self._openings: dict[tuple[str, int], bytes] = {}
        self.devices: set[str] = set()

    @property
    def half(self) -> bool:
        """Whether half a frame or some of several packets are here."""
        return self._cutter.half or len(self._assembler) > 0

    @property
    def failures(self) -> int:
        """Frames whose check value was wrong."""
        return self._cutter.failures

    def feed(self, data: bytes, now: datetime) -> list[Arrival]:
        """Messages that these bytes complete."""
        return self._arrivals(self._cutter.feed(data), now)

    def pause(self, now: datetime) -> tuple[list[Arrival], list[bytes]]:
        """Give up the half frame; packets that waited too long are asked for, then given up."""
        found, asked = self._arrivals(self._cutter.close(), now), []
        for outcome in self._assembler.expire(time.monotonic()):
            if isinstance(outcome, Missing):
                asked.append(self._refusal(outcome, now))
            elif isinstance(outcome, GivenUp):
                found.append(self._given_up(outcome, now))
        return found, asked

    def close(self, now: datetime) -> list[Arrival]:
        """What is left."""
        found = self._arrivals(self._cutter.close(), now)
        given_up = [each for each in self._assembler.close() if isinstance(each, GivenUp)]
        return found + [self._given_up(each, now) for each in given_up]

    def _arrivals(self, pieces: list[Cut], now: datetime) -> list[Arrival]:
        found: list[Arrival] = []
        for piece in pieces:
            if isinstance(piece, Refused):
                found.append(refused(piece, self._peer, now))
            else:
                found.extend(self._frame(piece, now))
        return found

    def _frame(self, piece: Whole, now: datetime) -> list[Arrival]:
        data, one = piece.data, piece.parsed
        assert isinstance(one, Frame)
        if len(self.devices) < DEVICES:
            self.devices.add(_device(one))
        if one.direction is Direction.DOWN:
            down = self._arrival(one, data, now, _kind(one))
            return [down.rejected(Reason.UNEXPECTED, f"down frame {one.function:02X}")]
        if one.station.kind is Kind.BROADCAST:
            whose = self._arrival(one, data, now, _kind(one))
            return [whose.rejected(Reason.BAD_ADDRESS, f"{one.station.text} is all stations, no sender")]
        if not functions.known(one.function):
            other = self._arrival(one, data, now, _kind(one))
            return [other.rejected(Reason.UNEXPECTED, f"no function {one.function:02X} in the standard")]
        if one.packet is not None:
            return self._packet(one, data, now)
        arrival = self._arrival(one, data, now, _kind(one))
        return [self._decoded(self._confirmed(arrival, one, one.body), one)]

    def _packet(self, one: Frame, data: bytes, now: datetime) -> list[Arrival]:
        assert one.packet is not None
        place = (one.station.text, one.function)
        outcomes = self._assembler.add(one, time.monotonic())
        # What another message of the station ends is given up with its own serial, before this one counts.
        before = [self._given_up(outcome, now) for outcome in outcomes if isinstance(outcome, GivenUp)]
        if one.packet.sequence == 1:
            self._openings[place] = one.body[: _OPENING[one.form]]
        arrival = self._arrival(one, data, now, "part")
        for outcome in outcomes:
            match outcome:
                case Missing():
                    arrival = replace(arrival, answer=partial(self._refusal, outcome))
                case Complete(whole):
                    last = Packet(one.packet.total, one.packet.total)
                    arrival = self._confirmed(arrival, replace(whole, packet=last), whole.body)
                    arrival = replace(self._decoded(arrival, whole), rejoined=True)
                    self._openings.pop(place, None)
        return [*before, arrival]

    def _arrival(self, one: Frame, data: bytes, now: datetime, kind: arrivals.Kind) -> Arrival:
        channel, address = self._peer.channel, self._peer.address
        return Arrival(now, channel, address, data, self._key(one), kind, _device(one))

    def _key(self, one: Frame) -> bytes:
        """Which fact a frame is."""
        packet, opening = "", b""
        if one.packet is not None:
            packet = f"{one.packet.sequence}/{one.packet.total}"
            opening = self._openings.get((one.station.text, one.function), b"")
        whose = (one.direction.value, one.station.address, one.function)
        return key_of(values.PROTOCOL, *whose, packet, opening, one.form.value, one.body)

    def _decoded(self, arrival: Arrival, one: Frame) -> Arrival:
        """With its readings; those of a test are kept apart: in the raw message alone."""
        try:
            found = values.values(one, values.decode_body(one))
        except BadMessage as failure:
            return arrival.rejected(failure.reason, failure.detail)
        if one.function == functions.TEST:
            return arrival
        readings = tuple(values.readings(found))
        whole = replace(arrival, readings=readings).checked()
        if len(readings) == len(found):
            return whole
        refused = values.refused(found)
        return whole.lacking(len(refused), Reason.BAD_BODY, ", ".join(dict.fromkeys(refused)))

    def _confirmed(self, arrival: Arrival, one: Frame, body: bytes) -> Arrival:
        """With the confirmation that is due to a report."""
        serial = _serial(one.form, body)
        if one.function not in functions.REPORTS or serial is None:
            return arrival
        stay = self._stay

        def answer(now: datetime) -> bytes:
            return frames.encode(reply.confirm(one, serial, now, stay=stay))

        return replace(arrival, answer=answer)

    def _refusal(self, outcome: Missing, now: datetime) -> bytes:
        """NAK for the first packet that is missing."""
        one = outcome.frame
        opening = self._openings.get((one.station.text, one.function), b"")
        serial = _serial(one.form, opening) or 0
        return frames.encode(reply.refuse(one, serial, outcome.sequences[0], now))

    def _given_up(self, outcome: GivenUp, now: datetime) -> Arrival:
        """The first packet that came stands for the message that did not become whole."""
        one = outcome.frame
        self._openings.pop((one.station.text, one.function), None)
        arrival = self._arrival(one, frames.encode(one), now, "part")
        key = key_of("incomplete", arrival.key, now.isoformat())
        return replace(arrival, key=key).rejected(outcome.reason, outcome.detail)


def _device(one: Frame) -> str:
    return f"{values.PROTOCOL}:{one.station.text}"


def _kind(one: Frame) -> arrivals.Kind:
    if one.function == functions.HEARTBEAT:
        return "heartbeat"
    if one.function == functions.TEST:
        return "test"
    return "data" if one.function in functions.OBSERVATIONS else "other"


def _serial(form: Form, body: bytes) -> int | None:
    """The serial at the head of a body; None where none stands."""
    head = body[: _SERIAL[form]]
    try:
        return int.from_bytes(head) if form is Form.HEX else int(head, 16)
    except ValueError:
        return None
