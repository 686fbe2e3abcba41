"""Access databases (Jet 4) written byte by byte, so that no reader is tested against itself.

Only what such a file needs to be read: header, catalogue, table definitions, data
pages, usage maps, long values. No indexes; nothing is ever changed in place.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

PAGE = 4096
_MAP_PAGES = (PAGE - 4) * 8
_HEADER_KEY = bytes.fromhex("c7da396b")
_CATALOGUE = 2
SYSTEM = -0x80000000
"""Flag of the system's own tables."""
_INLINE, _SINGLE = 0x80000000, 0x40000000
_LONG = PAGE - 100

# name → type code, bytes (0: of variable length)
KINDS = {
    "boolean": (1, 1), "byte": (2, 1), "integer": (3, 2), "long": (4, 4), "currency": (5, 8),
    "single": (6, 4), "double": (7, 8), "datetime": (8, 8), "binary": (9, 0), "text": (10, 0),
    "ole": (11, 0), "memo": (12, 0),
    "guid": (15, 16), "decimal": (16, 17),
}  # fmt: skip
_PACKED = {"byte": "<B", "integer": "<h", "long": "<i", "single": "<f", "double": "<d"}
Columns = dict[str, str]


@dataclass
class Jet:
    """A database under construction: pages in a row, tables added one after the other."""

    password: str = ""
    key: int = 0
    """Not 0 where the pages would be encoded; they are not."""
    version: int = 1
    """0 in the header of Access 97, of which the pages here are none."""
    pages: list[bytes] = field(default_factory=lambda: [b"", b"\0" * PAGE, b""])
    catalogue: list[tuple[object, ...]] = field(default_factory=list)
    values: list[bytes] = field(default_factory=list)
    """Long values of the page that is being filled."""
    values_page: int = 0

    def add(
        self,
        name: str,
        columns: Columns,
        rows: Sequence[Sequence[Any]],
        *,
        announced: int | None = None,
        flags: int = 0,
    ) -> None:
        """Add a table; ``announced`` is the number of rows that its definition tells."""
        page = self._new(b"")
        self._table(page, columns, rows, len(rows) if announced is None else announced)
        self.catalogue.append((page, 1, name, 1, datetime(2024, 1, 1), flags, None))

    def write(self, path: Path) -> Path:
        """Write the file; the catalogue comes last."""
        columns = {
            "Id": "long", "ParentId": "long", "Name": "text", "Type": "integer", "DateCreate": "datetime",
            "Flags": "long", "LvProp": "ole",
        }  # fmt: skip
        own = (_CATALOGUE, 1, "MSysObjects", 1, datetime(2024, 1, 1), SYSTEM, None)
        rows = [own, *self.catalogue]
        self._table(_CATALOGUE, columns, rows, len(rows))
        self.pages[0] = self._header()
        path.write_bytes(b"".join(self.pages))
        return path

    def _header(self) -> bytes:
        made = 45000.5
        mask = struct.pack("<i", int(made) if self.version else 0) * 10
        password = self.password.encode("utf-16-le").ljust(40, b"\0")
        plain = bytearray(128)
        struct.pack_into("<HI", plain, 0x3C - 0x18, 936, self.key)
        plain[0x42 - 0x18 : 0x6A - 0x18] = bytes(a ^ b for a, b in zip(password, mask, strict=True))
        struct.pack_into("<d", plain, 0x72 - 0x18, made)
        mark = b"\0\1\0\0Standard Jet DB\0" + bytes([self.version, 0, 0, 0])
        return (mark + rc4(_HEADER_KEY, bytes(plain))).ljust(PAGE, b"\0")

    def _new(self, content: bytes) -> int:
        self.pages.append(content.ljust(PAGE, b"\0"))
        return len(self.pages) - 1

    def _table(self, page: int, columns: Columns, rows: Sequence[Sequence[Any]], announced: int) -> None:
        data = self._rows(page, [self._row(columns, row) for row in rows])
        used, free = self._usage_map(data), self._usage_map([])
        head = struct.pack("<7IB", 0x659, announced, 0, 0, 0, 0, 0, ord("N"))
        head += struct.pack("<HHHII", len(columns), _variable(columns), len(columns), 0, 0)
        head += struct.pack("<II", used, free)
        body, fixed, variable = b"", 0, 0
        for number, kind in enumerate(columns.values()):
            code, size = KINDS[kind]
            flags = 3 if size else 2
            extra = struct.pack("<BBH", 18, 4, 0) if kind == "decimal" else struct.pack("<HH", 0x804, 0)
            told = size or {"text": 510, "binary": 255}.get(kind, 0)
            body += struct.pack("<BIHHH", code, 0x659, number, variable, number) + extra
            body += struct.pack("<BBIHH", flags, 0, 0, 0 if not size else fixed, told)
            fixed += 0 if kind == "boolean" else size
            variable += 0 if size else 1
        for name in columns:
            body += struct.pack("<H", 2 * len(name)) + name.encode("utf-16-le")
        whole = head + body + b"\xff\xff"
        whole = struct.pack("<I", len(whole) + 4) + whole
        pieces = [whole[at : at + PAGE - 8] for at in range(0, len(whole), PAGE - 8)]
        following = 0
        for piece in reversed(pieces[1:]):
            following = self._new(b"\2\1\0\0" + struct.pack("<I", following) + piece)
        self.pages[page] = (b"\2\1\0\0" + struct.pack("<I", following) + pieces[0]).ljust(PAGE, b"\0")

    def _usage_map(self, data: Sequence[int]) -> int:
        """Pointer to a map of pages: row of a page, by way of bitmaps that are pages themselves."""
        pointers = []
        for part in range(0, max(data, default=-1) + 1, _MAP_PAGES):
            bits = bytearray(PAGE - 4)
            for one in data:
                if part <= one < part + _MAP_PAGES:
                    bits[(one - part) // 8] |= 1 << (one - part) % 8
            pointers.append(self._new(b"\5\1\0\0" + bytes(bits)))
        row = b"\1" + struct.pack("<17I", *pointers, *[0] * (17 - len(pointers)))
        return self._rows(0, [row])[0] << 8

    def _rows(self, owner: int | bytes, rows: Sequence[bytes]) -> list[int]:
        """Rows into new data pages; returns the pages."""
        pages, block, left = [], [], PAGE - 14
        for row in rows:
            if len(row) + 2 > left:
                pages.append(self._new(_data_page(owner, block)))
                block, left = [], PAGE - 14
            block.append(row)
            left -= len(row) + 2
        if block:
            pages.append(self._new(_data_page(owner, block)))
        return pages

    def _row(self, columns: Columns, values: Sequence[Any]) -> bytes:
        fixed, variable, places = b"", b"", []
        start = 2 + sum(KINDS[kind][1] for kind in columns.values() if kind != "boolean")
        mask = bytearray((len(columns) + 7) // 8)
        for number, (kind, value) in enumerate(zip(columns.values(), values, strict=True)):
            if value is not None and (kind != "boolean" or value):
                mask[number // 8] |= 1 << number % 8
            if kind == "boolean":
                continue
            size = KINDS[kind][1]
            if size:
                fixed += bytes(size) if value is None else _fixed(kind, value)
            else:
                places.append(start + len(variable))
                variable += b"" if value is None else self._varying(kind, value)
        ends = [start + len(variable), *reversed(places)]
        tail = struct.pack(f"<{len(ends)}HH", *ends, len(places)) + bytes(mask)
        return struct.pack("<H", len(columns)) + fixed + variable + tail

    def _varying(self, kind: str, value: Any) -> bytes:
        if kind == "text":
            return _text(value)
        if kind == "binary":
            return bytes(value)
        content = _text(value) if kind == "memo" else bytes(value)
        if len(content) <= 64:
            return struct.pack("<III", len(content) | _INLINE, 0, 0) + content
        if len(content) <= _LONG:
            return struct.pack("<III", len(content) | _SINGLE, self._long(content), 0)
        following = 0
        for at in reversed(range(0, len(content), _LONG)):
            piece = struct.pack("<I", following) + content[at : at + _LONG]
            following = self._long(piece)
        return struct.pack("<III", len(content), following, 0)

    def _long(self, content: bytes) -> int:
        """Pointer to a row of a page of long values."""
        if sum(len(one) + 2 for one in self.values) + len(content) + 16 > PAGE or not self.values:
            self.values = []
            self._new(b"")
            self.values_page = len(self.pages) - 1
        self.values.append(content)
        self.pages[self.values_page] = _data_page(b"LVAL", self.values)
        return self.values_page << 8 | len(self.values) - 1


def _variable(columns: Columns) -> int:
    return sum(not KINDS[kind][1] for kind in columns.values())


def _data_page(owner: int | bytes, rows: Sequence[bytes]) -> bytes:
    told = struct.pack("<I", owner) if isinstance(owner, int) else owner
    offsets, end = [], PAGE
    for row in rows:
        end -= len(row)
        offsets.append(end)
    head = struct.pack("<BBH", 1, 1, end - 14 - 2 * len(rows)) + told + bytes(4)
    head += struct.pack(f"<H{len(rows)}H", len(rows), *offsets)
    return head.ljust(end, b"\0") + b"".join(reversed(rows))


def _text(value: str) -> bytes:
    """One byte a character where that will do, as Access does it; empty text is no bytes."""
    if value and all(0 < ord(one) < 256 for one in value):
        return b"\xff\xfe" + value.encode("latin-1")
    return value.encode("utf-16-le")


def _fixed(kind: str, value: Any) -> bytes:
    if kind == "currency":
        return struct.pack("<q", int(Decimal(value) * 10_000))
    if kind == "datetime":
        return struct.pack("<d", serial(value))
    if kind == "guid":
        return uuid.UUID(value).bytes_le
    if kind == "decimal":
        whole = int(abs(Decimal(value)) * 10_000)
        words = [whole >> shift & 0xFFFFFFFF for shift in (96, 64, 32, 0)]
        return struct.pack("<B4I", 0x80 if Decimal(value) < 0 else 0, *words)
    return struct.pack(_PACKED[kind], value)


def serial(value: datetime) -> float:
    """An instant as Access has it: days since 1899-12-30; before it the part of a day counts away from it."""
    days = (value - datetime(1899, 12, 30)).total_seconds() / 86400
    whole = days // 1
    return days if days >= 0 else whole - (days - whole)


def rc4(key: bytes, content: bytes) -> bytes:
    """RC4, which Access draws over its header."""
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    i, j, made = 0, 0, bytearray()
    for one in content:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        made.append(one ^ state[(state[i] + state[j]) % 256])
    return bytes(made)
