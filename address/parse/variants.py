"""The writings of a name 名称写法: what people write for it, and how much less sure each is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from address.model import Element
from address.parse.fold import DIGITS
from address.wording import readings

OFFICES = ("村民委员会", "村委会", "社区居民委员会", "社区居委会", "居民委员会", "居委会", "村委", "居委")
_VILLAGE_ENDS = (*OFFICES, "社区", "村")
_STREET_OFFICE_ENDS = ("街道办事处", "街道")
_DISTRICT_END = "管委会"
_ESTATE_ENDS = ("小区", "花园", "社区", "家园", "公寓")
_TOWN, _VILLAGE = Element.TOWN, Element.VILLAGE
_UPPER_ENDS = {Element.PROVINCE: "省", Element.PREFECTURE: "市", Element.COUNTY: "市"}


def standard(element: Element, name: str) -> str:
    """The name as an address says it: 桑家营子村委会 → 桑家营子村, 双王城…管委会 without its office."""
    if element is _TOWN:
        return name.removesuffix(_DISTRICT_END).replace("街道办事处", "街道")
    if element is not _VILLAGE:
        return name
    for office in OFFICES:
        if name.endswith(office) and len(name) > len(office) + 1:
            core = name.removesuffix(office).removesuffix("社区")
            return core + ("社区" if "居" in office else "村")
    return name


def writings(element: Element, name: str) -> Iterator[tuple[str, float]]:
    """Every writing of a name with what it costs to read it as that name."""
    yield name, 0.0
    if element is Element.TOWN:
        yield from _of_town(name)
    elif element in (Element.VILLAGE, Element.HAMLET):
        yield from _of_village(name)
        if element is Element.HAMLET:
            yield f"{name.removesuffix('村')}自然村", 0.2
    elif element is Element.ROAD:
        yield from _of_road(name)
    elif element is Element.ESTATE:
        yield from _of_estate(name)
    elif element is Element.OBJECT:
        yield from _of_numbered(name)
    elif element in _UPPER_ENDS:
        core = name.removesuffix(_UPPER_ENDS[element])
        yield core, 0.3
        if element is Element.PREFECTURE:
            yield f"{core}地区", 0.5
        if element is Element.COUNTY:
            yield f"{core}县", 0.5


_ENGLISH: dict[Element, tuple[tuple[str, str], ...]] = {
    Element.PROVINCE: (("省", "PROVINCE"),),
    Element.PREFECTURE: (("市", "CITY"),),
    Element.COUNTY: (("市", "CITY"), ("县", "COUNTY"), ("区", "DISTRICT")),
    Element.TOWN: (("街道", "SUBDISTRICT"), ("街道", "STREET"), ("镇", "TOWN"), ("乡", "TOWNSHIP")),
    Element.VILLAGE: (("村", "VILLAGE"), ("社区", "COMMUNITY")),
    Element.ROAD: (
        ("大街", "STREET"), ("大街", "AVENUE"), ("街", "STREET"), ("街", "ST"),
        ("大道", "AVENUE"), ("路", "ROAD"), ("路", "RD"),
    ),
    Element.ESTATE: (("小区", "COMMUNITY"), ("花园", "GARDEN")),
}  # fmt: skip
LEAST_ROMANISED = 5
"""Letters that a name in pinyin has at least; shorter ones are read into other words."""


def romanised(element: Element, name: str) -> Iterator[tuple[str, float]]:
    """A name in letters, as folded: QUANFUYUANHUAYUANXIAOQU; SHENGCHENGSTREET."""
    wholes = ["".join(spoken).upper() for spoken in readings(standard(element, name))]
    if len(wholes[0]) < LEAST_ROMANISED or not wholes[0].isascii() or not wholes[0].isalpha():
        return
    yield from ((whole, 0.1) for whole in wholes)
    for end, english in _ENGLISH.get(element, ()):
        core = standard(element, name).removesuffix(end)
        for spoken in readings(core) if core and core != name else ():
            letters = "".join(spoken).upper()
            yield letters + english, 0.2
            if element <= Element.TOWN and len(letters) >= LEAST_ROMANISED:
                yield letters, 0.4


def _of_town(name: str) -> Iterator[tuple[str, float]]:
    for end in _STREET_OFFICE_ENDS:
        if name.endswith(end):
            core = name.removesuffix(end)
            for ending, cost in (
                ("街道", 0),
                ("街道办事处", 0),
                ("街道办", 0.1),
                ("街办", 0.2),
                ("办事处", 0.2),
            ):
                yield core + ending, cost
            yield core, 1.0
            yield f"{core}镇", 0.6
            yield from _of_commune(core)
            return
    if name.endswith(_DISTRICT_END):
        whole = name.removesuffix(_DISTRICT_END)
        yield whole, 0.0
        name = whole
    if name.endswith("生态经济园区"):
        core = name.removesuffix("生态经济园区")
        yield name + _DISTRICT_END, 0.0
        yield core, 0.8
        for ending in ("园区", "生态园区", "经济园区", "生态经济区", "生态园", "生态经济园"):
            yield core + ending, 0.4
    elif name.endswith(("镇", "乡")):
        core = name[:-1]
        yield f"{core}镇", 0.3
        yield f"{core}乡", 0.6
        yield f"{core}街道", 0.9
        yield from _of_commune(core)
        yield core, 1.0


def _of_commune(core: str) -> Iterator[tuple[str, float]]:
    """What a town was called until 1984, in old papers."""
    yield f"{core}公社", 0.5
    yield f"{core}人民公社", 0.5


def _of_village(name: str) -> Iterator[tuple[str, float]]:
    end = next((end for end in _VILLAGE_ENDS if name.endswith(end) and len(name) > len(end)), "")
    core = name.removesuffix(end)
    if end in OFFICES:
        core = core.removesuffix("社区")
    community = "居" in end or end == "社区"
    own, other = ("社区", "村") if community else ("村", "社区")
    cores = [(core, 0.0)]
    if core[-1:] in DIGITS and len(core) > 1:
        cores.append((core[:-1] + str(DIGITS.index(core[-1])), 0.2))
    for each, cost in cores:
        yield each + own, cost
        yield each + other, cost + 0.5
        for office in OFFICES:
            yield each + office, cost + (0.0 if community == ("居" in office) else 0.4)
        brigade = each if not community else each + own
        yield f"{brigade}大队", cost + 0.5
        yield f"{brigade}生产大队", cost + 0.5
        bare = 0.1 if each.endswith(("村", "庄")) and len(each) > 2 else 0.8 if len(each) > 2 else 1.3
        yield each, cost + bare


def _of_road(name: str) -> Iterator[tuple[str, float]]:
    if name.endswith(("大街", "大道")):
        yield name[:-2] + name[-1], 0.6
    elif name.endswith("街") and len(name) > 2:
        yield f"{name[:-1]}大街", 0.6


_THING_FIRST, _NUMBER_FIRST = re.compile(r"(\D+)(\d+)号"), re.compile(r"(\d+)号(\D+)")
_ALONG = ("沿街", "临街")


def _of_numbered(name: str) -> Iterator[tuple[str, float]]:
    """沿街商铺6号 is 沿街6号商铺 and 6号商铺 as well, 5号大棚 is 5号棚."""
    if found := _THING_FIRST.fullmatch(name):
        thing, number = found.groups()
        for along in _ALONG:
            if thing.startswith(along) and thing != along:
                thing = thing.removeprefix(along)
                yield f"{along}{number}号{thing}", 0.1
                yield f"{number}号{along}{thing}", 0.1
        yield f"{number}号{thing}", 0.3
    elif (found := _NUMBER_FIRST.fullmatch(name)) and found[2] == "大棚":
        yield f"{found[1]}号棚", 0.1
        for thing in ("温室大棚", "蔬菜大棚", "温室"):
            yield f"{found[1]}号{thing}", 0.1


def _of_estate(name: str) -> Iterator[tuple[str, float]]:
    if not name.endswith("小区"):
        yield f"{name}小区", 0.3
    for end in _ESTATE_ENDS:
        core = name.removesuffix(end)
        if core != name and len(core) > 1:
            yield core, 0.9 if len(core) > 2 else 1.4
            if end != "小区":
                yield f"{core}小区", 0.6
