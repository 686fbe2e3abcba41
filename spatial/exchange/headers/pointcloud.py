"""Header of a LAS or LAZ file 点云文件头 (ASPRS LAS 1.0–1.4). Runs in the reader's process."""

from __future__ import annotations

import math
import struct
from datetime import date, timedelta
from typing import BinaryIO

from spatial.errors import UnreadableFile
from spatial.exchange.headers import geokeys

_LEAST = 227
_LEAST_14 = 375
_RECORD = 54
_MOST_RECORDS = 10_000
_RECORD_LEAST = {0: 20, 1: 28, 2: 26, 3: 34, 4: 57, 5: 63, 6: 30, 7: 36, 8: 38, 9: 59, 10: 67}
"""Bytes of a point, at least, by its format."""
_POINTS_A_BYTE = 1000
"""Of a packed file: many more than any packing of real points comes to."""
_LOWEST_M, _HIGHEST_M = -20_000.0, 100_000.0
_PROJECTION = "LASF_Projection"
_WKT, _KEYS, _KEY_TEXT = 2112, 34735, 34737


def read(file: BinaryIO, name: str) -> dict[str, object]:
    """What the header of a point cloud says."""
    size = file.seek(0, 2)
    file.seek(0)
    raw = file.read(_LEAST_14)
    if len(raw) < _LEAST:
        raise _broken(name, "被截断", "is cut off")
    major, minor = raw[24], raw[25]
    header, data, records = struct.unpack_from("<HII", raw, 94)
    form, width, count = struct.unpack_from("<BHI", raw, 104)
    if (major, minor) >= (1, 4):
        if len(raw) < _LEAST_14 or header < _LEAST_14:
            raise _broken(name, "文件头过短", "has a header that is too short")
        count = struct.unpack_from("<Q", raw, 247)[0] or count
    if major != 1 or minor > 4 or header < _LEAST:
        raise _broken(
            name, f"版本 {major}.{minor} 不支持", f"has version {major}.{minor}, which is not known"
        )
    packed = bool(form & 0xC0)
    if not width >= _RECORD_LEAST.get(form & 0x3F, 1 << 16):
        raise _broken(
            name,
            f"点格式 {form & 0x3F}、记录长 {width} 字节无效",
            f"has points of format {form & 0x3F} in {width} bytes each, which is none",
        )
    _check_amount(name, size, data, header, count, width, packed)
    told = _projection(file, name, header, data, records)
    x_max, x_min, y_max, y_min, z_max, z_min = struct.unpack_from("<6d", raw, 179)
    bounds = [x_min, y_min, x_max, y_max]
    if (
        not all(map(math.isfinite, (*bounds, z_min, z_max)))
        or x_min > x_max
        or y_min > y_max
        or z_min > z_max
        or not _LOWEST_M <= z_min <= z_max <= _HIGHEST_M
    ):
        said = [*bounds, z_min, z_max]
        raise _broken(name, f"范围无效({said})", f"has bounds that are none ({said})")
    return {
        "kind": "point-cloud",
        "format": "laz" if packed else "las",
        "version": f"{major}.{minor}",
        "points": count,
        "point_format": form & 0x3F,
        "bounds": bounds,
        "heights": [z_min, z_max],
        "file_time": _day(*struct.unpack_from("<HH", raw, 90)),
        **told,
    }


def _broken(name: str, zh: str, en: str) -> UnreadableFile:
    return UnreadableFile(f"点云 {zh}:{name}", f"the point cloud {en}: {name}", value=name)


def _check_amount(name: str, size: int, data: int, header: int, count: int, width: int, packed: bool) -> None:
    if not header <= data <= size or count < 1:
        raise _broken(name, "没有点数据", "has no points")
    needed = data + (count * width if not packed else 1 + count // _POINTS_A_BYTE)
    if needed > size:
        raise _broken(
            name,
            f"声明 {count} 个点,文件放不下,可能被截断",
            f"announces {count} points, for which the file is too short; cut off?",
        )


def _projection(file: BinaryIO, name: str, header: int, data: int, records: int) -> dict[str, object]:
    """The frame, from keys or from WKT in the records between header and points."""
    if records > _MOST_RECORDS or header + records * _RECORD > data:
        raise _broken(name, f"有 {records} 条变长记录", f"has {records} variable records, more than fit")
    keys: list[int] = []
    text, wkt, at = b"", None, header
    for _ in range(records):
        file.seek(at)
        head = file.read(_RECORD)
        if len(head) < _RECORD:
            raise _broken(name, "变长记录被截断", "is cut off within its records")
        user = head[2:18].split(b"\0")[0].decode("latin-1")
        number, length = struct.unpack_from("<HH", head, 18)
        at += _RECORD + length
        if at > data:
            raise _broken(name, "变长记录超出范围", "has a record that reaches into the points")
        if user == _PROJECTION:
            body = file.read(length)
            if number == _KEYS:
                keys = list(struct.unpack(f"<{length // 2}H", body[: length // 2 * 2]))
            elif number == _KEY_TEXT:
                text = body
            elif number == _WKT:
                wkt = body.split(b"\0")[0].decode("utf-8", "replace")
    found = geokeys.parse(keys, text)
    height = geokeys.height_type(found)
    if wkt is not None:
        height = "normal_1985" if '"5737"' in wkt or "5737]" in wkt else "unknown"
    return {"declared": wkt or geokeys.frame_text(found), "height_type": height}


def _day(number: int, year: int) -> str | None:
    if not (1990 <= year <= 2200 and 1 <= number <= 366):
        return None
    return (date(year, 1, 1) + timedelta(days=number - 1)).isoformat()
