"""CRC-16 of HJ 212 校验码, over the data segment only.

Not the MODBUS check of SL 651: the register is shifted right by eight before the byte is added.
"""

from __future__ import annotations


def _entry(index: int) -> int:
    for _ in range(8):
        index = (index >> 1) ^ (0xA001 if index & 1 else 0)
    return index


_TABLE = tuple(_entry(index) for index in range(256))
"""What eight steps make of the low byte; the high byte is only shifted by them."""


def crc16(segment: bytes) -> int:
    """The check value of a data segment.

    >>> segment = b"QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;"
    >>> f"{crc16(segment + b'Flag=5;CP=&&RtdInterval=30&&'):04X}"
    '1C80'
    """
    table, register = _TABLE, 0xFFFF
    for byte in segment:
        # (register >> 8) ^ byte has eight bits, so its eight steps are one entry of the table.
        register = table[register >> 8 ^ byte]
    return register
