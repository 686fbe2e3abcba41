"""Packets 通讯包: ``##``, four digits of length, data segment, four hexadecimal digits of CRC, CR LF.

The longest data segment of the standard is 1,024 bytes (待核); up to 9,999, which the length field can
say, are read, since field devices send them. ``Flag`` is a number whose bit 0 asks for an answer, bit 1
says that packet numbers follow, and the upper bits are the version (1 for 2017; 待核).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from spatial.observe.telemetry.errors import BadMessage, CannotEncode, Reason
from spatial.observe.telemetry.hj212.crc import crc16

START = b"##"
END = b"\r\n"
HEADER = 6
TAIL = 6
LONGEST_SEGMENT = 9999
LONGEST = HEADER + LONGEST_SEGMENT + TAIL
VERSION_2017 = 0b100
ANSWER = 0b01
NUMBERED = 0b10

_SEGMENT = re.compile(rb"((?:[A-Za-z]{1,8}=[^;&=]{0,64};)*)CP=&&(.*)&&", re.DOTALL)
_CRC = re.compile(rb"[0-9A-Fa-f]{4}")
_ORDER = ("QN", "ST", "CN", "PW", "MN", "Flag", "PNUM", "PNO")
_NUMBERS = {"CN", "Flag", "PNUM", "PNO"}


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet; fields that did not stand in it are None, others stand in ``fields`` in their order.

    ``qn`` 请求编码, ``st`` 系统编码, ``cn`` 命令编码, ``pw`` 访问密码, ``mn`` 设备唯一标识; ``content`` is
    what stands between the ``&&`` of ``CP``.
    """

    fields: tuple[tuple[str, str], ...]
    content: str

    def get(self, name: str) -> str | None:
        """The text of a field."""
        return next((text for key, text in self.fields if key == name), None)

    @property
    def qn(self) -> str | None:
        """Request code, seventeen digits of time to the millisecond."""
        return self.get("QN")

    @property
    def st(self) -> str | None:
        """System code."""
        return self.get("ST")

    @property
    def cn(self) -> int:
        """Command code; 0 where none stands."""
        return int(self.get("CN") or 0)

    @property
    def pw(self) -> str:
        """Password."""
        return self.get("PW") or ""

    @property
    def mn(self) -> str:
        """Identity of the device; empty where none stands."""
        return self.get("MN") or ""

    @property
    def flag(self) -> int:
        """Flag bits; 0 where none stands."""
        return int(self.get("Flag") or 0)

    @property
    def wants_answer(self) -> bool:
        """Whether the device asks for an answer."""
        return bool(self.flag & ANSWER)

    @property
    def number(self) -> tuple[int, int] | None:
        """Packets in all and which of them this is; None for one that stands alone."""
        total, number = int(self.get("PNUM") or 0), int(self.get("PNO") or 0)
        return (total, number) if self.flag & NUMBERED and total > 1 else None


def size(data: bytes | bytearray, at: int = 0) -> int:
    """Bytes of the packet that begins here; 0 while its header is not complete; BadMessage for none."""
    head = bytes(data[at : at + HEADER])
    if not START.startswith(head[:2]):
        raise BadMessage(Reason.GARBAGE, head[:2].hex())
    for place in range(2, len(head)):
        if not 0x30 <= head[place] <= 0x39:
            raise BadMessage(Reason.BAD_HEADER, head[: place + 1].decode("latin-1"))
    if len(head) < HEADER:
        return 0
    return HEADER + int(head[2:]) + TAIL


def decode(data: bytes) -> Packet:
    """The packet that these bytes are, neither more nor less; BadMessage says what is wrong."""
    whole = size(data)
    if whole == 0 or len(data) < whole:
        raise BadMessage(Reason.TRUNCATED, f"{len(data)} bytes of {whole or 'unknown'}")
    if len(data) > whole:
        raise BadMessage(Reason.BAD_LENGTH, f"{len(data)} bytes, the packet has {whole}")
    return read(check(data))


def read(segment: bytes) -> Packet:
    """The packet of a data segment; BadMessage where it is none."""
    found = _SEGMENT.fullmatch(segment)
    if not found:
        raise BadMessage(Reason.BAD_BODY, f"data segment {segment[:80].decode('latin-1')}")
    return Packet(_fields(found[1]), _text(found[2]))


def check(data: bytes) -> bytes:
    """The data segment of a packet of the right length, once end and check value hold."""
    if not data.endswith(END):
        raise BadMessage(Reason.BAD_END, data[-2:].hex())
    segment, crc = data[HEADER:-TAIL], data[-TAIL:-2]
    expected = crc16(segment)
    if not _CRC.fullmatch(crc) or int(crc, 16) != expected:
        raise BadMessage(Reason.BAD_CRC, f"{crc.decode('latin-1')}, computed {expected:04X}")
    return segment


def _fields(head: bytes) -> tuple[tuple[str, str], ...]:
    pairs = tuple(tuple(field.split("=", 1)) for field in _text(head).split(";")[:-1])
    names = [name for name, _ in pairs]
    for name, text in pairs:
        bad = names.count(name) > 1 or (name in _NUMBERS and not re.fullmatch(r"\d{1,9}", text, re.ASCII))
        if bad:
            raise BadMessage(Reason.BAD_BODY, f"field {name}={text}")
    return pairs  # type: ignore[return-value]


def _text(data: bytes) -> str:
    """Text of the device: ASCII as a rule, UTF-8 or the national code in free text."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadMessage(Reason.BAD_BODY, f"text {data[:40].hex()}")


def encode(packet: Packet) -> bytes:
    """The bytes of a packet; the reverse of :func:`decode` for text in ASCII or UTF-8."""
    head = "".join(f"{name}={text};" for name, text in packet.fields)
    segment = f"{head}CP=&&{packet.content}&&".encode()
    if len(segment) > LONGEST_SEGMENT or not _SEGMENT.fullmatch(segment):
        raise CannotEncode(
            f"数据段过长或字段含有分隔符,请拆分或更正:{head}",
            f"the data segment is too long, or a field holds a separator; split or mend it: {head}",
            value=head,
        )
    return START + f"{len(segment):04d}".encode() + segment + f"{crc16(segment):04X}".encode() + END


def packet(content: str, **fields: str | int | None) -> Packet:
    """A packet with these fields in the standard's order; None is left out.

    >>> encode(packet("RtdInterval=30", QN="20160801085857223", ST=32, CN=1062, PW="100000",
    ...     MN="010000A8900016F000169DC0", Flag=5))[-6:]
    b'1C80\\r\\n'
    """
    return Packet(
        tuple((name, str(fields[name])) for name in _ORDER if fields.get(name) is not None), content
    )
