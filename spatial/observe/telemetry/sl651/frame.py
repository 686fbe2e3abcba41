"""Frames 报文帧: what stands around a body, in the HEX/BCD and in the ASCII form.

Field order of the ASCII form going down is taken to be that of the HEX form (待核).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

from spatial.observe.telemetry.errors import BadMessage, CannotEncode, Reason
from spatial.observe.telemetry.sl651.address import Station
from spatial.observe.telemetry.sl651.crc import crc16

SOH_HEX = b"\x7e\x7e"
SOH_ASCII = 0x01
STX = 0x02
ETX = 0x03
EOT = 0x04
ENQ = 0x05
ACK = 0x06
NAK = 0x15
SYN = 0x16
ETB = 0x17
ESC = 0x1B

LONGEST_BODY = 4095
HEX_HEADER = 14
ASCII_HEADER = 24
HEX_TAIL = 3
ASCII_TAIL = 5
LONGEST = ASCII_HEADER + LONGEST_BODY + ASCII_TAIL
_HEX_DIGITS = frozenset(b"0123456789ABCDEFabcdef")


class Form(IntEnum):
    """How a frame is written; one dialogue never mixes them."""

    HEX = 0
    ASCII = 1


class Direction(IntEnum):
    """The top nibble of the length field."""

    UP = 0
    DOWN = 8


ENDS = {
    Direction.UP: frozenset({ETX, ETB}),
    Direction.DOWN: frozenset({ENQ, ACK, EOT, ESC, NAK}),
}


@dataclass(frozen=True, slots=True)
class Packet:
    """Which of how many packets 多包序号, both 1–4095."""

    total: int
    sequence: int


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame; ``body`` is what lies between start (and packet number) and end character."""

    direction: Direction
    centre: int
    station: Station
    password: bytes
    function: int
    body: bytes
    end: int
    packet: Packet | None = None
    form: Form = Form.HEX

    @property
    def more(self) -> bool:
        """Whether the station says that another frame follows (ETB)."""
        return self.end == ETB


def extent(data: bytes | bytearray | memoryview, at: int = 0) -> int:
    """Bytes of the frame that begins here; 0 while its header is not complete; BadMessage for none."""
    first = data[at]
    if first == SOH_HEX[0]:
        return _extent_hex(data, at)
    if first == SOH_ASCII:
        return _extent_ascii(data, at)
    raise BadMessage(Reason.GARBAGE, f"{first:02X}")


def _extent_hex(data: bytes | bytearray | memoryview, at: int) -> int:
    here = len(data) - at
    if here < 2:
        return 0
    if data[at + 1] != SOH_HEX[1]:
        raise BadMessage(Reason.GARBAGE, f"7E{data[at + 1]:02X}")
    if here < HEX_HEADER:
        return 0
    nibble, start = data[at + 11] >> 4, data[at + 13]
    if nibble not in ENDS or start not in (STX, SYN):
        raise BadMessage(Reason.BAD_HEADER, bytes(data[at : at + HEX_HEADER]).hex())
    length = (data[at + 11] & 0x0F) << 8 | data[at + 12]
    if length < (3 if start == SYN else 1):
        raise BadMessage(Reason.BAD_LENGTH, str(length))
    return HEX_HEADER + length + HEX_TAIL


def _extent_ascii(data: bytes | bytearray | memoryview, at: int) -> int:
    head = bytes(data[at + 1 : at + ASCII_HEADER - 1])
    for byte in head:
        if byte not in _HEX_DIGITS:
            raise BadMessage(Reason.GARBAGE, f"01…{byte:02X}")
    if len(data) - at < ASCII_HEADER:
        return 0
    nibble, start = int(head[18:19], 16), data[at + ASCII_HEADER - 1]
    if nibble not in ENDS or start not in (STX, SYN):
        raise BadMessage(Reason.BAD_HEADER, head.decode())
    length = int(head[19:22], 16)
    if length < (6 if start == SYN else 1):
        raise BadMessage(Reason.BAD_LENGTH, str(length))
    return ASCII_HEADER + length + ASCII_TAIL


def decode(data: bytes) -> Frame:
    """The frame that these bytes are, neither more nor less; BadMessage says what is wrong."""
    if not data:
        raise BadMessage(Reason.TRUNCATED, "(empty)")
    size = extent(data)
    if size == 0 or len(data) < size:
        raise BadMessage(Reason.TRUNCATED, f"{len(data)} bytes of {size or 'unknown'}")
    if len(data) > size:
        raise BadMessage(Reason.BAD_LENGTH, f"{len(data)} bytes, the frame has {size}")
    return _decode_hex(data) if data[0] == SOH_HEX[0] else _decode_ascii(data)


def _decode_hex(data: bytes) -> Frame:
    direction = Direction(data[11] >> 4)
    end = data[-3]
    if end not in ENDS[direction]:
        raise BadMessage(Reason.BAD_END, f"{end:02X}")
    expected, sent = crc16(data[:-2]), int.from_bytes(data[-2:])
    if expected != sent:
        raise BadMessage(Reason.BAD_CRC, f"{sent:04X}, computed {expected:04X}")
    body, packet = data[HEX_HEADER:-HEX_TAIL], None
    if data[13] == SYN:
        packet, body = _packet(int.from_bytes(body[:3])), body[3:]
    up = direction is Direction.UP
    centre, station = (data[2], data[3:8]) if up else (data[7], data[2:7])
    return Frame(direction, centre, Station.read(station), data[8:10], data[10], body, end, packet)


