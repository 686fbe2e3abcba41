"""What a centre sends 下行报文: confirmations, refusals, questions, the clock.

An answer repeats the station's serial; a dialogue that the centre opens has serial 0. That a down body
opens with serial and time of sending is 待核, as are the bodies of 38 and 3A, the direction words of
the answer to several packets, and the functions 39, 3A, 4A and 51.
"""

from __future__ import annotations

from datetime import datetime

from spatial.observe.telemetry.errors import CommandRefused
from spatial.observe.telemetry.sl651 import clock, functions, text
from spatial.observe.telemetry.sl651.address import Station
from spatial.observe.telemetry.sl651.body import STEP_DEFINITION, StepMark
from spatial.observe.telemetry.sl651.elements import STEP, key_of
from spatial.observe.telemetry.sl651.frame import (
    ACK,
    ENQ,
    EOT,
    ESC,
    NAK,
    Direction,
    Form,
    Frame,
    Packet,
)


def confirm(frame: Frame, serial: int, now: datetime, *, stay: bool = False) -> Frame:
    """The answer to a frame that is kept: ACK where more follows, else EOT, or ESC to stay up 10 min."""
    end = ACK if frame.more else ESC if stay else EOT
    return _answer(frame, serial, now, end, frame.packet)


def refuse(frame: Frame, serial: int, sequence: int, now: datetime) -> Frame:
    """NAK that names the packet to send again."""
    packet = None if frame.packet is None else Packet(frame.packet.total, sequence)
    return _answer(frame, serial, now, NAK, packet)


def _answer(frame: Frame, serial: int, now: datetime, end: int, packet: Packet | None) -> Frame:
    return Frame(
        Direction.DOWN,
        frame.centre,
        frame.station,
        frame.password,
        frame.function,
        _head(frame.form, serial, now),
        end,
        packet,
        frame.form,
    )


def _head(form: Form, serial: int, now: datetime) -> bytes:
    digits = clock.digits_of(now, seconds=True)
    return f"{serial:04X}{digits}".encode() if form is Form.ASCII else serial.to_bytes(2) + _bcd(digits)


def _bcd(digits: str) -> bytes:
    return bytes.fromhex(digits)


def ask(
    function: int,
    station: Station,
    centre: int,
    password: bytes,
    now: datetime,
    content: bytes = b"",
    form: Form = Form.HEX,
) -> Frame:
    """A question or command that the centre opens; what must have a person behind it is refused."""
    if function in functions.UNSENT:
        name = f"{function:02X} {functions.name(function)}"
        raise CommandRefused(
            f"该指令须由具名人员发出并经二次确认,程序不自动发送:{name}",
            "this command needs a named person and a second confirmation; no program sends it of itself:"
            f" {name}",
            value=f"{function:02X}",
        )
    body = _head(form, 0, now) + content
    return Frame(Direction.DOWN, centre, station, password, function, body, ENQ, None, form)


def period(start: datetime, stop: datetime, step: StepMark, guide: int, form: Form = Form.HEX) -> bytes:
    """Content of 38 查询时段数据: from and to in whole hours, time step, element."""
    hours = [clock.digits_of(instant, seconds=False)[:8] for instant in (start, stop)]
    if form is Form.ASCII:
        return f"{hours[0]} {hours[1]} ".encode() + text.step(step) + items((guide,), form)
    digits = f"{step.days:02d}{step.hours:02d}{step.minutes:02d}"
    return _bcd("".join(hours)) + bytes((STEP, STEP_DEFINITION)) + _bcd(digits) + bytes((guide,))


def items(guides: tuple[int, ...], form: Form = Form.HEX) -> bytes:
    """Content of 3A 查询指定要素: the guides asked for."""
    if form is Form.ASCII:
        return "".join(f"{key_of(guide)} " for guide in guides).encode()
    return b"".join(guide.to_bytes(2 if guide > 0xFF else 1) for guide in guides)


def set_clock(station: Station, centre: int, password: bytes, now: datetime, form: Form = Form.HEX) -> Frame:
    """4A 设置遥测站时钟: the time of sending is the time to set."""
    return ask(functions.SET_CLOCK, station, centre, password, now, form=form)
