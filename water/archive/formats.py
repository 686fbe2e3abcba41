"""Formats for a hundred years 长期保存格式, told by content, not by name; others are refused with a way out.

PDF/A is taken by its own mark (XMP ``pdfaid``), which says what the file claims: whether it keeps
all of ISO 19005 a validator must say before it is handed in.
"""

from __future__ import annotations

import codecs
import csv
import json
import mmap
import re
import sqlite3
import struct
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from water.errors import NotPreservable


@dataclass(frozen=True, slots=True)
class Format:
    """One format the archive keeps."""

    id: str
    title: str
    media_type: str
    suffixes: tuple[str, ...]
    """Names by which it may go; a name that says something else is refused."""


PDF_A: Final = Format("pdf-a", "PDF/A (ISO 19005)", "application/pdf", (".pdf",))
TIFF: Final = Format("tiff", "TIFF 6.0, BigTIFF, COG", "image/tiff", (".tif", ".tiff"))
GEOPACKAGE: Final = Format("geopackage", "OGC GeoPackage", "application/geopackage+sqlite3", (".gpkg",))
LAZ: Final = Format("laz", "LAZ", "application/vnd.laszip", (".laz",))
IFC: Final = Format("ifc", "IFC (ISO 16739), STEP file", "application/x-step", (".ifc",))
JSON: Final = Format("json", "JSON (RFC 8259)", "application/json", (".json", ".geojson", ".jsonld"))
CSV: Final = Format("csv", "CSV (RFC 4180), UTF-8", "text/csv", (".csv",))
TEXT: Final = Format("text", "UTF-8 text", "text/plain", (".txt", ".md", ".xml", ".jsonl", ".gml", ".wkt"))
KEPT: Final = (PDF_A, TIFF, GEOPACKAGE, LAZ, IFC, JSON, CSV, TEXT)

_HEAD_BYTES: Final = 4096
_PDF_A: Final = re.compile(rb"pdfaid:part\s*(?:>|=\s*[\"'])\s*[1-4]")
_CELL_CHARACTERS_MOST: Final = (1 << 31) - 1
"""A river of ten thousand vertices, or a picture, is one cell of a table; Python's own limit is 131,072."""
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
# Begins with → what it is, and what to make of it.
_FOREIGN: Final = (
    (b"\xff\xd8\xff", "JPEG", "TIFF"),
    (b"\x89PNG", "PNG", "TIFF"),
    (b"GIF8", "GIF", "TIFF"),
    (b"BM", "BMP", "TIFF"),
    (b"RIFF", "WebP/AVI", "TIFF"),
    (b"\xd0\xcf\x11\xe0", "DOC/XLS/PPT", "PDF/A, CSV"),
    (b"PK\x03\x04", "ZIP (DOCX, XLSX, KMZ …)", "PDF/A, CSV, GeoPackage"),
    (b"Rar!", "RAR", "its files one by one"),
    (b"7z\xbc\xaf", "7z", "its files one by one"),
    (b"\x1f\x8b", "gzip", "its file, unpacked"),
    (b"AC10", "DWG", "IFC, PDF/A"),
    (b"\x00\x00\x27\x0a", "Shapefile", "GeoPackage"),
    (b"\x89HDF", "HDF5/NetCDF-4", "CSV, TIFF"),
    (b"CDF", "NetCDF", "CSV, TIFF"),
    (b"%!PS", "PostScript", "PDF/A"),
    (b"{\\rtf", "RTF", "PDF/A"),
    (b"\x7fELF", "program", "plain text of its source"),
    (b"MZ", "program", "plain text of its source"),
)


