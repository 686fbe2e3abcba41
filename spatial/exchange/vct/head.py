"""What a VCT file says of itself before its objects 文件头、要素代码表、属性表结构."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

from spatial.exchange import gauss_kruger
from spatial.exchange.vct.lines import Lines

_MOST_FIELDS = 500
_MOST_HEAD_LINES = 500
_RATIO = re.compile(r"1\s*[::]\s*\d+")
_PARTED = re.compile(r"[^0-9eE.+-]+")
NO_GEOMETRY = "NoneGeometry"
KINDS = {
    "char": "text",
    "varchar": "text",
    "text": "text",
    "int": "integer",
    "integer": "integer",
    "float": "number",
    "double": "number",
    "date": "date",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One field of an attribute table."""

    name: str
    kind: str


@dataclass(slots=True)
class Table:
    """One attribute table and the feature codes 要素代码 that fill it."""

    name: str
    columns: list[Column] = field(default_factory=list)
    has_geometry: bool = True
    codes: dict[bytes, str] = field(default_factory=dict)
    """Feature code → its name."""
    shape: str = ""
    """``Point``, ``Line``, ``Polygon`` … as the feature codes say."""


@dataclass(slots=True)
class Head:
    """Keys of the block ``Head`` and what follows from them."""

    keys: dict[str, str]

    @property
    def separator(self) -> str:
        """What stands between the values of a line."""
        return self.keys.get("separator", ",") or ","

    @property
    def swapped(self) -> bool:
        """The first number of a position is the northing (``XAxisDirection`` says north)."""
        return self.keys.get("xaxisdirection", "").strip().upper()[:1] in ("N", "北")

    @property
    def scale(self) -> float:
        """Factor of the numbers of a position."""
        return _number(self.keys.get("scale"), 1.0) or 1.0

    @property
    def offset(self) -> tuple[float, float]:
        """What is added to the two numbers of a position, in their own order."""
        first, _, second = self.keys.get("offset", "").partition(self.separator)
        return _number(first, 0.0), _number(second, 0.0)

    def frame(self) -> str | None:
        """The frame's code, the words of the head where they fit none, None where nothing is said."""
        spheroid = self.keys.get("spheroid", "")
        projection = self.keys.get("parameters", "")
        if not spheroid:
            return None
        shown = f"Spheroid:{spheroid}; Parameters:{projection}"
        datum = _datum(spheroid)
        if datum is None:
            return shown
        if self.keys.get("coordinatesystemtype", "P").strip().upper()[:1] != "P":
            geographic = gauss_kruger.geographic(datum)
            return geographic.id if geographic else shown
        return _plane(datum, projection) or shown


def _number(text: str | None, otherwise: float) -> float:
    try:
        return float(text) if text and text.strip() else otherwise
    except ValueError:
        return otherwise


def _tells_positions(key: str, value: str) -> bool:
    """Whether a factor or an offset of positions is one; the ratio of a map (1:500) is no factor."""
    if not value or (key == "scale" and _RATIO.fullmatch(value)):
        return True
    numbers = [_number(part, math.nan) for part in _PARTED.split(value) if part]
    if not numbers or not all(map(math.isfinite, numbers)):
        return False
    return key == "offset" or (len(numbers) == 1 and numbers[0] > 0)


def _datum(spheroid: str) -> str | None:
    name, *numbers = [part.strip() for part in spheroid.split(",")]
    if (named := gauss_kruger.datum_of(name)) is not None:
        return named
    # The ellipsoid of 1975 carries one datum; that of Krassovsky carries two, which no number tells apart.
    if len(numbers) == 2 and abs(_number(numbers[0], 0.0) - 6378140.0) < 0.5:
        return "XIAN80"
    return None


def _plane(datum: str, parameters: str) -> str | None:
    """``CM, scale, false easting, false northing, zone width, zone``."""
    parts = [part.strip() for part in parameters.split(",")]
    if len(parts) < 5:
        return None
    meridian, scale, east, north, width = (_number(part, -1.0) for part in parts[:5])
    if scale != 1.0 or north != 0.0 or width not in (3.0, 6.0):
        return None
    found = gauss_kruger.plane(datum, int(width), meridian, prefixed=east > 1e6)
    return found.id if found is not None and found.false_easting_m == east else None


def read_head(lines: Lines, codec: str) -> Head:
    """The block ``Head``; its first line is already taken."""
    keys: dict[str, str] = {}
    while (line := lines.next()) != b"HeadEnd":
        text = line.decode(codec, "replace")
        name, colon, value = text.replace(":", ":", 1).partition(":")
        if not colon:
            lines.refuse("应为“名称:值”", "NAME:VALUE was expected", line)
        key = name.strip().lower()
        keys[key] = value.strip()
        if key in ("scale", "offset") and not _tells_positions(key, keys[key]):
            lines.refuse("应为数值", "numbers were expected", line)
        if len(keys) > _MOST_HEAD_LINES:
            lines.refuse("文件头过长", "the head is too long", line)
    return Head(keys)


def read_codes(lines: Lines, codec: str, separator: str, tables: dict[str, Table]) -> None:
    """The block ``FeatureCode``: code, name, geometry, table."""
    while (line := lines.next()) != b"FeatureCodeEnd":
        parts = [part.strip() for part in line.decode(codec).split(separator)]
        if len(parts) < 4:
            lines.refuse("应为“代码,名称,几何类型,属性表名”", "CODE,NAME,GEOMETRY,TABLE was expected", line)
        code, name, shape, table = parts[:4]
        known = tables.setdefault(table, Table(table))
        known.codes[code.encode()] = name
        known.shape = shape


def read_structure(lines: Lines, codec: str, separator: str, tables: dict[str, Table]) -> None:
    """The block ``TableStructure``: each table's name and number of fields, its fields, a 0."""
    while (line := lines.next()) != b"TableStructureEnd":
        if line in (b"", b"0"):
            continue
        name, *rest = [part.strip() for part in line.decode(codec).split(separator)]
        count = lines.whole(rest[0].encode() if rest else b"", "字段数", "the number of fields")
        if not 0 <= count <= _MOST_FIELDS:
            lines.refuse(f"字段数应在 0 到 {_MOST_FIELDS} 之间", f"0 to {_MOST_FIELDS} fields", line)
        table = tables.setdefault(name, Table(name))
        table.has_geometry = NO_GEOMETRY not in rest[1:]
        for _ in range(count):
            parts = [part.strip() for part in lines.next().decode(codec).split(separator)]
            if len(parts) < 2 or parts[1].lower() not in KINDS:
                lines.refuse(
                    "应为“字段名,类型,长度”", "FIELD,TYPE,LENGTH was expected", separator.join(parts)
                )
            table.columns.append(Column(parts[0], KINDS[parts[1].lower()]))
        if lines.next() != b"0":
            lines.refuse(f"{name} 的 {count} 个字段之后应为 0", f"a 0 must follow {count} fields", name)
