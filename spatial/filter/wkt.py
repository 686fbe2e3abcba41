"""Geometry literals 几何字面量 of CQL2 Text: well-known text.

One written plainly is read at once; any other, and what is wrong with it, token by token.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from spatial.filter import rules
from spatial.filter.model import GEOMETRIES, NESTING, Coordinates, Geometry
from spatial.filter.tokens import Words

# No group of several parts is repeated possessively: where one fails in its middle, Python before 3.11.5,
# which Debian 12 has, keeps what it had read of it.
_NUMBER = r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,20})?"
_POSITION = rf"\s*+{_NUMBER}\s++{_NUMBER}\s*+"
_PAIR = re.compile(rf"({_NUMBER})\s++({_NUMBER})")


def _plainly(word: str, nesting: int) -> re.Pattern[str]:
    """A geometry of two coordinates a position, without exponents."""
    inside = _POSITION
    for _ in range(nesting):
        inside = rf"\s*+\({inside}(?:,{inside})*\)\s*+"
    if nesting == 0:
        inside = rf"\s*+\({inside}\)"
    return re.compile(word + inside, re.IGNORECASE)


_PLAIN = {
    word.lower(): _plainly(word, NESTING[kind])
    for word, kind in GEOMETRIES.items()
    if kind not in ("MultiPoint", "GeometryCollection")
}


def read_geometry(reader: Words) -> Geometry:
    """A geometry from its name on; heights (``Z``) are dropped."""
    token = reader.token
    word = token.word
    pattern = _PLAIN.get(word)
    plain = reader.take_all(pattern) if pattern is not None else None
    if plain is not None:
        kind = GEOMETRIES[word.upper()]
        written = _PAIR.sub(_pair, plain[len(word) :]).translate(_BRACKETS)
        found = orjson.loads(written)
        return Geometry(kind, _coordinates(found if NESTING[kind] else found[0]), at=token.at)
    reader.take()
    kind = GEOMETRIES[word.rstrip("z").upper()]
    reader.accept("z")
    if reader.token.word == "empty":
        rules.refuse(
            token.at,
            "空几何不在任何地方,不能与之比较",
            "an empty geometry is nowhere, nothing relates to it",
            kind,
        )
    reader.expect("(")
    if kind == "GeometryCollection":
        reader.deeper(token.at)
        members = [_member(reader)]
        while reader.accept(","):
            members.append(_member(reader))
        reader.shallower()
        reader.expect(")")
        return Geometry(kind, members=tuple(members), at=token.at)
    if kind == "MultiPoint":
        points = [_point(reader)]
        while reader.accept(","):
            points.append(_point(reader))
        reader.expect(")")
        return Geometry(kind, tuple(points), at=token.at)
    coordinates = _inside(reader, NESTING[kind])
    return Geometry(kind, coordinates, at=token.at)


_BRACKETS = str.maketrans("()", "[]")


def _pair(match: re.Match[str]) -> str:
    return f"[{match[1]},{match[2]}]"


def _coordinates(found: list[Any]) -> Coordinates:
    if isinstance(found[0], list):
        return tuple([_coordinates(part) for part in found])
    return (float(found[0]), float(found[1]))


def _member(reader: Words) -> Geometry:
    if reader.token.word.rstrip("z").upper() not in GEOMETRIES:
        reader.unexpected("POINT, POLYGON …")
    return read_geometry(reader)


def _point(reader: Words) -> tuple[float, ...]:
    """A position of a MultiPoint, with or without parentheses of its own."""
    wrapped = reader.accept("(")
    position = _position(reader)
    if wrapped:
        reader.expect(")")
    return position


def _inside(reader: Words, nesting: int) -> Coordinates:
    """What stands up to the closing parenthesis, which is taken."""
    if nesting == 0:
        position = _position(reader)
        reader.expect(")")
        return position
    parts: list[Coordinates] = [_part(reader, nesting)]
    while reader.accept(","):
        parts.append(_part(reader, nesting))
    reader.expect(")")
    return tuple(parts)


def _part(reader: Words, nesting: int) -> Coordinates:
    if nesting == 1:
        return _position(reader)
    reader.expect("(")
    return _inside(reader, nesting - 1)


def _position(reader: Words) -> tuple[float, ...]:
    numbers = [_signed(reader), _signed(reader)]
    if reader.token.kind == "number" or reader.token.word in ("+", "-"):
        _signed(reader)
    return tuple(numbers)


def read_numbers(reader: Words, counts: tuple[int, ...]) -> tuple[float, ...]:
    """Numbers with commas between them, as many as one of the counts says."""
    at = reader.token.at
    numbers = [_signed(reader)]
    while reader.accept(","):
        numbers.append(_signed(reader))
    if len(numbers) not in counts:
        wanted = " / ".join(map(str, counts))
        rules.refuse(at, f"须为 {wanted} 个数", f"must be {wanted} numbers", len(numbers))
    return tuple(numbers)


def _signed(reader: Words) -> float:
    negative = reader.accept("-")
    if not negative:
        reader.accept("+")
    token = reader.token
    if token.kind != "number":
        reader.unexpected("0…9")
    reader.take()
    value = float(rules.number(float(token.text), token.at))
    return -value if negative else value