def identify(path: Path, name: str) -> Format:
    """The format of a file that goes by ``name``; NotPreservable says why not, and what to convert to."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    found = _binary(path, head, name) or _text(path, head, name)
    suffix = Path(name).suffix.lower()
    if suffix and suffix not in found.suffixes:
        expected = "、".join(found.suffixes)
        raise NotPreservable(
            f"文件名与内容不符:内容为 {found.title},名称应以 {expected} 结尾:{name}",
            f"the name contradicts the content, which is {found.title}; name it {', '.join(found.suffixes)}:"
            f" {name}",
            value=name,
        )
    return found


def _binary(path: Path, head: bytes, name: str) -> Format | None:
    for mark, check in _MARKS:
        if head.startswith(mark):
            return check(path, head, name)
    for mark, what, into in _FOREIGN:
        if head.startswith(mark):
            raise _refused(name, what, into)
    if head[4:8] == b"ftyp":
        raise _refused(name, "MP4/HEIC", "TIFF (single frames)")
    return None


def _refused(name: str, what: str, into: str, why: tuple[str, str] | None = None) -> NotPreservable:
    zh, en = why or ("不是长期保存格式", "is no format for a hundred years")
    return NotPreservable(
        f"{what} {zh},请先转换为 {into}:{name}", f"{what} {en}; convert it to {into}: {name}", value=name
    )


def _pdf(path: Path, _: bytes, name: str) -> Format:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if b"%%EOF" not in content[-2048:]:
            raise _refused(name, "PDF", "PDF/A", ("被截断", "is truncated"))
        if not _PDF_A.search(content):
            raise _refused(name, "PDF", "PDF/A", ("没有 PDF/A 标识", "has no mark of PDF/A"))
        if content.find(b"/Encrypt") >= 0:
            raise _refused(name, "PDF", "PDF/A", ("已加密", "is encrypted"))
    return PDF_A


def _tiff(path: Path, head: bytes, name: str) -> Format:
    order = "<" if head.startswith(b"II") else ">"
    large = struct.unpack(f"{order}H", head[2:4])[0] == 43
    at, kind = (8, "Q") if large else (4, "I")
    width = struct.calcsize(kind)
    if len(head) < at + width or struct.unpack(order + kind, head[at : at + width])[0] >= path.stat().st_size:
        raise _refused(name, "TIFF", "TIFF", ("被截断", "is truncated"))
    return TIFF


def _sqlite(path: Path, head: bytes, name: str) -> Format:
    if head[68:72] not in (b"GPKG", b"GP10", b"GP11"):
        raise _refused(name, "SQLite", "GeoPackage, CSV")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as content:
            content.execute("select table_name, data_type from gpkg_contents").fetchall()
    except sqlite3.Error as failure:
        raise _refused(name, "GeoPackage", "GeoPackage", ("读不出", "cannot be read")) from failure
    return GEOPACKAGE


def _las(path: Path, head: bytes, name: str) -> Format:
    if len(head) < 227 or struct.unpack("<I", head[96:100])[0] > path.stat().st_size:
        raise _refused(name, "LAS/LAZ", "LAZ", ("被截断", "is truncated"))
    if not head[104] & 0x80:
        raise _refused(name, "LAS", "LAZ")
    return LAZ


def _step(_: Path, head: bytes, name: str) -> Format:
    if not re.search(rb"FILE_SCHEMA\s*\(\s*\(\s*'IFC", head):
        raise _refused(name, "STEP", "IFC")
    return IFC


_MARKS: Final[tuple[tuple[bytes, Callable[[Path, bytes, str], Format]], ...]] = (
    (b"%PDF-", _pdf),
    (b"II*\0", _tiff),
    (b"MM\0*", _tiff),
    (b"II+\0", _tiff),
    (b"MM\0+", _tiff),
    (b"SQLite format 3\0", _sqlite),
    (b"LASF", _las),
    (b"ISO-10303-21;", _step),
)


def _text(path: Path, head: bytes, name: str) -> Format:
    _require_utf8(path, head, name)
    suffix = Path(name).suffix.lower()
    if suffix in JSON.suffixes:
        try:
            json.loads(path.read_bytes())
        except (ValueError, RecursionError) as failure:
            raise _refused(
                name, "JSON", "JSON (RFC 8259)", ("读不出", f"cannot be read ({failure})")
            ) from None
        return JSON
    if suffix in CSV.suffixes:
        _require_rectangular(path, name)
        return CSV
    return TEXT


def _require_utf8(path: Path, head: bytes, name: str) -> None:
    if not head:
        raise _refused(name, "空文件 an empty file", "a file with content", ("不归档", "is not kept"))
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                if _CONTROL.search(decoder.decode(block)):
                    raise _refused(
                        name, "二进制内容 binary content", "、".join(one.title for one in KEPT[:5])
                    )
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise _refused(
            name,
            "内容 content",
            "UTF-8",
            ("不是 UTF-8 文本,也不是已知格式", "is neither UTF-8 nor a known format"),
        ) from None


def _require_rectangular(path: Path, name: str) -> None:
    csv.field_size_limit(max(csv.field_size_limit(), _CELL_CHARACTERS_MOST))
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            width = 0
            for number, row in enumerate(csv.reader(file, strict=True), 1):
                width = width or len(row)
                if len(row) != width:
                    why = f"第 {number} 行列数不一", f"has a row {number} of another width"
                    raise _refused(name, "CSV", "CSV (RFC 4180)", why)
        except csv.Error as failure:
            raise _refused(name, "CSV", "CSV (RFC 4180)", ("读不出", f"cannot be read ({failure})")) from None
