"""CQL2 JSON (OGC 21-065r2, 8.3): a filter as a document, in and out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, Literal

import orjson

from spatial.datum.clock import format_instant
from spatial.errors import BadFilter
from spatial.filter import rules
from spatial.filter.model import (
    ARITHMETIC,
    COMPARISONS,
    GEOMETRIES,
    NESTING,
    RELATIONS,
    Arithmetic,
    Array,
    Between,
    Box,
    Call,
    Comparison,
    Coordinates,
    Expression,
    Fold,
    Geometry,
    In,
    Interval,
    IsNull,
    Like,
    Logical,
    Not,
    Open,
    Property,
    Relation,
    Value,
)

_GEOMETRY_TYPES = frozenset(GEOMETRIES.values())


def parse(text: str) -> Expression:
    """The tree of a CQL2 JSON text; ``BadFilter`` with the JSON Pointer of what is wrong.

    >>> parse('{"op": "isNull", "args": [{"property": "name"}]}').operand.name
    'name'
    """
    if len(text) > rules.LENGTH_MAX:
        rules.refuse(
            "", f"多于 {rules.LENGTH_MAX} 个字符,请精简", f"is longer than {rules.LENGTH_MAX} characters"
        )
    try:
        document = orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeEncodeError) as failure:
        place = failure.pos + 1 if isinstance(failure, orjson.JSONDecodeError) else 1
        rules.refuse(place, "不是 JSON,应为 CQL2 JSON 文档", "is no JSON; write a CQL2 JSON document")
    return from_json(document)


def from_json(document: object) -> Expression:
    """The tree of a CQL2 JSON document."""
    expression = _read(document, "", 1)
    rules.within_limits(expression)
    return expression


def _read(found: object, at: str, depth: int) -> Expression:
    if depth > rules.DEPTH_MAX:
        rules.too_deep(at)
    match found:
        case bool():
            return Value(found, at=at)
        case int() | float():
            return Value(rules.number(found, at), at=at)
        case str():
            return Value(rules.text(found, at), at=at)
        case list():
            return Array(_all(found, at, depth), at=at)
        case dict():
            return _object(found, at, depth)
    raise _no_expression(found, at)


def _object(found: dict[str, Any], at: str, depth: int) -> Expression:
    match found:
        case {"type": str(kind)} if kind in _GEOMETRY_TYPES:
            return _geometry(found, kind, at, depth)
        case {"op": str(op), "args": list(args)} if len(found) == 2:
            return _operation(op, args, f"{at}/args", at, depth)
    if len(found) == 1:
        match found:
            case {"property": str(name)}:
                return Property(rules.text(name, at), at=at)
            case {"date": str(day)}:
                return rules.day(day, at)
            case {"timestamp": str(instant)}:
                return rules.instant(instant, at)
            case {"interval": [start, end]}:
                ends = [
                    _bound(end, f"{at}/interval/{place}", depth) for place, end in enumerate((start, end))
                ]
                return Interval(*ends, at=at)
            case {"bbox": list(numbers)}:
                return _box(numbers, f"{at}/bbox")
    raise _no_expression(found, at)


def _no_expression(found: object, at: str) -> BadFilter:
    return rules.wrong(at, "不是 CQL2 JSON 的表达式", "is no expression of CQL2 JSON", _told(found))


def _told(found: object) -> str:
    try:
        return orjson.dumps(found).decode()
    except (orjson.JSONEncodeError, UnicodeDecodeError):
        return type(found).__name__


def _all(found: list[Any], at: str, depth: int) -> tuple[Expression, ...]:
    return tuple(_read(each, f"{at}/{number}", depth + 1) for number, each in enumerate(found))


def _operation(op: str, found: list[Any], args_at: str, at: str, depth: int) -> Expression:
    word = op.lower()
    if word in ("and", "or"):
        _counted(found, args_at, 2, None)
        return Logical("and" if word == "and" else "or", _all(found, args_at, depth), at=at)
    if word == "in":
        _counted(found, args_at, 2, 2)
        if not isinstance(found[1], list):
            rules.refuse(f"{args_at}/1", "须为数组", "must be an array", _told(found[1]))
        return In(_read(found[0], f"{args_at}/0", depth + 1), _all(found[1], f"{args_at}/1", depth), at=at)
    build = _FIXED.get(word)
    if build is None:
        return Call(rules.text(word, at), _all(found, args_at, depth), at=at)
    count, make = build
    _counted(found, args_at, count, count)
    return make(word, _all(found, args_at, depth), at)


_Make = Callable[[str, tuple[Expression, ...], str], Expression]


def _one(word: str, args: tuple[Expression, ...], at: str) -> Expression:
    if word == "not":
        return Not(args[0], at=at)
    if word == "isnull":
        return IsNull(args[0], at=at)
    fold: Literal["casei", "accenti"] = "casei" if word == "casei" else "accenti"
    return Fold(fold, args[0], at=at)


_FIXED: dict[str, tuple[int, _Make]] = {
    **dict.fromkeys(("not", "isnull", "casei", "accenti"), (1, _one)),
    "like": (2, lambda _, args, at: Like(*args, at=at)),
    "between": (3, lambda _, args, at: Between(*args, at=at)),
    **dict.fromkeys(COMPARISONS, (2, lambda word, args, at: Comparison(word, *args, at=at))),
    **dict.fromkeys(ARITHMETIC, (2, lambda word, args, at: Arithmetic(word, *args, at=at))),
    **dict.fromkeys(RELATIONS, (2, lambda word, args, at: Relation(RELATIONS[word], *args, at=at))),
}


def _counted(found: list[Any], at: str, least: int, most: int | None) -> None:
    if len(found) < least or (most is not None and len(found) > most):
        wanted = f"{least}" if most == least else f"≥ {least}"
        rules.refuse(at, f"须有 {wanted} 个参数", f"must have {wanted} arguments", len(found))


def _bound(found: object, at: str, depth: int) -> Value | Property | Call | Open:
    if isinstance(found, str):
        return rules.bound(found, at)
    expression = _read(found, at, depth + 1)
    if not isinstance(expression, Property | Call | Value):
        rules.refuse(
            at,
            "区间的端点须为日期、时刻、属性或 ..",
            "an interval ends in a day, an instant, a property or ..",
            _told(found),
        )
    return expression


def _box(numbers: list[Any], at: str) -> Box:
    if len(numbers) not in (4, 6):
        rules.refuse(at, "须为 4 / 6 个数", "must be 4 / 6 numbers", len(numbers))
    values = tuple(_float(number, f"{at}/{place}") for place, number in enumerate(numbers))
    first, second, third, fourth = values if len(values) == 4 else (*values[:2], *values[3:5])
    return Box((first, second, third, fourth), at=at)


def _geometry(found: dict[str, Any], kind: str, at: str, depth: int) -> Geometry:
    if kind == "GeometryCollection":
        members = found.get("geometries")
        if not isinstance(members, list) or not members:
            rules.refuse(at, "须有 geometries", "must have geometries", _told(found))
        read = _all(members, f"{at}/geometries", depth)
        if not all(isinstance(member, Geometry) for member in read):
            rules.refuse(at, "只能含几何", "holds geometries only", _told(found))
        return Geometry(kind, members=tuple(m for m in read if isinstance(m, Geometry)), at=at)
    return Geometry(kind, _coordinates(found.get("coordinates"), NESTING[kind], f"{at}/coordinates"), at=at)


def _coordinates(found: object, nesting: int, at: str) -> Coordinates:
    if not isinstance(found, list) or not found:
        rules.refuse(at, "不是坐标", "are no coordinates", _told(found))
    if nesting == 0:
        if not 2 <= len(found) <= 4:
            rules.refuse(at, "不是坐标", "are no coordinates", _told(found))
        return tuple(_float(number, at) for number in found[:2])
    return tuple(_coordinates(part, nesting - 1, f"{at}/{place}") for place, part in enumerate(found))


def _float(found: object, at: str) -> float:
    if isinstance(found, bool) or not isinstance(found, int | float):
        rules.refuse(at, "不是数", "is no number", _told(found))
    return float(rules.number(found, at))


# Out.


def to_json(expression: Expression | Open) -> Any:
    """The CQL2 JSON document of a tree."""
    match expression:
        case Value(value):
            return _value(value)
        case Open():
            return ".."
        case Property(name):
            return {"property": name}
        case Call(name, args):
            return _op(name, args)
        case Interval(start, end):
            return {"interval": [_end(start), _end(end)]}
        case Geometry(kind, coordinates, members):
            if members:
                return {"type": kind, "geometries": [to_json(member) for member in members]}
            return {"type": kind, "coordinates": _nested(coordinates)}
        case Box(corners):
            return {"bbox": list(corners)}
        case Array(items):
            return [to_json(item) for item in items]
        case In(operand, items):
            return {"op": "in", "args": [to_json(operand), [to_json(item) for item in items]]}
        case Logical(op, args):
            return _op(op, args)
        case Fold(op, operand):
            return _op(op, (operand,))
        case Arithmetic(op, left, right) | Comparison(op, left, right) | Relation(op, left, right):
            return _op(op, (left, right))
        case Like(operand, pattern):
            return _op("like", (operand, pattern))
        case Between(operand, low, high):
            return _op("between", (operand, low, high))
        case IsNull(operand):
            return _op("isNull", (operand,))
        case Not(operand):
            return _op("not", (operand,))


def _nested(coordinates: Coordinates | float) -> Any:
    return [_nested(part) for part in coordinates] if isinstance(coordinates, tuple) else coordinates


def _op(op: str, args: Sequence[Expression]) -> dict[str, Any]:
    return {"op": op, "args": [to_json(arg) for arg in args]}


def _value(value: object) -> Any:
    if isinstance(value, datetime):
        return {"timestamp": format_instant(value)}
    return {"date": value.isoformat()} if isinstance(value, date) else value


def _end(end: Value | Property | Call | Open) -> Any:
    """Days and instants stand bare in an interval."""
    written = to_json(end)
    return next(iter(written.values())) if isinstance(end, Value) and isinstance(written, dict) else written
