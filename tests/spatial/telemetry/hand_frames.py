"""Frames worked out by hand from the description of SL 651, with a check value computed bit by bit.

Nothing here uses the codec: it is what the codec is held against.
"""

from __future__ import annotations

WORKED = bytes.fromhex(
    "7E7E 01 0010100001 A000 32 002B 02 000C 200724172349 F1F1 0010100001 48"
    "F0F0 2007241723 2019 000130 2219 000040 3923 00000550 3812 1268 03 8397"
)


def check_value(data: bytes) -> int:
    """The remainder, one bit after the other, over the reflected polynomial x¹⁶+x¹⁵+x²+1."""
    register = [1] * 16  # bit 0 first
    for byte in data:
        for n in range(8):
            feedback = register[0] ^ (byte >> n & 1)
            register = [*register[1:], 0]
            if feedback:
                for bit in (15, 13, 0):  # A001
                    register[bit] ^= 1
    return sum(bit << n for n, bit in enumerate(register))


def up(
    function: int,
    body: bytes,
    *,
    station: str = "0010100001",
    end: int = 0x03,
    packet: tuple[int, int] | None = None,
) -> bytes:
    """A frame of the HEX/BCD form going up."""
    start, numbers = 0x02, b""
    if packet is not None:
        start, numbers = 0x16, (packet[0] * 4096 + packet[1]).to_bytes(3)
    length = len(numbers) + len(body)
    data = (
        bytes.fromhex("7E7E01" + station + "A000")
        + bytes((function, length >> 8, length & 255, start))
        + numbers
        + body
        + bytes((end,))
    )
    return data + check_value(data).to_bytes(2)


def up_text(function: int, body: bytes, *, end: int = 0x03) -> bytes:
    """A frame of the ASCII form going up."""
    data = (
        b"\x01" + f"010010100001A000{function:02X}{len(body):04X}".encode() + b"\x02" + body + bytes((end,))
    )
    return data + f"{check_value(data):04X}".encode()


def report(
    items: str, *, observed: str = "2007241720", serial: int = 12, station: str = "0010100001"
) -> bytes:
    """Body of a river station's report with these items."""
    return serial.to_bytes(2) + bytes.fromhex(f"200724172349 F1F1 {station} 48 F0F0 {observed} {items}")
