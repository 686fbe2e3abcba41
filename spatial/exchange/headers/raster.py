"""Header of a GeoTIFF 影像文件头 (TIFF 6.0 and BigTIFF). Runs in the reader's process."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, BinaryIO

import numpy as np

from spatial.errors import FileTooLarge, UnreadableFile
from spatial.exchange.headers import geokeys

_MOST_DIRECTORIES = 64
_MOST_ENTRIES = 1000
_MOST_VALUES = 16_000_000
_MOST_PIXELS = 500_000_000_000
_OVERVIEW_FROM = 512
"""An image larger than this needs overviews to be read at a distance."""
_TYPES = {
    1: "B", 2: "s", 3: "H", 4: "I", 5: "II", 6: "b", 7: "s", 8: "h", 9: "i", 10: "ii", 11: "f", 12: "d",
    13: "I", 16: "Q", 17: "q", 18: "Q",
}  # fmt: skip
_COMPRESSIONS = {
    1: "none", 5: "LZW", 6: "JPEG", 7: "JPEG", 8: "DEFLATE", 32773: "PackBits", 32946: "DEFLATE",
    34887: "LERC", 34925: "LZMA", 50000: "ZSTD", 50001: "WEBP",
}  # fmt: skip
_MOST_BANDS, _MOST_BITS = 65_535, 128
"""A number of 16 bits in the format; and the widest sample, complex numbers of two times 64."""
_LONGEST_TEXT = 100
_SAMPLES = {1: "uint", 2: "int", 3: "float", 4: "undefined", 5: "complex int", 6: "complex float"}
(
    _SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _STRIPS, _PER_PIXEL, _ROWS, _STRIP_BYTES, _PLANAR,
    _TIME, _TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_BYTES, _FORMAT, _SCALE, _TIES, _MATRIX, _KEYS,
    _KEY_TEXT, _NODATA,
) = (
    254, 256, 257, 258, 259, 273, 277, 278, 279, 284,
    306, 322, 323, 324, 325, 339, 33550, 33922, 34264, 34735,
    34737, 42113,
)  # fmt: skip


@dataclass(slots=True)
class _Directory:
    """One image of a TIFF file: the values of its tags."""

    offset: int
    tags: dict[int, Any] = field(default_factory=dict)

    def numbers(self, tag: int) -> Any:
        """A tag's values; none where it is not there or is text."""
        values = self.tags.get(tag)
        return values if isinstance(values, np.ndarray) else np.empty(0)

    def number(self, tag: int, otherwise: int = 0) -> int:
        """A tag's first value, where it is a whole number."""
        values = self.numbers(tag)
        return int(values[0]) if len(values) and values.dtype.kind in "ui" else otherwise

    def text(self, tag: int) -> bytes:
        """A tag's text; empty where it is not there or is numbers."""
        value = self.tags.get(tag)
        return value if isinstance(value, bytes) else b""


