"""The rules of filters: limits, which values go together, how a refusal is told. Pure judgements."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import NoReturn

from spatial.datum.clock import parse_instant
from spatial.errors import BadFilter, BadTime, shorten
from spatial.filter.model import Coordinates, Geometry, Kind, Node, Open, Value, Where

LENGTH_MAX = 8192
"""Characters of a filter, as an address may have."""
DEPTH_MAX = 32
"""Expressions inside each other."""
TERMS_MAX = 1000
"""Nodes of a filter's tree."""
VERTICES_MAX = 10_000
INTEGER_MAX = 2**63 - 1
NUMBER_MAX = 1.7e308

_ORDERED = frozenset({Kind.TEXT, Kind.INTEGER, Kind.NUMBER, Kind.DATE, Kind.INSTANT})
_NUMERIC = frozenset({Kind.INTEGER, Kind.NUMBER})
_TEMPORAL = frozenset({Kind.DATE, Kind.INSTANT})


def refuse(at: Where, zh: str, en: str, value: object = None) -> NoReturn:
    """Raise :func:`wrong`."""
    raise wrong(at, zh, en, value)


def wrong(at: Where, zh: str, en: str, value: object = None) -> BadFilter:
    """The refusal of a filter: where, what, and the value that offends."""
    place_zh, place_en = (
        (f"第 {at} 个字符", f"at character {at}")
        if isinstance(at, int)
        else (f"{at or '/'} 处", f"at {at or '/'}")
    )
    told = "" if value is None else shorten(value, 60)
    return BadFilter(
        f"{place_zh}:{zh}" + (f":{told}" if told else ""),
        f"{place_en}: {en}" + (f": {told}" if told else ""),
        value=told or None,
        details={"position": at},
    )


def within_limits(root: Node) -> None:
    """Refuse a tree that is too deep or has too many nodes or vertices. Walks without recursion."""
    waiting: list[tuple[Node, int]] = [(root, 1)]
    terms = vertices = 0
    while waiting:
        node, depth = waiting.pop()
        terms += 1
        if depth > DEPTH_MAX:
            too_deep(node.at)
        if terms > TERMS_MAX:
            refuse(node.at, f"多于 {TERMS_MAX} 项,请精简", f"has more than {TERMS_MAX} terms; shorten it")
        if isinstance(node, Geometry):
            vertices += _vertices(node.coordinates)
            if vertices > VERTICES_MAX:
                refuse(
                    node.at,
                    f"几何多于 {VERTICES_MAX} 个顶点,请化简",
                    f"has more than {VERTICES_MAX} vertices; simplify it",
                )
        waiting.extend((child, depth + 1) for child in _children(node))


def too_deep(at: Where) -> NoReturn:
    """Refuse what is nested further than anybody writes by hand."""
    refuse(at, f"嵌套超过 {DEPTH_MAX} 层,请化简", f"is nested deeper than {DEPTH_MAX}; simplify it")


def _children(node: Node) -> Iterator[Node]:
    for name in node.__dataclass_fields__:
        value = getattr(node, name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            yield from (child for child in value if isinstance(child, Node))


def _vertices(coordinates: Coordinates) -> int:
    if not coordinates:
        return 0
    if isinstance(coordinates[0], float):
        return 1
    return sum(_vertices(part) for part in coordinates if isinstance(part, tuple))


def number(value: int | float, at: Where) -> int | float:
    """A finite number that the database can hold; whole numbers of 64 bits stay whole."""
    if isinstance(value, int) and abs(value) <= INTEGER_MAX:
        return value
    if not math.isfinite(value) or abs(value) > NUMBER_MAX:
        refuse(at, "数超出可表示的范围", "is a number beyond what can be represented", value)
    return float(value)


def text(value: str, at: Where) -> str:
    """A text that the database can hold."""
    if "\0" in value:
        refuse(at, "文本含有 NUL 字符", "is a text with NUL", value)
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            refuse(at, "文本不是有效的 Unicode", "is no valid Unicode text", ascii(value))
    return value


def day(value: str, at: Where) -> Value:
    """A calendar day 日期 in Beijing: ``2026-01-01``."""
    try:
        found = date.fromisoformat(value) if len(value) == 10 else None
    except ValueError:
        found = None
    if found is None or found.year > 9998:
        refuse(at, "不是日期,应如 DATE('2026-01-01')", "is no day; write DATE('2026-01-01')", value)
    return Value(found, at=at)


def instant(value: str, at: Where) -> Value:
    """An instant 时刻 of RFC 3339, with its zone."""
    try:
        found = parse_instant(value) if "T" in value.upper() else None
    except BadTime:
        found = None
    if found is None:
        refuse(
            at,
            "不是时刻,应如 TIMESTAMP('2026-01-01T00:00:00Z')",
            "is no instant; write TIMESTAMP('2026-01-01T00:00:00Z')",
            value,
        )
    return Value(found, at=at)


def bound(value: str, at: Where) -> Value | Open:
    """The end of an interval: a day, an instant, or ``..``."""
    if value in ("..", ""):
        return Open(at=at)
    return day(value, at) if len(value) == 10 else instant(value, at)


def kind_of_value(value: str | int | float | bool | date | datetime) -> Kind:
    """The kind of a literal."""
    match value:
        case bool():
            return Kind.BOOLEAN
        case int():
            return Kind.INTEGER
        case float():
            return Kind.NUMBER
        case str():
            return Kind.TEXT
        case datetime():
            return Kind.INSTANT
        case _:
            return Kind.DATE


def joined(kinds: Iterable[Kind]) -> Kind | None:
    """The kind in which values can be compared: ``None`` where they cannot.

    Whole numbers become numbers; a day becomes the instant at which it begins in Beijing.

    >>> joined([Kind.INTEGER, Kind.NUMBER])
    <Kind.NUMBER: 'number'>
    >>> joined([Kind.TEXT, Kind.DATE]) is None
    True
    """
    found = set(kinds)
    if len(found) == 1:
        return found.pop()
    if found <= _NUMERIC:
        return Kind.NUMBER
    return Kind.INSTANT if found and found <= _TEMPORAL else None


def ordered(kind: Kind) -> bool:
    """Whether values of the kind come before or after each other."""
    return kind in _ORDERED


def scalar(kind: Kind) -> bool:
    """Whether the kind is of single values."""
    return kind in _ORDERED or kind is Kind.BOOLEAN


def pattern(value: str, at: Where) -> str:
    r"""A ``LIKE`` pattern in which a backslash stands before ``%``, ``_`` or itself only.

    >>> pattern("100\\% \\a", 1)
    '100\\% a'
    """
    made: list[str] = []
    marks = iter(value)
    for mark in marks:
        if mark != "\\":
            made.append(mark)
            continue
        escaped = next(marks, None)
        if escaped is None:
            refuse(at, "模式以反斜杠结尾", "is a pattern that ends with a backslash", value)
        made.append(f"\\{escaped}" if escaped in "%_\\" else escaped)
    return "".join(made)
