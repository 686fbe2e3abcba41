"""How people write an address that the register has, and what only looks like one."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pytest
from pypinyin import lazy_pinyin

from address.match import Decision, Index, Match
from address.match.near import alike
from address.model import Element
from address.parse import Parser
from address.sample import generate

E = Element


@dataclass(frozen=True)
class Place:
    """An address with the names on its path."""

    row: int
    name: dict[E, str]
    number: dict[E, int]

    def __getattr__(self, element: str) -> str:
        return self.name[E[element]]


class Ground:
    """A register, its index, and single places in it."""

    def __init__(self) -> None:
        self.snapshot = generate(20_000, 11)
        self.index = Index(self.snapshot)
        self.names = self.snapshot.components.name.to_pylist()
        components = self.snapshot.components
        current = [name for name, live in zip(self.names, components.current.tolist(), strict=True) if live]
        values, counts = np.unique(current, return_counts=True)
        self.count = dict(zip(values.tolist(), counts.tolist(), strict=True))

    def place(self, shape: dict[E, str], single: E) -> Place:
        """The first address whose path has just these elements below the village, so written."""
        components = self.snapshot.components
        for row in self.snapshot.addresses.component.tolist():
            name: dict[E, str] = {}
            number: dict[E, int] = {}
            at = row
            while at >= 0:
                element = E(int(components.element[at]))
                name[element], number[element] = self.names[at], int(components.number[at])
                at = int(components.parent[at])
            own = {element: each for element, each in name.items() if element > E.TOWN and element in shape}
            extra = [element for element in name if element > E.VILLAGE and element not in shape]
            fits = len(own) == len(shape) and all(re.fullmatch(shape[each], own[each]) for each in own)
            if fits and not extra and self.count[name[single]] == 1:
                return Place(row, name, number)
        raise LookupError(shape)


@pytest.fixture(scope="module")
def ground() -> Ground:
    return Ground()


@pytest.fixture(scope="module")
def room(ground: Ground) -> Place:
    shape = {
        E.VILLAGE: ".+",
        E.ESTATE: "....",
        E.BUILDING: r"[2-9]号楼",
        E.UNIT: r"[2-9]单元",
        E.ROOM: r"[2-9]0\d室",
    }
    return ground.place(shape, E.ESTATE)


@pytest.fixture(scope="module")
def yard(ground: Ground) -> Place:
    """A door of a village in which none has another number."""
    return ground.place(
        {E.VILLAGE: "[^东西南北前后大小一二三四五六七八]{3,}村", E.DOOR: r"[1-9]\d号"}, E.VILLAGE
    )


@pytest.fixture(scope="module")
def shed(ground: Ground) -> Place:
    return ground.place({E.VILLAGE: ".+村", E.OBJECT: r"[1-9]\d号大棚"}, E.VILLAGE)


@pytest.fixture(scope="module")
def door(ground: Ground) -> Place:
    return ground.place({E.ROAD: "[^东西南北中]{2}路", E.DOOR: r"\d{3}号"}, E.ROAD)


def best(ground: Ground, text: str) -> Match | None:
    found = ground.index.match(text, 1)
    return found[0] if found else None


def accepted(ground: Ground, text: str) -> int:
    found = best(ground, text)
    return found.row if found is not None and found.decision is Decision.AUTOMATIC else -1


@pytest.mark.parametrize(
    "writing",
    [
        "{e}{b}栋第{u}单元{r}房间", "{e}{b}#{u}-{r}", "{e}{b:02d}-{u:02d}-{r:04d}", "{e}{cb}号楼{cu}单元{cr}",
        "{e}{b}/{u}/{r}", "{e}{r}室{u}单元{b}号楼", "{e}院内{b}号楼{u}单元{r}", "{e}大院{b}号楼{u}单元{r}室",
        "寿光的{e}，{b}号楼，{u}单元，{r}", "到{t}{e}后给我打电话，{b}号楼{u}单元{r}室",
        "就是{t}那个超市后面的{e}{b}号楼{u}单元{r}", "从渤海路往东走200米路北{t}{e}{b}号楼{u}单元{r}",
        "我在寿光市{e}{b}号楼{u}单元{r}室，门口停着一辆白车", "{t}{e}{b}号楼{u}单元{r}室放快递柜里",
        "{t}{e}{b}号楼{u}单元{r}室 下午3:30 2箱", "138-1234-5678 {t}{e}{b}号楼{u}单元{r}室",
        '12,"王秀英",18624069196,"寿光市{t}{e}{b}号楼{u}单元{r}室",2024-05-01',
        "姓名：李建国 电话：18653049760 地址：寿光市{t}{e}{b}号楼{u}单元{r}室 数量：2",
        "{t}{e} Building {b} Unit {u} Room {r}", "Room {r}, Unit {u}, Building {b}, {e}, {t}, Shouguang",
        "寿光市{t}{v}{pe}{b}号楼{u}单元{r}", "{t}{e}楼号：{b} 单元号：{u} 房号：{r}",
    ],
)  # fmt: skip
def test_a_room_is_found_however_it_is_written(ground: Ground, room: Place, writing: str) -> None:
    numbers = [room.number[each] for each in (E.BUILDING, E.UNIT, E.ROOM)]
    said = "零一二三四五六七八九"
    text = writing.format(
        e=room.ESTATE, t=room.TOWN, v=room.VILLAGE, b=numbers[0], u=numbers[1], r=numbers[2],
        cb="零壹贰叁肆伍陆柒捌玖"[numbers[0]], cu=said[numbers[1]],
        cr="".join(said[int(digit)] for digit in str(numbers[2])), pe="".join(lazy_pinyin(room.ESTATE)),
    )  # fmt: skip
    assert accepted(ground, text) == room.row, text


@pytest.mark.parametrize(
    ("writing", "sure"),
    [
        ("喂110吗，我是{t}{v}的{n}号，快点来", True), ("{t}{v}{n}号院", True), ("{t}{v}{n}号门", True),
        ("1、{t}{v}{n}号", True), ("No.{n} {pv} Village, {pt}, Shouguang", True), ("{n}号{t}{v}", True),
        ("青州市{t}{v}{n}号", False), ("昌乐县{t}{v}{n}号", False), ("广饶{t}{v}{n}号", False),
        ("Qingdao {t}{v}{n}号", False), ("{v}{n}号，济南市历下区", False),
        ("{t}前{v}{n}号", False), ("{t}吴{v}{n}号", False), ("{t}{bare}九村{n}号", False),
        ("{t}{wrong}{n}号", False),
        ("{t}{v}{n}号东邻", False), ("{t}{v}{n}号东侧的空地", False), ("{t}{v}{n}号楼上", False),
        ("{t}{v}{n}号往东第三家", False), ("{t}{v}{n}号仓库", False), ("{t}{v}{n}号太棚", False),
    ],
)  # fmt: skip
def test_a_door_of_a_village(ground: Ground, yard: Place, writing: str, sure: bool) -> None:
    bare = yard.VILLAGE.removesuffix("村")
    text = writing.format(
        t=yard.TOWN, v=yard.VILLAGE, n=yard.number[E.DOOR], bare=bare, wrong="郑" + yard.VILLAGE[1:],
        pv="".join(lazy_pinyin(bare)), pt="".join(lazy_pinyin(yard.TOWN)),
    )  # fmt: skip
    assert accepted(ground, text) == (yard.row if sure else -1), text


@pytest.mark.parametrize("writing", ["{c}号大棚", "第{n}号大棚", "{n}#大棚", "大棚{n}号", "{n}大棚"])
def test_a_numbered_thing_is_found_however_its_number_is_written(
    ground: Ground, shed: Place, writing: str
) -> None:
    number = shed.number[E.OBJECT] if shed.number[E.OBJECT] >= 0 else int(re.findall(r"\d+", shed.OBJECT)[0])
    tens, ones = divmod(number, 10)
    said = "零一二三四五六七八九"
    spoken = ("" if tens == 1 else said[tens]) + "十" + (said[ones] if ones else "")
    text = shed.TOWN + shed.VILLAGE + writing.format(n=number, c=spoken)
    assert accepted(ground, text) == shed.row, text


@pytest.mark.parametrize(
    ("writing", "sure"),
    [
        ("{t}{r}{n}号一楼", True), ("{t}{r}{n}号2楼", True), ("{t}{r}门牌{n}号", True),
        ("{t}{r}{n}号沿街", True),
        ("No.{n}, {p} Road, Shouguang City, Shandong Province, China", True), ("{t}{r}{n}号李宁专卖店", True),
        ("{t}{street}{n}号", False), ("{t}{r}{n}-{m}号", False),
    ],
)  # fmt: skip
def test_a_door_of_a_street(ground: Ground, door: Place, writing: str, sure: bool) -> None:
    text = writing.format(
        t=door.TOWN, r=door.ROAD, n=door.number[E.DOOR], m=door.number[E.DOOR] + 2,
        street=door.ROAD[:-1] + "街", p="".join(lazy_pinyin(door.ROAD[:-1])).capitalize(),
    )  # fmt: skip
    assert accepted(ground, text) == (door.row if sure else -1), text


@pytest.mark.parametrize(
    "tail",
    ["{b}号楼{u}单元负一层", "{b}号楼{u}单元-1层", "{b}号楼{u}单元地下室", "{b}号楼1号商铺",
     "物业办公室", "{b}号楼沿街房",
     "{b}号楼{u}单元{r}-{m}室", "七期{b}号楼{u}单元{r}室", "{b}号楼{u}单元{r}室对门"],
)  # fmt: skip
def test_what_an_estate_lacks_is_not_accepted_for_it(ground: Ground, room: Place, tail: str) -> None:
    numbers = [room.number[each] for each in (E.BUILDING, E.UNIT, E.ROOM)]
    text = room.TOWN + room.ESTATE + tail.format(b=numbers[0], u=numbers[1], r=numbers[2], m=numbers[2] + 1)
    assert accepted(ground, text) == -1, text


def test_a_number_does_not_find_the_name_that_has_this_number_in_the_table(ground: Ground) -> None:
    """Of every town: a door that it has not is found in none of its villages as a name."""
    components = ground.snapshot.components
    for town in np.flatnonzero((components.element == E.TOWN) & components.current).tolist():
        for row in np.flatnonzero((components.parent == town) & (components.element == E.VILLAGE)).tolist():
            text = f"{ground.names[town]}{ground.index.tables.name[row]}号"
            found = best(ground, text)
            assert found is None or found.row != row or not found.evidence or all(
                each.part.element is not E.DOOR or each.outcome.value != "agrees" for each in found.evidence
            ), text  # fmt: skip


def test_a_unit_beyond_the_register_is_told(ground: Ground) -> None:
    parsed = Parser(ground.snapshot).parse("山东省青州市圣城街道渤海路12号")
    assert [(part.name, part.components) for part in parsed.parts if part.element is E.COUNTY] == [
        ("青州市", ())
    ]
    assert "unknown-county" in [conflict.code for conflict in parsed.conflicts]


@pytest.mark.parametrize(
    ("text", "floor", "notes"),
    [
        ("圣城街道商务小区3号楼2单元501放丰巢", 5, ("放丰巢",)), ("圣城街595号三楼", 3, ()),
        ("5月1日 圣城街595号2楼", 2, ("5月", "1日")), ("商务小区3号楼负1层", -1, ()),
    ],
)  # fmt: skip
def test_floors_and_remarks(ground: Ground, text: str, floor: int, notes: tuple[str, ...]) -> None:
    parsed = ground.index.parser.parse(text)
    level = parsed.part(E.FLOOR)
    assert level is not None and level.number == floor
    assert parsed.notes == notes
    assert all(text[part.start : part.end] for part in parsed.parts if not part.inferred)


def test_forms_that_are_mistaken_for_one_another() -> None:
    pairs = [("城", "诚"), ("末", "未"), ("候", "侯")]
    assert all(
        alike.py_func(ord(one), ord(other)) and alike.py_func(ord(other), ord(one)) for one, other in pairs
    )
    assert not any(
        alike.py_func(ord(one), ord(other)) for one, other in [("路", "街"), ("张", "李"), ("东", "西")]
    )
