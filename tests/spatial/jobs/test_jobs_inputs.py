"""What does not fit the schema of a process is told in words, with its place and its value."""

from __future__ import annotations

from typing import Any

import pytest

from spatial.catalogue.contract import Title
from spatial.errors import NotFound
from spatial.jobs.errors import BadExecution
from spatial.jobs.inputs import check, placed
from spatial.jobs.process import Described, Process
from spatial.nesting import DEEPEST

CASES: list[tuple[dict[str, Any], object, str, str]] = [
    ({"type": "number", "exclusiveMinimum": 0}, -3, "须大于 0:-3", "must be above 0: -3"),
    ({"type": "number", "minimum": 1}, 0, "不得小于 1:0", "must not be below 1: 0"),
    (
        {"type": "number", "maximum": 1000},
        1e6,
        "不得大于 1000:1000000.0",
        "must not be above 1000: 1000000.0",
    ),
    ({"type": "number"}, 1e308, "不得大于 9223372036854775807:1e+308", "above 9223372036854775807: 1e+308"),
    (
        {"type": "integer"},
        -(10**30),
        "不得小于 -9223372036854775807",
        "must not be below -9223372036854775807",
    ),
    ({"type": "integer"}, 3.0, "须为 integer:3.0", "must be of the type integer: 3.0"),
    ({"type": ["number", "null"]}, 2.0**63, "不得大于", "must not be above"),
    ({"type": "string", "enum": ["a", "b"]}, "c", "须为 a、b 之一:c", "must be one of a, b: c"),
    ({"type": "string", "pattern": "^K[0-9]+$"}, "x{}", "须形如 ^K[0-9]+$:x{}", "of the form ^K[0-9]+$: x{}"),
    ({"type": "number"}, "NaN", "须为 number:NaN", "must be of the type number: NaN"),
    ({"type": ["number", "null"]}, "1", "须为 number、null:1", "of the type number, null: 1"),
    ({"type": "array", "maxItems": 2}, [1, 2, 3], "至多 2 项:[1, 2, 3]", "2 items at most: [1, 2, 3]"),
    ({"type": "array", "uniqueItems": True}, [1, 1], "不得有重复的项:[1, 1]", "an item twice: [1, 1]"),
    ({"type": "object", "minProperties": 1}, {}, "不符合 minProperties 1:{}", "not fit minProperties 1: {}"),
]


@pytest.mark.parametrize("schema, value, zh, en", CASES, ids=[list(case[0])[-1] for case in CASES])
def test_what_a_schema_asks_for_is_said_in_words(
    schema: dict[str, Any], value: object, zh: str, en: str
) -> None:
    title = Title("试验", "trial")
    asked = Described(title, schema)
    process = Process("trial", "1.0.0", title, title, {"x": asked}, {}, run=lambda *_: {})
    with pytest.raises(BadExecution) as refused:
        check(process, {"x": value})
    assert str(refused.value).startswith("/inputs/x ") and zh in refused.value.zh and en in refused.value.en
    assert refused.value.details == {"pointer": "/inputs/x"}


PLACES: dict[str, Any] = {
    "type": "array", "maxItems": 3, "items": {
        "type": "array", "minItems": 2, "maxItems": 2, "items": {"type": ["number", "null"]},
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ([[1, 2.5], [None, -3]], None),
        ([[1, 2], [3, True]], "/1/1"),
        ([[1, 2], [3, "4"]], "/1/1"),
        ([[1, 2], [3, 2.0**63]], "/1/1"),
        ([[1, 2], [3, float("nan")]], "/1/1"),
        ([[1, 2], [3]], "/1"),
        ([[1, 2], 3], "/1"),
        ([[1, 2], (3, 4)], "/1"),
        ([[1, 2]] * 4, ""),
    ],
)
def test_lists_of_numbers_are_judged_as_any_other(value: object, place: str | None) -> None:
    title = Title("试验", "trial")
    process = Process("trial", "1.0.0", title, title, {"x": Described(title, PLACES)}, {}, lambda *_: {})
    if place is None:
        check(process, {"x": value})
        return
    with pytest.raises(BadExecution) as refused:
        check(process, {"x": value})
    assert refused.value.details == {"pointer": f"/inputs/x{place}"}


REACH = {
    "oneOf": [
        {"type": "object", "additionalProperties": False, "required": ["method", "k"], "properties": {
            "method": {"enum": ["storage"]}, "k": {"type": "number", "exclusiveMinimum": 0}}},
        {"type": "object", "additionalProperties": False, "required": ["method", "hours"], "properties": {
            "method": {"enum": ["travel"]}, "hours": {"type": "number", "maximum": 9}}},
    ]
}  # fmt: skip
PLACE = {
    "oneOf": [
        {"type": "object", "additionalProperties": False, "required": ["point"], "properties": {
            "point": {"type": "array", "minItems": 2}}},
        {"type": "object", "additionalProperties": False, "required": ["route", "chainage"], "properties": {
            "route": {"type": "string"}, "chainage": {"type": "string"}}},
    ]
}  # fmt: skip
SERIES = {"oneOf": [{"type": "number"}, {"type": "object", "properties": {"values": {"type": "array"}}}]}
MEANT: list[tuple[dict[str, Any], object, str, str]] = [
    (REACH, {"method": "storage", "k": -1}, "/inputs/x/k", "须大于 0:-1"),
    (REACH, {"method": "travel", "hours": 12}, "/inputs/x/hours", "不得大于 9:12"),
    (REACH, {"method": "travel"}, "/inputs/x/hours", "缺少"),
    (REACH, {"method": "travel", "hours": 2, "k": 1}, "/inputs/x/k", "不存在"),
    (PLACE, {"point": [1]}, "/inputs/x/point", "至少 2 项"),
    (PLACE, {"route": "MI", "chainage": 3}, "/inputs/x/chainage", "须为 string"),
    (SERIES, {"values": 3}, "/inputs/x/values", "须为 array"),
]


@pytest.mark.parametrize("schema, value, pointer, zh", MEANT)
def test_of_alternatives_the_one_that_was_meant_is_told(
    schema: dict[str, Any], value: object, pointer: str, zh: str
) -> None:
    title = Title("试验", "trial")
    process = Process("trial", "1.0.0", title, title, {"x": Described(title, schema)}, {}, run=lambda *_: {})
    with pytest.raises(BadExecution) as refused:
        check(process, {"x": value})
    assert refused.value.details == {"pointer": pointer} and zh in refused.value.zh


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("roads", {"pointer": "/inputs/layers/1/name"}),
        ("twice", {}),
        ("nowhere", {}),
        (3, {}),
    ],
)
def test_a_fault_of_a_value_that_stands_in_one_place_is_told_with_it(
    value: object, told: dict[str, str]
) -> None:
    inputs = {"layers": [{"name": "twice"}, {"name": "roads"}], "other": "twice", "count": 3}
    with pytest.raises(NotFound) as refused, placed(inputs):
        raise NotFound("没有", "none", value=value)
    assert refused.value.details == told


def nested(levels: int) -> object:
    found: object = 1
    for level in range(levels):
        found = [found] if level % 2 else {"a": found}
    return found


def test_what_is_nested_deeper_than_can_be_written_is_refused() -> None:
    title = Title("试验", "trial")
    process = Process("trial", "1.0.0", title, title, {"x": Described(title, {})}, {}, run=lambda *_: {})
    check(process, {"x": nested(DEEPEST)})
    for levels in (DEEPEST + 1, 900):
        with pytest.raises(BadExecution, match=f"{DEEPEST} 层"):
            check(process, {"x": nested(levels)})
