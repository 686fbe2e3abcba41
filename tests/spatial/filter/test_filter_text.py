"""CQL2 as text and as JSON: precedence, places of errors, limits, and an independent parser."""

from __future__ import annotations

import json
import time
from typing import Any

import cql2
import pytest
from filter_documents import conditions
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from patience import at_once

from spatial.errors import BadFilter
from spatial.filter import parse_json, parse_text
from spatial.filter.document import from_json, to_json
from spatial.filter.rules import DEPTH_MAX, LENGTH_MAX, TERMS_MAX


def flat(document: Any) -> Any:
    """Conditions of one operator inside each other, joined: their order of evaluation does not matter."""
    if isinstance(document, list):
        return [flat(each) for each in document]
    if not isinstance(document, dict):
        return document
    made = {key: flat(value) for key, value in document.items()}
    if made.get("op") in ("and", "or"):
        args = []
        for arg in made["args"]:
            same = isinstance(arg, dict) and arg.get("op") == made["op"]
            args += arg["args"] if same else [arg]
        made["args"] = args
    return made


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(conditions)
def test_text_of_an_independent_writer_reads_the_same(document: Any) -> None:
    """Document → ours; document → text by the ``cql2`` library → ours: the same tree."""
    ours = from_json(document)
    assert from_json(json.loads(json.dumps(to_json(ours)))) == ours
    written = cql2.Expr(document).to_text()
    assert flat(to_json(parse_text(written))) == flat(to_json(ours)), written


TEXTS = (
    "a = 1 AND NOT b LIKE 'x%' AND c IN (1, 2)",
    "a NOT BETWEEN 1 AND 2 OR b IS NOT NULL AND c NOT IN ('x')",
    "S_INTERSECTS(geometry, BBOX(1, 2, 3, 4))",
    "S_INTERSECTS(geometry, POLYGON((0 0, 1 0, 1 1, 0 0), (0.1 0.1, 0.2 0.1, 0.2 0.2, 0.1 0.1)))",
    "s_within(geometry, MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0))))",
    "S_TOUCHES(geometry, GEOMETRYCOLLECTION(POINT(1 2), LINESTRING(1 2, 3 4)))",
    "T_DURING(seen, INTERVAL('2020-01-01', '..'))",
    "T_EQUALS(INTERVAL(valid_from, valid_to), INTERVAL('2020-01-01T00:00:00Z', '2021-01-01T00:00:00Z'))",
    "CASEI(name) = casei('Straße') AND ACCENTI(name) LIKE ACCENTI('%é')",
    "a + 2 * b ^ 3 > -1 - c / 4 AND a % 2 = 1 AND b div 2 = 0",
    "A_CONTAINS(tags, ('a', 'b')) AND A_OVERLAPS((1, 2), (2))",
    "name = 'it''s' AND \"odd name\" = 3",
    "built < DATE('2020-01-01') AND seen >= TIMESTAMP('2020-01-01T00:00:00Z')",
    "lower(name) = 'x' AND abs(a - b) <= 0.5 AND true AND listed = false",
    "(a = 1 OR b = 2) AND (c = 3)",
    "街道 = '圣城'",
)


@pytest.mark.parametrize("text", TEXTS)
def test_an_independent_reader_reads_the_same(text: str) -> None:
    theirs = json.loads(json.dumps(cql2.parse_text(text).to_json()))
    assert lowered(flat(to_json(parse_text(text)))) == lowered(flat(theirs))
    assert parse_json(json.dumps(to_json(parse_text(text)))) == parse_text(text)


