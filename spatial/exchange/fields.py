"""From the columns of a file to the fields of a layer: names, then types 字段对应与取值.

Names are matched by field name, Chinese and English title and alias; what does
not fit is reported, never dropped silently. Values must be of the field's type:
what is not is a rejected row, not a null.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from spatial.catalogue.contract import Contract, Field, FieldType
from spatial.datum.clock import parse_instant
from spatial.errors import FieldsDoNotMatch, InvalidInput, shorten
from spatial.exchange.batches import Content
from spatial.exchange.encoding import mojibake
from spatial.exchange.table import serial_day

FID_NAMES = ("fid", "要素标识", "onemap_fid")
"""Columns that carry the platform's own identity of a feature, as its exports write it."""
OWN_COLUMNS = ("valid_from", "valid_to", "recorded_from", "changeset")
"""Columns of the platform's own exports that are no attributes."""

_TRUE = frozenset(("true", "t", "1", "yes", "y", "是", "有"))
_FALSE = frozenset(("false", "f", "0", "no", "n", "否", "无"))
_WHOLE = re.compile(r"[+-]?\d{1,19}(?:\.0*)?")
_DATE = re.compile(
    r"(\d{4})(?:-|/|\.|年)(\d{1,2})(?:-|/|\.|月)(\d{1,2})日?"
    r"(?:[T ]00:00(?::00(?:\.0+)?)?(?:Z|\+00(?::?00)?)?)?"
)
_COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_ZONED = re.compile(r"(?:Z|[+-]\d{2}:?\d{2})$")
_SERIAL = re.compile(r"\d{2,5}")


@dataclass(frozen=True, slots=True)
class Mapped:
    """Which column of a file fills which field of a layer."""

    fields: tuple[tuple[Field, int], ...]
    """Contract field and index of the file's column."""
    fid: int | None
    """Column with the platform's own feature identity."""
    unmapped: tuple[str, ...]
    """Columns of the file that no field takes."""
    missing: tuple[str, ...]
    """Fields of the contract that the file does not bring."""

    def column_of(self, name: str) -> int | None:
        """Index of the column that fills a field."""
        return next((index for field, index in self.fields if field.name == name), None)


def match(
    contract: Contract, content: Content, given: Mapping[str, str], made: Collection[str] = ()
) -> Mapped:
    """Match columns with fields; ``given`` maps file columns to field names and goes first.

    Fields that are ``made`` from elsewhere need no column.

    Raises FieldsDoNotMatch where a required field or the key is missing or two
    columns claim one field.
    """
    taken: dict[str, int] = {}
    for name, target in given.items():
        if name not in content.columns or target not in [field.name for field in contract.fields]:
            raise FieldsDoNotMatch(
                f"字段对应有误,文件无此列或图层无此字段:{name}={target}",
                f"no such column in the file or field in the layer: {name}={target}",
                value=f"{name}={target}",
            )
        taken[target] = content.columns.index(name)
    for field in contract.fields:
        if field.name not in taken and (found := _find(field, content, set(taken.values()))) is not None:
            taken[field.name] = found
    pairs = tuple((field, taken[field.name]) for field in contract.fields if field.name in taken)
    fid = next(
        (i for i, name in enumerate(content.columns) if name in FID_NAMES and i not in taken.values()), None
    )
    used = {*taken.values(), fid}
    own = {*OWN_COLUMNS, *(content.coordinates or ())}
    unmapped = tuple(name for i, name in enumerate(content.columns) if i not in used and name not in own)
    missing = tuple(field.name for field in contract.fields if field.name not in taken)
    _require(contract, [name for name in missing if name not in made], unmapped)
    return Mapped(pairs, fid, unmapped, missing)


def _require(contract: Contract, missing: Sequence[str], unmapped: Sequence[str]) -> None:
    needed = [f for f in contract.fields if f.name in missing and (f.required or f.name == contract.key)]
    if needed:
        wanted = "、".join(f"{field.name}({field.title.zh})" for field in needed)
        raise FieldsDoNotMatch(
            f"文件缺少必需字段 {wanted};未对应的列:{'、'.join(unmapped) or '无'}。"
            f"可用 --field 列名 字段 指明:{contract.id}",
            f"required fields are missing: {', '.join(field.name for field in needed)}; "
            f"columns without a field: {', '.join(unmapped) or 'none'}; "
            f"use --field COLUMN FIELD: {contract.id}",
            value=[field.name for field in needed],
            details={"missing": [field.name for field in needed], "unmapped": list(unmapped)},
        )


def _find(field: Field, content: Content, used: set[int]) -> int | None:
    """The column of a field by its names, titles and aliases."""
    return column_named((field.name, field.title.zh, field.title.en, *field.aliases), content, used)


