"""CQL2 JSON evaluated in memory, row by row: the standard read literally, with shapely for places.

Knows nothing of the platform's own parser and SQL. ``None`` is unknown.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

import numpy as np
import shapely

BEIJING = timezone(timedelta(hours=8))
Row = Mapping[str, Any]
INFINITY = math.inf


def holds(document: Any, row: Row) -> bool | None:
    """Whether a row meets a condition."""
    if isinstance(document, bool):
        return document
    if "property" in document:
        return row[document["property"]]
    op, args = document["op"], document["args"]
    if op in ("and", "or"):
        return _logical(op, [holds(arg, row) for arg in args])
    if op == "not":
        found = holds(args[0], row)
        return None if found is None else not found
    if op == "isNull":
        return value(args[0], row) is None
    if op.startswith("s_"):
        return _spatial(op, _shape(args[0], row), _shape(args[1], row))
    if op.startswith("t_"):
        return _temporal(op, args, row)
    if op.startswith("a_"):
        left, right = ([value(item, row) for item in arg] for arg in args)
        return _sets(op, left, right)
    if op == "in":
        return _logical("or", [_compared("=", value(args[0], row), value(item, row)) for item in args[1]])
    if op == "between":
        operand, low, high = (value(arg, row) for arg in args)
        return _logical("and", [_compared(">=", operand, low), _compared("<=", operand, high)])
    if op == "like":
        return _like(value(args[0], row), *_pattern(args[1]))
    return _compared(op, value(args[0], row), value(args[1], row))


def _logical(op: str, found: list[bool | None]) -> bool | None:
    decisive = op == "or"
    if decisive in found:
        return decisive
    return None if None in found else not decisive


def value(node: Any, row: Row) -> Any:
    """What a node is worth in a row."""
    match node:
        case bool():
            return node
        case int() | float():
            return float(node)
        case str():
            return unicodedata.normalize("NFC", node)
        case {"property": name}:
            found = row[name]
            whole = isinstance(found, int) and not isinstance(found, bool)
            return float(found) if whole else found
        case {"date": day}:
            return date.fromisoformat(day)
        case {"timestamp": instant}:
            return datetime.fromisoformat(instant)
        case {"type": _} | {"bbox": _}:
            return _shape(node, row)
    op, args = node["op"], node["args"]
    if op in ("=", "<>", "<", ">", "<=", ">=", "and", "or", "not", "isNull", "like", "in", "between"):
        return holds(node, row)
    if op[:2] in ("s_", "t_", "a_"):
        return holds(node, row)
    found = [value(arg, row) for arg in args]
    return None if None in found else _computed(op, *found)


def _computed(op: str, *args: Any) -> Any:
    match op:
        case "casei":
            return folded(args[0])
        case "accenti":
            return plain(args[0])
        case "lower" | "upper":
            return getattr(args[0], op)()
        case "trim":
            return args[0].strip(" ")
        case "char_length":
            return float(len(args[0]))
        case "abs" | "round":
            return float({"abs": abs, "round": round}[op](args[0]))
        case "floor" | "ceil":
            return float(getattr(math, op)(args[0]))
        case "year" | "month" | "day":
            day = args[0].astimezone(BEIJING) if isinstance(args[0], datetime) else args[0]
            return float(getattr(day, op))
    left, right = args
    try:
        match op:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
            case "/":
                return left / right
            case "%":
                return math.fmod(left, right)
            case "div":
                return float(math.trunc(left / right))
            case "^":
                return math.pow(left, right)
    except (ZeroDivisionError, ValueError, OverflowError):
        return None
    raise AssertionError(op)


def folded(text: str) -> str:
    """Without case."""
    return text.lower().upper()


def plain(text: str) -> str:
    """Without accents."""
    marks = (mark for mark in unicodedata.normalize("NFD", text) if unicodedata.category(mark) != "Mn")
    return unicodedata.normalize("NFC", "".join(marks))


def _compared(op: str, left: Any, right: Any) -> bool | None:
    if left is None or right is None:
        return None
    if isinstance(left, datetime) != isinstance(right, datetime):
        left, right = _instant(left), _instant(right)
    return {
        "=": left == right,
        "<>": left != right,
        "<": left < right,
        ">": left > right,
        "<=": left <= right,
        ">=": left >= right,
    }[op]


def _instant(found: date) -> datetime:
    return found if isinstance(found, datetime) else datetime.combine(found, time(), BEIJING)


def _pattern(node: Any) -> tuple[str, list[str]]:
    folds = []
    while isinstance(node, dict):
        folds.insert(0, node["op"])
        node = node["args"][0]
    return unicodedata.normalize("NFC", node), folds


def _like(text: str | None, pattern: str, folds: list[str]) -> bool | None:
    if text is None:
        return None
    made = ""
    for literal, wild in re.findall(r"((?:\\.|[^%_\\])+)|([%_])", pattern, re.DOTALL):
        for fold in folds:
            literal = re.sub(r"\\(.)", r"\1", literal, flags=re.DOTALL)
            literal = {"casei": folded, "accenti": plain}[fold](literal)
        made += {"%": ".*", "_": "."}[wild] if wild else re.escape(re.sub(r"\\(.)", r"\1", literal))
    return re.fullmatch(made, text, re.DOTALL) is not None


def _sets(op: str, left: list[Any], right: list[Any]) -> bool:
    """An element without a value is alike to none."""
    given = {each for each in left if each is not None}
    within = all(each in given for each in right)
    contained = all(each in {e for e in right if e is not None} for each in left)
    return {
        "a_contains": within,
        "a_containedBy": contained,
        "a_equals": within and contained,
        "a_overlaps": bool(given & {each for each in right if each is not None}),
    }[op]


# Time.


def _temporal(op: str, args: list[Any], row: Row) -> bool | None:
    ends = [end for arg in args for end in _ends(arg, row)]
    known = _numbers(ends, any(_of_instants(arg) for arg in args))
    return _logical("or" if op == "t_disjoint" else "and", _tests(op, *known))


def _of_instants(node: Any) -> bool:
    """Whether a time has an end that is no day; columns say so even where they are empty."""
    parts = node.get("interval", [node])
    return any(
        (isinstance(part, str) and "T" in part)
        or (isinstance(part, dict) and ("timestamp" in part or part.get("property", "built") != "built"))
        for part in parts
    )


def _ends(node: Any, row: Row) -> tuple[Any, Any]:
    if isinstance(node, dict) and "interval" in node:
        start, end = node["interval"]
        return _end(start, row, -INFINITY), _end(end, row, INFINITY)
    found = value(node, row)
    return found, found


def _end(node: Any, row: Row, opened: float) -> Any:
    if isinstance(node, str):
        if node == "..":
            return opened
        return date.fromisoformat(node) if len(node) == 10 else datetime.fromisoformat(node)
    if node == {"property": "valid_to"} and row["valid_to"] is None:
        return INFINITY
    return value(node, row)


def _numbers(ends: list[Any], mixed: bool) -> list[float | None]:
    """Ends in days, or in microseconds: then a day ends with its last."""
    numbers: list[float | None] = []
    for place, end in enumerate(ends):
        if end is None or isinstance(end, float):
            numbers.append(end)
        elif not mixed:
            numbers.append(float(end.toordinal()))
        else:
            first = (_instant(end) - datetime(2000, 1, 1, tzinfo=BEIJING)) // timedelta(microseconds=1)
            whole_day = not isinstance(end, datetime) and place % 2
            numbers.append(float(first + (86_400_000_000 - 1 if whole_day else 0)))
    return numbers


def _tests(op: str, a: Any, b: Any, c: Any, d: Any) -> list[bool | None]:
    """Ends of the first time: a, b; of the second: c, d."""

    def less(x: Any, y: Any) -> bool | None:
        return None if x is None or y is None else x < y

    def same(x: Any, y: Any) -> bool | None:
        return None if x is None or y is None else x == y

    def upto(x: Any, y: Any) -> bool | None:
        return None if x is None or y is None else x <= y

    return {
        "t_after": lambda: [less(d, a)],
        "t_before": lambda: [less(b, c)],
        "t_contains": lambda: [less(a, c), less(d, b)],
        "t_disjoint": lambda: [less(d, a), less(b, c)],
        "t_during": lambda: [less(c, a), less(b, d)],
        "t_equals": lambda: [same(a, c), same(b, d)],
        "t_finishedBy": lambda: [less(a, c), same(b, d)],
        "t_finishes": lambda: [less(c, a), same(b, d)],
        "t_intersects": lambda: [upto(a, d), upto(c, b)],
        "t_meets": lambda: [same(b, c)],
        "t_metBy": lambda: [same(a, d)],
        "t_overlappedBy": lambda: [less(c, a), less(a, d), less(d, b)],
        "t_overlaps": lambda: [less(a, c), less(c, b), less(b, d)],
        "t_startedBy": lambda: [same(a, c), less(d, b)],
        "t_starts": lambda: [same(a, c), less(b, d)],
    }[op]()


# Place.


def _shape(node: Any, row: Row) -> shapely.Geometry | None:
    if "property" in node:
        found = row[node["property"]]
    elif "bbox" in node:
        west, south, east, north = node["bbox"]
        found = shapely.box(west, south, east, north)
    elif node["type"] == "GeometryCollection":
        found = shapely.GeometryCollection([_shape(member, row) for member in node["geometries"]])
    else:
        found = shapely.geometry.shape(node)
    return None if found is None else shapely.transform(found, lambda xy: np.round(xy, 6))


def _spatial(op: str, left: Any, right: Any) -> bool | None:
    if left is None or right is None:
        return None
    return bool(getattr(shapely, op[2:])(left, right))
