"""Queries are read as the standard library reads a form's, run of escapes by run of escapes."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from api import parameters
from api.problem import BadParameter

PIECES = (
    *(b"%", b"&", b"=", b"+", b";", b"?", b"a", b"F", b"4", b"g", b" "),
    *(b"%41", b"%e5%9c%a3", b"%E5%9C%A3", b"%E5", b"%F0%9F%99%82", b"%00", b"%2B", b"%26", b"%3D", b"\xff"),
)


def by_the_library(query: bytes) -> list[tuple[str, str]] | str:
    try:
        pairs = parse_qsl(
            query.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=parameters.FIELDS_MAX,
        )
    except ValueError:
        return "escapes"
    return "NUL" if any("\0" in name + value for name, value in pairs) else pairs


def by_us(query: bytes) -> list[tuple[str, str]] | str:
    try:
        return parameters._pairs(query)
    except BadParameter as refusal:
        return "NUL" if "NUL" in str(refusal) else "escapes"


@settings(max_examples=600, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join))
@example(b"text=%E5%9C%A3%E5%9F%8E%E8%A1%97+595&size=1")
@example(b"%%41=%4%41&&=&a")
def test_a_query_says_what_the_standard_library_reads_in_it(query):
    assert by_us(query) == by_the_library(query)


@pytest.mark.parametrize("parts", [1, 2, 63, 64, 65, 200])
def test_parts_are_counted_alike(parts):
    query = b"&".join(b"a%d=1" % number for number in range(parts))
    assert by_us(query) == by_the_library(query)
    assert isinstance(by_us(query), str) == (parts > parameters.FIELDS_MAX)
