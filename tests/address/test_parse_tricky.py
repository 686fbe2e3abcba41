"""The tricky lines of the reference, element by element, against the sample register.

Expected: the reference's table, section 7. A part is its element, its name in standard
writing and what stands for it in the line (None where it is implied).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from address_ground import sample_parser

from address.model import Element
from address.model import QualifierKind as Q
from address.parse import Parser

Said = tuple[Element, str, str | None]


@dataclass(frozen=True)
class Line:
    text: str
    parts: tuple[Said, ...]
    qualifiers: tuple[tuple[Q, str, str | None, float | None, tuple[str, ...]], ...] = ()
    conflicts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    codes: dict[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()


def street(name: str, written: str | None = "") -> Said:
    return (Element.TOWN, name, name if written == "" else written)


LINES = (
    Line(
        "山东省潍坊市寿光市圣城街道商务小区3号楼2单元501室",
        (
            street("圣城街道"), (Element.ESTATE, "商务小区", "商务小区"),
            (Element.BUILDING, "3号楼", "3号楼"),
            (Element.UNIT, "2单元", "2单元"), (Element.FLOOR, "5层", None), (Element.ROOM, "501室", "501室"),
        ),
    ),
    Line(
        "寿光市文家街道桑家营子村123号",
        (street("文家街道"), (Element.VILLAGE, "桑家营子村", "桑家营子村"), (Element.DOOR, "123号", "123号")),
        codes={"桑家营子村": "370783003215"},
    ),
    Line(
        "寿光菜都路与渤海路交叉口东北角",
        (),
        (
            (Q.CROSSING, "菜都路与渤海路交叉口", None, None, ("菜都路", "渤海路")),
            (Q.DIRECTION, "东北角", "东北", None, ()),
        ),
    ),
    Line(
        "潍坊寿光洛城街道办事处东斟灌村村委会",
        (
            street("洛城街道", "洛城街道办事处"), (Element.VILLAGE, "东斟灌村", "东斟灌村"),
            (Element.OBJECT, "东斟灌村村委会", "东斟灌村村委会"),
        ),
        codes={"东斟灌村": "370783005303"},
    ),
    Line("寿光市侯镇岔河盐场", (street("侯镇"), (Element.OBJECT, "岔河盐场", "岔河盐场"))),
    Line("圣城街 595号", ((Element.ROAD, "圣城街", "圣城街"), (Element.DOOR, "595号", "595号"))),
    Line(
        "山东寿光圣城街595号寿光市人民政府",
        (
            (Element.ROAD, "圣城街", "圣城街"), (Element.DOOR, "595号", "595号"),
            (Element.OBJECT, "寿光市人民政府", "寿光市人民政府"),
        ),
    ),
    Line(
        "寿光市圣城街道银海路以西、商务小区南门东50米路北沿街商铺3号",
        (street("圣城街道"), (Element.OBJECT, "沿街商铺3号", "沿街商铺3号")),
        (
            (Q.DIRECTION, "银海路以西", "西", None, ("银海路",)),
            (Q.DISTANCE, "商务小区南门东50米", "东", 50.0, ("商务小区",)),
            (Q.DIRECTION, "路北", "北", None, ()),
        ),
    ),
    Line(
        "山东省寿光市孙家集街道三元朱村",
        (street("孙家集街道"), (Element.VILLAGE, "三元朱村", "三元朱村")),
        codes={"三元朱村": "370783006232"},
    ),
    Line(
        "山东省潍坊寿光市羊口镇渔港路东首羊口渔港",
        (street("羊口镇"), (Element.ROAD, "渔港路", "渔港路"), (Element.OBJECT, "羊口渔港", "羊口渔港")),
        ((Q.DIRECTION, "东首", "东", None, ("渔港路",)),),
    ),
    Line(
        "寿光晨鸣国际大酒店斜对面",
        ((Element.OBJECT, "晨鸣国际大酒店", "晨鸣国际大酒店"),),
        ((Q.RELATIVE, "斜对面", None, None, ("晨鸣国际大酒店",)),),
    ),
    Line(
        "潍坊市寿光市稻田镇马寨村北首",
        (street("稻田镇"), (Element.VILLAGE, "马寨村", "马寨村")),
        ((Q.DIRECTION, "北首", "北", None, ("马寨村",)),),
        codes={"马寨村": "370783112225"},
    ),
    Line(
        "寿光市古城街道北洛村188号附1号",
        (street("古城街道"), (Element.VILLAGE, "北洛村", "北洛村"),
        (Element.DOOR, "188号附1号", "188号附1号")),
        codes={"北洛村": "370783004235"},
    ),
    Line(
        "寿光市古城街道北洛村188号-1",
        (street("古城街道"), (Element.VILLAGE, "北洛村", "北洛村"),
        (Element.DOOR, "188号附1号", "188号-1")),
    ),
    Line(
        "寿光市古城街道北洛村188号-1号楼",
        (street("古城街道"), (Element.VILLAGE, "北洛村", "北洛村"),
        (Element.DOOR, "188号", "188号"), (Element.BUILDING, "1号楼", "1号楼")),
    ),
    Line(
        "寿光市洛城街道农圣街与金光街交叉口南200米 寿光蔬菜高科技示范园10号厅",
        (
            street("洛城街道"), (Element.BUILDING, "10号厅", "10号厅"),
            (Element.OBJECT, "寿光蔬菜高科技示范园", "寿光蔬菜高科技示范园"),
        ),
        (
            (Q.CROSSING, "农圣街与金光街交叉口", None, None, ("农圣街", "金光街")),
            (Q.DISTANCE, "南200米", "南", 200.0, ()),
        ),
    ),
    Line(
        "山东省潍坊市寿光市全福元社区居委会全福元花园小区12-3-1001",
        (
            street("圣城街道", None), (Element.VILLAGE, "全福元社区", "全福元社区居委会"),
            (Element.ESTATE, "全福元花园小区", "全福元花园小区"), (Element.BUILDING, "12号楼", "12"),
            (Element.UNIT, "3单元", "3"), (Element.FLOOR, "10层", None), (Element.ROOM, "1001室", "1001"),
        ),
        codes={"全福元社区": "370783001069"},
    ),
    Line(
        "寿光市上口镇西景明二村村民委员会",
        (
            street("上口镇"), (Element.VILLAGE, "西景明二村", "西景明二村"),
            (Element.OBJECT, "西景明二村村委会", "西景明二村村民委员会"),
        ),
        codes={"西景明二村": "370783108220"},
    ),
    Line(
        "寿光市双王城生态经济园区寇家坞三村",
        (street("双王城生态经济园区"), (Element.VILLAGE, "寇家坞三村", "寇家坞三村")),
        codes={"双王城生态经济园区": "370783400000", "寇家坞三村": "370783400205"},
    ),
    Line(
        "山东省寿光市台头镇工业区(台头镇政府驻地)防水产业园B区7栋2层",
        (
            (Element.ZONE, "工业区", "工业区"), street("台头镇"),
            (Element.ESTATE, "防水产业园", "防水产业园"),
            (Element.SECTION, "B区", "B区"), (Element.BUILDING, "7号楼", "7栋"),
            (Element.FLOOR, "2层", "2层"),
        ),
        notes=("(台头镇政府驻地)",),
    ),
    Line(
        "寿光市弥河镇张家村",
        (street("弥河镇"), (Element.VILLAGE, "张家村", "张家村")),
        conflicts=("former-unit", "unknown-village"),
        unknown=("张家村",),
    ),
    Line(
        "潍坊寿光圣城街道金光西街2299号豪源丽景C座1单元1402",
        (
            street("圣城街道"), (Element.ROAD, "金光西街", "金光西街"),
            (Element.ESTATE, "豪源丽景", "豪源丽景"),
            (Element.DOOR, "2299号", "2299号"), (Element.BUILDING, "C座", "C座"),
            (Element.UNIT, "1单元", "1单元"),
            (Element.FLOOR, "14层", None), (Element.ROOM, "1402室", "1402"),
        ),
    ),
    Line(
        "山東省壽光市聖城街道辦事處仓圣社区12号楼三单元四楼西户",
        (
            street("圣城街道", "聖城街道辦事處"), (Element.VILLAGE, "仓圣社区", "仓圣社区"),
            (Element.BUILDING, "12号楼", "12号楼"), (Element.UNIT, "3单元", "三单元"),
            (Element.FLOOR, "4层", "四楼"),
            (Element.ROOM, "西户", "西户"),
        ),
        codes={"仓圣社区": "370783001057"},
    ),
    Line(
        "寿光市化龙镇东丰城村、丰城一村交界处大棚区",
        (
            street("化龙镇"), (Element.VILLAGE, "东丰城村", "东丰城村"),
            (Element.VILLAGE, "丰城一村", "丰城一村"),
            (Element.OBJECT, "大棚区", "大棚区"),
        ),
        ((Q.RELATIVE, "交界处", None, None, ("东丰城村", "丰城一村")),),
        conflicts=("unknown-village",),
        codes={"丰城一村": "370783100220"},
        unknown=("东丰城村",),
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def parser() -> Parser:
    return sample_parser()


@pytest.mark.parametrize("line", LINES, ids=[line.text for line in LINES])
def test_a_tricky_line_is_read_element_by_element(parser: Parser, line: Line) -> None:
    parsed = parser.parse(line.text)

    said = [
        (part.element, part.name, None if part.inferred else line.text[part.start : part.end])
        for part in parsed.parts
        if part.element > Element.COUNTY
    ]
    assert said == list(line.parts)
    assert [
        (q.kind, line.text[q.start : q.end], q.direction, q.distance_m, tuple(part.name for part in q.parts))
        for q in parsed.qualifiers
    ] == list(line.qualifiers)
    assert tuple(conflict.code for conflict in parsed.conflicts) == line.conflicts
    assert parsed.notes == line.notes


@pytest.mark.parametrize("line", LINES, ids=[line.text for line in LINES])
def test_every_line_is_completed_upwards_and_tied_to_the_register(parser: Parser, line: Line) -> None:
    parsed = parser.parse(line.text)
    components = parser.snapshot.components

    upper = [part.name for part in parsed.parts if part.element <= Element.COUNTY]
    assert upper == ([] if not parsed.parts else ["山东省", "潍坊市", "寿光市"])
    for name, code in line.codes.items():
        part = next(part for part in parsed.parts if part.name == name)
        assert [components.code[row].as_py() for row in part.components] == [code]
    named = {Element.TOWN, Element.VILLAGE, Element.ROAD, Element.ESTATE}
    unknown = [part.name for part in parsed.parts if part.element in named and not part.components]
    assert unknown == list(line.unknown)
