"""Writing vector tiles 矢量瓦片 (MVT 2.1) of outlines that lie on the grid of a tile already."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numba import njit

from tiles.ground import EXTENT

Value = str | int | float | bool
POLYGON = 3


class Outline(NamedTuple):
    """An area of a tile."""

    properties: Mapping[str, Value | None]
    """What has no value is left out."""
    commands: bytes
    """Its rings, as :func:`rings` writes them."""


def layer(name: str, outlines: Iterable[Outline]) -> bytes:
    """A layer of a tile; nothing where there is nothing in it."""
    keys: dict[str, int] = {}
    values: dict[tuple[type, Value], int] = {}
    body = bytearray()
    for outline in outlines:
        tags = b"".join(
            _varint(keys.setdefault(key, len(keys)))
            + _varint(values.setdefault((type(value), value), len(values)))
            for key, value in outline.properties.items()
            if value is not None
        )
        feature = (
            (_sized(2, tags) if tags else b"") + b"\x18" + _varint(POLYGON) + _sized(4, outline.commands)
        )
        body += _sized(2, feature)
    if not body:
        return b""
    told = bytearray(_sized(1, name.encode()))
    told += body
    for key in keys:
        told += _sized(3, key.encode())
    for _, value in values:
        told += _sized(4, _value(value))
    told += b"\x28" + _varint(EXTENT) + b"\x78\x02"
    return _sized(3, bytes(told))


def rings(
    points: np.ndarray, starts: np.ndarray, ends: np.ndarray, group_ends: np.ndarray
) -> Iterator[bytes]:
    """The commands of areas, each of the rings up to its group's end; ``points`` in steps of the tile."""
    written, places = _commands(points, starts, ends, group_ends)
    content, first = written.tobytes(), 0
    for end in places.tolist():
        yield content[first:end]
        first = end


@njit(cache=True, nogil=True)
def _commands(points, starts, ends, group_ends):  # type: ignore[no-untyped-def]
    most = 0
    for ring in range(len(starts)):
        most += 12 * (ends[ring] - starts[ring]) + 16
    written = np.empty(most, np.uint8)
    places = np.empty(len(group_ends), np.int64)
    at, ring = 0, 0
    for group in range(len(group_ends)):
        x, y = 0, 0
        while ring < group_ends[group]:
            number = ends[ring] - starts[ring]
            at = _put(written, at, 9)
            for vertex in range(number):
                if vertex == 1:
                    at = _put(written, at, (number - 1) << 3 | 2)
                px, py = points[starts[ring] + vertex]
                at = _put(written, at, _zigzag(px - x))
                at = _put(written, at, _zigzag(py - y))
                x, y = px, py
            at = _put(written, at, 15)
            ring += 1
        places[group] = at
    return written[:at], places


@njit(cache=True, nogil=True, inline="always")
def _zigzag(value):  # type: ignore[no-untyped-def]
    return 2 * value if value >= 0 else -2 * value - 1


@njit(cache=True, nogil=True)
def _put(written, at, value):  # type: ignore[no-untyped-def]
    while value > 127:
        written[at] = value & 127 | 128
        value >>= 7
        at += 1
    written[at] = value
    return at + 1


def _value(value: Value) -> bytes:
    if isinstance(value, bool):
        return b"\x38" + _varint(value)
    if isinstance(value, str):
        return _sized(1, value.encode())
    if isinstance(value, float):
        return b"\x19" + struct.pack("<d", value)
    return b"\x30" + _varint(2 * value if value >= 0 else -2 * value - 1)


def _sized(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    """A number of the wire format.

    >>> _varint(300).hex()
    'ac02'
    """
    written = bytearray()
    while value > 127:
        written.append(value & 127 | 128)
        value >>= 7
    written.append(value)
    return bytes(written)
