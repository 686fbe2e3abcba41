"""Laws of the parser: any text is read, spans tell the truth, folding twice changes nothing."""

from __future__ import annotations

import time
import tracemalloc

import numpy as np
import pytest
from address_ground import sample_parser
from hypothesis import given, settings
from hypothesis import strategies as st
from patience import at_once

from address.model import Element, Parsed, Part
from address.parse import Parser, normalise, reading
from address.parse.fold import NUMERALS
from address.parse.kernel import MOST_CHARS

PIECES = [
    "寿光市", "圣城街道", "圣城街", "商务小区", "三元朱村", "与", "交叉口", "南200米", "以西", "东首",
    "(", ")", "（西户）",
    "12-3-1001", "3号楼", "二单元", "四楼", "①", "㈠", "壽光", "１２＃", " ", "\t", "\u200b", "\n", "😀",
    "、", "附1号", "-",
    "13812345678", "0536-5221234", "张三", "电话：", "负一层", "A座", "丰城一村", "弥河镇", "斜对面",
    "村委会", "\x00", "\ud800",
]  # fmt: skip
LONG = st.text(max_size=300)
MIXED = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=25).map("".join)


@pytest.fixture(scope="module")
def parser() -> Parser:
    return sample_parser()


def spans(parsed: Parsed) -> list[Part]:
    return [*parsed.parts, *(part for qualifier in parsed.qualifiers for part in qualifier.parts)]


def check(parsed: Parsed, text: str) -> None:
    """Spans lie in the text, an implied part has none, and what is read as a number stands there."""
    ranks = [part.element for part in parsed.parts]
    assert ranks == sorted(ranks)
    for part in spans(parsed):
        if part.inferred:
            assert (part.start, part.end) == (-1, -1)
            continue
        assert 0 <= part.start < part.end <= len(text)
        written = normalise(text[part.start : part.end]).replace(" ", "")
        if not part.components and part.number is None:
            assert part.name[:1] in written
        in_figures = not any(char in NUMERALS for char in written)
        if part.number is not None and not part.components and in_figures:
            assert str(abs(part.number)) in written
    for qualifier in parsed.qualifiers:
        assert qualifier.text == text[qualifier.start : qualifier.end]
    for note in parsed.notes:
        assert note in text


@settings(max_examples=150, deadline=None)
@given(MIXED | LONG)
def test_any_text_is_read_and_its_spans_tell_what_was_read(text: str) -> None:
    check(sample_parser().parse(text), text)


@settings(max_examples=150, deadline=None)
@given(MIXED | LONG)
def test_folding_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@settings(max_examples=60, deadline=None)
@given(st.lists(MIXED | LONG, max_size=12))
def test_many_are_read_as_each_alone(texts: list[str]) -> None:
    parser = sample_parser()
    columns = parser.parse_many(texts)
    assert len(columns) == len(texts)
    for row, text in enumerate(texts):
        items = range(columns.item_of[row], columns.item_of[row + 1])
        parsed = parser.parse(text)
        own = [item for item in items if columns.sort[item] == reading.PART and columns.owner[item] < 0]
        assert [
            (columns.what[item], columns.start[item], columns.end[item],
             tuple(columns.candidate[columns.candidate_of[item] : columns.candidate_of[item + 1]]))
            for item in own
        ] == [(part.element, part.start, part.end, part.components) for part in parsed.parts]  # fmt: skip
        assert len(items) == len(spans(parsed)) + len(parsed.qualifiers) + len(parsed.notes)


