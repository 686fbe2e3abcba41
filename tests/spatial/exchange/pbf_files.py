"""An OpenStreetMap PBF, encoded by hand: protobuf varints and length-delimited fields."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path


def varint(value: int) -> bytes:
    found = b""
    while value > 127:
        found += bytes([value & 127 | 128])
        value >>= 7
    return found + bytes([value])


def zigzag(value: int) -> int:
    return value << 1 if value >= 0 else (-value << 1) - 1


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def text(field: int, value: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(value)) + value


def packed(field: int, values: Sequence[int]) -> bytes:
    return text(field, b"".join(varint(value) for value in values))


def blob(kind: bytes, content: bytes, announced: int | None = None) -> bytes:
    body = number(2, announced or len(content)) + text(3, zlib.compress(content))
    head = text(1, kind) + number(3, len(body))
    return struct.pack(">I", len(head)) + head + body


Node = tuple[int, float, float, Mapping[str, str]]
Way = tuple[int, Sequence[int], Mapping[str, str]]


def write_pbf(path: Path, nodes: Sequence[Node], ways: Sequence[Way], announced: int | None = None) -> Path:
    """Nodes (id, lon, lat, tags) and ways (id, nodes, tags)."""
    words = [""]

    def keys_and_values(tags: Mapping[str, str]) -> bytes:
        for word in (*tags, *tags.values()):
            if word not in words:
                words.append(word)
        keys, values = [words.index(one) for one in tags], [words.index(one) for one in tags.values()]
        return (packed(2, keys) + packed(3, values)) if tags else b""

    groups = b""
    for identity, lon, lat, tags in nodes:
        place = number(8, zigzag(round(lat * 1e7))) + number(9, zigzag(round(lon * 1e7)))
        groups += text(1, number(1, zigzag(identity)) + keys_and_values(tags) + place)
    way_group = b""
    for identity, refs, tags in ways:
        steps = [refs[0], *(b - a for a, b in pairwise(refs))]
        way_group += text(
            3, number(1, identity) + keys_and_values(tags) + packed(8, [zigzag(one) for one in steps])
        )
    table = b"".join(text(1, word.encode()) for word in words)
    block = text(1, table) + text(2, groups) + text(2, way_group)
    head = text(4, b"OsmSchema-V0.6") + text(16, b"onemap tests")
    path.write_bytes(blob(b"OSMHeader", head) + blob(b"OSMData", block, announced))
    return path
