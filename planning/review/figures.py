"""The table of indicators in a delivery 指标表: its values, and those that text, maps and database have."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Final

from planning.indicators.definition import shipped
from planning.review.model import Figure
from spatial.errors import FieldsDoNotMatch
from spatial.exchange.batches import Content
from spatial.exchange.fields import column_named

_YEAR: Final = re.compile(r"(规划|近期|目标|基期|现状)*20\d\d(年|$)")
_IN_BRACKETS: Final = re.compile(r"(.+?)\s*\(([^()]+)\)")
SOURCES: Final = ("table", "text", "map", "database")
"""指标表, 文本, 图件, 数据库."""


@dataclass(frozen=True, slots=True)
class Form:
    """How the table and its columns are called."""

    names: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    """``code``, ``name``, ``unit`` and each of :data:`SOURCES` → names of its column."""
    values: tuple[str, ...] = ()
    """Names of the column with the value in a table of the text."""


def read(content: Content, form: Form) -> tuple[Figure, ...]:
    """The lines of a table; FieldsDoNotMatch where it names no indicator or no value."""
    at = {key: column_named(names, content, frozenset()) for key, names in form.columns.items()}
    if (at["code"] is None and at["name"] is None) or all(at[each] is None for each in SOURCES):
        raise FieldsDoNotMatch(
            f"指标表须有指标代码或名称,以及数值列:{'、'.join(content.columns)}",
            f"a table of indicators has a code or name and values: {', '.join(content.columns)}",
            value=list(content.columns),
        )
    found: list[Figure] = []
    for batch in content.read():
        nothing: Sequence[str | None] = [None] * len(batch.lines)
        cells = {key: nothing if index is None else batch.columns[index] for key, index in at.items()}
        for row in range(len(batch.lines)):
            code = _code(cells["code"][row], cells["name"][row])
            said = {each: value for each in SOURCES if (value := _decimal(cells[each][row])) is not None}
            if code and said:
                found.append(Figure(code, _plain(cells["unit"][row]) or None, said))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Unclear:
    """A table of indicators in a text that does not say which of its columns counts."""

    table: str
    """Its number in the document."""
    columns: tuple[str, ...]


def of_text(content: Content, form: Form) -> tuple[tuple[Figure, ...], tuple[Unclear, ...]]:
    """What the tables of a document say of indicators, and tables of which it is not clear.

    A unit stands in a column of its own, or in brackets behind the name: 耕地保有量(万亩).
    """
    figures: list[Figure] = []
    unclear: list[Unclear] = []
    for number, rows in _tables(content).items():
        head = next((place for place, row in enumerate(rows) if _value_columns(row, form)), None)
        if head is None:
            continue
        columns = _value_columns(rows[head], form)
        if len(columns) > 1:
            unclear.append(Unclear(number, tuple(_plain(rows[head][each]) for each in columns)))
            continue
        at = {key: _column(rows[head], form.columns[key]) for key in ("code", "name", "unit")}
        for row in rows[head + 1 :]:
            name, unit = _name_and_unit(_cell(row, at["name"]))
            code = _code(_cell(row, at["code"]), name)
            value = _decimal(row[columns[0]])
            if code in shipped() and value is not None:
                figures.append(Figure(code, _plain(_cell(row, at["unit"])) or unit, {"text": value}))
    return tuple(figures), tuple(unclear)


def together(table: Sequence[Figure], text: Sequence[Figure]) -> tuple[Figure, ...]:
    """The lines of the table with what the text says of the same indicator in the same unit."""
    said = {each.code: each for each in reversed(text)}
    return tuple(
        replace(each, said={**said[each.code].said, **each.said})
        if each.code in said and said[each.code].unit in (None, each.unit)
        else each
        for each in table
    )


def _tables(content: Content) -> dict[str, list[list[str | None]]]:
    """Rows of cells by number of the table."""
    found: dict[str, list[list[str | None]]] = {}
    for batch in content.read():
        for number, _, *cells in zip(*batch.columns, strict=True):
            found.setdefault(str(number), []).append(cells)
    return found


def _value_columns(row: Sequence[str | None], form: Form) -> list[int]:
    """Columns with a value, where a row is the head of a table of indicators."""
    if _column(row, (*form.columns["code"], *form.columns["name"])) is None:
        return []
    return [
        place for place, cell in enumerate(row) if _plain(cell) in form.values or _YEAR.match(_plain(cell))
    ]


def _column(row: Sequence[str | None], names: Sequence[str]) -> int | None:
    return next((place for place, cell in enumerate(row) if _plain(cell) in names), None)


def _cell(row: Sequence[str | None], place: int | None) -> str | None:
    return None if place is None else row[place]


def _name_and_unit(text: str | None) -> tuple[str, str | None]:
    """A name, and the unit in brackets behind it.

    >>> _name_and_unit("耕地保有量(万亩)"), _name_and_unit("森林覆盖率")
    (('耕地保有量', '万亩'), ('森林覆盖率', None))
    """
    found = _IN_BRACKETS.fullmatch(_plain(text))
    return (found[1].strip(), found[2].strip()) if found else (_plain(text), None)


def _code(code: str | None, name: str | None) -> str:
    """The platform's code of an indicator; what stands there where it has none."""
    known = shipped()
    if _plain(code) in known:
        return _plain(code)
    title = _plain(name)
    return next((each.code for each in known.values() if each.title.zh == title), title or _plain(code))


def _plain(text: str | None) -> str:
    return "" if text is None else unicodedata.normalize("NFKC", text).strip()


def _decimal(text: str | None) -> Decimal | None:
    try:
        found = Decimal(_plain(text).replace(",", ""))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None
