"""The structure of an OpenStreetMap PBF 结构检查, before GDAL reads it. Runs in the reader's process.

GDAL takes some faults for data: dense nodes whose lists are of unequal lengths get positions that stand
nowhere in the file, and a way loses every node that the file does not hold without a word. Here the one is
refused, and the other counted, so that a cut road is not taken for a whole one.

The file is a row of blobs, each a compressed protobuf message: varints, and fields led by their length
(https://wiki.openstreetmap.org/wiki/PBF_Format).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from spatial.errors import UnreadableFile

_BLOB_HEADER_MAX, _BLOB_MAX = 64 << 10, 32 << 20
"""The format's own limits, of a packed and of an unpacked blob."""
_VARINT, _I64, _LENGTH, _I32 = 0, 1, 2, 5
_CONTINUED, _VARINT_MAX = 0x80, 10
_TRACKED = 20_000_000
"""Ids of nodes, and names of them in ways, that are compared."""
Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Gaps:
    """What ways lack of what they name."""

    ways: int
    """Ways that are in the file."""
    lacking: int
    """Of these, ways some of whose nodes are not."""
    first: int | None
    """The id of the first of them."""


@dataclass(slots=True)
class _Seen:
    """Ids of nodes; of ways their ids, how many nodes each has, and which."""

    nodes: list[Ids] = field(default_factory=list)
    ways: list[tuple[Ids, Ids, Ids]] = field(default_factory=list)
    count: int = 0

    def take(self, nodes: Ids) -> None:
        self.count += len(nodes)
        if self.count <= _TRACKED:
            self.nodes.append(nodes)

    def take_ways(self, named: Ids, counts: Ids, refs: Ids) -> None:
        self.count += len(refs)
        if self.count <= _TRACKED:
            self.ways.append((named, counts, refs))


def check(path: Path) -> Gaps | None:
    """Look at every block; UnreadableFile where one is not as the format has it. ``None`` where the file is
    too large for its ways to be compared with its nodes.
    """
    seen = _Seen()
    with path.open("rb") as file:
        for kind, content in _blobs(file, path.name):
            if kind == b"OSMData":
                try:
                    _block(content, seen)
                except _Broken as broken:
                    raise damaged(path.name, broken.zh, broken.en) from None
    return _gaps(seen) if seen.count <= _TRACKED else None


def damaged(name: str, zh: str, en: str) -> UnreadableFile:
    """The error of a file that is not as the format has it."""
    return UnreadableFile(
        f"OSM PBF 文件损坏({zh}),请重新下载或导出:{name}",
        f"the OSM PBF file is damaged ({en}); fetch or export it again: {name}",
        value=name,
    )


