"""Conditions of rules 条件: CQL2 over facts, in three values: what is not known is not decided.

Only scalars: comparisons, ``like``, ``in``, ``between``, ``is null``, arithmetic, ``and``,
``or``, ``not``. The reader is that of every filter of the platform (:mod:`spatial.filter`).
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from planning.errors import BadRule
from spatial.errors import OneMapError
from spatial.filter import model as cql2
from spatial.filter import parse_text

Facts = Mapping[str, Any]
_COMPARED: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
_RECKONED: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


@lru_cache(maxsize=1024)
def condition(text: str) -> cql2.Expression:
    """The condition that a text says; BadRule where it is none, or says what facts cannot answer."""
    try:
        expression = parse_text(text)
    except OneMapError as failure:
        raise BadRule(
            f"规则条件写法有误({failure.zh}):{text}",
            f"a condition of a rule cannot be read ({failure.en}): {text}",
            value=text,
        ) from failure
    for node in _nodes(expression):
        if not isinstance(node, _KNOWN):
            raise BadRule(
                f"规则条件只比较数值、文本与真假:{text}",
                f"conditions of rules compare numbers, texts and truth values only: {text}",
                value=text,
            )
    return expression


def holds(text: str, facts: Facts) -> bool | None:
    """Whether it holds; None where a fact that decides is not known.

    >>> holds("area_m2 > 0 and project_far <= far_max", {"area_m2": 3.0, "far_max": 2.0, "project_far": 1.5})
    True
    >>> holds("area_m2 > 0 and project_far <= far_max", {"area_m2": 3.0, "far_max": 2.0}) is None
    True
    """
    found = _compiled(text)(facts)
    return found if found is None else bool(found)


def missing(text: str, facts: Facts) -> tuple[str, ...]:
    """Names of the facts that it asks for and that are not known."""
    names = dict.fromkeys(node.name for node in _nodes(condition(text)) if isinstance(node, cql2.Property))
    return tuple(name for name in names if facts.get(name) is None)


def names(text: str) -> frozenset[str]:
    """Every fact it asks for."""
    return frozenset(node.name for node in _nodes(condition(text)) if isinstance(node, cql2.Property))


_KNOWN: Final = (
    cql2.Value,
    cql2.Property,
    cql2.Comparison,
    cql2.Logical,
    cql2.Not,
    cql2.In,
    cql2.Like,
    cql2.Between,
    cql2.IsNull,
    cql2.Arithmetic,
)


def _nodes(node: Any) -> Iterator[cql2.Node]:
    if isinstance(node, tuple):
        for each in node:
            yield from _nodes(each)
    elif isinstance(node, cql2.Node):
        yield node
        for name in getattr(node, "__dataclass_fields__", ()):
            yield from _nodes(getattr(node, name))


Value = Callable[[Facts], Any]
"""What a part of a condition comes to over facts."""


@lru_cache(maxsize=1024)
def _compiled(text: str) -> Value:
    """The condition as a function; rules are asked of every group of every site."""
    return _function(condition(text))


def _function(node: cql2.Expression) -> Value:
    match node:
        case cql2.Value(value=value):
            return lambda _: value
        case cql2.Property(name=name):
            return lambda facts: facts.get(name)
        case cql2.Logical(op=op, args=args):
            return _joined(op == "or", [_function(each) for each in args])
        case cql2.Not(operand=operand):
            return _with_both(lambda found, _: not found, _function(operand), lambda _: True)
        case cql2.IsNull(operand=operand):
            known = _function(operand)
            return lambda facts: known(facts) is None
        case cql2.Comparison(op=op, left=left, right=right):
            return _with_both(_COMPARED[op], _function(left), _function(right))
        case cql2.Arithmetic(op=op, left=left, right=right) if op in _RECKONED:
            return _with_both(_RECKONED[op], _function(left), _function(right))
        case cql2.Like(operand=operand, pattern=pattern):
            return _with_both(_like, _function(operand), _function(pattern))
        case cql2.In(operand=operand, items=items):
            return _among(_function(operand), [_function(each) for each in items])
        case cql2.Between(operand=operand, low=low, high=high):
            return _between(_function(operand), _function(low), _function(high))
    raise BadRule(
        f"规则条件用了不认得的运算:{node}", f"a condition uses an unknown operation: {node}", value=str(node)
    )


def _joined(decides: bool, parts: list[Value]) -> Value:
    def found(facts: Facts) -> bool | None:
        unknown = False
        for part in parts:
            value = part(facts)
            if value is None:
                unknown = True
            elif bool(value) is decides:
                return decides
        return None if unknown else not decides

    return found


def _among(operand: Value, items: list[Value]) -> Value:
    def found(facts: Facts) -> bool | None:
        value = operand(facts)
        return None if value is None else value in [item(facts) for item in items]

    return found


def _between(operand: Value, low: Value, high: Value) -> Value:
    def found(facts: Facts) -> bool | None:
        value, least, most = operand(facts), low(facts), high(facts)
        return None if None in (value, least, most) else bool(least <= value <= most)

    return found


def _with_both(function: Callable[[Any, Any], Any], left: Value, right: Value) -> Value:
    def found(facts: Facts) -> Any:
        one, other = left(facts), right(facts)
        return None if one is None or other is None else function(one, other)

    return found


def _like(text: str, pattern: str) -> bool:
    return _pattern(pattern).fullmatch(text) is not None


@lru_cache(maxsize=256)
def _pattern(pattern: str) -> re.Pattern[str]:
    parts = re.findall(r"\\.|[%_]|[^%_\\]+", pattern)
    signs = {"%": ".*", "_": "."}
    return re.compile("".join(signs.get(part) or re.escape(part.removeprefix("\\")) for part in parts), re.S)
