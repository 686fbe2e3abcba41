"""Numbers N(D,d) 数值: D digits of which d are decimals, in BCD."""

from __future__ import annotations

from decimal import Decimal
from enum import IntEnum

from spatial.observe.telemetry.errors import CannotEncode


class State(IntEnum):
    """What stands in the place of a value."""

    VALUE = 0
    MISSING = 1
    """All F, or all A as field devices send it, or ``M`` in the ASCII form."""
    REFUSED = 2
    """No number can be read; the raw bytes stay with the message."""


MISSING_BYTES = (0xFF, 0xAA)


def number(raw: bytes, decimals: int) -> tuple[State, float | None]:
    """The value of BCD bytes: first missing, then negative (leading FF or FF0), then digits.

    >>> number(bytes.fromhex("00000550"), 3), number(bytes.fromhex("FF0123"), 2)
    ((<State.VALUE: 0>, 0.55), (<State.VALUE: 0>, -1.23))
    >>> number(b"\\xaa\\xaa", 2)
    (<State.MISSING: 1>, None)
    """
    if not raw:
        return State.REFUSED, None
    first = raw[0]
    if first in MISSING_BYTES and raw.count(first) == len(raw):
        return State.MISSING, None
    text = raw.hex()
    negative = first == 0xFF
    digits = text[2:] if negative else text
    if not digits.isdecimal():
        return State.REFUSED, None
    whole = int(digits)
    return State.VALUE, (-whole if negative else whole) / 10**decimals


def definition_of(size: int, decimals: int) -> int:
    """The definition byte: five bits of data bytes, sign byte included, and three of decimals."""
    if not 0 <= size <= 31 or not 0 <= decimals <= 7:
        raise CannotEncode(
            f"数据须在 31 字节、7 位小数以内:{size} 字节 {decimals} 位小数",
            f"data has at most 31 bytes and 7 decimals: {size} bytes, {decimals} decimals",
            value=f"{size}, {decimals}",
        )
    return size << 3 | decimals


def bcd(value: Decimal, digits: int, decimals: int) -> bytes:
    """The bytes of a value as N(digits, decimals); a negative one has a sign byte more.

    >>> bcd(Decimal("-0.550"), 7, 3).hex()
    'ff00000550'
    """
    scaled = value.scaleb(decimals)
    whole = int(scaled)
    text = str(abs(whole))
    if scaled != whole or len(text) > digits:
        raise CannotEncode(
            f"数值超出 N({digits},{decimals}):{value}",
            f"the value does not fit N({digits},{decimals}): {value}",
            value=str(value),
        )
    plain = bytes.fromhex(text.zfill((digits + 1) // 2 * 2))
    return b"\xff" + plain if whole < 0 else plain
