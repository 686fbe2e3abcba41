"""CRC-16 of SL 651 校验码: polynomial x¹⁶+x¹⁵+x²+1 reflected (A001), initial FFFF, sent high byte first."""

from __future__ import annotations


def _entry(index: int) -> int:
    for _ in range(8):
        index = (index >> 1) ^ (0xA001 if index & 1 else 0)
    return index


TABLE = tuple(_entry(index) for index in range(256))


def crc16(data: bytes) -> int:
    """The check value over every byte before it.

    >>> hex(crc16(b"123456789"))
    '0x4b37'
    """
    table, crc = TABLE, 0xFFFF
    for byte in data:
        crc = (crc >> 8) ^ table[(crc ^ byte) & 0xFF]
    return crc
