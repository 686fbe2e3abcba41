"""The kinds of disturbance 干扰种类: each changes a writing in one way, or says that it cannot.

A disturbance keeps the meaning: it leaves away only what the register can supply, and
writes no name that the register knows for something else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from address.disturb import characters
from address.disturb.writing import Register, Writing
from address.model import Element

E = Element
Apply = Callable[[Writing, Register, np.random.Generator], Writing | None]
UPPER = (E.PROVINCE, E.PREFECTURE, E.COUNTY)
ANCHORS = (E.ROAD, E.LANE, E.ESTATE, E.VILLAGE)
SURNAMES, GIVEN = "王李张刘陈杨赵孙马桑", "伟芳娜敏静强磊军洋勇艳杰涛明超"


@dataclass(frozen=True, slots=True)
class Disturbance:
    """One way in which people's writing differs from the standard."""

    name: str
    title_zh: str
    apply: Apply


def _pick(generator: np.random.Generator, *choices: str) -> str:
    return choices[int(generator.integers(len(choices)))]


def _anchor(writing: Writing) -> int:
    """The piece under the town that carries the address: road, estate, else village, else thing."""
    for elements in ((E.ESTATE, E.ROAD, E.LANE), (E.VILLAGE,), (E.OBJECT,)):
        at = writing.find(*elements)
        if at >= 0:
            return at
    return -1