def column_named(wanted: Sequence[str], content: Content, used: Collection[int]) -> int | None:
    """The free column of the first of these names, else of the first alias that a geodatabase shows
    for it; where a format cuts names, of what is left of them.

    Raises FieldsDoNotMatch where several columns have it.
    """
    keys = dict.fromkeys(plain(name) for name in wanted)
    names = [plain(name) for name in content.columns]
    shown = [plain(alias or "") for alias in content.schema.aliases]
    for key, there in ((key, there) for there in (names, shown) for key in keys):
        found = [i for i, name in enumerate(there) if name == key and i not in used]
        if len(found) > 1:
            told = [content.columns[i] for i in found]
            raise FieldsDoNotMatch(
                f"多列对应同一字段 {wanted[0]},请用 --field 指明:{told}",
                f"several columns fit field {wanted[0]}; choose with --field: {told}",
                value=told,
            )
        if found:
            return found[0]
    if content.name_bytes_limit is None:
        return None
    codec = content.encoding.encoding
    cut = [
        i
        for i, name in enumerate(names)
        if i not in used
        and len(content.columns[i].encode(codec, "replace")) >= content.name_bytes_limit - 2
        and any(key.startswith(name) for key in keys)
    ]
    return cut[0] if len(cut) == 1 else None


def plain(name: str) -> str:
    """A name for comparison: full-width forms folded, no blanks, underscores or hyphens, lower case.

    >>> plain("土地 用途"), plain("LAND_Use")
    ('土地用途', 'landuse')
    """
    return re.sub(r"[\s_\-]+", "", unicodedata.normalize("NFKC", name)).lower()


class Wrong(ValueError):
    """A value that is not of its field's type; carries a Chinese and an English reason."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


def caster(field: Field) -> Callable[[str], object]:
    """The function that turns a cell's text into a value of the field's type, or raises Wrong."""
    return {
        FieldType.TEXT: _text,
        FieldType.INTEGER: _integer,
        FieldType.NUMBER: _number,
        FieldType.BOOLEAN: _boolean,
        FieldType.DATE: _date,
        FieldType.INSTANT: _instant,
    }[field.type]


def cast(
    field: Field, values: Sequence[str | None], lossy: Sequence[bool]
) -> tuple[list[object], dict[int, Wrong]]:
    """A column cast to its field's type, and the rows that do not fit."""
    one = caster(field)
    seen: dict[str, object] = {}
    cells: list[object] = []
    wrong: dict[int, Wrong] = {}
    for row, (value, lost) in enumerate(zip(values, lossy, strict=True)):
        if value is None or (value == "" and field.type is not FieldType.TEXT):
            cells.append(None)
            continue
        if value not in seen:
            try:
                seen[value] = one(value)
            except Wrong as reason:
                seen[value] = reason
        result = seen[value]
        if lost and field.type in (FieldType.TEXT, FieldType.INTEGER):
            result = Wrong(
                f"长编码以浮点数存放,已丢失位数:{value}",
                f"a long code kept as floating point has lost digits: {value}",
            )
        if isinstance(result, Wrong):
            wrong[row] = result
            result = None
        cells.append(result)
    return cells, wrong


def _text(value: str) -> str:
    if "\x00" in value:
        raise Wrong(f"文本含空字符:{value[:40]!r}", f"text with a NUL character: {value[:40]!r}")
    if meant := mojibake(value):
        shown = shorten(value, 40)
        raise Wrong(
            f"乱码(可能是“{meant}”):{shown}",
            f"garbled text (perhaps {meant}): {shown}",
        )
    return value


def _integer(value: str) -> int:
    text = unicodedata.normalize("NFKC", value).strip()
    if not _WHOLE.fullmatch(text) or abs(whole := int(text.split(".")[0])) >= 2**63:
        shown = shorten(value, 40)
        raise Wrong(f"不是整数:{shown}", f"not a whole number: {shown}")
    return whole if not text.startswith("-") else -abs(whole)


def _number(value: str) -> float:
    try:
        number = float(unicodedata.normalize("NFKC", value).strip().replace(",", ""))
    except ValueError as wrong:
        shown = shorten(value, 40)
        raise Wrong(f"不是数值:{shown}", f"not a number: {shown}") from wrong
    if not math.isfinite(number):
        shown = shorten(value, 40)
        raise Wrong(f"不是有限数值:{shown}", f"not a finite number: {shown}")
    return number


def _boolean(value: str) -> bool:
    text = value.strip().lower()
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    shown = shorten(value, 40)
    raise Wrong(f"不是是/否:{shown}", f"neither true nor false: {shown}")


def _date(value: str) -> date:
    text = unicodedata.normalize("NFKC", value).strip()
    found = _DATE.fullmatch(text) or _COMPACT_DATE.fullmatch(text)
    try:
        if found:
            return date(int(found[1]), int(found[2]), int(found[3]))
        if _SERIAL.fullmatch(text) and int(text) >= 61:
            return serial_day(int(text))
    except ValueError:
        pass
    shown = shorten(value, 40)
    raise Wrong(f"不是日期:{shown}", f"not a date: {shown}")


def _instant(value: str) -> object:
    """Times of Chinese files without a zone are Beijing time 北京时间, the platform's basis."""
    text = value.strip().replace("/", "-").replace(" ", "T", 1)
    if "T" in text and not _ZONED.search(text):
        text += "+08:00"
    try:
        return parse_instant(text)
    except InvalidInput as wrong:
        shown = shorten(value, 40)
        raise Wrong(f"不是时刻:{shown}", f"not an instant: {shown}") from wrong
