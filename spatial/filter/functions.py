"""The functions 函数 that filters may call beyond the standard's own."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from spatial.filter.model import Kind


@dataclass(frozen=True, slots=True)
class Function:
    """A function of values: what it takes, gives and does."""

    name: str
    takes: tuple[Kind, ...]
    gives: Kind
    zh: str
    en: str
    sql: str
    """With ``{}`` for each argument, in order."""


_BEIJING = "at time zone interval '8 hours'"
BEGINNING = "(({})::timestamp " + _BEIJING + ")"
"""The instant at which a day begins in Beijing."""
DAY = "(({}) " + _BEIJING + ")::date"
"""The day in Beijing of an instant."""
FOLDS = MappingProxyType(
    {
        # Case by Unicode's full mappings: what differs in case alone is alike in upper case.
        "casei": '(upper(lower({} collate "und-x-icu")) collate "C")',
        "accenti": "normalize(regexp_replace(normalize({}, NFD),"
        " '[\\u0300-\\u036F\\u1AB0-\\u1AFF\\u1DC0-\\u1DFF\\u20D0-\\u20FF\\uFE20-\\uFE2F]', '', 'g'), NFC)",
    }
)
"""Text without case, without combining marks 组合附加符号."""

_CASE = '({}({{}} collate "und-x-icu") collate "C")'
_TEXT, _NUMBER, _DAY = (Kind.TEXT,), (Kind.NUMBER,), (Kind.DATE,)
_LISTED = (
    Function("lower", _TEXT, Kind.TEXT, "小写", "lower case", _CASE.format("lower")),
    Function("upper", _TEXT, Kind.TEXT, "大写", "upper case", _CASE.format("upper")),
    Function("trim", _TEXT, Kind.TEXT, "去首尾空格", "without spaces at both ends", "btrim({})"),
    Function("char_length", _TEXT, Kind.INTEGER, "字数", "number of characters", "char_length({})::bigint"),
    Function("abs", _NUMBER, Kind.NUMBER, "绝对值", "absolute value", "abs({})"),
    Function("floor", _NUMBER, Kind.NUMBER, "向下取整", "the whole number below", "floor({})"),
    Function("ceil", _NUMBER, Kind.NUMBER, "向上取整", "the whole number above", "ceil({})"),
    Function(
        "round", _NUMBER, Kind.NUMBER, "取整,逢五取偶", "the nearest whole number, half to even", "round({})"
    ),
    Function("year", _DAY, Kind.INTEGER, "年,北京时间", "year in Beijing", "extract(year from {})::bigint"),
    Function(
        "month", _DAY, Kind.INTEGER, "月,北京时间", "month in Beijing", "extract(month from {})::bigint"
    ),
    Function(
        "day",
        _DAY,
        Kind.INTEGER,
        "日,北京时间",
        "day of the month in Beijing",
        "extract(day from {})::bigint",
    ),
)
FUNCTIONS = MappingProxyType({function.name: function for function in _LISTED})
"""By name, in lower case."""