class _Broken(Exception):
    """What is wrong with a block."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


def _blobs(file: BinaryIO, name: str) -> Iterator[tuple[bytes, bytes]]:
    """Type and unpacked content of each blob."""
    while prefix := file.read(4):
        size = int.from_bytes(prefix, "big")
        if len(prefix) < 4 or not 0 < size <= _BLOB_HEADER_MAX:
            raise damaged(name, "数据块头长度无效", f"a blob's header announces {size} bytes")
        try:
            header = dict(_fields(_whole(file, size)))
            kind, length = header.get(1), header.get(3)
            if not isinstance(kind, bytes) or not isinstance(length, int) or not 0 <= length <= _BLOB_MAX:
                raise _Broken("数据块长度无效", f"a blob announces {length!r} bytes")
            yield kind, _unpacked(_whole(file, length))
        except _Broken as broken:
            raise damaged(name, broken.zh, broken.en) from None


def _whole(file: BinaryIO, size: int) -> bytes:
    found = file.read(size)
    if len(found) < size:
        raise _Broken("文件被截断", f"cut off, {size - len(found)} bytes are missing")
    return found


def _unpacked(blob: bytes) -> bytes:
    """The content: plain, or packed by zlib; of no other packing GDAL knows either."""
    fields = dict(_fields(blob))
    told, plain, packed = fields.get(2, 0), fields.get(1), fields.get(3)
    if isinstance(plain, bytes):
        return plain
    if not isinstance(packed, bytes) or not isinstance(told, int) or not 0 <= told <= _BLOB_MAX:
        raise _Broken("数据块大小或压缩方式无效", f"a blob of {told!r} bytes, or packed in an unknown way")
    unpacking = zlib.decompressobj()
    try:
        found = unpacking.decompress(packed, told + 1)
    except zlib.error as failure:
        raise _Broken("压缩数据有误", f"zlib: {failure}") from None
    if len(found) != told or not unpacking.eof:
        raise _Broken("解压后大小不符", f"a blob announces {told} bytes and has others")
    return found


def _block(content: bytes, seen: _Seen) -> None:
    """Take in one block: nodes, dense nodes, ways."""
    for number, group in _fields(content):
        if number != 2 or not isinstance(group, bytes):
            continue
        single: list[int] = []
        ways: list[dict[int, int | bytes]] = []
        for kind, message in _fields(group):
            if not isinstance(message, bytes):
                continue
            if kind == 1:
                single.append(_node(message))
            elif kind == 2:
                seen.take(_dense(message))
            elif kind == 3:
                ways.append(dict(_fields(message)))
        if single:
            seen.take(_signed(np.array(single, dtype=np.uint64)))
        if ways:
            seen.take_ways(*_ways(ways))


def _node(message: bytes) -> int:
    """The id of a node, as it is packed."""
    identity = next((value for number, value in _fields(message) if number == 1), None)
    if not isinstance(identity, int):
        raise _Broken("节点没有编号", "a node without an id")
    return identity


def _dense(message: bytes) -> Ids:
    """Ids of dense nodes, whose lists must agree."""
    lists = {number: value for number, value in _fields(message) if isinstance(value, bytes)}
    ids, lats, lons = (_packed(lists.get(number, b"")) for number in (1, 8, 9))
    if not len(ids) == len(lats) == len(lons):
        raise _Broken(
            f"密集节点的编号、纬度、经度个数不一:{len(ids)}、{len(lats)}、{len(lons)}",
            f"dense nodes with {len(ids)} ids, {len(lats)} latitudes and {len(lons)} longitudes",
        )
    tags = lists.get(10)  # of none, where no node of the block has any
    if tags and (ends := int(np.count_nonzero(_packed(tags) == 0))) != len(ids):
        raise _Broken(
            f"密集节点 {len(ids)} 个,标签 {ends} 组", f"{len(ids)} dense nodes with the tags of {ends}"
        )
    return np.cumsum(_signed(ids))


def _ways(ways: list[dict[int, int | bytes]]) -> tuple[Ids, Ids, Ids]:
    """Of the ways of a group: ids, how many nodes each names, and which; tags stand in pairs."""
    named = []
    for way in ways:
        identity = way.get(1)
        if not isinstance(identity, int):
            raise _Broken("线没有编号", "a way without an id")
        named.append(identity - (1 << 64) if identity >= 1 << 63 else identity)
    (keys, _), (values, _), (counts, packed) = (_lists(ways, number) for number in (2, 3, 8))
    if len(unlike := np.flatnonzero(keys != values)):
        raise _Broken(
            f"标签的键与值个数不一,线 {named[unlike[0]]}", f"way {named[unlike[0]]} has tags without a value"
        )
    steps = np.cumsum(_signed(packed))
    before = np.concatenate(([0], steps))[np.cumsum(counts) - counts]
    return np.array(named, dtype=np.int64), counts, steps - np.repeat(before, counts)


def _lists(ways: list[dict[int, int | bytes]], number: int) -> tuple[Ids, NDArray[np.uint64]]:
    """A packed list of each way: how many there are, and all of them in a row."""
    raws = [value if isinstance(value := way.get(number, b""), bytes) else b"" for way in ways]
    if any(raw and raw[-1] >= _CONTINUED for raw in raws):
        raise _Broken("整数被截断", "a number is cut off")
    whole = b"".join(raws)
    ends = np.flatnonzero(np.frombuffer(whole, dtype=np.uint8) < _CONTINUED)
    bounds = np.cumsum([0, *map(len, raws)])
    return np.diff(np.searchsorted(ends, bounds)), _packed(whole)


def _gaps(seen: _Seen) -> Gaps:
    """Ways that name nodes which are not in the file."""
    held = np.unique(np.concatenate(seen.nodes)) if seen.nodes else np.array([], dtype=np.int64)
    lacking, first, count = 0, None, 0
    for named, counts, refs in seen.ways:
        places = np.minimum(np.searchsorted(held, refs), max(0, len(held) - 1))
        missing = held[places] != refs if len(held) else np.ones(len(refs), dtype=bool)
        broken = np.unique(np.repeat(np.arange(len(named)), counts)[missing])
        count += len(named)
        lacking += len(broken)
        if first is None and len(broken):
            first = int(named[broken[0]])
    return Gaps(count, lacking, first)


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Number and value of each field of a message."""
    at, end = 0, len(message)
    while at < end:
        tag, at = _varint(message, at)
        number, kind = tag >> 3, tag & 7
        if number == 0:
            raise _Broken("字段编号为 0", "a field of number 0")
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield number, value
        elif kind == _LENGTH:
            size, at = _varint(message, at)
            if size > end - at:
                raise _Broken("字段超出数据块", f"a field of {size} bytes reaches beyond its message")
            yield number, message[at : at + size]
            at += size
        elif kind in (_I64, _I32):
            at += 8 if kind == _I64 else 4
            if at > end:
                raise _Broken("字段超出数据块", "a field reaches beyond its message")
        else:
            raise _Broken("字段类型无效", f"a field of type {kind}")


def _varint(message: bytes, at: int) -> tuple[int, int]:
    if at < len(message) and (value := message[at]) < _CONTINUED:  # most are short
        return value, at + 1
    value = shift = 0
    for step in range(_VARINT_MAX):
        if at + step >= len(message):
            raise _Broken("整数被截断", "a number is cut off")
        byte = message[at + step]
        value |= (byte & 0x7F) << shift
        if byte < _CONTINUED:
            return value & 0xFFFFFFFFFFFFFFFF, at + step + 1
        shift += 7
    raise _Broken("整数过长", "a number of more than ten bytes")


def _packed(raw: bytes) -> NDArray[np.uint64]:
    """The varints of a packed list, all at once."""
    octets = np.frombuffer(raw, dtype=np.uint8)
    ends = np.flatnonzero(octets < _CONTINUED)
    if len(octets) and (not len(ends) or ends[-1] != len(octets) - 1):
        raise _Broken("整数被截断", "a number is cut off")
    starts = np.concatenate(([0], ends[:-1] + 1)) if len(ends) else ends
    lengths = ends - starts + 1
    if len(lengths) and lengths.max() > _VARINT_MAX:
        raise _Broken("整数过长", "a number of more than ten bytes")
    place = np.arange(len(octets)) - np.repeat(starts, lengths)
    parts = (octets & 0x7F).astype(np.uint64) << (7 * place).astype(np.uint64)
    return np.add.reduceat(parts, starts) if len(starts) else np.array([], dtype=np.uint64)


def _signed(values: NDArray[np.uint64]) -> Ids:
    """Zigzag: 0, -1, 1, -2, …"""
    half = (values >> np.uint64(1)).astype(np.int64)
    return half ^ -(values & np.uint64(1)).astype(np.int64)
