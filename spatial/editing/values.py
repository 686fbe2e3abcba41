"""JSON values in the types of fields, strictly: what GET writes is taken back, nothing is guessed."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from spatial.catalogue.contract import Field, FieldType
from spatial.datum import parse_instant
from spatial.errors import BadTime

TEXT_MAX = 10_000
"""Characters of a text whose field sets no limit; every list of the layer would carry them."""
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class BadValue(ValueError):
    """A value that is not of its field's type; carries a Chinese and an English reason."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


def typed(described: Field, value: Any) -> object:
    """A JSON value in the type of its field; null and empty text are no value."""
    if value is None:
        return None
    made = _TYPED[described.type](value)
    if made is None and not (value == "" and described.type is FieldType.TEXT):
        raise BadValue(f"须为 {described.type} 类型的值", f"must be a value of type {described.type}")
    return made


def instant(value: Any) -> datetime | None:
    """An instant or a Beijing day as text; None for what is none."""
    try:
        return parse_instant(value) if isinstance(value, str) else None
    except BadTime:
        return None


def _string(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    if "\0" in value:
        raise BadValue("含 NUL 字符", "holds NUL")
    if len(value) > TEXT_MAX:
        raise BadValue(f"超过 {TEXT_MAX} 个字符", f"is longer than {TEXT_MAX} characters")
    return unicodedata.normalize("NFC", value) or None


def _integer(value: Any) -> int | None:
    """A whole number; JSON Schema counts 3.0 among them."""
    if type(value) is float and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value if type(value) is int and -(2**63) <= value < 2**63 else None


def _number(value: Any) -> float | None:
    return float(value) + 0.0 if type(value) in (int, float) and math.isfinite(value) else None


def _boolean(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) and _DAY.fullmatch(value) else None
    except ValueError:
        return None


_TYPED: dict[FieldType, Callable[[Any], object]] = {
    FieldType.TEXT: _string,
    FieldType.INTEGER: _integer,
    FieldType.NUMBER: _number,
    FieldType.BOOLEAN: _boolean,
    FieldType.DATE: _day,
    FieldType.INSTANT: instant,
}