def lowered(document: Any) -> Any:
    """Names of operators without case; instants as the library writes them."""
    if isinstance(document, list):
        return [lowered(each) for each in document]
    if isinstance(document, dict):
        return {key: value.lower() if key == "op" else lowered(value) for key, value in document.items()}
    if isinstance(document, str) and document.endswith(("+08:00", "Z")):
        from datetime import UTC, datetime

        return datetime.fromisoformat(document).astimezone(UTC).isoformat()
    return document


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ("NOT a = 1 AND b = 2", ["and", ["not", ["=", "a", 1]], ["=", "b", 2]]),
        ("a = 1 OR b = 2 AND c = 3", ["or", ["=", "a", 1], ["and", ["=", "b", 2], ["=", "c", 3]]]),
        ("a - b - c = 0", ["=", ["-", ["-", "a", "b"], "c"], 0]),
        ("a + b * c ^ d = 0", ["=", ["+", "a", ["*", "b", ["^", "c", "d"]]], 0]),
        ("-a < 1", ["<", ["*", -1, "a"], 1]),
        ("a between b + 1 and c and d = 1", ["and", ["between", "a", ["+", "b", 1], "c"], ["=", "d", 1]]),
        ("a is not null or b", ["or", ["not", ["isNull", "a"]], "b"]),
    ],
)
def test_precedence(text: str, document: list[Any]) -> None:
    def long(short: Any) -> Any:
        if isinstance(short, list):
            return {"op": short[0], "args": [long(each) for each in short[1:]]}
        return {"property": short} if isinstance(short, str) else short

    assert to_json(parse_text(text)) == long(document)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", 1),
        ("  ", 3),
        ("floors >=", 10),
        ("floors >= 3 3", 13),
        ("floors = 1 = 2", 12),
        ("name = 'abc", 8),
        ("name LIKE", 10),
        ("a = 1 AND AND b = 2", 11),
        ("a IN ()x", 8),
        ("a BETWEEN 1 OR 2", 13),
        ("a IS 3", 6),
        ("(a = 1", 7),
        ("a = 1)", 6),
        ("S_INTERSECTS(geometry)", 22),
        ("S_INTERSECTS(geometry, POINT(1))", 31),
        ("S_INTERSECTS(geometry, POINT(1 x))", 32),
        ("S_INTERSECTS(geometry, BBOX(1,2,3))", 29),
        ("S_INTERSECTS(geometry, GEOMETRYCOLLECTION())", 43),
        ("S_INTERSECTS(geometry, POINT EMPTY)", 24),
        ("S_WITHIN(geometry, GEOMETRYCOLLECTION Z EMPTY)", 20),
        ("S_WITHIN(geometry, GEOMETRYCOLLECTION(POLYGON EMPTY))", 39),
        ("T_AFTER(seen, DATE('2020-02-30'))", 15),
        ("T_AFTER(seen, TIMESTAMP('2020-02-03'))", 15),
        ("T_AFTER(seen, INTERVAL('x','y'))", 24),
        ("built = DATE(2020)", 14),
        ("a = 1e400", 5),
        ("a = -1e999999999", 6),
        ("a ; drop table x", 3),
        ("a = $1", 5),
        ("a = 1 -- drop", None),
        ("a = 1 /* b */", 8),
        ('a = ""', 5),
        ("select", None),
        ("null = null", 1),
    ],
)
def test_an_error_names_its_place(text: str, place: int | None) -> None:
    if place is None:
        assert parse_text(text)
        return
    with pytest.raises(BadFilter) as raised:
        parse_text(text)
    assert raised.value.details["position"] == place, raised.value.en


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({}, ""),
        (None, ""),
        ({"op": "=", "args": [{"property": "a"}]}, "/args"),
        ({"op": "and", "args": [True]}, "/args"),
        ({"op": "and", "args": [True, {"op": "x"}]}, "/args/1"),
        ({"op": "in", "args": [1, 2]}, "/args/1"),
        ({"op": "=", "args": [1, {"date": "2020-13-01"}]}, "/args/1"),
        ({"op": "t_after", "args": [1, {"interval": ["x", ".."]}]}, "/args/1/interval/0"),
        ({"op": "s_equals", "args": [1, {"type": "Point", "coordinates": [1, "x"]}]}, "/args/1/coordinates"),
        ({"op": "s_equals", "args": [1, {"type": "Polygon", "coordinates": [1]}]}, "/args/1/coordinates/0"),
        ({"op": "s_equals", "args": [1, {"bbox": [1, 2, 3]}]}, "/args/1/bbox"),
        ({"op": "s_equals", "args": [1, {"bbox": [1, 2, 3, True]}]}, "/args/1/bbox/3"),
        ({"op": "=", "args": [1, "\0"]}, "/args/1"),
        ({"property": "a", "op": "="}, ""),
        ({"op": "=", "args": {"0": 1}}, ""),
        ({"op": 1, "args": []}, ""),
    ],
)
def test_an_error_in_a_document_names_its_pointer(document: Any, place: str) -> None:
    with pytest.raises(BadFilter) as raised:
        parse_json(json.dumps(document))
    assert raised.value.details["position"] == place, raised.value.en