def _decode_ascii(data: bytes) -> Frame:
    head = data[1 : ASCII_HEADER - 1].decode()
    direction = Direction(int(head[18], 16))
    end = data[-ASCII_TAIL]
    if end not in ENDS[direction]:
        raise BadMessage(Reason.BAD_END, f"{end:02X}")
    expected, sent = crc16(data[:-4]), data[-4:]
    if any(byte not in _HEX_DIGITS for byte in sent) or int(sent, 16) != expected:
        raise BadMessage(Reason.BAD_CRC, f"{sent.decode('latin-1')}, computed {expected:04X}")
    body, packet = data[ASCII_HEADER:-ASCII_TAIL], None
    if data[ASCII_HEADER - 1] == SYN:
        if any(byte not in _HEX_DIGITS for byte in body[:6]):
            raise BadMessage(Reason.BAD_HEADER, body[:6].decode("latin-1"))
        packet, body = _packet(int(body[:6], 16)), body[6:]
    up = direction is Direction.UP
    centre, station = (head[:2], head[2:12]) if up else (head[10:12], head[:10])
    return Frame(
        direction,
        int(centre, 16),
        Station.read(bytes.fromhex(station)),
        bytes.fromhex(head[12:16]),
        int(head[16:18], 16),
        body,
        end,
        packet,
        Form.ASCII,
    )


def _packet(both: int) -> Packet:
    total, sequence = both >> 12, both & 0xFFF
    if not 1 <= sequence <= total:
        raise BadMessage(Reason.BAD_HEADER, f"packet {sequence} of {total}")
    return Packet(total, sequence)


def encode(frame: Frame) -> bytes:
    """The bytes of a frame; the exact reverse of :func:`decode` (hexadecimal digits in upper case)."""
    if frame.end not in ENDS[frame.direction] or len(frame.password) != 2:
        raise CannotEncode(
            f"结束符与方向不符,或密码不是 2 字节:{frame.end:02X}",
            f"the end character does not fit the direction, or the password has not 2 bytes: {frame.end:02X}",
            value=frame.end,
        )
    return _encode_hex(frame) if frame.form is Form.HEX else _encode_ascii(frame)


def _encode_hex(frame: Frame) -> bytes:
    numbers = b"" if frame.packet is None else _numbers(frame.packet).to_bytes(3)
    length = _length(frame, len(numbers) + len(frame.body))
    centre, station = frame.centre.to_bytes(1), frame.station.address
    both = centre + station if frame.direction is Direction.UP else station + centre
    head = SOH_HEX + both + frame.password + frame.function.to_bytes(1) + length.to_bytes(2)
    start = STX if frame.packet is None else SYN
    data = head + bytes((start,)) + numbers + frame.body + bytes((frame.end,))
    return data + crc16(data).to_bytes(2)


def _encode_ascii(frame: Frame) -> bytes:
    numbers = b"" if frame.packet is None else f"{_numbers(frame.packet):06X}".encode()
    length = _length(frame, len(numbers) + len(frame.body))
    centre, station = f"{frame.centre:02X}", frame.station.text
    both = centre + station if frame.direction is Direction.UP else station + centre
    head = f"{both}{frame.password.hex().upper()}{frame.function:02X}{length:04X}".encode()
    start = STX if frame.packet is None else SYN
    data = bytes((SOH_ASCII,)) + head + bytes((start,)) + numbers + frame.body + bytes((frame.end,))
    return data + f"{crc16(data):04X}".encode()


def _numbers(packet: Packet) -> int:
    if not 1 <= packet.sequence <= packet.total <= LONGEST_BODY:
        raise CannotEncode(
            f"多包总数与序号须为 1–4095:{packet.sequence}/{packet.total}",
            f"packet numbers run from 1 to 4095: {packet.sequence}/{packet.total}",
            value=f"{packet.sequence}/{packet.total}",
        )
    return packet.total << 12 | packet.sequence


def _length(frame: Frame, size: int) -> int:
    if not 1 <= size <= LONGEST_BODY:
        raise CannotEncode(
            f"正文须为 1–4095 字节,更长的须分包:{size}",
            f"a body has 1 to 4095 bytes, longer ones go in packets: {size}",
            value=size,
        )
    return frame.direction << 12 | size


def split(frame: Frame, size: int) -> list[Frame]:
    """The frame as packets of at most ``size`` body bytes (M3); all but the last end in ETB."""
    pieces = [frame.body[at : at + size] for at in range(0, len(frame.body), size)] or [b""]
    last = len(pieces)
    return [
        replace(
            frame,
            body=piece,
            packet=Packet(last, number),
            end=frame.end if number == last else ETB,
        )
        for number, piece in enumerate(pieces, 1)
    ]