def _no_upper(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    return writing.without(*UPPER) if writing.find(*UPPER) >= 0 else None


def _short_upper(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    if writing.find(*UPPER) < 0:
        return None
    pieces = tuple(
        replace(piece, text=piece.text[:-1]) if piece.element in UPPER else piece for piece in writing.pieces
    )
    return replace(writing, pieces=pieces)


def _county_alone(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    return writing.without(E.PROVINCE, E.PREFECTURE) if writing.find(E.PROVINCE) >= 0 else None


def _no_town(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    at = _anchor(writing)
    if at < 0 or writing.find(E.TOWN) < 0 or not register.is_single(register.names[writing.pieces[at].row]):
        return None
    return writing.without(E.TOWN)


def _no_village(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    at = writing.find(E.ESTATE)
    if at < 0 or writing.find(E.VILLAGE) < 0:
        return None
    return writing.without(E.VILLAGE) if register.is_single(register.names[writing.pieces[at].row]) else None


def _no_unit(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    at, room = writing.find(E.UNIT), writing.find(E.ROOM)
    if at < 0 or room < 0 or writing.pieces[at].row < 0:
        return None
    units = register.children[register.parents[writing.pieces[at].row]]
    return writing.without(E.UNIT) if len(units) == 1 else None


def _short_town(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    at = writing.find(E.TOWN)
    if at < 0:
        return None
    name = register.names[writing.pieces[at].row]
    if name.endswith("街道"):
        core = name.removesuffix("街道")
        return writing.put(at, core + _pick(generator, "街道办事处", "街办", "街道办", "办事处"))
    if name.endswith("镇") and len(name) > 2:
        return writing.put(at, name[:-1])
    return writing.put(at, "双王城") if name.startswith("双王城") else None


def _village_office(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    at = writing.find(E.VILLAGE)
    if at < 0:
        return None
    text = writing.pieces[at].text
    if text.endswith("村"):
        return writing.put(at, text[:-1] + _pick(generator, "村委会", "村民委员会"))
    return writing.put(at, text + _pick(generator, "居委会", "居民委员会")) if text.endswith("社区") else None


def _bare_village(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    at = writing.find(E.VILLAGE)
    if at < 0 or at + 1 >= len(writing.pieces):
        return None
    core = writing.pieces[at].text.removesuffix("村").removesuffix("社区")
    # 王高二 2号楼 would run together with a numeral, 寨里 is twice in the city.
    if len(core) < 3 or core[-1] in characters.NUMERALS or not register.is_single(core):
        return None
    return writing.put(at, core)


def _short_estate(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    at = writing.find(E.ESTATE)
    if at < 0 or at + 1 >= len(writing.pieces):
        return None
    name = writing.pieces[at].text
    core = name.removesuffix("小区").removesuffix("花园")
    if core == name or len(core) < 2 or not register.is_single(name):
        return None
    return writing.put(at, core)


def _more_estate(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    at = writing.find(E.ESTATE)
    if at < 0 or writing.pieces[at].text.endswith("小区"):
        return None
    return writing.put(at, writing.pieces[at].text + "小区")


def _alias(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    at = writing.find(E.ESTATE, E.ROAD, E.OBJECT)
    if at < 0:
        return None
    known = [
        text
        for text in register.aliases.get(writing.pieces[at].row, ())
        if not text[-2:-1].isdigit() and register.bearers[text] == 0
    ]
    return writing.put(at, known[int(generator.integers(len(known)))]) if known else None


def _former_town(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    at = writing.find(E.TOWN)
    anchor = _anchor(writing)
    if at < 0 or anchor < 0 or not register.is_single(register.names[writing.pieces[anchor].row]):
        return None
    former = register.former.get(writing.pieces[at].row)
    return writing.put(at, former[int(generator.integers(len(former)))]) if former else None


def _changed(
    writing: Writing, register: Register, generator: np.random.Generator, change: Callable[[str], str]
) -> Writing | None:
    """One character of the carrying name, or of the town, becomes another."""
    anchor = writing.find(E.TOWN) if generator.random() < 0.3 else _anchor(writing)
    if anchor < 0:
        return None
    text = writing.pieces[anchor].text
    core = next(
        (len(text) - len(end) for end in ("街道", "小区", "花园", "社区", "大街") if text.endswith(end)), 0
    )
    places = generator.permutation(core or max(len(text) - 1, 1)).tolist()
    for place in places:
        other = change(text[place])
        changed = text[:place] + other + text[place + 1 :]
        if other != text[place] and text[place] not in characters.NUMERALS + "东西南北中":
            close = any(
                known != text and len(known) == len(changed) and sum(map(str.__ne__, known, changed)) <= 1
                for known in _near(register, changed)
            )
            return None if close else writing.put(anchor, changed)
    return None


def _near(register: Register, text: str) -> list[str]:
    """Names of the register that share all but one character with a text."""
    found = []
    for at in range(len(text)):
        found += register.one_off().get(text[:at] + "*" + text[at + 1 :], ())
    return found


def _homophone(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    return _changed(writing, register, generator, lambda char: characters.homophone(char, generator))


def _look_alike(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    return _changed(writing, register, generator, lambda char: characters.alike().get(char, char))


def _lost_character(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    at = _anchor(writing)
    if at < 0 or len(writing.pieces[at].text) < 5:
        return None
    text = writing.pieces[at].text
    place = int(generator.integers(1, len(text) - 2))
    short = text[:place] + text[place + 1 :]
    return None if text[place] in characters.NUMERALS or register.bearers[short] else writing.put(at, short)


def _doubled_character(
    writing: Writing, register: Register, generator: np.random.Generator
) -> Writing | None:
    at = _anchor(writing)
    if at < 0 or len(writing.pieces[at].text) < 3:
        return None
    text = writing.pieces[at].text
    place = int(generator.integers(len(text) - 1))
    return writing.put(at, text[: place + 1] + text[place:])


def _piecewise(writing: Writing, change: Callable[[str], str]) -> Writing:
    return replace(
        writing,
        pieces=tuple(replace(piece, text=change(piece.text)) for piece in writing.pieces),
        before=change(writing.before),
        after=change(writing.after),
    )


def _traditional(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    return _piecewise(writing, characters.traditional)


def _full_width(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    return _piecewise(writing, characters.full_width)


def _spaces(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    gap = _pick(generator, " ", "　", "  ")
    pieces = [
        replace(piece, text=piece.text + gap) if generator.random() < 0.4 else piece
        for piece in writing.pieces
    ]
    return replace(writing, pieces=tuple(pieces))


def _punctuation(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    mark = _pick(generator, ",", "，", "、", ";", "/", "|")
    last = len(writing.pieces) - 1
    return replace(
        writing,
        pieces=tuple(
            replace(piece, text=piece.text + mark) if at < last and generator.random() < 0.5 else piece
            for at, piece in enumerate(writing.pieces)
        ),
    )


def _repeated(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    at = writing.find(E.COUNTY)
    if at < 0:
        return None
    pieces = list(writing.pieces)
    until = at + 2 if at + 1 < len(pieces) and pieces[at + 1].element is E.TOWN else at + 1
    return replace(writing, pieces=tuple(pieces[:until] + pieces[at:]))


def _detail_first(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    at = _anchor(writing)
    if at < 1:
        return None
    pieces = writing.pieces
    return replace(
        writing, pieces=(*pieces[at:], replace(pieces[0], text="," + pieces[0].text), *pieces[1:at])
    )


def _town_in_brackets(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    at = writing.find(E.VILLAGE) if writing.find(E.ESTATE) >= 0 else writing.find(E.TOWN)
    return writing.put(at, f"({writing.pieces[at].text})") if at >= 0 else None


def _note(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    note = _pick(
        generator, "(超市旁边)", "（快递放门卫）", "(老房子)", "(白色大门)", "（东邻超市50米）", "(租户)"
    )
    return replace(writing, after=writing.after + note)


def _telephone(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    number = f"1{generator.integers(3, 10)}{generator.integers(10**8, 10**9)}"
    form = _pick(generator, " {}", "电话{}", "，{}", " 联系电话：{}", "({})")
    return replace(writing, after=writing.after + form.format(number))


def _land_line(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    return replace(writing, after=f"{writing.after} 0536-52{generator.integers(10**5, 10**6)}")


def _person(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    name = _pick(generator, *SURNAMES) + "".join(
        _pick(generator, *GIVEN) for _ in range(generator.integers(1, 3))
    )
    form = _pick(generator, "联系人：{}", " 收件人{}", "（{}收）", " 户主：{}")
    return replace(writing, after=writing.after + form.format(name))


def _label(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    return replace(
        writing, before=_pick(generator, "地址：", "现住址:", "家庭住址 ", "详细地址：", "坐落于", "中国")
    )


def _postcode(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    return replace(writing, after=f"{writing.after} 262700")


def _suffixed(
    writing: Writing, generator: np.random.Generator, element: Element, *suffixes: str
) -> Writing | None:
    at = writing.find(element)
    if at < 0:
        return None
    piece = writing.pieces[at]
    if piece.number < 0 or not piece.text[:1].isdigit() or not _is_plain(piece.text):
        return None
    return writing.put(at, f"{piece.number}{_pick(generator, *suffixes)}")


def _is_plain(text: str) -> bool:
    return text in {
        f"{text[:n]}{end}"
        for n in range(1, len(text))
        for end in ("号", "号楼", "单元", "室")
        if text[:n].isdigit()
    }


def _building_suffix(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    return _suffixed(writing, generator, E.BUILDING, "栋", "幢", "#", "座", "#楼", "号", "楼", "号住宅楼")


def _unit_suffix(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    return _suffixed(writing, generator, E.UNIT, "门", "号单元", "梯")


def _room_suffix(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    return _suffixed(writing, generator, E.ROOM, "", "号", "户", "房", "号室")


def _dashes(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """3号楼2单元501室 → 3-2-501."""
    first = writing.find(E.BUILDING)
    tail = writing.pieces[first:]
    if first < 0 or len(tail) < 2 or any(piece.number < 0 or not _is_plain(piece.text) for piece in tail):
        return None
    mark = _pick(generator, "-", "-", "－", "—")
    joined = replace(tail[-1], text=mark.join(str(piece.number) for piece in tail))
    return replace(writing, pieces=(*writing.pieces[:first], joined)) if tail[-1].element is E.ROOM else None


def _hash_dash(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """12号楼2单元501室 → 12#2-501."""
    at, unit, room = writing.find(E.BUILDING), writing.find(E.UNIT), writing.find(E.ROOM)
    if min(at, unit, room) < 0 or any(
        piece.number < 0 or not _is_plain(piece.text) for piece in writing.pieces[at:]
    ):
        return None
    one, two, three = (writing.pieces[each].number for each in (at, unit, room))
    joined = replace(writing.pieces[room], text=f"{one}#{two}-{three}")
    return replace(writing, pieces=(*writing.pieces[:at], joined))


def _chinese_numerals(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    at = writing.find(E.BUILDING, E.DOOR, E.GROUP)
    if at < 0 or (writing.find(E.UNIT) >= 0 and generator.random() < 0.5):
        at = writing.find(E.UNIT)
    if at < 0 or writing.pieces[at].number < 0 or not writing.pieces[at].text[:1].isdigit():
        return None
    piece = writing.pieces[at]
    # A numeral behind a name that ends in one would become part of it.
    if (at and writing.pieces[at - 1].text[-1:] in characters.NUMERALS) or not 0 < piece.number < 200:
        return None
    digits = str(piece.number)
    if not piece.text.startswith(digits):
        return None
    return writing.put(at, characters.chinese(piece.number) + piece.text[len(digits) :])


def _door_written(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """188号附1号 → 188-1号, 188号之1, 188附1号; 188号 → 188 or №."""
    at = writing.find(E.DOOR)
    if at < 0:
        return None
    piece = writing.pieces[at]
    if piece.sub_number >= 0:
        if piece.text != f"{piece.number}号附{piece.sub_number}号":
            return None
        form = _pick(generator, "{}-{}号", "{}号之{}", "{}附{}号", "{}号附{}", "{}号-{}")
        return writing.put(at, form.format(piece.number, piece.sub_number))
    if at + 1 < len(writing.pieces) or piece.text != f"{piece.number}号":
        return None
    return writing.put(at, _pick(generator, f"{piece.number}", f"第{piece.number}号", f"{piece.number}號"))


def _floor(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """501室 → 5层501室."""
    at = writing.find(E.ROOM)
    if at < 0 or writing.pieces[at].number < 100 or not _is_plain(writing.pieces[at].text):
        return None
    floor = writing.pieces[at].number // 100
    return writing.put(at, f"{floor}{_pick(generator, '层', '楼')}{writing.pieces[at].text}")


def _ocr(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """0 read as O, 1 as l in the last number, as scanners do."""
    at = len(writing.pieces) - 1
    text = writing.pieces[at].text
    places = [place for place, char in enumerate(text) if char in characters.OCR_DIGITS]
    if not places:
        return None
    place = places[int(generator.integers(len(places)))]
    return writing.put(at, text[:place] + characters.OCR_DIGITS[text[place]] + text[place + 1 :])


def _two_communities(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """A second community in brackets, as after a merger."""
    at = writing.find(E.VILLAGE)
    if at < 0 or writing.find(E.ESTATE) < 0:
        return None
    others = [
        row for row in register.children[register.parents[writing.pieces[at].row]]
        if register.elements[row] == E.VILLAGE and row != writing.pieces[at].row
    ]  # fmt: skip
    if not others:
        return None
    other = register.names[others[int(generator.integers(len(others)))]]
    return writing.put(at, f"{writing.pieces[at].text}（原{other}）")


def _beside(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    at = writing.find(E.ROAD)
    if at < 0 or writing.find(E.DOOR) < 0:
        return None
    return replace(writing, after=writing.after + _pick(generator, "路北", "路南", "路东", "路西"))


def _crossing_note(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    at = writing.find(E.ROAD)
    meets = register.meets(writing.pieces[at].row) if at >= 0 and writing.find(E.DOOR) >= 0 else []
    if not meets:
        return None
    other = register.names[meets[int(generator.integers(len(meets)))]]
    return replace(writing, after=f"{writing.after}（与{other}交叉口附近）")


def _offset_note(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    text = f"（{_pick(generator, *'东西南北')}{generator.integers(1, 10) * 10}米）"
    return replace(writing, after=writing.after + text)


def _direction(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    if (
        writing.find(E.BUILDING) >= 0
        or writing.find(E.OBJECT) >= 0
        or writing.pieces[-1].element is not E.DOOR
    ):
        return None
    return replace(writing, after=_pick(generator, "东侧", "北侧") + writing.after)


def _zone(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """A name of a shop behind a door of a street."""
    if writing.pieces[-1].element is not E.DOOR:
        return None
    shop = _pick(generator, "百姓", "利民", "鑫源", "好又多") + _pick(
        generator, "超市", "药店", "饭店", "门市部"
    )
    return replace(writing, after=shop + writing.after)


KINDS: tuple[Disturbance, ...] = tuple(
    Disturbance(name, title, apply)
    for name, title, apply in (
        ("no-upper", "省市县略", _no_upper),
        ("short-upper", "省市县简写", _short_upper),
        ("county-alone", "只写县市", _county_alone),
        ("no-town", "乡镇街道略", _no_town),
        ("no-village", "社区略", _no_village),
        ("no-unit", "单元略", _no_unit),
        ("short-town", "乡镇街道异写", _short_town),
        ("village-office", "村委会、居委会写法", _village_office),
        ("bare-village", "村字略", _bare_village),
        ("short-estate", "小区简称", _short_estate),
        ("more-estate", "多写小区", _more_estate),
        ("alias", "别名", _alias),
        ("former-town", "旧乡镇名", _former_town),
        ("homophone", "同音字", _homophone),
        ("look-alike", "形近字", _look_alike),
        ("lost-character", "漏字", _lost_character),
        ("doubled-character", "叠字", _doubled_character),
        ("traditional", "繁体", _traditional),
        ("full-width", "全角", _full_width),
        ("spaces", "空格", _spaces),
        ("punctuation", "标点", _punctuation),
        ("repeated", "重复", _repeated),
        ("detail-first", "倒序", _detail_first),
        ("brackets", "括号", _town_in_brackets),
        ("note", "备注", _note),
        ("telephone", "手机号", _telephone),
        ("land-line", "固定电话", _land_line),
        ("person", "人名", _person),
        ("label", "标签", _label),
        ("postcode", "邮编", _postcode),
        ("building-suffix", "楼栋后缀", _building_suffix),
        ("unit-suffix", "单元后缀", _unit_suffix),
        ("room-suffix", "户室后缀", _room_suffix),
        ("dashes", "短横连写", _dashes),
        ("hash-dash", "井号连写", _hash_dash),
        ("chinese-numerals", "中文数字", _chinese_numerals),
        ("door-written", "门牌、附号异写", _door_written),
        ("floor", "补写楼层", _floor),
        ("ocr", "识别误差", _ocr),
        ("two-communities", "两个社区", _two_communities),
        ("road-side", "路侧", _beside),
        ("crossing-note", "附注路口", _crossing_note),
        ("offset-note", "附注距离", _offset_note),
        ("direction", "方位", _direction),
        ("shop", "店名", _zone),
    )
)
