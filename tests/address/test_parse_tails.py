"""Numbers behind a name: 5,000 tails from a generator that knows nothing of the grammar."""

from __future__ import annotations

import random

import pytest
from address_ground import sample_parser

from address.model import Element
from address.parse import Parser, reading

TAILS = 5000
Value = tuple[Element, int, str]
"""Element, number (-1: none), letter or side."""

_CHINESE = "零一二三四五六七八九"


def chinese(number: int) -> str:
    tens, ones = divmod(number, 10)
    if tens == 0:
        return _CHINESE[ones]
    return ("" if tens == 1 else _CHINESE[tens]) + "十" + (_CHINESE[ones] if ones else "")


def written(draw: random.Random, number: int) -> str:
    """A small number in figures, in full width or in Chinese."""
    way = draw.random()
    if way < 0.75:
        return str(number)
    if way < 0.85:
        return "".join(chr(ord(digit) + 0xFEE0) for digit in str(number))
    return chinese(number)


def building(draw: random.Random) -> tuple[str, Value]:
    if draw.random() < 0.15:
        letter = draw.choice("ABCDEFGH")
        return draw.choice([f"{letter}座", f"{letter}栋", f"{letter}号楼", f"{letter.lower()}座"]), (
            Element.BUILDING, -1, letter,
        )  # fmt: skip
    number = draw.randint(1, 60)
    if draw.random() < 0.1:
        letter = draw.choice("ABC")
        return f"{letter}{number}号楼", (Element.BUILDING, number, letter)
    said = written(draw, number)
    suffix = draw.choice(["号楼", "栋", "幢", "座", "#", "#楼", "号楼", "号楼"])
    start = "第" if suffix in ("栋", "幢", "座") and draw.random() < 0.1 else ""
    return f"{start}{said if suffix[0] != '#' else number}{suffix}", (Element.BUILDING, number, "")


def spelled(draw: random.Random) -> tuple[str, list[Value]]:
    """3号楼2单元5层501室, any of them but the building left out."""
    text, first = building(draw)
    values = [first]
    with_unit = draw.random() < 0.8
    if with_unit:
        unit = draw.randint(1, 6)
        text += draw.choice(["", "", "", " "]) + written(draw, unit) + draw.choice(["单元"] * 5 + ["门"])
        values.append((Element.UNIT, unit, ""))
    floor = draw.randint(1, 32)
    with_floor = draw.random() < 0.3
    if with_floor:
        text += written(draw, floor) + draw.choice(["层", "层", "楼"] if with_unit else ["层"])
        values.append((Element.FLOOR, floor, ""))
    if with_floor and draw.random() < 0.3:
        side = draw.choice("东西中南北")
        return f"{text}{side}户", [*values, (Element.ROOM, -1, side)]
    room = floor * 100 + draw.randint(1, 8)
    suffix = draw.choice(["室", "室", "户", "房", "号", ""])
    letter = draw.choice("AB") if suffix == "室" and draw.random() < 0.1 else ""
    return f"{text}{room}{letter}{suffix}", [*values, (Element.ROOM, room, letter)]


def dashed(draw: random.Random) -> tuple[str, list[Value]]:
    """12-3-1001, 12#2-501, 12号楼3-1001室, 12-1001."""
    number, unit = draw.randint(1, 60), draw.randint(1, 6)
    room = draw.randint(1, 32) * 100 + draw.randint(1, 8)
    dash = draw.choice(["-", "-", "-", "－", "—"])
    end = draw.choice(["", "", "室", "户"])
    values = [(Element.BUILDING, number, ""), (Element.UNIT, unit, ""), (Element.ROOM, room, "")]
    way = draw.randrange(4)
    if way == 0:
        return f"{number}{dash}{unit}{dash}{room}{end}", values
    if way == 1:
        return f"{number}#{unit}{dash}{room}{end}", values
    if way == 2:
        return f"{number}号楼{unit}{dash}{room}{end}", values
    return f"{number}{dash}{room}{end}", [values[0], values[2]]


def tail(draw: random.Random) -> tuple[str, list[Value]]:
    before: list[Value] = []
    start = ""
    if draw.random() < 0.15:
        section = draw.choice(
            [("A区", -1, "A"), ("B区", -1, "B"), ("二期", 2, ""), ("1期", 1, ""), ("三区", 3, "")]
        )
        start, before = section[0], [(Element.SECTION, section[1], section[2])]
    text, values = spelled(draw) if draw.random() < 0.65 else dashed(draw)
    return start + text, before + values


@pytest.fixture(scope="module")
def parser() -> Parser:
    return sample_parser()


def test_tails_are_read_exactly(parser: Parser) -> None:
    draw = random.Random(20261127)
    estates = ["商务小区", "全福元花园小区", "豪源丽景", "圣城街道商务小区", "寿光市圣城街道春江丽景小区"]
    cases = [(draw.choice(estates), *tail(draw)) for _ in range(TAILS)]

    columns = parser.parse_many([estate + text for estate, text, _ in cases])

    wrong = []
    for row, (estate, text, values) in enumerate(cases):
        said = []
        for item in range(columns.item_of[row], columns.item_of[row + 1]):
            part = columns.sort[item] == reading.PART and columns.owner[item] < 0
            if part and columns.what[item] >= Element.DOOR and not columns.marks[item] & reading.INFERRED:
                assert columns.start[item] >= len(estate)
                letter = columns.letter[item]
                side = (
                    " 东南西北"[letter]
                    if 0 < letter < 5
                    else "中"
                    if letter == 9
                    else chr(letter)
                    if letter
                    else ""
                )
                said.append((Element(columns.what[item]), int(columns.number[item]), side))
        if said != values:
            wrong.append((estate + text, values, said))
    assert len(wrong) <= TAILS // 200, wrong[:20]


def test_the_floor_of_a_room_is_implied_and_marked_so(parser: Parser) -> None:
    parsed = parser.parse("商务小区3号楼1单元1203室")
    floor = parsed.part(Element.FLOOR)
    assert floor is not None
    assert (floor.number, floor.inferred, floor.start) == (12, True, -1)


@pytest.mark.parametrize(
    ("text", "element", "name"),
    [
        ("商务小区3号楼501-503室", Element.ROOM, "501-503室"),
        ("商务小区3号楼负一层", Element.FLOOR, "负1层"),
        ("商务小区3号楼地下2层", Element.FLOOR, "负2层"),
        ("圣城街188-2号", Element.DOOR, "188号附2号"),
        ("北洛村三组", Element.GROUP, "3组"),
        ("北洛村第三村民小组", Element.GROUP, "3组"),
        ("商务小区12A室", Element.ROOM, "12A室"),
        ("商务小区二十三号楼", Element.BUILDING, "23号楼"),
    ],
)
def test_a_numbered_part_is_written_with_its_usual_suffix(
    parser: Parser, text: str, element: Element, name: str
) -> None:
    part = parser.parse(text).part(element)
    assert part is not None
    assert part.name == name


def test_several_readings_of_an_ambiguous_tail(parser: Parser) -> None:
    parsed = parser.parse("商务小区3楼", alternatives=5)
    readings = {tuple((part.element, part.name) for part in each.parts if part.element >= Element.DOOR)
                for each in (parsed, *parsed.alternatives)}  # fmt: skip
    assert {((Element.BUILDING, "3号楼"),), ((Element.FLOOR, "3层"),)} <= readings
    assert parsed.score >= parsed.alternatives[0].score
