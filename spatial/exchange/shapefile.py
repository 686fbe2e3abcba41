"""Shapefiles with any encoding 任意编码: the table is looked at byte by byte first.

Field names are taken from the header by us, cut characters and all, and the
staged copy gets plain names, so that GDAL reads what it otherwise cannot.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from spatial.errors import EncodingUndecided, FieldsDoNotMatch, UnreadableFile
from spatial.exchange import encoding, vector
from spatial.exchange.batches import Schema, Writer
from spatial.exchange.evidence import EncodingReading
from spatial.exchange.sandbox import Job

_NAME_BYTES = 10
_REQUIRED = (".shx", ".dbf")


@dataclass(frozen=True, slots=True)
class Table:
    """Header of a dBase table."""

    records: int
    header_bytes: int
    record_bytes: int
    ldid: int
    fields: tuple[tuple[bytes, str, int], ...]
    """Name as it stands, type letter, width."""


def read(path: Path, job: Job, writer: Writer) -> dict[str, object]:
    """Read a staged shapefile; its table's header is rewritten in place."""
    parts = {one.suffix.lower(): one for one in path.parent.iterdir() if one.stem == path.stem}
    missing = [suffix for suffix in _REQUIRED if suffix not in parts]
    if missing:
        raise UnreadableFile(
            f"Shapefile 不完整,缺少 {'、'.join(missing)},请与 .shp 放在一起或一并打包:{path.name}",
            f"the shapefile lacks {', '.join(missing)}; put it beside the .shp or in the zip: {path.name}",
            value=path.name,
        )
    for suffix, part in parts.items():
        part.rename(part.with_suffix(suffix)) if part.suffix != suffix else None
    path = path.with_suffix(".shp")
    _check_geometry_file(path)
    dbf = path.with_suffix(".dbf")
    raw = bytearray(dbf.read_bytes())
    table = _header(raw, path.name)
    reading = _encoding(raw, table, path, job)
    names = _names(table, reading, path.name)
    _plain_names(raw, table)
    dbf.write_bytes(raw)
    path.with_suffix(".cpg").unlink(missing_ok=True)
    told = vector.read(path, job, writer, format="shapefile", encoding=reading.encoding)
    return told | {
        "columns": names,
        "encoding": reading.to_json(),
        "name_bytes_limit": _NAME_BYTES,
        "layer": path.stem,
        "schema": Schema(widths=tuple(width if kind == "C" else None for _, kind, width in table.fields)),
    }


def _check_geometry_file(path: Path) -> None:
    for part in (path, path.with_suffix(".shx")):
        head = part.read_bytes()[:28] if part.stat().st_size < 100 else _first(part, 28)
        if len(head) < 28 or struct.unpack(">i", head[:4])[0] != 9994:
            raise UnreadableFile(f"不是 Shapefile:{part.name}", f"no shapefile: {part.name}", value=part.name)
        told = struct.unpack(">i", head[24:28])[0] * 2
        if told != part.stat().st_size:
            raise UnreadableFile(
                f"文件头称 {told} 字节,实有 {part.stat().st_size},被截断或损坏:{part.name}",
                f"the header says {told} bytes, there are {part.stat().st_size}; cut off: {part.name}",
                value=part.name,
            )


def _first(path: Path, count: int) -> bytes:
    with path.open("rb") as file:
        return file.read(count)


def _header(raw: bytearray, name: str) -> Table:
    broken = UnreadableFile(
        f"属性表(.dbf)损坏或被截断:{name}", f"the table (.dbf) is damaged or cut off: {name}", value=name
    )
    if len(raw) < 33:
        raise broken
    records, header_bytes, record_bytes = struct.unpack("<IHH", raw[4:12])
    fields = []
    for place in range(32, header_bytes - 31, 32):
        if raw[place] == 0x0D:
            break
        entry = bytes(raw[place : place + 32])
        if len(entry) < 32:
            raise broken
        fields.append((entry[:11].split(b"\0")[0], chr(entry[11]), entry[16]))
    if 1 + sum(width for _, _, width in fields) != record_bytes or header_bytes > len(raw):
        raise broken
    if header_bytes + records * record_bytes > len(raw):
        raise broken
    return Table(records, header_bytes, record_bytes, raw[29], tuple(fields))


def _encoding(raw: bytearray, table: Table, path: Path, job: Job) -> EncodingReading:
    cpg_file = path.with_suffix(".cpg")
    cpg = cpg_file.read_bytes()[:32].decode("ascii", "replace").strip() if cpg_file.exists() else None
    texts: set[bytes] = set()
    for name, _, _ in table.fields:
        texts.add(_whole_characters(name) if len(name) == _NAME_BYTES else name)
    place = 1
    for _, kind, width in table.fields:
        if kind == "C":
            for record in range(table.records):
                start = table.header_bytes + record * table.record_bytes + place
                value = bytes(raw[start : start + width]).rstrip(b" \0")
                if not value.isascii():
                    texts.add(value)
        place += width
    return encoding.decide(
        texts, name=path.name, option=job.encoding, cpg=cpg or None, ldid=table.ldid or None
    )


def _whole_characters(name: bytes) -> bytes:
    """A field name cut at its tenth byte, without the character that was cut."""
    for codec in ("utf-8", "gb18030"):
        for cut in range(len(name), len(name) - 4, -1):
            try:
                name[:cut].decode(codec)
            except UnicodeDecodeError:
                continue
            if codec == "gb18030" or cut > len(name) - 3:
                return name[:cut]
    return name


def _names(table: Table, reading: EncodingReading, file: str) -> list[str]:
    names = []
    for name, _, _ in table.fields:
        whole = name
        while True:
            try:
                names.append(whole.decode(reading.encoding).strip())
                break
            except UnicodeDecodeError as cut:
                if len(name) < _NAME_BYTES or len(name) - len(whole) >= 3:
                    raise EncodingUndecided(
                        f"字段名不是 {reading.encoding}:{name!r}",
                        f"a field name is not {reading.encoding}: {name!r}",
                        value=file,
                    ) from cut
                whole = whole[:-1]
    again = sorted({name for name in names if names.count(name) > 1})
    if again:
        raise FieldsDoNotMatch(f"字段重名:{again}", f"fields of one name: {again}", value=again)
    return names


def _plain_names(raw: bytearray, table: Table) -> None:
    for index in range(len(table.fields)):
        plain = f"f{index}".encode().ljust(11, b"\0")
        raw[32 + 32 * index : 32 + 32 * index + 11] = plain