@settings(max_examples=60, deadline=None)
@given(MIXED)
def test_other_readings_differ_and_are_less_likely(text: str) -> None:
    parsed = sample_parser().parse(text, alternatives=4)
    seen = [(each.parts, each.qualifiers, each.notes) for each in (parsed, *parsed.alternatives)]
    assert len(parsed.alternatives) <= 4
    assert all(one != other for at, one in enumerate(seen) for other in seen[:at])
    scores = [each.score for each in (parsed, *parsed.alternatives)]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize(
    "text",
    ["", " \t\n", "寿光市圣城街道" * 2000, "1-" * 5000, "村" * 10000, "(" * 10000, "\U0001f600" * 10000,
     "'; DROP TABLE addresses; --", "\x00" * 10000, "一二三四五六七八九十" * 1000, "\ud800\udfff" * 100],
    ids=["empty", "blank", "names", "dashes", "types", "brackets", "emoji", "sql", "nul", "numerals",
    "surrogates"],
)  # fmt: skip
def test_rubbish_is_read_in_bounded_time_and_memory(parser: Parser, text: str) -> None:
    parser.parse("寿光")
    at_once(lambda: parser.parse(text), 1.0, clock=time.process_time)
    tracemalloc.start()
    parsed = parser.parse(text)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    check(parsed, text)
    assert peak < 16 << 20
    too_long = [conflict.code for conflict in parsed.conflicts if conflict.code == "text-too-long"]
    assert bool(too_long) == (len(normalise(text)) > MOST_CHARS)


def test_every_plane_is_read(parser: Parser) -> None:
    texts = ["".join(map(chr, range(code, code + 64))) for code in range(0, 0x110000, 64)]
    columns = parser.parse_many(texts)
    assert len(columns) == len(texts)
    lengths = np.diff(columns.item_of)
    row = np.repeat(np.arange(len(texts)), lengths)
    size = np.array([len(text) for text in texts])
    assert ((columns.end <= size[row]) & (columns.start < columns.end) | (columns.start == -1)).all()


def test_names_keep_their_numerals(parser: Parser) -> None:
    for text, village in [
        ("三元朱村3号", "三元朱村"),
        ("久安官一村二组", "久安官一村"),
        ("王高二村8号", "王高二村"),
    ]:
        part = parser.parse(text).part(Element.VILLAGE)
        assert part is not None
        assert part.name == village


def test_a_numeral_may_be_a_figure(parser: Parser) -> None:
    part = parser.parse("寿光市侯镇西岔河1村").part(Element.VILLAGE)
    assert part is not None
    assert part.name == "西岔河一村"


def test_twin_names_keep_every_village_until_the_town_decides(parser: Parser) -> None:
    names = parser.snapshot.components.name
    parents = parser.snapshot.components.parent
    both = parser.parse("寨里村23号").part(Element.VILLAGE)
    one = parser.parse("田柳镇寨里村23号").part(Element.VILLAGE)
    assert both is not None
    assert one is not None
    assert {names[parents[row]].as_py() for row in both.components} == {"洛城街道", "田柳镇"}
    assert [names[parents[row]].as_py() for row in one.components] == ["田柳镇"]


def test_a_village_of_another_town_is_reported_and_kept(parser: Parser) -> None:
    parsed = parser.parse("寿光市文家街道马寨村12号")
    assert [part.name for part in parsed.parts if part.element in (Element.TOWN, Element.VILLAGE)] == [
        "文家街道", "马寨村",
    ]  # fmt: skip
    assert [conflict.code for conflict in parsed.conflicts] == ["village-not-in-town"]
    assert "马寨村" in parsed.conflicts[0].message_zh


def test_roads_that_do_not_cross_are_reported(parser: Parser) -> None:
    crossings, names = parser.snapshot.crossings, parser.snapshot.components.name
    met = set(zip(crossings.first.tolist(), crossings.second.tolist(), strict=True))
    first, second = next(iter(met))
    one, other = names[first].as_py(), names[second].as_py()
    apart = next(
        names[row].as_py()
        for row in np.flatnonzero(parser.snapshot.components.element == Element.ROAD).tolist()
        if (first, row) not in met and (row, first) not in met and row != first
        and names[row].as_py() not in (one, other)
    )  # fmt: skip
    assert parser.parse(f"{one}与{other}交叉口").conflicts == ()
    assert [c.code for c in parser.parse(f"{one}与{apart}交叉口").conflicts] == ["no-such-crossing"]


def test_persons_and_telephones_are_no_part_of_an_address(parser: Parser) -> None:
    parsed = parser.parse("收货人：李小明 电话：0536-5221234 地址：寿光市圣城街道商务小区3-2-501")
    assert parsed.notes == ("李小明", "0536-5221234")
    assert [part.name for part in parsed.parts if part.element >= Element.TOWN] == [
        "圣城街道", "商务小区", "3号楼", "2单元", "5层", "501室",
    ]  # fmt: skip
