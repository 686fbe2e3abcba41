"""The table of indicators in a delivery 指标表: its values, and those that text, maps and database have."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from planning.indicators.definition import shipped
from planning.review.model import Figure
from spatial.errors import FieldsDoNotMatch
from spatial.exchange.batches import Content
from spatial.exchange.fields import column_named

SOURCES: Final = ("table", "text", "map", "database")
"""指标表, 文本, 图件, 数据库."""


@dataclass(frozen=True, slots=True)
class Form:
    """How the table and its columns are called."""

    names: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    """``code``, ``name``, ``unit`` and each of :data:`SOURCES` → names of its column."""


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