HOSTILE = {
    "deep parentheses": "(" * 4000 + "a = 1" + ")" * 4000,
    "open parentheses": "(" * LENGTH_MAX,
    "deep negation": "NOT " * 2000 + "a = 1",
    "deep minus": "a = " + "-" * 8000 + "1",
    "deep functions": "f(" * 4000,
    "deep collections": "S_EQUALS(a, " + "GEOMETRYCOLLECTION(" * 400 + "POINT(1 2)",
    "deep arrays": "A_EQUALS(" + "(" * 8000,
    "long sum": "a = " + "1+" * 4000 + "1",
    "many terms": " OR ".join(["a=1"] * (TERMS_MAX // 3 + 1)),
    "many quotes": "a = " + "'" * 8001,
    "backslashes": "a = '" + "\\" * 8000,
    "double quotes": '"' * 8001,
    "too long": "a = '" + "x" * LENGTH_MAX + "'",
    "too long and too deep": "(" * 100_000 + "a = 1" + ")" * 100_000,
    "long number": "a = " + "9" * 8000,
    "long exponent": "a = 1e" + "9" * 8000,
    "dots": "." * 8000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_refused_at_once(name: str) -> None:
    def refused() -> None:
        with pytest.raises(BadFilter):
            parse_text(HOSTILE[name])

    at_once(refused, 0.25, clock=time.process_time)


@pytest.mark.parametrize(
    "text",
    [
        "[" * LENGTH_MAX,
        '{"op":"not","args":[' * 800,
        '{"op":"not","args":[' * (DEPTH_MAX + 1) + "true" + "]}" * (DEPTH_MAX + 1),
        json.dumps({"op": "or", "args": [True] * (TERMS_MAX + 1)}),
        '{"op":"=","args":["\\ud800",1]}',
        '{"op":"=","args":[1e400,1]}',
        '{"op":"=","args":[NaN,1]}',
        '{"op":"=","args":[' + "9" * 5000 + ",1]}",
        "\ud800",
        "x" * (LENGTH_MAX + 1),
    ],
)
def test_hostile_documents_are_refused(text: str) -> None:
    with pytest.raises(BadFilter):
        parse_json(text)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(max_size=60) | st.text("()'\"=<> aANDORNOTIN1.,+-*^%:{}[]\\", max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    for parse in (parse_text, parse_json):
        try:
            parse(text)
        except BadFilter as refused:
            assert "position" in refused.details


_NUMBERS = st.decimals(-180, 180, places=7).map(lambda number: f"{number:f}") | st.integers(-180, 180).map(
    str
)
_GAPS = st.sampled_from(["", " ", "  "])


@st.composite
def geometry_texts(draw: st.DrawFn) -> tuple[str, str]:
    """A geometry written plainly, and the same with signs that only reading word by word knows."""
    word, nesting = draw(
        st.sampled_from([("POINT", 0), ("LineString", 1), ("polygon", 2), ("MULTIPOLYGON", 3)])
    )

    def position() -> tuple[str, str]:
        x, y = draw(_NUMBERS), draw(_NUMBERS)
        gap = draw(_GAPS)
        return f"{gap}{x} {y}{gap}", f"{_signed(x)} {_signed(y)}"

    def part(depth: int) -> tuple[str, str]:
        if depth == 0:
            return position()
        inside = [part(depth - 1) for _ in range(draw(st.integers(1, 3)))]
        plain, signed = (",".join(each[form] for each in inside) for form in (0, 1))
        return f"{draw(_GAPS)}({plain})", f"({signed})"

    plain, signed = part(nesting)
    return (f"{word}{plain}", f"{word}{signed}") if nesting else (f"{word}({plain})", f"{word}({signed})")


def _signed(number: str) -> str:
    return number if number.startswith("-") else f"+{number}"


@settings(max_examples=200, deadline=None, derandomize=True)
@given(geometry_texts(), st.sampled_from(["", " AND a = 1", ") AND b = 2"]))
def test_a_geometry_read_at_once_is_the_one_read_word_by_word(texts: tuple[str, str], rest: str) -> None:
    plain, signed = (f"{'(' if ')' in rest else ''}S_WITHIN(geometry, {text}){rest}" for text in texts)
    assert parse_text(plain) == parse_text(signed)


@pytest.mark.parametrize("text", ["LINESTRING(1. 2, 3 4)", "LINESTRING(1 2, 3 4.)", "POINT(1 2.)"])
def test_a_point_without_decimals_is_read(text: str) -> None:
    """Patterns of Debian 12's Python took the point for a part of the number, and nothing read the rest."""
    bare = text.replace(".", "")
    assert parse_text(f"S_WITHIN(geometry, {text}) ") == parse_text(f"S_WITHIN(geometry, {bare}) ")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("S_WITHIN(geometry, POINT(1 2) x)", 31),
        ("S_WITHIN(geometry, POINT(1 2)) y", 32),
        ("S_WITHIN(geometry, POINT(1 2)", 30),
        ("S_WITHIN(geometry, LINESTRING(1 2,))", 35),
        ("S_WITHIN(geometry, POINT(1 2)) AND §", 36),
    ],
)
def test_what_follows_a_geometry_is_refused_at_its_place(text: str, place: int) -> None:
    with pytest.raises(BadFilter) as caught:
        parse_text(text)
    assert caught.value.details["position"] == place