class Tiff:
    """Walks the directories of a TIFF file; raises what is wrong with it."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file, self._name = file, name
        self.size = file.seek(0, 2)
        head = self._at(0, 16, 8)
        self._order = "<" if head[:2] == b"II" else ">"
        self._big = self._unpack("H", head[2:4])[0] == 43
        first = self._unpack("Q" if self._big else "I", head[8:16] if self._big else head[4:8])[0]
        self.directories = self._walk(first)

    def broken(self, zh: str, en: str) -> UnreadableFile:
        """The error of a file that contradicts itself."""
        return UnreadableFile(
            f"GeoTIFF {zh}:{self._name}", f"the GeoTIFF {en}: {self._name}", value=self._name
        )

    def _at(self, offset: int, count: int, least: int | None = None) -> bytes:
        self._file.seek(min(offset, self.size))
        found = self._file.read(count)
        if len(found) < (count if least is None else least):
            raise self.broken("被截断", f"is cut off at byte {offset}")
        return found

    def _unpack(self, form: str, raw: bytes) -> tuple[Any, ...]:
        return struct.unpack(self._order + form, raw)

    def _walk(self, offset: int) -> list[_Directory]:
        found: list[_Directory] = []
        while offset:
            if any(one.offset == offset for one in found) or len(found) == _MOST_DIRECTORIES:
                raise self.broken("目录成环或过多", "has directories in a circle, or too many")
            one = _Directory(offset)
            counted = 8 if self._big else 2
            (entries,) = self._unpack("Q" if self._big else "H", self._at(offset, counted))
            if not 0 < entries <= _MOST_ENTRIES:
                raise self.broken(f"目录有 {entries} 项", f"has a directory of {entries} entries")
            width = 20 if self._big else 12
            raw = self._at(offset + counted, entries * width)
            for at in range(0, len(raw), width):
                self._entry(raw[at : at + width], one)
            link = self._at(offset + counted + len(raw), 8 if self._big else 4)
            (offset,) = self._unpack("Q" if self._big else "I", link)
            found.append(one)
        if not found:
            raise self.broken("没有图像", "has no image")
        return found

    def _entry(self, raw: bytes, into: _Directory) -> None:
        tag, kind = self._unpack("HH", raw[:4])
        (count,) = self._unpack("Q" if self._big else "I", raw[4:12] if self._big else raw[4:8])
        form = _TYPES.get(kind)
        if form is None:
            return
        size = struct.calcsize("=" + form)
        place = raw[12:] if self._big else raw[8:]
        if count > _MOST_VALUES or count * size > self.size:
            raise self.broken(f"标签 {tag} 有 {count} 个值", f"has a tag {tag} of {count} values")
        if count * size > len(place):
            (offset,) = self._unpack("Q" if self._big else "I", place)
            place = self._at(offset, count * size)
        if form == "s":
            into.tags[tag] = place[:count]
        elif len(form) == 1:
            into.tags[tag] = np.frombuffer(place[: count * size], dtype=np.dtype(self._order + _numpy(form)))


def _numpy(form: str) -> str:
    return {
        "B": "u1",
        "H": "u2",
        "I": "u4",
        "b": "i1",
        "h": "i2",
        "i": "i4",
        "Q": "u8",
        "q": "i8",
        "f": "f4",
    }.get(form, "f8")


def read(file: BinaryIO, name: str) -> dict[str, object]:
    """What the header of a GeoTIFF says."""
    tiff = Tiff(file, name)
    main = tiff.directories[0]
    width, height = _size(tiff, main)
    for one in tiff.directories:
        _check_data(tiff, one)
    keys = geokeys.parse(main.numbers(_KEYS).tolist(), main.text(_KEY_TEXT))
    matrix = _matrix(tiff, main, geokeys.pixel_is_point(keys))
    overviews = [
        one for one in tiff.directories[1:] if one.number(_SUBFILE) & 1 and not one.number(_SUBFILE) & 4
    ]
    faults = _cog_faults(tiff, overviews)
    bands, bits = main.number(_PER_PIXEL, 1), main.number(_BITS, 1)
    if not 1 <= bands <= _MOST_BANDS or not 1 <= bits <= _MOST_BITS:
        raise tiff.broken(
            f"声明 {bands} 个波段、每样本 {bits} 位", f"announces {bands} bands of {bits} bits a sample"
        )
    sample = f"{_SAMPLES.get(main.number(_FORMAT, 1), 'undefined')}{bits}"
    return {
        "kind": "raster",
        "format": "geotiff",
        "width": width,
        "height": height,
        "bands": bands,
        "sample_type": sample,
        "nodata": _text(main.text(_NODATA)),
        "compression": _COMPRESSIONS.get(main.number(_COMPRESSION, 1), str(main.number(_COMPRESSION))),
        "overviews": len(overviews),
        "cog_faults": faults,
        "matrix": matrix,
        "declared": geokeys.frame_text(keys),
        "height_type": geokeys.height_type(keys),
        "file_time": _text(main.text(_TIME)),
    }


def _text(raw: bytes) -> str | None:
    for codec in ("utf-8", "gb18030"):
        try:
            text = raw.decode(codec)
        except UnicodeDecodeError:
            continue
        return "".join(mark for mark in text if mark.isprintable()).strip()[:_LONGEST_TEXT] or None
    return None


def _size(tiff: Tiff, one: _Directory) -> tuple[int, int]:
    width, height = one.number(_WIDTH), one.number(_HEIGHT)
    if width < 1 or height < 1:
        raise tiff.broken("没有图像尺寸", "does not say its size")
    if width * height > _MOST_PIXELS:
        raise FileTooLarge(
            f"影像过大({width} × {height} 像素),请分幅",
            f"the image is too large ({width} × {height} pixels); cut it into sheets",
            value=f"{width} × {height}",
        )
    return width, height


def _check_data(tiff: Tiff, one: _Directory) -> None:
    """Blocks that are announced are there: as many as the size needs, all inside the file."""
    width, height = _size(tiff, one)
    tiled = _TILE_WIDTH in one.tags
    across = one.number(_TILE_WIDTH) if tiled else width
    down = one.number(_TILE_HEIGHT) if tiled else min(one.number(_ROWS, height), height)
    if across < 1 or down < 1:
        raise tiff.broken("分块尺寸为零", "has blocks of no size")
    layers = one.number(_PER_PIXEL, 1) if one.number(_PLANAR, 1) == 2 else 1
    expected = math.ceil(width / across) * math.ceil(height / down) * layers
    offsets = one.numbers(_TILES if tiled else _STRIPS)
    counts = one.numbers(_TILE_BYTES if tiled else _STRIP_BYTES)
    if len(offsets) != expected or len(counts) != expected:
        raise tiff.broken(
            f"声明 {width} × {height} 像素应有 {expected} 块,实有 {len(offsets)} 块",
            f"announces {width} × {height} pixels in {expected} blocks and has {len(offsets)}",
        )
    ends = offsets.astype(np.float64) + counts.astype(np.float64)
    if not (counts > 0).any() or ends.max() > tiff.size:
        raise tiff.broken("像素数据不在文件中,可能被截断", "has no pixels in the file; cut off?")


def _matrix(tiff: Tiff, one: _Directory, point: bool) -> list[float]:
    """x of column 0, x per column, x per row; y the same: positions of corners of pixels."""
    if len(whole := one.numbers(_MATRIX)) >= 8:
        a, b, x0, d, e, y0 = (float(whole[index]) for index in (0, 1, 3, 4, 5, 7))
    else:
        scale, ties = one.numbers(_SCALE), one.numbers(_TIES)
        if len(scale) < 2 or len(ties) < 6:
            raise tiff.broken(
                "没有地理定位,请配准后再登记",
                "has no georeference; register the image before it is catalogued",
            )
        a, b, d, e = float(scale[0]), 0.0, 0.0, -float(scale[1])
        x0 = float(ties[3]) - float(ties[0]) * a
        y0 = float(ties[4]) - float(ties[1]) * e
    if point:
        x0, y0 = x0 - (a + b) / 2, y0 - (d + e) / 2
    found = [x0, a, b, y0, d, e]
    if not all(map(math.isfinite, found)) or a * e - b * d == 0:
        raise tiff.broken("地理定位无效", "has a georeference that is none")
    return found


def _cog_faults(tiff: Tiff, overviews: list[_Directory]) -> list[list[str]]:
    """Why the file is no cloud-optimised GeoTIFF; empty where it is one."""
    main = tiff.directories[0]
    faults = []
    if _TILE_WIDTH not in main.tags:
        faults.append(["未分块(条带存储)", "not tiled"])
    if max(main.number(_WIDTH), main.number(_HEIGHT)) > _OVERVIEW_FROM and not overviews:
        faults.append(["没有概视图", "no overviews"])
    widths = [main.number(_WIDTH), *(one.number(_WIDTH) for one in overviews)]
    if any(second >= first for first, second in pairwise(widths)):
        faults.append(["概视图未由大到小排列", "overviews are not in falling order"])
    offsets = main.numbers(_TILES if _TILE_WIDTH in main.tags else _STRIPS)
    known = offsets[offsets > 0]
    if len(known) and max(one.offset for one in tiff.directories) > int(known.min()):
        faults.append(["目录不在像素数据之前", "directories do not stand before the pixels"])
    return faults
